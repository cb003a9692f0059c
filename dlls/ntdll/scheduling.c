/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Priorities and affinity (NT).  What a process and a thread were given stands in their slots, for all to read and set.
 *
 * Affinity is Linux's: setting a process's sets it for all its threads.  A priority is kept and given back; Linux lets an ordinary user only
 * lower one, for good, so it has no other effect.  The same holds for boosts and ideal processors, which are wishes on Windows as well.
 */
#include "dlls/ntdll/scheduling.h"

#include <ntstatus.h>

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/system.h"
#include "dlls/ntdll/thread.h"
#include "libs/arena/job.h"
#include "libs/host/guard.h"

/* In process_slot.priority and thread_slot.priority; 0 is a new one's. */
#define PRIORITY_VALUE 0xffu /* process: PROCESS_PRIOCLASS_*, 0: normal; thread: the increment, signed */
#define PRIORITY_NO_BOOST 0x100u
#define PRIORITY_IO(level) (((level) ^ 2u) << 12) /* IO_PRIORITY_HINT; 2 is normal */
#define PRIORITY_IO_OF(priority) (((priority) >> 12 & 7) ^ 2u)
#define PRIORITY_IDEAL(processor) ((uint32_t)(processor) << 16)
#define PRIORITY_IDEAL_OF(priority) ((UCHAR)((priority) >> 16))

static void bits_set(_Atomic uint32_t *word, uint32_t mask, uint32_t value) {
    uint32_t old = atomic_load(word);

    while (!atomic_compare_exchange_weak(word, &old, (old & ~mask) | value))
        ;
}

/* ---- affinity ---- */

static ULONG_PTR linux_affinity(pid_t id) {
    ULONG_PTR mask = 0;
    cpu_set_t set;

    if (sched_getaffinity(id, sizeof set, &set))
        return 0;
    for (int i = 0; i < 64; i++)
        mask |= CPU_ISSET(i, &set) ? (ULONG_PTR)1 << i : 0;
    return mask;
}

static NTSTATUS linux_set_affinity(pid_t id, ULONG_PTR mask) {
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int i = 0; i < 64; i++)
        if (mask >> i & 1)
            CPU_SET(i, &set);
    if (!sched_setaffinity(id, sizeof set, &set))
        return STATUS_SUCCESS;
    return errno == EPERM ? STATUS_ACCESS_DENIED : errno == ESRCH ? STATUS_THREAD_IS_TERMINATING : STATUS_INVALID_PARAMETER;
}

ULONG_PTR process_affinity(uint32_t process) {
    const ULONG_PTR kept = atomic_load(&winipc_arena->process[process].affinity);

    return kept ? kept : linux_affinity((pid_t)atomic_load(&winipc_arena->process[process].pid));
}

ULONG_PTR thread_affinity(const struct thread_slot *slot) {
    const pid_t tid = (pid_t)atomic_load(&slot->tid);

    return tid ? linux_affinity(tid) : process_affinity(SLOT_OWNER(atomic_load(&slot->state)));
}

/* All threads that a process has, ours among them. */
static NTSTATUS linux_set_all(uint32_t pid, ULONG_PTR mask) {
    NTSTATUS status = STATUS_SUCCESS;
    struct dirent *entry;
    char path[48];
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%u/task", (unsigned)pid);
    folder = opendir(path);
    if (!folder)
        return STATUS_PROCESS_IS_TERMINATING;
    while (!status && (entry = readdir(folder))) {
        if (atoi(entry->d_name))
            status = linux_set_affinity(atoi(entry->d_name), mask);
        if (status == STATUS_THREAD_IS_TERMINATING)
            status = STATUS_SUCCESS;
    }
    closedir(folder);
    return status;
}

/* Kept first: a thread that begins meanwhile takes it from there. */
static NTSTATUS process_set_affinity(uint32_t process, ULONG_PTR mask) {
    struct process_slot *slot = &winipc_arena->process[process];
    const ULONG_PTR before = process_affinity(process);
    NTSTATUS status;

    if (!mask || mask & ~system_processor_mask())
        return STATUS_INVALID_PARAMETER;
    atomic_store(&slot->affinity, mask);
    status = linux_set_all(atomic_load(&slot->pid), mask);
    if (status)
        atomic_store(&slot->affinity, before);
    return status;
}

