/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SuspendThread, TerminateThread and thread contexts, for threads that run.
 *
 * Our ELF code counts as the kernel: a thread stands still, or ends, in the program's code, on its way back there, or in a wait; never
 * under a lock of ours or inside malloc.  Who wants it raises the count in the slot's word and sends the thread a signal, whose handler
 * looks where it was:
 *
 *   in the program's code   the handler stays until the count is 0 (SUSPEND_PARKED).  It runs on the alternate stack, for the program's
 *                           may have no room.
 *   in ours                 the address by which our code returns to the program's is replaced by that of a ud2 (SUSPEND_HELD: the program's
 *                           code does not go on).  When it is reached, the signal handler meets the thread there, all registers as the
 *                           program will see them.  A wait in the arena is broken off and begun anew after the pause, so that a suspended
 *                           thread takes nothing; code of ours that calls the program's back goes through suspend_point.
 *
 * Hooks are found by their place on the stack, whichever thread returns through it: fibers move.
 */
#include "dlls/ntdll/suspend.h"

#include <errno.h>
#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "dlls/ntdll/descriptor.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/unwind.h"
#include "libs/arena/wait.h"
#include "libs/host/futex.h"
#include "libs/host/guard.h"

#define SUSPEND_SIGNAL (SIGRTMAX - 1) /* restarts system calls */
#define END_SIGNAL (SIGRTMAX - 2)     /* breaks them off */
#define N_HOOKS 1024u
#define MAX_FRAMES 512
#define LOOK_AGAIN_NS 1000000
#define LOOKS_MAX 2000
#define END_LOOKS_MAX 50
#define RED_ZONE 128

struct hook {
    _Atomic uint64_t place; /* 0: free */
    _Atomic uint64_t original;
};

struct suspended {
    CONTEXT context;
    bool known, changed;
};

static struct hook hooks[N_HOOKS];
static struct suspended *_Atomic suspended[ARENA_MAX_THREADS]; /* of this process, by thread slot */
static _Atomic bool suspended_busy[ARENA_MAX_THREADS];         /* a lock each: the thread goes on in our code while others read */
static uint64_t program_low, program_high;                     /* a native program's code; 0: what is no ELF code */
static _Thread_local struct suspended suspended_self __attribute__((tls_model("initial-exec")));
static _Thread_local bool is_on_last_way __attribute__((tls_model("initial-exec")));
_Thread_local void **suspend_end_base __attribute__((tls_model("initial-exec")));
_Thread_local bool suspend_was_ended __attribute__((tls_model("initial-exec")));

/* ---- where a thread is ---- */

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

enum place { PLACE_PROGRAM, PLACE_HELD, PLACE_UNKNOWN };

/*
 * From the registers of the calling thread to those of the program's innermost frame.  @hook: and hooks the return to it.
 * PLACE_HELD: that is done, or there is no such frame: what comes next is a suspend_point.
 */
static enum place walk(CONTEXT *context, bool hook) {
    bool interrupts = false;

    if (is_program(context->Rip))
        return PLACE_PROGRAM;
    for (unsigned i = 0; i < MAX_FRAMES; i++) {
        uint64_t there;

        if (context->Rip == (uintptr_t)context_hooked_return) /* just before it traps */
            return PLACE_HELD;
        if (i ? unwind_elf(context, &interrupts) : unwind_elf_interrupted(context, &interrupts))
            return PLACE_UNKNOWN;
        if (!context->Rip)
            return PLACE_HELD; /* the thread's first frame */
        if (!is_program(context->Rip))
            continue;
        if (interrupts || !hook)
            return PLACE_HELD; /* goes on from a stored context, after a suspend_point */
        if (guard_read64((void *)(context->Rsp - 8), &there))
            return PLACE_UNKNOWN;
        if (there == (uintptr_t)context_hooked_return)
            return PLACE_HELD;
        return there == context->Rip && hook_set(context->Rsp - 8, there) ? PLACE_HELD : PLACE_UNKNOWN;
    }
    return PLACE_UNKNOWN;
}

/* ---- standing still ---- */

