winipcd_SOURCES = server/main.c
winipcd_LDFLAGS = $(EXEFLAGS)
