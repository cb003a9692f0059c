/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a name is on the disk that a program spells in another case.  Linux tells nobody but who reads the whole folder; so the names of the folders that
 * were looked through last are kept in a table by their capitals, as long as the folder's times say that it has not changed.
 *
 * Times move in steps of some milliseconds: a folder that has changed just now may change again without showing it.  Such a one is looked through each
 * time; but who makes many files there keeps his table, with what he has made, to learn that the next one is not there yet.
 */
#include "dlls/ntdll/case_cache.h"

#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "dlls/ntdll/unix_path.h"
#include "dlls/ntdll/wildcard.h"

#define FOLDERS 32u
#define NAMES_MAX (1u << 20) /* in one folder; a larger one is read each time */
#define STEP_NS 40000000ll   /* more than any file system's step of time */

struct folder {
    dev_t device;
    ino_t inode;
    struct timespec changed[2];
    bool fresh;    /* it has changed since by what this process made: the table may lack what others made at the same moment */
    uint64_t used; /* when, for who makes room */
    uint32_t n, n_slots;
    uint32_t *slots; /* open addressing: offset in text + 1, of a hash and a name */
    char *text;
    size_t length, room;
};

static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static struct folder folders[FOLDERS];
static uint64_t clock_of_use;

/* ---- one folder's table ---- */

static uint32_t name_hash(const WCHAR *name, size_t n) {
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ wildcard_upcase(name[i])) * 16777619u;
    return hash;
}

static void folder_clear(struct folder *folder) {
    free(folder->slots);
    free(folder->text);
    memset(folder, 0, sizeof *folder);
}

static void slot_put(struct folder *folder, uint32_t hash, uint32_t offset) {
    uint32_t at = hash & (folder->n_slots - 1);

    while (folder->slots[at])
        at = (at + 1) & (folder->n_slots - 1);
    folder->slots[at] = offset + 1;
}

static uint32_t hash_at(const struct folder *folder, uint32_t offset) {
    uint32_t hash;

    memcpy(&hash, folder->text + offset, sizeof hash);
    return hash;
}

static bool folder_grow(struct folder *folder) {
    const uint32_t n_slots = folder->n_slots ? folder->n_slots * 2 : 64, n_old = folder->n_slots;
    uint32_t *const slots = calloc(n_slots, sizeof *slots), *const old = folder->slots;

    if (!slots)
        return false;
    folder->slots = slots;
    folder->n_slots = n_slots;
    for (uint32_t i = 0; i < n_old; i++)
        if (old[i])
            slot_put(folder, hash_at(folder, old[i] - 1), old[i] - 1);
    free(old);
    return true;
}

static bool folder_add(struct folder *folder, const char *name) {
    const size_t len = strlen(name) + 1;
    WCHAR units[CASE_NAME_MAX * 2];
    const size_t n = name_from_unix(name, len - 1, units, sizeof units / sizeof *units);
    uint32_t hash;

    if (n > sizeof units / sizeof *units)
        return true;
    if (folder->length + sizeof hash + len > folder->room) {
        const size_t room = folder->room ? folder->room * 2 : 4096;
        char *text = realloc(folder->text, room);

        if (!text)
            return false;
        folder->text = text;
        folder->room = room;
    }
    if (folder->n >= NAMES_MAX || (folder->n * 2 >= folder->n_slots && !folder_grow(folder)))
        return false;
    hash = name_hash(units, n);
    memcpy(folder->text + folder->length, &hash, sizeof hash);
    memcpy(folder->text + folder->length + sizeof hash, name, len);
    slot_put(folder, hash, (uint32_t)folder->length);
    folder->length += sizeof hash + len;
    folder->n++;
    return true;
}

static bool folder_find(const struct folder *folder, const WCHAR *name, size_t n, char *spelled) {
    const uint32_t hash = name_hash(name, n);
    WCHAR units[CASE_NAME_MAX * 2];

    for (uint32_t at = hash; folder->n_slots && folder->slots[at & (folder->n_slots - 1)]; at++) {
        const uint32_t offset = folder->slots[at & (folder->n_slots - 1)] - 1;
        const char *found = folder->text + offset + sizeof hash;

        if (hash_at(folder, offset) != hash || name_from_unix(found, strlen(found), units, sizeof units / sizeof *units) != n ||
            !wildcard_name_equal(units, name, n))
            continue;
        snprintf(spelled, CASE_NAME_MAX, "%s", found);
        return true;
    }
    return false;
}

