/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* __C_specific_handler: the frame handler behind __try, __except and __finally of C compilers. */
#include "dlls/ntdll/unwind.h"

/* The handler's data: the guarded ranges, inner ones first. */
struct c_scope {
    uint32_t begin, end;
    uint32_t handler; /* the filter, 1 for EXCEPTION_EXECUTE_HANDLER; or the termination handler */
    uint32_t target;  /* the __except block; 0 for a __finally */
};

struct c_scope_table {
    uint32_t n_scopes;
    struct c_scope scopes[];
};

#define C_FILTER_EXECUTE 1

static bool c_scope_covers(const struct c_scope *scope, uint64_t rva) {
    return rva >= scope->begin && rva < scope->end;
}

static LONG c_scope_filter(const struct c_scope *scope, EXCEPTION_RECORD *record, void *frame, CONTEXT *context, uint64_t image_base) {
    EXCEPTION_POINTERS pointers = {record, context};

    if (scope->handler == C_FILTER_EXECUTE)
        return EXCEPTION_EXECUTE_HANDLER;
    return ((PEXCEPTION_FILTER)(image_base + scope->handler))(&pointers, frame);
}

static EXCEPTION_DISPOSITION c_scopes_search(const struct c_scope_table *table, EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                             DISPATCHER_CONTEXT *dispatcher) {
    uint64_t rva = dispatcher->ControlPc - dispatcher->ImageBase;

    for (DWORD i = dispatcher->ScopeIndex; i < table->n_scopes; i++) {
        const struct c_scope *scope = &table->scopes[i];
        if (!c_scope_covers(scope, rva) || !scope->target)
            continue;
        LONG answer = c_scope_filter(scope, record, frame, context, dispatcher->ImageBase);
        if (answer < 0)
            return ExceptionContinueExecution;
        if (answer > 0)
            RtlUnwindEx(frame, (void *)(dispatcher->ImageBase + scope->target), record, (void *)(uintptr_t)record->ExceptionCode,
                        dispatcher->ContextRecord, dispatcher->HistoryTable);
    }
    return ExceptionContinueSearch;
}

/* Whether the place where control goes on is still guarded by the scope: then the scope is not left. */
static bool c_scope_keeps(const struct c_scope_table *table, const struct c_scope *scope, uint64_t target) {
    for (DWORD i = 0; i < table->n_scopes; i++) {
        const struct c_scope *other = &table->scopes[i];
        if (c_scope_covers(other, target) && other->target == scope->target && other->handler == scope->handler)
            return true;
    }
    return false;
}

static EXCEPTION_DISPOSITION c_scopes_leave(const struct c_scope_table *table, EXCEPTION_RECORD *record, void *frame,
                                            DISPATCHER_CONTEXT *dispatcher) {
    uint64_t rva = dispatcher->ControlPc - dispatcher->ImageBase, target = dispatcher->TargetIp - dispatcher->ImageBase;
    bool in_target = record->ExceptionFlags & EXCEPTION_FLAG_TARGET_UNWIND;

    for (DWORD i = dispatcher->ScopeIndex; i < table->n_scopes; i++) {
        const struct c_scope *scope = &table->scopes[i];
        if (!c_scope_covers(scope, rva))
            continue;
        if (in_target && (c_scope_keeps(table, scope, target) || (scope->target && scope->target == target)))
            break;
        if (scope->target)
            continue;
        /* If the handler is left by another unwind, that one goes on behind this scope. */
        dispatcher->ScopeIndex = i + 1;
        ((PTERMINATION_HANDLER)(dispatcher->ImageBase + scope->handler))(TRUE, frame);
    }
    return ExceptionContinueSearch;
}

/**
 * __C_specific_handler() - runs a frame's filters for an exception, and its termination handlers for an unwind.
 * Return: ExceptionContinueExecution if a filter says so, else ExceptionContinueSearch; not at all if an __except block takes it.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/--c-specific-handler2
 */
EXCEPTION_DISPOSITION WINAPI ntdll_C_specific_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher) {
    const struct c_scope_table *table = dispatcher->HandlerData;

    if (record->ExceptionFlags & (EXCEPTION_FLAG_UNWINDING | EXCEPTION_FLAG_EXIT_UNWIND))
        return c_scopes_leave(table, record, frame, dispatcher);
    return c_scopes_search(table, record, frame, context, dispatcher);
}
