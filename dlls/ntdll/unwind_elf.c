/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One frame of ELF code, by its DWARF call frame information.
 *
 * The usual unwinders stop at gcc's ms_abi functions, which save xmm6-xmm15 as DWARF registers 23-32; this interpreter knows registers 0-32, and the
 * expressions that gcc writes for functions that realign their stack (every WINAPI one), for PLT entries and for signal frames.
 * The table is found through _dl_find_object(), which takes no lock.
 */
#include "dlls/ntdll/suspend_place.h"
#include "dlls/ntdll/unwind.h"

#include <dlfcn.h>
#include <string.h>

#include "libs/host/guard.h"

#define CFI_REGISTERS 33
#define CFI_REG_RSP 7
#define CFI_REG_RIP 16
#define CFI_REG_XMM0 17
#define CFI_EXPRESSION_DEPTH 32
#define CFI_REMEMBER_DEPTH 8

enum cfi_rule_kind {
    CFI_RULE_SAME, /* unspecified, or the same value */
    CFI_RULE_UNDEFINED,
    CFI_RULE_OFFSET,     /* saved at CFA + offset */
    CFI_RULE_VAL_OFFSET, /* is CFA + offset */
    CFI_RULE_REGISTER,   /* is in another register */
    CFI_RULE_EXPRESSION, /* saved where the expression says */
    CFI_RULE_VAL_EXPRESSION,
};

struct cfi_rule {
    enum cfi_rule_kind kind;
    int64_t offset; /* or the other register, or the expression's length */
    const uint8_t *expression;
};

/* How the frame address and the caller's registers are found at one place of a function. */
struct cfi_row {
    struct cfi_rule cfa; /* CFI_RULE_REGISTER: the register's value plus cfa_offset */
    int64_t cfa_offset;
    struct cfi_rule regs[CFI_REGISTERS];
};

struct cfi_function {
    uint64_t start;
    bool interrupts; /* a signal frame */
    uint64_t code_align;
    int64_t data_align;
    const uint8_t *initial, *initial_end;
    const uint8_t *code, *code_end;
};

/* Cursor over the tables: they are our own libraries', mapped and trusted, but not aligned. */
struct cfi_cursor {
    const uint8_t *at, *end;
};

static uint64_t cfi_fixed(struct cfi_cursor *c, unsigned len) {
    uint64_t value = 0;

    memcpy(&value, c->at, len);
    c->at += len;
    return value;
}

static int64_t cfi_fixed_signed(struct cfi_cursor *c, unsigned len) {
    return (int64_t)(cfi_fixed(c, len) << (64 - 8 * len)) >> (64 - 8 * len);
}

