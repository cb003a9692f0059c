/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core of streams: buffers, filling, flushing, positions, locks (the rules are in stream.h). */
#include <pthread.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/fd.h"
#include "dlls/msvcrt/stream.h"

#define STREAM_MAX 2048

struct crt_file crt_iob[STREAM_STATIC] = {
    {._flag = FILE_READ, ._file = 0},
    {._flag = FILE_WRITE, ._file = 1},
    {._flag = FILE_WRITE | FILE_UNBUFFERED, ._file = 2},
};

/* A stream beyond the static ones; its lock lies behind it. */
struct extra_stream {
    struct crt_file file;
    pthread_mutex_t lock;
};

static pthread_mutex_t static_locks[STREAM_STATIC] = {
    [0 ... STREAM_STATIC - 1] = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP};
static struct extra_stream *_Atomic extra[STREAM_MAX - STREAM_STATIC]; /* filled from the front, never freed */
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

static pthread_mutex_t *lock_of(struct crt_file *file) {
    if (file >= crt_iob && file < crt_iob + STREAM_STATIC)
        return &static_locks[file - crt_iob];
    return &((struct extra_stream *)file)->lock;
}

void stream_lock(struct crt_file *file) {
    pthread_mutex_lock(lock_of(file));
}

void stream_unlock(struct crt_file *file) {
    pthread_mutex_unlock(lock_of(file));
}

bool stream_in_use(const struct crt_file *file) {
    return file->_flag & (FILE_READ | FILE_WRITE | FILE_BOTH);
}

static struct crt_file *stream_at(int i) {
    if (i < STREAM_STATIC)
        return &crt_iob[i];
    struct extra_stream *stream = extra[i - STREAM_STATIC];
    return stream ? &stream->file : NULL;
}

static struct crt_file *extra_new(int i) {
    struct extra_stream *stream = calloc(1, sizeof(*stream));
    if (!stream)
        return NULL;
    stream->lock = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    extra[i - STREAM_STATIC] = stream;
    return &stream->file;
}

struct crt_file *stream_new(void) {
    pthread_mutex_lock(&table_lock);
    struct crt_file *file = NULL;
    for (int i = 3; i < STREAM_MAX; i++) {
        file = stream_at(i);
        if (!file && !(file = extra_new(i)))
            break;
        if (stream_in_use(file)) {
            file = NULL;
            continue;
        }
        stream_lock(file);
        *file = (struct crt_file){._file = -1, ._flag = FILE_BOTH};
        break;
    }
    pthread_mutex_unlock(&table_lock);
    if (!file)
        crt_errno_set(EMFILE);
    return file;
}

void stream_free(struct crt_file *file) {
    *file = (struct crt_file){._file = -1};
    stream_unlock(file);
}

int stream_each(bool (*call)(struct crt_file *file)) {
    int n = 0;
    for (int i = 0; i < STREAM_MAX; i++) {
        struct crt_file *file = stream_at(i);
        if (!file)
            break;
        if (!stream_in_use(file))
            continue;
        stream_lock(file);
        n += stream_in_use(file) && call(file);
        stream_unlock(file);
    }
    return n;
}

static void buffer_get(struct crt_file *file) {
    char *buffer = file->_flag & FILE_UNBUFFERED ? NULL : malloc(STREAM_BUFFER);
    if (buffer) {
        file->_flag |= FILE_OWN_BUFFER;
        file->_bufsiz = STREAM_BUFFER;
    } else {
        file->_flag |= FILE_UNBUFFERED;
        buffer = (char *)&file->_charbuf;
        file->_bufsiz = 2;
    }
    file->_base = file->_ptr = buffer;
    file->_cnt = 0;
}

void stream_buffer_drop(struct crt_file *file) {
    if (file->_flag & FILE_OWN_BUFFER)
        free(file->_base);
    file->_flag &= ~(FILE_OWN_BUFFER | FILE_USER_BUFFER);
    file->_base = file->_ptr = NULL;
    file->_cnt = 0;
}

static int failed(struct crt_file *file, int error) {
    file->_flag |= FILE_ERROR;
    file->_cnt = 0;
    if (error)
        crt_errno_set(error);
    return -1;
}

