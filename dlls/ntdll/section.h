/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections: what section.c (the objects) and view.c (what is mapped of them) share. */
#ifndef WINIPC_NTDLL_SECTION_H
#define WINIPC_NTDLL_SECTION_H

#include "dlls/ntdll/file.h"
#include "dlls/ntdll/virtual.h"

/* section_file() - what holds the descriptor of a section that a handle names, with a reference.
 * @access: SECTION_MAP_*, SECTION_QUERY…  @cell: receives the section's cell.
 * Return: NULL with *status: STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. */
struct file *section_file(HANDLE handle, ACCESS_MASK access, uint32_t *cell, NTSTATUS *status);

static inline uint64_t section_page_up(uint64_t size) {
    return (size + VIRTUAL_PAGE - 1) & ~(uint64_t)(VIRTUAL_PAGE - 1);
}

/* section_commit_bytes() - a section of reserved pages (SEC_RESERVE) keeps in its memory which are committed: behind its
 * own @size bytes, a bit a page.  Return: how many bytes that takes. */
static inline uint64_t section_commit_bytes(uint64_t size) {
    return section_page_up((section_page_up(size) / VIRTUAL_PAGE + 7) / 8);
}

/* section_image_check() - whether a file is an image; the @size that it has in memory.  Return: STATUS_SUCCESS, STATUS_INVALID_IMAGE_…,
 * STATUS_MAPPED_FILE_SIZE_ZERO.
 * section_image_map() - maps it, at *base unless that is NULL.  @flags: SEC_NOCACHE: nothing of it shall run (SEC_IMAGE_NO_EXECUTE).
 * Return: STATUS_SUCCESS, STATUS_IMAGE_NOT_AT_BASE (a success), STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY, STATUS_INVALID_IMAGE_FORMAT.
 * section_image_query() - what its headers say. */
NTSTATUS section_image_check(int fd, uint64_t *size);
NTSTATUS section_image_map(int fd, ULONG flags, void **base, SIZE_T *size);
NTSTATUS section_image_query(int fd, SECTION_IMAGE_INFORMATION *about);

/* section_shm_wanted() - whether the memory of a new section of that name is to be a file that Linux programs find (libs/base/shm_view.h).
 * section_shm_open() - makes the file, under a name of no section.  Return: its descriptor, or -1 with errno.
 * section_shm_publish() - gives it the section's name; says on stderr if that cannot be.
 * section_shm_drop() - takes the file's name away: the section was not made. */
bool section_shm_wanted(const OBJECT_ATTRIBUTES *attributes);
int section_shm_open(void);
void section_shm_publish(int fd, const OBJECT_ATTRIBUTES *attributes);
void section_shm_drop(int fd);

#endif
