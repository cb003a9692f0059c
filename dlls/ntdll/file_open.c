/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening and making files and directories by name.
 *
 * A file that is opened for its attributes only is opened with O_PATH, which needs no right to the data.  First the descriptor is opened, which
 * changes nothing; then it is known which file it is, and whether those who have it open allow it (file_share.c); then it is emptied, if it
 * is to be.
 */
#include "dlls/ntdll/file.h"

#include <ntstatus.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/attributes.h"
#include "dlls/ntdll/case_cache.h"
#include "dlls/ntdll/file_attributes.h"
#include "dlls/ntdll/file_share.h"
#include "dlls/ntdll/file_stat.h"
#include "dlls/ntdll/mailslot.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/unix_path.h"
#include "libs/base/trace.h"
#include "libs/host/guard.h"

#define ACCESS_READ (FILE_READ_DATA | FILE_EXECUTE)
#define ACCESS_WRITE (FILE_WRITE_DATA | FILE_APPEND_DATA)
#define OPTIONS_VALID 0x00ffffff
#define TRIES_MAX 100
/* What a read-only file's handle may not have. */
#define ACCESS_CHANGES (FILE_WRITE_DATA | FILE_APPEND_DATA)

struct open_request {
    ACCESS_MASK access; /* specific rights */
    bool maximum;       /* as much as can be had */
    bool made;          /* it was not there */
    ULONG attributes, sharing, disposition, options;
};

static int open_flags(ACCESS_MASK access) {
    int flags = O_CLOEXEC | O_NOCTTY;

    if (access & ACCESS_READ && access & ACCESS_WRITE)
        flags |= O_RDWR;
    else if (access & ACCESS_WRITE)
        flags |= O_WRONLY;
    if (access & FILE_APPEND_DATA && !(access & FILE_WRITE_DATA))
        flags |= O_APPEND;
    return flags;
}

static bool disposition_makes(ULONG disposition) {
    return disposition != FILE_OPEN && disposition != FILE_OVERWRITE;
}

static bool disposition_empties(ULONG disposition) {
    return disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF;
}

/* ---- making ---- */

