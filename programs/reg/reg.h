/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* winipc reg: looks into the registry, and changes it.  A Windows program: it uses the functions that all have. */
#ifndef WINIPC_REG_H
#define WINIPC_REG_H

#include <windows.h>

#include <stdbool.h>

#include "libs/base/regtext.h"

enum { REG_OK = 0, REG_FAILED = 1, REG_WRONG_USE = 109 };

/* reg_path() - HKLM\Software and the like, from an argument.
 * @path: receives what follows the root, for free().  Return: the root; NULL, after a line on stderr. */
HKEY reg_path(const char *text, WCHAR **path);
/* reg_root() - the root that a path of .reg text begins with.  *used: its length.  Return: NULL: it is none. */
HKEY reg_root(const uint16_t *path, size_t n, size_t *used);
const char *reg_root_name(HKEY root);
/* reg_fail() - Return: REG_FAILED, after a line on stderr that says what to do. */
int reg_fail(const char *what, LSTATUS error);
/* reg_type_name(), reg_type() - "REG_SZ". */
const char *reg_type_name(DWORD type);
bool reg_type(const char *name, DWORD *type);

/* A value of a key. */
struct entry {
    WCHAR name[16384];
    DWORD name_len, type, size;
    BYTE *data;
};

/* entry_next() - the value at @index; the same structure again and again, zero at first.  Return: ERROR_NO_MORE_ITEMS behind the last one. */
LSTATUS entry_next(HKEY key, DWORD index, struct entry *entry);

/* The commands. */
int reg_query(const char *path, const char *value, bool recursive);
int reg_export(const char *path, const char *file);
int reg_import(const char *file);

#endif
