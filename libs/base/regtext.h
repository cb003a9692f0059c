/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text of .reg files ("Windows Registry Editor Version 5.00"), read item by item and written.  The registry is kept in this form, and the
 * command imports and exports it.
 *
 * Text is UTF-8 here.  What .reg has no way to say, a control character or half a surrogate pair in a name, is written as \u and four digits,
 * in a key's path after two backslashes: neither occurs otherwise.  Notes are lines that begin with a semicolon.
 */
#ifndef WINIPC_BASE_REGTEXT_H
#define WINIPC_BASE_REGTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGTEXT_HEADER "Windows Registry Editor Version 5.00"

/* ---- reading ---- */

enum regtext_kind {
    REGTEXT_END,
    REGTEXT_KEY,        /* [path] */
    REGTEXT_KEY_GONE,   /* [-path] */
    REGTEXT_VALUE,      /* "name"=… */
    REGTEXT_VALUE_GONE, /* "name"=- */
    REGTEXT_NOTE,       /* ;text */
    REGTEXT_BAD         /* reader.error says what is wrong with reader.line */
};

struct regtext_units {
    uint16_t *at;
    size_t n, room;
};

struct regtext_bytes {
    uint8_t *at;
    size_t n, room;
};

struct regtext_reader {
    const char *at, *end;
    unsigned line;
    const char *error;
    /* the item that was read: good until the next one */
    struct regtext_units name; /* the key's path or the value's name, "" for @ */
    struct regtext_bytes data; /* the value's bytes, a text's NUL included */
    uint32_t type;             /* REG_… */
    const char *note;          /* behind the semicolon */
    size_t note_len;
};

/* regtext_open() - reads @text, which is to stay. */
void regtext_open(struct regtext_reader *reader, const char *text, size_t len);
/* regtext_header() - reads the first line.  Return: whether it is REGTEXT_HEADER; else reader->error says what to do. */
bool regtext_header(struct regtext_reader *reader);
enum regtext_kind regtext_next(struct regtext_reader *reader);
void regtext_close(struct regtext_reader *reader);

/* ---- writing ---- */

/* Text that grows.  What fails for want of memory sets failed, and all later writing is left out. */
struct regtext {
    char *text;
    size_t len, room;
    bool failed;
};

void regtext_put(struct regtext *to, const char *text, size_t len);
void regtext_print(struct regtext *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* regtext_key() - the line of a key, or of one that is to go. */
void regtext_key(struct regtext *to, const uint16_t *path, size_t n, bool gone);
void regtext_value(struct regtext *to, const uint16_t *name, size_t n, uint32_t type, const void *data, size_t size);
void regtext_value_gone(struct regtext *to, const uint16_t *name, size_t n);

#endif
