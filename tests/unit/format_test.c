/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The printf and scanf engines of the C run-time library, by exact expectations: what msvcrt.dll prints and reads. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/unit.h"

#include "dlls/msvcrt/format.h"
#include "dlls/msvcrt/scan.h"

char *CDECL msvcrt_setlocale(int category, const char *text);

static char out[4096];
static WCHAR wide_out[4096];
static int count;

static const char *CDECL print_flags(unsigned flags, const char *format, ...) {
    struct format_buffer buffer;
    __builtin_ms_va_list args;
    format_buffer_init(&buffer, out, sizeof(out) - 1, false);
    __builtin_ms_va_start(args, format);
    count = format_write(&buffer.sink, flags, format, args);
    __builtin_ms_va_end(args);
    out[buffer.used] = 0;
    return out;
}

/* The wide text's units as bytes: all expectations are ASCII or Latin-1. */
static const char *CDECL print_wide(unsigned flags, const WCHAR *format, ...) {
    struct format_buffer buffer;
    __builtin_ms_va_list args;
    format_buffer_init(&buffer, wide_out, 4095, true);
    __builtin_ms_va_start(args, format);
    count = format_write(&buffer.sink, flags | FORMAT_WIDE, format, args);
    __builtin_ms_va_end(args);
    wide_out[buffer.used] = 0;
    for (size_t i = 0; i <= buffer.used; i++)
        out[i] = wide_out[i];
    return out;
}

#define PRINTS(expected, ...) ck_assert_str_eq(print_flags(0, __VA_ARGS__), expected)
#define PRINTS_C99(expected, ...) ck_assert_str_eq(print_flags(FORMAT_C99, __VA_ARGS__), expected)
#define PRINTS_WIDE(expected, ...) ck_assert_str_eq(print_wide(0, __VA_ARGS__), expected)

START_TEST(integers) {
    PRINTS("0 -1 42 -2147483648", "%d %d %i %d", 0, -1, 42, INT_MIN);
    PRINTS("4294967295 ffffffff FFFFFFFF 37777777777", "%u %x %X %o", -1, -1, -1, -1);
    PRINTS("[   42][42   ][00042][  +42][ 42]", "[%5d][%-5d][%05d][%+5d][% d]", 42, 42, 42, 42, 42);
    PRINTS("[  007][007  ][+007][]", "[%05.3d][%-5.3d][%+.3d][%.0d]", 7, 7, 7, 0);
    PRINTS("0x2a 0X2A 052 0 0", "%#x %#X %#o %#x %#o", 42, 42, 42, 0, 0);
    PRINTS("0x0000002a", "%#010x", 42);
    PRINTS("-9223372036854775808 18446744073709551615", "%I64d %llu", INT64_MIN, UINT64_MAX);
    PRINTS("1 -1 123456789012", "%I32d %ld %Id", 1, -1l, 123456789012);
    PRINTS("-1 65535 1", "%hd %hu %hhd", 0xffff, 0xffff, 1);
    PRINTS("[42   ][  007]", "[%*d][%*.*d]", -5, 42, 5, 3, 7);
    PRINTS("000000000000002A", "%p", (void *)42);
    PRINTS("zu 5 100%", "%zu %d 100%%", 5);
    PRINTS_C99("18446744073709551615 -1 7", "%zu %hhd %jd", UINT64_MAX, 255, 7ll);
    PRINTS("I 5", "%I %d", 5);
    PRINTS("", "%");
    ck_assert_int_eq(count, 0);
}
END_TEST

START_TEST(strings) {
    const WCHAR wide[] = L"w\u00e4";
    PRINTS("abc (null) x", "%s %s %c", "abc", NULL, 'x');
    PRINTS("[  abc][abc  ][ab][00abc]", "[%5s][%-5s][%.2s][%05s]", "abc", "abc", "abc", "abc");
    PRINTS("w\xe4 w\xe4 w\xe4 w", "%ls %S %ws %.1ls", wide, wide, wide, wide);
    PRINTS("abc abc", "%hs %hS", "abc", "abc");
    PRINTS("A A", "%C %lc", 'A', 'A');
    print_flags(0, "a%cb", 0);
    ck_assert_int_eq(count, 3);
    ck_assert_int_eq(out[2], 'b');
    ck_assert(print_flags(0, "%ls", L"\u20ac") && count == -1);
    PRINTS_WIDE("wide narrow", L"%s %S", L"wide", "narrow");
    PRINTS_WIDE("narrow wide wide", L"%hs %ls %ws", "narrow", L"wide", L"wide");
    PRINTS_WIDE("[  na]", L"[%4.2hs]", "narrow");
    PRINTS_WIDE("c w", L"%C %c", 'c', 'w');
    ck_assert_str_eq(print_wide(FORMAT_SWAP_WIDE_S, L"%s %S", "narrow", L"wide"), "narrow wide");
}
END_TEST

