/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a Windows thread begins and ends: a detached pthread on a stack of the size that the image or the caller asks for,
 * with its TEB at GS.  It ends by returning, or by thread_exit(), which drops the stack without unwinding it: pthread_exit
 * would unwind through the program's frames, which glibc cannot.
 */
#include "dlls/ntdll/slots.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/teb.h"
#include "loader/loader.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#define THREAD_STACK_DEFAULT (1 << 20)
#define THREAD_STACK_MIN 0x10000
#define THREAD_STACK_MAX ((size_t)1 << 36)

/* Lives on the creator's stack until ready is posted. */
struct thread_launch {
    const struct thread_plan *plan;
    sem_t ready;
    NTSTATUS status;
    CLIENT_ID id;
};

static __thread void *thread_base[5]; /* where thread_exit() returns to */
static __thread DWORD thread_exit_code;

void thread_exit(DWORD exit_code) {
    if (!thread_base[0])
        winipc_native_thread_exit(exit_code); /* a thread that an ELF program made */
    thread_exit_code = exit_code;
    __builtin_longjmp(thread_base, 1);
}

TEB *thread_make_teb(void) {
    pthread_attr_t attributes;
    void *stack = NULL;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attributes))
        return NULL;
    pthread_attr_getstack(&attributes, &stack, &size);
    pthread_attr_destroy(&attributes);
    return teb_create(stack, size);
}

/* Everything between the TEB's begin and end; returns the thread's exit code. */
static __attribute__((noinline)) DWORD thread_body(const struct thread_plan *plan) {
    if (__builtin_setjmp(thread_base))
        return thread_exit_code;
    suspend_end_base = thread_base;
    if (plan->hold)
        plan->hold(plan->context);
    if (!plan->no_dll_calls && !plan->is_first)
        winipc_module_thread_attach();
    suspend_point();
    if (plan->hold && !plan->no_dll_calls && !plan->is_first)
        NtTestAlert(); /* APCs that were queued before the thread began; a process's first has its DLLs still to load */
    return plan->start(plan->argument);
}

static void *thread_main(void *argument) {
    struct thread_launch *launch = argument;
    const struct thread_plan plan = *launch->plan;
    TEB *teb = thread_make_teb();
    DWORD exit_code;

    if (!teb) {
        launch->status = STATUS_NO_MEMORY;
        sem_post(&launch->ready);
        return NULL;
    }
    teb_enter(teb);
    if (exception_thread_init()) {
        launch->status = STATUS_NO_MEMORY;
        teb_leave();
        sem_post(&launch->ready);
        return NULL;
    }
    launch->id = teb->ClientId;
    if (plan.begin)
        plan.begin(plan.context);
    sem_post(&launch->ready);
    exit_code = thread_body(&plan);
    if (!suspend_was_ended) {
        fls_run_callbacks();
        if (!plan.no_dll_calls)
            winipc_module_thread_detach();
    }
    fls_thread_exit();
    tls_thread_exit();
    if (plan.end)
        plan.end(plan.context, exit_code);
    exception_thread_exit();
    teb_leave();
    return NULL;
}

static size_t thread_stack_size(const struct thread_plan *plan) {
    size_t size = plan->stack_reserve ? plan->stack_reserve : winipc_module_stack_reserve();

    if (!size)
        size = THREAD_STACK_DEFAULT;
    if (size < THREAD_STACK_MIN)
        size = THREAD_STACK_MIN;
    if (size > THREAD_STACK_MAX)
        size = THREAD_STACK_MAX;
    return (size + 0xffff) & ~(size_t)0xffff;
}

NTSTATUS thread_create(const struct thread_plan *plan, CLIENT_ID *id) {
    struct thread_launch launch = {.plan = plan};
    pthread_attr_t attributes;
    pthread_t thread;
    int error;

    if (pthread_attr_init(&attributes))
        return STATUS_NO_MEMORY;
    sem_init(&launch.ready, 0, 0);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, thread_stack_size(plan));
    error = pthread_create(&thread, &attributes, thread_main, &launch);
    pthread_attr_destroy(&attributes);
    if (!error)
        while (sem_wait(&launch.ready))
            ;
    sem_destroy(&launch.ready);
    if (error)
        return STATUS_NO_MEMORY;
    if (id)
        *id = launch.id;
    return launch.status;
}
