/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking for and changing what NT knows of an open file (NtQueryInformationFile, NtSetInformationFile). */
#include "dlls/ntdll/file.h"

#include <ntstatus.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/file_attributes.h"
#include "dlls/ntdll/file_share.h"
#include "dlls/ntdll/file_stat.h"
#include "dlls/ntdll/unix_path.h"
#include "libs/arena/fcb.h"
#include "libs/host/guard.h"

#define MODES                                                                                                                    \
    (FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_NO_INTERMEDIATE_BUFFERING | FILE_SYNCHRONOUS_IO_ALERT |                    \
        FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE)

/* ---- asking ---- */

/* FILE_COMPRESSION_INFORMATION, FILE_STREAM_INFORMATION */
struct file_compression {
    LARGE_INTEGER size;
    USHORT format;
    UCHAR shifts[3], reserved[3];
};
struct file_stream {
    ULONG next, name_length;
    LARGE_INTEGER size, allocated;
    WCHAR name[1];
};

/* The least size of each class's structure, and the right that the handle needs. */
static const struct class_rule {
    ULONG size;
    ACCESS_MASK access;
} query_rules[] = {
    [FileBasicInformation] = {sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES},
    [FileStandardInformation] = {sizeof(FILE_STANDARD_INFORMATION), 0},
    [FileInternalInformation] = {sizeof(FILE_INTERNAL_INFORMATION), 0},
    [FileEaInformation] = {sizeof(FILE_EA_INFORMATION), 0},
    [FileAccessInformation] = {sizeof(FILE_ACCESS_INFORMATION), 0},
    [FileNameInformation] = {offsetof(FILE_NAME_INFORMATION, FileName) + sizeof(WCHAR), 0},
    [FileNormalizedNameInformation] = {offsetof(FILE_NAME_INFORMATION, FileName) + sizeof(WCHAR), 0},
    [FilePositionInformation] = {sizeof(FILE_POSITION_INFORMATION), 0},
    [FileModeInformation] = {sizeof(FILE_MODE_INFORMATION), 0},
    [FileAlignmentInformation] = {sizeof(FILE_ALIGNMENT_INFORMATION), 0},
    [FileAllInformation] = {sizeof(FILE_ALL_INFORMATION), FILE_READ_ATTRIBUTES},
    [FilePipeInformation] = {sizeof(FILE_PIPE_INFORMATION), FILE_READ_ATTRIBUTES},
    [FilePipeLocalInformation] = {sizeof(FILE_PIPE_LOCAL_INFORMATION), FILE_READ_ATTRIBUTES},
    [FileMailslotQueryInformation] = {sizeof(FILE_MAILSLOT_QUERY_INFORMATION), 0},
    [FileNetworkOpenInformation] = {sizeof(FILE_NETWORK_OPEN_INFORMATION), FILE_READ_ATTRIBUTES},
    [FileAttributeTagInformation] = {sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), FILE_READ_ATTRIBUTES},
    [FileIdInformation] = {sizeof(FILE_ID_INFORMATION), 0},
    [FileIoCompletionNotificationInformation] = {sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION), 0},
    [FileIsRemoteDeviceInformation] = {sizeof(BOOLEAN), 0},
    [FileStandardLinkInformation] = {16, 0},
    [FileCompressionInformation] = {sizeof(struct file_compression), 0},
    [FileStreamInformation] = {sizeof(struct file_stream), 0},
    [CLASS_STAT] = {sizeof(struct file_stat_information), FILE_READ_ATTRIBUTES},
    [CLASS_CASE_SENSITIVE] = {sizeof(ULONG), FILE_READ_ATTRIBUTES},
};

