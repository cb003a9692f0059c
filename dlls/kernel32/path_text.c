/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File names of the A functions, and DOS paths on their way to NT; see path_text.h. */
#include "dlls/kernel32/path_text.h"

#include <ntstatus.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/kernel32/error.h"

static BOOL path_is_oem; /* SetFileApisToOEM */

/** SetFileApisToOEM() - the file functions' A forms take OEM text from now on. */
void WINAPI SetFileApisToOEM(void) {
    path_is_oem = TRUE;
}

void WINAPI SetFileApisToANSI(void) {
    path_is_oem = FALSE;
}

BOOL WINAPI AreFileApisANSI(void) {
    return !path_is_oem;
}

static UINT path_code_page(void) {
    return path_is_oem ? CP_OEMCP : CP_ACP;
}

BOOL path_text_from(struct path_text *text, const char *name) {
    int n;

    text->wide = NULL;
    if (!name)
        return TRUE;
    n = MultiByteToWideChar(path_code_page(), 0, name, -1, text->room, MAX_PATH);
    if (n > 0) {
        text->wide = text->room;
        return TRUE;
    }
    n = MultiByteToWideChar(path_code_page(), 0, name, -1, NULL, 0);
    if (n > 0)
        text->wide = malloc((size_t)n * sizeof(WCHAR));
    if (!text->wide) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    MultiByteToWideChar(path_code_page(), 0, name, -1, text->wide, n);
    return TRUE;
}

void path_text_free(struct path_text *text) {
    if (text->wide != text->room)
        free(text->wide);
}

DWORD path_text_to(const WCHAR *wide, size_t n, char *buffer, DWORD size) {
    const DWORD needed = n ? (DWORD)WideCharToMultiByte(path_code_page(), 0, wide, (int)n, NULL, 0, NULL, NULL) : 0;

    if (needed + 1 > size)
        return needed + 1;
    if (n)
        WideCharToMultiByte(path_code_page(), 0, wide, (int)n, buffer, (int)size, NULL, NULL);
    buffer[needed] = 0;
    return needed;
}

BOOL path_to_nt(const WCHAR *path, UNICODE_STRING *nt) {
    const NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(path, nt, NULL, NULL);

    if (!status)
        return TRUE;
    if (status == STATUS_OBJECT_NAME_INVALID || !path)
        SetLastError(ERROR_PATH_NOT_FOUND);
    else
        set_nt_error(status);
    return FALSE;
}

void path_nt_free(UNICODE_STRING *nt) {
    HeapFree(GetProcessHeap(), 0, nt->Buffer);
}

NTSTATUS path_open(const WCHAR *path, ACCESS_MASK access, ULONG options, HANDLE *handle) {
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .Attributes = OBJ_CASE_INSENSITIVE};
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING nt;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(path, &nt, NULL, NULL);

    if (status)
        return status == STATUS_OBJECT_NAME_INVALID ? STATUS_OBJECT_PATH_NOT_FOUND : status;
    attributes.ObjectName = &nt;
    if (access & SYNCHRONIZE)
        options |= FILE_SYNCHRONOUS_IO_NONALERT;
    status = NtOpenFile(handle, access, &attributes, &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, options);
    path_nt_free(&nt);
    return status;
}
