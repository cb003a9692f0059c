/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is at the other end of a pipe, and acting as it.
 *
 * The client says with its quality of service how far a server may go (pipe_client_say); what it says stays in the
 * instance, also when its end is closed.  Whom the server acts as is the client's process as it is at that moment: with
 * dynamic tracking, which is what a client gets that asks for nothing.  Not there: the token as it was when the pipe
 * was opened (static tracking) or when the last message was written, a client that acted as somebody else when it
 * opened the pipe, and one whose process has ended: the last two cannot be impersonated.
 */
#include "dlls/ntdll/pipe.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <string.h>

#include "dlls/ntdll/token.h"
#include "libs/host/guard.h"

void pipe_client_say(HANDLE handle, const SECURITY_QUALITY_OF_SERVICE *quality) {
    const uint64_t entry = object_entry(handle);
    const struct cell *file = entry ? cell_at(ENTRY_CELL(entry)) : NULL;
    struct cell *instance =
        file && cell_type(file) == CELL_FILE && file->file.kind == FILE_KIND_PIPE_END && file->file.instance
            ? cell_at(file->file.instance - 1)
            : NULL;
    uint32_t client = SecurityImpersonation | PIPE_CLIENT_EFFECTIVE;

    if (!instance || cell_type(instance) != CELL_PIPE_INSTANCE || file->file.end != 1)
        return;
    if (quality)
        client = PIPE_CLIENT_LEVEL((uint32_t)quality->ImpersonationLevel) |
                 (quality->ContextTrackingMode == SECURITY_STATIC_TRACKING ? PIPE_CLIENT_STATIC : 0) |
                 (quality->EffectiveOnly ? PIPE_CLIENT_EFFECTIVE : 0);
    if (atomic_load(&arena_self.slot->token))
        client |= PIPE_CLIENT_OTHER;
    atomic_store(&instance->instance.client, client | PIPE_CLIENT_SAID);
}

/* The slot of the process with this Linux id.  Return: ARENA_MAX_PROCESSES when it has ended. */
static uint32_t process_slot(uint32_t pid) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);

    for (uint32_t p = 0; p < n; p++) {
        const struct process_slot *slot = &winipc_arena->process[p];

        if (pid && atomic_load(&slot->pid) == pid && SLOT_LIFE(atomic_load(&slot->state)) == SLOT_RUNNING)
            return p;
    }
    return ARENA_MAX_PROCESSES;
}

/*
 * FSCTL_PIPE_IMPERSONATE (ImpersonateNamedPipeClient).  That something was read before, as old versions of Windows ask
 * for, is not needed. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-impersonatenamedpipeclient
 */
NTSTATUS pipe_impersonate(const struct pipe_end *end) {
    const struct cell *instance = pipe_instance(end);
    const uint32_t client = atomic_load(&instance->instance.client);
    const NTSTATUS status = pipe_answer(end, pipe_state(end), PIPE_CALL_IMPERSONATE);
    uint32_t process;

    if (status)
        return status;
    if (!(client & PIPE_CLIENT_SAID) || client & PIPE_CLIENT_OTHER)
        return STATUS_CANNOT_IMPERSONATE;
    process = process_slot(atomic_load(&instance->instance.pid[1]));
    if (process == ARENA_MAX_PROCESSES)
        return STATUS_CANNOT_IMPERSONATE;
    return token_act_as(
        access_token(process, ARENA_MAX_THREADS), PIPE_CLIENT_LEVEL(client), client & PIPE_CLIENT_EFFECTIVE);
}

/* FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE: who is at the other end.  A client on this machine has no computer's name. */
NTSTATUS pipe_attribute(struct pipe_end *end, const struct file_io *io, ULONG_PTR *information) {
    const struct cell *instance = pipe_instance(end);
    char name[32] = "";
    uint32_t value;

    if (io->input_length >= sizeof name || guard_copy_from(name, io->input, io->input_length))
        return STATUS_INVALID_PARAMETER;
    if (!strcmp(name, "ClientProcessId"))
        value = 4 * atomic_load(&instance->instance.pid[1]);
    else if (!strcmp(name, "ServerProcessId"))
        value = 4 * atomic_load(&instance->instance.pid[0]);
    else if (!strcmp(name, "ClientSessionId") || !strcmp(name, "ServerSessionId"))
        value = 1;
    else
        return STATUS_NOT_FOUND;
    if (io->length < sizeof value)
        return STATUS_BUFFER_TOO_SMALL;
    if (guard_copy_to(io->buffer, &value, sizeof value))
        return STATUS_ACCESS_VIOLATION;
    *information = sizeof value;
    return STATUS_SUCCESS;
}
