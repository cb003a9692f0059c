/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From NT's paths to Linux' paths and back; see unix_path.h. */
#include "dlls/ntdll/unix_path.h"

#include <ntstatus.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/case_cache.h"
#include "dlls/ntdll/file.h"
#include "dlls/ntdll/security.h"
#include "libs/base/utf.h"

/* A piece of a counted string. */
struct span {
    const WCHAR *at;
    size_t n;
};

/* ---- comparing ---- */

static bool span_is(struct span span, const char *ascii) {
    if (span.n != strlen(ascii))
        return false;
    for (size_t i = 0; i < span.n; i++)
        if ((span.at[i] < 0x80 ? (span.at[i] >= 'a' && span.at[i] <= 'z' ? span.at[i] - 0x20 : span.at[i]) : 0x100) !=
            (ascii[i] >= 'a' && ascii[i] <= 'z' ? ascii[i] - 0x20 : ascii[i]))
            return false;
    return true;
}

/* Takes the next name off @path, with the backslash before it. */
static struct span span_next(struct span *path) {
    struct span name;

    if (path->n && path->at[0] == '\\')
        path->at++, path->n--;
    name.at = path->at;
    for (name.n = 0; name.n < path->n && path->at[name.n] != '\\'; name.n++)
        ;
    path->at += name.n;
    path->n -= name.n;
    return name;
}

static bool name_is_valid(struct span name) {
    if (name.n == 0 || (name.at[0] == '.' && (name.n == 1 || (name.n == 2 && name.at[1] == '.'))))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.at[i] < 0x20 || (name.at[i] < 0x80 && strchr("/:*?\"<>|", name.at[i])))
            return false;
    return true;
}

/* ---- finding names without regard to case ---- */

/* Looks in the directory @path (its first @len bytes) for @name; writes the entry's own spelling behind it. */
static enum case_found name_find(char *path, size_t len, struct span name, bool making) {
    char spelled[CASE_NAME_MAX];
    enum case_found found;

    path[len] = 0;
    found = case_cache_find(len ? path : "/", name.at, name.n, making, spelled);
    if (found == CASE_FOUND && len + 1 + strlen(spelled) >= UNIX_PATH_MAX_LEN)
        return CASE_NO_NAME;
    if (found == CASE_FOUND)
        snprintf(path + len, UNIX_PATH_MAX_LEN - len, "/%s", spelled);
    return found;
}

/* Appends "/name" to the path.  Return: the new length, or 0 when it does not fit. */
static size_t path_append(char *path, size_t len, struct span name) {
    size_t n;

    if (len + 2 >= UNIX_PATH_MAX_LEN)
        return 0;
    path[len++] = '/';
    n = name_to_unix(name.at, name.n, path + len, UNIX_PATH_MAX_LEN - len - 1);
    if (n > UNIX_PATH_MAX_LEN - len - 1)
        return 0;
    path[len + n] = 0;
    return len + n;
}

static NTSTATUS path_status(int error, bool last) {
    switch (error) {
    case ENOENT: return last ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
    case ENOTDIR: return STATUS_OBJECT_PATH_NOT_FOUND;
    case ENAMETOOLONG: return STATUS_OBJECT_NAME_INVALID;
    default: return status_from_errno(error);
    }
}

/* Goes name by name, where the exact path is not there. */
static NTSTATUS path_walk(struct unix_path *result, size_t len, struct span rest) {
    while (rest.n) {
        const struct span name = span_next(&rest);
        const bool last = rest.n == 0;
        const size_t end = path_append(result->path, len, name);
        struct stat st;

        if (!end)
            return STATUS_NAME_TOO_LONG;
        result->last = result->path + len + 1;
        if (!lstat(result->path, &st)) {
            len = end;
            continue;
        }
        if (errno != ENOENT)
            return path_status(errno, last);
        if (name_find(result->path, len, name, result->making) != CASE_FOUND) {
            path_append(result->path, len, name);
            return path_status(ENOENT, last);
        }
        len = strlen(result->path);
    }
    return STATUS_SUCCESS;
}

/* Most often all but the last name is spelled as on the disk.  @rest: from the folder of @root bytes.  Return: whether that is so; then *status. */
static bool path_find_last(struct unix_path *result, size_t root, struct span rest, NTSTATUS *status) {
    size_t len = root;
    struct span name = span_next(&rest);
    enum case_found found;

    while (rest.n && len < UNIX_PATH_MAX_LEN) {
        len = path_append(result->path, len, name);
        name = span_next(&rest);
    }
    found = name_find(result->path, len, name, result->making);
    if (found == CASE_NO_FOLDER)
        return false;
    if (found == CASE_NO_NAME)
        path_append(result->path, len, name);
    result->last = result->path + len + 1;
    *status = found == CASE_FOUND ? STATUS_SUCCESS : path_status(ENOENT, true);
    return true;
}

