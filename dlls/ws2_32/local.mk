dll_PROGRAMS += ws2_32.so
ws2_32_so_SOURCES = dlls/ws2_32/startup.c dlls/ws2_32/address.c
nodist_ws2_32_so_SOURCES = dlls/ws2_32/ws2_32.exports.s
ws2_32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,ws2_32.so -Wl,--version-script=dlls/ws2_32/ws2_32.map
ws2_32_so_LDADD = libwinipc.so
EXTRA_ws2_32_so_DEPENDENCIES = dlls/ws2_32/ws2_32.map
