/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being debugged, and talking to a debugger (MSDN: debugapi.h). */
#include <windows.h>
#include <winternl.h>

#include <stdlib.h>
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

/* ---- who listens ---- */

/*
 * Windows' way to any program that listens, such as DebugView: it makes the section and both events, and says when the
 * section is free; one program at a time, who holds the mutex, puts its id and a piece of text there.
 */
#define LISTENER_PATIENCE_MS 10000

struct listener_buffer {
    DWORD process;
    char text[4096 - sizeof(DWORD)];
};

static void listener_tell(HANDLE free_again, HANDLE filled, struct listener_buffer *buffer, const char *text) {
    do {
        const size_t left = strlen(text), n = left < sizeof buffer->text ? left : sizeof buffer->text - 1;

        if (WaitForSingleObject(free_again, LISTENER_PATIENCE_MS))
            return; /* it does not listen any more */
        buffer->process = GetCurrentProcessId();
        memcpy(buffer->text, text, n);
        buffer->text[n] = 0;
        SetEvent(filled);
        text += n;
    } while (*text);
}

static void listener_reach(HANDLE free_again, const char *text) {
    HANDLE section = OpenFileMappingW(FILE_MAP_WRITE, FALSE, L"DBWIN_BUFFER");
    HANDLE filled = section ? OpenEventW(EVENT_MODIFY_STATE, FALSE, L"DBWIN_DATA_READY") : NULL;
    HANDLE turn = filled ? CreateMutexW(NULL, FALSE, L"DBWinMutex") : NULL;
    struct listener_buffer *buffer = turn ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof *buffer) : NULL;

    if (buffer && WaitForSingleObject(turn, LISTENER_PATIENCE_MS) != WAIT_TIMEOUT) {
        listener_tell(free_again, filled, buffer, text);
        ReleaseMutex(turn);
    }
    if (buffer)
        UnmapViewOfFile(buffer);
    if (turn)
        CloseHandle(turn);
    if (filled)
        CloseHandle(filled);
    if (section)
        CloseHandle(section);
}

/* Nobody listens, nearly always: that is one look at a name. */
static void listener_find(const char *text) {
    const DWORD error = GetLastError();
    HANDLE free_again = OpenEventW(SYNCHRONIZE, FALSE, L"DBWIN_BUFFER_READY");

    if (free_again) {
        listener_reach(free_again, text);
        CloseHandle(free_again);
    }
    SetLastError(error);
}

/**
 * OutputDebugStringA() - text for a program that listens (DBWIN_BUFFER and its events), for `winipc trace`, and, if
 * WINIPC_TRACE names `debug`, for stderr. Text that is longer than the buffer goes there in pieces.  The last error
 * stays. Source: https://learn.microsoft.com/en-us/windows/win32/api/debugapi/nf-debugapi-outputdebugstringw
 */
void WINAPI OutputDebugStringA(const char *text) {
    size_t length = text ? strlen(text) : 0;

    if (!length)
        return;
    listener_find(text);
    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--; /* a trace line ends by itself */
    if (!length)
        return;
    call_log_debug(text, length);
    TRACE(TRACE_DEBUG, "%.*s", (int)(length < 2000 ? length : 2000), text);
}

/** OutputDebugStringW() - the same in the ANSI code page, of any length. */
void WINAPI OutputDebugStringW(const WCHAR *text) {
    const int size = text ? WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL) : 0;
    char *narrow = size ? malloc((size_t)size) : NULL;

    if (!narrow)
        return;
    WideCharToMultiByte(CP_ACP, 0, text, -1, narrow, size, NULL, NULL);
    OutputDebugStringA(narrow);
    free(narrow);
}

/** DebugBreak() - raises EXCEPTION_BREAKPOINT in the calling thread. */
void WINAPI DebugBreak(void) {
    __asm__ __volatile__("int3");
}
