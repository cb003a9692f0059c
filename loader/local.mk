core_sources += \
	loader/main.c loader/loader.h
