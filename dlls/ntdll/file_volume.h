/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NtQueryVolumeInformationFile tells.  Who answers has room for the structure, and knows how much more there is. */
#ifndef WINIPC_NTDLL_FILE_VOLUME_H
#define WINIPC_NTDLL_FILE_VOLUME_H

#include <windows.h>
#include <winternl.h>

/* The structures that the headers lack (ntifs.h). */
struct fs_volume {
    LARGE_INTEGER created;
    ULONG serial, label_length;
    BOOLEAN supports_objects;
    WCHAR label[1];
};
struct fs_size {
    LARGE_INTEGER total, available;
    ULONG sectors_per_unit, bytes_per_sector;
};
struct fs_full_size {
    LARGE_INTEGER total, caller_available, available;
    ULONG sectors_per_unit, bytes_per_sector;
};
struct fs_device {
    DEVICE_TYPE type;
    ULONG characteristics;
};
struct fs_attribute {
    ULONG attributes;
    LONG name_max;
    ULONG name_length;
    WCHAR name[1];
};

#endif
