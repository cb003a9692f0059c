/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the Linux descriptors of files and sections follow their handles into other processes. */
#ifndef WINIPC_NTDLL_DESCRIPTOR_H
#define WINIPC_NTDLL_DESCRIPTOR_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define GIVE_SIGNAL (SIGRTMAX - 4) /* a thread that stands still takes it, too */

/* descriptor_goes_with() - whether the object in @cell is one that a descriptor belongs to. */
bool descriptor_goes_with(uint32_t cell);
/* descriptor_leave() - leaves @fd, of the object behind the caller's @handle, for whoever gets a handle to it.  Return: an NTSTATUS. */
int32_t descriptor_leave(uint64_t handle, int fd);
/* descriptor_obtain() - the descriptor of the object behind the caller's @handle: what was left for it, else that of a process that has
 * it.  Return: -1 if nobody has. */
int descriptor_obtain(uint64_t handle, uint32_t cell);
/* descriptor_tell_closed() - tells the process in slot @process that a handle of its own to @cell was closed by this one. */
void descriptor_tell_closed(uint32_t process, uint32_t cell);
/* descriptor_init() - from now on this process answers others that ask. */
void descriptor_init(void);

#endif
