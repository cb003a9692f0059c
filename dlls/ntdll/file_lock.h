/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Byte-range locks of open files (file_lock.c). */
#ifndef WINIPC_NTDLL_FILE_LOCK_H
#define WINIPC_NTDLL_FILE_LOCK_H

#include "dlls/ntdll/file.h"

/* file_lock_allows() - whether nobody's lock forbids to read, or write, those bytes through @file.  @offset -1: at its position; -2: at its end. */
bool file_lock_allows(struct file *file, int64_t offset, uint64_t length, bool write_it);
/* file_lock_cancel() - as file_ops.cancel, for locks that are waited for. */
NTSTATUS file_lock_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread);
/* file_lock_cancel_thread() - the calling thread ends: so do its requests, but on files that have a completion port. */
void file_lock_cancel_thread(void);
/* file_lock_unlink() - the last handle of this process is closed. */
void file_lock_unlink(struct file *file);

#endif
