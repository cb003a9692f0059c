/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File names of the A functions: from and to the code page of the file functions (ANSI, or OEM after SetFileApisToOEM). */
#ifndef WINIPC_KERNEL32_PATH_TEXT_H
#define WINIPC_KERNEL32_PATH_TEXT_H

#include <windows.h>
#include <winternl.h>

/* A name that was converted; free with path_text_free.  NULL stays NULL. */
struct path_text {
    WCHAR *wide;
    WCHAR room[MAX_PATH];
};

/* path_text_from() - Return: FALSE with the last error (ERROR_NOT_ENOUGH_MEMORY). */
BOOL path_text_from(struct path_text *text, const char *name);
void path_text_free(struct path_text *text);

/* path_text_to() - @wide (@n units) as bytes, terminated.
 * Return: as the A functions that give a path: the length, or the size needed with the terminator if @size is too small. */
DWORD path_text_to(const WCHAR *wide, size_t n, char *buffer, DWORD size);

/* The NT form of a DOS path.  Return: FALSE with the last error; on success free @nt with RtlFreeUnicodeString. */
BOOL path_to_nt(const WCHAR *path, UNICODE_STRING *nt);
void path_nt_free(UNICODE_STRING *nt);

/* path_open() - opens what exists by its DOS path: @access and @options as NtOpenFile, shared with all, synchronous if SYNCHRONIZE is asked.
 * Return: an NTSTATUS. */
NTSTATUS path_open(const WCHAR *path, ACCESS_MASK access, ULONG options, HANDLE *handle);

#endif
