dll_PROGRAMS += oleaut32.so
oleaut32_so_SOURCES = dlls/oleaut32/bstr.c dlls/oleaut32/variant.c
nodist_oleaut32_so_SOURCES = dlls/oleaut32/oleaut32.exports.s
oleaut32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,oleaut32.so -Wl,--version-script=dlls/oleaut32/oleaut32.map
oleaut32_so_LDADD = libwinipc.so
EXTRA_oleaut32_so_DEPENDENCIES = dlls/oleaut32/oleaut32.map
