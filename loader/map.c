/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps a validated PE image.  It gets its preferred base when that is free, which spares relocating it; one without
 * relocations gets it or nothing.  A moved image stays below 2 GB when it does not say that it can bear more.
 */
#include "loader/map.h"

#include "dlls/ntdll/virtual.h"

#include <windows.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_GRANULE 0x10000u
#define MAP_MOVED_LOW 0x10000000u      /* moved images without IMAGE_FILE_LARGE_ADDRESS_AWARE: from here up to 2 GB */
#define MAP_WORTHWHILE 0x40000u        /* sections from this size on are mapped from the file where their places agree */
#define MAP_TRIES 4096
#define MAP_SMALL 0x80000u

int image_read(int fd, struct image_info *info, enum image_verdict *verdict) {
    uint8_t first[IMAGE_PAGE], *head;
    struct stat about;
    ssize_t got;

    if (fstat(fd, &about))
        return -errno;
    if (!S_ISREG(about.st_mode))
        return -EINVAL;
    got = pread(fd, first, sizeof first, 0);
    if (got < 0)
        return -errno;
    *verdict = image_parse(first, (size_t)got, (uint64_t)about.st_size, info);
    if (*verdict == IMAGE_OK || got < (ssize_t)sizeof first)
        return 0;
    head = malloc(IMAGE_HEAD_MAX);
    got = head ? pread(fd, head, IMAGE_HEAD_MAX, 0) : -1;
    if (got >= 0)
        *verdict = image_parse(head, (size_t)got, (uint64_t)about.st_size, info);
    free(head);
    return got < 0 ? -ENOMEM : 0;
}

/* A small image is copied as a whole: its pages at once cost less than a fault for each. */
static int map_flags(size_t size) {
    return MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (size <= MAP_SMALL ? MAP_POPULATE : 0);
}

static uint8_t *map_reserve_at(uint64_t address, size_t size) {
    void *at = mmap((void *)(uintptr_t)address, size, PROT_READ | PROT_WRITE, map_flags(size) | MAP_FIXED_NOREPLACE, -1, 0);

    if (at == MAP_FAILED)
        return NULL;
    if ((uintptr_t)at == address)
        return at;
    munmap(at, size); /* a kernel that does not know MAP_FIXED_NOREPLACE */
    return NULL;
}

