/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers and GUIDs as text and back; checksums; the small random generators. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_ROOM 65
#define NUMBER_GUID_LENGTH 38

/* Digits at the end of text; Return: where they begin, or NULL for a base that is none. */
static char *number_digits(uint64_t value, ULONG base, char text[NUMBER_ROOM]) {
    char *at = text + NUMBER_ROOM - 1;

    if (base == 0)
        base = 10;
    if (base != 2 && base != 8 && base != 10 && base != 16)
        return NULL;
    *at = 0;
    do
        *--at = "0123456789ABCDEF"[value % base];
    while ((value /= base) != 0);
    return at;
}

/**
 * RtlLargeIntegerToChar() - a number as text, zero-terminated where there is room.
 * @base: 2, 8, 10, 16; 0 is 10. @room: bytes.
 * Return: STATUS_BUFFER_OVERFLOW; STATUS_INVALID_PARAMETER for the base; STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-rtlintegertochar
 */
NTSTATUS WINAPI RtlLargeIntegerToChar(const ULONGLONG *value, ULONG base, ULONG room, char *out) {
    char text[NUMBER_ROOM], *const digits = number_digits(*value, base, text);
    const size_t length = digits ? strlen(digits) : 0;

    if (!digits)
        return STATUS_INVALID_PARAMETER;
    if (length > room)
        return STATUS_BUFFER_OVERFLOW;
    if (!out)
        return STATUS_ACCESS_VIOLATION;
    memcpy(out, digits, length + (length < room));
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlIntegerToChar(ULONG value, ULONG base, ULONG room, char *out) {
    const ULONGLONG wide = value;

    return RtlLargeIntegerToChar(&wide, base, room, out);
}

NTSTATUS WINAPI RtlInt64ToUnicodeString(ULONGLONG value, ULONG base, UNICODE_STRING *out) {
    char text[NUMBER_ROOM], *const digits = number_digits(value, base, text);
    const size_t length = digits ? strlen(digits) : 0;

    if (!digits)
        return STATUS_INVALID_PARAMETER;
    out->Length = (USHORT)(length * sizeof(WCHAR));
    if (out->Length > out->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    for (size_t i = 0; i < length; i++)
        out->Buffer[i] = (unsigned char)digits[i];
    if (out->Length + sizeof(WCHAR) <= out->MaximumLength)
        out->Buffer[length] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlIntegerToUnicodeString(ULONG value, ULONG base, UNICODE_STRING *out) {
    return RtlInt64ToUnicodeString(value, base, out);
}

static unsigned number_digit(unsigned c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

/* White space, a sign, a prefix (0b, 0o, 0x, for base 0), digits; what follows does not count. get(i) is 0 at the end. */
static NTSTATUS number_parse(unsigned (*get)(const void *, size_t), const void *text, ULONG base, ULONG *value) {
    size_t i = 0;
    bool negative = false;

    if (base != 0 && base != 2 && base != 8 && base != 10 && base != 16)
        return STATUS_INVALID_PARAMETER;
    while (get(text, i) && get(text, i) <= ' ')
        i++;
    if (get(text, i) == '+' || get(text, i) == '-')
        negative = get(text, i++) == '-';
    if (!base) {
        const unsigned prefix = get(text, i) == '0' ? get(text, i + 1) : 0;

        base = prefix == 'b' ? 2 : prefix == 'o' ? 8 : prefix == 'x' ? 16 : 10;
        i += base == 10 ? 0 : 2;
    }
    *value = 0;
    for (unsigned digit; (digit = number_digit(get(text, i))) < base; i++)
        *value = *value * base + digit;
    if (negative)
        *value = 0 - *value;
    return STATUS_SUCCESS;
}

static unsigned number_get_char(const void *text, size_t i) {
    return ((const unsigned char *)text)[i];
}

static unsigned number_get_wide(const void *text, size_t i) {
    const UNICODE_STRING *const string = text;

    return i < string->Length / sizeof(WCHAR) ? string->Buffer[i] : 0;
}

NTSTATUS WINAPI RtlCharToInteger(const char *text, ULONG base, ULONG *value) {
    return number_parse(number_get_char, text, base, value);
}

NTSTATUS WINAPI RtlUnicodeStringToInteger(const UNICODE_STRING *text, ULONG base, ULONG *value) {
    return number_parse(number_get_wide, text, base, value);
}

/* RtlStringFromGUID() - "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}", allocated. */
NTSTATUS WINAPI RtlStringFromGUID(REFGUID guid, UNICODE_STRING *out) {
    char text[NUMBER_GUID_LENGTH + 1];

    snprintf(text, sizeof text, "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", (unsigned)guid->Data1, guid->Data2,
        guid->Data3, guid->Data4[0], guid->Data4[1], guid->Data4[2], guid->Data4[3], guid->Data4[4], guid->Data4[5],
        guid->Data4[6], guid->Data4[7]);
    out->Buffer = RtlAllocateHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, sizeof text * sizeof(WCHAR));
    if (!out->Buffer)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < sizeof text; i++)
        out->Buffer[i] = (unsigned char)text[i];
    out->Length = NUMBER_GUID_LENGTH * sizeof(WCHAR);
    out->MaximumLength = sizeof text * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* RtlGUIDFromString() - Return: STATUS_INVALID_PARAMETER for text of another form. */
NTSTATUS WINAPI RtlGUIDFromString(UNICODE_STRING *text, GUID *guid) {
    static const char form[] = "{00112233-4455-6677-8899-aabbccddeeff}";
    unsigned char bytes[16] = {0};

    if (text->Length < NUMBER_GUID_LENGTH * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0, n = 0; i < NUMBER_GUID_LENGTH; i++) {
        const bool digit = form[i] != '{' && form[i] != '-' && form[i] != '}';

        if (digit ? number_digit(text->Buffer[i]) > 15 : text->Buffer[i] != (unsigned char)form[i])
            return STATUS_INVALID_PARAMETER;
        if (!digit)
            continue;
        bytes[n / 2] = (unsigned char)(bytes[n / 2] << 4 | number_digit(text->Buffer[i]));
        n++;
    }
    guid->Data1 = (DWORD)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
    guid->Data2 = (WORD)(bytes[4] << 8 | bytes[5]);
    guid->Data3 = (WORD)(bytes[6] << 8 | bytes[7]);
    memcpy(guid->Data4, bytes + 8, 8);
    return STATUS_SUCCESS;
}

/* RtlComputeCrc32() - the CRC of zlib and IEEE 802.3, going on from initial. */
DWORD WINAPI RtlComputeCrc32(DWORD initial, const BYTE *data, INT length) {
    DWORD crc = ~initial;

    for (INT i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/**
 * RtlUniform() - the next of a linear congruential sequence below 2^31 - 1; as documented, seed = seed * 7FFFFFED + 7FFFFFC3.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/rtluniform
 */
ULONG WINAPI RtlUniform(ULONG *seed) {
    return *seed = (ULONG)(((ULONGLONG)*seed * 0x7FFFFFED + 0x7FFFFFC3) % 0x7FFFFFFF);
}

ULONG WINAPI RtlRandomEx(ULONG *seed) {
    return RtlUniform(seed);
}

ULONG WINAPI RtlRandom(ULONG *seed) {
    return RtlUniform(seed);
}
