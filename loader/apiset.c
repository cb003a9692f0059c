/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * API sets: contract names such as api-ms-win-core-file-l1-2-0 that stand for a DLL of the system.  The version at the
 * end does not matter for the host; the longest prefix in the table decides.
 * Source: https://learn.microsoft.com/en-us/windows/win32/apiindex/windows-apisets
 */
#include "loader/module.h"

#include <string.h>

/* Sorted by contract, without "api-ms-win-" or "ext-ms-win-". */
static const struct {
    const char *contract, *host;
} apiset_table[] = {
    {"appmodel-", "kernelbase"},
    {"base-bootconfig-", "advapi32"},
    {"base-util-", "advapi32"},
    {"com-", "ole32"},
    {"core-", "kernelbase"},
    {"core-com-", "ole32"},
    {"core-comm-", "kernelbase"},
    {"core-crt-", "msvcrt"},
    {"core-marshal-", "ole32"},
    {"core-psapi-", "kernelbase"},
    {"core-registry-", "advapi32"},
    {"core-rtlsupport-", "ntdll"},
    {"core-shlwapi-", "shlwapi"},
    {"core-string-obsolete-", "kernelbase"},
    {"core-version-", "version"},
    {"core-winrt-", "combase"},
    {"crt-", "ucrtbase"},
    {"devices-config-", "cfgmgr32"},
    {"devices-query-", "cfgmgr32"},
    {"downlevel-advapi32-", "advapi32"},
    {"downlevel-kernel32-", "kernelbase"},
    {"downlevel-normaliz-", "kernelbase"},
    {"downlevel-ole32-", "ole32"},
    {"downlevel-shell32-", "shell32"},
    {"downlevel-shlwapi-", "shlwapi"},
    {"downlevel-user32-", "user32"},
    {"downlevel-version-", "version"},
    {"eventing-", "advapi32"},
    {"gdi-", "gdi32"},
    {"kernel32-", "kernelbase"},
    {"mm-", "winmm"},
    {"ntuser-", "user32"},
    {"oobe-", "kernelbase"},
    {"power-", "powrprof"},
    {"rtcore-ntuser-", "user32"},
    {"security-", "advapi32"},
    {"security-lsalookup-", "advapi32"},
    {"security-sddl-", "advapi32"},
    {"service-", "advapi32"},
    {"shcore-", "shcore"},
    {"shell-", "shell32"},
    {"stateseparation-", "kernelbase"},
    {"winrt-", "combase"},
};

static const char *apiset_contract(const char *name) {
    static const char *const prefixes[] = {"api-ms-win-", "api-ms-", "ext-ms-win-", "ext-ms-"};

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return name + strlen(prefixes[i]);
    return NULL;
}

const char *apiset_host(const char *name) {
    const char *contract = apiset_contract(name), *host = NULL;
    size_t longest = 0;

    if (!contract)
        return NULL;
    for (size_t i = 0; i < sizeof apiset_table / sizeof *apiset_table; i++) {
        const size_t length = strlen(apiset_table[i].contract);

        if (length > longest && !strncmp(contract, apiset_table[i].contract, length)) {
            longest = length;
            host = apiset_table[i].host;
        }
    }
    return host;
}
