/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pending operations that wait for a certain time only: a thread of ours ends them when it is over. */
#include "dlls/ntdll/io_queue.h"

#include <time.h>

#include "dlls/ntdll/helper_thread.h"

static pthread_mutex_t deadline_lock = PTHREAD_MUTEX_INITIALIZER; /* taken under an end's lock, never the other way */
static pthread_cond_t deadline_changed;
static pthread_once_t deadline_once = PTHREAD_ONCE_INIT;
static struct due_queue deadlines;

/* The first one's time is over. */
static void deadline_pass(void) {
    struct io_op *op = (struct io_op *)deadlines.first;
    struct io_end *end = op->end;
    const uint64_t serial = op->due.serial;

    due_remove(&deadlines, &op->due);
    file_ref(end->file); /* the operation, which is pending, has one too */
    pthread_mutex_unlock(&deadline_lock);
    io_expire(end, serial);
    file_put(end->file);
    pthread_mutex_lock(&deadline_lock);
}

static void deadline_main(void) {
    pthread_mutex_lock(&deadline_lock);
    for (;;) {
        const uint64_t due_ns = deadlines.first ? deadlines.first->due_ns : UINT64_MAX;
        const struct timespec due = {(time_t)(due_ns / 1000000000), (long)(due_ns % 1000000000)};

        if (due_ns <= clock_ns())
            deadline_pass();
        else if (due_ns == UINT64_MAX)
            pthread_cond_wait(&deadline_changed, &deadline_lock);
        else
            pthread_cond_timedwait(&deadline_changed, &deadline_lock, &due);
    }
}

static void deadline_start(void) {
    pthread_condattr_t clock;

    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&deadline_changed, &clock);
    helper_thread_start(deadline_main);
}

void io_deadline_set(struct io_op *op) {
    if (!op->deadline_ns)
        return;
    pthread_once(&deadline_once, deadline_start);
    pthread_mutex_lock(&deadline_lock);
    due_add(&deadlines, &op->due, op->deadline_ns);
    if (deadlines.first == &op->due)
        pthread_cond_signal(&deadline_changed);
    pthread_mutex_unlock(&deadline_lock);
}

void io_deadline_drop(struct io_op *op) {
    if (!op->deadline_ns)
        return;
    pthread_mutex_lock(&deadline_lock);
    due_remove(&deadlines, &op->due);
    pthread_mutex_unlock(&deadline_lock);
}
