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

/* How many threads of this process run Windows code. */
uint32_t thread_count(void);

#endif
