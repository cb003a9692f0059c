/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * x64 unwinding of PE frames, as "x64 exception handling" (learn.microsoft.com/cpp/build/exception-handling-x64) describes it: unwind codes of
 * versions 1 and 2, chained entries, machine frames, and epilogs, which have no codes and are recognised by their instructions.
 */
#include "dlls/ntdll/unwind.h"

#include <string.h>

#include "dlls/ntdll/context.h"
#include "libs/host/guard.h"

enum unwind_op {
    UNWIND_OP_PUSH_NONVOL = 0,
    UNWIND_OP_ALLOC_LARGE = 1,
    UNWIND_OP_ALLOC_SMALL = 2,
    UNWIND_OP_SET_FPREG = 3,
    UNWIND_OP_SAVE_NONVOL = 4,
    UNWIND_OP_SAVE_NONVOL_FAR = 5,
    UNWIND_OP_EPILOG = 6, /* version 2 only */
    UNWIND_OP_SPARE = 7,
    UNWIND_OP_SAVE_XMM128 = 8,
    UNWIND_OP_SAVE_XMM128_FAR = 9,
    UNWIND_OP_PUSH_MACHFRAME = 10,
};

#define UNWIND_CHAIN_MAX 32
#define UNWIND_REG_RSP 4

/* A code: the offset after its prolog instruction, then op and info; more slots with its operand may follow. */
struct unwind_code {
    uint8_t offset;
    uint8_t op : 4;
    uint8_t info : 4;
};

struct unwind_info {
    uint8_t version : 3;
    uint8_t flags : 5;
    uint8_t prolog_size;
    uint8_t n_codes;
    uint8_t frame_register : 4;
    uint8_t frame_offset : 4;
    struct unwind_code codes[256];
};
_Static_assert(sizeof(struct unwind_info) == 4 + 512, "UNWIND_INFO has no padding");

static uint64_t *unwind_register(CONTEXT *context, unsigned n) {
    return (uint64_t *)&context->Rax + n;
}

static uint32_t unwind_slot(const struct unwind_info *info, unsigned i) {
    uint16_t value = 0;

    if (i < info->n_codes)
        memcpy(&value, &info->codes[i], sizeof value);
    return value;
}

static NTSTATUS unwind_info_load(struct unwind_info *info, uint64_t address) {
    if (guard_copy_from(info, (void *)address, 4) || guard_copy_from(info->codes, (char *)address + 4, info->n_codes * 2u))
        return STATUS_BAD_FUNCTION_TABLE;
    return info->version == 1 || info->version == 2 ? STATUS_SUCCESS : STATUS_BAD_FUNCTION_TABLE;
}

/* Where the chained RUNTIME_FUNCTION or the handler stands: behind the codes, whose number is rounded up. */
static uint64_t unwind_info_tail(const struct unwind_info *info, uint64_t address) {
    return address + 4 + ((info->n_codes + 1u) & ~1u) * 2u;
}

static NTSTATUS unwind_pop(CONTEXT *context, unsigned reg, KNONVOLATILE_CONTEXT_POINTERS *pointers) {
    uint64_t *at = (uint64_t *)context->Rsp;

    context->Rsp += 8;
    if (guard_read64(at, unwind_register(context, reg)))
        return STATUS_BAD_STACK;
    if (pointers)
        pointers->IntegerContext[reg] = (ULONG64 *)at;
    return STATUS_SUCCESS;
}

static NTSTATUS unwind_pop_pc(CONTEXT *context) {
    if (guard_read64((void *)context->Rsp, (uint64_t *)&context->Rip))
        return STATUS_BAD_STACK;
    context->Rsp += 8;
    return STATUS_SUCCESS;
}

