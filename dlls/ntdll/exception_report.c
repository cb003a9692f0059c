/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of an exception that nobody handled: the top-level filter is asked, stderr is told, the process ends with the exception's code.
 * May run on a thread's alternate stack: it writes with write(2) and allocates nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/ntdll/context.h"
#include "dlls/ntdll/exception.h"
#include "loader/loader.h"
#include "dlls/ntdll/session.h"
#include "dlls/ntdll/unwind.h"
#include "libs/host/guard.h"

static PRTL_EXCEPTION_FILTER exception_filter;
/* The thread is in the filter: an exception there is not offered to it again. */
static __thread bool exception_in_filter;

struct exception_name {
    NTSTATUS code;
    const char *name;
};

static const struct exception_name exception_names[] = {
    {STATUS_ACCESS_VIOLATION, "access violation"},
    {STATUS_IN_PAGE_ERROR, "in-page error"},
    {STATUS_STACK_OVERFLOW, "stack overflow"},
    {STATUS_ILLEGAL_INSTRUCTION, "illegal instruction"},
    {STATUS_PRIVILEGED_INSTRUCTION, "privileged instruction"},
    {STATUS_INTEGER_DIVIDE_BY_ZERO, "integer division by zero"},
    {STATUS_INTEGER_OVERFLOW, "integer overflow"},
    {STATUS_FLOAT_DIVIDE_BY_ZERO, "floating-point division by zero"},
    {STATUS_FLOAT_INVALID_OPERATION, "invalid floating-point operation"},
    {STATUS_BREAKPOINT, "breakpoint"},
    {STATUS_SINGLE_STEP, "single step"},
    {STATUS_GUARD_PAGE_VIOLATION, "guard page"},
    {STATUS_DATATYPE_MISALIGNMENT, "misaligned access"},
    {STATUS_STACK_BUFFER_OVERRUN, "fast fail"},
    {STATUS_NONCONTINUABLE_EXCEPTION, "went on from a noncontinuable exception"},
    {STATUS_INVALID_DISPOSITION, "invalid answer of an exception handler"},
    {STATUS_ENTRYPOINT_NOT_FOUND, "a function that is not there"},
    {STATUS_BAD_STACK, "bad stack"},
    {STATUS_BAD_FUNCTION_TABLE, "bad function table"},
    {STATUS_INVALID_UNWIND_TARGET, "invalid unwind target"},
    {(NTSTATUS)0xe06d7363, "C++ exception"},
    {0x20474343, "C++ exception"},
};

static const char *exception_name(DWORD code) {
    for (size_t i = 0; i < sizeof exception_names / sizeof *exception_names; i++)
        if ((DWORD)exception_names[i].code == code)
            return exception_names[i].name;
    return NULL;
}

static void exception_details(const EXCEPTION_RECORD *record, char *text, size_t size) {
    const ULONG_PTR *information = record->ExceptionInformation;
    const char *verb = information[0] == EXCEPTION_WRITE_FAULT ? "write to" : information[0] == EXCEPTION_EXECUTE_FAULT ? "execution of" : "read of";

    *text = 0;
    if ((record->ExceptionCode == (DWORD)STATUS_ACCESS_VIOLATION || record->ExceptionCode == (DWORD)STATUS_IN_PAGE_ERROR) &&
        record->NumberParameters >= 2)
        snprintf(text, size, ": %s 0x%llx", verb, (unsigned long long)information[1]);
    else if (record->ExceptionCode == (DWORD)STATUS_STACK_BUFFER_OVERRUN && record->NumberParameters)
        snprintf(text, size, ": reason %llu", (unsigned long long)information[0]);
}

/* Raised by loader/missing.c, which has said all there is to say. */
static bool exception_is_told(const EXCEPTION_RECORD *record) {
    return record->ExceptionCode == (DWORD)STATUS_ENTRYPOINT_NOT_FOUND && record->NumberParameters == 2;
}

void exception_report(const EXCEPTION_RECORD *record, const CONTEXT *context) {
    const char *name = exception_name(record->ExceptionCode);
    char line[512], place[256], details[64];

    winipc_process_exit_reported(record->ExceptionCode);
    if (exception_is_told(record))
        return;
    exception_place((uintptr_t)record->ExceptionAddress, (uintptr_t)record->ExceptionAddress, place, sizeof place);
    exception_details(record, details, sizeof details);
    snprintf(line, sizeof line, "winipc: unhandled exception 0x%08X%s%s%s%s at 0x%llx%s%s%s; the process ends with exit code 0x%08X\n",
             record->ExceptionCode, name ? " (" : "", name ? name : "", name ? details : "", name ? ")" : "",
             (unsigned long long)(uintptr_t)record->ExceptionAddress, *place ? " (" : "", place, *place ? ")" : "", record->ExceptionCode);
    exception_tell(line);
    if (context)
        exception_stack(context);
}

void exception_fatal(const EXCEPTION_RECORD *record, const CONTEXT *context) {
    exception_report(record, context);
    session_exit(record->ExceptionCode);
}

void exception_unhandled(EXCEPTION_RECORD *record, CONTEXT *context) {
    EXCEPTION_POINTERS pointers = {record, context};
    PRTL_EXCEPTION_FILTER filter = __atomic_load_n(&exception_filter, __ATOMIC_ACQUIRE);

    if (!filter || exception_in_filter)
        exception_fatal(record, context);
    exception_in_filter = true;
    LONG answer = filter(&pointers);
    exception_in_filter = false;
    if (answer == EXCEPTION_CONTINUE_EXECUTION && !(record->ExceptionFlags & EXCEPTION_NONCONTINUABLE))
        return;
    if (answer == EXCEPTION_EXECUTE_HANDLER)
        session_exit(record->ExceptionCode);
    exception_fatal(record, context);
}

/**
 * RtlSetUnhandledExceptionFilter() - sets what is asked about exceptions that no handler took: kernel32's filter.
 */
void WINAPI RtlSetUnhandledExceptionFilter(PRTL_EXCEPTION_FILTER filter) {
    __atomic_store_n(&exception_filter, filter, __ATOMIC_RELEASE);
}
