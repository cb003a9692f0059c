/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NT knows of the volume or device under an open file (NtQueryVolumeInformationFile). */
#include "dlls/ntdll/file.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "dlls/ntdll/file_stat.h"
#include "dlls/ntdll/file_volume.h"
#include "libs/host/guard.h"

#define SECTOR 512u

static const WCHAR volume_file_system[] = L"NTFS"; /* the one whose rules programs know */

static NTSTATUS volume_device(const struct file *file, struct fs_device *info) {
    info->characteristics = 0;
    switch (file->kind) {
    case FILE_KIND_FIFO: info->type = FILE_DEVICE_NAMED_PIPE; break;
    case FILE_KIND_CONSOLE_IN:
    case FILE_KIND_CONSOLE_OUT: info->type = FILE_DEVICE_CONSOLE; break;
    case FILE_KIND_NULL: info->type = FILE_DEVICE_NULL; break;
    default:
        info->type = FILE_DEVICE_DISK;
        info->characteristics = FILE_DEVICE_IS_MOUNTED;
        break;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS volume_sizes(const struct statvfs *fs, FS_INFORMATION_CLASS class, void *data) {
    struct fs_size *size = data;
    struct fs_full_size *full = data;
    const ULONG sectors = fs->f_frsize / SECTOR ? (ULONG)(fs->f_frsize / SECTOR) : 1;

    if (class == FileFsSizeInformation) {
        size->total.QuadPart = (LONGLONG)fs->f_blocks;
        size->available.QuadPart = (LONGLONG)fs->f_bavail;
        size->sectors_per_unit = sectors;
        size->bytes_per_sector = SECTOR;
    } else {
        full->total.QuadPart = (LONGLONG)fs->f_blocks;
        full->caller_available.QuadPart = (LONGLONG)fs->f_bavail;
        full->available.QuadPart = (LONGLONG)fs->f_bfree;
        full->sectors_per_unit = sectors;
        full->bytes_per_sector = SECTOR;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS volume_attributes(const struct statvfs *fs, struct fs_attribute *info, ULONG size, ULONG_PTR *information) {
    const ULONG n = sizeof volume_file_system - sizeof(WCHAR), room = size - offsetof(struct fs_attribute, name);

    info->attributes = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | FILE_SUPPORTS_SPARSE_FILES | FILE_SUPPORTS_HARD_LINKS |
                       FILE_SUPPORTS_REPARSE_POINTS;
    if (fs->f_flag & ST_RDONLY)
        info->attributes |= FILE_READ_ONLY_VOLUME;
    info->name_max = 255;
    info->name_length = n < room ? n : room;
    memcpy(info->name, volume_file_system, info->name_length);
    *information = offsetof(struct fs_attribute, name) + info->name_length;
    return n > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS volume_identity(struct file *file, struct fs_volume *info, ULONG_PTR *information) {
    struct file_stat st;
    const int error = file_stat_at(file->fd, "", &st);

    if (error)
        return status_from_errno(-error);
    info->created.QuadPart = 0;
    info->serial = volume_serial(st.device);
    info->label_length = 0;
    info->supports_objects = FALSE;
    *information = offsetof(struct fs_volume, label);
    return STATUS_SUCCESS;
}

NTSTATUS file_fd_query_volume(struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    struct statvfs fs;

    if (class == FileFsDeviceInformation)
        return volume_device(file, data);
    if (file->kind != FILE_KIND_DISK && file->kind != FILE_KIND_DIRECTORY)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (fstatvfs(file->fd, &fs))
        return status_from_errno(errno);
    switch (class) {
    case FileFsVolumeInformation: return volume_identity(file, data, information);
    case FileFsSizeInformation:
    case FileFsFullSizeInformation: return volume_sizes(&fs, class, data);
    case FileFsAttributeInformation: return volume_attributes(&fs, data, size, information);
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

/**
 * NtQueryVolumeInformationFile() - what NT knows of the volume or device under an open file.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS, STATUS_INVALID_HANDLE,
 * STATUS_INVALID_DEVICE_REQUEST (a device that has no volume).
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntqueryvolumeinformationfile
 */
NTSTATUS WINAPI NtQueryVolumeInformationFile(HANDLE handle, IO_STATUS_BLOCK *iosb, void *data, ULONG size, FS_INFORMATION_CLASS class) {
    static const ULONG sizes[] = {
        [FileFsVolumeInformation] = sizeof(struct fs_volume),
        [FileFsSizeInformation] = sizeof(struct fs_size),
        [FileFsDeviceInformation] = sizeof(struct fs_device),
        [FileFsAttributeInformation] = sizeof(struct fs_attribute),
        [FileFsFullSizeInformation] = sizeof(struct fs_full_size),
    };
    ULONG_PTR information;
    NTSTATUS status;
    struct file *file;

    if ((unsigned)class >= sizeof sizes / sizeof *sizes || !sizes[class])
        return STATUS_INVALID_INFO_CLASS;
    if (size < sizes[class])
        return STATUS_INFO_LENGTH_MISMATCH;
    if (guard_probe_write(data, size) || guard_probe_write(iosb, sizeof *iosb))
        return STATUS_ACCESS_VIOLATION;
    file = file_from_handle(handle, 0, NULL, &status);
    if (!file)
        return status;
    information = sizes[class];
    status = file->ops->query_volume(file, class, data, size, &information);
    file_put(file);
    if (!NT_ERROR(status)) {
        iosb->Information = information;
        iosb->Status = status;
    }
    return status;
}
