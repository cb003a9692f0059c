/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes: who is in the session, and what is left to do when one dies.  A process is its slot in the arena and a
 * pidfd; whether it has a connection at the moment does not matter for its life.  A slot that was claimed here, or of
 * which a parent told us, is watched until its process is dead and swept.
 */
#include "server/job.h"
#include "server/named.h"

#include "libs/arena/memfd.h"
#include "libs/protocol/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NO_SLOT 0xffffffffu
#define KILLED_EXIT_CODE 1 /* of a process that published none: as if ended by the task manager */

static uint64_t filetime_now(void) {
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return 116444736000000000ull + (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
}

static struct process processes[ARENA_MAX_PROCESSES];
static unsigned n_processes, n_dead;

unsigned processes_count(void) {
    return n_processes;
}

static void death_ready(struct source *source, uint32_t events);

/* Watches @pid in @slot from now on; takes @pidfd over, also on failure.  Return: NULL when it cannot be watched. */
static struct process *process_add(uint32_t slot, uint32_t pid, int pidfd) {
    struct process *process = &processes[slot];

    *process = (struct process){.used = true,
        .slot = slot,
        .pid = pid,
        .generation = SLOT_GENERATION(atomic_load(&winipc_arena->process[slot].state)),
        .death = {.fd = pidfd, .ready = death_ready}};
    if (source_watch(&process->death, EPOLLIN)) {
        close(pidfd);
        process->used = false;
        return NULL;
    }
    session_record_pid(slot, pid);
    n_processes++;
    return process;
}

/* ---- deaths ---- */

static uint32_t process_exit_code(const struct process *process) {
    const struct cell *cell = cell_at(atomic_load(&winipc_arena->process[process->slot].cell) - 1);
    uint32_t code;

    if (!cell || cell_type(cell) != CELL_PROCESS)
        return KILLED_EXIT_CODE;
    code = atomic_load(&cell->process.exit_code);
    return code == STILL_ACTIVE && !atomic_load(&cell->process.exited_100ns) ? KILLED_EXIT_CODE : code;
}

/* Does what is left of a dead process's sweep. */
static void process_bury(struct process *process) {
    job_process_died(process, process_exit_code(process));
    timers_adopt(process->slot);
    if (process_sweep(process->slot, process_exit_code(process))) {
        server_later();
        return;
    }
    TRACE(TRACE_SERVER, "process %u (slot %u) is swept", process->pid, process->slot);
    STEP("process_bury: swept");
    named_prune();
    STEP("process_bury: names gone");
    session_record_pid(process->slot, 0);
    process->used = false;
    n_processes--;
    n_dead--;
}

static void process_mark_dead(struct process *process) {
    process->dead = true;
    n_dead++;
    source_close(&process->death);
    if (process->client)
        client_drop(process->client);
}

/* When Linux process @pid began, in ns of CLOCK_BOOTTIME; 0 when it is gone. */
static uint64_t pid_born_ns(uint32_t pid) {
    char path[64], text[1024];
    unsigned long long ticks = 0;
    const char *at;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    at = strrchr(text, ')'); /* the name before it may hold anything; the 20th field after it is meant */
    for (unsigned field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at)
        ticks = strtoull(at, NULL, 10);
    return ticks * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* A pidfd of the process in @slot, if that one lives: its id may be another's by now.  Return: -1 if not. */
static int slot_pidfd(const struct process_slot *place, uint32_t pid) {
    const uint64_t born_ns = atomic_load(&place->born_ns), slack_ns = 1000000000;
    const int pidfd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

    if (pidfd < 0 || !born_ns || pid_born_ns(pid) <= born_ns + slack_ns)
        return pidfd;
    close(pidfd);
    return -1;
}

/* Children whose parent died before it could tell us of them: those that run are watched from now on, of the others
 * nothing will come. */
static void orphan_adopt(uint32_t slot) {
    const struct process_slot *place = &winipc_arena->process[slot];
    const uint32_t state = atomic_load(&place->state), pid = atomic_load(&place->pid);
    const uint32_t parent = SLOT_OWNER(state);
    const int pidfd = SLOT_LIFE(state) == SLOT_DEAD ? -1 : slot_pidfd(place, pid);

    if (pidfd >= 0) {
        process_add(slot, pid, pidfd);
        return;
    }
    if (!pid && parent < ARENA_MAX_PROCESSES && processes[parent].used && !processes[parent].dead)
        return; /* its parent is at it */
    processes[slot] = (struct process){.used = true, .dead = true, .slot = slot, .pid = pid, .death = {.fd = -1}};
    n_processes++;
    n_dead++;
    server_later();
}

static void orphans_adopt(void) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);

    for (uint32_t slot = 0; slot < n; slot++) {
        if (!processes[slot].used && SLOT_LIFE(atomic_load(&winipc_arena->process[slot].state)) != SLOT_FREE)
            orphan_adopt(slot);
    }
}

