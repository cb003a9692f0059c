/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time-outs of NT's waits. */
#ifndef WINIPC_NTDLL_WAIT_H
#define WINIPC_NTDLL_WAIT_H

#include <stdint.h>
#include <windows.h>
#include <winternl.h>

#include "libs/arena/wait.h"

/* wait_deadline() - @timeout in 100 ns, negative from now, positive a FILETIME, NULL for ever; as CLOCK_MONOTONIC nanoseconds,
 * 0: do not wait. */
uint64_t wait_deadline(const LARGE_INTEGER *timeout);

/* wait_lookup() - what @handle stands for, if it can be waited for.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_OBJECT_TYPE_MISMATCH. */
NTSTATUS wait_lookup(HANDLE handle, struct wait_object *object);

#endif
