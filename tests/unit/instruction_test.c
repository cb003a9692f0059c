/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What faulting instructions are told apart by. */
#include "tests/unit/unit.h"

#include <string.h>

#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/instruction.h"

static enum instruction_kind kind_of(const char *bytes) {
    char code[32] = {0};

    strcpy(code, bytes);
    return instruction_fault_kind((uintptr_t)code);
}

START_TEST(kinds) {
    ck_assert_int_eq(exception_init(), 0);
    ck_assert_int_eq(kind_of("\xf4"), INSTRUCTION_PRIVILEGED);
    ck_assert_int_eq(kind_of("\x0f\x20\xc0"), INSTRUCTION_PRIVILEGED);
    ck_assert_int_eq(kind_of("\xe6\x80"), INSTRUCTION_PRIVILEGED);
    ck_assert_int_eq(kind_of("\xf3\x6c"), INSTRUCTION_PRIVILEGED);
    ck_assert_int_eq(kind_of("\xcd\x29"), INSTRUCTION_FAST_FAIL);
    ck_assert_int_eq(kind_of("\xcd\x2c"), INSTRUCTION_ASSERT);
    ck_assert_int_eq(kind_of("\xcd\x2d"), INSTRUCTION_DEBUG_SERVICE);
    ck_assert_int_eq(kind_of("\xcd\x30"), INSTRUCTION_OTHER);
    ck_assert_int_eq(kind_of("\x48\x8b\x08"), INSTRUCTION_OTHER);
    ck_assert_int_eq(instruction_fault_kind(1), INSTRUCTION_OTHER);
}
END_TEST

static bool by_zero(const char *bytes, CONTEXT *context) {
    static char code[32];

    memset(code, 0, sizeof code);
    strcpy(code, bytes);
    context->Rip = (uintptr_t)code;
    return instruction_divides_by_zero(context);
}

START_TEST(divisors) {
    uint64_t memory[4] = {0, 0xff00000000, 3, 0};
    CONTEXT c = {.Rcx = 0x100, .R9 = 5, .Rax = 0x500, .Rbp = (uintptr_t)memory, .Rbx = 1, .R12 = (uintptr_t)memory};

    ck_assert_int_eq(exception_init(), 0);
    ck_assert(!by_zero("\xf7\xf9", &c));         /* idiv ecx */
    ck_assert(by_zero("\xf6\xf9", &c));          /* idiv cl */
    ck_assert(!by_zero("\xf6\xfc", &c));         /* idiv ah */
    ck_assert(!by_zero("\x49\xf7\xf1", &c));     /* div r9 */
    ck_assert(by_zero("\xf7\xfa", &c));          /* idiv edx */
    ck_assert(by_zero("\xf7\x7d\x08", &c));      /* idiv dword [rbp+8]: its low half is 0 */
    ck_assert(!by_zero("\x48\xf7\x7d\x08", &c)); /* idiv qword [rbp+8] */
    ck_assert(!by_zero("\xf7\x7c\xdd\x08", &c)); /* idiv dword [rbp+rbx*8+8] */
    ck_assert(!by_zero("\x41\xf7\x7c\x24\x10", &c)); /* idiv dword [r12+16] */
    c.Rbp = 16;
    ck_assert(by_zero("\xf7\x7d\x08", &c)); /* unreadable */
}
END_TEST

UNIT_MAIN("instruction", kinds, divisors)
