/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being debugged, and talking to a debugger (MSDN: debugapi.h). */
#include <windows.h>
#include <winternl.h>

#include <string.h>

#include "libs/base/call_log.h"
#include "libs/base/trace.h"

/** IsDebuggerPresent() - whether a Windows debugger controls this process: there is none here. */
BOOL WINAPI IsDebuggerPresent(void) {
    return NtCurrentTeb()->Peb->BeingDebugged;
}

BOOL WINAPI CheckRemoteDebuggerPresent(HANDLE process, BOOL *present) {
    if (!present) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!GetProcessId(process))
        return FALSE;
    *present = FALSE;
    return TRUE;
}

/**
 * OutputDebugStringA() - text for a debugger.  Nobody listens, as on a Windows without one, unless WINIPC_TRACE names `debug`: then it goes
 * to stderr.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/debugapi/nf-debugapi-outputdebugstringw
 */
void WINAPI OutputDebugStringA(const char *text) {
    size_t length = text ? strlen(text) : 0;

    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--; /* a trace line ends by itself */
    if (!length)
        return;
    call_log_debug(text, length);
    TRACE(TRACE_DEBUG, "%.*s", (int)(length < 2000 ? length : 2000), text);
}

void WINAPI OutputDebugStringW(const WCHAR *text) {
    char narrow[1024] = "";

    if (!text)
        return;
    WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, sizeof narrow - 1, NULL, NULL);
    OutputDebugStringA(narrow);
}

/** DebugBreak() - raises EXCEPTION_BREAKPOINT in the calling thread. */
void WINAPI DebugBreak(void) {
    __asm__ __volatile__("int3");
}
