dll_PROGRAMS += shell32.so
shell32_so_SOURCES = dlls/shell32/argv.c dlls/shell32/folder.c
nodist_shell32_so_SOURCES = dlls/shell32/shell32.exports.s
shell32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,shell32.so -Wl,--version-script=dlls/shell32/shell32.map
shell32_so_LDADD = libwinipc.so ole32.so
EXTRA_shell32_so_DEPENDENCIES = dlls/shell32/shell32.map