static uint64_t cfi_uleb(struct cfi_cursor *c) {
    uint64_t value = 0;
    uint8_t byte;
    unsigned shift = 0;

    do {
        byte = *c->at++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

static int64_t cfi_sleb(struct cfi_cursor *c) {
    uint64_t value = 0;
    uint8_t byte;
    unsigned shift = 0;

    do {
        byte = *c->at++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && byte & 0x40)
        value |= ~0ull << shift;
    return (int64_t)value;
}

/* A pointer in one of the encodings of .eh_frame (LSB core specification, "DWARF exception header encoding"). */
static uint64_t cfi_pointer(struct cfi_cursor *c, uint8_t encoding) {
    uint64_t origin = (encoding & 0x70) == 0x10 ? (uintptr_t)c->at : 0;

    switch (encoding & 0x0f) {
    case 0x01:
        return origin + cfi_uleb(c);
    case 0x02:
        return origin + cfi_fixed(c, 2);
    case 0x03:
        return origin + cfi_fixed(c, 4);
    case 0x09:
        return origin + (uint64_t)cfi_sleb(c);
    case 0x0a:
        return origin + (uint64_t)cfi_fixed_signed(c, 2);
    case 0x0b:
        return origin + (uint64_t)cfi_fixed_signed(c, 4);
    default:
        return origin + cfi_fixed(c, 8);
    }
}

/* The entry of .eh_frame_hdr's sorted table that pc falls to: the address of its FDE, or NULL. */
static const uint8_t *cfi_table_search(const uint8_t *header, uint64_t pc) {
    struct cfi_cursor c = {header + 4, NULL};
    int32_t pair[2];

    /* Version 1, and a table of signed 32-bit offsets from the header: what every linker writes. */
    if (header[0] != 1 || header[2] == 0xff || header[3] != 0x3b)
        return NULL;
    cfi_pointer(&c, header[1]);
    uint64_t count = cfi_pointer(&c, header[2]), low = 0, high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        memcpy(pair, c.at + middle * sizeof pair, sizeof pair);
        if ((uintptr_t)header + (uint64_t)(int64_t)pair[0] <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    memcpy(pair, c.at + (low - 1) * sizeof pair, sizeof pair);
    return header + pair[1];
}

/* Reads a CIE and what it says of its FDEs: the pointers' encoding, and whether they have augmentation data. */
static bool cfi_cie_read(const uint8_t *cie, struct cfi_function *function, uint8_t *encoding, bool *augmented) {
    struct cfi_cursor c = {cie, NULL};
    uint32_t len = (uint32_t)cfi_fixed(&c, 4);
    const char *augmentation = (const char *)cie + 9;

    if (!len || len == 0xffffffff)
        return false;
    function->initial_end = cie + 4 + len;
    c.at = (const uint8_t *)augmentation + strlen(augmentation) + 1;
    function->code_align = cfi_uleb(&c);
    function->data_align = cfi_sleb(&c);
    if (cfi_uleb(&c) != CFI_REG_RIP)
        return false;
    *encoding = 0;
    function->interrupts = false;
    *augmented = *augmentation == 'z';
    if (!*augmented) {
        function->initial = c.at;
        return !*augmentation;
    }
    uint64_t data_len = cfi_uleb(&c);
    function->initial = c.at + data_len;
    for (augmentation++; *augmentation; augmentation++) {
        if (*augmentation == 'R')
            *encoding = (uint8_t)cfi_fixed(&c, 1);
        else if (*augmentation == 'P')
            cfi_pointer(&c, (uint8_t)cfi_fixed(&c, 1));
        else if (*augmentation == 'L')
            cfi_fixed(&c, 1);
        else if (*augmentation == 'S')
            function->interrupts = true;
    }
    return true;
}

static bool cfi_function_find(uint64_t pc, struct cfi_function *function) {
    struct dl_find_object object;
    uint8_t encoding;
    bool augmented;

    if (_dl_find_object((void *)pc, &object) || !object.dlfo_eh_frame)
        return false;
    const uint8_t *fde = cfi_table_search(object.dlfo_eh_frame, pc);
    if (!fde)
        return false;
    struct cfi_cursor c = {fde, NULL};
    uint32_t len = (uint32_t)cfi_fixed(&c, 4);
    function->code_end = fde + 4 + len;
    const uint8_t *cie = c.at - (int32_t)cfi_fixed_signed(&(struct cfi_cursor){c.at, NULL}, 4);
    c.at += 4;
    if (!len || len == 0xffffffff || !cfi_cie_read(cie, function, &encoding, &augmented))
        return false;
    function->start = cfi_pointer(&c, encoding);
    uint64_t size = cfi_pointer(&c, encoding & 0x0f);
    if (pc < function->start || pc - function->start >= size)
        return false;
    if (augmented) {
        uint64_t data_len = cfi_uleb(&c);
        c.at += data_len;
    }
    function->code = c.at;
    return true;
}

static bool cfi_rule_set(struct cfi_row *row, uint64_t reg, enum cfi_rule_kind kind, int64_t offset) {
    if (reg >= CFI_REGISTERS)
        return true; /* a register that nothing here restores */
    row->regs[reg] = (struct cfi_rule){.kind = kind, .offset = offset};
    return true;
}

static bool cfi_rule_expression(struct cfi_row *row, uint64_t reg, enum cfi_rule_kind kind, struct cfi_cursor *c) {
    int64_t len = (int64_t)cfi_uleb(c);

    if (reg < CFI_REGISTERS)
        row->regs[reg] = (struct cfi_rule){.kind = kind, .offset = len, .expression = c->at};
    c->at += len;
    return true;
}

static bool cfi_rule_restore(struct cfi_row *row, uint64_t reg, const struct cfi_row *initial) {
    if (reg < CFI_REGISTERS)
        row->regs[reg] = initial->regs[reg];
    return true;
}

static void cfi_cfa_register(struct cfi_row *row, uint64_t reg) {
    row->cfa = (struct cfi_rule){.kind = CFI_RULE_REGISTER, .offset = (int64_t)reg};
}

/* One instruction of the kind that defines a rule. Return: false if it is unknown. */
static bool cfi_define(uint8_t op, struct cfi_cursor *c, const struct cfi_function *f, struct cfi_row *row, const struct cfi_row *initial) {
    uint64_t reg;

    switch (op) {
    case 0x00: /* nop */
        return true;
    case 0x05: /* offset_extended */
        reg = cfi_uleb(c);
        return cfi_rule_set(row, reg, CFI_RULE_OFFSET, (int64_t)cfi_uleb(c) * f->data_align);
    case 0x06: /* restore_extended */
        return cfi_rule_restore(row, cfi_uleb(c), initial);
    case 0x07: /* undefined */
        return cfi_rule_set(row, cfi_uleb(c), CFI_RULE_UNDEFINED, 0);
    case 0x08: /* same_value */
        return cfi_rule_set(row, cfi_uleb(c), CFI_RULE_SAME, 0);
    case 0x09: /* register */
        reg = cfi_uleb(c);
        return cfi_rule_set(row, reg, CFI_RULE_REGISTER, (int64_t)cfi_uleb(c));
    case 0x0c: /* def_cfa */
        cfi_cfa_register(row, cfi_uleb(c));
        row->cfa_offset = (int64_t)cfi_uleb(c);
        return true;
    case 0x0d: /* def_cfa_register */
        cfi_cfa_register(row, cfi_uleb(c));
        return true;
    case 0x0e: /* def_cfa_offset */
        row->cfa_offset = (int64_t)cfi_uleb(c);
        return true;
    case 0x0f: /* def_cfa_expression */
        row->cfa = (struct cfi_rule){.kind = CFI_RULE_VAL_EXPRESSION, .offset = (int64_t)cfi_uleb(c)};
        row->cfa.expression = c->at;
        c->at += row->cfa.offset;
        return true;
    case 0x10: /* expression */
        return cfi_rule_expression(row, cfi_uleb(c), CFI_RULE_EXPRESSION, c);
    case 0x11: /* offset_extended_sf */
        reg = cfi_uleb(c);
        return cfi_rule_set(row, reg, CFI_RULE_OFFSET, cfi_sleb(c) * f->data_align);
    case 0x12: /* def_cfa_sf */
        cfi_cfa_register(row, cfi_uleb(c));
        row->cfa_offset = cfi_sleb(c) * f->data_align;
        return true;
    case 0x13: /* def_cfa_offset_sf */
        row->cfa_offset = cfi_sleb(c) * f->data_align;
        return true;
    case 0x14: /* val_offset */
        reg = cfi_uleb(c);
        return cfi_rule_set(row, reg, CFI_RULE_VAL_OFFSET, (int64_t)cfi_uleb(c) * f->data_align);
    case 0x15: /* val_offset_sf */
        reg = cfi_uleb(c);
        return cfi_rule_set(row, reg, CFI_RULE_VAL_OFFSET, cfi_sleb(c) * f->data_align);
    case 0x16: /* val_expression */
        return cfi_rule_expression(row, cfi_uleb(c), CFI_RULE_VAL_EXPRESSION, c);
    case 0x2e: /* GNU_args_size */
        cfi_uleb(c);
        return true;
    default:
        return false;
    }
}

/* Runs instructions until they speak of places behind pc. Return: false for an instruction that is unknown. */
static bool cfi_run(const uint8_t *code, const uint8_t *end, uint64_t pc, const struct cfi_function *f, struct cfi_row *row) {
    struct cfi_row initial = *row, remembered[CFI_REMEMBER_DEPTH];
    struct cfi_cursor c = {code, end};
    uint64_t location = f->start;
    unsigned depth = 0;

    while (c.at < c.end && location <= pc) {
        uint8_t op = *c.at++;
        uint64_t low = op & 0x3f;
        bool known = true;

        switch (op & 0xc0) {
        case 0x40: /* advance_loc */
            location += low * f->code_align;
            continue;
        case 0x80: /* offset */
            cfi_rule_set(row, low, CFI_RULE_OFFSET, (int64_t)cfi_uleb(&c) * f->data_align);
            continue;
        case 0xc0: /* restore */
            cfi_rule_restore(row, low, &initial);
            continue;
        }
        if (op >= 0x02 && op <= 0x04) /* advance_loc1, 2, 4 */
            location += cfi_fixed(&c, 1u << (op - 2)) * f->code_align;
        else if (op == 0x0a && depth < CFI_REMEMBER_DEPTH) /* remember_state */
            remembered[depth++] = *row;
        else if (op == 0x0b && depth) /* restore_state */
            *row = remembered[--depth];
        else
            known = cfi_define(op, &c, f, row, &initial);
        if (!known)
            return false;
    }
    return true;
}

/* Where each DWARF register lies in a CONTEXT. */
static void *cfi_register(CONTEXT *context, unsigned reg) {
    static const uint16_t places[CFI_REG_XMM0] = {
        offsetof(CONTEXT, Rax), offsetof(CONTEXT, Rdx), offsetof(CONTEXT, Rcx), offsetof(CONTEXT, Rbx), offsetof(CONTEXT, Rsi),
        offsetof(CONTEXT, Rdi), offsetof(CONTEXT, Rbp), offsetof(CONTEXT, Rsp), offsetof(CONTEXT, R8),  offsetof(CONTEXT, R9),
        offsetof(CONTEXT, R10), offsetof(CONTEXT, R11), offsetof(CONTEXT, R12), offsetof(CONTEXT, R13), offsetof(CONTEXT, R14),
        offsetof(CONTEXT, R15), offsetof(CONTEXT, Rip),
    };

    if (reg < CFI_REG_XMM0)
        return (char *)context + places[reg];
    return &context->Xmm0 + (reg - CFI_REG_XMM0);
}

static uint64_t cfi_gpr(const CONTEXT *context, uint64_t reg) {
    return reg < CFI_REG_XMM0 ? *(uint64_t *)cfi_register((CONTEXT *)context, (unsigned)reg) : 0;
}

/* A binary operator of a DWARF expression. */
static bool cfi_binary(uint8_t op, uint64_t a, uint64_t b, uint64_t *result) {
    switch (op) {
    case 0x1a: *result = a & b; return true;
    case 0x1c: *result = a - b; return true;
    case 0x1e: *result = a * b; return true;
    case 0x21: *result = a | b; return true;
    case 0x22: *result = a + b; return true;
    case 0x24: *result = b < 64 ? a << b : 0; return true;
    case 0x25: *result = b < 64 ? a >> b : 0; return true;
    case 0x26: *result = (uint64_t)((int64_t)a >> (b < 64 ? b : 63)); return true;
    case 0x27: *result = a ^ b; return true;
    case 0x29: *result = a == b; return true;
    case 0x2a: *result = (int64_t)a >= (int64_t)b; return true;
    case 0x2b: *result = (int64_t)a > (int64_t)b; return true;
    case 0x2c: *result = (int64_t)a <= (int64_t)b; return true;
    case 0x2d: *result = (int64_t)a < (int64_t)b; return true;
    case 0x2e: *result = a != b; return true;
    default: return false;
    }
}

/* An operator that pushes a value. Return: false if it is none. */
static bool cfi_push(uint8_t op, struct cfi_cursor *c, const CONTEXT *context, uint64_t *value) {
    if (op >= 0x30 && op <= 0x4f) { /* lit0-31 */
        *value = op - 0x30u;
        return true;
    }
    if (op >= 0x70 && op <= 0x8f) { /* breg0-31 */
        *value = cfi_gpr(context, op - 0x70u);
        *value += (uint64_t)cfi_sleb(c);
        return true;
    }
    if (op >= 0x08 && op <= 0x0f) { /* const1u, 1s, 2u, 2s, 4u, 4s, 8u, 8s */
        unsigned len = 1u << ((op - 8) / 2);
        *value = op & 1 ? (uint64_t)cfi_fixed_signed(c, len) : cfi_fixed(c, len);
        return true;
    }
    switch (op) {
    case 0x03: /* addr */
        *value = cfi_fixed(c, 8);
        return true;
    case 0x10: /* constu */
        *value = cfi_uleb(c);
        return true;
    case 0x11: /* consts */
        *value = (uint64_t)cfi_sleb(c);
        return true;
    case 0x92: { /* bregx */
        uint64_t reg = cfi_uleb(c);
        *value = cfi_gpr(context, reg) + (uint64_t)cfi_sleb(c);
        return true;
    }
    default:
        return false;
    }
}

static NTSTATUS cfi_evaluate(const struct cfi_rule *rule, const CONTEXT *context, uint64_t first, uint64_t *result) {
    uint64_t stack[CFI_EXPRESSION_DEPTH + 1] = {first}, value;
    struct cfi_cursor c = {rule->expression, rule->expression + rule->offset};
    unsigned depth = 1; /* number of values */

    while (c.at < c.end) {
        uint8_t op = *c.at++;

        if (cfi_push(op, &c, context, &value)) {
            if (depth > CFI_EXPRESSION_DEPTH)
                return STATUS_BAD_STACK;
            stack[depth++] = value;
        } else if (op == 0x06) { /* deref */
            if (guard_read64((void *)stack[depth - 1], &stack[depth - 1]))
                return STATUS_BAD_STACK;
        } else if (op == 0x23) { /* plus_uconst */
            stack[depth - 1] += cfi_uleb(&c);
        } else if (op == 0x12 && depth <= CFI_EXPRESSION_DEPTH) { /* dup */
            stack[depth] = stack[depth - 1];
            depth++;
        } else if (depth > 1 && cfi_binary(op, stack[depth - 2], stack[depth - 1], &stack[depth - 2])) {
            depth--;
        } else if (op != 0x96) { /* nop */
            return STATUS_BAD_STACK;
        }
    }
    *result = stack[depth - 1];
    return STATUS_SUCCESS;
}

static NTSTATUS cfi_frame_address(const struct cfi_row *row, const CONTEXT *context, uint64_t *cfa) {
    if (row->cfa.kind == CFI_RULE_VAL_EXPRESSION)
        return cfi_evaluate(&row->cfa, context, 0, cfa);
    *cfa = cfi_gpr(context, (uint64_t)row->cfa.offset) + (uint64_t)row->cfa_offset;
    return STATUS_SUCCESS;
}

/* Computes one register of the caller; callee holds the frame's own registers. */
static NTSTATUS cfi_register_apply(const struct cfi_rule *rule, unsigned reg, uint64_t cfa, const CONTEXT *callee, CONTEXT *context) {
    size_t len = reg < CFI_REG_XMM0 ? 8 : sizeof(M128A);
    uint64_t value = cfa + (uint64_t)rule->offset;
    NTSTATUS status;

    switch (rule->kind) {
    case CFI_RULE_SAME:
        return STATUS_SUCCESS;
    case CFI_RULE_UNDEFINED:
        if (reg == CFI_REG_RIP)
            context->Rip = 0;
        return STATUS_SUCCESS;
    case CFI_RULE_EXPRESSION:
        status = cfi_evaluate(rule, callee, cfa, &value);
        if (status)
            return status;
        __attribute__((fallthrough));
    case CFI_RULE_OFFSET:
        return guard_copy_from(cfi_register(context, reg), (void *)value, len) ? STATUS_BAD_STACK : STATUS_SUCCESS;
    case CFI_RULE_VAL_EXPRESSION:
        status = cfi_evaluate(rule, callee, cfa, &value);
        if (status)
            return status;
        break;
    case CFI_RULE_REGISTER:
        value = cfi_gpr(callee, (uint64_t)rule->offset);
        break;
    case CFI_RULE_VAL_OFFSET:
        break;
    }
    memcpy(cfi_register(context, reg), &value, 8);
    return STATUS_SUCCESS;
}

/*
 * Whether pc is a return address: then it still stands below the stack pointer, in the frame that was called, or is hooked there, and the row that
 * holds is that of the call: what stands at pc may belong to another block or function, if the call does not return.  Else pc is where a fault or a
 * signal interrupted the code.
 */
static bool cfi_behind_call(const CONTEXT *context) {
    uint64_t there;

    return !guard_read64((void *)(context->Rsp - 8), &there) && (there == context->Rip || there == (uintptr_t)context_hooked_return);
}

bool unwind_elf_contains(uint64_t pc) {
    struct dl_find_object object;

    return !_dl_find_object((void *)pc, &object);
}

/* @pc: the place in the function that decides which rules hold. */
static NTSTATUS unwind_elf_at(CONTEXT *context, uint64_t pc, bool *interrupts) {
    struct cfi_function function;
    struct cfi_row row = {.cfa = {.kind = CFI_RULE_REGISTER, .offset = CFI_REG_RSP}};
    CONTEXT callee;
    uint64_t cfa;

    if (!cfi_function_find(pc, &function))
        return STATUS_NOT_FOUND;
    if (!cfi_run(function.initial, function.initial_end, UINT64_MAX, &function, &row) ||
        !cfi_run(function.code, function.code_end, pc, &function, &row))
        return STATUS_BAD_FUNCTION_TABLE;
    *interrupts = function.interrupts;
    callee = *context;
    NTSTATUS status = cfi_frame_address(&row, &callee, &cfa);
    for (unsigned reg = 0; reg < CFI_REGISTERS && !status; reg++)
        status = cfi_register_apply(&row.regs[reg], reg, cfa, &callee, context);
    /* The caller's stack pointer is the frame address, unless a rule of its own says otherwise (signal frames). */
    if (row.regs[CFI_REG_RSP].kind == CFI_RULE_SAME)
        context->Rsp = cfa;
    if (context->Rip == (uintptr_t)context_hooked_return && row.regs[CFI_REG_RIP].kind == CFI_RULE_OFFSET) {
        const uint64_t original = suspend_return_address(cfa + (uint64_t)row.regs[CFI_REG_RIP].offset);

        context->Rip = original ? original : context->Rip;
    }
    return status;
}

NTSTATUS unwind_elf(CONTEXT *context, bool *interrupts) {
    return unwind_elf_at(context, context->Rip - (cfi_behind_call(context) ? 1 : 0), interrupts);
}

NTSTATUS unwind_elf_interrupted(CONTEXT *context, bool *interrupts) {
    return unwind_elf_at(context, context->Rip, interrupts);
}
