/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making processes: what kernel32's CreateProcess stands on. */
#ifndef WINIPC_NTDLL_PROCESS_H
#define WINIPC_NTDLL_PROCESS_H

#include <windows.h>
#include <winternl.h>

#include "loader/startup.h"

/* PROCESS_BASIC_INFORMATION with the names of all its fields, which the headers keep to themselves. */
struct process_basic_information {
    NTSTATUS exit_status;
    PEB *peb;
    ULONG_PTR affinity_mask;
    LONG base_priority;
    ULONG_PTR process_id, parent_id;
};
_Static_assert(sizeof(struct process_basic_information) == sizeof(PROCESS_BASIC_INFORMATION), "layout of Windows");

enum program_console {
    CONSOLE_SHARED, /* ours, which is the terminal */
    CONSOLE_NONE,   /* DETACHED_PROCESS */
    CONSOLE_HIDDEN, /* CREATE_NO_WINDOW: one that nobody sees or types into */
};

/* What a new process starts with.  startup.ticket and startup.inherited are filled in here, the rest by the caller. */
struct process_plan {
    struct startup startup;
    BOOL inherit;             /* all inheritable handles */
    const HANDLE *handles;    /* or only these (PROC_THREAD_ATTRIBUTE_HANDLE_LIST); NULL: no list */
    size_t n_handles;
    BOOL duplicate_std;       /* the standard handles go along, inheritable or not */
    const HANDLE *jobs;       /* that it joins before it runs (PROC_THREAD_ATTRIBUTE_JOB_LIST) */
    size_t n_jobs;
    HANDLE token;             /* that it begins with (CreateProcessAsUser); NULL: what ours says */
    HANDLE parent;            /* whose child it is (PROC_THREAD_ATTRIBUTE_PARENT_PROCESS), with its handles; NULL: ours */
    uint32_t parent_slot;     /* filled in by process_create */
    ULONG_PTR affinity;       /* 0: its parent's */
    BOOL breakaway;           /* CREATE_BREAKAWAY_FROM_JOB */
    BOOL suspended;
    enum program_console console;
    UCHAR priority_class;     /* PROCESS_PRIOCLASS_*; 0: after ours */
    BOOL new_group;           /* no Ctrl-C from our terminal */
    const OBJECT_ATTRIBUTES *process_attributes, *thread_attributes; /* OBJ_INHERIT and the descriptor count; may be NULL */
};

struct process_result {
    HANDLE process, thread;
    CLIENT_ID id;
};

enum program_kind {
    PROGRAM_WINDOWS, /* a PE32+ image: run by `winipc` */
    PROGRAM_NATIVE,  /* an ELF program that is linked with libwinipc.so: runs itself */
    PROGRAM_LINUX,   /* any other ELF program, or a script: `winipc` stands for it in the session (linux_program.c) */
};

/* program_inspect() - what a program's file is.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_ACCESS_DENIED, STATUS_INVALID_IMAGE_NOT_MZ, STATUS_INVALID_IMAGE_FORMAT,
 * STATUS_INVALID_IMAGE_WIN_64 (another machine), STATUS_NO_MEMORY. */
NTSTATUS program_inspect(const char *path, enum program_kind *kind);

/* process_spawn() - starts the Linux process for a plan whose slots and handles are there.  Return: its pid and *pidfd, or -errno. */
int process_spawn(struct process_plan *plan, enum program_kind kind, int *pidfd);

/* process_create() - starts the program of plan->startup.unix_image in a process of its own.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_ACCESS_DENIED, STATUS_INVALID_IMAGE_NOT_MZ, STATUS_INVALID_IMAGE_FORMAT,
 * STATUS_INVALID_IMAGE_WIN_64 (another machine), STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER (a handle of
 * the list is not inheritable), STATUS_INVALID_HANDLE and STATUS_ACCESS_DENIED (of the parent), STATUS_PROCESS_IS_TERMINATING, STATUS_QUOTA_EXCEEDED (a job's limit of processes), STATUS_ACCESS_DENIED (the job keeps its children; or
 * it cannot go into one of @jobs). */
NTSTATUS process_create(struct process_plan *plan, struct process_result *result);

/* process_times() - user and kernel time of a running process, in 100 ns. */
void process_times(uint32_t pid, LARGE_INTEGER *user, LARGE_INTEGER *kernel);

#endif
