/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Linux' signals that Windows programs know as console events: SIGINT (Ctrl-C), SIGQUIT (Ctrl-Break), SIGHUP (the console closes). */
#ifndef WINIPC_LOADER_CONSOLE_EVENT_H
#define WINIPC_LOADER_CONSOLE_EVENT_H

#include <signal.h>

/* console_event_signals() - those of them that have their default action: what is ignored, or handled otherwise, stays so. */
void console_event_signals(sigset_t *set);
/* console_event_start() - has kernel32 ask the program about a signal, in a new thread of it.  The caller has a thread slot. */
void console_event_start(int number);
/* console_event_listen() - handles the signals in a process whose initial thread does something else; once. */
void console_event_listen(void);

#endif
