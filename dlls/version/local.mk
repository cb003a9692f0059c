dll_PROGRAMS += version.so
version_so_SOURCES = dlls/version/resource.c
nodist_version_so_SOURCES = dlls/version/version.exports.s
version_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,version.so -Wl,--version-script=dlls/version/version.map
version_so_LDADD = libwinipc.so
EXTRA_version_so_DEPENDENCIES = dlls/version/version.map
