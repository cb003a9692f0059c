/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The virtual memory of other processes, by process slot (memory_elsewhere.c).  Parameters and results are those of the
 * Nt functions. */
#ifndef WINIPC_NTDLL_MEMORY_ELSEWHERE_H
#define WINIPC_NTDLL_MEMORY_ELSEWHERE_H

#include <stdint.h>

#include <windows.h>
#include <winternl.h>

NTSTATUS memory_allocate_elsewhere(
    uint32_t process, void **base, ULONG_PTR zero_bits, SIZE_T *size, ULONG type, ULONG protect);
NTSTATUS memory_free_elsewhere(uint32_t process, void **base, SIZE_T *size, ULONG type);
NTSTATUS memory_protect_elsewhere(uint32_t process, void **base, SIZE_T *size, ULONG protect, ULONG *old);
NTSTATUS memory_query_elsewhere(uint32_t process, const void *address, MEMORY_BASIC_INFORMATION *info);

#endif
