/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Change notifications of directories: what NtNotifyChangeDirectoryFile stands on. */
#ifndef WINIPC_NTDLL_NOTIFY_H
#define WINIPC_NTDLL_NOTIFY_H

#include "dlls/ntdll/file.h"

/* ---- notify.c: requests ---- */

/* notify_cancel() - as file_ops.cancel, for a directory. */
NTSTATUS notify_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread);
/* notify_cancel_thread() - the calling thread ends: what it has asked for is cancelled, but on directories that have a completion port. */
void notify_cancel_thread(void);
/* notify_unlink() - the last handle of this process is closed: what is pending ends, nothing is watched any more. */
void notify_unlink(struct file *file);

/* ---- notify_watch.c: what inotify tells, as FILE_NOTIFY_INFORMATION ---- */

struct notify_watch {
    int wd;
    char *path; /* from the directory, without a slash at its beginning or end; "" is the directory itself */
};

struct notify_tree {
    int inotify_fd;
    ULONG filter; /* FILE_NOTIFY_CHANGE_* */
    bool subtree;
    char root[4096];
    struct notify_watch *watches;
    size_t n_watches, max_watches;
    BYTE *records;               /* what nobody has asked for yet */
    ULONG n_records, size, last; /* bytes; the place of the last one */
    bool overflow;               /* more happened than that holds */
};

/* notify_tree_open() - begins to watch the directory @fd.  @size: bytes of records that are kept.  Return: 0 or -errno.
 */
int notify_tree_open(struct notify_tree *tree, int fd, ULONG filter, bool subtree, ULONG size);
void notify_tree_close(struct notify_tree *tree);
/* notify_tree_read() - takes all that inotify has told. */
void notify_tree_read(struct notify_tree *tree);

#endif
