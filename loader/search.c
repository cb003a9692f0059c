/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a DLL's file is: a name with a path as it stands; else the program's folder (or that of the DLL being loaded, when
 * LoadLibraryEx asks so), SetDllDirectory's, the system's (our own DLLs, which the caller asks between the two halves of
 * this search), the current folder, PATH.  LOAD_LIBRARY_SEARCH_* name their folders instead.
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

#define SEARCH_FLAGS                                                                                                        \
    (LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS |              \
     LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR)

struct search_user_folder {
    struct search_user_folder *next;
    char *path;
};

/* All under the loader's lock. */
static struct search_scope search_now;                   /* of the LoadLibraryEx under way; its DLL's needs follow it too */
static struct search_user_folder *search_user_folders;   /* AddDllDirectory's */
static char *search_folder;                              /* SetDllDirectory's; NULL: none */
static bool search_has_folder;                           /* SetDllDirectory was given one, be it "": no current folder */
static DWORD search_default_flags;                       /* SetDefaultDllDirectories' */

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

/* The folder of a file; malloced, NULL: none. */
static char *search_folder_of(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? strndup(path, slash - path) : NULL;
}

static char *search_in(const char *folder, const char *name) {
    return folder ? search_file(drive_find_in(folder, name)) : NULL;
}

static char *search_beside_program(const char *name) {
    const struct module *program = module_from_handle(NULL);
    char *folder = program ? search_folder_of(program->unix_path) : NULL;
    char *found = search_in(folder, name);

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

/* --- what the program asked for --- */

DWORD search_begin(const WCHAR *name, DWORD flags, struct search_scope *outer) {
    *outer = search_now;
    if (!(flags & SEARCH_FLAGS))
        flags |= search_default_flags;
    search_now.flags = flags;
    search_now.folder = NULL;
    if (name_has_path(name) && (flags & (LOAD_WITH_ALTERED_SEARCH_PATH | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR))) {
        char *path = drive_dos_to_unix(name);

        search_now.folder = search_folder_of(path);
        free(path);
    }
    return flags;
}

void search_end(const struct search_scope *outer) {
    free(search_now.folder);
    search_now = *outer;
}

bool search_set_folder(const WCHAR *folder) {
    char *path = folder && *folder ? drive_dos_to_unix(folder) : NULL;

    if (folder && *folder && !path)
        return false;
    module_lock();
    free(search_folder);
    search_folder = path;
    search_has_folder = folder != NULL;
    module_unlock();
    return true;
}

void search_set_default_flags(DWORD flags) {
    module_lock();
    search_default_flags = flags;
    module_unlock();
}

void *search_add_folder(const WCHAR *folder) {
    struct search_user_folder *user = calloc(1, sizeof *user);
    char *path = drive_dos_to_unix(folder);

    if (!user || !path) {
        free(user);
        free(path);
        return NULL;
    }
    user->path = path;
    module_lock();
    user->next = search_user_folders;
    search_user_folders = user;
    module_unlock();
    return user;
}

bool search_remove_folder(void *cookie) {
    bool found = false;

    module_lock();
    for (struct search_user_folder **link = &search_user_folders; *link && !found; link = &(*link)->next) {
        struct search_user_folder *user = *link;

        if (user != cookie)
            continue;
        *link = user->next;
        free(user->path);
        free(user);
        found = true;
        break;
    }
    module_unlock();
    return found;
}

/* --- the search --- */

static char *search_in_user_folders(const char *name) {
    char *found = NULL;

    for (struct search_user_folder *user = search_user_folders; user && !found; user = user->next)
        found = search_in(user->path, name);
    return found;
}

static char *search_first(const char *name) {
    const DWORD flags = search_now.flags;
    char *found = search_in(search_now.folder, name);

    if (!(flags & SEARCH_FLAGS)) {
        if (!found && !search_now.folder)
            found = search_beside_program(name);
        return found ? found : search_in(search_folder, name);
    }
    if (!found && (flags & (LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)))
        found = search_beside_program(name);
    if (!found && (flags & (LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS))) {
        found = search_in_user_folders(name);
        if (!found)
            found = search_in(search_folder, name);
    }
    return found;
}

static char *search_last(const char *name) {
    char *found = NULL;

    if (search_now.flags & SEARCH_FLAGS)
        return NULL;
    if (!search_has_folder)
        found = search_in_current(name);
    return found ? found : search_in_path(name);
}

char *search_dll(const WCHAR *name, enum search_part part) {
    char *plain, *found;

    if (name_has_path(name)) {
        if ((part == SEARCH_REST) != search_is_system(name))
            return NULL;
        return search_file(drive_dos_to_unix(name));
    }
    plain = utf8_dup_from_utf16(name);
    if (!plain)
        return NULL;
    found = part == SEARCH_PROGRAM ? search_first(plain) : search_last(plain);
    free(plain);
    return found;
}
