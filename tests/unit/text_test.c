/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command lines split, BSTRs, wsprintf, case, classes, order, locales, addresses: the functions of several DLLs that need no system around them. */
#include <check.h>
#include <string.h>
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <objbase.h>
#include <oleauto.h>
#include <shellapi.h>
#include <winternl.h>

#include "libs/base/utf.h"
#include "dlls/ntdll/heap.h"
#include "tests/unit/teb.h"

ULONG WINAPI ws2_inet_addr(const char *text);
/* Wine's headers lack it. */
int WINAPI FindNLSString(LCID id, DWORD flags, const WCHAR *text, int len, const WCHAR *value, int value_len, int *found_len);

static WCHAR image_path[] = L"C:\\a b\\prog.exe";

static void start(void) {
    teb_for_test();
    test_peb.ProcessHeap = heap_process();
    test_params.ImagePathName = (UNICODE_STRING){sizeof image_path - 2, sizeof image_path, image_path};
    SetLastError(0xdeadbeef);
}

/* The arguments with '|' between them. */
static void argv_is(const char *line, const char *expected) {
    char got[256] = "";
    int argc = -1;
    WCHAR *wide = utf16_dup_from_utf8(line), **argv = CommandLineToArgvW(wide, &argc);
    ck_assert_ptr_nonnull(argv);
    for (int i = 0; i < argc; i++) {
        char *argument = utf8_dup_from_utf16(argv[i]);
        strcat(strcat(got, i ? "|" : ""), argument);
        free(argument);
    }
    ck_assert_ptr_null(argv[argc]);
    ck_assert_str_eq(got, expected);
    ck_assert_ptr_null(LocalFree(argv));
    free(wide);
}

START_TEST(command_lines) {
    argv_is("", "C:\\a b\\prog.exe");
    argv_is("prog", "prog");
    argv_is("prog  a\tb ", "prog|a|b");
    argv_is(" a b", "|a|b");
    argv_is("\"a b\"c d", "a b|c|d");
    argv_is("a\\\"b c", "a\\\"b|c"); /* backslashes mean nothing in the program's name */
    argv_is("p \"abc\" d e", "p|abc|d|e");
    argv_is("p a\\\\b d\"e f\"g h", "p|a\\\\b|de fg|h");
    argv_is("p a\\\\\\\"b c d", "p|a\\\"b|c|d");
    argv_is("p a\\\\\\\\\"b c\" d e", "p|a\\\\b c|d|e");
    argv_is("p a\"b\"\" c d", "p|ab\"|c|d");
    argv_is("p \"a\"\"b c\" d", "p|a\"b|c d");
    argv_is("p \"\"\"a b\"\"\" c", "p|\"a|b\"|c");
    argv_is("p \"\" x", "p||x");
    argv_is("p \"a b", "p|a b");
    argv_is("p a\\", "p|a\\");
    argv_is("p \"C:\\x y\\\\\" z", "p|C:\\x y\\|z");
    int argc;
    ck_assert_ptr_null(CommandLineToArgvW(NULL, &argc));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(bstrs) {
    BSTR text = SysAllocString(L"abc");
    ck_assert_uint_eq(SysStringLen(text), 3);
    ck_assert_uint_eq(((DWORD *)text)[-1], 6);
    ck_assert(SysReAllocStringLen(&text, NULL, 5));
    ck_assert_uint_eq(SysStringLen(text), 5);
    ck_assert_mem_eq(text, L"abc", 6);
    ck_assert_uint_eq(text[5], 0);
    SysFreeString(text);
    text = SysAllocStringByteLen("xyz", 3);
    ck_assert_uint_eq(SysStringByteLen(text), 3);
    ck_assert_uint_eq(SysStringLen(text), 1);
    VARIANT a, b;
    VariantInit(&a);
    VariantInit(&b);
    V_VT(&a) = VT_BSTR;
    V_BSTR(&a) = text;
    ck_assert_int_eq(VariantCopy(&b, &a), S_OK);
    ck_assert_ptr_ne(V_BSTR(&b), text);
    ck_assert_mem_eq(V_BSTR(&b), "xyz", 4);
    ck_assert_int_eq(VariantClear(&a), S_OK);
    ck_assert_int_eq(V_VT(&a), VT_EMPTY);
    ck_assert_int_eq(VariantClear(&b), S_OK);
    ck_assert_uint_eq(SysStringLen(NULL), 0);
    ck_assert_ptr_null(SysAllocString(NULL));
}
END_TEST

START_TEST(guids) {
    GUID guid = {0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 7, 0xFF}}, read;
    WCHAR text[39];
    ck_assert_int_eq(StringFromGUID2(&guid, text, 38), 0);
    ck_assert_int_eq(StringFromGUID2(&guid, text, 39), 39);
    ck_assert_mem_eq(text, L"{12345678-9ABC-DEF0-0102-0304050607FF}", 78);
    ck_assert_int_eq(IIDFromString(text, &read), S_OK);
    ck_assert_mem_eq(&read, &guid, sizeof guid);
    text[37] = 'x';
    ck_assert_int_eq(IIDFromString(text, &read), E_INVALIDARG);
    ck_assert_int_eq(CLSIDFromString(L"Some.Program", &read), CO_E_CLASSSTRING);
    ck_assert_int_eq(CoCreateGuid(&read), S_OK);
    ck_assert_uint_eq(read.Data3 >> 12, 4);
}
END_TEST

