/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events, mutants and semaphores (NT).  What they do is in libs/arena/object.c; here are arguments, access and answers. */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <errno.h>
#include <limits.h>

#include "dlls/ntdll/query.h"
#include "libs/arena/object.h"

#define SEMAPHORE_QUERY 1
#define MUTANT_OWNER_INFORMATION_CLASS 1 /* not in the headers */

/* ---- events ---- */

/**
 * NtCreateEvent() - makes (or, with OBJ_OPENIF, opens) an event.
 * @type: NotificationEvent (manual reset) or SynchronizationEvent.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS, STATUS_OBJECT_TYPE_MISMATCH, STATUS_OBJECT_NAME_COLLISION,
 * STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS WINAPI NtCreateEvent(
    HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, EVENT_TYPE type, BOOLEAN signaled) {
    const struct object_plan plan = {.type = CELL_EVENT,
        .word = (type == NotificationEvent ? WORD_MANUAL : 0) | (signaled ? WORD_SIGNALED : 0)};

    if (type != NotificationEvent && type != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER;
    return object_create(handle, access, attributes, &plan);
}

NTSTATUS WINAPI NtOpenEvent(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return object_open(handle, access, attributes, CELL_EVENT);
}

static NTSTATUS event_change(HANDLE handle, LONG *previous, int (*change)(struct cell *)) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_EVENT, EVENT_MODIFY_STATE, &object);
    int before;

    if (status)
        return status;
    before = change(cell_at(object.cell));
    if (previous)
        *previous = before;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtSetEvent(HANDLE handle, LONG *previous) {
    return event_change(handle, previous, object_signal);
}

NTSTATUS WINAPI NtResetEvent(HANDLE handle, LONG *previous) {
    return event_change(handle, previous, object_reset);
}

NTSTATUS WINAPI NtClearEvent(HANDLE handle) {
    return event_change(handle, NULL, object_reset);
}

NTSTATUS WINAPI NtPulseEvent(HANDLE handle, LONG *previous) {
    return event_change(handle, previous, event_pulse);
}

/**
 * NtQueryEvent() - type and state (EventBasicInformation).
 * Return: STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
 * STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION.
 */
NTSTATUS WINAPI NtQueryEvent(HANDLE handle, EVENT_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    EVENT_BASIC_INFORMATION info;
    struct wait_object object;
    const NTSTATUS status =
        query_object(handle, CELL_EVENT, EVENT_QUERY_STATE, class == EventBasicInformation, size, sizeof info, &object);
    uint64_t word;

    if (status)
        return status;
    word = atomic_load(&cell_at(object.cell)->word);
    info.EventType = word & WORD_MANUAL ? NotificationEvent : SynchronizationEvent;
    info.EventState = word & WORD_SIGNALED;
    return query_answer(data, &info, sizeof info, used);
}

/* ---- mutants ---- */

NTSTATUS WINAPI NtCreateMutant(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, BOOLEAN owned) {
    const struct object_plan plan = {.type = CELL_MUTANT, .owned = owned};

    return object_create(handle, access, attributes, &plan);
}

NTSTATUS WINAPI NtOpenMutant(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return object_open(handle, access, attributes, CELL_MUTANT);
}

/**
 * NtReleaseMutant() - gives up one level of ownership.
 * @previous: receives 1 - the recursion count before; may be NULL.
 * Return: STATUS_SUCCESS, STATUS_MUTANT_NOT_OWNED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.
 */
NTSTATUS WINAPI NtReleaseMutant(HANDLE handle, LONG *previous) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_MUTANT, 0, &object);
    int64_t left;

    if (status)
        return status;
    left = mutant_release(cell_at(object.cell));
    if (left < 0)
        return STATUS_MUTANT_NOT_OWNED;
    if (previous)
        *previous = (LONG)-left;
    return STATUS_SUCCESS;
}

