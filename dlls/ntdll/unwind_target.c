/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaving frames: RtlUnwindEx calls the termination handlers of all frames up to a target and goes on there.  Also the ways to go on with a context, and
 * stack back traces.
 *
 * The contexts that the walk works with are its own: the one that the caller offers as storage may be the very context that one of our frames
 * (context_x64.S) leads the walk through.
 */
#include <limits.h>
#include <string.h>

#include "dlls/ntdll/context.h"
#include "dlls/ntdll/unwind.h"
#include "libs/host/guard.h"

#define UNWIND_FRAMES_MAX (1u << 22)

/* What setjmp saves on x64 (documented in Microsoft's setjmp.h). */
struct unwind_jump_buffer {
    uint64_t frame, rbx, rsp, rbp, rsi, rdi, r12, r13, r14, r15, rip;
    uint32_t mxcsr;
    uint16_t fpcsr, spare;
    M128A xmm[10];
};
_Static_assert(sizeof(struct unwind_jump_buffer) == 256, "_JUMP_BUFFER is 256 bytes");

struct unwind_target {
    uint64_t frame; /* 0: all frames are left, the thread or process ends */
    uint64_t ip;
    EXCEPTION_RECORD *record;
};

/* Sanitizers keep a shadow of the stack, which jumping over frames would leave in disorder. */
extern void __asan_handle_no_return(void) __attribute__((weak));

static void unwind_announce_jump(void) {
    if (__asan_handle_no_return)
        __asan_handle_no_return();
}

static void unwind_jump_load(CONTEXT *context, const struct unwind_jump_buffer *buffer) {
    context->Rbx = buffer->rbx;
    context->Rsp = buffer->rsp;
    context->Rbp = buffer->rbp;
    context->Rsi = buffer->rsi;
    context->Rdi = buffer->rdi;
    context->R12 = buffer->r12;
    context->R13 = buffer->r13;
    context->R14 = buffer->r14;
    context->R15 = buffer->r15;
    context->Rip = buffer->rip;
    context->MxCsr = buffer->mxcsr;
    context->FltSave.MxCsr = buffer->mxcsr;
    context->FltSave.ControlWord = buffer->fpcsr;
    memcpy(&context->Xmm6, buffer->xmm, sizeof buffer->xmm);
}

/* Only bits that the processor has: the instruction that loads others faults. */
static void unwind_float_sanitize(CONTEXT *context) {
    context->FltSave.MxCsr &= 0xffff;
}

/**
 * RtlRestoreContext() - goes on with a context.
 * @context: the registers; floating-point state only if ContextFlags has it.
 * @record: NULL, or an exception record: STATUS_LONGJUMP takes the nonvolatile registers from the jump buffer that it names;
 *   STATUS_UNWIND_CONSOLIDATE calls the callback that it names first, which says where to go on.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtlrestorecontext
 */
void CDECL RtlRestoreContext(CONTEXT *context, EXCEPTION_RECORD *record) {
    CONTEXT copy = *context;

    if (record && record->ExceptionCode == (DWORD)STATUS_LONGJUMP && record->NumberParameters)
        unwind_jump_load(&copy, (const void *)record->ExceptionInformation[0]);
    unwind_float_sanitize(&copy);
    unwind_announce_jump();
    if (record && record->ExceptionCode == (DWORD)STATUS_UNWIND_CONSOLIDATE && record->NumberParameters)
        context_consolidate(record, &copy);
    context_restore(&copy);
}

/* The state of RtlUnwindEx between two frames. */
struct unwind_walk {
    CONTEXT current;  /* of the frame at hand */
    CONTEXT previous; /* of its caller */
    struct unwind_frame frame;
    DWORD scope;
};

static void unwind_fail(NTSTATUS status, EXCEPTION_RECORD *cause) {
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE, .ExceptionRecord = cause};

    RtlRaiseException(&record);
}

/* A termination handler raised what made us unwind: takes over from the unwind that called it, which never goes on. */
static NTSTATUS unwind_collided(struct unwind_walk *walk) {
    const DISPATCHER_CONTEXT *pending = walk->frame.pending;
    struct unwind_frame again;

    walk->current = *pending->ContextRecord;
    walk->current.Rip = pending->ControlPc;
    walk->previous = walk->current;
    walk->scope = pending->ScopeIndex;
    walk->frame = (struct unwind_frame){.kind = UNWIND_KIND_PE, .pc = pending->ControlPc, .image_base = pending->ImageBase};
    walk->frame.function = pending->FunctionEntry;
    walk->frame.establisher = pending->EstablisherFrame;
    walk->frame.handler = pending->LanguageHandler;
    walk->frame.handler_data = pending->HandlerData;
    again = walk->frame;
    return unwind_pe(UNWIND_FLAG_NONE, again.function, &walk->previous, &again, NULL);
}

static void unwind_handler_run(struct unwind_walk *walk, const struct unwind_target *target, UNWIND_HISTORY_TABLE *history) {
    DISPATCHER_CONTEXT dispatcher = {
        .ControlPc = walk->frame.pc,
        .ImageBase = walk->frame.image_base,
        .FunctionEntry = walk->frame.function,
        .EstablisherFrame = walk->frame.establisher,
        .TargetIp = target->ip,
        .ContextRecord = &walk->current,
        .LanguageHandler = walk->frame.handler,
        .HandlerData = walk->frame.handler_data,
        .HistoryTable = history,
        .ScopeIndex = walk->scope,
    };

    if (exception_call_unwind(target->record, walk->frame.establisher, &walk->current, &dispatcher) != ExceptionContinueSearch)
        unwind_fail(STATUS_INVALID_DISPOSITION, target->record);
    target->record->ExceptionFlags &= ~(DWORD)(EXCEPTION_FLAG_COLLIDED_UNWIND | EXCEPTION_FLAG_TARGET_UNWIND);
}