int stream_fill(struct crt_file *file) {
    file->_cnt = 0;
    if (!(file->_flag & (FILE_READ | FILE_BOTH)))
        return failed(file, EBADF);
    if (file->_flag & FILE_WRITE && stream_flush(file))
        return -1;
    file->_flag |= FILE_READ;
    if (!file->_base)
        buffer_get(file);
    file->_ptr = file->_base;
    const int size = file->_flag & FILE_UNBUFFERED && file->_bufsiz <= 2 ? 1 : file->_bufsiz;
    const int got = _read(file->_file, file->_base, size);
    if (got < 0)
        return failed(file, 0);
    if (!got) {
        file->_flag |= FILE_EOF;
        return -1;
    }
    file->_cnt = got - 1;
    return (unsigned char)*file->_ptr++;
}

int stream_flush(struct crt_file *file) {
    if (!(file->_flag & FILE_WRITE) || !file->_base || file->_base == (char *)&file->_charbuf)
        return 0;
    const int n = file->_ptr - file->_base;
    file->_ptr = file->_base;
    file->_cnt = 0;
    int result = 0;
    if (n > 0 && _write(file->_file, file->_base, n) != n)
        result = failed(file, 0);
    if (file->_flag & FILE_BOTH)
        file->_flag &= ~FILE_WRITE;
    return result;
}

/* Makes the stream one that writes: what was read ahead is given back to the file. */
static int write_begin(struct crt_file *file) {
    if (!(file->_flag & (FILE_WRITE | FILE_BOTH)))
        return failed(file, EBADF);
    if (file->_flag & FILE_READ) {
        const int64_t here = file->_cnt > 0 ? stream_tell(file) : -1;
        if (here >= 0)
            _lseeki64(file->_file, here, 0);
        file->_flag &= ~FILE_READ;
        file->_ptr = file->_base;
        file->_cnt = 0;
    }
    file->_flag = (file->_flag | FILE_WRITE) & ~FILE_EOF;
    if (file->_base)
        return 0;
    /* A terminal is written at once, by lines where a whole line is at hand (stream_buffer_begin). */
    if (file == STREAM_STDOUT && _isatty(file->_file))
        file->_flag |= FILE_UNBUFFERED;
    buffer_get(file);
    return 0;
}

static bool is_unbuffered(const struct crt_file *file) {
    return file->_base == (const char *)&file->_charbuf;
}

int stream_overflow(int byte, struct crt_file *file) {
    file->_cnt = 0;
    if (!(file->_flag & FILE_WRITE) || !file->_base)
        if (write_begin(file))
            return -1;
    const char c = byte;
    if (is_unbuffered(file))
        return _write(file->_file, &c, 1) == 1 ? (unsigned char)c : failed(file, 0);
    if (file->_ptr >= file->_base + file->_bufsiz && stream_flush(file))
        return -1;
    file->_flag |= FILE_WRITE;
    *file->_ptr++ = c;
    file->_cnt = file->_base + file->_bufsiz - file->_ptr;
    return (unsigned char)c;
}

int stream_ungetc(int byte, struct crt_file *file) {
    if (byte == -1 || !(file->_flag & (FILE_READ | FILE_BOTH)) || file->_flag & FILE_WRITE)
        return -1;
    if (!file->_base)
        buffer_get(file);
    if (file->_cnt < 0)
        file->_cnt = 0;
    if (file->_ptr == file->_base) {
        if (file->_cnt)
            return -1;
        file->_ptr++;
    }
    *--file->_ptr = byte;
    file->_cnt++;
    file->_flag = (file->_flag | FILE_READ) & ~FILE_EOF;
    return (unsigned char)byte;
}

size_t stream_read(struct crt_file *file, void *buffer, size_t n) {
    char *out = buffer;
    size_t done = 0;
    while (done < n) {
        if (file->_cnt > 0 && !(file->_flag & FILE_WRITE)) {
            const size_t part = n - done < (size_t)file->_cnt ? n - done : (size_t)file->_cnt;
            memcpy(out + done, file->_ptr, part);
            file->_ptr += part;
            file->_cnt -= part;
            done += part;
            continue;
        }
        const size_t left = n - done;
        if (left < STREAM_BUFFER || file->_flag & FILE_WRITE || !(file->_flag & FILE_READ)) {
            const int byte = stream_fill(file);
            if (byte < 0)
                break;
            out[done++] = byte;
            continue;
        }
        const unsigned part = left < INT_MAX / 2 ? left : INT_MAX / 2;
        const int got = _read(file->_file, out + done, part);
        if (got <= 0) {
            file->_flag |= got ? FILE_ERROR : FILE_EOF;
            break;
        }
        done += got;
    }
    return done;
}

