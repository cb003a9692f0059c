/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rest of libwinipc.so, and the command, see of the loader. */
#ifndef WINIPC_LOADER_H
#define WINIPC_LOADER_H

#include <stddef.h>
#include <stdint.h>

struct _EXCEPTION_RECORD;

/* The command `winipc`. */
int winipc_main(int argc, char **argv);

/* "prog.exe", for lines on stderr. */
const char *winipc_program_name(void);

/* Ends the process with a Windows exit code, without telling any DLL; says the code on stderr when 8 bits cannot. */
void winipc_process_exit(uint32_t code) __attribute__((noreturn));

/* Raises a noncontinuable exception in the calling thread. */
void winipc_raise(struct _EXCEPTION_RECORD *record) __attribute__((noreturn));

/* A thread of the program begins and ends: static TLS, TLS callbacks, DllMain of all modules. */
void winipc_module_thread_attach(void);
void winipc_module_thread_detach(void);

/* The stack that the program's image asks for; 0 when there is no image (a native program). */
size_t winipc_module_stack_reserve(void);

#endif
