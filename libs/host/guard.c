/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guarded access to a program's memory (guard.h).
 *
 * All loads and stores that may fault are in the assembler text between guard_begin and guard_end.  Those routines are leaves: they push nothing
 * and use only registers that a System V call may destroy, so a fault anywhere in them is ended by going on at guard_fault, which
 * returns -EFAULT to the caller.
 */
#include "libs/host/guard.h"

#include <errno.h>
#include <ucontext.h>

#define GUARD_PAGE 4096u

extern const char guard_begin[], guard_end[], guard_fault[];
int guard_copy(void *dst, const void *src, size_t len);
int guard_touch_read(const void *p);
int guard_touch_write(void *p);
ssize_t guard_scan8(const char *s, size_t max);
ssize_t guard_scan16(const uint16_t *s, size_t max);

/* Short copies go by words that overlap at the end; beyond 256 bytes the string instruction is the fastest and needs no alignment. */
__asm__(".text\n"
        ".p2align 4\n"
        ".local guard_begin, guard_end, guard_fault, guard_copy, guard_touch_read, guard_touch_write, guard_scan8, guard_scan16\n"
        "guard_begin:\n"
        ".type guard_copy, @function\n"
        "guard_copy:\n"
        "	.cfi_startproc\n"
        "	cmp $16, %rdx\n"
        "	jb 2f\n"
        "	cmp $256, %rdx\n"
        "	ja 4f\n"
        "	movups -16(%rsi,%rdx), %xmm1\n"
        "	lea -16(%rdi,%rdx), %r8\n"
        "1:	movups (%rsi), %xmm0\n"
        "	add $16, %rsi\n"
        "	movups %xmm0, (%rdi)\n"
        "	add $16, %rdi\n"
        "	cmp %r8, %rdi\n"
        "	jb 1b\n"
        "	movups %xmm1, (%r8)\n"
        "	xor %eax, %eax\n"
        "	ret\n"
        "2:	cmp $8, %rdx\n"
        "	jb 3f\n"
        "	mov (%rsi), %rax\n"
        "	mov -8(%rsi,%rdx), %rcx\n"
        "	mov %rax, (%rdi)\n"
        "	mov %rcx, -8(%rdi,%rdx)\n"
        "	xor %eax, %eax\n"
        "	ret\n"
        "3:	test %rdx, %rdx\n"
        "	jz 6f\n"
        "5:	movzbl (%rsi), %eax\n"
        "	inc %rsi\n"
        "	mov %al, (%rdi)\n"
        "	inc %rdi\n"
        "	dec %rdx\n"
        "	jnz 5b\n"
        "6:	xor %eax, %eax\n"
        "	ret\n"
        "4:	mov %rdx, %rcx\n"
        "	rep movsb\n"
        "	xor %eax, %eax\n"
        "	ret\n"
        "	.cfi_endproc\n"
        ".size guard_copy, . - guard_copy\n"

        ".globl guard_read64\n"
        ".type guard_read64, @function\n"
        "guard_read64:\n"
        "	.cfi_startproc\n"
        "	mov (%rdi), %rax\n"
        "	mov %rax, (%rsi)\n"
        "	xor %eax, %eax\n"
        "	ret\n"
        "	.cfi_endproc\n"
        ".size guard_read64, . - guard_read64\n"

        ".type guard_touch_read, @function\n"
        "guard_touch_read:\n"
        "	.cfi_startproc\n"
        "	movzbl (%rdi), %eax\n"
        "	xor %eax, %eax\n"
        "	ret\n"
        "	.cfi_endproc\n"
        ".size guard_touch_read, . - guard_touch_read\n"

        ".type guard_touch_write, @function\n"
        "guard_touch_write:\n"
        "	.cfi_startproc\n"
        "	lock orb $0, (%rdi)\n"
        "	xor %eax, %eax\n"
        "	ret\n"
        "	.cfi_endproc\n"
        ".size guard_touch_write, . - guard_touch_write\n"

        ".type guard_scan8, @function\n"
        "guard_scan8:\n"
        "	.cfi_startproc\n"
        "	xor %eax, %eax\n"
        "1:	cmp %rsi, %rax\n"
        "	jae 2f\n"
        "	cmpb $0, (%rdi,%rax)\n"
        "	je 2f\n"
        "	inc %rax\n"
        "	jmp 1b\n"
        "2:	ret\n"
        "	.cfi_endproc\n"
        ".size guard_scan8, . - guard_scan8\n"

        ".type guard_scan16, @function\n"
        "guard_scan16:\n"
        "	.cfi_startproc\n"
        "	xor %eax, %eax\n"
        "1:	cmp %rsi, %rax\n"
        "	jae 2f\n"
        "	cmpw $0, (%rdi,%rax,2)\n"
        "	je 2f\n"
        "	inc %rax\n"
        "	jmp 1b\n"
        "2:	ret\n"
        "	.cfi_endproc\n"
        ".size guard_scan16, . - guard_scan16\n"
        "guard_end:\n"

        ".type guard_fault, @function\n"
        "guard_fault:\n"
        "	.cfi_startproc\n"
        "	mov $-14, %rax\n"
        "	ret\n"
        "	.cfi_endproc\n"
        ".size guard_fault, . - guard_fault\n");

_Static_assert(EFAULT == 14, "guard_fault returns -EFAULT");

int guard_copy_from(void *dst, const void *program_src, size_t len) {
    return guard_copy(dst, program_src, len);
}

int guard_copy_to(void *program_dst, const void *src, size_t len) {
    return guard_copy(program_dst, src, len);
}

/* Calls touch for one byte of each page that [p, p + len) has a part in. */
static int guard_probe(const void *p, size_t len, int (*touch)(void *)) {
    uintptr_t at = (uintptr_t)p, last = at + len - 1;

    if (!len)
        return 0;
    if (last < at)
        return -EFAULT;
    for (;;) {
        if (touch((void *)at))
            return -EFAULT;
        if ((at | (GUARD_PAGE - 1)) >= last)
            return 0;
        at = (at | (GUARD_PAGE - 1)) + 1;
    }
}

static int guard_touch_read_page(void *p) {
    return guard_touch_read(p);
}

int guard_probe_read(const void *p, size_t len) {
    return guard_probe(p, len, guard_touch_read_page);
}

int guard_probe_write(void *p, size_t len) {
    return guard_probe(p, len, guard_touch_write);
}

ssize_t guard_strlen(const char *s, size_t max) {
    return guard_scan8(s, max);
}

ssize_t guard_wcslen(const uint16_t *s, size_t max_wchars) {
    return guard_scan16(s, max_wchars);
}

bool guard_contains(uintptr_t pc) {
    return pc >= (uintptr_t)guard_begin && pc < (uintptr_t)guard_end;
}

bool guard_fixup(void *context) {
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

    if (!guard_contains((uintptr_t)regs[REG_RIP]))
        return false;
    regs[REG_RIP] = (greg_t)(uintptr_t)guard_fault;
    return true;
}
