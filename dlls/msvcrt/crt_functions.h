/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The exports that other files of the library call, by the file that defines them. */
#ifndef WINIPC_MSVCRT_CRT_FUNCTIONS_H
#define WINIPC_MSVCRT_CRT_FUNCTIONS_H

#include "dlls/msvcrt/msvcrt.h"

struct crt_file;

/* convert.c */
double CDECL msvcrt_strtod(const char *text, char **end);

/* environ.c */
WCHAR *CDECL _wgetenv(const WCHAR *name);

/* errno.c */
char *CDECL msvcrt_strerror(int error);

/* exit.c */
void CDECL _cexit(void);
void CDECL crt_exit_now(int code) __attribute__((noreturn));
/* crt_end() - the library leaves the process: what exit does, unless that or _exit was called before. */
void crt_end(void);
__attribute__((noreturn)) void CDECL msvcrt_abort(void);

/* fd_io.c */
int CDECL _read(int fd, void *buffer, unsigned n);
int CDECL _write(int fd, const void *buffer, unsigned n);
int64_t CDECL _lseeki64(int fd, int64_t offset, int from);
int CDECL _commit(int fd);

/* fd_open.c */
int CDECL _wopen(const WCHAR *path, int flags, ...);
int CDECL _wsopen(const WCHAR *path, int flags, int share, ...);
int CDECL _close(int fd);
int CDECL _dup(int fd);
int CDECL _dup2(int fd, int other);
int CDECL _pipe(int *fds, unsigned size, int flags);
int CDECL _setmode(int fd, int mode);
int CDECL _isatty(int fd);
intptr_t CDECL _get_osfhandle(int fd);

/* heap.c */
void *CDECL msvcrt_realloc(void *block, size_t size);
int CDECL _set_new_mode(int mode);

/* path.c */
int CDECL msvcrt_remove(const char *path);

/* printf.c */
int CDECL msvcrt_sprintf(char *out, const char *format, ...);
int CDECL crt_swprintf_unbounded(WCHAR *out, const WCHAR *format, ...);
int CDECL msvcrt_fprintf(struct crt_file *file, const char *format, ...);

/* signals.c */
int CDECL msvcrt_raise(int number);

/* stdio.c */
struct crt_file *CDECL msvcrt_fopen(const char *path, const char *mode);
struct crt_file *CDECL _wfdopen(int fd, const WCHAR *mode);
int CDECL msvcrt_fclose(struct crt_file *file);
int CDECL msvcrt_fflush(struct crt_file *file);
int CDECL _fcloseall(void);

/* string.c */
int CDECL msvcrt_strcmp(const char *a, const char *b);
int CDECL msvcrt_strncmp(const char *a, const char *b, size_t n);
int CDECL _stricmp(const char *a, const char *b);
int CDECL _strnicmp(const char *a, const char *b, size_t n);

/* time.c */
int64_t CDECL _time64(int64_t *out);

/* wstring.c */
int CDECL msvcrt_wcscmp(const WCHAR *a, const WCHAR *b);
int CDECL _wcsicmp(const WCHAR *a, const WCHAR *b);
WCHAR *CDECL msvcrt_wcscpy(WCHAR *to, const WCHAR *from);
WCHAR *CDECL msvcrt_wcscat(WCHAR *to, const WCHAR *from);
WCHAR *CDECL msvcrt_wcsncat(WCHAR *to, const WCHAR *from, size_t n);
WCHAR *CDECL msvcrt_wcsrchr(const WCHAR *text, WCHAR wanted);

#endif
