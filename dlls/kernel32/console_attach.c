/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which console a process has (MSDN: consoleapi.h): the terminal that controls it, or none. */
#include <windows.h>
#include <winternl.h>

#include <fcntl.h>
#include <unistd.h>

static _Atomic BOOL console_freed; /* FreeConsole */

static BOOL console_is_there(void) {
    const int fd = console_freed ? -1 : open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/** AllocConsole() - a console of one's own: there is only the terminal, which a process has already or cannot get. */
BOOL WINAPI AllocConsole(void) {
    SetLastError(console_is_there() ? ERROR_ACCESS_DENIED : ERROR_GEN_FAILURE);
    return FALSE;
}

/**
 * AttachConsole() - goes back to the console that FreeConsole left.
 * Return: FALSE with ERROR_ACCESS_DENIED (has one), ERROR_INVALID_HANDLE (that process has none).
 */
BOOL WINAPI AttachConsole(DWORD process) {
    (void)process; /* all have the same terminal */
    if (console_is_there()) {
        SetLastError(ERROR_ACCESS_DENIED);
        return FALSE;
    }
    if (console_freed) {
        console_freed = FALSE;
        if (console_is_there())
            return TRUE;
        console_freed = TRUE;
    }
    SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}

BOOL WINAPI FreeConsole(void) {
    if (!console_is_there()) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    console_freed = TRUE;
    return TRUE;
}

/** GetConsoleWindow() - a terminal has no window that this process knows: NULL. */
HWND WINAPI GetConsoleWindow(void) {
    return NULL;
}

/**
 * GetConsoleProcessList() - who uses this console: this process, and its starter, whose terminal it is.
 * Return: how many there are; more than @n: nothing was written; 0 with the last error.
 */
DWORD WINAPI GetConsoleProcessList(DWORD *list, DWORD n) {
    if (!list || !n) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (!console_is_there()) {
        SetLastError(ERROR_INVALID_HANDLE);
        return 0;
    }
    if (n < 2)
        return 2;
    list[0] = (DWORD)getpid() * 4;
    list[1] = (DWORD)getppid() * 4;
    return 2;
}
