/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections (NT): a file, or zeroed memory, that can be mapped.  So far without names and without images.  Size and protection are in the
 * cell, the descriptor in the table of files, so that it goes with the handle into other processes.
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include "dlls/ntdll/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/security.h"
#include "dlls/ntdll/virtual.h"

struct view {
    struct view *next;
    char *base;
    size_t size;
};

static pthread_mutex_t view_lock = PTHREAD_MUTEX_INITIALIZER;
static struct view *views;

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

/* The descriptor behind a new section: the file's own once more, or new memory.  Return: fd, or -1 with *status. */
static int section_open(HANDLE file_handle, ULONG protect, uint64_t *size, NTSTATUS *status) {
    const bool writes = protect == PAGE_READWRITE || protect == PAGE_EXECUTE_READWRITE;
    struct file *file;
    struct stat about;
    int fd;

    if (!file_handle) {
        fd = memfd_create("winipc-section", MFD_CLOEXEC);
        *status = *size ? STATUS_NO_MEMORY : STATUS_INVALID_PARAMETER_4;
        if (fd >= 0 && (!*size || ftruncate(fd, (off_t)*size))) {
            close(fd);
            return -1;
        }
        return fd;
    }
    file = file_from_handle(file_handle, FILE_READ_DATA | FILE_WRITE_DATA, NULL, status);
    if (!file)
        return -1;
    fd = file->kind == FILE_KIND_DISK ? fcntl(file->fd, F_DUPFD_CLOEXEC, 3) : -1;
    *status = file->kind == FILE_KIND_DISK ? STATUS_TOO_MANY_OPENED_FILES : STATUS_INVALID_FILE_FOR_SECTION;
    file_put(file);
    if (fd < 0 || fstat(fd, &about))
        return fd;
    *status = STATUS_SUCCESS;
    if (!*size && !about.st_size)
        *status = STATUS_MAPPED_FILE_SIZE_ZERO;
    else if (!*size)
        *size = (uint64_t)about.st_size;
    else if (*size > (uint64_t)about.st_size && (!writes || ftruncate(fd, (off_t)*size)))
        *status = writes ? STATUS_DISK_FULL : STATUS_SECTION_TOO_BIG;
    if (writes && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR)
        *status = STATUS_ACCESS_DENIED;
    if (!*status)
        return fd;
    close(fd);
    return -1;
}

/**
 * NtCreateSection() - makes a section of a file (or, without one, of zeroed memory).
 * @maximum: bytes; NULL or 0: the file's size.  A larger one lets a writable file grow.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PAGE_PROTECTION, STATUS_MAPPED_FILE_SIZE_ZERO, STATUS_SECTION_TOO_BIG, STATUS_ACCESS_DENIED,
 * STATUS_INVALID_FILE_FOR_SECTION, STATUS_NOT_SUPPORTED (a name, an image, large pages: not there yet).
 */
