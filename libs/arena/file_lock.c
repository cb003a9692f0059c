/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Byte-range locks by NT's rules: a lock is a record of its own, never joined with another one, and ends by being named exactly.  Whose it is
 * are file object, process and key together.
 */
#include "libs/arena/fcb.h"

#include <errno.h>

#include "libs/arena/step.h"

static struct cell *lock_at(uint32_t number) {
    struct cell *cell = cell_at(number - 1);
    const uint64_t state = cell ? atomic_load(&cell->state) : 0;

    return STATE_TYPE(state) == CELL_FILE_LOCK && STATE_LIFE(state) == LIFE_LIVE ? cell : NULL;
}

static bool lock_is_of(const struct cell *lock, uint32_t file, uint64_t key) {
    return lock->file_lock.file == file + 1 && lock->file_lock.process == arena_process && lock->file_lock.key == key;
}

/* A range of no bytes lies between two; at the very start it meets nothing. */
static bool lock_meets(const struct cell *lock, const struct file_range *range) {
    const uint64_t start = lock->file_lock.start, length = lock->file_lock.length;

    if ((!start && !length) || (!range->start && !range->length))
        return false;
    return range->start <= start + length - 1 && range->start + range->length - 1 >= start;
}

/* An exclusive lock suffers no other lock beside it, a shared one no exclusive one but its owner's. */
static bool lock_excludes_lock(const struct cell *lock, uint32_t file, const struct file_range *range) {
    if (!lock_meets(lock, range))
        return false;
    return range->exclusive || (lock->file_lock.exclusive && !lock_is_of(lock, file, range->key));
}

/* Nobody writes what is locked for reading, its owner included. */
static bool lock_excludes_access(const struct cell *lock, uint32_t file, const struct file_range *range) {
    if (!range->length || !lock_meets(lock, range))
        return false;
    return lock->file_lock.exclusive ? !lock_is_of(lock, file, range->key) : range->exclusive;
}

typedef bool lock_test(const struct cell *lock, uint32_t file, const struct file_range *range);

static bool locks_any(const struct cell *fcb, lock_test *test, uint32_t file, const struct file_range *range) {
    uint32_t left = ARENA_MAX_CELLS;

    for (uint32_t at = atomic_load(&fcb->fcb.locks); at && left--;) {
        const struct cell *lock = lock_at(at);

        if (!lock)
            return false;
        if (test(lock, file, range))
            return true;
        at = atomic_load(&lock->file_lock.next);
    }
    return false;
}

int file_lock(uint32_t file, const struct file_range *range) {
    struct fcb_bucket *bucket;
    struct cell *fcb, *lock;
    int error = fcb_take(file, &fcb, &bucket);

    if (error)
        return error;
    error = locks_any(fcb, lock_excludes_lock, file, range) ? -EBUSY : 0;
    lock = error ? NULL : cell_at(cell_make(CELL_FILE_LOCK));
    if (!error && !lock)
        error = -ENOMEM;
    if (lock) {
        atomic_store(&winipc_arena->header.locks_files, 1);
        lock->file_lock.start = range->start;
        lock->file_lock.length = range->length;
        lock->file_lock.key = range->key;
        lock->file_lock.exclusive = range->exclusive;
        lock->file_lock.process = arena_process;
        lock->file_lock.file = file + 1;
        lock->file_lock.fcb = cell_index(fcb) + 1;
        atomic_store(&lock->file_lock.next, atomic_load(&fcb->fcb.locks));
        cell_live(cell_index(lock));
        STEP("file_lock: live");
        atomic_store(&fcb->fcb.locks, cell_index(lock) + 1);
    }
    fcb_give(bucket);
    return error;
}

static void lock_take_out(_Atomic uint32_t *place, struct cell *lock) {
    atomic_store(place, atomic_load(&lock->file_lock.next));
    STEP("file_unlock: out");
    cell_free(cell_index(lock));
}

