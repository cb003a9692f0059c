/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A watched directory: one inotify instance, with a watch for each folder below where the whole tree is meant.  A new
 * folder is watched as soon as its creation is told; what came into it before that is found by a look and told as
 * created.
 *
 * Not as on Windows: a folder's own time of change is no event in its parent, and what inotify does not know (CREATION,
 * EA, STREAM) never comes.
 */
#include "dlls/ntdll/notify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/unix_path.h"

#define DEPTH_MAX 64 /* folders within folders that are looked at */
#define NAMES (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

/* ---- records ---- */

/* Adds a record; the name's slashes become backslashes. */
static void record_add(struct notify_tree *tree, DWORD action, const char *path) {
    WCHAR units[UNIX_PATH_MAX_LEN];
    const size_t n = name_from_unix(path, strlen(path), units, UNIX_PATH_MAX_LEN);
    const ULONG need = (ULONG)offsetof(FILE_NOTIFY_INFORMATION, FileName) + (ULONG)(n * sizeof(WCHAR));
    const ULONG start = (tree->n_records + 3) & ~3u;
    FILE_NOTIFY_INFORMATION *record;

    if (tree->overflow || n > UNIX_PATH_MAX_LEN)
        return;
    if (start + need > tree->size) {
        tree->overflow = true;
        tree->n_records = 0;
        return;
    }
    if (tree->n_records)
        ((FILE_NOTIFY_INFORMATION *)(void *)(tree->records + tree->last))->NextEntryOffset = start - tree->last;
    record = (FILE_NOTIFY_INFORMATION *)(void *)(tree->records + start);
    record->NextEntryOffset = 0;
    record->Action = action;
    record->FileNameLength = (DWORD)(n * sizeof(WCHAR));
    for (size_t i = 0; i < n; i++)
        record->FileName[i] = units[i] == '/' ? '\\' : units[i];
    tree->last = start;
    tree->n_records = start + need;
}

/* ---- watches ---- */

static uint32_t inotify_mask(ULONG filter) {
    uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;

    if (filter & (FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SECURITY))
        mask |= IN_ATTRIB;
    if (filter & (FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE))
        mask |= IN_MODIFY;
    if (filter & FILE_NOTIFY_CHANGE_LAST_ACCESS)
        mask |= IN_ACCESS;
    return mask;
}

static struct notify_watch *watch_of(struct notify_tree *tree, int wd) {
    for (size_t i = 0; i < tree->n_watches; i++) {
        if (tree->watches[i].wd == wd)
            return &tree->watches[i];
    }
    return NULL;
}

static int watch_add(struct notify_tree *tree, const char *path) {
    struct notify_watch *watch;
    char full[UNIX_PATH_MAX_LEN];
    char *copy;
    int wd;

    if (snprintf(full, sizeof full, "%s/%s", tree->root, path) >= (int)sizeof full)
        return -ENAMETOOLONG;
    wd = inotify_add_watch(
        tree->inotify_fd, full, inotify_mask(tree->filter) | IN_ONLYDIR | (*path ? IN_DONT_FOLLOW : 0));
    if (wd < 0)
        return -errno;
    copy = strdup(path);
    watch = watch_of(tree, wd); /* a folder that was moved keeps its number */
    if (!watch && tree->n_watches == tree->max_watches) {
        const size_t want = tree->max_watches ? 2 * tree->max_watches : 8;
        struct notify_watch *more = realloc(tree->watches, want * sizeof *more);

        if (more) {
            tree->watches = more;
            tree->max_watches = want;
        }
    }
    if (!copy || (!watch && tree->n_watches == tree->max_watches)) {
        free(copy);
        return -ENOMEM;
    }
    if (!watch) {
        watch = &tree->watches[tree->n_watches++];
        watch->path = NULL;
    }
    free(watch->path);
    *watch = (struct notify_watch){wd, copy};
    return 0;
}

static void watch_forget(struct notify_tree *tree, int wd) {
    struct notify_watch *watch = watch_of(tree, wd);

    if (!watch)
        return;
    free(watch->path);
    *watch = tree->watches[--tree->n_watches];
}

/* A folder has left the tree. */
static void watch_drop_below(struct notify_tree *tree, const char *path) {
    const size_t n = strlen(path);

    for (size_t i = tree->n_watches; i--;) {
        const struct notify_watch *watch = &tree->watches[i];

        if (!strncmp(watch->path, path, n) && (watch->path[n] == 0 || watch->path[n] == '/')) {
            inotify_rm_watch(tree->inotify_fd, watch->wd);
            watch_forget(tree, watch->wd);
        }
    }
}

/* Whether the filter asks for names of this kind. */
static bool wants_name(const struct notify_tree *tree, bool folder) {
    return tree->filter & (folder ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME);
}

