/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What those who have one file open allow each other (file_share.c). */
#ifndef WINIPC_NTDLL_FILE_SHARE_H
#define WINIPC_NTDLL_FILE_SHARE_H

#include "dlls/ntdll/file.h"
#include "libs/arena/fcb.h"

/* file_share_open() - @file, which has its cell and its descriptor, joins those who have the file open.
 * @sharing: FILE_SHARE_*.  @empties: it is to be emptied.
 * Return: STATUS_SUCCESS, STATUS_SHARING_VIOLATION, STATUS_DELETE_PENDING, STATUS_RETRY (its name is gone by now),
 * STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS file_share_open(struct file *file, ACCESS_MASK access, ULONG sharing, bool empties);
/* file_share_any() - the same for one that was not opened by name, or nobody cares how: it allows everything.  Does nothing a second time. */
NTSTATUS file_share_any(struct file *file);
/* file_share_empty() - makes it empty. */
NTSTATUS file_share_empty(struct file *file);
NTSTATUS file_share_delete_on_close(struct file *file);
/* file_share_delete() - it is, or is not, to be deleted.  @path: by which name. */
NTSTATUS file_share_delete(struct file *file, enum fcb_deletion how, const char *path);

#endif
