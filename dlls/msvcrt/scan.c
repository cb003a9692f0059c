/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The scanf engine.  Numbers are collected as ASCII, as far as they can go on, and then converted by the same functions
 * that programs call (convert.c); at most one unit is read too far and given back.
 */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/multibyte.h"
#include "dlls/msvcrt/scan.h"

enum scan_result { SCAN_STORED, SCAN_MATCHED, SCAN_MISMATCH, SCAN_END };

struct scanner {
    struct scan_source *source;
    unsigned flags;
    bool wide;
    const void *at; /* the next unit of the format */
    int consumed;   /* units, for %n */
    __builtin_ms_va_list args;
};

struct scan_spec {
    bool skip, narrow_text, wide_text, is_64, is_short, is_char, is_double, pointer_wide;
    int width; /* 0: none was given */
    unsigned type;
};

static inline unsigned format_peek(const struct scanner *scanner) {
    return scanner->wide ? *(const WCHAR *)scanner->at : *(const unsigned char *)scanner->at;
}

static inline unsigned format_next(struct scanner *scanner) {
    const unsigned c = format_peek(scanner);
    scanner->at = (const char *)scanner->at + (scanner->wide ? 2 : 1);
    return c;
}

static int input_get(struct scanner *scanner) {
    const int unit = scanner->source->get(scanner->source);
    if (unit >= 0)
        scanner->consumed++;
    return unit;
}

static void input_unget(struct scanner *scanner, int unit) {
    if (unit < 0)
        return;
    scanner->consumed--;
    scanner->source->unget(scanner->source, unit);
}

static inline bool is_space(int c) {
    return c == ' ' || (c >= 9 && c <= 13);
}

static int input_skip_spaces(struct scanner *scanner) {
    int unit;
    while (is_space(unit = input_get(scanner)))
        ;
    return unit;
}

static void read_spec_size(struct scanner *scanner, struct scan_spec *spec) {
    for (;; format_next(scanner)) {
        const unsigned c = format_peek(scanner);
        if (c == 'h') {
            spec->is_char = spec->is_short && scanner->flags & SCAN_C99;
            spec->is_short = spec->narrow_text = true;
        } else if (c == 'l') {
            spec->is_64 = spec->wide_text;
            spec->wide_text = spec->is_double = true;
        } else if (c == 'L') {
            spec->is_double = true;
        } else if (c == 'w') {
            spec->wide_text = true;
        } else if (scanner->flags & SCAN_C99 && (c == 'z' || c == 'j' || c == 't')) {
            spec->is_64 = true;
        } else if (c == 'I') {
            const void *start = scanner->at;
            format_next(scanner);
            const unsigned tens = format_next(scanner), ones = tens ? format_peek(scanner) : 0;
            if (tens == '3' && ones == '2')
                continue;
            spec->is_64 = true;
            if (tens != '6' || ones != '4')
                scanner->at = start;
        } else {
            return;
        }
    }
}

static struct scan_spec read_spec(struct scanner *scanner) {
    struct scan_spec spec = {0};
    if (format_peek(scanner) == '*') {
        spec.skip = true;
        format_next(scanner);
    }
    while (format_peek(scanner) >= '0' && format_peek(scanner) <= '9') {
        const int digit = format_next(scanner) - '0';
        spec.width = spec.width < 100000000 ? spec.width * 10 + digit : spec.width;
    }
    read_spec_size(scanner, &spec);
    spec.type = format_peek(scanner) ? format_next(scanner) : 0;
    return spec;
}

/* Units of a number, as far as they may belong to it. */
struct collector {
    struct scanner *scanner;
    char text[512];
    int length, limit;
    int next; /* the unit after them */
};

static void collector_start(struct collector *collector, struct scanner *scanner, const struct scan_spec *spec) {
    collector->scanner = scanner;
    collector->length = 0;
    const int room = sizeof(collector->text) - 1;
    collector->limit = spec->width && spec->width < room ? spec->width : room;
    collector->next = input_skip_spaces(scanner);
}

static void collector_take(struct collector *collector) {
    collector->text[collector->length++] = collector->next;
    collector->next = -1;
    if (collector->length < collector->limit)
        collector->next = input_get(collector->scanner);
}

static bool collector_accept(struct collector *collector, const char *set) {
    const int c = collector->next;
    if (collector->length >= collector->limit || c <= 0 || c > 127 || !strchr(set, c))
        return false;
    collector_take(collector);
    return true;
}

static void collector_end(struct collector *collector) {
    collector->text[collector->length] = 0;
    input_unget(collector->scanner, collector->next);
}

