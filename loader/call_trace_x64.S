/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The common part of all thunks of call_trace.c, each of which arrives here by a jump, with its struct traced_function in r11.  The frame
 * is like any function's, so that exceptions and stack walks go through it: a copy of the arguments on the stack, and what came back.
 */
#define TARGET  0
#define N_STACK 8
#define TRACED  -8
#define RESULT  -16
#define BEFORE  -24
#define XMM0    -48
#define XMMS    -112
#define FRAME   144 /* with the 32 bytes that a callee may write to */

	.text
	.globl call_trace_call
	.hidden call_trace_call
	.type call_trace_call, @function
	.p2align 4
call_trace_call:
	.cfi_startproc
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub $FRAME, %rsp
	and $-16, %rsp
	mov %rcx, 16(%rbp) /* the caller left room for these: with the others they are an array */
	mov %rdx, 24(%rbp)
	mov %r8, 32(%rbp)
	mov %r9, 40(%rbp)
	movups %xmm0, XMMS(%rbp)
	movups %xmm1, XMMS+16(%rbp)
	movups %xmm2, XMMS+32(%rbp)
	movups %xmm3, XMMS+48(%rbp)
	mov %r11, TRACED(%rbp)
	mov %r11, %rcx
	lea 16(%rbp), %rdx
	lea XMMS(%rbp), %r8
	call call_trace_enter
	mov %rax, BEFORE(%rbp)

	mov TRACED(%rbp), %r11
	mov N_STACK(%r11), %r10
	lea 15(,%r10,8), %rax
	and $-16, %rax
	sub %rax, %rsp
1:	sub $1, %r10
	jc 2f
	mov 48(%rbp,%r10,8), %rax
	mov %rax, 32(%rsp,%r10,8)
	jmp 1b
2:	mov 16(%rbp), %rcx
	mov 24(%rbp), %rdx
	mov 32(%rbp), %r8
	mov 40(%rbp), %r9
	movups XMMS(%rbp), %xmm0
	movups XMMS+16(%rbp), %xmm1
	movups XMMS+32(%rbp), %xmm2
	movups XMMS+48(%rbp), %xmm3
	call *TARGET(%r11)

	mov %rax, RESULT(%rbp)
	movups %xmm0, XMM0(%rbp)
	mov TRACED(%rbp), %rcx
	mov %rax, %rdx
	mov BEFORE(%rbp), %r8
	call call_trace_leave
	mov RESULT(%rbp), %rax
	movups XMM0(%rbp), %xmm0
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size call_trace_call, . - call_trace_call

	.section .note.GNU-stack,"",@progbits
