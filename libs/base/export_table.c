/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Look-ups in a DLL's export table: what GetProcAddress and the PE loader stand on. */
#include "libs/base/export_table.h"

#include <stddef.h>
#include <string.h>

const struct export_entry *export_by_name(const struct export_table *table, const char *name) {
    const struct export_entry *entries = export_entries(table);
    const uint32_t *names = export_at(table, table->names);
    uint32_t low = 0, high = table->n_names;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const struct export_entry *entry = &entries[names[middle]];
        const int order = strcmp(name, export_at(table, entry->name));

        if (order == 0)
            return entry;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct export_entry *export_by_ordinal(const struct export_table *table, uint32_t ordinal) {
    const struct export_entry *entry;

    if (ordinal < table->ordinal_base || ordinal - table->ordinal_base >= table->n_entries)
        return NULL;
    entry = &export_entries(table)[ordinal - table->ordinal_base];
    return entry->kind == EXPORT_HOLE ? NULL : entry;
}