/* Resolves @rest below the folder that is in result->path already. */
static NTSTATUS path_resolve(struct unix_path *result, struct span rest) {
    const size_t root = strlen(result->path);
    size_t len = root;
    struct span left;
    struct stat st;
    NTSTATUS status;

    result->target = NT_FILE;
    result->last = result->path + root;
    while (rest.n && rest.at[rest.n - 1] == '\\') {
        if (result->directory)
            return STATUS_OBJECT_NAME_INVALID;
        result->directory = true;
        rest.n--;
    }
    if (rest.n > 7 && span_is((struct span){rest.at + rest.n - 7, 7}, "::$DATA"))
        rest.n -= 7;
    for (left = rest; left.n;) {
        const struct span name = span_next(&left);

        if (!name_is_valid(name))
            return STATUS_OBJECT_NAME_INVALID;
        result->last = result->path + len + 1;
        len = path_append(result->path, len, name);
        if (!len)
            return STATUS_NAME_TOO_LONG;
    }
    if (len == 0)
        strcpy(result->path, "/");
    if (!lstat(result->path, &st))
        return STATUS_SUCCESS;
    if (errno != ENOENT)
        return path_status(errno, true);
    if (path_find_last(result, root, rest, &status))
        return status;
    result->path[root] = 0;
    return path_walk(result, root, rest);
}

/* ---- devices ---- */

