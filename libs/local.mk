core_sources += \
	libs/base/export_table.c libs/base/export_table.h
