/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of winipc reg; adding and deleting. */
#include "programs/reg/reg.h"

#include "libs/base/utf.h"
#include "programs/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: winipc reg query KEY [-v VALUE | -ve] [-s]\n"
                            "       winipc reg add KEY [-v VALUE | -ve] [-t TYPE] [-d DATA]\n"
                            "       winipc reg delete KEY [-v VALUE | -ve | -va]\n"
                            "       winipc reg export KEY [FILE]\n"
                            "       winipc reg import FILE\n";

struct options {
    const char *words[2]; /* KEY and FILE */
    int n_words;
    const char *value, *type, *data;
    bool recursive, all;
};

/* ---- names ---- */

static const struct {
    const char *name, *full;
    HKEY key;
} roots[] = {{"HKLM", "HKEY_LOCAL_MACHINE", HKEY_LOCAL_MACHINE}, {"HKCU", "HKEY_CURRENT_USER", HKEY_CURRENT_USER},
    {"HKCR", "HKEY_CLASSES_ROOT", HKEY_CLASSES_ROOT}, {"HKU", "HKEY_USERS", HKEY_USERS},
    {"HKCC", "HKEY_CURRENT_CONFIG", HKEY_CURRENT_CONFIG}};

static bool is_name(const char *text, size_t n, const char *name) {
    return strlen(name) == n && !strncasecmp(text, name, n);
}

static HKEY root_named(const char *text, size_t n) {
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        if (is_name(text, n, roots[i].name) || is_name(text, n, roots[i].full))
            return roots[i].key;
    }
    return NULL;
}

const char *reg_root_name(HKEY root) {
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        if (roots[i].key == root)
            return roots[i].full;
    }
    return "";
}

HKEY reg_root(const uint16_t *path, size_t n, size_t *used) {
    char text[32];
    size_t len = 0;

    while (len < n && len < sizeof text && path[len] != '\\') {
        text[len] = (char)path[len];
        len++;
    }
    *used = len;
    return len < sizeof text ? root_named(text, len) : NULL;
}

HKEY reg_path(const char *text, WCHAR **path) {
    const size_t n = strcspn(text, "\\");
    const HKEY root = root_named(text, n);

    *path = root ? (WCHAR *)utf16_dup_from_utf8(text + n + (text[n] == '\\')) : NULL;
    if (!root)
        fprintf(stderr, "winipc reg: %s: begin with HKLM, HKCU, HKCR, HKU or HKCC, and separate by \\\n", text);
    else if (!*path)
        fputs("winipc reg: no memory\n", stderr);
    return *path ? root : NULL;
}

int reg_fail(const char *what, LSTATUS error) {
    const char *why = error == ERROR_FILE_NOT_FOUND      ? "there is none of that name"
                      : error == ERROR_ACCESS_DENIED     ? "access is denied, or the key has subkeys"
                      : error == ERROR_BAD_PATHNAME      ? "a path has no backslash at its beginning"
                      : error == ERROR_REGISTRY_IO_FAILED ? "the registry's files cannot be written: another session may have them, see FILES in winipc(1)"
                      : error == ERROR_BADDB             ? "one of the registry's files is no file, or a link: their messages say which, see FILES in winipc(1)"
                      : error == ERROR_DISK_FULL         ? "the disk is full"
                      : error == ERROR_NO_SYSTEM_RESOURCES ? "the value is larger than 8 MiB, or the registry has its 256 MiB"
                      : error == ERROR_INVALID_PARAMETER ? "the name is not possible"
                                                         : NULL;

    if (why)
        fprintf(stderr, "winipc reg: %s: %s\n", what, why);
    else
        fprintf(stderr, "winipc reg: %s: Windows error %d\n", what, (int)error);
    return REG_FAILED;
}

static const char *const type_names[] = {"REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_DWORD_BIG_ENDIAN", "REG_LINK",
    "REG_MULTI_SZ", "REG_RESOURCE_LIST", "REG_FULL_RESOURCE_DESCRIPTOR", "REG_RESOURCE_REQUIREMENTS_LIST", "REG_QWORD"};
