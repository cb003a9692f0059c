/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the import tables of a mapped image.  Sizes in the directory are not trusted, as on Windows: zeros end a table. */
#include "loader/import.h"

#include <windows.h>

#include <errno.h>
#include <string.h>

#define IMPORT_NAME_MAX 4096

int import_dll_at(const struct image_info *info, const uint8_t *base, uint32_t index, struct import_dll *dll) {
    const uint32_t directory = info->directories[IMAGE_DIRECTORY_ENTRY_IMPORT].rva;
    const uint64_t at = directory + (uint64_t)index * sizeof(IMAGE_IMPORT_DESCRIPTOR);
    IMAGE_IMPORT_DESCRIPTOR descriptor;

    if (!directory)
        return 0;
    if (index >= IMPORT_MAX_DLLS || !image_range(info, at, sizeof descriptor))
        return -EINVAL;
    memcpy(&descriptor, base + at, sizeof descriptor);
    if (!descriptor.Name || !descriptor.FirstThunk)
        return 0;
    dll->name = image_string(info, base, descriptor.Name, MAX_PATH);
    dll->slots = descriptor.FirstThunk;
    dll->lookup = descriptor.OriginalFirstThunk ? descriptor.OriginalFirstThunk : descriptor.FirstThunk;
    return dll->name && *dll->name ? 1 : -EINVAL;
}

int import_delayed_at(const struct image_info *info, const uint8_t *base, uint32_t index, struct import_dll *dll) {
    const uint32_t directory = info->directories[IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT].rva;
    const uint64_t at = directory + (uint64_t)index * sizeof(IMAGE_DELAYLOAD_DESCRIPTOR);
    IMAGE_DELAYLOAD_DESCRIPTOR descriptor;

    if (!directory)
        return 0;
    if (index >= IMPORT_MAX_DLLS || !image_range(info, at, sizeof descriptor))
        return -EINVAL;
    memcpy(&descriptor, base + at, sizeof descriptor);
    if (!descriptor.DllNameRVA || !descriptor.ImportNameTableRVA)
        return 0;
    dll->name = image_string(info, base, descriptor.DllNameRVA, MAX_PATH);
    dll->slots = descriptor.ImportAddressTableRVA;
    dll->lookup = descriptor.ImportNameTableRVA;
    return dll->name && *dll->name ? 1 : -EINVAL;
}

int import_next(const struct image_info *info, const uint8_t *base, struct import_dll *dll, struct import_symbol *symbol) {
    uint64_t entry;

    if (!image_range(info, dll->lookup, sizeof entry) || !image_range(info, dll->slots, sizeof entry))
        return -EINVAL;
    memcpy(&entry, base + dll->lookup, sizeof entry);
    if (!entry)
        return 0;
    symbol->slot = dll->slots;
    symbol->name = NULL;
    symbol->ordinal = 0;
    if (IMAGE_SNAP_BY_ORDINAL64(entry))
        symbol->ordinal = IMAGE_ORDINAL64(entry);
    else
        symbol->name = image_string(info, base, entry + offsetof(IMAGE_IMPORT_BY_NAME, Name), IMPORT_NAME_MAX);
    if (!symbol->name && !IMAGE_SNAP_BY_ORDINAL64(entry))
        return -EINVAL;
    dll->lookup += sizeof entry;
    dll->slots += sizeof entry;
    return 1;
}
