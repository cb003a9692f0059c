dll_PROGRAMS += crypt32.so
crypt32_so_SOURCES =
nodist_crypt32_so_SOURCES = dlls/crypt32/crypt32.exports.s
crypt32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,crypt32.so -Wl,--version-script=dlls/crypt32/crypt32.map
crypt32_so_LDADD = libwinipc.so
EXTRA_crypt32_so_DEPENDENCIES = dlls/crypt32/crypt32.map
