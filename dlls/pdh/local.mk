dll_PROGRAMS += pdh.so
pdh_so_SOURCES =
nodist_pdh_so_SOURCES = dlls/pdh/pdh.exports.s
pdh_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,pdh.so -Wl,--version-script=dlls/pdh/pdh.map
pdh_so_LDADD = libwinipc.so
EXTRA_pdh_so_DEPENDENCIES = dlls/pdh/pdh.map
