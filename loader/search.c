/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a DLL's file is: a name with a path as it stands; else the program's folder, the system's (our own DLLs, which
 * the caller asks between the two halves of this search), the current folder, PATH.
 * Source: https://learn.microsoft.com/en-us/windows/win32/dlls/dynamic-link-library-search-order
 */
#include "loader/module.h"

#include "libs/base/utf.h"
#include "loader/drives.h"
#include "loader/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool search_is_system(const WCHAR *name) {
    static const WCHAR folder[] = L"C:\\windows\\system32\\";
    const size_t length = sizeof folder / sizeof *folder - 1;

    if (!name_has_path(name))
        return true;
    for (size_t i = 0; i < length; i++)
        if (!name[i] || name_lower(name[i] == '/' ? '\\' : name[i]) != name_lower(folder[i]))
            return false;
    return !name_has_path(name + length);
}

static char *search_file(char *path) {
    struct stat there;

    if (path && !stat(path, &there) && S_ISREG(there.st_mode))
        return path;
    free(path);
    return NULL;
}

static char *search_beside_program(const char *name) {
    const struct module *program = module_from_handle(NULL);
    const char *slash = program && program->unix_path ? strrchr(program->unix_path, '/') : NULL;
    char *folder, *found;

    if (!slash)
        return NULL;
    folder = strndup(program->unix_path, slash - program->unix_path);
    found = folder ? search_file(drive_find_in(folder, name)) : NULL;
    free(folder);
    return found;
}

/* The value of PATH in the program's environment, as the program may have changed it; malloced. */
static WCHAR *search_path_variable(void) {
    const RTL_USER_PROCESS_PARAMETERS *params = NtCurrentTeb()->Peb->ProcessParameters;
    const WCHAR *variable = params ? params->Environment : NULL;

    for (; variable && *variable; variable += utf16_len(variable) + 1) {
        static const WCHAR prefix[] = L"PATH=";
        size_t i = 0, length;
        WCHAR *copy;

        while (prefix[i] && name_lower(variable[i]) == name_lower(prefix[i]))
            i++;
        if (prefix[i])
            continue;
        length = utf16_len(variable + i) + 1;
        copy = malloc(length * sizeof *copy);
        return copy ? memcpy(copy, variable + i, length * sizeof *copy) : NULL;
    }
    return NULL;
}

static char *search_in_path(const char *name) {
    WCHAR *path = search_path_variable(), *folder = path, *end;
    char *found = NULL;

    for (; folder && *folder && !found; folder = end) {
        char *unix_folder;

        for (end = folder; *end && *end != ';'; end++)
            ;
        if (*end)
            *end++ = 0;
        unix_folder = *folder ? drive_dos_to_unix(folder) : NULL;
        if (unix_folder)
            found = search_file(drive_find_in(unix_folder, name));
        free(unix_folder);
    }
    free(path);
    return found;
}

static char *search_in_current(const char *name) {
    char *folder = getcwd(NULL, 0), *found = folder ? search_file(drive_find_in(folder, name)) : NULL;

    free(folder);
    return found;
}

char *search_dll(const WCHAR *name, DWORD flags, enum search_part part) {
    const DWORD safe = LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS |
                       LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR;
    char *plain, *found = NULL;

    if (name_has_path(name))
        return part == SEARCH_PROGRAM && !search_is_system(name) ? search_file(drive_dos_to_unix(name))
               : part == SEARCH_REST && search_is_system(name)   ? search_file(drive_dos_to_unix(name))
                                                                 : NULL;
    plain = utf8_dup_from_utf16(name);
    if (!plain)
        return NULL;
    if (part == SEARCH_PROGRAM) {
        if (!(flags & safe) || (flags & (LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)))
            found = search_beside_program(plain);
    } else if (!(flags & safe)) {
        found = search_in_current(plain);
        if (!found)
            found = search_in_path(plain);
    }
    free(plain);
    return found;
}