#define PRINTS(expected, ...) \
    do { \
        ck_assert_int_eq(wsprintfA(bytes, __VA_ARGS__), (int)strlen(expected)); \
        ck_assert_str_eq(bytes, expected); \
    } while (0)

START_TEST(formats) {
    char bytes[1024];
    WCHAR wide[1024];
    PRINTS("a 5 -5 5", "a %d %i %u", 5, -5, 5);
    PRINTS("[    5][5    ][00005][00005]", "[%5d][%-5d][%05d][%.5d]", 5, 5, 5, 5);
    PRINTS("ff FF 0xff 0XFF", "%x %X %#x %#X", 255, 255, 255, 255);
    PRINTS("abc ab   ab|ab  |", "%s %.2s %4.2s|%-4s|", "abc", "abc", "abc", "ab");
    PRINTS("wide w x", "%S %c %C", L"wide", 'w', 'x');
    PRINTS("wide narrow", "%ls %hs", L"wide", "narrow");
    PRINTS("18446744073709551615 -1", "%I64u %I64d", ~0ull, -1ll);
    PRINTS("00000000DEADBEEF", "%p", (void *)0xdeadbeef);
    PRINTS("100% (null) q", "100%% %s %q", (char *)NULL);
    PRINTS("4294967295 65535", "%lu %hu", -1, -1);
    ck_assert_int_eq(wsprintfW(wide, L"%s-%S-%d", L"x", "y", 7), 5);
    ck_assert_mem_eq(wide, L"x-y-7", 12);
    char longest[1100];
    memset(longest, 'x', sizeof longest);
    longest[1099] = 0;
    ck_assert_int_eq(wsprintfA(bytes, "%s", longest), 1023);
}
END_TEST

START_TEST(characters) {
    WCHAR text[] = L"a\x00E9\x0131Z";
    char bytes[] = "a\xC3\xA9Z";
    ck_assert_ptr_eq(CharUpperW(text), text);
    ck_assert_mem_eq(text, L"A\x00C9\x0131Z", 10);
    ck_assert_uint_eq((ULONG_PTR)CharUpperW((WCHAR *)(ULONG_PTR)'x'), 'X');
    CharUpperA(bytes);
    ck_assert_str_eq(bytes, "A\xC3\x89Z");
    CharLowerBuffA(bytes, 3);
    ck_assert_str_eq(bytes, "a\xC3\xA9Z");
    ck_assert(IsCharAlphaW(0xE9) && !IsCharAlphaW('1') && IsCharAlphaNumericW('1') && IsCharUpperW('Q') && !IsCharLowerW('Q'));
    const char *three = "a\x82\xA0" "b";
    ck_assert_ptr_eq(CharNextExA(932, three + 1, 0), three + 3);
    ck_assert_ptr_eq(CharPrevExA(932, three, three + 3, 0), three + 1);
}
END_TEST

