/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of this process's file objects; see file.h.
 *
 * Looking up takes no lock: struct files are never given back to malloc, so that a stale pointer still leads to a struct file, whose
 * count either refuses to rise from 0 or tells, after it rose, that the slot holds another one now.
 */
#include "dlls/ntdll/file.h"
#include "dlls/ntdll/mailslot.h"
#include "dlls/ntdll/pipe.h"

#include <fcntl.h>
#include <ntstatus.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/ntdll/descriptor.h"
#include "dlls/ntdll/object.h"
#include "libs/arena/object.h"

#define LEAF_FILES 1024u

struct file_leaf {
    struct file *_Atomic file[LEAF_FILES];
};

static struct file_leaf *_Atomic file_leaves[ARENA_MAX_CELLS / LEAF_FILES];
static pthread_mutex_t file_table_lock = PTHREAD_MUTEX_INITIALIZER; /* slots, leaves and the pool change only under it */
static struct file *file_pool;

/* ---- life ---- */

static _Atomic bool closed_from_without;
static void files_give_back(void);

struct file *file_new(enum file_kind kind, const struct file_ops *ops, int fd, ULONG options) {
    struct file *file;

    files_give_back();
    pthread_mutex_lock(&file_table_lock);
    file = file_pool;
    if (file)
        file_pool = file->next_free;
    pthread_mutex_unlock(&file_table_lock);
    if (!file) {
        file = calloc(1, sizeof *file);
        if (!file)
            return NULL;
        pthread_mutex_init(&file->lock, NULL);
    }
    file->kind = kind;
    file->ops = ops;
    file->cell = NO_CELL;
    file->generation = 0;
    file->fd = fd;
    file->lock_fd = -1;
    atomic_init(&file->synchronous, 0);
    file->options = options;
    file->scan = NULL;
    file->private = NULL;
    file->next_free = NULL;
    atomic_store_explicit(&file->refs, 1, memory_order_release);
    return file;
}

void file_ref(struct file *file) {
    atomic_fetch_add_explicit(&file->refs, 1, memory_order_relaxed);
}

/* The standard three never become holes: the next descriptor to be opened would become some library's stderr. */
static void fd_release(int fd) {
    int null_fd;

    if (fd > 2) {
        close(fd);
        return;
    }
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd >= 0) {
        dup2(null_fd, fd);
        close(null_fd);
    }
}

void file_put(struct file *file) {
    if (atomic_fetch_sub_explicit(&file->refs, 1, memory_order_acq_rel) != 1)
        return;
    file->ops->close(file);
    directory_scan_free(file->scan);
    if (file->fd >= 0)
        fd_release(file->fd);
    if (file->lock_fd >= 0)
        close(file->lock_fd);
    pthread_mutex_lock(&file_table_lock);
    file->next_free = file_pool;
    file_pool = file;
    pthread_mutex_unlock(&file_table_lock);
}

/* A reference, if the file lives. */
static bool file_try_ref(struct file *file) {
    uint32_t refs = atomic_load_explicit(&file->refs, memory_order_relaxed);

    do {
        if (refs == 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&file->refs, &refs, refs + 1, memory_order_acquire, memory_order_relaxed));
    return true;
}

/* ---- the table ---- */

static struct file *_Atomic *file_slot(uint32_t cell, bool make) {
    struct file_leaf *_Atomic *place = &file_leaves[cell / LEAF_FILES];
    struct file_leaf *leaf = atomic_load_explicit(place, memory_order_acquire);

    if (!leaf && make) {
        leaf = calloc(1, sizeof *leaf);
        atomic_store_explicit(place, leaf, memory_order_release);
    }
    return leaf ? &leaf->file[cell % LEAF_FILES] : NULL;
}

