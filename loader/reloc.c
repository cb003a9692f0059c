/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base relocations: adds the distance that the image was moved to each address that the directory names. */
#include "loader/map.h"

#include <windows.h>

#include <errno.h>
#include <string.h>

static int reloc_apply(const struct image_info *info, uint8_t *base, uint64_t rva, unsigned type, uint64_t delta) {
    uint64_t wide;
    uint32_t narrow;

    switch (type) {
    case IMAGE_REL_BASED_ABSOLUTE: /* padding */
        return 0;
    case IMAGE_REL_BASED_DIR64:
        if (!image_range(info, rva, sizeof wide))
            return -EINVAL;
        memcpy(&wide, base + rva, sizeof wide);
        wide += delta;
        memcpy(base + rva, &wide, sizeof wide);
        return 0;
    case IMAGE_REL_BASED_HIGHLOW:
        if (!image_range(info, rva, sizeof narrow))
            return -EINVAL;
        memcpy(&narrow, base + rva, sizeof narrow);
        narrow += (uint32_t)delta;
        memcpy(base + rva, &narrow, sizeof narrow);
        return 0;
    default:
        return -EINVAL;
    }
}

static int reloc_block(const struct image_info *info, uint8_t *base, uint64_t at, uint32_t size, uint64_t delta) {
    uint32_t page;

    memcpy(&page, base + at, sizeof page);
    for (uint32_t i = sizeof(IMAGE_BASE_RELOCATION); i + 2 <= size; i += 2) {
        uint16_t entry;
        int error;

        memcpy(&entry, base + at + i, sizeof entry);
        error = reloc_apply(info, base, (uint64_t)page + (entry & 0xfff), entry >> 12, delta);
        if (error)
            return error;
    }
    return 0;
}

int image_relocate(const struct image_info *info, uint8_t *base, uint64_t delta) {
    const struct image_directory *directory = &info->directories[IMAGE_DIRECTORY_ENTRY_BASERELOC];
    uint32_t done = 0;

    if (!delta)
        return 0;
    while (directory->size - done >= sizeof(IMAGE_BASE_RELOCATION)) {
        const uint64_t at = directory->rva + done;
        uint32_t size;
        int error;

        memcpy(&size, base + at + 4, sizeof size);
        if (size == 0)
            return 0;
        if (size < sizeof(IMAGE_BASE_RELOCATION) || size > directory->size - done || size % 2)
            return -EINVAL;
        error = reloc_block(info, base, at, size, delta);
        if (error)
            return error;
        done += size;
    }
    return 0;
}
