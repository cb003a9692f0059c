/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Thunks for imported functions that are not there: binding succeeds, a call says what is missing and raises an
 * exception.  A page of thunks is written once and then executable; each thunk hands its record to missing_called.
 */
#include "loader/import.h"

#include "loader/loader.h"

#include <windows.h>
#include <winternl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MISSING_THUNK_BYTES 32
#define MISSING_A_PAGE (IMAGE_PAGE / MISSING_THUNK_BYTES)

struct missing {
    char *dll, *name;
    uint32_t ordinal;
};

static struct missing *missing_records; /* of the page being filled; changed under the loader's lock */
static uint8_t *missing_page;
static unsigned missing_used = MISSING_A_PAGE;

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

/* mov $record, %rcx; mov $missing_called, %rax; jmp *%rax */
static void missing_write(uint8_t *code, const struct missing *record) {
    void(WINAPI * const target)(const struct missing *) = missing_called;

    memcpy(code, "\x48\xb9", 2);
    memcpy(code + 2, &record, 8);
    memcpy(code + 10, "\x48\xb8", 2);
    memcpy(code + 12, &target, 8);
    memcpy(code + 20, "\xff\xe0", 2);
}

static int missing_new_page(void) {
    struct missing *records = calloc(MISSING_A_PAGE, sizeof *records);
    uint8_t *page = mmap(NULL, IMAGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (!records || page == MAP_FAILED)
        goto fail;
    for (unsigned i = 0; i < MISSING_A_PAGE; i++)
        missing_write(page + i * MISSING_THUNK_BYTES, &records[i]);
    if (mprotect(page, IMAGE_PAGE, PROT_READ | PROT_EXEC))
        goto fail;
    missing_records = records;
    missing_page = page;
    missing_used = 0;
    return 0;
fail:
    free(records);
    if (page != MAP_FAILED)
        munmap(page, IMAGE_PAGE);
    return -1;
}

void *missing_thunk(const char *dll, const char *name, uint32_t ordinal) {
    struct missing *record;

    if (missing_used == MISSING_A_PAGE && missing_new_page())
        return NULL;
    record = &missing_records[missing_used];
    record->dll = strdup(dll);
    record->name = name ? strdup(name) : NULL;
    record->ordinal = ordinal;
    if (!record->dll || (name && !record->name))
        return NULL;
    for (char *c = record->dll; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c -= 'a' - 'A';
    return missing_page + missing_used++ * MISSING_THUNK_BYTES;
}
