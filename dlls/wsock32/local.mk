dll_PROGRAMS += wsock32.so
wsock32_so_SOURCES =
nodist_wsock32_so_SOURCES = dlls/wsock32/wsock32.exports.s
wsock32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,wsock32.so -Wl,--version-script=dlls/wsock32/wsock32.map
wsock32_so_LDADD = libwinipc.so
EXTRA_wsock32_so_DEPENDENCIES = dlls/wsock32/wsock32.map
