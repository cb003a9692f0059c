/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ProcessPrng: the kernel's random numbers. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <windows.h>

/**
 * ProcessPrng() - fills a buffer with random bytes.
 * Return: TRUE, always: a program that asks here does not look.
 * Source: https://learn.microsoft.com/en-us/windows/win32/seccng/processprng
 */
BOOL WINAPI ProcessPrng(BYTE *data, SIZE_T size) {
    while (size) {
        const ssize_t n = getrandom(data, size, 0);
        if (n < 0 && errno != EINTR)
            abort(); /* numbers that are not random would be worse */
        if (n > 0) {
            data += n;
            size -= n;
        }
    }
    return TRUE;
}
