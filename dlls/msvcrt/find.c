/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listing folders (MSDN: _findfirst, _findnext): FindFirstFileW, copied into the caller's layout. */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

int64_t crt_time_from_filetime(FILETIME time);

#define FIND_LAYOUT(layout, char_type, size_type, time_type)                                                           \
    struct layout {                                                                                                    \
        uint32_t attrib;                                                                                               \
        time_type created, accessed, written;                                                                          \
        size_type size;                                                                                                \
        char_type name[260];                                                                                           \
    }
FIND_LAYOUT(crt_find32, char, uint32_t, int32_t);
FIND_LAYOUT(crt_find32i64, char, int64_t, int32_t);
FIND_LAYOUT(crt_find64i32, char, uint32_t, int64_t);
FIND_LAYOUT(crt_find64, char, int64_t, int64_t);
FIND_LAYOUT(crt_wfind32, WCHAR, uint32_t, int32_t);
FIND_LAYOUT(crt_wfind32i64, WCHAR, int64_t, int32_t);
FIND_LAYOUT(crt_wfind64i32, WCHAR, uint32_t, int64_t);
FIND_LAYOUT(crt_wfind64, WCHAR, int64_t, int64_t);

static int64_t time_or_none(FILETIME time) {
    return time.dwHighDateTime ? crt_time_from_filetime(time) : -1;
}

static void name_copy(char *out, const WCHAR *name) {
    if (!WideCharToMultiByte(CP_ACP, 0, name, -1, out, 260, NULL, NULL))
        out[0] = 0;
}

static void name_copy_wide(WCHAR *out, const WCHAR *name) {
    memcpy(out, name, (crt_wcslen(name) + 1) * sizeof(WCHAR));
}

static intptr_t find_failed(void) {
    const DWORD error = GetLastError();
    crt_fail_win32(error);
    if (error == ERROR_NOT_ENOUGH_MEMORY)
        crt_errno_set(ENOMEM);
    else if (error == ERROR_NO_MORE_FILES || error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        crt_errno_set(ENOENT);
    else
        crt_errno_set(EINVAL);
    return -1;
}

static HANDLE find_first(const WCHAR *pattern, WIN32_FIND_DATAW *data) {
    return pattern ? FindFirstFileW(pattern, data) : (SetLastError(ERROR_INVALID_PARAMETER), INVALID_HANDLE_VALUE);
}

static HANDLE find_first_narrow(const char *pattern, WIN32_FIND_DATAW *data) {
    WCHAR *wide = pattern ? crt_wide_from_ansi(pattern) : NULL;
    const HANDLE search = find_first(wide, data);
    free(wide);
    return search;
}

#define FIND_COPY(out, data, copy)                                                                                     \
    do {                                                                                                               \
        (out)->attrib = (data)->dwFileAttributes == FILE_ATTRIBUTE_NORMAL ? 0 : (data)->dwFileAttributes;              \
        (out)->created = time_or_none((data)->ftCreationTime);                                                         \
        (out)->accessed = time_or_none((data)->ftLastAccessTime);                                                      \
        (out)->written = crt_time_from_filetime((data)->ftLastWriteTime);                                              \
        (out)->size = (int64_t)(data)->nFileSizeHigh << 32 | (data)->nFileSizeLow;                                     \
        copy((out)->name, (data)->cFileName);                                                                          \
    } while (0)

#define FIND_FUNCTIONS(first, next, char_type, layout, start, copy)                                                    \
    intptr_t CDECL first(const char_type *pattern, struct layout *out) {                                               \
        WIN32_FIND_DATAW data;                                                                                         \
        const HANDLE search = start(pattern, &data);                                                                   \
        if (search == INVALID_HANDLE_VALUE)                                                                            \
            return find_failed();                                                                                      \
        FIND_COPY(out, &data, copy);                                                                                   \
        return (intptr_t)search;                                                                                       \
    }                                                                                                                  \
    int CDECL next(intptr_t search, struct layout *out) {                                                              \
        WIN32_FIND_DATAW data;                                                                                         \
        if (!FindNextFileW((HANDLE)search, &data))                                                                     \
            return find_failed();                                                                                      \
        FIND_COPY(out, &data, copy);                                                                                   \
        return 0;                                                                                                      \
    }
FIND_FUNCTIONS(_findfirst32, _findnext32, char, crt_find32, find_first_narrow, name_copy)
FIND_FUNCTIONS(_findfirst32i64, _findnext32i64, char, crt_find32i64, find_first_narrow, name_copy)
FIND_FUNCTIONS(_findfirst64i32, _findnext64i32, char, crt_find64i32, find_first_narrow, name_copy)
FIND_FUNCTIONS(_findfirst64, _findnext64, char, crt_find64, find_first_narrow, name_copy)
FIND_FUNCTIONS(_wfindfirst32, _wfindnext32, WCHAR, crt_wfind32, find_first, name_copy_wide)
FIND_FUNCTIONS(_wfindfirst32i64, _wfindnext32i64, WCHAR, crt_wfind32i64, find_first, name_copy_wide)
FIND_FUNCTIONS(_wfindfirst64i32, _wfindnext64i32, WCHAR, crt_wfind64i32, find_first, name_copy_wide)
FIND_FUNCTIONS(_wfindfirst64, _wfindnext64, WCHAR, crt_wfind64, find_first, name_copy_wide)

int CDECL _findclose(intptr_t search) {
    if (FindClose((HANDLE)search))
        return 0;
    crt_errno_set(EINVAL);
    return -1;
}
