/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Showing and exporting keys. */
#include "programs/reg/reg.h"

#include "libs/base/utf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LSTATUS entry_next(HKEY key, DWORD index, struct entry *entry) {
    DWORD room = 0;
    LSTATUS error;

    entry->name_len = sizeof entry->name / sizeof *entry->name;
    error = RegEnumValueW(key, index, entry->name, &entry->name_len, NULL, NULL, NULL, &room);
    if (error)
        return error;
    free(entry->data);
    entry->data = calloc(1, room + 4);
    if (!entry->data)
        return ERROR_NOT_ENOUGH_MEMORY;
    entry->size = room;
    entry->name_len = sizeof entry->name / sizeof *entry->name;
    return RegEnumValueW(key, index, entry->name, &entry->name_len, NULL, &entry->type, entry->data, &entry->size);
}

/* ---- in words ---- */

static void print_units(const uint16_t *units, size_t n) {
    char text[4];

    for (size_t i = 0; i < n;) {
        const size_t used = n - i > 1 && (units[i] & 0xfc00) == 0xd800 ? 2 : 1;

        if (units[i] < ' ')
            printf(units[i] ? "\\u%04x" : "\\0", units[i]);
        else
            fwrite(text, 1, utf16_to_utf8(units + i, used, text, sizeof text, NULL), stdout);
        i += used;
    }
}

static void print_data(const struct entry *entry) {
    const uint16_t *text = (const uint16_t *)(const void *)entry->data;
    size_t n = entry->size / sizeof *text;
    unsigned long long number = 0;

    switch (entry->type) {
    case REG_SZ:
    case REG_EXPAND_SZ:
    case REG_MULTI_SZ:
        while (n && !text[n - 1])
            n--;
        print_units(text, n);
        break;
    case REG_DWORD:
    case REG_QWORD:
        memcpy(&number, entry->data, entry->size < 8 ? entry->size : 8);
        printf("0x%llx", number);
        break;
    default:
        for (DWORD i = 0; i < entry->size; i++)
            printf("%02X", entry->data[i]);
    }
}

static void print_entry(const struct entry *entry) {
    fputs("    ", stdout);
    if (entry->name_len)
        print_units((const uint16_t *)entry->name, entry->name_len);
    else
        fputs("(Default)", stdout);
    printf("    %s    ", reg_type_name(entry->type));
    print_data(entry);
    putchar('\n');
}

static bool name_is(const struct entry *entry, const WCHAR *value) {
    return !value || CompareStringOrdinal(entry->name, (int)entry->name_len, value, -1, TRUE) == CSTR_EQUAL;
}

static void print_path(HKEY root, const WCHAR *path) {
    fputs(reg_root_name(root), stdout);
    if (*path)
        putchar('\\');
    print_units((const uint16_t *)path, utf16_len((const uint16_t *)path));
    putchar('\n');
}

/* The path of the n-th key below one, for free(); NULL: there is none. */
static WCHAR *path_below(HKEY key, const WCHAR *path, DWORD index) {
    WCHAR name[256], *below;
    DWORD len = 256;
    const size_t n = utf16_len((const uint16_t *)path);

    if (RegEnumKeyExW(key, index, name, &len, NULL, NULL, NULL, NULL))
        return NULL;
    below = malloc((n + len + 2) * sizeof *below);
    if (!below)
        return NULL;
    memcpy(below, path, n * sizeof *below);
    if (n)
        below[n] = '\\';
    memcpy(below + n + !!n, name, (len + 1) * sizeof *below);
    return below;
}