/* The process's affinity is kept from now on: it can no longer be read off its threads. */
static NTSTATUS thread_set_affinity(struct thread_slot *slot, ULONG_PTR mask) {
    const uint32_t process = SLOT_OWNER(atomic_load(&slot->state));
    const ULONG_PTR allowed = process < ARENA_MAX_PROCESSES ? process_affinity(process) : 0;
    uint64_t none = 0;

    if (!mask || mask & ~allowed)
        return STATUS_INVALID_PARAMETER;
    atomic_compare_exchange_strong(&winipc_arena->process[process].affinity, &none, allowed);
    return linux_set_affinity((pid_t)atomic_load(&slot->tid), mask);
}

void thread_begin_affinity(void) {
    const ULONG_PTR kept = atomic_load(&winipc_arena->process[arena_process].affinity);

    if (kept)
        linux_set_affinity(0, kept);
}

/* ---- priorities ---- */

static LONG class_base(UCHAR class) {
    switch (class) {
    case PROCESS_PRIOCLASS_IDLE: return 4;
    case PROCESS_PRIOCLASS_BELOW_NORMAL: return 6;
    case PROCESS_PRIOCLASS_ABOVE_NORMAL: return 10;
    case PROCESS_PRIOCLASS_HIGH: return 13;
    case PROCESS_PRIOCLASS_REALTIME: return 24;
    default: return 8;
    }
}

/* The class that a process's jobs say: the innermost that says one, unless one around it says a lower one.  0: none says one. */
static UCHAR job_class(uint32_t process) {
    uint32_t number = job_of(process);
    UCHAR found = 0;

    for (unsigned depth = 0; job_at(number) && depth < JOB_DEPTH; depth++, number = job_parent(number)) {
        const UCHAR class = JOB_CLASS(atomic_load(&job_at(number)->job.limits));

        if (class && (!found || class_base(class) < class_base(found)))
            found = class;
    }
    return found;
}

UCHAR process_class(uint32_t process) {
    const UCHAR class = atomic_load(&winipc_arena->process[process].priority) & PRIORITY_VALUE, forced = job_class(process);

    return forced ? forced : class ? class : PROCESS_PRIOCLASS_NORMAL;
}

LONG process_base_priority(uint32_t process) {
    return class_base(process_class(process));
}

bool process_boost_is_off(uint32_t process) {
    return atomic_load(&winipc_arena->process[process].priority) & PRIORITY_NO_BOOST;
}

void process_schedule_child(uint32_t child, uint32_t parent, UCHAR class, ULONG_PTR affinity) {
    const UCHAR above = process_class(parent);
    const bool is_low = above == PROCESS_PRIOCLASS_IDLE || above == PROCESS_PRIOCLASS_BELOW_NORMAL;

    atomic_store(&winipc_arena->process[child].priority, class ? class : is_low ? above : 0);
    atomic_store(&winipc_arena->process[child].affinity, affinity ? affinity : atomic_load(&winipc_arena->process[parent].affinity));
}

LONG thread_increment(const struct thread_slot *slot) {
    return (int8_t)(atomic_load(&slot->priority) & PRIORITY_VALUE);
}

LONG thread_base_priority(const struct thread_slot *slot) {
    const uint32_t process = SLOT_OWNER(atomic_load(&slot->state));
    const LONG increment = thread_increment(slot), base = process < ARENA_MAX_PROCESSES ? process_base_priority(process) : 8;
    const LONG lowest = base >= 16 ? 16 : 1;

    if (increment >= INCREMENT_SATURATED)
        return lowest + (base >= 16 ? 15 : 14);
    return increment <= -INCREMENT_SATURATED ? lowest : base + increment;
}

bool thread_boost_is_off(const struct thread_slot *slot) {
    return atomic_load(&slot->priority) & PRIORITY_NO_BOOST;
}

UCHAR thread_ideal_processor(const struct thread_slot *slot) {
    return PRIORITY_IDEAL_OF(atomic_load(&slot->priority));
}

static NTSTATUS thread_set_increment(struct thread_slot *slot, LONG increment) {
    const bool is_saturated = increment == INCREMENT_SATURATED || increment == -INCREMENT_SATURATED;
    const bool is_realtime = process_class(SLOT_OWNER(atomic_load(&slot->state)) % ARENA_MAX_PROCESSES) == PROCESS_PRIOCLASS_REALTIME;

    if (!is_saturated && (increment < (is_realtime ? -7 : -2) || increment > (is_realtime ? 6 : 2)))
        return STATUS_INVALID_PARAMETER;
    bits_set(&slot->priority, PRIORITY_VALUE, (uint8_t)(int8_t)increment);
    return STATUS_SUCCESS;
}

ULONG thread_io_priority(const struct thread_slot *slot) {
    return PRIORITY_IO_OF(atomic_load(&slot->priority));
}

/* ---- setting ---- */

