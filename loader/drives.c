/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drive letters and their Linux folders; see drives.h. */
#include "loader/drives.h"

#include "dlls/ntdll/unix_path.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *drive_c_folder(void) {
    const char *root = drive_root('C');

    return root ? root : "/nonexistent"; /* no home to keep it in */
}

WCHAR *drive_unix_to_dos(const char *unix_path) {
    const size_t n = path_from_unix(unix_path, NULL, 0);
    WCHAR *dos = malloc((n + 1) * sizeof *dos);

    if (dos)
        path_from_unix(unix_path, dos, n + 1);
    return dos;
}

char *drive_find_in(const char *folder, const char *name) {
    const size_t length = strlen(folder) + 1 + strlen(name) + 1;
    char *path = malloc(length);
    struct dirent *entry;
    DIR *listing;

    if (!path)
        return NULL;
    snprintf(path, length, "%s/%s", folder, name);
    if (!access(path, F_OK))
        return path;
    listing = opendir(*folder ? folder : "/");
    while (listing && (entry = readdir(listing)))
        if (!strcasecmp(entry->d_name, name)) {
            snprintf(path, length, "%s/%s", folder, entry->d_name);
            closedir(listing);
            return path;
        }
    if (listing)
        closedir(listing);
    free(path);
    return NULL;
}

/* Appends one component to *path (malloced, replaced): the file's true name where there is one. */
static bool drive_step(char **path, const char *component) {
    char *found, *last;

    if (!*component || !strcmp(component, "."))
        return true;
    if (!strcmp(component, "..")) {
        last = strrchr(*path, '/');
        if (last)
            *last = 0;
        return true;
    }
    found = drive_find_in(*path, component);
    if (!found && asprintf(&found, "%s/%s", *path, component) < 0)
        return false;
    free(*path);
    *path = found;
    return true;
}

/* Where a DOS path starts: its drive's folder or the current one; *rest is what follows. */
static char *drive_start(const char *dos, const char **rest) {
    const char letter = dos[0] | 0x20;

    *rest = dos;
    if (dos[0] && dos[1] == ':') {
        *rest = dos + 2;
        return letter == 'c' ? strdup(drive_c_folder()) : letter == 'z' ? strdup("") : NULL;
    }
    if (dos[0] == '/')
        return strdup("");
    return getcwd(NULL, 0);
}

static size_t dos_length(const WCHAR *text) {
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

char *drive_dos_to_unix(const WCHAR *dos_path) {
    const size_t len = dos_length(dos_path), n = name_to_unix(dos_path, len, NULL, 0);
    char *dos = malloc(n + 1), *path, *component, *save = NULL;
    const char *rest;
    bool ok = true;

    if (!dos)
        return NULL;
    dos[name_to_unix(dos_path, len, dos, n)] = 0;
    for (char *c = dos; *c; c++)
        if (*c == '\\')
            *c = '/';
    if (!strncmp(dos, "//?/", 4) || !strncmp(dos, "//./", 4) || !strncmp(dos, "/\?\?/", 4))
        memmove(dos, dos + 4, strlen(dos + 4) + 1);
    path = drive_start(dos, &rest);
    for (component = path ? strtok_r(dos + (rest - dos), "/", &save) : NULL; component && ok; component = strtok_r(NULL, "/", &save))
        ok = drive_step(&path, component);
    free(dos);
    if (path && !*path) {
        free(path);
        path = strdup("/");
    }
    if (ok)
        return path;
    free(path);
    return NULL;
}
