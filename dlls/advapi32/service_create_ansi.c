/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The A forms of making and changing a service's entry. */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

struct wide {
    WCHAR *name, *path, *group, *depend, *account, *password, *display;
};

static void wide_free(struct wide *wide) {
    free(wide->name);
    free(wide->path);
    free(wide->group);
    free(wide->depend);
    free(wide->account);
    free(wide->password);
    free(wide->display);
}

/* Return: FALSE with the last error. */
static BOOL wide_make(struct wide *wide, const char *name, const char *path, const char *group, const char *depend,
    const char *account, const char *password, const char *display) {
    memset(wide, 0, sizeof *wide);
    if (reg_wide(name, &wide->name) && reg_wide(path, &wide->path) && reg_wide(group, &wide->group) &&
        service_wide_list(depend, &wide->depend) && reg_wide(account, &wide->account) &&
        reg_wide(password, &wide->password) && reg_wide(display, &wide->display))
        return TRUE;
    wide_free(wide);
    return service_result(ERROR_NOT_ENOUGH_MEMORY);
}

SC_HANDLE WINAPI CreateServiceA(SC_HANDLE manager, const char *name, const char *display, DWORD access, DWORD type,
    DWORD start, DWORD error_control, const char *path, const char *group, DWORD *tag, const char *depend,
    const char *account, const char *password) {
    struct wide wide;
    SC_HANDLE handle;

    if (!wide_make(&wide, name, path, group, depend, account, password, display))
        return NULL;
    handle = CreateServiceW(manager, wide.name, wide.display, access, type, start, error_control, wide.path, wide.group,
        tag, wide.depend, wide.account, wide.password);
    wide_free(&wide);
    return handle;
}

BOOL WINAPI ChangeServiceConfigA(SC_HANDLE handle, DWORD type, DWORD start, DWORD error_control, const char *path,
    const char *group, DWORD *tag, const char *depend, const char *account, const char *password, const char *display) {
    struct wide wide;
    BOOL done;

    if (!wide_make(&wide, NULL, path, group, depend, account, password, display))
        return FALSE;
    done = ChangeServiceConfigW(handle, type, start, error_control, wide.path, wide.group, tag, wide.depend,
        wide.account, wide.password, wide.display);
    wide_free(&wide);
    return done;
}
