/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections (NT): a file, or zeroed memory, that can be mapped; what is mapped of them is view.c's matter.
 *
 * Size, protection and SEC_* flags are in the cell, for all processes.  The memory is a memfd, sealed so that nobody can make it shorter
 * under another's views, or the file's own descriptor once more; it lies in the table of files, so that it goes with the handle into other
 * processes.  Of a named section the server keeps it as well, and gives it to who opens it, in one request.
 *
 * As in NT the name lives as long as a handle does, the memory as long as a handle or a view.
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include "dlls/ntdll/section.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "dlls/ntdll/attributes.h"
#include "dlls/ntdll/named.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/security.h"
#include "dlls/ntdll/virtual.h"
#include "libs/base/shm_view.h"
#include "libs/host/guard.h"
#include "libs/protocol/client.h"

#define MEMORY_SURE (16u << 20) /* bytes that every machine has */
#define SECTION_FLAGS (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_NOCACHE | SEC_WRITECOMBINE | SEC_FILE)

/* No operation of files reaches a section: its handle is of another type. */
static const struct file_ops section_ops = {.read = file_no_io, .write = file_no_io, .flush = file_no_io, .fsctl = file_no_io,
    .ioctl = file_no_io, .query = file_no_query, .set = file_no_set, .query_volume = file_no_query_volume,
    .query_directory = file_no_query_directory, .cancel = file_no_cancel, .unlink = file_no_close, .close = file_no_close};

