/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FormatMessage (MSDN: winbase.h). */
#include "dlls/kernel32/message.h"

#include "libs/host/guard.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX_BYTES 0x10000

/* Adds the message's own text. Return: a Win32 error. */
static DWORD message_source(
    DWORD flags, const void *source, bool ansi, DWORD id, DWORD language, struct message_text *text) {
    DWORD error = ERROR_MR_MID_NOT_FOUND;

    if (flags & FORMAT_MESSAGE_FROM_STRING) {
        if (!source)
            return ERROR_INVALID_PARAMETER;
        if (ansi)
            message_add_ansi(text, source, -1);
        else
            message_add_wide(text, source, message_wide_length(source, -1));
        return ERROR_SUCCESS;
    }
    if (flags & FORMAT_MESSAGE_FROM_HMODULE)
        error = message_find_module((HMODULE)source, id, language, text);
    if (error && (flags & FORMAT_MESSAGE_FROM_SYSTEM))
        error = message_find_system(id, language, text);
    return error;
}

static DWORD message_make(DWORD flags, const void *source, bool ansi, DWORD id, DWORD language,
    __builtin_ms_va_list *arguments, struct message_text *text) {
    struct message_inserts inserts = {.ansi = ansi, .ignored = flags & FORMAT_MESSAGE_IGNORE_INSERTS};
    struct message_text raw = {0};
    DWORD error = message_source(flags, source, ansi, id, language, &raw);

    /* Windows' va_list points at the arguments themselves, eight bytes each: so both forms are arrays */
    if (arguments)
        inserts.values = flags & FORMAT_MESSAGE_ARGUMENT_ARRAY ? (const DWORD_PTR *)arguments : *(const DWORD_PTR **)arguments;
    if (!error && raw.failed)
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (!error)
        error = message_format(raw.chars, raw.length, &inserts, flags & FORMAT_MESSAGE_MAX_WIDTH_MASK, text);
    free(raw.chars);
    return error;
}

static DWORD message_fail(DWORD error) {
    SetLastError(error);
    return 0;
}

/* Hands out text of length characters of size unit, zero-terminated. Return: length, or 0 and the last error. */
static DWORD message_hand_out(DWORD flags, const void *chars, size_t length, size_t unit, void *buffer, DWORD room) {
    const size_t bytes = (length + 1) * unit;
    void *to = buffer;

    if (bytes > MESSAGE_MAX_BYTES)
        return message_fail(ERROR_MORE_DATA);
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        if (!length) {
            *(void **)buffer = NULL;
            return message_fail(ERROR_NO_WORK_DONE);
        }
        to = LocalAlloc(LMEM_ZEROINIT, bytes > room * unit ? bytes : room * unit);
        if (!to)
            return message_fail(ERROR_NOT_ENOUGH_MEMORY);
        *(void **)buffer = to;
    } else if (room <= length) {
        return message_fail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (length)
        memcpy(to, chars, length * unit);
    memset((char *)to + length * unit, 0, unit);
    if (!length)
        SetLastError(ERROR_NO_WORK_DONE);
    return (DWORD)length;
}

/* The first checks of both forms. Return: a Win32 error. */
static DWORD message_check(DWORD flags, void *buffer) {
    if (!buffer)
        return flags & FORMAT_MESSAGE_ALLOCATE_BUFFER ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER;
    if (!(flags & (FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM)))
        return ERROR_INVALID_PARAMETER;
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)
        *(void **)buffer = NULL;
    return ERROR_SUCCESS;
}

/**
 * FormatMessageW() - a message's text with its inserts.
 * @source: the text (FROM_STRING) or a module (FROM_HMODULE, NULL: the program).
 * @language: 0 or English for the system's messages.
 * @buffer: the buffer, or with ALLOCATE_BUFFER where its address goes; LocalFree frees it.
 * @room: characters in the buffer, or the least to allocate.
 * @arguments: a va_list's address, or an array (ARGUMENT_ARRAY).
 * Return: characters without the terminator; 0 and ERROR_MR_MID_NOT_FOUND, ERROR_RESOURCE_LANG_NOT_FOUND (another language),
 *         ERROR_RESOURCE_DATA_NOT_FOUND or ERROR_RESOURCE_TYPE_NOT_FOUND (the module has no messages), ERROR_INSUFFICIENT_BUFFER,
 *         ERROR_MORE_DATA (above 64 KiB), ERROR_INVALID_PARAMETER (flags; an insert without arguments; a bad format),
 *         ERROR_NO_WORK_DONE (the message is empty), ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-formatmessagew
 */
DWORD WINAPI FormatMessageW(DWORD flags, const void *source, DWORD id, DWORD language, WCHAR *buffer, DWORD room,
    __builtin_ms_va_list *arguments) {
    struct message_text text = {0};
    DWORD error = message_check(flags, buffer), length;

    if (!error)
        error = message_make(flags, source, false, id, language, arguments, &text);
    length = error ? message_fail(error) : message_hand_out(flags, text.chars, text.length, sizeof(WCHAR), buffer, room);
    free(text.chars);
    return length;
}

DWORD WINAPI FormatMessageA(DWORD flags, const void *source, DWORD id, DWORD language, char *buffer, DWORD room,
    __builtin_ms_va_list *arguments) {
    struct message_text text = {0};
    char *narrow = NULL;
    DWORD error = message_check(flags, buffer), length = 0;
    int bytes = 0;

    if (!error)
        error = message_make(flags, source, true, id, language, arguments, &text);
    if (!error && text.length) {
        bytes = WideCharToMultiByte(CP_ACP, 0, text.chars, (int)text.length, NULL, 0, NULL, NULL);
        narrow = malloc((size_t)bytes + 1);
        if (narrow)
            WideCharToMultiByte(CP_ACP, 0, text.chars, (int)text.length, narrow, bytes, NULL, NULL);
        else
            error = ERROR_NOT_ENOUGH_MEMORY;
    }
    length = error ? message_fail(error) : message_hand_out(flags, narrow, (size_t)bytes, 1, buffer, room);
    free(narrow);
    free(text.chars);
    return length;
}
