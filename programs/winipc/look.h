/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking into a session without taking part in it: its arena, mapped for reading, found without a word to the server.
 * So it shows what is, also when the server or a program is stopped.  All of it changes meanwhile: what is read is
 * bounded, and may be a moment old.
 */
#ifndef WINIPC_LOOK_H
#define WINIPC_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libs/arena/arena.h"
#include "loader/status.h"

enum { LOOK_TEXT = 1024, LOOK_NO_SESSION = 1, LOOK_WRONG_USE = WINIPC_USAGE, LOOK_FAILED = WINIPC_INTERNAL };

/* The commands; argv[0] is the command's name.  Return: the exit status. */
int ls_main(int argc, char **argv);
int ps_main(int argc, char **argv);
int handles_main(int argc, char **argv);
int kill_main(int argc, char **argv);
int bridge_main(int argc, char **argv);
int reg_main(int argc, char **argv);
int section_main(int argc, char **argv);
int service_main(int argc, char **argv);
int trace_main(int argc, char **argv);

/* look_open() - maps the arena of this user's session.  Return: false, with a line on stderr, if there is none. */
bool look_open(void);
/* look_usage() - Return: LOOK_WRONG_USE, after a line on stderr. */
int look_usage(const char *usage);

/* look_pid() - a Linux process id, from an argument.  Return: 0 if it is none. */
uint32_t look_pid(const char *text);

/* look_path() - an object's path, UTF-8.  Return: its length, 0 if it has none. */
size_t look_path(uint32_t cell, char to[LOOK_TEXT]);
/* look_type() - what an object is, in NT's words. */
const char *look_type(uint32_t cell);
/* look_object() - what and which an object is: "Mutant \BaseNamedObjects\B", "Process 4242 (server.exe)". */
void look_object(uint32_t cell, char to[LOOK_TEXT]);
/* look_state() - how an object is: "owned by thread 4243 of process 4242 (server.exe)". */
void look_state(uint32_t cell, char to[LOOK_TEXT]);
/* look_security() - its owner and DACL as SDDL. */
void look_security(uint32_t cell, char *to, size_t room);

/* look_process_slot() - the slot of a living process that the session knows.  Return: ARENA_MAX_PROCESSES if there is
 * none. */
uint32_t look_process_slot(uint32_t pid);
/* look_process() - the Linux id of the living process in a slot, 0 if there is none. */
uint32_t look_process(uint32_t slot);
/* look_program() - the file name of a process's program; its arguments too, if @arguments. */
void look_program(uint32_t pid, bool arguments, char *to, size_t room);
/* look_next_handle() - the next handle of a process, from @handle on; its entry in *entry.  Return: false when there is
 * none. */
bool look_next_handle(uint32_t slot, uint64_t *handle, uint64_t *entry);

#endif