NTSTATUS section_adopt(uint32_t cell, int fd) {
    struct file *file = file_new(FILE_KIND_NONE, &section_ops, fd, 0);
    bool done;

    if (!file)
        return STATUS_NO_MEMORY;
    done = file_install(file, cell);
    if (!done)
        file->fd = -1; /* still the caller's */
    file_put(file);
    return done ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

struct file *section_file(HANDLE handle, ACCESS_MASK access, uint32_t *cell, NTSTATUS *status) {
    struct wait_object object;
    struct file *file;

    *status = object_lookup(handle, CELL_SECTION, access, &object);
    if (*status)
        return NULL;
    *cell = object.cell;
    file = file_of_cell(object.cell, object.state);
    if (!file)
        file = file_materialise(handle, object.cell);
    if (!file)
        *status = STATUS_INVALID_HANDLE;
    return file;
}

/* ---- what is behind a new section ---- */

/* What NtCreateSection makes. */
struct section_plan {
    uint64_t size;
    ULONG protect; /* PAGE_*, PAGE_NOCACHE among them */
    ULONG flags;   /* SEC_* */
    int fd;
    bool shown; /* to Linux programs, in /dev/shm: of a size that they could change, for no seal can be on such a file */
};

/* Windows charges committed memory when the section is made; Linux when a page is touched, and kills for lack of it. */
static bool section_exceeds_memory(const struct section_plan *plan) {
    struct sysinfo info;

    if (plan->size < MEMORY_SURE || plan->flags & SEC_RESERVE || sysinfo(&info))
        return false;
    return plan->size / info.mem_unit > (uint64_t)info.totalram + info.totalswap;
}

static NTSTATUS section_open_memory(struct section_plan *plan) {
    uint64_t whole;

    if (!plan->size)
        return STATUS_INVALID_PARAMETER_4;
    if (plan->size > INT64_MAX / 2)
        return STATUS_SECTION_TOO_BIG;
    if (section_exceeds_memory(plan))
        return STATUS_COMMITMENT_LIMIT;
    plan->size = section_page_up(plan->size);
    whole = plan->size + (plan->flags & SEC_RESERVE ? section_commit_bytes(plan->size) : 0);
    plan->fd = plan->shown ? section_shm_open() : memfd_create("winipc-section", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (plan->fd < 0)
        return errno == EMFILE || errno == ENFILE ? STATUS_TOO_MANY_OPENED_FILES : STATUS_NO_MEMORY;
    if (ftruncate(plan->fd, (off_t)whole))
        return STATUS_NO_MEMORY;
    return !plan->shown && fcntl(plan->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ? STATUS_NO_MEMORY
                                                                                                   : STATUS_SUCCESS;
}

/* The size of a file's section; a file that may be written grows with it. */
static NTSTATUS section_fit_file(struct section_plan *plan) {
    struct stat about;

    if (fstat(plan->fd, &about))
        return status_from_errno(errno);
    if (!plan->size)
        plan->size = (uint64_t)about.st_size;
    if (!plan->size)
        return STATUS_MAPPED_FILE_SIZE_ZERO;
    if (plan->size <= (uint64_t)about.st_size)
        return STATUS_SUCCESS;
    if (!protect_writes(plan->protect))
        return STATUS_SECTION_TOO_BIG;
    return ftruncate(plan->fd, (off_t)plan->size) ? STATUS_DISK_FULL : STATUS_SUCCESS;
}

/* The rights to the file that a section of that protection takes. */
static ACCESS_MASK section_file_access(ULONG protect) {
    return FILE_READ_DATA | (protect_writes(protect) ? FILE_WRITE_DATA : 0) | (protect_executes(protect) ? FILE_EXECUTE : 0);
}

static NTSTATUS section_open_file(struct section_plan *plan, HANDLE handle) {
    const ACCESS_MASK needed = section_file_access(plan->protect);
    ACCESS_MASK granted = 0;
    NTSTATUS status;
    struct file *file = file_from_handle(handle, 0, &granted, &status);

    if (!file)
        return status;
    if (file->kind != FILE_KIND_DISK)
        status = STATUS_INVALID_FILE_FOR_SECTION;
    else if ((granted & needed) != needed)
        status = STATUS_ACCESS_DENIED;
    else if ((plan->fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3)) < 0)
        status = STATUS_TOO_MANY_OPENED_FILES;
    file_put(file);
    if (status)
        return status;
    return plan->flags & SEC_IMAGE ? section_image_check(plan->fd, &plan->size) : section_fit_file(plan);
}

static bool protect_is_section(ULONG protect) {
    return virtual_linux_protection(protect) >= 0 && !(protect & ~0x6ffu) && (protect & 0xff) != PAGE_NOACCESS;
}

/* What may not be asked for, before anything is made. */
static NTSTATUS section_check(ULONG protect, ULONG flags, HANDLE file) {
    const ULONG kinds = flags & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE);

    if (!protect_is_section(protect))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (!kinds || kinds & (kinds - 1))
        return STATUS_INVALID_PARAMETER_6;
    if (flags & SEC_LARGE_PAGES)
        return file ? STATUS_INVALID_PARAMETER_6 : STATUS_PRIVILEGE_NOT_HELD;
    if (flags & SEC_IMAGE && !file)
        return STATUS_INVALID_FILE_FOR_SECTION;
    return flags & ~(ULONG)SECTION_FLAGS ? STATUS_INVALID_PARAMETER_6 : STATUS_SUCCESS;
}

/* ---- the object ---- */

static NTSTATUS section_insert(
    const struct section_plan *plan, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle) {
    const uint32_t cell = cell_make(CELL_SECTION);
    NTSTATUS status;

    if (cell == NO_CELL) {
        close(plan->fd);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    cell_at(cell)->section.size = plan->size;
    cell_at(cell)->section.protect = plan->protect;
    cell_at(cell)->section.flags = plan->flags;
    status = section_adopt(cell, plan->fd);
    if (status) {
        cell_free(cell);
        close(plan->fd);
        return status;
    }
    status = object_insert(cell, access, attributes, handle);
    if (!status)
        status = security_keep_new(cell, attributes);
    if (status && *handle) {
        NtClose(*handle);
        *handle = NULL;
    }
    return status;
}

/* The descriptor that an answer brought belongs to the section; if this process has one for it already, it is closed. */
static void section_take(uint32_t cell, int fd) {
    struct file *known = file_of_cell(cell, atomic_load(&cell_at(cell)->state));

    if (known)
        file_put(known);
    if (fd >= 0 && (known || section_adopt(cell, fd)))
        close(fd);
}

static NTSTATUS section_create_named(
    const struct section_plan *plan, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle) {
    struct named_request named;
    struct reply_object_create reply = {.fd = -1};
    NTSTATUS status = named_request_fill(&named, CELL_SECTION, access, attributes);

    if (!status) {
        named.request.word = plan->size;
        named.request.maximum = plan->protect | plan->flags | (plan->shown ? SHM_VIEW_FLAG : 0);
        named.request.fd = plan->fd;
        status = named_request_send(&named, attributes, &reply, handle);
    }
    if (plan->shown && status)
        section_shm_drop(plan->fd);
    if (NT_ERROR(status)) {
        close(plan->fd);
        return status;
    }
    if (status == STATUS_OBJECT_NAME_EXISTS) {
        close(plan->fd);
        section_take(reply.cell, reply.fd);
    } else {
        if (plan->shown)
            section_shm_publish(plan->fd, attributes);
        section_take(reply.cell, plan->fd);
    }
    return status;
}

/**
 * NtCreateSection() - makes a section of a file, or of zeroed memory; or opens the one of that name, if OBJ_OPENIF allows it.
 * @maximum: bytes; NULL or 0: the file's size.  A larger one lets a file grow that the section may write.
 * @protect: PAGE_*, the most that a view may have.  @flags: SEC_COMMIT, SEC_RESERVE, or of a file SEC_IMAGE or SEC_IMAGE_NO_EXECUTE; SEC_NOCACHE,
 * SEC_WRITECOMBINE.  @file: or NULL.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS (opened), STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_TYPE_MISMATCH,
 * STATUS_INVALID_PAGE_PROTECTION, STATUS_INVALID_PARAMETER_4 (no file and no size), STATUS_INVALID_PARAMETER_6, STATUS_COMMITMENT_LIMIT
 * (more than there is memory), STATUS_MAPPED_FILE_SIZE_ZERO, STATUS_SECTION_TOO_BIG, STATUS_ACCESS_DENIED,
 * STATUS_INVALID_FILE_FOR_SECTION, STATUS_PRIVILEGE_NOT_HELD (large pages), STATUS_INVALID_IMAGE_FORMAT, STATUS_INVALID_IMAGE_NOT_MZ,
 * STATUS_INVALID_IMAGE_WIN_64 (no image that runs here).
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntcreatesection
 */
NTSTATUS WINAPI NtCreateSection(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const LARGE_INTEGER *maximum,
    ULONG protect, ULONG flags, HANDLE file) {
    struct section_plan plan = {
        .size = maximum ? (uint64_t)maximum->QuadPart : 0, .protect = protect, .flags = file ? SEC_FILE | (flags & (SEC_IMAGE | SEC_IMAGE_NO_EXECUTE)) : flags, .fd = -1};
    struct attributes copy;
    NTSTATUS status = attributes_capture_for(handle, &copy, &attributes);

    if (!status)
        status = section_check(protect, flags, file);
    if (status)
        return status;
    plan.shown = !file && !(flags & SEC_RESERVE) && section_shm_wanted(attributes);
    status = file ? section_open_file(&plan, file) : section_open_memory(&plan);
    if (status) {
        if (plan.shown && plan.fd >= 0)
            section_shm_drop(plan.fd);
        if (plan.fd >= 0)
            close(plan.fd);
        return status;
    }
    if (attributes && attributes->ObjectName && attributes->ObjectName->Length)
        return section_create_named(&plan, access, attributes, handle);
    return section_insert(&plan, access, attributes, handle);
}

/**
 * NtOpenSection() - opens a named section.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED…
 */
NTSTATUS WINAPI NtOpenSection(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    uint32_t cell = NO_CELL;
    int fd = -1;
    struct attributes copy;
    NTSTATUS status = attributes_capture_for(handle, &copy, &attributes);

    if (status)
        return status;
    if (!attributes || !attributes->ObjectName)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    status = named_open_fd(handle, access, attributes, CELL_SECTION, &cell, &fd);
    if (!NT_ERROR(status))
        section_take(cell, fd);
    return status;
}

/**
 * NtExtendSection() - makes a file's section larger, and the file, if it is smaller.
 * @size: in: bytes; out: the section's size now.  A smaller one changes nothing.
 * Return: STATUS_SUCCESS, STATUS_SECTION_NOT_EXTENDED (no file's, or it may not be written; the disk is full), STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED (the handle lacks SECTION_EXTEND_SIZE), STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwopensection (SECTION_EXTEND_SIZE)
 */
NTSTATUS WINAPI NtExtendSection(HANDLE handle, LARGE_INTEGER *size) {
    LARGE_INTEGER wanted;
    struct stat about;
    struct file *file;
    uint32_t cell;
    NTSTATUS status;

    if (guard_copy_from(&wanted, size, sizeof wanted))
        return STATUS_ACCESS_VIOLATION;
    file = section_file(handle, SECTION_EXTEND_SIZE, &cell, &status);
    if (!file)
        return status;
    if (!(cell_at(cell)->section.flags & SEC_FILE) || !protect_writes(cell_at(cell)->section.protect) || wanted.QuadPart < 0 ||
        fstat(file->fd, &about))
        status = STATUS_SECTION_NOT_EXTENDED;
    else if (wanted.QuadPart > about.st_size && ftruncate(file->fd, wanted.QuadPart))
        status = STATUS_SECTION_NOT_EXTENDED;
    else if ((uint64_t)wanted.QuadPart > cell_at(cell)->section.size)
        cell_at(cell)->section.size = (uint64_t)wanted.QuadPart;
    wanted.QuadPart = (LONGLONG)cell_at(cell)->section.size;
    file_put(file);
    return !status && guard_copy_to(size, &wanted, sizeof wanted) ? STATUS_ACCESS_VIOLATION : status;
}

/**
 * NtQuerySection() - tells size and flags of a section.
 * @class: SectionBasicInformation; of images alone: SectionImageInformation.
 * Return: STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_SECTION_NOT_IMAGE, STATUS_ACCESS_DENIED (the
 * handle lacks SECTION_QUERY), STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwopensection (the object as such)
 */
NTSTATUS WINAPI NtQuerySection(HANDLE handle, SECTION_INFORMATION_CLASS class, void *data, SIZE_T size, SIZE_T *returned) {
    union {
        SECTION_BASIC_INFORMATION basic;
        SECTION_IMAGE_INFORMATION image;
    } answer = {.basic.BaseAddress = NULL};
    const SIZE_T length = class == SectionBasicInformation ? sizeof answer.basic : sizeof answer.image;
    const struct cell *cell;
    uint32_t index;
    struct file *file;
    NTSTATUS status;

    if (class != SectionBasicInformation && class != SectionImageInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (size < length)
        return STATUS_INFO_LENGTH_MISMATCH;
    file = section_file(handle, SECTION_QUERY, &index, &status);
    if (!file)
        return status;
    cell = cell_at(index);
    if (class == SectionBasicInformation) {
        answer.basic.Attributes = cell->section.flags & ~SHM_VIEW_FLAG;
        answer.basic.Size.QuadPart = (LONGLONG)cell->section.size;
    } else {
        status = cell->section.flags & SEC_IMAGE ? section_image_query(file->fd, &answer.image) : STATUS_SECTION_NOT_IMAGE;
    }
    file_put(file);
    if (!status && (guard_copy_to(data, &answer, length) || (returned && guard_copy_to(returned, &length, sizeof length))))
        return STATUS_ACCESS_VIOLATION;
    return status;
}
