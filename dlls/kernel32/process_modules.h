/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modules of any process of the session (process_modules.c). */
#ifndef WINIPC_KERNEL32_PROCESS_MODULES_H
#define WINIPC_KERNEL32_PROCESS_MODULES_H

#include <stddef.h>

#include <windows.h>

struct process_module {
    HMODULE base;
    void *entry;
    ULONG size_bytes;
    WCHAR *name, *path;
};

struct process_modules {
    size_t n;
    struct process_module *list;
};

/* process_modules_read() - in the order of loading.  @process: with PROCESS_QUERY_INFORMATION and PROCESS_VM_READ.
 * Return: FALSE with an error. */
BOOL process_modules_read(HANDLE process, struct process_modules *modules);
void process_modules_free(struct process_modules *modules);

#endif
