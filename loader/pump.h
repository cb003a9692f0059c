/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pumps between a pipe of ours and a Linux pipe (pump.c). */
#ifndef WINIPC_LOADER_PUMP_H
#define WINIPC_LOADER_PUMP_H

#include <windows.h>

/* pump_out() - a Linux pipe whose bytes go to @handle.  Ends when all writers have closed it; when nobody reads @handle's pipe any more,
 * the writers see EPIPE.  The pump has a handle of its own.  Return: the end for writers (close-on-exec, above 2), or -errno. */
int pump_out(HANDLE handle);

/* pump_in() - a Linux pipe that gets what is read from @handle, to its end.  When all readers have closed the pipe, the pump's handle is
 * closed.  Bytes are read ahead.  Return: the end for readers, or -errno. */
int pump_in(HANDLE handle);

/* pumps_flush() - waits until the bytes that are in the pipes of pump_out now have arrived, or cannot.  Not for a program that was
 * ended by another: nobody need read what it wrote last. */
void pumps_flush(void);

/* pumps_join() - waits until all pumps have ended; likewise. */
void pumps_join(void);

#endif
