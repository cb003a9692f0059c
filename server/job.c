/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs: joining, limits, ends; see job.h. */
#include "server/job.h"

#include "server/named.h"

#include "libs/arena/object.h"

#ifndef JOB_OBJECT_POST_AT_END_OF_JOB
#define JOB_OBJECT_POST_AT_END_OF_JOB 1 /* not in the headers */
#endif
#define ASSIGN 1u
#define SET_ATTRIBUTES 2u
#define TERMINATE 8u

/* The limits that are kept (DIE_ON_UNHANDLED_EXCEPTION asks for what is always so: no dialog).  All others are refused:
 * memory and working sets, since a Linux process reserves more than it uses; affinity and scheduling class, since nothing
 * here sets them. */
#define LIMITS_KEPT                                                                                                    \
    (JOB_OBJECT_LIMIT_PROCESS_TIME | JOB_OBJECT_LIMIT_JOB_TIME | JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME |                  \
        JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION |                                \
        JOB_OBJECT_LIMIT_PRIORITY_CLASS |                                                                              \
        JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)

/* What a handle of the client stands for.  Return: an NTSTATUS. */
static NTSTATUS client_object(
    const struct client *client, uint64_t handle, enum cell_type type, uint32_t access, uint32_t *index) {
    const uint64_t entry = client_entry(client, handle);
    const struct cell *cell = entry ? cell_at(ENTRY_CELL(entry)) : NULL;

    if (!cell)
        return STATUS_INVALID_HANDLE;
    *index = ENTRY_CELL(entry);
    if (cell_type(cell) != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return (ENTRY_ACCESS(entry) & access) == access ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* The same for a job.  *number: its cell + 1. */
static NTSTATUS client_job(const struct client *client, uint64_t handle, uint32_t access, uint32_t *number) {
    uint32_t index = NO_CELL;
    const NTSTATUS status = client_object(client, handle, CELL_JOB, access, &index);

    *number = index + 1;
    return status;
}

/* ---- ends ---- */

void job_end_processes(uint32_t number, uint32_t exit_code) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);

    for (uint32_t slot = 0; slot < n; slot++) {
        if (job_member(number, slot))
            process_end(slot, exit_code);
    }
}

void job_released(uint32_t cell) {
    struct cell *job = cell < ARENA_MAX_CELLS ? job_at(cell + 1) : NULL;

    if (!job || cell_handles(cell))
        return;
    /* the last handle is closed: nobody opens it any more, though it stays while processes are in it */
    atomic_store(&job->name, 0);
    named_remove(cell);
    if (atomic_load(&job->job.limits) & JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)
        job_end_processes(cell + 1, 0);
}

void jobs_collect(void) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++)
        job_released(i);
}

/* Exit codes that say that a process did not end of its own will. */
static bool exit_is_abnormal(uint32_t code) {
    switch ((NTSTATUS)code) {
    case STATUS_ACCESS_VIOLATION:
    case STATUS_ARRAY_BOUNDS_EXCEEDED:
    case STATUS_BREAKPOINT:
    case STATUS_CONTROL_C_EXIT:
    case STATUS_DATATYPE_MISALIGNMENT:
    case STATUS_FLOAT_DENORMAL_OPERAND:
    case STATUS_FLOAT_DIVIDE_BY_ZERO:
    case STATUS_FLOAT_INEXACT_RESULT:
    case STATUS_FLOAT_INVALID_OPERATION:
    case STATUS_FLOAT_OVERFLOW:
    case STATUS_FLOAT_STACK_CHECK:
    case STATUS_FLOAT_UNDERFLOW:
    case STATUS_GUARD_PAGE_VIOLATION:
    case STATUS_ILLEGAL_INSTRUCTION:
    case STATUS_IN_PAGE_ERROR:
    case STATUS_INTEGER_DIVIDE_BY_ZERO:
    case STATUS_INTEGER_OVERFLOW:
    case STATUS_INVALID_DISPOSITION:
    case STATUS_INVALID_HANDLE:
    case STATUS_NONCONTINUABLE_EXCEPTION:
    case STATUS_NO_MEMORY:
    case STATUS_PRIVILEGED_INSTRUCTION:
    case STATUS_SINGLE_STEP:
    case STATUS_STACK_OVERFLOW: return true;
    default: return false;
    }
}