#define N_TYPES (sizeof type_names / sizeof *type_names)

const char *reg_type_name(DWORD type) {
    static char number[16];

    if (type < N_TYPES)
        return type_names[type];
    snprintf(number, sizeof number, "0x%x", (unsigned)type);
    return number;
}

bool reg_type(const char *name, DWORD *type) {
    for (*type = 0; *type < N_TYPES; ++*type) {
        if (!strcasecmp(name, type_names[*type]))
            return true;
    }
    return false;
}

/* ---- adding ---- */

/* Texts of REG_MULTI_SZ are separated by \0, as reg.exe has it. */
static DWORD multi_data(WCHAR *text) {
    WCHAR *to = text;

    for (const WCHAR *from = text; *from;) {
        if (from[0] == '\\' && from[1] == '0') {
            *to++ = 0;
            from += 2;
        } else {
            *to++ = *from++;
        }
    }
    to[0] = to[1] = 0; /* there is room for it: utf16_dup_from_utf8's end, and what add_data adds */
    return (DWORD)((BYTE *)(to + 2) - (BYTE *)text);
}

static bool hex_data(const char *text, BYTE *data, DWORD *size) {
    const size_t len = strlen(text);

    *size = (DWORD)(len / 2);
    for (size_t i = 0; i < len; i += 2) {
        unsigned byte;

        if (strspn(text + i, "0123456789abcdefABCDEF") < 2 || sscanf(text + i, "%2x", &byte) != 1)
            return false;
        data[i / 2] = (BYTE)byte;
    }
    return true;
}

/* A value's bytes, for free(), from what the command line says.  Return: NULL, after a line on stderr. */
static void *add_data(const char *text, DWORD type, DWORD *size) {
    const size_t n = utf8_to_utf16(text, strlen(text), NULL, 0, NULL);
    WCHAR *data = calloc(n + 8, sizeof *data);
    char *end = NULL;
    unsigned long long number;

    if (!data) {
        fputs("winipc reg: no memory\n", stderr);
        return NULL;
    }
    switch (type) {
    case REG_SZ:
    case REG_EXPAND_SZ:
    case REG_MULTI_SZ:
        utf8_to_utf16(text, strlen(text), (uint16_t *)data, n, NULL);
        *size = type == REG_MULTI_SZ ? multi_data(data) : (DWORD)((n + 1) * sizeof *data);
        return data;
    case REG_DWORD:
    case REG_QWORD:
        number = strtoull(text, &end, 0);
        *size = type == REG_DWORD ? 4 : 8;
        memcpy(data, &number, *size);
        if (*text && !*end && (type == REG_QWORD || number <= UINT32_MAX))
            return data;
        fprintf(stderr, "winipc reg: %s: %s wants a number, 16 or 0x10\n", text, reg_type_name(type));
        break;
    default:
        if (hex_data(text, (BYTE *)data, size))
            return data;
        fprintf(stderr, "winipc reg: %s: %s wants pairs of hexadecimal digits\n", text, reg_type_name(type));
    }
    free(data);
    return NULL;
}

/* As reg.exe has it, data without a name is the default value's. */
static int add(const struct options *options) {
    const char *value = options->value ? options->value : options->data ? "" : NULL;
    WCHAR *path, *name = NULL;
    const HKEY root = reg_path(options->words[0], &path);
    DWORD type = REG_SZ, size = 0;
    void *data = NULL;
    HKEY key;
    LSTATUS error;

    if (!root)
        return REG_FAILED;
    if (options->type && !value) {
        fputs("winipc reg: -t wants a value: -v VALUE, -ve or -d DATA\n", stderr);
        return REG_WRONG_USE;
    }
    if (options->type && !reg_type(options->type, &type)) {
        fprintf(stderr, "winipc reg: %s: the types are REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ, REG_DWORD, REG_QWORD, REG_BINARY, REG_NONE\n", options->type);
        return REG_WRONG_USE;
    }
    if (value) {
        name = (WCHAR *)utf16_dup_from_utf8(value);
        data = add_data(options->data ? options->data : "", type, &size);
        if (!data || !name)
            return REG_FAILED;
    }
    error = RegCreateKeyExW(root, path, 0, NULL, 0, KEY_WRITE, NULL, &key, NULL);
    if (!error && value)
        error = RegSetValueExW(key, name, 0, type, data, size);
    if (!error)
        error = RegFlushKey(key);
    return error ? reg_fail(options->words[0], error) : REG_OK;
}

