/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals that are console events; see console_event.h.  Each starts kernel32's CtrlRoutine in a new thread, as Windows does.
 *
 * Where winipc runs an .exe, the initial thread has nothing else to do and takes the signals (run.c).  In a Linux program they keep their
 * default action until the program sets a control handler; from then on a signal handler notes them, and a thread of ours starts the
 * routines: nothing that a signal handler may not do is done in one.
 */
#include "loader/console_event.h"

#define WIN32_NO_STATUS
#include "dlls/ntdll/teb.h"
#include "dlls/ntdll/thread.h"
#include "libs/base/export_table.h"
#include "loader/module.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define CONSOLE_STACK (128u * 1024)

static const int console_signals[] = {SIGINT, SIGQUIT, SIGHUP};
#define N_CONSOLE_SIGNALS (sizeof console_signals / sizeof *console_signals)

static sem_t console_arrived;
static _Atomic uint32_t console_counts[N_CONSOLE_SIGNALS];
static pid_t console_pid;

static DWORD console_event_of(int number) {
    return number == SIGINT ? CTRL_C_EVENT : number == SIGQUIT ? CTRL_BREAK_EVENT : CTRL_CLOSE_EVENT;
}

void console_event_signals(sigset_t *set) {
    struct sigaction action;

    sigemptyset(set);
    for (size_t i = 0; i < N_CONSOLE_SIGNALS; i++) {
        if (!sigaction(console_signals[i], NULL, &action) && action.sa_handler == SIG_DFL)
            sigaddset(set, console_signals[i]);
    }
}

void console_event_start(int number) {
    const struct export_entry *routine = export_by_name(&winipc_exports_kernel32, "CtrlRoutine");
    struct thread_plan plan = {.argument = (void *)(ULONG_PTR)console_event_of(number),
                               .begin = thread_object_begin,
                               .hold = thread_object_hold,
                               .end = thread_object_end};
    const void *code = export_at(&winipc_exports_kernel32, routine->target);
    const uint32_t slot = thread_object_make(arena_process);

    if (slot == ARENA_MAX_THREADS)
        return;
    memcpy(&plan.start, &code, sizeof plan.start);
    plan.context = THREAD_CONTEXT(slot);
    if (thread_create(&plan, NULL))
        _exit(STATUS_CONTROL_C_EXIT & 0xff); /* no room for a thread that could ask the program */
}

/* --- in a Linux program --- */

static void console_signal(int number) {
    const int saved = errno;

    if (getpid() != console_pid) {
        /* a fork without an exec: nobody listens there */
        signal(number, SIG_DFL);
        raise(number);
    }
    for (size_t i = 0; i < N_CONSOLE_SIGNALS; i++) {
        if (console_signals[i] == number)
            atomic_fetch_add(&console_counts[i], 1);
    }
    sem_post(&console_arrived);
    errno = saved;
}

static void *console_main(void *slot) {
    arena_thread_enter((uint32_t)(uintptr_t)slot);
    for (;;) {
        while (sem_wait(&console_arrived))
            ;
        for (size_t i = 0; i < N_CONSOLE_SIGNALS; i++) {
            for (uint32_t n = atomic_exchange(&console_counts[i], 0); n; n--)
                console_event_start(console_signals[i]);
        }
    }
    return NULL;
}

static void console_listen_once(void) {
    struct sigaction action = {.sa_handler = console_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
    const uint32_t slot = thread_slot_claim(arena_process);
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t wanted;
    int error = EAGAIN;

    console_pid = getpid();
    sem_init(&console_arrived, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, CONSOLE_STACK);
    if (slot < ARENA_MAX_THREADS)
        error = pthread_create(&thread, &attributes, console_main, (void *)(uintptr_t)slot);
    pthread_attr_destroy(&attributes);
    if (error)
        return; /* the signals keep their default action */
    console_event_signals(&wanted);
    for (size_t i = 0; i < N_CONSOLE_SIGNALS; i++) {
        if (sigismember(&wanted, console_signals[i]))
            sigaction(console_signals[i], &action, NULL);
    }
}

void console_event_listen(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, console_listen_once);
}
