/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are open; see fcb.h. */
#include "libs/arena/fcb.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libs/arena/lock.h"
#include "libs/arena/step.h"
#include "libs/arena/wait.h"

#define COUNT_MAX UINT16_MAX
#define MENDED_AT_ONCE 8 /* each is a look at every cell; a death leaves one, more are garbage */
#define LEAVE_STEPS 4    /* two paths to be removed, and the end */
#define PATH_TEXT sizeof(((struct cell *)0)->path.text)
#define PATH_PARTS (FCB_PATH_MAX / PATH_TEXT + 1)

/* ---- buckets ---- */

static struct fcb_bucket *bucket_of(uint64_t device, uint64_t inode) {
    const uint64_t hash = (inode ^ device << 32 ^ device >> 8) * 0x9e3779b97f4a7c15ull;

    return &winipc_arena->fcb[hash >> 32 & (FCB_BUCKETS - 1)];
}

static struct cell *fcb_at(uint32_t number) {
    struct cell *cell = cell_at(number - 1);

    return cell && cell_type(cell) == CELL_FCB ? cell : NULL;
}

static bool cell_is(const struct cell *cell, enum cell_type type) {
    const uint64_t state = atomic_load(&cell->state);

    return STATE_TYPE(state) == type && STATE_LIFE(state) == LIFE_LIVE;
}

/* Counts a file object in (@by 1) or out (-1). */
static void fcb_count(struct cell *fcb, uint32_t use, int by) {
    fcb->fcb.opens += (uint32_t)by;
    if (!(use & (FCB_READ | FCB_WRITE | FCB_DELETE)))
        return;
    fcb->fcb.sharers = (uint16_t)(fcb->fcb.sharers + by);
    for (unsigned i = 0; i < 3; i++) {
        fcb->fcb.doing[i] = (uint16_t)(fcb->fcb.doing[i] + (use >> i & 1 ? by : 0));
        fcb->fcb.letting[i] = (uint16_t)(fcb->fcb.letting[i] + (use >> (i + 4) & 1 ? by : 0));
    }
}

static void fcb_empty(struct cell *fcb) {
    fcb->fcb.named = fcb->fcb.opens = 0;
    fcb->fcb.sharers = 0;
    memset(fcb->fcb.doing, 0, sizeof fcb->fcb.doing);
    memset(fcb->fcb.letting, 0, sizeof fcb->fcb.letting);
    atomic_store(&fcb->fcb.locks, 0);
}

/* ---- paths ---- */

/* A path is there with its first part, whose number stands with its owner, under the lock; parts become LIVE after that and DYING before
 * they leave it, so that a killed process leaves none that nobody names. */

static struct cell *path_at(uint32_t number, uint64_t inode, enum cell_life life) {
    struct cell *cell = cell_at(number - 1);
    const uint64_t state = cell ? atomic_load(&cell->state) : 0;

    return STATE_TYPE(state) == CELL_PATH && STATE_LIFE(state) == life && cell->path.inode == inode ? cell : NULL;
}

/* Takes away parts that somebody who died was freeing: its sweep does that. */
static void path_settle(_Atomic uint32_t *place, uint64_t inode) {
    const struct cell *part;

    for (size_t i = 0; i < PATH_PARTS && (part = path_at(atomic_load(place), inode, LIFE_DYING)); i++)
        atomic_store(place, atomic_load(&part->path.next));
}

static void path_free(_Atomic uint32_t *place, uint64_t inode) {
    struct cell *part;

    for (size_t i = 0; i < PATH_PARTS && (part = path_at(atomic_load(place), inode, LIFE_LIVE)); i++) {
        const uint64_t state = atomic_load(&part->state);

        atomic_store(&part->state, CELL_STATE(CELL_PATH, LIFE_DYING, STATE_GENERATION(state), arena_process));
        STEP("path_free: dying");
        atomic_store(place, atomic_load(&part->path.next));
        STEP("path_free: out");
        cell_free(cell_index(part));
    }
    atomic_store(place, 0);
}

