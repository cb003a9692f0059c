/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keyed events (NT): who waits for a key and who releases it meet, one to one; whoever comes first stays until the
 * other is there.
 *
 * Keys are addresses, and only threads of one process meet, though the event itself may be shared: so the threads that
 * stay are listed in private memory, first come first served, and no death of another process concerns them.  They
 * sleep in the arena's waits, so that APCs, time-outs and TerminateThread reach them there.
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <pthread.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/wait.h"

#define KEYEDEVENT_WAIT 1
#define KEYEDEVENT_WAKE 2

/* On its thread's stack; under the lock. */
struct keyed_thread {
    struct keyed_thread *next;
    uint64_t event; /* the cell's number and generation; 0: the process's own event */
    const void *key;
    ACCESS_MASK side; /* KEYEDEVENT_WAIT or KEYEDEVENT_WAKE */
    uint32_t thread;  /* slot */
    bool met;
};

static pthread_mutex_t keyed_lock = PTHREAD_MUTEX_INITIALIZER;
static struct keyed_thread *keyed_first, **keyed_end = &keyed_first;

static void keyed_list(struct keyed_thread *self) {
    self->next = NULL;
    *keyed_end = self;
    keyed_end = &self->next;
}

static void keyed_unlist(const struct keyed_thread *self) {
    struct keyed_thread **place = &keyed_first;

    while (*place != self)
        place = &(*place)->next;
    *place = self->next;
    if (!*place)
        keyed_end = place;
}

/* The one who has stayed longest for what @self brings. */
static struct keyed_thread *keyed_partner(const struct keyed_thread *self) {
    struct keyed_thread *other = keyed_first;

    while (other && (other->key != self->key || other->event != self->event || other->side == self->side))
        other = other->next;
    return other;
}

static bool keyed_has_met(void *context) {
    return __atomic_load_n(&((struct keyed_thread *)context)->met, __ATOMIC_ACQUIRE);
}

/* Sleeps until the partner is there.  Who meets us does so under the lock, so that after a look under it nobody knows
 * of @self. */
static NTSTATUS keyed_stay(struct keyed_thread *self, bool alertable, uint64_t deadline_ns) {
    const struct wait_request request = {
        .alertable = alertable, .deadline_ns = deadline_ns, .condition = keyed_has_met, .context = self};

    for (;;) {
        const int result = wait_for(&request);
        const bool over = result == WAIT_RESULT_TIMEOUT || result == WAIT_RESULT_APC || suspend_ending();
        bool met;

        pthread_mutex_lock(&keyed_lock);
        met = self->met;
        if (over && !met)
            keyed_unlist(self);
        pthread_mutex_unlock(&keyed_lock);
        if (met)
            return STATUS_SUCCESS;
        if (!over)
            continue;
        suspend_point();
        if (result != WAIT_RESULT_APC)
            return STATUS_TIMEOUT;
        apc_run();
        return STATUS_USER_APC;
    }
}

static NTSTATUS keyed_meet(
    HANDLE handle, const void *key, ACCESS_MASK side, bool alertable, const LARGE_INTEGER *timeout) {
    struct keyed_thread self = {.key = key, .side = side, .thread = arena_self.index}, *other;
    struct wait_object object;

    if ((ULONG_PTR)key & 1)
        return STATUS_INVALID_PARAMETER_1;
    if (handle) {
        const NTSTATUS status = object_lookup(handle, CELL_KEYED_EVENT, side, &object);

        if (status)
            return status;
        self.event = (object.cell + 1ull) | (uint64_t)STATE_GENERATION(object.state) << 32;
    }
    pthread_mutex_lock(&keyed_lock);
    other = keyed_partner(&self);
    if (other) {
        keyed_unlist(other);
        __atomic_store_n(&other->met, true, __ATOMIC_RELEASE);
        wait_look_again(&winipc_arena->thread[other->thread]);
    } else {
        keyed_list(&self);
    }
    pthread_mutex_unlock(&keyed_lock);
    return other ? STATUS_SUCCESS : keyed_stay(&self, alertable, wait_deadline(timeout));
}

/**
 * NtCreateKeyedEvent() - makes (or, with OBJ_OPENIF, opens) a keyed event.
 * @flags: 0.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS, STATUS_OBJECT_TYPE_MISMATCH, STATUS_OBJECT_NAME_COLLISION,
 * STATUS_INVALID_PARAMETER_4 (flags), STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS WINAPI NtCreateKeyedEvent(
    HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, ULONG flags) {
    /* a wait for the handle itself ends at once, as for all types of NT that have no state of their own to wait for */
    const struct object_plan plan = {.type = CELL_KEYED_EVENT, .word = WORD_MANUAL | WORD_SIGNALED};

    return flags ? STATUS_INVALID_PARAMETER_4 : object_create(handle, access, attributes, &plan);
}

NTSTATUS WINAPI NtOpenKeyedEvent(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return object_open(handle, access, attributes, CELL_KEYED_EVENT);
}

/**
 * NtWaitForKeyedEvent() - stays until another thread of the process releases the key.
 * @handle: NULL: the keyed event that each process has.
 * @key: an even number, most often an address.
 * @timeout: in 100 ns; negative: from now; NULL: for ever.
 * Return: STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_USER_APC (alertable; the APCs have run), STATUS_INVALID_PARAMETER_1
 * (an odd key), STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_OBJECT_TYPE_MISMATCH.
 */
NTSTATUS WINAPI NtWaitForKeyedEvent(HANDLE handle, const void *key, BOOLEAN alertable, const LARGE_INTEGER *timeout) {
    return keyed_meet(handle, key, KEYEDEVENT_WAIT, alertable, timeout);
}

/* NtReleaseKeyedEvent() - lets one thread go that waits for the key, or stays until one comes.  Parameters and values
 * as above. */
NTSTATUS WINAPI NtReleaseKeyedEvent(HANDLE handle, const void *key, BOOLEAN alertable, const LARGE_INTEGER *timeout) {
    return keyed_meet(handle, key, KEYEDEVENT_WAKE, alertable, timeout);
}