static int create_directory(struct unix_path *path, ULONG_PTR *information) {
    if (mkdir(path->path, 0777))
        return -errno;
    case_cache_made(path->path);
    *information = FILE_CREATED;
    return open(path->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int create_file(struct unix_path *path, struct open_request *request, ULONG_PTR *information) {
    const mode_t mode = request->attributes & FILE_ATTRIBUTE_READONLY ? 0444 : 0666;
    const int fd = open(path->path, open_flags(request->access) | O_CREAT | O_EXCL, mode);

    if (fd < 0)
        return -errno;
    case_cache_made(path->path);
    *information = FILE_CREATED;
    return fd;
}

/* ---- opening what is there ---- */

static NTSTATUS open_check(const struct unix_path *path, const struct open_request *request, const struct stat *st) {
    const bool directory = S_ISLNK(st->st_mode) ? link_leads_to_directory(AT_FDCWD, path->path) : S_ISDIR(st->st_mode);

    if (request->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (directory) {
        if (request->options & FILE_NON_DIRECTORY_FILE)
            return STATUS_FILE_IS_A_DIRECTORY;
        if (disposition_empties(request->disposition))
            return STATUS_OBJECT_NAME_COLLISION;
        return STATUS_SUCCESS;
    }
    if (request->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if (path->directory)
        return STATUS_OBJECT_NAME_INVALID;
    if (!S_ISREG(st->st_mode) || st->st_mode & 0222) /* root may write what is read-only; Windows' administrator may not */
        return STATUS_SUCCESS;
    if (request->options & FILE_DELETE_ON_CLOSE)
        return STATUS_CANNOT_DELETE;
    if ((request->access & ACCESS_CHANGES && !request->maximum) || disposition_empties(request->disposition))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* MAXIMUM_ALLOWED: with less and less until it can be had. */
static int open_maximum(const char *path, struct open_request *request) {
    static const ACCESS_MASK tries[] = {FILE_ALL_ACCESS, FILE_GENERIC_READ | FILE_GENERIC_EXECUTE | DELETE | FILE_WRITE_ATTRIBUTES};

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        const int fd = open(path, open_flags(tries[i]));

        if (fd >= 0) {
            request->access = tries[i];
            return fd;
        }
        if (errno != EACCES && errno != EROFS && errno != ETXTBSY && errno != EPERM)
            return -errno;
    }
    return -errno;
}

static int open_existing(const char *path, struct open_request *request, const struct stat *st, ULONG_PTR *information) {
    int fd;

    *information = FILE_OPENED;
    if (S_ISLNK(st->st_mode))
        fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    else if (S_ISDIR(st->st_mode)) {
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno == EACCES && !(request->access & FILE_LIST_DIRECTORY))
            fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    } else {
        if (disposition_empties(request->disposition))
            *information = request->disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
        if (request->maximum)
            return open_maximum(path, request);
        fd = open(path, open_flags(request->access) | (request->access & (ACCESS_READ | ACCESS_WRITE) ? 0 : O_PATH));
    }
    return fd < 0 ? -errno : fd;
}

/* Opens or makes what @path (found with @found) stands for.  Return: the descriptor, or -1 with *status. */
static int open_path(struct unix_path *path, NTSTATUS found, struct open_request *request, ULONG_PTR *information, NTSTATUS *status) {
    struct stat st;
    int fd;

    if (!found) {
        if (request->options & FILE_OPEN_REPARSE_POINT ? lstat(path->path, &st) : stat(path->path, &st))
            found = errno == ENOENT ? STATUS_OBJECT_NAME_NOT_FOUND : status_from_errno(errno);
    }
    *information = 0;
    if (found == STATUS_SUCCESS) {
        *status = open_check(path, request, &st);
        if (*status)
            return -1;
        fd = open_existing(path->path, request, &st, information);
    } else if (found == STATUS_OBJECT_NAME_NOT_FOUND && disposition_makes(request->disposition)) {
        if (path->directory && !(request->options & FILE_DIRECTORY_FILE)) {
            *status = STATUS_OBJECT_NAME_INVALID;
            return -1;
        }
        fd = request->options & FILE_DIRECTORY_FILE ? create_directory(path, information) : create_file(path, request, information);
        if (fd == -ENOENT)
            fd = -ENOTDIR; /* the folder went away, or a link leads nowhere */
    } else {
        *status = found;
        return -1;
    }
    *status = fd < 0 ? status_from_errno(-fd) : STATUS_SUCCESS;
    if ((fd == -EEXIST || fd == -ENOENT) && request->disposition != FILE_CREATE && disposition_makes(request->disposition))
        *status = STATUS_RETRY; /* somebody else has made it, or taken it away, after the look at it */
    return fd < 0 ? -1 : fd;
}

/* ---- devices ---- */

static NTSTATUS open_device(enum nt_target target, const struct open_request *request, ULONG attributes, HANDLE *handle) {
    const bool reads = request->access & ACCESS_READ, writes = request->access & ACCESS_WRITE;
    enum file_kind kind = target == NT_CONIN ? FILE_KIND_CONSOLE_IN : FILE_KIND_CONSOLE_OUT;
    int fd;

    if (target == NT_CONSOLE) {
        if (reads == writes)
            return STATUS_INVALID_PARAMETER;
        kind = reads ? FILE_KIND_CONSOLE_IN : FILE_KIND_CONSOLE_OUT;
    }
    fd = open(target == NT_NULL ? "/dev/null" : "/dev/tty", O_CLOEXEC | O_NOCTTY | O_RDWR);
    if (fd < 0)
        return errno == ENXIO ? STATUS_INVALID_HANDLE : status_from_errno(errno); /* no controlling terminal: no console */
    return file_from_fd(fd, target == NT_NULL ? FILE_KIND_NULL : kind, request->access, request->options, attributes, handle);
}

/* The attributes of a file that is new, or empty again. */
static NTSTATUS open_attributes(struct file *file, const struct open_request *request) {
    struct kept_attributes kept = {.attributes = request->attributes & SET_ATTRIBUTES};
    char path[UNIX_PATH_MAX_LEN] = "";
    struct stat st;
    ULONG standard;

    if (fstat(file->fd, &st) || (request->made && !kept.attributes) || unix_path_of_fd(file->fd, path, sizeof path))
        return STATUS_SUCCESS;
    standard = attributes_default(path, S_ISDIR(st.st_mode));
    kept.attributes |= standard;
    if (!request->made) {
        struct kept_attributes before;

        attributes_read(file->fd, "", st.st_dev, &before);
        if (!before.there && kept.attributes == standard)
            return STATUS_SUCCESS;
        kept.created = before.created;
    }
    return status_from_errno(-attributes_write(file->fd, &kept, standard));
}

/* What is hidden, or the system's, is not emptied by who does not say that it is to be so again. */
static bool open_may_empty(struct file *file, const struct open_request *request) {
    struct kept_attributes kept;
    struct stat st;

    if (fstat(file->fd, &st))
        return true;
    attributes_read(file->fd, "", st.st_dev, &kept);
    return !kept.there || !(kept.attributes & ~request->attributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM));
}

/* What others must allow, and what happens to the file that is open now. */
static NTSTATUS open_prepare(struct file *file, void *context) {
    const struct open_request *request = context;
    const bool empty = disposition_empties(request->disposition) && !request->made;
    NTSTATUS status = file_share_open(file, request->access, request->sharing, empty);

    if (!status && empty && !open_may_empty(file, request))
        status = STATUS_ACCESS_DENIED;
    if (!status && empty)
        status = file_share_empty(file);
    if (!status && (empty || request->made))
        status = open_attributes(file, request);
    if (!status && request->options & FILE_DELETE_ON_CLOSE)
        status = file_share_delete_on_close(file);
    return status;
}

static NTSTATUS open_handle(int fd, struct open_request *request, ULONG attributes, HANDLE *handle) {
    struct file *file = file_new(file_kind_of_fd(fd), &file_fd_ops, fd, request->options);

    if (!file) {
        close(fd);
        return STATUS_NO_MEMORY;
    }
    return file_create_handle_with(file, request->access, attributes, handle, open_prepare, request);
}

/* A file whose name goes while it is opened is not there; one that appears meanwhile is opened. */
static NTSTATUS open_file(struct unix_path *path, NTSTATUS found, struct open_request *request, const OBJECT_ATTRIBUTES *attributes,
    HANDLE *handle, ULONG_PTR *information) {
    const ACCESS_MASK access = request->access;
    NTSTATUS status;
    int fd = -1;

    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        fd = open_path(path, found, request, information, &status);

        request->made = fd >= 0 && *information == FILE_CREATED;
        if (fd >= 0)
            status = open_handle(fd, request, attributes->Attributes, handle);
        if (status != STATUS_RETRY)
            return status;
        request->access = access;
        found = path_to_unix(attributes, path);
    }
    return fd < 0 ? STATUS_OBJECT_NAME_COLLISION /* a link that leads nowhere stands there */ : STATUS_DELETE_PENDING;
}

static NTSTATUS open_target(HANDLE *handle, struct open_request *request, const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb) {
    const ACCESS_MASK wanted = request->access | (request->maximum ? MAXIMUM_ALLOWED : 0);
    ULONG_PTR information = FILE_OPENED;
    struct unix_path path;
    bool is_pipe;
    NTSTATUS status = pipe_open_relative(
        handle, wanted, attributes, iosb, request->sharing, request->disposition, request->options, &is_pipe);

    if (is_pipe) {
        if (!status)
            pipe_client_say(*handle, attributes->SecurityQualityOfService);
        return status;
    }
    status = disposition_makes(request->disposition) ? path_to_unix_making(attributes, &path) : path_to_unix(attributes, &path);
    if (NT_ERROR(status) && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    if (!status && path.target == NT_PIPE) {
        status = pipe_open(handle, wanted, attributes, iosb, &path.rest, request->sharing, request->disposition, request->options);
        if (!status)
            pipe_client_say(*handle, attributes->SecurityQualityOfService);
        return status;
    }
    if (!status && path.target == NT_MAILSLOT)
        return mailslot_open(handle, wanted, attributes, iosb, &path.rest, request->sharing, request->disposition, request->options);
    if (!status && path.target == NT_MAILSLOT_REMOTE)
        return mailslot_open_remote();
    if (!status && (path.target == NT_NULL || path.target == NT_CONSOLE || path.target == NT_CONIN || path.target == NT_CONOUT)) {
        status = open_device(path.target, request, attributes->Attributes, handle);
    } else if (!status && path.target != NT_FILE) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    } else {
        status = open_file(&path, status, request, attributes, handle, &information);
        TRACE(TRACE_FILE, "open %s, access 0x%x, disposition %u: status 0x%08x, handle %p", path.path, (unsigned)request->access,
            (unsigned)request->disposition, (unsigned)status, *handle);
    }
    if (!status) {
        iosb->Information = information;
        iosb->Status = status;
    }
    return status;
}

/* The rules that do not depend on the file. */
static NTSTATUS open_validate(const struct open_request *request) {
    const ULONG options = request->options;
    const ULONG synchronous = options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);

    if (request->disposition > FILE_MAXIMUM_DISPOSITION || options & ~OPTIONS_VALID ||
        request->sharing & ~(ULONG)(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE))
        return STATUS_INVALID_PARAMETER;
    if (synchronous && (!(request->access & SYNCHRONIZE) || synchronous == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)))
        return STATUS_INVALID_PARAMETER;
    if (options & FILE_DELETE_ON_CLOSE && !(request->access & DELETE))
        return STATUS_INVALID_PARAMETER;
    if (options & FILE_DIRECTORY_FILE && options & FILE_NON_DIRECTORY_FILE)
        return STATUS_INVALID_PARAMETER;
    if (options & FILE_DIRECTORY_FILE && (request->disposition == FILE_SUPERSEDE || disposition_empties(request->disposition)))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/**
 * NtCreateFile() - opens or makes a file, directory, pipe end or device.
 * @disposition: FILE_SUPERSEDE, FILE_OPEN, FILE_CREATE, FILE_OPEN_IF, FILE_OVERWRITE, FILE_OVERWRITE_IF.
 * Return: STATUS_SUCCESS with what was done in iosb->Information, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND,
 * STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_INVALID, STATUS_FILE_IS_A_DIRECTORY, STATUS_NOT_A_DIRECTORY,
 * STATUS_ACCESS_DENIED, STATUS_CANNOT_DELETE, STATUS_SHARING_VIOLATION, STATUS_DELETE_PENDING,
 * STATUS_INVALID_PARAMETER, STATUS_ACCESS_VIOLATION, STATUS_BAD_IMPERSONATION_LEVEL (the thread impersonates for a look only), and what a
 * pipe answers.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntcreatefile
 */
