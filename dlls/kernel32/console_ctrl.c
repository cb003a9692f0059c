/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ctrl-C and its like (MSDN: consoleapi.h): the list of handlers, and the thread that asks them.  Linux' signals arrive in
 * loader/console_event.c, which starts CtrlRoutine in a new thread, as Windows does: SIGINT is CTRL_C_EVENT, SIGQUIT
 * CTRL_BREAK_EVENT, SIGHUP CTRL_CLOSE_EVENT.
 */
#include <windows.h>
#include <ntstatus.h>
#include <winternl.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libs/arena/arena.h"
#include "loader/loader.h"
#include "loader/startup.h"

static pthread_mutex_t ctrl_mutex = PTHREAD_MUTEX_INITIALIZER;
static PHANDLER_ROUTINE *ctrl_handlers; /* the last one is asked first */
static size_t ctrl_n_handlers, ctrl_room;

static ULONG *ctrl_flags(void) {
    return &NtCurrentTeb()->Peb->ProcessParameters->ConsoleFlags;
}

static BOOL ctrl_add(PHANDLER_ROUTINE handler) {
    if (ctrl_n_handlers == ctrl_room) {
        const size_t room = ctrl_room + 16;
        PHANDLER_ROUTINE *handlers = realloc(ctrl_handlers, room * sizeof *handlers);

        if (!handlers) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return FALSE;
        }
        ctrl_handlers = handlers;
        ctrl_room = room;
    }
    ctrl_handlers[ctrl_n_handlers++] = handler;
    return TRUE;
}

static BOOL ctrl_remove(PHANDLER_ROUTINE handler) {
    for (size_t i = ctrl_n_handlers; i--;) {
        if (ctrl_handlers[i] != handler)
            continue;
        memmove(&ctrl_handlers[i], &ctrl_handlers[i + 1], (--ctrl_n_handlers - i) * sizeof *ctrl_handlers);
        return TRUE;
    }
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

/**
 * SetConsoleCtrlHandler() - adds or removes a function that is asked about Ctrl-C and its like.
 * @handler: NULL: Ctrl-C is ignored (@add TRUE) or works again (FALSE), here and in children.
 * Return: FALSE: ERROR_INVALID_PARAMETER (none such to remove), ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/console/setconsolectrlhandler
 */
BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE handler, BOOL add) {
    BOOL ok = TRUE;

    pthread_mutex_lock(&ctrl_mutex);
    if (handler)
        ok = add ? ctrl_add(handler) : ctrl_remove(handler);
    else if (add)
        *ctrl_flags() |= CONSOLE_IGNORES_CTRL_C;
    else
        *ctrl_flags() &= ~CONSOLE_IGNORES_CTRL_C;
    pthread_mutex_unlock(&ctrl_mutex);
    winipc_console_listen();
    return ok;
}

/* The index-th handler counted from the last one added, or NULL. */
static PHANDLER_ROUTINE ctrl_handler(size_t index) {
    PHANDLER_ROUTINE handler;

    pthread_mutex_lock(&ctrl_mutex);
    handler = index < ctrl_n_handlers ? ctrl_handlers[ctrl_n_handlers - 1 - index] : NULL;
    pthread_mutex_unlock(&ctrl_mutex);
    return handler;
}

/**
 * CtrlRoutine() - the start of the thread that an event makes: asks the handlers, last one first; what none of them takes
 * ends the process.
 * @argument: the event.
 */
DWORD WINAPI CtrlRoutine(void *argument) {
    const DWORD event = (DWORD)(ULONG_PTR)argument;
    PHANDLER_ROUTINE handler;

    if (event == CTRL_C_EVENT && (*ctrl_flags() & CONSOLE_IGNORES_CTRL_C))
        return 0;
    for (size_t i = 0; (handler = ctrl_handler(i)); i++) {
        if (!handler(event))
            continue;
        if (event == CTRL_CLOSE_EVENT)
            break; /* no other is asked, and the process ends all the same */
        return 1;
    }
    ExitProcess(STATUS_CONTROL_C_EXIT);
}

/* Sends it to each process of the session in a Linux process group: that is what a console's group is.  Return: whether there are any. */
static BOOL ctrl_send(pid_t group, int number) {
    BOOL any = FALSE;

    for (uint32_t i = 0; i < arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES); i++) {
        const pid_t pid = (pid_t)atomic_load(&winipc_arena->process[i].pid);

        if (pid > 1 && SLOT_LIFE(atomic_load(&winipc_arena->process[i].state)) == SLOT_RUNNING && getpgid(pid) == group)
            any |= !kill(pid, number);
    }
    return any;
}

/**
 * GenerateConsoleCtrlEvent() - sends an event to the processes of a console's process group.
 * @group: 0: all processes of this console; else the process id of a group's first process, which may be gone by now.  Who begins such a
 * group ignores Ctrl-C, and so do its children, until SetConsoleCtrlHandler(NULL, FALSE).
 * Return: FALSE: ERROR_INVALID_PARAMETER (another event, no such group).
 * Source: https://learn.microsoft.com/en-us/windows/console/generateconsolectrlevent
 */
BOOL WINAPI GenerateConsoleCtrlEvent(DWORD event, DWORD group) {
    const int number = event == CTRL_C_EVENT ? SIGINT : SIGQUIT;

    if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT) {
        if (!group) {
            ctrl_send(getpgrp(), number);
            return TRUE;
        }
        if (group % 4 == 0 && group <= INT32_MAX && ctrl_send((pid_t)(group / 4), number))
            return TRUE;
    }
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}
