/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What exceptions need in assembler: capture and restore of a CONTEXT, RtlRaiseException's entry, calls of handlers, and the frames
 * that a walk leaves by way of a stored CONTEXT.  The offsets are CONTEXT's; context.c asserts them.
 */
#include "dlls/ntdll/context.h"

#define CTX_FLAGS   0x30
#define CTX_MXCSR   0x34
#define CTX_CS      0x38
#define CTX_DS      0x3a
#define CTX_ES      0x3c
#define CTX_FS      0x3e
#define CTX_GS      0x40
#define CTX_SS      0x42
#define CTX_EFLAGS  0x44
#define CTX_RAX     0x78
#define CTX_RCX     0x80
#define CTX_RDX     0x88
#define CTX_RBX     0x90
#define CTX_RSP     0x98
#define CTX_RBP     0xa0
#define CTX_RSI     0xa8
#define CTX_RDI     0xb0
#define CTX_R8      0xb8
#define CTX_R9      0xc0
#define CTX_R10     0xc8
#define CTX_R11     0xd0
#define CTX_R12     0xd8
#define CTX_R13     0xe0
#define CTX_R14     0xe8
#define CTX_R15     0xf0
#define CTX_RIP     0xf8
#define CTX_FLTSAVE 0x100
#define CTX_FLT_MXCSR 0x118
#define CTX_XMM0    0x1a0
#define CTX_SIZE    0x4d0
#define DISPATCHER_HANDLER 0x30
#define RECORD_INFORMATION 0x20
#define SLOT_SUSPEND 12 /* arena_self.slot->suspend */

/* Status flags, trap and direction, alignment check, id: what a program may set. */
#define EFLAGS_PROGRAM 0x240dd5
#define EFLAGS_ALWAYS  0x202

.macro function name
	.globl \name
	.type \name, @function
	.p2align 4
\name:
	.cfi_startproc
.endm
.macro label name
	.globl \name
	.hidden \name
\name:
.endm
.macro end name
	.cfi_endproc
	.size \name, . - \name
.endm

	.text

/* void WINAPI RtlCaptureContext(CONTEXT *context): the caller's registers, as they are behind the call. */
function RtlCaptureContext
	pushfq
	.cfi_adjust_cfa_offset 8
	mov %rax, CTX_RAX(%rcx)
	mov %rcx, CTX_RCX(%rcx)
	mov %rdx, CTX_RDX(%rcx)
	mov %rbx, CTX_RBX(%rcx)
	mov %rbp, CTX_RBP(%rcx)
	mov %rsi, CTX_RSI(%rcx)
	mov %rdi, CTX_RDI(%rcx)
	mov %r8, CTX_R8(%rcx)
	mov %r9, CTX_R9(%rcx)
	mov %r10, CTX_R10(%rcx)
	mov %r11, CTX_R11(%rcx)
	mov %r12, CTX_R12(%rcx)
	mov %r13, CTX_R13(%rcx)
	mov %r14, CTX_R14(%rcx)
	mov %r15, CTX_R15(%rcx)
	movw %cs, CTX_CS(%rcx)
	movw %ss, CTX_SS(%rcx)
	movw %ds, CTX_DS(%rcx)
	movw %es, CTX_ES(%rcx)
	movw %fs, CTX_FS(%rcx)
	movw %gs, CTX_GS(%rcx)
	fxsave64 CTX_FLTSAVE(%rcx)
	stmxcsr CTX_MXCSR(%rcx)
	movl $0x10000f, CTX_FLAGS(%rcx)
	lea 16(%rsp), %rax
	mov %rax, CTX_RSP(%rcx)
	mov 8(%rsp), %rax
	mov %rax, CTX_RIP(%rcx)
	mov (%rsp), %eax
	mov %eax, CTX_EFLAGS(%rcx)
	mov CTX_RAX(%rcx), %rax
	popfq
	.cfi_adjust_cfa_offset -8
	ret
end RtlCaptureContext

/*
 * void context_restore(const CONTEXT *context).  iretq loads pc, flags and stack pointer at once and writes nothing on the stack that it
 * switches to; it wants this process's selectors.  The program's flags are masked: NT would make iretq fault.
 *
 * From context_restore_begin on, who interrupts the thread does the rest itself (suspend_finish_restore): so no request comes too late.
 */
function context_restore
	testb $8, CTX_FLAGS(%rdi)
	jz 1f
	fxrstor64 CTX_FLTSAVE(%rdi)
1:	mov %rdi, %rbx
label context_restore_begin
	mov arena_self@gottpoff(%rip), %rax
	mov %fs:(%rax), %rax
	test %rax, %rax
	jz 2f
	cmpl $0, SLOT_SUSPEND(%rax)
	jz 2f
label context_restore_trap
	ud2
2:	movw %ss, %ax
	movzwl %ax, %eax
	push %rax
	pushq CTX_RSP(%rbx)
	mov CTX_EFLAGS(%rbx), %eax
	and $EFLAGS_PROGRAM, %eax
	or $EFLAGS_ALWAYS, %eax
	push %rax
	movw %cs, %ax
	movzwl %ax, %eax
	push %rax
	pushq CTX_RIP(%rbx)
	mov CTX_RAX(%rbx), %rax
	mov CTX_RCX(%rbx), %rcx
	mov CTX_RDX(%rbx), %rdx
	mov CTX_RBP(%rbx), %rbp
	mov CTX_RSI(%rbx), %rsi
	mov CTX_R8(%rbx), %r8
	mov CTX_R9(%rbx), %r9
	mov CTX_R10(%rbx), %r10
	mov CTX_R11(%rbx), %r11
	mov CTX_R12(%rbx), %r12
	mov CTX_R13(%rbx), %r13
	mov CTX_R14(%rbx), %r14
	mov CTX_R15(%rbx), %r15
	mov CTX_RDI(%rbx), %rdi
	mov CTX_RBX(%rbx), %rbx
