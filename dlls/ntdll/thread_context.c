/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads' registers: of this process, and by way of remote.h of others. */
#include "dlls/ntdll/thread.h"

#include <ntstatus.h>

#include <sys/uio.h>
#include <unistd.h>

#include "dlls/ntdll/context.h"
#include "dlls/ntdll/own_place.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/suspend.h"

#define CONTEXT_HAS(flags, part) (((flags) & (part)) == (part))

static void context_copy(CONTEXT *to, const CONTEXT *from, DWORD flags) {
    if (CONTEXT_HAS(flags, CONTEXT_CONTROL)) {
        to->Rip = from->Rip;
        to->Rsp = from->Rsp;
        to->EFlags = from->EFlags;
        to->SegCs = from->SegCs;
        to->SegSs = from->SegSs;
    }
    if (CONTEXT_HAS(flags, CONTEXT_INTEGER)) {
        memcpy(&to->Rax, &from->Rax, offsetof(CONTEXT, Rsp) - offsetof(CONTEXT, Rax));
        memcpy(&to->Rbp, &from->Rbp, offsetof(CONTEXT, Rip) - offsetof(CONTEXT, Rbp));
    }
    if (CONTEXT_HAS(flags, CONTEXT_SEGMENTS))
        memcpy(&to->SegDs, &from->SegDs, offsetof(CONTEXT, SegSs) - offsetof(CONTEXT, SegDs));
    if (CONTEXT_HAS(flags, CONTEXT_FLOATING_POINT)) {
        to->MxCsr = from->MxCsr;
        to->FltSave = from->FltSave;
    }
    if (CONTEXT_HAS(flags, CONTEXT_DEBUG_REGISTERS)) /* there are none: Linux keeps them for debuggers */
        memcpy(&to->Dr0, &from->Dr0, offsetof(CONTEXT, Rax) - offsetof(CONTEXT, Dr0));
}

/* Suspends another thread of this process for a look at its registers; resume it afterwards. */
static NTSTATUS context_borrow(struct thread_slot *slot, struct cell *cell, CONTEXT *context) {
    atomic_fetch_add(&slot->suspend, 1);
    suspend_request(slot, cell);
    return suspend_context_read((uint32_t)(slot - winipc_arena->thread), context) ? STATUS_SUCCESS
                                                                                  : STATUS_UNSUCCESSFUL;
}

NTSTATUS thread_context_exchange(
    struct thread_slot *slot, struct cell *cell, CONTEXT *context, const CONTEXT *change, DWORD parts) {
    NTSTATUS status = context_borrow(slot, cell, context);

    if (!status && change) {
        context_copy(context, change, parts);
        if (!suspend_context_write((uint32_t)(slot - winipc_arena->thread), context))
            status = STATUS_UNSUCCESSFUL;
    }
    thread_count_down(slot);
    return status;
}

#define OURS_RIP 1u
#define OURS_RCX 2u

/* Addresses of ours (RtlUserThreadStart, or a start of kernel32's) are those of the process that looks at them. */
static uint64_t context_encode(CONTEXT *context) {
    return (own_place_encode(&context->Rip) ? OURS_RIP : 0) | (own_place_encode(&context->Rcx) ? OURS_RCX : 0);
}

static void context_decode(CONTEXT *context, uint64_t ours) {
    if (ours & OURS_RIP)
        context->Rip = own_place_decode(context->Rip);
    if (ours & OURS_RCX)
        context->Rcx = own_place_decode(context->Rcx);
}

/* The same in the process that owns the slot, for whom @argument says: slot, cell, its pid, the address of a CONTEXT
 * there, parts, what is ours. */