NTSTATUS WINAPI NtCreateFile(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb,
    LARGE_INTEGER *allocation, ULONG file_attributes, ULONG sharing, ULONG disposition, ULONG options, void *ea, ULONG ea_length) {
    struct open_request request = {.access = object_access(CELL_FILE, access & ~MAXIMUM_ALLOWED),
        .maximum = (access & MAXIMUM_ALLOWED) != 0, .attributes = file_attributes, .sharing = sharing, .disposition = disposition,
        .options = options};
    const OBJECT_ATTRIBUTES *is = attributes;
    struct attributes copy;
    NTSTATUS status = attributes_capture_for(handle, &copy, &is);

    (void)allocation;
    if (status || guard_probe_write(iosb, sizeof *iosb) || !is)
        return STATUS_ACCESS_VIOLATION;
    if (ea_length || ea)
        return STATUS_EAS_NOT_SUPPORTED;
    if (request.maximum)
        request.access |= FILE_READ_ATTRIBUTES | SYNCHRONIZE;
    status = open_validate(&request);
    return status ? status : open_target(handle, &request, is, iosb);
}

/**
 * NtOpenFile() - NtCreateFile for what exists.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntopenfile
 */
NTSTATUS WINAPI NtOpenFile(
    HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb, ULONG sharing, ULONG options) {
    return NtCreateFile(handle, access, attributes, iosb, NULL, 0, sharing, FILE_OPEN, options, NULL, 0);
}

