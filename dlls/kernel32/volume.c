/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drives and volumes (MSDN: fileapi.h).  There are two drives: C:, the user's folder, and Z:, all of Linux. */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/path_text.h"
#include "dlls/ntdll/unix_path.h"
#include "libs/base/utf.h"

/* The structures of ntifs.h. */
struct volume_identity {
    LARGE_INTEGER created;
    ULONG serial, label_length;
    BOOLEAN supports_objects;
    WCHAR label[34];
};
struct volume_attributes {
    ULONG flags;
    LONG name_max;
    ULONG name_length;
    WCHAR name[16];
};
struct volume_full_size {
    LARGE_INTEGER total, caller_available, available;
    ULONG sectors_per_unit, bytes_per_sector;
};

DWORD WINAPI GetLogicalDrives(void) {
    return 1u << ('Z' - 'A') | (drive_root('C') ? 1u << ('C' - 'A') : 0);
}

/** GetLogicalDriveStringsW() - the roots of all drives, one after the other, then an empty string. */
DWORD WINAPI GetLogicalDriveStringsW(DWORD size, WCHAR *buffer) {
    const DWORD drives = GetLogicalDrives();
    DWORD n = 0, needed = 1;

    for (int i = 0; i < 26; i++)
        needed += drives >> i & 1 ? 4 : 0;
    if (size < needed)
        return needed;
    for (int i = 0; i < 26; i++) {
        if (!(drives >> i & 1))
            continue;
        buffer[n++] = (WCHAR)('A' + i);
        buffer[n++] = ':';
        buffer[n++] = '\\';
        buffer[n++] = 0;
    }
    buffer[n] = 0;
    return n;
}

DWORD WINAPI GetLogicalDriveStringsA(DWORD size, char *buffer) {
    WCHAR wide[26 * 4 + 1];
    const DWORD n = GetLogicalDriveStringsW(sizeof wide / sizeof *wide, wide);

    if (size < n + 1)
        return n + 1;
    for (DWORD i = 0; i <= n; i++)
        buffer[i] = (char)wide[i];
    return n;
}

/**
 * GetDriveTypeW() - what kind of drive a root is on.
 * @root: X:\ or a folder; NULL: the current drive.
 * Return: DRIVE_FIXED, or DRIVE_NO_ROOT_DIR when it is not there.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-getdrivetypew
 */
UINT WINAPI GetDriveTypeW(const WCHAR *root) {
    WCHAR path[4] = L"C:\\";
    DWORD attributes;

    if (!root)
        root = L"\\";
    if (root[0] && root[1] == ':' && !root[2]) { /* X: is X:\ here */
        path[0] = root[0];
        root = path;
    }
    attributes = GetFileAttributesW(root);
    return attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY) ? DRIVE_NO_ROOT_DIR : DRIVE_FIXED;
}

UINT WINAPI GetDriveTypeA(const char *root) {
    struct path_text text;
    UINT type;

    if (!path_text_from(&text, root))
        return DRIVE_UNKNOWN;
    type = GetDriveTypeW(text.wide);
    path_text_free(&text);
    return type;
}

/* ---- what a volume is ---- */

static BOOL volume_open(const WCHAR *path, HANDLE *handle) {
    const NTSTATUS status = path_open(path ? path : L"\\", FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN_FOR_BACKUP_INTENT, handle);

    return set_nt_error(status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : status);
}

static BOOL text_give(const WCHAR *text, size_t n, WCHAR *buffer, DWORD size) {
    if (!buffer)
        return TRUE;
    if (n + 1 > size) {
        SetLastError(ERROR_BAD_LENGTH);
        return FALSE;
    }
    memcpy(buffer, text, n * sizeof(WCHAR));
    buffer[n] = 0;
    return TRUE;
}

/**
 * GetVolumeInformationByHandleW() - label, serial number and file system of the volume that an open file is on.
 * Return: FALSE with ERROR_INVALID_HANDLE, ERROR_BAD_LENGTH, ERROR_INVALID_FUNCTION.
 */
BOOL WINAPI GetVolumeInformationByHandleW(HANDLE file, WCHAR *label, DWORD label_size, DWORD *serial, DWORD *name_max, DWORD *flags,
    WCHAR *system, DWORD system_size) {
    struct volume_attributes attributes;
    struct volume_identity identity;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = NtQueryVolumeInformationFile(file, &iosb, &identity, sizeof identity, FileFsVolumeInformation);

    if (!NT_ERROR(status))
        status = NtQueryVolumeInformationFile(file, &iosb, &attributes, sizeof attributes, FileFsAttributeInformation);
    if (!set_nt_error(status))
        return FALSE;
    if (serial)
        *serial = identity.serial;
    if (name_max)
        *name_max = (DWORD)attributes.name_max;
    if (flags)
        *flags = attributes.flags;
    return text_give(identity.label, identity.label_length / sizeof(WCHAR), label, label_size) &&
           text_give(attributes.name, attributes.name_length / sizeof(WCHAR), system, system_size);
}

/**
 * GetVolumeInformationW() - the same for a root path.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-getvolumeinformationw
 */
