/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The exports that open, close and use streams (MSDN: stream I/O).  The work is stream.c's. */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/fd.h"
#include "dlls/msvcrt/stream.h"

int crt_commode; /* data export _commode: whether flushing commits to the disk too */
int *CDECL __p__commode(void) {
    return &crt_commode;
}

struct crt_file *CDECL __iob_func(void) {
    return crt_iob;
}

#define LOCKED(type, file, call)                                                                                       \
    stream_lock(file);                                                                                                 \
    const type result = call;                                                                                          \
    stream_unlock(file);                                                                                               \
    return result

struct open_mode {
    int open_flags, file_flags;
};

/* Reads fopen's mode; false when it breaks the rules. */
static bool mode_parse(const WCHAR *mode, struct open_mode *parsed) {
    while (*mode == ' ')
        mode++;
    switch (*mode++) {
    case 'r': *parsed = (struct open_mode){0, FILE_READ}; break;
    case 'w': *parsed = (struct open_mode){OPEN_WRONLY | OPEN_CREAT | OPEN_TRUNC, FILE_WRITE}; break;
    case 'a': *parsed = (struct open_mode){OPEN_WRONLY | OPEN_CREAT | OPEN_APPEND, FILE_WRITE}; break;
    default: return false;
    }
    if (crt_commode)
        parsed->file_flags |= FILE_COMMIT;
    for (; *mode && *mode != ','; mode++)
        switch (*mode) {
        case '+':
            parsed->open_flags = (parsed->open_flags & ~OPEN_WRONLY) | OPEN_RDWR;
            parsed->file_flags = (parsed->file_flags & ~(FILE_READ | FILE_WRITE)) | FILE_BOTH;
            break;
        case 'b': parsed->open_flags |= OPEN_BINARY; break;
        case 't': parsed->open_flags |= OPEN_TEXT; break;
        case 'c': parsed->file_flags |= FILE_COMMIT; break;
        case 'n': parsed->file_flags &= ~FILE_COMMIT; break;
        case 'S': parsed->open_flags |= OPEN_SEQUENTIAL; break;
        case 'R': parsed->open_flags |= OPEN_RANDOM; break;
        case 'T': parsed->open_flags |= OPEN_SHORT_LIVED; break;
        case 'D': parsed->open_flags |= OPEN_TEMPORARY; break;
        case 'N': parsed->open_flags |= OPEN_NOINHERIT; break;
        case ' ': break;
        default: return false;
        }
    return !*mode; /* ",ccs=" is not supported */
}

/* Opens the path into a fresh, locked stream. */
static struct crt_file *open_into(struct crt_file *file, const WCHAR *path, const WCHAR *mode, int share) {
    struct open_mode parsed;
    int fd = -1;
    if (!mode_parse(mode, &parsed))
        crt_invalid_parameter(EINVAL);
    else
        fd = _wsopen(path, parsed.open_flags, share, 0x180);
    if (fd < 0)
        return stream_free(file), NULL;
    file->_file = fd;
    file->_flag = parsed.file_flags;
    stream_unlock(file);
    return file;
}

struct crt_file *CDECL _wfsopen(const WCHAR *path, const WCHAR *mode, int share) {
    if (!path || !mode)
        return crt_invalid_parameter(EINVAL), NULL;
    struct crt_file *file = stream_new();
    return file ? open_into(file, path, mode, share) : NULL;
}

struct crt_file *CDECL _fsopen(const char *path, const char *mode, int share) {
    if (!path || !mode)
        return crt_invalid_parameter(EINVAL), NULL;
    WCHAR *wide_path = crt_wide_from_ansi(path), *wide_mode = crt_wide_from_ansi(mode);
    struct crt_file *file = wide_path && wide_mode ? _wfsopen(wide_path, wide_mode, share) : NULL;
    free(wide_path);
    free(wide_mode);
    return file;
}

#define SHARE_ALL 0x40
struct crt_file *CDECL msvcrt_fopen(const char *path, const char *mode) {
    return _fsopen(path, mode, SHARE_ALL);
}
struct crt_file *CDECL _wfopen(const WCHAR *path, const WCHAR *mode) {
    return _wfsopen(path, mode, SHARE_ALL);
}

