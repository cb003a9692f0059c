/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a message: from the system's table, or from a module's message table. */
#include "dlls/kernel32/message.h"

#include "libs/host/guard.h"

#include <string.h>

struct message_entry {
    DWORD id;
    const char *text;
};

#define M(id, text) {id, text},
static const struct message_entry message_entries[] = {
#include "dlls/kernel32/message_text.h"
};
#undef M

static const char *message_lookup(DWORD id) {
    size_t low = 0, high = sizeof message_entries / sizeof *message_entries;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (message_entries[middle].id == id)
            return message_entries[middle].text;
        if (message_entries[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The messages are English ones: any other language is one that is not installed. */
static bool message_is_our_language(DWORD language) {
    const DWORD primary = PRIMARYLANGID(language);

    return primary == LANG_NEUTRAL || primary == LANG_ENGLISH;
}

DWORD message_find_system(DWORD id, DWORD language, struct message_text *text) {
    const char *found;

    if (!message_is_our_language(language))
        return ERROR_RESOURCE_LANG_NOT_FOUND;
    found = message_lookup(id);
    if (!found && (id >> 16) == 0x8007)
        found = message_lookup(id & 0xFFFF); /* an HRESULT that wraps a Win32 error */
    if (!found)
        return ERROR_MR_MID_NOT_FOUND;
    message_add_ascii(text, found);
    message_add_ascii(text, "\r\n");
    return ERROR_SUCCESS;
}

/* The entry of an id in a message table, checked to lie in it; NULL: it is not there. */
static const MESSAGE_RESOURCE_ENTRY *message_table_find(const char *table, DWORD size, DWORD id) {
    const MESSAGE_RESOURCE_DATA *const data = (const MESSAGE_RESOURCE_DATA *)table;

    if (size < sizeof(DWORD) || data->NumberOfBlocks > (size - sizeof(DWORD)) / sizeof data->Blocks[0])
        return NULL;
    for (DWORD i = 0; i < data->NumberOfBlocks; i++) {
        const MESSAGE_RESOURCE_BLOCK *const block = &data->Blocks[i];
        DWORD offset = block->OffsetToEntries;

        if (id < block->LowId || id > block->HighId)
            continue;
        for (DWORD at = block->LowId;; at++) {
            const MESSAGE_RESOURCE_ENTRY *const entry = (const MESSAGE_RESOURCE_ENTRY *)(table + offset);

            if (offset > size - 4 || entry->Length < 4 || entry->Length > size - offset)
                return NULL;
            if (at == id)
                return entry;
            offset += entry->Length;
        }
    }
    return NULL;
}

static void message_add_entry(const MESSAGE_RESOURCE_ENTRY *entry, struct message_text *text) {
    const size_t bytes = entry->Length - 4u;

    if (entry->Flags & MESSAGE_RESOURCE_UNICODE) {
        const WCHAR *const chars = (const WCHAR *)entry->Text;
        size_t length = 0;

        while (length < bytes / sizeof *chars && chars[length])
            length++;
        message_add_wide(text, chars, length);
        return;
    }
    message_add_ansi(text, (const char *)entry->Text, (int)strnlen((const char *)entry->Text, bytes));
}

DWORD message_find_module(HMODULE module, DWORD id, DWORD language, struct message_text *text) {
    const HRSRC resource =
        FindResourceExW(module, (const WCHAR *)(ULONG_PTR)11 /* RT_MESSAGETABLE */, MAKEINTRESOURCEW(1), (WORD)language);
    const MESSAGE_RESOURCE_ENTRY *entry;
    const char *table;

    if (!resource)
        return GetLastError();
    table = LockResource(LoadResource(module, resource));
    if (!table || guard_probe_read(table, SizeofResource(module, resource)))
        return ERROR_RESOURCE_DATA_NOT_FOUND;
    entry = message_table_find(table, SizeofResource(module, resource), id);
    if (!entry)
        return ERROR_MR_MID_NOT_FOUND;
    message_add_entry(entry, text);
    return ERROR_SUCCESS;
}
