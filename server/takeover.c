/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The beginning of a server: with a new arena, or with that of one that was killed.
 *
 * What a server knows can be read from the arena: names and instances from the live cells, processes from their slots,
 * what the dead one was doing from the cells that it left MAKING or DYING, its intent and the answer that it had noted
 * (server_sweep).  Nobody need connect for that.  Clients connect again when they next ask for something, and ask again
 * what was not answered.
 */
#include "server/job.h"
#include "server/named.h"

#include "libs/arena/lock.h"
#include "libs/arena/object.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool arena_taken_over;

static bool unswept; /* something of our predecessor's is not done yet: a lock was busy */

void takeover_retry(void) {
    if (!unswept)
        return;
    unswept = server_sweep() != 0;
    if (unswept)
        server_later();
    else
        named_prune();
}

/* Becomes the server of the arena that is mapped. */
static int arena_begin(void) {
    struct stat status;
    int error;

    arena_is_server = true;
    arena_process = ARENA_MAX_PROCESSES;
    arena_thread_enter(ARENA_MAX_THREADS);
    if (fstat(winipc_arena_fd, &status))
        return -errno;
    error = session_record(status.st_ino);
    if (error)
        return error;
    STEP("arena_begin: recorded");
    arena_life_hold();
    STEP("arena_begin: alive");
    object_gone = object_released;
    atomic_store(&winipc_arena->header.server_pid, (uint32_t)getpid());
    return 0;
}

/* They come at once, and are heard when we get to that. */
static void waiters_call(void) {
    atomic_fetch_add(&winipc_arena->header.servers, 1);
    syscall(SYS_futex, &winipc_arena->header.servers, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static int arena_take_over(void) {
    int error = arena_begin();

    if (error)
        return error;
    unswept = server_sweep() != 0;
    if (unswept)
        server_later();
    STEP("take_over: swept");
    pipes_collect();
    security_collect();
    error = directory_open();
    STEP("take_over: names");
    if (!error)
        processes_adopt();
    job_time_watch();
    timers_collect();
    jobs_collect();
    STEP("take_over: done");
    waiters_call();
    return error;
}

int arena_open(void) {
    const int fd = session_arena();
    int error;

    arena_taken_over = fd >= 0 && arena_attach(fd) == 0;
    if (arena_taken_over)
        return arena_take_over();
    if (fd >= 0)
        close(fd);
    error = arena_create();
    if (!error)
        error = arena_begin();
    return error ? error : directory_open();
}