int CDECL fopen_s(struct crt_file **file, const char *path, const char *mode) {
    if (!file)
        return crt_invalid_parameter(EINVAL), EINVAL;
    *file = _fsopen(path, mode, 0x80);
    return *file ? 0 : crt_thread.error;
}

int CDECL _wfopen_s(struct crt_file **file, const WCHAR *path, const WCHAR *mode) {
    if (!file)
        return crt_invalid_parameter(EINVAL), EINVAL;
    *file = _wfsopen(path, mode, 0x80);
    return *file ? 0 : crt_thread.error;
}

struct crt_file *CDECL _wfdopen(int fd, const WCHAR *mode) {
    struct open_mode parsed;
    if (!mode || !mode_parse(mode, &parsed))
        return crt_invalid_parameter(EINVAL), NULL;
    if (!fd_get(fd))
        return NULL;
    struct crt_file *file = stream_new();
    if (!file)
        return NULL;
    file->_file = fd;
    file->_flag = parsed.file_flags;
    if (parsed.open_flags & (OPEN_TEXT | OPEN_BINARY))
        _setmode(fd, parsed.open_flags & (OPEN_TEXT | OPEN_BINARY));
    stream_unlock(file);
    return file;
}

struct crt_file *CDECL _fdopen(int fd, const char *mode) {
    WCHAR *wide = mode ? crt_wide_from_ansi(mode) : NULL;
    struct crt_file *file = _wfdopen(fd, wide);
    free(wide);
    return file;
}

/* Flushes and closes a locked stream, all but its place in the table. */
static int close_locked(struct crt_file *file) {
    int result = stream_flush(file);
    stream_buffer_drop(file);
    if (_close(file->_file) < 0)
        result = -1;
    if (file->_tmpfname) {
        msvcrt_remove(file->_tmpfname);
        free(file->_tmpfname);
    }
    return result;
}

int CDECL msvcrt_fclose(struct crt_file *file) {
    if (!file)
        return crt_invalid_parameter(EINVAL), -1;
    stream_lock(file);
    if (!stream_in_use(file))
        return stream_unlock(file), -1;
    const int result = close_locked(file);
    stream_free(file);
    return result;
}

struct crt_file *CDECL _wfreopen(const WCHAR *path, const WCHAR *mode, struct crt_file *file) {
    if (!path || !mode || !file)
        return crt_invalid_parameter(EINVAL), NULL;
    stream_lock(file);
    if (stream_in_use(file))
        close_locked(file);
    *file = (struct crt_file){._file = -1, ._flag = FILE_BOTH};
    return open_into(file, path, mode, SHARE_ALL);
}

struct crt_file *CDECL msvcrt_freopen(const char *path, const char *mode, struct crt_file *file) {
    if (!path || !mode)
        return crt_invalid_parameter(EINVAL), NULL;
    WCHAR *wide_path = crt_wide_from_ansi(path), *wide_mode = crt_wide_from_ansi(mode);
    struct crt_file *opened = wide_path && wide_mode ? _wfreopen(wide_path, wide_mode, file) : NULL;
    free(wide_path);
    free(wide_mode);
    return opened;
}

int CDECL freopen_s(struct crt_file **opened, const char *path, const char *mode, struct crt_file *file) {
    if (!opened)
        return crt_invalid_parameter(EINVAL), EINVAL;
    *opened = msvcrt_freopen(path, mode, file);
    return *opened ? 0 : crt_thread.error;
}

static int flush_locked(struct crt_file *file) {
    if (stream_flush(file))
        return -1;
    return file->_flag & FILE_COMMIT ? _commit(file->_file) : 0;
}

static bool flush_written(struct crt_file *file) {
    return flush_locked(file) != 0;
}

static bool flush_any(struct crt_file *file) {
    return flush_locked(file) == 0;
}

int CDECL msvcrt_fflush(struct crt_file *file) {
    if (!file)
        return stream_each(flush_written) ? -1 : 0;
    LOCKED(int, file, flush_locked(file));
}

int CDECL _flushall(void) {
    return stream_each(flush_any);
}

