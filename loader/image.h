/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a PE32+ file's headers say, checked: whoever holds a struct image_info may use its numbers without further checks
 * against the file's length and against each other.  Directories are only known to lie inside the image; what they
 * point to is checked where it is read (image_range).
 */
#ifndef WINIPC_LOADER_IMAGE_H
#define WINIPC_LOADER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_PAGE 4096u
#define IMAGE_MAX_SECTIONS 96
#define IMAGE_MAX_SIZE 0x7fff0000u
#define IMAGE_N_DIRECTORIES 16

enum image_verdict {
    IMAGE_OK = 0,
    IMAGE_IS_EMPTY,
    IMAGE_NOT_PE,
    IMAGE_IS_ELF,
    IMAGE_TRUNCATED,
    IMAGE_DAMAGED,
    IMAGE_I386,
    IMAGE_ARM64,
    IMAGE_OTHER_MACHINE,
};

struct image_section {
    uint32_t rva;
    uint32_t size;        /* in memory, rounded up to pages */
    uint32_t file_offset;
    uint32_t file_size;   /* what is copied from the file; never more than size */
    uint32_t flags;       /* IMAGE_SCN_* */
};

struct image_directory {
    uint32_t rva, size; /* 0, 0 when absent */
};

struct image_info {
    uint64_t base;
    uint64_t stack_reserve, stack_commit, heap_reserve, heap_commit;
    uint32_t size;         /* in memory, a multiple of the page */
    uint32_t headers_size; /* of the file, copied to the image's begin */
    uint32_t headers_end;  /* where the first section may begin */
    uint32_t entry;        /* 0: none */
    uint32_t checksum, timestamp;
    uint16_t characteristics, dll_characteristics; /* IMAGE_FILE_*, IMAGE_DLLCHARACTERISTICS_* */
    uint16_t subsystem, subsystem_major, subsystem_minor;
    uint16_t n_sections;
    bool flat; /* section alignment below a page: one piece, as the file lies */
    struct image_section sections[IMAGE_MAX_SECTIONS];
    struct image_directory directories[IMAGE_N_DIRECTORIES];
};

/*
 * Reads the headers of an image of file_len bytes, of which head holds the first head_len (all, or at least the headers:
 * IMAGE_HEAD_MAX suffices for any sane image).
 */
#define IMAGE_HEAD_MAX 65536u
enum image_verdict image_parse(const uint8_t *head, size_t head_len, uint64_t file_len, struct image_info *info);

/* What the verdict means, for a line such as "winipc: x.exe: %s". */
const char *image_verdict_text(enum image_verdict verdict);

/* True when [rva, rva + len) lies in the image. */
static inline bool image_range(const struct image_info *info, uint64_t rva, uint64_t len) {
    return rva <= info->size && len <= info->size - rva;
}

/* The NUL-terminated string at rva of a mapped image, or NULL when it does not end within max bytes of the image. */
const char *image_string(const struct image_info *info, const uint8_t *base, uint64_t rva, size_t max);

#endif
