/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The event log: what programs report goes to the file System32\winevt\Logs\Application.log on drive C:, a line an event.  A source's handle
 * is one to that file, opened for appending; which source it is stands in a list.  The log cannot be read back by the functions for that.
 */
#include <windows.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/registry.h"

#define FOLDER L"\\System32\\winevt\\Logs"
#define FILE_NAME L"\\Application.log"
#define LINE_MAX 65536 /* of all texts of an event; what is more is cut */

struct source {
    struct source *next;
    HANDLE file;
    WCHAR name[];
};

static struct source *sources;
static SRWLOCK lock = SRWLOCK_INIT;

/* The log, for appending; its folders are made. */
static HANDLE log_open(void) {
    WCHAR path[MAX_PATH + 64];
    UINT len = GetWindowsDirectoryW(path, MAX_PATH);

    for (const WCHAR *from = FOLDER; len && *from;) {
        path[len++] = *from++;
        if (*from && *from != '\\')
            continue;
        path[len] = 0;
        CreateDirectoryW(path, NULL);
    }
    memcpy(path + len, FILE_NAME, sizeof FILE_NAME);
    return CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
}

/**
 * RegisterEventSourceW() - a handle by which a program reports events.
 * @server: NULL or "": this machine.
 * Return: NULL: ERROR_INVALID_PARAMETER (no source), RPC_S_SERVER_UNAVAILABLE (another machine), ERROR_NOT_ENOUGH_MEMORY, those of opening the file.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-registereventsourcew
 */
HANDLE WINAPI RegisterEventSourceW(const WCHAR *server, const WCHAR *name) {
    const size_t size = name ? (reg_text_len(name) + 1) * sizeof *name : 0;
    struct source *source;

    if (!size || (server && *server)) {
        SetLastError(size ? RPC_S_SERVER_UNAVAILABLE : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    source = malloc(sizeof *source + size);
    if (!source) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memcpy(source->name, name, size);
    source->file = log_open();
    if (source->file == INVALID_HANDLE_VALUE) {
        free(source);
        return NULL;
    }
    AcquireSRWLockExclusive(&lock);
    source->next = sources;
    sources = source;
    ReleaseSRWLockExclusive(&lock);
    return source->file;
}

HANDLE WINAPI RegisterEventSourceA(const char *server, const char *name) {
    WCHAR *wide_server = NULL, *wide_name = NULL;
    HANDLE handle = NULL;

    if (reg_wide(server, &wide_server) && reg_wide(name, &wide_name))
        handle = RegisterEventSourceW(wide_server, wide_name);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    free(wide_server);
    free(wide_name);
    return handle;
}

/** DeregisterEventSource() - gives such a handle back. Return: FALSE: ERROR_INVALID_HANDLE. */
BOOL WINAPI DeregisterEventSource(HANDLE handle) {
    struct source **place = &sources, *source;

    AcquireSRWLockExclusive(&lock);
    while (*place && (*place)->file != handle)
        place = &(*place)->next;
    source = *place;
    if (source)
        *place = source->next;
    ReleaseSRWLockExclusive(&lock);
    if (!source) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    CloseHandle(source->file);
    free(source);
    return TRUE;
}

/* ---- a line ---- */

struct line {
    char text[LINE_MAX];
    size_t len;
};

static void __attribute__((format(printf, 2, 3))) put(struct line *line, const char *format, ...) {
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(line->text + line->len, LINE_MAX - line->len, format, arguments);
    va_end(arguments);
    line->len += n < 0 ? 0 : (size_t)n;
    if (line->len > LINE_MAX - 1)
        line->len = LINE_MAX - 1;
}

/* In quotation marks; what would end the line is written as in C. */
static void put_text(struct line *line, const WCHAR *text) {
    put(line, " \"");
    for (; *text; text++) {
        const int pair = (*text & 0xfc00) == 0xd800 && (text[1] & 0xfc00) == 0xdc00;
        char bytes[8];
        const int n = WideCharToMultiByte(CP_UTF8, 0, text, 1 + pair, bytes, sizeof bytes, NULL, NULL);

        if (*text == '\n' || *text == '\r')
            put(line, "\\%c", *text == '\n' ? 'n' : 'r');
        else
            put(line, *text == '"' || *text == '\\' ? "\\%.*s" : "%.*s", n, bytes);
        text += pair;
    }
    put(line, "\"");
}

static const char *type_name(WORD type) {
    switch (type) {
    case EVENTLOG_SUCCESS: return "success";
    case EVENTLOG_ERROR_TYPE: return "error";
    case EVENTLOG_WARNING_TYPE: return "warning";
    case EVENTLOG_INFORMATION_TYPE: return "information";
    case EVENTLOG_AUDIT_SUCCESS: return "audit-success";
    case EVENTLOG_AUDIT_FAILURE: return "audit-failure";
    default: return "other";
    }
}

/* Return: whether there is such a source. */
static BOOL put_head(struct line *line, HANDLE handle, WORD type, WORD category, DWORD event) {
    const struct source *source;
    SYSTEMTIME now;

    GetSystemTime(&now);
    put(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s", now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond,
        now.wMilliseconds, type_name(type));
    AcquireSRWLockShared(&lock);
    for (source = sources; source && source->file != handle; source = source->next)
        ;
    if (source)
        put_text(line, source->name);
    ReleaseSRWLockShared(&lock);
    put(line, " process %u category %u event %u", (unsigned)GetCurrentProcessId(), category, (unsigned)event);
    return source != NULL;
}

/**
 * ReportEventW() - writes an event to the log.
 * @user: is not written.  @texts: what the event's message would have in its places.  @data: is written in hexadecimal.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY, those of writing to a file.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-reporteventw
 */
BOOL WINAPI ReportEventW(HANDLE handle, WORD type, WORD category, DWORD event, PSID user, WORD n_texts, DWORD size, const WCHAR **texts, void *data) {
    struct line *line = malloc(sizeof *line);
    DWORD written, error = line ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    (void)user;
    if (!error && ((n_texts && !texts) || (size && !data)))
        error = ERROR_INVALID_PARAMETER;
    if (line)
        line->len = 0;
    if (!error && !put_head(line, handle, type, category, event))
        error = ERROR_INVALID_HANDLE;
    for (WORD i = 0; !error && i < n_texts; i++)
        put_text(line, texts[i] ? texts[i] : L"");
    for (DWORD i = 0; !error && i < size; i++)
        put(line, i ? "%02x" : " data %02x", ((const BYTE *)data)[i]);
    if (!error) {
        line->text[line->len++] = '\n';
        if (!WriteFile(handle, line->text, (DWORD)line->len, &written, NULL)) /* one write: lines of several programs stay whole */
            error = GetLastError();
    }
    free(line);
    if (error)
        SetLastError(error);
    return !error;
}

BOOL WINAPI ReportEventA(HANDLE handle, WORD type, WORD category, DWORD event, PSID user, WORD n_texts, DWORD size, const char **texts, void *data) {
    WCHAR **wide = texts && n_texts ? calloc(n_texts, sizeof *wide) : NULL;
    BOOL good = !n_texts || wide || !texts, done = FALSE;

    for (WORD i = 0; wide && good && i < n_texts; i++)
        good = reg_wide(texts[i], &wide[i]);
    if (good)
        done = ReportEventW(handle, type, category, event, user, n_texts, size, (const WCHAR **)wide, data);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    for (WORD i = 0; wide && i < n_texts; i++)
        free(wide[i]);
    free(wide);
    return done;
}
