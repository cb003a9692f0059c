/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a program (MSDN: exit, atexit, abort).  Registered functions are the program's own: each is taken off the
 * list before it is called, with no lock held, so that it may register others, exit again or never return.
 */
#include <pthread.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/stream.h"

typedef void(CDECL *exit_call)(void);
typedef int(CDECL *onexit_call)(void);

static bool ended; /* the run-time's end has begun: the library's own end does not begin it again */
static exit_call *calls;
static size_t n_calls, calls_room;
static pthread_mutex_t calls_lock = PTHREAD_MUTEX_INITIALIZER;

static bool call_add(exit_call call) {
    pthread_mutex_lock(&calls_lock);
    if (n_calls == calls_room) {
        const size_t room = calls_room ? 2 * calls_room : 32;
        exit_call *grown = realloc(calls, room * sizeof(*grown));
        if (!grown) {
            pthread_mutex_unlock(&calls_lock);
            return false;
        }
        calls = grown;
        calls_room = room;
    }
    calls[n_calls++] = call;
    pthread_mutex_unlock(&calls_lock);
    return true;
}

static exit_call call_take(void) {
    pthread_mutex_lock(&calls_lock);
    const exit_call call = n_calls ? calls[--n_calls] : NULL;
    pthread_mutex_unlock(&calls_lock);
    return call;
}

int CDECL msvcrt_atexit(exit_call call) {
    return call_add(call) ? 0 : -1;
}

onexit_call CDECL _onexit(onexit_call call) {
    return call && call_add((exit_call)(void *)call) ? call : NULL;
}

/* __dllonexit() - as _onexit, on a table of the calling DLL's own: *begin to *end, from malloc, filled to *end. */
onexit_call CDECL __dllonexit(onexit_call call, onexit_call **begin, onexit_call **end) {
    const size_t n = *end - *begin;
    onexit_call *grown = msvcrt_realloc(*begin, (n + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    grown[n] = call;
    *begin = grown;
    *end = grown + n + 1;
    return call;
}

void CDECL _c_exit(void) {
    ended = true;
}

void CDECL _cexit(void) {
    exit_call call;
    ended = true;
    while ((call = call_take()))
        call();
    msvcrt_fflush(NULL);
    _fcloseall();
}

void crt_end(void) {
    if (!ended)
        _cexit();
}

void CDECL crt_exit_now(int code) { /* _exit */
    ended = true;
    ExitProcess(code);
    __builtin_unreachable();
}

void CDECL msvcrt_exit(int code) {
    _cexit();
    ExitProcess(code);
}

static void say(const char *text) {
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, strlen(text), &written, NULL);
}

void crt_fatal(const char *text) {
    say("\nruntime error: ");
    say(text);
    say("\n");
    crt_exit_now(255);
}

void CDECL _amsg_exit(int number) {
    char text[32];
    msvcrt_sprintf(text, "R%04d", 6000 + number);
    crt_fatal(text);
}

void CDECL _purecall(void) {
    crt_fatal("R6025 - pure virtual function call");
}

static unsigned abort_flags = 1; /* 1: print the message */

unsigned CDECL _set_abort_behavior(unsigned flags, unsigned mask) {
    const unsigned old = abort_flags;
    abort_flags = (old & ~mask) | (flags & mask);
    return old;
}

__attribute__((noreturn)) void CDECL msvcrt_abort(void) {
    if (abort_flags & 1)
        say("\nThis application has requested the Runtime to terminate it in an unusual way.\n");
    msvcrt_raise(22);
    crt_exit_now(3);
}

static int error_mode;
int CDECL _set_error_mode(int mode) {
    const int old = error_mode;
    if (mode != 3)
        error_mode = mode;
    return old;
}

/* _assert() - says on stderr what did not hold, and aborts. */
void CDECL _assert(const char *expression, const char *file, unsigned line) {
    msvcrt_fprintf(STREAM_STDERR, "Assertion failed: %s, file %s, line %u\n", expression, file, line);
    msvcrt_fflush(STREAM_STDERR);
    msvcrt_abort();
}

void CDECL _wassert(const WCHAR *expression, const WCHAR *file, unsigned line) {
    msvcrt_fprintf(STREAM_STDERR, "Assertion failed: %ls, file %ls, line %u\n", expression, file, line);
    msvcrt_fflush(STREAM_STDERR);
    msvcrt_abort();
}
