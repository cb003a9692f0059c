/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the machine is: for NtQuerySystemInformation, kernel32 and the page at 0x7FFE0000. */
#ifndef WINIPC_NTDLL_SYSTEM_H
#define WINIPC_NTDLL_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>
#include <winternl.h>

/* Processors beyond 64 would need groups: programs are told of the first 64. */
#define SYSTEM_MAX_PROCESSORS 64

BOOLEAN system_processor_feature(ULONG feature); /* PF_… */
uint64_t system_processor_mask(void);            /* those that are online */
unsigned system_processor_count(void);
USHORT system_processor_level(void);    /* the family */
USHORT system_processor_revision(void); /* model and stepping */

/* Bytes, as /proc/meminfo tells them. */
struct system_memory {
    uint64_t total, available, swap_total, swap_free;
};
void system_memory_read(struct system_memory *memory);

/* Times of a processor since the start of the machine, in 100 ns; @processor -1: all together. */
struct system_cpu_times {
    uint64_t user, kernel, idle; /* kernel without idle */
};
bool system_cpu_times_read(int processor, struct system_cpu_times *times);

/* A counter of /proc/stat since the start of the machine: "ctxt", "intr", "softirq"; 0 when it cannot be read. */
uint64_t system_counter_read(const char *counter);

/* One line of GetLogicalProcessorInformation: cores, caches and packages, and the node. */
struct system_topology_entry {
    LOGICAL_PROCESSOR_RELATIONSHIP relationship;
    uint64_t mask;
    CACHE_DESCRIPTOR cache; /* RelationCache */
};

/* Fills entries, at most room. Return: how many there are. */
unsigned system_topology_read(struct system_topology_entry *entries, unsigned room);

/* system_answer() - hands an answer of NtQuerySystemInformation out, when there is room for it. */
NTSTATUS system_answer(void *out, ULONG room, ULONG *returned, const void *info, ULONG size);

/* The lists (system_process.c): the machine's processes with their threads, the session's handles. */
NTSTATUS system_query_processes(void *out, ULONG room, ULONG *returned);
NTSTATUS system_query_handles(void *out, ULONG room, ULONG *returned);
NTSTATUS system_query_old_handles(void *out, ULONG room, ULONG *returned);

#endif
