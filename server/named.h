/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The name space and what the handlers of named objects share.
 *
 * Which object bears which name stands in the arena (libs/arena/name.h): a name of its cell, and the directory that it
 * lies in.  What the server keeps beside it is an index over the cells, made again when a server takes a session over
 * (directory.c).  Names vanish with their objects' last handles, which are closed without a request: so a name is
 * believed only while its cell is live and still of the same generation.
 */
#ifndef WINIPC_NAMED_H
#define WINIPC_NAMED_H

#include "server/server.h"

/* ---- path.c: from an NT path to a directory and a name ---- */

struct path {
    uint32_t directory; /* cell in which the name lies; NO_CELL: this is the root */
    uint32_t n;
    const uint16_t *units; /* in the request, or in a buffer that the next path_parse uses again */
};

/* path_parse() - walks through directories and symbolic links to the last name of a path.
 * @root: the caller's handle of a directory, or 0.  @fold: letter case does not count.  @open_link: a link as the last
 * name is meant itself. Return: STATUS_SUCCESS, or the error of NtOpen… (STATUS_OBJECT_PATH_NOT_FOUND,
 * …_PATH_SYNTAX_BAD, …_NAME_INVALID, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH). */
NTSTATUS path_parse(struct path *path, const struct client *client, uint64_t root, const uint16_t *name, uint32_t n,
    bool fold, bool open_link);
/* path_parse_pipe(), path_parse_mailslot() - the same for the name of a pipe, of a mailslot: STATUS_OBJECT_NAME_INVALID
 * for another path. */
NTSTATUS path_parse_pipe(struct path *path, const uint16_t *name, uint32_t n);
NTSTATUS path_parse_mailslot(struct path *path, const uint16_t *name, uint32_t n);

/* ---- directory.c: which names there are ---- */

/* directory_open() - finds the names of a session that is taken over, or makes those that are always there.  Return: 0
 * or -errno. */
int directory_open(void);
/* named_find() - the live object of that name.  Return: its cell, or NO_CELL. */
uint32_t named_find(const struct path *path, bool fold);
/* named_live() - whether the object in @cell still bears the name that it was given. */
bool named_live(uint32_t cell);
/* named_add() - gives the object in @cell a name, in the arena too.  Return: false when there is no room. */
bool named_add(const struct path *path, uint32_t cell);
/* named_remove() - forgets a name; the object itself is not touched. */
void named_remove(uint32_t cell);
/* named_gone() - the object in @cell is ending: for object_gone. */
void named_gone(uint32_t cell);
/* named_prune() - forgets the names of objects that went without a word. */
void named_prune(void);
/* link_target() - Return: the path that the link in @cell stands for. */
const uint16_t *link_target(uint32_t cell, uint32_t *n);
/* Cells of \Device\NamedPipe and \Device\Mailslot: what lies there does so by its whole name, backslashes included. */
extern uint32_t pipe_directory, mailslot_directory;
/* Cell of the directory \; ours, since what stands in the arena may change. */
extern uint32_t root_directory;
void named_retry(void);
void named_dump(void);

/* ---- name_store.c: the names' memory ---- */

/* name_write() - a new record.  Return: as cell.name, 0 when there is no room. */
uint32_t name_write(uint32_t cell, uint32_t directory, const uint16_t *units, uint32_t n);
/* name_free() - gives a record of @n units back. */
void name_free(uint32_t name, uint32_t n);
/* name_store_collect() - finds the free space of the session anew. */
int name_store_collect(void);

/* data_write(), data_free() - the same for an object's data (libs/arena/data.h). */
uint32_t data_write(uint32_t cell, const void *bytes, uint32_t length);
void data_free(uint32_t data, uint32_t length);

/* ---- security.c ---- */

/* security_keep() - gives the object in @cell a descriptor.  Return: false when there is no room. */
bool security_keep(uint32_t cell, const void *descriptor, uint32_t size);
/* security_is_valid() - whether a client's descriptor can be kept; none can. */
bool security_is_valid(const void *descriptor, uint32_t size);
/* security_gone() - the object in @cell may be gone: gives its data back. */
void security_gone(uint32_t cell);
/* security_collect() - finds the data of a session that is taken over. */
void security_collect(void);
/* security_allows() - what a thread of the client's may do with the object in @cell.
 * @thread: the thread's slot, whose impersonation counts.  @desired: may hold MAXIMUM_ALLOWED; generic rights are mapped.
 * @granted: receives the rights of the handle.
 * Return: STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD. */
