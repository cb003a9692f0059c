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

#endif
