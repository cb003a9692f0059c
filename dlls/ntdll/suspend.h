/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stopping, ending and inspecting running threads (suspend.c). */
#ifndef WINIPC_NTDLL_SUSPEND_H
#define WINIPC_NTDLL_SUSPEND_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include "libs/arena/arena.h"

/* suspend_init() - installs the signals' handlers; once. */
void suspend_init(void);

/* suspend_native_program() - in a native process the program's code is that of the file that @address lies in. */
void suspend_native_program(const void *address);

/* suspend_request() - the suspend count of @slot has risen, or its end is asked for: does not return before no code of the program can run
 * there any more (or, for an end, before the thread has been told).  @cell: the thread's. */
void suspend_request(struct thread_slot *slot, struct cell *cell);

/* suspend_request_apc() - there are special APCs for @slot: has it run them as soon as code of the program runs there. */
void suspend_request_apc(struct thread_slot *slot, struct cell *cell);

/* suspend_point() - a place where the calling thread may stand still, or end: it holds no lock, and nothing is lost by a pause. */
void suspend_point(void);
/* suspend_before_program() - the same where our code is about to call the program's: special APCs run first. */
void suspend_before_program(void);
/* suspend_stack_changed() - the calling thread has come to another stack, and returns to the program there. */
void suspend_stack_changed(void);
/* suspend_apcs_begin() - the calling thread is about to run all its special APCs; what is sent from now on is a new request. */
void suspend_apcs_begin(void);
/* suspend_program_context() - the registers that the program will have when our code returns to it. */
void suspend_program_context(CONTEXT *context);

/* suspend_thread_ended() - the calling thread is on its last way: nobody stops it any more. */
void suspend_thread_ended(void);

/* suspend_signals() - adds the signals that ask for a look at the word: for a thread that takes them by other means than the handler. */
void suspend_signals(sigset_t *set);
/* suspend_rest() - such a thread has stopped what it stands for: stays until the count is 0.  Return: false when it is to end. */
bool suspend_rest(void);

/* suspend_ending() - the calling thread is to end: what waits for something gives up, and comes to suspend_point. */
static inline bool suspend_ending(void) {
    return arena_self.slot && atomic_load_explicit(&arena_self.slot->suspend, memory_order_relaxed) & SUSPEND_END;
}

/* suspend_start_publish() - the calling thread, which takes slot @index, has not begun yet; it will with the registers @start, which stay. */
void suspend_start_publish(uint32_t index, const CONTEXT *start);
/* suspend_start_take() - it begins.  Return: whether somebody has changed the registers: they are in @start then. */
bool suspend_start_take(CONTEXT *start);

/* suspend_context_read() - the registers of thread slot @index of this process, which is suspended: as the program's code left them.
 * Return: false when there are none. */
bool suspend_context_read(uint32_t index, CONTEXT *context);
/* suspend_context_write() - it goes on with these. */
bool suspend_context_write(uint32_t index, const CONTEXT *context);

/* suspend_trap() - the signal handler met ud2.  Return: whether it was one of ours: a hooked return, or in context_restore. */
bool suspend_trap(ucontext_t *uc);

/* ---- thread_start.c, native.c ---- */

/* A frame that a thread which is ended goes on from (__builtin_setjmp); NULL: a native program's main thread. */
extern _Thread_local void **suspend_end_base __attribute__((tls_model("initial-exec")));
/* Whether the calling thread was ended by another: nobody is told. */
extern _Thread_local bool suspend_was_ended __attribute__((tls_model("initial-exec")));
/* The end of a native program's main thread. */
void winipc_native_main_ended(void) __attribute__((noreturn));

#endif
