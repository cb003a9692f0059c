/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SuspendThread, TerminateThread, special user APCs and thread contexts, for threads that run.
 *
 * Our ELF code counts as the kernel: a thread stands still, or ends, in the program's code, on its way back there, or
 * in a wait; never under a lock of ours or inside malloc.  Who wants it raises the count in the slot's word and sends
 * the thread a signal, whose handler looks where it was:
 *
 *  - In the program's code the handler stays until the count is 0 (SUSPEND_PARKED).  It runs on the alternate stack,
 *    for the program's may have no room.
 *  - In ours the address by which our code returns to the program's is replaced by that of a ud2 (SUSPEND_HELD: the
 *    program's code does not go on).  When it is reached, the signal handler meets the thread there, all registers as
 *    the program will see them.  A wait in the arena is broken off and begun anew after the pause, so that a suspended
 *    thread takes nothing; code of ours that calls the program's back goes through suspend_point.
 *
 * A special user APC is asked for in the same way (SUSPEND_APC).  In the program's code, a hooked return included, the
 * handler lets the thread go on in apc_run_special, on the program's stack, from where context_restore leads back.
 * Waits are left alone.
 *
 * Who goes on by other ways than a return comes through context_restore, which looks at the word itself.
 */
#include "dlls/ntdll/suspend.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/context.h"
#include "dlls/ntdll/descriptor.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/suspend_place.h"
#include "libs/arena/apc.h"
#include "libs/arena/wait.h"
#include "libs/host/futex.h"

#define SUSPEND_SIGNAL (SIGRTMAX - 1) /* restarts system calls */
#define END_SIGNAL (SIGRTMAX - 2)     /* breaks them off */
#define APC_SIGNAL SIGSTKFLT          /* as the first, but of many at a time one is left; Linux has no use for it */
#define LOOK_AGAIN_NS 1000000
#define LOOKS_MAX 2000
#define END_LOOKS_MAX 50
#define RED_ZONE 128

struct suspended {
    CONTEXT context;
    bool known, changed;
    const CONTEXT *start; /* what a thread goes on with that has not begun yet; NULL: it has */
};

static struct suspended *_Atomic suspended[ARENA_MAX_THREADS]; /* of this process, by thread slot */
static _Atomic bool
    suspended_busy[ARENA_MAX_THREADS]; /* a lock each: the thread goes on in our code while others read */
static _Thread_local struct suspended suspended_self __attribute__((tls_model("initial-exec")));
static _Thread_local bool is_on_last_way __attribute__((tls_model("initial-exec")));
static _Thread_local int look_timer __attribute__((tls_model("initial-exec"))) = -1; /* look_again_soon */
_Thread_local void **suspend_end_base __attribute__((tls_model("initial-exec")));
_Thread_local bool suspend_was_ended __attribute__((tls_model("initial-exec")));

/* ---- standing still ---- */