static void store_integer(struct scanner *scanner, const struct scan_spec *spec, uint64_t value) {
    void *where = __builtin_va_arg(scanner->args, void *);
    if (spec->is_64)
        *(uint64_t *)where = value;
    else if (spec->is_char)
        *(uint8_t *)where = value;
    else if (spec->is_short)
        *(uint16_t *)where = value;
    else
        *(uint32_t *)where = value;
}

static enum scan_result scan_integer(struct scanner *scanner, struct scan_spec *spec) {
    struct collector collector;
    collector_start(&collector, scanner, spec);
    if (collector.next < 0)
        return SCAN_END;
    int base = spec->type == 'o' ? 8 : spec->type == 'i' ? 0 : 10;
    if (spec->type == 'x' || spec->type == 'X' || spec->type == 'p')
        base = 16;
    if (spec->type == 'p')
        spec->is_64 = true;
    collector_accept(&collector, "+-");
    int first = collector.length;
    if ((base == 0 || base == 16) && collector_accept(&collector, "0")) {
        if (collector_accept(&collector, "xX")) {
            base = 16;
            first = collector.length;
        } else if (base == 0) {
            base = 8;
        }
    }
    if (base == 0)
        base = 10;
    const char *set = base == 16 ? "0123456789abcdefABCDEF" : base == 8 ? "01234567" : "0123456789";
    while (collector_accept(&collector, set))
        ;
    collector_end(&collector);
    if (collector.length == first)
        return SCAN_MISMATCH;
    if (spec->skip)
        return SCAN_MATCHED;
    /* msvcrt.dll lets a number that is too large wrap. */
    uint64_t value = 0;
    const char *digit = collector.text + first;
    for (; *digit; digit++)
        value = value * base + (*digit <= '9' ? *digit - '0' : (*digit | 0x20) - 'a' + 10);
    store_integer(scanner, spec, collector.text[0] == '-' ? -value : value);
    return SCAN_STORED;
}

static enum scan_result scan_real(struct scanner *scanner, const struct scan_spec *spec) {
    struct collector collector;
    collector_start(&collector, scanner, spec);
    if (collector.next < 0)
        return SCAN_END;
    static const char digits[] = "0123456789";
    collector_accept(&collector, "+-");
    const int first = collector.length;
    while (collector_accept(&collector, digits))
        ;
    int n_digits = collector.length - first;
    if (collector_accept(&collector, ".")) {
        const int fraction = collector.length;
        while (collector_accept(&collector, digits))
            ;
        n_digits += collector.length - fraction;
    }
    if (n_digits && collector_accept(&collector, "eE")) {
        collector_accept(&collector, "+-");
        while (collector_accept(&collector, digits))
            ;
    }
    collector_end(&collector);
    if (!n_digits)
        return SCAN_MISMATCH;
    if (spec->skip)
        return SCAN_MATCHED;
    const double value = msvcrt_strtod(collector.text, NULL);
    void *where = __builtin_va_arg(scanner->args, void *);
    if (spec->is_double)
        *(double *)where = value;
    else
        *(float *)where = value;
    return SCAN_STORED;
}

/* The set of %[...]: a bit for each unit below 256; larger ones are looked up in the format itself. */
struct scan_set {
    bool invert;
    uint8_t bits[0x10000 / 8];
};

static void set_read(struct scanner *scanner, struct scan_set *set) {
    memset(set, 0, sizeof(*set));
    if (format_peek(scanner) == '^') {
        set->invert = true;
        format_next(scanner);
    }
    unsigned last = 0;
    for (bool first = true; format_peek(scanner); first = false) {
        unsigned c = format_next(scanner);
        if (c == ']' && !first)
            return;
        unsigned from = c;
        if (c == '-' && last && format_peek(scanner) && format_peek(scanner) != ']') {
            c = format_next(scanner);
            from = last < c ? last : c;
            c = last < c ? c : last;
        }
        for (unsigned i = from; i <= c; i++)
            set->bits[i / 8] |= 1 << (i % 8);
        last = c;
    }
}

static inline bool set_has(const struct scan_set *set, int unit) {
    return !!(set->bits[unit / 8] & 1 << (unit % 8)) != set->invert;
}

/* Where the characters of %s, %c, %[ go, in the width that the argument has. */
struct scan_text {
    void *out;
    size_t room, n;
    bool wide;
};

