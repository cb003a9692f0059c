/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The few things that the faulting instruction itself must tell, because Linux does not. */
#ifndef WINIPC_NTDLL_INSTRUCTION_H
#define WINIPC_NTDLL_INSTRUCTION_H
#include <stdbool.h>
#include <stdint.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

/* What raised a general protection fault. */
enum instruction_kind {
    INSTRUCTION_OTHER,
    INSTRUCTION_PRIVILEGED,
    INSTRUCTION_FAST_FAIL,     /* int 0x29 */
    INSTRUCTION_ASSERT,        /* int 0x2c */
    INSTRUCTION_DEBUG_SERVICE, /* int 0x2d */
};

enum instruction_kind instruction_fault_kind(uint64_t pc);

/* Whether the div or idiv that faulted has a divisor of zero; if not, the quotient was too large. */
bool instruction_divides_by_zero(const CONTEXT *context);

/* Length of the breakpoint instruction that ends at pc: 1, or 2 for cd 03. */
unsigned instruction_breakpoint_length(uint64_t pc);

#endif
