/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wsprintf (MSDN: winuser.h): Windows' old little formatter, at most 1,024 characters, with rules of its own: %[-][#][0][width][.precision] and one of
 * c C d hc hd hs hu i I64d I32d lc ld li ls lu lx lX p s S u x X. What is no such type is copied as it stands. One engine writes both widths.
 */
#include <string.h>
#include <windows.h>

#define PRINTF_MAX 1024

/* Text of one width; room for PRINTF_MAX characters, the NUL included. */
struct printf_output {
    BOOL is_wide;
    void *text;
    int len;
    BOOL full;
};

static void printf_put(struct printf_output *out, WCHAR c) {
    if (out->len >= PRINTF_MAX - 1) {
        out->full = TRUE;
        return;
    }
    if (out->is_wide)
        ((WCHAR *)out->text)[out->len++] = c;
    else
        ((char *)out->text)[out->len++] = (char)c;
}

struct printf_field {
    BOOL left, prefix, zero;
    int width, precision; /* precision -1: none */
    BOOL is_short, is_long, is_64;
    WCHAR type;
};

static void printf_pad(struct printf_output *out, int n, WCHAR with) {
    while (n-- > 0)
        printf_put(out, with);
}

/* Text of either width into output of either width. */
static void printf_text(struct printf_output *out, const struct printf_field *field, const void *text, BOOL is_wide) {
    static const char null_text[] = "(null)";
    if (!text) {
        text = null_text;
        is_wide = FALSE;
    }
    char bytes[PRINTF_MAX * 3];
    WCHAR wide[PRINTF_MAX];
    int len = 0;
    while ((field->precision < 0 || len < field->precision) && len < PRINTF_MAX - 1 && (is_wide ? ((const WCHAR *)text)[len] : ((const char *)text)[len]))
        len++;
    if (is_wide && !out->is_wide) {
        len = len ? WideCharToMultiByte(CP_ACP, 0, text, len, bytes, sizeof bytes, NULL, NULL) : 0;
        text = bytes;
    } else if (!is_wide && out->is_wide) {
        len = len ? MultiByteToWideChar(CP_ACP, 0, text, len, wide, PRINTF_MAX) : 0;
        text = wide;
    }
    if (!field->left)
        printf_pad(out, field->width - len, field->zero ? '0' : ' ');
    for (int i = 0; i < len; i++)
        printf_put(out, out->is_wide ? ((const WCHAR *)text)[i] : (BYTE)((const char *)text)[i]);
    if (field->left)
        printf_pad(out, field->width - len, ' ');
}

static void printf_number(struct printf_output *out, const struct printf_field *field, ULONGLONG value, BOOL negative) {
    const BOOL is_hex = field->type == 'x' || field->type == 'X' || field->type == 'p';
    const unsigned base = is_hex ? 16 : 10;
    const char *digits = field->type == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    char text[24];
    int n = 0;
    do
        text[n++] = digits[value % base];
    while ((value /= base) != 0);
    const int n_digits = field->precision > n ? field->precision : n;
    const BOOL prefix = is_hex && field->prefix;
    const int total = n_digits + negative + 2 * prefix;
    const BOOL zeros = field->zero && !field->left && field->precision < 0;
    if (!field->left && !zeros)
        printf_pad(out, field->width - total, ' ');
    if (negative)
        printf_put(out, '-');
    if (prefix) {
        printf_put(out, '0');
        printf_put(out, field->type == 'x' ? 'x' : 'X');
    }
    if (zeros)
        printf_pad(out, field->width - total, '0');
    printf_pad(out, n_digits - n, '0');
    while (n)
        printf_put(out, text[--n]);
    if (field->left)
        printf_pad(out, field->width - total, ' ');
}

/* The character of the format at an index: either width. */
static WCHAR printf_at(const void *format, BOOL is_wide, int i) {
    return is_wide ? ((const WCHAR *)format)[i] : (BYTE)((const char *)format)[i];
}

/* Reads the field after a '%'. Return: the index of its type. */
static int printf_parse(const void *format, BOOL is_wide, int i, struct printf_field *field) {
    *field = (struct printf_field){.precision = -1};
    WCHAR c;
    for (; (c = printf_at(format, is_wide, i)) == '-' || c == '#' || c == '0'; i++) {
        field->left |= c == '-';
        field->prefix |= c == '#';
        field->zero |= c == '0';
    }
    for (; (c = printf_at(format, is_wide, i)) >= '0' && c <= '9' && field->width < 10000; i++)
        field->width = field->width * 10 + c - '0';
    if (c == '.') {
        field->precision = 0;
        for (i++; (c = printf_at(format, is_wide, i)) >= '0' && c <= '9' && field->precision < 10000; i++)
            field->precision = field->precision * 10 + c - '0';
    }
    if (c == 'h' || c == 'l' || c == 'w') {
        field->is_short = c == 'h';
        field->is_long = c != 'h';
        i++;
    } else if (c == 'I') {
        const WCHAR a = printf_at(format, is_wide, i + 1), b = a ? printf_at(format, is_wide, i + 2) : 0;
        field->is_64 = !(a == '3' && b == '2');
        i += (a == '6' && b == '4') || (a == '3' && b == '2') ? 3 : 1;
    }
    field->type = printf_at(format, is_wide, i);
    return i;
}

