/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * winipc --check PROGRAM.exe: maps the program and the DLLs of its own that it needs, runs nothing of them, and prints a line
 * "DLL NAME" or "DLL ordinal N" for each import that is not there, "DLL" alone for a DLL that is not; "(delayed)" follows where that shows at the
 * first call alone.
 */
#include "loader/check.h"

#include "libs/base/utf.h"
#include "loader/drives.h"
#include "loader/import.h"
#include "loader/map.h"
#include "loader/module.h"
#include "loader/run.h"
#include "loader/status.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK_MAX_FORWARDS 16

/* A DLL that an import names: one of ours, a file of the program's, or nothing. */
struct check_dll {
    struct check_dll *next;
    char name[MAX_PATH]; /* lower case, without ".dll" */
    const struct export_table *table;
    struct image_info info;
    uint8_t *base;
};

static struct check_dll *check_dlls, **check_last = &check_dlls;
static char *check_folder;
static unsigned check_n_lacking;

/* One of an image's two tables of imports. */
struct check_table {
    int (*dll_at)(const struct image_info *info, const uint8_t *base, uint32_t index, struct import_dll *dll);
    const char *note; /* what follows on the line of an import that is not there */
};

static const struct check_table check_tables[] = {{import_dll_at, ""}, {import_delayed_at, " (delayed)"}};

static void check_lacks(const char *dll, const char *name, uint32_t ordinal, const char *note) {
    check_n_lacking++;
    if (name)
        printf("%s %s%s\n", dll, name, note);
    else if (ordinal)
        printf("%s ordinal %u%s\n", dll, ordinal, note);
    else
        printf("%s%s\n", dll, note);
}

static bool check_map(const char *path, struct check_dll *dll) {
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    enum image_verdict verdict;
    bool ok;

    if (fd < 0)
        return false;
    ok = !image_read(fd, &dll->info, &verdict) && !verdict;
    if (ok) {
        dll->info.characteristics &= ~IMAGE_FILE_RELOCS_STRIPPED; /* nothing runs, any place will do */
        dll->info.characteristics |= IMAGE_FILE_LARGE_ADDRESS_AWARE;
        ok = !image_map(fd, &dll->info, &dll->base);
    }
    close(fd);
    return ok;
}

static void check_plain(const char *name, char plain[MAX_PATH]) {
    size_t length = strlen(name);

    if (length > 4 && !strcasecmp(name + length - 4, ".dll"))
        length -= 4;
    if (length >= MAX_PATH)
        length = MAX_PATH - 1;
    for (size_t i = 0; i < length; i++)
        plain[i] = name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i];
    plain[length] = 0;
    if (apiset_host(plain))
        strcpy(plain, apiset_host(plain));
}

/* Found or added; a DLL that is nowhere is there with neither table nor base. */
static struct check_dll *check_find(const char *name) {
    char plain[MAX_PATH], file[MAX_PATH + 4], *path;
    struct check_dll *dll;
    module_main_fn main;

    check_plain(name, plain);
    for (dll = check_dlls; dll; dll = dll->next)
        if (!strcmp(dll->name, plain))
            return dll;
    dll = calloc(1, sizeof *dll);
    if (!dll)
        abort();
    strcpy(dll->name, plain);
    *check_last = dll;
    check_last = &dll->next;
    snprintf(file, sizeof file, "%s%s", plain, strchr(plain, '.') ? "" : ".dll");
    path = builtin_is_known(plain) ? NULL : drive_find_in(check_folder, file);
    if (!path || !check_map(path, dll))
        dll->table = builtin_find(plain, &main);
    free(path);
    return dll;
}

static bool check_has(const struct check_dll *dll, const char *name, uint32_t ordinal) {
    char part[MAX_PATH], rest[512];

    for (int i = 0; i < CHECK_MAX_FORWARDS; i++) {
        const struct export_entry *entry;
        const char *forward = NULL, *dot;

        if (dll->table) {
            entry = name ? export_by_name(dll->table, name) : export_by_ordinal(dll->table, ordinal);
            if (!entry || entry->kind != EXPORT_FORWARD)
                return entry && entry->kind == EXPORT_CODE;
            forward = export_at(dll->table, entry->target);
        } else if (!dll->base || image_export(&dll->info, dll->base, name, ordinal, &forward)) {
            return dll->base != NULL;
        }
        dot = forward ? strrchr(forward, '.') : NULL;
        if (!dot || (size_t)snprintf(part, sizeof part, "%.*s", (int)(dot - forward), forward) >= sizeof part ||
            (size_t)snprintf(rest, sizeof rest, "%s", dot + 1) >= sizeof rest)
            return false;
        dll = check_find(part);
        ordinal = rest[0] == '#' ? strtoul(rest + 1, NULL, 10) : 0;
        name = rest[0] == '#' ? NULL : rest;
    }
    return false;
}

/* The imports of one table; false: it is damaged. */
static bool check_table(const struct check_dll *importer, const struct check_table *table) {
    struct import_dll dll;
    struct import_symbol symbol;
    uint32_t n_symbols = 0;
    int more;

    for (uint32_t i = 0; (more = table->dll_at(&importer->info, importer->base, i, &dll)) > 0; i++) {
        const char *name = dll.name;
        const struct check_dll *found = check_find(name);
        int next;

        if (!found->table && !found->base)
            check_lacks(name, NULL, 0, table->note);
        while ((next = import_next(&importer->info, importer->base, &dll, &symbol)) > 0 && n_symbols++ < IMPORT_MAX_SYMBOLS)
            if (!check_has(found, symbol.name, symbol.ordinal))
                check_lacks(name, symbol.name, symbol.ordinal, table->note);
        if (next)
            return false;
    }
    return more == 0;
}

static bool check_imports(const struct check_dll *importer) {
    return check_table(importer, &check_tables[0]) && check_table(importer, &check_tables[1]);
}

int check_program(const char *path) {
    struct check_dll program = {0};
    const char *slash = strrchr(path, '/');
    bool ok;

    close(run_inspect(path, &program.info));
    check_folder = slash ? strndup(path, slash - path) : strdup(".");
    if (!check_folder || !check_map(path, &program)) {
        dprintf(2, "winipc: %s: cannot be mapped\n", path);
        return WINIPC_NO_ADDRESS;
    }
    ok = check_imports(&program);
    for (const struct check_dll *dll = check_dlls; dll && ok; dll = dll->next)
        if (dll->base)
            ok = check_imports(dll);
    if (fflush(stdout))
        return WINIPC_INTERNAL;
    if (!ok) {
        dprintf(2, "winipc: %s: the file or a DLL beside it is damaged: its import table points outside it\n", path);
        return WINIPC_DAMAGED;
    }
    return check_n_lacking ? WINIPC_LACKING : WINIPC_OK;
}
