/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File mappings (MSDN: memoryapi.h): sections under Win32's names.  The forms for NUMA nodes take any node: Linux
 * places the pages. Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/
 */
#include <stdbool.h>
#include <stdint.h>
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/object_name.h"

#define SEC_MASK 0xff000000u
#define PAGE_MASK 0x00ffffffu

static uint64_t join(DWORD high, DWORD low) {
    return (uint64_t)high << 32 | low;
}

/* ---- mappings ---- */

/* The rights of a new mapping's handle: those that its protection can use. */
static ACCESS_MASK mapping_access(DWORD protect) {
    ACCESS_MASK access = STANDARD_RIGHTS_REQUIRED | SECTION_QUERY | SECTION_MAP_READ;

    if ((protect & 0xff) == PAGE_READWRITE || (protect & 0xff) == PAGE_EXECUTE_READWRITE)
        access |= SECTION_MAP_WRITE | SECTION_EXTEND_SIZE;
    if ((protect & 0xff) >= PAGE_EXECUTE)
        access |= SECTION_MAP_EXECUTE;
    return access;
}

static HANDLE mapping_create(
    HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protect, uint64_t size, const WCHAR *name) {
    const LARGE_INTEGER maximum = {.QuadPart = (LONGLONG)size};
    const ULONG flags = protect & SEC_MASK, kinds = SEC_COMMIT | SEC_RESERVE | SEC_IMAGE;
    struct object_name object;
    NTSTATUS status = object_name_fill(&object, name, security, OBJ_OPENIF);
    HANDLE handle = NULL;

    if (!status)
        status = NtCreateSection(&handle, mapping_access(protect), &object.attributes, &maximum, protect & PAGE_MASK,
            flags & kinds ? flags : flags | SEC_COMMIT, file == INVALID_HANDLE_VALUE ? NULL : file);
    if (status == STATUS_INVALID_PAGE_PROTECTION)
        status = STATUS_INVALID_PARAMETER;
    return object_result(handle, status);
}

/**
 * CreateFileMappingW() - makes a mapping of a file, or of zeroed memory (INVALID_HANDLE_VALUE); or opens the one of
 * that name.
 * @protect: PAGE_* and SEC_*.  @high, @low: bytes; 0: the file's size.  @name: NULL, or as for events, in whose name
 * space it lies. Return: a handle, with ERROR_ALREADY_EXISTS as last error if it was there (with its own size), else
 * ERROR_SUCCESS; NULL with ERROR_FILE_INVALID (an empty file and size 0), ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED,
 * ERROR_INVALID_HANDLE (the name is another type's), ERROR_COMMITMENT_LIMIT (more than there is memory),
 * ERROR_NOT_ENOUGH_MEMORY (more than a file that may not grow), ERROR_PRIVILEGE_NOT_HELD (SEC_LARGE_PAGES),
 * ERROR_BAD_EXE_FORMAT (SEC_IMAGE, and no image that runs here). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-createfilemappingw
 */
HANDLE WINAPI CreateFileMappingW(
    HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protect, DWORD high, DWORD low, const WCHAR *name) {
    return mapping_create(file, security, protect, join(high, low), name);
}

HANDLE WINAPI CreateFileMappingA(
    HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protect, DWORD high, DWORD low, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return mapping_create(file, security, protect, join(high, low), object_name_wide(name, wide));
}

HANDLE WINAPI CreateFileMappingNumaW(
    HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protect, DWORD high, DWORD low, const WCHAR *name, DWORD node) {
    (void)node;
    return mapping_create(file, security, protect, join(high, low), name);
}

HANDLE WINAPI CreateFileMappingNumaA(
    HANDLE file, SECURITY_ATTRIBUTES *security, DWORD protect, DWORD high, DWORD low, const char *name, DWORD node) {
    (void)node;
    return CreateFileMappingA(file, security, protect, high, low, name);
}

HANDLE WINAPI CreateFileMappingFromApp(
    HANDLE file, SECURITY_ATTRIBUTES *security, ULONG protect, ULONG64 size, const WCHAR *name) {
    return mapping_create(file, security, protect, size, name);
}

/* FILE_MAP_EXECUTE is a bit of Win32's own. */
static ACCESS_MASK section_access(DWORD access) {
    return access & FILE_MAP_EXECUTE ? (access & ~(DWORD)FILE_MAP_EXECUTE) | SECTION_MAP_EXECUTE : access;
}

/**
 * OpenFileMappingW() - opens a named mapping.
 * @access: FILE_MAP_*.
 * Return: a handle; NULL with ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE (the name is another type's),
 * ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER (no name). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-openfilemappingw
 */
HANDLE WINAPI OpenFileMappingW(DWORD access, BOOL inherit, const WCHAR *name) {
    return object_name_open(section_access(access), inherit, name, NtOpenSection);
}

HANDLE WINAPI OpenFileMappingA(DWORD access, BOOL inherit, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return OpenFileMappingW(access, inherit, object_name_wide(name, wide));
}

HANDLE WINAPI OpenFileMappingFromApp(ULONG access, BOOL inherit, const WCHAR *name) {
    return OpenFileMappingW(access, inherit, name);
}

/* ---- views ---- */

