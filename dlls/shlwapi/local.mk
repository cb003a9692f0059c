dll_PROGRAMS += shlwapi.so
shlwapi_so_SOURCES =
nodist_shlwapi_so_SOURCES = dlls/shlwapi/shlwapi.exports.s
shlwapi_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,shlwapi.so -Wl,--version-script=dlls/shlwapi/shlwapi.map
shlwapi_so_LDADD = libwinipc.so
EXTRA_shlwapi_so_DEPENDENCIES = dlls/shlwapi/shlwapi.map
