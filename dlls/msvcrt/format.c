/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The printf engine: reads the format, fetches arguments, lays out integers and strings.  An unknown conversion
 * character is printed as itself, without its '%': so "%zu" prints "zu" under msvcrt.dll's rules.
 */
#include <stdlib.h>

#include "dlls/msvcrt/format.h"
#include "dlls/msvcrt/format_real.h"
#include "dlls/msvcrt/multibyte.h"

enum spec_size { SIZE_INT, SIZE_SHORT, SIZE_CHAR, SIZE_LONG, SIZE_64 };

struct spec {
    bool left, plus, space, alternate, zero;
    bool narrow_text, wide_text; /* h; l or w */
    enum spec_size size;
    int width, precision; /* precision -1: none was given */
    unsigned type;
};

struct formatter {
    struct format_sink *sink;
    unsigned flags;
    bool wide;
    const void *at; /* the next unit of the format */
};

static inline unsigned peek(const struct formatter *formatter) {
    return formatter->wide ? *(const WCHAR *)formatter->at : *(const unsigned char *)formatter->at;
}

static inline void advance(struct formatter *formatter) {
    formatter->at = (const char *)formatter->at + (formatter->wide ? 2 : 1);
}

static inline bool accept(struct formatter *formatter, unsigned wanted) {
    if (peek(formatter) != wanted)
        return false;
    advance(formatter);
    return true;
}

static bool put(struct formatter *formatter, const void *units, size_t n) {
    formatter->sink->count += n;
    return !n || formatter->sink->put(formatter->sink, units, n);
}

static bool put_ascii(struct formatter *formatter, const char *text, size_t n) {
    if (!formatter->wide)
        return put(formatter, text, n);
    WCHAR block[64];
    while (n) {
        const size_t part = n < 64 ? n : 64;
        for (size_t i = 0; i < part; i++)
            block[i] = (unsigned char)text[i];
        if (!put(formatter, block, part))
            return false;
        text += part;
        n -= part;
    }
    return true;
}

static bool put_repeated(struct formatter *formatter, char c, int64_t n) {
    char block[64];
    memset(block, c, sizeof(block));
    for (; n > 0; n -= sizeof(block))
        if (!put_ascii(formatter, block, n < (int)sizeof(block) ? n : (int)sizeof(block)))
            return false;
    return true;
}

/* Puts prefix (sign or 0x), zeros and body, padded to the width; zeros fill the padding when the flag says so. */
static bool put_number(
    struct formatter *formatter, const struct spec *spec, const char *prefix, int64_t zeros, const char *body) {
    const size_t prefix_len = strlen(prefix), body_len = strlen(body);
    const int64_t padding = spec->width - (int64_t)(prefix_len + zeros + body_len);
    const bool with_zeros = spec->zero && !spec->left;
    if (!spec->left && !with_zeros && !put_repeated(formatter, ' ', padding))
        return false;
    if (!put_ascii(formatter, prefix, prefix_len) || (with_zeros && !put_repeated(formatter, '0', padding)))
        return false;
    if (!put_repeated(formatter, '0', zeros) || !put_ascii(formatter, body, body_len))
        return false;
    return !spec->left || put_repeated(formatter, ' ', padding);
}

static uint64_t fetch_integer(const struct spec *spec, bool is_signed, __builtin_ms_va_list *args) {
    if (spec->size == SIZE_64)
        return __builtin_va_arg(*args, uint64_t);
    const int value = __builtin_va_arg(*args, int);
    if (spec->size == SIZE_SHORT)
        return is_signed ? (uint64_t)(short)value : (unsigned short)value;
    if (spec->size == SIZE_CHAR)
        return is_signed ? (uint64_t)(signed char)value : (unsigned char)value;
    return is_signed ? (uint64_t)value : (unsigned)value;
}

static const char *digits_from(char *end, uint64_t magnitude, unsigned base, bool upper) {
    *--end = 0;
    for (; magnitude; magnitude /= base)
        *--end = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[magnitude % base];
    return end;
}

static bool put_integer(struct formatter *formatter, struct spec *spec, __builtin_ms_va_list *args) {
    const bool is_signed = spec->type == 'd' || spec->type == 'i';
    const unsigned base = spec->type == 'o' ? 8 : (spec->type | 0x20) == 'x' ? 16 : 10;
    uint64_t value = fetch_integer(spec, is_signed, args);
    const char *prefix = "";
    if (is_signed) {
        prefix = (int64_t)value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
        value = (int64_t)value < 0 ? -value : value;
    } else if (spec->alternate && base == 16 && value) {
        prefix = spec->type == 'x' ? "0x" : "0X";
    }
    char buffer[32];
    const char *body = digits_from(buffer + sizeof(buffer), value, base, spec->type == 'X');
    const int length = strlen(body);
    int zeros = spec->precision < 0 ? (value ? 0 : 1) : spec->precision > length ? spec->precision - length : 0;
    if (spec->precision >= 0)
        spec->zero = false;
    if (spec->alternate && base == 8 && !zeros)
        zeros = 1;
    return put_number(formatter, spec, prefix, zeros, body);
}

