/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dates, times, numbers and money as text in the two locales. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <winternl.h>

#include "libs/base/utf.h"
#include "tests/unit/teb.h"

/* Wine's headers lack these. */
int WINAPI GetNumberFormatEx(const WCHAR *name, DWORD flags, const WCHAR *value, const NUMBERFMTW *format, WCHAR *text, int room);
int WINAPI GetCurrencyFormatEx(const WCHAR *name, DWORD flags, const WCHAR *value, const CURRENCYFMTW *format, WCHAR *text, int room);

static const SYSTEMTIME moment = {.wYear = 2024, .wMonth = 2, .wDay = 9, .wDayOfWeek = 9, .wHour = 15, .wMinute = 4, .wSecond = 5};

static void is(const WCHAR *got, int len, const char *expected) {
    char *text = utf8_dup_from_utf16(got);
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(len, utf16_len(got) + 1);
    free(text);
}

START_TEST(dates) {
    WCHAR text[64];
    is(text, GetDateFormatW(LOCALE_USER_DEFAULT, 0, &moment, NULL, text, 64), "2/9/2024");
    is(text, GetDateFormatEx(NULL, DATE_LONGDATE, &moment, NULL, text, 64, NULL), "Friday, February 9, 2024");
    is(text, GetDateFormatW(LOCALE_INVARIANT, 0, &moment, NULL, text, 64), "02/09/2024");
    is(text, GetDateFormatW(LOCALE_USER_DEFAULT, 0, &moment, L"ddd, dd MMM yy 'd''M' y", text, 64), "Fri, 09 Feb 24 d'M 24");
    ck_assert_int_eq(GetDateFormatW(LOCALE_USER_DEFAULT, 0, &moment, NULL, NULL, 0), 9);
    ck_assert_int_eq(GetDateFormatW(LOCALE_USER_DEFAULT, 0, &moment, NULL, text, 8), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    ck_assert_int_eq(GetDateFormatW(LOCALE_USER_DEFAULT, DATE_LONGDATE, &moment, L"d", text, 64), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_FLAGS);
    SYSTEMTIME wrong = moment;
    wrong.wDay = 30;
    ck_assert_int_eq(GetDateFormatW(LOCALE_USER_DEFAULT, 0, &wrong, NULL, text, 64), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(times) {
    WCHAR text[64];
    is(text, GetTimeFormatW(LOCALE_USER_DEFAULT, 0, &moment, NULL, text, 64), "3:04:05 PM");
    is(text, GetTimeFormatW(LOCALE_USER_DEFAULT, TIME_NOSECONDS, &moment, NULL, text, 64), "3:04 PM");
    is(text, GetTimeFormatW(LOCALE_USER_DEFAULT, TIME_NOMINUTESORSECONDS, &moment, NULL, text, 64), "3 PM");
    is(text, GetTimeFormatW(LOCALE_USER_DEFAULT, TIME_NOTIMEMARKER | TIME_FORCE24HOURFORMAT, &moment, NULL, text, 64), "15:04:05");
    is(text, GetTimeFormatEx(L"", 0, &moment, NULL, text, 64), "15:04:05");
    is(text, GetTimeFormatW(LOCALE_USER_DEFAULT, 0, &moment, L"hh'h'mm t", text, 64), "03h04 P");
    char bytes[16];
    ck_assert_int_eq(GetTimeFormatA(LOCALE_USER_DEFAULT, 0, &moment, "HH-mm", bytes, 16), 6);
    ck_assert_str_eq(bytes, "15-04");
}
END_TEST

START_TEST(numbers) {
    WCHAR text[64];
    is(text, GetNumberFormatW(LOCALE_USER_DEFAULT, 0, L"1234567.895", NULL, text, 64), "1,234,567.90");
    is(text, GetNumberFormatW(LOCALE_USER_DEFAULT, 0, L"-0.001", NULL, text, 64), "0.00");
    is(text, GetNumberFormatW(LOCALE_USER_DEFAULT, 0, L"-999.999", NULL, text, 64), "-1,000.00");
    NUMBERFMTW indian = {0, 1, 32, L".", L",", 0};
    is(text, GetNumberFormatEx(NULL, 0, L"-123456789", &indian, text, 64), "(12,34,56,789)");
    indian.Grouping = 30;
    is(text, GetNumberFormatEx(NULL, 0, L"123456789", &indian, text, 64), "123456,789");
    is(text, GetCurrencyFormatEx(NULL, 0, L"-1234.5", NULL, text, 64), "($1,234.50)");
    is(text, GetCurrencyFormatEx(NULL, 0, L"7", NULL, text, 64), "$7.00");
    ck_assert_int_eq(GetNumberFormatW(LOCALE_USER_DEFAULT, 0, L"1x", NULL, text, 64), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("locale_format");
    TCase *tests = tcase_create("locale_format");
    tcase_add_checked_fixture(tests, teb_for_test, NULL);
    tcase_add_test(tests, dates);
    tcase_add_test(tests, times);
    tcase_add_test(tests, numbers);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
