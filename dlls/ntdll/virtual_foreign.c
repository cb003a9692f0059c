/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What VirtualQuery tells of memory that no Windows function allocated: threads' stacks, from their TEBs; ELF libraries, glibc's heap
 * and the rest, from /proc/self/maps; and the free space between.
 */
#include "dlls/ntdll/teb.h"
#include "dlls/ntdll/virtual.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* One line of /proc/self/maps. */
struct foreign_map {
    uintptr_t start, end;
    uint64_t inode;
    bool readable, writable, executable, shared, image;
};

/* Reads lines without the heap: a handler of exceptions may ask. */
struct foreign_reader {
    int fd;
    size_t used, length;
    char buffer[4096];
};

static int foreign_char(struct foreign_reader *reader) {
    if (reader->used == reader->length) {
        const ssize_t got = read(reader->fd, reader->buffer, sizeof reader->buffer);

        if (got <= 0)
            return -1;
        reader->length = (size_t)got;
        reader->used = 0;
    }
    return (unsigned char)reader->buffer[reader->used++];
}

/* The line without its end, cut to the room; false at the end of the file. */
static bool foreign_line(struct foreign_reader *reader, char *line, size_t room) {
    size_t n = 0;
    int c;

    while ((c = foreign_char(reader)) >= 0 && c != '\n')
        if (n + 1 < room)
            line[n++] = (char)c;
    line[n] = 0;
    return c >= 0 || n > 0;
}

static uint64_t foreign_number(const char **at, unsigned base) {
    uint64_t value = 0;

    for (;; (*at)++) {
        const char c = **at;
        const unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 99;

        if (digit >= base)
            return value;
        value = value * base + digit;
    }
}

/* "start-end rwxp offset major:minor inode   path" */
static bool foreign_parse(const char *at, struct foreign_map *map) {
    map->start = foreign_number(&at, 16);
    if (*at++ != '-')
        return false;
    map->end = foreign_number(&at, 16);
    if (*at++ != ' ' || strlen(at) < 5)
        return false;
    map->readable = at[0] == 'r';
    map->writable = at[1] == 'w';
    map->executable = at[2] == 'x';
    map->shared = at[3] == 's';
    at += 5;
    foreign_number(&at, 16);
    while (*at == ' ')
        at++;
    foreign_number(&at, 16);
    at += *at == ':';
    foreign_number(&at, 16);
    while (*at == ' ')
        at++;
    map->inode = foreign_number(&at, 10);
    map->image = map->inode && !map->shared && !strstr(at, "memfd:");
    return true;
}

static bool foreign_next(struct foreign_reader *reader, struct foreign_map *map) {
    char line[256];

    while (foreign_line(reader, line, sizeof line))
        if (foreign_parse(line, map))
            return true;
    return false;
}

static ULONG foreign_protection(const struct foreign_map *map) {
    if (map->executable)
        return map->writable ? PAGE_EXECUTE_READWRITE : PAGE_EXECUTE_READ;
    if (map->writable)
        return PAGE_READWRITE;
    return map->readable ? PAGE_READONLY : PAGE_NOACCESS;
}

static void foreign_free(uintptr_t page, uintptr_t end, MEMORY_BASIC_INFORMATION *info) {
    const uintptr_t own = virtual_next_own(page);

    if (own < end)
        end = own;
    *info = (MEMORY_BASIC_INFORMATION){
        .BaseAddress = (void *)page,
        .RegionSize = end - page,
        .State = MEM_FREE,
        .Protect = PAGE_NOACCESS,
    };
}

static void foreign_fill(
    uintptr_t page, const struct foreign_map *map, uintptr_t allocation_base, MEMORY_BASIC_INFORMATION *info) {
    const bool reserved = !map->inode && !map->readable && !map->writable && !map->executable;
    const uintptr_t own = virtual_next_own(page);

    *info = (MEMORY_BASIC_INFORMATION){
        .BaseAddress = (void *)page,
        .AllocationBase = (void *)allocation_base,
        .AllocationProtect = map->image ? PAGE_EXECUTE_WRITECOPY : PAGE_READWRITE,
        .RegionSize = (map->end < own ? map->end : own) - page,
        .State = reserved ? MEM_RESERVE : MEM_COMMIT,
        .Protect = reserved ? 0 : foreign_protection(map),
        .Type = map->image ? MEM_IMAGE : map->inode || map->shared ? MEM_MAPPED : MEM_PRIVATE,
    };
}

/* The stack that a page lies in. */
struct foreign_stack {
    uintptr_t page, low, high;
};

static void foreign_look_at_stack(TEB *teb, void *context) {
    struct foreign_stack *const stack = context;

    if (stack->page < (uintptr_t)teb->DeallocationStack || stack->page >= (uintptr_t)teb->Tib.StackBase)
        return;
    stack->low = (uintptr_t)teb->DeallocationStack;
    stack->high = (uintptr_t)teb->Tib.StackBase;
}

/* The neighbours of a stack may lie in the same line of maps: its bounds come from its TEB. */
static void foreign_trim_to_stack(uintptr_t page, MEMORY_BASIC_INFORMATION *info) {
    struct foreign_stack stack = {.page = page};

    teb_for_each(foreign_look_at_stack, &stack);
    if (!stack.high)
        return;
    info->AllocationBase = (void *)stack.low;
    info->AllocationProtect = PAGE_READWRITE;
    info->Type = MEM_PRIVATE;
    if (page + info->RegionSize > stack.high)
        info->RegionSize = stack.high - page;
}

void virtual_query_foreign(uintptr_t address, MEMORY_BASIC_INFORMATION *info) {
    const uintptr_t page = address & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    struct foreign_reader reader = {.fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
    struct foreign_map map, previous = {0};
    uintptr_t allocation_base = 0;

    foreign_free(page, VIRTUAL_LIMIT, info);
    if (reader.fd < 0)
        return;
    while (foreign_next(&reader, &map)) {
        /* one library's mappings are one image */
        if (!(map.inode && map.inode == previous.inode && map.start == previous.end))
            allocation_base = map.start;
        previous = map;
        if (map.end <= page)
            continue;
        if (map.start > page) {
            foreign_free(page, map.start < VIRTUAL_LIMIT ? map.start : VIRTUAL_LIMIT, info);
            break;
        }
        foreign_fill(page, &map, allocation_base, info);
        foreign_trim_to_stack(page, info);
        break;
    }
    close(reader.fd);
}