static bool close_extra(struct crt_file *file) {
    if (file < crt_iob + 3 && file >= crt_iob)
        return false;
    const int result = close_locked(file);
    *file = (struct crt_file){._file = -1};
    return result == 0;
}

int CDECL _fcloseall(void) {
    return stream_each(close_extra);
}

int CDECL _fileno(struct crt_file *file) {
    return file ? file->_file : (crt_invalid_parameter(EINVAL), -1);
}
int CDECL msvcrt_feof(struct crt_file *file) {
    return file->_flag & FILE_EOF;
}
int CDECL msvcrt_ferror(struct crt_file *file) {
    return file->_flag & FILE_ERROR;
}

void CDECL msvcrt_clearerr(struct crt_file *file) {
    stream_lock(file);
    file->_flag &= ~(FILE_EOF | FILE_ERROR);
    struct crt_fd *entry = fd_get(file->_file);
    if (entry)
        entry->flags &= ~FD_EOF;
    stream_unlock(file);
}

int CDECL _filbuf(struct crt_file *file) {
    LOCKED(int, file, stream_fill(file));
}
int CDECL _flsbuf(int byte, struct crt_file *file) {
    LOCKED(int, file, stream_overflow(byte, file));
}
int CDECL msvcrt_fgetc(struct crt_file *file) {
    LOCKED(int, file, stream_getc(file));
}
int CDECL msvcrt_getc(struct crt_file *file) {
    return msvcrt_fgetc(file);
}
int CDECL msvcrt_getchar(void) {
    return msvcrt_fgetc(STREAM_STDIN);
}
int CDECL _fgetchar(void) {
    return msvcrt_fgetc(STREAM_STDIN);
}
int CDECL msvcrt_fputc(int byte, struct crt_file *file) {
    LOCKED(int, file, stream_putc(byte, file));
}
int CDECL msvcrt_putc(int byte, struct crt_file *file) {
    return msvcrt_fputc(byte, file);
}
int CDECL msvcrt_putchar(int byte) {
    return msvcrt_fputc(byte, STREAM_STDOUT);
}
int CDECL _fputchar(int byte) {
    return msvcrt_fputc(byte, STREAM_STDOUT);
}
int CDECL msvcrt_ungetc(int byte, struct crt_file *file) {
    LOCKED(int, file, stream_ungetc(byte, file));
}

int CDECL _getw(struct crt_file *file) {
    int value;
    LOCKED(int, file, stream_read(file, &value, sizeof(value)) == sizeof(value) ? value : -1);
}

int CDECL _putw(int value, struct crt_file *file) {
    LOCKED(int, file, stream_write(file, &value, sizeof(value)) == sizeof(value) ? value : -1);
}

char *CDECL msvcrt_fgets(char *out, int n, struct crt_file *file) {
    if (!out || n <= 0 || !file)
        return crt_invalid_parameter(EINVAL), NULL;
    stream_lock(file);
    int i = 0;
    while (i < n - 1) {
        const int byte = stream_getc(file);
        if (byte < 0)
            break;
        out[i++] = byte;
        if (byte == '\n')
            break;
    }
    stream_unlock(file);
    if (!i && n > 1)
        return NULL;
    out[i] = 0;
    return out;
}

char *CDECL msvcrt_gets(char *out) {
    stream_lock(STREAM_STDIN);
    int i = 0, byte;
    while ((byte = stream_getc(STREAM_STDIN)) >= 0 && byte != '\n')
        out[i++] = byte;
    stream_unlock(STREAM_STDIN);
    if (!i && byte < 0)
        return NULL;
    out[i] = 0;
    return out;
}

static size_t write_whole(const void *bytes, size_t n, struct crt_file *file, bool line) {
    stream_lock(file);
    const bool temporary = stream_buffer_begin(file);
    size_t done = stream_write(file, bytes, n);
    if (line && done == n)
        done += stream_putc('\n', file) >= 0;
    stream_buffer_end(file, temporary);
    stream_unlock(file);
    return done;
}

int CDECL msvcrt_fputs(const char *text, struct crt_file *file) {
    const size_t n = strlen(text);
    return write_whole(text, n, file, false) == n ? 0 : -1;
}

