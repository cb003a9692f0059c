/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the C run-time library share.  These sources make msvcrt.dll; a later ucrtbase.dll is made of them
 * too, so whatever differs between the two is an argument or a flag, never an #ifdef inside a function.
 *
 * glibc does the work where it means the same; its errno, locale, streams and wide functions are never visible to a
 * program. State of a thread is in ELF thread-local storage, so that no thread needs to announce itself.
 */
#ifndef WINIPC_MSVCRT_H
#define WINIPC_MSVCRT_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WIN32_LEAN_AND_MEAN /* without winsock.h, which has names that glibc uses */
#include <windows.h>

/* errno values that Windows numbers differently from Linux; all below 35 but these are the same. */
enum crt_errno_value {
    CRT_EDEADLOCK = 36,
    CRT_ENAMETOOLONG = 38,
    CRT_ENOLCK = 39,
    CRT_ENOSYS = 40,
    CRT_ENOTEMPTY = 41,
    CRT_EILSEQ = 42,
    CRT_STRUNCATE = 80,
};

/* A size of -1 (_TRUNCATE) asks the secure functions to cut instead of failing. */
#define CRT_TRUNCATE ((size_t)-1)

struct crt_tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};

struct crt_thread {
    int error;          /* errno */
    uint32_t dos_error; /* _doserrno */
    uint32_t random;    /* rand's state, minus its start value 1 */
    char *strtok_rest;
    WCHAR *wcstok_rest;
    struct crt_tm tm;
    struct crt_texts *texts;
};
extern __thread struct crt_thread crt_thread __attribute__((visibility("hidden")));

/* What strerror, asctime, tmpnam, _ecvt and their wide forms return: a thread's own, made when it first needs them. */
#define CRT_TEXT_SIZE 128
struct crt_texts {
    char narrow[CRT_TEXT_SIZE];
    WCHAR wide[CRT_TEXT_SIZE];
};
struct crt_texts *crt_texts(void);

static inline void crt_errno_set(int error) {
    crt_thread.error = error;
}

/* Sets errno and returns it: for the functions that return an errno_t. */
static inline int crt_fail(int error) {
    crt_thread.error = error;
    return error;
}

/* Sets _doserrno and the errno that stands for a Win32 error; returns -1. */
int crt_fail_win32(DWORD error);
static inline int crt_fail_last(void) {
    return crt_fail_win32(GetLastError());
}

/*
 * A parameter that breaks the documented rules: calls the program's handler, if it has set one, and sets errno to
 * EINVAL (or the given value).  msvcrt.dll ends no program over this, so the caller goes on and returns its failure.
 */
void crt_invalid_parameter(int error);

/* The code page of the C locale's multibyte functions: 0 in the "C" locale, where a byte is a character. */
unsigned crt_locale_codepage(void);

/* UTF-16 copies of a name in the process's ANSI code page, and back; from malloc; NULL with errno set. */
WCHAR *crt_wide_from_ansi(const char *text);
char *crt_ansi_from_wide(const WCHAR *text);

/* Compares n bytes without regard to case; a string ends at its terminator too (string.c). */
int crt_memicmp(const void *a, const void *b, size_t n, bool is_string);

/* Wide string primitives that other files need (wstring.c). */
size_t crt_wcslen(const WCHAR *text);
WCHAR *crt_wcsdup(const WCHAR *text);
WCHAR *crt_wcschr(const WCHAR *text, WCHAR wanted);

/* Exits with the CRT's text for a run-time error ("R6002"-like) on stderr. */
void crt_fatal(const char *text) __attribute__((noreturn));

#endif
