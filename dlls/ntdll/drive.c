/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The drives: Z: is /, C: is a small folder of the user's ($XDG_DATA_HOME/winipc/drive_c) with the folders that programs expect of a Windows
 * that has booted.  It is made when something on C: is first named, and nothing in it is needed to run.
 */
#include "dlls/ntdll/unix_path.h"

#include <errno.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/user_name.h"

static const char *const drive_c_folders[] = {"Program Files", "Program Files/Common Files", "ProgramData", "windows", "windows/Temp",
    "windows/system32", "windows/system32/drivers", "windows/system32/drivers/etc", "Users", "Users/Public"};
static const char *const profile_folders[] = {"", "/AppData", "/AppData/Local", "/AppData/Local/Temp", "/AppData/LocalLow",
    "/AppData/Roaming", "/Desktop", "/Documents", "/Downloads"};

static pthread_once_t drive_c_once = PTHREAD_ONCE_INIT;
static char drive_c_path[UNIX_PATH_MAX_LEN]; /* "": there is none */

const char *winipc_user_name(void) {
    const char *name = getenv("USER");
    const struct passwd *entry;

    if (!name || !*name)
        name = getenv("LOGNAME");
    if (name && *name && !strchr(name, '/'))
        return name;
    entry = getpwuid(geteuid());
    return entry && !strchr(entry->pw_name, '/') ? entry->pw_name : "user";
}

/* Makes each folder on the way.  Return: whether it is there. */
static bool folder_make(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

static void drive_c_fill(void) {
    char path[UNIX_PATH_MAX_LEN + 288];

    for (size_t i = 0; i < sizeof drive_c_folders / sizeof *drive_c_folders; i++) {
        snprintf(path, sizeof path, "%s/%s", drive_c_path, drive_c_folders[i]);
        mkdir(path, 0777);
    }
    for (size_t i = 0; i < sizeof profile_folders / sizeof *profile_folders; i++) {
        snprintf(path, sizeof path, "%s/Users/%s%s", drive_c_path, winipc_user_name(), profile_folders[i]);
        mkdir(path, i ? 0777 : 0700);
    }
}

static void drive_c_find(void) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    char path[UNIX_PATH_MAX_LEN + 288];
    struct stat st;
    int n = -1;

    if (data && *data == '/')
        n = snprintf(drive_c_path, sizeof drive_c_path, "%s/winipc/drive_c", data);
    else if (home && *home == '/')
        n = snprintf(drive_c_path, sizeof drive_c_path, "%s/.local/share/winipc/drive_c", home);
    if (n < 0 || n >= (int)sizeof drive_c_path) {
        drive_c_path[0] = 0;
        return;
    }
    snprintf(path, sizeof path, "%s/Users/%s/AppData/Local/Temp", drive_c_path, winipc_user_name());
    if (!stat(path, &st))
        return;
    if (folder_make(drive_c_path))
        drive_c_fill();
    else
        drive_c_path[0] = 0;
}

const char *drive_root(WCHAR letter) {
    if ((letter | 0x20) == 'z')
        return "";
    if ((letter | 0x20) != 'c')
        return NULL;
    pthread_once(&drive_c_once, drive_c_find);
    return drive_c_path[0] ? drive_c_path : NULL;
}
