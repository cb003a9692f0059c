/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wide characters on streams.  A stream in text mode holds the locale's multibyte characters; one in binary mode holds
 * the WCHARs themselves.
 */
#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/fd.h"
#include "dlls/msvcrt/multibyte.h"
#include "dlls/msvcrt/stream.h"

#define OWED 0x10000 /* in _charbuf: a WCHAR is still to be delivered */

static bool is_text(const struct crt_file *file) {
    const struct crt_fd *entry = fd_get(file->_file);
    return entry && entry->flags & FD_TEXT;
}

static bool has_room_for_owed(const struct crt_file *file) {
    return file->_base && file->_base != (const char *)&file->_charbuf;
}

static int get_binary(struct crt_file *file) {
    const int low = stream_getc(file), high = low < 0 ? -1 : stream_getc(file);
    return high < 0 ? -1 : low | high << 8;
}

int stream_getwc(struct crt_file *file) {
    if (!is_text(file))
        return get_binary(file);
    if (has_room_for_owed(file) && file->_charbuf & OWED) {
        const int unit = file->_charbuf & 0xffff;
        file->_charbuf = 0;
        return unit;
    }
    char bytes[MULTIBYTE_MAX];
    for (int n = 0; n < MULTIBYTE_MAX;) {
        const int byte = stream_getc(file);
        if (byte < 0)
            return -1;
        bytes[n++] = byte;
        WCHAR units[2];
        int n_units;
        const int used = multibyte_to_wide(units, &n_units, bytes, n);
        if (!used)
            continue;
        if (used < 0)
            break;
        if (n_units == 2 && has_room_for_owed(file))
            file->_charbuf = OWED | units[1];
        return units[0];
    }
    crt_errno_set(CRT_EILSEQ);
    return -1;
}

int stream_ungetwc(int unit, struct crt_file *file) {
    if (unit < 0 || unit == 0xffff)
        return -1;
    const WCHAR c = unit;
    char bytes[MULTIBYTE_MAX] = {c & 0xff, c >> 8};
    size_t used;
    int n = is_text(file) ? multibyte_from_wide(bytes, &c, 1, &used) : 2;
    if (n < 0)
        return crt_errno_set(CRT_EILSEQ), -1;
    while (n-- > 0)
        if (stream_ungetc((unsigned char)bytes[n], file) < 0)
            return -1;
    return unit;
}

bool stream_write_wide(struct crt_file *file, const WCHAR *units, size_t n) {
    if (!is_text(file))
        return stream_write(file, units, n * sizeof(WCHAR)) == n * sizeof(WCHAR);
    for (size_t i = 0; i < n;) {
        char bytes[MULTIBYTE_MAX];
        size_t used;
        const int width = multibyte_from_wide(bytes, units + i, n - i, &used);
        if (width < 0)
            return crt_errno_set(CRT_EILSEQ), false;
        for (int j = 0; j < width; j++)
            if (stream_putc(bytes[j], file) < 0)
                return false;
        i += used;
    }
    return true;
}

/* Runs a call on a locked stream. */
#define LOCKED(type, file, call)                                                                                       \
    stream_lock(file);                                                                                                 \
    const type result = call;                                                                                          \
    stream_unlock(file);                                                                                               \
    return result

#define WEOF_UNIT ((uint16_t)0xffff)

static uint16_t put_unit(WCHAR c, struct crt_file *file) {
    return stream_write_wide(file, &c, 1) ? c : WEOF_UNIT;
}

uint16_t CDECL msvcrt_fgetwc(struct crt_file *file) {
    LOCKED(uint16_t, file, stream_getwc(file));
}
uint16_t CDECL msvcrt_getwc(struct crt_file *file) {
    return msvcrt_fgetwc(file);
}
uint16_t CDECL msvcrt_getwchar(void) {
    return msvcrt_fgetwc(STREAM_STDIN);
}
uint16_t CDECL _fgetwchar(void) {
    return msvcrt_fgetwc(STREAM_STDIN);
}
uint16_t CDECL msvcrt_ungetwc(uint16_t c, struct crt_file *file) {
    LOCKED(uint16_t, file, stream_ungetwc(c, file));
}
uint16_t CDECL msvcrt_fputwc(WCHAR c, struct crt_file *file) {
    LOCKED(uint16_t, file, put_unit(c, file));
}
uint16_t CDECL msvcrt_putwc(WCHAR c, struct crt_file *file) {
    return msvcrt_fputwc(c, file);
}
uint16_t CDECL msvcrt_putwchar(WCHAR c) {
    return msvcrt_fputwc(c, STREAM_STDOUT);
}
uint16_t CDECL _fputwchar(WCHAR c) {
    return msvcrt_fputwc(c, STREAM_STDOUT);
}

WCHAR *CDECL msvcrt_fgetws(WCHAR *out, int n, struct crt_file *file) {
    if (!out || n <= 0 || !file)
        return crt_invalid_parameter(EINVAL), NULL;
    stream_lock(file);
    int i = 0;
    while (i < n - 1) {
        const int unit = stream_getwc(file);
        if (unit < 0)
            break;
        out[i++] = unit;
        if (unit == '\n')
            break;
    }
    stream_unlock(file);
    out[i] = 0;
    return i || n == 1 ? out : NULL;
}

static int put_wide_line(const WCHAR *text, struct crt_file *file, bool line) {
    stream_lock(file);
    const bool temporary = stream_buffer_begin(file);
    const bool done = stream_write_wide(file, text, crt_wcslen(text)) && (!line || stream_write_wide(file, L"\n", 1));
    stream_buffer_end(file, temporary);
    stream_unlock(file);
    return done ? 0 : -1;
}

int CDECL msvcrt_fputws(const WCHAR *text, struct crt_file *file) {
    return put_wide_line(text, file, false);
}
int CDECL _putws(const WCHAR *text) {
    return put_wide_line(text, STREAM_STDOUT, true);
}

WCHAR *CDECL _getws(WCHAR *out) {
    stream_lock(STREAM_STDIN);
    int i = 0, unit;
    while ((unit = stream_getwc(STREAM_STDIN)) >= 0 && unit != '\n')
        out[i++] = unit;
    stream_unlock(STREAM_STDIN);
    out[i] = 0;
    return i || unit >= 0 ? out : NULL;
}
