dll_PROGRAMS += bcrypt.so
bcrypt_so_SOURCES = dlls/bcrypt/random.c
nodist_bcrypt_so_SOURCES = dlls/bcrypt/bcrypt.exports.s
bcrypt_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,bcrypt.so -Wl,--version-script=dlls/bcrypt/bcrypt.map
bcrypt_so_LDADD = libwinipc.so
EXTRA_bcrypt_so_DEPENDENCIES = dlls/bcrypt/bcrypt.map