static NTSTATUS unwind_load_gpr(CONTEXT *context, unsigned reg, uint64_t at, KNONVOLATILE_CONTEXT_POINTERS *pointers) {
    if (guard_read64((void *)at, unwind_register(context, reg)))
        return STATUS_BAD_STACK;
    if (pointers)
        pointers->IntegerContext[reg] = (ULONG64 *)at;
    return STATUS_SUCCESS;
}

static NTSTATUS unwind_load_xmm(CONTEXT *context, unsigned reg, uint64_t at, KNONVOLATILE_CONTEXT_POINTERS *pointers) {
    if (guard_copy_from(&context->Xmm0 + reg, (void *)at, sizeof(M128A)))
        return STATUS_BAD_STACK;
    if (pointers)
        pointers->FloatingContext[reg] = (M128A *)at;
    return STATUS_SUCCESS;
}

/* The frame of an interrupt: pc, cs, flags, sp, ss; an error code may lie before it. */
static NTSTATUS unwind_machine_frame(CONTEXT *context, bool error_code) {
    uint64_t at = context->Rsp + (error_code ? 8 : 0);

    if (guard_read64((void *)at, (uint64_t *)&context->Rip) || guard_read64((void *)(at + 24), (uint64_t *)&context->Rsp))
        return STATUS_BAD_STACK;
    return STATUS_SUCCESS;
}

/* How many slots a code takes, itself included. */
static unsigned unwind_code_slots(const struct unwind_info *info, const struct unwind_code *code) {
    switch (code->op) {
    case UNWIND_OP_ALLOC_LARGE:
        return code->info ? 3 : 2;
    case UNWIND_OP_SAVE_NONVOL:
    case UNWIND_OP_SAVE_XMM128:
        return 2;
    case UNWIND_OP_SAVE_NONVOL_FAR:
    case UNWIND_OP_SAVE_XMM128_FAR:
    case UNWIND_OP_SPARE:
        return 3;
    case UNWIND_OP_EPILOG:
        return info->version == 2 ? 1 : 2;
    default:
        return 1;
    }
}

static NTSTATUS unwind_code_undo(const struct unwind_info *info, unsigned i, uint64_t frame, CONTEXT *context,
                                 KNONVOLATILE_CONTEXT_POINTERS *pointers) {
    const struct unwind_code *code = &info->codes[i];
    uint32_t far_operand = unwind_slot(info, i + 1) | unwind_slot(info, i + 2) << 16;

    switch (code->op) {
    case UNWIND_OP_PUSH_NONVOL:
        return unwind_pop(context, code->info, pointers);
    case UNWIND_OP_ALLOC_LARGE:
        context->Rsp += code->info ? far_operand : unwind_slot(info, i + 1) * 8;
        return STATUS_SUCCESS;
    case UNWIND_OP_ALLOC_SMALL:
        context->Rsp += code->info * 8u + 8;
        return STATUS_SUCCESS;
    case UNWIND_OP_SET_FPREG:
        context->Rsp = *unwind_register(context, info->frame_register) - info->frame_offset * 16u;
        return STATUS_SUCCESS;
    case UNWIND_OP_SAVE_NONVOL:
        return unwind_load_gpr(context, code->info, frame + unwind_slot(info, i + 1) * 8, pointers);
    case UNWIND_OP_SAVE_NONVOL_FAR:
        return unwind_load_gpr(context, code->info, frame + far_operand, pointers);
    case UNWIND_OP_SAVE_XMM128:
        return unwind_load_xmm(context, code->info, frame + unwind_slot(info, i + 1) * 16, pointers);
    case UNWIND_OP_SAVE_XMM128_FAR:
        return unwind_load_xmm(context, code->info, frame + far_operand, pointers);
    case UNWIND_OP_PUSH_MACHFRAME:
        return unwind_machine_frame(context, code->info);
    case UNWIND_OP_EPILOG:
    case UNWIND_OP_SPARE:
        return STATUS_SUCCESS;
    default:
        return STATUS_BAD_FUNCTION_TABLE;
    }
}

