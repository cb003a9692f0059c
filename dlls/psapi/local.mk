dll_PROGRAMS += psapi.so
psapi_so_SOURCES =
nodist_psapi_so_SOURCES = dlls/psapi/psapi.exports.s
psapi_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,psapi.so -Wl,--version-script=dlls/psapi/psapi.map
psapi_so_LDADD = libwinipc.so
EXTRA_psapi_so_DEPENDENCIES = dlls/psapi/psapi.map