/* Whether all processes of a job are dead, and their ends told. */
static bool job_is_empty(uint32_t number) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);

    for (uint32_t slot = 0; slot < n; slot++) {
        const enum slot_life life = SLOT_LIFE(atomic_load(&winipc_arena->process[slot].state));

        if ((life == SLOT_STARTING || life == SLOT_RUNNING) && job_of(slot) && job_is_within(job_of(slot), number))
            return false;
    }
    return true;
}

void job_process_died(const struct process *process, uint32_t exit_code) {
    const uint32_t message =
        exit_is_abnormal(exit_code) ? JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS : JOB_OBJECT_MSG_EXIT_PROCESS;
    const uint32_t first = job_of(process->slot);
    uint32_t user, kernel, number = first;

    if (!first)
        return;
    job_process_ticks(process, &user, &kernel);
    job_tell(first, 0, message, process->pid);
    for (unsigned depth = 0; job_at(number) && depth < JOB_DEPTH; depth++, number = job_parent(number)) {
        atomic_fetch_add(&job_at(number)->job.user_ticks, user);
        atomic_fetch_add(&job_at(number)->job.kernel_ticks, kernel);
    }
    atomic_store(&winipc_arena->process[process->slot].state,
        SLOT_MOVED(atomic_load(&winipc_arena->process[process->slot].state), SLOT_DEAD)); /* counts no more */
    number = first;
    for (unsigned depth = 0; job_at(number) && depth < JOB_DEPTH; depth++, number = job_parent(number)) {
        if (job_is_empty(number))
            job_tell_one(number, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    }
    job_set(process->slot, 0);
}

/* ---- joining ---- */

static void job_announce(uint32_t number, uint32_t until, uint32_t pid) {
    job_tell(number, until, JOB_OBJECT_MSG_NEW_PROCESS, pid);
    for (unsigned depth = 0; number != until && job_at(number) && depth < JOB_DEPTH;
         depth++, number = job_parent(number))
        atomic_fetch_add(&job_at(number)->job.n_processes, 1);
}

void job_process_known(uint32_t slot, uint32_t pid) {
    job_announce(job_of(slot), 0, pid);
}

/* Whether one more process would be too many for a job of the chain; its port is told so. */
static bool job_is_full(uint32_t number, uint32_t until) {
    for (unsigned depth = 0; number != until && job_at(number) && depth < JOB_DEPTH;
         depth++, number = job_parent(number)) {
        const struct cell *job = job_at(number);

        if (!(atomic_load(&job->job.limits) & JOB_OBJECT_LIMIT_ACTIVE_PROCESS) ||
            job_count(number) < atomic_load(&job->job.active))
            continue;
        job_tell_one(number, JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, 0);
        return true;
    }
    return false;
}

static bool job_chain_is_long(uint32_t number) {
    unsigned depth = 0;

    while (number && depth < JOB_DEPTH) {
        depth++;
        number = job_parent(number);
    }
    return depth >= JOB_DEPTH / 2;
}

/* Lets an empty job lie in @parent from now on. */
static bool job_nest(uint32_t number, uint32_t parent) {
    intent_begin(parent - 1);
    if (!cell_ref(parent - 1)) {
        intent_end();
        return false;
    }
    atomic_store(&job_at(number)->job.parent, parent);
    intent_end();
    return true;
}

/* A process joins @number, which must lie in the job that it is in, or be able to. */
static NTSTATUS job_join(uint32_t slot, uint32_t number) {
    const uint32_t current = job_of(slot);
    const bool below = job_is_within(number, current);

    if (current && job_is_within(current, number))
        return STATUS_SUCCESS;
    if (current && !below && (job_parent(number) || job_count(number) || job_chain_is_long(current)))
        return STATUS_ACCESS_DENIED;
    if (job_is_full(number, current))
        return STATUS_QUOTA_EXCEEDED;
    if (current && !below && !job_nest(number, current))
        return STATUS_ACCESS_DENIED;
    if (!job_set(slot, number))
        return STATUS_INVALID_HANDLE;
    job_time_watch();
    return STATUS_SUCCESS;
}

/* The slot of a process that lives.  @handle: UINT64_MAX: the client's own. */
static NTSTATUS client_process(const struct client *client, uint64_t handle, uint32_t access, uint32_t *slot) {
    uint32_t index;
    NTSTATUS status;

    if (handle == UINT64_MAX) {
        *slot = client->process->slot;
        return STATUS_SUCCESS;
    }
    status = client_object(client, handle, CELL_PROCESS, access, &index);
    if (status)
        return status;
    *slot = cell_at(index)->process.slot;
    if (*slot >= arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES) ||
        atomic_load(&winipc_arena->process[*slot].cell) != index + 1 ||
        atomic_load(&cell_at(index)->word) & WORD_SIGNALED)
        return STATUS_PROCESS_IS_TERMINATING;
    return STATUS_SUCCESS;
}