/* Return: CELL_PATH + 1, the first of parts that are MAKING; 0 when the arena is full. */
static uint32_t path_make(const char *path, uint64_t inode) {
    size_t left = strlen(path) + 1;
    uint32_t first = 0, next;

    while (left) { /* from its end */
        const size_t n = left % PATH_TEXT ? left % PATH_TEXT : PATH_TEXT;
        const uint32_t index = cell_make(CELL_PATH);

        if (index == NO_CELL) {
            for (; first; first = next) {
                next = atomic_load(&cell_at(first - 1)->path.next);
                cell_free(first - 1);
            }
            return 0;
        }
        left -= n;
        cell_at(index)->path.inode = inode;
        memcpy(cell_at(index)->path.text, path + left, n);
        atomic_store(&cell_at(index)->path.next, first);
        first = index + 1;
    }
    return first;
}

static void path_put(_Atomic uint32_t *place, uint32_t first) {
    atomic_store(place, first);
    STEP("path_put");
    for (size_t i = 0; first && i < PATH_PARTS && cell_at(first - 1); i++) {
        cell_live(first - 1);
        first = atomic_load(&cell_at(first - 1)->path.next);
    }
}

static bool path_read(uint32_t at, uint64_t inode, char path[FCB_PATH_MAX]) {
    size_t len = 0;

    while (at && len + PATH_TEXT < FCB_PATH_MAX) {
        const struct cell *part = path_at(at, inode, LIFE_LIVE);

        if (!part)
            return false;
        memcpy(path + len, part->path.text, PATH_TEXT);
        len += PATH_TEXT;
        at = atomic_load(&part->path.next);
    }
    path[len] = 0;
    return path[0] == '/';
}

/* Removes the name, if it still is that file's. */
static void path_remove(const char *path, uint64_t device, uint64_t inode) {
    struct stat st;

    if (!fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) && st.st_dev == device && st.st_ino == inode)
        unlinkat(AT_FDCWD, path, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
}

/* ---- mending ---- */

static void fcb_drop(struct fcb_bucket *bucket, struct cell *fcb) {
    _Atomic uint32_t *place = &bucket->first;
    uint32_t left = ARENA_MAX_CELLS;

    while (atomic_load(place) != cell_index(fcb) + 1 && left--) {
        struct cell *other = fcb_at(atomic_load(place));

        if (!other)
            return;
        place = &other->fcb.next;
    }
    atomic_store(place, atomic_load(&fcb->fcb.next));
    path_free(&fcb->fcb.path, fcb->fcb.inode);
    STEP("fcb_drop");
    cell_free(cell_index(fcb));
}

/* Blocks first, then those who name them. */
static void bucket_mend_blocks(struct fcb_bucket *bucket, uint32_t n) {
    atomic_store(&bucket->first, 0);
    for (uint32_t i = 0; i < n; i++) {
        struct cell *fcb = &winipc_arena->cell[i];

        if (!cell_is(fcb, CELL_FCB) || bucket_of(fcb->fcb.device, fcb->fcb.inode) != bucket)
            continue;
        fcb_empty(fcb);
        path_settle(&fcb->fcb.path, fcb->fcb.inode);
        atomic_store(&fcb->fcb.next, atomic_load(&bucket->first));
        atomic_store(&bucket->first, i + 1);
    }
    for (uint32_t i = 0; i < n; i++) {
        struct cell *file = &winipc_arena->cell[i];
        struct cell *fcb = cell_type(file) == CELL_FILE ? fcb_at(atomic_load(&file->file.fcb)) : NULL;

        if (!fcb || bucket_of(fcb->fcb.device, fcb->fcb.inode) != bucket)
            continue;
        path_settle(&file->file.path, fcb->fcb.inode);
        if (atomic_load(&file->file.path) == atomic_load(&fcb->fcb.path)) /* it was becoming the file's */
            atomic_store(&file->file.path, 0);
        fcb->fcb.named++;
        if (!(atomic_load(&file->file.use) & FCB_LEAVING))
            fcb_count(fcb, atomic_load(&file->file.use), 1);
    }
}

