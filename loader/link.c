/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binds imports.  A DLL that is not there fails the load, a function that is not there gets a thunk (missing.c). */
#define WIN32_NO_STATUS
#include "loader/link.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "libs/base/trace.h"
#include "libs/base/utf.h"
#include "loader/call_trace.h"
#include "loader/import.h"
#include "loader/name.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_MAX_FORWARDS 16

static char link_failure_dll[MAX_PATH], link_failure_needer[MAX_PATH];

static void link_base_name(const struct module *module, char out[MAX_PATH]) {
    const UNICODE_STRING *name = &module->ldr.BaseDllName;
    const size_t length = utf16_to_utf8(name->Buffer, name->Length / sizeof(WCHAR), out, MAX_PATH - 1, NULL);

    out[length < MAX_PATH - 1 ? length : MAX_PATH - 1] = 0;
}

void link_note_failure(const struct module *dll, const struct module *needer) {
    if (link_failure_dll[0])
        return;
    link_base_name(dll, link_failure_dll);
    link_base_name(needer, link_failure_needer);
}

const char *link_failed_dll(void) {
    return link_failure_dll;
}

const char *link_failed_needer(void) {
    return link_failure_needer;
}

static bool link_add_need(struct module *module, struct module *need) {
    struct module **needs = realloc(module->needs, (module->n_needs + 1) * sizeof *needs);

    if (!needs)
        return false;
    module->needs = needs;
    needs[module->n_needs++] = need;
    return true;
}

/* Finds or loads a DLL for needer, which then needs it. */
static NTSTATUS link_need(struct module *needer, const char *name, struct module **need) {
    WCHAR wide[MAX_PATH];
    const size_t length = utf8_to_utf16(name, strlen(name), wide, MAX_PATH - 1, NULL);
    NTSTATUS status;

    if (length >= MAX_PATH)
        return STATUS_DLL_NOT_FOUND;
    wide[length] = 0;
    status = module_get(wide, 0, need);
    if (status && !link_failure_dll[0]) {
        snprintf(link_failure_dll, sizeof link_failure_dll, "%s", name);
        link_base_name(needer, link_failure_needer);
    }
    if (!status && !link_add_need(needer, *need)) {
        module_free(*need);
        return STATUS_NO_MEMORY;
    }
    return status;
}

/* "dll.Name" or "dll.#12": the module (loaded for needer) and what to look up there; false when it makes no sense. */
static bool link_split_forward(
    const char *forward, struct module *needer, struct module **module, char name[512], uint32_t *ordinal) {
    const char *dot = strrchr(forward, '.');
    char dll[MAX_PATH];

    if (!dot || (size_t)(dot - forward) + 5 > sizeof dll || strlen(dot + 1) >= 512)
        return false;
    snprintf(dll, sizeof dll, "%.*s.dll", (int)(dot - forward), forward);
    strcpy(name, dot + 1);
    *ordinal = name[0] == '#' ? strtoul(name + 1, NULL, 10) : 0;
    return link_need(needer, dll, module) == STATUS_SUCCESS;
}

/* The address, or NULL and *forward, or NULL; *found: the entry, in one of our DLLs. */
static void *link_direct(struct module *module, const char *name, uint32_t ordinal, const struct export_entry **found,
    const char **forward) {
    const struct export_entry *entry;
    uint32_t rva;

    *forward = NULL;
    *found = NULL;
    if (!module->table) {
        rva = image_export(&module->image, module->ldr.DllBase, name, ordinal, forward);
        return rva ? (char *)module->ldr.DllBase + rva : NULL;
    }
    entry = name ? export_by_name(module->table, name) : export_by_ordinal(module->table, ordinal);
    *found = entry;
    if (!entry)
        return NULL;
    if (entry->kind == EXPORT_CODE)
        return (void *)export_at(module->table, entry->target);
    if (entry->kind == EXPORT_FORWARD)
        *forward = export_at(module->table, entry->target);
    return NULL;
}