static void word_wake(_Atomic uint32_t *word) {
    syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static void word_mark(_Atomic uint32_t *word, uint32_t set, uint32_t clear) {
    uint32_t value = atomic_load(word);

    do {
        if (!(value & (SUSPEND_COUNT | SUSPEND_END)))
            return;
    } while (!atomic_compare_exchange_weak(word, &value, (value | set) & ~clear));
    word_wake(word);
}

static void wait_until_resumed(_Atomic uint32_t *word) {
    for (;;) {
        uint32_t value = atomic_load(word);

        if (value & SUSPEND_END)
            return;
        if (value & SUSPEND_COUNT)
            syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
        else if (atomic_compare_exchange_strong(word, &value, value & ~(SUSPEND_PARKED | SUSPEND_HELD)))
            return;
    }
}

/* Until the count is 0, or the thread is to end.  Often in a handler that blocks all signals: what others ask of the process goes on. */
static void park(_Atomic uint32_t *word) {
    sigset_t asked, before;

    sigemptyset(&asked);
    sigaddset(&asked, GIVE_SIGNAL);
    word_mark(word, SUSPEND_PARKED, SUSPEND_HELD);
    pthread_sigmask(SIG_UNBLOCK, &asked, &before);
    wait_until_resumed(word);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The interrupted thread goes on at its end. */
static void end_from(ucontext_t *uc) {
    greg_t *g = uc->uc_mcontext.gregs;

    suspend_was_ended = true;
    if (suspend_end_base) { /* what __builtin_longjmp does */
        g[REG_RBP] = (greg_t)(uintptr_t)suspend_end_base[0];
        g[REG_RIP] = (greg_t)(uintptr_t)suspend_end_base[1];
        g[REG_RSP] = (greg_t)(uintptr_t)suspend_end_base[2];
        return;
    }
    g[REG_RSP] = ((g[REG_RSP] - RED_ZONE) & ~(greg_t)15) - 8;
    g[REG_RIP] = (greg_t)(uintptr_t)winipc_native_main_ended;
}

static void end_here(void) {
    suspend_was_ended = true;
    if (suspend_end_base)
        __builtin_longjmp(suspend_end_base, 1);
    winipc_native_main_ended();
}

/* The registers of thread slot @index, locked: nobody leaves the program's, or our, code meanwhile, or touches memory of the program. */
static struct suspended *registers_lock(uint32_t index) {
    while (atomic_exchange_explicit(&suspended_busy[index], true, memory_order_acquire))
        sched_yield();
    return atomic_load(&suspended[index]);
}

static void registers_unlock(uint32_t index) {
    atomic_store_explicit(&suspended_busy[index], false, memory_order_release);
}

/* The calling thread will go on with these, unless somebody has said otherwise. */
static void self_publish(const CONTEXT *context) {
    struct suspended *self = &suspended_self;

    registers_lock(arena_self.index);
    atomic_store(&suspended[arena_self.index], self);
    if (!self->changed)
        self->context = *context;
    self->known = context->Rip != 0;
    registers_unlock(arena_self.index);
}

/* Return: whether it goes on with other registers: @context then. */
static bool self_take_back(CONTEXT *context) {
    struct suspended *self = &suspended_self;
    bool changed;

    registers_lock(arena_self.index);
    changed = self->changed;
    if (changed)
        *context = self->context;
    self->changed = self->known = false;
    registers_unlock(arena_self.index);
    return changed;
}

/* In the program's code, in the handler. */
static void park_in_program(ucontext_t *uc) {
    _Atomic uint32_t *word = &arena_self.slot->suspend;
    CONTEXT context;

    signal_context_load(&context, uc);
    self_publish(&context);
    if (atomic_load(word) & SUSPEND_COUNT)
        park(word);
    if (self_take_back(&context))
        signal_context_store(uc, &context);
    if (atomic_load(word) & SUSPEND_END)
        end_from(uc);
}

static void interrupted(ucontext_t *uc) {
    _Atomic uint32_t *word = &arena_self.slot->suspend;
    CONTEXT context;

    if (!(atomic_load(word) & (SUSPEND_COUNT | SUSPEND_END)))
        return;
    signal_context_load(&context, uc);
    switch (walk(&context, true)) {
    case PLACE_PROGRAM: park_in_program(uc); break;
    case PLACE_HELD:
        self_publish(&context);
        wait_break();
        word_mark(word, SUSPEND_HELD, 0);
        break;
    case PLACE_UNKNOWN: break; /* the signal comes again */
    }
}

static void handler(int number, siginfo_t *info, void *context) {
    const int error = errno;

    (void)number;
    (void)info;
    if (arena_self.slot && !is_on_last_way)
        interrupted(context);
    errno = error;
}

bool suspend_trap(ucontext_t *uc) {
    greg_t *g = uc->uc_mcontext.gregs;
    struct hook *hook;

    if (g[REG_RIP] != (greg_t)(uintptr_t)context_hooked_return)
        return false;
    hook = hook_at((uint64_t)g[REG_RSP] - 8);
    if (!hook)
        return false;
    g[REG_RIP] = (greg_t)atomic_load(&hook->original);
    atomic_store(&hook->place, 0);
    if (arena_self.slot)
        park_in_program(uc);
    return true;
}

void suspend_thread_ended(void) {
    is_on_last_way = true; /* the handler would wait for the lock for ever */
    atomic_signal_fence(memory_order_seq_cst);
    registers_lock(arena_self.index);
    atomic_store(&suspended[arena_self.index], NULL);
    registers_unlock(arena_self.index);
    atomic_store(&arena_self.slot->suspend, 0);
}

void suspend_point(void) {
    _Atomic uint32_t *word;

    if (!arena_self.slot)
        return;
    word = &arena_self.slot->suspend;
    while (atomic_load(word) & (SUSPEND_COUNT | SUSPEND_END)) {
        if (atomic_load(word) & SUSPEND_END)
            end_here();
        if (!(atomic_load(word) & SUSPEND_HELD)) /* for the context, and the hook */
            syscall(SYS_tgkill, getpid(), gettid(), SUSPEND_SIGNAL);
        park(word);
    }
}

bool suspend_rest(void) {
    _Atomic uint32_t *word = &arena_self.slot->suspend;

    if (atomic_load(word) & SUSPEND_COUNT)
        park(word);
    return !(atomic_load(word) & SUSPEND_END);
}

/* In a wait for a word of the program's. */
static void end_if_asked(void) {
    if (suspend_ending())
        suspend_point();
}

/* ---- asking for it ---- */

static bool is_over(struct thread_slot *slot, struct cell *cell) {
    return atomic_load(&cell->word) & WORD_SIGNALED || atomic_load(&slot->cell) != cell_index(cell) + 1;
}

void suspend_request(struct thread_slot *slot, struct cell *cell) {
    const struct timespec look_again = {.tv_nsec = LOOK_AGAIN_NS};
    const pid_t pid = (pid_t)atomic_load(&cell->thread.pid), tid = (pid_t)atomic_load(&cell->thread.tid);
    const bool ends = atomic_load(&slot->suspend) & SUSPEND_END;

    for (int looks = 0; looks < (ends ? END_LOOKS_MAX : LOOKS_MAX) && !is_over(slot, cell); looks++) {
        uint32_t value = atomic_load(&slot->suspend);

        if (SLOT_LIFE(atomic_load(&slot->state)) != SLOT_RUNNING)
            break; /* it looks itself before it begins */
        if (!ends && (!(value & SUSPEND_COUNT) || value & (SUSPEND_HELD | SUSPEND_PARKED)))
            break;
        if (syscall(SYS_tgkill, pid, tid, ends ? END_SIGNAL : SUSPEND_SIGNAL))
            break;
        syscall(SYS_futex, &slot->suspend, FUTEX_WAIT, value, &look_again, NULL, 0);
    }
    if (ends)
        word_wake(&slot->suspend);
}

bool suspend_context_read(uint32_t index, CONTEXT *context) {
    const struct suspended *place = registers_lock(index);
    const bool known = place && place->known;

    if (known)
        *context = place->context;
    registers_unlock(index);
    return known;
}

bool suspend_context_write(uint32_t index, const CONTEXT *context) {
    struct suspended *place = registers_lock(index);
    const bool known = place && place->known;

    if (known) {
        place->context = *context;
        place->changed = true;
    }
    registers_unlock(index);
    return known;
}

/* ---- installing ---- */

static void install(void) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};

    sigfillset(&action.sa_mask);
    sigdelset(&action.sa_mask, SIGSEGV); /* guarded accesses */
    sigdelset(&action.sa_mask, SIGBUS);
    sigaction(SUSPEND_SIGNAL, &action, NULL);
    action.sa_flags &= ~SA_RESTART;
    sigaction(END_SIGNAL, &action, NULL);
    wait_suspended = suspend_point;
    futex_interrupted = end_if_asked;
}

void suspend_signals(sigset_t *set) {
    sigaddset(set, SUSPEND_SIGNAL);
    sigaddset(set, END_SIGNAL);
}

void suspend_init(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sigset_t ours;

    is_on_last_way = false;
    pthread_once(&once, install);
    sigemptyset(&ours);
    suspend_signals(&ours);
    pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
}