static bool put_pointer(struct formatter *formatter, struct spec *spec, __builtin_ms_va_list *args) {
    char buffer[32];
    const uint64_t value = (uintptr_t) __builtin_va_arg(*args, void *);
    const char *body = digits_from(buffer + sizeof(buffer), value, 16, true);
    spec->zero = false;
    return put_number(formatter, spec, spec->alternate && value ? "0X" : "", 16 - (int)strlen(body), body);
}

static bool put_real(struct formatter *formatter, struct spec *spec, __builtin_ms_va_list *args) {
    const double value = __builtin_va_arg(*args, double);
    int precision = spec->precision;
    if (precision < 0)
        precision = (spec->type | 0x20) == 'a' ? 13 : 6;
    const size_t room = format_real_room(spec->type, value, precision) + 512;
    char local[1024];
    char *text = room <= sizeof(local) ? local : malloc(room);
    if (!text)
        return crt_errno_set(ENOMEM), false;
    const bool negative = format_real(text, room, value, spec->type, precision, spec->alternate, formatter->flags);
    const char *body = text;
    char prefix[4];
    int n = 0;
    if (negative || spec->plus || spec->space)
        prefix[n++] = negative ? '-' : spec->plus ? '+' : ' ';
    if (body[0] == '0' && (body[1] | 0x20) == 'x') {
        prefix[n++] = *body++;
        prefix[n++] = *body++;
    }
    prefix[n] = 0;
    if (formatter->flags & FORMAT_C99 && (body[0] | 0x20) >= 'i')
        spec->zero = false;
    const bool done = put_number(formatter, spec, prefix, 0, body);
    if (text != local)
        free(text);
    return done;
}

/* Pads with zeros too when the flag says so: Windows does that for strings. */
static bool put_padded(struct formatter *formatter, const struct spec *spec, const void *units, size_t n) {
    const int64_t padding = spec->width - (int64_t)n;
    if (!spec->left && !put_repeated(formatter, spec->zero ? '0' : ' ', padding))
        return false;
    return put(formatter, units, n) && (!spec->left || put_repeated(formatter, ' ', padding));
}

/* WCHARs into a narrow format: the precision limits bytes, of which only whole characters are put. */
static bool put_wide_in_narrow(struct formatter *formatter, const struct spec *spec, const WCHAR *text, size_t length) {
    const size_t limit = spec->precision < 0 ? (size_t)-1 : (size_t)spec->precision;
    char local[512] = "";
    char *bytes = length * 4 <= sizeof(local) ? local : calloc(length, 4);
    if (!bytes)
        return crt_errno_set(ENOMEM), false;
    size_t n = 0;
    bool done = true;
    for (size_t i = 0; i < length;) {
        char character[MULTIBYTE_MAX];
        size_t units;
        const int width = multibyte_from_wide(character, text + i, length - i, &units);
        if (width < 0) {
            crt_errno_set(CRT_EILSEQ);
            done = false;
            break;
        }
        if (n + width > limit)
            break;
        memcpy(bytes + n, character, width);
        n += width;
        i += units;
    }
    done = done && put_padded(formatter, spec, bytes, n);
    if (bytes != local)
        free(bytes);
    return done;
}

/* Bytes into a wide format: the precision limits WCHARs. */
static bool put_narrow_in_wide(struct formatter *formatter, const struct spec *spec, const char *text, size_t length) {
    const size_t limit = spec->precision < 0 ? (size_t)-1 : (size_t)spec->precision;
    WCHAR local[256] = {0};
    WCHAR *wide = length <= 256 ? local : calloc(length, sizeof(WCHAR));
    if (!wide)
        return crt_errno_set(ENOMEM), false;
    size_t n = 0;
    for (size_t i = 0; i < length && n < limit;) {
        WCHAR units[2];
        int n_units;
        const int used = multibyte_to_wide(units, &n_units, text + i, length - i);
        if (used <= 0)
            break;
        if (n + n_units > limit)
            break;
        memcpy(wide + n, units, n_units * sizeof(WCHAR));
        n += n_units;
        i += used;
    }
    const bool done = put_padded(formatter, spec, wide, n);
    if (wide != local)
        free(wide);
    return done;
}

