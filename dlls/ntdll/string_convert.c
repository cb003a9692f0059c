/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversions of strings. The ANSI and the OEM code page are UTF-8, so that there is one conversion each way. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include "libs/base/unicode.h"
#include "libs/base/utf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Sizes in bytes. Writes what fits, never half a character. Return: the bytes written; *whole: those of all of it. */
static size_t convert_to_wide(WCHAR *to, size_t room, const char *source, size_t length, size_t *whole, size_t *n_bad) {
    const size_t room_wchars = room / sizeof *to;
    size_t n = utf8_to_utf16(source, length, (uint16_t *)to, to ? room_wchars : 0, n_bad);

    *whole = n * sizeof *to;
    if (!to || n <= room_wchars)
        return n * sizeof *to;
    while (n > room_wchars && length > 0) /* the longest start of source that fits */
        n = utf8_to_utf16(source, --length, NULL, 0, NULL);
    return n * sizeof *to;
}

static size_t convert_to_narrow(char *to, size_t room, const WCHAR *source, size_t bytes, size_t *whole, size_t *n_bad) {
    size_t length = bytes / sizeof *source, n = utf16_to_utf8((const uint16_t *)source, length, to, to ? room : 0, n_bad);

    *whole = n;
    if (!to || n <= room)
        return n;
    if (length > room)
        length = room;
    while (n > room && length > 0)
        n = utf16_to_utf8((const uint16_t *)source, length--, NULL, 0, NULL);
    return n > room ? 0 : n;
}

/**
 * RtlUTF8ToUnicodeN() - UTF-8 to UTF-16, sizes in bytes.
 * @to: NULL: only *written is told. @written: may be NULL.
 * Return: STATUS_BUFFER_TOO_SMALL when not all went in; STATUS_SOME_NOT_MAPPED when malformed parts became U+FFFD;
 *         STATUS_INVALID_PARAMETER(_4 without source).
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-rtlutf8tounicoden
 */
