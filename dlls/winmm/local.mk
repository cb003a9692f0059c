dll_PROGRAMS += winmm.so
winmm_so_SOURCES = dlls/winmm/time.c
nodist_winmm_so_SOURCES = dlls/winmm/winmm.exports.s
winmm_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,winmm.so -Wl,--version-script=dlls/winmm/winmm.map
winmm_so_LDADD = libwinipc.so
EXTRA_winmm_so_DEPENDENCIES = dlls/winmm/winmm.map
