/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images (MSDN: dbghelp.h), by ntdll's functions of the same kind; and folders. */
#include <windows.h>
#include <winternl.h>
#include <dbghelp.h>

#include <string.h>

/** ImageNtHeader() - Return: NULL for what is no image. */
IMAGE_NT_HEADERS *WINAPI ImageNtHeader(void *base) {
    return RtlImageNtHeader(base);
}

/**
 * ImageDirectoryEntryToData() - one of an image's directories.
 * @mapped: whether it is mapped as an image or lies as the file does.  @size: receives its length.
 * Return: NULL where it has none.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-imagedirectoryentrytodata
 */
void *WINAPI ImageDirectoryEntryToData(void *base, BOOLEAN mapped, USHORT entry, ULONG *size) {
    return RtlImageDirectoryEntryToData(base, mapped, entry, size);
}

/** ImageDirectoryEntryToDataEx() - the same; @section: receives the section that it lies in, NULL for a mapped image;
 * may be NULL. */
void *WINAPI ImageDirectoryEntryToDataEx(
    void *base, BOOLEAN mapped, USHORT entry, ULONG *size, IMAGE_SECTION_HEADER **section) {
    void *data = RtlImageDirectoryEntryToData(base, mapped, entry, size);
    IMAGE_NT_HEADERS *headers = data && section && !mapped ? RtlImageNtHeader(base) : NULL;

    if (section)
        *section =
            headers && entry < IMAGE_NUMBEROF_DIRECTORY_ENTRIES
                ? RtlImageRvaToSection(headers, base, headers->OptionalHeader.DataDirectory[entry].VirtualAddress)
                : NULL;
    return data;
}

IMAGE_SECTION_HEADER *WINAPI ImageRvaToSection(IMAGE_NT_HEADERS *headers, void *base, ULONG rva) {
    return RtlImageRvaToSection(headers, base, rva);
}

/** ImageRvaToVa() - where an image that lies as the file does has an RVA.  @last: a section to try first, and the one
 * it was in; may be NULL. */
void *WINAPI ImageRvaToVa(IMAGE_NT_HEADERS *headers, void *base, ULONG rva, IMAGE_SECTION_HEADER **last) {
    return RtlImageRvaToVa(headers, base, rva, last);
}

/**
 * MakeSureDirectoryPathExists() - makes all folders of a path that are not there; what follows its last backslash is a
 * file's name. Return: TRUE; FALSE with the error of CreateDirectory. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-makesuredirectorypathexists
 */
BOOL WINAPI MakeSureDirectoryPathExists(const char *path) {
    char folder[4 * MAX_PATH];
    const size_t length = strlen(path);

    if (length >= sizeof folder) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return FALSE;
    }
    for (size_t i = 0; i < length; i++) {
        if (path[i] != '\\' && path[i] != '/')
            continue;
        memcpy(folder, path, i);
        folder[i] = 0;
        if (!i || path[i - 1] == ':' || path[i - 1] == '\\' || path[i - 1] == '/' ||
            GetFileAttributesA(folder) != INVALID_FILE_ATTRIBUTES)
            continue;
        if (!CreateDirectoryA(folder, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
            return FALSE;
    }
    return TRUE;
}
