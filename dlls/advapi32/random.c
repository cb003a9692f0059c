/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random numbers: RtlGenRandom, and the old cryptographic providers as far as programs use them for that (MSDN: wincrypt.h). A provider here holds no keys.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <windows.h>
#include <wincrypt.h>

/* A provider has no state but being open; its handle is one of these numbers. */
#define PROVIDER_FIRST 0x43525950u
#define PROVIDER_MAX 256u

static _Atomic unsigned provider_references[PROVIDER_MAX];

static BOOL random_fill(BYTE *data, size_t size) {
    while (size) {
        const ssize_t n = getrandom(data, size, 0);
        if (n < 0 && errno != EINTR)
            return FALSE;
        if (n > 0) {
            data += n;
            size -= n;
        }
    }
    return TRUE;
}

/**
 * SystemFunction036() - RtlGenRandom: fills a buffer with random bytes.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/ntsecapi/nf-ntsecapi-rtlgenrandom
 */
BOOLEAN WINAPI SystemFunction036(void *data, ULONG size) {
    return random_fill(data, size);
}

static _Atomic unsigned *provider_find(HCRYPTPROV handle) {
    const ULONG_PTR index = handle - PROVIDER_FIRST;
    if (index < PROVIDER_MAX && provider_references[index])
        return &provider_references[index];
    SetLastError(ERROR_INVALID_PARAMETER);
    return NULL;
}

/**
 * CryptAcquireContextW() - opens a provider.
 * @container: of keys; there are none, so it is CRYPT_VERIFYCONTEXT or CRYPT_NEWKEYSET that succeeds.
 * Return: TRUE; FALSE with NTE_BAD_KEYSET (no such container), NTE_PROV_TYPE_NOT_DEF, ERROR_INVALID_PARAMETER, NTE_NO_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-cryptacquirecontextw
 */
BOOL WINAPI CryptAcquireContextW(HCRYPTPROV *handle, const WCHAR *container, const WCHAR *provider, DWORD type, DWORD flags) {
    (void)container, (void)provider;
    if (!handle) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *handle = 0;
    if (type != PROV_RSA_FULL && type != PROV_RSA_AES && type != PROV_INTEL_SEC && type != PROV_RNG) {
        SetLastError(type ? (DWORD)NTE_PROV_TYPE_NOT_DEF : (DWORD)NTE_BAD_PROV_TYPE);
        return FALSE;
    }
    if (!(flags & (CRYPT_VERIFYCONTEXT | CRYPT_NEWKEYSET))) {
        SetLastError(NTE_BAD_KEYSET);
        return FALSE;
    }
    for (unsigned i = 0; i < PROVIDER_MAX; i++) {
        unsigned none = 0;
        if (__atomic_compare_exchange_n((unsigned *)&provider_references[i], &none, 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            *handle = PROVIDER_FIRST + i;
            return TRUE;
        }
    }
    SetLastError(NTE_NO_MEMORY);
    return FALSE;
}

/** CryptAcquireContextA() - see CryptAcquireContextW(); the names make no difference. */
BOOL WINAPI CryptAcquireContextA(HCRYPTPROV *handle, const char *container, const char *provider, DWORD type, DWORD flags) {
    (void)container, (void)provider;
    return CryptAcquireContextW(handle, NULL, NULL, type, flags);
}

/** CryptContextAddRef() - one release more is needed. */
BOOL WINAPI CryptContextAddRef(HCRYPTPROV handle, DWORD *reserved, DWORD flags) {
    _Atomic unsigned *references = provider_find(handle);
    (void)reserved, (void)flags;
    if (references)
        ++*references;
    return references != NULL;
}

/** CryptReleaseContext() - closes a provider. @flags: 0. */
BOOL WINAPI CryptReleaseContext(HCRYPTPROV handle, DWORD flags) {
    _Atomic unsigned *references = provider_find(handle);
    if (!references)
        return FALSE;
    --*references;
    if (flags)
        SetLastError(NTE_BAD_FLAGS);
    return !flags;
}

/** CryptGenRandom() - fills a buffer with random bytes. Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, NTE_FAIL. */
BOOL WINAPI CryptGenRandom(HCRYPTPROV handle, DWORD size, BYTE *data) {
    if (!provider_find(handle))
        return FALSE;
    if (!random_fill(data, size)) {
        SetLastError(NTE_FAIL);
        return FALSE;
    }
    return TRUE;
}
