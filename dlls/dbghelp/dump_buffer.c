/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes that a mini dump begins with; see dump.h. */
#include "dlls/dbghelp/dump.h"

#include <stdlib.h>
#include <string.h>

void dump_fail(struct dump *dump, DWORD error) {
    if (SUCCEEDED(dump->error))
        dump->error = HRESULT_FROM_WIN32(error);
}

bool dump_read(const struct dump *dump, uint64_t address, void *bytes, size_t size) {
    SIZE_T got = 0;

    return ReadProcessMemory(dump->process, (void *)(uintptr_t)address, bytes, size, &got) && got == size;
}

static bool dump_reserve(struct dump *dump, size_t size) {
    const size_t room = 2 * (dump->used + size) + 4096;
    uint8_t *bytes;

    if (dump->used + size <= dump->room)
        return true;
    bytes = room < UINT32_MAX ? realloc(dump->bytes, room) : NULL;
    if (!bytes) {
        dump_fail(dump, ERROR_NOT_ENOUGH_MEMORY);
        return false;
    }
    memset(bytes + dump->used, 0, room - dump->used);
    dump->bytes = bytes;
    dump->room = room;
    return true;
}

uint32_t dump_add(struct dump *dump, const void *bytes, size_t size) {
    const size_t place = (dump->used + 7) & ~(size_t)7;

    if (!dump_reserve(dump, place - dump->used + size))
        return 0;
    if (bytes)
        memcpy(dump->bytes + place, bytes, size);
    dump->used = place + size;
    return (uint32_t)place;
}

void *dump_at(struct dump *dump, uint32_t place) {
    return dump->bytes + place;
}

uint32_t dump_add_text(struct dump *dump, const WCHAR *text, size_t length) {
    const uint32_t bytes = (uint32_t)(length * sizeof *text);
    const uint32_t place = dump_add(dump, NULL, sizeof bytes + bytes + sizeof *text);

    if (FAILED(dump->error))
        return 0;
    memcpy(dump->bytes + place, &bytes, sizeof bytes);
    memcpy(dump->bytes + place + sizeof bytes, text, bytes);
    return place;
}

void *dump_grow(struct dump *dump, void *array, size_t *n, size_t size) {
    void *more = realloc(array, (*n + 1) * size);

    if (!more) {
        dump_fail(dump, ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memset((uint8_t *)more + *n * size, 0, size);
    ++*n;
    return more;
}

void dump_add_stream(struct dump *dump, uint32_t type, uint32_t place, size_t size) {
    MINIDUMP_DIRECTORY *more = dump_grow(dump, dump->directory, &dump->n_streams, sizeof *more);

    if (!more)
        return;
    dump->directory = more;
    more[dump->n_streams - 1] = (MINIDUMP_DIRECTORY){type, {(ULONG32)size, place}};
}
