/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Low-level reading, writing and seeking (MSDN: _read, _write, _lseek).  In text mode a written LF becomes CR LF, a CR
 * LF that is read becomes LF, and Ctrl-Z ends the file.
 */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/fd.h"

#define CTRL_Z 0x1a
#define CR '\r'
#define LF '\n'

/* Reads once; -1 with errno set, 0 at the end (a broken pipe is one). */
static int raw_read(const struct crt_fd *entry, void *buffer, unsigned n) {
    DWORD got = 0;
    if (ReadFile((HANDLE)entry->handle, buffer, n, &got, NULL))
        return got;
    const DWORD error = GetLastError();
    if (error == ERROR_BROKEN_PIPE)
        return 0;
    if (error == ERROR_MORE_DATA)
        return got;
    crt_fail_win32(error);
    if (error == ERROR_ACCESS_DENIED)
        crt_errno_set(EBADF);
    return -1;
}

/* The byte behind a CR that was the last read: LF joins it; another is kept for the next read. */
static char resolve_last_cr(int fd, struct crt_fd *entry) {
    char next;
    const int got = raw_read(entry, &next, 1);
    if (got <= 0)
        return CR;
    if (next == LF) {
        fd_set_last_raw(fd, fd_last_raw(fd) + 1);
        return LF;
    }
    if (entry->flags & (FD_PIPE | FD_DEVICE))
        entry->lookahead = next;
    else
        SetFilePointerEx((HANDLE)entry->handle, (LARGE_INTEGER){.QuadPart = -1}, NULL, FILE_CURRENT);
    return CR;
}

/* Translates n raw bytes in place; returns how many remain. */
static int translate_read(int fd, struct crt_fd *entry, char *buffer, int n) {
    char *out = buffer;
    for (int i = 0; i < n; i++) {
        const char c = buffer[i];
        if (c == CTRL_Z) {
            if (entry->flags & FD_DEVICE)
                *out++ = c;
            else
                entry->flags |= FD_EOF;
            break;
        }
        if (c != CR)
            *out++ = c;
        else if (i + 1 == n)
            *out++ = resolve_last_cr(fd, entry);
        else if (buffer[i + 1] != LF)
            *out++ = CR;
    }
    return out - buffer;
}

int fd_read_locked(int fd, struct crt_fd *entry, void *buffer, unsigned n) {
    if (!n || entry->flags & FD_EOF)
        return 0;
    if (entry->handle == -2)
        return crt_errno_set(EBADF), -1;
    if (!(entry->flags & FD_TEXT) && entry->lookahead == FD_NO_LOOKAHEAD)
        return raw_read(entry, buffer, n);
    int have = 0;
    if (entry->lookahead != FD_NO_LOOKAHEAD) {
        *(char *)buffer = entry->lookahead;
        entry->lookahead = FD_NO_LOOKAHEAD;
        have = 1;
    }
    /* A byte that is there already is an answer; only a lone CR must know what follows it. */
    if (!have) {
        have = raw_read(entry, buffer, n);
        if (have <= 0)
            return have;
    }
    fd_set_last_raw(fd, have);
    return entry->flags & FD_TEXT ? translate_read(fd, entry, buffer, have) : have;
}

int CDECL _read(int fd, void *buffer, unsigned n) {
    if (!buffer || n > INT_MAX)
        return crt_invalid_parameter(EINVAL), -1;
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    const int got = fd_read_locked(fd, entry, buffer, n);
    fd_unlock(fd);
    return got;
}

/* Writes all n bytes, or as many as the device takes; returns how many, with the Win32 error of the failure or 0. */
static unsigned raw_write(const struct crt_fd *entry, const char *buffer, unsigned n, DWORD *error) {
    unsigned done = 0;
    *error = 0;
    while (done < n) {
        DWORD part = 0;
        if (!WriteFile((HANDLE)entry->handle, buffer + done, n - done, &part, NULL)) {
            *error = GetLastError();
            break;
        }
        if (!part)
            break;
        done += part;
    }
    return done;
}

/* Returns how many of the n bytes are out, counting an LF as one although two bytes were written for it. */
static unsigned translated_write(const struct crt_fd *entry, const char *buffer, unsigned n, DWORD *error) {
    char block[4096];
    unsigned done = 0;
    *error = 0;
    while (done < n) {
        unsigned used = 0, filled = 0;
        while (done + used < n && filled + 2 <= sizeof(block)) {
            const char c = buffer[done + used++];
            if (c == LF)
                block[filled++] = CR;
            block[filled++] = c;
        }
        const unsigned written = raw_write(entry, block, filled, error);
        if (written == filled) {
            done += used;
            continue;
        }
        for (unsigned i = 0; i < written; i++)
            done += !(block[i] == CR && i + 1 < filled && block[i + 1] == LF);
        break;
    }
    return done;
}

