/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes (NT): opening, ending, asking.  How one is made is in process_create.c. */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/process.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/scheduling.h"
#include "dlls/ntdll/security.h"
#include "dlls/ntdll/session.h"
#include "dlls/ntdll/teb.h"
#include "dlls/ntdll/thread.h"
#include "libs/base/trace.h"
#include "libs/host/guard.h"
#include "loader/loader.h"

/* This process's own cell. */
static uint32_t own_cell(void) {
    return atomic_load(&winipc_arena->process[arena_process].cell) - 1;
}

/**
 * RtlExitUserProcess() - ends the calling process: DLLs are told, then all goes back.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-exitprocess
 */
void WINAPI RtlExitUserProcess(ULONG exit_code) {
    winipc_module_end_process();
    session_exit(exit_code);
}

/* Publishes the exit code first: whoever sees the end finds the code that the killer gave. */
static void process_kill(struct cell *cell, DWORD exit_code) {
    const uint32_t pid = atomic_load(&cell->process.pid), slot = cell->process.slot;

    atomic_store(&cell->process.exit_code, exit_code);
    atomic_store(&cell->process.exited_100ns, session_filetime());
    if (pid && slot < ARENA_MAX_PROCESSES && atomic_load(&winipc_arena->process[slot].pid) == pid)
        kill((pid_t)pid, SIGKILL);
}

/**
 * NtTerminateProcess() - ends a process at once; its DLLs are not told.
 * @handle: NULL: the other threads of the calling process (which end with it; no effect by itself).
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_PROCESS_IS_TERMINATING.
 */
NTSTATUS WINAPI NtTerminateProcess(HANDLE handle, LONG exit_code) {
    struct wait_object object;
    NTSTATUS status;

    if (!handle)
        return STATUS_SUCCESS;
    status = object_lookup(handle, CELL_PROCESS, PROCESS_TERMINATE, &object);
    if (status)
        return status;
    if (object.cell == own_cell()) {
        session_exit((DWORD)exit_code);
    }
    if (atomic_load(&cell_at(object.cell)->process.exited_100ns))
        return STATUS_PROCESS_IS_TERMINATING;
    TRACE(TRACE_PROCESS, "terminate handle %p, exit code 0x%08x", handle, (unsigned)exit_code);
    process_kill(&winipc_arena->cell[object.cell], (DWORD)exit_code);
    return STATUS_SUCCESS;
}

NTSTATUS client_id_read(HANDLE *handle, const OBJECT_ATTRIBUTES *attributes, const CLIENT_ID *id, struct client_ids *client) {
    OBJECT_ATTRIBUTES object;
    CLIENT_ID copy;

    if (guard_probe_write(handle, sizeof *handle) || guard_copy_from(&object, attributes, sizeof object))
        return STATUS_ACCESS_VIOLATION;
    if (!id || object.ObjectName)
        return STATUS_INVALID_PARAMETER_MIX;
    if (guard_copy_from(&copy, id, sizeof copy))
        return STATUS_ACCESS_VIOLATION;
    if (((ULONG_PTR)copy.UniqueProcess | (ULONG_PTR)copy.UniqueThread) > UINT32_MAX)
        return STATUS_INVALID_CID;
    *client = (struct client_ids){HandleToULong(copy.UniqueProcess) / 4, HandleToULong(copy.UniqueThread) / 4};
    *handle = NULL;
    return STATUS_SUCCESS;
}

/**
 * NtOpenProcess() - a handle to the process of an id.
 * @attributes: without a name.
 * @id: the process's; its two lowest bits do not count. With a thread's id beside it, that must be a thread of it.
 * Return: STATUS_SUCCESS, STATUS_INVALID_CID, STATUS_INVALID_PARAMETER_MIX (a name, or no id), STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION,
 * STATUS_INSUFFICIENT_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntddk/nf-ntddk-ntopenprocess
 */
NTSTATUS WINAPI NtOpenProcess(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const CLIENT_ID *id) {
    struct client_ids client;
    NTSTATUS status = client_id_read(handle, attributes, id, &client);
    const uint32_t pid = status ? 0 : client.pid;

    if (status)
        return status;
    if (client.tid && !thread_cell_of(&client))
        return STATUS_INVALID_CID;
    for (uint32_t p = 0; pid && p < atomic_load(&winipc_arena->header.n_processes); p++) {
        struct process_slot *slot = &winipc_arena->process[p];
        const uint32_t cell = atomic_load(&slot->cell);

        if (SLOT_LIFE(atomic_load(&slot->state)) == SLOT_FREE || atomic_load(&slot->pid) != pid || !cell)
            continue;
        status = security_check(cell - 1, access, &access);
        return status ? status : object_share(cell - 1, access, attributes, handle);
    }
    return pid ? object_share_dead(CELL_PROCESS, pid, access, attributes, handle) : STATUS_INVALID_CID;
}