/* One argument. Return: FALSE when the type is none. */
static BOOL printf_argument(struct printf_output *out, struct printf_field *field, __builtin_ms_va_list *arguments) {
    const BOOL swapped = field->type == 'C' || field->type == 'S';
    const BOOL is_wide = field->is_long ? TRUE : field->is_short ? FALSE : out->is_wide != swapped;
    LONGLONG value;
    switch (field->type) {
    case 'c':
    case 'C':
        value = __builtin_va_arg(*arguments, int);
        const WCHAR wide[2] = {value};
        const char narrow[2] = {value};
        field->precision = -1;
        if (value & (is_wide ? 0xFFFF : 0xFF)) {
            printf_text(out, field, is_wide ? (const void *)wide : narrow, is_wide);
        } else { /* a NUL goes into the text like another character */
            printf_pad(out, field->left ? 0 : field->width - 1, field->zero ? '0' : ' ');
            printf_put(out, 0);
            printf_pad(out, field->left ? field->width - 1 : 0, ' ');
        }
        return TRUE;
    case 's':
    case 'S': printf_text(out, field, __builtin_va_arg(*arguments, const void *), is_wide); return TRUE;
    case 'd':
    case 'i':
        value = field->is_64 ? __builtin_va_arg(*arguments, LONGLONG) : __builtin_va_arg(*arguments, int);
        if (field->is_short)
            value = (SHORT)value;
        printf_number(out, field, value < 0 ? -(ULONGLONG)value : (ULONGLONG)value, value < 0);
        return TRUE;
    case 'p':
        field->is_64 = TRUE;
        field->precision = 16;
        /* fall through */
    case 'u':
    case 'x':
    case 'X':
        value = field->is_64 ? __builtin_va_arg(*arguments, LONGLONG) : __builtin_va_arg(*arguments, UINT);
        printf_number(out, field, field->is_short ? (USHORT)value : (ULONGLONG)value, FALSE);
        return TRUE;
    default: return FALSE;
    }
}

/* Return: the length; the text gets its NUL. */
static int printf_run(struct printf_output *out, const void *format, __builtin_ms_va_list arguments) {
    WCHAR c;
    for (int i = 0; (c = printf_at(format, out->is_wide, i)) && !out->full; i++) {
        if (c != '%') {
            printf_put(out, c);
            continue;
        }
        struct printf_field field;
        i = printf_parse(format, out->is_wide, i + 1, &field);
        if (printf_argument(out, &field, (__builtin_ms_va_list *)&arguments))
            continue;
        if (!field.type)
            break;
        printf_put(out, field.type); /* "%%", and what is no type */
    }
    if (out->is_wide)
        ((WCHAR *)out->text)[out->len] = 0;
    else
        ((char *)out->text)[out->len] = 0;
    return out->len;
}

/**
 * wvsprintfW() - formats at most 1,024 characters, the NUL included.
 * Return: the length without the NUL.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-wvsprintfw
 */
int WINAPI wvsprintfW(WCHAR *text, const WCHAR *format, __builtin_ms_va_list arguments) {
    struct printf_output out = {.is_wide = TRUE, .text = text};
    return printf_run(&out, format, arguments);
}

int WINAPI wvsprintfA(char *text, const char *format, __builtin_ms_va_list arguments) {
    struct printf_output out = {.is_wide = FALSE, .text = text};
    return printf_run(&out, format, arguments);
}

int WINAPIV wsprintfW(WCHAR *text, const WCHAR *format, ...) {
    __builtin_ms_va_list arguments;
    __builtin_ms_va_start(arguments, format);
    const int len = wvsprintfW(text, format, arguments);
    __builtin_ms_va_end(arguments);
    return len;
}

int WINAPIV wsprintfA(char *text, const char *format, ...) {
    __builtin_ms_va_list arguments;
    __builtin_ms_va_start(arguments, format);
    const int len = wvsprintfA(text, format, arguments);
    __builtin_ms_va_end(arguments);
    return len;
}