enum unwind_progress { UNWIND_LEFT, UNWIND_REACHED, UNWIND_MISSED };

/* Leaves one frame, if the target is not inside it. */
static enum unwind_progress unwind_leave(struct unwind_walk *walk, const struct unwind_target *target, UNWIND_HISTORY_TABLE *history) {
    if (unwind_at_end(&walk->current, walk->frame.interrupts))
        return UNWIND_MISSED;
    walk->previous = walk->current;
    walk->scope = 0;
    NTSTATUS status = unwind_frame_next(UNWIND_FLAG_UNWIND, &walk->previous, &walk->frame);
    if (!status && walk->frame.kind == UNWIND_KIND_CALL_UNWIND) {
        status = unwind_collided(walk);
        target->record->ExceptionFlags |= EXCEPTION_FLAG_COLLIDED_UNWIND;
    }
    if (status)
        unwind_fail(status, target->record);
    if (walk->frame.kind != UNWIND_KIND_PE)
        return UNWIND_LEFT;
    if (!unwind_frame_valid(walk->frame.establisher))
        unwind_fail(STATUS_BAD_STACK, target->record);
    if (target->frame && walk->frame.establisher > target->frame)
        return UNWIND_MISSED;
    bool reached = walk->frame.establisher == target->frame;
    if (reached)
        target->record->ExceptionFlags |= EXCEPTION_FLAG_TARGET_UNWIND;
    if (walk->frame.handler)
        unwind_handler_run(walk, target, history);
    return reached ? UNWIND_REACHED : UNWIND_LEFT;
}

/**
 * RtlUnwindEx() - calls the termination handlers of all frames inside a target frame, and goes on in that.
 * @frame: the target's establisher frame; NULL leaves all frames, after which the process ends.
 * @ip: where to go on.
 * @record: what the handlers are told; NULL: a STATUS_UNWIND is made. STATUS_LONGJUMP and STATUS_UNWIND_CONSOLIDATE act as RtlRestoreContext() says.
 * @value: what rax holds then.
 * @storage: a CONTEXT for the unwinder's use.
 * @history: passed on to the handlers.
 * Return: never. Raises STATUS_BAD_STACK, STATUS_BAD_FUNCTION_TABLE or STATUS_INVALID_UNWIND_TARGET.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtlunwindex
 */
void WINAPI RtlUnwindEx(PVOID frame, PVOID ip, EXCEPTION_RECORD *record, PVOID value, CONTEXT *storage, UNWIND_HISTORY_TABLE *history) {
    EXCEPTION_RECORD own = {.ExceptionCode = (DWORD)STATUS_UNWIND};
    struct unwind_target target = {(uintptr_t)frame, (uintptr_t)ip, record ? record : &own};
    enum unwind_progress progress;
    struct unwind_walk walk = {.scope = 0};

    (void)storage;
    RtlCaptureContext(&walk.current);
    own.ExceptionAddress = (void *)walk.current.Rip;
    target.record->ExceptionFlags |= EXCEPTION_FLAG_UNWINDING | (frame ? 0 : EXCEPTION_FLAG_EXIT_UNWIND);
    for (unsigned n = 0; (progress = unwind_leave(&walk, &target, history)) == UNWIND_LEFT && n < UNWIND_FRAMES_MAX; n++)
        walk.current = walk.previous;
    if (progress != UNWIND_REACHED && !frame)
        NtRaiseException(target.record, &walk.current, FALSE);
    /* A jump buffer that was filled with a frame of the caller's making still says where to go on. */
    if (progress != UNWIND_REACHED && target.record->ExceptionCode != (DWORD)STATUS_LONGJUMP)
        unwind_fail(STATUS_INVALID_UNWIND_TARGET, target.record);
    walk.current.Rax = (uintptr_t)value;
    if (target.record->ExceptionCode != (DWORD)STATUS_UNWIND_CONSOLIDATE)
        walk.current.Rip = target.ip;
    RtlRestoreContext(&walk.current, target.record);
}

/**
 * RtlUnwind() - RtlUnwindEx() without storage.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtlunwind
 */
void WINAPI RtlUnwind(PVOID frame, PVOID ip, EXCEPTION_RECORD *record, PVOID value) {
    CONTEXT storage;

    RtlUnwindEx(frame, ip, record, value, &storage, NULL);
}

/**
 * RtlCaptureStackBackTrace() - the return addresses of the calling thread.
 * @skip: how many frames, from the caller's on, to leave out.
 * @count: room in frames.
 * @hash: receives the sum of the addresses; may be NULL.
 * Return: how many were stored.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtlcapturestackbacktrace
 */
USHORT WINAPI RtlCaptureStackBackTrace(ULONG skip, ULONG count, PVOID *frames, ULONG *hash) {
    struct unwind_frame frame;
    CONTEXT walk;
    ULONG sum = 0;
    USHORT n = 0;

    RtlCaptureContext(&walk);
    for (ULONG i = 0; n < count && n < USHRT_MAX; i++) {
        if (unwind_frame_next(UNWIND_FLAG_NONE, &walk, &frame) || unwind_at_end(&walk, frame.interrupts))
            break;
        if (i < skip)
            continue;
        frames[n++] = (void *)walk.Rip;
        sum += (ULONG)walk.Rip;
    }
    if (hash)
        *hash = sum;
    return n;
}
