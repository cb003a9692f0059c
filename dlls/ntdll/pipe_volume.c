/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What pipe ends, the pipe device and its root say of their volume.  Microsoft's pages tell none of these values; they
 * are as public tests measured them on Windows.
 */
#include "dlls/ntdll/pipe.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <string.h>

#include "dlls/ntdll/file_volume.h"

/* The name at the end of an answer: as much of it as there is room for. */
static NTSTATUS put_name(void *data, ULONG size, ULONG head, const WCHAR *name, ULONG length, ULONG_PTR *information) {
    const ULONG room = size - head, n = length < room ? length : room;

    memcpy((char *)data + head, name, n);
    *information = head + n;
    return n < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS pipe_volume_identity(struct fs_volume *info, ULONG size, ULONG_PTR *information) {
    static const WCHAR label[] = L"NamedPipe";
    const ULONG length = sizeof label - sizeof(WCHAR);

    info->created.QuadPart = 0;
    info->serial = 0;
    info->label_length = length;
    info->supports_objects = FALSE;
    return put_name(info, size, offsetof(struct fs_volume, label), label, length, information);
}

static NTSTATUS pipe_volume_attributes(struct fs_attribute *info, ULONG size, ULONG_PTR *information) {
    static const WCHAR name[] = L"NPFS";
    const ULONG length = sizeof name - sizeof(WCHAR);

    info->attributes = FILE_CASE_PRESERVED_NAMES;
    info->name_max = -1;
    info->name_length = length;
    return put_name(info, size, offsetof(struct fs_attribute, name), name, length, information);
}

NTSTATUS pipe_query_volume(
    struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    (void)file;
    switch ((int)class) {
    case FileFsDeviceInformation:
        *(struct fs_device *)data =
            (struct fs_device){FILE_DEVICE_NAMED_PIPE, FILE_DEVICE_ALLOW_APPCONTAINER_TRAVERSAL};
        break;
    case FileFsVolumeInformation: return pipe_volume_identity(data, size, information);
    case FileFsAttributeInformation: return pipe_volume_attributes(data, size, information);
    case FileFsSizeInformation:
        *(struct fs_size *)data = (struct fs_size){.sectors_per_unit = 1, .bytes_per_sector = 1};
        break;
    case FileFsFullSizeInformation: memset(data, 0, sizeof(struct fs_full_size)); break;
    default: return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}
