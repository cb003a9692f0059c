/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A traced call is one line, as strace writes it: thread, seconds since the beginning, function, arguments, result,
 * last error where the call seems to have failed, seconds that it took.  What comes between its begin and its end cuts
 * it in two lines.
 */
#include "programs/winipc/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE 4096
#define ROOM 256 /* of it, for a result */
#define INDENT_MAX 20
#define NAME_SIZE 512 /* of a function and its signature */
#define DEPTH 64      /* calls within calls that are remembered */
#define SMALL 4096    /* numbers below are printed in decimal */

struct function {
    uint32_t pid, number;
    struct function *next;
    char *signature; /* behind the name */
    char name[];
};

#define N_BUCKETS 4096
static struct function *functions[N_BUCKETS];

static struct {
    uint32_t n;
    struct {
        uint32_t number;
        uint64_t time_ns;
    } call[DEPTH];
} stacks[CALL_LANES];

static FILE *out;
static uint64_t began;
static char pending[LINE]; /* the line of a call that has begun, as long as nothing else was to be printed */
static size_t pending_length;
static uint32_t pending_lane;

void trace_print_begin(FILE *file, uint64_t began_ns) {
    out = file;
    began = began_ns;
}

/* ---- the functions ---- */

static struct function *function_find(uint32_t pid, uint32_t number) {
    struct function *function = functions[(pid * 31 + number) % N_BUCKETS];

    while (function && (function->pid != pid || function->number != number))
        function = function->next;
    return function;
}

bool trace_is_defined(uint32_t pid, uint32_t number) {
    return function_find(pid, number) != NULL;
}

bool trace_define(uint32_t pid, const struct call_record *record) {
    const size_t size = record->size - sizeof *record, room = size < NAME_SIZE ? size : NAME_SIZE,
                 length = strnlen((const char *)(record + 1), room);
    struct function *function = function_find(pid, record->function),
                    **bucket = &functions[(pid * 31 + record->function) % N_BUCKETS];

    if (function)
        return true;
    function = malloc(sizeof *function + room + 2);
    if (!function)
        return false;
    memcpy(function->name, record + 1, room);
    function->name[room] = function->name[room + 1] = 0;
    function->signature = function->name + (length < room ? length + 1 : length);
    function->pid = pid;
    function->number = record->function;
    function->next = *bucket;
    *bucket = function;
    return true;
}

/* ---- values ---- */

/* printf would be most of what a traced call costs. */
static size_t put_digits(char *to, uint64_t value, unsigned base, size_t at_least) {
    char digits[24];
    size_t n = 0;

    for (; value || n < at_least; value /= base)
        digits[n++] = "0123456789abcdef"[value % base];
    for (size_t i = 0; i < n; i++)
        to[i] = digits[n - 1 - i];
    return n;
}

static size_t put_string(char *to, const char *text) {
    const size_t length = strlen(text);

    memcpy(to, text, length);
    return length;
}

/* Seconds. */
static size_t put_time(char *to, uint64_t us) {
    size_t n = put_digits(to, us / 1000000, 10, 1);

    to[n++] = '.';
    return n + put_digits(to + n, us % 1000000, 10, 6);
}

/* At most 20 characters. */
static size_t put_value(char *to, uint64_t value) {
    if (value < SMALL)
        return put_digits(to, value, 10, 1);
    *to = '-';
    if ((int64_t)value < 0 && (int64_t)value > -SMALL)
        return 1 + put_digits(to + 1, -value, 10, 1);
    memcpy(to, "0x", 2);
    return 2 + put_digits(to + 2, value, 16, 1);
}

static size_t put_quoted(char *to, const char *text, size_t length) {
    char *at = to;

    *at++ = '"';
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\')
            *at++ = '\\';
        if (c == '\n' || c == '\r' || c == '\t')
            at += sprintf(at, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < 0x20 || c == 0x7f)
            at += sprintf(at, "\\x%02x", c);
        else
            *at++ = (char)c;
    }
    *at++ = '"';
    return (size_t)(at - to);
}

/* The next text of a record, which moves on behind it. */
static size_t put_text(char *to, uint64_t value, const char **text, const char *end) {
    const char *at = *text;
    uint16_t header;
    size_t length, n;

    if ((size_t)(end - at) < sizeof header)
        return put_value(to, value);
    memcpy(&header, at, sizeof header);
    length = header & ~(CALL_STRING_CUT | CALL_STRING_BAD);
    if (length > (size_t)(end - at) - sizeof header || length > CALL_STRING_MAX)
        return put_value(to, value);
    *text = at + sizeof header + length;
    if (header & CALL_STRING_BAD)
        return put_value(to, value);
    n = put_quoted(to, at + sizeof header, length);
    return n + (size_t)sprintf(to + n, "%s", header & CALL_STRING_CUT ? "..." : "");
}

static size_t put_double(char *to, char letter, uint64_t value) {
    double number;
    float narrow;

    memcpy(&number, &value, sizeof number);
    memcpy(&narrow, &value, sizeof narrow);
    return (size_t)sprintf(to, "%g", letter == 'f' ? (double)narrow : number);
}

static size_t put_argument(char *to, char letter, uint64_t value, const char **text, const char *end) {
    if ((letter == 'p' || letter == 's' || letter == 'w') && !value)
        return put_string(to, "NULL");
    if (letter == 's' || letter == 'w')
        return put_text(to, value, text, end);
    if (letter == 'd' || letter == 'f')
        return put_double(to, letter, value);
    if (letter == 'l' && ((int64_t)value >= 0 ||
                             (int64_t)value < -SMALL)) /* 32 bits, with anything above; but handles may be negative */
        return put_value(to, (uint32_t)value);
    return put_value(to, value);
}

