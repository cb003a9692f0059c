dll_PROGRAMS += iphlpapi.so
iphlpapi_so_SOURCES =
nodist_iphlpapi_so_SOURCES = dlls/iphlpapi/iphlpapi.exports.s
iphlpapi_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,iphlpapi.so -Wl,--version-script=dlls/iphlpapi/iphlpapi.map
iphlpapi_so_LDADD = libwinipc.so
EXTRA_iphlpapi_so_DEPENDENCIES = dlls/iphlpapi/iphlpapi.map
