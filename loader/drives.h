/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The paths of images between DOS and Linux: a program's own, its DLLs', the folders where these are looked for (drives.c). */
#ifndef WINIPC_LOADER_DRIVES_H
#define WINIPC_LOADER_DRIVES_H

#include <windows.h>

/* An absolute Linux path as X:\...; malloced, NULL: no memory. */
WCHAR *drive_unix_to_dos(const char *unix_path);

/* The Linux path of X:\..., or of \... on the current drive or relative to the current folder; malloced, NULL: no such
 * drive or no memory.  The file need not be there: then only the folders that are there decide about case. */
char *drive_dos_to_unix(const WCHAR *dos_path);

/* folder/name as a malloced path when such a file is there, whatever its case; NULL otherwise. */
char *drive_find_in(const char *folder, const char *name);

#endif
