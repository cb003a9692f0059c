dll_PROGRAMS += dbgcore.so
dbgcore_so_SOURCES =
nodist_dbgcore_so_SOURCES = dlls/dbgcore/dbgcore.exports.s
dbgcore_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,dbgcore.so -Wl,--version-script=dlls/dbgcore/dbgcore.map
dbgcore_so_LDADD = libwinipc.so
EXTRA_dbgcore_so_DEPENDENCIES = dlls/dbgcore/dbgcore.map