int fd_write_locked(int fd, struct crt_fd *entry, const void *buffer, unsigned n) {
    (void)fd;
    if (!n)
        return 0;
    if (entry->handle == -2)
        return crt_errno_set(EBADF), -1;
    if (entry->flags & FD_APPEND && !(entry->flags & (FD_PIPE | FD_DEVICE)))
        SetFilePointerEx((HANDLE)entry->handle, (LARGE_INTEGER){.QuadPart = 0}, NULL, FILE_END);
    DWORD error;
    const unsigned done =
        entry->flags & FD_TEXT ? translated_write(entry, buffer, n, &error) : raw_write(entry, buffer, n, &error);
    if (done)
        return done;
    if (error) {
        crt_fail_win32(error);
        if (error == ERROR_ACCESS_DENIED)
            crt_errno_set(EBADF);
        return -1;
    }
    if (entry->flags & FD_DEVICE && *(const char *)buffer == CTRL_Z)
        return 0;
    crt_errno_set(ENOSPC);
    crt_thread.dos_error = 0;
    return -1;
}

int CDECL _write(int fd, const void *buffer, unsigned n) {
    if (!buffer && n)
        return crt_invalid_parameter(EINVAL), -1;
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    const int done = fd_write_locked(fd, entry, buffer, n);
    fd_unlock(fd);
    return done;
}

int64_t CDECL _lseeki64(int fd, int64_t offset, int from) {
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    LARGE_INTEGER position = {.QuadPart = -1};
    if (from < 0 || from > 2)
        crt_errno_set(EINVAL);
    else if (!SetFilePointerEx((HANDLE)entry->handle, (LARGE_INTEGER){.QuadPart = offset}, &position, from))
        position.QuadPart = crt_fail_last();
    else
        entry->flags &= ~FD_EOF;
    fd_unlock(fd);
    return position.QuadPart;
}

int CDECL _lseek(int fd, int offset, int from) {
    const int64_t position = _lseeki64(fd, offset, from);
    if (position <= INT_MAX)
        return position;
    return crt_errno_set(EINVAL), -1;
}

int64_t CDECL _telli64(int fd) {
    return _lseeki64(fd, 0, 1);
}
int CDECL _tell(int fd) {
    return _lseek(fd, 0, 1);
}

int64_t CDECL _filelengthi64(int fd) {
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    LARGE_INTEGER size;
    if (!GetFileSizeEx((HANDLE)entry->handle, &size))
        size.QuadPart = crt_fail_last();
    fd_unlock(fd);
    return size.QuadPart;
}

int CDECL _filelength(int fd) {
    const int64_t length = _filelengthi64(fd);
    if (length <= INT_MAX)
        return length;
    return crt_errno_set(EINVAL), -1;
}

int CDECL _eof(int fd) {
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    const int64_t here = _lseeki64(fd, 0, 1), length = here < 0 ? -1 : _filelengthi64(fd);
    fd_unlock(fd);
    return length < 0 ? -1 : here >= length;
}

int CDECL _chsize_s(int fd, int64_t size) {
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return EBADF;
    const HANDLE handle = (HANDLE)entry->handle;
    LARGE_INTEGER here;
    int error = 0;
    if (size < 0)
        error = crt_fail(EINVAL);
    else if (!SetFilePointerEx(handle, (LARGE_INTEGER){.QuadPart = 0}, &here, FILE_CURRENT) ||
             !SetFilePointerEx(handle, (LARGE_INTEGER){.QuadPart = size}, NULL, FILE_BEGIN) || !SetEndOfFile(handle))
        crt_fail_last(), error = crt_thread.error;
    else
        SetFilePointerEx(handle, here, NULL, FILE_BEGIN);
    fd_unlock(fd);
    return error;
}

int CDECL _chsize(int fd, int size) {
    return _chsize_s(fd, size) ? -1 : 0;
}

int CDECL _commit(int fd) {
    struct crt_fd *entry = fd_lock(fd);
    if (!entry)
        return -1;
    const int result = FlushFileBuffers((HANDLE)entry->handle) ? 0 : crt_fail_last();
    if (result)
        crt_errno_set(EBADF);
    fd_unlock(fd);
    return result;
}

/* _locking() - modes 0 unlocks, 1 and 3 lock with ten tries a second apart, 2 and 4 try once; from the current
 * position. */
int CDECL _locking(int fd, int mode, int n) {
    struct crt_fd *entry = fd_get(fd);
    if (!entry)
        return -1;
    const int64_t at = _lseeki64(fd, 0, 1);
    if (at < 0)
        return -1;
    const HANDLE handle = (HANDLE)entry->handle;
    if (mode == 0)
        return UnlockFile(handle, at, at >> 32, n, 0) ? 0 : crt_fail_last();
    const int tries = mode == 1 || mode == 3 ? 10 : 1;
    for (int i = 0;; i++) {
        if (LockFile(handle, at, at >> 32, n, 0))
            return 0;
        if (i + 1 >= tries)
            break;
        Sleep(1000);
    }
    crt_fail_last();
    if (tries > 1)
        crt_errno_set(CRT_EDEADLOCK);
    return -1;
}
