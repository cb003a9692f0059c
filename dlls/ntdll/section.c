/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections (NT): a file, or zeroed memory, that can be mapped.  So far without names, without images, and for the process that made them:
 * a handle that came by inheritance has no descriptor here and answers STATUS_NOT_SUPPORTED.
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
#include "dlls/ntdll/virtual.h"

struct section {
    struct section *next;
    uint32_t cell;
    uint64_t state; /* of the cell: another one means that the section is gone */
    int fd;
    uint64_t size;
    ULONG protect;
};

struct view {
    struct view *next;
    char *base;
    size_t size;
};

static pthread_mutex_t section_lock = PTHREAD_MUTEX_INITIALIZER;
static struct section *sections;
static struct view *views;

/* Drops the sections whose last handle is closed.  Under the lock. */
static void sections_clean(void) {
    for (struct section **place = &sections; *place;) {
        struct section *old = *place;

        if (atomic_load(&winipc_arena->cell[old->cell].state) == old->state) {
            place = &old->next;
            continue;
        }
        *place = old->next;
        close(old->fd);
        free(old);
    }
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
    struct section *section;
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
    section = malloc(sizeof *section);
    cell = section ? cell_make(CELL_SECTION) : NO_CELL;
    status = cell == NO_CELL ? STATUS_INSUFFICIENT_RESOURCES : object_insert(cell, access, attributes, handle);
    if (status) {
        free(section);
        close(fd);
        return status;
    }
    pthread_mutex_lock(&section_lock);
    sections_clean();
    *section = (struct section){sections, cell, atomic_load(&winipc_arena->cell[cell].state), fd, size, protect};
    sections = section;
    pthread_mutex_unlock(&section_lock);
    return STATUS_SUCCESS;
}

static bool section_find(uint32_t cell, struct section *copy) {
    bool found = false;

    pthread_mutex_lock(&section_lock);
    for (struct section *section = sections; section && !found; section = section->next) {
        found = section->cell == cell && atomic_load(&winipc_arena->cell[cell].state) == section->state;
        if (found)
            *copy = *section;
    }
    pthread_mutex_unlock(&section_lock);
    return found;
}

static NTSTATUS view_note(char *base, size_t size, ULONG protect) {
    struct view *view = malloc(sizeof *view);

    if (!view)
        return STATUS_NO_MEMORY;
    pthread_mutex_lock(&section_lock);
    *view = (struct view){views, base, size};
    views = view;
    pthread_mutex_unlock(&section_lock);
    return virtual_register(base, size, MEM_MAPPED, protect);
}

/**
 * NtMapViewOfSection() - maps a part of a section into this process.
 * @offset: bytes, a multiple of 64 KiB.  @size: bytes; 0: to the end.  @protect: PAGE_*; PAGE_WRITECOPY gives pages of one's own.
 * Return: STATUS_SUCCESS, STATUS_INVALID_VIEW_SIZE, STATUS_MAPPED_ALIGNMENT, STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY,
 * STATUS_SECTION_PROTECTION, STATUS_NOT_SUPPORTED (another process).
 */
NTSTATUS WINAPI NtMapViewOfSection(HANDLE handle, HANDLE process, void **base, ULONG_PTR zero_bits, SIZE_T commit,
    const LARGE_INTEGER *offset, SIZE_T *size, SECTION_INHERIT inherit, ULONG type, ULONG protect) {
    const uint64_t start = offset ? (uint64_t)offset->QuadPart : 0;
    const bool private = protect == PAGE_WRITECOPY || protect == PAGE_EXECUTE_WRITECOPY;
    struct wait_object object;
    struct section section;
    NTSTATUS status = object_lookup(handle, CELL_SECTION, SECTION_MAP_READ, &object);
    size_t length;
    char *place;

    (void)zero_bits, (void)commit, (void)inherit, (void)type;
    if (status)
        return status;
    if (process != NtCurrentProcess() || !section_find(object.cell, &section))
        return STATUS_NOT_SUPPORTED;
    if (start & (VIRTUAL_GRANULE - 1) || (ULONG_PTR)*base & (VIRTUAL_GRANULE - 1))
        return STATUS_MAPPED_ALIGNMENT;
    if (start >= section.size || *size > section.size - start)
        return STATUS_INVALID_VIEW_SIZE;
    if ((protect == PAGE_READWRITE || protect == PAGE_EXECUTE_READWRITE) &&
        (section.protect == PAGE_READONLY || section.protect == PAGE_EXECUTE_READ || section.protect == PAGE_WRITECOPY))
        return STATUS_SECTION_PROTECTION;
    length = (*size ? *size : section.size - start) + VIRTUAL_PAGE - 1;
    length &= ~(size_t)(VIRTUAL_PAGE - 1);
    place = virtual_reserve(*base, length);
    if (!place)
        return *base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    if (mmap(place, length, virtual_linux_protection(protect), (private ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED, section.fd,
            (off_t)start) == MAP_FAILED) {
        status = errno == EACCES ? STATUS_SECTION_PROTECTION : STATUS_NO_MEMORY;
        munmap(place, length);
        return status;
    }
    status = view_note(place, length, protect);
    if (status) {
        munmap(place, length);
        return status;
    }
    *base = place;
    *size = length;
    return STATUS_SUCCESS;
}

/**
 * NtUnmapViewOfSection() - takes a view away; any address in it names it.
 * Return: STATUS_SUCCESS, STATUS_NOT_MAPPED_VIEW.
 */
NTSTATUS WINAPI NtUnmapViewOfSection(HANDLE process, void *address) {
    struct view found = {.base = NULL};

    if (process != NtCurrentProcess())
        return STATUS_NOT_SUPPORTED;
    pthread_mutex_lock(&section_lock);
    for (struct view **place = &views; *place; place = &(*place)->next) {
        struct view *view = *place;

        if ((char *)address < view->base || (char *)address >= view->base + view->size)
            continue;
        found = *view;
        *place = view->next;
        free(view);
        break;
    }
    sections_clean();
    pthread_mutex_unlock(&section_lock);
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
    pthread_mutex_lock(&section_lock);
    for (struct view *view = views; view; view = view->next) {
        if ((const char *)*address < view->base || (const char *)*address >= view->base + view->size)
            continue;
        msync(view->base, view->size, MS_ASYNC);
        if (!*size)
            *size = (SIZE_T)(view->base + view->size - (const char *)*address);
        status = STATUS_SUCCESS;
    }
    pthread_mutex_unlock(&section_lock);
    return status;
}
