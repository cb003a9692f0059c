dll_PROGRAMS += netapi32.so
netapi32_so_SOURCES =
nodist_netapi32_so_SOURCES = dlls/netapi32/netapi32.exports.s
netapi32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,netapi32.so -Wl,--version-script=dlls/netapi32/netapi32.map
netapi32_so_LDADD = libwinipc.so
EXTRA_netapi32_so_DEPENDENCIES = dlls/netapi32/netapi32.map