NTSTATUS thread_context_serve(uint64_t *argument, bool sets) {
    struct cell *cell = cell_at((uint32_t)argument[1]);
    CONTEXT context, change;
    const struct iovec here = {sets ? &change : &context, sizeof context},
                       there = {(void *)argument[3], sizeof context};
    struct thread_slot *slot = argument[0] < ARENA_MAX_THREADS ? &winipc_arena->thread[argument[0]] : NULL;
    NTSTATUS status;

    if (!slot || !cell || SLOT_OWNER(atomic_load(&slot->state)) != arena_process ||
        atomic_load(&slot->cell) != argument[1] + 1)
        return STATUS_THREAD_IS_TERMINATING;
    if (sets && process_vm_readv((pid_t)argument[2], &here, 1, &there, 1, 0) != sizeof context)
        return STATUS_ACCESS_DENIED;
    if (sets)
        context_decode(&change, argument[5]);
    status = thread_context_exchange(slot, cell, &context, sets ? &change : NULL, (DWORD)argument[4]);
    argument[5] = context_encode(&context);
    if (!status && !sets && process_vm_writev((pid_t)argument[2], &here, 1, &there, 1, 0) != sizeof context)
        return STATUS_ACCESS_DENIED;
    return status;
}

static NTSTATUS context_exchange_elsewhere(
    struct thread_slot *slot, struct cell *cell, CONTEXT *context, const CONTEXT *change, DWORD parts) {
    uint64_t argument[REMOTE_ARGUMENTS] = {
        (uint64_t)(slot - winipc_arena->thread), cell_index(cell), (uint64_t)getpid(), (uintptr_t)context, parts, 0};
    NTSTATUS status;

    if (change) {
        *context = *change;
        argument[5] = context_encode(context);
    }
    status =
        remote_call(SLOT_OWNER(atomic_load(&slot->state)), change ? REMOTE_SET_CONTEXT : REMOTE_GET_CONTEXT, argument);
    if (!status && !change)
        context_decode(context, argument[5]);
    return status;
}

static NTSTATUS context_exchange(
    struct thread_slot *slot, struct cell *cell, CONTEXT *context, const CONTEXT *change, DWORD parts) {
    if (SLOT_OWNER(atomic_load(&slot->state)) != arena_process)
        return context_exchange_elsewhere(slot, cell, context, change, parts);
    return thread_context_exchange(slot, cell, context, change, parts);
}

/**
 * NtGetContextThread() - the registers with which the program's code of a thread goes on.  In code of ours a thread is
 * seen as if it had returned to the program already. Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE,
 * STATUS_ACCESS_DENIED, STATUS_THREAD_IS_TERMINATING, STATUS_UNSUCCESSFUL (it is ending), STATUS_NOT_SUPPORTED (a
 * native program's process). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-getthreadcontext
 */
NTSTATUS WINAPI NtGetContextThread(HANDLE handle, CONTEXT *context) {
    struct thread_slot *slot;
    struct cell *cell;
    CONTEXT registers;
    NTSTATUS status = thread_slot_of(handle, THREAD_GET_CONTEXT, &slot, &cell);

    if (status)
        return status;
    if (slot == arena_self.slot)
        RtlCaptureContext(&registers);
    else
        status = context_exchange(slot, cell, &registers, NULL, 0);
    if (!status)
        context_copy(context, &registers, context->ContextFlags);
    return status;
}

/**
 * NtSetContextThread() - lets a thread go on with other registers.
 * Return: as NtGetContextThread.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-setthreadcontext
 */
NTSTATUS WINAPI NtSetContextThread(HANDLE handle, const CONTEXT *context) {
    const uint32_t parts = CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT;
    struct thread_slot *slot;
    struct cell *cell;
    CONTEXT registers, wanted;
    NTSTATUS status = thread_slot_of(handle, THREAD_SET_CONTEXT, &slot, &cell);

    if (status)
        return status;
    wanted = *context;
    if (slot != arena_self.slot)
        return context_exchange(slot, cell, &registers, &wanted, wanted.ContextFlags & (parts | CONTEXT_AMD64));
    RtlCaptureContext(&registers);
    context_copy(&registers, &wanted, wanted.ContextFlags & ~(CONTEXT_DEBUG_REGISTERS | CONTEXT_SEGMENTS));
    context_restore(&registers);
}
