/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of a file (MSDN: _stat, _access, _utime).  One record is gathered, and copied into the layout that the
 * caller's structure has: 32- or 64-bit times and sizes.
 */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/fd.h"

enum {
    MODE_DIRECTORY = 0x4000,
    MODE_DEVICE = 0x2000,
    MODE_PIPE = 0x1000,
    MODE_FILE = 0x8000,
    MODE_READ = 0444,
    MODE_WRITE = 0222,
    MODE_EXECUTE = 0111
};

#define STAT_LAYOUT(name, size_type, time_type)                                                                        \
    struct name {                                                                                                      \
        uint32_t dev;                                                                                                  \
        uint16_t ino, mode;                                                                                            \
        int16_t nlink, uid, gid;                                                                                       \
        uint32_t rdev;                                                                                                 \
        size_type size;                                                                                                \
        time_type atime, mtime, ctime;                                                                                 \
    }
STAT_LAYOUT(crt_stat32, int32_t, int32_t);
STAT_LAYOUT(crt_stat64, int64_t, int64_t);
STAT_LAYOUT(crt_stat64i32, int32_t, int64_t);
STAT_LAYOUT(crt_stat32i64, int64_t, int32_t);
_Static_assert(sizeof(struct crt_stat64) == 56 && sizeof(struct crt_stat64i32) == 48, "programs' layout");

#define STAT_COPY(out, in)                                                                                             \
    (*(out) = (__typeof__(*(out))){(in)->dev, (in)->ino, (in)->mode, (in)->nlink, (in)->uid, (in)->gid, (in)->rdev,    \
         (in)->size, (in)->atime, (in)->mtime, (in)->ctime})

/* Seconds since 1970 of a FILETIME; 0 for none. */
int64_t crt_time_from_filetime(FILETIME time) {
    const int64_t ticks = (int64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
    return ticks ? ticks / 10000000 - 11644473600LL : 0;
}

static bool is_executable(const WCHAR *path) {
    const WCHAR *dot = msvcrt_wcsrchr(path, '.');
    return dot &&
           (!_wcsicmp(dot, L".exe") || !_wcsicmp(dot, L".cmd") || !_wcsicmp(dot, L".bat") || !_wcsicmp(dot, L".com"));
}

static int drive_of(const WCHAR *path) {
    WCHAR full[MAX_PATH];
    if (path[0] && path[1] == ':')
        return (path[0] | 0x20) - 'a';
    return GetCurrentDirectoryW(MAX_PATH, full) && full[1] == ':' ? (full[0] | 0x20) - 'a' : 0;
}

static int stat_path(const WCHAR *path, struct crt_stat64 *out) {
    if (!path || !out)
        return crt_invalid_parameter(EINVAL), -1;
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (!*path || crt_wcschr(path, '*') || crt_wcschr(path, '?'))
        return crt_errno_set(ENOENT), -1;
    if (!GetFileAttributesExW(path, GetFileExInfoStandard, &data)) {
        crt_fail_last();
        return crt_errno_set(ENOENT), -1;
    }
    const bool directory = data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    memset(out, 0, sizeof(*out));
    out->mode = directory ? MODE_DIRECTORY | MODE_EXECUTE : MODE_FILE;
    out->mode |= data.dwFileAttributes & FILE_ATTRIBUTE_READONLY && !directory ? MODE_READ : MODE_READ | MODE_WRITE;
    if (!directory && is_executable(path))
        out->mode |= MODE_EXECUTE;
    out->dev = out->rdev = drive_of(path);
    out->nlink = 1;
    out->size = directory ? 0 : (int64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow;
    out->mtime = crt_time_from_filetime(data.ftLastWriteTime);
    out->atime = data.ftLastAccessTime.dwHighDateTime ? crt_time_from_filetime(data.ftLastAccessTime) : out->mtime;
    out->ctime = data.ftCreationTime.dwHighDateTime ? crt_time_from_filetime(data.ftCreationTime) : out->mtime;
    return 0;
}

static int stat_fd(int fd, struct crt_stat64 *out) {
    if (!out)
        return crt_invalid_parameter(EINVAL), -1;
    memset(out, 0, sizeof(*out));
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    const HANDLE handle = (HANDLE)entry->handle;
    BY_HANDLE_FILE_INFORMATION info;
    int result = 0;
    out->nlink = 1;
    if (entry->flags & (FD_DEVICE | FD_PIPE)) {
        out->mode = entry->flags & FD_PIPE ? MODE_PIPE : MODE_DEVICE;
        out->dev = out->rdev = fd;
        DWORD available;
        if (entry->flags & FD_PIPE && PeekNamedPipe(handle, NULL, 0, NULL, &available, NULL))
            out->size = available;
    } else if (!GetFileInformationByHandle(handle, &info)) {
        result = crt_fail_last();
    } else {
        const bool directory = info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
        out->mode = directory ? MODE_DIRECTORY | MODE_EXECUTE : MODE_FILE;
        out->mode |= info.dwFileAttributes & FILE_ATTRIBUTE_READONLY ? MODE_READ : MODE_READ | MODE_WRITE;
        out->size = directory ? 0 : (int64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
        out->mtime = crt_time_from_filetime(info.ftLastWriteTime);
        out->atime = crt_time_from_filetime(info.ftLastAccessTime);
        out->ctime = crt_time_from_filetime(info.ftCreationTime);
    }
    fd_unlock(fd);
    return result;
}

static int stat_narrow(const char *path, struct crt_stat64 *out) {
    WCHAR *wide = path ? crt_wide_from_ansi(path) : NULL;
    const int result = stat_path(wide, out);
    free(wide);
    return result;
}

/* The functions of one layout: narrow, wide, by descriptor. */
#define STAT_FUNCTIONS(suffix, layout)                                                                                 \
    int CDECL _stat##suffix(const char *path, struct layout *out) {                                                    \
        struct crt_stat64 stat;                                                                                        \
        return stat_narrow(path, &stat) ? -1 : (STAT_COPY(out, &stat), 0);                                             \
    }                                                                                                                  \
    int CDECL _wstat##suffix(const WCHAR *path, struct layout *out) {                                                  \
        struct crt_stat64 stat;                                                                                        \
        return stat_path(path, &stat) ? -1 : (STAT_COPY(out, &stat), 0);                                               \
    }                                                                                                                  \
    int CDECL _fstat##suffix(int fd, struct layout *out) {                                                             \
        struct crt_stat64 stat;                                                                                        \
        return stat_fd(fd, &stat) ? -1 : (STAT_COPY(out, &stat), 0);                                                   \
    }
