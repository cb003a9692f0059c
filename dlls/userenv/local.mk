dll_PROGRAMS += userenv.so
userenv_so_SOURCES = dlls/userenv/profile.c
nodist_userenv_so_SOURCES = dlls/userenv/userenv.exports.s
userenv_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,userenv.so -Wl,--version-script=dlls/userenv/userenv.map
userenv_so_LDADD = libwinipc.so
EXTRA_userenv_so_DEPENDENCIES = dlls/userenv/userenv.map
