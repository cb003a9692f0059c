/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mailslots: names, and who may open which end.  The messages are the clients' business, in the memfd of the mailslot's
 * ring, of which we keep a descriptor for those who open it.
 *
 * A mailslot is there as long as its reader's end is open; then its name is free, and its writers' ends lead nowhere.
 */
#include "server/named.h"

#include "libs/arena/file_kind.h"
#include "libs/arena/mailslot.h"

#include <unistd.h>

int mailslot_memory(uint32_t index) {
    const struct cell *cell = cell_at(index);
    const uint32_t first[2] = {cell ? cell->mailslot.pid : 0, 0};
    int found;

    if (!cell || cell_type(cell) != CELL_MAILSLOT)
        return -1;
    if (descriptor_kept(index) < 0) {
        found = ring_memory_find(cell->mailslot.ring, first);
        if (found >= 0 && !descriptor_keep(index, &found))
            close(found);
    }
    return descriptor_kept(index);
}

/* ---- create ---- */

static uint32_t mailslot_make(
    const struct client *client, const struct path *path, struct request_mailslot_create *request) {
    const uint32_t index = cell_make(CELL_MAILSLOT);
    struct cell *cell = cell_at(index);

    if (!cell)
        return NO_CELL;
    cell->mailslot.maximum = request->maximum;
    cell->mailslot.quota = request->quota;
    atomic_store(&cell->mailslot.ends, 1);
    atomic_store(&cell->mailslot.timeout_100ns, (int64_t)request->timeout_100ns);
    cell->mailslot.ring = ring_memory_inode(request->fd);
    cell->mailslot.pid = client->pid;
    STEP("mailslot_make: before the name");
    if (security_keep(index, request->descriptor, request->descriptor_len) && named_add(path, index))
        return index;
    cell_free(index);
    return NO_CELL;
}

static void end_init(struct cell *cell, const struct client *client, uint32_t options, uint32_t end, uint32_t modes) {
    atomic_store(&cell->word, WORD_OF(CELL_FILE) | WORD_MANUAL);
    cell->file.kind = FILE_KIND_MAILSLOT;
    cell->file.options = options;
    cell->file.end = end;
    cell->file.pid = client->pid;
    atomic_store(&cell->file.modes, modes);
}

