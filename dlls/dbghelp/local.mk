dll_PROGRAMS += dbghelp.so
dbghelp_so_SOURCES = dlls/dbghelp/dump.h dlls/dbghelp/symbols.h dlls/dbghelp/dump.c dlls/dbghelp/dump_buffer.c dlls/dbghelp/dump_callback.c dlls/dbghelp/dump_handle.c dlls/dbghelp/dump_memory.c dlls/dbghelp/dump_module.c dlls/dbghelp/dump_thread.c dlls/dbghelp/image.c dlls/dbghelp/stack_walk.c dlls/dbghelp/sym_address.c dlls/dbghelp/sym_module.c dlls/dbghelp/sym_session.c
nodist_dbghelp_so_SOURCES = dlls/dbghelp/dbghelp.exports.s
dbghelp_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,dbghelp.so -Wl,--version-script=dlls/dbghelp/dbghelp.map
dbghelp_so_LDADD = libwinipc.so
EXTRA_dbghelp_so_DEPENDENCIES = dlls/dbghelp/dbghelp.map
