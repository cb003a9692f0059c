/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blocks of bytes (MSDN: buffer manipulation): glibc's, called from Windows' ABI. */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

void *CDECL msvcrt_memcpy(void *to, const void *from, size_t n) {
    return memmove(to, from, n); /* msvcrt.dll's memcpy allows overlap, and programs have come to need it */
}

void *CDECL msvcrt_memmove(void *to, const void *from, size_t n) {
    return memmove(to, from, n);
}

void *CDECL msvcrt_memset(void *to, int byte, size_t n) {
    return memset(to, byte, n);
}

int CDECL msvcrt_memcmp(const void *a, const void *b, size_t n) {
    const int order = memcmp(a, b, n);
    return (order > 0) - (order < 0);
}

void *CDECL msvcrt_memchr(const void *block, int byte, size_t n) {
    return (void *)memchr(block, byte, n);
}

/* _memccpy() - copies up to and with the first such byte; NULL when it was not among the n. */
void *CDECL _memccpy(void *to, const void *from, int byte, size_t n) {
    return memccpy(to, from, byte, n);
}

int CDECL _memicmp(const void *a, const void *b, size_t n) {
    return crt_memicmp(a, b, n, false);
}

void CDECL _swab(char *from, char *to, int n) {
    for (int i = 0; i + 1 < n; i += 2) {
        const char first = from[i];
        to[i] = from[i + 1];
        to[i + 1] = first;
    }
}

int CDECL memcpy_s(void *to, size_t size, const void *from, size_t n) {
    if (!n)
        return 0;
    if (!to)
        return crt_invalid_parameter(EINVAL), EINVAL;
    if (!from || size < n) {
        memset(to, 0, size);
        const int error = from ? ERANGE : EINVAL;
        crt_invalid_parameter(error);
        return error;
    }
    memmove(to, from, n);
    return 0;
}

int CDECL memmove_s(void *to, size_t size, const void *from, size_t n) {
    if (!n)
        return 0;
    if (!to || !from)
        return crt_invalid_parameter(EINVAL), EINVAL;
    if (size < n)
        return crt_invalid_parameter(ERANGE), ERANGE;
    memmove(to, from, n);
    return 0;
}
