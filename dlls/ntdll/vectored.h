/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process's vectored exception and continue handlers. */
#ifndef WINIPC_NTDLL_VECTORED_H
#define WINIPC_NTDLL_VECTORED_H
#include <stdbool.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

enum vectored_list { VECTORED_EXCEPTION, VECTORED_CONTINUE };

/* Calls the handlers of a list in turn. Return: true as soon as one says EXCEPTION_CONTINUE_EXECUTION. */
bool vectored_call(enum vectored_list list, EXCEPTION_RECORD *record, CONTEXT *context);

#endif
