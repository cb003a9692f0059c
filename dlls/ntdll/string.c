/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counted strings: STRING and UNICODE_STRING. Lengths are bytes, case is of NT's names (libs/base/unicode.h). */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include "libs/base/unicode.h"
#include "libs/base/utf.h"

#include <stdbool.h>
#include <string.h>

#define STRING_MAX_ANSI 0xFFFEu /* the longest that a USHORT length with a terminator can tell */
#define STRING_MAX_WIDE 0xFFFCu

static unsigned char string_upper(unsigned char c) {
    return c >= 'a' && c <= 'z' ? (unsigned char)(c - 32) : c;
}

static size_t string_wide_bytes(const WCHAR *source) {
    return utf16_len((const uint16_t *)source) * sizeof *source;
}

/**
 * RtlInitAnsiString() - a STRING on a zero-terminated string, cut at 65,534 bytes.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-rtlinitansistring
 */
void WINAPI RtlInitAnsiString(STRING *string, const char *source) {
    const size_t length = source ? strlen(source) : 0;

    string->Buffer = (char *)source;
    string->Length = (USHORT)(length < STRING_MAX_ANSI ? length : STRING_MAX_ANSI);
    string->MaximumLength = source ? (USHORT)(string->Length + 1) : 0;
}

void WINAPI RtlInitString(STRING *string, const char *source) {
    RtlInitAnsiString(string, source);
}

/* RtlInitAnsiStringEx() - Return: STATUS_NAME_TOO_LONG instead of cutting. */
NTSTATUS WINAPI RtlInitAnsiStringEx(STRING *string, const char *source) {
    if (source && strlen(source) > STRING_MAX_ANSI)
        return STATUS_NAME_TOO_LONG;
    RtlInitAnsiString(string, source);
    return STATUS_SUCCESS;
}

void WINAPI RtlInitUnicodeString(UNICODE_STRING *string, const WCHAR *source) {
    const size_t length = source ? string_wide_bytes(source) : 0;

    string->Buffer = (WCHAR *)source;
    string->Length = (USHORT)(length < STRING_MAX_WIDE ? length : STRING_MAX_WIDE);
    string->MaximumLength = source ? (USHORT)(string->Length + sizeof *source) : 0;
}

NTSTATUS WINAPI RtlInitUnicodeStringEx(UNICODE_STRING *string, const WCHAR *source) {
    if (source && string_wide_bytes(source) > STRING_MAX_WIDE)
        return STATUS_NAME_TOO_LONG;
    RtlInitUnicodeString(string, source);
    return STATUS_SUCCESS;
}

/* Memory from the process heap, as RtlFreeUnicodeString frees it. */
static void *string_alloc(size_t bytes) {
    return RtlAllocateHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, bytes);
}

static void string_free(void *buffer) {
    if (buffer)
        RtlFreeHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, buffer);
}

void WINAPI RtlFreeAnsiString(STRING *string) {
    string_free(string->Buffer);
    memset(string, 0, sizeof *string);
}

void WINAPI RtlFreeOemString(STRING *string) {
    RtlFreeAnsiString(string);
}

void WINAPI RtlFreeUnicodeString(UNICODE_STRING *string) {
    string_free(string->Buffer);
    memset(string, 0, sizeof *string);
}

void WINAPI RtlEraseUnicodeString(UNICODE_STRING *string) {
    if (string->Buffer)
        memset(string->Buffer, 0, string->MaximumLength);
    string->Length = 0;
}

/* RtlCopyString() - copies what fits; source may be NULL: an empty string. */
void WINAPI RtlCopyString(STRING *to, const STRING *source) {
    const USHORT length = !source ? 0 : source->Length < to->MaximumLength ? source->Length : to->MaximumLength;

    if (length)
        memcpy(to->Buffer, source->Buffer, length);
    to->Length = length;
}

/* RtlCopyUnicodeString() - the same; a terminator follows where there is room. */
void WINAPI RtlCopyUnicodeString(UNICODE_STRING *to, const UNICODE_STRING *source) {
    const USHORT length = !source ? 0 : source->Length < to->MaximumLength ? source->Length : to->MaximumLength;

    if (length)
        memcpy(to->Buffer, source->Buffer, length);
    to->Length = length;
    if (length + sizeof(WCHAR) <= to->MaximumLength)
        to->Buffer[length / sizeof(WCHAR)] = 0;
}

