/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Thunks for imported functions that are not there: binding succeeds, a call says what is missing and raises an
 * exception.  Each thunk hands its record to missing_called.
 */
#include "loader/import.h"

#include "loader/loader.h"
#include "loader/thunk.h"

#include <windows.h>
#include <winternl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct missing {
    char *dll, *name;
    uint32_t ordinal;
};

/* Reached by a jump from a thunk, so that its caller is the program. */
static void WINAPI missing_called(const struct missing *record) {
    EXCEPTION_RECORD exception = {0};

    if (record->name)
        dprintf(2, "winipc: %s called %s.%s, which winipc does not have (exception 0xC0000139)\n", winipc_program_name(), record->dll,
                record->name);
    else
        dprintf(2, "winipc: %s called %s.%u, which winipc does not have (exception 0xC0000139)\n", winipc_program_name(), record->dll,
                record->ordinal);
    exception.ExceptionCode = STATUS_ENTRYPOINT_NOT_FOUND;
    exception.ExceptionFlags = EH_NONCONTINUABLE;
    exception.NumberParameters = 2;
    exception.ExceptionInformation[0] = (ULONG_PTR)record->dll;
    exception.ExceptionInformation[1] = record->name ? (ULONG_PTR)record->name : record->ordinal;
    RtlRaiseException(&exception);
}

void *missing_thunk(const char *dll, const char *name, uint32_t ordinal) {
    static struct thunk_kind kind = {.reg = THUNK_RCX, .record_size = sizeof(struct missing), .target = (void (*)(void))missing_called};
    struct missing *record;
    void *place, *code = thunk_new(&kind, &place);

    if (!code)
        return NULL;
    record = place;
    record->dll = strdup(dll);
    record->name = name ? strdup(name) : NULL;
    record->ordinal = ordinal;
    if (!record->dll || (name && !record->name))
        return NULL;
    for (char *c = record->dll; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c -= 'a' - 'A';
    return code;
}
