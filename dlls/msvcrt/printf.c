/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The printf family's exports: each names a sink and a size and leaves the rest to the engine (format.c).  Varargs of
 * the Windows ABI are read with __builtin_ms_va_list only.
 */
#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/format.h"
#include "dlls/msvcrt/stream.h"

typedef __builtin_ms_va_list ms_args;

static unsigned output_flags; /* FORMAT_* that _set_output_format and _set_printf_count_output switch */

unsigned CDECL _get_output_format(void) {
    return output_flags & FORMAT_TWO_DIGIT_EXPONENT ? 1 : 0;
}

unsigned CDECL _set_output_format(unsigned format) {
    const unsigned old = _get_output_format();
    output_flags = (output_flags & ~FORMAT_TWO_DIGIT_EXPONENT) | (format & 1 ? FORMAT_TWO_DIGIT_EXPONENT : 0);
    return old;
}

int CDECL _set_printf_count_output(int enable) {
    const int old = !!(output_flags & FORMAT_COUNT_OUTPUT);
    output_flags = (output_flags & ~FORMAT_COUNT_OUTPUT) | (enable ? FORMAT_COUNT_OUTPUT : 0);
    return old;
}

int CDECL _get_printf_count_output(void) {
    return !!(output_flags & FORMAT_COUNT_OUTPUT);
}

/*
 * What happens when the text does not fit: nothing is terminated and -1 returned (_snprintf), the buffer is emptied and
 * the program's handler told (sprintf_s), or the text is cut and -1 returned (_snprintf_s with _TRUNCATE).
 */
enum overflow { OVERFLOW_OPEN, OVERFLOW_FAIL, OVERFLOW_CUT };

static void terminate(void *out, size_t at, bool wide) {
    memset((char *)out + at * (wide ? 2 : 1), 0, wide ? 2 : 1);
}

static int print_string(
    void *out, size_t size, enum overflow overflow, unsigned flags, const void *format, ms_args args) {
    const bool wide = flags & FORMAT_WIDE;
    if (!format || (!out && (size || overflow != OVERFLOW_OPEN)) || (overflow != OVERFLOW_OPEN && !size))
        return crt_invalid_parameter(EINVAL), -1;
    struct format_buffer buffer;
    format_buffer_init(&buffer, out, size, wide);
    const int count = format_write(&buffer.sink, flags | output_flags, format, args);
    if (count >= 0 && (size_t)count < size)
        return terminate(out, count, wide), count;
    if (overflow == OVERFLOW_OPEN) {
        if (!out)
            return count;
        if (count < 0 && size)
            terminate(out, 0, wide);
        return count < 0 || (size_t)count > size ? -1 : count;
    }
    terminate(out, overflow == OVERFLOW_CUT && count >= 0 ? size - 1 : 0, wide);
    if (overflow == OVERFLOW_FAIL && count >= 0)
        crt_invalid_parameter(ERANGE);
    return -1;
}

/* n: what _snprintf_s may store without the terminator; _TRUNCATE: as much as fits. */
static int print_counted(void *out, size_t size, size_t n, unsigned flags, const void *format, ms_args args) {
    const bool wide = flags & FORMAT_WIDE;
    if (!out && !size && !n)
        return 0;
    if (n == CRT_TRUNCATE)
        return print_string(out, size, OVERFLOW_CUT, flags, format, args);
    if (n >= size)
        return print_string(out, size, OVERFLOW_FAIL, flags, format, args);
    if (!out || !size || !format)
        return crt_invalid_parameter(EINVAL), -1;
    struct format_buffer buffer;
    format_buffer_init(&buffer, out, n, wide);
    const int count = format_write(&buffer.sink, flags | output_flags, format, args);
    terminate(out, count < 0 ? 0 : buffer.used, wide);
    return count < 0 || (size_t)count > n ? -1 : count;
}

