/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The registry's functions (MSDN: winreg.h) on those of ntdll.  A key's handle is ntdll's; predefined keys are opened on first use.
 *
 * What is opened by way of HKEY_CLASSES_ROOT shows the classes of the user and of the machine as one: such a handle has bit 1 set, which ntdll
 * does not look at (registry_classes.c).
 */
#ifndef WINIPC_ADVAPI32_REGISTRY_H
#define WINIPC_ADVAPI32_REGISTRY_H

#include <windows.h>
#include <winternl.h>

#define CLASSES_TAG 2u

/* ---- registry_root.c ---- */

struct reg_key {
    HANDLE handle;
    BOOL is_classes; /* a view on the classes of both */
};

/* reg_key_of() - what a program's handle stands for.  Return: ERROR_SUCCESS, ERROR_INVALID_HANDLE, those of opening a predefined key. */
LSTATUS reg_key_of(HKEY key, struct reg_key *of);
BOOL reg_is_predefined(HKEY key);
LSTATUS reg_error(NTSTATUS status);

/* ---- registry_key.c ---- */

/* reg_open() - RegOpenKeyEx with REG_OPTION_OPEN_LINK.  An empty path opens the key once more, a predefined one too. */
LSTATUS reg_open(HKEY parent, const WCHAR *path, DWORD options, REGSAM access, HKEY *key);
/* reg_close() - for what reg_open() gave. */
void reg_close(HKEY key);
size_t reg_text_len(const WCHAR *text);
UNICODE_STRING reg_string(const WCHAR *text);
/* reg_name_fits() - whether a text's length can be told. */
BOOL reg_name_fits(const WCHAR *text);

/* ---- registry_classes.c ---- */

/* classes_other() - opens the key of the machine's classes that lies where this one lies in the user's, or the other way round.
 * Return: FALSE: there is none. */
BOOL classes_other(HANDLE handle, ACCESS_MASK access, HANDLE *other);
/* classes_open() - opens a key of the user's classes, else of the machine's. */
NTSTATUS classes_open(HANDLE parent, const WCHAR *path, ULONG options, ACCESS_MASK access, HANDLE *key);
/* classes_enumerate(), classes_enumerate_value() - as NtEnumerateKey and NtEnumerateValueKey, over both. */
NTSTATUS classes_enumerate(HANDLE handle, ULONG index, KEY_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used);
NTSTATUS classes_enumerate_value(HANDLE handle, ULONG index, KEY_VALUE_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used);
/* classes_count() - how many there are in both. */
void classes_count(HANDLE handle, KEY_FULL_INFORMATION *info);

/* ---- registry_value.c ---- */

/* A value, for reg_data_free(). */
struct reg_data {
    DWORD type, size;
    BYTE *data; /* with room for two NULs behind */
    void *memory;
    WCHAR *name; /* of one that was enumerated */
    DWORD name_len;
};

LSTATUS reg_data_read(HKEY key, const WCHAR *name, struct reg_data *value);
LSTATUS reg_data_enumerate(HKEY key, DWORD index, struct reg_data *value);
void reg_data_free(struct reg_data *value);
/* reg_data_ansi() - turns texts into the ANSI code page. */
LSTATUS reg_data_ansi(struct reg_data *value);
/* reg_data_give() - to a caller of RegQueryValueEx. */
LSTATUS reg_data_give(const struct reg_data *value, DWORD *type, void *data, DWORD *size);
BOOL reg_type_is_text(DWORD type);

/* ---- registry_ansi.c ---- */

/* reg_wide() - a W copy for free(); NULL stays NULL.  Return: FALSE: no memory. */
BOOL reg_wide(const char *text, WCHAR **wide);

#endif
