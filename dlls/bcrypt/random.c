/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CNG's random numbers (MSDN: bcrypt.h). The only algorithm so far: BCryptOpenAlgorithmProvider says of the others that it does not know them. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <bcrypt.h>

/* One provider without state: its handle. */
#define RANDOM_PROVIDER ((BCRYPT_ALG_HANDLE)0x52474E10)

static BOOL random_same_text(const WCHAR *a, const WCHAR *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/**
 * BCryptOpenAlgorithmProvider() - a handle to an algorithm.
 * @algorithm: BCRYPT_RNG_ALGORITHM and its variants.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND.
 */
NTSTATUS WINAPI BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE *handle, const WCHAR *algorithm, const WCHAR *implementation, ULONG flags) {
    (void)implementation, (void)flags;
    if (!handle || !algorithm)
        return STATUS_INVALID_PARAMETER;
    *handle = NULL;
    if (!random_same_text(algorithm, L"RNG") && !random_same_text(algorithm, L"FIPS186DSARNG"))
        return STATUS_NOT_FOUND;
    *handle = RANDOM_PROVIDER;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE handle, ULONG flags) {
    (void)flags;
    return handle == RANDOM_PROVIDER ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/**
 * BCryptGenRandom() - random bytes.
 * @handle: of BCryptOpenAlgorithmProvider; NULL with BCRYPT_USE_SYSTEM_PREFERRED_RNG.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/bcrypt/nf-bcrypt-bcryptgenrandom
 */
NTSTATUS WINAPI BCryptGenRandom(BCRYPT_ALG_HANDLE handle, UCHAR *data, ULONG size, ULONG flags) {
    const BOOL is_system = (flags & BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0;
    if (is_system ? handle != NULL && handle != RANDOM_PROVIDER : handle != RANDOM_PROVIDER)
        return STATUS_INVALID_HANDLE;
    if (!data)
        return STATUS_INVALID_PARAMETER;
    while (size) {
        const ssize_t n = getrandom(data, size, 0);
        if (n < 0 && errno != EINTR)
            return STATUS_UNSUCCESSFUL;
        if (n > 0) {
            data += n;
            size -= n;
        }
    }
    return STATUS_SUCCESS;
}
