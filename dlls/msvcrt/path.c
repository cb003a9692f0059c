/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of files and folders: making, removing, renaming, taking apart (MSDN: directory control, path handling). */
#include <stdio.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/fd.h"

#define PATH_MAX_CRT 260

int CDECL _wmkdir(const WCHAR *path) {
    return CreateDirectoryW(path, NULL) ? 0 : crt_fail_last();
}
int CDECL _wrmdir(const WCHAR *path) {
    return RemoveDirectoryW(path) ? 0 : crt_fail_last();
}
int CDECL _wunlink(const WCHAR *path) {
    return DeleteFileW(path) ? 0 : crt_fail_last();
}
int CDECL _wremove(const WCHAR *path) {
    return _wunlink(path);
}
int CDECL _wrename(const WCHAR *from, const WCHAR *to) {
    return MoveFileExW(from, to, MOVEFILE_COPY_ALLOWED) ? 0 : crt_fail_last();
}

/* _wchdir() - also tells the process which folder is current on that drive ("=C:"), as the C library does on Windows.
 */
int CDECL _wchdir(const WCHAR *path) {
    if (!path)
        return crt_invalid_parameter(EINVAL), -1;
    WCHAR here[PATH_MAX_CRT];
    if (!SetCurrentDirectoryW(path))
        return crt_fail_last();
    const DWORD length = GetCurrentDirectoryW(PATH_MAX_CRT, here);
    if (length && length < PATH_MAX_CRT && here[1] == ':')
        SetEnvironmentVariableW((WCHAR[]){'=', here[0] & ~0x20, ':', 0}, here);
    return 0;
}

/* Calls the W form with a converted name. */
static int with_wide(const char *path, int(CDECL *call)(const WCHAR *)) {
    WCHAR *wide = path ? crt_wide_from_ansi(path) : NULL;
    if (!wide)
        return crt_errno_set(path ? ENOMEM : EINVAL), -1;
    const int result = call(wide);
    free(wide);
    return result;
}

int CDECL _mkdir(const char *path) {
    return with_wide(path, _wmkdir);
}
int CDECL _rmdir(const char *path) {
    return with_wide(path, _wrmdir);
}
int CDECL _unlink(const char *path) {
    return with_wide(path, _wunlink);
}
int CDECL msvcrt_remove(const char *path) {
    return with_wide(path, _wunlink);
}
int CDECL _chdir(const char *path) {
    return with_wide(path, _wchdir);
}

int CDECL msvcrt_rename(const char *from, const char *to) {
    WCHAR *wide_from = crt_wide_from_ansi(from), *wide_to = crt_wide_from_ansi(to);
    const int result = wide_from && wide_to ? _wrename(wide_from, wide_to) : -1;
    free(wide_from);
    free(wide_to);
    return result;
}

int CDECL _getdrive(void) {
    WCHAR here[PATH_MAX_CRT];
    const DWORD length = GetCurrentDirectoryW(PATH_MAX_CRT, here);
    return length && length < PATH_MAX_CRT && here[1] == ':' ? (here[0] & ~0x20) - 'A' + 1 : 0;
}

int CDECL _chdrive(int drive) {
    if (drive < 1 || drive > 26)
        return crt_errno_set(EACCES), -1;
    return SetCurrentDirectoryW((WCHAR[]){'A' + drive - 1, ':', 0}) ? 0 : crt_fail_last();
}

/* _wgetdcwd() - the current folder of a drive (0: the current one); out NULL: memory from malloc, of at least size
 * units. */
WCHAR *CDECL _wgetdcwd(int drive, WCHAR *out, int size) {
    WCHAR here[PATH_MAX_CRT];
    const WCHAR dot[] = {'A' + drive - 1, ':', '.', 0};
    const DWORD length =
        drive ? GetFullPathNameW(dot, PATH_MAX_CRT, here, NULL) : GetCurrentDirectoryW(PATH_MAX_CRT, here);
    if (!length || length >= PATH_MAX_CRT)
        return crt_fail_last(), NULL;
    if (out && length >= (DWORD)size)
        return crt_errno_set(ERANGE), NULL;
    if (!out) {
        const DWORD room = size > (int)length ? (DWORD)size : length + 1;
        out = malloc(room * sizeof(WCHAR));
    }
    return out ? memcpy(out, here, (length + 1) * sizeof(WCHAR)) : (crt_errno_set(ENOMEM), NULL);
}

WCHAR *CDECL _wgetcwd(WCHAR *out, int size) {
    return _wgetdcwd(0, out, size);
}

