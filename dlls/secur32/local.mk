dll_PROGRAMS += secur32.so
secur32_so_SOURCES = dlls/secur32/name.c
nodist_secur32_so_SOURCES = dlls/secur32/secur32.exports.s
secur32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,secur32.so -Wl,--version-script=dlls/secur32/secur32.map
secur32_so_LDADD = libwinipc.so
EXTRA_secur32_so_DEPENDENCIES = dlls/secur32/secur32.map