STAT_FUNCTIONS(32, crt_stat32)
STAT_FUNCTIONS(64, crt_stat64)
STAT_FUNCTIONS(64i32, crt_stat64i32)
STAT_FUNCTIONS(32i64, crt_stat32i64)

/* _waccess() - mode bits: 2 write, 4 read; 0 existence alone. */
int CDECL _waccess(const WCHAR *path, int mode) {
    if (!path || mode & ~6)
        return crt_invalid_parameter(EINVAL), -1;
    const DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return crt_fail_last();
    if (mode & 2 && attributes & FILE_ATTRIBUTE_READONLY && !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return crt_fail_win32(ERROR_ACCESS_DENIED);
    return 0;
}

int CDECL _access(const char *path, int mode) {
    WCHAR *wide = path ? crt_wide_from_ansi(path) : NULL;
    const int result = _waccess(wide, mode);
    free(wide);
    return result;
}

int CDECL _access_s(const char *path, int mode) {
    return _access(path, mode) ? crt_thread.error : 0;
}
int CDECL _waccess_s(const WCHAR *path, int mode) {
    return _waccess(path, mode) ? crt_thread.error : 0;
}

int CDECL _wchmod(const WCHAR *path, int mode) {
    const DWORD attributes = path ? GetFileAttributesW(path) : INVALID_FILE_ATTRIBUTES;
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return crt_fail_last();
    const DWORD wanted =
        mode & 0x80 ? attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY : attributes | FILE_ATTRIBUTE_READONLY;
    return SetFileAttributesW(path, wanted) ? 0 : crt_fail_last();
}

int CDECL _chmod(const char *path, int mode) {
    WCHAR *wide = path ? crt_wide_from_ansi(path) : NULL;
    const int result = _wchmod(wide, mode);
    free(wide);
    return result;
}

struct crt_utimbuf64 {
    int64_t actime, modtime;
};

static FILETIME filetime_from(int64_t seconds) {
    const int64_t ticks = (seconds + 11644473600LL) * 10000000;
    return (FILETIME){ticks, ticks >> 32};
}

int CDECL _futime64(int fd, const struct crt_utimbuf64 *times) {
    const struct crt_fd *entry = fd_get(fd);
    if (!entry)
        return -1;
    const int64_t now = _time64(NULL);
    const FILETIME accessed = filetime_from(times ? times->actime : now);
    const FILETIME modified = filetime_from(times ? times->modtime : now);
    if (SetFileTime((HANDLE)entry->handle, NULL, &accessed, &modified))
        return 0;
    crt_errno_set(EINVAL);
    return -1;
}

int CDECL _wutime64(const WCHAR *path, const struct crt_utimbuf64 *times) {
    const int fd = _wopen(path, OPEN_RDWR | OPEN_BINARY);
    if (fd < 0)
        return -1;
    const int result = _futime64(fd, times);
    const int error = crt_thread.error;
    _close(fd);
    if (result)
        crt_errno_set(error);
    return result;
}

int CDECL _utime64(const char *path, const struct crt_utimbuf64 *times) {
    WCHAR *wide = path ? crt_wide_from_ansi(path) : NULL;
    const int result = _wutime64(wide, times);
    free(wide);
    return result;
}

int CDECL _utime32(const char *path, const int *times) {
    const struct crt_utimbuf64 wide = {times ? times[0] : 0, times ? times[1] : 0};
    return _utime64(path, times ? &wide : NULL);
}