/* The length alone. */
static int print_count(unsigned flags, const void *format, ms_args args) {
    struct format_buffer buffer;
    format_buffer_init(&buffer, NULL, 0, flags & FORMAT_WIDE);
    return format ? format_write(&buffer.sink, flags | output_flags, format, args)
                  : (crt_invalid_parameter(EINVAL), -1);
}

#define NO_LIMIT ((size_t)INT_MAX)

int CDECL msvcrt_vsprintf(char *out, const char *format, ms_args args) {
    return print_string(out, NO_LIMIT, OVERFLOW_OPEN, 0, format, args);
}
int CDECL _vsnprintf(char *out, size_t n, const char *format, ms_args args) {
    return print_string(out, n, OVERFLOW_OPEN, 0, format, args);
}
int CDECL _vsnwprintf(WCHAR *out, size_t n, const WCHAR *format, ms_args args) {
    return print_string(out, n, OVERFLOW_OPEN, FORMAT_WIDE, format, args);
}
int CDECL crt_vswprintf_unbounded(WCHAR *out, const WCHAR *format, ms_args args) {
    return print_string(out, NO_LIMIT, OVERFLOW_OPEN, FORMAT_WIDE, format, args);
}
int CDECL vsprintf_s(char *out, size_t size, const char *format, ms_args args) {
    return print_string(out, size, OVERFLOW_FAIL, 0, format, args);
}
int CDECL vswprintf_s(WCHAR *out, size_t size, const WCHAR *format, ms_args args) {
    return print_string(out, size, OVERFLOW_FAIL, FORMAT_WIDE, format, args);
}
int CDECL _vsnprintf_s(char *out, size_t size, size_t n, const char *format, ms_args args) {
    return print_counted(out, size, n, 0, format, args);
}
int CDECL _vsnwprintf_s(WCHAR *out, size_t size, size_t n, const WCHAR *format, ms_args args) {
    return print_counted(out, size, n, FORMAT_WIDE, format, args);
}
int CDECL _vscprintf(const char *format, ms_args args) {
    return print_count(0, format, args);
}
int CDECL _vscwprintf(const WCHAR *format, ms_args args) {
    return print_count(FORMAT_WIDE, format, args);
}

/* vsnprintf() - msvcrt.dll's is _vsnprintf: no terminator when the text fills the buffer. */
int CDECL msvcrt_vsnprintf(char *out, size_t n, const char *format, ms_args args) {
    return _vsnprintf(out, n, format, args);
}

/* Calls the v-form of a function with the arguments behind format. */
#define WITH_ARGS(call)                                                                                                \
    ms_args args;                                                                                                      \
    __builtin_ms_va_start(args, format);                                                                               \
    const int count = call;                                                                                            \
    __builtin_ms_va_end(args);                                                                                         \
    return count

int CDECL msvcrt_sprintf(char *out, const char *format, ...) {
    WITH_ARGS(msvcrt_vsprintf(out, format, args));
}
int CDECL _snprintf(char *out, size_t n, const char *format, ...) {
    WITH_ARGS(_vsnprintf(out, n, format, args));
}
int CDECL _snwprintf(WCHAR *out, size_t n, const WCHAR *format, ...) {
    WITH_ARGS(_vsnwprintf(out, n, format, args));
}
int CDECL crt_swprintf_unbounded(WCHAR *out, const WCHAR *format, ...) {
    WITH_ARGS(crt_vswprintf_unbounded(out, format, args));
}
int CDECL sprintf_s(char *out, size_t size, const char *format, ...) {
    WITH_ARGS(vsprintf_s(out, size, format, args));
}
int CDECL swprintf_s(WCHAR *out, size_t size, const WCHAR *format, ...) {
    WITH_ARGS(vswprintf_s(out, size, format, args));
}
int CDECL _snprintf_s(char *out, size_t size, size_t n, const char *format, ...) {
    WITH_ARGS(_vsnprintf_s(out, size, n, format, args));
}
int CDECL _snwprintf_s(WCHAR *out, size_t size, size_t n, const WCHAR *format, ...) {
    WITH_ARGS(_vsnwprintf_s(out, size, n, format, args));
}
int CDECL _scprintf(const char *format, ...) {
    WITH_ARGS(_vscprintf(format, args));
}
int CDECL _scwprintf(const WCHAR *format, ...) {
    WITH_ARGS(_vscwprintf(format, args));
}

