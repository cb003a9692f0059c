dll_PROGRAMS += powrprof.so
powrprof_so_SOURCES =
nodist_powrprof_so_SOURCES = dlls/powrprof/powrprof.exports.s
powrprof_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,powrprof.so -Wl,--version-script=dlls/powrprof/powrprof.map
powrprof_so_LDADD = libwinipc.so
EXTRA_powrprof_so_DEPENDENCIES = dlls/powrprof/powrprof.map