void *link_export(
    struct module *module, struct module *needer, const char *name, uint32_t ordinal, struct module **target) {
    const struct export_table *table =
        NULL; /* the first of our DLLs on the way, and its entry: the name that the program knows */
    const struct export_entry *entry = NULL;
    char names[512];

    for (int i = 0; i < LINK_MAX_FORWARDS; i++) {
        const struct export_entry *found;
        const char *forward;
        void *address = link_direct(module, name, ordinal, &found, &forward);

        *target = module;
        table = entry ? table : module->table;
        entry = entry ? entry : found;
        if (!forward)
            return address && entry ? call_trace_thunk(table, entry, address) : address;
        if (!link_split_forward(forward, needer, &module, names, &ordinal))
            return NULL;
        name = names[0] == '#' ? NULL : names;
    }
    return NULL;
}

static NTSTATUS link_dll(struct module *module, struct import_dll *dll, uint32_t *n_symbols) {
    uint8_t *base = module->ldr.DllBase;
    struct module *need, *target;
    struct import_symbol symbol;
    char dll_name[MAX_PATH];
    NTSTATUS status;
    int more;

    snprintf(dll_name, sizeof dll_name, "%s", dll->name);
    status = link_need(module, dll_name, &need);
    if (status)
        return status;
    while ((more = import_next(&module->image, base, dll, &symbol)) > 0) {
        void *address = link_export(need, module, symbol.name, symbol.ordinal, &target);

        if (!address && symbol.name)
            TRACE(TRACE_LOADER, "%s.%s is not there", dll_name, symbol.name);
        if (!address)
            address = missing_thunk(dll_name, symbol.name, symbol.ordinal);
        if (!address)
            return STATUS_NO_MEMORY;
        if (++*n_symbols > IMPORT_MAX_SYMBOLS)
            return STATUS_INVALID_IMAGE_FORMAT;
        memcpy(base + symbol.slot, &address, sizeof address);
    }
    return more < 0 ? STATUS_INVALID_IMAGE_FORMAT : STATUS_SUCCESS;
}

NTSTATUS link_module(struct module *module) {
    struct import_dll dll;
    uint32_t n_symbols = 0;
    int more = 0;

    for (uint32_t i = 0; (more = import_dll_at(&module->image, module->ldr.DllBase, i, &dll)) > 0; i++) {
        const NTSTATUS status = link_dll(module, &dll, &n_symbols);

        if (status)
            return status;
    }
    return more < 0 ? STATUS_INVALID_IMAGE_FORMAT : STATUS_SUCCESS;
}

/* ---- tracing, later ---- */

/* The slot may lie in a page that is not to be written, and others may call through it at this moment. */
static void slot_set(_Atomic uint64_t *slot, uint64_t value) {
    void *base = (void *)slot;
    SIZE_T size = sizeof *slot;
    ULONG old;

    if (NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_READWRITE, &old))
        return;
    atomic_store(slot, value);
    NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, old, &old);
}

static void link_trace_dll(struct module *module, struct import_dll *dll, const struct export_table *table) {
    uint8_t *base = module->ldr.DllBase;
    struct import_symbol symbol;

    while (import_next(&module->image, base, dll, &symbol) > 0) {
        const struct export_entry *entry =
            symbol.name ? export_by_name(table, symbol.name) : export_by_ordinal(table, symbol.ordinal);
        _Atomic uint64_t *slot = (_Atomic uint64_t *)(base + symbol.slot);
        const uint64_t now = atomic_load(slot);
        const uint64_t thunk = entry ? (uintptr_t)call_trace_thunk(table, entry, (void *)now) : now;

        if (thunk != now)
            slot_set(slot, thunk);
    }
}

void link_trace(struct module *module) {
    struct import_dll dll;

    if (module->table || module->is_data)
        return;
    for (uint32_t i = 0; import_dll_at(&module->image, module->ldr.DllBase, i, &dll) > 0; i++) {
        WCHAR wide[MAX_PATH];
        const size_t length = utf8_to_utf16(dll.name, strlen(dll.name), wide, MAX_PATH - 1, NULL);
        const struct module *need;

        if (length >= MAX_PATH)
            continue;
        wide[length] = 0;
        need = module_find_loaded(wide);
        if (need && need->table)
            link_trace_dll(module, &dll, need->table);
    }
}
