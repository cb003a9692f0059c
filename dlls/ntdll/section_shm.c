/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections whose memory Linux programs find in /dev/shm (libs/base/shm_view.h). */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include "dlls/ntdll/section.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "libs/base/shm_view.h"
#include "libs/base/utf.h"

#define SHM_PATH (NAME_MAX + sizeof SHM_VIEW_FOLDER + 1)

static bool begins_with(const UNICODE_STRING *path, const WCHAR *prefix, size_t n) {
    return path->Length / sizeof(WCHAR) > n && !memcmp(path->Buffer, prefix, n * sizeof(WCHAR));
}

/* The name of the file of a section in the session's or the global \BaseNamedObjects. */
static bool shm_name(const OBJECT_ATTRIBUTES *attributes, char *name, size_t size) {
    static const WCHAR global[] = L"\\BaseNamedObjects\\", sessions[] = L"\\Sessions\\";
    const UNICODE_STRING *path = attributes->ObjectName;
    const bool is_global = begins_with(path, global, sizeof global / sizeof *global - 1);
    size_t start = path->Length / sizeof(WCHAR), n;

    if (attributes->RootDirectory ||
        (!is_global && !begins_with(path, sessions, sizeof sessions / sizeof *sessions - 1)))
        return false;
    while (path->Buffer[start - 1] != '\\')
        start--;
    n = (size_t)snprintf(name, size, SHM_VIEW_PREFIX "%s", is_global ? "Global." : "");
    n += utf16_to_utf8(path->Buffer + start, path->Length / sizeof(WCHAR) - start, name + n, size - n - 1, NULL);
    if (n >= size)
        return false;
    name[n] = 0;
    for (char *slash = name + sizeof SHM_VIEW_PREFIX - 1; (slash = strchr(slash, '/'));)
        *slash = '_';
    return true;
}

bool section_shm_wanted(const OBJECT_ATTRIBUTES *attributes) {
    const char *wanted = getenv(SHM_VIEW_VARIABLE);
    char name[SHM_PATH];

    return wanted && !strcmp(wanted, "1") && attributes && attributes->ObjectName &&
           shm_name(attributes, name, sizeof name);
}

int section_shm_open(void) {
    char name[] = SHM_VIEW_PREFIX "new.XXXXXX";
    const int fd = mkostemp(name, O_CLOEXEC);

    if (fd >= 0)
        flock(fd, LOCK_SH | LOCK_NB);
    return fd;
}

/* Linux' name of an open file. */
static bool shm_path(int fd, char *path, size_t size) {
    char link[32];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, size - 1);
    path[n > 0 ? n : 0] = 0;
    return n > 0;
}

void section_shm_publish(int fd, const OBJECT_ATTRIBUTES *attributes) {
    char name[SHM_PATH], now[SHM_PATH];

    if (!shm_name(attributes, name, sizeof name) || !shm_path(fd, now, sizeof now))
        return;
    if (!renameat2(AT_FDCWD, now, AT_FDCWD, name, RENAME_NOREPLACE))
        return;
    fprintf(stderr, "winipc: " SHM_VIEW_VARIABLE ": %s: %s; programs of Linux do not see this section\n", name,
        strerror(errno));
    unlink(now);
}

void section_shm_drop(int fd) {
    char now[SHM_PATH];

    if (shm_path(fd, now, sizeof now))
        unlink(now);
}
