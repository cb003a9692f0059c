/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priority classes (scheduling.c). */
#ifndef WINIPC_KERNEL32_SCHEDULING_H
#define WINIPC_KERNEL32_SCHEDULING_H

#include <windows.h>

/* priority_class_of() - the PROCESS_PRIOCLASS_* of a …_PRIORITY_CLASS; 0: none such.  REALTIME is HIGH for who has not the privilege. */
UCHAR priority_class_of(DWORD class);
/* priority_class_from() - the other way round. */
DWORD priority_class_from(UCHAR class);

#endif