void processes_adopt(void) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);

    for (uint32_t slot = 0; slot < n; slot++) { /* parents before the children that they have just begun with */
        if (SLOT_LIFE(atomic_load(&winipc_arena->process[slot].state)) != SLOT_FREE &&
            atomic_load(&winipc_arena->process[slot].pid))
            orphan_adopt(slot);
    }
    orphans_adopt();
}

int process_memfd_find(uint32_t slot, uint64_t inode) {
    return processes[slot].used && !processes[slot].dead ? memfd_find(processes[slot].pid, inode, O_RDWR) : -1;
}

static void process_died(struct process *process) {
    if (process->dead)
        return;
    process_mark_dead(process);
    orphans_adopt();
    process_bury(process);
}

static void death_ready(struct source *source, uint32_t events) {
    struct process *process = (struct process *)((char *)source - offsetof(struct process, death));
    struct pollfd check = {.fd = source->fd, .events = POLLIN};

    (void)events;
    /* the event may be that of an earlier process in this slot */
    if (process->used && !process->dead && poll(&check, 1, 0) == 1)
        process_died(process);
}

void processes_retry(void) {
    for (uint32_t slot = 0; n_dead && slot < ARENA_MAX_PROCESSES; slot++) {
        if (processes[slot].used && processes[slot].dead)
            process_bury(&processes[slot]);
    }
}

/* ---- births ---- */

static void process_kill(const struct process *process) {
    syscall(SYS_pidfd_send_signal, process->death.fd, SIGKILL, NULL, 0);
}

void process_end(uint32_t slot, uint32_t exit_code) {
    struct cell *cell = cell_at(atomic_load(&winipc_arena->process[slot].cell) - 1);

    if (!cell || cell_type(cell) != CELL_PROCESS)
        return;
    if (!atomic_load(&cell->process.exited_100ns)) { /* else it is ending, and has said so */
        atomic_store(&cell->process.exit_code, exit_code);
        atomic_store(&cell->process.exited_100ns, filetime_now());
    }
    if (!processes[slot].used)
        atomic_store(&winipc_arena->process[slot].doomed, 1);
    else if (!processes[slot].dead)
        process_kill(&processes[slot]);
}

uint32_t process_pid(uint32_t slot) {
    return processes[slot].used ? processes[slot].pid : 0;
}

/* A process that was claimed for before it was there: what was decided about it meanwhile holds now. */
static void process_born(const struct process *process) {
    if (atomic_load(&winipc_arena->process[process->slot].doomed))
        process_kill(process);
    job_process_known(process->slot, process->pid);
}

static struct process *process_of_pid(uint32_t pid) {
    for (uint32_t slot = 0; slot < ARENA_MAX_PROCESSES; slot++) {
        if (processes[slot].used && !processes[slot].dead && processes[slot].pid == pid)
            return &processes[slot];
    }
    return NULL;
}

/* Whether @client may be the process of a slot that was claimed, but of which nobody told us. */
static bool slot_fits(uint32_t slot, uint32_t pid) {
    const struct process_slot *place = &winipc_arena->process[slot];
    const uint32_t said = atomic_load(&place->pid);
    const enum slot_life life = SLOT_LIFE(atomic_load(&place->state));

    return life == SLOT_STARTING ? said == 0 || said == pid : life == SLOT_RUNNING && said == pid;
}

