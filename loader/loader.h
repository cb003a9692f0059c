/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rest of libwinipc.so, and the command, see of the loader. */
#ifndef WINIPC_LOADER_H
#define WINIPC_LOADER_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

struct _EXCEPTION_RECORD;

/* The command `winipc`. */
int winipc_main(int argc, char **argv);

/* "prog.exe", for lines on stderr. */
const char *winipc_program_name(void);

/* For the end of the process: says the exit code on stderr when the 8 bits of a status cannot. */
void winipc_process_report_exit(uint32_t code);
/* Somebody has said it already. */
void winipc_process_exit_reported(uint32_t code);

/* The signals that a program started from here has blocked: the calling thread's, less those that winipc blocked for itself. */
void winipc_child_signal_mask(sigset_t *mask);

/* A thread of the program begins and ends: static TLS, TLS callbacks, DllMain of all modules. */
void winipc_module_thread_attach(void);
void winipc_module_thread_detach(void);

/* DLL_PROCESS_DETACH to all modules, once, at the process's orderly end. */
void winipc_module_end_process(void);

/* Ends the calling thread, which an ELF program has made itself: its cleanup handlers run. */
void winipc_native_thread_exit(uint32_t exit_code) __attribute__((noreturn));

/* The program has a control handler: signals that are console events reach it from now on. */
void winipc_console_listen(void);

/* The stack that the program's image asks for; 0 when there is no image (a native program). */
size_t winipc_module_stack_reserve(void);

#endif
