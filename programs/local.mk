winipc_SOURCES = programs/winipc/main.c
winipc_LDFLAGS = $(EXEFLAGS)
winipc_LDADD = libwinipc.so
winipc_DEPENDENCIES = libwinipc.so