bool file_install(struct file *file, uint32_t cell) {
    struct file *_Atomic *slot;
    struct file *old = NULL;

    if (cell >= ARENA_MAX_CELLS)
        return false;
    pthread_mutex_lock(&file_table_lock);
    slot = file_slot(cell, true);
    if (slot) {
        file->cell = cell;
        file->generation = STATE_GENERATION(atomic_load(&cell_at(cell)->state));
        file_ref(file);
        old = atomic_exchange(slot, file);
    }
    pthread_mutex_unlock(&file_table_lock);
    if (old)
        file_put(old); /* of an object that is gone: its close hook comes too late */
    return slot != NULL;
}

struct cell *file_cell(const struct file *file) {
    struct cell *cell = cell_at(file->cell);

    return cell && STATE_GENERATION(atomic_load(&cell->state)) == file->generation ? cell : NULL;
}

struct file *file_of_cell(uint32_t cell, uint64_t state) {
    struct file *_Atomic *slot = file_slot(cell, false);
    struct file *file = slot ? atomic_load_explicit(slot, memory_order_acquire) : NULL;

    if (!file || !file_try_ref(file))
        return NULL;
    if (atomic_load_explicit(slot, memory_order_acquire) == file && file->cell == cell && file->generation == STATE_GENERATION(state))
        return file;
    file_put(file);
    return NULL;
}

int file_duplicate_descriptor(uint32_t cell, uint64_t *state) {
    struct file *_Atomic *slot = cell_at(cell) ? file_slot(cell, false) : NULL;
    const struct file *file = slot ? atomic_load(slot) : NULL;
    int fd, copy;

    if (!file)
        return -1;
    *state = atomic_load(&cell_at(cell)->state);
    fd = file->fd;
    copy = fd < 0 || file->generation != STATE_GENERATION(*state) ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    /* a file is taken out of the table before its descriptor is closed */
    if (copy < 0 || (atomic_load(slot) == file && file->fd == fd && file->generation == STATE_GENERATION(*state)))
        return copy;
    close(copy);
    return -1;
}

/* Calls @visit for each handle of this process. */
static void handles_visit(void (*visit)(uint64_t entry, void *context), void *context) {
    struct process_slot *process = &winipc_arena->process[arena_process];
    const uint32_t n_pages = atomic_load(&process->n_pages);

    for (uint32_t p = 0; p < n_pages && p < DIRECTORY_PAGES; p++) {
        const uint32_t page = atomic_load(&process->directory[p]) - 1;

        if (page >= ARENA_MAX_PAGES)
            continue;
        for (uint32_t i = 0; i < ENTRIES_PER_PAGE; i++) {
            const uint64_t entry = atomic_load_explicit(&winipc_arena->page[page].entry[i], memory_order_relaxed);

            if (ENTRY_IN_USE(entry))
                visit(entry, context);
        }
    }
}

/* Takes the file of a cell out of the table, unless a handle of ours keeps it. */
static void file_drop(uint32_t cell, uint16_t generation) {
    struct file *_Atomic *slot = file_slot(cell, false);
    const uint64_t state = cell_at(cell) ? atomic_load(&cell_at(cell)->state) : 0;
    struct file *file = NULL;

    if (!slot || !atomic_load(slot))
        return;
    if (STATE_LIFE(state) == LIFE_LIVE && STATE_GENERATION(state) == generation && handle_find(arena_process, cell))
        return;
    pthread_mutex_lock(&file_table_lock);
    if (atomic_load(slot) && atomic_load(slot)->generation == generation)
        file = atomic_exchange(slot, NULL);
    pthread_mutex_unlock(&file_table_lock);
    if (!file)
        return;
    file->ops->unlink(file);
    file_put(file);
}

void file_closed_from_without(void) {
    atomic_store(&closed_from_without, true);
}

