/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams: FILE as msvcrt.dll lays it out, which programs reach into by their getc and putc macros: those take from
 * _ptr while --_cnt is not negative, and then call _filbuf or _flsbuf.
 *
 * While reading, _cnt bytes at _ptr are still unread.  While writing, _ptr - _base bytes wait, and _cnt more fit.  In
 * between _cnt is 0 and _ptr is _base.  A stream opened with '+' has FILE_BOTH and, once used, one of FILE_READ and
 * FILE_WRITE. All functions but stream_lock take a stream that the caller has locked.
 */
#ifndef WINIPC_MSVCRT_STREAM_H
#define WINIPC_MSVCRT_STREAM_H

#include "dlls/msvcrt/msvcrt.h"

enum file_flag {
    FILE_READ = 0x1,
    FILE_WRITE = 0x2,
    FILE_UNBUFFERED = 0x4,
    FILE_OWN_BUFFER = 0x8,
    FILE_EOF = 0x10,
    FILE_ERROR = 0x20,
    FILE_BOTH = 0x80,
    FILE_USER_BUFFER = 0x100,
    FILE_COMMIT = 0x4000,
};

struct crt_file {
    char *_ptr;
    int _cnt;
    char *_base;
    int _flag;
    int _file;
    int _charbuf; /* the buffer of an unbuffered stream; else a WCHAR that getwc still owes, with bit 16 */
    int _bufsiz;
    char *_tmpfname; /* removed when the stream is closed */
};
_Static_assert(sizeof(struct crt_file) == 48, "programs index the streams by this size");

#define STREAM_STATIC 20
#define STREAM_BUFFER 4096
extern struct crt_file crt_iob[STREAM_STATIC];
#define STREAM_STDIN (&crt_iob[0])
#define STREAM_STDOUT (&crt_iob[1])
#define STREAM_STDERR (&crt_iob[2])

void stream_lock(struct crt_file *file);
void stream_unlock(struct crt_file *file);

/* A stream that is in use by nobody, locked; NULL with errno set.  stream_free gives it back (and unlocks). */
struct crt_file *stream_new(void);
void stream_free(struct crt_file *file);
bool stream_in_use(const struct crt_file *file);

/* Calls for each open stream, locked; returns how many calls returned true. */
int stream_each(bool (*call)(struct crt_file *file));

int stream_fill(struct crt_file *file);               /* the first byte of the next part, or -1 */
int stream_overflow(int byte, struct crt_file *file); /* puts a byte that found no room; -1: error */
int stream_flush(struct crt_file *file);              /* 0 or -1 */
void stream_buffer_drop(struct crt_file *file);

static inline int stream_getc(struct crt_file *file) {
    return --file->_cnt >= 0 ? (unsigned char)*file->_ptr++ : stream_fill(file);
}

static inline int stream_putc(int byte, struct crt_file *file) {
    return --file->_cnt >= 0 ? (unsigned char)(*file->_ptr++ = byte) : stream_overflow(byte, file);
}

int stream_ungetc(int byte, struct crt_file *file);
size_t stream_read(struct crt_file *file, void *buffer, size_t n);
size_t stream_write(struct crt_file *file, const void *bytes, size_t n);
int stream_seek(struct crt_file *file, int64_t offset, int from);
int64_t stream_tell(struct crt_file *file);

int stream_getwc(struct crt_file *file);
int stream_ungetwc(int unit, struct crt_file *file);
bool stream_write_wide(struct crt_file *file, const WCHAR *units, size_t n);

/* Gives an unbuffered stdout or stderr a buffer for the time of one call, so that a line is one write. */
bool stream_buffer_begin(struct crt_file *file);
void stream_buffer_end(struct crt_file *file, bool temporary);

#endif
