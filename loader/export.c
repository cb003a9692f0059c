/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks a symbol up in a mapped image's export directory. */
#include "loader/import.h"

#include <windows.h>

#include <string.h>

#define EXPORT_NAME_MAX 4096

static uint32_t export_u32(const struct image_info *info, const uint8_t *base, uint64_t rva) {
    uint32_t value = 0;

    if (image_range(info, rva, sizeof value))
        memcpy(&value, base + rva, sizeof value);
    return value;
}

static const char *export_name(const struct image_info *info, const uint8_t *base, const IMAGE_EXPORT_DIRECTORY *directory,
                               uint32_t index) {
    return image_string(info, base, export_u32(info, base, directory->AddressOfNames + 4ull * index), EXPORT_NAME_MAX);
}

/* Index into the address table of a name (they are sorted by bytes), or -1. */
static int64_t export_index(const struct image_info *info, const uint8_t *base, const IMAGE_EXPORT_DIRECTORY *directory,
                            const char *name) {
    uint32_t low = 0, high = directory->NumberOfNames;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const char *found = export_name(info, base, directory, middle);
        const uint64_t at = directory->AddressOfNameOrdinals + 2ull * middle;
        const int order = found ? strcmp(name, found) : -1;
        uint16_t index;

        if (order == 0) {
            if (!image_range(info, at, sizeof index))
                return -1;
            memcpy(&index, base + at, sizeof index);
            return index;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

uint32_t image_export(const struct image_info *info, const uint8_t *base, const char *name, uint32_t ordinal,
                      const char **forward) {
    const struct image_directory *place = &info->directories[IMAGE_DIRECTORY_ENTRY_EXPORT];
    IMAGE_EXPORT_DIRECTORY directory;
    int64_t index;
    uint32_t rva;

    *forward = NULL;
    if (place->size < sizeof directory)
        return 0;
    memcpy(&directory, base + place->rva, sizeof directory);
    index = name ? export_index(info, base, &directory, name) : (int64_t)ordinal - directory.Base;
    if (index < 0 || index >= directory.NumberOfFunctions)
        return 0;
    rva = export_u32(info, base, directory.AddressOfFunctions + 4ull * index);
    if (!rva || rva >= info->size)
        return 0;
    if (rva < place->rva || rva - place->rva >= place->size)
        return rva;
    *forward = image_string(info, base, rva, EXPORT_NAME_MAX);
    return 0;
}