/* Undoes the prolog instructions that end at or before prolog_offset. */
static NTSTATUS unwind_codes_undo(const struct unwind_info *info, uint64_t prolog_offset, uint64_t frame, CONTEXT *context,
                                  KNONVOLATILE_CONTEXT_POINTERS *pointers, bool *machine_frame) {
    unsigned i = 0;

    /* Version 2 lists its epilogs first, in pairs; the second half of the last pair may be all zero. */
    if (info->version == 2) {
        while (i < info->n_codes && info->codes[i].op == UNWIND_OP_EPILOG)
            i++;
        if (i % 2 && i < info->n_codes && !unwind_slot(info, i))
            i++;
    }
    for (; i < info->n_codes; i += unwind_code_slots(info, &info->codes[i])) {
        if (info->codes[i].offset > prolog_offset)
            continue;
        NTSTATUS status = unwind_code_undo(info, i, frame, context, pointers);
        if (status)
            return status;
        if (info->codes[i].op == UNWIND_OP_PUSH_MACHFRAME)
            *machine_frame = true;
    }
    return STATUS_SUCCESS;
}

/* The establisher frame: the stack pointer behind the prolog's fixed allocation, or what the frame register says once it is set. */
static uint64_t unwind_establisher(const struct unwind_info *info, uint64_t prolog_offset, CONTEXT *context) {
    bool set = info->frame_register != 0;

    if (set && prolog_offset < info->prolog_size && !(info->flags & UNWIND_FLAG_CHAINED)) {
        for (unsigned i = 0; i < info->n_codes; i += unwind_code_slots(info, &info->codes[i]))
            if (info->codes[i].op == UNWIND_OP_SET_FPREG)
                set = prolog_offset >= info->codes[i].offset;
    }
    return set ? *unwind_register(context, info->frame_register) - info->frame_offset * 16u : context->Rsp;
}

/* Whether a jump out of the function is a tail call: its target is no part of a function, unless the very start of one. */
static bool unwind_jump_leaves(const RUNTIME_FUNCTION *function, uint64_t image_base, uint64_t target) {
    uint64_t base;

    if (target > image_base + function->BeginAddress && target < image_base + function->EndAddress)
        return false;
    const RUNTIME_FUNCTION *other = unwind_function_find(target, &base);
    return !other || base + other->BeginAddress == target;
}

/*
 * The last instruction of an epilog: ret, or a jump that leaves the function.  An indirect jump counts when it goes through memory, or through a
 * register with a REX.W prefix, which compilers put there to tell a tail call from a switch.
 */
static bool unwind_epilog_end(const uint8_t *code, size_t len, uint64_t pc, const RUNTIME_FUNCTION *function, uint64_t image_base) {
    int32_t displacement;
    bool wide = false;

    if (len < 7)
        return false;
    if (code[0] == 0xc3 || code[0] == 0xc2 || (code[0] == 0xf3 && code[1] == 0xc3))
        return true;
    if (code[0] == 0xeb)
        return unwind_jump_leaves(function, image_base, pc + 2 + (uint64_t)(int8_t)code[1]);
    if (code[0] == 0xe9) {
        memcpy(&displacement, code + 1, sizeof displacement);
        return unwind_jump_leaves(function, image_base, pc + 5 + (uint64_t)(int64_t)displacement);
    }
    if ((code[0] & 0xf0) == 0x40) {
        wide = code[0] & 8;
        code++;
    }
    if (code[0] != 0xff || (code[1] & 0x38) != 0x20)
        return false;
    return code[1] >> 6 == 0 || (code[1] >> 6 == 3 && wide);
}

/*
 * If the context is in an epilog, behind the instruction that frees the fixed allocation: does the pops that are left.  (Before that instruction the
 * frame is still whole and unwinds by its codes.)
 */
