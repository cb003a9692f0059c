/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Importing .reg files: all that can be read is done; what cannot is told with its line, and makes the whole fail. */
#include "programs/reg/reg.h"

#include "libs/base/utf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import {
    const char *file;
    struct regtext_reader reader;
    HKEY key; /* NULL: none, or one that could not be opened */
    unsigned failures;
};

static char *file_read(const char *name, size_t *len) {
    FILE *file = strcmp(name, "-") ? fopen(name, "rb") : stdin;
    size_t room = 1 << 16;
    char *text = file ? malloc(room) : NULL;

    *len = 0;
    while (text) {
        const size_t n = fread(text + *len, 1, room - *len, file);

        *len += n;
        if (!n)
            break;
        if (*len == room)
            text = realloc(text, room *= 2);
    }
    if (!text || ferror(file)) {
        fprintf(stderr, "winipc reg: %s: %s\n", name, strerror(errno));
        return NULL;
    }
    return text;
}

/* UTF-16 with a byte order mark becomes UTF-8; one of UTF-8 goes. */
static char *to_utf8(char *text, size_t *len) {
    if (*len >= 2 && !memcmp(text, "\xff\xfe", 2)) {
        const uint16_t *units = (const uint16_t *)(void *)text + 1;
        const size_t n = *len / 2 - 1, size = utf16_to_utf8(units, n, NULL, 0, NULL);
        char *converted = malloc(size + 1);

        if (converted)
            utf16_to_utf8(units, n, converted, size, NULL);
        *len = size;
        return converted;
    }
    if (*len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        *len -= 3;
        memmove(text, text + 3, *len);
    }
    return text;
}

static void failed(struct import *import, unsigned line, const char *why) {
    fprintf(stderr, "winipc reg: %s:%u: %s\n", import->file, line, why);
    import->failures++;
}

static void failed_with(struct import *import, unsigned line, LSTATUS error) {
    char what[600];

    snprintf(what, sizeof what, "%.500s:%u", import->file, line);
    reg_fail(what, error);
    import->failures++;
}

static WCHAR *text_of(const struct regtext_units *units, size_t from) {
    WCHAR *text = calloc(units->n - from + 1, sizeof *text);

    if (text && units->n > from)
        memcpy(text, units->at + from, (units->n - from) * sizeof *text);
    return text;
}

static void import_key(struct import *import, unsigned line, bool gone) {
    size_t used;
    const HKEY root = reg_root(import->reader.name.at, import->reader.name.n, &used);
    WCHAR *path = root ? text_of(&import->reader.name, used < import->reader.name.n ? used + 1 : used) : NULL;
    LSTATUS error;

    if (import->key)
        RegCloseKey(import->key);
    import->key = NULL;
    if (!path) {
        failed(import, line, "the key begins with none of HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER, HKEY_CLASSES_ROOT, HKEY_USERS, HKEY_CURRENT_CONFIG");
        return;
    }
    if (!gone)
        error = RegCreateKeyExW(root, path, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL, &import->key, NULL);
    else
        error = *path ? RegDeleteTreeW(root, path) : ERROR_ACCESS_DENIED;
    if (error && !(gone && error == ERROR_FILE_NOT_FOUND))
        failed_with(import, line, error);
    free(path);
}

static void import_value(struct import *import, unsigned line, bool gone) {
    const struct regtext_reader *reader = &import->reader;
    WCHAR *name = text_of(&reader->name, 0);
    LSTATUS error;

    if (!import->key || !name) {
        failed(import, line, name ? "no key stands above this value" : "no memory");
        free(name);
        return;
    }
    if (gone)
        error = RegDeleteValueW(import->key, name);
    else
        error = RegSetValueExW(import->key, name, 0, reader->type, reader->data.n ? reader->data.at : (const BYTE *)"", (DWORD)reader->data.n);
    if (error && !(gone && error == ERROR_FILE_NOT_FOUND))
        failed_with(import, line, error);
    free(name);
}

static void import_items(struct import *import) {
    enum regtext_kind kind;
    unsigned line = import->reader.line;

    if (!regtext_header(&import->reader)) {
        failed(import, line, import->reader.error);
        return;
    }
    while ((kind = regtext_next(&import->reader)) != REGTEXT_END) {
        line = import->reader.line - (kind != REGTEXT_BAD); /* it stands behind what it has read */
        switch (kind) {
        case REGTEXT_KEY:
        case REGTEXT_KEY_GONE: import_key(import, line, kind == REGTEXT_KEY_GONE); break;
        case REGTEXT_VALUE:
        case REGTEXT_VALUE_GONE: import_value(import, line, kind == REGTEXT_VALUE_GONE); break;
        case REGTEXT_BAD: failed(import, line, import->reader.error); break;
        default: break;
        }
    }
}

int reg_import(const char *file) {
    struct import import = {.file = file};
    size_t len;
    char *text = file_read(file, &len);

    if (text)
        text = to_utf8(text, &len);
    if (!text)
        return REG_FAILED;
    regtext_open(&import.reader, text, len);
    import_items(&import);
    regtext_close(&import.reader);
    RegFlushKey(HKEY_CURRENT_USER);
    RegFlushKey(HKEY_LOCAL_MACHINE);
    return import.failures ? REG_FAILED : REG_OK;
}
