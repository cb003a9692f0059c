core_specs += dlls/ntdll/ntdll.spec
core_sources += \
	dlls/ntdll/teb.c dlls/ntdll/teb.h