int32_t handle_job_assign(struct client *client, struct request_job_assign *request, struct reply_job_assign *reply) {
    uint32_t number, slot, before, pid;
    NTSTATUS status = client_job(client, request->job, ASSIGN, &number);

    (void)reply;
    if (!status)
        status = client_process(client, request->process, PROCESS_SET_QUOTA | PROCESS_TERMINATE, &slot);
    if (status)
        return status;
    before = job_of(slot);
    status = job_join(slot, number);
    pid = process_pid(slot);
    if (status == STATUS_QUOTA_EXCEEDED) {
        atomic_fetch_add(&job_at(number)->job.n_limited, 1);
        process_end(slot, ERROR_NOT_ENOUGH_QUOTA);
    } else if (!status && pid && job_of(slot) != before) {
        job_announce(number, before, pid);
    }
    return status;
}

/* The innermost job of @number's chain that keeps a child which asks to leave. */
static uint32_t job_that_keeps(uint32_t number, bool asked) {
    const uint32_t allows = JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | (asked ? JOB_OBJECT_LIMIT_BREAKAWAY_OK : 0);

    for (unsigned depth = 0; job_at(number) && depth < JOB_DEPTH; depth++, number = job_parent(number)) {
        if (!(atomic_load(&job_at(number)->job.limits) & allows))
            return number;
    }
    return 0;
}

int32_t handle_job_enter(struct client *client, struct request_job_enter *request, struct reply_job_enter *reply) {
    const uint32_t slot = request->slot;
    uint32_t parent = client->process->slot, own, number, state;
    const NTSTATUS status = request->parent ? client_process(client, request->parent, PROCESS_CREATE_PROCESS, &parent) : STATUS_SUCCESS;

    (void)reply;
    if (status)
        return status;
    own = job_of(parent);
    number = job_that_keeps(own, request->breakaway);
    if (slot >= arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES))
        return STATUS_INVALID_PARAMETER;
    state = atomic_load(&winipc_arena->process[slot].state);
    if (SLOT_LIFE(state) != SLOT_STARTING || SLOT_OWNER(state) != client->process->slot)
        return STATUS_INVALID_PARAMETER;
    if (request->breakaway && own && number == own)
        return STATUS_ACCESS_DENIED;
    return number ? job_join(slot, number) : STATUS_SUCCESS;
}

/* ---- settings ---- */

