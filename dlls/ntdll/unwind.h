/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walking a thread's stack, from any context to its caller's, through PE frames (by .pdata), frames of our own ELF code (by DWARF call frame
 * information) and leaves.  Exception dispatch, unwinding and back traces all go frame by frame with unwind_frame_next().
 *
 * The program's memory is read through guarded copies: a broken stack ends a walk with a status, never with a fault.
 */
#ifndef WINIPC_NTDLL_UNWIND_H
#define WINIPC_NTDLL_UNWIND_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

/* Flags of EXCEPTION_RECORD.ExceptionFlags beyond EXCEPTION_NONCONTINUABLE. */
#define EXCEPTION_FLAG_UNWINDING 0x02
#define EXCEPTION_FLAG_EXIT_UNWIND 0x04
#define EXCEPTION_FLAG_STACK_INVALID 0x08
#define EXCEPTION_FLAG_NESTED_CALL 0x10
#define EXCEPTION_FLAG_TARGET_UNWIND 0x20
#define EXCEPTION_FLAG_COLLIDED_UNWIND 0x40

/* Flags of UNWIND_INFO, and of RtlVirtualUnwind's handler type. */
#define UNWIND_FLAG_NONE 0
#define UNWIND_FLAG_EXCEPT 1
#define UNWIND_FLAG_UNWIND 2
#define UNWIND_FLAG_CHAINED 4

enum unwind_kind {
    UNWIND_KIND_PE,           /* a frame with a RUNTIME_FUNCTION; the only kind that has an establisher frame and maybe a handler */
    UNWIND_KIND_NATIVE,       /* our ELF code, or a leaf */
    UNWIND_KIND_CALL_EXCEPT,  /* our code that called a frame's exception handler: a nested exception */
    UNWIND_KIND_CALL_UNWIND,  /* our code that called a frame's termination handler: a collided unwind */
};

struct unwind_frame {
    enum unwind_kind kind;
    uint64_t pc;
    uint64_t image_base;
    RUNTIME_FUNCTION *function;
    uint64_t establisher;
    PEXCEPTION_ROUTINE handler; /* NULL if there is none of the kind asked for */
    void *handler_data;
    bool interrupts; /* the caller did not call, it was interrupted: its pc may be anything */
    DISPATCHER_CONTEXT *pending; /* UNWIND_KIND_CALL_*: what that handler was called with */
};

/* dlls/ntdll/unwind.c */

/**
 * unwind_frame_next() - describes the frame that a context is in, and turns the context into its caller's.
 * @handler_type: UNWIND_FLAG_*, the kind of handler that is looked for.
 * Return: STATUS_SUCCESS; STATUS_BAD_STACK or STATUS_BAD_FUNCTION_TABLE if something could not be read or made no sense; context is then undefined.
 */
NTSTATUS unwind_frame_next(DWORD handler_type, CONTEXT *context, struct unwind_frame *frame);

/* winipc_unwind_step() - the same for other DLLs: turns a context into its caller's.  Return: false at the end, or when the stack makes no sense. */
bool winipc_unwind_step(CONTEXT *context);

/* One PE frame, described by function; pointers may be NULL. */
NTSTATUS unwind_pe(DWORD handler_type, RUNTIME_FUNCTION *function, CONTEXT *context, struct unwind_frame *frame,
                   KNONVOLATILE_CONTEXT_POINTERS *pointers);

/* Whether a context ends the walk: the frame has no caller, or the thread's stack is used up. A pc of 0 is no end where a call through NULL faulted. */
bool unwind_at_end(const CONTEXT *context, bool interrupted);

/* Whether a frame lies on the calling thread's stack and is aligned as frames are. */
bool unwind_frame_valid(uint64_t establisher);

/* dlls/ntdll/unwind_elf.c */

/**
 * unwind_elf() - one frame of ELF code.
 * @interrupts: receives whether the code was called by an interruption (a signal frame).
 * Return: STATUS_SUCCESS, STATUS_NOT_FOUND if no call frame information covers the context's pc, STATUS_BAD_STACK.
 */
NTSTATUS unwind_elf(CONTEXT *context, bool *interrupts);
/* unwind_elf_interrupted() - the same where the pc is known to be that of the next instruction: what stands before it is no call, though it
 * may look like one. */
NTSTATUS unwind_elf_interrupted(CONTEXT *context, bool *interrupts);
bool unwind_elf_contains(uint64_t pc);

/* dlls/ntdll/function_table.c */

/**
 * unwind_image_add() - makes a mapped and relocated PE image's .pdata known; for the loader, before any of its code runs.
 * @functions, @n_functions: its exception directory, which lies in the image.
 * unwind_image_remove() - forgets it, before it is unmapped.
 * Return: 0 or -ENOMEM.
 */
int unwind_image_add(void *base, size_t size_bytes, RUNTIME_FUNCTION *functions, uint32_t n_functions);
void unwind_image_remove(void *base);

/* The PE image that pc lies in, or NULL. */
void *unwind_image_base(uint64_t pc);

/* What RtlLookupFunctionEntry finds in PE images and dynamic tables. */
RUNTIME_FUNCTION *unwind_function_find(uint64_t pc, uint64_t *image_base);

/* The entry that RtlLookupFunctionEntry answers for ELF code, so that programs' own stack walks cross it through RtlVirtualUnwind. */
extern RUNTIME_FUNCTION unwind_elf_function;

#endif
