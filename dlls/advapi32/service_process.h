/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process of services: what its dispatcher (service_dispatch.c) and the services' calls (service_handler.c) share. */
#ifndef WINIPC_ADVAPI32_SERVICE_PROCESS_H
#define WINIPC_ADVAPI32_SERVICE_PROCESS_H

#include "dlls/advapi32/service.h"

/* A service of the process.  What is written here once the dispatcher runs is written under the lock. */
struct service_entry {
    WCHAR *table_name;
    LPSERVICE_MAIN_FUNCTIONW main_w;
    LPSERVICE_MAIN_FUNCTIONA main_a;
    WCHAR name[SERVICE_NAME_CHARS]; /* of the service that it has become */
    BOOL running;
    LPHANDLER_FUNCTION handler;
    LPHANDLER_FUNCTION_EX handler_ex;
    void *context;
};

extern struct service_process {
    SRWLOCK lock;
    struct service_entry *entries; /* once made, kept for ever: they are the status handles */
    DWORD n;
    BOOL is_own;    /* SERVICE_WIN32_OWN_PROCESS: the first entry, whatever its name */
    BOOL began;     /* one has been started */
    HANDLE stopped; /* set when a service stops */
} service_process;

/* service_entry_for() - the entry that a service of that name has, or starts in.  Return: NULL: the program has none.
 */
struct service_entry *service_entry_for(const WCHAR *name);

#endif
