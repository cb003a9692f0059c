dll_PROGRAMS += ole32.so
ole32_so_SOURCES = dlls/ole32/memory.c dlls/ole32/guid.c dlls/ole32/apartment.c
nodist_ole32_so_SOURCES = dlls/ole32/ole32.exports.s
ole32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,ole32.so -Wl,--version-script=dlls/ole32/ole32.map
ole32_so_LDADD = libwinipc.so
EXTRA_ole32_so_DEPENDENCIES = dlls/ole32/ole32.map