/* Looks for files whose handles others have closed. */
static void files_give_back(void) {
    if (!atomic_load_explicit(&closed_from_without, memory_order_relaxed) || !atomic_exchange(&closed_from_without, false))
        return;
    for (uint32_t i = 0; i < sizeof file_leaves / sizeof *file_leaves; i++) {
        struct file_leaf *leaf = atomic_load(&file_leaves[i]);

        for (uint32_t k = 0; leaf && k < LEAF_FILES; k++) {
            const struct file *file = atomic_load(&leaf->file[k]);
            const uint64_t state = file ? atomic_load(&cell_at(i * LEAF_FILES + k)->state) : 0;

            if (file && STATE_LIFE(state) != LIFE_MAKING)
                file_drop(i * LEAF_FILES + k, file->generation);
        }
    }
}

void file_handle_closed(uint32_t cell, uint16_t generation) {
    file_drop(cell, generation);
    files_give_back();
}

void file_end_locks(void) {
    if (!atomic_load(&winipc_arena->header.locks_files))
        return;
    for (size_t i = 0; i < sizeof file_leaves / sizeof *file_leaves; i++) {
        struct file_leaf *leaf = atomic_load(&file_leaves[i]);

        for (size_t k = 0; leaf && k < LEAF_FILES; k++) {
            struct file *file = atomic_load(&leaf->file[k]);
            const int fd = file ? atomic_exchange(&file->lock_fd, -1) : -1;

            if (fd >= 0)
                close(fd);
        }
    }
}

/* ---- handles ---- */

NTSTATUS file_create_handle_with(struct file *file, ACCESS_MASK access, ULONG attributes, HANDLE *handle,
    NTSTATUS (*prepare)(struct file *file, void *context), void *context) {
    const OBJECT_ATTRIBUTES object_attributes = {.Attributes = attributes};
    const uint32_t index = cell_make(CELL_FILE);
    NTSTATUS status;
    struct cell *cell;

    *handle = NULL;
    if (index == NO_CELL) {
        file_put(file);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    cell = cell_at(index);
    cell->file.kind = file->kind;
    cell->file.options = file->options;
    cell->file.pid = own_pid();
    atomic_store(&cell->word, WORD_OF(CELL_FILE) | WORD_MANUAL | WORD_SIGNALED);
    if (!file_install(file, index)) {
        cell_free(index);
        file_put(file);
        return STATUS_NO_MEMORY;
    }
    status = prepare ? prepare(file, context) : STATUS_SUCCESS;
    if (status) /* which closes what was opened, as the last handle would */
        cell_unref(index);
    else
        status = object_insert(index, access, &object_attributes, handle);
    if (status)
        file_handle_closed(index, file->generation);
    file_put(file);
    return status;
}

NTSTATUS file_create_handle(struct file *file, ACCESS_MASK access, ULONG attributes, HANDLE *handle) {
    return file_create_handle_with(file, access, attributes, handle, NULL, NULL);
}

struct file *file_materialise(HANDLE handle, uint32_t cell) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const uint64_t state = atomic_load(&cell_at(cell)->state);
    struct file *file;
    int fd;

    pthread_mutex_lock(&lock);
    file = file_of_cell(cell, state); /* of another thread that came first */
    if (!file) {
        fd = cell_type(cell_at(cell)) == CELL_FILE && file_kind_is_shared(cell_at(cell)->file.kind) ? pipe_ring_fd(cell) : -1;
        if (fd < 0)
            fd = descriptor_obtain((ULONG_PTR)handle, cell);
        if (fd >= 0 && file_adopt(cell, fd))
            close(fd);
        file = file_of_cell(cell, state);
    }
    pthread_mutex_unlock(&lock);
    return file;
}

struct file *file_from_handle(HANDLE handle, ACCESS_MASK access, ACCESS_MASK *granted, NTSTATUS *status) {
    const uint64_t entry = handle_get((ULONG_PTR)handle);
    struct wait_object object;
    struct file *file;

    *status = object_lookup(handle, CELL_FILE, 0, &object);
    if (*status)
        return NULL;
    if (access && !(ENTRY_ACCESS(entry) & access)) {
        *status = STATUS_ACCESS_DENIED;
        return NULL;
    }
    if (granted)
        *granted = ENTRY_ACCESS(entry);
    file = file_of_cell(object.cell, object.state);
    if (!file)
        file = file_materialise(handle, object.cell);
    if (!file)
        *status = STATUS_INVALID_HANDLE;
    return file;
}