struct stream_sink {
    struct format_sink sink;
    struct crt_file *file;
    bool wide;
};

static bool stream_sink_put(struct format_sink *sink, const void *units, size_t n) {
    struct stream_sink *stream = (struct stream_sink *)sink;
    return stream->wide ? stream_write_wide(stream->file, units, n) : stream_write(stream->file, units, n) == n;
}

static int print_stream(struct crt_file *file, unsigned flags, const void *format, ms_args args) {
    if (!file || !format)
        return crt_invalid_parameter(EINVAL), -1;
    struct stream_sink sink = {{stream_sink_put, 0}, file, flags & FORMAT_WIDE};
    stream_lock(file);
    const bool temporary = stream_buffer_begin(file);
    const int count = format_write(&sink.sink, flags | output_flags, format, args);
    stream_buffer_end(file, temporary);
    stream_unlock(file);
    return count;
}

int CDECL msvcrt_vfprintf(struct crt_file *file, const char *format, ms_args args) {
    return print_stream(file, 0, format, args);
}
int CDECL msvcrt_vfwprintf(struct crt_file *file, const WCHAR *format, ms_args args) {
    return print_stream(file, FORMAT_WIDE, format, args);
}
int CDECL msvcrt_vprintf(const char *format, ms_args args) {
    return print_stream(STREAM_STDOUT, 0, format, args);
}
int CDECL msvcrt_vwprintf(const WCHAR *format, ms_args args) {
    return print_stream(STREAM_STDOUT, FORMAT_WIDE, format, args);
}
int CDECL msvcrt_fprintf(struct crt_file *file, const char *format, ...) {
    WITH_ARGS(print_stream(file, 0, format, args));
}
int CDECL msvcrt_fwprintf(struct crt_file *file, const WCHAR *format, ...) {
    WITH_ARGS(print_stream(file, FORMAT_WIDE, format, args));
}
int CDECL msvcrt_printf(const char *format, ...) {
    WITH_ARGS(print_stream(STREAM_STDOUT, 0, format, args));
}
int CDECL msvcrt_wprintf(const WCHAR *format, ...) {
    WITH_ARGS(print_stream(STREAM_STDOUT, FORMAT_WIDE, format, args));
}
int CDECL vfprintf_s(struct crt_file *file, const char *format, ms_args args) {
    return print_stream(file, 0, format, args);
}
int CDECL vfwprintf_s(struct crt_file *file, const WCHAR *format, ms_args args) {
    return print_stream(file, FORMAT_WIDE, format, args);
}
int CDECL vprintf_s(const char *format, ms_args args) {
    return print_stream(STREAM_STDOUT, 0, format, args);
}
int CDECL vwprintf_s(const WCHAR *format, ms_args args) {
    return print_stream(STREAM_STDOUT, FORMAT_WIDE, format, args);
}
int CDECL fprintf_s(struct crt_file *file, const char *format, ...) {
    WITH_ARGS(print_stream(file, 0, format, args));
}
int CDECL fwprintf_s(struct crt_file *file, const WCHAR *format, ...) {
    WITH_ARGS(print_stream(file, FORMAT_WIDE, format, args));
}
int CDECL printf_s(const char *format, ...) {
    WITH_ARGS(print_stream(STREAM_STDOUT, 0, format, args));
}
int CDECL wprintf_s(const WCHAR *format, ...) {
    WITH_ARGS(print_stream(STREAM_STDOUT, FORMAT_WIDE, format, args));
}
