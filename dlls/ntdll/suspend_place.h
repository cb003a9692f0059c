/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a thread is (suspend_place.c). */
#ifndef WINIPC_NTDLL_SUSPEND_PLACE_H
#define WINIPC_NTDLL_SUSPEND_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include <windows.h>

enum suspend_place { PLACE_PROGRAM, PLACE_HELD, PLACE_UNKNOWN };

/*
 * suspend_place() - from the registers of the calling thread to those of the program's innermost frame.  @hook: and
 * hooks the return to it. Return: PLACE_PROGRAM; PLACE_HELD (it is hooked, or there is no such frame: a suspend_point
 * or context_restore comes next); PLACE_UNKNOWN (for the moment).
 */
enum suspend_place suspend_place(CONTEXT *context, bool hook);

/* suspend_finish_restore() - of a thread that was interrupted in context_restore: does the rest of that.  Return:
 * whether it was. */
bool suspend_finish_restore(ucontext_t *uc);

/* suspend_unhook() - the thread has returned to a hook: goes on where it would have been.  Return: false when there is
 * no hook. */
bool suspend_unhook(ucontext_t *uc);

/* suspend_return_address() - what a hooked return address was.  @place: where it stands on the stack. */
uint64_t suspend_return_address(uint64_t place);

/* In context_x64.S: where hooked functions return to. */
extern const char context_hooked_return[];

#endif