static size_t put_arguments(char *to, size_t room, const struct function *function, const struct call_record *record) {
    const uint64_t *args = (const uint64_t *)(record + 1);
    const char *text = (const char *)(args + record->n), *end = (const char *)record + record->size;
    size_t length = 0;

    for (size_t i = 0; i < record->n && function->signature[i] && length + 4 * CALL_STRING_MAX + 64 < room; i++) {
        if (i)
            length += put_string(to + length, ", ");
        length += put_argument(to + length, function->signature[i], args[i], &text, end);
    }
    if (strchr(function->signature, '.'))
        length += (size_t)sprintf(to + length, "%s...", length ? ", " : "");
    return length;
}

/* ---- lines ---- */

static size_t put_head(char *to, const struct trace_record *record) {
    size_t n = put_digits(to, record->pid, 10, 1);

    to[n++] = '/';
    n += put_digits(to + n, record->tid, 10, 1);
    to[n++] = ' ';
    n += put_time(to + n, (record->record->time_ns - began) / 1000);
    to[n++] = ' ';
    return n;
}

/* Calls within calls stand to the right. */
static size_t put_indent(char *to, uint32_t depth) {
    const size_t n = depth < INDENT_MAX ? 2 * depth : 2 * INDENT_MAX;

    memset(to, ' ', n);
    return n;
}

void trace_settle(void) {
    if (pending_length) {
        pending_length += put_string(pending + pending_length, " <unfinished>\n");
        fwrite(pending, 1, pending_length, out);
    }
    pending_length = 0;
}

void trace_thread_gone(uint32_t lane) {
    stacks[lane].n = 0;
    if (pending_lane == lane)
        trace_settle();
}

static void show_enter(const struct trace_record *record) {
    const struct function *function = function_find(record->pid, record->record->function);
    const uint32_t depth = stacks[record->lane].n;

    trace_settle();
    if (!function || record->record->size < sizeof *record->record + record->record->n * 8u)
        return;
    pending_length = put_head(pending, record);
    pending_length += put_indent(pending + pending_length, depth);
    pending_length += put_string(pending + pending_length, function->name);
    pending[pending_length++] = '(';
    pending_length +=
        put_arguments(pending + pending_length, sizeof pending - pending_length - ROOM, function, record->record);
    pending_lane = record->lane;
    if (depth < DEPTH) {
        stacks[record->lane].call[depth].number = record->record->function;
        stacks[record->lane].call[depth].time_ns = record->record->time_ns;
        stacks[record->lane].n++;
    }
}

/* The call that ends: those that it was in the middle of ended otherwise, by an exception.  Return: when it began, 0 if
 * that is not known. */
static uint64_t stack_pop(uint32_t lane, uint32_t number, uint32_t *depth) {
    for (uint32_t n = stacks[lane].n; n; n--) {
        if (stacks[lane].call[n - 1].number != number)
            continue;
        *depth = stacks[lane].n = n - 1;
        return stacks[lane].call[n - 1].time_ns;
    }
    *depth = 0;
    return 0;
}

/* What came back, from the bracket on. */
static size_t put_result(char *to, const uint64_t *result, uint64_t ns) {
    size_t n = put_string(to, ") = ");

    n += put_value(to + n, result[0]);
    if (result[1] && (result[1] != result[2] ? !(uint32_t)result[0] || (uint32_t)result[0] == UINT32_MAX
                                             : result[0] == UINT64_MAX)) {
        n += put_string(to + n, " error ");
        n += put_digits(to + n, (uint32_t)result[1], 10, 1);
    }
    n += put_string(to + n, " <");
    n += put_time(to + n, ns / 1000);
    return n + put_string(to + n, ">\n");
}

static void show_leave(const struct trace_record *record) {
    const struct function *function = function_find(record->pid, record->record->function);
    uint64_t start;
    uint32_t depth;

    if (!function || record->record->size < sizeof *record->record + 3 * 8)
        return;
    start = stack_pop(record->lane, record->record->function, &depth);
    if (!pending_length || pending_lane != record->lane) {
        trace_settle();
        pending_length = put_head(pending, record);
        pending_length += put_indent(pending + pending_length, depth);
        pending[pending_length++] = '<';
        pending_length += put_string(pending + pending_length, function->name);
    }
    pending_length += put_result(
        pending + pending_length, (const uint64_t *)(record->record + 1), start ? record->record->time_ns - start : 0);
    fwrite(pending, 1, pending_length, out);
    pending_length = 0;
}

static void show_debug(const struct trace_record *record) {
    char head[64], text[4 * CALL_TEXT_MAX + 8];
    const size_t room = record->record->size - sizeof *record->record;
    const size_t length = strnlen((const char *)(record->record + 1), room < CALL_TEXT_MAX ? room : CALL_TEXT_MAX);

    trace_settle();
    head[put_head(head, record)] = 0;
    text[put_quoted(text, (const char *)(record->record + 1), length)] = 0;
    fprintf(out, "%sdebug output: %s\n", head, text);
}

void trace_show(const struct trace_record *record) {
    if (record->record->kind == CALL_ENTER)
        show_enter(record);
    else if (record->record->kind == CALL_LEAVE)
        show_leave(record);
    else if (record->record->kind == CALL_DEBUG)
        show_debug(record);
}
