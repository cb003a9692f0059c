/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registers: taking them, going on with them, and the few routines whose frames the unwinder must know (context_x64.S). */
#ifndef WINIPC_NTDLL_CONTEXT_H
#define WINIPC_NTDLL_CONTEXT_H

/* Distance from the stack pointer, in the frames of exception_call_* and of those that run on a stored context, of what they keep there. */
#define EXCEPTION_CALL_PENDING 0x20

#ifndef __ASSEMBLER__
#include <stdint.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

/* Goes on with all registers of the context; its floating-point state only if ContextFlags says that it is there.  A thread that is to stand still,
 * to end, or to run special APCs (suspend.c) does so before the first instruction there. */
void context_restore(const CONTEXT *context) __attribute__((noreturn));
/* Where that is on its way (the CONTEXT's address is in rbx), where it traps because of such a request, and its last instruction. */
extern const char context_restore_begin[], context_restore_trap[], context_restore_return[];

/* Loads the parts of an XSAVE area (standard form, 64-byte aligned) beyond x87 and SSE that mask names. */
void context_load_xstate(const void *area, uint64_t mask);

/*
 * Calls the callback that the record of a STATUS_UNWIND_CONSOLIDATE names, as if from the frame of context, and goes on where it says.  A walk from
 * inside the callback leads from here straight to context's frame.
 */
void context_consolidate(EXCEPTION_RECORD *record, CONTEXT *context) __attribute__((noreturn));

/* Where the signal handler lets the thread go on; its frame leads a walk to the faulting context. */
extern const char context_signal_entry[];

/* Calls dispatcher->LanguageHandler as exception handler or as termination handler. */
EXCEPTION_DISPOSITION exception_call_except(EXCEPTION_RECORD *record, uint64_t frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher);
EXCEPTION_DISPOSITION exception_call_unwind(EXCEPTION_RECORD *record, uint64_t frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher);
extern const char exception_call_except_return[], exception_call_unwind_return[];

void CDECL RtlRestoreContext(CONTEXT *context, EXCEPTION_RECORD *record) __attribute__((noreturn));

/* Called from the assembler text. */
void exception_raise(EXCEPTION_RECORD *record, CONTEXT *context) __attribute__((noreturn));
struct signal_frame;
void signal_dispatch(struct signal_frame *frame) __attribute__((noreturn));
#endif
#endif
