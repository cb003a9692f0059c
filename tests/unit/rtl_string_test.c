/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ntdll's strings, numbers as text, bitmaps. */
#include "tests/unit/unit.h"

#include <string.h>

static UNICODE_STRING wide(const WCHAR *text) {
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, text);
    return string;
}

START_TEST(counted_strings) {
    WCHAR buffer[4];
    UNICODE_STRING a = wide(L"Hello"), b = wide(L"hELLO!"), to = {0, sizeof buffer, buffer}, copy;

    ck_assert_uint_eq(a.Length, 10);
    ck_assert_uint_eq(a.MaximumLength, 12);
    ck_assert(!RtlEqualUnicodeString(&a, &b, TRUE));
    ck_assert(RtlPrefixUnicodeString(&a, &b, TRUE));
    ck_assert(!RtlPrefixUnicodeString(&a, &b, FALSE));
    ck_assert_int_lt(RtlCompareUnicodeString(&a, &b, FALSE), 0);
    ck_assert_int_eq(RtlAppendUnicodeToString(&to, L"abc"), STATUS_SUCCESS);
    ck_assert_uint_eq(buffer[3], 0);
    ck_assert_int_eq(RtlAppendUnicodeToString(&to, L"de"), STATUS_BUFFER_TOO_SMALL);
    ck_assert_int_eq(RtlAppendUnicodeToString(&to, L"d"), STATUS_SUCCESS);
    ck_assert_int_eq(RtlUpcaseUnicodeString(&copy, &b, TRUE), STATUS_SUCCESS);
    ck_assert(!memcmp(copy.Buffer, L"HELLO!", 12));
    RtlFreeUnicodeString(&copy);
    ck_assert_ptr_null(copy.Buffer);
    RtlCopyUnicodeString(&to, &a);
    ck_assert_uint_eq(to.Length, 8);
    ck_assert_int_eq(RtlDuplicateUnicodeString(1, &a, &copy), STATUS_SUCCESS);
    ck_assert_uint_eq(copy.MaximumLength, 12);
    RtlFreeUnicodeString(&copy);
    RtlInitUnicodeString(&a, NULL);
    ck_assert_uint_eq(a.Length + a.MaximumLength, 0);
}
END_TEST

START_TEST(conversions) {
    WCHAR out[8];
    char narrow[8];
    DWORD n = 99;
    UNICODE_STRING w = wide(L"z\u00e4\u20ac");
    STRING a;

    ck_assert_int_eq(RtlUTF8ToUnicodeN(out, sizeof out, &n, "z\xc3\xa4\xe2\x82\xac", 6), STATUS_SUCCESS);
    ck_assert_uint_eq(n, 6);
    ck_assert_int_eq(RtlUTF8ToUnicodeN(out, 4, &n, "z\xc3\xa4\xe2\x82\xac", 6), STATUS_BUFFER_TOO_SMALL);
    ck_assert_uint_eq(n, 4);
    ck_assert_int_eq(RtlUTF8ToUnicodeN(out, sizeof out, &n, "\xff", 1), STATUS_SOME_NOT_MAPPED);
    ck_assert_uint_eq(out[0], 0xFFFD);
    ck_assert_int_eq(RtlUnicodeToUTF8N(narrow, 4, &n, w.Buffer, w.Length), STATUS_BUFFER_TOO_SMALL);
    ck_assert_uint_eq(n, 3);
    ck_assert_int_eq(RtlUnicodeToUTF8N(NULL, 0, &n, w.Buffer, w.Length), STATUS_SUCCESS);
    ck_assert_uint_eq(n, 6);
    ck_assert_int_eq(RtlUnicodeStringToAnsiString(&a, &w, TRUE), STATUS_SUCCESS);
    ck_assert_str_eq(a.Buffer, "z\xc3\xa4\xe2\x82\xac");
    RtlFreeAnsiString(&a);
    a = (STRING){0, 3, narrow};
    ck_assert_int_eq(RtlUnicodeStringToAnsiString(&a, &w, FALSE), STATUS_BUFFER_OVERFLOW);
    ck_assert_str_eq(narrow, "z");
}
END_TEST

START_TEST(numbers) {
    char text[16];
    ULONG value;
    UNICODE_STRING w = wide(L" -0x1F, and more"), guid_text;
    GUID guid = {0x00112233, 0x4455, 0x6677, {0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF}}, back;

    ck_assert_int_eq(RtlIntegerToChar(255, 16, sizeof text, text), STATUS_SUCCESS);
    ck_assert_str_eq(text, "FF");
    ck_assert_int_eq(RtlIntegerToChar(255, 16, 1, text), STATUS_BUFFER_OVERFLOW);
    ck_assert_int_eq(RtlIntegerToChar(255, 7, sizeof text, text), STATUS_INVALID_PARAMETER);
    ck_assert_int_eq(RtlUnicodeStringToInteger(&w, 0, &value), STATUS_SUCCESS);
    ck_assert_uint_eq(value, (ULONG)-31);
    ck_assert_int_eq(RtlCharToInteger("0b101", 0, &value), STATUS_SUCCESS);
    ck_assert_uint_eq(value, 5);
    ck_assert_int_eq(RtlStringFromGUID(&guid, &guid_text), STATUS_SUCCESS);
    ck_assert(!memcmp(guid_text.Buffer, L"{00112233-4455-6677-8899-AABBCCDDEEFF}", 78));
    ck_assert_int_eq(RtlGUIDFromString(&guid_text, &back), STATUS_SUCCESS);
    ck_assert(!memcmp(&guid, &back, sizeof guid));
    guid_text.Buffer[5] = 'g';
    ck_assert_int_eq(RtlGUIDFromString(&guid_text, &back), STATUS_INVALID_PARAMETER);
    RtlFreeUnicodeString(&guid_text);
    ck_assert_uint_eq(RtlComputeCrc32(0, (const BYTE *)"123456789", 9), 0xCBF43926);
}
END_TEST

START_TEST(bitmaps) {
    ULONG words[4] = {0};
    RTL_BITMAP map;

    RtlInitializeBitMap(&map, words, 100);
    RtlSetBits(&map, 3, 50);
    ck_assert_uint_eq(words[0], 0xFFFFFFF8);
    ck_assert(RtlAreBitsSet(&map, 3, 50));
    ck_assert(!RtlAreBitsSet(&map, 3, 51));
    ck_assert(!RtlAreBitsClear(&map, 99, 2));
    ck_assert_uint_eq(RtlFindClearBits(&map, 4, 0), 53);
    ck_assert_uint_eq(RtlFindClearBits(&map, 3, 0), 0);
    ck_assert_uint_eq(RtlFindClearBits(&map, 48, 0), ~0u);
    ck_assert_uint_eq(RtlFindClearBitsAndSet(&map, 47, 60), 53);
    ck_assert_uint_eq(RtlNumberOfClearBits(&map), 3);
    ck_assert_uint_eq(RtlFindSetBits(&map, 97, 0), 3);
    ck_assert_uint_eq(RtlFindSetBitsAndClear(&map, 97, 0), 3);
    ck_assert_uint_eq(RtlNumberOfSetBits(&map), 0);
}
END_TEST

UNIT_MAIN("rtl_string", counted_strings, conversions, numbers, bitmaps)
