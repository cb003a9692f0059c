/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of a folder without regard to case (case_cache.c). */
#ifndef WINIPC_NTDLL_CASE_CACHE_H
#define WINIPC_NTDLL_CASE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

#define CASE_NAME_MAX 256

enum case_found { CASE_NO_FOLDER, CASE_NO_NAME, CASE_FOUND };

/* case_cache_find() - looks in the folder @path for @name in whatever case.
 * @making: what is not there will be made: then it may be that somebody else has made it at this very moment.
 * @spelled: receives its spelling on the disk, CASE_NAME_MAX bytes.  Return: CASE_NO_FOLDER: it is not there, or cannot be read. */
enum case_found case_cache_find(const char *path, const WCHAR *name, size_t n, bool making, char *spelled);
/* case_cache_made() - this process has made the file @path. */
void case_cache_made(const char *path);

#endif
