dll_PROGRAMS += gdi32.so
gdi32_so_SOURCES =
nodist_gdi32_so_SOURCES = dlls/gdi32/gdi32.exports.s
gdi32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,gdi32.so -Wl,--version-script=dlls/gdi32/gdi32.map
gdi32_so_LDADD = libwinipc.so
EXTRA_gdi32_so_DEPENDENCIES = dlls/gdi32/gdi32.map