/* ---- asking ---- */

/* The address of a process's PEB, there. */
static PEB *query_peb(const struct cell *cell) {
    const struct process_slot *slot = cell->process.slot < ARENA_MAX_PROCESSES ? &winipc_arena->process[cell->process.slot] : NULL;

    if (cell_index(cell) == own_cell())
        return winipc_peb();
    return slot && atomic_load(&slot->cell) == cell_index(cell) + 1 ? (PEB *)atomic_load(&slot->peb) : NULL;
}

static void query_basic(struct cell *cell, struct process_basic_information *info) {
    memset(info, 0, sizeof *info);
    info->exit_status = (NTSTATUS)atomic_load(&cell->process.exit_code);
    info->peb = query_peb(cell);
    if (cell->process.slot < ARENA_MAX_PROCESSES && !(atomic_load(&cell->word) & WORD_SIGNALED)) {
        info->affinity_mask = process_affinity(cell->process.slot);
        info->base_priority = process_base_priority(cell->process.slot);
    }
    info->process_id = 4 * (ULONG_PTR)atomic_load(&cell->process.pid);
    info->parent_id = 4 * (ULONG_PTR)cell->process.ppid;
}

static void query_class(const struct cell *cell, PROCESS_PRIORITY_CLASS *info) {
    info->Foreground = FALSE;
    info->PriorityClass = process_class(cell->process.slot % ARENA_MAX_PROCESSES);
}

void process_times(uint32_t pid, LARGE_INTEGER *user, LARGE_INTEGER *kernel) {
    unsigned long long ticks[2] = {0, 0};
    char path[32], line[1024] = "";
    const char *rest;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    file = fopen(path, "re");
    if (file && fgets(line, sizeof line, file)) {
        rest = strrchr(line, ')');
        if (rest)
            sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &ticks[0], &ticks[1]);
    }
    if (file)
        fclose(file);
    user->QuadPart = (LONGLONG)(ticks[0] * 10000000 / (unsigned long long)sysconf(_SC_CLK_TCK));
    kernel->QuadPart = (LONGLONG)(ticks[1] * 10000000 / (unsigned long long)sysconf(_SC_CLK_TCK));
}

static void query_times(struct cell *cell, KERNEL_USER_TIMES *times) {
    memset(times, 0, sizeof *times);
    times->CreateTime.QuadPart = (LONGLONG)atomic_load(&cell->process.created_100ns);
    times->ExitTime.QuadPart = (LONGLONG)atomic_load(&cell->process.exited_100ns);
    times->UserTime.QuadPart = (LONGLONG)atomic_load(&cell->process.user_100ns);
    times->KernelTime.QuadPart = (LONGLONG)atomic_load(&cell->process.kernel_100ns);
    if (!times->ExitTime.QuadPart)
        process_times(atomic_load(&cell->process.pid), &times->UserTime, &times->KernelTime);
}

static ULONG count_handles(struct cell *cell) {
    ULONG n = 0;

    if (cell->process.slot >= ARENA_MAX_PROCESSES)
        return 0;
    for (uint64_t i = 1; i < (uint64_t)atomic_load(&winipc_arena->process[cell->process.slot].n_pages) * ENTRIES_PER_PAGE; i++) {
        const _Atomic uint64_t *place = handle_entry(cell->process.slot, i << 2);

        n += place && ENTRY_IN_USE(atomic_load(place));
    }
    return n;
}

static bool process_read(const struct cell *cell, const void *address, void *buffer, size_t size) {
    const struct iovec here = {buffer, size}, there = {(void *)(uintptr_t)address, size};

    return process_vm_readv((pid_t)atomic_load(&cell->process.pid), &here, 1, &there, 1, 0) == (ssize_t)size;
}

