/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversions between code pages and UTF-16: lengths, errors, what is malformed. */
#include <check.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include "tests/unit/teb.h"

/* Converts, and compares with what is expected; the last error is poisoned before. */
static void wide_is(UINT id, DWORD flags, const char *src, int src_len, const WCHAR *expected, int expected_len) {
    WCHAR got[64];
    memset(got, 0xEE, sizeof got);
    SetLastError(0xdeadbeef);
    ck_assert_int_eq(MultiByteToWideChar(id, flags, src, src_len, NULL, 0), expected_len);
    ck_assert_int_eq(MultiByteToWideChar(id, flags, src, src_len, got, 64), expected_len);
    ck_assert_mem_eq(got, expected, expected_len * sizeof(WCHAR));
    ck_assert_int_eq(got[expected_len], 0xEEEE);
    ck_assert_uint_eq(GetLastError(), 0xdeadbeef);
}

static void bytes_are(UINT id, DWORD flags, const WCHAR *src, int src_len, const char *expected, int expected_len) {
    char got[64];
    memset(got, 0xEE, sizeof got);
    SetLastError(0xdeadbeef);
    ck_assert_int_eq(WideCharToMultiByte(id, flags, src, src_len, NULL, 0, NULL, NULL), expected_len);
    ck_assert_int_eq(WideCharToMultiByte(id, flags, src, src_len, got, 64, NULL, NULL), expected_len);
    ck_assert_mem_eq(got, expected, expected_len);
    ck_assert_int_eq((BYTE)got[expected_len], 0xEE);
    ck_assert_uint_eq(GetLastError(), 0xdeadbeef);
}

#define FAILS(call, error) \
    do { \
        SetLastError(0xdeadbeef); \
        ck_assert_int_eq(call, 0); \
        ck_assert_uint_eq(GetLastError(), error); \
    } while (0)

START_TEST(utf8_to_wide) {
    wide_is(CP_UTF8, 0, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", -1, L"a\x00E9\x20AC\xD83D\xDE00", 6);
    wide_is(CP_ACP, 0, "abc", 2, L"ab", 2);
    wide_is(CP_UTF8, 0, "a\0b", 3, L"a\0b", 3);
    wide_is(CP_UTF8, 0, "\xC0\x80", 2, L"\xFFFD\xFFFD", 2);
    wide_is(CP_UTF8, 0, "\xE2\x82z", 3, L"\xFFFDz", 2);
    wide_is(CP_UTF8, 0, "\xED\xA0\x80", 3, L"\xFFFD\xFFFD\xFFFD", 3);
    wide_is(CP_UTF8, 0, "\xF0\x9F\x98", 3, L"\xFFFD", 1);
    wide_is(CP_UTF8, 0, "\xF4\x90\x80\x80", 4, L"\xFFFD\xFFFD\xFFFD\xFFFD", 4);
    FAILS(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xFF", 1, NULL, 0), ERROR_NO_UNICODE_TRANSLATION);
}
END_TEST

START_TEST(wide_to_utf8) {
    bytes_are(CP_UTF8, 0, L"a\x00E9\x20AC\xD83D\xDE00", -1, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 11);
    bytes_are(CP_UTF8, 0, L"\xD83D", 1, "\xEF\xBF\xBD", 3);
    bytes_are(CP_UTF8, 0, L"\xDE00\xD83D", 2, "\xEF\xBF\xBD\xEF\xBF\xBD", 6);
    FAILS(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, L"\xD83D", 1, NULL, 0, NULL, NULL), ERROR_NO_UNICODE_TRANSLATION);
    FAILS(WideCharToMultiByte(CP_UTF8, WC_NO_BEST_FIT_CHARS, L"a", 1, NULL, 0, NULL, NULL), ERROR_INVALID_FLAGS);
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"a", 1, NULL, 0, "x", NULL), ERROR_INVALID_PARAMETER);
    BOOL used;
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"a", 1, NULL, 0, NULL, &used), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(lengths_and_errors) {
    WCHAR wide[4] = L"zzz";
    char bytes[4] = "zzz";
    FAILS(MultiByteToWideChar(CP_UTF8, 0, NULL, 1, wide, 4), ERROR_INVALID_PARAMETER);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, "a", 0, wide, 4), ERROR_INVALID_PARAMETER);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, "a", 1, NULL, 4), ERROR_INVALID_PARAMETER);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, "a", 1, wide, -1), ERROR_INVALID_PARAMETER);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, (char *)wide, 1, wide, 1), ERROR_INVALID_PARAMETER);
    FAILS(MultiByteToWideChar(12345, 0, "a", 1, wide, 4), ERROR_INVALID_PARAMETER);
    FAILS(MultiByteToWideChar(CP_UTF8, MB_PRECOMPOSED, "a", 1, wide, 4), ERROR_INVALID_FLAGS);
    FAILS(MultiByteToWideChar(1252, MB_PRECOMPOSED | MB_COMPOSITE, "a", 1, wide, 4), ERROR_INVALID_FLAGS);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, "abc", 3, wide, 2), ERROR_INSUFFICIENT_BUFFER);
    ck_assert_mem_eq(wide, L"abz", 6);
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"a\x20AC", 2, bytes, 3, NULL, NULL), ERROR_INSUFFICIENT_BUFFER);
    ck_assert_mem_eq(bytes, "azz", 3);
}
END_TEST