size_t stream_write(struct crt_file *file, const void *bytes, size_t n) {
    const char *in = bytes;
    size_t done = 0;
    if (n && (!(file->_flag & FILE_WRITE) || !file->_base) && write_begin(file))
        return 0;
    while (done < n) {
        const size_t left = n - done;
        const bool direct = is_unbuffered(file) || (file->_ptr == file->_base && left >= (size_t)file->_bufsiz);
        if (direct) {
            const unsigned part = left < INT_MAX / 2 ? left : INT_MAX / 2;
            const int put = _write(file->_file, in + done, part);
            if (put > 0)
                done += put;
            if (put < (int)part)
                return failed(file, 0), done;
            continue;
        }
        file->_flag |= FILE_WRITE;
        const size_t room = file->_base + file->_bufsiz - file->_ptr, part = left < room ? left : room;
        memcpy(file->_ptr, in + done, part);
        file->_ptr += part;
        file->_cnt = room - part;
        done += part;
        if (file->_cnt == 0 && stream_flush(file))
            return done - part;
        file->_flag |= FILE_WRITE;
    }
    return done;
}

/* Bytes of the file that n translated ones at the start of the last part read stand for: found by reading it again. */
static int64_t raw_length(int fd, int64_t start, uint32_t raw, int64_t n) {
    char *bytes = malloc(raw);
    DWORD got = 0;
    int64_t used = 0;
    const HANDLE handle = (HANDLE)_get_osfhandle(fd);
    if (bytes && SetFilePointerEx(handle, (LARGE_INTEGER){.QuadPart = start}, NULL, FILE_BEGIN) &&
        ReadFile(handle, bytes, raw, &got, NULL))
        for (; n > 0 && used < got; n--)
            used += bytes[used] == '\r' && used + 1 < got && bytes[used + 1] == '\n' ? 2 : 1;
    free(bytes);
    SetFilePointerEx(handle, (LARGE_INTEGER){.QuadPart = start + raw}, NULL, FILE_BEGIN);
    return used;
}

int64_t stream_tell(struct crt_file *file) {
    const struct crt_fd *entry = fd_get(file->_file);
    if (!entry)
        return -1;
    const bool writing = file->_flag & FILE_WRITE, text = entry->flags & FD_TEXT;
    const int64_t pending = file->_base && !is_unbuffered(file) && writing ? file->_ptr - file->_base : 0;
    int64_t here = _lseeki64(file->_file, 0, pending && entry->flags & FD_APPEND ? 2 : 1);
    if (here < 0)
        return -1;
    if (writing) {
        int64_t line_ends = 0;
        for (int64_t i = 0; text && i < pending; i++)
            line_ends += file->_base[i] == '\n';
        return here + pending + line_ends;
    }
    if (file->_cnt <= 0)
        return here;
    const uint32_t raw = fd_last_raw(file->_file);
    if (!text || !raw || here < raw)
        return here - file->_cnt;
    return here - raw + raw_length(file->_file, here - raw, raw, file->_ptr - file->_base);
}

int stream_seek(struct crt_file *file, int64_t offset, int from) {
    if (from < 0 || from > 2 || !stream_in_use(file))
        return crt_errno_set(EINVAL), -1;
    if (from == 1) {
        const int64_t here = stream_tell(file);
        if (here < 0)
            return -1;
        offset += here;
        from = 0;
    }
    if (stream_flush(file))
        return -1;
    file->_ptr = file->_base;
    file->_cnt = 0;
    file->_flag &= ~FILE_EOF;
    if (file->_flag & FILE_BOTH)
        file->_flag &= ~(FILE_READ | FILE_WRITE);
    return _lseeki64(file->_file, offset, from) < 0 ? -1 : 0;
}

bool stream_buffer_begin(struct crt_file *file) {
    if (file != STREAM_STDOUT && file != STREAM_STDERR)
        return false;
    if ((!(file->_flag & FILE_WRITE) || !file->_base) && write_begin(file))
        return false;
    if (!is_unbuffered(file))
        return false;
    char *buffer = malloc(STREAM_BUFFER);
    if (!buffer)
        return false;
    file->_base = file->_ptr = buffer;
    file->_bufsiz = STREAM_BUFFER;
    file->_cnt = 0;
    return true;
}

void stream_buffer_end(struct crt_file *file, bool temporary) {
    if (!temporary)
        return;
    stream_flush(file);
    free(file->_base);
    file->_base = file->_ptr = (char *)&file->_charbuf;
    file->_bufsiz = 2;
    file->_cnt = 0;
}