/* ---- inheritance ---- */

NTSTATUS file_adopt(uint32_t index, int fd) {
    struct cell *cell = cell_at(index);
    enum file_kind kind;
    struct file *file;
    bool done;

    if (!cell || !descriptor_goes_with(index))
        return STATUS_INVALID_HANDLE;
    if (cell_type(cell) == CELL_SECTION)
        return section_adopt(index, fd);
    if (file_kind_is_shared(cell->file.kind)) {
        file = cell->file.kind == FILE_KIND_MAILSLOT ? mailslot_attach(index, fd) : pipe_attach(index, fd);
        if (file)
            file_put(file);
        return STATUS_SUCCESS; /* the descriptor has found its owner, or is closed */
    }
    kind = cell->file.kind;
    file = file_new(kind ? kind : file_kind_of_fd(fd), &file_fd_ops, fd, cell->file.options);
    if (!file)
        return STATUS_NO_MEMORY;
    done = file_install(file, index);
    if (!done)
        file->fd = -1; /* still the caller's */
    file_put(file);
    return done ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

void file_adopt_list(const void *list, size_t len) {
    const struct file_inherited *inherited = list;

    for (size_t i = 0; i < len / sizeof *inherited; i++) {
        if (fcntl(inherited[i].fd, F_GETFD) < 0)
            continue;
        if (inherited[i].fd > 2)
            fcntl(inherited[i].fd, F_SETFD, FD_CLOEXEC);
        if (file_adopt(inherited[i].cell, inherited[i].fd) && inherited[i].fd > 2)
            close(inherited[i].fd);
    }
}

struct inherited_list {
    struct file_inherited *list;
    size_t room, n;
};

static void visit_open(uint64_t entry, void *context) {
    struct inherited_list *found = context;
    struct file *file;

    if (!descriptor_goes_with(ENTRY_CELL(entry)))
        return;
    for (size_t i = 0; i < found->n && i < found->room; i++)
        if (found->list[i].cell == ENTRY_CELL(entry))
            return;
    file = file_of_cell(ENTRY_CELL(entry), atomic_load(&cell_at(ENTRY_CELL(entry))->state));
    if (!file)
        return;
    if (file->fd >= 0) {
        if (found->n < found->room)
            found->list[found->n] = (struct file_inherited){ENTRY_CELL(entry), file->fd};
        found->n++;
    }
    file_put(file);
}

size_t file_open_list(struct file_inherited *list, size_t room) {
    struct inherited_list found = {list, room, 0};

    handles_visit(visit_open, &found);
    return found.n;
}

/* ---- what a kind cannot do ---- */

NTSTATUS file_no_io(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    (void)file, (void)io, (void)information;
    return STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS file_no_query(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    (void)file, (void)class, (void)data, (void)size, (void)information;
    return STATUS_INVALID_INFO_CLASS;
}

NTSTATUS file_no_set(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size) {
    (void)file, (void)class, (void)data, (void)size;
    return STATUS_INVALID_INFO_CLASS;
}

NTSTATUS file_no_query_volume(struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    (void)file, (void)class, (void)data, (void)size, (void)information;
    return STATUS_INVALID_INFO_CLASS;
}

NTSTATUS file_no_query_directory(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, const UNICODE_STRING *mask,
    bool single, bool restart, ULONG_PTR *information) {
    (void)file, (void)class, (void)data, (void)size, (void)mask, (void)single, (void)restart, (void)information;
    return STATUS_INVALID_PARAMETER;
}

NTSTATUS file_no_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread) {
    (void)file, (void)iosb, (void)thread;
    return STATUS_NOT_FOUND;
}

void file_no_close(struct file *file) {
    (void)file;
}
