/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The virtual memory of other processes: they change it themselves (remote.h); Linux copies from and to it. */
#include "dlls/ntdll/memory_elsewhere.h"

#include <ntstatus.h>

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dlls/ntdll/remote.h"
#include "libs/arena/arena.h"

NTSTATUS memory_allocate_elsewhere(
    uint32_t process, void **base, ULONG_PTR zero_bits, SIZE_T *size, ULONG type, ULONG protect) {
    uint64_t argument[REMOTE_ARGUMENTS] = {(uintptr_t)*base, *size, zero_bits, type, protect};
    const NTSTATUS status = remote_call(process, REMOTE_ALLOCATE, argument);

    if (status)
        return status;
    *base = (void *)argument[0];
    *size = argument[1];
    return STATUS_SUCCESS;
}

NTSTATUS memory_free_elsewhere(uint32_t process, void **base, SIZE_T *size, ULONG type) {
    uint64_t argument[REMOTE_ARGUMENTS] = {(uintptr_t)*base, *size, type};
    const NTSTATUS status = remote_call(process, REMOTE_FREE, argument);

    if (status)
        return status;
    *base = (void *)argument[0];
    *size = argument[1];
    return STATUS_SUCCESS;
}

NTSTATUS memory_protect_elsewhere(uint32_t process, void **base, SIZE_T *size, ULONG protect, ULONG *old) {
    uint64_t argument[REMOTE_ARGUMENTS] = {(uintptr_t)*base, *size, protect};
    const NTSTATUS status = remote_call(process, REMOTE_PROTECT, argument);

    if (status)
        return status;
    *base = (void *)argument[0];
    *size = argument[1];
    *old = (ULONG)argument[3];
    return STATUS_SUCCESS;
}

NTSTATUS memory_query_elsewhere(uint32_t process, const void *address, MEMORY_BASIC_INFORMATION *info) {
    uint64_t argument[REMOTE_ARGUMENTS] = {(uintptr_t)address};
    const NTSTATUS status = remote_call(process, REMOTE_QUERY, argument);

    if (!status)
        memcpy(info, argument, sizeof *info);
    return status;
}

/* ---- copying ---- */

/* The Linux id of the process of a handle. */
static NTSTATUS memory_process(HANDLE process, ACCESS_MASK access, pid_t *pid) {
    uint32_t slot;
    const NTSTATUS status = process_slot_of(process, access, &slot);

    if (!status)
        *pid = slot == arena_process ? getpid() : (pid_t)atomic_load(&winipc_arena->process[slot].pid);
    return status;
}

/* The part of a transfer that went, as NtReadVirtualMemory and NtWriteVirtualMemory answer. */
static NTSTATUS memory_transferred(ssize_t done, SIZE_T size, SIZE_T *transferred) {
    if (transferred)
        *transferred = done > 0 ? (SIZE_T)done : 0;
    if (done < 0 && errno == EPERM)
        return STATUS_ACCESS_DENIED;
    return done == (ssize_t)size ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

/**
 * NtReadVirtualMemory() - ReadProcessMemory's core, of this process or another one of the same user.
 * Return: STATUS_PARTIAL_COPY when not all of it can be read; STATUS_ACCESS_DENIED; STATUS_PROCESS_IS_TERMINATING.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-readprocessmemory
 */
NTSTATUS WINAPI NtReadVirtualMemory(
    HANDLE process, const void *address, void *buffer, SIZE_T size, SIZE_T *transferred) {
    const struct iovec local = {buffer, size}, remote = {(void *)address, size};
    pid_t pid = 0;
    const NTSTATUS status = memory_process(process, PROCESS_VM_READ, &pid);

    if (status)
        return status;
    return memory_transferred(process_vm_readv(pid, &local, 1, &remote, 1, 0), size, transferred);
}

NTSTATUS WINAPI NtWriteVirtualMemory(
    HANDLE process, void *address, const void *buffer, SIZE_T size, SIZE_T *transferred) {
    const struct iovec local = {(void *)buffer, size}, remote = {address, size};
    pid_t pid = 0;
    const NTSTATUS status = memory_process(process, PROCESS_VM_OPERATION | PROCESS_VM_WRITE, &pid);

    if (status)
        return status;
    return memory_transferred(process_vm_writev(pid, &local, 1, &remote, 1, 0), size, transferred);
}
