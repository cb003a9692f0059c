/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user of this process (see user.h). */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libs/base/unicode.h"
#include "libs/base/utf.h"
#include "dlls/ntdll/unix_path.h"
#include "dlls/ntdll/user.h"
#include "loader/drives.h"

#define SETTING_MAX 32768

/* Hands out a text with its NUL when it fits. */
static size_t user_give(const char *text, WCHAR *out, size_t room) {
    const size_t len = utf8_to_utf16(text, strlen(text), NULL, 0, NULL);
    if (len >= room)
        return len + 1;
    utf8_to_utf16(text, strlen(text), out, len, NULL);
    out[len] = 0;
    return len;
}

static const struct passwd *user_entry(struct passwd *entry, char *text, size_t size) {
    struct passwd *found = NULL;
    return getpwuid_r(getuid(), entry, text, size, &found) ? NULL : found;
}

size_t winipc_user_profile(WCHAR *path, size_t room) {
    char text[4096];
    struct passwd space;
    const char *home = getenv("HOME");
    if (!home || *home != '/') {
        const struct passwd *entry = user_entry(&space, text, sizeof text);
        home = entry ? entry->pw_dir : "/";
    }
    WCHAR *dos = drive_unix_to_dos(home);
    if (!dos)
        return user_give("Z:\\", path, room);
    const size_t len = utf16_len(dos);
    if (len < room)
        memcpy(path, dos, (len + 1) * sizeof *path);
    free(dos);
    return len < room ? len : len + 1;
}

size_t winipc_computer_name(WCHAR *name, size_t room) {
    char host[65] = "localhost";
    gethostname(host, sizeof host - 1);
    host[strcspn(host, ".")] = 0;
    host[15] = 0; /* a computer name is a NetBIOS name */
    const size_t len = user_give(host, name, room);
    for (size_t i = 0; len < room && i < len; i++)
        name[i] = unicode_upper(name[i]);
    return len;
}

static int setting_path(const char *name, char *path, size_t size) {
    const char *drive = drive_root('C');
    if (!drive)
        return -ENOENT;
    const int parent_len = (int)(strrchr(drive, '/') - drive);
    int len = snprintf(path, size, "%.*s/settings", parent_len, drive);
    if (len < 0 || (size_t)len + strlen(name) + 16 > size)
        return -ENAMETOOLONG;
    if (mkdir(path, 0700) && errno != EEXIST)
        return -errno;
    snprintf(path + len, size - len, "/%s", name);
    return 0;
}

size_t winipc_setting_read(const char *name, WCHAR *value, size_t room) {
    char path[4200];
    char *text = setting_path(name, path, sizeof path) ? NULL : malloc(SETTING_MAX + 1);
    const int fd = text ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    const ssize_t n = fd < 0 ? 0 : read(fd, text, SETTING_MAX);
    if (fd >= 0)
        close(fd);
    if (text)
        text[n < 0 ? 0 : n] = 0;
    const size_t len = user_give(text ? text : "", value, room);
    free(text);
    return len;
}

int winipc_setting_write(const char *name, const WCHAR *value) {
    char path[4200], temporary[4216];
    int error = setting_path(name, path, sizeof path);
    char *text = error ? NULL : utf8_dup_from_utf16(value);
    if (!text)
        return error ? error : -ENOMEM;
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    const int fd = mkostemp(temporary, O_CLOEXEC);
    const ssize_t size = strlen(text);
    if (fd < 0)
        error = -errno;
    else if (write(fd, text, size) != size)
        error = errno ? -errno : -ENOSPC;
    if (fd >= 0)
        close(fd);
    if (!error && rename(temporary, path))
        error = -errno;
    if (error && fd >= 0)
        unlink(temporary);
    free(text);
    return error;
}
