/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listing what is in a directory, on a disk or of pipes: the picture that a handle's first query takes, and where it
 * comes from. */
#ifndef WINIPC_NTDLL_DIRECTORY_SCAN_H
#define WINIPC_NTDLL_DIRECTORY_SCAN_H

#include "dlls/ntdll/file.h"
#include "dlls/ntdll/file_stat.h"

struct scan_name {
    WCHAR *name;
    USHORT n;         /* units */
    uint32_t cell;    /* of a pipe; else 0 */
    char unix_name[]; /* of a file; else empty; and the name in units behind it */
};

struct directory_source {
    /* Adds all names, in their order. */
    NTSTATUS (*fill)(struct file *file, struct directory_scan *scan);
    /* What an entry tells.  Return: false when it is gone. */
    bool (*stat)(struct file *file, const struct scan_name *name, struct file_stat *st);
};

/* directory_scan_add() - adds a name, if the mask wants it.  Return: STATUS_SUCCESS, STATUS_NO_MEMORY. */
NTSTATUS directory_scan_add(
    struct directory_scan *scan, const WCHAR *units, size_t n, const char *unix_name, uint32_t cell);

/* directory_query() - NtQueryDirectoryFile of a directory of that kind. */
NTSTATUS directory_query(struct file *file, const struct directory_source *source, FILE_INFORMATION_CLASS class,
    void *data, ULONG size, const UNICODE_STRING *mask, bool single, bool restart, ULONG_PTR *information);

#endif
