/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys in files of their own: RegSaveKey and RegRestoreKey (MSDN: winreg.h).  Such a file is .reg text as the
 * registry's own are (docs/registry.md), in which the key that was saved is called "."; Windows' own hives are not
 * read.
 */
#include "dlls/advapi32/registry.h"
#include "dlls/advapi32/security.h"

#include <stdlib.h>
#include <string.h>

#include "libs/base/regtext.h"

#define MARK "\n;winipc saved key\n\n"
#define PATH_ROOM (512 * 256)
#define NAME_ROOM 256
#define FILE_MAX (256u << 20)

#ifndef REG_STANDARD_FORMAT
#define REG_STANDARD_FORMAT 1
#define REG_LATEST_FORMAT 2
#define REG_NO_COMPRESSION 4
#endif

/* Whether the token that decides has a privilege switched on. */
static BOOL privilege_held(DWORD privilege) {
    PRIVILEGE_SET needed = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{privilege, 0}, 0}}};
    BOOL held = FALSE;
    HANDLE token;

    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) &&
        !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return FALSE;
    if (!PrivilegeCheck(token, &needed, &held))
        held = FALSE;
    CloseHandle(token);
    return held;
}

/* ---- saving ---- */

static LSTATUS save_class(struct regtext *text, HKEY key) {
    WCHAR class[1024];
    DWORD n = sizeof class / sizeof *class;
    const LSTATUS error = RegQueryInfoKeyW(key, class, &n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

    if (error || !n)
        return error;
    regtext_put(text, ";class=", 7);
    regtext_value(text, NULL, 0, REG_SZ, class, (n + 1) * sizeof *class);
    return ERROR_SUCCESS;
}

static LSTATUS save_values(struct regtext *text, HKEY key) {
    for (DWORD i = 0;; i++) {
        struct reg_data value;
        const LSTATUS error = reg_data_enumerate(key, i, &value);

        if (error)
            return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
        regtext_value(text, value.name, value.name_len, value.type, value.data, value.size);
        reg_data_free(&value);
    }
}

/* A key and all below it.  @path: room for PATH_ROOM units, of which @n are its path. */
static LSTATUS save_tree(struct regtext *text, HKEY key, WCHAR *path, size_t n) {
    LSTATUS error;

    regtext_key(text, path, n, false);
    error = save_class(text, key);
    if (!error)
        error = save_values(text, key);
    for (DWORD i = 0; !error; i++) {
        DWORD len = NAME_ROOM;
        HKEY child;

        if (n + 1 + NAME_ROOM > PATH_ROOM)
            return ERROR_NOT_ENOUGH_MEMORY;
        path[n] = '\\';
        error = RegEnumKeyExW(key, i, path + n + 1, &len, NULL, NULL, NULL, NULL);
        if (error)
            return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
        error = reg_open(key, path + n + 1, REG_OPTION_OPEN_LINK, KEY_READ, &child);
        if (error)
            return error;
        error = save_tree(text, child, path, n + 1 + len);
        reg_close(child);
    }
    return error;
}

static LSTATUS save_text(HKEY key, struct regtext *text) {
    WCHAR *path = malloc(PATH_ROOM * sizeof *path);
    LSTATUS error = path ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    regtext_put(text, REGTEXT_HEADER, strlen(REGTEXT_HEADER));
    regtext_put(text, MARK, strlen(MARK));
    if (!error) {
        path[0] = '.';
        error = save_tree(text, key, path, 1);
    }
    free(path);
    return !error && text->failed ? ERROR_NOT_ENOUGH_MEMORY : error;
}

static LSTATUS save_file(const struct regtext *text, const WCHAR *name, SECURITY_ATTRIBUTES *security) {
    HANDLE file = CreateFileW(name, GENERIC_WRITE, 0, security, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    DWORD written = 0;
    LSTATUS error = ERROR_SUCCESS;

    if (file == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_FILE_EXISTS ? ERROR_ALREADY_EXISTS : (LSTATUS)GetLastError();
    if (!WriteFile(file, text->text, (DWORD)text->len, &written, NULL) || !FlushFileBuffers(file))
        error = (LSTATUS)GetLastError();
    else if (written != text->len)
        error = ERROR_DISK_FULL;
    CloseHandle(file);
    if (error)
        DeleteFileW(name);
    return error;
}

/**
 * RegSaveKeyExW() - saves a key with all that is below it in a new file; but for the keys' security descriptors.
 * @format: REG_STANDARD_FORMAT, REG_LATEST_FORMAT, REG_NO_COMPRESSION: one and the same here.
 * Return: ERROR_SUCCESS, ERROR_PRIVILEGE_NOT_HELD (SeBackupPrivilege), ERROR_ALREADY_EXISTS (the file),
 * ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY, the error of making or
 * writing the file. Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regsavekeyexw
 */
LSTATUS WINAPI RegSaveKeyExW(HKEY key, const WCHAR *name, SECURITY_ATTRIBUTES *security, DWORD format) {
    struct regtext text = {0};
    HKEY opened;
    LSTATUS error;

    if (!name || !*name ||
        (format != REG_STANDARD_FORMAT && format != REG_LATEST_FORMAT && format != REG_NO_COMPRESSION))
        return ERROR_INVALID_PARAMETER;
    error = reg_open(key, NULL, 0, KEY_READ, &opened);
    if (error)
        return error;
    error = privilege_held(SE_BACKUP_PRIVILEGE) ? save_text(opened, &text) : ERROR_PRIVILEGE_NOT_HELD;
    if (!error)
        error = save_file(&text, name, security);
    reg_close(opened);
    free(text.text);
    return error;
}

LSTATUS WINAPI RegSaveKeyExA(HKEY key, const char *name, SECURITY_ATTRIBUTES *security, DWORD format) {
    WCHAR *wide;
    LSTATUS error = reg_wide(name, &wide) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    if (!error)
        error = RegSaveKeyExW(key, wide, security, format);
    free(wide);
    return error;
}

LSTATUS WINAPI RegSaveKeyW(HKEY key, const WCHAR *name, SECURITY_ATTRIBUTES *security) {
    return RegSaveKeyExW(key, name, security, REG_STANDARD_FORMAT);
}

LSTATUS WINAPI RegSaveKeyA(HKEY key, const char *name, SECURITY_ATTRIBUTES *security) {
    return RegSaveKeyExA(key, name, security, REG_STANDARD_FORMAT);
}

/* ---- restoring ---- */

static LSTATUS file_read(const WCHAR *name, char **text, DWORD *len) {
    HANDLE file = CreateFileW(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER size;
    LSTATUS error = ERROR_SUCCESS;

    if (file == INVALID_HANDLE_VALUE)
        return (LSTATUS)GetLastError();
    if (!GetFileSizeEx(file, &size))
        error = (LSTATUS)GetLastError();
    else if (size.QuadPart > FILE_MAX)
        error = ERROR_NOT_REGISTRY_FILE;
    *text = error ? NULL : malloc((size_t)size.QuadPart + 1);
    if (!error && !*text)
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (!error && !ReadFile(file, *text, (DWORD)size.QuadPart, len, NULL))
        error = (LSTATUS)GetLastError();
    CloseHandle(file);
    return error;
}

struct restore {
    struct regtext_reader reader;
    HKEY root;
    WCHAR *path;  /* of the key that is not made yet; NULL: it is */
    WCHAR *class; /* of that one */
    HKEY key;     /* what values go to */
};

/* The key that the lines before told of. */
static LSTATUS restore_make(struct restore *restore) {
    LSTATUS error = ERROR_SUCCESS;

    if (!restore->path)
        return ERROR_SUCCESS;
    if (restore->key)
        reg_close(restore->key);
    restore->key = NULL;
    if (restore->path[1])
        error = RegCreateKeyExW(
            restore->root, restore->path + 2, 0, restore->class, 0, KEY_SET_VALUE, NULL, &restore->key, NULL);
    else
        error = reg_open(restore->root, NULL, 0, KEY_SET_VALUE, &restore->key);
    free(restore->path);
    free(restore->class);
    restore->path = restore->class = NULL;
    return error;
}

static LSTATUS restore_key(struct restore *restore) {
    const LSTATUS error = restore_make(restore);

    if (error)
        return error;
    restore->path = calloc(restore->reader.name.n + 1, sizeof(WCHAR));
    if (!restore->path)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(restore->path, restore->reader.name.at, restore->reader.name.n * sizeof(WCHAR));
    return ERROR_SUCCESS;
}

static LSTATUS restore_value(struct restore *restore) {
    const struct regtext_reader *reader = &restore->reader;
    UNICODE_STRING name = {
        (USHORT)(reader->name.n * sizeof(WCHAR)), (USHORT)(reader->name.n * sizeof(WCHAR)), (WCHAR *)reader->name.at};
    struct reg_key of;
    LSTATUS error = restore_make(restore);

    if (!error)
        error = reg_key_of(restore->key, &of);
    return error ? error
                 : reg_error(NtSetValueKey(of.handle, &name, 0, reader->type, reader->data.at, (ULONG)reader->data.n));
}

/* A note "class=", and a text as the line of a value without a name has it. */
static void restore_note(struct restore *restore) {
    struct regtext_reader class;

    if (!restore->path || restore->reader.note_len < 7 || strncmp(restore->reader.note, "class=", 6))
        return;
    regtext_open(&class, restore->reader.note + 6, restore->reader.note_len - 6);
    if (regtext_next(&class) == REGTEXT_VALUE) {
        free(restore->class);
        restore->class = calloc(class.data.n / sizeof(WCHAR) + 1, sizeof(WCHAR));
        if (restore->class)
            memcpy(restore->class, class.data.at, class.data.n);
    }
    regtext_close(&class);
}

/* Whether a path is "." or begins with ".\". */
static bool path_is_ours(const struct regtext_units *path) {
    return path->n && path->at[0] == '.' && (path->n == 1 || (path->n > 2 && path->at[1] == '\\'));
}

/* Goes through the file.  @root: NULL: only to see whether it is whole. */
static LSTATUS restore_read(const char *text, size_t len, HKEY root) {
    struct restore restore = {.root = root};
    enum regtext_kind kind;
    LSTATUS error = ERROR_SUCCESS;
    bool has_key = false;

    regtext_open(&restore.reader, text, len);
    if (!regtext_header(&restore.reader))
        error = ERROR_NOT_REGISTRY_FILE;
    while (!error && (kind = regtext_next(&restore.reader)) != REGTEXT_END) {
        has_key |= kind == REGTEXT_KEY;
        if ((kind != REGTEXT_KEY && kind != REGTEXT_VALUE && kind != REGTEXT_NOTE) ||
            (kind == REGTEXT_KEY && !path_is_ours(&restore.reader.name)) || (kind == REGTEXT_VALUE && !has_key))
            error = ERROR_NOT_REGISTRY_FILE;
        else if (root && kind == REGTEXT_KEY)
            error = restore_key(&restore);
        else if (root && kind == REGTEXT_VALUE)
            error = restore_value(&restore);
        else if (root)
            restore_note(&restore);
    }
    if (!error)
        error = restore_make(&restore);
    if (restore.key)
        reg_close(restore.key);
    free(restore.path);
    free(restore.class);
    regtext_close(&restore.reader);
    return !error && !has_key ? ERROR_NOT_REGISTRY_FILE : error;
}

/**
 * RegRestoreKeyW() - replaces all that is in a key and below it by what RegSaveKey saved.  It is done value by value: a
 * process that is killed meanwhile leaves a part.
 * @flags: 0 or REG_FORCE_RESTORE: open keys below are no hindrance in either case.
 * Return: ERROR_SUCCESS, ERROR_PRIVILEGE_NOT_HELD (SeBackupPrivilege and SeRestorePrivilege), ERROR_NOT_REGISTRY_FILE
 * (nothing was changed), ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND and
 * its like. Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regrestorekeyw
 */
LSTATUS WINAPI RegRestoreKeyW(HKEY key, const WCHAR *name, DWORD flags) {
    HKEY opened;
    char *text = NULL;
    DWORD len = 0;
    LSTATUS error;

    if (!name || !*name || flags & ~(DWORD)REG_FORCE_RESTORE)
        return ERROR_INVALID_PARAMETER;
    error = reg_open(key, NULL, 0, KEY_READ | KEY_WRITE, &opened);
    if (error)
        return error;
    error = privilege_held(SE_BACKUP_PRIVILEGE) && privilege_held(SE_RESTORE_PRIVILEGE) ? file_read(name, &text, &len)
                                                                                        : ERROR_PRIVILEGE_NOT_HELD;
    if (!error)
        error = restore_read(text, len, NULL);
    if (!error)
        error = RegDeleteTreeW(opened, NULL);
    if (!error)
        error = restore_read(text, len, opened);
    reg_close(opened);
    free(text);
    return error;
}

LSTATUS WINAPI RegRestoreKeyA(HKEY key, const char *name, DWORD flags) {
    WCHAR *wide;
    LSTATUS error = reg_wide(name, &wide) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    if (!error)
        error = RegRestoreKeyW(key, wide, flags);
    free(wide);
    return error;
}
