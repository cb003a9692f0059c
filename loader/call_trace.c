/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thunks that record calls; see call_trace.h. */
#include "loader/call_trace.h"

#include "libs/base/call_log.h"
#include "libs/base/utf.h"
#include "libs/host/guard.h"
#include "loader/link.h"
#include "loader/thunk.h"

#include <windows.h>
#include <winternl.h>

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTER_ARGS 4
#define N_BUCKETS 256
#define VARARGS_MAX                                                                                                    \
    8 /* of a list without an end, so many are handed on: that holds the widest printf of programs seen */

struct call_entry {
    struct call_record record;
    uint64_t args[CALL_ARGS_MAX];
    char texts[CALL_RECORD_MAX - sizeof(struct call_record) - CALL_ARGS_MAX * 8];
};

void call_trace_call(void);
uint64_t WINAPI call_trace_enter(const struct traced_function *function, const uint64_t *args, const double (*xmm)[2]);
void WINAPI call_trace_leave(const struct traced_function *function, uint64_t rax, uint64_t error_before);

_Static_assert(offsetof(struct traced_function, target) == 0 && offsetof(struct traced_function, n_stack) == 8,
    "call_trace_x64.S");

/* By the address that they lead to; all below is changed under the loader's lock, and stays. */
static struct thunk {
    const struct export_entry *entry;
    const struct export_table *table;
    const struct traced_function *function;
    void *code;
    struct thunk *next;
} * thunks[N_BUCKETS];
static struct thunk_kind kind = {
    .reg = THUNK_R11, .record_size = sizeof(struct traced_function), .target = call_trace_call};
static uint32_t last_number;

/* What depends on its caller's frame, and so cannot have another one between. */
static const char *const untraceable[] = {
    "RtlCaptureContext",
    "RtlUnwind",
    "RtlUnwindEx",
    "RtlRestoreContext",
    "_setjmp",
    "_setjmpex",
    "setjmp",
    "longjmp",
    "__intrinsic_setjmp",
    "__intrinsic_setjmpex",
    "__chkstk",
    "_chkstk",
    "_local_unwind",
    "__C_specific_handler",
    "__CxxFrameHandler3",
    "__CxxFrameHandler4",
};

/* What nobody wants to see unless he asks: it is called all the time, and tells nothing. */
static const char *const noise[] = {
    "msvcrt.*",
    "ucrtbase.*",
    "*.EnterCriticalSection",
    "*.LeaveCriticalSection",
    "*.TryEnterCriticalSection",
    "*.RtlEnterCriticalSection",
    "*.RtlLeaveCriticalSection",
    "*.AcquireSRWLock*",
    "*.ReleaseSRWLock*",
    "*.TryAcquireSRWLock*",
    "*.RtlAcquireSRWLock*",
    "*.RtlReleaseSRWLock*",
    "*.GetLastError",
    "*.SetLastError",
    "*.Tls?etValue",
    "*.Fls?etValue",
    "*.HeapAlloc",
    "*.HeapFree",
    "*.HeapReAlloc",
    "*.HeapSize",
    "*.RtlAllocateHeap",
    "*.RtlFreeHeap",
    "*.RtlReAllocateHeap",
    "*.GetProcessHeap",
    "*.QueryPerformance*",
    "*.GetTickCount*",
    "*.GetSystemTime*AsFileTime",
    "*.GetCurrent*Id",
    "*.Encode*Pointer",
    "*.Decode*Pointer",
    "*.Interlocked*SList",
    "*.MultiByteToWideChar",
    "*.WideCharToMultiByte",
    "*.lstrlen?",
    "*.RtlVirtualUnwind",
    "*.RtlLookupFunctionEntry",
    "*.RtlPcToFileHeader",
    "*.GetProcAddress",
    "*.IsProcessorFeaturePresent",
    "*.GetCurrentThread",
    "*.GetCurrentProcess",
    "*.IsDBCSLeadByte*",
};

void call_trace_begin(void) {
    const char *path = getenv(CALL_LOG_VARIABLE);
    const int error = path ? call_log_open(path) : 0;

    if (error)
        dprintf(2, "winipc: calls are not traced: %s: %s\n", path,
            error == -EPROTO ? "not of this build" : strerror(-error));
}

static bool is_among(const char *const *patterns, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++) {
        if (!fnmatch(patterns[i], name, 0))
            return true;
    }
    return false;
}

/* Whether one of the patterns, with commas between, means "dll.Name", or Name. */
static bool is_chosen(const char *patterns, const char *full, const char *name) {
    char pattern[256];

    while (*patterns) {
        const size_t length = strcspn(patterns, ",");

        snprintf(pattern, sizeof pattern, "%.*s", (int)length, patterns);
        if (!fnmatch(pattern, full, FNM_CASEFOLD) || !fnmatch(pattern, name, FNM_CASEFOLD))
            return true;
        patterns += length + (patterns[length] == ',');
    }
    return false;
}

static bool is_traced(const struct call_log *log, const char *dll, const char *name, const char *signature) {
    char full[256];

    if (strlen(signature) > CALL_ARGS_MAX || is_among(untraceable, sizeof untraceable / sizeof *untraceable, name))
        return false;
    snprintf(full, sizeof full, "%s.%s", dll, name);
    if (*log->only)
        return is_chosen(log->only, full, name);
    return !is_among(noise, sizeof noise / sizeof *noise, full);
}