static bool unwind_epilog(const RUNTIME_FUNCTION *function, uint64_t image_base, CONTEXT *context, KNONVOLATILE_CONTEXT_POINTERS *pointers,
                          NTSTATUS *status) {
    uint8_t code[48] = {0};
    size_t len = sizeof code, at = 0;
    unsigned regs[16], n_regs = 0;

    if (guard_copy_from(code, (void *)context->Rip, len)) {
        len = 4096 - (context->Rip & 4095) < len ? 4096 - (context->Rip & 4095) : len;
        memset(code, 0xcc, sizeof code);
        if (guard_copy_from(code, (void *)context->Rip, len))
            return false;
    }
    for (; n_regs < 16 && at + 2 <= len; n_regs++) {
        unsigned high = code[at] == 0x41 ? 8 : 0;
        unsigned op = code[at + (high ? 1 : 0)];
        if ((op & 0xf8) != 0x58)
            break;
        regs[n_regs] = high + (op & 7);
        at += high ? 2 : 1;
    }
    if (!unwind_epilog_end(code + at, sizeof code - at, context->Rip + at, function, image_base))
        return false;
    *status = STATUS_SUCCESS;
    for (unsigned i = 0; i < n_regs && !*status; i++)
        *status = unwind_pop(context, regs[i], pointers);
    if (!*status)
        *status = unwind_pop_pc(context);
    return true;
}

/* The handler of a frame whose prolog is over, if there is one of the kind asked for. */
static NTSTATUS unwind_handler(DWORD handler_type, const struct unwind_info *info, uint64_t address, struct unwind_frame *frame) {
    uint32_t rva;

    if (info->flags & UNWIND_FLAG_CHAINED || !(info->flags & handler_type))
        return STATUS_SUCCESS;
    uint64_t tail = unwind_info_tail(info, address);
    if (guard_copy_from(&rva, (void *)tail, sizeof rva))
        return STATUS_BAD_FUNCTION_TABLE;
    frame->handler = (PEXCEPTION_ROUTINE)(frame->image_base + rva);
    frame->handler_data = (void *)(tail + 4);
    return STATUS_SUCCESS;
}

NTSTATUS unwind_pe(DWORD handler_type, RUNTIME_FUNCTION *function, CONTEXT *context, struct unwind_frame *frame,
                   KNONVOLATILE_CONTEXT_POINTERS *pointers) {
    struct unwind_info info;
    RUNTIME_FUNCTION entry = *function;
    uint64_t prolog_offset = frame->pc - frame->image_base - function->BeginAddress;
    uint64_t address = frame->image_base + entry.UnwindData;
    NTSTATUS status = unwind_info_load(&info, address);
    bool machine_frame = false;

    if (status)
        return status;
    frame->handler = NULL;
    frame->handler_data = NULL;
    frame->establisher = unwind_establisher(&info, prolog_offset, context);
    bool prolog_over = prolog_offset >= info.prolog_size;
    if (prolog_over && unwind_epilog(function, frame->image_base, context, pointers, &status))
        return status;
    for (unsigned n = 0;; n++) {
        status = unwind_codes_undo(&info, n ? UINT64_MAX : prolog_offset, frame->establisher, context, pointers, &machine_frame);
        if (status)
            return status;
        if (!(info.flags & UNWIND_FLAG_CHAINED))
            break;
        if (n == UNWIND_CHAIN_MAX || guard_copy_from(&entry, (void *)unwind_info_tail(&info, address), sizeof entry))
            return STATUS_BAD_FUNCTION_TABLE;
        address = frame->image_base + entry.UnwindData;
        status = unwind_info_load(&info, address);
        if (status)
            return status;
    }
    if (!machine_frame && (status = unwind_pop_pc(context)))
        return status;
    return prolog_over ? unwind_handler(handler_type, &info, address, frame) : STATUS_SUCCESS;
}

