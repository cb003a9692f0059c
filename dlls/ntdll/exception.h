/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exceptions, for the rest of ntdll, kernel32 and the loader.
 *
 * Thread start calls exception_thread_init() on the thread itself once its TEB is there, and exception_thread_exit() last; the first one also
 * installs the signal handlers. A thread that never called it keeps the signal handlers that were there before.
 */
#ifndef WINIPC_NTDLL_EXCEPTION_H
#define WINIPC_NTDLL_EXCEPTION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include <windows.h>
#include <winternl.h>

/* Installs the handlers of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP, once. Return: 0 or -errno. */
int exception_init(void);

/**
 * exception_thread_init() - gives the calling thread its alternate signal stack, and its program stack a guard zone.
 *
 * The zone lies at the low end of the stack that the TEB names (DeallocationStack), if the TEB names one, and Tib.StackLimit moves above it: a stack
 * overflow is then an exception that handlers have room to run for.
 * Return: 0 or -errno.
 */
int exception_thread_init(void);
void exception_thread_exit(void);

/* Protects the guard zone again after a stack overflow. Return: false if there was none, or the caller is still inside the zone. */
bool winipc_stack_reset(void);

/* Makes the guard zone of the calling thread large enough for handlers that need so many bytes. Return: false if the stack has no room. */
bool exception_stack_guarantee(size_t bytes);

/*
 * For pages that appear on first use. Called inside the signal handler, whatever the thread was doing.
 * @access: EXCEPTION_READ_FAULT, EXCEPTION_WRITE_FAULT or EXCEPTION_EXECUTE_FAULT.
 * Return: STATUS_SUCCESS: the access is tried again; STATUS_ACCESS_VIOLATION if the address is none of its own.
 */
typedef NTSTATUS exception_page_fault(uintptr_t address, unsigned access);
void exception_set_page_fault(exception_page_fault *answer);

#ifndef EXCEPTION_READ_FAULT
#define EXCEPTION_READ_FAULT 0
#define EXCEPTION_WRITE_FAULT 1
#define EXCEPTION_EXECUTE_FAULT 8
#endif

/**
 * exception_dispatch() - offers an exception to the vectored handlers, then to the frames' handlers.
 * Return: true if one of them said to go on with the context; false if nobody wants it.
 */
bool exception_dispatch(EXCEPTION_RECORD *record, CONTEXT *context);

/* Nobody handled it: asks the top-level filter, and ends the process if that does not say to go on. */
void exception_unhandled(EXCEPTION_RECORD *record, CONTEXT *context);

/* Tells of an exception on stderr: code, what it means, address, module and offset; and the stack, if @context is not NULL. */
void exception_report(const EXCEPTION_RECORD *record, const CONTEXT *context);

/* dlls/ntdll/exception_stack.c: a line on stderr; where @pc is: "module+0x12, function+0x3", as @inside tells, which lies in the instruction; the
 * frames from a context on. */
void exception_tell(const char *line);
void exception_place(uint64_t pc, uint64_t inside, char *text, size_t size);
void exception_stack(const CONTEXT *context);

/* Between what a signal handler is given and a CONTEXT: control, integer, segment and floating-point registers. */
void signal_context_load(CONTEXT *context, const ucontext_t *uc);
void signal_context_store(ucontext_t *uc, const CONTEXT *context);

/* In a signal handler, the program's code interrupted: it goes on after its special APCs have run. */
void signal_call_apcs(ucontext_t *uc);

/* Reports, and ends the process with the exception's code. */
void exception_fatal(const EXCEPTION_RECORD *record, const CONTEXT *context) __attribute__((noreturn));

#endif
