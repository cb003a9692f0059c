/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads as objects: slots and cells in the arena.  How a thread runs is in thread_start.c. */
#ifndef WINIPC_NTDLL_THREAD_H
#define WINIPC_NTDLL_THREAD_H

#include <windows.h>
#include <winternl.h>

#include "libs/arena/arena.h"

/* thread_object_make() - a slot (STARTING) and a thread object for a thread of process slot @process that is about to be created.
 * Return: the slot's index, or ARENA_MAX_THREADS when memory ran out. */
uint32_t thread_object_make(uint32_t process);

/* thread_wait_born() - waits until the thread of @thread_cell has a Linux id, or process @process_cell has ended.
 * Return: the id, 0 if it never came to that. */
uint32_t thread_wait_born(uint32_t thread_cell, uint32_t process_cell);

/* The begin, hold and end of a thread_plan whose context is THREAD_CONTEXT(slot index): the thread counts and has its id; it waits
 * while it is suspended and takes its slot; at its end it abandons its mutants, signals its object and gives the slot back. */
#define THREAD_CONTEXT(slot) ((void *)(uintptr_t)((slot) + 1))
void thread_object_begin(void *context);
void thread_object_hold(void *context);
void thread_object_end(void *context, DWORD exit_code);

/* A thread to be made in this process. */
struct thread_request {
    PRTL_THREAD_START_ROUTINE start;
    void *argument;
    uint32_t suspended; /* its suspend count */
    SIZE_T stack_commit, stack_reserve;
    NTSTATUS (*share)(uint32_t slot, void *context); /* before it runs; may be NULL */
    void *share_context;
};

/* thread_make() - Return: STATUS_NO_MEMORY, or what @share returned. */
NTSTATUS thread_make(const struct thread_request *request, uint32_t *slot, CLIENT_ID *id);

/* thread_slot_of() - the slot of a thread handle whose thread still runs. */
NTSTATUS thread_slot_of(HANDLE handle, ACCESS_MASK access, struct thread_slot **slot, struct cell **cell);
/* thread_count_down() - lowers the suspend count.  Return: what it was. */
uint32_t thread_count_down(struct thread_slot *slot);

/* thread_context_exchange() - the registers of another thread of this process (thread_context.c).  @change: parts of it are set from there. */
NTSTATUS thread_context_exchange(
    struct thread_slot *slot, struct cell *cell, CONTEXT *context, const CONTEXT *change, DWORD parts);

/* A CLIENT_ID in Linux' numbers; 0: not said. */
struct client_ids {
    uint32_t pid, tid;
};

/* client_id_read() - what NtOpenProcess and NtOpenThread check of their parameters (process.c); *handle is NULL after it. */
NTSTATUS client_id_read(HANDLE *handle, const OBJECT_ATTRIBUTES *attributes, const CLIENT_ID *id, struct client_ids *client);
/* thread_cell_of() - 1 + the cell of the thread of these ids that runs; 0: there is none. */
uint32_t thread_cell_of(const struct client_ids *client);

/* How many threads of this process run Windows code. */
uint32_t thread_count(void);

#endif