/* Out of the process's own memory. */
static NTSTATUS query_image_name(struct cell *cell, UNICODE_STRING *info, ULONG size, ULONG *used) {
    const PEB *peb = query_peb(cell);
    RTL_USER_PROCESS_PARAMETERS *parameters;
    UNICODE_STRING path;
    ULONG need;

    if (atomic_load(&cell->word) & WORD_SIGNALED)
        return STATUS_PROCESS_IS_TERMINATING;
    if (!peb || !process_read(cell, &peb->ProcessParameters, &parameters, sizeof parameters) ||
        !process_read(cell, &parameters->ImagePathName, &path, sizeof path))
        return STATUS_UNSUCCESSFUL;
    need = (ULONG)sizeof *info + path.Length + (ULONG)sizeof(WCHAR);
    if (used)
        *used = need;
    if (size < need)
        return STATUS_INFO_LENGTH_MISMATCH;
    info->Buffer = (WCHAR *)(info + 1);
    info->Length = path.Length;
    info->MaximumLength = path.Length + sizeof(WCHAR);
    if (!process_read(cell, path.Buffer, info->Buffer, path.Length))
        return STATUS_UNSUCCESSFUL;
    info->Buffer[path.Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS process_slot_of(HANDLE handle, ACCESS_MASK access, uint32_t *slot) {
    struct wait_object object;
    struct cell *cell;
    NTSTATUS status;

    *slot = arena_process;
    if (handle == NtCurrentProcess())
        return STATUS_SUCCESS;
    status = object_lookup(handle, CELL_PROCESS, access, &object);
    if (status)
        return status;
    cell = cell_at(object.cell);
    *slot = cell->process.slot;
    if (*slot >= ARENA_MAX_PROCESSES || atomic_load(&cell->word) & WORD_SIGNALED ||
        atomic_load(&winipc_arena->process[*slot].cell) != object.cell + 1)
        return STATUS_PROCESS_IS_TERMINATING;
    return STATUS_SUCCESS;
}

/* The size of a class's answer; 0 for those that are not there. */
static ULONG query_size(PROCESSINFOCLASS class) {
    switch ((int)class) {
    case ProcessBasicInformation: return sizeof(PROCESS_BASIC_INFORMATION);
    case ProcessPriorityClass: return sizeof(PROCESS_PRIORITY_CLASS);
    case ProcessPriorityBoost: return sizeof(ULONG);
    case ProcessTimes: return sizeof(KERNEL_USER_TIMES);
    case ProcessHandleCount:
    case ProcessSessionInformation:
    case ProcessDefaultHardErrorMode: return sizeof(ULONG);
    case ProcessDebugPort:
    case ProcessWow64Information:
    case ProcessDebugObjectHandle: return sizeof(ULONG_PTR);
    default: return 0;
    }
}

/**
 * NtQueryInformationProcess() - basic information, times, priority, handle count, image name, and that it is no 32-bit and no debugged process.
 * Return: STATUS_SUCCESS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED,
 * STATUS_PORT_NOT_SET (ProcessDebugObjectHandle), STATUS_PROCESS_IS_TERMINATING, STATUS_UNSUCCESSFUL (the image name of a process that has not begun).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntqueryinformationprocess
 */
NTSTATUS WINAPI NtQueryInformationProcess(HANDLE handle, PROCESSINFOCLASS class, void *data, ULONG size, ULONG *used) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_PROCESS, PROCESS_QUERY_LIMITED_INFORMATION, &object);
    struct cell *cell = status ? NULL : cell_at(object.cell);
    const ULONG need = query_size(class);

    if (status)
        return status;
    if (class == ProcessImageFileName || class == ProcessImageFileNameWin32)
        return query_image_name(cell, data, size, used);
    if (!need)
        return STATUS_INVALID_INFO_CLASS;
    if (size != need && !(class == ProcessTimes && size > need))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (used)
        *used = need;
    switch ((int)class) {
    case ProcessBasicInformation: query_basic(cell, data); break;
    case ProcessPriorityClass: query_class(cell, data); break;
    case ProcessPriorityBoost: *(ULONG *)data = process_boost_is_off(cell->process.slot % ARENA_MAX_PROCESSES); break;
    case ProcessTimes: query_times(cell, data); break;
    case ProcessHandleCount: *(ULONG *)data = count_handles(cell); break;
    case ProcessSessionInformation: *(ULONG *)data = 1; break;
    case ProcessDefaultHardErrorMode: *(ULONG *)data = 0; break;
    default: *(ULONG_PTR *)data = 0; break;
    }
    return class == ProcessDebugObjectHandle ? STATUS_PORT_NOT_SET : STATUS_SUCCESS;
}
