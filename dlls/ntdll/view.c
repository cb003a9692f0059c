/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Views: what of a section is mapped into a process.  A view is a plain shared mapping; that it is there stands in the
 * table of allocations (virtual.c), as MEM_MAPPED.  It needs the section's handle no more once it is made.
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include "dlls/ntdll/section.h"

#include <errno.h>
#include <sys/mman.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/virtual.h"

#define VIEW_TYPES (MEM_TOP_DOWN | MEM_RESERVE)

/* The rights that the section's handle must have. */
static ACCESS_MASK view_access(ULONG protect) {
    return (protect_writes(protect) ? SECTION_MAP_WRITE : SECTION_MAP_READ) |
           (protect_executes(protect) ? SECTION_MAP_EXECUTE : 0);
}

/* Where a view lies in its section. */
struct view_plan {
    uint64_t start;
    size_t length; /* bytes; 0: to the end */
    ULONG protect;
};

/* Whether a section may be seen so; fills in what was left open. */
static NTSTATUS view_check(const struct cell *section, const void *base, struct view_plan *plan) {
    const uint64_t size = section->section.size;
    const ULONG most = section->section.protect;

    if (plan->start & (VIRTUAL_GRANULE - 1) || (ULONG_PTR)base & (VIRTUAL_GRANULE - 1))
        return STATUS_MAPPED_ALIGNMENT;
    if (plan->start >= size || plan->length > section_page_up(size) - plan->start)
        return STATUS_INVALID_VIEW_SIZE;
    if ((protect_writes(plan->protect) && !protect_writes(most)) ||
        (protect_executes(plan->protect) && !protect_executes(most)))
        return STATUS_SECTION_PROTECTION;
    plan->length = section_page_up(plan->length ? plan->length : size - plan->start);
    plan->protect |= (section->section.flags & SEC_NOCACHE ? PAGE_NOCACHE : 0) |
                     (section->section.flags & SEC_WRITECOMBINE ? PAGE_WRITECOMBINE : 0);
    return STATUS_SUCCESS;
}

/* Which pages of a section of reserved ones are committed. */
static NTSTATUS view_commits(
    const struct cell *section, int fd, const struct view_plan *plan, struct virtual_commits *commits) {
    const uint64_t size = section->section.size;

    *commits = (struct virtual_commits){.bits = NULL};
    if (!(section->section.flags & SEC_RESERVE))
        return STATUS_SUCCESS;
    commits->size = section_commit_bytes(size);
    commits->first_page = plan->start / VIRTUAL_PAGE;
    commits->bits = mmap(NULL, commits->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)section_page_up(size));
    return commits->bits == MAP_FAILED ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

