/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of file descriptors: numbers that stand for handles, with text mode and append as their flags.  A parent
 * hands its table over in STARTUPINFO's lpReserved2: a count, that many flag bytes, that many handles.
 */
#include <pthread.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/fd.h"

static struct crt_fd first_block[FD_BLOCK];
struct crt_fd *crt_pioinfo[FD_MAX / FD_BLOCK] = {first_block}; /* data export __pioinfo */
static pthread_mutex_t fd_locks[FD_MAX];
static uint32_t last_raw[FD_MAX];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void block_init(struct crt_fd *block, int first) {
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    for (int i = 0; i < FD_BLOCK; i++) {
        block[i].handle = -1;
        block[i].lookahead = FD_NO_LOOKAHEAD;
        pthread_mutex_init(&fd_locks[first + i], &recursive);
    }
    pthread_mutexattr_destroy(&recursive);
}

static struct crt_fd *entry_at(int fd) {
    struct crt_fd *block = crt_pioinfo[fd / FD_BLOCK];
    return block ? block + fd % FD_BLOCK : NULL;
}

/* The table lock is held. */
static struct crt_fd *entry_make(int fd) {
    if (!crt_pioinfo[fd / FD_BLOCK]) {
        struct crt_fd *block = calloc(FD_BLOCK, sizeof(*block));
        if (!block)
            return NULL;
        block_init(block, fd / FD_BLOCK * FD_BLOCK);
        __atomic_store_n(&crt_pioinfo[fd / FD_BLOCK], block, __ATOMIC_RELEASE);
    }
    return entry_at(fd);
}

int fd_kind_flags(HANDLE handle) {
    switch (GetFileType(handle) & ~FILE_TYPE_REMOTE) {
    case FILE_TYPE_CHAR: return FD_DEVICE;
    case FILE_TYPE_PIPE: return FD_PIPE;
    case FILE_TYPE_DISK: return 0;
    default: return -1;
    }
}

static void inherit_from_parent(void) {
    STARTUPINFOW info;
    GetStartupInfoW(&info);
    const uint8_t *block = info.lpReserved2;
    uint32_t n;
    if (!block || info.cbReserved2 < sizeof(n))
        return;
    memcpy(&n, block, sizeof(n));
    const uint32_t room = (info.cbReserved2 - sizeof(n)) / (1 + sizeof(intptr_t));
    n = n < room ? n : room;
    n = n < FD_MAX ? n : FD_MAX;
    const uint8_t *flags = block + sizeof(n), *handles = flags + n;
    for (uint32_t fd = 0; fd < n; fd++) {
        intptr_t handle;
        memcpy(&handle, handles + fd * sizeof(handle), sizeof(handle));
        if (!(flags[fd] & FD_OPEN) || handle == -1 || handle == -2)
            continue;
        if (!(flags[fd] & FD_PIPE) && fd_kind_flags((HANDLE)handle) < 0)
            continue;
        struct crt_fd *entry = entry_make(fd);
        if (!entry)
            return;
        entry->handle = handle;
        entry->flags = flags[fd];
    }
}

/* A descriptor without a standard handle stays open in text mode, on nothing, as Windows has it for window programs. */
static void take_std_handle(int fd, DWORD which) {
    struct crt_fd *entry = &first_block[fd];
    if (entry->flags & FD_OPEN) {
        entry->flags |= FD_TEXT;
        return;
    }
    const HANDLE handle = GetStdHandle(which);
    const int kind = handle && handle != INVALID_HANDLE_VALUE ? fd_kind_flags(handle) : -1;
    entry->flags = FD_OPEN | FD_TEXT | (kind < 0 ? FD_DEVICE : kind);
    entry->handle = kind < 0 ? -2 : (intptr_t)handle;
}

static void table_init(void) {
    block_init(first_block, 0);
    inherit_from_parent();
    take_std_handle(0, STD_INPUT_HANDLE);
    take_std_handle(1, STD_OUTPUT_HANDLE);
    take_std_handle(2, STD_ERROR_HANDLE);
}