NTSTATUS security_allows(
    const struct client *client, uint32_t thread, uint32_t cell, uint32_t desired, uint32_t *granted);
/* security_allows_bytes() - the same for what has the checked descriptor of @size bytes, or (0) none of its own. */
NTSTATUS security_allows_bytes(const struct client *client, uint32_t thread, enum cell_type type, const void *descriptor, uint32_t size,
    uint32_t desired, uint32_t *granted);
/* security_token_of() - the token that decides for a thread; good until the next call here.  NULL: it is none. */
const struct token_body *security_token_of(const struct client *client, uint32_t thread);
/* security_of_maker() - what who makes an object may do with it: all that it asks for. */
NTSTATUS security_of_maker(
    const struct client *client, uint32_t thread, uint32_t type, uint32_t desired, uint32_t *granted);

/* ---- object.c: handles of a client ---- */

/* cell_same() - whether the object that was in @cell at @state still is. */
bool cell_same(uint32_t cell, uint64_t state);
/* A handle that a request gives, with the answer that goes with it. */
struct grant {
    const struct client *client;
    uint64_t handle; /* reserved by the client */
    uint32_t access, attributes;
    NTSTATUS status;
    const void *reply; /* the reply's fields, of which the first n_reply bytes are kept */
    size_t n_reply;
};
/* client_entry() - the handle table's entry behind a client's handle, whose cell is there.  Return: 0 if there is none. */
uint64_t client_entry(const struct client *client, uint64_t handle);
/* grant_check() - whether the handle is reserved in the client's table. */
bool grant_check(const struct client *client, uint64_t handle);
/* grant_new() - fills the handle with a cell made here; its one reference passes over.  Return: false if it is not
 * reserved. */
bool grant_new(const struct grant *grant, uint32_t cell);
/* grant_note(), grant_noted() - the same in two steps: what happens between them is finished with the grant after our
 * death. */
void grant_note(const struct grant *grant, uint32_t cell);
bool grant_noted(const struct grant *grant, uint32_t cell);
/* grant_existing() - the same with one reference more, if the object is still the one that was there at @state.
 * Return: grant->status, STATUS_INVALID_HANDLE (not reserved), STATUS_OBJECT_NAME_NOT_FOUND (gone). */
NTSTATUS grant_existing(const struct grant *grant, uint32_t cell, uint64_t state);
/* grant_recall() - whether this request was granted by a server that is no more.  The reply and *status are then what
 * they were. */
bool grant_recall(const struct client *client, uint64_t handle, void *reply, size_t n_reply, NTSTATUS *status);

/* object_released() - an object is gone, or has a reference less: for object_gone. */
void object_released(uint32_t cell);

/* ---- ring_memory.c: the memfds of pipes' and mailslots' bytes ---- */

/* ring_memory_check() - whether @fd is a memfd that can neither shrink nor grow, and that both ends can write. */
bool ring_memory_check(int fd);
/* ring_memory_inode() - by it the memory is found again. */
uint64_t ring_memory_inode(int fd);
/* ring_memory_find() - looks for it among the descriptors of the session's processes, after a take-over.
 * @first: processes that probably have it (Linux ids).  Return: a descriptor, or -1. */
int ring_memory_find(uint64_t inode, const uint32_t first[2]);

/* ---- mailslot.c ---- */

/* mailslot_memory() - the memfd of the mailslot in @cell, still ours; -1: that is none, or has lost it. */
int mailslot_memory(uint32_t cell);

/* ---- named_pipe.c ---- */

void pipe_instance_gone(uint32_t cell);

/* ---- descriptor.c ---- */

/* descriptor_gone() - the object in @cell may be gone: closes the descriptor that was left for it. */
void descriptor_gone(uint32_t cell);
/* descriptor_keep() - keeps a live object's descriptor until the object is gone; sets *fd to -1 when it is ours from now on.  Return:
 * false when there is no room: who has it gives it then. */
bool descriptor_keep(uint32_t cell, int *fd);
/* descriptor_kept() - Return: the object's descriptor, still ours; -1: none is kept. */
int descriptor_kept(uint32_t cell);
/* pipe_alive() - whether a pipe has an instance whose server end is open. */
bool pipe_alive(uint32_t pipe);
void pipe_forget(uint32_t pipe);
/* pipes_collect() - finds the instances of a session that is taken over. */
void pipes_collect(void);
void pipes_retry(void);

#endif
