/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers from and to strings (MSDN: data conversion).  One reader of integers serves all widths and both kinds of
 * string; reals are read by glibc's strtod after their syntax has been checked here, since msvcrt.dll knows no "inf",
 * "nan" or hexadecimal reals and takes 'd' for 'e'.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/format_real.h"
#include "dlls/msvcrt/msvcrt.h"

/* A string of either width. */
struct text {
    const void *start;
    bool wide;
};

static inline unsigned text_at(struct text text, size_t i) {
    return text.wide ? ((const WCHAR *)text.start)[i] : ((const unsigned char *)text.start)[i];
}

static inline bool is_space(unsigned c) {
    return c == ' ' || (c >= 9 && c <= 13);
}

static inline unsigned digit_value(unsigned c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    const unsigned letter = c | 0x20;
    return letter >= 'a' && letter <= 'z' ? letter - 'a' + 10 : 99;
}

struct integer {
    uint64_t magnitude;
    bool negative, overflow;
    size_t length; /* units used; 0: there was no number */
};

static struct integer integer_read(struct text text, int base) {
    struct integer result = {0};
    size_t i = 0;
    while (is_space(text_at(text, i)))
        i++;
    if (text_at(text, i) == '-' || text_at(text, i) == '+')
        result.negative = text_at(text, i++) == '-';
    const bool prefix = text_at(text, i) == '0' && (text_at(text, i + 1) | 0x20) == 'x';
    if (prefix && (base == 0 || base == 16) && digit_value(text_at(text, i + 2)) < 16) {
        i += 2;
        base = 16;
    }
    if (base == 0)
        base = text_at(text, i) == '0' ? 8 : 10;
    const size_t first = i;
    for (unsigned digit; (digit = digit_value(text_at(text, i))) < (unsigned)base; i++) {
        uint64_t scaled;
        if (__builtin_mul_overflow(result.magnitude, (uint64_t)base, &scaled) ||
            __builtin_add_overflow(scaled, digit, &result.magnitude))
            result.overflow = true;
    }
    result.length = i > first ? i : 0;
    return result;
}

static bool base_check(struct text text, void **end, int base) {
    if (end)
        *end = (void *)text.start;
    if (text.start && (base == 0 || (base >= 2 && base <= 36)))
        return true;
    crt_invalid_parameter(EINVAL);
    return false;
}

static void end_set(struct text text, void **end, size_t length) {
    if (end)
        *end = (char *)text.start + length * (text.wide ? 2 : 1);
}

static int64_t signed_read(struct text text, void **end, int base, int64_t min, int64_t max) {
    if (!base_check(text, end, base))
        return 0;
    const struct integer number = integer_read(text, base);
    end_set(text, end, number.length);
    const uint64_t limit = number.negative ? (uint64_t)max + 1 : (uint64_t)max;
    if (number.overflow || number.magnitude > limit) {
        crt_errno_set(ERANGE);
        return number.negative ? min : max;
    }
    return number.negative ? (int64_t)-number.magnitude : (int64_t)number.magnitude;
}

static uint64_t unsigned_read(struct text text, void **end, int base, uint64_t max) {
    if (!base_check(text, end, base))
        return 0;
    const struct integer number = integer_read(text, base);
    end_set(text, end, number.length);
    if (number.overflow || number.magnitude > max) {
        crt_errno_set(ERANGE);
        return max;
    }
    return (number.negative ? -number.magnitude : number.magnitude) & max;
}

#define NARROW(text) ((struct text){text, false})
#define WIDE(text) ((struct text){text, true})

int CDECL msvcrt_strtol(const char *text, char **end, int base) {
    return signed_read(NARROW(text), (void **)end, base, INT32_MIN, INT32_MAX);
}

unsigned CDECL msvcrt_strtoul(const char *text, char **end, int base) {
    return unsigned_read(NARROW(text), (void **)end, base, UINT32_MAX);
}

int64_t CDECL _strtoi64(const char *text, char **end, int base) {
    return signed_read(NARROW(text), (void **)end, base, INT64_MIN, INT64_MAX);
}

uint64_t CDECL _strtoui64(const char *text, char **end, int base) {
    return unsigned_read(NARROW(text), (void **)end, base, UINT64_MAX);
}

int CDECL msvcrt_wcstol(const WCHAR *text, WCHAR **end, int base) {
    return signed_read(WIDE(text), (void **)end, base, INT32_MIN, INT32_MAX);
}

unsigned CDECL msvcrt_wcstoul(const WCHAR *text, WCHAR **end, int base) {
    return unsigned_read(WIDE(text), (void **)end, base, UINT32_MAX);
}

int64_t CDECL _wcstoi64(const WCHAR *text, WCHAR **end, int base) {
    return signed_read(WIDE(text), (void **)end, base, INT64_MIN, INT64_MAX);
}