static void bucket_mend_locks(struct fcb_bucket *bucket, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct cell *lock = &winipc_arena->cell[i], *fcb, *file;

        if (!cell_is(lock, CELL_FILE_LOCK))
            continue;
        fcb = fcb_at(lock->file_lock.fcb);
        file = cell_at(lock->file_lock.file - 1);
        if (fcb && bucket_of(fcb->fcb.device, fcb->fcb.inode) != bucket)
            continue;
        if (!fcb || !file || cell_type(file) != CELL_FILE || atomic_load(&file->file.fcb) != lock->file_lock.fcb ||
            atomic_load(&file->file.use) & FCB_LEAVING) {
            cell_free(i);
            continue;
        }
        atomic_store(&lock->file_lock.next, atomic_load(&fcb->fcb.locks));
        atomic_store(&fcb->fcb.locks, i + 1);
    }
}

static void bucket_mend(struct fcb_bucket *bucket) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    uint32_t left = n, next;

    bucket_mend_blocks(bucket, n);
    bucket_mend_locks(bucket, n);
    for (uint32_t at = atomic_load(&bucket->first); at && left--; at = next) {
        struct cell *fcb = fcb_at(at);

        if (!fcb)
            return;
        next = atomic_load(&fcb->fcb.next);
        if (atomic_load(&fcb->fcb.path))
            atomic_store(&fcb->fcb.pending, 1);
        if (!fcb->fcb.named)
            fcb_drop(bucket, fcb);
    }
}

static bool bucket_lock(struct fcb_bucket *bucket) {
    const enum lock_result result = lock_take(&bucket->lock);

    if (result == LOCK_BUSY)
        return false;
    if (result == LOCK_TAKEN_FROM_DEAD)
        bucket_mend(bucket);
    STEP("fcb: locked");
    return true;
}

void fcb_give(struct fcb_bucket *bucket) {
    STEP("fcb: unlock");
    lock_give(&bucket->lock);
}

int fcb_sweep(void) {
    unsigned mended = 0;

    for (uint32_t i = 0; i < FCB_BUCKETS; i++) {
        struct fcb_bucket *bucket = &winipc_arena->fcb[i];

        if (!(atomic_load_explicit(&bucket->lock, memory_order_relaxed) & FUTEX_OWNER_DIED))
            continue;
        if (!bucket_lock(bucket))
            return -EAGAIN;
        fcb_give(bucket);
        if (arena_is_server && ++mended == MENDED_AT_ONCE)
            return -EAGAIN;
    }
    return 0;
}

int fcb_take(uint32_t index, struct cell **fcb, struct fcb_bucket **bucket) {
    const struct cell *file = cell_at(index);

    for (unsigned tries = 0; file && tries < 4; tries++) {
        const uint32_t number = atomic_load(&file->file.fcb);

        *fcb = fcb_at(number);
        if (!*fcb)
            return -EINVAL;
        *bucket = bucket_of((*fcb)->fcb.device, (*fcb)->fcb.inode);
        if (!bucket_lock(*bucket))
            return -EAGAIN;
        if (fcb_at(number) == *fcb && atomic_load(&file->file.fcb) == number &&
            bucket_of((*fcb)->fcb.device, (*fcb)->fcb.inode) == *bucket)
            return 0;
        fcb_give(*bucket);
    }
    return -EINVAL;
}

/* ---- opening ---- */

static struct cell *fcb_find(const struct fcb_bucket *bucket, uint64_t device, uint64_t inode) {
    uint32_t left = ARENA_MAX_CELLS;

    for (uint32_t at = atomic_load(&bucket->first); at && left--;) {
        struct cell *fcb = fcb_at(at);

        if (!fcb || (fcb->fcb.device == device && fcb->fcb.inode == inode))
            return fcb;
        at = atomic_load(&fcb->fcb.next);
    }
    return NULL;
}

static struct cell *fcb_make(struct fcb_bucket *bucket, uint64_t device, uint64_t inode) {
    const uint32_t index = cell_make(CELL_FCB);
    struct cell *fcb = cell_at(index);

    if (!fcb)
        return NULL;
    fcb->fcb.device = device;
    fcb->fcb.inode = inode;
    atomic_store(&fcb->fcb.next, atomic_load(&bucket->first));
    cell_live(index);
    STEP("fcb_make");
    atomic_store(&bucket->first, index + 1);
    return fcb;
}

