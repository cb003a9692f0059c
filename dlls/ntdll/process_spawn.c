/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Linux side of a new process: which file is executed, with which words, environment and descriptors.
 *
 * Windows programs are executed as `winipc`, with our own environment: what the program gets is in the start-up block.  A native program
 * is executed itself; its argv, environ and folder say what the block says, so that the C library's functions agree with Windows'.  Any
 * other Linux program is `winipc`, too, which starts it (loader/linux_program.c).  Descriptors 0 to 2 are those of the standard handles, so
 * that nobody holds open what he cannot use; only what `winipc` itself has to say goes where our own errors go.
 */
#include "dlls/ntdll/process.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/ntdll/env.h"
#include "dlls/ntdll/file.h"
#include "libs/host/spawn.h"
#include "loader/command_line.h"
#include "loader/drives.h"
#include "loader/loader.h"

/* `winipc` lies beside libwinipc.so. */
static bool runner_path(char path[4096]) {
    Dl_info here;
    const char *slash;

    if (!dladdr((void *)(uintptr_t)process_create, &here) || !here.dli_fname)
        return false;
    slash = strrchr(here.dli_fname, '/');
    return snprintf(path, 4096, "%.*s/winipc", slash ? (int)(slash - here.dli_fname) : 1, slash ? here.dli_fname : ".") < 4096;
}

/* ---- the environment ---- */

static bool has_variable(char **list, size_t n, const char *entry) {
    const size_t length = strcspn(entry, "=") + 1;

    for (size_t i = 0; i < n; i++) {
        if (!strncmp(list[i], entry, length))
            return true;
    }
    return false;
}

/* What finds the session, the C: drive and our libraries: a native program needs it, whatever environment its parent made up. */
static bool is_needed(const char *entry) {
    static const char *const names[] = {"XDG_RUNTIME_DIR=", "XDG_DATA_HOME=", "HOME=", "LD_LIBRARY_PATH=", "WINIPC_"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strncmp(entry, names[i], strlen(names[i])))
            return true;
    }
    return false;
}

/* @base with the start-up block's descriptor; @complete: and with what is needed of ours.  One block for free(), beside its strings. */
static char **environment_make(char **base, bool complete, const char *variable) {
    extern char **environ;
    size_t n = 0, n_own = 0, kept = 0;
    char **list;

    while (base && base[n])
        n++;
    while (environ && environ[n_own])
        n_own++;
    list = malloc((n + n_own + 2) * sizeof *list);
    if (!list)
        return NULL;
    list[kept++] = (char *)variable;
    for (size_t i = 0; i < n; i++) {
        if (!has_variable(list, 1, base[i]))
            list[kept++] = base[i];
    }
    for (size_t i = 0; complete && i < n_own; i++) {
        if (is_needed(environ[i]) && !has_variable(list, kept, environ[i]))
            list[kept++] = environ[i];
    }
    list[kept] = NULL;
    return list;
}

/* ---- the first three descriptors ---- */

struct std_files {
    int std[3];   /* what become 0, 1 and 2 */
    int moved[3]; /* copies of those that lay where these go; -1: none */
};

static void std_files_close(struct std_files *files) {
    for (int i = 0; i < 3; i++) {
        if (files->std[i] >= 0)
            close(files->std[i]);
        if (files->moved[i] >= 0)
            close(files->moved[i]);
    }
}

/* The place in the list of the file behind standard handle @i; NULL: it has no descriptor. */
static struct file_inherited *std_file(const struct process_plan *plan, int i) {
    struct file_inherited *list = plan->startup.inherited;
    const uint64_t entry = handle_get(plan->startup.std_handles[i]);

    if (!entry || file_kind_is_shared(cell_at(ENTRY_CELL(entry))->file.kind))
        return NULL; /* a pipe or mailslot of ours: its descriptor is the shared memory of its bytes */
    for (size_t k = 0; k < plan->startup.inherited_len / sizeof *list; k++) {
        if (list[k].cell == ENTRY_CELL(entry))
            return &list[k];
    }
    return NULL;
}

/* Whether descriptor 2 stays our own, whatever the standard handles say: `winipc` tells there what a program lacks. */
static bool std_error_stays(const struct process_plan *plan, enum program_kind kind) {
    return kind != PROGRAM_NATIVE && plan->console == CONSOLE_SHARED && !std_file(plan, 2);
}

