/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The writer's side of the call log; see call_log.h.  Its reader is programs/winipc/trace.c. */
#include "libs/base/call_log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 100 /* how often who waits for room looks whether the tracer is there at all */

struct call_log *_Atomic call_log;

static _Thread_local struct {
    struct call_log *log;
    struct call_lane *lane; /* of that log */
} own __attribute__((tls_model("initial-exec")));

/* Whether somebody reads what is written there. */
static bool tracer_lives(struct call_log *log) {
    const uint32_t tracer = atomic_load(&log->tracer);

    return tracer && (kill((pid_t)tracer, 0) == 0 || errno != ESRCH);
}

int call_log_open(const char *path) {
    struct call_log *log = call_log;
    struct stat status;
    int fd;

    if (log && tracer_lives(log))
        return -EBUSY;
    fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) || status.st_size != sizeof *log) {
        close(fd);
        return -EPROTO;
    }
    log = mmap(NULL, sizeof *log, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (log == MAP_FAILED)
        return -errno;
    if (log->magic != CALL_LOG_MAGIC || log->size != sizeof *log) {
        munmap(log, sizeof *log);
        return -EPROTO;
    }
    atomic_fetch_add(&log->joined, 1);
    call_log = log;
    return 0;
}

static struct call_lane *lane_claim(struct call_log *log) {
    for (uint32_t i = 0; i < CALL_LANES; i++) {
        uint32_t nobody = 0;

        if (!atomic_compare_exchange_strong(&log->lane[i].pid, &nobody, (uint32_t)getpid()))
            continue;
        for (uint32_t n = atomic_load(&log->n_lanes);
             n <= i && !atomic_compare_exchange_weak(&log->n_lanes, &n, i + 1);)
            ;
        atomic_store(&log->lane[i].tid, (uint32_t)syscall(SYS_gettid));
        return &log->lane[i];
    }
    return NULL;
}

static void tracer_wake(struct call_log *log, enum call_sleep deepest) {
    const uint32_t asleep = atomic_load(&log->asleep);

    if (asleep == CALL_AWAKE || asleep > deepest || !atomic_exchange(&log->asleep, CALL_AWAKE))
        return;
    atomic_fetch_add(&log->bell, 1);
    syscall(SYS_futex, &log->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Waits until the lane has room for @size bytes.  Return: false when nobody reads any more. */
static bool lane_await(struct call_log *log, struct call_lane *lane, uint32_t size) {
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};

    for (;;) {
        const uint32_t read = atomic_load(&lane->read);

        if (CALL_LANE_BYTES - (atomic_load(&lane->written) - read) >= size)
            return true;
        if (!tracer_lives(log))
            return false;
        atomic_store(&lane->waits, 1);
        if (atomic_load(&lane->read) != read)
            continue;
        tracer_wake(log, CALL_FOR_A_FULL_LANE);
        syscall(SYS_futex, &lane->read, FUTEX_WAIT, read, &pause, NULL, 0);
    }
}

/* Copies around the lane's end. */
static void lane_write(struct call_lane *lane, const void *data, uint32_t size) {
    const uint32_t written = atomic_load_explicit(&lane->written, memory_order_relaxed), at = written % CALL_LANE_BYTES;
    const uint32_t first = size < CALL_LANE_BYTES - at ? size : CALL_LANE_BYTES - at;

    memcpy(lane->bytes + at, data, first);
    memcpy(lane->bytes, (const char *)data + first, size - first);
    atomic_store(&lane->written, written + size);
}

void call_log_put(struct call_record *record) {
    struct call_log *log = call_log;
    const int saved = errno;
    struct timespec now;

    if (!log)
        return;
    if (own.log != log) {
        own.log = log;
        own.lane = lane_claim(log);
    }
    if (own.lane) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        record->time_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        if (atomic_load(&log->tracer) && lane_await(log, own.lane, record->size)) {
            lane_write(own.lane, record, record->size);
            tracer_wake(log, CALL_FOR_NEWS);
        } else {
            atomic_compare_exchange_strong(&call_log, &log, NULL); /* it stays mapped: another thread may be in it */
        }
    }
    errno = saved;
}

void call_log_thread_end(void) {
    if (own.lane)
        atomic_store(&own.lane->ended, 1);
    own.log = NULL;
    own.lane = NULL;
}

void call_log_debug(const char *text, size_t length) {
    struct {
        struct call_record record;
        char text[CALL_TEXT_MAX];
    } entry = {.record = {.kind = CALL_DEBUG}};

    if (!call_log)
        return;
    if (length > CALL_TEXT_MAX - 1)
        length = CALL_TEXT_MAX - 1;
    memcpy(entry.text, text, length);
    entry.record.size = (uint16_t)((sizeof entry.record + length + 1 + 7) & ~7u);
    call_log_put(&entry.record);
}
