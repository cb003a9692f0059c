/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priorities and affinity of threads and processes (scheduling.c). */
#ifndef WINIPC_NTDLL_SCHEDULING_H
#define WINIPC_NTDLL_SCHEDULING_H

#include <windows.h>
#include <winternl.h>

#include "libs/arena/arena.h"

/* What THREAD_BASIC_INFORMATION holds for THREAD_PRIORITY_TIME_CRITICAL and (negative) THREAD_PRIORITY_IDLE. */
#define INCREMENT_SATURATED 16

/* process_affinity() - the processors that a process in a slot may run on. */
ULONG_PTR process_affinity(uint32_t process);
/* process_class() - its PROCESS_PRIOCLASS_*. */
UCHAR process_class(uint32_t process);
/* process_base_priority() - the number that its class stands for. */
LONG process_base_priority(uint32_t process);
bool process_boost_is_off(uint32_t process);
/* process_schedule_child() - what a new process in slot @child has: class @class and @affinity; 0: after that of slot @parent. */
void process_schedule_child(uint32_t child, uint32_t parent, UCHAR class, ULONG_PTR affinity);

/* thread_affinity() - the processors that a running thread may run on. */
ULONG_PTR thread_affinity(const struct thread_slot *slot);
/* thread_increment() - what its priority adds to its process's base. */
LONG thread_increment(const struct thread_slot *slot);
/* thread_base_priority() - both together. */
LONG thread_base_priority(const struct thread_slot *slot);
ULONG thread_io_priority(const struct thread_slot *slot);
bool thread_boost_is_off(const struct thread_slot *slot);
UCHAR thread_ideal_processor(const struct thread_slot *slot);
/* thread_begin_affinity() - a thread begins with its process's, not with its maker's. */
void thread_begin_affinity(void);

/* scheduling_set_thread() - NtSetInformationThread's classes of these things. */
NTSTATUS scheduling_set_thread(HANDLE handle, THREADINFOCLASS class, const void *data, ULONG size);

#endif