/* What become 0 to 2.  Return: 0 or -errno. */
static int std_files_open(const struct process_plan *plan, enum program_kind kind, struct std_files *files) {
    for (int i = 0; i < 3; i++) {
        const struct file_inherited *file = std_file(plan, i);
        int null_fd;

        if (i == 2 && std_error_stays(plan, kind))
            continue;
        null_fd = file ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);
        files->std[i] = !file && null_fd < 0 ? -errno : spawn_raise_fd(file ? file->fd : null_fd);
        if (null_fd >= 0)
            close(null_fd);
        if (files->std[i] < 0)
            return files->std[i];
    }
    return 0;
}

/* Lays out 0 to 2 as the standard handles say, and lets the list tell where each file's descriptor will be. */
static int std_files_make(struct process_plan *plan, enum program_kind kind, struct std_files *files) {
    struct file_inherited *list = plan->startup.inherited;
    const size_t n = plan->startup.inherited_len / sizeof *list;
    const int error = std_files_open(plan, kind, files);
    size_t n_moved = 0;

    for (size_t k = 0; k < n && !error; k++) {
        int place = 0;

        while (place < 3 && std_file(plan, place) != &list[k])
            place++;
        if (place == 3 && list[k].fd > 2)
            continue;
        if (place == 3 && n_moved < 3) {
            place = files->moved[n_moved] = spawn_raise_fd(list[k].fd);
            n_moved++;
        }
        if (place < 0)
            return place;
        list[k].fd = place;
    }
    return error;
}

/* ---- starting ---- */

static int *keep_list(const struct process_plan *plan, int startup_fd, size_t *n) {
    const struct file_inherited *files = plan->startup.inherited;
    const size_t n_files = plan->startup.inherited_len / sizeof *files;
    int *keep = malloc((n_files + 2) * sizeof *keep);

    *n = 0;
    for (size_t i = 0; keep && i < n_files; i++)
        keep[(*n)++] = files[i].fd;
    if (keep) {
        keep[(*n)++] = startup_fd;
        keep[(*n)++] = winipc_arena_fd;
    }
    return keep;
}

static int spawn_with(struct process_plan *plan, struct spawn *spawn, char **base, bool complete, int *pidfd) {
    const int startup_fd = startup_pack(&plan->startup);
    char variable[64];
    int *keep, pid = -ENOMEM;

    if (startup_fd < 0)
        return startup_fd;
    snprintf(variable, sizeof variable, STARTUP_FD_VARIABLE "=%d", startup_fd);
    spawn->environment = environment_make(base, complete, variable);
    spawn->keep = keep = keep_list(plan, startup_fd, &spawn->n_keep);
    spawn->new_group = plan->new_group;
    winipc_child_signal_mask(&spawn->mask);
    if (spawn->environment && keep)
        pid = spawn_start(spawn, pidfd);
    free(spawn->environment);
    free(keep);
    close(startup_fd);
    return pid;
}

/* The words of the command line are for ps(1) and winipc ps alone: the program finds its line in what we send. */
static int spawn_runner(struct process_plan *plan, const struct std_files *files, int *pidfd) {
    extern char **environ;
    char path[4096];
    char *image_alone[] = {plan->startup.unix_image, NULL};
    char **words = command_line_to_unix(plan->startup.command_line);
    struct spawn spawn = {.path = path, .argv = words && words[0] ? words : image_alone};
    int pid;

    spawn.argv[0] = plan->startup.unix_image;
    memcpy(spawn.std_fds, files->std, sizeof spawn.std_fds);
    pid = runner_path(path) ? spawn_with(plan, &spawn, environ, false, pidfd) : -ENOENT;
    free(words);
    return pid;
}

static int spawn_native(struct process_plan *plan, const struct std_files *files, int *pidfd) {
    char **argv = command_line_to_unix(plan->startup.command_line), **environment = env_to_unix(plan->startup.environment);
    char *directory = plan->startup.current_directory ? drive_dos_to_unix(plan->startup.current_directory) : NULL;
    struct spawn spawn = {.path = plan->startup.unix_image, .argv = argv, .directory = directory};
    int pid = -ENOMEM;

    memcpy(spawn.std_fds, files->std, sizeof spawn.std_fds);
    if (argv && environment)
        pid = spawn_with(plan, &spawn, environment, true, pidfd);
    free(argv);
    free(environment);
    free(directory);
    return pid;
}

int process_spawn(struct process_plan *plan, enum program_kind kind, int *pidfd) {
    struct std_files files = {{-1, -1, -1}, {-1, -1, -1}};
    int pid = std_files_make(plan, kind, &files);

    if (!pid)
        pid = kind == PROGRAM_NATIVE ? spawn_native(plan, &files, pidfd) : spawn_runner(plan, &files, pidfd);
    std_files_close(&files);
    return pid;
}