START_TEST(counted_strings) {
    struct {
        uint16_t length, size;
        const void *buffer;
    } ansi = {3, 10, "abcdef"}, unicode = {4, 10, L"xyz"};
    PRINTS("abc xy", "%Z %wZ", &ansi, &unicode);
    PRINTS("(null)", "%Z", NULL);
}
END_TEST

START_TEST(reals) {
    PRINTS("1.500000 1.500000e+000 1.5 -1.500000", "%f %e %g %f", 1.5, 1.5, 1.5, -1.5);
    PRINTS("1e+005 1e-005 100000 0.0001", "%.0e %g %g %g", 1e5, 1e-5, 1e5, 1e-4);
    PRINTS("1e+020 1.23457e+006 1E+020", "%g %g %G", 1e20, 1234567.0, 1e20);
    PRINTS("3 1 2 0 10", "%.0f %.0f %.0f %.0f %.0f", 2.5, 0.5, 1.5, 0.4, 9.5);
    PRINTS("0.13 2.67 1.00", "%.2f %.2f %.2f", 0.125, 2.675, 1.005);
    PRINTS("0.10000000000000001000", "%.20f", 0.1);
    PRINTS("1.00000 100000. 3. 3.e+000", "%#g %#.6g %#.0f %#.0e", 1.0, 1e5, 3.0, 3.0);
    PRINTS("[  1.50][1.50  ][001.50][+1.5]", "[%6.2f][%-6.2f][%06.2f][%+.1f]", 1.5, 1.5, 1.5, 1.5);
    PRINTS("-0.000000 0.000000e+000 0", "%f %e %g", -0.0, 0.0, 0.0);
    PRINTS("1.797693e+308 4.940656e-324", "%e %e", DBL_MAX, 4.9406564584124654e-324);
    PRINTS("100000000000000000000.0", "%.1f", 1e20);
    PRINTS("0.000000 0.000001 0.00", "%f %f %.2f", 4e-7, 6e-7, 1e-10);
    PRINTS("10.00 1.0e+001 1e+001", "%.2f %.1e %.1g", 9.999, 9.99, 9.9);
    PRINTS("0x1.8000000000000p+0 0X1.8P+0", "%a %.1A", 1.5, 1.5);
    ck_assert_str_eq(print_flags(FORMAT_TWO_DIGIT_EXPONENT, "%e %g", 1.0, 1e-5), "1.000000e+00 1e-05");
    ck_assert_int_eq(strlen(print_flags(0, "%f", DBL_MAX)), 309 + 7);
}
END_TEST

START_TEST(no_numbers) {
    const double indefinite = -__builtin_nan(""), quiet = __builtin_nan("");
    PRINTS("1.#INF00 -1.#INF00 1.#QNAN0 -1.#IND00", "%f %f %f %f", INFINITY, -INFINITY, quiet, indefinite);
    PRINTS("1.#INF -1.#IND 1.#QNAN", "%g %g %g", INFINITY, indefinite, quiet);
    PRINTS("1.#INF00e+000", "%e", INFINITY);
    PRINTS("1 1.$ 1.#J 1.#IO", "%.0f %.1f %.2f %.3f", INFINITY, INFINITY, INFINITY, INFINITY);
    PRINTS("001.#INF00", "%010f", INFINITY);
    PRINTS_C99("inf -inf nan -nan(ind) INF", "%f %f %g %e %F", INFINITY, -INFINITY, quiet, indefinite, INFINITY);
    PRINTS_C99("[       inf]", "[%010f]", INFINITY);
}
END_TEST

START_TEST(c99_reals) {
    PRINTS_C99("1.500000e+00 1e+100 2 0.10000000000000000555", "%e %g %.0f %.20f", 1.5, 1e100, 2.5, 0.1);
}
END_TEST

START_TEST(count_output) {
    int n = -5;
    ck_assert(print_flags(0, "abc%n", &n) && count == -1);
    ck_assert_int_eq(n, -5);
    ck_assert_str_eq(print_flags(FORMAT_COUNT_OUTPUT, "abc%nd", &n), "abcd");
    ck_assert_int_eq(n, 3);
}
END_TEST

START_TEST(utf8) {
    ck_assert_str_eq(msvcrt_setlocale(0, ".UTF8"), "English_United States.utf8");
    PRINTS("\xe2\x82\xac\xf0\x9f\x98\x80", "%ls", L"\u20ac\U0001f600");
    PRINTS("[ \xe2\x82\xac]", "[%4.5ls]", L"\u20ac\u20ac");
    print_wide(0, L"%hs", "\xf0\x9f\x98\x80");
    ck_assert_int_eq(count, 2);
    ck_assert_uint_eq(wide_out[0], 0xd83d);
    ck_assert_uint_eq(wide_out[1], 0xde00);
    ck_assert_str_eq(msvcrt_setlocale(0, "C"), "C");
}
END_TEST

struct bytes {
    struct scan_source source;
    const char *text;
    const WCHAR *wide;
    size_t at;
};

