/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attribute list of a new process (process_attributes.c). */
#ifndef WINIPC_KERNEL32_PROCESS_ATTRIBUTES_H
#define WINIPC_KERNEL32_PROCESS_ATTRIBUTES_H

#include "dlls/ntdll/process.h"

/* plan_attributes() - what the list asks for goes into the plan.  Return: FALSE with the last error set. */
BOOL plan_attributes(struct process_plan *plan, const STARTUPINFOEXW *info);

#endif