static bool text_store(struct scan_text *text, const struct scanner *scanner, int unit) {
    char bytes[MULTIBYTE_MAX] = {unit};
    WCHAR units[2] = {unit};
    int n = 1;
    size_t used;
    if (scanner->wide && !text->wide && (n = multibyte_from_wide(bytes, units, 1, &used)) < 0)
        n = 0;
    if (!scanner->wide && text->wide && multibyte_to_wide(units, &n, bytes, 1) <= 0)
        n = 0;
    if (text->n + n > text->room)
        return false;
    if (text->wide)
        memcpy((WCHAR *)text->out + text->n, units, n * sizeof(WCHAR));
    else
        memcpy((char *)text->out + text->n, bytes, n);
    text->n += n;
    return true;
}

static bool text_wide(const struct scanner *scanner, const struct scan_spec *spec) {
    if (spec->narrow_text)
        return false;
    const bool capital = spec->type == 'S' || spec->type == 'C';
    return spec->wide_text || scanner->wide != capital;
}

static enum scan_result scan_text(struct scanner *scanner, const struct scan_spec *spec, const struct scan_set *set) {
    const bool is_char = spec->type == 'c' || spec->type == 'C', is_set = spec->type == '[';
    struct scan_text text = {.room = (size_t)-1, .wide = text_wide(scanner, spec)};
    if (!spec->skip) {
        text.out = __builtin_va_arg(scanner->args, void *);
        if (scanner->flags & SCAN_SECURE)
            text.room = __builtin_va_arg(scanner->args, unsigned);
    }
    const int limit = spec->width ? spec->width : is_char ? 1 : INT_MAX;
    int unit = is_char || is_set ? input_get(scanner) : input_skip_spaces(scanner), taken = 0;
    if (unit < 0)
        return SCAN_END;
    bool fits = is_char || text.room > 0;
    while (unit >= 0 && fits && taken < limit && (is_char || (is_set ? set_has(set, unit) : !is_space(unit)))) {
        fits = spec->skip || text_store(&text, scanner, unit);
        taken++;
        unit = taken < limit ? input_get(scanner) : -1;
    }
    input_unget(scanner, unit);
    fits = fits && (is_char || text.n < text.room);
    if (!fits) {
        if (text.room)
            memset(text.out, 0, text.wide ? 2 : 1);
        crt_errno_set(ENOMEM);
        return SCAN_MISMATCH;
    }
    if (!taken || (is_char && taken < limit))
        return SCAN_MISMATCH;
    if (spec->skip)
        return SCAN_MATCHED;
    if (!is_char)
        memset((char *)text.out + text.n * (text.wide ? 2 : 1), 0, text.wide ? 2 : 1);
    return SCAN_STORED;
}

static enum scan_result scan_set_text(struct scanner *scanner, const struct scan_spec *spec) {
    struct scan_set *set = malloc(sizeof(*set));
    if (!set)
        return crt_errno_set(ENOMEM), SCAN_MISMATCH;
    set_read(scanner, set);
    const enum scan_result result = scan_text(scanner, spec, set);
    free(set);
    return result;
}

static enum scan_result scan_literal(struct scanner *scanner, int wanted) {
    const int unit = input_get(scanner);
    if (unit == wanted)
        return SCAN_MATCHED;
    input_unget(scanner, unit);
    return unit < 0 ? SCAN_END : SCAN_MISMATCH;
}

static enum scan_result scan_conversion(struct scanner *scanner) {
    struct scan_spec spec = read_spec(scanner);
    switch (spec.type) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
    case 'p': return scan_integer(scanner, &spec);
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G': return scan_real(scanner, &spec);
    case 's':
    case 'S':
    case 'c':
    case 'C': return scan_text(scanner, &spec, NULL);
    case '[': return scan_set_text(scanner, &spec);
    case 'n':
        if (!spec.skip)
            store_integer(scanner, &spec, scanner->consumed);
        return SCAN_MATCHED;
    case 0: return SCAN_MISMATCH;
    default: return scan_literal(scanner, spec.type);
    }
}

int scan_read(struct scan_source *source, unsigned flags, const void *format, __builtin_ms_va_list args) {
    struct scanner scanner = {.source = source, .flags = flags, .wide = flags & SCAN_WIDE, .at = format};
    __builtin_ms_va_copy(scanner.args, args);
    int stored = 0;
    enum scan_result result = SCAN_MATCHED;
    bool matched = false;
    while (format_peek(&scanner) && (result == SCAN_MATCHED || result == SCAN_STORED)) {
        const unsigned c = format_next(&scanner);
        if (is_space(c)) {
            input_unget(&scanner, input_skip_spaces(&scanner));
            continue;
        }
        result = c == '%' ? scan_conversion(&scanner) : scan_literal(&scanner, c);
        stored += result == SCAN_STORED;
        matched |= result == SCAN_STORED;
    }
    __builtin_ms_va_end(scanner.args);
    return result == SCAN_END && !matched ? -1 : stored;
}
