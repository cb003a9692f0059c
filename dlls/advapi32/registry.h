/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry's content (registry_table.c): keys by number, root keys first, values by their place in a key. */
#ifndef WINIPC_ADVAPI32_REGISTRY_H
#define WINIPC_ADVAPI32_REGISTRY_H

#include <windows.h>

#define REGISTRY_NONE (-1)

struct registry_value {
    const WCHAR *name; /* "": the key's default value */
    DWORD type;        /* REG_SZ, REG_EXPAND_SZ or REG_DWORD */
    const WCHAR *text;
    DWORD number;
};

/* The key of HKEY_LOCAL_MACHINE and its like; REGISTRY_NONE for what is none. */
int registry_root(HKEY handle);

/* A key below another by its path, whose parts are separated by '\'. */
int registry_find(int key, const WCHAR *path);

/* The n-th key directly below another, its last name in *name. */
int registry_child(int key, DWORD index, const WCHAR **name);

/* The n-th value of a key, or the one of a name; FALSE: there is none. */
BOOL registry_value_at(int key, DWORD index, struct registry_value *value);
BOOL registry_value_named(int key, const WCHAR *name, struct registry_value *value);

/* How many keys there are: numbers are below. */
int registry_count(void);

#endif
