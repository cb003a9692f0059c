/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * signal and raise (MSDN: signal).  SIGINT and SIGBREAK come from the console's control events, on a thread of their
 * own; SIGFPE, SIGILL and SIGSEGV from exceptions that reach the start-up code's filter (_XcptFilter); the rest only
 * from raise.
 */
#include <signal.h>
#undef SIG_DFL
#undef SIG_IGN

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

enum {
    WIN_SIGINT = 2,
    WIN_SIGILL = 4,
    WIN_SIGABRT_COMPAT = 6,
    WIN_SIGFPE = 8,
    WIN_SIGSEGV = 11,
    WIN_SIGTERM = 15,
    WIN_SIGBREAK = 21,
    WIN_SIGABRT = 22
};

typedef void(CDECL *signal_handler)(int);
typedef void(CDECL *fpe_handler)(int, int);
#define HANDLER_DEFAULT ((signal_handler)0)
#define HANDLER_IGNORE ((signal_handler)1)
#define HANDLER_ERROR ((signal_handler)-1)

static signal_handler _Atomic handlers[WIN_SIGABRT + 1];
static _Atomic int console_handled;
static __thread struct _EXCEPTION_POINTERS *exception_pointers;

void **CDECL __pxcptinfoptrs(void) {
    return (void **)&exception_pointers;
}

static bool is_signal(int number) {
    return number == WIN_SIGINT || number == WIN_SIGILL || number == WIN_SIGFPE || number == WIN_SIGSEGV ||
           number == WIN_SIGTERM || number == WIN_SIGBREAK || number == WIN_SIGABRT || number == WIN_SIGABRT_COMPAT;
}

static int slot_of(int number) {
    return number == WIN_SIGABRT_COMPAT ? WIN_SIGABRT : number;
}

/* Takes a handler for one call: it is back to the default before the call, as in C's oldest rule, which Windows keeps.
 */
static signal_handler handler_take(int number) {
    signal_handler handler = handlers[number];
    while (handler != HANDLER_DEFAULT && handler != HANDLER_IGNORE &&
           !__atomic_compare_exchange_n((signal_handler *)&handlers[number], &handler, HANDLER_DEFAULT, false,
               __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
    return handler;
}

static BOOL WINAPI console_event(DWORD event) {
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        return FALSE;
    const int number = event == CTRL_C_EVENT ? WIN_SIGINT : WIN_SIGBREAK;
    const signal_handler handler = handler_take(number);
    if (handler == HANDLER_DEFAULT)
        return FALSE;
    if (handler != HANDLER_IGNORE)
        handler(number);
    return TRUE;
}

signal_handler CDECL msvcrt_signal(int number, signal_handler handler) {
    if (!is_signal(number) || handler == HANDLER_ERROR)
        return crt_errno_set(EINVAL), HANDLER_ERROR;
    if ((number == WIN_SIGINT || number == WIN_SIGBREAK) && !console_handled) {
        if (!SetConsoleCtrlHandler(console_event, TRUE))
            return crt_fail_last(), HANDLER_ERROR;
        console_handled = 1;
    }
    return __atomic_exchange_n((signal_handler *)&handlers[slot_of(number)], handler, __ATOMIC_SEQ_CST);
}

int CDECL msvcrt_raise(int number) {
    if (!is_signal(number))
        return crt_invalid_parameter(EINVAL), -1;
    const signal_handler handler = handler_take(slot_of(number));
    if (handler == HANDLER_IGNORE)
        return 0;
    if (handler == HANDLER_DEFAULT)
        crt_exit_now(3);
    if (number == WIN_SIGFPE)
        ((fpe_handler)(void *)handler)(number, 0x8c /* _FPE_EXPLICITGEN */);
    else
        handler(number);
    return 0;
}

struct exception_signal {
    DWORD code;
    int signal, fpe;
};

static const struct exception_signal exception_signals[] = {
    {EXCEPTION_ACCESS_VIOLATION, WIN_SIGSEGV, 0},
    {EXCEPTION_ILLEGAL_INSTRUCTION, WIN_SIGILL, 0},
    {EXCEPTION_PRIV_INSTRUCTION, WIN_SIGILL, 0},
    {EXCEPTION_FLT_DENORMAL_OPERAND, WIN_SIGFPE, 0x82},
    {EXCEPTION_FLT_DIVIDE_BY_ZERO, WIN_SIGFPE, 0x83},
    {EXCEPTION_FLT_INEXACT_RESULT, WIN_SIGFPE, 0x86},
    {EXCEPTION_FLT_INVALID_OPERATION, WIN_SIGFPE, 0x81},
    {EXCEPTION_FLT_OVERFLOW, WIN_SIGFPE, 0x84},
    {EXCEPTION_FLT_STACK_CHECK, WIN_SIGFPE, 0x8a},
    {EXCEPTION_FLT_UNDERFLOW, WIN_SIGFPE, 0x85},
};

/* _XcptFilter() - the filter around main: gives the exception to a signal handler, or to the system's last filter. */
int CDECL _XcptFilter(DWORD code, EXCEPTION_POINTERS *pointers) {
    const struct exception_signal *known = NULL;
    for (size_t i = 0; i < sizeof(exception_signals) / sizeof(exception_signals[0]); i++)
        if (exception_signals[i].code == code)
            known = &exception_signals[i];
    const signal_handler handler = known ? handler_take(known->signal) : HANDLER_DEFAULT;
    if (handler == HANDLER_DEFAULT)
        return UnhandledExceptionFilter(pointers);
    if (handler == HANDLER_IGNORE)
        return EXCEPTION_CONTINUE_EXECUTION;
    EXCEPTION_POINTERS *const outer = exception_pointers;
    exception_pointers = pointers;
    if (known->signal == WIN_SIGFPE)
        ((fpe_handler)(void *)handler)(known->signal, known->fpe);
    else
        handler(known->signal);
    exception_pointers = outer;
    return EXCEPTION_CONTINUE_EXECUTION;
}
