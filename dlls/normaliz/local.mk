dll_PROGRAMS += normaliz.so
normaliz_so_SOURCES =
nodist_normaliz_so_SOURCES = dlls/normaliz/normaliz.exports.s
normaliz_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,normaliz.so -Wl,--version-script=dlls/normaliz/normaliz.map
normaliz_so_LDADD = libwinipc.so
EXTRA_normaliz_so_DEPENDENCIES = dlls/normaliz/normaliz.map