static ULONG view_protect(DWORD access) {
    const bool executes = access & FILE_MAP_EXECUTE;

    if ((access & FILE_MAP_ALL_ACCESS) == FILE_MAP_COPY)
        return executes ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    if (access & FILE_MAP_WRITE)
        return executes ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    if (access & FILE_MAP_READ)
        return executes ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return executes ? PAGE_EXECUTE : PAGE_NOACCESS;
}

static void *view_map(
    HANDLE mapping, HANDLE process, ULONG protect, uint64_t start, SIZE_T size, void *base, ULONG type) {
    const LARGE_INTEGER offset = {.QuadPart = (LONGLONG)start};

    return set_nt_error(NtMapViewOfSection(mapping, process, &base, 0, 0, &offset, &size, ViewUnmap, type, protect))
               ? base
               : NULL;
}

/**
 * MapViewOfFileEx() - maps a part of a mapping.
 * @high, @low: offset in bytes, a multiple of 64 KiB.  @size: bytes; 0: to the end.  @base: where, a multiple of 64
 * KiB, or NULL. Return: the address; NULL with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (the handle allows it not; or
 * beyond the mapping's end), ERROR_INVALID_PARAMETER (its protection does not), ERROR_MAPPED_ALIGNMENT,
 * ERROR_INVALID_ADDRESS (taken), ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-mapviewoffileex
 */
void *WINAPI MapViewOfFileEx(HANDLE mapping, DWORD access, DWORD high, DWORD low, SIZE_T size, void *base) {
    return view_map(mapping, NtCurrentProcess(), view_protect(access), join(high, low), size, base, 0);
}

void *WINAPI MapViewOfFile(HANDLE mapping, DWORD access, DWORD high, DWORD low, SIZE_T size) {
    return MapViewOfFileEx(mapping, access, high, low, size, NULL);
}

void *WINAPI MapViewOfFileExNuma(
    HANDLE mapping, DWORD access, DWORD high, DWORD low, SIZE_T size, void *base, DWORD node) {
    (void)node;
    return MapViewOfFileEx(mapping, access, high, low, size, base);
}

void *WINAPI MapViewOfFileFromApp(HANDLE mapping, ULONG access, ULONG64 offset, SIZE_T size) {
    return view_map(mapping, NtCurrentProcess(), view_protect(access), offset, size, NULL, 0);
}

/**
 * MapViewOfFileNuma2() - maps a part of a mapping into a process.
 * @process: needs PROCESS_VM_OPERATION.  @type: 0 or MEM_RESERVE.  @protect: PAGE_*.
 * Return: as MapViewOfFileEx(); ERROR_NOT_SUPPORTED for a native program's process.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-mapviewoffilenuma2
 */
void *WINAPI MapViewOfFileNuma2(
    HANDLE mapping, HANDLE process, ULONG64 offset, void *base, SIZE_T size, ULONG type, ULONG protect, ULONG node) {
    (void)node;
    return view_map(mapping, process, protect, offset, size, base, type);
}

/**
 * MapViewOfFile3() - the same; also in a placeholder's place, or in a part of the address space.
 * @process: NULL: this one.  @type: 0, MEM_RESERVE or MEM_REPLACE_PLACEHOLDER.  @parameters, @count: as of VirtualAlloc2().
 * Return: as MapViewOfFileNuma2(); ERROR_INVALID_ADDRESS where there is no placeholder of that place and size.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-mapviewoffile3
 */
void *WINAPI MapViewOfFile3(HANDLE mapping, HANDLE process, void *base, ULONG64 start, SIZE_T size, ULONG type, ULONG protect,
    MEM_EXTENDED_PARAMETER *parameters, ULONG count) {
    const LARGE_INTEGER offset = {.QuadPart = (LONGLONG)start};

    if (!process)
        process = NtCurrentProcess();
    return set_nt_error(NtMapViewOfSectionEx(mapping, process, &base, &offset, &size, type, protect, parameters, count)) ? base : NULL;
}

void *WINAPI MapViewOfFile3FromApp(HANDLE mapping, HANDLE process, void *base, ULONG64 start, SIZE_T size, ULONG type, ULONG protect,
    MEM_EXTENDED_PARAMETER *parameters, ULONG count) {
    return MapViewOfFile3(mapping, process, base, start, size, type, protect, parameters, count);
}

/** UnmapViewOfFile() - Return: TRUE; FALSE with ERROR_INVALID_ADDRESS. */
BOOL WINAPI UnmapViewOfFile(const void *address) {
    return set_nt_error(NtUnmapViewOfSection(NtCurrentProcess(), (void *)address));
}

/** UnmapViewOfFile2() - of a process; @flags: MEM_PRESERVE_PLACEHOLDER or 0. Return: TRUE; FALSE with
 * ERROR_INVALID_ADDRESS, ERROR_INVALID_PARAMETER… */
BOOL WINAPI UnmapViewOfFile2(HANDLE process, void *address, ULONG flags) {
    return set_nt_error(NtUnmapViewOfSectionEx(process, address, flags));
}

BOOL WINAPI UnmapViewOfFileEx(void *address, ULONG flags) {
    return UnmapViewOfFile2(NtCurrentProcess(), address, flags);
}

/** FlushViewOfFile() - begins to write a view's changes to the file; does not wait for the disk. Return: TRUE; FALSE
 * with ERROR_INVALID_ADDRESS. */
BOOL WINAPI FlushViewOfFile(const void *address, SIZE_T size) {
    return set_nt_error(NtFlushVirtualMemory(NtCurrentProcess(), &address, &size, 0));
}
