/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device and file system controls (MSDN: ioapiset.h). */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"

#define CONTROL_DEVICE_TYPE(code) ((code) >> 16)
#define FILE_SYSTEM_DEVICE 9u /* FILE_DEVICE_FILE_SYSTEM */
#define PIPE_DEVICE 0x11u     /* FILE_DEVICE_NAMED_PIPE: its controls are a file system's too */

/**
 * DeviceIoControl() - a control of the device or file system behind a handle.
 * @done: receives the bytes of output; needed without @overlapped.
 * Return: FALSE with ERROR_IO_PENDING, ERROR_INVALID_FUNCTION (the file does not know the control), ERROR_MORE_DATA, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/ioapiset/nf-ioapiset-deviceiocontrol
 */
BOOL WINAPI DeviceIoControl(
    HANDLE file, DWORD code, void *input, DWORD n_input, void *output, DWORD n_output, DWORD *done, OVERLAPPED *overlapped) {
    const BOOL system = CONTROL_DEVICE_TYPE(code) == FILE_SYSTEM_DEVICE || CONTROL_DEVICE_TYPE(code) == PIPE_DEVICE;
    IO_STATUS_BLOCK local = {.Information = 0}, *iosb = overlapped ? (IO_STATUS_BLOCK *)overlapped : &local;
    const HANDLE event = overlapped ? overlapped->hEvent : NULL;
    void *context = overlapped && !((ULONG_PTR)event & 1) ? overlapped : NULL;
    NTSTATUS status;

    iosb->Status = STATUS_PENDING;
    iosb->Information = 0;
    if (system)
        status = NtFsControlFile(file, event, NULL, context, iosb, code, input, n_input, output, n_output);
    else
        status = NtDeviceIoControlFile(file, event, NULL, context, iosb, code, input, n_input, output, n_output);
    if (status == STATUS_PENDING && !overlapped) {
        status = NtWaitForSingleObject(file, FALSE, NULL);
        status = NT_ERROR(status) ? status : iosb->Status;
    }
    if (status == STATUS_PENDING) {
        SetLastError(ERROR_IO_PENDING);
        return FALSE;
    }
    if (done && (!overlapped || !NT_ERROR(status)))
        *done = NT_ERROR(status) ? 0 : (DWORD)iosb->Information;
    return set_nt_error(status);
}