uint64_t CDECL _wcstoui64(const WCHAR *text, WCHAR **end, int base) {
    return unsigned_read(WIDE(text), (void **)end, base, UINT64_MAX);
}

int CDECL msvcrt_atoi(const char *text) {
    return msvcrt_strtol(text, NULL, 10);
}
int CDECL msvcrt_atol(const char *text) {
    return msvcrt_strtol(text, NULL, 10);
}
int64_t CDECL _atoi64(const char *text) {
    return _strtoi64(text, NULL, 10);
}
int CDECL _wtoi(const WCHAR *text) {
    return msvcrt_wcstol(text, NULL, 10);
}
int CDECL _wtol(const WCHAR *text) {
    return msvcrt_wcstol(text, NULL, 10);
}
int64_t CDECL _wtoi64(const WCHAR *text) {
    return _wcstoi64(text, NULL, 10);
}

/* The longest decimal real at text[*used]: out gets it (NULL: it is only measured); returns its length, *used moves
 * past it. */
struct real_copy {
    struct text text;
    char *out;
    size_t at, n;
};

static void real_take(struct real_copy *copy, char c) {
    if (copy->out)
        copy->out[copy->n] = c;
    copy->n++;
    copy->at++;
}

static size_t real_take_digits(struct real_copy *copy) {
    const size_t first = copy->at;
    for (unsigned c; digit_value(c = text_at(copy->text, copy->at)) < 10;)
        real_take(copy, c);
    return copy->at - first;
}

static void real_take_sign(struct real_copy *copy) {
    const unsigned c = text_at(copy->text, copy->at);
    if (c == '-' || c == '+')
        real_take(copy, c);
}

static size_t real_copy(struct text text, size_t *used, char *out) {
    struct real_copy copy = {text, out, *used, 0};
    real_take_sign(&copy);
    size_t digits = real_take_digits(&copy);
    if (text_at(text, copy.at) == '.') {
        real_take(&copy, '.');
        digits += real_take_digits(&copy);
    }
    if (!digits)
        return 0;
    *used = copy.at;
    const unsigned mark = text_at(text, copy.at) | 0x20;
    const size_t mantissa = copy.n;
    if (mark != 'e' && mark != 'd')
        return mantissa;
    real_take(&copy, 'e');
    real_take_sign(&copy);
    if (!real_take_digits(&copy))
        return mantissa;
    *used = copy.at;
    return copy.n;
}

static double real_read(struct text text, void **end) {
    if (end)
        *end = (void *)text.start;
    if (!text.start)
        return crt_invalid_parameter(EINVAL), 0;
    size_t used = 0;
    while (is_space(text_at(text, used)))
        used++;
    size_t again = used;
    const size_t length = real_copy(text, &again, NULL);
    if (!length)
        return 0;
    char local[128];
    char *digits = again - used < sizeof(local) ? local : malloc(again - used + 1);
    if (!digits)
        return crt_errno_set(ENOMEM), 0;
    real_copy(text, &used, digits);
    digits[length] = 0;
    errno = 0;
    const double value = strtod(digits, NULL);
    if (errno == ERANGE)
        crt_errno_set(ERANGE);
    end_set(text, end, used);
    if (digits != local)
        free(digits);
    return value;
}

double CDECL msvcrt_strtod(const char *text, char **end) {
    return real_read(NARROW(text), (void **)end);
}
double CDECL msvcrt_wcstod(const WCHAR *text, WCHAR **end) {
    return real_read(WIDE(text), (void **)end);
}
double CDECL msvcrt_atof(const char *text) {
    return real_read(NARROW(text), NULL);
}
double CDECL _wtof(const WCHAR *text) {
    return real_read(WIDE(text), NULL);
}

/* Digits of a magnitude, built from the end of a buffer of 66; returns the first. */
static char *digits_build(char *end, uint64_t magnitude, unsigned base, bool negative) {
    *--end = 0;
    do
        *--end = "0123456789abcdefghijklmnopqrstuvwxyz"[magnitude % base];
    while (magnitude /= base);
    if (negative)
        *--end = '-';
    return end;
}

/* Writes the number to either kind of string of size units. */
static int number_write(void *out, bool wide, size_t size, uint64_t value, int base, bool is_signed) {
    if (!out || !size || base < 2 || base > 36) {
        if (out && size)
            memset(out, 0, wide ? 2 : 1);
        return crt_invalid_parameter(EINVAL), EINVAL;
    }
    const bool negative = is_signed && base == 10 && (int64_t)value < 0;
    char buffer[66];
    const char *digits = digits_build(buffer + sizeof(buffer), negative ? -value : value, base, negative);
    const size_t length = strlen(digits);
    if (length >= size) {
        memset(out, 0, wide ? 2 : 1);
        return crt_invalid_parameter(ERANGE), ERANGE;
    }
    if (!wide)
        return memcpy(out, digits, length + 1), 0;
    for (size_t i = 0; i <= length; i++)
        ((WCHAR *)out)[i] = (unsigned char)digits[i];
    return 0;
}

