core_sources += native/objects.c
winipcincludedir = $(includedir)/winipc
winipcinclude_HEADERS = include/winipc/objects.h