int32_t handle_job_set_limits(
    struct client *client, struct request_job_set_limits *request, struct reply_job_set_limits *reply) {
    const uint32_t job_time = JOB_OBJECT_LIMIT_JOB_TIME | JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME;
    uint32_t number, limits = request->limits;
    const NTSTATUS status = client_job(client, request->job, SET_ATTRIBUTES, &number);
    struct cell *job = job_at(number);

    (void)reply;
    if (status || !job)
        return status ? status : STATUS_INVALID_HANDLE;
    if ((limits & job_time) == job_time || (limits & JOB_OBJECT_LIMIT_ACTIVE_PROCESS && !request->active))
        return STATUS_INVALID_PARAMETER;
    if (limits & JOB_OBJECT_LIMIT_PRIORITY_CLASS && (!request->priority_class || request->priority_class > 6))
        return STATUS_INVALID_PARAMETER;
    if (limits & ~(uint32_t)LIMITS_KEPT)
        return STATUS_NOT_SUPPORTED;
    if (limits & JOB_OBJECT_LIMIT_JOB_TIME) {
        if (object_reset(job) < 0)
            return HANDLER_AGAIN;
        atomic_store(&job->job.job_100ns, request->job_100ns);
        atomic_store(&job->job.period_ticks, (uint32_t)job_user_ticks(number));
    }
    if (limits & JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME)
        limits = (limits & ~job_time) | (atomic_load(&job->job.limits) & JOB_OBJECT_LIMIT_JOB_TIME);
    if (limits & JOB_OBJECT_LIMIT_PROCESS_TIME)
        atomic_store(&job->job.process_100ns, request->process_100ns);
    if (limits & JOB_OBJECT_LIMIT_ACTIVE_PROCESS)
        atomic_store(&job->job.active, request->active);
    if (limits & JOB_OBJECT_LIMIT_PRIORITY_CLASS)
        limits |= JOB_CLASS_BITS(request->priority_class);
    atomic_store(&job->job.limits, limits);
    job_time_watch();
    return STATUS_SUCCESS;
}

int32_t handle_job_set_port(
    struct client *client, struct request_job_set_port *request, struct reply_job_set_port *reply) {
    uint32_t number, port = NO_CELL, generation;
    NTSTATUS status = client_job(client, request->job, SET_ATTRIBUTES, &number);
    struct cell *job = job_at(number);

    (void)reply;
    if (!status && request->port)
        status = client_object(client, request->port, CELL_COMPLETION, IO_COMPLETION_MODIFY_STATE, &port);
    if (status || !job)
        return status ? status : STATUS_INVALID_HANDLE;
    if (!request->port) {
        atomic_store(&job->job.port, 0);
        return STATUS_SUCCESS;
    }
    if (atomic_load(&job->job.port))
        return client->again && atomic_load(&job->job.port) == port + 1 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    generation = STATE_GENERATION(atomic_load(&cell_at(port)->state));
    atomic_store(&job->job.port_state, (atomic_load(&job->job.port_state) & JOB_POST_AT_END) | generation);
    atomic_store(&job->job.port_key, request->key);
    atomic_store(&job->job.port, port + 1);
    for (uint32_t slot = 0; slot < arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES); slot++) {
        if (job_member(number, slot) && process_pid(slot))
            job_tell_one(number, JOB_OBJECT_MSG_NEW_PROCESS, process_pid(slot));
    }
    return STATUS_SUCCESS;
}

int32_t handle_job_set_end(
    struct client *client, struct request_job_set_end *request, struct reply_job_set_end *reply) {
    uint32_t number;
    const NTSTATUS status = client_job(client, request->job, SET_ATTRIBUTES, &number);
    struct cell *job = job_at(number);

    (void)reply;
    if (status || !job)
        return status ? status : STATUS_INVALID_HANDLE;
    if (request->action > JOB_OBJECT_POST_AT_END_OF_JOB)
        return STATUS_INVALID_PARAMETER;
    if (request->action)
        atomic_fetch_or(&job->job.port_state, JOB_POST_AT_END);
    else
        atomic_fetch_and(&job->job.port_state, ~JOB_POST_AT_END);
    return STATUS_SUCCESS;
}

int32_t handle_job_terminate(
    struct client *client, struct request_job_terminate *request, struct reply_job_terminate *reply) {
    uint32_t number;
    const NTSTATUS status = client_job(client, request->job, TERMINATE, &number);

    (void)reply;
    if (!status)
        job_end_processes(number, request->exit_code);
    return status;
}
