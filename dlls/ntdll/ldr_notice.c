/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who wants to hear of DLLs that are loaded and unloaded.  All here is under the loader's lock; a callback may register
 * and unregister, also itself. */
#define WIN32_NO_STATUS
#include "loader/module.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <stdlib.h>

/* What LdrRegisterDllNotification gives out as a cookie. */
struct notice {
    struct notice *next;
    PLDR_DLL_NOTIFICATION_FUNCTION
        call; /* NULL: it was taken off while calls were under way, and is freed after them */
    void *context;
};

static struct notice *notices;
static unsigned notice_depth; /* notice_send calls under way, one in another */

static void notices_clean(void) {
    for (struct notice **place = &notices; *place;) {
        struct notice *notice = *place;

        if (notice->call) {
            place = &notice->next;
            continue;
        }
        *place = notice->next;
        free(notice);
    }
}

void notice_send(const struct module *module, ULONG reason) {
    LDR_DLL_NOTIFICATION_DATA data = {.Loaded = {
                                          .FullDllName = &module->ldr.FullDllName,
                                          .BaseDllName = &module->ldr.BaseDllName,
                                          .DllBase = module->ldr.DllBase,
                                          .SizeOfImage = module->ldr.SizeOfImage,
                                      }};

    notice_depth++;
    for (const struct notice *notice = notices; notice; notice = notice->next)
        if (notice->call)
            notice->call(reason, &data, notice->context);
    if (!--notice_depth)
        notices_clean();
}

/**
 * LdrRegisterDllNotification() - has a function called for each DLL that is loaded, before its imports are bound and it
 * hears of the process, and for each that is unloaded, after it heard.
 * @flags: 0.
 * @cookie: receives what LdrUnregisterDllNotification takes.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/ldrregisterdllnotification
 */
NTSTATUS WINAPI LdrRegisterDllNotification(
    ULONG flags, PLDR_DLL_NOTIFICATION_FUNCTION function, void *context, void **cookie) {
    struct notice *notice, **last = &notices;

    if (flags || !function || !cookie)
        return STATUS_INVALID_PARAMETER;
    notice = malloc(sizeof *notice);
    if (!notice)
        return STATUS_NO_MEMORY;
    *notice = (struct notice){NULL, function, context};
    module_lock();
    while (*last)
        last = &(*last)->next;
    *last = notice;
    module_unlock();
    *cookie = notice;
    return STATUS_SUCCESS;
}

/**
 * LdrUnregisterDllNotification() - ends that.
 * Return: STATUS_SUCCESS, STATUS_DLL_NOT_FOUND (no such cookie).
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/ldrunregisterdllnotification
 */
NTSTATUS WINAPI LdrUnregisterDllNotification(void *cookie) {
    NTSTATUS status = STATUS_DLL_NOT_FOUND;

    module_lock();
    for (struct notice *notice = notices; notice; notice = notice->next) {
        if (notice != cookie || !notice->call)
            continue;
        notice->call = NULL;
        status = STATUS_SUCCESS;
    }
    if (!notice_depth)
        notices_clean();
    module_unlock();
    return status;
}
