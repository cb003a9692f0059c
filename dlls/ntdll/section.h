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

#endif
