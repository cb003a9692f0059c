/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The scanf family's exports: each names a source and leaves the rest to the engine (scan.c). */
#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/scan.h"
#include "dlls/msvcrt/stream.h"

typedef __builtin_ms_va_list ms_args;

struct string_source {
    struct scan_source source;
    const void *text;
    size_t at, size; /* units; a string ends at its terminator too */
    bool wide;
};

static int string_get(struct scan_source *source) {
    struct string_source *string = (struct string_source *)source;
    if (string->at >= string->size)
        return -1;
    const unsigned c =
        string->wide ? ((const WCHAR *)string->text)[string->at] : ((const uint8_t *)string->text)[string->at];
    if (!c)
        return -1;
    string->at++;
    return c;
}

static void string_unget(struct scan_source *source, int unit) {
    (void)unit;
    ((struct string_source *)source)->at--;
}

static int scan_string(const void *text, size_t size, unsigned flags, const void *format, ms_args args) {
    if (!text || !format)
        return crt_invalid_parameter(EINVAL), -1;
    struct string_source string = {{string_get, string_unget}, text, 0, size, flags & SCAN_WIDE};
    return scan_read(&string.source, flags, format, args);
}

struct stream_source {
    struct scan_source source;
    struct crt_file *file;
};

static int stream_source_get(struct scan_source *source) {
    return stream_getc(((struct stream_source *)source)->file);
}

static void stream_source_unget(struct scan_source *source, int unit) {
    stream_ungetc(unit, ((struct stream_source *)source)->file);
}

static int stream_source_get_wide(struct scan_source *source) {
    return stream_getwc(((struct stream_source *)source)->file);
}

static void stream_source_unget_wide(struct scan_source *source, int unit) {
    stream_ungetwc(unit, ((struct stream_source *)source)->file);
}

static int scan_stream(struct crt_file *file, unsigned flags, const void *format, ms_args args) {
    if (!file || !format)
        return crt_invalid_parameter(EINVAL), -1;
    struct stream_source source = {{stream_source_get, stream_source_unget}, file};
    if (flags & SCAN_WIDE)
        source.source = (struct scan_source){stream_source_get_wide, stream_source_unget_wide};
    stream_lock(file);
    const int count = scan_read(&source.source, flags, format, args);
    stream_unlock(file);
    return count;
}

#define WITH_ARGS(call)                                                                                                \
    ms_args args;                                                                                                      \
    __builtin_ms_va_start(args, format);                                                                               \
    const int count = call;                                                                                            \
    __builtin_ms_va_end(args);                                                                                         \
    return count
#define ALL ((size_t)-1)

int CDECL msvcrt_sscanf(const char *text, const char *format, ...) {
    WITH_ARGS(scan_string(text, ALL, 0, format, args));
}
int CDECL sscanf_s(const char *text, const char *format, ...) {
    WITH_ARGS(scan_string(text, ALL, SCAN_SECURE, format, args));
}
int CDECL msvcrt_swscanf(const WCHAR *text, const WCHAR *format, ...) {
    WITH_ARGS(scan_string(text, ALL, SCAN_WIDE, format, args));
}
int CDECL swscanf_s(const WCHAR *text, const WCHAR *format, ...) {
    WITH_ARGS(scan_string(text, ALL, SCAN_WIDE | SCAN_SECURE, format, args));
}
int CDECL _snscanf(const char *text, size_t n, const char *format, ...) {
    WITH_ARGS(scan_string(text, n, 0, format, args));
}
int CDECL _snwscanf(const WCHAR *text, size_t n, const WCHAR *format, ...) {
    WITH_ARGS(scan_string(text, n, SCAN_WIDE, format, args));
}
int CDECL msvcrt_vsscanf(const char *text, const char *format, ms_args args) {
    return scan_string(text, ALL, 0, format, args);
}
int CDECL msvcrt_fscanf(struct crt_file *file, const char *format, ...) {
    WITH_ARGS(scan_stream(file, 0, format, args));
}
int CDECL fscanf_s(struct crt_file *file, const char *format, ...) {
    WITH_ARGS(scan_stream(file, SCAN_SECURE, format, args));
}
int CDECL msvcrt_fwscanf(struct crt_file *file, const WCHAR *format, ...) {
    WITH_ARGS(scan_stream(file, SCAN_WIDE, format, args));
}
int CDECL fwscanf_s(struct crt_file *file, const WCHAR *format, ...) {
    WITH_ARGS(scan_stream(file, SCAN_WIDE | SCAN_SECURE, format, args));
}
int CDECL msvcrt_scanf(const char *format, ...) {
    WITH_ARGS(scan_stream(STREAM_STDIN, 0, format, args));
}
int CDECL scanf_s(const char *format, ...) {
    WITH_ARGS(scan_stream(STREAM_STDIN, SCAN_SECURE, format, args));
}
int CDECL msvcrt_wscanf(const WCHAR *format, ...) {
    WITH_ARGS(scan_stream(STREAM_STDIN, SCAN_WIDE, format, args));
}
int CDECL wscanf_s(const WCHAR *format, ...) {
    WITH_ARGS(scan_stream(STREAM_STDIN, SCAN_WIDE | SCAN_SECURE, format, args));
}
