/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the file objects of one file have to do with each other: a file control block (NT's word), found by device and inode.  It says who may
 * open the file together with whom, that it is to be deleted, and which byte ranges are locked.
 *
 * The file objects are the records: file.fcb names the block, file.use what the file object does and lets others do; a lock is a cell that
 * names both.  The chain of a bucket, the counts and the list of locks are caches under the bucket's lock: who takes it from somebody who
 * died makes them again.  A block is gone with the last file object that names it.
 *
 * A file that is to be deleted has its path in cells (CELL_PATH), so that whoever closes the last file object can do it, be it the server
 * after a kill.  The name is removed while the file object still names the block, and without the lock; who dies meanwhile leaves a cell that
 * is DYING, whose sweep does it again.  A name that has come to stand for another file is left alone.
 */
#ifndef WINIPC_ARENA_FCB_H
#define WINIPC_ARENA_FCB_H

#include "libs/arena/arena.h"

/* file.use */
#define FCB_READ 1u
#define FCB_WRITE 2u
#define FCB_DELETE 4u
#define FCB_LET(what) ((what) << 4) /* others may */
#define FCB_ALONE 256u  /* file.path is removed at the end of this file object, whoever else has the file open */
#define FCB_LEAVING 512u /* it is closed and counted no more */
#define FCB_LET_ALL FCB_LET(FCB_READ | FCB_WRITE | FCB_DELETE)

#define FCB_PATH_MAX 4096u
#define FCB_UNLOCKED 1u /* the key by which one waits on a block's cell for a lock to be given back */

/* fcb_join() - file object @file opens a file to do and let others do what @use says; one that does nothing gets in always.
 * @once: what is done while it is opened, and must be allowed as well.
 * Return: 0, -EBUSY (others do what it does not let them, or do not let it), -EIDRM (it is being deleted), -ENOMEM, -EAGAIN (the server). */
int fcb_join(uint32_t file, uint64_t device, uint64_t inode, uint32_t use, uint32_t once);
/* fcb_leave() - it is closed: its locks go, and the file, if it is to be deleted and nobody else has it open.  Can be done again.
 * Return: 0, or -EAGAIN in the server. */
int fcb_leave(uint32_t file);

enum fcb_deletion {
    FCB_KEEP,           /* what was asked before is taken back, but for the next */
    FCB_KEEP_ON_CLOSE,  /* FCB_DELETE_ON_CLOSE is taken back */
    FCB_DELETE_ALONE,   /* that name goes when this file object is closed; until then nobody may open the file */
    FCB_DELETE_NAME,    /* the same, but the file may be opened by its other names */
    FCB_DELETE_LAST,    /* it goes when nobody has it open any more; nobody may open it */
    FCB_DELETE_ON_CLOSE /* the same from this file object's end on */
};
/* fcb_delete() - @path: by which name.  Return: 0, -EINVAL (no block), -ENOMEM, -EBUSY (a section of it is open). */
int fcb_delete(uint32_t file, enum fcb_deletion how, const char *path);
bool fcb_is_pending(uint32_t file);
/* fcb_is_open() - whether that file is open.  @but_deletion: does not count if all who have it open would let it be deleted. */
bool fcb_is_open(uint64_t device, uint64_t inode, bool but_deletion);
/* fcb_renamed() - what was to be deleted by another name is to be so by @path now. */
void fcb_renamed(uint32_t file, const char *path);

/* fcb_sweep() - mends what dead owners of a bucket's lock have left.  Return: 0, or -EAGAIN in the server. */
int fcb_sweep(void);

/* ---- byte ranges (file_lock.c) ---- */

struct file_range {
    uint64_t start, length;
    uint64_t key;
    bool exclusive;
};

/* file_lock() - locks a range for file object @file and this process.  Return: 0, -EBUSY, -ENOMEM, -EINVAL (no block). */
int file_lock(uint32_t file, const struct file_range *range);
/* file_lock_is_free() - whether file_lock would do it now. */
bool file_lock_is_free(uint32_t file, const struct file_range *range);
/* file_unlock() - gives one back.  Return: 0, -ENOENT: there is none that is exactly so. */
int file_unlock(uint32_t file, const struct file_range *range);
/* file_locks_drop() - those of @process alone (ARENA_MAX_PROCESSES: of all), of file object @file alone (NO_CELL: of all).
 * Return: 0, or -EAGAIN in the server. */
int file_locks_drop(uint32_t file, uint32_t process);
/* file_range_is_locked() - whether a lock of somebody else keeps this process from reading (writing, if exclusive) that range through @file. */
bool file_range_is_locked(uint32_t file, const struct file_range *range);
/* file_locks_list() - the ranges that this process has locked through @file and that meet @range.  Return: how many; the first @room of them are in @list. */
uint32_t file_locks_list(uint32_t file, const struct file_range *range, struct file_range *list, uint32_t room);

/* ---- for file_lock.c ---- */

/* fcb_take() - the block that @file names, its bucket locked.  Return: 0, -EINVAL, or -EAGAIN in the server. */
int fcb_take(uint32_t file, struct cell **fcb, struct fcb_bucket **bucket);
void fcb_give(struct fcb_bucket *bucket);
/* file_locks_end() - all locks of a file object; the bucket is locked.  Return: whether there were some. */
bool file_locks_end(struct cell *fcb, uint32_t file, uint32_t process);
/* fcb_wake() - those who wait for a lock look again; the bucket is not locked. */
int fcb_wake(uint32_t fcb);

/* Whether the file has locks: a look without the lock, for those who read and write. */
static inline bool fcb_has_locks(const struct cell *file) {
    const struct cell *fcb = cell_at(atomic_load_explicit(&file->file.fcb, memory_order_acquire) - 1);

    return fcb && atomic_load_explicit(&fcb->fcb.locks, memory_order_acquire);
}

#endif
