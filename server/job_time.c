/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits of user time.  As on Windows they are looked at from time to time: once a second, and only while there is a
 * process in a job that has one.
 */
#include "server/job.h"

#include "libs/arena/object.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 1000u

static bool watching;
static uint64_t looked_ms;

/* Fields 14 and 15 of /proc/PID/stat.  Return: whether the process is there. */
static bool proc_ticks(uint32_t pid, uint32_t *user, uint32_t *kernel) {
    const unsigned long long unit = 10000000 / (unsigned long long)sysconf(_SC_CLK_TCK);
    unsigned long long ticks[2] = {0, 0};
    char path[32], text[1024];
    const char *rest;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    rest = strrchr(text, ')');
    if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &ticks[0], &ticks[1]) != 2)
        return false;
    *user = (uint32_t)(ticks[0] * unit / JOB_TICK_100NS);
    *kernel = (uint32_t)(ticks[1] * unit / JOB_TICK_100NS);
    return true;
}

void job_process_ticks(const struct process *process, uint32_t *user, uint32_t *kernel) {
    const struct cell *cell = cell_at(atomic_load(&winipc_arena->process[process->slot].cell) - 1);

    *user = *kernel = 0;
    if (proc_ticks(process->pid, user, kernel) || !cell || cell_type(cell) != CELL_PROCESS)
        return;
    *user = (uint32_t)(atomic_load(&cell->process.user_100ns) / JOB_TICK_100NS);
    *kernel = (uint32_t)(atomic_load(&cell->process.kernel_100ns) / JOB_TICK_100NS);
}

uint64_t job_user_ticks(uint32_t number) {
    const struct cell *job = job_at(number);
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);
    uint64_t sum = job ? atomic_load(&job->job.user_ticks) : 0;
    uint32_t user, kernel;

    for (uint32_t slot = 0; slot < n; slot++) {
        if (job_member(number, slot) && proc_ticks(atomic_load(&winipc_arena->process[slot].pid), &user, &kernel))
            sum += user;
    }
    return sum;
}

/* Ends the processes of @number that have used more than a process may.  Return: whether it has any. */
static bool job_look_at_processes(uint32_t number, struct cell *job) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);
    const bool limited = atomic_load(&job->job.limits) & JOB_OBJECT_LIMIT_PROCESS_TIME;
    const uint64_t limit = atomic_load(&job->job.process_100ns) / JOB_TICK_100NS;
    uint32_t user, kernel;
    bool any = false;

    for (uint32_t slot = 0; slot < n; slot++) {
        const uint32_t pid = atomic_load(&winipc_arena->process[slot].pid);

        if (!job_member(number, slot))
            continue;
        any = true;
        if (!limited || !proc_ticks(pid, &user, &kernel) || user <= limit)
            continue;
        job_tell_one(number, JOB_OBJECT_MSG_END_OF_PROCESS_TIME, pid);
        atomic_fetch_add(&job->job.n_limited, 1);
        process_end(slot, ERROR_NOT_ENOUGH_QUOTA);
    }
    return any;
}

/* The job's own time is up: its processes end and its handles are signalled, or its port is told, and the limit is
 * gone. */
static void job_look_at_sum(uint32_t number, struct cell *job) {
    if (!(atomic_load(&job->job.limits) & JOB_OBJECT_LIMIT_JOB_TIME) ||
        job_user_ticks(number) * JOB_TICK_100NS <=
            atomic_load(&job->job.job_100ns) + (uint64_t)atomic_load(&job->job.period_ticks) * JOB_TICK_100NS)
        return;
    if (atomic_load(&job->job.port_state) & JOB_POST_AT_END && atomic_load(&job->job.port)) {
        job_tell_one(number, JOB_OBJECT_MSG_END_OF_JOB_TIME, 0);
    } else {
        if (object_signal(job) < 0)
            return; /* the next look does it */
        atomic_fetch_add(&job->job.n_limited, job_count(number));
        job_end_processes(number, ERROR_NOT_ENOUGH_QUOTA);
    }
    atomic_fetch_and(&job->job.limits, ~(uint32_t)JOB_OBJECT_LIMIT_JOB_TIME);
}

void job_time_watch(void) {
    watching = true;
}

int job_time_ms(void) {
    const uint64_t now = server_now_ms();

    if (!watching)
        return -1;
    return now - looked_ms >= LOOK_MS ? 0 : (int)(LOOK_MS - (now - looked_ms));
}

void job_time_turn(void) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    if (!watching || server_now_ms() - looked_ms < LOOK_MS)
        return;
    looked_ms = server_now_ms();
    watching = false;
    for (uint32_t i = 0; i < n; i++) {
        struct cell *job = job_at(i + 1);

        if (!job || !(atomic_load(&job->job.limits) & (JOB_OBJECT_LIMIT_PROCESS_TIME | JOB_OBJECT_LIMIT_JOB_TIME)))
            continue;
        watching |= job_look_at_processes(i + 1, job);
        job_look_at_sum(i + 1, job);
    }
}
