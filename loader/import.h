/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mapped image's imports and exports, read with every bound checked (import.c, export.c), and thunks for what is missing. */
#ifndef WINIPC_LOADER_IMPORT_H
#define WINIPC_LOADER_IMPORT_H

#include "loader/image.h"

#define IMPORT_MAX_DLLS 4096
#define IMPORT_MAX_SYMBOLS (1u << 20)

struct import_dll {
    const char *name;      /* in the image */
    uint32_t lookup, slots; /* rva of the next entry to read, and of the address slot that it fills */
};

struct import_symbol {
    const char *name; /* in the image; NULL: by ordinal */
    uint32_t ordinal;
    uint32_t slot; /* rva of the 8 bytes that get the address */
};

/* The index-th DLL that the image imports from: 1; 0 after the last; -EINVAL when the table is damaged. */
int import_dll_at(const struct image_info *info, const uint8_t *base, uint32_t index, struct import_dll *dll);

/* The same for the index-th DLL that it imports from at the first call alone. */
int import_delayed_at(const struct image_info *info, const uint8_t *base, uint32_t index, struct import_dll *dll);

/* The DLL's next symbol: 1; 0 after the last; -EINVAL when the table is damaged. */
int import_next(const struct image_info *info, const uint8_t *base, struct import_dll *dll, struct import_symbol *symbol);

/* What a mapped image exports under a name, or (name NULL) an ordinal: the rva, or *forward ("dll.Name") and 0; 0: nothing. */
uint32_t image_export(const struct image_info *info, const uint8_t *base, const char *name, uint32_t ordinal,
                      const char **forward);

/* Code that, when called, names DLL and function on stderr and raises STATUS_ENTRYPOINT_NOT_FOUND.  NULL: no memory. */
void *missing_thunk(const char *dll, const char *name, uint32_t ordinal);

#endif