/* ---- reading ---- */

static bool folder_is(const struct folder *folder, const struct stat *st) {
    return folder->used && folder->device == st->st_dev && folder->inode == st->st_ino;
}

static bool folder_is_current(const struct folder *folder, const struct stat *st) {
    return !memcmp(&folder->changed[0], &st->st_mtim, sizeof st->st_mtim) && !memcmp(&folder->changed[1], &st->st_ctim, sizeof st->st_ctim);
}

static bool is_settled(const struct stat *st) {
    struct timespec now;
    int64_t age;

    clock_gettime(CLOCK_REALTIME, &now);
    age = (now.tv_sec - st->st_ctim.tv_sec) * 1000000000ll + now.tv_nsec - st->st_ctim.tv_nsec;
    return age > STEP_NS;
}

static bool folder_read(struct folder *folder, const char *path) {
    DIR *directory = opendir(path);
    const struct dirent *entry;
    struct stat st;
    bool done = directory && !fstat(dirfd(directory), &st);

    folder_clear(folder);
    if (done) {
        folder->device = st.st_dev;
        folder->inode = st.st_ino;
        folder->changed[0] = st.st_mtim;
        folder->changed[1] = st.st_ctim;
        folder->used = ++clock_of_use;
        folder->fresh = !is_settled(&st);
    }
    while (done && (entry = readdir(directory)) != NULL)
        done = folder_add(folder, entry->d_name);
    if (directory)
        closedir(directory);
    if (!done)
        folder_clear(folder);
    return done;
}

static struct folder *folder_of(const struct stat *st) {
    struct folder *oldest = &folders[0];

    for (unsigned i = 0; i < FOLDERS; i++) {
        if (folder_is(&folders[i], st))
            return &folders[i];
        if (folders[i].used < oldest->used)
            oldest = &folders[i];
    }
    return oldest;
}

/* The same without a table. */
static enum case_found folder_scan(const char *path, const WCHAR *name, size_t n, char *spelled) {
    WCHAR units[CASE_NAME_MAX * 2];
    DIR *directory = opendir(path);
    const struct dirent *entry;
    bool found = false;

    while (directory && !found && (entry = readdir(directory)) != NULL) {
        found = name_from_unix(entry->d_name, strlen(entry->d_name), units, sizeof units / sizeof *units) == n && wildcard_name_equal(units, name, n);
        if (found)
            snprintf(spelled, CASE_NAME_MAX, "%s", entry->d_name);
    }
    if (!directory)
        return CASE_NO_FOLDER;
    closedir(directory);
    return found ? CASE_FOUND : CASE_NO_NAME;
}

enum case_found case_cache_find(const char *path, const WCHAR *name, size_t n, bool making, char *spelled) {
    struct folder *folder;
    enum case_found found = CASE_NO_NAME;
    bool settled;
    struct stat st;

    if (stat(path, &st))
        return CASE_NO_FOLDER;
    if (n > CASE_NAME_MAX)
        return CASE_NO_NAME;
    settled = is_settled(&st);
    pthread_mutex_lock(&cache_lock);
    folder = folder_of(&st);
    if (folder_is(folder, &st) && folder_is_current(folder, &st) && (making ? !settled || !folder->fresh : !folder->fresh))
        found = folder_find(folder, name, n, spelled) ? CASE_FOUND : CASE_NO_NAME;
    else if ((settled || making) && folder_read(folder, path))
        found = folder_find(folder, name, n, spelled) ? CASE_FOUND : CASE_NO_NAME;
    else
        found = folder_scan(path, name, n, spelled);
    if (folder_is(folder, &st))
        folder->used = ++clock_of_use;
    pthread_mutex_unlock(&cache_lock);
    return found;
}

void case_cache_made(const char *path) {
    const char *const slash = strrchr(path, '/');
    char parent[UNIX_PATH_MAX_LEN];
    struct folder *folder;
    struct stat st;

    if (!slash || snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path) >= (int)sizeof parent || stat(parent, &st))
        return;
    pthread_mutex_lock(&cache_lock);
    folder = folder_of(&st);
    if (folder_is(folder, &st)) {
        folder->changed[0] = st.st_mtim;
        folder->changed[1] = st.st_ctim;
        folder->fresh = true;
        if (!folder_add(folder, slash + 1))
            folder_clear(folder);
    }
    pthread_mutex_unlock(&cache_lock);
}