/* Whether somebody who does and lets others do what @use says gets along with those who are there. */
static bool fcb_allows(const struct cell *fcb, uint32_t use) {
    if (!(use & (FCB_READ | FCB_WRITE | FCB_DELETE)))
        return true;
    for (unsigned i = 0; i < 3; i++) {
        if ((use >> i & 1 && fcb->fcb.letting[i] < fcb->fcb.sharers) || (!(use >> (i + 4) & 1) && fcb->fcb.doing[i]))
            return false;
    }
    return true;
}

int fcb_join(uint32_t index, uint64_t device, uint64_t inode, uint32_t use, uint32_t once) {
    struct fcb_bucket *bucket = bucket_of(device, inode);
    struct cell *file = cell_at(index), *fcb;
    int error = 0;

    if (!file)
        return -EINVAL;
    if (!bucket_lock(bucket))
        return -EAGAIN;
    fcb = fcb_find(bucket, device, inode);
    if (fcb && atomic_load(&fcb->fcb.pending))
        error = -EIDRM;
    else if (fcb && (!fcb_allows(fcb, use | once) || fcb->fcb.opens >= COUNT_MAX))
        error = -EBUSY;
    else if (!fcb && !(fcb = fcb_make(bucket, device, inode)))
        error = -ENOMEM;
    if (!error && !atomic_load(&file->file.fcb)) {
        atomic_store(&file->file.use, use);
        atomic_store(&file->file.fcb, cell_index(fcb) + 1);
        STEP("fcb_join: named");
        fcb->fcb.named++;
        fcb_count(fcb, use, 1);
    }
    fcb_give(bucket);
    return error;
}

bool fcb_is_open(uint64_t device, uint64_t inode, bool but_deletion) {
    struct fcb_bucket *bucket = bucket_of(device, inode);
    const struct cell *fcb;
    bool open;

    if (!bucket_lock(bucket))
        return true;
    fcb = fcb_find(bucket, device, inode);
    open = fcb && fcb->fcb.opens && !(but_deletion && fcb_allows(fcb, FCB_DELETE | FCB_LET_ALL));
    fcb_give(bucket);
    return open;
}

/* ---- closing ---- */

/* The file object stops being counted; what was to happen with its end becomes the file's matter. */
static bool file_count_out(struct cell *fcb, struct cell *file, uint32_t index) {
    const uint32_t use = atomic_load(&file->file.use), path = atomic_load(&file->file.path);
    const bool unlocked = file_locks_end(fcb, index, ARENA_MAX_PROCESSES);

    if (path && !(use & FCB_ALONE) && !atomic_load(&fcb->fcb.path)) {
        atomic_store(&fcb->fcb.path, path);
        STEP("fcb_leave: the file's");
        atomic_store(&fcb->fcb.pending, 1);
        atomic_store(&file->file.path, 0);
    }
    atomic_store(&file->file.use, use | FCB_LEAVING);
    STEP("fcb_leave: leaving");
    fcb_count(fcb, use, -1);
    return unlocked;
}

/* The path that is to be removed now.  Return: where it stands; NULL: none. */
static _Atomic uint32_t *file_path_due(struct cell *fcb, struct cell *file) {
    if (atomic_load(&file->file.path) && atomic_load(&file->file.use) & FCB_ALONE)
        return &file->file.path;
    return !fcb->fcb.opens && atomic_load(&fcb->fcb.path) ? &fcb->fcb.path : NULL;
}

static void file_finish(struct fcb_bucket *bucket, struct cell *fcb, struct cell *file) {
    path_free(&file->file.path, fcb->fcb.inode);
    atomic_store(&file->file.fcb, 0);
    STEP("fcb_leave: left");
    if (!--fcb->fcb.named)
        fcb_drop(bucket, fcb);
}