/**
 * NtDeleteFile() - removes a file or an empty directory by name.
 * Return: as NtOpenFile for DELETE; STATUS_DIRECTORY_NOT_EMPTY, STATUS_CANNOT_DELETE (read-only).
 */
NTSTATUS WINAPI NtDeleteFile(OBJECT_ATTRIBUTES *attributes) {
    FILE_DISPOSITION_INFORMATION disposition = {TRUE};
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status = NtOpenFile(&handle, DELETE, attributes, &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        FILE_OPEN_REPARSE_POINT);

    if (status)
        return status;
    status = NtSetInformationFile(handle, &iosb, &disposition, sizeof disposition, FileDispositionInformation);
    NtClose(handle);
    return status;
}

/* ---- attributes by name ---- */

static NTSTATUS stat_by_name(const OBJECT_ATTRIBUTES *attributes, struct file_stat *st) {
    struct attributes copy;
    struct unix_path path;
    NTSTATUS status = attributes_capture(&copy, &attributes);
    int error;

    if (status || !attributes)
        return STATUS_ACCESS_VIOLATION;
    status = path_to_unix(attributes, &path);
    if (status)
        return status;
    if (path.target == NT_NULL) {
        memset(st, 0, sizeof *st);
        st->basic.FileAttributes = FILE_ATTRIBUTE_ARCHIVE;
        return STATUS_SUCCESS;
    }
    if (path.target != NT_FILE)
        return STATUS_INVALID_DEVICE_REQUEST;
    error = file_stat_at(AT_FDCWD, path.path, st);
    if (!error && path.directory && !st->directory)
        return STATUS_OBJECT_NAME_INVALID;
    return error ? status_from_errno(-error) : STATUS_SUCCESS;
}