static bool put_text(struct formatter *formatter, const struct spec *spec, bool wide, const void *text, size_t length) {
    if (wide == formatter->wide)
        return put_padded(formatter, spec, text, length);
    if (wide)
        return put_wide_in_narrow(formatter, spec, text, length);
    return put_narrow_in_wide(formatter, spec, text, length);
}

/* Whether %s or %c (capital: the other kind) takes WCHARs here. */
static bool takes_wide(const struct formatter *formatter, const struct spec *spec, bool capital) {
    if (spec->narrow_text)
        return false;
    if (spec->wide_text)
        return true;
    if (formatter->wide && formatter->flags & FORMAT_SWAP_WIDE_S)
        return capital;
    return formatter->wide != capital;
}

static bool put_string(struct formatter *formatter, struct spec *spec, __builtin_ms_va_list *args) {
    const bool wide = takes_wide(formatter, spec, spec->type == 'S');
    const void *text = __builtin_va_arg(*args, void *);
    if (!text)
        text = wide ? (const void *)L"(null)" : "(null)";
    /* A character of the other width gives at least one unit, or one byte in four: so much of the text is looked at. */
    const size_t limit = spec->precision < 0 ? (size_t)-1
                                             : (size_t)spec->precision * (wide                 ? 1
                                                                             : formatter->wide ? 4
                                                                                               : 1);
    size_t length = 0;
    while (length < limit && (wide ? ((const WCHAR *)text)[length] : ((const char *)text)[length]))
        length++;
    return put_text(formatter, spec, wide, text, length);
}

static bool put_character(struct formatter *formatter, struct spec *spec, __builtin_ms_va_list *args) {
    const bool wide = takes_wide(formatter, spec, spec->type == 'C');
    const int value = __builtin_va_arg(*args, int);
    const WCHAR unit = value;
    const char byte = value;
    spec->precision = -1;
    if (wide == formatter->wide)
        return put_padded(formatter, spec, wide ? (const void *)&unit : &byte, 1);
    if (!wide)
        return put_narrow_in_wide(formatter, spec, &byte, 1);
    char bytes[MULTIBYTE_MAX];
    size_t used;
    const int width = multibyte_from_wide(bytes, &unit, 1, &used);
    return put_padded(formatter, spec, bytes, width < 0 ? 0 : width); /* nothing for what the locale lacks */
}

struct counted_string {
    uint16_t length, size; /* in bytes */
    const void *buffer;
};

/* %Z: an ANSI_STRING, or with l or w a UNICODE_STRING. */
static bool put_counted(struct formatter *formatter, struct spec *spec, __builtin_ms_va_list *args) {
    const struct counted_string *string = __builtin_va_arg(*args, void *);
    if (!string || !string->buffer)
        return put_text(formatter, spec, false, "(null)", 6);
    const bool wide = spec->wide_text;
    size_t length = wide ? string->length / 2 : string->length;
    if (spec->precision >= 0 && length > (size_t)spec->precision)
        length = spec->precision;
    return put_text(formatter, spec, wide, string->buffer, length);
}

static bool store_count(struct formatter *formatter, const struct spec *spec, __builtin_ms_va_list *args) {
    void *where = __builtin_va_arg(*args, void *);
    if (!(formatter->flags & FORMAT_COUNT_OUTPUT) || !where)
        return crt_invalid_parameter(EINVAL), false;
    const int64_t count = formatter->sink->count;
    if (spec->size == SIZE_64)
        *(int64_t *)where = count;
    else if (spec->size == SIZE_SHORT)
        *(short *)where = count;
    else if (spec->size == SIZE_CHAR)
        *(signed char *)where = count;
    else
        *(int *)where = count;
    return true;
}

static void read_flags(struct formatter *formatter, struct spec *spec) {
    for (;; advance(formatter))
        switch (peek(formatter)) {
        case '-': spec->left = true; break;
        case '+': spec->plus = true; break;
        case ' ': spec->space = true; break;
        case '#': spec->alternate = true; break;
        case '0': spec->zero = true; break;
        default: return;
        }
}

static int read_number(struct formatter *formatter, __builtin_ms_va_list *args) {
    if (accept(formatter, '*'))
        return __builtin_va_arg(*args, int);
    int64_t number = 0;
    for (; peek(formatter) >= '0' && peek(formatter) <= '9'; advance(formatter))
        number = number < 100000000 ? number * 10 + (peek(formatter) - '0') : number;
    return number;
}

