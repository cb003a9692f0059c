/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a Windows thread begins and ends: a detached pthread on a stack of the size that the image or the caller asks for,
 * with its TEB at GS.  It ends by returning, or by thread_exit(), which drops the stack without unwinding it: pthread_exit
 * would unwind through the program's frames, which glibc cannot.
 */
#include "dlls/ntdll/context.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/slots.h"
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
#define THREAD_START_ROOM 0x4000

/* Lives on the creator's stack until ready is posted. */
struct thread_launch {
    const struct thread_plan *plan;
    sem_t ready;
    NTSTATUS status;
    CLIENT_ID id;
};

static __thread void *thread_base[5]; /* where thread_exit() returns to */
static __thread CONTEXT *thread_start;  /* until it begins: the registers that it begins with */
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

/**
 * RtlUserThreadStart() - where a thread that has not begun yet is seen to be, with its start and argument; ends it with what that returns.
 */
void WINAPI RtlUserThreadStart(PRTL_THREAD_START_ROUTINE start, void *argument) {
    DWORD(WINAPI * function)(void *argument);

    memcpy(&function, &start, sizeof function); /* its declaration in winternl.h lacks the exit code that it returns */
    thread_exit(function(argument));
}

/* The registers with which a thread begins.  Its stack pointer leaves room for what we do before. */
static void thread_start_prepare(CONTEXT *start, const struct thread_plan *plan) {
    uint64_t *const top = (uint64_t *)(((uintptr_t)__builtin_frame_address(0) - THREAD_START_ROOM) & ~(uintptr_t)15) - 1;

    RtlCaptureContext(start);
    start->Rip = (uintptr_t)RtlUserThreadStart;
    start->Rcx = plan->is_first ? (uintptr_t)plan->entry : (uintptr_t)plan->start;
    start->Rdx = plan->is_first ? (uintptr_t)plan->entry_argument : (uintptr_t)plan->argument;
    start->Rsp = (uintptr_t)top;
    start->Rbp = start->Rbx = start->Rsi = start->Rdi = 0;
    *top = 0; /* nobody to return to */
    thread_start = start;
    suspend_start_publish((uint32_t)(uintptr_t)plan->context - 1, start);
}

DWORD thread_run(DWORD(WINAPI *start)(void *argument), void *argument) {
    CONTEXT *const other = thread_start;

    thread_start = NULL;
    if (other && suspend_start_take(other))
        context_restore(other);
    return start(argument);
}

/* Everything between the TEB's begin and end; returns the thread's exit code.  Special APCs that came while it was in the
 * program's code run before that has ended. */
static __attribute__((noinline)) DWORD thread_body(const struct thread_plan *plan) {
    DWORD exit_code;

    if (__builtin_setjmp(thread_base)) {
        if (!suspend_was_ended)
            suspend_before_program();
        return thread_exit_code;
    }
    suspend_end_base = thread_base;
    if (plan->hold)
        plan->hold(plan->context);
    if (!plan->no_dll_calls && !plan->is_first)
        winipc_module_thread_attach();
    suspend_point();
    if (plan->hold && !plan->no_dll_calls && !plan->is_first)
        NtTestAlert(); /* APCs that were queued before the thread began; a process's first has its DLLs still to load */
    exit_code = plan->is_first ? plan->start(plan->argument) : thread_run(plan->start, plan->argument);
    suspend_before_program();
    return exit_code;
}

static void *thread_main(void *argument) {
    struct thread_launch *launch = argument;
    const struct thread_plan plan = *launch->plan;
    TEB *teb = thread_make_teb();
    CONTEXT start;
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
    if (plan.begin) {
        thread_start_prepare(&start, &plan);
        plan.begin(plan.context);
    }
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