char *CDECL _getdcwd(int drive, char *out, int size) {
    WCHAR *wide = _wgetdcwd(drive, NULL, 0);
    char *narrow = wide ? crt_ansi_from_wide(wide) : NULL;
    free(wide);
    if (!narrow)
        return NULL;
    const size_t length = strlen(narrow);
    if (!out) {
        char *grown = size > (int)length ? realloc(narrow, size) : narrow;
        return grown ? grown : narrow;
    }
    if (length < (size_t)size)
        memcpy(out, narrow, length + 1);
    else
        crt_errno_set(ERANGE), out = NULL;
    free(narrow);
    return out;
}

char *CDECL _getcwd(char *out, int size) {
    return _getdcwd(0, out, size);
}

WCHAR *CDECL _wfullpath(WCHAR *out, const WCHAR *path, size_t size) {
    if (!path || !*path)
        return _wgetcwd(out, size);
    const DWORD needed = GetFullPathNameW(path, 0, NULL, NULL);
    if (!needed)
        return crt_fail_last(), NULL;
    if (out && needed > size)
        return crt_errno_set(ERANGE), NULL;
    WCHAR *full = out ? out : malloc(needed * sizeof(WCHAR));
    if (full)
        GetFullPathNameW(path, needed, full, NULL);
    else
        crt_errno_set(ENOMEM);
    return full;
}

char *CDECL _fullpath(char *out, const char *path, size_t size) {
    WCHAR *wide = path ? crt_wide_from_ansi(path) : NULL;
    WCHAR *full = _wfullpath(NULL, wide, 0);
    char *narrow = full ? crt_ansi_from_wide(full) : NULL;
    free(wide);
    free(full);
    if (!out || !narrow)
        return narrow;
    if (strlen(narrow) < size)
        strcpy(out, narrow);
    else
        crt_errno_set(ERANGE), out = NULL;
    free(narrow);
    return out;
}

/* The parts of a path, as offsets: drive, folder, name, extension, end. */
struct path_parts {
    size_t folder, name, extension, end;
};

static struct path_parts path_split(const WCHAR *path) {
    struct path_parts parts = {0};
    if (path[0] && path[1] == ':')
        parts.folder = 2;
    parts.name = parts.folder;
    size_t dot = 0;
    for (parts.end = parts.folder; path[parts.end]; parts.end++) {
        if (path[parts.end] == '/' || path[parts.end] == '\\') {
            parts.name = parts.end + 1;
            dot = 0;
        } else if (path[parts.end] == '.') {
            dot = parts.end + 1;
        }
    }
    parts.extension = dot ? dot - 1 : parts.end;
    return parts;
}

static void part_copy(WCHAR *out, const WCHAR *path, size_t from, size_t to) {
    if (!out)
        return;
    memcpy(out, path + from, (to - from) * sizeof(WCHAR));
    out[to - from] = 0;
}

void CDECL _wsplitpath(const WCHAR *path, WCHAR *drive, WCHAR *folder, WCHAR *name, WCHAR *extension) {
    const struct path_parts parts = path_split(path);
    part_copy(drive, path, 0, parts.folder);
    part_copy(folder, path, parts.folder, parts.name);
    part_copy(name, path, parts.name, parts.extension);
    part_copy(extension, path, parts.extension, parts.end);
}

static void part_copy_narrow(char *out, const WCHAR *path, size_t from, size_t to) {
    if (!out)
        return;
    out[WideCharToMultiByte(CP_ACP, 0, path + from, to - from, out, PATH_MAX_CRT - 1, NULL, NULL)] = 0;
}

void CDECL _splitpath(const char *path, char *drive, char *folder, char *name, char *extension) {
    WCHAR *wide = crt_wide_from_ansi(path);
    if (!wide)
        return;
    const struct path_parts parts = path_split(wide);
    part_copy_narrow(drive, wide, 0, parts.folder);
    part_copy_narrow(folder, wide, parts.folder, parts.name);
    part_copy_narrow(name, wide, parts.name, parts.extension);
    part_copy_narrow(extension, wide, parts.extension, parts.end);
    free(wide);
}

void CDECL _makepath(char *out, const char *drive, const char *folder, const char *name, const char *extension) {
    *out = 0;
    if (drive && *drive)
        out += sprintf(out, "%c:", *drive);
    if (folder && *folder) {
        const char last = folder[strlen(folder) - 1];
        out += sprintf(out, "%s%s", folder, last == '/' || last == '\\' ? "" : "\\");
    }
    if (name)
        out += sprintf(out, "%s", name);
    if (extension && *extension)
        sprintf(out, "%s%s", *extension == '.' ? "" : ".", extension);
}