static NTSTATUS thread_set_io(struct thread_slot *slot, ULONG level) {
    if (level > 4)
        return STATUS_INVALID_PARAMETER;
    bits_set(&slot->priority, 7u << 12, PRIORITY_IO(level));
    return STATUS_SUCCESS;
}

/* MAXIMUM_PROCESSORS only asks.  Return: the processor before, which is a success as well. */
static NTSTATUS thread_set_ideal(struct thread_slot *slot, ULONG processor) {
    const NTSTATUS before = thread_ideal_processor(slot);

    if (processor == MAXIMUM_PROCESSORS)
        return before;
    if (processor >= system_processor_count())
        return STATUS_INVALID_PARAMETER;
    bits_set(&slot->priority, PRIORITY_IDEAL(0xff), PRIORITY_IDEAL(processor));
    return before;
}

static ULONG thread_class_size(THREADINFOCLASS class) {
    switch ((int)class) {
    case ThreadAffinityMask: return sizeof(ULONG_PTR);
    case ThreadBasePriority:
    case ThreadPriorityBoost:
    case ThreadIoPriority:
    case ThreadIdealProcessor: return sizeof(ULONG);
    default: return 0;
    }
}

NTSTATUS scheduling_set_thread(HANDLE handle, THREADINFOCLASS class, const void *data, ULONG size) {
    struct thread_slot *slot;
    struct cell *cell;
    ULONG_PTR value = 0;
    NTSTATUS status;

    if (!thread_class_size(class))
        return STATUS_INVALID_INFO_CLASS;
    if (size != thread_class_size(class))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (guard_copy_from(&value, data, size))
        return STATUS_ACCESS_VIOLATION;
    status = thread_slot_of(handle, THREAD_SET_LIMITED_INFORMATION, &slot, &cell);
    if (status)
        return status;
    switch ((int)class) {
    case ThreadAffinityMask: return thread_set_affinity(slot, value);
    case ThreadBasePriority: return thread_set_increment(slot, (LONG)value);
    case ThreadIdealProcessor: return thread_set_ideal(slot, (ULONG)value);
    case ThreadIoPriority: return thread_set_io(slot, (ULONG)value);
    default: bits_set(&slot->priority, PRIORITY_NO_BOOST, value ? PRIORITY_NO_BOOST : 0); return STATUS_SUCCESS;
    }
}

static NTSTATUS process_set_class(uint32_t process, const PROCESS_PRIORITY_CLASS *info) {
    if (info->PriorityClass < PROCESS_PRIOCLASS_IDLE || info->PriorityClass > PROCESS_PRIOCLASS_ABOVE_NORMAL)
        return STATUS_INVALID_PARAMETER;
    bits_set(&winipc_arena->process[process].priority, PRIORITY_VALUE, info->PriorityClass);
    return STATUS_SUCCESS;
}

static ULONG process_class_size(PROCESSINFOCLASS class) {
    switch ((int)class) {
    case ProcessPriorityClass: return sizeof(PROCESS_PRIORITY_CLASS);
    case ProcessAffinityMask: return sizeof(ULONG_PTR);
    case ProcessPriorityBoost: return sizeof(ULONG);
    default: return 0;
    }
}

/**
 * NtSetInformationProcess() - ProcessPriorityClass, ProcessPriorityBoost, ProcessAffinityMask.
 * @handle: with PROCESS_SET_INFORMATION.
 * Return: STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS (another class: not there), STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER,
 * STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_OBJECT_TYPE_MISMATCH, STATUS_PROCESS_IS_TERMINATING, STATUS_ACCESS_VIOLATION.
 */
NTSTATUS WINAPI NtSetInformationProcess(HANDLE handle, PROCESSINFOCLASS class, void *data, ULONG size) {
    union {
        PROCESS_PRIORITY_CLASS class;
        ULONG_PTR mask;
        ULONG number;
    } info;
    uint32_t process;
    NTSTATUS status;

    if (!process_class_size(class))
        return STATUS_INVALID_INFO_CLASS;
    if (size != process_class_size(class))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (guard_copy_from(&info, data, size))
        return STATUS_ACCESS_VIOLATION;
    status = process_slot_of(handle, PROCESS_SET_INFORMATION, &process);
    if (status)
        return status;
    if (class == ProcessPriorityClass)
        return process_set_class(process, &info.class);
    if (class == ProcessAffinityMask)
        return process_set_affinity(process, info.mask);
    bits_set(&winipc_arena->process[process].priority, PRIORITY_NO_BOOST, info.number ? PRIORITY_NO_BOOST : 0);
    return STATUS_SUCCESS;
}