static void word_wake(_Atomic uint32_t *word) {
    syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* @asked: what may have been taken back meanwhile: then nothing is marked. */
static void word_mark(_Atomic uint32_t *word, uint32_t asked, uint32_t set, uint32_t clear) {
    uint32_t value = atomic_load(word);

    do {
        if (!(value & asked))
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

/* Until the count is 0, or the thread is to end.  Often in a handler that blocks all signals: what others ask of the
 * process goes on. */
static void park(_Atomic uint32_t *word) {
    sigset_t asked, before;

    sigemptyset(&asked);
    sigaddset(&asked, GIVE_SIGNAL);
    word_mark(word, SUSPEND_COUNT | SUSPEND_END, SUSPEND_PARKED, SUSPEND_HELD);
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

/* The registers of thread slot @index, locked: nobody leaves the program's, or our, code meanwhile, or touches memory
 * of the program. */
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
    if (!context->Rip && self->start)
        context = self->start;
    if (!self->changed)
        self->context = *context;
    self->known = context->Rip != 0;
    registers_unlock(arena_self.index);
}

void suspend_start_publish(uint32_t index, const CONTEXT *start) {
    struct suspended *self = &suspended_self;

    registers_lock(index);
    *self = (struct suspended){.context = *start, .known = true, .start = start};
    atomic_store(&suspended[index], self);
    registers_unlock(index);
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

bool suspend_start_take(CONTEXT *start) {
    suspended_self.start = NULL;
    return self_take_back(start);
}

/* Stands still as long as it is suspended; what it goes on with may have been changed. */
static void rest_in_program(ucontext_t *uc) {
    CONTEXT context;

    signal_context_load(&context, uc);
    self_publish(&context);
    if (atomic_load(&arena_self.slot->suspend) & SUSPEND_COUNT)
        park(&arena_self.slot->suspend);
    if (self_take_back(&context))
        signal_context_store(uc, &context);
}

void suspend_apcs_begin(void) {
    atomic_fetch_and(&arena_self.slot->suspend, ~(SUSPEND_APC | SUSPEND_APC_SEEN));
}

/* In the program's code, in the handler. */
static void stop_in_program(ucontext_t *uc) {
    _Atomic uint32_t *word = &arena_self.slot->suspend;

    if (atomic_load(word) & (SUSPEND_COUNT | SUSPEND_END))
        rest_in_program(uc);
    if (atomic_load(word) & SUSPEND_END) {
        end_from(uc);
        return;
    }
    suspend_apcs_begin(); /* there may be none any more: a wait has run them */
    if (atomic_load(&arena_self.slot->apcs) & 1u << APC_SPECIAL)
        signal_call_apcs(uc);
}

/* On its way back to the program. */
static void stop_later(const CONTEXT *context) {
    _Atomic uint32_t *word = &arena_self.slot->suspend;

    if (atomic_load(word) & (SUSPEND_COUNT | SUSPEND_END)) {
        self_publish(context);
        wait_break();
    }
    word_mark(word, SUSPEND_COUNT | SUSPEND_END, SUSPEND_HELD, 0);
    word_mark(word, SUSPEND_APC, SUSPEND_APC_SEEN, 0);
}

/* Whether there is anything to do that the thread has not seen yet. */
static bool is_asked(uint32_t word) {
    return word & (SUSPEND_COUNT | SUSPEND_END) || (word & (SUSPEND_APC | SUSPEND_APC_SEEN)) == SUSPEND_APC;
}

/* The signal comes again in a moment, when the thread is somewhere else.  Who sent it may not wait for that. */
static void look_again_soon(void) {
    const struct itimerspec soon = {.it_value.tv_nsec = LOOK_AGAIN_NS};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SUSPEND_SIGNAL};

    event._sigev_un._tid = gettid();
    if (look_timer < 0 && syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &look_timer))
        look_timer = -1;
    else
        syscall(SYS_timer_settime, look_timer, 0, &soon, NULL);
}

static void interrupted(ucontext_t *uc) {
    CONTEXT context;

    suspend_finish_restore(uc);
    signal_context_load(&context, uc);
    switch (suspend_place(&context, true)) {
    case PLACE_PROGRAM: stop_in_program(uc); break;
    case PLACE_HELD: stop_later(&context); break;
    case PLACE_UNKNOWN: look_again_soon(); break;
    }
}

static void handler(int number, siginfo_t *info, void *context) {
    const int error = errno;

    (void)number;
    (void)info;
    if (arena_self.slot && !is_on_last_way && is_asked(atomic_load(&arena_self.slot->suspend)))
        interrupted(context);
    errno = error;
}

bool suspend_trap(ucontext_t *uc) {
    const uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];

    if (pc == (uintptr_t)context_restore_trap) {
        interrupted(uc);
        return true;
    }
    if (pc != (uintptr_t)context_hooked_return || !suspend_unhook(uc))
        return false;
    if (arena_self.slot)
        stop_in_program(uc);
    return true;
}

void suspend_thread_ended(void) {
    is_on_last_way = true; /* the handler would wait for the lock for ever */
    atomic_signal_fence(memory_order_seq_cst);
    if (look_timer >= 0)
        syscall(SYS_timer_delete, look_timer);
    look_timer = -1;
    registers_lock(arena_self.index);
    atomic_store(&suspended[arena_self.index], NULL);
    registers_unlock(arena_self.index);
    atomic_store(&arena_self.slot->suspend, 0);
}

/* The handler comes to see where we are. */
static void look_at_self(void) {
    syscall(SYS_tgkill, getpid(), gettid(), SUSPEND_SIGNAL);
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
            look_at_self();
        park(word);
    }
}

void suspend_before_program(void) {
    suspend_point();
    if (arena_self.slot && atomic_load(&arena_self.slot->suspend) & SUSPEND_APC)
        apc_run_special(NULL);
}

void suspend_stack_changed(void) {
    if (arena_self.slot && atomic_load(&arena_self.slot->suspend))
        look_at_self();
}

void suspend_program_context(CONTEXT *context) {
    CONTEXT program;

    RtlCaptureContext(context);
    program = *context;
    if (suspend_place(&program, false) == PLACE_HELD && program.Rip)
        *context = program;
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

void suspend_request_apc(struct thread_slot *slot, struct cell *cell) {
    const pid_t pid = (pid_t)atomic_load(&cell->thread.pid), tid = (pid_t)atomic_load(&cell->thread.tid);
    uint32_t value = atomic_load(&slot->suspend);

    do {
        if (value & SUSPEND_APC_SEEN)
            return; /* it will run them all; a signal for each would leave it no time to come to that */
    } while (!atomic_compare_exchange_weak(&slot->suspend, &value, value | SUSPEND_APC));
    if (SLOT_LIFE(atomic_load(&slot->state)) == SLOT_RUNNING && !is_over(slot, cell))
        syscall(SYS_tgkill, pid, tid, APC_SIGNAL);
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
    sigaction(APC_SIGNAL, &action, NULL);
    action.sa_flags &= ~SA_RESTART;
    sigaction(END_SIGNAL, &action, NULL);
    wait_suspended = suspend_point;
    futex_interrupted = end_if_asked;
}

void suspend_signals(sigset_t *set) {
    sigaddset(set, SUSPEND_SIGNAL);
    sigaddset(set, END_SIGNAL);
    sigaddset(set, APC_SIGNAL);
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
