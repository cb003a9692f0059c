/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files about pipes share. */
#ifndef WINIPC_KERNEL32_PIPE_H
#define WINIPC_KERNEL32_PIPE_H

#include <windows.h>
#include <winternl.h>

/* pipe_control_and_wait() - a control that is over when this returns, also on an overlapped handle.  *transferred:
 * bytes of the output; may be NULL. */
NTSTATUS pipe_control_and_wait(HANDLE pipe, ULONG code, const void *input, DWORD input_length, void *output,
    DWORD output_length, DWORD *transferred);

#define PIPE_NAME_MAX 256

/* A pipe's name as NT has it. */
struct pipe_path {
    UNICODE_STRING nt;   /* the whole, for pipe_path_free() */
    UNICODE_STRING root; /* \??\pipe\ or \??\UNC\HOST\pipe\ */
    UNICODE_STRING name; /* what follows */
    BOOL own;            /* this machine's: it can be made */
};

/* pipe_path_parse() - Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_INVALID (it is no pipe's name). */
NTSTATUS pipe_path_parse(const WCHAR *name, struct pipe_path *path);
void pipe_path_free(struct pipe_path *path);

#endif
