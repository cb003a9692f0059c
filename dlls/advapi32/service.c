/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services (MSDN: winsvc.h), as far as a program asks that may be one: nothing starts it as a service, which it is told.  The service control manager
 * itself is not there.
 */
#include <windows.h>
#include <winsvc.h>

static BOOL dispatch(BOOL has_entries) {
    SetLastError(has_entries ? ERROR_FAILED_SERVICE_CONTROLLER_CONNECT : ERROR_INVALID_DATA);
    return FALSE;
}

/**
 * StartServiceCtrlDispatcherW() - connects a service's process to the service control manager.
 * Return: FALSE: ERROR_FAILED_SERVICE_CONTROLLER_CONNECT (the program runs as a console program, not as a service), ERROR_INVALID_DATA (the
 * table has no entry).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-startservicectrldispatcherw
 */
BOOL WINAPI StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *table) {
    return dispatch(table && table->lpServiceName && table->lpServiceProc);
}

BOOL WINAPI StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA *table) {
    return dispatch(table && table->lpServiceName && table->lpServiceProc);
}
