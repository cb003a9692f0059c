/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Environment blocks: "NAME=value" strings, each with its NUL, in the order of their upper-cased names, and one NUL more at the end.
 * A name may begin with '=' ("=C:" keeps a drive's current folder), so the '=' that ends a name is looked for from its second character.
 */
#ifndef WINIPC_NTDLL_ENV_H
#define WINIPC_NTDLL_ENV_H

#include <windows.h>
#include <winternl.h>

/* Length in characters, the final NUL included (an empty block has two NULs, as Windows makes it). */
size_t env_block_len(const WCHAR *block);

/* The length of an entry's name. */
size_t env_name_len(const WCHAR *entry);

/* <0, 0 or >0 as two names sort. */
int env_name_compare(const WCHAR *a, size_t a_len, const WCHAR *b, size_t b_len);

/* Blocks that a Linux process was started with, and is started with; both malloc'ed, NULL when there is no memory. */
WCHAR *env_from_unix(char *const *environ, size_t *size_bytes);
char **env_to_unix(const WCHAR *block);

#endif