static NTSTATUS view_map(const struct cell *section, int fd, void **base, const struct view_plan *plan) {
    const int flags = (protect_copies(plan->protect) ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED | MAP_NORESERVE;
    struct virtual_commits commits;
    NTSTATUS status = view_commits(section, fd, plan, &commits);
    const int protection = commits.bits ? PROT_NONE : virtual_linux_protection(plan->protect);
    char *place;

    if (status)
        return status;
    place = virtual_reserve(*base, plan->length);
    if (!place)
        status = *base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    else if (mmap(place, plan->length, protection, flags, fd, (off_t)plan->start) == MAP_FAILED)
        status = errno == EACCES ? STATUS_SECTION_PROTECTION : STATUS_NO_MEMORY;
    else
        status = virtual_register_view(place, plan->length, plan->protect, &commits);
    if (!status) {
        *base = place;
        return STATUS_SUCCESS;
    }
    if (place)
        munmap(place, plan->length);
    if (commits.bits)
        munmap(commits.bits, commits.size);
    return status;
}

/* Another process maps it itself, by a handle of its own. */
static NTSTATUS view_map_elsewhere(
    HANDLE section, HANDLE process, uint32_t target, void **base, const struct view_plan *plan, SIZE_T *size) {
    uint64_t argument[REMOTE_ARGUMENTS] = {0, (uintptr_t)*base, plan->start, *size, plan->protect};
    HANDLE theirs = NULL;
    NTSTATUS status =
        NtDuplicateObject(NtCurrentProcess(), section, process, &theirs, view_access(plan->protect), 0, 0);

    if (status)
        return status;
    argument[0] = (uintptr_t)theirs;
    status = remote_call(target, REMOTE_MAP, argument);
    NtDuplicateObject(process, theirs, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE);
    if (status)
        return status;
    *base = (void *)argument[1];
    *size = argument[3];
    return STATUS_SUCCESS;
}

static NTSTATUS view_check_arguments(ULONG_PTR zero_bits, SECTION_INHERIT inherit, ULONG type, ULONG protect) {
    if (zero_bits > 21 && zero_bits < 32)
        return STATUS_INVALID_PARAMETER_4;
    if (inherit != ViewShare && inherit != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (type & ~(ULONG)VIEW_TYPES)
        return STATUS_INVALID_PARAMETER_9;
    if (virtual_linux_protection(protect) < 0 || protect & PAGE_GUARD)
        return STATUS_INVALID_PAGE_PROTECTION;
    return STATUS_SUCCESS;
}

/**
 * NtMapViewOfSection() - maps a part of a section into a process.
 * @process: needs PROCESS_VM_OPERATION.  @base: in: where, a multiple of 64 KiB, or NULL; out: where.  @offset: bytes,
 * a multiple of 64 KiB.  @size: in: bytes, 0: to the end; out: rounded up to pages.  @inherit: no child ever gets it.
 * @protect: PAGE_*; PAGE_WRITECOPY gives pages of one's own. Return: STATUS_SUCCESS, STATUS_INVALID_VIEW_SIZE,
 * STATUS_MAPPED_ALIGNMENT, STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY, STATUS_SECTION_PROTECTION,
 * STATUS_ACCESS_DENIED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_INVALID_PARAMETER_4
 * (@zero_bits), _8 (@inherit), _9 (@type), STATUS_INVALID_PAGE_PROTECTION, STATUS_NOT_SUPPORTED (a native program's
 * process). Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwmapviewofsection
 */
NTSTATUS WINAPI NtMapViewOfSection(HANDLE handle, HANDLE process, void **base, ULONG_PTR zero_bits, SIZE_T commit,
    const LARGE_INTEGER *offset, SIZE_T *size, SECTION_INHERIT inherit, ULONG type, ULONG protect) {
    struct view_plan plan = {offset ? (uint64_t)offset->QuadPart : 0, *size, protect};
    NTSTATUS status = view_check_arguments(zero_bits, inherit, type, protect);
    struct file *file;
    uint32_t cell, target = arena_process;

    (void)commit;
    if (!status)
        status = process_slot_of(process, PROCESS_VM_OPERATION, &target);
    if (status)
        return status;
    file = section_file(handle, view_access(protect), &cell, &status);
    if (!file)
        return status;
    status = view_check(cell_at(cell), *base, &plan);
    if (!status && target == arena_process) {
        status = view_map(cell_at(cell), file->fd, base, &plan);
        if (!status)
            *size = plan.length;
    } else if (!status) {
        plan.protect = protect;
        status = view_map_elsewhere(handle, process, target, base, &plan, size);
    }
    file_put(file);
    return status;
}

/**
 * NtUnmapViewOfSection() - takes a view away; any address in it names it.
 * Return: STATUS_SUCCESS, STATUS_NOT_MAPPED_VIEW, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED.
 */
NTSTATUS WINAPI NtUnmapViewOfSection(HANDLE process, void *address) {
    uint64_t argument[REMOTE_ARGUMENTS] = {(uintptr_t)address};
    struct virtual_commits commits;
    uint32_t target;
    size_t size;
    void *base;
    NTSTATUS status = process_slot_of(process, PROCESS_VM_OPERATION, &target);

    if (status)
        return status;
    if (target != arena_process)
        return remote_call(target, REMOTE_UNMAP, argument);
    if (!virtual_unregister_view(address, &base, &size, &commits))
        return STATUS_NOT_MAPPED_VIEW;
    munmap(base, size);
    if (commits.bits)
        munmap(commits.bits, commits.size);
    return STATUS_SUCCESS;
}

/**
 * NtUnmapViewOfSectionEx() - the same; @flags: 0, for there are no placeholders.
 * Return: STATUS_INVALID_PARAMETER_3, and the above.
 */
NTSTATUS WINAPI NtUnmapViewOfSectionEx(HANDLE process, void *address, ULONG flags) {
    return flags ? STATUS_INVALID_PARAMETER_3 : NtUnmapViewOfSection(process, address);
}

/**
 * NtFlushVirtualMemory() - writes a view's changed pages to the file; does not wait for the disk.
 * @address: in and out; rounded down to a page.  @size: bytes; 0: to the view's end.
 * Return: STATUS_SUCCESS, STATUS_NOT_MAPPED_VIEW, STATUS_NOT_SUPPORTED (another process).
 */
NTSTATUS WINAPI NtFlushVirtualMemory(HANDLE process, const void **address, SIZE_T *size, ULONG unknown) {
    const uintptr_t start = (uintptr_t)*address & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    uintptr_t base, end;

    (void)unknown;
    if (process != NtCurrentProcess())
        return STATUS_NOT_SUPPORTED;
    if (!virtual_find_view(start, &base, &end) || *size > end - start)
        return STATUS_NOT_MAPPED_VIEW;
    if (*size)
        end = start + section_page_up(*size);
    if (msync((void *)start, end - start, MS_ASYNC))
        return STATUS_NOT_MAPPED_VIEW;
    *address = (const void *)start;
    *size = end - start;
    return STATUS_SUCCESS;
}
