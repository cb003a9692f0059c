/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exception dispatch: vectored handlers, then the handlers of the frames from the one that raised it outwards, then the top-level filter.
 *
 * No lock is held while a handler of the program runs.  A handler may raise an exception itself (a nested one), and a termination handler may be left by one
 * (a collided unwind); the walk recognises our own calls of handlers on the stack for both.
 */

#include <string.h>

#include "dlls/ntdll/context.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/unwind.h"
#include "dlls/ntdll/vectored.h"
#include "libs/base/trace.h"

/* More frames than any stack has: ends a walk through a stack that leads back into itself. */
#define EXCEPTION_FRAMES_MAX (1u << 22)

static void exception_raise_code(NTSTATUS code, EXCEPTION_RECORD *cause) {
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)code, .ExceptionFlags = EXCEPTION_NONCONTINUABLE, .ExceptionRecord = cause};

    RtlRaiseException(&record);
}

/* An exception in a termination handler: goes on in the frame whose handler that was, behind the scope that was being left. */
static NTSTATUS exception_collided(struct unwind_frame *frame, CONTEXT *walk, DWORD *scope) {
    const DISPATCHER_CONTEXT *pending = frame->pending;
    struct unwind_frame again;

    *walk = *pending->ContextRecord;
    walk->Rip = pending->ControlPc;
    *scope = pending->ScopeIndex;
    *frame = (struct unwind_frame){.kind = UNWIND_KIND_PE, .pc = pending->ControlPc, .image_base = pending->ImageBase};
    frame->function = pending->FunctionEntry;
    frame->establisher = pending->EstablisherFrame;
    frame->handler = pending->LanguageHandler;
    frame->handler_data = pending->HandlerData;
    again = *frame;
    return unwind_pe(UNWIND_FLAG_NONE, frame->function, walk, &again, NULL);
}

static EXCEPTION_DISPOSITION exception_handler_call(EXCEPTION_RECORD *record, CONTEXT *context, const struct unwind_frame *frame, DWORD scope) {
    UNWIND_HISTORY_TABLE history = {0};
    DISPATCHER_CONTEXT dispatcher = {
        .ControlPc = frame->pc,
        .ImageBase = frame->image_base,
        .FunctionEntry = frame->function,
        .EstablisherFrame = frame->establisher,
        .ContextRecord = context,
        .LanguageHandler = frame->handler,
        .HandlerData = frame->handler_data,
        .HistoryTable = &history,
        .ScopeIndex = scope,
    };

    return exception_call_except(record, frame->establisher, context, &dispatcher);
}

/* What a handler answered. Return: whether the search is over. */
static bool exception_answered(EXCEPTION_DISPOSITION disposition, EXCEPTION_RECORD *record) {
    if (disposition == ExceptionContinueSearch)
        return false;
    if (disposition != ExceptionContinueExecution)
        exception_raise_code(STATUS_INVALID_DISPOSITION, record);
    if (record->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
        exception_raise_code(STATUS_NONCONTINUABLE_EXCEPTION, record);
    return true;
}

static bool exception_dispatch_frames(EXCEPTION_RECORD *record, CONTEXT *context) {
    CONTEXT walk = *context;
    struct unwind_frame frame = {.interrupts = true};
    uint64_t nested = 0;

    for (unsigned n = 0; n < EXCEPTION_FRAMES_MAX && !unwind_at_end(&walk, frame.interrupts); n++) {
        DWORD scope = 0;

        if (unwind_frame_next(UNWIND_FLAG_EXCEPT, &walk, &frame) ||
            (frame.kind == UNWIND_KIND_CALL_UNWIND && exception_collided(&frame, &walk, &scope))) {
            record->ExceptionFlags |= EXCEPTION_FLAG_STACK_INVALID;
            return false;
        }
        if (frame.kind == UNWIND_KIND_CALL_EXCEPT) {
            record->ExceptionFlags |= EXCEPTION_FLAG_NESTED_CALL;
            if (frame.pending->EstablisherFrame > nested)
                nested = frame.pending->EstablisherFrame;
        }
        if (frame.kind != UNWIND_KIND_PE)
            continue;
        if (!unwind_frame_valid(frame.establisher)) {
            record->ExceptionFlags |= EXCEPTION_FLAG_STACK_INVALID;
            return false;
        }
        if (frame.handler && exception_answered(exception_handler_call(record, context, &frame, scope), record))
            return true;
        if (frame.establisher == nested) {
            record->ExceptionFlags &= ~(DWORD)EXCEPTION_FLAG_NESTED_CALL;
            nested = 0;
        }
    }
    return false;
}

bool exception_dispatch(EXCEPTION_RECORD *record, CONTEXT *context) {
    TRACE(TRACE_EXCEPTION, "exception 0x%08x at %p, flags 0x%x, rsp 0x%llx", (unsigned)record->ExceptionCode, record->ExceptionAddress,
        (unsigned)record->ExceptionFlags, (unsigned long long)context->Rsp);
    if (!vectored_call(VECTORED_EXCEPTION, record, context) && !exception_dispatch_frames(record, context))
        return false;
    vectored_call(VECTORED_CONTINUE, record, context);
    return true;
}

void exception_raise(EXCEPTION_RECORD *record, CONTEXT *context) {
    record->ExceptionAddress = (void *)context->Rip;
    if (!exception_dispatch(record, context))
        exception_unhandled(record, context);
    context_restore(context);
}

/**
 * RtlRaiseStatus() - raises a noncontinuable exception with a status as its code.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-rtlraisestatus
 */
void WINAPI RtlRaiseStatus(NTSTATUS status) {
    exception_raise_code(status, NULL);
}

/**
 * NtRaiseException() - raises an exception in a given context.
 * @first_chance: FALSE: no handler is asked any more, the process ends.
 * Return: only with a status why it could not: STATUS_ACCESS_VIOLATION for pointers that are NULL.
 */
NTSTATUS WINAPI NtRaiseException(PEXCEPTION_RECORD record, PCONTEXT context, BOOL first_chance) {
    if (!record || !context)
        return STATUS_ACCESS_VIOLATION;
    if (!first_chance)
        exception_fatal(record, context);
    if (!exception_dispatch(record, context))
        exception_unhandled(record, context);
    context_restore(context);
}

/**
 * NtContinue() - goes on with a context.
 * @alertable: TRUE: pending asynchronous procedure calls run first.
 * Return: only on failure.
 */
NTSTATUS WINAPI NtContinue(PCONTEXT context, BOOLEAN alertable) {
    if (alertable)
        NtTestAlert();
    RtlRestoreContext(context, NULL);
}
