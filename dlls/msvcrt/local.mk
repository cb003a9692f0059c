dll_PROGRAMS += msvcrt.so
# The C run-time library's sources, which a ucrtbase.so compiles too
crt_sources = \
	dlls/msvcrt/convert.c \
	dlls/msvcrt/crt_functions.h \
	dlls/msvcrt/cxx_eh.c dlls/msvcrt/cxx_eh.h \
	dlls/msvcrt/ctype.c \
	dlls/msvcrt/environ.c dlls/msvcrt/environ.h \
	dlls/msvcrt/errno.c \
	dlls/msvcrt/exit.c \
	dlls/msvcrt/fd.c dlls/msvcrt/fd.h \
	dlls/msvcrt/fd_io.c \
	dlls/msvcrt/fd_open.c \
	dlls/msvcrt/find.c \
	dlls/msvcrt/format.c dlls/msvcrt/format.h \
	dlls/msvcrt/format_real.c dlls/msvcrt/format_real.h \
	dlls/msvcrt/fpcontrol.c \
	dlls/msvcrt/heap.c \
	dlls/msvcrt/locale.c \
	dlls/msvcrt/math.c \
	dlls/msvcrt/memory.c \
	dlls/msvcrt/msvcrt.h \
	dlls/msvcrt/multibyte.c dlls/msvcrt/multibyte.h \
	dlls/msvcrt/path.c \
	dlls/msvcrt/printf.c \
	dlls/msvcrt/process.c \
	dlls/msvcrt/scan.c dlls/msvcrt/scan.h \
	dlls/msvcrt/scanf.c \
	dlls/msvcrt/setjmp.c \
	dlls/msvcrt/signals.c \
	dlls/msvcrt/startup.c \
	dlls/msvcrt/stat.c \
	dlls/msvcrt/stdio.c \
	dlls/msvcrt/stdlib.c \
	dlls/msvcrt/stream.c dlls/msvcrt/stream.h \
	dlls/msvcrt/stream_wide.c \
	dlls/msvcrt/string.c \
	dlls/msvcrt/thread.c \
	dlls/msvcrt/time.c \
	dlls/msvcrt/wstring.c
msvcrt_so_SOURCES = $(crt_sources)
nodist_msvcrt_so_SOURCES = dlls/msvcrt/msvcrt.exports.s
msvcrt_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,msvcrt.so -Wl,--version-script=dlls/msvcrt/msvcrt.map
msvcrt_so_LDADD = libwinipc.so -lm
msvcrt_so_DEPENDENCIES = libwinipc.so dlls/msvcrt/msvcrt.map
