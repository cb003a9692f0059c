dll_PROGRAMS += bcryptprimitives.so
bcryptprimitives_so_SOURCES = dlls/bcryptprimitives/random.c
nodist_bcryptprimitives_so_SOURCES = dlls/bcryptprimitives/bcryptprimitives.exports.s
bcryptprimitives_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,bcryptprimitives.so -Wl,--version-script=dlls/bcryptprimitives/bcryptprimitives.map
bcryptprimitives_so_LDADD = libwinipc.so
EXTRA_bcryptprimitives_so_DEPENDENCIES = dlls/bcryptprimitives/bcryptprimitives.map