BOOL WINAPI GetVolumeInformationW(const WCHAR *root, WCHAR *label, DWORD label_size, DWORD *serial, DWORD *name_max, DWORD *flags,
    WCHAR *system, DWORD system_size) {
    const size_t n = root ? utf16_len((const uint16_t *)root) : 0;
    HANDLE handle;
    BOOL done;

    if (n && root[n - 1] != '\\' && root[n - 1] != '/') {
        SetLastError(ERROR_INVALID_NAME);
        return FALSE;
    }
    if (!volume_open(root, &handle))
        return FALSE;
    done = GetVolumeInformationByHandleW(handle, label, label_size, serial, name_max, flags, system, system_size);
    NtClose(handle);
    return done;
}

BOOL WINAPI GetVolumeInformationA(
    const char *root, char *label, DWORD label_size, DWORD *serial, DWORD *name_max, DWORD *flags, char *system, DWORD system_size) {
    WCHAR wide_label[34], wide_system[16];
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, root))
        return FALSE;
    done = GetVolumeInformationW(text.wide, wide_label, 34, serial, name_max, flags, wide_system, 16);
    path_text_free(&text);
    if (done && ((label && path_text_to(wide_label, utf16_len((uint16_t *)wide_label), label, label_size) >= label_size) ||
                    (system && path_text_to(wide_system, utf16_len((uint16_t *)wide_system), system, system_size) >= system_size))) {
        SetLastError(ERROR_BAD_LENGTH);
        return FALSE;
    }
    return done;
}

/**
 * GetVolumePathNameW() - the root of the drive that a path is on.
 * Return: FALSE with ERROR_FILENAME_EXCED_RANGE (buffer), ERROR_INVALID_NAME.
 */
BOOL WINAPI GetVolumePathNameW(const WCHAR *name, WCHAR *buffer, DWORD size) {
    WCHAR path[4];
    UNICODE_STRING nt;
    BOOL on_drive;

    if (!name || !buffer || !size) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!path_to_nt(name, &nt))
        return FALSE;
    on_drive = nt.Length >= 12 && nt.Buffer[5] == ':';
    memcpy(path, nt.Buffer + 4, on_drive ? 3 * sizeof(WCHAR) : 0);
    path_nt_free(&nt);
    if (!on_drive || size < 4) {
        SetLastError(on_drive ? ERROR_FILENAME_EXCED_RANGE : ERROR_INVALID_NAME);
        return FALSE;
    }
    path[2] = '\\';
    path[3] = 0;
    memcpy(buffer, path, sizeof path);
    return TRUE;
}

BOOL WINAPI GetVolumePathNameA(const char *name, char *buffer, DWORD size) {
    struct path_text text;
    WCHAR wide[4];
    BOOL done;

    if (!path_text_from(&text, name))
        return FALSE;
    done = GetVolumePathNameW(text.wide, wide, 4);
    path_text_free(&text);
    if (done && path_text_to(wide, 3, buffer, size) >= size) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return FALSE;
    }
    return done;
}

/* ---- space ---- */

static BOOL volume_size(const WCHAR *path, struct volume_full_size *size) {
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status;

    if (!volume_open(path, &handle))
        return FALSE;
    status = NtQueryVolumeInformationFile(handle, &iosb, size, sizeof *size, FileFsFullSizeInformation);
    NtClose(handle);
    return set_nt_error(status);
}

/**
 * GetDiskFreeSpaceExW() - bytes on the volume that holds a folder.
 * @path: NULL: the current drive.  The results may be NULL.
 * Return: FALSE with ERROR_PATH_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-getdiskfreespaceexw
 */
BOOL WINAPI GetDiskFreeSpaceExW(const WCHAR *path, ULARGE_INTEGER *caller, ULARGE_INTEGER *total, ULARGE_INTEGER *available) {
    struct volume_full_size size;
    ULONGLONG unit;

    if (!volume_size(path, &size))
        return FALSE;
    unit = (ULONGLONG)size.sectors_per_unit * size.bytes_per_sector;
    if (caller)
        caller->QuadPart = (ULONGLONG)size.caller_available.QuadPart * unit;
    if (total)
        total->QuadPart = (ULONGLONG)size.total.QuadPart * unit;
    if (available)
        available->QuadPart = (ULONGLONG)size.available.QuadPart * unit;
    return TRUE;
}

BOOL WINAPI GetDiskFreeSpaceExA(const char *path, ULARGE_INTEGER *caller, ULARGE_INTEGER *total, ULARGE_INTEGER *available) {
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, path))
        return FALSE;
    done = GetDiskFreeSpaceExW(text.wide, caller, total, available);
    path_text_free(&text);
    return done;
}

static DWORD units_of(LARGE_INTEGER units) {
    return units.QuadPart > 0xffffffff ? 0xffffffff : units.u.LowPart;
}

BOOL WINAPI GetDiskFreeSpaceW(const WCHAR *path, DWORD *sectors, DWORD *bytes, DWORD *available, DWORD *total) {
    struct volume_full_size size;

    if (!volume_size(path, &size))
        return FALSE;
    if (sectors)
        *sectors = size.sectors_per_unit;
    if (bytes)
        *bytes = size.bytes_per_sector;
    if (available)
        *available = units_of(size.caller_available);
    if (total)
        *total = units_of(size.total);
    return TRUE;
}

BOOL WINAPI GetDiskFreeSpaceA(const char *path, DWORD *sectors, DWORD *bytes, DWORD *available, DWORD *total) {
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, path))
        return FALSE;
    done = GetDiskFreeSpaceW(text.wide, sectors, bytes, available, total);
    path_text_free(&text);
    return done;
}
