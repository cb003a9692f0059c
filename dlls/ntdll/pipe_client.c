/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is at the other end of a pipe, and acting as it.
 *
 * The client says with its quality of service how far a server may go (pipe_client_say).  With dynamic tracking, which
 * is what a client gets that asks for nothing, it is impersonated as whom it acted as when it last wrote, and as that
 * token is now; with static tracking as it was when it opened the pipe.  What it says and the token stay in the
 * instance when its end is closed or its process has ended, until the server disconnects.  As long as an instance names
 * no token it is the client's process's, while that runs: most have the user's account's. Not there: the token of the
 * last message read, where later ones that wait were written by a thread that acts as somebody else.
 */
#include "dlls/ntdll/pipe.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <string.h>

#include "dlls/ntdll/token.h"
#include "libs/host/guard.h"

/* Keeps the token that decides for the calling thread, or what it says now.  Return: false: out of memory. */
static bool client_keep(struct cell *instance, bool as_now) {
    const uint32_t own = access_token(arena_process, arena_self.index);
    HANDLE copy;

    record_drop(&instance->instance.token);
    if (own == NO_CELL || (as_now && token_is_plain(own)))
        return true;
    if (!as_now) {
        token_give(&instance->instance.token, own);
        return true;
    }
    if (token_duplicate_cell(own, &copy))
        return false;
    token_give(&instance->instance.token, ENTRY_CELL(object_entry(copy)));
    NtClose(copy);
    return true;
}

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
    if (client_keep(instance, client & PIPE_CLIENT_STATIC))
        atomic_store(&instance->instance.client, client | PIPE_CLIENT_SAID);
}

void pipe_client_writes(const struct pipe_end *end) {
    struct cell *instance = pipe_instance(end);
    const uint32_t client = atomic_load_explicit(&instance->instance.client, memory_order_relaxed);

    if ((client & (PIPE_CLIENT_SAID | PIPE_CLIENT_STATIC)) != PIPE_CLIENT_SAID || pipe_state(end) != PIPE_CONNECTED)
        return;
    if (atomic_load_explicit(&instance->instance.token, memory_order_relaxed) - 1 !=
        access_token(arena_process, arena_self.index))
        client_keep(instance, false);
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

/* The token of a client that has none in the instance.  NO_CELL: what the user's account says. */
static uint32_t client_token(const struct cell *instance, uint32_t client) {
    const uint32_t process =
        client & PIPE_CLIENT_STATIC ? ARENA_MAX_PROCESSES : process_slot(atomic_load(&instance->instance.pid[1]));

    return process == ARENA_MAX_PROCESSES ? NO_CELL : access_token(process, ARENA_MAX_THREADS);
}

/*
 * FSCTL_PIPE_IMPERSONATE (ImpersonateNamedPipeClient).  That something was read before, as old versions of Windows ask
 * for, is not needed. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-impersonatenamedpipeclient
 */
NTSTATUS pipe_impersonate(const struct pipe_end *end) {
    struct cell *instance = pipe_instance(end);
    const uint32_t client = atomic_load(&instance->instance.client);
    NTSTATUS status = pipe_answer(end, pipe_state(end), PIPE_CALL_IMPERSONATE);
    HANDLE token = NULL;

    if (!status && !(client & PIPE_CLIENT_SAID))
        status = STATUS_CANNOT_IMPERSONATE;
    if (!status)
        status = token_of_record(&instance->instance.token, &token);
    if (status && status != STATUS_NO_TOKEN)
        return status;
    status = token_act_as(token ? ENTRY_CELL(object_entry(token)) : client_token(instance, client),
        PIPE_CLIENT_LEVEL(client), client & PIPE_CLIENT_EFFECTIVE);
    if (token)
        NtClose(token);
    return status;
}

/* Return: whether the attribute is there; of a client only while there is one. */
static bool attribute_value(const struct pipe_end *end, const char *name, uint32_t *value) {
    const struct cell *instance = pipe_instance(end);
    const enum pipe_state state = pipe_state(end);
    const bool has_client = state == PIPE_CONNECTED || state == PIPE_CLOSING;

    if (!strcmp(name, "ServerProcessId"))
        *value = 4 * atomic_load(&instance->instance.pid[0]);
    else if (!strcmp(name, "ClientProcessId") && has_client)
        *value = 4 * atomic_load(&instance->instance.pid[1]);
    else if (!strcmp(name, "ServerSessionId") || (!strcmp(name, "ClientSessionId") && has_client))
        *value = 1;
    else
        return false;
    return true;
}

/*
 * FSCTL_PIPE_GET_…_ATTRIBUTE: who is at either end, under the names that the
 * GetNamedPipe… functions ask for.  A client on this machine has no computer's name ("ClientComputerName").
 */
NTSTATUS pipe_attribute(struct pipe_end *end, const struct file_io *io, ULONG_PTR *information) {
    const NTSTATUS status = pipe_answer(end, pipe_state(end), PIPE_CALL_MODES);
    char name[32] = "";
    uint32_t value;

    if (status)
        return status;
    if (!io->input_length)
        return STATUS_INVALID_PARAMETER;
    if (io->input_length > sizeof name - 1 || io->code == FSCTL_PIPE_GET_HANDLE_ATTRIBUTE)
        return STATUS_NOT_FOUND; /* a handle has none */
    if (guard_copy_from(name, io->input, io->input_length))
        return STATUS_ACCESS_VIOLATION;
    if (!attribute_value(end, name, &value))
        return STATUS_NOT_FOUND;
    if (io->length < sizeof value)
        return STATUS_BUFFER_TOO_SMALL;
    if (guard_copy_to(io->buffer, &value, sizeof value))
        return STATUS_ACCESS_VIOLATION;
    *information = sizeof value;
    return STATUS_SUCCESS;
}
