/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Windows keeps of a file and Linux does not (file_attributes.c). */
#ifndef WINIPC_NTDLL_FILE_ATTRIBUTES_H
#define WINIPC_NTDLL_FILE_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

#define KEPT_ATTRIBUTES                                                                                                          \
    (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | \
        FILE_ATTRIBUTE_NOT_CONTENT_INDEXED | FILE_ATTRIBUTE_SPARSE_FILE)
/* Those of them that a program sets as it likes; FSCTL_SET_SPARSE is the way to the other. */
#define SET_ATTRIBUTES (KEPT_ATTRIBUTES & ~FILE_ATTRIBUTE_SPARSE_FILE)

struct kept_attributes {
    bool there;
    ULONG attributes; /* KEPT_ATTRIBUTES */
    LONGLONG created; /* 0: as Linux says */
};

/* attributes_default() - of a file or directory of which nothing is kept. */
ULONG attributes_default(const char *name, bool directory);
/* attributes_read() - @directory_fd, @name: as for file_stat_at; @device: where it lies. */
void attributes_read(int directory_fd, const char *name, uint64_t device, struct kept_attributes *kept);
/* attributes_write() - of the open file @fd; if it is as @standard says nothing is kept.
 * Return: 0, or -errno; where the file system keeps no such things they are lost. */
int attributes_write(int fd, const struct kept_attributes *kept, ULONG standard);

#endif
