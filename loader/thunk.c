/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thunks; see thunk.h. */
#include "loader/thunk.h"

#include "loader/image.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define THUNK_BYTES 32
#define THUNKS_A_PAGE (IMAGE_PAGE / THUNK_BYTES)

/* mov $record, %rcx or %r11; mov $target, %rax; jmp *%rax */
static void thunk_write(uint8_t *code, const struct thunk_kind *kind, const void *record) {
    memcpy(code, kind->reg == THUNK_RCX ? "\x48\xb9" : "\x49\xbb", 2);
    memcpy(code + 2, &record, 8);
    memcpy(code + 10, "\x48\xb8", 2);
    memcpy(code + 12, &kind->target, 8);
    memcpy(code + 20, "\xff\xe0", 2);
}

static bool page_begin(struct thunk_kind *kind) {
    char *records = calloc(THUNKS_A_PAGE, kind->record_size);
    uint8_t *code = mmap(NULL, IMAGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (!records || code == MAP_FAILED)
        goto fail;
    for (unsigned i = 0; i < THUNKS_A_PAGE; i++)
        thunk_write(code + i * THUNK_BYTES, kind, records + i * kind->record_size);
    if (mprotect(code, IMAGE_PAGE, PROT_READ | PROT_EXEC))
        goto fail;
    kind->records = records;
    kind->code = code;
    kind->used = 0;
    return true;
fail:
    free(records);
    if (code != MAP_FAILED)
        munmap(code, IMAGE_PAGE);
    return false;
}

void *thunk_new(struct thunk_kind *kind, void **record) {
    unsigned i;

    if ((!kind->code || kind->used == THUNKS_A_PAGE) && !page_begin(kind))
        return NULL;
    i = kind->used++;
    *record = kind->records + i * kind->record_size;
    return kind->code + i * THUNK_BYTES;
}
