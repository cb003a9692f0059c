dll_PROGRAMS += user32.so
user32_so_SOURCES = dlls/user32/message_wait.c dlls/user32/text.c dlls/user32/printf.c dlls/user32/parameters.c dlls/user32/resource.c
nodist_user32_so_SOURCES = dlls/user32/user32.exports.s
user32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,user32.so -Wl,--version-script=dlls/user32/user32.map
user32_so_LDADD = libwinipc.so
EXTRA_user32_so_DEPENDENCIES = dlls/user32/user32.map
