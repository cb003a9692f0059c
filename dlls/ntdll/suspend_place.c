/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a thread is: in the program's code, or in ours, and then where it will return to.  That return is hooked: see
 * suspend.c, which calls this in signal handlers.
 *
 * Hooks are found by their place on the stack, whichever thread returns through it: fibers move.
 */
#include "dlls/ntdll/suspend_place.h"

#include <dlfcn.h>

#include "dlls/ntdll/context.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/unwind.h"
#include "libs/host/guard.h"

#define N_HOOKS 1024u
#define MAX_FRAMES 512
#define EFLAGS_PROGRAM 0x240dd5u /* as context_x64.S */
#define EFLAGS_ALWAYS 0x202u

struct hook {
    _Atomic uint64_t place; /* 0: free */
    _Atomic uint64_t original;
};

static struct hook hooks[N_HOOKS];
static uint64_t program_low, program_high; /* a native program's code; 0: what is no ELF code */

void suspend_native_program(const void *address) {
    struct dl_find_object object;

    if (_dl_find_object((void *)address, &object))
        return;
    program_low = (uintptr_t)object.dlfo_map_start;
    program_high = (uintptr_t)object.dlfo_map_end;
}

static bool is_program(uint64_t pc) {
    return program_high ? pc >= program_low && pc < program_high : !unwind_elf_contains(pc);
}

static struct hook *hook_at(uint64_t place) {
    for (unsigned i = 0; i < N_HOOKS; i++) {
        if (atomic_load_explicit(&hooks[i].place, memory_order_acquire) == place)
            return &hooks[i];
    }
    return NULL;
}

uint64_t suspend_return_address(uint64_t place) {
    struct hook *hook = hook_at(place);

    return hook ? atomic_load(&hook->original) : 0;
}

/* Whether nobody returns through it any more: a longjmp or an exception has passed it. */
static bool hook_is_stale(uint64_t place) {
    uint64_t there;

    return guard_read64((void *)place, &there) || there != (uintptr_t)context_hooked_return;
}

static struct hook *hook_claim(uint64_t place) {
    struct hook *hook = hook_at(place); /* one of an earlier life of this place */

    for (unsigned i = 0; !hook && i < N_HOOKS; i++) {
        uint64_t none = atomic_load(&hooks[i].place);

        if ((!none || hook_is_stale(none)) && atomic_compare_exchange_strong(&hooks[i].place, &none, place))
            hook = &hooks[i];
    }
    return hook;
}

static bool hook_set(uint64_t place, uint64_t original) {
    const uint64_t trap = (uintptr_t)context_hooked_return;
    struct hook *hook = hook_claim(place);

    if (!hook)
        return false;
    atomic_store(&hook->original, original);
    return !guard_copy_to((void *)place, &trap, sizeof trap);
}

/* The frame on the stack that iretq takes. */
static void restore_return(ucontext_t *uc) {
    greg_t *g = uc->uc_mcontext.gregs;
    const uint64_t *frame = (const uint64_t *)g[REG_RSP];

    g[REG_RIP] = (greg_t)frame[0];
    g[REG_EFL] = (greg_t)frame[2];
    g[REG_RSP] = (greg_t)frame[3];
}

bool suspend_finish_restore(ucontext_t *uc) {
    const uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
    CONTEXT context;

    if (pc < (uintptr_t)context_restore_begin || pc > (uintptr_t)context_restore_return)
        return false;
    if (pc == (uintptr_t)context_restore_return) {
        restore_return(uc);
        return true;
    }
    context = *(const CONTEXT *)uc->uc_mcontext.gregs[REG_RBX];
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER; /* the rest is loaded already */
    context.EFlags = (context.EFlags & EFLAGS_PROGRAM) | EFLAGS_ALWAYS;
    signal_context_store(uc, &context);
    return true;
}

/* Hooks the return to the frame of @context. */
static enum suspend_place return_hook(const CONTEXT *context) {
    const uint64_t place = context->Rsp - 8;
    uint64_t there;

    if (guard_read64((void *)place, &there))
        return PLACE_UNKNOWN;
    if (there == (uintptr_t)context_hooked_return)
        return PLACE_HELD;
    return there == context->Rip && hook_set(place, there) ? PLACE_HELD : PLACE_UNKNOWN;
}

enum suspend_place suspend_place(CONTEXT *context, bool hook) {
    bool interrupts = false;

    if (is_program(context->Rip))
        return PLACE_PROGRAM;
    for (unsigned i = 0; i < MAX_FRAMES; i++) {
        if (context->Rip == (uintptr_t)context_hooked_return) /* just before it traps */
            return PLACE_HELD;
        if (i ? unwind_elf(context, &interrupts) : unwind_elf_interrupted(context, &interrupts))
            return PLACE_UNKNOWN;
        if (!context->Rip)
            return PLACE_HELD; /* the thread's first frame */
        if (!is_program(context->Rip))
            continue;
        return interrupts || !hook ? PLACE_HELD
                                   : return_hook(context); /* what was interrupted goes on by context_restore */
    }
    return PLACE_UNKNOWN;
}

bool suspend_unhook(ucontext_t *uc) {
    greg_t *g = uc->uc_mcontext.gregs;
    struct hook *hook = hook_at((uint64_t)g[REG_RSP] - 8);

    if (!hook)
        return false;
    g[REG_RIP] = (greg_t)atomic_load(&hook->original);
    atomic_store(&hook->place, 0);
    return true;
}