int fcb_leave(uint32_t index) {
    struct cell *file = cell_at(index), *fcb;
    struct fcb_bucket *bucket;
    bool unlocked = false;
    uint32_t number = 0;
    char path[FCB_PATH_MAX];
    int error = 0;

    if (!file || !atomic_load(&file->file.fcb))
        return 0;
    for (unsigned step = 0; step < LEAVE_STEPS && !(error = fcb_take(index, &fcb, &bucket)); step++) {
        const uint64_t device = fcb->fcb.device, inode = fcb->fcb.inode;
        _Atomic uint32_t *due;

        number = cell_index(fcb);
        if (!(atomic_load(&file->file.use) & FCB_LEAVING))
            unlocked |= file_count_out(fcb, file, index);
        due = file_path_due(fcb, file);
        if (!due) {
            file_finish(bucket, fcb, file);
            fcb_give(bucket);
            break;
        }
        error = path_read(atomic_load(due), inode, path) ? 0 : -ENOENT;
        fcb_give(bucket);
        if (!error)
            path_remove(path, device, inode);
        STEP("fcb_leave: removed");
        if (fcb_take(index, &fcb, &bucket))
            return -EAGAIN;
        path_free(due, inode);
        atomic_store(&fcb->fcb.pending, fcb->fcb.path != 0);
        fcb_give(bucket);
    }
    if (error == -EAGAIN)
        return error;
    return unlocked ? fcb_wake(number) : 0;
}

/* ---- deleting ---- */

int fcb_delete(uint32_t index, enum fcb_deletion how, const char *path) {
    const bool keep = how == FCB_KEEP || how == FCB_KEEP_ON_CLOSE, alone = how == FCB_DELETE_ALONE || how == FCB_DELETE_NAME;
    struct cell *file = cell_at(index), *fcb;
    struct fcb_bucket *bucket;
    uint32_t made = 0;
    int error = fcb_take(index, &fcb, &bucket);

    if (error)
        return error;
    if (!keep && !(made = path_make(path, fcb->fcb.inode))) {
        fcb_give(bucket);
        return -ENOMEM;
    }
    if (how == FCB_KEEP || how == FCB_DELETE_LAST)
        path_free(&fcb->fcb.path, fcb->fcb.inode);
    if (how != FCB_DELETE_LAST && (how != FCB_KEEP || atomic_load(&file->file.use) & FCB_ALONE)) {
        path_free(&file->file.path, fcb->fcb.inode);
        atomic_fetch_and(&file->file.use, ~FCB_ALONE);
    }
    if (made)
        path_put(how == FCB_DELETE_LAST ? &fcb->fcb.path : &file->file.path, made);
    if (alone)
        atomic_fetch_or(&file->file.use, FCB_ALONE);
    if (how != FCB_DELETE_ON_CLOSE && how != FCB_KEEP_ON_CLOSE)
        atomic_store(&fcb->fcb.pending, how == FCB_DELETE_ALONE || how == FCB_DELETE_LAST);
    fcb_give(bucket);
    return 0;
}

static void path_replace(_Atomic uint32_t *place, uint64_t inode, const char *path) {
    uint32_t made;

    if (!atomic_load(place) || !(made = path_make(path, inode)))
        return;
    path_free(place, inode);
    path_put(place, made);
}

void fcb_renamed(uint32_t index, const char *path) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    struct fcb_bucket *bucket;
    struct cell *fcb;

    if (fcb_take(index, &fcb, &bucket))
        return;
    path_replace(&fcb->fcb.path, fcb->fcb.inode, path);
    if (fcb->fcb.opens == 1)
        path_replace(&cell_at(index)->file.path, fcb->fcb.inode, path);
    for (uint32_t i = 0; fcb->fcb.opens > 1 && i < n; i++) {
        struct cell *file = &winipc_arena->cell[i];

        if (cell_type(file) == CELL_FILE && atomic_load(&file->file.fcb) == cell_index(fcb) + 1)
            path_replace(&file->file.path, fcb->fcb.inode, path);
    }
    fcb_give(bucket);
}

bool fcb_is_pending(uint32_t index) {
    const struct cell *file = cell_at(index), *fcb = file ? fcb_at(atomic_load(&file->file.fcb)) : NULL;

    return fcb && atomic_load(&fcb->fcb.pending);
}

int fcb_wake(uint32_t index) {
    struct cell *cell = cell_at(index);

    if (!cell || cell_type(cell) != CELL_FCB)
        return 0;
    if (!cell_lock(cell))
        return -EAGAIN;
    cell_wake_key(cell, FCB_UNLOCKED);
    cell_unlock(cell);
    return 0;
}
