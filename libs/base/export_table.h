/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A DLL's export table, as tools/specgen.py writes it: read-only, found by binary search, with every reference relative
 * to the table itself, so that a library of thousands of exports needs no relocation at start.
 */
#ifndef WINIPC_EXPORT_TABLE_H
#define WINIPC_EXPORT_TABLE_H

#include <stdint.h>

enum export_kind { EXPORT_HOLE = 0, EXPORT_CODE = 1, EXPORT_FORWARD = 2, EXPORT_STUB = 3 };

struct export_entry {
    int32_t name;   /* offset of the name; of "" for an export by ordinal only */
    int32_t target; /* offset of the code, or of "dll.Name" for a forward */
    uint32_t kind;  /* enum export_kind */
    int32_t args;   /* offset of a letter an argument, "." after them for more of any kind: l long, q int64, p ptr, s str, w wstr, d double,
                     * f float; 0: data, or a stub */
};

struct export_table {
    int32_t dll; /* offset of the DLL's name, lower case without ".dll" */
    uint32_t ordinal_base;
    uint32_t n_entries; /* entry i has ordinal ordinal_base + i */
    uint32_t n_names;
    int32_t entries; /* offset of struct export_entry[n_entries] */
    int32_t names;   /* offset of uint32_t[n_names]: entry indices in the names' byte order */
};

static inline const void *export_at(const struct export_table *table, int32_t offset) {
    return (const char *)table + offset;
}

static inline const struct export_entry *export_entries(const struct export_table *table) {
    return export_at(table, table->entries);
}

/* The entry of a name, or NULL. */
const struct export_entry *export_by_name(const struct export_table *table, const char *name);

/* The entry of an ordinal, or NULL where the table has a hole. */
const struct export_entry *export_by_ordinal(const struct export_table *table, uint32_t ordinal);

#endif
