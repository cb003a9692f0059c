/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File mappings (MSDN: memoryapi.h).  Without names so far: see dlls/ntdll/section.c.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/object_name.h"

/**
 * CreateFileMappingW() - makes a mapping of a file, or of zeroed memory (INVALID_HANDLE_VALUE).
 * @protect: PAGE_* and SEC_*.  @high, @low: bytes; 0: the file's size.
 * Return: a handle; NULL with ERROR_FILE_INVALID (an empty file and size 0), ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED,
 * ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_SUPPORTED (a name: not there yet).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-createfilemappingw
 */
HANDLE WINAPI CreateFileMappingW(
    HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protect, DWORD high, DWORD low, const WCHAR *name) {
    const LARGE_INTEGER size = {.QuadPart = (LONGLONG)((ULONGLONG)high << 32 | low)};
    struct object_name object;
    NTSTATUS status = object_name_fill(&object, name, security, OBJ_OPENIF);
    HANDLE handle = NULL;

    if (!status)
        status = NtCreateSection(&handle, SECTION_ALL_ACCESS, &object.attributes, &size, protect & 0xff, protect & 0xff000000,
            file == INVALID_HANDLE_VALUE ? NULL : file);
    if (status == STATUS_INVALID_PAGE_PROTECTION || status == STATUS_INVALID_PARAMETER_4)
        status = STATUS_INVALID_PARAMETER;
    return object_result(handle, status);
}

HANDLE WINAPI CreateFileMappingA(HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protect, DWORD high, DWORD low, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return CreateFileMappingW(file, security, protect, high, low, object_name_wide(name, wide));
}

/** OpenFileMappingW() - NULL with ERROR_FILE_NOT_FOUND: there are no named mappings yet. */
HANDLE WINAPI OpenFileMappingW(DWORD access, BOOL inherit, const WCHAR *name) {
    (void)access, (void)inherit;
    SetLastError(name ? ERROR_FILE_NOT_FOUND : ERROR_INVALID_PARAMETER);
    return NULL;
}

HANDLE WINAPI OpenFileMappingA(DWORD access, BOOL inherit, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return OpenFileMappingW(access, inherit, object_name_wide(name, wide));
}

static ULONG view_protect(DWORD access) {
    if (access & FILE_MAP_EXECUTE)
        return access & FILE_MAP_WRITE ? PAGE_EXECUTE_READWRITE : PAGE_EXECUTE_READ;
    if ((access & FILE_MAP_ALL_ACCESS) == FILE_MAP_COPY)
        return PAGE_WRITECOPY;
    return access & FILE_MAP_WRITE ? PAGE_READWRITE : PAGE_READONLY;
}

/**
 * MapViewOfFileEx() - maps a part of a mapping.
 * @high, @low: offset in bytes, a multiple of 64 KiB.  @size: bytes; 0: to the end.  @base: where, or NULL.
 * Return: the address; NULL with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_MAPPED_ALIGNMENT, ERROR_INVALID_ADDRESS,
 * ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-mapviewoffileex
 */
void *WINAPI MapViewOfFileEx(HANDLE mapping, DWORD access, DWORD high, DWORD low, SIZE_T size, void *base) {
    const LARGE_INTEGER offset = {.QuadPart = (LONGLONG)((ULONGLONG)high << 32 | low)};

    return set_nt_error(NtMapViewOfSection(
               mapping, NtCurrentProcess(), &base, 0, 0, &offset, &size, ViewShare, 0, view_protect(access)))
               ? base
               : NULL;
}

void *WINAPI MapViewOfFile(HANDLE mapping, DWORD access, DWORD high, DWORD low, SIZE_T size) {
    return MapViewOfFileEx(mapping, access, high, low, size, NULL);
}

/** UnmapViewOfFile() - Return: TRUE; FALSE with ERROR_INVALID_ADDRESS. */
BOOL WINAPI UnmapViewOfFile(const void *address) {
    return set_nt_error(NtUnmapViewOfSection(NtCurrentProcess(), (void *)address));
}

/** FlushViewOfFile() - begins to write a view's changes to the file; does not wait for the disk. */
BOOL WINAPI FlushViewOfFile(const void *address, SIZE_T size) {
    return set_nt_error(NtFlushVirtualMemory(NtCurrentProcess(), &address, &size, 0));
}
