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

#ifndef MEM_UNMAP_WITH_TRANSIENT_BOOST
#define MEM_UNMAP_WITH_TRANSIENT_BOOST 1u /* the same as MEM_COALESCE_PLACEHOLDERS */
#endif
#define VIEW_TYPES (MEM_TOP_DOWN | MEM_RESERVE | MEM_REPLACE_PLACEHOLDER)

/* The rights that the section's handle must have. */
static ACCESS_MASK view_access(ULONG protect) {
    return (protect_writes(protect) ? SECTION_MAP_WRITE : SECTION_MAP_READ) |
           (protect_executes(protect) ? SECTION_MAP_EXECUTE : 0);
}

/* Where a view lies in its section. */
struct view_plan {
    uint64_t start;
    size_t length; /* bytes; 0: to the end */
    ULONG type, protect;
    struct virtual_range range;
};

/* Whether a section may be seen so; fills in what was left open. */
static NTSTATUS view_check(const struct cell *section, const void *base, struct view_plan *plan) {
    const uint64_t size = section->section.size;
    const ULONG most = section->section.protect;

    const bool is_image = section->section.flags & SEC_IMAGE;
    const ULONG_PTR align = plan->type & MEM_REPLACE_PLACEHOLDER ? VIRTUAL_PAGE : VIRTUAL_GRANULE;

    if (plan->start & (VIRTUAL_GRANULE - 1) || (ULONG_PTR)base & (align - 1))
        return STATUS_MAPPED_ALIGNMENT;
    if (plan->start >= size || plan->length > section_page_up(size) - plan->start)
        return STATUS_INVALID_VIEW_SIZE;
    if ((protect_writes(plan->protect) && !protect_writes(most)) ||
        (protect_executes(plan->protect) && !protect_executes(most)))
        return STATUS_SECTION_PROTECTION;
    if (is_image && (plan->start || (plan->length && section_page_up(plan->length) != size)))
        return STATUS_NOT_SUPPORTED; /* a part of an image */
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

/* A place of the address space, inaccessible. */
static void *view_place(void *base, const struct view_plan *plan) {
    if (plan->type & MEM_REPLACE_PLACEHOLDER)
        return base && virtual_placeholder_take(base, plan->length) ? base : NULL;
    if (base || (!plan->range.low && plan->range.limit >= VIRTUAL_LIMIT && !plan->range.align))
        return virtual_reserve(base, plan->length);
    return virtual_reserve_within(plan->length, &plan->range);
}

static void view_place_free(void *place, const struct view_plan *plan) {
    if (plan->type & MEM_REPLACE_PLACEHOLDER)
        virtual_placeholder_put(place, plan->length);
    else
        munmap(place, plan->length);
}

static NTSTATUS view_map(const struct cell *section, int fd, void **base, const struct view_plan *plan) {
    const int flags = (protect_copies(plan->protect) ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED | MAP_NORESERVE;
    struct virtual_commits commits;
    NTSTATUS status = view_commits(section, fd, plan, &commits);
    const int protection = commits.bits ? PROT_NONE : virtual_linux_protection(plan->protect);
    char *place;

    if (status)
        return status;
    place = view_place(*base, plan);
    if (!place)
        status = *base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    else if (mmap(place, plan->length, protection, flags, fd, (off_t)plan->start) == MAP_FAILED)
        status = errno == EACCES ? STATUS_SECTION_PROTECTION : STATUS_NO_MEMORY;
    else
        status = virtual_register_view(place, plan->length, plan->protect, &commits,
            (plan->type & MEM_REPLACE_PLACEHOLDER ? VIEW_REPLACED : 0) |
                (section->section.flags & SEC_FILE ? VIEW_OF_FILE : 0));
    if (!status) {
        *base = place;
        return STATUS_SUCCESS;
    }
    if (place)
        view_place_free(place, plan);
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

static NTSTATUS view_check_arguments(ULONG type, ULONG protect) {
    if (type & ~(ULONG)VIEW_TYPES)
        return STATUS_INVALID_PARAMETER_9;
    if (virtual_linux_protection(protect) < 0 || protect & PAGE_GUARD)
        return STATUS_INVALID_PAGE_PROTECTION;
    return STATUS_SUCCESS;
}

/* Maps into whatever process.  @size: out. */
static NTSTATUS view_map_into(HANDLE handle, HANDLE process, void **base, struct view_plan *plan, SIZE_T *size) {
    const ULONG protect = plan->protect;
    uint32_t cell, target = arena_process;
    NTSTATUS status = process_slot_of(process, PROCESS_VM_OPERATION, &target);
    struct file *file;

    if (status)
        return status;
    file = section_file(handle, view_access(protect), &cell, &status);
    if (!file)
        return status;
    status = view_check(cell_at(cell), *base, plan);
    if (!status && target == arena_process && cell_at(cell)->section.flags & SEC_IMAGE) {
        status = section_image_map(file->fd, cell_at(cell)->section.flags, base, size);
    } else if (!status && target == arena_process) {
        status = view_map(cell_at(cell), file->fd, base, plan);
        if (!status)
            *size = plan->length;
    } else if (!status) {
        plan->protect = protect;
        status = plan->type & MEM_REPLACE_PLACEHOLDER ? STATUS_NOT_SUPPORTED
                                                      : view_map_elsewhere(handle, process, target, base, plan, size);
    }
    file_put(file);
    return status;
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
    struct view_plan plan = {offset ? (uint64_t)offset->QuadPart : 0, *size, type, protect, {.limit = VIRTUAL_LIMIT}};
    NTSTATUS status = type & MEM_REPLACE_PLACEHOLDER ? STATUS_INVALID_PARAMETER_9 : view_check_arguments(type, protect);

    (void)commit;
    if (zero_bits > 21 && zero_bits < 32)
        return STATUS_INVALID_PARAMETER_4;
    if (inherit != ViewShare && inherit != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    return status ? status : view_map_into(handle, process, base, &plan, size);
}

/**
 * NtMapViewOfSectionEx() - the same; also in a placeholder's place, or in a part of the address space.
 * @type: MEM_REPLACE_PLACEHOLDER: @base and @size are a placeholder's.  @parameters: as of NtAllocateVirtualMemoryEx.
 * Return: as NtMapViewOfSection; STATUS_CONFLICTING_ADDRESSES (no such placeholder), STATUS_INVALID_PARAMETER,
 * STATUS_NOT_SUPPORTED (a placeholder of another process). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-mapviewoffile3
 */
NTSTATUS WINAPI NtMapViewOfSectionEx(HANDLE handle, HANDLE process, void **base, const LARGE_INTEGER *offset,
    SIZE_T *size, ULONG type, ULONG protect, MEM_EXTENDED_PARAMETER *parameters, ULONG count) {
    struct view_plan plan = {offset ? (uint64_t)offset->QuadPart : 0, *size, type, protect, {.limit = VIRTUAL_LIMIT}};
    NTSTATUS status = memory_range_read(parameters, count, *base, &plan.range);

    if (!status)
        status = view_check_arguments(type, protect);
    return status ? status : view_map_into(handle, process, base, &plan, size);
}

/**
 * NtUnmapViewOfSection() - takes a view away; any address in it names it.
 * Return: STATUS_SUCCESS, STATUS_NOT_MAPPED_VIEW, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED.
 */
NTSTATUS WINAPI NtUnmapViewOfSection(HANDLE process, void *address) {
    return NtUnmapViewOfSectionEx(process, address, 0);
}

/* In this process. */
static NTSTATUS view_unmap(void *address, bool preserve) {
    struct virtual_commits commits;
    size_t size;
    void *base;

    if (!virtual_unregister_view(address, preserve, &base, &size, &commits))
        return preserve ? STATUS_CONFLICTING_ADDRESSES : STATUS_NOT_MAPPED_VIEW;
    if (!preserve || !virtual_placeholder_put(base, size))
        munmap(base, size);
    if (commits.bits)
        munmap(commits.bits, commits.size);
    return STATUS_SUCCESS;
}

/**
 * NtUnmapViewOfSectionEx() - the same.
 * @flags: 0, or MEM_PRESERVE_PLACEHOLDER: the placeholder is there again whose place the view has taken.
 * Return: the above; STATUS_INVALID_PARAMETER_3, STATUS_CONFLICTING_ADDRESSES (there was no placeholder),
 * STATUS_NOT_SUPPORTED (another process).
 */
NTSTATUS WINAPI NtUnmapViewOfSectionEx(HANDLE process, void *address, ULONG flags) {
    uint64_t argument[REMOTE_ARGUMENTS] = {(uintptr_t)address};
    uint32_t target;
    NTSTATUS status = process_slot_of(process, PROCESS_VM_OPERATION, &target);

    if (flags & ~(ULONG)(MEM_PRESERVE_PLACEHOLDER | MEM_UNMAP_WITH_TRANSIENT_BOOST))
        return STATUS_INVALID_PARAMETER_3;
    if (status)
        return status;
    if (target == arena_process)
        return view_unmap(address, flags & MEM_PRESERVE_PLACEHOLDER);
    return flags & MEM_PRESERVE_PLACEHOLDER ? STATUS_NOT_SUPPORTED : remote_call(target, REMOTE_UNMAP, argument);
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