static bool is_integer_type(unsigned c) {
    return c == 'd' || c == 'i' || c == 'o' || c == 'u' || c == 'x' || c == 'X';
}

/* I64, I32, or I alone before an integer, for what is as wide as a pointer; any other I is no prefix. */
static bool read_size_i(struct formatter *formatter, struct spec *spec) {
    const void *start = formatter->at;
    advance(formatter);
    const void *behind = formatter->at;
    if (accept(formatter, '6') && accept(formatter, '4')) {
        spec->size = SIZE_64;
        return true;
    }
    formatter->at = behind;
    if (accept(formatter, '3') && accept(formatter, '2'))
        return true;
    formatter->at = behind;
    if (is_integer_type(peek(formatter))) {
        spec->size = SIZE_64;
        return true;
    }
    formatter->at = start;
    return false;
}

/* One size prefix; false when there is none. */
static bool read_size(struct formatter *formatter, struct spec *spec) {
    const bool c99 = formatter->flags & FORMAT_C99;
    const unsigned c = peek(formatter);
    switch (c) {
    case 'h':
        spec->size = spec->size == SIZE_SHORT && c99 ? SIZE_CHAR : SIZE_SHORT;
        spec->narrow_text = true;
        break;
    case 'l':
        spec->size = spec->wide_text ? SIZE_64 : SIZE_LONG;
        spec->wide_text = true;
        break;
    case 'w': spec->wide_text = true; break;
    case 'I': return read_size_i(formatter, spec);
    case 'L': break;
    case 'F':
    case 'N': /* far and near pointers, once */
        if (c99)
            return false;
        break;
    case 'z':
    case 'j':
    case 't':
        if (!c99)
            return false;
        spec->size = SIZE_64;
        break;
    default: return false;
    }
    advance(formatter);
    return true;
}

static void read_spec(struct formatter *formatter, struct spec *spec, __builtin_ms_va_list *args) {
    read_flags(formatter, spec);
    spec->width = read_number(formatter, args);
    if (spec->width < 0) {
        spec->left = true;
        spec->width = spec->width == INT_MIN ? 0 : -spec->width;
    }
    spec->precision = -1;
    if (accept(formatter, '.'))
        spec->precision = read_number(formatter, args);
    if (spec->precision < 0)
        spec->precision = -1;
    while (read_size(formatter, spec))
        ;
    spec->type = peek(formatter);
}

static bool put_conversion(struct formatter *formatter, __builtin_ms_va_list *args) {
    struct spec spec = {.size = SIZE_INT};
    read_spec(formatter, &spec, args);
    if (!spec.type)
        return true;
    const void *type_at = formatter->at;
    advance(formatter);
    switch (spec.type) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X': return put_integer(formatter, &spec, args);
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': return put_real(formatter, &spec, args);
    case 's':
    case 'S': return put_string(formatter, &spec, args);
    case 'c':
    case 'C': return put_character(formatter, &spec, args);
    case 'p': return put_pointer(formatter, &spec, args);
    case 'n': return store_count(formatter, &spec, args);
    case 'Z': return put_counted(formatter, &spec, args);
    default: return put(formatter, type_at, 1);
    }
}

int format_write(struct format_sink *sink, unsigned flags, const void *format, __builtin_ms_va_list args) {
    struct formatter formatter = {sink, flags, flags & FORMAT_WIDE, format};
    __builtin_ms_va_list rest;
    __builtin_ms_va_copy(rest, args);
    bool good = true;
    while (good && peek(&formatter)) {
        const char *start = formatter.at;
        while (peek(&formatter) && peek(&formatter) != '%')
            advance(&formatter);
        const size_t literal = ((const char *)formatter.at - start) / (formatter.wide ? 2 : 1);
        good = put(&formatter, start, literal);
        if (good && accept(&formatter, '%'))
            good = put_conversion(&formatter, &rest);
    }
    __builtin_ms_va_end(rest);
    return good ? (int)sink->count : -1;
}

static bool buffer_put(struct format_sink *sink, const void *units, size_t n) {
    struct format_buffer *buffer = (struct format_buffer *)sink;
    const size_t room = buffer->size - buffer->used, part = n < room ? n : room, unit = buffer->wide ? 2 : 1;
    if (part)
        memcpy((char *)buffer->units + buffer->used * unit, units, part * unit);
    buffer->used += part;
    return true;
}

void format_buffer_init(struct format_buffer *buffer, void *units, size_t size, bool wide) {
    *buffer = (struct format_buffer){{buffer_put, 0}, units, size, 0, wide};
}