/* Makes the reader's end, which takes the one reference of the mailslot over. */
static NTSTATUS reader_make(
    const struct grant *grant, const struct request_mailslot_create *request, struct reply_mailslot_create *reply) {
    struct cell *end;

    reply->file = cell_make(CELL_FILE);
    end = cell_at(reply->file);
    if (!end) {
        cell_unref(reply->mailslot);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    end_init(end, grant->client, request->options, 0,
        MAILSLOT_OPENED(FILE_SHARE_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE));
    STEP("reader_make: before the end's mailslot");
    end->file.instance = reply->mailslot + 1;
    if (!grant_new(grant, reply->file)) {
        cell_unref(reply->file); /* and with it the mailslot */
        return STATUS_INVALID_HANDLE;
    }
    cell_live(reply->file);
    STEP("reader_make: one live");
    cell_live(reply->mailslot);
    return STATUS_SUCCESS;
}

int32_t handle_mailslot_create(
    struct client *client, struct request_mailslot_create *request, struct reply_mailslot_create *reply) {
    struct grant grant = {
        client, request->handle, request->access, request->attributes, STATUS_SUCCESS, reply, sizeof *reply};
    struct path path;
    NTSTATUS status;

    if (grant_recall(client, request->handle, reply, sizeof *reply, &status)) {
        descriptor_keep(reply->mailslot, &request->fd); /* the server before kept it until it was killed */
        return status;
    }
    if (!ring_memory_check(request->fd) || !security_is_valid(request->descriptor, request->descriptor_len))
        return STATUS_INVALID_PARAMETER;
    if (!grant_check(client, request->handle))
        return STATUS_INVALID_HANDLE;
    status = path_parse_mailslot(&path, request->name, request->n_name);
    if (status)
        return status;
    if (named_find(&path, true) != NO_CELL)
        return STATUS_OBJECT_NAME_COLLISION;
    status = security_of_maker(client, request->thread, CELL_MAILSLOT, request->access, &grant.access);
    if (status)
        return status;
    reply->mailslot = mailslot_make(client, &path, request);
    if (reply->mailslot == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = reader_make(&grant, request, reply);
    if (!status)
        descriptor_keep(reply->mailslot, &request->fd); /* is there no room, it is looked for when somebody opens it */
    return status;
}

/* ---- open ---- */

/* Access to data as FILE_SHARE_* names it. */
static uint32_t access_shared(uint32_t access) {
    return (access & (FILE_READ_DATA | FILE_EXECUTE) ? FILE_SHARE_READ : 0u) |
           (access & (FILE_WRITE_DATA | FILE_APPEND_DATA) ? FILE_SHARE_WRITE : 0u) |
           (access & DELETE ? FILE_SHARE_DELETE : 0u);
}

/* Whether all ends that are open let @access be had besides them, and @sharing lets them. */
static bool sharing_allows(uint32_t mailslot, uint32_t access, uint32_t sharing) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; access && i < n; i++) {
        const struct cell *cell = &winipc_arena->cell[i];
        const uint32_t modes = atomic_load_explicit(&cell->file.modes, memory_order_relaxed);

        if (cell_type(cell) != CELL_FILE || cell->file.kind != FILE_KIND_MAILSLOT ||
            cell->file.instance != mailslot + 1 || STATE_LIFE(atomic_load(&cell->state)) != LIFE_LIVE ||
            !MAILSLOT_ACCESS(modes))
            continue;
        if (access & ~MAILSLOT_SHARING(modes) || MAILSLOT_ACCESS(modes) & ~sharing)
            return false;
    }
    return true;
}

/* The writer's end, with a reference on the mailslot.  Return: its cell, NO_CELL: no room, or the mailslot is gone. */
static uint32_t writer_make(
    const struct client *client, const struct request_mailslot_open *request, uint32_t mailslot, uint32_t access) {
    const uint32_t file = cell_make(CELL_FILE);

    if (file == NO_CELL)
        return NO_CELL;
    end_init(
        &winipc_arena->cell[file], client, request->options, 1, MAILSLOT_OPENED(access_shared(access), request->share));
    intent_begin(mailslot);
    if (!cell_ref(mailslot)) {
        intent_end();
        cell_free(file);
        return NO_CELL;
    }
    STEP("writer_make: before the end's mailslot");
    winipc_arena->cell[file].file.instance = mailslot + 1;
    intent_end();
    return file;
}

int32_t handle_mailslot_open(
    struct client *client, struct request_mailslot_open *request, struct reply_mailslot_open *reply) {
    struct grant grant = {client, request->handle, request->access, request->attributes, STATUS_SUCCESS, reply, 8};
    struct path path;
    NTSTATUS status;

    if (grant_recall(client, request->handle, reply, 8, &status)) {
        reply->fd = mailslot_memory(reply->mailslot);
        return status;
    }
    status = path_parse_mailslot(&path, request->name, request->n_name);
    if (status)
        return status;
    if (!grant_check(client, request->handle))
        return STATUS_INVALID_HANDLE;
    reply->mailslot = named_find(&path, true);
    if (reply->mailslot == NO_CELL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    status = security_allows(client, request->thread, reply->mailslot, request->access, &grant.access);
    if (status)
        return status;
    if (!sharing_allows(reply->mailslot, access_shared(grant.access), request->share))
        return STATUS_SHARING_VIOLATION;
    reply->fd = mailslot_memory(reply->mailslot);
    if (reply->fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    reply->file = writer_make(client, request, reply->mailslot, grant.access);
    if (reply->file == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!grant_new(&grant, reply->file)) {
        cell_unref(reply->file);
        return STATUS_INVALID_HANDLE;
    }
    cell_live(reply->file);
    return STATUS_SUCCESS;
}