/* Any place on a 64 KiB boundary. */
static uint8_t *map_reserve_anywhere(size_t size) {
    uint8_t *at = mmap(NULL, size + MAP_GRANULE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *begin;

    if (at == MAP_FAILED)
        return NULL;
    begin = (uint8_t *)(((uintptr_t)at + MAP_GRANULE - 1) & ~(uintptr_t)(MAP_GRANULE - 1));
    if (begin > at)
        munmap(at, begin - at);
    munmap(begin + size, at + MAP_GRANULE - begin);
    return begin;
}

static uint8_t *map_reserve_low(size_t size) {
    uint64_t address = MAP_MOVED_LOW;

    for (int i = 0; i < MAP_TRIES && address + size <= IMAGE_MAX_SIZE; i++, address += 16 * MAP_GRANULE) {
        uint8_t *at = map_reserve_at(address, size);

        if (at)
            return at;
    }
    return NULL;
}

static uint8_t *map_reserve(const struct image_info *info) {
    uint8_t *at = info->base ? map_reserve_at(info->base, info->size) : NULL;

    if (at || (info->characteristics & IMAGE_FILE_RELOCS_STRIPPED))
        return at;
    if (!(info->characteristics & IMAGE_FILE_LARGE_ADDRESS_AWARE))
        return map_reserve_low(info->size);
    return map_reserve_anywhere(info->size);
}

static int map_read(int fd, uint8_t *to, size_t length, off_t offset) {
    while (length) {
        const ssize_t got = pread(fd, to, length, offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EIO;
        to += got;
        length -= got;
        offset += got;
    }
    return 0;
}

/* A large section whose place in the file is a whole page is mapped, so that only what is touched is read. */
static int map_section(int fd, const struct image_section *section, uint8_t *base) {
    uint8_t *to = base + section->rva;
    const size_t whole = section->file_size / IMAGE_PAGE * IMAGE_PAGE;

    if (whole < MAP_WORTHWHILE || section->file_offset % IMAGE_PAGE || section->rva % IMAGE_PAGE)
        return map_read(fd, to, section->file_size, section->file_offset);
    if (mmap(to, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, section->file_offset) == MAP_FAILED)
        return -errno;
    return map_read(fd, to + whole, section->file_size - whole, section->file_offset + whole);
}

/* Fills the place of an image. */
static int map_fill(int fd, const struct image_info *info, uint8_t *at) {
    int error = map_read(fd, at, info->headers_size, 0);

    for (int i = 0; !error && i < info->n_sections; i++)
        error = map_section(fd, &info->sections[i], at);
    if (error)
        image_unmap(info, at);
    else
        virtual_register(at, info->size, MEM_IMAGE, PAGE_EXECUTE_WRITECOPY);
    return error;
}

int image_map(int fd, const struct image_info *info, uint8_t **base) {
    uint8_t *at = map_reserve(info);
    const int error = at ? map_fill(fd, info, at) : -EADDRINUSE;

    if (!error)
        *base = at;
    return error;
}

int image_map_at(int fd, const struct image_info *info, uint8_t *base) {
    return map_reserve_at((uintptr_t)base, info->size) ? map_fill(fd, info, base) : -EADDRINUSE;
}

int image_map_bytes(const uint8_t *bytes, const struct image_info *info, uint8_t **base) {
    uint8_t *at = map_reserve(info);

    if (!at)
        return -EADDRINUSE;
    memcpy(at, bytes, info->headers_size);
    for (int i = 0; i < info->n_sections; i++) {
        const struct image_section *section = &info->sections[i];

        memcpy(at + section->rva, bytes + section->file_offset, section->file_size);
    }
    virtual_register(at, info->size, MEM_IMAGE, PAGE_EXECUTE_WRITECOPY);
    *base = at;
    return 0;
}

void image_unmap(const struct image_info *info, uint8_t *base) {
    virtual_unregister(base);
    munmap(base, info->size);
}

static int map_protection(uint32_t flags) {
    int protection = 0;

    if (flags & IMAGE_SCN_MEM_READ)
        protection |= PROT_READ;
    if (flags & IMAGE_SCN_MEM_WRITE)
        protection |= PROT_READ | PROT_WRITE;
    if (flags & IMAGE_SCN_MEM_EXECUTE)
        protection |= PROT_EXEC;
    return protection;
}

/* What VirtualQuery tells of pages of an image. */
static ULONG map_windows_protection(int protection) {
    if (protection & PROT_EXEC)
        return protection & PROT_WRITE ? PAGE_EXECUTE_READWRITE : PAGE_EXECUTE_READ;
    if (protection & PROT_WRITE)
        return PAGE_READWRITE;
    return protection & PROT_READ ? PAGE_READONLY : PAGE_NOACCESS;
}

/* A stretch of pages that get the same protection: neighbours are joined, for each call costs the kernel a search and a new area. */
struct map_stretch {
    uint8_t *base;
    uint32_t from, to;
    int protection;
};

static int map_stretch_apply(const struct map_stretch *stretch) {
    if (stretch->from == stretch->to)
        return 0;
    if (mprotect(stretch->base + stretch->from, stretch->to - stretch->from, stretch->protection))
        return -errno;
    virtual_note_protect(stretch->base + stretch->from, stretch->to - stretch->from, map_windows_protection(stretch->protection));
    return 0;
}

/* Goes on to `to`: ranges come in the order of their addresses, without gaps. */
static int map_stretch_extend(struct map_stretch *stretch, uint32_t to, int protection) {
    int error = 0;

    if (to <= stretch->to)
        return 0;
    if (protection != stretch->protection) {
        error = map_stretch_apply(stretch);
        stretch->from = stretch->to;
        stretch->protection = protection;
    }
    stretch->to = to;
    return error;
}

int image_protect(const struct image_info *info, uint8_t *base) {
    struct map_stretch stretch = {.base = base, .protection = PROT_READ};
    int error;

    error = map_stretch_extend(&stretch, info->flat ? 0 : info->headers_end, PROT_READ);
    for (int i = 0; !error && !info->flat && i < info->n_sections; i++) {
        const struct image_section *section = &info->sections[i];

        error = map_stretch_extend(&stretch, section->rva, PROT_NONE);
        if (!error)
            error = map_stretch_extend(&stretch, section->rva + section->size, map_protection(section->flags));
    }
    if (!error)
        error = map_stretch_extend(&stretch, info->size, info->flat ? PROT_READ | PROT_WRITE | PROT_EXEC : PROT_NONE);
    return error ? error : map_stretch_apply(&stretch);
}
