/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wait completion packets (NT): an object's signal as a packet of a completion port, once for each association.
 *
 * The wait is one of the thread pool's, of the process that made the association.  It is taken back with the pool's own
 * guarantee that its routine has run or never will: so a signal is either a packet or still the object's.
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/wait.h"
#include "dlls/ntdll/wait_packet.h"
#include "libs/arena/port.h"
#include "libs/host/guard.h"

#define MODIFY_STATE 1

struct wait_packet {
    struct wait_packet *next;
    uint32_t cell;
    uint64_t state;      /* of the cell */
    HANDLE target, wait; /* of an association that has not been taken back: our own handle, the pool's wait */
    struct wait_object port;
    struct port_packet values;
    bool armed; /* these two under wait_packet_lock: the target is waited for */
    struct port_ticket ticket;
};

static pthread_mutex_t wait_packet_calls = PTHREAD_MUTEX_INITIALIZER; /* one call at a time; routines do not take it */
static pthread_mutex_t wait_packet_lock = PTHREAD_MUTEX_INITIALIZER;
static struct wait_packet *wait_packets;

/* Not in the headers. */
NTSTATUS WINAPI NtCreateWaitCompletionPacket(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes);
NTSTATUS WINAPI NtAssociateWaitCompletionPacket(HANDLE handle, HANDLE port, HANDLE target, void *key, void *apc,
    NTSTATUS status, ULONG_PTR information, BOOLEAN *already);
NTSTATUS WINAPI NtCancelWaitCompletionPacket(HANDLE handle, BOOLEAN remove);

