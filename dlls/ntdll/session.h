/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This process as a member of its session: its slot in the arena, its process object, its end. */
#ifndef WINIPC_NTDLL_SESSION_H
#define WINIPC_NTDLL_SESSION_H

#include <stdint.h>
#include <windows.h>

/* What a parent of ours hands to a child: the arena's descriptor and the slot that it has claimed for it. */
struct session_ticket {
    int32_t arena_fd; /* -1: none, ask the server */
    uint32_t process; /* slot */
    uint32_t thread;  /* slot of the main thread */
};

/* session_enter() - makes this process a member: attaches the arena (through the server, which is started if there is none), takes the
 * process slot, makes the process object and the main thread's slot.  @ticket: NULL for a process that no parent of ours started.
 * Call once, on the initial thread, before anything that touches objects.
 * Return: the slot of the program's main thread, for THREAD_CONTEXT; a failure ends the process with a clear message. */
uint32_t session_enter(const struct session_ticket *ticket);

/* session_leave() - publishes @exit_code and gives everything back; the process then ends by other means. */
void session_leave(DWORD exit_code);

/* session_announce_end() - whoever waits for this process or its main thread is told that it has ended, though it stays a while. */
void session_announce_end(DWORD exit_code);

/* session_exit() - ends the process: publishes @exit_code, gives everything back, ends in _exit with the low 8 bits. */
void session_exit(DWORD exit_code) __attribute__((noreturn));

/* process_object_init() - fills a new CELL_PROCESS for process slot @slot. */
void process_object_init(uint32_t cell, uint32_t slot);

/* The time now as a FILETIME. */
uint64_t session_filetime(void);

#endif
