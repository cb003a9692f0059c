/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arena's memory: made once by the server, mapped by everyone, its space allocated before it is touched. */
#include "libs/arena/arena.h"

#include "libs/protocol/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)
#define FILETIME_OF_1970 116444736000000000ull

struct arena *winipc_arena;
int winipc_arena_fd = -1;
_Thread_local struct arena_self arena_self __attribute__((tls_model("initial-exec")));
uint32_t arena_process = ARENA_MAX_PROCESSES;
bool arena_is_server;

static int arena_map(int fd) {
    void *memory = mmap(NULL, sizeof(struct arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);

    if (memory == MAP_FAILED)
        return -errno;
    winipc_arena = memory;
    winipc_arena_fd = fd;
    return 0;
}

static int arena_init(int fd) {
    struct timespec now;
    int error;

    if (fchmod(fd, 0600) || ftruncate(fd, sizeof(struct arena)) || fcntl(fd, F_ADD_SEALS, SEALS) ||
        fallocate(fd, 0, 0, offsetof(struct arena, process)))
        return -errno;
    error = arena_map(fd);
    if (error)
        return error;
    clock_gettime(CLOCK_REALTIME, &now);
    winipc_arena->header.boot_100ns = FILETIME_OF_1970 + (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
    winipc_arena->header.size_mib = sizeof(struct arena) >> 20;
    winipc_arena->header.version = PROTOCOL_LAYOUT;
    winipc_arena->header.magic = ARENA_MAGIC;
    return 0;
}

int arena_create(void) {
    const int fd = memfd_create("winipc-arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int error;

    if (fd < 0)
        return -errno;
    error = arena_init(fd);
    if (error)
        close(fd);
    return error;
}

int arena_attach(int fd) {
    struct stat status;
    int error;

    if (fstat(fd, &status))
        return -errno;
    if ((uint64_t)status.st_size != sizeof(struct arena) || (fcntl(fd, F_GET_SEALS) & SEALS) != SEALS)
        return -EPROTO;
    error = arena_map(fd);
    if (error)
        return error;
    if (winipc_arena->header.magic == ARENA_MAGIC && winipc_arena->header.version == PROTOCOL_LAYOUT)
        return 0;
    munmap(winipc_arena, sizeof(struct arena));
    winipc_arena = NULL;
    winipc_arena_fd = -1;
    return -EPROTO;
}

void arena_thread_enter(uint32_t index) {
    size_t size;
    uint32_t state;

    arena_self.tid = (uint32_t)syscall(SYS_gettid);
    syscall(SYS_get_robust_list, 0, &arena_self.robust, &size);
    if (index >= ARENA_MAX_THREADS)
        return;
    arena_self.index = index;
    arena_self.slot = &winipc_arena->thread[index];
    arena_self.spin = 1000;
    state = atomic_load(&arena_self.slot->state);
    arena_self.id = THREAD_ID(index, SLOT_GENERATION(state));
    arena_self.wait_number = (uint32_t)(atomic_load(&arena_self.slot->wait) >> 32);
    atomic_store(&arena_self.slot->tid, arena_self.tid);
    atomic_store(&arena_self.slot->state, SLOT_MOVED(state, SLOT_RUNNING));
}

/*
 * Records that live in arrays of the arena grow together with a count of those whose space is allocated.  Growing is idempotent: two
 * that do it at once allocate the same pages, and the count only ever rises.
 */
int arena_grow(_Atomic uint32_t *count, uint32_t maximum, uint32_t step, size_t array, size_t size) {
    uint32_t old = atomic_load(count), want;

    if (old >= maximum)
        return -ENOSPC;
    want = maximum - old < step ? maximum : old + step;
    if (fallocate(winipc_arena_fd, 0, (off_t)(array + old * size), (off_t)((want - old) * size)))
        return -errno;
    while (old < want && !atomic_compare_exchange_weak(count, &old, want))
        ;
    return 0;
}

static bool slot_claim(_Atomic uint32_t *state, uint32_t owner) {
    uint32_t old = atomic_load_explicit(state, memory_order_relaxed);

    if (SLOT_LIFE(old) != SLOT_FREE)
        return false;
    return atomic_compare_exchange_strong(state, &old, SLOT_STATE(SLOT_STARTING, SLOT_GENERATION(old) + 1, owner));
}

uint32_t process_slot_claim(void) {
    struct arena_header *header = &winipc_arena->header;

    for (uint32_t i = 0; i < ARENA_MAX_PROCESSES; i++) {
        if (i >= arena_count(&header->n_processes, ARENA_MAX_PROCESSES) &&
            arena_grow(&header->n_processes, ARENA_MAX_PROCESSES, 16, offsetof(struct arena, process), sizeof(struct process_slot)))
            break;
        if (slot_claim(&winipc_arena->process[i].state, arena_process))
            return i;
    }
    return ARENA_MAX_PROCESSES;
}

void process_slot_set_pid(uint32_t process, uint32_t pid) {
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    atomic_store(&winipc_arena->process[process].born_ns, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
    atomic_store(&winipc_arena->process[process].pid, pid);
}

uint32_t thread_slot_claim(uint32_t process) {
    struct arena_header *header = &winipc_arena->header;

    for (uint32_t i = 0; i < ARENA_MAX_THREADS; i++) {
        if (i >= arena_count(&header->n_threads, ARENA_MAX_THREADS) &&
            arena_grow(&header->n_threads, ARENA_MAX_THREADS, 16, offsetof(struct arena, thread), sizeof(struct thread_slot)))
            break;
        if (slot_claim(&winipc_arena->thread[i].state, process))
            return i;
    }
    return ARENA_MAX_THREADS;
}

void thread_slot_release(uint32_t index) {
    struct thread_slot *slot = &winipc_arena->thread[index];
    const uint32_t state = atomic_load(&slot->state);

    atomic_store(&slot->tid, 0);
    atomic_store(&slot->cell, 0);
    atomic_store(&slot->flags, 0);
    atomic_store(&slot->apcs, 0);
    atomic_store(&slot->fired, 0);
    atomic_store(&slot->n_blocks, 0);
    atomic_store(&slot->intent, 0);
    atomic_store(&slot->suspend, 0);
    atomic_store(&slot->port, 0);
    atomic_store(&slot->io, THREAD_IO_NONE);
    atomic_store(&slot->priority, 0);
    atomic_store(&slot->state, SLOT_MOVED(state, SLOT_FREE));
}
