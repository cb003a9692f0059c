/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion ports (NT): handles and files to the queues of the arena (libs/arena/port.h).
 * Source: https://learn.microsoft.com/en-us/windows/win32/fileio/i-o-completion-ports
 */
#include "dlls/ntdll/file.h"

#include <ntstatus.h>

#include <errno.h>
#include <unistd.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/wait.h"
#include "libs/arena/port.h"
#include "libs/host/guard.h"

/* ---- the object ---- */

/**
 * NtCreateIoCompletion() - makes a completion port, or opens the one of that name.
 * @concurrency: how many threads may work for it at once; 0: as many as there are processors.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS, STATUS_ACCESS_VIOLATION, and what the name gives.
 */
NTSTATUS WINAPI NtCreateIoCompletion(
    HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, ULONG concurrency) {
    const struct object_plan plan = {.type = CELL_COMPLETION,
        .word = WORD_MANUAL,
        .parameter = concurrency ? concurrency : (uint32_t)sysconf(_SC_NPROCESSORS_ONLN)};

    return object_create(handle, access, attributes, &plan);
}

/** NtOpenIoCompletion() - opens the completion port of a name. */
NTSTATUS WINAPI NtOpenIoCompletion(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return object_open(handle, access, attributes, CELL_COMPLETION);
}

/**
 * NtQueryIoCompletion() - how many packets wait (IoCompletionBasicInformation).
 * Return: STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_ACCESS_VIOLATION,
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
 */
