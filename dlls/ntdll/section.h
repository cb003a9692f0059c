/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections: what section.c (the objects) and view.c (what is mapped of them) share. */
#ifndef WINIPC_NTDLL_SECTION_H
#define WINIPC_NTDLL_SECTION_H

#include "dlls/ntdll/file.h"

#define SECTION_PROTECT(protect) ((protect)&0xffu)

static inline bool protect_writes(ULONG protect) {
    return SECTION_PROTECT(protect) == PAGE_READWRITE || SECTION_PROTECT(protect) == PAGE_EXECUTE_READWRITE;
}

static inline bool protect_executes(ULONG protect) {
    return SECTION_PROTECT(protect) >= PAGE_EXECUTE;
}

/* section_file() - what holds the descriptor of a section that a handle names, with a reference.
 * @access: SECTION_MAP_*, SECTION_QUERY…  @cell: receives the section's cell.
 * Return: NULL with *status: STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. */
struct file *section_file(HANDLE handle, ACCESS_MASK access, uint32_t *cell, NTSTATUS *status);

/* section_bytes() - where in its memory a section of reserved pages (SEC_RESERVE) keeps which are committed: behind its
 * own
 * @size bytes, a bit a page.  section_commit_bytes(): how long that is. */
static inline uint64_t section_page_up(uint64_t size) {
    return (size + 0xfff) & ~(uint64_t)0xfff;
}

static inline uint64_t section_commit_bytes(uint64_t size) {
    return section_page_up((section_page_up(size) / 0x1000 + 7) / 8);
}

#endif