START_TEST(tables) {
    wide_is(1252, 0, "\x80\x81\x99\xE9", 4, L"\x20AC\x0081\x2122\x00E9", 4);
    wide_is(437, 0, "\x80\xB0\xFF", 3, L"\x00C7\x2591\x00A0", 3);
    wide_is(850, MB_PRECOMPOSED, "\xD5", 1, L"\x0131", 1);
    wide_is(28591, 0, "\x80\xFF", 2, L"\x0080\x00FF", 2);
    wide_is(1251, 0, "\xCF\xF0", 2, L"\x041F\x0440", 2);
    wide_is(932, 0, "a\x82\xA0\xB1", 4, L"a\x3042\xFF71", 3);
    wide_is(CP_SYMBOL, 0, "\tA", 2, L"\t\xF041", 2);
    bytes_are(1252, 0, L"\x20AC\x00E9", 2, "\x80\xE9", 2);
    bytes_are(932, 0, L"\x3042z", 3, "\x82\xA0z", 4);
    FAILS(MultiByteToWideChar(20127, MB_ERR_INVALID_CHARS, "\xE9", 1, NULL, 0), ERROR_NO_UNICODE_TRANSLATION);
}
END_TEST

START_TEST(default_characters) {
    char bytes[8];
    BOOL used = 7;
    ck_assert_int_eq(WideCharToMultiByte(1252, 0, L"a\x0416", 2, bytes, 8, NULL, &used), 2);
    ck_assert_mem_eq(bytes, "a?", 2);
    ck_assert_int_eq(used, TRUE);
    ck_assert_int_eq(WideCharToMultiByte(1252, 0, L"a\xD83D\xDE00z", 4, bytes, 8, "#", &used), 3);
    ck_assert_mem_eq(bytes, "a#z", 3);
    ck_assert_int_eq(WideCharToMultiByte(1252, 0, L"\xFF21\x0101", 2, bytes, 8, NULL, &used), 2);
    ck_assert_mem_eq(bytes, "Aa", 2);
    ck_assert_int_eq(used, FALSE);
    ck_assert_int_eq(WideCharToMultiByte(1252, WC_NO_BEST_FIT_CHARS, L"\xFF21", 1, bytes, 8, NULL, &used), 1);
    ck_assert_mem_eq(bytes, "?", 1);
    ck_assert_int_eq(used, TRUE);
}
END_TEST

START_TEST(utf7) {
    wide_is(CP_UTF7, 0, "Hi Mom -+Jjo--!", -1, L"Hi Mom -\x263A-!", 12);
    wide_is(CP_UTF7, 0, "1 +- 1", 6, L"1 + 1", 5);
    bytes_are(CP_UTF7, 0, L"A\x2262\x0391.", 4, "A+ImIDkQ-.", 10);
    bytes_are(CP_UTF7, 0, L"1+1", 3, "1+-1", 4);
    FAILS(MultiByteToWideChar(CP_UTF7, MB_ERR_INVALID_CHARS, "a", 1, NULL, 0), ERROR_INVALID_FLAGS);
}
END_TEST

START_TEST(information) {
    CPINFO info;
    ck_assert(GetCPInfo(CP_ACP, &info));
    ck_assert_uint_eq(info.MaxCharSize, 4);
    ck_assert(GetCPInfo(932, &info));
    ck_assert_uint_eq(info.MaxCharSize, 2);
    ck_assert_mem_eq(info.LeadByte, "\x81\x9F\xE0\xFC\0", 5);
    FAILS(GetCPInfo(4711, &info), ERROR_INVALID_PARAMETER);
    CPINFOEXW info_ex;
    ck_assert(GetCPInfoExW(1252, 0, &info_ex));
    ck_assert_mem_eq(info_ex.CodePageName, L"1252  (ANSI - Latin I)", 23 * sizeof(WCHAR));
    ck_assert(IsValidCodePage(1252) && IsValidCodePage(65001) && !IsValidCodePage(0) && !IsValidCodePage(4711));
    ck_assert(IsDBCSLeadByteEx(932, 0x81) && !IsDBCSLeadByteEx(932, 0xA0) && !IsDBCSLeadByte(0x81));
    ck_assert_uint_eq(GetACP(), 65001);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("codepage");
    TCase *tests = tcase_create("codepage");
    tcase_add_checked_fixture(tests, teb_for_test, NULL);
    tcase_add_test(tests, utf8_to_wide);
    tcase_add_test(tests, wide_to_utf8);
    tcase_add_test(tests, lengths_and_errors);
    tcase_add_test(tests, tables);
    tcase_add_test(tests, default_characters);
    tcase_add_test(tests, utf7);
    tcase_add_test(tests, information);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