static LSTATUS query_key(HKEY root, const WCHAR *path, const WCHAR *value, bool recursive, struct entry *entry, unsigned *found) {
    HKEY key;
    WCHAR *below;
    bool shown = !value;
    LSTATUS error = RegOpenKeyExW(root, path, 0, KEY_READ, &key);

    if (error)
        return error;
    if (shown)
        print_path(root, path);
    for (DWORD i = 0; !(error = entry_next(key, i, entry)); i++) {
        if (!name_is(entry, value))
            continue;
        if (!shown)
            print_path(root, path);
        shown = true;
        print_entry(entry);
        ++*found;
    }
    for (DWORD i = 0; error == ERROR_NO_MORE_ITEMS && (below = path_below(key, path, i)); i++) {
        if (recursive)
            query_key(root, below, value, true, entry, found);
        else if (!value)
            print_path(root, below);
        free(below);
    }
    RegCloseKey(key);
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

int reg_query(const char *text, const char *value, bool recursive) {
    WCHAR *path, *name = value ? (WCHAR *)utf16_dup_from_utf8(value) : NULL;
    const HKEY root = reg_path(text, &path);
    struct entry *entry = calloc(1, sizeof *entry);
    unsigned found = 0;
    LSTATUS error;

    if (!root || !entry)
        return REG_FAILED;
    error = query_key(root, path, name, recursive, entry, &found);
    if (!error && value && !found)
        return reg_fail(*value ? value : "(Default)", ERROR_FILE_NOT_FOUND);
    return error ? reg_fail(text, error) : REG_OK;
}

/* ---- as .reg text ---- */

static LSTATUS export_path(HKEY root, const WCHAR *path, struct regtext *text) {
    const size_t n = utf16_len((const uint16_t *)path), n_root = strlen(reg_root_name(root));
    uint16_t *whole = malloc((n_root + 1 + n) * sizeof *whole);

    if (!whole)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < n_root; i++)
        whole[i] = (uint8_t)reg_root_name(root)[i];
    whole[n_root] = '\\';
    memcpy(whole + n_root + 1, path, n * sizeof *whole);
    regtext_put(text, "\n", 1);
    regtext_key(text, whole, n_root + n + !!n, false);
    free(whole);
    return ERROR_SUCCESS;
}

/* Calls itself for each level: nothing large lies on its stack. */
static LSTATUS export_key(HKEY root, const WCHAR *path, struct entry *entry, struct regtext *text) {
    HKEY key;
    WCHAR *below;
    LSTATUS error = RegOpenKeyExW(root, path, 0, KEY_READ, &key);

    if (error)
        return error;
    error = export_path(root, path, text);
    if (error) {
        RegCloseKey(key);
        return error;
    }
    for (DWORD i = 0; !(error = entry_next(key, i, entry)); i++)
        regtext_value(text, (const uint16_t *)entry->name, entry->name_len, entry->type, entry->data, entry->size);
    for (DWORD i = 0; error == ERROR_NO_MORE_ITEMS && (below = path_below(key, path, i)); i++) {
        const LSTATUS one = export_key(root, below, entry, text);

        error = one && one != ERROR_FILE_NOT_FOUND ? one : error; /* gone meanwhile */
        free(below);
    }
    RegCloseKey(key);
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

/* UTF-16 with a byte order mark, and lines' ends as Windows has them: what regedit writes and reads. */
static bool write_utf16(FILE *file, const struct regtext *text) {
    const size_t n = utf8_to_utf16(text->text, text->len, NULL, 0, NULL);
    uint16_t *units = malloc((n + 1) * sizeof *units);
    bool good = units && fwrite("\xff\xfe", 1, 2, file) == 2;

    if (units)
        utf8_to_utf16(text->text, text->len, units, n, NULL);
    for (size_t i = 0; good && i < n; i++)
        good = (units[i] != '\n' || fwrite("\r", 2, 1, file) == 1) && fwrite(&units[i], 2, 1, file) == 1;
    free(units);
    return good;
}

int reg_export(const char *key, const char *name) {
    WCHAR *path;
    const HKEY root = reg_path(key, &path);
    struct entry *entry = calloc(1, sizeof *entry);
    struct regtext text = {0};
    FILE *file = stdout;
    LSTATUS error;
    bool good;

    if (!root || !entry)
        return REG_FAILED;
    regtext_print(&text, REGTEXT_HEADER "\n");
    error = export_key(root, path, entry, &text);
    if (error)
        return reg_fail(key, error);
    if (name && strcmp(name, "-"))
        file = fopen(name, "wb");
    good = file && !text.failed && (file == stdout ? fwrite(text.text, 1, text.len, file) == text.len : write_utf16(file, &text));
    good = file && !fflush(file) && good;
    if (file && file != stdout)
        good = !fclose(file) && good;
    if (!good)
        fprintf(stderr, "winipc reg: %s: %s\n", name ? name : "output", strerror(errno));
    return good ? REG_OK : REG_FAILED;
}