/**
 * NtQueryAttributesFile() - times and attributes of a file by name.
 * Return: STATUS_SUCCESS, or as NtOpenFile.
 */
NTSTATUS WINAPI NtQueryAttributesFile(const OBJECT_ATTRIBUTES *attributes, FILE_BASIC_INFORMATION *info) {
    struct file_stat st;
    const NTSTATUS status = guard_probe_write(info, sizeof *info) ? STATUS_ACCESS_VIOLATION : stat_by_name(attributes, &st);

    if (!status)
        *info = st.basic;
    return status;
}

NTSTATUS WINAPI NtQueryFullAttributesFile(const OBJECT_ATTRIBUTES *attributes, FILE_NETWORK_OPEN_INFORMATION *info) {
    struct file_stat st;
    const NTSTATUS status = guard_probe_write(info, sizeof *info) ? STATUS_ACCESS_VIOLATION : stat_by_name(attributes, &st);

    if (status)
        return status;
    memset(info, 0, sizeof *info);
    info->CreationTime = st.basic.CreationTime;
    info->LastAccessTime = st.basic.LastAccessTime;
    info->LastWriteTime = st.basic.LastWriteTime;
    info->ChangeTime = st.basic.ChangeTime;
    info->AllocationSize.QuadPart = st.allocated;
    info->EndOfFile.QuadPart = st.size;
    info->FileAttributes = st.basic.FileAttributes;
    return STATUS_SUCCESS;
}
