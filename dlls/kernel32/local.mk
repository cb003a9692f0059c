core_specs += dlls/kernel32/kernel32.spec
core_sources += \
	dlls/kernel32/error.c
