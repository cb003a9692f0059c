/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process heap, for whoever fills in the PEB. */
#ifndef WINIPC_NTDLL_HEAP_H
#define WINIPC_NTDLL_HEAP_H

#include <windows.h>

/* The process heap's handle: PEB.ProcessHeap. It needs no set-up. */
HANDLE heap_process(void);

#endif
