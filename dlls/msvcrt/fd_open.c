/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening, duplicating and closing file descriptors (MSDN: _open, _dup, _pipe, _open_osfhandle, _setmode). */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/fd.h"

enum { SHARE_DENY_ALL = 0x10, SHARE_DENY_WRITE = 0x20, SHARE_DENY_READ = 0x30, SHARE_DENY_NONE = 0x40 };
enum { MODE_READ = 0x100, MODE_WRITE = 0x80 };

int crt_fmode = OPEN_TEXT; /* data export _fmode */
static int creation_mask;

int *CDECL __p__fmode(void) {
    return &crt_fmode;
}
int CDECL _set_fmode(int mode) {
    return mode == OPEN_TEXT || mode == OPEN_BINARY ? crt_fmode = mode, 0 : crt_fail(EINVAL);
}
int CDECL _get_fmode(int *mode) {
    return mode ? *mode = crt_fmode, 0 : crt_fail(EINVAL);
}

int CDECL _umask(int mask) {
    const int old = creation_mask;
    creation_mask = mask & (MODE_READ | MODE_WRITE);
    return old;
}

static DWORD access_of(int flags) {
    if (flags & OPEN_RDWR)
        return GENERIC_READ | GENERIC_WRITE;
    return flags & OPEN_WRONLY ? GENERIC_WRITE : GENERIC_READ;
}

static DWORD disposition_of(int flags) {
    if (!(flags & OPEN_CREAT))
        return flags & OPEN_TRUNC ? TRUNCATE_EXISTING : OPEN_EXISTING;
    if (flags & OPEN_EXCL)
        return CREATE_NEW;
    return flags & OPEN_TRUNC ? CREATE_ALWAYS : OPEN_ALWAYS;
}

static int sharing_of(int share, DWORD access) {
    switch (share) {
    case SHARE_DENY_ALL: return 0;
    case SHARE_DENY_WRITE: return FILE_SHARE_READ;
    case SHARE_DENY_READ: return FILE_SHARE_WRITE;
    case SHARE_DENY_NONE: return FILE_SHARE_READ | FILE_SHARE_WRITE;
    case 0x80: return access == GENERIC_READ ? FILE_SHARE_READ : 0; /* _SH_SECURE */
    default: return -1;
    }
}

static DWORD attributes_of(int flags, int mode) {
    DWORD attributes = 0;
    if (flags & OPEN_CREAT && !(mode & ~creation_mask & MODE_WRITE))
        attributes |= FILE_ATTRIBUTE_READONLY;
    if (flags & OPEN_TEMPORARY)
        attributes |= FILE_FLAG_DELETE_ON_CLOSE;
    if (flags & OPEN_SHORT_LIVED)
        attributes |= FILE_ATTRIBUTE_TEMPORARY;
    if (flags & OPEN_OBTAIN_DIR)
        attributes |= FILE_FLAG_BACKUP_SEMANTICS;
    if (flags & OPEN_SEQUENTIAL)
        attributes |= FILE_FLAG_SEQUENTIAL_SCAN;
    else if (flags & OPEN_RANDOM)
        attributes |= FILE_FLAG_RANDOM_ACCESS;
    return attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
}

static bool is_text(int flags) {
    return !(flags & OPEN_BINARY) && (flags & OPEN_TEXT || !(crt_fmode & OPEN_BINARY));
}

/* A text file that is opened for reading and writing loses the Ctrl-Z at its end, so that what is appended is seen. */
static void trim_ctrl_z(HANDLE handle) {
    LARGE_INTEGER size;
    char last;
    DWORD got;
    if (GetFileSizeEx(handle, &size) && size.QuadPart > 0 &&
        SetFilePointerEx(handle, (LARGE_INTEGER){.QuadPart = -1}, NULL, FILE_END)) {
        if (ReadFile(handle, &last, 1, &got, NULL) && got == 1 && last == 0x1a &&
            SetFilePointerEx(handle, (LARGE_INTEGER){.QuadPart = -1}, NULL, FILE_END))
            SetEndOfFile(handle);
    }
    SetFilePointerEx(handle, (LARGE_INTEGER){.QuadPart = 0}, NULL, FILE_BEGIN);
}

