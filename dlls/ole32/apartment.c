/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CoInitialize and its counterpart: a thread's apartment and how often it entered it (MSDN: combaseapi.h, ole2.h). */
#include <windows.h>
#include <objbase.h>

/* A thread's own, in ELF TLS: programs do not see it. */
static __thread struct {
    unsigned n_entered;
    BOOL is_single;
} apartment;

/**
 * CoInitializeEx() - enters an apartment.
 * @reserved: NULL.
 * @flags: COINIT_MULTITHREADED or COINIT_APARTMENTTHREADED, and hints.
 * Return: S_OK; S_FALSE (was in it already; this counts too); RPC_E_CHANGED_MODE (is in the other kind); E_INVALIDARG.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/combaseapi/nf-combaseapi-coinitializeex
 */
HRESULT WINAPI CoInitializeEx(void *reserved, DWORD flags) {
    const BOOL is_single = (flags & COINIT_APARTMENTTHREADED) != 0;
    if (reserved || flags & ~(COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE | COINIT_SPEED_OVER_MEMORY))
        return E_INVALIDARG;
    if (apartment.n_entered && apartment.is_single != is_single)
        return RPC_E_CHANGED_MODE;
    apartment.is_single = is_single;
    return apartment.n_entered++ ? S_FALSE : S_OK;
}

HRESULT WINAPI CoInitialize(void *reserved) {
    return CoInitializeEx(reserved, COINIT_APARTMENTTHREADED);
}

/** CoUninitialize() - leaves the apartment once; more often than entered is nothing. */
void WINAPI CoUninitialize(void) {
    if (apartment.n_entered)
        apartment.n_entered--;
}
