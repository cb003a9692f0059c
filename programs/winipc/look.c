/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The session's arena and its processes, for reading; see look.h. */
#include "programs/winipc/look.h"

#include "libs/arena/memfd.h"
#include "libs/protocol/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Reads what the server has noted of its arena.  Return: false if there is nothing. */
static bool record_read(struct arena_record *record) {
    struct session_folder folder;
    ssize_t got = -1;
    int fd;

    if (session_folder_open(&folder, NULL))
        return false;
    fd = openat(folder.fd, "arena", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    session_folder_close(&folder);
    if (fd >= 0) {
        got = pread(fd, record, sizeof *record, 0);
        close(fd);
    }
    return got == sizeof *record && record->inode;
}

bool look_open(void) {
    static struct arena_record record;
    const int fd = record_read(&record) ? arena_record_find(&record, O_RDONLY) : -1;
    void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct arena), PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);

    if (fd >= 0)
        close(fd);
    if (memory == MAP_FAILED) {
        fputs("winipc: no session is running\n", stderr);
        return false;
    }
    winipc_arena = memory;
    return true;
}

int look_usage(const char *usage) {
    fprintf(stderr, "usage: winipc %s\n", usage);
    return LOOK_WRONG_USE;
}

uint32_t look_pid(const char *text) {
    char *end;
    const unsigned long pid = strtoul(text, &end, 10);

    return end == text || *end || pid > INT32_MAX ? 0 : (uint32_t)pid;
}

uint32_t look_process(uint32_t slot) {
    const struct process_slot *process = &winipc_arena->process[slot];
    const enum slot_life life = SLOT_LIFE(atomic_load(&process->state));
    const uint32_t pid = atomic_load(&process->pid);
    char folder[32];

    if ((life != SLOT_STARTING && life != SLOT_RUNNING) || !pid)
        return 0;
    snprintf(folder, sizeof folder, "/proc/%u", pid);
    return access(folder, F_OK) ? 0 : pid;
}

uint32_t look_process_slot(uint32_t pid) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);

    for (uint32_t slot = 0; pid && slot < n; slot++) {
        if (look_process(slot) == pid)
            return slot;
    }
    return ARENA_MAX_PROCESSES;
}

/* Return: the first byte of the file name in a path of Linux or Windows. */
static const char *file_name(const char *path) {
    for (const char *at = path; *at; at++) {
        if (*at == '/' || *at == '\\')
            path = at + 1;
    }
    return path;
}

void look_program(uint32_t pid, bool arguments, char *to, size_t room) {
    char path[48], words[4096];
    const char *word = words, *end;
    size_t length = 0;
    ssize_t got;
    int fd;

    snprintf(path, sizeof path, "/proc/%u/cmdline", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    got = fd < 0 ? 0 : read(fd, words, sizeof words - 1);
    if (fd >= 0)
        close(fd);
    words[got > 0 ? got : 0] = 0;
    end = words + (got > 0 ? got : 0);
    if (!strcmp(file_name(word), "winipc") && word + strlen(word) + 1 < end)
        word += strlen(word) + 1;
    length = (size_t)snprintf(to, room, "%s", file_name(word));
    for (word += strlen(word) + 1; arguments && word < end && length < room; word += strlen(word) + 1)
        length += (size_t)snprintf(to + length, room - length, " %s", word);
    for (char *at = to; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?'; /* a terminal would obey it */
    }
}

bool look_next_handle(uint32_t slot, uint64_t *handle, uint64_t *entry) {
    const struct process_slot *process = &winipc_arena->process[slot];
    const uint64_t n = (uint64_t)arena_count(&process->n_pages, DIRECTORY_PAGES) * ENTRIES_PER_PAGE;

    for (uint64_t i = *handle / 4; i < n; i++) {
        const uint32_t page = atomic_load(&process->directory[i / ENTRIES_PER_PAGE]) - 1;

        if (page >= arena_count(&winipc_arena->header.n_pages, ARENA_MAX_PAGES))
            continue;
        *entry = atomic_load(&winipc_arena->page[page].entry[i % ENTRIES_PER_PAGE]);
        *handle = i * 4;
        if (ENTRY_IN_USE(*entry))
            return true;
    }
    return false;
}