static NTSTATUS process_join_slot(struct client *client, uint32_t slot, struct process **process) {
    *process = &processes[slot];
    if ((*process)->used && ((*process)->dead || (*process)->pid != client->pid))
        return STATUS_ACCESS_DENIED;
    if ((*process)->used)
        return STATUS_SUCCESS;
    if (slot >= arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES) || !slot_fits(slot, client->pid))
        return STATUS_ACCESS_DENIED;
    *process = process_add(slot, client->pid, dup(client->pidfd));
    if (!*process)
        return STATUS_INSUFFICIENT_RESOURCES;
    process_born(*process);
    return STATUS_SUCCESS;
}

/* A process that executes another program without telling its slot begins anew: what it was before has ended. */
static NTSTATUS process_join_new(struct client *client, struct process **process) {
    struct process *before = process_of_pid(client->pid);
    uint32_t slot;

    if (before)
        process_died(before);
    slot = process_slot_claim();
    if (slot >= ARENA_MAX_PROCESSES)
        return STATUS_INSUFFICIENT_RESOURCES;
    /* a slot of ours that is in use was freed by whoever scribbles in the arena */
    *process = processes[slot].used ? NULL : process_add(slot, client->pid, dup(client->pidfd));
    if (!*process) {
        process_sweep(slot, KILLED_EXIT_CODE);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    STEP("process_join: slot without its process");
    process_slot_set_pid(slot, client->pid);
    STEP("process_join: joined");
    return STATUS_SUCCESS;
}

NTSTATUS process_join(struct client *client, uint32_t slot) {
    struct process *process = NULL;
    NTSTATUS status;

    if (slot != NO_SLOT && slot >= ARENA_MAX_PROCESSES)
        return STATUS_INVALID_PARAMETER;
    status = slot == NO_SLOT ? process_join_new(client, &process) : process_join_slot(client, slot, &process);
    if (status)
        return status;
    if (process->client)
        client_drop(process->client);
    process->client = client;
    client->process = process;
    return STATUS_SUCCESS;
}

/* ---- requests ---- */

int32_t handle_hello(struct client *client, struct request_hello *request, struct reply_hello *reply) {
    NTSTATUS status;

    reply->version = PROTOCOL_LAYOUT;
    reply->server_pid = (uint32_t)getpid();
    if (request->version != PROTOCOL_LAYOUT)
        return STATUS_REVISION_MISMATCH;
    status = process_join(client, request->slot);
    if (status)
        return status;
    reply->slot = client->process->slot;
    reply->fd = winipc_arena_fd;
    return STATUS_SUCCESS;
}

int32_t handle_ping(struct client *client, struct request_ping *request, struct reply_ping *reply) {
    (void)client;
    reply->cookie = request->cookie;
    return STATUS_SUCCESS;
}

/* Whether @fd is a pidfd of @pid: the kernel tells in fdinfo. */
static bool pidfd_is_of(int fd, uint32_t pid) {
    char path[64], line[128];
    bool is = false;
    FILE *info;

    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    info = fopen(path, "re");
    while (info && !is && fgets(line, sizeof line, info))
        is = !strncmp(line, "Pid:", 4) && strtoul(line + 4, NULL, 10) == pid && pid != 0;
    if (info)
        fclose(info);
    return is;
}

void handle_process_created(struct client *client, struct request_process_created *request) {
    const uint32_t slot = request->slot;
    const struct process_slot *place = &winipc_arena->process[slot % ARENA_MAX_PROCESSES];

    if (slot >= arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES) || processes[slot].used)
        return; /* the child was faster: it is watched already */
    if (SLOT_LIFE(atomic_load(&place->state)) == SLOT_FREE ||
        SLOT_OWNER(atomic_load(&place->state)) != client->process->slot)
        return;
    if (!pidfd_is_of(request->fd, request->pid))
        return;
    if (process_add(slot, request->pid, request->fd))
        process_born(&processes[slot]);
    request->fd = -1;
}

void processes_dump(void) {
    for (uint32_t slot = 0; slot < ARENA_MAX_PROCESSES; slot++) {
        if (processes[slot].used)
            TRACE(TRACE_SERVER, "left: process %u (slot %u)%s", processes[slot].pid, slot,
                processes[slot].dead ? ", dead" : "");
    }
}