label context_restore_return
	iretq
end context_restore

/* void context_load_xstate(const void *area, uint64_t mask) */
function context_load_xstate
	mov %esi, %eax
	mov %rsi, %rdx
	shr $32, %rdx
	xrstor64 (%rdi)
	ret
end context_load_xstate

/*
 * void WINAPI RtlRaiseException(EXCEPTION_RECORD *record).  The context is the caller's, behind the call.  The call frame information
 * finds those registers that only ms_abi preserves in it.
 */
#define RAISE_FRAME (CTX_SIZE + 0x28)
#define RAISE_CFA   (RAISE_FRAME + 8)
function RtlRaiseException
	sub $RAISE_FRAME, %rsp
	.cfi_adjust_cfa_offset RAISE_FRAME
	mov %rcx, RAISE_CFA(%rsp)
	lea 0x20(%rsp), %rcx
	call RtlCaptureContext
	.cfi_offset 4, 0x20 + CTX_RSI - RAISE_CFA
	.cfi_offset 5, 0x20 + CTX_RDI - RAISE_CFA
	.irp n, 6,7,8,9,10,11,12,13,14,15
	.cfi_offset 17 + \n, 0x20 + CTX_XMM0 + 16 * \n - RAISE_CFA
	.endr
	mov RAISE_CFA(%rsp), %rdi
	mov %rdi, 0x20 + CTX_RCX(%rsp)
	lea RAISE_CFA(%rsp), %rax
	mov %rax, 0x20 + CTX_RSP(%rsp)
	mov RAISE_FRAME(%rsp), %rax
	mov %rax, 0x20 + CTX_RIP(%rsp)
	lea 0x20(%rsp), %rsi
	call exception_raise
	ud2
end RtlRaiseException

/* EXCEPTION_DISPOSITION exception_call_*(record, frame, context, dispatcher): two, so that a walk can tell which kind of handler is running. */
.macro handler_call name
function \name
	sub $0x28, %rsp
	.cfi_adjust_cfa_offset 0x28
	mov %rcx, EXCEPTION_CALL_PENDING(%rsp)
	mov %rcx, %r9
	mov %rdx, %r8
	mov %rsi, %rdx
	mov %rdi, %rcx
	call *DISPATCHER_HANDLER(%r9)
	.globl \name\()_return
\name\()_return:
	add $0x28, %rsp
	.cfi_adjust_cfa_offset -0x28
	ret
end \name
.endm
handler_call exception_call_except
handler_call exception_call_unwind

/*
 * The caller of such a frame is, for a walk, the frame of the CONTEXT whose address lies at EXCEPTION_CALL_PENDING(%rsp): register n's place is the
 * DWARF expression "breg7 0x20, deref, plus_uconst offset", the frame address the stack pointer found there.
 */
.macro stored_register number, offset
	.cfi_escape 0x10, \number, 6, 0x77, EXCEPTION_CALL_PENDING, 0x06, 0x23, ((\offset) & 0x7f) | 0x80, (\offset) >> 7
.endm
.macro stored_context
	.cfi_escape 0x0f, 7, 0x77, EXCEPTION_CALL_PENDING, 0x06, 0x23, (CTX_RSP & 0x7f) | 0x80, CTX_RSP >> 7, 0x06
	stored_register 0, CTX_RAX
	stored_register 1, CTX_RDX
	stored_register 2, CTX_RCX
	stored_register 3, CTX_RBX
	stored_register 4, CTX_RSI
	stored_register 5, CTX_RDI
	stored_register 6, CTX_RBP
	stored_register 8, CTX_R8
	stored_register 9, CTX_R9
	stored_register 10, CTX_R10
	stored_register 11, CTX_R11
	stored_register 12, CTX_R12
	stored_register 13, CTX_R13
	stored_register 14, CTX_R14
	stored_register 15, CTX_R15
	stored_register 16, CTX_RIP
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	stored_register (17+\n), (CTX_XMM0+16*\n)
	.endr
.endm

/* Where a function of ours returns to instead of the program's code that called it, when the thread is to stand still there (suspend.c). */
label context_hooked_return
	ud2

/* Entered from the signal handler, with the frame (whose first member is the CONTEXT) in rdi and at 0x20(%rsp); the stack is aligned. */
function context_signal_entry
	.cfi_signal_frame
	stored_context
	call signal_dispatch
	ud2
end context_signal_entry

/* void context_consolidate(EXCEPTION_RECORD *record, CONTEXT *context) */
function context_consolidate
	sub $0x28, %rsp
	mov %rsi, EXCEPTION_CALL_PENDING(%rsp)
	stored_context
	.cfi_signal_frame
	mov %rdi, %rcx
	mov RECORD_INFORMATION(%rdi), %rax
	mov CTX_RBX(%rsi), %rbx
	mov CTX_RBP(%rsi), %rbp
	mov CTX_RDI(%rsi), %rdi
	mov CTX_R12(%rsi), %r12
	mov CTX_R13(%rsi), %r13
	mov CTX_R14(%rsi), %r14
	mov CTX_R15(%rsi), %r15
	.irp n, 6,7,8,9,10,11,12,13,14,15
	movaps CTX_XMM0 + 16 * \n(%rsi), %xmm\n
	.endr
	mov CTX_RSI(%rsi), %rsi
	call *%rax
	mov EXCEPTION_CALL_PENDING(%rsp), %rdi
	mov %rax, CTX_RIP(%rdi)
	call context_restore
	ud2
end context_consolidate

	.section .note.GNU-stack, "", @progbits
