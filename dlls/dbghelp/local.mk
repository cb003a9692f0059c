dll_PROGRAMS += dbghelp.so
dbghelp_so_SOURCES =
nodist_dbghelp_so_SOURCES = dlls/dbghelp/dbghelp.exports.s
dbghelp_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,dbghelp.so -Wl,--version-script=dlls/dbghelp/dbghelp.map
dbghelp_so_LDADD = libwinipc.so
EXTRA_dbghelp_so_DEPENDENCIES = dlls/dbghelp/dbghelp.map