static NTSTATUS packet_post(struct wait_packet *packet) {
    const int error = port_queue(packet->port.cell, packet->port.state, &packet->values, &packet->ticket);

    return error == -ENOENT ? STATUS_INVALID_HANDLE : error ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static void CALLBACK packet_fire(void *context, BOOLEAN timeout) {
    struct wait_packet *packet = context;

    (void)timeout;
    pthread_mutex_lock(&wait_packet_lock);
    if (packet->armed)
        packet_post(packet);
    packet->armed = false;
    pthread_mutex_unlock(&wait_packet_lock);
}

/* Takes the wait back: from now on its routine does not run.  Return: whether it had not run. */
static bool packet_disarm(struct wait_packet *packet) {
    bool armed;

    if (packet->wait)
        RtlDeregisterWaitEx(packet->wait, INVALID_HANDLE_VALUE);
    if (packet->target)
        NtClose(packet->target);
    packet->wait = packet->target = NULL;
    pthread_mutex_lock(&wait_packet_lock);
    armed = packet->armed;
    packet->armed = false;
    pthread_mutex_unlock(&wait_packet_lock);
    return armed;
}

/* What this process knows of a packet.  @make: it is to be there.  Return: NULL if there is nothing, or no memory. */
static struct wait_packet *packet_of(const struct wait_object *object, bool make) {
    struct wait_packet *packet = wait_packets;

    while (packet && (packet->cell != object->cell || packet->state != object->state))
        packet = packet->next;
    if (packet || !make)
        return packet;
    packet = calloc(1, sizeof *packet);
    if (!packet)
        return NULL;
    packet->next = wait_packets;
    packet->cell = object->cell;
    packet->state = object->state;
    return wait_packets = packet;
}

/**
 * NtCreateWaitCompletionPacket() - makes a packet for NtAssociateWaitCompletionPacket.
 * Return: STATUS_SUCCESS, STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES, and what a name gives.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/ntcreatewaitcompletionpacket
 */
NTSTATUS WINAPI NtCreateWaitCompletionPacket(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    const struct object_plan plan = {.type = CELL_WAIT_PACKET};

    return object_create(handle, access, attributes, &plan);
}

/* The target is signalled already (and taken by that), or waited for from now on. */
static NTSTATUS packet_arm(struct wait_packet *packet, HANDLE target, const struct wait_object *object, bool *already) {
    NTSTATUS status =
        NtDuplicateObject(NtCurrentProcess(), target, NtCurrentProcess(), &packet->target, 0, 0, DUPLICATE_SAME_ACCESS);

    *already = !status && wait_try(cell_at(object->cell)) >= 0;
    if (status)
        return status;
    if (*already)
        return packet_post(packet);
    packet->armed = true;
    status = RtlRegisterWait(
        &packet->wait, packet->target, packet_fire, packet, INFINITE, WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD);
    if (status)
        packet->armed = false;
    return status;
}

/**
 * NtAssociateWaitCompletionPacket() - when @target is signalled a packet with these values comes to @port, once.
 * @already: receives whether that has happened at once; may be NULL.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED,
 * STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER_1 (it is associated and its packet has not been picked up;
 * which error that is, is not confirmed). Source:
 * https://learn.microsoft.com/en-us/windows/win32/devnotes/ntassociatewaitcompletionpacket
 */
NTSTATUS WINAPI NtAssociateWaitCompletionPacket(HANDLE handle, HANDLE port, HANDLE target, void *key, void *apc,
    NTSTATUS status, ULONG_PTR information, BOOLEAN *already) {
    const struct port_packet values = {
        .key = (ULONG_PTR)key, .value = (ULONG_PTR)apc, .information = information, .status = (uint32_t)status};
    struct wait_object object, port_object, target_object;
    struct wait_packet *packet;
    bool signalled = false;
    NTSTATUS result = object_lookup(handle, CELL_WAIT_PACKET, MODIFY_STATE, &object);

    if (!result)
        result = object_lookup(port, CELL_COMPLETION, IO_COMPLETION_MODIFY_STATE, &port_object);
    if (!result)
        result = wait_lookup(target, &target_object);
    if (result)
        return result;
    pthread_mutex_lock(&wait_packet_calls);
    packet = packet_of(&object, true);
    if (!packet) {
        result = STATUS_INSUFFICIENT_RESOURCES;
    } else if (__atomic_load_n(&packet->armed, __ATOMIC_ACQUIRE) || port_holds(&packet->ticket)) {
        result = STATUS_INVALID_PARAMETER_1;
    } else {
        packet_disarm(packet);
        packet->port = port_object;
        packet->values = values;
        result = packet_arm(packet, target, &target_object, &signalled);
    }
    pthread_mutex_unlock(&wait_packet_calls);
    if (!result && already)
        *already = signalled;
    return result;
}

/**
 * NtCancelWaitCompletionPacket() - takes an association back.
 * @remove: a packet that nobody has picked up yet, too.
 * Return: STATUS_SUCCESS; STATUS_PENDING (the packet is in the port, and stays there); STATUS_CANCELLED (it has been
 * picked up, or there never was an association); STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
 * STATUS_ACCESS_DENIED. Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/ntcancelwaitcompletionpacket
 */
NTSTATUS WINAPI NtCancelWaitCompletionPacket(HANDLE handle, BOOLEAN remove) {
    struct wait_object object;
    struct wait_packet *packet;
    NTSTATUS status = object_lookup(handle, CELL_WAIT_PACKET, MODIFY_STATE, &object);

    if (status)
        return status;
    pthread_mutex_lock(&wait_packet_calls);
    packet = packet_of(&object, false);
    if (!packet)
        status = STATUS_CANCELLED;
    else if (packet_disarm(packet))
        status = STATUS_SUCCESS;
    else if (!port_holds(&packet->ticket))
        status = STATUS_CANCELLED;
    else if (!remove)
        status = STATUS_PENDING;
    else
        status = port_withdraw(&packet->ticket) ? STATUS_SUCCESS : STATUS_CANCELLED;
    pthread_mutex_unlock(&wait_packet_calls);
    return status;
}

void wait_packet_handle_closed(uint32_t cell, uint64_t state) {
    struct wait_packet **place = &wait_packets, *packet;

    if (atomic_load(&cell_at(cell)->state) == state)
        return; /* another handle keeps it */
    pthread_mutex_lock(&wait_packet_calls);
    while (*place && ((*place)->cell != cell || (*place)->state != state))
        place = &(*place)->next;
    packet = *place;
    if (packet) {
        *place = packet->next;
        if (!packet_disarm(packet) && port_holds(&packet->ticket))
            port_withdraw(&packet->ticket);
        free(packet);
    }
    pthread_mutex_unlock(&wait_packet_calls);
}
