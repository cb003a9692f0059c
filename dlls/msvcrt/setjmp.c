/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * setjmp and longjmp.
 *
 * Compilers call _setjmp with the frame of the calling function as second argument: longjmp then leaves the frames
 * between as an unwind, so that their
 * __finally blocks run.  With a frame of 0 it only restores the registers.
 */
#include <stdint.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

struct jump_buffer {
    uint64_t frame;
    uint64_t rbx, rsp, rbp, rsi, rdi, r12, r13, r14, r15, rip; /* rsp and rip: behind the call of _setjmp */
    uint32_t mxcsr;
    uint16_t fpcsr, spare;
    M128A xmm[10]; /* xmm6 to xmm15 */
};
_Static_assert(sizeof(struct jump_buffer) == 256, "jmp_buf holds 16 times 16 bytes on x64");

/* Sanitizers keep a shadow of the stack, which jumping over frames would leave in disorder. */
extern void __asan_handle_no_return(void) __attribute__((weak));

void jump_restore(const struct jump_buffer *buffer, int value) __attribute__((noreturn));

/* int CDECL msvcrt_setjmp(struct jump_buffer *buffer, void *frame) */
__asm__(".text\n"
        ".globl msvcrt_setjmp\n"
        ".type msvcrt_setjmp, @function\n"
        ".p2align 4\n"
        "msvcrt_setjmp:\n"
        "	.cfi_startproc\n"
        "	mov %rdx, 0x00(%rcx)\n"
        "	mov %rbx, 0x08(%rcx)\n"
        "	lea 8(%rsp), %rax\n"
        "	mov %rax, 0x10(%rcx)\n"
        "	mov %rbp, 0x18(%rcx)\n"
        "	mov %rsi, 0x20(%rcx)\n"
        "	mov %rdi, 0x28(%rcx)\n"
        "	mov %r12, 0x30(%rcx)\n"
        "	mov %r13, 0x38(%rcx)\n"
        "	mov %r14, 0x40(%rcx)\n"
        "	mov %r15, 0x48(%rcx)\n"
        "	mov (%rsp), %rax\n"
        "	mov %rax, 0x50(%rcx)\n"
        "	stmxcsr 0x58(%rcx)\n"
        "	fnstcw 0x5c(%rcx)\n"
        "	movups %xmm6, 0x60(%rcx)\n"
        "	movups %xmm7, 0x70(%rcx)\n"
        "	movups %xmm8, 0x80(%rcx)\n"
        "	movups %xmm9, 0x90(%rcx)\n"
        "	movups %xmm10, 0xa0(%rcx)\n"
        "	movups %xmm11, 0xb0(%rcx)\n"
        "	movups %xmm12, 0xc0(%rcx)\n"
        "	movups %xmm13, 0xd0(%rcx)\n"
        "	movups %xmm14, 0xe0(%rcx)\n"
        "	movups %xmm15, 0xf0(%rcx)\n"
        "	xor %eax, %eax\n"
        "	ret\n"
        "	.cfi_endproc\n"
        ".size msvcrt_setjmp, . - msvcrt_setjmp\n"

        ".local jump_restore\n"
        ".type jump_restore, @function\n"
        ".p2align 4\n"
        "jump_restore:\n"
        "	.cfi_startproc\n"
        "	mov %esi, %eax\n"
        "	mov %rdi, %rcx\n"
        "	mov 0x08(%rcx), %rbx\n"
        "	mov 0x18(%rcx), %rbp\n"
        "	mov 0x20(%rcx), %rsi\n"
        "	mov 0x28(%rcx), %rdi\n"
        "	mov 0x30(%rcx), %r12\n"
        "	mov 0x38(%rcx), %r13\n"
        "	mov 0x40(%rcx), %r14\n"
        "	mov 0x48(%rcx), %r15\n"
        "	ldmxcsr 0x58(%rcx)\n"
        "	fnclex\n"
        "	fldcw 0x5c(%rcx)\n"
        "	movups 0x60(%rcx), %xmm6\n"
        "	movups 0x70(%rcx), %xmm7\n"
        "	movups 0x80(%rcx), %xmm8\n"
        "	movups 0x90(%rcx), %xmm9\n"
        "	movups 0xa0(%rcx), %xmm10\n"
        "	movups 0xb0(%rcx), %xmm11\n"
        "	movups 0xc0(%rcx), %xmm12\n"
        "	movups 0xd0(%rcx), %xmm13\n"
        "	movups 0xe0(%rcx), %xmm14\n"
        "	movups 0xf0(%rcx), %xmm15\n"
        "	mov 0x50(%rcx), %rdx\n"
        "	mov 0x10(%rcx), %rsp\n"
        "	jmp *%rdx\n"
        "	.cfi_endproc\n"
        ".size jump_restore, . - jump_restore\n");

/**
 * longjmp() - goes on where a setjmp() was called, which then returns @value, or 1 for 0.
 * Source: https://learn.microsoft.com/en-us/cpp/c-runtime-library/reference/longjmp
 */
void CDECL msvcrt_longjmp(struct jump_buffer *buffer, int value) {
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)STATUS_LONGJUMP, .NumberParameters = 1};

    if (!value)
        value = 1;
    if (!buffer->frame) {
        if (__asan_handle_no_return)
            __asan_handle_no_return();
        jump_restore(buffer, value);
    }
    record.ExceptionInformation[0] = (ULONG_PTR)buffer;
    RtlUnwind((void *)buffer->frame, (void *)buffer->rip, &record, (void *)(intptr_t)value);
}
