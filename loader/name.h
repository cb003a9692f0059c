/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Module names: 16-bit strings that compare without regard to ASCII case (name.c). */
#ifndef WINIPC_LOADER_NAME_H
#define WINIPC_LOADER_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <windows.h>
#include <winternl.h>

WCHAR name_lower(WCHAR c);
bool name_equal(const WCHAR *a, const WCHAR *b);
bool name_equal_counted(const UNICODE_STRING *a, const WCHAR *b);
const WCHAR *name_base(const WCHAR *path); /* what follows the last \, / or : */
bool name_has_path(const WCHAR *name);

/* name as LoadLibrary reads it: ".dll" added where it has no extension, a last "." dropped; false when it is too long. */
bool name_complete(const WCHAR *name, WCHAR *out, size_t out_len);

/* The base name in lower case, without ".dll", for our own DLLs; "" when it has characters that no such name has. */
void name_plain(const WCHAR *path, char *out, size_t out_len);

/* Fills a malloced, terminated UNICODE_STRING; false: no memory. */
bool name_set(UNICODE_STRING *to, const WCHAR *from);

#endif