static int bytes_get(struct scan_source *source) {
    struct bytes *bytes = (struct bytes *)source;
    const int unit = bytes->wide ? bytes->wide[bytes->at] : (unsigned char)bytes->text[bytes->at];
    return unit ? bytes->at++, unit : -1;
}

static void bytes_unget(struct scan_source *source, int unit) {
    (void)unit;
    ((struct bytes *)source)->at--;
}

static struct bytes input;

static int CDECL scan(unsigned flags, const char *text, const char *format, ...) {
    __builtin_ms_va_list args;
    input = (struct bytes){{bytes_get, bytes_unget}, text, NULL, 0};
    __builtin_ms_va_start(args, format);
    const int stored = scan_read(&input.source, flags, format, args);
    __builtin_ms_va_end(args);
    return stored;
}

static int CDECL scan_wide(const WCHAR *text, const WCHAR *format, ...) {
    __builtin_ms_va_list args;
    input = (struct bytes){{bytes_get, bytes_unget}, NULL, text, 0};
    __builtin_ms_va_start(args, format);
    const int stored = scan_read(&input.source, SCAN_WIDE, format, args);
    __builtin_ms_va_end(args);
    return stored;
}

START_TEST(scan_numbers) {
    int a = -7, b = -7, c = -7;
    int64_t big = -7;
    short narrow[2] = {-7, -7};
    ck_assert_int_eq(scan(0, " 12 -34 +5x", "%d%d %d", &a, &b, &c), 3);
    ck_assert(a == 12 && b == -34 && c == 5);
    ck_assert_int_eq(scan(0, "0x1f 017 9", "%i %i %i", &a, &b, &c), 3);
    ck_assert(a == 31 && b == 15 && c == 9);
    ck_assert_int_eq(scan(0, "ff 0xFF 12345", "%x %X %3d", &a, &b, &c), 3);
    ck_assert(a == 255 && b == 255 && c == 123);
    ck_assert_int_eq(scan(0, "-9000000000 65537", "%I64d %hd", &big, &narrow[0]), 2);
    ck_assert(big == -9000000000 && narrow[0] == 1 && narrow[1] == -7);
    ck_assert_int_eq(scan(0, "7,8", "%d,%*d%n", &a, &b), 1);
    ck_assert(a == 7 && b == 3);
    ck_assert_int_eq(scan(0, "x", "%d", &a), 0);
    ck_assert_int_eq(scan(0, "", "%d", &a), -1);
    ck_assert_int_eq(scan(0, "5 ", "%d%d", &a, &b), 1);
    ck_assert_int_eq(scan(0, "5;6", "%d,%d", &a, &b), 1);
    ck_assert_uint_eq(input.at, 1);
}
END_TEST

START_TEST(scan_reals) {
    float f = -7;
    double d = -7, e = -7;
    ck_assert_int_eq(scan(0, "1.5 -2.5e3 .25", "%f %lf %lg", &f, &d, &e), 3);
    ck_assert(f == 1.5f && d == -2500 && e == .25);
    ck_assert_int_eq(scan(0, "inf", "%lf", &d), 0);
    ck_assert_int_eq(scan(0, "123456", "%3lf", &d), 1);
    ck_assert(d == 123);
}
END_TEST

START_TEST(scan_strings) {
    char a[8] = "-------", b[8] = "-------";
    WCHAR w[8];
    ck_assert_int_eq(scan(0, "  abc def", "%s %2s", a, b), 2);
    ck_assert_str_eq(a, "abc");
    ck_assert_str_eq(b, "de");
    ck_assert_int_eq(scan(0, " x", "%c%c", a, b), 2);
    ck_assert(a[0] == ' ' && a[1] == 'b' && b[0] == 'x');
    ck_assert_int_eq(scan(0, "abc123]x", "%[a-c]%[^x]", a, b), 2);
    ck_assert_str_eq(a, "abc");
    ck_assert_str_eq(b, "123]");
    ck_assert_int_eq(scan(0, "]-a", "%[]-]", a), 1);
    ck_assert_str_eq(a, "]-");
    ck_assert_int_eq(scan(0, "hi", "%ls", w), 1);
    ck_assert(w[0] == 'h' && w[1] == 'i' && !w[2]);
    ck_assert_int_eq(scan(SCAN_SECURE, "abcdef", "%s", a, 4u), 0);
    ck_assert_str_eq(a, "");
    ck_assert_int_eq(scan(SCAN_SECURE, "abc", "%s", a, 4u), 1);
    ck_assert_int_eq(scan_wide(L"abc \u20ac", L"%S %s", a, w), 2);
    ck_assert_str_eq(a, "abc");
    ck_assert(w[0] == 0x20ac && !w[1]);
}
END_TEST

UNIT_MAIN("format", integers, strings, counted_strings, reals, no_numbers, c99_reals, count_output, utf8, scan_numbers,
    scan_reals, scan_strings)