struct crt_fd *fd_lock_any(int fd) {
    pthread_once(&table_once, table_init);
    if (fd < 0 || fd >= FD_MAX) {
        crt_errno_set(EBADF);
        crt_thread.dos_error = 0;
        return NULL;
    }
    pthread_mutex_lock(&table_lock);
    struct crt_fd *entry = entry_make(fd);
    pthread_mutex_unlock(&table_lock);
    if (!entry)
        return crt_errno_set(ENOMEM), NULL;
    pthread_mutex_lock(&fd_locks[fd]);
    return entry;
}

struct crt_fd *fd_get(int fd) {
    pthread_once(&table_once, table_init);
    struct crt_fd *entry = fd >= 0 && fd < FD_MAX ? entry_at(fd) : NULL;
    if (entry && entry->flags & FD_OPEN)
        return entry;
    crt_errno_set(EBADF);
    crt_thread.dos_error = 0;
    return NULL;
}

struct crt_fd *fd_lock(int fd) {
    if (!fd_get(fd))
        return NULL;
    pthread_mutex_lock(&fd_locks[fd]);
    struct crt_fd *entry = fd_get(fd);
    if (!entry)
        pthread_mutex_unlock(&fd_locks[fd]);
    return entry;
}

void fd_unlock(int fd) {
    pthread_mutex_unlock(&fd_locks[fd]);
}

static const DWORD std_ids[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

void fd_set_handle(int fd, HANDLE handle) {
    entry_at(fd)->handle = (intptr_t)handle;
    if (fd < 3)
        SetStdHandle(std_ids[fd], handle);
}

int fd_new(HANDLE handle, uint8_t flags) {
    pthread_once(&table_once, table_init);
    pthread_mutex_lock(&table_lock);
    for (int fd = 0; fd < FD_MAX; fd++) {
        struct crt_fd *entry = entry_make(fd);
        if (!entry)
            break;
        if (entry->flags & FD_OPEN)
            continue;
        entry->flags = flags | FD_OPEN;
        entry->lookahead = FD_NO_LOOKAHEAD;
        fd_set_handle(fd, handle);
        pthread_mutex_unlock(&table_lock);
        return fd;
    }
    pthread_mutex_unlock(&table_lock);
    crt_errno_set(EMFILE);
    crt_thread.dos_error = 0;
    return -1;
}

void fd_free(int fd) {
    struct crt_fd *entry = entry_at(fd);
    if (fd < 3)
        SetStdHandle(std_ids[fd], NULL);
    entry->handle = -1;
    entry->lookahead = FD_NO_LOOKAHEAD;
    __atomic_store_n(&entry->flags, 0, __ATOMIC_RELEASE);
}

uint32_t fd_last_raw(int fd) {
    return last_raw[fd];
}

void fd_set_last_raw(int fd, uint32_t n) {
    last_raw[fd] = n;
}

void *fd_inherit_block(WORD *size, bool without_std) {
    uint32_t n = 0;
    for (int fd = 0; fd < FD_MAX; fd++) {
        const struct crt_fd *entry = entry_at(fd);
        if (entry && entry->flags & FD_OPEN && !(entry->flags & FD_NO_INHERIT))
            n = fd + 1;
    }
    *size = sizeof(n) + n * (1 + sizeof(intptr_t));
    uint8_t *block = calloc(1, *size);
    if (!block)
        return crt_errno_set(ENOMEM), NULL;
    memcpy(block, &n, sizeof(n));
    uint8_t *flags = block + sizeof(n), *handles = flags + n;
    for (uint32_t fd = 0; fd < n; fd++) {
        const struct crt_fd *entry = entry_at(fd);
        const bool passed =
            entry && entry->flags & FD_OPEN && !(entry->flags & FD_NO_INHERIT) && !(without_std && fd < 3);
        const intptr_t handle = passed ? entry->handle : -1;
        flags[fd] = passed ? entry->flags : 0;
        memcpy(handles + fd * sizeof(handle), &handle, sizeof(handle));
    }
    return block;
}