void CDECL _wmakepath(WCHAR *out, const WCHAR *drive, const WCHAR *folder, const WCHAR *name, const WCHAR *extension) {
    *out = 0;
    if (drive && *drive) {
        msvcrt_wcsncat(out, drive, 1);
        msvcrt_wcscat(out, L":");
    }
    if (folder && *folder) {
        const WCHAR last = folder[crt_wcslen(folder) - 1];
        msvcrt_wcscat(msvcrt_wcscat(out, folder), last == '/' || last == '\\' ? L"" : L"\\");
    }
    if (name)
        msvcrt_wcscat(out, name);
    if (extension && *extension)
        msvcrt_wcscat(msvcrt_wcscat(out, *extension == '.' ? L"" : L"."), extension);
}

/* Names for temporary files: letters that differ with each call, and that no file has. */
static bool name_unused(WCHAR *pattern, size_t length) {
    const unsigned id = GetCurrentProcessId();
    for (int letter = 'a'; letter <= 'z'; letter++) {
        pattern[length - 6] = letter;
        unsigned rest = id;
        for (int i = 1; i < 6; i++, rest /= 10)
            pattern[length - i] = '0' + rest % 10;
        if (GetFileAttributesW(pattern) == INVALID_FILE_ATTRIBUTES)
            return true;
    }
    crt_errno_set(EEXIST);
    return false;
}

WCHAR *CDECL _wmktemp(WCHAR *pattern) {
    const size_t length = pattern ? crt_wcslen(pattern) : 0;
    if (length < 6 || msvcrt_wcscmp(pattern + length - 6, L"XXXXXX"))
        return crt_invalid_parameter(EINVAL), NULL;
    return name_unused(pattern, length) ? pattern : NULL;
}

char *CDECL _mktemp(char *pattern) {
    WCHAR *wide = pattern ? crt_wide_from_ansi(pattern) : NULL;
    WCHAR *made = _wmktemp(wide);
    const size_t length = made ? strlen(pattern) : 0;
    for (int i = 1; made && i <= 6; i++)
        pattern[length - i] = made[crt_wcslen(made) - i];
    free(wide);
    return made ? pattern : NULL;
}

/* A name in a folder that no file has: made of prefix, process and a count. */
static WCHAR *temporary_name(const WCHAR *folder, const WCHAR *prefix) {
    static _Atomic unsigned count;
    const size_t length = crt_wcslen(folder);
    const bool closed = length && (folder[length - 1] == '\\' || folder[length - 1] == '/');
    WCHAR *name = malloc((length + crt_wcslen(prefix) + 32) * sizeof(WCHAR));
    if (!name)
        return crt_errno_set(ENOMEM), NULL;
    do
        crt_swprintf_unbounded(
            name, L"%s%s%s%x.%x", folder, closed ? L"" : L"\\", prefix, GetCurrentProcessId(), ++count);
    while (GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES);
    return name;
}

static bool is_folder(const WCHAR *path) {
    const DWORD attributes = path ? GetFileAttributesW(path) : INVALID_FILE_ATTRIBUTES;
    return attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
}

/* _wtempnam() - in TMP's folder if there is one, else in the given one, else in the system's; from malloc. */
WCHAR *CDECL _wtempnam(const WCHAR *folder, const WCHAR *prefix) {
    WCHAR system[PATH_MAX_CRT];
    const WCHAR *where = _wgetenv(L"TMP");
    if (!is_folder(where))
        where = is_folder(folder) ? folder : NULL;
    if (!where && GetTempPathW(PATH_MAX_CRT, system))
        where = system;
    return temporary_name(where ? where : L".", prefix ? prefix : L"");
}

char *CDECL _tempnam(const char *folder, const char *prefix) {
    WCHAR *wide_folder = folder ? crt_wide_from_ansi(folder) : NULL,
          *wide_prefix = prefix ? crt_wide_from_ansi(prefix) : NULL;
    WCHAR *name = _wtempnam(wide_folder, wide_prefix);
    char *narrow = name ? crt_ansi_from_wide(name) : NULL;
    free(wide_folder);
    free(wide_prefix);
    free(name);
    return narrow;
}

char *CDECL msvcrt_tmpnam(char *out) {
    char *name = _tempnam(NULL, "s");
    if (!name)
        return NULL;
    if (!out) {
        out = crt_texts()->narrow;
        if (strlen(name) >= CRT_TEXT_SIZE)
            return free(name), NULL;
    }
    strcpy(out, name);
    free(name);
    return out;
}

struct crt_file *CDECL msvcrt_tmpfile(void) {
    char *name = _tempnam(NULL, "t");
    struct crt_file *file = name ? msvcrt_fopen(name, "w+bTD") : NULL;
    free(name);
    return file;
}

int CDECL tmpfile_s(struct crt_file **file) {
    if (!file)
        return crt_invalid_parameter(EINVAL), EINVAL;
    *file = msvcrt_tmpfile();
    return *file ? 0 : crt_thread.error;
}
