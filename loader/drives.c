/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drive letters and their Linux folders; see drives.h. */
#include "loader/drives.h"

#include "libs/base/utf.h"

#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_once_t drive_once = PTHREAD_ONCE_INIT;
static char drive_c[4096];

static void drive_make_folders(void) {
    static const char *const below[] = {"", "/windows", "/windows/system32", "/windows/temp", "/users", "/ProgramData",
                                        "/Program Files"};
    char path[sizeof drive_c + 32];

    for (char *slash = strchr(drive_c + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(drive_c, 0700);
        *slash = '/';
    }
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        snprintf(path, sizeof path, "%s%s", drive_c, below[i]);
        mkdir(path, 0700);
    }
}

static void drive_init(void) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    struct stat there;

    if (data && data[0] == '/')
        snprintf(drive_c, sizeof drive_c, "%s/winipc/drive_c", data);
    else if (home && home[0] == '/')
        snprintf(drive_c, sizeof drive_c, "%s/.local/share/winipc/drive_c", home);
    else
        snprintf(drive_c, sizeof drive_c, "/tmp/winipc-%u/drive_c", (unsigned)getuid());
    if (stat(drive_c, &there))
        drive_make_folders();
}

const char *drive_c_folder(void) {
    pthread_once(&drive_once, drive_init);
    return drive_c;
}

WCHAR *drive_unix_to_dos(const char *unix_path) {
    const char *c_folder = drive_c_folder();
    const size_t c_length = strlen(c_folder);
    const bool on_c = !strncmp(unix_path, c_folder, c_length) && (unix_path[c_length] == '/' || !unix_path[c_length]);
    const char *rest = on_c ? unix_path + c_length : unix_path;
    const size_t bytes = strlen(rest), length = utf8_to_utf16(rest, bytes, NULL, 0, NULL);
    WCHAR *dos = malloc((length + 4) * sizeof *dos);

    if (!dos)
        return NULL;
    dos[0] = on_c ? 'C' : 'Z';
    dos[1] = ':';
    utf8_to_utf16(rest, bytes, dos + 2, length, NULL);
    dos[2 + length] = 0;
    if (!length)
        memcpy(dos + 2, L"\\", sizeof L"\\");
    for (WCHAR *c = dos + 2; *c; c++)
        if (*c == '/')
            *c = '\\';
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

char *drive_dos_to_unix(const WCHAR *dos_path) {
    char *dos = utf8_dup_from_utf16(dos_path), *path, *component, *save = NULL;
    const char *rest;
    bool ok = true;

    if (!dos)
        return NULL;
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
