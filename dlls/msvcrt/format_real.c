/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * %e %f %g %a.  glibc makes the digits; this file rounds and lays them out.  msvcrt.dll rounds a string of 17 digits,
 * half up, and fills with zeros behind it: 2.5 is "3" under %.0f, and %.20f of 0.1 ends in zeros.  Infinities and NaNs
 * are "digits" to it too (1#INF, 1#QNAN, 1#IND), rounded like any others: %.2f of infinity is "1.#J".  ucrtbase.dll
 * prints exact digits, "inf" and "nan".
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dlls/msvcrt/format_real.h"

/* Significant digits (or letters) d.ddd × 10^exponent. */
struct digits {
    char text[24];
    int exponent;
};

static struct digits digits_of(double value) {
    struct digits digits = {.exponent = 0};
    if (isnan(value)) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof(bits));
        const bool indefinite = bits == 0xfff8000000000000;
        strcpy(digits.text, indefinite ? "1#IND" : bits & 0x8000000000000 ? "1#QNAN" : "1#SNAN");
        return digits;
    }
    if (isinf(value)) {
        strcpy(digits.text, "1#INF");
        return digits;
    }
    char buffer[40];
    snprintf(buffer, sizeof(buffer), "%.16e", fabs(value));
    digits.text[0] = buffer[0];
    memcpy(digits.text + 1, buffer + 2, 16);
    digits.exponent = atoi(strchr(buffer, 'e') + 1);
    return digits;
}

/* Rounds to n digits, half up; n may be zero or less, where what remains is 0 or one digit of carry. */
static void digits_round(struct digits *digits, int n) {
    const int length = strlen(digits->text);
    if (n >= length)
        return;
    const bool up = n >= 0 && digits->text[n] >= '5';
    int i = n < 0 ? 0 : n;
    digits->text[i] = 0;
    if (!up) {
        if (n <= 0)
            strcpy(digits->text, "0");
        return;
    }
    while (i > 0 && digits->text[i - 1] == '9')
        digits->text[--i] = '0';
    if (i > 0) {
        digits->text[i - 1]++;
        return;
    }
    memmove(digits->text + 1, digits->text, strlen(digits->text) + 1);
    digits->text[0] = '1';
    digits->exponent++;
}

static char digit_at(const struct digits *digits, int i) {
    const int length = strlen(digits->text);
    return i >= 0 && i < length ? digits->text[i] : '0';
}

static char *put_exponent(char *out, char mark, int exponent, unsigned flags) {
    const bool two = flags & (FORMAT_C99 | FORMAT_TWO_DIGIT_EXPONENT);
    return out + sprintf(out, two ? "%c%c%02d" : "%c%c%03d", mark, exponent < 0 ? '-' : '+', abs(exponent));
}

static char *put_fixed(char *out, struct digits digits, int precision, bool point) {
    digits_round(&digits, digits.exponent + 1 + precision);
    const bool zero = !strcmp(digits.text, "0");
    if (zero || digits.exponent < 0)
        *out++ = '0';
    for (int i = 0; !zero && i <= digits.exponent; i++)
        *out++ = digit_at(&digits, i);
    if (precision > 0 || point)
        *out++ = '.';
    for (int i = 1; i <= precision; i++)
        *out++ = zero ? '0' : digit_at(&digits, digits.exponent + i);
    *out = 0;
    return out;
}

static char *put_scientific(char *out, struct digits digits, int precision, bool point, char mark, unsigned flags) {
    digits_round(&digits, precision + 1);
    *out++ = digits.text[0];
    if (precision > 0 || point)
        *out++ = '.';
    for (int i = 1; i <= precision; i++)
        *out++ = digit_at(&digits, i);
    return put_exponent(out, mark, digits.exponent, flags);
}

/* Takes the zeros at the end of the fraction away, and then a bare point; what follows (an exponent) moves up. */
static void crop_zeros(char *text) {
    char *point = strchr(text, '.');
    if (!point)
        return;
    char *tail = point + strcspn(point, "eE"), *end = tail;
    while (end[-1] == '0')
        end--;
    if (end[-1] == '.')
        end--;
    memmove(end, tail, strlen(tail) + 1);
}

static void put_general(char *out, struct digits digits, int precision, bool point, char mark, unsigned flags) {
    if (!precision)
        precision = 1;
    struct digits rounded = digits;
    digits_round(&rounded, precision);
    if (rounded.exponent < -4 || rounded.exponent >= precision)
        put_scientific(out, digits, precision - 1, point, mark, flags);
    else
        put_fixed(out, digits, precision - 1 - rounded.exponent, point);
    if (!point)
        crop_zeros(out);
}

/* Two digits of exponent are glibc's way already; more are the same too. */
static void put_exact(char *out, size_t size, double value, char type, int precision, bool point) {
    const char pattern[] = {'%', point ? '#' : '.', point ? '.' : '*', point ? '*' : type, point ? type : 0, 0};
    snprintf(out, size, pattern, precision, value);
}

static void put_c99_special(char *out, double value, bool upper) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    const char *text = "inf";
    if (isnan(value))
        text = bits == 0xfff8000000000000 ? "nan(ind)" : bits & 0x8000000000000 ? "nan" : "nan(snan)";
    strcpy(out, text);
    for (char *c = out; upper && *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? *c - 32 : *c;
}

/* Hexadecimal: glibc's form, but for what is no number: that is %e's with the exponent cut to "p+0". */
static void put_hex(char *out, size_t size, double value, char type, int precision, bool point) {
    if (isfinite(value)) {
        put_exact(out, size, fabs(value), type, precision, point);
        return;
    }
    put_scientific(out, digits_of(value), precision, point, type == 'a' ? 'p' : 'P', 0);
    out[strlen(out) - 2] = 0;
}

size_t format_real_room(char type, double value, int precision) {
    return 32 + precision + ((type | 0x20) == 'f' && isfinite(value) && fabs(value) > 1e15 ? 310 : 20);
}

bool format_real(char *out, size_t size, double value, char type, int precision, bool point, unsigned flags) {
    const char mark = type >= 'a' ? 'e' : 'E', kind = type | 0x20;
    if (!isfinite(value) && flags & FORMAT_C99)
        put_c99_special(out, value, type < 'a');
    else if (kind == 'a')
        put_hex(out, size, value, type, precision, point);
    else if (flags & FORMAT_C99)
        put_exact(out, size, fabs(value), type, precision, point);
    else if (kind == 'f')
        put_fixed(out, digits_of(value), precision, point);
    else if (kind == 'e')
        put_scientific(out, digits_of(value), precision, point, mark, flags);
    else
        put_general(out, digits_of(value), precision, point, mark, flags);
    return signbit(value);
}
