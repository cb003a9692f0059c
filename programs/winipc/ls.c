/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* winipc ls: the named objects of the session, sorted by path, with their state; with -l, who owns them and who may
 * open them. */
#include "programs/winipc/look.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE "ls [-a] [-l] [PATH]"

struct line {
    char *path;
    uint32_t cell;
};

static int line_compare(const void *a, const void *b) {
    return strcmp(((const struct line *)a)->path, ((const struct line *)b)->path);
}

/* Whether an object is listed: live, and no part of what a session always has, unless @all. */
static bool is_listed(const struct cell *cell, bool all) {
    return STATE_LIFE(atomic_load(&cell->state)) == LIFE_LIVE && atomic_load(&cell->name) &&
           (all || !(cell->flags & CELL_PERMANENT));
}

/* Whether @path is @folder or lies in it. */
static bool is_below(const char *path, const char *folder) {
    const size_t length = strlen(folder);

    return !strncmp(path, folder, length) &&
           (!length || folder[length - 1] == '\\' || !path[length] || path[length] == '\\');
}

static size_t lines_collect(struct line *lines, size_t room, const char *folder, bool all) {
    const uint32_t cells = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    char path[LOOK_TEXT];
    size_t n = 0;

    for (uint32_t i = 0; i < cells && n < room; i++) {
        if (!is_listed(&winipc_arena->cell[i], all) || !look_path(i, path) || !is_below(path, folder))
            continue;
        lines[n].path = strdup(path);
        if (lines[n].path)
            lines[n++].cell = i;
    }
    return n;
}

static void line_show(const struct line *line, bool is_long) {
    char state[LOOK_TEXT], security[4 * LOOK_TEXT];

    look_state(line->cell, state);
    printf(*state ? "%-12s %s  (%s)\n" : "%-12s %s\n", look_type(line->cell), line->path, state);
    if (!is_long)
        return;
    look_security(line->cell, security, sizeof security);
    printf("             %s\n", security);
}

int ls_main(int argc, char **argv) {
    bool all = false, is_long = false;
    const char *folder = "";
    struct line *lines;
    size_t n;
    int option;

    opterr = 0; /* the usage says it */
    while ((option = getopt(argc, argv, "al")) != -1) {
        all |= option == 'a';
        is_long |= option == 'l';
        if (option == '?')
            return look_usage(USAGE);
    }
    if (optind < argc)
        folder = argv[optind++];
    if (optind < argc)
        return look_usage(USAGE);
    if (!look_open())
        return LOOK_NO_SESSION;
    lines = calloc(ARENA_MAX_CELLS, sizeof *lines);
    if (!lines) {
        fputs("winipc: no memory for the list\n", stderr);
        return LOOK_FAILED;
    }
    if (*folder && !lines_collect(lines, 1, folder, true)) {
        fprintf(stderr, "winipc: %s: no object is called so, or lies there; see winipc ls -a\n", folder);
        return LOOK_NO_SESSION;
    }
    n = lines_collect(lines, ARENA_MAX_CELLS, folder, all);
    qsort(lines, n, sizeof *lines, line_compare);
    for (size_t i = 0; i < n; i++) {
        line_show(&lines[i], is_long);
        free(lines[i].path);
    }
    free(lines);
    return 0;
}