/* ---- deleting ---- */

static LSTATUS delete_values(HKEY key) {
    struct entry *entry = calloc(1, sizeof *entry);
    LSTATUS error = entry ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    while (!error && !(error = entry_next(key, 0, entry)))
        error = RegDeleteValueW(key, entry->name);
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

static int delete(const struct options *options) {
    WCHAR *path;
    const HKEY root = reg_path(options->words[0], &path);
    HKEY key;
    LSTATUS error;

    if (!root)
        return REG_FAILED;
    if (!options->value && !options->all && !*path) {
        fprintf(stderr, "winipc reg: %s: name a key below it\n", options->words[0]);
        return REG_WRONG_USE;
    }
    if (!options->value && !options->all) {
        error = RegDeleteTreeW(root, path);
        return error ? reg_fail(options->words[0], error) : REG_OK;
    }
    error = RegOpenKeyExW(root, path, 0, KEY_READ | KEY_WRITE, &key);
    if (error)
        return reg_fail(options->words[0], error);
    error = options->all ? delete_values(key) : RegDeleteValueW(key, (WCHAR *)utf16_dup_from_utf8(options->value));
    return error ? reg_fail(options->all ? options->words[0] : options->value, error) : REG_OK;
}

/* ---- the command line ---- */

static bool is_option(const char *word, const char *name) {
    return (*word == '-' || *word == '/') && !strcasecmp(word + 1, name);
}

/* Options are as reg.exe has them, with - or /. */
static bool options_read(struct options *options, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        const char **text = is_option(argv[i], "v")   ? &options->value
                            : is_option(argv[i], "t") ? &options->type
                            : is_option(argv[i], "d") ? &options->data
                                                      : NULL;

        if (text && ++i == argc)
            return false;
        if (text)
            *text = argv[i];
        else if (is_option(argv[i], "ve"))
            options->value = "";
        else if (is_option(argv[i], "va"))
            options->all = true;
        else if (is_option(argv[i], "s"))
            options->recursive = true;
        else if (is_option(argv[i], "f") || is_option(argv[i], "y"))
            continue; /* nothing is asked here */
        else if (options->n_words == 2 || (argv[i][0] == '-' && argv[i][1]))
            return false;
        else
            options->words[options->n_words++] = argv[i];
    }
    return true;
}

static int run(int argc, char **argv) {
    struct options options = {0};
    const char *command = argc > 1 ? argv[1] : "";

    if (argc < 3 || !options_read(&options, argc - 2, argv + 2) || !options.n_words) {
        fputs(usage, stderr);
        return REG_WRONG_USE;
    }
    if (!strcmp(command, "export"))
        return reg_export(options.words[0], options.words[1]);
    if (options.n_words == 1 && !strcmp(command, "query"))
        return reg_query(options.words[0], options.value, options.recursive);
    if (options.n_words == 1 && !strcmp(command, "add"))
        return add(&options);
    if (options.n_words == 1 && !strcmp(command, "delete"))
        return delete (&options);
    if (options.n_words == 1 && !strcmp(command, "import"))
        return reg_import(options.words[0]);
    fputs(usage, stderr);
    return REG_WRONG_USE;
}

int main(int argc, char **argv) {
    return output_end("winipc reg", run(argc, argv), REG_FAILED);
}
