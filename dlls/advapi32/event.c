/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Event tracing (MSDN: evntprov.h). Nobody can listen here, so providers are never enabled, and writing to one succeeds without effect: as on a Windows where
 * no session has enabled the provider.
 */
#include <windows.h>
#include <evntprov.h>

static _Atomic ULONGLONG event_n_registered;

/**
 * EventRegister() - registers a provider; its callback is not called, since no session enables it.
 * Return: ERROR_SUCCESS, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/evntprov/nf-evntprov-eventregister
 */
ULONG WINAPI EventRegister(LPCGUID provider, PENABLECALLBACK callback, void *context, REGHANDLE *handle) {
    (void)callback, (void)context;
    if (!provider || !handle)
        return ERROR_INVALID_PARAMETER;
    *handle = ++event_n_registered;
    return ERROR_SUCCESS;
}

static ULONG event_check(REGHANDLE handle) {
    return handle && handle <= event_n_registered ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

ULONG WINAPI EventUnregister(REGHANDLE handle) {
    return event_check(handle);
}

BOOLEAN WINAPI EventEnabled(REGHANDLE handle, PCEVENT_DESCRIPTOR event) {
    (void)handle, (void)event;
    return FALSE;
}

BOOLEAN WINAPI EventProviderEnabled(REGHANDLE handle, UCHAR level, ULONGLONG keyword) {
    (void)handle, (void)level, (void)keyword;
    return FALSE;
}

ULONG WINAPI EventWrite(REGHANDLE handle, PCEVENT_DESCRIPTOR event, ULONG n_data, PEVENT_DATA_DESCRIPTOR data) {
    (void)n_data, (void)data;
    return event ? event_check(handle) : ERROR_INVALID_PARAMETER;
}

ULONG WINAPI EventWriteTransfer(
    REGHANDLE handle, PCEVENT_DESCRIPTOR event, LPCGUID activity, LPCGUID related, ULONG n_data, PEVENT_DATA_DESCRIPTOR data) {
    (void)activity, (void)related;
    return EventWrite(handle, event, n_data, data);
}

ULONG WINAPI EventSetInformation(REGHANDLE handle, EVENT_INFO_CLASS class, void *information, ULONG size) {
    (void)class, (void)information, (void)size;
    return event_check(handle);
}