/* Our two routines that call handlers keep the DISPATCHER_CONTEXT at a fixed place of their frames (context_x64.S). */
static bool unwind_handler_call(const CONTEXT *context, struct unwind_frame *frame) {
    if (context->Rip == (uintptr_t)exception_call_except_return)
        frame->kind = UNWIND_KIND_CALL_EXCEPT;
    else if (context->Rip == (uintptr_t)exception_call_unwind_return)
        frame->kind = UNWIND_KIND_CALL_UNWIND;
    else
        return false;
    frame->pending = *(DISPATCHER_CONTEXT **)(context->Rsp + EXCEPTION_CALL_PENDING);
    return true;
}

NTSTATUS unwind_frame_next(DWORD handler_type, CONTEXT *context, struct unwind_frame *frame) {
    *frame = (struct unwind_frame){.kind = UNWIND_KIND_NATIVE, .pc = context->Rip};

    frame->function = unwind_function_find(context->Rip, &frame->image_base);
    if (frame->function) {
        frame->kind = UNWIND_KIND_PE;
        return unwind_pe(handler_type, frame->function, context, frame, NULL);
    }
    frame->establisher = context->Rsp;
    unwind_handler_call(context, frame);
    NTSTATUS status = unwind_elf(context, &frame->interrupts);
    return status == STATUS_NOT_FOUND ? unwind_pop_pc(context) : status;
}

bool unwind_at_end(const CONTEXT *context, bool interrupted) {
    if (!context->Rip && !interrupted)
        return true;
    return context->Rsp & 7 || context->Rsp >= (uintptr_t)NtCurrentTeb()->Tib.StackBase;
}

bool winipc_unwind_step(CONTEXT *context) {
    struct unwind_frame frame = {.interrupts = false};
    const uint64_t stack = context->Rsp;

    return !unwind_frame_next(UNWIND_FLAG_NONE, context, &frame) && context->Rip && (context->Rsp > stack || frame.interrupts);
}

bool unwind_frame_valid(uint64_t establisher) {
    TEB *teb = NtCurrentTeb();
    uintptr_t low = (uintptr_t)teb->Tib.StackLimit, lowest = (uintptr_t)teb->DeallocationStack;

    if (lowest && lowest < low)
        low = lowest;
    return !(establisher & 7) && establisher >= low && establisher < (uintptr_t)teb->Tib.StackBase;
}

/**
 * RtlVirtualUnwind() - computes the context of a frame's caller.
 * @type: UNW_FLAG_EHANDLER, UNW_FLAG_UHANDLER or 0: the kind of handler that is looked for.
 * @base: start of the image that pc lies in.
 * @pc: where control is in the frame.
 * @function: the frame's entry, as RtlLookupFunctionEntry() gives it.
 * @context: the frame's context; becomes its caller's.
 * @data: receives the handler's data.
 * @frame: receives the establisher frame.
 * @pointers: receives where the nonvolatile registers were saved; may be NULL.
 * Return: the handler, or NULL.  Raises STATUS_BAD_STACK or STATUS_BAD_FUNCTION_TABLE if the stack or the tables cannot be read.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtlvirtualunwind
 */
PVOID WINAPI RtlVirtualUnwind(DWORD type, ULONG_PTR base, ULONG_PTR pc, RUNTIME_FUNCTION *function, CONTEXT *context, PVOID *data,
                              ULONG_PTR *frame, KNONVOLATILE_CONTEXT_POINTERS *pointers) {
    struct unwind_frame f = {.pc = pc, .image_base = base, .establisher = context->Rsp};
    NTSTATUS status;

    context->Rip = pc;
    if (function == &unwind_elf_function) {
        status = unwind_elf(context, &f.interrupts);
        if (status == STATUS_NOT_FOUND)
            status = unwind_pop_pc(context);
    } else {
        status = unwind_pe(type, function, context, &f, pointers);
    }
    if (status)
        RtlRaiseStatus(status);
    *frame = f.establisher;
    *data = f.handler_data;
    return (PVOID)f.handler;
}