NTSTATUS WINAPI NtQueryIoCompletion(
    HANDLE handle, IO_COMPLETION_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    const ULONG need = sizeof(LONG);
    struct wait_object object;
    NTSTATUS status;
    LONG depth;

    if (class != IoCompletionBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (size != need)
        return STATUS_INFO_LENGTH_MISMATCH;
    status = object_lookup(handle, CELL_COMPLETION, IO_COMPLETION_QUERY_STATE, &object);
    if (status)
        return status;
    depth = (LONG)port_depth(cell_at(object.cell));
    if (guard_copy_to(data, &depth, sizeof depth) || (used && guard_copy_to(used, &need, sizeof need)))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

/* ---- packets ---- */

static NTSTATUS post_status(int error) {
    return error == -ENOENT ? STATUS_INVALID_HANDLE : error ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/**
 * NtSetIoCompletion() - appends a packet (PostQueuedCompletionStatus).
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED,
 * STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS WINAPI NtSetIoCompletion(HANDLE handle, ULONG_PTR key, ULONG_PTR value, NTSTATUS result, SIZE_T information) {
    const struct port_packet packet = {
        .key = key, .value = value, .information = information, .status = (uint32_t)result};
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_COMPLETION, IO_COMPLETION_MODIFY_STATE, &object);

    return status ? status : post_status(port_post(object.cell, object.state, &packet));
}

static NTSTATUS remove_status(int result) {
    switch (result) {
    case WAIT_RESULT_TIMEOUT: return STATUS_TIMEOUT;
    case WAIT_RESULT_GONE: return STATUS_ABANDONED_WAIT_0;
    case WAIT_RESULT_APC: apc_run(); return STATUS_USER_APC;
    default: return STATUS_SUCCESS;
    }
}

static FILE_IO_COMPLETION_INFORMATION packet_information(const struct port_packet *packet) {
    FILE_IO_COMPLETION_INFORMATION info = {.CompletionKey = packet->key, .CompletionValue = packet->value};

    info.IoStatusBlock.Information = packet->information;
    info.IoStatusBlock.Status = (NTSTATUS)packet->status;
    return info;
}

/**
 * NtRemoveIoCompletion() - takes a packet, waiting for one.
 * Return: STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_ABANDONED_WAIT_0 (the port's last handle was closed meanwhile),
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION.
 */
NTSTATUS WINAPI NtRemoveIoCompletion(
    HANDLE handle, ULONG_PTR *key, ULONG_PTR *value, IO_STATUS_BLOCK *iosb, LARGE_INTEGER *timeout) {
    FILE_IO_COMPLETION_INFORMATION info;
    struct port_packet packet;
    struct wait_object object;
    NTSTATUS status;
    int result;

    if (guard_probe_write(key, sizeof *key) || guard_probe_write(value, sizeof *value) ||
        guard_probe_write(iosb, sizeof *iosb))
        return STATUS_ACCESS_VIOLATION;
    status = object_lookup(handle, CELL_COMPLETION, IO_COMPLETION_MODIFY_STATE, &object);
    if (status)
        return status;
    result = port_remove(&object, &packet, 1, false, wait_deadline(timeout));
    if (result <= 0)
        return remove_status(result);
    info = packet_information(&packet);
    *key = info.CompletionKey;
    *value = info.CompletionValue;
    *iosb = info.IoStatusBlock;
    return STATUS_SUCCESS;
}

#define REMOVE_MAX 64u /* packets in one call */

/**
 * NtRemoveIoCompletionEx() - takes as many packets as there are, up to @n, waiting for the first one.
 * @taken: receives how many.
 * Return: as NtRemoveIoCompletion; STATUS_USER_APC (@alertable; the APCs have run), STATUS_INVALID_PARAMETER (@n is 0).
 */
NTSTATUS WINAPI NtRemoveIoCompletionEx(HANDLE handle, FILE_IO_COMPLETION_INFORMATION *packets, ULONG n, ULONG *taken,
    LARGE_INTEGER *timeout, BOOLEAN alertable) {
    const uint32_t want = n < REMOVE_MAX ? n : REMOVE_MAX;
    struct port_packet found[REMOVE_MAX];
    struct wait_object object;
    NTSTATUS status;
    int result;

    if (!n)
        return STATUS_INVALID_PARAMETER;
    if (guard_probe_write(packets, want * sizeof *packets) || guard_probe_write(taken, sizeof *taken))
        return STATUS_ACCESS_VIOLATION;
    status = object_lookup(handle, CELL_COMPLETION, IO_COMPLETION_MODIFY_STATE, &object);
    if (status)
        return status;
    result = port_remove(&object, found, want, alertable, wait_deadline(timeout));
    *taken = result > 0 ? (ULONG)result : 0;
    for (int i = 0; i < result; i++)
        packets[i] = packet_information(&found[i]);
    return remove_status(result);
}

/* ---- files ---- */

void completion_post(const struct cell *file, const struct file_io *io, NTSTATUS status, ULONG_PTR information) {
    const uint32_t port = atomic_load_explicit(&file->file.port, memory_order_acquire);
    const struct port_packet packet = {.key = file->file.port_key,
        .value = (ULONG_PTR)io->apc_context,
        .information = information,
        .status = (uint32_t)status};

    if (port && io->apc_context && cell_at(port - 1))
        port_post(port - 1, CELL_STATE(CELL_COMPLETION, LIFE_LIVE, file->file.port_generation, 0), &packet);
}

NTSTATUS completion_associate(struct file *file, const FILE_COMPLETION_INFORMATION *info) {
    struct cell *cell = cell_at(file->cell);
    struct wait_object object;
    NTSTATUS status;

    if (!cell || file_is_synchronous(file))
        return STATUS_INVALID_PARAMETER;
    status = object_lookup(info->CompletionPort, CELL_COMPLETION, IO_COMPLETION_MODIFY_STATE, &object);
    if (status)
        return status;
    cell_lock(cell);
    if (atomic_load(&cell->file.port)) {
        status = STATUS_INVALID_PARAMETER;
    } else {
        cell->file.port_key = info->CompletionKey;
        cell->file.port_generation = STATE_GENERATION(object.state);
        atomic_store_explicit(&cell->file.port, object.cell + 1, memory_order_release);
    }
    cell_unlock(cell);
    return status;
}

NTSTATUS completion_modes(struct file *file, ULONG flags) {
    const ULONG known =
        FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE | FILE_SKIP_SET_USER_EVENT_ON_FAST_IO;

    if (flags & ~known || file_is_synchronous(file))
        return STATUS_INVALID_PARAMETER;
    atomic_fetch_or(&cell_at(file->cell)->file.notification, flags);
    return STATUS_SUCCESS;
}