NTSTATUS WINAPI RtlAppendStringToString(STRING *to, const STRING *source) {
    if (!source->Length)
        return STATUS_SUCCESS;
    if (source->Length > to->MaximumLength - to->Length)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(to->Buffer + to->Length, source->Buffer, source->Length);
    to->Length = (USHORT)(to->Length + source->Length);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlAppendAsciizToString(STRING *to, const char *source) {
    STRING string;

    RtlInitAnsiString(&string, source);
    return RtlAppendStringToString(to, &string);
}

/**
 * RtlAppendUnicodeStringToString() - appends, with a terminator where there is room.
 * Return: STATUS_BUFFER_TOO_SMALL, and nothing is changed.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-rtlappendunicodestringtostring
 */
NTSTATUS WINAPI RtlAppendUnicodeStringToString(UNICODE_STRING *to, const UNICODE_STRING *source) {
    if (!source->Length)
        return STATUS_SUCCESS;
    if (source->Length > to->MaximumLength - to->Length)
        return STATUS_BUFFER_TOO_SMALL;
    memmove((char *)to->Buffer + to->Length, source->Buffer, source->Length);
    to->Length = (USHORT)(to->Length + source->Length);
    if (to->Length + sizeof(WCHAR) <= to->MaximumLength)
        to->Buffer[to->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlAppendUnicodeToString(UNICODE_STRING *to, const WCHAR *source) {
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, source);
    return RtlAppendUnicodeStringToString(to, &string);
}

/**
 * RtlDuplicateUnicodeString() - an allocated copy.
 * @flags: 1: zero-terminated; 2: with 1, a buffer even for an empty string.
 * Source: observed of Windows; the flags have names in the headers of the Windows Driver Kit
 */
NTSTATUS WINAPI RtlDuplicateUnicodeString(int flags, const UNICODE_STRING *source, UNICODE_STRING *to) {
    const bool terminated = flags & 1;
    const size_t bytes = source ? source->Length + (terminated ? sizeof(WCHAR) : 0) : 0;

    if (!source || !to || source->Length > source->MaximumLength || (source->Length && !source->Buffer) || flags == 2 || flags > 3)
        return STATUS_INVALID_PARAMETER;
    memset(to, 0, sizeof *to);
    if (!source->Length && flags != 3)
        return STATUS_SUCCESS;
    to->Buffer = string_alloc(bytes);
    if (!to->Buffer)
        return STATUS_NO_MEMORY;
    memcpy(to->Buffer, source->Buffer, source->Length);
    if (terminated)
        to->Buffer[source->Length / sizeof(WCHAR)] = 0;
    to->Length = source->Length;
    to->MaximumLength = (USHORT)bytes;
    return STATUS_SUCCESS;
}

BOOLEAN WINAPI RtlCreateUnicodeString(UNICODE_STRING *to, const WCHAR *source) {
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, source);
    return RtlDuplicateUnicodeString(3, &string, to) == STATUS_SUCCESS;
}

BOOLEAN WINAPI RtlCreateUnicodeStringFromAsciiz(UNICODE_STRING *to, const char *source) {
    STRING string;

    RtlInitAnsiString(&string, source);
    return RtlAnsiStringToUnicodeString(to, &string, TRUE) == STATUS_SUCCESS;
}

LONG WINAPI RtlCompareString(const STRING *left, const STRING *right, BOOLEAN ignore_case) {
    const USHORT shorter = left->Length < right->Length ? left->Length : right->Length;

    for (USHORT i = 0; i < shorter; i++) {
        const unsigned char a = (unsigned char)left->Buffer[i], b = (unsigned char)right->Buffer[i];
        const int difference = ignore_case ? string_upper(a) - string_upper(b) : a - b;

        if (difference)
            return difference;
    }
    return left->Length - right->Length;
}

/* RtlCompareUnicodeStrings() - by code unit; lengths in characters. Return: below, 0 or above 0. */
LONG WINAPI RtlCompareUnicodeStrings(
    const WCHAR *left, SIZE_T left_wchars, const WCHAR *right, SIZE_T right_wchars, BOOLEAN ignore_case) {
    const SIZE_T shorter = left_wchars < right_wchars ? left_wchars : right_wchars;

    for (SIZE_T i = 0; i < shorter; i++) {
        const int difference = ignore_case ? unicode_upper(left[i]) - unicode_upper(right[i]) : left[i] - right[i];

        if (difference)
            return difference;
    }
    return (LONG)(left_wchars - right_wchars);
}

LONG WINAPI RtlCompareUnicodeString(const UNICODE_STRING *left, const UNICODE_STRING *right, BOOLEAN ignore_case) {
    return RtlCompareUnicodeStrings(left->Buffer, left->Length / sizeof(WCHAR), right->Buffer,
        right->Length / sizeof(WCHAR), ignore_case);
}

BOOLEAN WINAPI RtlEqualString(const STRING *left, const STRING *right, BOOLEAN ignore_case) {
    return left->Length == right->Length && !RtlCompareString(left, right, ignore_case);
}

BOOLEAN WINAPI RtlEqualUnicodeString(const UNICODE_STRING *left, const UNICODE_STRING *right, BOOLEAN ignore_case) {
    return left->Length == right->Length && !RtlCompareUnicodeString(left, right, ignore_case);
}

BOOLEAN WINAPI RtlPrefixString(const STRING *prefix, const STRING *string, BOOLEAN ignore_case) {
    const STRING start = {prefix->Length, prefix->Length, string->Buffer};

    return prefix->Length <= string->Length && RtlEqualString(prefix, &start, ignore_case);
}

BOOLEAN WINAPI RtlPrefixUnicodeString(const UNICODE_STRING *prefix, const UNICODE_STRING *string, BOOLEAN ignore_case) {
    const UNICODE_STRING start = {prefix->Length, prefix->Length, string->Buffer};

    return prefix->Length <= string->Length && RtlEqualUnicodeString(prefix, &start, ignore_case);
}

void WINAPI RtlUpperString(STRING *to, const STRING *source) {
    const USHORT length = source->Length < to->MaximumLength ? source->Length : to->MaximumLength;

    for (USHORT i = 0; i < length; i++)
        to->Buffer[i] = (char)string_upper((unsigned char)source->Buffer[i]);
    to->Length = length;
}

static NTSTATUS string_change_case(UNICODE_STRING *to, const UNICODE_STRING *source, bool alloc, bool upper) {
    if (alloc) {
        to->Buffer = string_alloc(source->Length);
        to->MaximumLength = source->Length;
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
    } else if (source->Length > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (size_t i = 0; i < source->Length / sizeof(WCHAR); i++)
        to->Buffer[i] = upper ? unicode_upper(source->Buffer[i]) : unicode_lower(source->Buffer[i]);
    to->Length = source->Length;
    return STATUS_SUCCESS;
}

/* RtlUpcaseUnicodeString() - Return: STATUS_BUFFER_OVERFLOW when to is too small, STATUS_NO_MEMORY. */
NTSTATUS WINAPI RtlUpcaseUnicodeString(UNICODE_STRING *to, const UNICODE_STRING *source, BOOLEAN alloc) {
    return string_change_case(to, source, alloc, true);
}

NTSTATUS WINAPI RtlDowncaseUnicodeString(UNICODE_STRING *to, const UNICODE_STRING *source, BOOLEAN alloc) {
    return string_change_case(to, source, alloc, false);
}

ULONG WINAPI RtlHashUnicodeString(const UNICODE_STRING *string, BOOLEAN ignore_case, ULONG algorithm, ULONG *hash) {
    if (!string || !hash || algorithm > 1)
        return (ULONG)STATUS_INVALID_PARAMETER;
    *hash = 0;
    for (size_t i = 0; i < string->Length / sizeof(WCHAR); i++)
        *hash = *hash * 65599 + (ignore_case ? unicode_upper(string->Buffer[i]) : string->Buffer[i]);
    return STATUS_SUCCESS;
}