int file_unlock(uint32_t file, const struct file_range *range) {
    struct fcb_bucket *bucket;
    struct cell *fcb;
    _Atomic uint32_t *place, *found = NULL;
    uint32_t left = ARENA_MAX_CELLS, number;
    int error = fcb_take(file, &fcb, &bucket);

    if (error)
        return -ENOENT;
    place = &fcb->fcb.locks;
    for (struct cell *lock; left-- && (lock = lock_at(atomic_load(place))); place = &lock->file_lock.next) {
        if (!lock_is_of(lock, file, range->key) || lock->file_lock.start != range->start || lock->file_lock.length != range->length)
            continue;
        found = place;
        if (lock->file_lock.exclusive) /* goes before a shared one on the same range */
            break;
    }
    number = cell_index(fcb);
    if (found)
        lock_take_out(found, lock_at(atomic_load(found)));
    fcb_give(bucket);
    return found ? fcb_wake(number) : -ENOENT;
}

bool file_locks_end(struct cell *fcb, uint32_t file, uint32_t process) {
    _Atomic uint32_t *place = &fcb->fcb.locks;
    uint32_t left = ARENA_MAX_CELLS;
    bool some = false;
    struct cell *lock;

    while (left-- && (lock = lock_at(atomic_load(place)))) {
        if (lock->file_lock.file == file + 1 && (process == ARENA_MAX_PROCESSES || lock->file_lock.process == process)) {
            lock_take_out(place, lock);
            some = true;
        } else {
            place = &lock->file_lock.next;
        }
    }
    return some;
}

static int locks_end_of(uint32_t file, uint32_t process) {
    struct fcb_bucket *bucket;
    struct cell *fcb;
    bool some;
    uint32_t number;
    const int error = fcb_take(file, &fcb, &bucket);

    if (error)
        return error == -EAGAIN ? error : 0;
    number = cell_index(fcb);
    some = file_locks_end(fcb, file, process);
    fcb_give(bucket);
    return some ? fcb_wake(number) : 0;
}

int file_locks_drop(uint32_t file, uint32_t process) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    if (!atomic_load(&winipc_arena->header.locks_files))
        return 0;
    if (file != NO_CELL)
        return locks_end_of(file, process);
    for (uint32_t i = 0; i < n; i++) {
        const struct cell *lock = lock_at(i + 1);

        if (lock && lock->file_lock.process == process && locks_end_of(lock->file_lock.file - 1, process) == -EAGAIN)
            return -EAGAIN;
    }
    return 0;
}

static bool range_meets(uint32_t file, lock_test *test, const struct file_range *range) {
    struct fcb_bucket *bucket;
    struct cell *fcb;
    bool locked;

    if (fcb_take(file, &fcb, &bucket))
        return false;
    locked = locks_any(fcb, test, file, range);
    fcb_give(bucket);
    return locked;
}

bool file_lock_is_free(uint32_t file, const struct file_range *range) {
    return !range_meets(file, lock_excludes_lock, range);
}

bool file_range_is_locked(uint32_t file, const struct file_range *range) {
    return range_meets(file, lock_excludes_access, range);
}

uint32_t file_locks_list(uint32_t file, const struct file_range *range, struct file_range *list, uint32_t room) {
    uint32_t n = 0, left = ARENA_MAX_CELLS;
    struct fcb_bucket *bucket;
    struct cell *fcb;

    if (fcb_take(file, &fcb, &bucket))
        return 0;
    for (uint32_t at = atomic_load(&fcb->fcb.locks); at && left--;) {
        const struct cell *lock = lock_at(at);

        if (!lock)
            break;
        at = atomic_load(&lock->file_lock.next);
        if (lock->file_lock.file != file + 1 || lock->file_lock.process != arena_process || !lock_meets(lock, range))
            continue;
        if (n < room)
            list[n] = (struct file_range){lock->file_lock.start, lock->file_lock.length, lock->file_lock.key, lock->file_lock.exclusive};
        n++;
    }
    fcb_give(bucket);
    return n;
}