static NTSTATUS target_device(struct unix_path *result, enum nt_target target, struct span rest) {
    result->target = target;
    result->rest.Buffer = (WCHAR *)rest.at;
    result->rest.Length = result->rest.MaximumLength = (USHORT)(rest.n * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static bool host_is_local(struct span host) {
    char name[65];

    if (span_is(host, "localhost") || span_is(host, ".") || span_is(host, "127.0.0.1"))
        return true;
    return !gethostname(name, sizeof name) && span_is(host, name);
}

static NTSTATUS target_unc(struct unix_path *result, struct span rest) {
    const struct span host = span_next(&rest), share = span_next(&rest);

    if (!host_is_local(host))
        return span_is(share, "mailslot") && host.n && rest.n ? target_device(result, NT_MAILSLOT_REMOTE, rest)
                                                              : STATUS_BAD_NETWORK_PATH;
    if (span_is(share, "pipe"))
        return target_device(result, NT_PIPE, rest);
    if (span_is(share, "mailslot"))
        return target_device(result, NT_MAILSLOT, rest);
    return STATUS_BAD_NETWORK_NAME;
}

/* What lies on a drive. */
static NTSTATUS target_drive(struct unix_path *result, WCHAR letter, struct span rest) {
    const char *root = drive_root(letter);

    if (!root)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (!rest.n) /* the volume itself, not its root folder */
        return STATUS_ACCESS_DENIED;
    strcpy(result->path, root);
    return path_resolve(result, rest);
}

/* \??\NAME… */
static NTSTATUS target_dos(struct unix_path *result, struct span rest) {
    static const struct {
        const char *name;
        enum nt_target target;
    } devices[] = {{"pipe", NT_PIPE}, {"mailslot", NT_MAILSLOT}, {"NUL", NT_NULL}, {"CON", NT_CONSOLE}, {"CONIN$", NT_CONIN},
        {"CONOUT$", NT_CONOUT}};
    const struct span name = span_next(&rest);

    if (name.n == 2 && name.at[1] == ':')
        return target_drive(result, name.at[0], rest);
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (span_is(name, devices[i].name))
            return target_device(result, devices[i].target, rest);
    if (span_is(name, "UNC"))
        return target_unc(result, rest);
    return rest.n ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS target_nt_device(struct unix_path *result, struct span rest) {
    const struct span name = span_next(&rest);

    if (span_is(name, "NamedPipe"))
        return target_device(result, NT_PIPE, rest);
    if (span_is(name, "Mailslot"))
        return target_device(result, NT_MAILSLOT, rest);
    if (span_is(name, "Afd"))
        return target_device(result, NT_SOCKETS, rest);
    if (span_is(name, "Null"))
        return target_device(result, NT_NULL, rest);
    for (WCHAR letter = 'A'; letter <= 'Z'; letter++) {
        char volume[32];

        snprintf(volume, sizeof volume, VOLUME_NAME "%u", VOLUME_NUMBER(letter));
        if (span_is(name, volume))
            return target_drive(result, letter, rest);
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS name_resolve(const UNICODE_STRING *name, struct unix_path *result) {
    struct span rest = {name->Buffer, name->Length / sizeof(WCHAR)}, root;

    result->directory = false;
    result->path[0] = 0;
    result->last = result->path;
    if (rest.n == 0 || rest.at[0] != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    root = span_next(&rest);
    if (span_is(root, "??") || span_is(root, "DosDevices") || span_is(root, "GLOBAL??"))
        return target_dos(result, rest);
    if (span_is(root, "Device"))
        return target_nt_device(result, rest);
    if (span_is(root, "SystemRoot") && drive_root('C')) {
        snprintf(result->path, sizeof result->path, "%s/windows", drive_root('C'));
        return path_resolve(result, rest);
    }
    return STATUS_OBJECT_PATH_NOT_FOUND;
}

NTSTATUS nt_name_to_unix(const UNICODE_STRING *name, struct unix_path *result) {
    result->making = false;
    return name_resolve(name, result);
}

/* An empty name is the open file itself, as long as its path leads to it. */
static NTSTATUS path_same(int fd, struct unix_path *result) {
    struct stat open, there;

    result->last = strrchr(result->path, '/') + 1;
    return !fstat(fd, &open) && !lstat(result->path, &there) && open.st_dev == there.st_dev && open.st_ino == there.st_ino
               ? STATUS_SUCCESS
               : STATUS_DELETE_PENDING;
}

static NTSTATUS attributes_resolve(const OBJECT_ATTRIBUTES *attributes, struct unix_path *result) {
    struct span rest;
    NTSTATUS status;
    int fd;

    result->target = NT_FILE;
    if (!attributes->ObjectName)
        return STATUS_OBJECT_NAME_INVALID;
    if (!attributes->RootDirectory)
        return name_resolve(attributes->ObjectName, result);
    rest = (struct span){attributes->ObjectName->Buffer, attributes->ObjectName->Length / sizeof(WCHAR)};
    if (rest.n && rest.at[0] == '\\')
        return STATUS_INVALID_PARAMETER;
    fd = winipc_fd_of_handle(attributes->RootDirectory, &status);
    if (fd < 0)
        return status;
    result->directory = false;
    if (unix_path_of_fd(fd, result->path, sizeof result->path))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (!rest.n)
        return path_same(fd, result);
    if (!strcmp(result->path, "/"))
        result->path[0] = 0;
    return path_resolve(result, rest);
}

/* A file, and a device that is one for Linux, has no descriptor in the arena that would be asked. */
static NTSTATUS path_may_open(const struct unix_path *result, NTSTATUS found) {
    const bool is_file = result->target == NT_FILE || result->target == NT_NULL || result->target == NT_CONSOLE ||
                         result->target == NT_CONIN || result->target == NT_CONOUT;
    const bool there = !found || (result->making && found == STATUS_OBJECT_NAME_NOT_FOUND);
    const NTSTATUS status = is_file && there ? security_may_open() : STATUS_SUCCESS;

    return status ? status : found;
}

NTSTATUS path_to_unix(const OBJECT_ATTRIBUTES *attributes, struct unix_path *result) {
    result->making = false;
    return path_may_open(result, attributes_resolve(attributes, result));
}

NTSTATUS path_to_unix_making(const OBJECT_ATTRIBUTES *attributes, struct unix_path *result) {
    result->making = true;
    return path_may_open(result, attributes_resolve(attributes, result));
}

/* ---- back ---- */

size_t path_from_unix(const char *path, WCHAR *result, size_t room) {
    const char *c_root = strstr(path, "/winipc/drive_c") ? drive_root('C') : NULL;
    const size_t c_len = c_root ? strlen(c_root) : 0;
    const bool on_c = c_len && !strncmp(path, c_root, c_len) && (path[c_len] == '/' || !path[c_len]);
    WCHAR drive[2] = {on_c ? 'C' : 'Z', ':'};
    const char *rest = on_c ? path + c_len : path;
    size_t n = 2;

    if (!*rest)
        rest = "/";
    for (size_t i = 0; i < 2 && i < room; i++)
        result[i] = drive[i];
    while (*rest) {
        const size_t len = strcspn(rest + 1, "/");

        if (n < room)
            result[n] = '\\';
        n++;
        n += name_from_unix(rest + 1, len, n < room ? result + n : NULL, n < room ? room - n : 0);
        rest += 1 + len;
    }
    if (n < room)
        result[n] = 0;
    return n;
}

size_t nt_path_from_unix(const char *path, WCHAR *result, size_t room) {
    char volume[32];
    const size_t n = path_from_unix(path, result, room);
    const size_t n_volume = (size_t)snprintf(volume, sizeof volume, "\\Device\\" VOLUME_NAME "%u", VOLUME_NUMBER(result[0]));
    if (n - 2 + n_volume < room)
        memmove(result + n_volume, result + 2, (n - 1) * sizeof(WCHAR));
    for (size_t i = 0; i < n_volume && i < room; i++)
        result[i] = (WCHAR)volume[i];
    return n - 2 + n_volume;
}

int unix_path_of_fd(int fd, char *path, size_t size) {
    static const char deleted[] = " (deleted)";
    char link[32];
    struct stat st;
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, size - 1);
    if (n < 0)
        return -errno;
    path[n] = 0;
    if (path[0] != '/' || !strncmp(path, "/memfd:", 7))
        return -ENOENT;
    n -= (ssize_t)sizeof deleted - 1;
    if (n > 0 && !strcmp(path + n, deleted) && !fstat(fd, &st) && st.st_nlink == 0)
        path[n] = 0;
    return 0;
}