NTSTATUS WINAPI NtCreateSection(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const LARGE_INTEGER *maximum,
    ULONG protect, ULONG flags, HANDLE file) {
    uint64_t size = maximum ? (uint64_t)maximum->QuadPart : 0;
    NTSTATUS status;
    uint32_t cell;
    int fd;

    *handle = NULL;
    if (virtual_linux_protection(protect & 0xff) < 0 || protect == PAGE_NOACCESS)
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((attributes && attributes->ObjectName && attributes->ObjectName->Length) || flags & (SEC_IMAGE | SEC_RESERVE | SEC_LARGE_PAGES))
        return STATUS_NOT_SUPPORTED;
    fd = section_open(file, protect, &size, &status);
    if (fd < 0)
        return status;
    cell = cell_make(CELL_SECTION);
    if (cell == NO_CELL) {
        close(fd);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    cell_at(cell)->section.size = size;
    cell_at(cell)->section.protect = protect;
    status = section_adopt(cell, fd);
    if (status) {
        cell_free(cell);
        close(fd);
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

static NTSTATUS view_note(char *base, size_t size, ULONG protect) {
    struct view *view = malloc(sizeof *view);

    if (!view)
        return STATUS_NO_MEMORY;
    pthread_mutex_lock(&view_lock);
    *view = (struct view){views, base, size};
    views = view;
    pthread_mutex_unlock(&view_lock);
    return virtual_register(base, size, MEM_MAPPED, protect);
}

static ACCESS_MASK view_access(ULONG protect) {
    switch (protect) {
    case PAGE_READWRITE: return SECTION_MAP_READ | SECTION_MAP_WRITE;
    case PAGE_EXECUTE: return SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY: return SECTION_MAP_READ | SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE_READWRITE: return SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE;
    default: return SECTION_MAP_READ;
    }
}

/* Whether a section may be seen so; *length: bytes of the view, 0 is to the end. */
static NTSTATUS view_check(const struct cell *section, const void *base, uint64_t start, ULONG protect, size_t *length) {
    const uint64_t size = section->section.size;
    const ULONG most = section->section.protect;

    if (start & (VIRTUAL_GRANULE - 1) || (ULONG_PTR)base & (VIRTUAL_GRANULE - 1))
        return STATUS_MAPPED_ALIGNMENT;
    if (start >= size || *length > size - start)
        return STATUS_INVALID_VIEW_SIZE;
    if ((protect == PAGE_READWRITE || protect == PAGE_EXECUTE_READWRITE) &&
        (most == PAGE_READONLY || most == PAGE_EXECUTE_READ || most == PAGE_WRITECOPY))
        return STATUS_SECTION_PROTECTION;
    *length = ((*length ? *length : size - start) + VIRTUAL_PAGE - 1) & ~(size_t)(VIRTUAL_PAGE - 1);
    return STATUS_SUCCESS;
}

static NTSTATUS view_map(int fd, void **base, uint64_t start, size_t length, ULONG protect) {
    const bool private = protect == PAGE_WRITECOPY || protect == PAGE_EXECUTE_WRITECOPY;
    const int linux_protection = virtual_linux_protection(protect);
    char *place = virtual_reserve(*base, length);
    NTSTATUS status;

    if (!place)
        return *base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    if (mmap(place, length, linux_protection, (private ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED, fd, (off_t)start) == MAP_FAILED)
        status = errno == EACCES ? STATUS_SECTION_PROTECTION : STATUS_NO_MEMORY;
    else
        status = view_note(place, length, protect);
    if (status)
        munmap(place, length);
    else
        *base = place;
    return status;
}

/**
 * NtMapViewOfSection() - maps a part of a section into this process.
 * @offset: bytes, a multiple of 64 KiB.  @size: bytes; 0: to the end.  @protect: PAGE_*; PAGE_WRITECOPY gives pages of one's own.
 * Return: STATUS_SUCCESS, STATUS_INVALID_VIEW_SIZE, STATUS_MAPPED_ALIGNMENT, STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY,
 * STATUS_SECTION_PROTECTION, STATUS_ACCESS_DENIED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_NOT_SUPPORTED (another
 * process).
 */
NTSTATUS WINAPI NtMapViewOfSection(HANDLE handle, HANDLE process, void **base, ULONG_PTR zero_bits, SIZE_T commit,
    const LARGE_INTEGER *offset, SIZE_T *size, SECTION_INHERIT inherit, ULONG type, ULONG protect) {
    const uint64_t start = offset ? (uint64_t)offset->QuadPart : 0;
    struct wait_object object;
    NTSTATUS status = object_lookup(handle, CELL_SECTION, view_access(protect), &object);
    struct file *file;
    size_t length = *size;

    (void)zero_bits, (void)commit, (void)inherit, (void)type;
    if (status)
        return status;
    if (process != NtCurrentProcess())
        return STATUS_NOT_SUPPORTED;
    status = view_check(cell_at(object.cell), *base, start, protect, &length);
    if (status)
        return status;
    file = file_of_cell(object.cell, object.state);
    if (!file)
        file = file_materialise(handle, object.cell);
    if (!file)
        return STATUS_INVALID_HANDLE;
    status = view_map(file->fd, base, start, length, protect);
    file_put(file);
    if (!status)
        *size = length;
    return status;
}

/**
 * NtUnmapViewOfSection() - takes a view away; any address in it names it.
 * Return: STATUS_SUCCESS, STATUS_NOT_MAPPED_VIEW.
 */
NTSTATUS WINAPI NtUnmapViewOfSection(HANDLE process, void *address) {
    struct view found = {.base = NULL};

    if (process != NtCurrentProcess())
        return STATUS_NOT_SUPPORTED;
    pthread_mutex_lock(&view_lock);
    for (struct view **place = &views; *place; place = &(*place)->next) {
        struct view *view = *place;

        if ((char *)address < view->base || (char *)address >= view->base + view->size)
            continue;
        found = *view;
        *place = view->next;
        free(view);
        break;
    }
    pthread_mutex_unlock(&view_lock);
    if (!found.base)
        return STATUS_NOT_MAPPED_VIEW;
    virtual_unregister(found.base);
    munmap(found.base, found.size);
    return STATUS_SUCCESS;
}

/**
 * NtFlushVirtualMemory() - writes a view's changed pages to the file.
 * Return: STATUS_SUCCESS, STATUS_NOT_MAPPED_VIEW.
 */
NTSTATUS WINAPI NtFlushVirtualMemory(HANDLE process, const void **address, SIZE_T *size, ULONG unknown) {
    NTSTATUS status = STATUS_NOT_MAPPED_VIEW;

    (void)unknown;
    if (process != NtCurrentProcess())
        return STATUS_NOT_SUPPORTED;
    pthread_mutex_lock(&view_lock);
    for (struct view *view = views; view; view = view->next) {
        if ((const char *)*address < view->base || (const char *)*address >= view->base + view->size)
            continue;
        msync(view->base, view->size, MS_ASYNC);
        if (!*size)
            *size = (SIZE_T)(view->base + view->size - (const char *)*address);
        status = STATUS_SUCCESS;
    }
    pthread_mutex_unlock(&view_lock);
    return status;
}