/* Who owns a mutant; all zero if nobody does. */
static CLIENT_ID mutant_owner(uint64_t word) {
    const uint32_t index = THREAD_ID_SLOT(WORD_OWNER(word));
    CLIENT_ID id = {NULL, NULL};

    if (WORD_OWNER(word) && index < arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS)) {
        const struct thread_slot *thread = &winipc_arena->thread[index];
        const uint32_t process = SLOT_OWNER(atomic_load(&thread->state));

        id.UniqueThread = ULongToHandle(4 * atomic_load(&thread->tid));
        if (process < ARENA_MAX_PROCESSES)
            id.UniqueProcess = ULongToHandle(4 * atomic_load(&winipc_arena->process[process].pid));
    }
    return id;
}

/**
 * NtQueryMutant() - count, owned by the caller or not, abandoned or not (MutantBasicInformation); who owns it (MutantOwnerInformation, 1).
 * Return: as NtQueryEvent.
 */
NTSTATUS WINAPI NtQueryMutant(HANDLE handle, MUTANT_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    const bool basic = class == MutantBasicInformation;
    MUTANT_BASIC_INFORMATION info = {0};
    struct wait_object object;
    const NTSTATUS status = query_object(handle, CELL_MUTANT, MUTANT_QUERY_STATE, basic || (int)class == MUTANT_OWNER_INFORMATION_CLASS, size,
        basic ? sizeof info : sizeof(CLIENT_ID), &object);
    CLIENT_ID owner;
    uint64_t word;

    if (status)
        return status;
    word = atomic_load(&cell_at(object.cell)->word);
    owner = mutant_owner(word);
    info.CurrentCount = WORD_OWNER(word) ? 1 - (LONG)atomic_load(&cell_at(object.cell)->mutant.recursion) : 1;
    info.OwnedByCaller = WORD_OWNER(word) == arena_self.id;
    info.AbandonedState = (word & WORD_ABANDONED) != 0;
    return basic ? query_answer(data, &info, sizeof info, used) : query_answer(data, &owner, sizeof owner, used);
}

/* ---- semaphores ---- */

NTSTATUS WINAPI NtCreateSemaphore(
    HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, LONG initial, LONG maximum) {
    const struct object_plan plan = {.type = CELL_SEMAPHORE, .word = (uint32_t)initial, .parameter = (uint32_t)maximum};

    if (maximum <= 0 || initial < 0 || initial > maximum)
        return STATUS_INVALID_PARAMETER;
    return object_create(handle, access, attributes, &plan);
}

NTSTATUS WINAPI NtOpenSemaphore(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return object_open(handle, access, attributes, CELL_SEMAPHORE);
}

/**
 * NtReleaseSemaphore() - raises the count.
 * Return: STATUS_SUCCESS, STATUS_SEMAPHORE_LIMIT_EXCEEDED (nothing changes), STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED,
 * STATUS_INVALID_PARAMETER (count not positive).
 */
NTSTATUS WINAPI NtReleaseSemaphore(HANDLE handle, ULONG count, ULONG *previous) {
    struct wait_object object;
    NTSTATUS status;
    int64_t before;

    if (count == 0 || count > INT_MAX)
        return STATUS_INVALID_PARAMETER;
    status = object_lookup(handle, CELL_SEMAPHORE, SEMAPHORE_MODIFY_STATE, &object);
    if (status)
        return status;
    before = semaphore_release(cell_at(object.cell), count);
    if (before < 0)
        return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    if (previous)
        *previous = (ULONG)before;
    return STATUS_SUCCESS;
}

/**
 * NtQuerySemaphore() - count and maximum (SemaphoreBasicInformation).
 * Return: as NtQueryEvent.
 */
NTSTATUS WINAPI NtQuerySemaphore(HANDLE handle, SEMAPHORE_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    SEMAPHORE_BASIC_INFORMATION info;
    struct wait_object object;
    const NTSTATUS status = query_object(
        handle, CELL_SEMAPHORE, SEMAPHORE_QUERY, class == SemaphoreBasicInformation, size, sizeof info, &object);

    if (status)
        return status;
    info.CurrentCount = WORD_COUNT(atomic_load(&cell_at(object.cell)->word));
    info.MaximumCount = cell_at(object.cell)->semaphore.maximum;
    return query_answer(data, &info, sizeof info, used);
}
