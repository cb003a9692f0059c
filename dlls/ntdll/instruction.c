/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the faulting instruction tells: Windows distinguishes privileged instructions and software interrupts from bad addresses, and division by zero
 * from a quotient that is too large; Linux reports one signal for each.
 */
#include "dlls/ntdll/instruction.h"

#include <string.h>

#include "libs/host/guard.h"

#define INSTRUCTION_MAX 15

struct instruction {
    uint8_t code[INSTRUCTION_MAX + 1]; /* zero behind what could be read */
    unsigned at;                       /* the opcode, behind the prefixes */
    uint8_t rex;
    bool operand16;
    char segment; /* 'f', 'g' or 0 */
};

static void instruction_read(struct instruction *i, uint64_t pc) {
    size_t len = INSTRUCTION_MAX;

    memset(i, 0, sizeof *i);
    while (len && guard_copy_from(i->code, (void *)pc, len))
        len--;
    for (; i->at < INSTRUCTION_MAX; i->at++) {
        uint8_t byte = i->code[i->at];
        if (byte == 0x66)
            i->operand16 = true;
        else if (byte == 0x64 || byte == 0x65)
            i->segment = byte == 0x64 ? 'f' : 'g';
        else if (byte != 0x26 && byte != 0x2e && byte != 0x36 && byte != 0x3e && byte != 0x67 && byte != 0xf0 && byte != 0xf2 && byte != 0xf3)
            break;
    }
    if ((i->code[i->at] & 0xf0) == 0x40)
        i->rex = i->code[i->at++];
}

static bool instruction_privileged(const uint8_t *op) {
    switch (op[0]) {
    case 0xf4: /* hlt */
    case 0xfa: /* cli */
    case 0xfb: /* sti */
        return true;
    case 0x0f:
        break;
    default:
        /* in, out, ins, outs */
        return (op[0] >= 0x6c && op[0] <= 0x6f) || (op[0] & 0xf4) == 0xe4;
    }
    switch (op[1]) {
    case 0x00: /* lldt, ltr */
        return (op[2] & 0x38) == 0x10 || (op[2] & 0x38) == 0x18;
    case 0x01: /* lgdt, lidt, lmsw, invlpg, swapgs */
        return (op[2] & 0x38) == 0x10 || (op[2] & 0x38) == 0x18 || (op[2] & 0x38) == 0x30 || (op[2] & 0x38) == 0x38;
    case 0x06: /* clts */
    case 0x07: /* sysret */
    case 0x08: /* invd */
    case 0x09: /* wbinvd */
    case 0x20: /* mov from and to cr and dr */
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x30: /* wrmsr */
    case 0x32: /* rdmsr */
    case 0x33: /* rdpmc */
    case 0x35: /* sysexit */
        return true;
    default:
        return false;
    }
}

enum instruction_kind instruction_fault_kind(uint64_t pc) {
    struct instruction i;

    instruction_read(&i, pc);
    const uint8_t *op = i.code + i.at;
    if (op[0] == 0xcd) {
        switch (op[1]) {
        case 0x29:
            return INSTRUCTION_FAST_FAIL;
        case 0x2c:
            return INSTRUCTION_ASSERT;
        case 0x2d:
            return INSTRUCTION_DEBUG_SERVICE;
        default:
            return INSTRUCTION_OTHER;
        }
    }
    return instruction_privileged(op) ? INSTRUCTION_PRIVILEGED : INSTRUCTION_OTHER;
}

static uint64_t instruction_register(const CONTEXT *context, unsigned n) {
    return ((const uint64_t *)&context->Rax)[n];
}

/* The address of a memory operand; end is where the instruction ends. Segment bases are not added: the operand is then taken for a zero. */
static uint64_t instruction_address(const struct instruction *i, const CONTEXT *context) {
    unsigned at = i->at + 1, mod = i->code[at] >> 6, rm = i->code[at] & 7;
    uint64_t address = 0;
    int32_t displacement = 0;
    bool base = true;

    at++;
    if (rm == 4) {
        uint8_t sib = i->code[at++];
        unsigned index = (sib >> 3 & 7) | (i->rex & 2 ? 8 : 0);
        if (index != 4)
            address = instruction_register(context, index) << (sib >> 6);
        rm = sib & 7;
        base = !(rm == 5 && mod == 0);
        if (!base)
            memcpy(&displacement, i->code + at, 4);
    } else if (rm == 5 && mod == 0) {
        memcpy(&displacement, i->code + at, 4);
        return context->Rip + at + 4 + (uint64_t)(int64_t)displacement;
    }
    if (base)
        address += instruction_register(context, rm | (i->rex & 1 ? 8 : 0));
    if (mod == 1)
        displacement = (int8_t)i->code[at];
    else if (mod == 2)
        memcpy(&displacement, i->code + at, 4);
    return address + (uint64_t)(int64_t)displacement;
}

bool instruction_divides_by_zero(const CONTEXT *context) {
    struct instruction i;
    uint64_t value = 0;

    instruction_read(&i, context->Rip);
    uint8_t op = i.code[i.at], modrm = i.code[i.at + 1];
    size_t size = op == 0xf6 ? 1 : i.rex & 8 ? 8 : i.operand16 ? 2 : 4;
    if ((op != 0xf6 && op != 0xf7) || (modrm & 0x30) != 0x30 || i.segment)
        return true;
    if (modrm >> 6 != 3) {
        if (guard_copy_from(&value, (void *)instruction_address(&i, context), size))
            return true;
        return !value;
    }
    unsigned reg = (modrm & 7) | (i.rex & 1 ? 8 : 0);
    if (size == 1 && !i.rex && reg >= 4)
        return !(uint8_t)(instruction_register(context, reg - 4) >> 8); /* ah, ch, dh, bh */
    value = instruction_register(context, reg);
    return !(size == 8 ? value : value & ((1ull << 8 * size) - 1));
}

unsigned instruction_breakpoint_length(uint64_t pc) {
    uint8_t bytes[2];

    if (!guard_copy_from(bytes, (void *)(pc - 2), 2) && bytes[0] == 0xcd && bytes[1] == 0x03)
        return 2;
    return 1;
}