START_TEST(classes) {
    WORD types[8];
    ck_assert(GetStringTypeW(CT_CTYPE1, L" \tA\x62" L"9!\x01", 7, types));
    const WORD expected[] = {0x248, 0x268, 0x381, 0x382, 0x284, 0x210, 0x220};
    ck_assert_mem_eq(types, expected, sizeof expected);
    ck_assert(GetStringTypeW(CT_CTYPE1, L"g\x00E9\x0416\x4E00\x3042\x00A0\xFFFE", 7, types));
    const WORD letters[] = {0x302, 0x302, 0x301, 0x300, 0x300, 0x248, 0};
    ck_assert_mem_eq(types, letters, sizeof letters);
    ck_assert(GetStringTypeW(CT_CTYPE2, L"a1 \x05D0", -1, types));
    ck_assert(types[0] == C2_LEFTTORIGHT && types[1] == C2_EUROPENUMBER && types[2] == C2_WHITESPACE && types[3] == C2_RIGHTTOLEFT);
    ck_assert(!GetStringTypeW(CT_CTYPE1, L"a", 0, types));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

static void maps_to(DWORD flags, const WCHAR *src, const WCHAR *expected) {
    WCHAR got[32];
    const int len = utf16_len(expected);
    ck_assert_int_eq(LCMapStringW(LOCALE_USER_DEFAULT, flags, src, utf16_len(src), NULL, 0), len);
    ck_assert_int_eq(LCMapStringEx(L"", flags, src, utf16_len(src), got, 32, NULL, NULL, 0), len);
    ck_assert_mem_eq(got, expected, len * sizeof(WCHAR));
}

START_TEST(mapping) {
    WCHAR text[8];
    maps_to(LCMAP_UPPERCASE, L"abc\x00E9\x00FF\x0451", L"ABC\x00C9\x0178\x0401");
    maps_to(LCMAP_LOWERCASE, L"ABC\x00C9", L"abc\x00E9");
    maps_to(LCMAP_UPPERCASE | LCMAP_LOWERCASE, L"hello WORLD", L"Hello World");
    maps_to(LCMAP_BYTEREV, L"ab", L"\x6100\x6200");
    maps_to(LCMAP_KATAKANA, L"\x3042\x304C", L"\x30A2\x30AC");
    maps_to(LCMAP_HALFWIDTH, L"\xFF21\x30A2\x3000", L"A\xFF71 ");
    maps_to(LCMAP_FULLWIDTH, L"A \xFF71", L"\xFF21\x3000\x30A2");
    ck_assert_int_eq(LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_UPPERCASE, L"ab", -1, text, 2), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    ck_assert_int_eq(LCMapStringW(LOCALE_USER_DEFAULT, 0, L"ab", -1, text, 8), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_FLAGS);
    ck_assert_int_eq(LCMapStringW(0x1234, LCMAP_UPPERCASE, L"ab", -1, text, 8), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

static void orders(DWORD flags, const WCHAR *a, const WCHAR *b, int expected) {
    BYTE left[256], right[256];
    ck_assert_int_eq(CompareStringW(LOCALE_USER_DEFAULT, flags, a, -1, b, -1), expected);
    ck_assert_int_eq(CompareStringW(LOCALE_USER_DEFAULT, flags, b, -1, a, -1), 4 - expected);
    const int a_len = LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_SORTKEY | flags, a, -1, (WCHAR *)left, sizeof left);
    const int b_len = LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_SORTKEY | flags, b, -1, (WCHAR *)right, sizeof right);
    ck_assert_uint_eq(left[a_len - 1], 0);
    ck_assert_uint_eq(strlen((char *)left), a_len - 1);
    const int order = strcmp((char *)left, (char *)right);
    ck_assert_int_eq(order < 0 ? CSTR_LESS_THAN : order > 0 ? CSTR_GREATER_THAN : CSTR_EQUAL, expected);
    (void)b_len;
}

START_TEST(order) {
    orders(0, L"abc", L"abc", CSTR_EQUAL);
    orders(0, L"a", L"A", CSTR_LESS_THAN);
    orders(0, L"A", L"b", CSTR_LESS_THAN);
    orders(0, L"ab", L"B", CSTR_LESS_THAN);
    orders(NORM_IGNORECASE, L"abc", L"ABC", CSTR_EQUAL);
    orders(0, L"e", L"\x00E9", CSTR_LESS_THAN);
    orders(0, L"\x00E9" L"a", L"eb", CSTR_LESS_THAN);
    orders(NORM_IGNORENONSPACE, L"e", L"\x00E9", CSTR_EQUAL);
    orders(0, L"co-op", L"coop", CSTR_GREATER_THAN);
    orders(0, L"co-op", L"cop", CSTR_LESS_THAN);
    orders(SORT_STRINGSORT, L"co-op", L"coop", CSTR_LESS_THAN);
    orders(0, L"e\x0301" L"a", L"\x00E9" L"a", CSTR_EQUAL);
    orders(0, L"1", L"a", CSTR_LESS_THAN);
    orders(0, L"_", L"1", CSTR_LESS_THAN);
    orders(0, L"10", L"9", CSTR_LESS_THAN);
    orders(SORT_DIGITSASNUMBERS, L"file10", L"file9", CSTR_GREATER_THAN);
    orders(0, L"stra\x00DF" L"e", L"strasse", CSTR_GREATER_THAN);
    orders(NORM_IGNORENONSPACE, L"stra\x00DF" L"e", L"strasse", CSTR_EQUAL);
    ck_assert_int_eq(CompareStringOrdinal(L"a", -1, L"B", -1, FALSE), CSTR_GREATER_THAN);
    ck_assert_int_eq(CompareStringOrdinal(L"a", -1, L"B", -1, TRUE), CSTR_LESS_THAN);
    ck_assert(lstrcmpiA("Abc", "aBC") == 0 && lstrcmpA("a", "A") < 0 && lstrcmpiW(NULL, L"a") < 0);
}
END_TEST

static void normalizes(NORM_FORM form, const WCHAR *text, const WCHAR *expected) {
    WCHAR got[32];
    const int len = utf16_len(expected);
    ck_assert_int_eq(NormalizeString(form, text, -1, NULL, 0), len + 1);
    ck_assert_int_eq(NormalizeString(form, text, -1, got, 32), len + 1);
    ck_assert_uint_eq(GetLastError(), ERROR_SUCCESS);
    ck_assert_mem_eq(got, expected, (len + 1) * sizeof(WCHAR));
    ck_assert(IsNormalizedString(form, expected, -1));
}

START_TEST(normalization) {
    WCHAR got[8];
    normalizes(NormalizationD, L"\x00E9\x1EAD", L"e\x0301" L"a\x0323\x0302");
    normalizes(NormalizationC, L"e\x0301" L"a\x0302\x0323", L"\x00E9\x1EAD");
    normalizes(NormalizationD, L"\xAC01", L"\x1100\x1161\x11A8");
    normalizes(NormalizationC, L"\x1100\x1161\x11A8", L"\xAC01");
    normalizes(NormalizationKC, L"\xFB01\xFF21", L"fiA");
    normalizes(NormalizationC, L"\xFB01\x2126", L"\xFB01\x03A9");
    ck_assert(!IsNormalizedString(NormalizationC, L"e\x0301", -1));
    ck_assert_int_eq(NormalizeString(NormalizationC, L"ab\xD800", 3, got, 8), -2);
    ck_assert_uint_eq(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
    ck_assert_int_eq(NormalizeString(NormalizationC, L"abc", 3, got, 2), -3);
    ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    ck_assert_int_eq(FoldStringW(MAP_FOLDDIGITS, L"\x0663\xFF17x", -1, got, 8), 4);
    ck_assert_mem_eq(got, L"37x", 8);
    int found = 0;
    ck_assert_int_eq(FindNLSString(LOCALE_USER_DEFAULT, NORM_IGNORECASE, L"xe\x0301y\x00C9", -1, L"\x00E9", -1, &found), 1);
    ck_assert_int_eq(found, 2);
    ck_assert_int_eq(FindNLSString(LOCALE_USER_DEFAULT, FIND_FROMEND | NORM_IGNORECASE, L"xe\x0301y\x00C9", -1, L"\x00E9", -1, &found), 4);
    ck_assert_int_eq(FindNLSString(LOCALE_USER_DEFAULT, FIND_STARTSWITH, L"abc", -1, L"b", -1, &found), -1);
    ck_assert_uint_eq(GetLastError(), ERROR_SUCCESS);
    ck_assert_int_eq(FindNLSString(LOCALE_USER_DEFAULT, FIND_ENDSWITH, L"abc", -1, L"bc", -1, &found), 1);
}
END_TEST

START_TEST(locales) {
    WCHAR text[32];
    DWORD number = 0;
    ck_assert_int_eq(GetLocaleInfoW(LOCALE_USER_DEFAULT, LOCALE_SDECIMAL, text, 32), 2);
    ck_assert_mem_eq(text, L".", 4);
    ck_assert_int_eq(GetLocaleInfoEx(L"en-us", LOCALE_SNAME, NULL, 0), 6);
    ck_assert_int_eq(GetLocaleInfoW(0x0409, LOCALE_ILANGUAGE | LOCALE_RETURN_NUMBER, (WCHAR *)&number, 2), 2);
    ck_assert_uint_eq(number, 0x409);
    ck_assert_int_eq(GetLocaleInfoA(0x0409, LOCALE_IDEFAULTANSICODEPAGE | LOCALE_RETURN_NUMBER, (char *)&number, 4), 4);
    ck_assert_uint_eq(number, 1252);
    ck_assert_int_eq(GetLocaleInfoW(0x0409, 0xFFF, text, 32), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_FLAGS);
    ck_assert_uint_eq(LocaleNameToLCID(L"en-US", 0), 0x409);
    ck_assert_uint_eq(LocaleNameToLCID(L"xx-YY", 0), 0);
    ck_assert_int_eq(LCIDToLocaleName(LOCALE_INVARIANT, text, 32, 0), 1);
    ck_assert_int_eq(ResolveLocaleName(L"en-ZZ", text, 32), 6);
    ck_assert(IsValidLocale(0x409, LCID_INSTALLED) && !IsValidLocale(0x1234, LCID_INSTALLED));
    ULONG n = 0, room = 0;
    ck_assert(GetUserPreferredUILanguages(MUI_LANGUAGE_NAME, &n, NULL, &room));
    ck_assert(n == 1 && room == 7);
}
END_TEST

START_TEST(addresses) {
    ck_assert_uint_eq(ws2_inet_addr("127.0.0.1"), 0x0100007F);
    ck_assert_uint_eq(ws2_inet_addr("127.1"), 0x0100007F);
    ck_assert_uint_eq(ws2_inet_addr("0x7f.0.0.010"), 0x0800007F);
    ck_assert_uint_eq(ws2_inet_addr("255.255.255.255"), 0xFFFFFFFF);
    ck_assert_uint_eq(ws2_inet_addr("1.2.3.256"), 0xFFFFFFFF);
    ck_assert_uint_eq(ws2_inet_addr("1.2.3.4x"), 0xFFFFFFFF);
    ck_assert_uint_eq(ws2_inet_addr(""), 0xFFFFFFFF);
    ck_assert_uint_eq(ws2_inet_addr("1.2.3.4.5"), 0xFFFFFFFF);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    tcase_add_checked_fixture(tests, start, NULL);
    tcase_add_test(tests, command_lines);
    tcase_add_test(tests, bstrs);
    tcase_add_test(tests, guids);
    tcase_add_test(tests, formats);
    tcase_add_test(tests, characters);
    tcase_add_test(tests, classes);
    tcase_add_test(tests, mapping);
    tcase_add_test(tests, order);
    tcase_add_test(tests, normalization);
    tcase_add_test(tests, locales);
    tcase_add_test(tests, addresses);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