/* Watches @path and the folders in it.  @tell: what is found there is told as created. */
static void watch_tree(struct notify_tree *tree, const char *path, bool tell, unsigned depth) {
    char full[UNIX_PATH_MAX_LEN], below[UNIX_PATH_MAX_LEN];
    struct dirent *entry;
    DIR *folder;

    if (depth > DEPTH_MAX || watch_add(tree, path) ||
        snprintf(full, sizeof full, "%s/%s", tree->root, path) >= (int)sizeof full)
        return;
    folder = opendir(full);
    while (folder && (entry = readdir(folder))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
            snprintf(below, sizeof below, "%s%s%s", path, *path ? "/" : "", entry->d_name) >= (int)sizeof below)
            continue;
        if (tell && wants_name(tree, entry->d_type == DT_DIR))
            record_add(tree, FILE_ACTION_ADDED, below);
        if (entry->d_type == DT_DIR)
            watch_tree(tree, below, tell, depth + 1);
    }
    if (folder)
        closedir(folder);
}

int notify_tree_open(struct notify_tree *tree, int fd, ULONG filter, bool subtree, ULONG size) {
    int error;

    *tree = (struct notify_tree){.filter = filter, .subtree = subtree, .size = size};
    tree->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (tree->inotify_fd < 0)
        return -errno;
    tree->records = malloc(size + sizeof(FILE_NOTIFY_INFORMATION));
    error = tree->records ? unix_path_of_fd(fd, tree->root, sizeof tree->root) : -ENOMEM;
    if (!error)
        error = watch_add(tree, "");
    if (error)
        notify_tree_close(tree);
    else if (subtree)
        watch_tree(tree, "", false, 0);
    return error;
}

void notify_tree_close(struct notify_tree *tree) {
    for (size_t i = 0; i < tree->n_watches; i++)
        free(tree->watches[i].path);
    free(tree->watches);
    free(tree->records);
    close(tree->inotify_fd);
}

/* ---- events ---- */

/* A name that went away, until it is known whether it came again under another one in the same folder. */
struct moved {
    uint32_t cookie;
    int wd;
    bool folder;
    char path[UNIX_PATH_MAX_LEN];
};

/* It did not. */
static void moved_settle(struct notify_tree *tree, struct moved *moved) {
    if (!moved->cookie)
        return;
    moved->cookie = 0;
    if (wants_name(tree, moved->folder))
        record_add(tree, FILE_ACTION_REMOVED, moved->path);
    if (moved->folder)
        watch_drop_below(tree, moved->path);
}

static void event_came(
    struct notify_tree *tree, const struct inotify_event *event, const char *path, struct moved *moved) {
    const bool folder = event->mask & IN_ISDIR,
               renamed = event->mask & IN_MOVED_TO && moved->cookie == event->cookie && moved->wd == event->wd;

    if (renamed && wants_name(tree, folder)) {
        record_add(tree, FILE_ACTION_RENAMED_OLD_NAME, moved->path);
        record_add(tree, FILE_ACTION_RENAMED_NEW_NAME, path);
    }
    if (renamed && folder)
        watch_drop_below(tree, moved->path);
    if (renamed)
        moved->cookie = 0;
    moved_settle(tree, moved);
    if (!renamed && wants_name(tree, folder))
        record_add(tree, FILE_ACTION_ADDED, path);
    if (folder && tree->subtree)
        watch_tree(tree, path, !renamed && event->mask & IN_CREATE, 0);
}

static void event_take(struct notify_tree *tree, const struct inotify_event *event, struct moved *moved) {
    const struct notify_watch *watch = watch_of(tree, event->wd);
    const bool folder = event->mask & IN_ISDIR;
    char path[UNIX_PATH_MAX_LEN];

    if (event->mask & IN_Q_OVERFLOW)
        tree->overflow = true;
    if (event->mask & IN_IGNORED)
        watch_forget(tree, event->wd);
    if (!watch || event->mask & IN_IGNORED || !event->len ||
        snprintf(path, sizeof path, "%s%s%s", watch->path, *watch->path ? "/" : "", event->name) >= (int)sizeof path)
        return;
    if (event->mask & (IN_CREATE | IN_MOVED_TO)) {
        event_came(tree, event, path, moved);
        return;
    }
    moved_settle(tree, moved);
    if (event->mask & IN_MOVED_FROM) {
        *moved = (struct moved){.cookie = event->cookie, .wd = event->wd, .folder = folder};
        memcpy(moved->path, path, sizeof path);
    } else if (event->mask & IN_DELETE) {
        if (wants_name(tree, folder))
            record_add(tree, FILE_ACTION_REMOVED, path);
    } else if (event->mask & (IN_MODIFY | IN_ATTRIB | IN_ACCESS) && tree->filter & ~(ULONG)NAMES) {
        record_add(tree, FILE_ACTION_MODIFIED, path);
    }
}

void notify_tree_read(struct notify_tree *tree) {
    _Alignas(struct inotify_event) char buffer[16384];
    struct moved moved = {0};
    struct pollfd more = {.fd = tree->inotify_fd, .events = POLLIN};

    for (;;) {
        const ssize_t n = read(tree->inotify_fd, buffer, sizeof buffer);

        if (n <= 0 && moved.cookie && poll(&more, 1, 1) == 1)
            continue; /* the other half of a renaming is on its way */
        if (n <= 0)
            break;
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer + at);

            event_take(tree, event, &moved);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    moved_settle(tree, &moved);
}
