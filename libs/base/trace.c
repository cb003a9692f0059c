/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tracing; see trace.h. */
#include "libs/base/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint32_t trace_enabled;
static struct timespec trace_start;

static const struct {
    const char *name;
    uint32_t bits;
} categories[] = {
    {"server", TRACE_SERVER},
    {"pipe", TRACE_PIPE},
    {"wait", TRACE_WAIT},
    {"loader", TRACE_LOADER},
    {"file", TRACE_FILE},
    {"process", TRACE_PROCESS},
    {"exception", TRACE_EXCEPTION},
    {"memory", TRACE_MEMORY},
    {"debug", TRACE_DEBUG},
    {"all", TRACE_ALL},
};
#define N_CATEGORIES (sizeof categories / sizeof categories[0])

static uint32_t category_bits(const char *name, size_t length) {
    for (size_t i = 0; i < N_CATEGORIES; i++) {
        if (strlen(categories[i].name) == length && !strncmp(name, categories[i].name, length))
            return categories[i].bits;
    }
    return 0;
}

uint32_t trace_parse(const char *list, const char **unknown, size_t *unknown_len) {
    uint32_t bits = 0;

    *unknown = NULL;
    *unknown_len = 0;
    while (*list) {
        const size_t length = strcspn(list, ",");
        const uint32_t found = category_bits(list, length);

        if (length && !found && !*unknown) {
            *unknown = list;
            *unknown_len = length;
        }
        bits |= found;
        list += length + (list[length] == ',');
    }
    return bits;
}

static void trace_explain(const char *unknown, size_t length) {
    char line[512];
    int n = snprintf(line, sizeof line, "winipc: WINIPC_TRACE: no category '%.*s'; there are:", length < 100 ? (int)length : 100, unknown);

    for (size_t i = 0; i < N_CATEGORIES; i++)
        n += snprintf(line + n, sizeof line - (size_t)n, " %s", categories[i].name);
    n += snprintf(line + n, sizeof line - (size_t)n, "\n");
    (void)!write(STDERR_FILENO, line, (size_t)n);
}

static void __attribute__((constructor)) trace_init(void) {
    const char *list = getenv("WINIPC_TRACE"), *unknown;
    size_t unknown_len;

    if (!list)
        return;
    clock_gettime(CLOCK_MONOTONIC, &trace_start);
    trace_enabled = trace_parse(list, &unknown, &unknown_len);
    if (unknown)
        trace_explain(unknown, unknown_len);
}

static const char *category_name(uint32_t category) {
    for (size_t i = 0; i < N_CATEGORIES; i++) {
        if (categories[i].bits == category)
            return categories[i].name;
    }
    return "?";
}

void trace_print(enum trace_category category, const char *format, ...) {
    const int saved = errno;
    char line[2048];
    struct timespec now;
    int64_t us;
    va_list args;
    int head, body;

    clock_gettime(CLOCK_MONOTONIC, &now);
    us = (now.tv_sec - trace_start.tv_sec) * 1000000 + (now.tv_nsec - trace_start.tv_nsec) / 1000;
    head = snprintf(line, sizeof line, "%lld.%06lld %ld %s: ", (long long)(us / 1000000), (long long)(us % 1000000),
        syscall(SYS_gettid), category_name(category));
    va_start(args, format);
    body = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, args);
    va_end(args);
    if (body > 0) {
        size_t length = strlen(line);

        line[length++] = '\n';
        (void)!write(STDERR_FILENO, line, length);
    }
    errno = saved;
}
