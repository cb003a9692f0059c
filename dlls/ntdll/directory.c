/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Listing directories (NtQueryDirectoryFile).  The first query of a handle takes a picture of the directory's names that match its mask, in
 * the order of NTFS; what is known of each file is looked up when its entry is handed out.
 */
#include "dlls/ntdll/directory_scan.h"

#include <ntstatus.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/unix_path.h"
#include "dlls/ntdll/wildcard.h"
#include "libs/host/guard.h"

struct directory_scan {
    WCHAR *mask;
    size_t n_mask;
    struct scan_name **names;
    size_t n_names, room, next;
    bool asked; /* once already: when nothing is found now, there are no more files */
};

/* ---- the picture ---- */

static void scan_clear(struct directory_scan *scan) {
    for (size_t i = 0; i < scan->n_names; i++)
        free(scan->names[i]);
    scan->n_names = scan->next = 0;
}

void directory_scan_free(struct directory_scan *scan) {
    if (!scan)
        return;
    scan_clear(scan);
    free(scan->names);
    free(scan->mask);
    free(scan);
}

static bool scan_wants(const struct directory_scan *scan, const WCHAR *name, size_t n) {
    static const WCHAR all[] = {'*'};

    if (!scan->n_mask || (scan->n_mask == 1 && scan->mask[0] == all[0]))
        return true;
    if (name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.')) && wildcard_match(scan->mask, scan->n_mask, name, 0))
        return true; /* "*." finds what has no extension, and . and .. have none */
    return wildcard_match(scan->mask, scan->n_mask, name, n);
}

NTSTATUS directory_scan_add(struct directory_scan *scan, const WCHAR *units, size_t n, const char *unix_name, uint32_t cell) {
    const size_t len = strlen(unix_name), offset = (offsetof(struct scan_name, unix_name) + len + 2) & ~(size_t)1;
    struct scan_name *name;

    if (!scan_wants(scan, units, n))
        return STATUS_SUCCESS;
    if (scan->n_names == scan->room) {
        const size_t room = scan->room ? scan->room * 2 : 32;
        struct scan_name **names = realloc(scan->names, room * sizeof *names);

        if (!names)
            return STATUS_NO_MEMORY;
        scan->names = names;
        scan->room = room;
    }
    name = malloc(offset + n * sizeof(WCHAR));
    if (!name)
        return STATUS_NO_MEMORY;
    memcpy(name->unix_name, unix_name, len + 1);
    name->name = (WCHAR *)((char *)name + offset);
    name->n = (USHORT)n;
    name->cell = cell;
    memcpy(name->name, units, n * sizeof(WCHAR));
    scan->names[scan->n_names++] = name;
    return STATUS_SUCCESS;
}

static NTSTATUS scan_add(struct directory_scan *scan, const char *unix_name) {
    WCHAR units[NAME_MAX * 2];
    const size_t n = name_from_unix(unix_name, strlen(unix_name), units, sizeof units / sizeof *units);

    return n > sizeof units / sizeof *units ? STATUS_SUCCESS : directory_scan_add(scan, units, n, unix_name, 0);
}

static bool name_is_dots(const struct scan_name *name) {
    return !strcmp(name->unix_name, ".") || !strcmp(name->unix_name, "..");
}

static int scan_order(const void *a, const void *b) {
    const struct scan_name *first = *(struct scan_name *const *)a, *second = *(struct scan_name *const *)b;
    const int dots = name_is_dots(second) - name_is_dots(first);
    int order;

    if (dots)
        return dots;
    order = wildcard_name_compare(first->name, first->n, second->name, second->n);
    return order ? order : strcmp(first->unix_name, second->unix_name);
}

/* A drive's root has no . and no .. */
static bool directory_is_root(int fd) {
    char path[UNIX_PATH_MAX_LEN];
    WCHAR dos[UNIX_PATH_MAX_LEN];

    return !unix_path_of_fd(fd, path, sizeof path) && path_from_unix(path, dos, UNIX_PATH_MAX_LEN) == 3;
}

/* A mask without wildcards names one file; if it is there exactly so, nothing needs to be read. */
static bool scan_single(struct file *file, struct directory_scan *scan) {
    char name[NAME_MAX * 4];
    size_t n;
    struct stat st;

    for (size_t i = 0; i < scan->n_mask; i++)
        if (scan->mask[i] < 0x80 && strchr("*?<>\"/", scan->mask[i]))
            return false;
    n = name_to_unix(scan->mask, scan->n_mask, name, sizeof name - 1);
    if (!scan->n_mask || n >= sizeof name)
        return false;
    name[n] = 0;
    return !fstatat(file->fd, name, &st, AT_SYMLINK_NOFOLLOW) && !scan_add(scan, name);
}

static NTSTATUS scan_fill(struct file *file, struct directory_scan *scan) {
    NTSTATUS status = STATUS_SUCCESS;
    const struct dirent *entry;
    DIR *directory;
    bool root;
    int fd;

    if (scan_single(file, scan))
        return STATUS_SUCCESS;
    root = directory_is_root(file->fd);
    fd = openat(file->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        status = status_from_errno(errno);
        if (fd >= 0)
            close(fd);
        return status;
    }
    while (!status && (entry = readdir(directory)) != NULL)
        if (!root || (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")))
            status = scan_add(scan, entry->d_name);
    closedir(directory);
    if (scan->n_names)
        qsort(scan->names, scan->n_names, sizeof *scan->names, scan_order);
    return status;
}

bool directory_is_empty(const char *path) {
    DIR *directory = opendir(path);
    const struct dirent *entry;
    bool empty = true;

    if (!directory)
        return true; /* whoever removes it finds out */
    while (empty && (entry = readdir(directory)) != NULL)
        empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
    closedir(directory);
    return empty;
}

/* ---- the entries ---- */

/* The head that all but FileNamesInformation share, and what follows it. */
struct entry_form {
    ULONG name_offset, length_offset, id_offset; /* id: 0 is none */
};

static bool entry_form(FILE_INFORMATION_CLASS class, struct entry_form *form) {
    form->id_offset = 0;
    form->length_offset = offsetof(FILE_DIRECTORY_INFORMATION, FileNameLength);
    switch ((int)class) {
    case FileDirectoryInformation: form->name_offset = offsetof(FILE_DIRECTORY_INFORMATION, FileName); return true;
    case FileFullDirectoryInformation: form->name_offset = offsetof(FILE_FULL_DIRECTORY_INFORMATION, FileName); return true;
    case FileBothDirectoryInformation: form->name_offset = offsetof(FILE_BOTH_DIRECTORY_INFORMATION, FileName); return true;
    case FileIdFullDirectoryInformation:
        form->name_offset = offsetof(FILE_ID_FULL_DIRECTORY_INFORMATION, FileName);
        form->id_offset = offsetof(FILE_ID_FULL_DIRECTORY_INFORMATION, FileId);
        return true;
    case FileIdBothDirectoryInformation:
        form->name_offset = offsetof(FILE_ID_BOTH_DIRECTORY_INFORMATION, FileName);
        form->id_offset = offsetof(FILE_ID_BOTH_DIRECTORY_INFORMATION, FileId);
        return true;
    case FileNamesInformation:
        form->name_offset = offsetof(FILE_NAMES_INFORMATION, FileName);
        form->length_offset = offsetof(FILE_NAMES_INFORMATION, FileNameLength);
        return true;
    case FileIdExtdDirectoryInformation: /* … EaSize, ReparsePointTag, FileId (16 bytes), FileName */
        form->id_offset = offsetof(FILE_FULL_DIRECTORY_INFORMATION, EaSize) + 8;
        form->name_offset = form->id_offset + 16;
        return true;
    default: return false;
    }
}

static void entry_write(char *entry, const struct entry_form *form, const struct scan_name *name, const struct file_stat *st) {
    FILE_DIRECTORY_INFORMATION *info = (void *)entry;

    memset(entry, 0, form->name_offset);
    if (form->length_offset == offsetof(FILE_DIRECTORY_INFORMATION, FileNameLength)) {
        info->CreationTime = st->basic.CreationTime;
        info->LastAccessTime = st->basic.LastAccessTime;
        info->LastWriteTime = st->basic.LastWriteTime;
        info->ChangeTime = st->basic.ChangeTime;
        info->EndOfFile.QuadPart = st->size;
        info->AllocationSize.QuadPart = st->allocated;
        info->FileAttributes = st->basic.FileAttributes;
        if (st->symlink && form->name_offset > offsetof(FILE_FULL_DIRECTORY_INFORMATION, EaSize)) /* there the tag stands */
            ((FILE_FULL_DIRECTORY_INFORMATION *)info)->EaSize = IO_REPARSE_TAG_SYMLINK;
    }
    if (form->id_offset)
        memcpy(entry + form->id_offset, &st->inode, sizeof st->inode);
    *(ULONG *)(entry + form->length_offset) = name->n * (ULONG)sizeof(WCHAR);
}

/* Symbolic links are shown as themselves, so that who deletes a tree does not go through them. */
static bool scan_stat(struct file *file, const struct scan_name *name, struct file_stat *st) {
    return !file_stat_at(file->fd, name->unix_name, st);
}

/* Hands out as many entries as fit. */
static NTSTATUS scan_take(struct file *file, const struct directory_source *source, const struct entry_form *form, char *data, ULONG size,
    bool single, ULONG_PTR *information) {
    struct directory_scan *scan = file->scan;
    ULONG at = 0, previous = 0;
    bool first = true;

    for (; scan->next < scan->n_names && (first || !single); scan->next++) {
        const struct scan_name *name = scan->names[scan->next];
        const ULONG start = first ? 0 : (at + 7) & ~7u, length = name->n * (ULONG)sizeof(WCHAR);
        struct file_stat st;
        ULONG room;

        if (start + form->name_offset > size || (!first && start + form->name_offset + length > size))
            break;
        if (!source->stat(file, name, &st))
            continue;
        entry_write(data + start, form, name, &st);
        room = size - start - form->name_offset;
        memcpy(data + start + form->name_offset, name->name, length < room ? length : room);
        if (!first)
            *(ULONG *)(data + previous) = start - previous;
        previous = start;
        at = start + form->name_offset + (length < room ? length : room);
        *information = at;
        if (length > room)
            return STATUS_BUFFER_OVERFLOW;
        first = false;
    }
    if (!first)
        return STATUS_SUCCESS;
    return scan->next < scan->n_names ? STATUS_INFO_LENGTH_MISMATCH : scan->asked ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE;
}

/* The scan of this handle, with its mask: the first query's mask holds, unless a restart brings another. */
static NTSTATUS scan_begin(struct file *file, const struct directory_source *source, const UNICODE_STRING *mask, bool restart) {
    struct directory_scan *scan = file->scan;

    if (scan && !restart)
        return STATUS_SUCCESS;
    if (!scan) {
        scan = calloc(1, sizeof *scan);
        if (!scan)
            return STATUS_NO_MEMORY;
        file->scan = scan;
    }
    if (mask && mask->Length) {
        WCHAR *copy = malloc(mask->Length);

        if (!copy)
            return STATUS_NO_MEMORY;
        memcpy(copy, mask->Buffer, mask->Length);
        free(scan->mask);
        scan->mask = copy;
        scan->n_mask = mask->Length / sizeof(WCHAR);
    }
    scan_clear(scan);
    return source->fill(file, scan);
}

NTSTATUS directory_query(struct file *file, const struct directory_source *source, FILE_INFORMATION_CLASS class, void *data, ULONG size,
    const UNICODE_STRING *mask, bool single, bool restart, ULONG_PTR *information) {
    struct entry_form form;
    NTSTATUS status;

    if (!entry_form(class, &form))
        return STATUS_INVALID_INFO_CLASS;
    if (size < form.name_offset + sizeof(WCHAR))
        return STATUS_INFO_LENGTH_MISMATCH;
    pthread_mutex_lock(&file->lock);
    status = scan_begin(file, source, mask, restart);
    if (!status) {
        status = scan_take(file, source, &form, data, size, single, information);
        file->scan->asked = true;
    }
    pthread_mutex_unlock(&file->lock);
    return status;
}

NTSTATUS file_fd_query_directory(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, const UNICODE_STRING *mask,
    bool single, bool restart, ULONG_PTR *information) {
    static const struct directory_source disk = {scan_fill, scan_stat};

    if (file->kind != FILE_KIND_DIRECTORY)
        return STATUS_INVALID_PARAMETER;
    return directory_query(file, &disk, class, data, size, mask, single, restart, information);
}

/**
 * NtQueryDirectoryFile() - the entries of a directory, as many as fit or one.
 * @mask: names wanted, with NT's wildcards; the mask of a handle's first call holds until a restart gives another.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW (a name was cut off), STATUS_NO_MORE_FILES, STATUS_NO_SUCH_FILE (the first call, and nothing matched),
 * STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS, STATUS_INVALID_PARAMETER (not a directory), STATUS_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntquerydirectoryfile
 */
NTSTATUS WINAPI NtQueryDirectoryFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *apc_context, IO_STATUS_BLOCK *iosb,
    void *data, ULONG size, FILE_INFORMATION_CLASS class, BOOLEAN single, UNICODE_STRING *mask, BOOLEAN restart) {
    const struct file_io io = {.handle = handle, .event = event, .apc = apc, .apc_context = apc_context, .iosb = iosb};
    ULONG_PTR information = 0;
    NTSTATUS status;
    struct file *file;

    if (guard_probe_write(data, size) || guard_probe_write(iosb, sizeof *iosb))
        return STATUS_ACCESS_VIOLATION;
    file = file_from_handle(handle, FILE_LIST_DIRECTORY, NULL, &status);
    if (!file)
        return status;
    status = file_begin(file, &io);
    if (!status)
        status = file->ops->query_directory(file, class, data, size, mask, single, restart, &information);
    if (!NT_ERROR(status))
        file_complete(file, &io, status, information, arena_self.index, true);
    file_put(file);
    return status;
}