/* Opens and returns the descriptor, or -1 with errno set. */
static int open_path(const WCHAR *path, int flags, int share, int mode) {
    if (!path || flags & OPEN_UNICODE)
        return crt_invalid_parameter(EINVAL), -1;
    DWORD access = access_of(flags);
    int sharing = sharing_of(share, access);
    if (sharing < 0)
        return crt_invalid_parameter(EINVAL), -1;
    if (flags & OPEN_TEMPORARY) {
        access |= DELETE;
        sharing |= FILE_SHARE_DELETE;
    }
    SECURITY_ATTRIBUTES security = {sizeof(security), NULL, !(flags & OPEN_NOINHERIT)};
    const HANDLE handle =
        CreateFileW(path, access, sharing, &security, disposition_of(flags), attributes_of(flags, mode), NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return crt_fail_last();
    const int kind = fd_kind_flags(handle);
    if (kind < 0) {
        crt_fail_last();
        CloseHandle(handle);
        return -1;
    }
    if (is_text(flags) && flags & OPEN_RDWR && !kind)
        trim_ctrl_z(handle);
    const int fd = fd_new(handle, kind | (is_text(flags) ? FD_TEXT : 0) | (flags & OPEN_APPEND ? FD_APPEND : 0) |
                                      (flags & OPEN_NOINHERIT ? FD_NO_INHERIT : 0));
    if (fd < 0)
        CloseHandle(handle);
    return fd;
}

static int open_narrow(const char *path, int flags, int share, int mode) {
    if (!path)
        return crt_invalid_parameter(EINVAL), -1;
    WCHAR *wide = crt_wide_from_ansi(path);
    if (!wide)
        return -1;
    const int fd = open_path(wide, flags, share, mode);
    free(wide);
    return fd;
}

/* The mode that follows in varargs when a file may be created. */
#define OPTIONAL_MODE(flags, last)                                                                                     \
    int mode = 0;                                                                                                      \
    if ((flags)&OPEN_CREAT) {                                                                                          \
        __builtin_ms_va_list args;                                                                                     \
        __builtin_ms_va_start(args, last);                                                                             \
        mode = __builtin_va_arg(args, int);                                                                            \
        __builtin_ms_va_end(args);                                                                                     \
    }

int CDECL _open(const char *path, int flags, ...) {
    OPTIONAL_MODE(flags, flags)
    return open_narrow(path, flags, SHARE_DENY_NONE, mode);
}

int CDECL _wopen(const WCHAR *path, int flags, ...) {
    OPTIONAL_MODE(flags, flags)
    return open_path(path, flags, SHARE_DENY_NONE, mode);
}

int CDECL _sopen(const char *path, int flags, int share, ...) {
    OPTIONAL_MODE(flags, share)
    return open_narrow(path, flags, share, mode);
}

int CDECL _wsopen(const WCHAR *path, int flags, int share, ...) {
    OPTIONAL_MODE(flags, share)
    return open_path(path, flags, share, mode);
}

int CDECL _sopen_s(int *fd, const char *path, int flags, int share, int mode) {
    if (!fd)
        return crt_invalid_parameter(EINVAL), EINVAL;
    *fd = open_narrow(path, flags, share, mode);
    return *fd < 0 ? crt_thread.error : 0;
}

int CDECL _wsopen_s(int *fd, const WCHAR *path, int flags, int share, int mode) {
    if (!fd)
        return crt_invalid_parameter(EINVAL), EINVAL;
    *fd = open_path(path, flags, share, mode);
    return *fd < 0 ? crt_thread.error : 0;
}

int CDECL _creat(const char *path, int mode) {
    return open_narrow(path, OPEN_CREAT | OPEN_TRUNC | OPEN_RDWR, SHARE_DENY_NONE, mode);
}

int CDECL _wcreat(const WCHAR *path, int mode) {
    return open_path(path, OPEN_CREAT | OPEN_TRUNC | OPEN_RDWR, SHARE_DENY_NONE, mode);
}

/* Two descriptors may share a standard handle (1 and 2, after a parent passed one for both): only the last closes it.
 */
static bool handle_shared(int fd, intptr_t handle) {
    if (fd != 1 && fd != 2)
        return false;
    const struct crt_fd *other = fd_get(3 - fd);
    return other && other->handle == handle;
}

static int close_locked(int fd, struct crt_fd *entry) {
    const intptr_t handle = entry->handle;
    int result = 0;
    if (handle != -1 && handle != -2 && !handle_shared(fd, handle) && !CloseHandle((HANDLE)handle))
        result = crt_fail_last();
    fd_free(fd);
    return result;
}

int CDECL _close(int fd) {
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    const int result = close_locked(fd, entry);
    fd_unlock(fd);
    return result;
}

static HANDLE handle_copy(const struct crt_fd *entry) {
    HANDLE copy = NULL;
    const HANDLE process = GetCurrentProcess();
    if (DuplicateHandle(process, (HANDLE)entry->handle, process, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS))
        return copy;
    crt_fail_last();
    return NULL;
}

int CDECL _dup(int fd) {
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    const HANDLE copy = handle_copy(entry);
    const uint8_t flags = entry->flags & ~FD_NO_INHERIT;
    fd_unlock(fd);
    const int other = copy ? fd_new(copy, flags) : -1;
    if (other < 0 && copy)
        CloseHandle(copy);
    return other;
}

int CDECL _dup2(int fd, int other) {
    if (!fd_get(fd))
        return -1;
    if (fd == other)
        return 0;
    struct crt_fd *target = fd_lock_any(other);
    if (!target)
        return -1;
    const struct crt_fd *entry = fd_get(fd);
    const HANDLE copy = entry ? handle_copy(entry) : NULL;
    if (copy) {
        const uint8_t flags = entry->flags & ~FD_NO_INHERIT;
        if (target->flags & FD_OPEN)
            close_locked(other, target);
        target->flags = flags;
        fd_set_handle(other, copy);
    }
    fd_unlock(other);
    return copy ? 0 : -1;
}

int CDECL _pipe(int *fds, unsigned size, int flags) {
    if (!fds)
        return crt_invalid_parameter(EINVAL), -1;
    fds[0] = fds[1] = -1;
    SECURITY_ATTRIBUTES security = {sizeof(security), NULL, !(flags & OPEN_NOINHERIT)};
    HANDLE ends[2];
    if (!CreatePipe(&ends[0], &ends[1], &security, size))
        return crt_fail_last();
    const uint8_t fd_flags = FD_PIPE | (is_text(flags) ? FD_TEXT : 0) | (flags & OPEN_NOINHERIT ? FD_NO_INHERIT : 0);
    const int read_end = fd_new(ends[0], fd_flags), write_end = read_end < 0 ? -1 : fd_new(ends[1], fd_flags);
    if (write_end >= 0) {
        fds[0] = read_end;
        fds[1] = write_end;
        return 0;
    }
    if (read_end >= 0)
        fd_free(read_end);
    CloseHandle(ends[0]);
    CloseHandle(ends[1]);
    return -1;
}

/* _setmode() - the mode that held before: _O_TEXT or _O_BINARY. */
int CDECL _setmode(int fd, int mode) {
    if (mode != OPEN_TEXT && mode != OPEN_BINARY)
        return crt_invalid_parameter(EINVAL), -1;
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    const int old = entry->flags & FD_TEXT ? OPEN_TEXT : OPEN_BINARY;
    entry->flags = (entry->flags & ~FD_TEXT) | (mode == OPEN_TEXT ? FD_TEXT : 0);
    fd_unlock(fd);
    return old;
}

int CDECL _isatty(int fd) {
    const struct crt_fd *entry = fd_get(fd);
    return entry && entry->handle != -2 ? entry->flags & FD_DEVICE : 0;
}

intptr_t CDECL _get_osfhandle(int fd) {
    const struct crt_fd *entry = fd_get(fd);
    return entry ? entry->handle : -1;
}

int CDECL _open_osfhandle(intptr_t handle, int flags) {
    const int kind = fd_kind_flags((HANDLE)handle);
    if (kind < 0)
        return crt_fail_win32(GetLastError() ? GetLastError() : ERROR_INVALID_HANDLE);
    return fd_new((HANDLE)handle, kind | (flags & OPEN_TEXT ? FD_TEXT : 0) | (flags & OPEN_APPEND ? FD_APPEND : 0) |
                                      (flags & OPEN_NOINHERIT ? FD_NO_INHERIT : 0));
}