int CDECL msvcrt_puts(const char *text) {
    const size_t n = strlen(text);
    return write_whole(text, n, STREAM_STDOUT, true) == n + 1 ? 0 : -1;
}

size_t CDECL msvcrt_fwrite(const void *items, size_t size, size_t n, struct crt_file *file) {
    size_t bytes;
    if (!size || !n)
        return 0;
    if (!file || !items || __builtin_mul_overflow(size, n, &bytes))
        return crt_invalid_parameter(EINVAL), 0;
    return write_whole(items, bytes, file, false) / size;
}

size_t CDECL msvcrt_fread(void *items, size_t size, size_t n, struct crt_file *file) {
    size_t bytes;
    if (!size || !n)
        return 0;
    if (!file || !items || __builtin_mul_overflow(size, n, &bytes))
        return crt_invalid_parameter(EINVAL), 0;
    LOCKED(size_t, file, stream_read(file, items, bytes) / size);
}

int CDECL _fseeki64(struct crt_file *file, int64_t offset, int from) {
    LOCKED(int, file, stream_seek(file, offset, from));
}
int CDECL msvcrt_fseek(struct crt_file *file, int offset, int from) {
    return _fseeki64(file, offset, from);
}
int64_t CDECL _ftelli64(struct crt_file *file) {
    LOCKED(int64_t, file, stream_tell(file));
}

int CDECL msvcrt_ftell(struct crt_file *file) {
    const int64_t here = _ftelli64(file);
    return here <= INT_MAX ? (int)here : (crt_errno_set(EINVAL), -1);
}

int CDECL msvcrt_fgetpos(struct crt_file *file, int64_t *position) {
    *position = _ftelli64(file);
    return *position < 0 ? -1 : 0;
}

int CDECL msvcrt_fsetpos(struct crt_file *file, const int64_t *position) {
    return _fseeki64(file, *position, 0);
}

void CDECL msvcrt_rewind(struct crt_file *file) {
    stream_lock(file);
    stream_seek(file, 0, 0);
    msvcrt_clearerr(file);
    stream_unlock(file);
}

/* setvbuf() - modes 0 and 0x40 (full, and line, which Windows takes for full) and 4 (none). */
int CDECL msvcrt_setvbuf(struct crt_file *file, char *buffer, int mode, size_t size) {
    if (!file || (mode != 0 && mode != 0x40 && mode != 4) || (mode != 4 && (size < 2 || size > INT_MAX)))
        return crt_invalid_parameter(EINVAL), -1;
    stream_lock(file);
    stream_flush(file);
    stream_buffer_drop(file);
    file->_flag &= ~FILE_UNBUFFERED;
    if (mode != 4) {
        size &= ~(size_t)1;
        file->_flag |= buffer ? FILE_USER_BUFFER : FILE_OWN_BUFFER;
        if (!buffer)
            buffer = malloc(size);
    }
    if (mode == 4 || !buffer) {
        file->_flag = (file->_flag & ~FILE_OWN_BUFFER) | FILE_UNBUFFERED;
        buffer = (char *)&file->_charbuf;
        size = 2;
    }
    file->_base = file->_ptr = buffer;
    file->_bufsiz = size;
    stream_unlock(file);
    return 0;
}

void CDECL msvcrt_setbuf(struct crt_file *file, char *buffer) {
    msvcrt_setvbuf(file, buffer, buffer ? 0 : 4, 512);
}

void CDECL _lock_file(struct crt_file *file) {
    stream_lock(file);
}
void CDECL _unlock_file(struct crt_file *file) {
    stream_unlock(file);
}

/* perror() - writes to descriptor 2 itself, past any buffer. */
void CDECL msvcrt_perror(const char *message) {
    const char *text = msvcrt_strerror(crt_thread.error);
    if (message && *message) {
        _write(2, message, strlen(message));
        _write(2, ": ", 2);
    }
    _write(2, text, strlen(text));
    _write(2, "\n", 1);
}

void CDECL _wperror(const WCHAR *message) {
    char *narrow = message ? crt_ansi_from_wide(message) : NULL;
    msvcrt_perror(narrow);
    free(narrow);
}