/* Tells the tracer what the number stands for. */
static void function_define(const struct traced_function *function, const char *dll, const char *name) {
    struct {
        struct call_record record;
        char text[512];
    } entry = {.record = {.kind = CALL_DEFINE, .function = function->number}};
    const int length = snprintf(entry.text, sizeof entry.text - 1, "%s.%s%c%s", dll, name, 0, function->signature);

    entry.record.size = (uint16_t)((sizeof entry.record + (size_t)length + 1 + 7) & ~7u);
    call_log_put(&entry.record);
}

void *call_trace_thunk(const struct export_table *table, const struct export_entry *entry, void *address) {
    const char *dll = export_at(table, table->dll), *name = export_at(table, entry->name),
               *signature = export_at(table, entry->args);
    struct thunk **bucket = &thunks[(uintptr_t)entry / sizeof *entry % N_BUCKETS], *thunk;
    struct traced_function *function;
    const struct call_log *log = call_log;
    void *code, *record;
    size_t n;

    if (!log || log->debug_only || !entry->args || !is_traced(log, dll, name, signature))
        return address;
    for (thunk = *bucket; thunk; thunk = thunk->next) {
        if (thunk->entry == entry)
            return thunk->code;
    }
    thunk = malloc(sizeof *thunk);
    code = thunk ? thunk_new(&kind, &record) : NULL;
    if (!code) {
        free(thunk);
        return address;
    }
    function = record;
    n = strlen(signature);
    if (n && signature[n - 1] == '.')
        n += VARARGS_MAX;
    *function = (struct traced_function){.target = address,
        .n_stack = n > REGISTER_ARGS ? n - REGISTER_ARGS : 0,
        .signature = signature,
        .number = ++last_number};
    *thunk = (struct thunk){.entry = entry, .code = code, .next = *bucket, .function = function, .table = table};
    *bucket = thunk;
    function_define(function, dll, name);
    return thunk->code;
}

/* ---- a program that runs ---- */

static void thunks_define(void) {
    for (unsigned i = 0; i < N_BUCKETS; i++) {
        for (const struct thunk *thunk = thunks[i]; thunk; thunk = thunk->next)
            function_define(thunk->function, export_at(thunk->table, thunk->table->dll),
                export_at(thunk->table, thunk->entry->name));
    }
}

void call_trace_attach(pid_t tracer, int fd) {
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)tracer, fd);
    if (!module_lock_patiently())
        return;
    if (!call_log_open(path)) {
        thunks_define(); /* those that an earlier trace has left */
        for (struct module *module = module_first(); module; module = module_after(module))
            link_trace(module);
    }
    module_unlock();
}

/* ---- what is recorded ---- */

/* A text of the program's, as far as it is there and is shown; its end. */
static char *text_put(char *at, const void *text, char letter) {
    char bytes[CALL_STRING_MAX];
    WCHAR wide[CALL_STRING_MAX];
    uint16_t length;
    ssize_t n = letter == 'w' ? guard_wcslen(text, CALL_STRING_MAX / 3) : guard_strlen(text, CALL_STRING_MAX);

    if (n > 0 && (letter == 'w' ? guard_copy_from(wide, text, (size_t)n * sizeof *wide)
                                : guard_copy_from(bytes, text, (size_t)n)))
        n = -1;
    if (n < 0)
        length = CALL_STRING_BAD;
    else if (letter == 'w')
        length = (uint16_t)(utf16_to_utf8(wide, (size_t)n, bytes, sizeof bytes, NULL) |
                            (n == CALL_STRING_MAX / 3 ? CALL_STRING_CUT : 0));
    else
        length = (uint16_t)(n | (n == CALL_STRING_MAX ? CALL_STRING_CUT : 0));
    memcpy(at, &length, sizeof length);
    memcpy(at + sizeof length, bytes, length & ~(CALL_STRING_CUT | CALL_STRING_BAD));
    return at + sizeof length + (length & ~(CALL_STRING_CUT | CALL_STRING_BAD));
}

/* A floating argument comes in the vector register of its place, if it is one of the first four. */
static uint64_t argument_value(char letter, size_t i, const uint64_t *args, const double (*xmm)[2]) {
    uint64_t value = args[i];

    if ((letter == 'd' || letter == 'f') && i < REGISTER_ARGS)
        memcpy(&value, xmm[i], sizeof value);
    return value;
}

/* Return: the thread's last error, for call_trace_leave. */
uint64_t WINAPI call_trace_enter(const struct traced_function *function, const uint64_t *args, const double (*xmm)[2]) {
    const size_t n = strcspn(function->signature, ".");
    struct call_entry entry;
    char *at = (char *)&entry.args[n];

    if (!call_log)
        return 0;
    entry.record = (struct call_record){.kind = CALL_ENTER, .n = (uint8_t)n, .function = function->number};
    for (size_t i = 0; i < n; i++)
        entry.args[i] = argument_value(function->signature[i], i, args, xmm);
    for (size_t i = 0; i < n; i++) {
        const char letter = function->signature[i];

        if ((letter == 's' || letter == 'w') && args[i] && at + CALL_STRING_MAX + 8 < (char *)(&entry + 1))
            at = text_put(at, (const void *)args[i], letter);
    }
    entry.record.size = (uint16_t)(((size_t)(at - (char *)&entry) + 7) & ~(size_t)7);
    call_log_put(&entry.record);
    return NtCurrentTeb()->LastErrorValue;
}

void WINAPI call_trace_leave(const struct traced_function *function, uint64_t rax, uint64_t error_before) {
    struct {
        struct call_record record;
        uint64_t rax;
        uint64_t error, error_before;
    } entry = {.record = {.size = sizeof entry, .kind = CALL_LEAVE, .n = 3, .function = function->number}, .rax = rax};

    entry.error = NtCurrentTeb()->LastErrorValue;
    entry.error_before = error_before;
    call_log_put(&entry.record);
}