/* \folder\name, without the drive. */
static NTSTATUS query_name(struct file *file, FILE_NAME_INFORMATION *info, ULONG size, ULONG_PTR *information) {
    const ULONG room = size - offsetof(FILE_NAME_INFORMATION, FileName);
    char path[UNIX_PATH_MAX_LEN];
    WCHAR *name;
    size_t n;
    const int error = unix_path_of_fd(file->fd, path, sizeof path);

    if (error)
        return error == -ENOENT ? STATUS_OBJECT_NAME_INVALID : status_from_errno(-error); /* a Linux pipe has no name */
    name = malloc((UNIX_PATH_MAX_LEN + 4) * sizeof(WCHAR));
    if (!name)
        return STATUS_NO_MEMORY;
    n = (path_from_unix(path, name, UNIX_PATH_MAX_LEN + 4) - 2) * sizeof(WCHAR);
    info->FileNameLength = (ULONG)n;
    memcpy(info->FileName, name + 2, n < room ? n : room);
    free(name);
    *information = offsetof(FILE_NAME_INFORMATION, FileName) + (n < room ? n : room);
    return n > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static LONGLONG query_position(struct file *file) {
    const off_t at = file->kind == FILE_KIND_DISK && file_is_synchronous(file) ? lseek(file->fd, 0, SEEK_CUR) : 0;

    return at < 0 ? 0 : at;
}

static void fill_standard(const struct file *file, const struct file_stat *st, FILE_STANDARD_INFORMATION *info) {
    info->AllocationSize.QuadPart = st->allocated;
    info->EndOfFile.QuadPart = st->size;
    info->DeletePending = fcb_is_pending(file->cell);
    info->NumberOfLinks = st->links - (info->DeletePending && st->links);
    info->Directory = st->directory;
}

static void fill_network(const struct file_stat *st, FILE_NETWORK_OPEN_INFORMATION *info) {
    info->CreationTime = st->basic.CreationTime;
    info->LastAccessTime = st->basic.LastAccessTime;
    info->LastWriteTime = st->basic.LastWriteTime;
    info->ChangeTime = st->basic.ChangeTime;
    info->AllocationSize.QuadPart = st->allocated;
    info->EndOfFile.QuadPart = st->size;
    info->FileAttributes = st->basic.FileAttributes;
}

static void fill_stat(const struct file_stat *st, struct file_stat_information *info) {
    info->FileId.QuadPart = (LONGLONG)st->inode;
    info->CreationTime = st->basic.CreationTime;
    info->LastAccessTime = st->basic.LastAccessTime;
    info->LastWriteTime = st->basic.LastWriteTime;
    info->ChangeTime = st->basic.ChangeTime;
    info->AllocationSize.QuadPart = st->allocated;
    info->EndOfFile.QuadPart = st->size;
    info->FileAttributes = st->basic.FileAttributes;
    info->ReparseTag = st->symlink ? IO_REPARSE_TAG_SYMLINK : 0;
    info->NumberOfLinks = st->links;
    info->EffectiveAccess = FILE_ALL_ACCESS;
}

/* There is one stream, the data. */
static NTSTATUS query_streams(const struct file_stat *st, struct file_stream *info, ULONG size, ULONG_PTR *information) {
    static const WCHAR name[] = {':', ':', '$', 'D', 'A', 'T', 'A'};

    *information = 0;
    if (st->directory)
        return STATUS_SUCCESS;
    if (size < offsetof(struct file_stream, name) + sizeof name)
        return STATUS_BUFFER_OVERFLOW;
    info->next = 0;
    info->name_length = sizeof name;
    info->size.QuadPart = st->size;
    info->allocated.QuadPart = st->allocated;
    memcpy(info->name, name, sizeof name);
    *information = offsetof(struct file_stream, name) + sizeof name;
    return STATUS_SUCCESS;
}

/* A Linux pipe or socket, as one end of an anonymous pipe would look. */
static NTSTATUS query_fifo(struct file *file, FILE_INFORMATION_CLASS class, void *data) {
    FILE_PIPE_LOCAL_INFORMATION *local = data;
    FILE_PIPE_INFORMATION *modes = data;
    int available = 0, size = fcntl(file->fd, F_GETPIPE_SZ);

    if (file->kind != FILE_KIND_FIFO)
        return STATUS_INVALID_PARAMETER;
    if (class == FilePipeInformation) {
        modes->ReadMode = modes->CompletionMode = 0;
        return STATUS_SUCCESS;
    }
    ioctl(file->fd, FIONREAD, &available);
    local->NamedPipeType = 0;
    local->NamedPipeConfiguration = FILE_PIPE_FULL_DUPLEX;
    local->MaximumInstances = local->CurrentInstances = 1;
    local->InboundQuota = local->OutboundQuota = size > 0 ? (ULONG)size : 65536;
    local->ReadDataAvailable = (ULONG)available;
    local->WriteQuotaAvailable = local->OutboundQuota;
    local->NamedPipeState = FILE_PIPE_CONNECTED_STATE;
    local->NamedPipeEnd = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS query_all(struct file *file, const struct file_stat *st, FILE_ALL_INFORMATION *info, ULONG size, ULONG_PTR *information) {
    NTSTATUS status;

    info->BasicInformation = st->basic;
    fill_standard(file, st, &info->StandardInformation);
    info->InternalInformation.IndexNumber.QuadPart = (LONGLONG)st->inode;
    info->EaInformation.EaSize = 0;
    info->PositionInformation.CurrentByteOffset.QuadPart = query_position(file);
    info->ModeInformation.Mode = file->options & MODES;
    info->AlignmentInformation.AlignmentRequirement = 0;
    status = query_name(file, &info->NameInformation, size - (ULONG)offsetof(FILE_ALL_INFORMATION, NameInformation), information);
    *information += offsetof(FILE_ALL_INFORMATION, NameInformation);
    return status;
}

NTSTATUS file_fd_query(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    FILE_ID_INFORMATION *id = data;
    FILE_ATTRIBUTE_TAG_INFORMATION *tag = data;
    struct file_stat st;
    int error;

    if (class == FilePipeInformation || class == FilePipeLocalInformation)
        return query_fifo(file, class, data);
    error = file_stat_at(file->fd, "", &st);
    if (error)
        return status_from_errno(-error);
    if (file->kind != FILE_KIND_DISK && file->kind != FILE_KIND_DIRECTORY)
        st.basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    switch ((int)class) {
    case FileBasicInformation: *(FILE_BASIC_INFORMATION *)data = st.basic; break;
    case FileStandardInformation: fill_standard(file, &st, data); break;
    case FileInternalInformation: ((FILE_INTERNAL_INFORMATION *)data)->IndexNumber.QuadPart = (LONGLONG)st.inode; break;
    case FileEaInformation: ((FILE_EA_INFORMATION *)data)->EaSize = 0; break;
    case FilePositionInformation: ((FILE_POSITION_INFORMATION *)data)->CurrentByteOffset.QuadPart = query_position(file); break;
    case FileNameInformation:
    case FileNormalizedNameInformation: return query_name(file, data, size, information);
    case FileNetworkOpenInformation: fill_network(&st, data); break;
    case FileAttributeTagInformation:
        tag->FileAttributes = st.basic.FileAttributes;
        tag->ReparseTag = st.symlink ? IO_REPARSE_TAG_SYMLINK : 0;
        break;
    case FileIdInformation:
        memset(id, 0, sizeof *id);
        id->VolumeSerialNumber = volume_serial(st.device);
        memcpy(id->FileId.Identifier, &st.inode, sizeof st.inode);
        break;
    case FileCompressionInformation: *(struct file_compression *)data = (struct file_compression){.size.QuadPart = st.allocated}; break;
    case FileStreamInformation: return query_streams(&st, data, size, information);
    case FileIsRemoteDeviceInformation: *(BOOLEAN *)data = FALSE; break;
    case CLASS_STAT: fill_stat(&st, data); break;
    case CLASS_CASE_SENSITIVE: *(ULONG *)data = 0; break;
    case FileAllInformation: return query_all(file, &st, data, size, information);
    default: return STATUS_INVALID_INFO_CLASS;
    }
    return STATUS_SUCCESS;
}

/* What belongs to the file object, whatever its kind.  Return: STATUS_INVALID_INFO_CLASS when it is the kind's. */
static NTSTATUS query_object(const struct file *file, ACCESS_MASK granted, FILE_INFORMATION_CLASS class, void *data) {
    switch ((int)class) {
    case FileAccessInformation: ((FILE_ACCESS_INFORMATION *)data)->AccessFlags = granted; return STATUS_SUCCESS;
    case FileModeInformation: ((FILE_MODE_INFORMATION *)data)->Mode = file->options & MODES; return STATUS_SUCCESS;
    case FileAlignmentInformation: ((FILE_ALIGNMENT_INFORMATION *)data)->AlignmentRequirement = 0; return STATUS_SUCCESS;
    case FileIoCompletionNotificationInformation:
        ((FILE_IO_COMPLETION_NOTIFICATION_INFORMATION *)data)->Flags = atomic_load(&cell_at(file->cell)->file.notification);
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

/**
 * NtQueryInformationFile() - what NT knows of an open file.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW (the name was cut off), STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS,
 * STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntqueryinformationfile
 */
NTSTATUS WINAPI NtQueryInformationFile(HANDLE handle, IO_STATUS_BLOCK *iosb, void *data, ULONG size, FILE_INFORMATION_CLASS class) {
    ACCESS_MASK granted;
    ULONG_PTR information;
    NTSTATUS status;
    struct file *file;

    if ((unsigned)class >= sizeof query_rules / sizeof *query_rules || !query_rules[class].size)
        return STATUS_INVALID_INFO_CLASS;
    if (size < query_rules[class].size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (guard_probe_write(data, size) || guard_probe_write(iosb, sizeof *iosb))
        return STATUS_ACCESS_VIOLATION;
    file = file_from_handle(handle, query_rules[class].access, &granted, &status);
    if (!file)
        return status;
    information = query_rules[class].size;
    status = query_object(file, granted, class, data);
    if (status == STATUS_INVALID_INFO_CLASS)
        status = file->ops->query(file, class, data, size, &information);
    if (class == FileAllInformation && !NT_ERROR(status))
        ((FILE_ALL_INFORMATION *)data)->AccessInformation.AccessFlags = granted;
    file_put(file);
    if (!NT_ERROR(status)) {
        iosb->Information = information;
        iosb->Status = status;
    }
    return status;
}

/* ---- changing ---- */

static const struct class_rule set_rules[] = {
    [FileBasicInformation] = {sizeof(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES},
    [FileRenameInformation] = {offsetof(struct file_rename_information, name) + sizeof(WCHAR), DELETE},
    [FileLinkInformation] = {offsetof(struct file_rename_information, name) + sizeof(WCHAR), 0},
    [FileDispositionInformation] = {sizeof(FILE_DISPOSITION_INFORMATION), DELETE},
    [FilePositionInformation] = {sizeof(FILE_POSITION_INFORMATION), 0},
    [FileModeInformation] = {sizeof(FILE_MODE_INFORMATION), 0},
    [FileAllocationInformation] = {sizeof(FILE_ALLOCATION_INFORMATION), FILE_WRITE_DATA},
    [FileEndOfFileInformation] = {sizeof(FILE_END_OF_FILE_INFORMATION), FILE_WRITE_DATA},
    [FilePipeInformation] = {sizeof(FILE_PIPE_INFORMATION), FILE_WRITE_ATTRIBUTES},
    [FileMailslotSetInformation] = {sizeof(FILE_MAILSLOT_SET_INFORMATION), 0},
    [FileCompletionInformation] = {sizeof(FILE_COMPLETION_INFORMATION), 0},
    [FileValidDataLengthInformation] = {sizeof(LARGE_INTEGER), FILE_WRITE_DATA},
    [FileIoCompletionNotificationInformation] = {sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION), 0},
    [FileIoPriorityHintInformation] = {sizeof(ULONG), 0},
    [CLASS_DISPOSITION_EX] = {sizeof(ULONG), DELETE},
    [CLASS_RENAME_EX] = {offsetof(struct file_rename_information, name) + sizeof(WCHAR), DELETE},
    [CLASS_LINK_EX] = {offsetof(struct file_rename_information, name) + sizeof(WCHAR), 0},
};

/* 0: leave it; -1 and -2 (automatic updates off and on): there is nothing to switch. */
static struct timespec set_time(LARGE_INTEGER time) {
    const LONGLONG since_1970 = time.QuadPart - 116444736000000000ll;
    LONGLONG seconds = since_1970 / 10000000, rest = since_1970 % 10000000;

    if (time.QuadPart <= 0)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    if (rest < 0)
        seconds--, rest += 10000000;
    return (struct timespec){.tv_sec = seconds, .tv_nsec = rest * 100};
}

/* Attributes and a creation time beyond what Linux keeps. */
static NTSTATUS set_kept(struct file *file, const FILE_BASIC_INFORMATION *info) {
    struct kept_attributes kept;
    char path[UNIX_PATH_MAX_LEN] = "";
    struct stat st;
    ULONG standard;

    if ((!info->FileAttributes && info->CreationTime.QuadPart <= 0) || fstat(file->fd, &st) || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        return STATUS_SUCCESS;
    unix_path_of_fd(file->fd, path, sizeof path);
    standard = attributes_default(path, S_ISDIR(st.st_mode));
    attributes_read(file->fd, "", st.st_dev, &kept);
    if (!kept.there)
        kept.attributes = standard;
    if (info->FileAttributes)
        kept.attributes = (info->FileAttributes & SET_ATTRIBUTES) | (kept.attributes & ~SET_ATTRIBUTES);
    if (info->CreationTime.QuadPart > 0)
        kept.created = info->CreationTime.QuadPart;
    return status_from_errno(-attributes_write(file->fd, &kept, standard));
}

/* Through /proc, so that it also works on a descriptor that was opened with O_PATH. */
static NTSTATUS set_basic(struct file *file, const FILE_BASIC_INFORMATION *info) {
    const struct timespec times[2] = {set_time(info->LastAccessTime), set_time(info->LastWriteTime)};
    char path[32];
    struct stat st;
    NTSTATUS status;
    mode_t mode;

    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
    if (info->FileAttributes & FILE_ATTRIBUTE_DIRECTORY && file->kind != FILE_KIND_DIRECTORY)
        return STATUS_INVALID_PARAMETER;
    status = set_kept(file, info);
    if (status)
        return status;
    if ((times[0].tv_nsec != UTIME_OMIT || times[1].tv_nsec != UTIME_OMIT) && utimensat(AT_FDCWD, path, times, 0))
        return status_from_errno(errno);
    if (!info->FileAttributes || file->kind != FILE_KIND_DISK || fstat(file->fd, &st))
        return STATUS_SUCCESS;
    mode = st.st_mode & 07777;
    if (info->FileAttributes & FILE_ATTRIBUTE_READONLY)
        mode &= ~(mode_t)0222;
    else if (!(mode & 0222))
        mode |= 0200 | (mode & 0044) >> 1; /* back to who may read */
    if (mode != (st.st_mode & 07777) && chmod(path, mode))
        return status_from_errno(errno);
    return STATUS_SUCCESS;
}

/* Whether it can be deleted at all. */
static NTSTATUS disposition_check(const struct file *file, const struct stat *st, char *path, bool even_readonly) {
    char *slash = strrchr(path, '/');
    bool allowed;

    if (S_ISREG(st->st_mode) && !(st->st_mode & 0222) && !even_readonly)
        return STATUS_CANNOT_DELETE;
    if (file->kind == FILE_KIND_DIRECTORY && !directory_is_empty(path))
        return STATUS_DIRECTORY_NOT_EMPTY;
    *slash = 0; /* what would fail when the handle is closed fails here */
    allowed = !faccessat(AT_FDCWD, *path ? path : "/", W_OK | X_OK, AT_EACCESS);
    *slash = '/';
    if (allowed)
        return STATUS_SUCCESS;
    return errno == EROFS ? STATUS_MEDIA_WRITE_PROTECTED : STATUS_ACCESS_DENIED;
}

/* @flags: FILE_DISPOSITION_*.  A file with several names loses this one when this handle is closed. */
static NTSTATUS set_disposition(struct file *file, ULONG flags) {
    const bool on_close = flags & FILE_DISPOSITION_ON_CLOSE;
    enum fcb_deletion how = on_close ? FCB_DELETE_ON_CLOSE : flags & FILE_DISPOSITION_POSIX_SEMANTICS ? FCB_DELETE_ALONE : FCB_DELETE_LAST;
    char path[UNIX_PATH_MAX_LEN];
    struct stat st;
    NTSTATUS status;

    if (file->kind != FILE_KIND_DISK && file->kind != FILE_KIND_DIRECTORY)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!(flags & FILE_DISPOSITION_DELETE))
        return file_share_delete(file, on_close ? FCB_KEEP_ON_CLOSE : FCB_KEEP, NULL);
    if (fstat(file->fd, &st) || unix_path_of_fd(file->fd, path, sizeof path))
        return STATUS_FILE_DELETED;
    status = disposition_check(file, &st, path, flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE);
    if (file->kind == FILE_KIND_DISK && st.st_nlink > 1)
        how = FCB_DELETE_NAME;
    return status ? status : file_share_delete(file, how, path);
}

/* Where a rename or link leads. */
static NTSTATUS target_path(struct file *file, const struct file_rename_information *info, ULONG size, struct unix_path *path) {
    UNICODE_STRING name = {(USHORT)info->length, (USHORT)info->length, (WCHAR *)info->name};
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .RootDirectory = info->root, .ObjectName = &name};
    char *slash;
    NTSTATUS status;

    if (info->length > size - offsetof(struct file_rename_information, name) || info->length == 0 || info->length % 2 ||
        info->length > 0xfffe)
        return STATUS_INVALID_PARAMETER;
    if (info->root || info->name[0] == '\\') {
        status = path_to_unix(&attributes, path);
    } else { /* a bare name: in the same folder */
        static const WCHAR separators[] = {'\\', '/', ':'};
        WCHAR *full;
        size_t n;

        for (ULONG i = 0; i < info->length / 2; i++)
            for (int s = 0; s < 3; s++)
                if (info->name[i] == separators[s])
                    return STATUS_OBJECT_NAME_INVALID;
        if (unix_path_of_fd(file->fd, path->path, sizeof path->path))
            return STATUS_INVALID_PARAMETER;
        slash = strrchr(path->path, '/');
        slash[slash == path->path] = 0;
        full = malloc((UNIX_PATH_MAX_LEN + 8) * sizeof(WCHAR) + info->length);
        if (!full)
            return STATUS_NO_MEMORY;
        memcpy(full, L"\\??\\", 8);
        n = 4 + path_from_unix(path->path, full + 4, UNIX_PATH_MAX_LEN);
        if (full[n - 1] != '\\')
            full[n++] = '\\';
        memcpy(full + n, info->name, info->length);
        name = (UNICODE_STRING){(USHORT)(n * 2 + info->length), (USHORT)(n * 2 + info->length), full};
        status = nt_name_to_unix(&name, path);
        free(full);
    }
    if (!status && path->target != NT_FILE)
        return STATUS_NOT_SAME_DEVICE;
    return status;
}

/* A rename to the same name in another case finds itself: puts the wanted spelling in. */
static void target_respell(struct unix_path *path, const struct file_rename_information *info) {
    const size_t n = info->length / 2;
    size_t start = n;

    while (start && info->name[start - 1] != '\\')
        start--;
    start = name_to_unix(info->name + start, n - start, path->last, sizeof path->path - (size_t)(path->last - path->path) - 1);
    if (path->last + start < path->path + sizeof path->path)
        path->last[start] = 0;
}

/* Whether a name may go that leads to another file now.  @posix: those who have that open keep it, if they would let it be deleted. */
static NTSTATUS rename_replaces(const struct stat *other, bool posix) {
    if (S_ISDIR(other->st_mode) || (S_ISREG(other->st_mode) && !(other->st_mode & 0222)))
        return STATUS_ACCESS_DENIED;
    return fcb_is_open(other->st_dev, other->st_ino, posix) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static NTSTATUS rename_to(struct file *file, const char *source, const char *target, bool replace, bool there) {
    if (renameat2(AT_FDCWD, source, AT_FDCWD, target, replace ? 0 : RENAME_NOREPLACE) &&
        (errno != EINVAL || replace || there || rename(source, target))) /* a file system that cannot promise it */
        return errno == ENOTDIR || errno == EISDIR ? STATUS_ACCESS_DENIED : status_from_errno(errno);
    fcb_renamed(file->cell, target);
    return STATUS_SUCCESS;
}

/* @flags: FILE_RENAME_*. */
static NTSTATUS set_rename(struct file *file, const struct file_rename_information *info, ULONG size, ULONG flags) {
    const bool replace = flags & FILE_RENAME_REPLACE_IF_EXISTS;
    struct unix_path target;
    char source[UNIX_PATH_MAX_LEN];
    struct stat mine, other;
    NTSTATUS status = target_path(file, info, size, &target);

    if (status && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    if (unix_path_of_fd(file->fd, source, sizeof source) || fstat(file->fd, &mine))
        return STATUS_INVALID_PARAMETER;
    if (status || lstat(target.path, &other))
        return rename_to(file, source, target.path, replace, false);
    if (mine.st_ino == other.st_ino && mine.st_dev == other.st_dev) {
        target_respell(&target, info);
        return strcmp(source, target.path) ? rename_to(file, source, target.path, true, true) : STATUS_SUCCESS;
    }
    if (!replace)
        return STATUS_OBJECT_NAME_COLLISION;
    status = rename_replaces(&other, flags & FILE_RENAME_POSIX_SEMANTICS);
    return status ? status : rename_to(file, source, target.path, true, true);
}

static NTSTATUS set_link(struct file *file, const struct file_rename_information *info, ULONG size, bool replace) {
    struct unix_path target;
    struct stat other;
    char source[UNIX_PATH_MAX_LEN];
    const NTSTATUS status = target_path(file, info, size, &target);

    if (status && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    if (file->kind == FILE_KIND_DIRECTORY)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!status && !replace)
        return STATUS_OBJECT_NAME_COLLISION;
    if (unix_path_of_fd(file->fd, source, sizeof source))
        return STATUS_INVALID_PARAMETER;
    if (!status && (lstat(target.path, &other) || rename_replaces(&other, false)))
        return STATUS_ACCESS_DENIED;
    if (!status && unlink(target.path))
        return status_from_errno(errno);
    return linkat(AT_FDCWD, source, AT_FDCWD, target.path, 0) ? status_from_errno(errno) : STATUS_SUCCESS;
}

static NTSTATUS set_size(struct file *file, LONGLONG size) {
    if (file->kind != FILE_KIND_DISK || size < 0)
        return STATUS_INVALID_PARAMETER;
    return ftruncate(file->fd, size) ? status_from_errno(errno) : STATUS_SUCCESS;
}

static NTSTATUS set_allocation(struct file *file, LONGLONG size) {
    struct stat st;

    if (file->kind != FILE_KIND_DISK || size < 0 || fstat(file->fd, &st))
        return STATUS_INVALID_PARAMETER;
    if (size < st.st_size)
        return set_size(file, size);
    if (size > st.st_size && fallocate(file->fd, FALLOC_FL_KEEP_SIZE, 0, size) && errno == ENOSPC)
        return STATUS_DISK_FULL;
    return STATUS_SUCCESS; /* the rest is advice that a file system need not take */
}

static NTSTATUS set_position(struct file *file, LONGLONG position) {
    if (position < 0)
        return STATUS_INVALID_PARAMETER;
    if (file->kind == FILE_KIND_DISK && file_is_synchronous(file) && lseek(file->fd, position, SEEK_SET) < 0 && errno != EBADF)
        return status_from_errno(errno);
    return STATUS_SUCCESS;
}

static NTSTATUS set_fifo(struct file *file, const FILE_PIPE_INFORMATION *info) {
    if (file->kind != FILE_KIND_FIFO || info->ReadMode || info->CompletionMode)
        return STATUS_INVALID_PARAMETER; /* bytes, and blocking, is all that it can be */
    return STATUS_SUCCESS;
}

NTSTATUS file_fd_set(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size) {
    const struct file_rename_information *rename = data;
    ULONG flags;

    switch ((int)class) {
    case FileBasicInformation: return set_basic(file, data);
    case FileRenameInformation: return set_rename(file, rename, size, rename->replace ? FILE_RENAME_REPLACE_IF_EXISTS : 0);
    case CLASS_RENAME_EX: return set_rename(file, rename, size, rename->flags);
    case FileLinkInformation: return set_link(file, rename, size, rename->replace);
    case CLASS_LINK_EX: return set_link(file, rename, size, rename->flags & FILE_RENAME_REPLACE_IF_EXISTS);
    case FileDispositionInformation:
        return set_disposition(file, ((const FILE_DISPOSITION_INFORMATION *)data)->DoDeleteFile ? FILE_DISPOSITION_DELETE : 0);
    case CLASS_DISPOSITION_EX:
        flags = *(const ULONG *)data; /* the other classes may have less */
        return set_disposition(file, flags);
    case FilePositionInformation: return set_position(file, ((const LARGE_INTEGER *)data)->QuadPart);
    case FileEndOfFileInformation: return set_size(file, ((const LARGE_INTEGER *)data)->QuadPart);
    case FileAllocationInformation: return set_allocation(file, ((const LARGE_INTEGER *)data)->QuadPart);
    case FileValidDataLengthInformation: return STATUS_PRIVILEGE_NOT_HELD;
    case FilePipeInformation: return set_fifo(file, data);
    case FileModeInformation: return STATUS_SUCCESS;
    case FileIoPriorityHintInformation: return STATUS_SUCCESS; /* a hint */
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

/**
 * NtSetInformationFile() - changes an open file: times, size, name, deletion, pipe modes.
 * Return: STATUS_SUCCESS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED,
 * STATUS_ACCESS_VIOLATION, STATUS_CANNOT_DELETE, STATUS_DIRECTORY_NOT_EMPTY, STATUS_OBJECT_NAME_COLLISION, STATUS_NOT_SAME_DEVICE…
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntsetinformationfile
 */
NTSTATUS WINAPI NtSetInformationFile(HANDLE handle, IO_STATUS_BLOCK *iosb, void *data, ULONG size, FILE_INFORMATION_CLASS class) {
    NTSTATUS status;
    struct file *file;

    if ((unsigned)class >= sizeof set_rules / sizeof *set_rules || !set_rules[class].size)
        return STATUS_INVALID_INFO_CLASS;
    if (size < set_rules[class].size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (guard_probe_read(data, size) || guard_probe_write(iosb, sizeof *iosb))
        return STATUS_ACCESS_VIOLATION;
    file = file_from_handle(handle, set_rules[class].access, NULL, &status);
    if (!file)
        return status;
    if (class == FileIoCompletionNotificationInformation)
        status = completion_modes(file, ((FILE_IO_COMPLETION_NOTIFICATION_INFORMATION *)data)->Flags);
    else if (class == FileCompletionInformation)
        status = completion_associate(file, data);
    else
        status = file->ops->set(file, class, data, size);
    file_put(file);
    if (!NT_ERROR(status)) {
        iosb->Information = 0;
        iosb->Status = status;
    }
    return status;
}