NTSTATUS WINAPI RtlUTF8ToUnicodeN(WCHAR *to, DWORD room, DWORD *written, const char *source, DWORD length) {
    size_t n_bad = 0, whole, n;

    if (!source)
        return STATUS_INVALID_PARAMETER_4;
    if (!to && !written)
        return STATUS_INVALID_PARAMETER;
    n = convert_to_wide(to, room, source, length, &whole, &n_bad);
    if (written)
        *written = (DWORD)n;
    if (n < whole)
        return STATUS_BUFFER_TOO_SMALL;
    return n_bad ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlUnicodeToUTF8N(char *to, DWORD room, DWORD *written, const WCHAR *source, DWORD bytes) {
    size_t n_bad = 0, whole, n;

    if (!source)
        return STATUS_INVALID_PARAMETER_4;
    if (!to && !written)
        return STATUS_INVALID_PARAMETER;
    if (bytes % sizeof *source)
        return STATUS_INVALID_PARAMETER_5;
    n = convert_to_narrow(to, room, source, bytes, &whole, &n_bad);
    if (written)
        *written = (DWORD)n;
    if (n < whole)
        return STATUS_BUFFER_TOO_SMALL;
    return n_bad ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

/* RtlMultiByteToUnicodeN() - as much as fits, and that is a success. */
NTSTATUS WINAPI RtlMultiByteToUnicodeN(WCHAR *to, DWORD room, DWORD *written, const char *source, DWORD length) {
    size_t whole;
    const size_t n = convert_to_wide(to, room, source, length, &whole, NULL);

    if (written)
        *written = (DWORD)n;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlMultiByteToUnicodeSize(DWORD *size, const char *source, ULONG length) {
    *size = (DWORD)(utf8_to_utf16(source, length, NULL, 0, NULL) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/* RtlUnicodeToMultiByteN() - as much as fits. Return: STATUS_BUFFER_OVERFLOW when that is not all. */
NTSTATUS WINAPI RtlUnicodeToMultiByteN(char *to, DWORD room, DWORD *written, const WCHAR *source, DWORD bytes) {
    size_t whole;
    const size_t n = convert_to_narrow(to, room, source, bytes, &whole, NULL);

    if (written)
        *written = (DWORD)n;
    return n < whole ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlUnicodeToMultiByteSize(ULONG *size, const WCHAR *source, ULONG bytes) {
    *size = (ULONG)utf16_to_utf8((const uint16_t *)source, bytes / sizeof *source, NULL, 0, NULL);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlUpcaseUnicodeToMultiByteN(char *to, DWORD room, DWORD *written, const WCHAR *source, DWORD bytes) {
    WCHAR *const upper = malloc(bytes + sizeof *upper);
    NTSTATUS status;

    if (!upper)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < bytes / sizeof *upper; i++)
        upper[i] = unicode_upper(source[i]);
    status = RtlUnicodeToMultiByteN(to, room, written, upper, bytes);
    free(upper);
    return status;
}

/* With the terminator. */
DWORD WINAPI RtlAnsiStringToUnicodeSize(const STRING *string) {
    return (DWORD)((utf8_to_utf16(string->Buffer, string->Length, NULL, 0, NULL) + 1) * sizeof(WCHAR));
}

DWORD WINAPI RtlUnicodeStringToAnsiSize(const UNICODE_STRING *string) {
    return (DWORD)utf16_to_utf8((const uint16_t *)string->Buffer, string->Length / sizeof(WCHAR), NULL, 0, NULL) + 1;
}

/**
 * RtlAnsiStringToUnicodeString() - converts, with a terminator.
 * @alloc: the buffer is allocated; RtlFreeUnicodeString frees it.
 * Return: STATUS_BUFFER_OVERFLOW when to is too small; STATUS_INVALID_PARAMETER_2 above 65,535 bytes; STATUS_NO_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-rtlansistringtounicodestring
 */
NTSTATUS WINAPI RtlAnsiStringToUnicodeString(UNICODE_STRING *to, const STRING *source, BOOLEAN alloc) {
    const DWORD size = RtlAnsiStringToUnicodeSize(source);
    DWORD written;

    if (size > 0xFFFF)
        return STATUS_INVALID_PARAMETER_2;
    if (alloc) {
        to->Buffer = RtlAllocateHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, size);
        to->MaximumLength = (USHORT)size;
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
    } else if (size > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlMultiByteToUnicodeN(to->Buffer, size - sizeof(WCHAR), &written, source->Buffer, source->Length);
    to->Buffer[written / sizeof(WCHAR)] = 0;
    to->Length = (USHORT)written;
    return STATUS_SUCCESS;
}

/* The same way back; without alloc what fits is there even when it is not all. */
NTSTATUS WINAPI RtlUnicodeStringToAnsiString(STRING *to, const UNICODE_STRING *source, BOOLEAN alloc) {
    DWORD size = RtlUnicodeStringToAnsiSize(source), written = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (size > 0xFFFF)
        return STATUS_INVALID_PARAMETER_2;
    if (alloc) {
        to->Buffer = RtlAllocateHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, size);
        to->MaximumLength = (USHORT)size;
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
    } else if (size > to->MaximumLength) {
        status = STATUS_BUFFER_OVERFLOW;
        if (!to->MaximumLength)
            return status;
        size = to->MaximumLength;
    }
    RtlUnicodeToMultiByteN(to->Buffer, size - 1, &written, source->Buffer, source->Length);
    to->Buffer[written] = 0;
    to->Length = (USHORT)written;
    return status;
}

NTSTATUS WINAPI RtlUpcaseUnicodeStringToAnsiString(STRING *to, const UNICODE_STRING *source, BOOLEAN alloc) {
    UNICODE_STRING upper;
    NTSTATUS status = RtlUpcaseUnicodeString(&upper, source, TRUE);

    if (status)
        return status;
    status = RtlUnicodeStringToAnsiString(to, &upper, alloc);
    RtlFreeUnicodeString(&upper);
    return status;
}

/* The character at *at, which moves on; U+FFFD for a malformed part, and for what needs two units. */
WCHAR WINAPI RtlAnsiCharToUnicodeChar(char **at) {
    const size_t length = strnlen(*at, 4);
    size_t used = 1;
    const uint32_t c = length ? utf8_decode(*at, length, &used) : 0;

    *at += used;
    return c > 0xFFFF ? 0xFFFD : (WCHAR)c;
}
