dll_PROGRAMS += sechost.so
sechost_so_SOURCES =
nodist_sechost_so_SOURCES = dlls/sechost/sechost.exports.s
sechost_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,sechost.so -Wl,--version-script=dlls/sechost/sechost.map
sechost_so_LDADD = libwinipc.so
EXTRA_sechost_so_DEPENDENCIES = dlls/sechost/sechost.map