/* A 32-bit number shows its own bits in bases other than ten, not those of its 64-bit form. */
static uint64_t widen(int value, int base) {
    return base == 10 ? (uint64_t)(int64_t)value : (uint32_t)value;
}

#define NO_LIMIT ((size_t)-1)
char *CDECL _itoa(int value, char *out, int base) {
    return number_write(out, false, NO_LIMIT, widen(value, base), base, true), out;
}
char *CDECL _ltoa(int value, char *out, int base) {
    return _itoa(value, out, base);
}
char *CDECL _ultoa(unsigned value, char *out, int base) {
    return number_write(out, false, NO_LIMIT, value, base, false), out;
}
char *CDECL _i64toa(int64_t value, char *out, int base) {
    return number_write(out, false, NO_LIMIT, value, base, true), out;
}
char *CDECL _ui64toa(uint64_t value, char *out, int base) {
    return number_write(out, false, NO_LIMIT, value, base, false), out;
}
WCHAR *CDECL _itow(int value, WCHAR *out, int base) {
    return number_write(out, true, NO_LIMIT, widen(value, base), base, true), out;
}
WCHAR *CDECL _ltow(int value, WCHAR *out, int base) {
    return _itow(value, out, base);
}
WCHAR *CDECL _ultow(unsigned value, WCHAR *out, int base) {
    return number_write(out, true, NO_LIMIT, value, base, false), out;
}
WCHAR *CDECL _i64tow(int64_t value, WCHAR *out, int base) {
    return number_write(out, true, NO_LIMIT, value, base, true), out;
}
WCHAR *CDECL _ui64tow(uint64_t value, WCHAR *out, int base) {
    return number_write(out, true, NO_LIMIT, value, base, false), out;
}
int CDECL _itoa_s(int value, char *out, size_t size, int base) {
    return number_write(out, false, size, widen(value, base), base, true);
}
int CDECL _ltoa_s(int value, char *out, size_t size, int base) {
    return _itoa_s(value, out, size, base);
}
int CDECL _ultoa_s(unsigned value, char *out, size_t size, int base) {
    return number_write(out, false, size, value, base, false);
}
int CDECL _i64toa_s(int64_t value, char *out, size_t size, int base) {
    return number_write(out, false, size, value, base, true);
}
int CDECL _ui64toa_s(uint64_t value, char *out, size_t size, int base) {
    return number_write(out, false, size, value, base, false);
}
int CDECL _itow_s(int value, WCHAR *out, size_t size, int base) {
    return number_write(out, true, size, widen(value, base), base, true);
}
int CDECL _ltow_s(int value, WCHAR *out, size_t size, int base) {
    return _itow_s(value, out, size, base);
}
int CDECL _ultow_s(unsigned value, WCHAR *out, size_t size, int base) {
    return number_write(out, true, size, value, base, false);
}
int CDECL _i64tow_s(int64_t value, WCHAR *out, size_t size, int base) {
    return number_write(out, true, size, value, base, true);
}
int CDECL _ui64tow_s(uint64_t value, WCHAR *out, size_t size, int base) {
    return number_write(out, true, size, value, base, false);
}

/* _ecvt() - n significant digits, without point or sign; the point stands before digit *point. */
char *CDECL _ecvt(double value, int n, int *point, int *sign) {
    char *out = crt_texts()->narrow;
    const int room = CRT_TEXT_SIZE - 1;
    n = n < 0 ? 0 : n > room ? room : n;
    if (ecvt_r(value, n, point, sign, out, room + 1))
        *out = 0;
    return out;
}

/* _fcvt() - the digits down to n after the point. */
char *CDECL _fcvt(double value, int n, int *point, int *sign) {
    char *out = crt_texts()->narrow;
    if (fcvt_r(value, n, point, sign, out, CRT_TEXT_SIZE))
        *out = 0;
    return out;
}

/* _gcvt() - %g's form, but with the point always there ("100."), and an exponent of three digits. */
char *CDECL _gcvt(double value, int n, char *out) {
    char *digits = out + signbit(value);
    *out = '-';
    format_real(digits, SIZE_MAX, value, 'g', n, false, 0);
    if (strchr(out, '.'))
        return out;
    char *exponent = strchr(out, 'e');
    if (!exponent)
        return strcat(out, ".");
    memmove(exponent + 1, exponent, strlen(exponent) + 1);
    *exponent = '.';
    return out;
}
