/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads and the library's numbered locks (MSDN: _beginthread, _beginthreadex). */
#include <pthread.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

typedef unsigned(WINAPI *thread_call)(void *);
typedef void(CDECL *old_thread_call)(void *);

uintptr_t CDECL _beginthreadex(
    void *security, unsigned stack, thread_call call, void *argument, unsigned flags, unsigned *id) {
    if (!call)
        return crt_invalid_parameter(EINVAL), 0;
    DWORD thread_id = 0;
    const HANDLE thread =
        CreateThread(security, stack, (LPTHREAD_START_ROUTINE)(void *)call, argument, flags, &thread_id);
    if (!thread)
        return crt_fail_last(), 0;
    if (id)
        *id = thread_id;
    return (uintptr_t)thread;
}

void CDECL _endthreadex(unsigned code) {
    ExitThread(code);
}

/* _beginthread's thread closes its own handle at its end: so the starter must not use it, as documented. */
struct old_thread {
    old_thread_call call;
    void *argument;
    HANDLE handle;
};

static __thread HANDLE own_handle;

void CDECL _endthread(void) {
    if (own_handle)
        CloseHandle(own_handle);
    ExitThread(0);
}

static DWORD WINAPI old_thread_main(void *context) {
    const struct old_thread thread = *(struct old_thread *)context;
    free(context);
    own_handle = thread.handle;
    thread.call(thread.argument);
    _endthread();
    return 0;
}

uintptr_t CDECL _beginthread(old_thread_call call, unsigned stack, void *argument) {
    struct old_thread *thread = call ? malloc(sizeof(*thread)) : NULL;
    if (!thread)
        return crt_errno_set(call ? ENOMEM : EINVAL), (uintptr_t)-1;
    *thread = (struct old_thread){call, argument, NULL};
    thread->handle = CreateThread(NULL, stack, old_thread_main, thread, CREATE_SUSPENDED, NULL);
    const HANDLE handle = thread->handle;
    if (!handle || ResumeThread(handle) == (DWORD)-1) {
        crt_fail_last();
        free(thread);
        return (uintptr_t)-1;
    }
    return (uintptr_t)handle;
}

uintptr_t CDECL __threadhandle(void) {
    return (uintptr_t)GetCurrentThread();
}
unsigned CDECL __threadid(void) {
    return GetCurrentThreadId();
}

/* Programs lock the descriptor table, the exit list and the streams' table by these numbers, among others. */
#define N_LOCKS 64
static pthread_mutex_t locks[N_LOCKS] = {[0 ... N_LOCKS - 1] = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP};

void CDECL _lock(int number) {
    if (number >= 0 && number < N_LOCKS)
        pthread_mutex_lock(&locks[number]);
}

void CDECL _unlock(int number) {
    if (number >= 0 && number < N_LOCKS)
        pthread_mutex_unlock(&locks[number]);
}
