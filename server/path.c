/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths of named objects: through directories and symbolic links to the name at the end. */
#include "server/named.h"

#include "libs/arena/name.h"
#include "libs/base/unicode.h"

#define LINKS_MAX 32 /* followed on the way, as in Windows */

/* The path as it is walked: links are replaced by what they stand for, so it may be longer than any path in a request.
 */
static struct walk {
    uint32_t n;
    uint16_t units[2 * NAME_MAX_UNITS];
} walk;

static bool name_has_zero(const uint16_t *name, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (!name[i])
            return true;
    }
    return false;
}

/* The directory behind the caller's handle @root. */
static NTSTATUS handle_directory(const struct client *client, uint64_t root, uint32_t *directory) {
    const uint64_t entry = client_entry(client, root);
    const struct cell *cell = entry ? cell_at(ENTRY_CELL(entry)) : NULL;

    if (!cell)
        return STATUS_INVALID_HANDLE;
    *directory = ENTRY_CELL(entry);
    return cell_type(cell) == CELL_DIRECTORY ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

/* Puts the target of the link in @cell in front of what follows position @at.  Return: an NTSTATUS. */
static NTSTATUS walk_follow(uint32_t cell, uint32_t at) {
    uint32_t n = 0;
    const uint16_t *target = link_target(cell, &n);

    if (!target || !n || target[0] != '\\')
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (n + walk.n - at > sizeof walk.units / sizeof walk.units[0])
        return STATUS_NAME_TOO_LONG;
    memmove(walk.units + n, walk.units + at, (walk.n - at) * sizeof(uint16_t));
    memcpy(walk.units, target, n * sizeof(uint16_t));
    walk.n = n + walk.n - at;
    return STATUS_SUCCESS;
}

/* One name of the path, from position @at on.  Return: its length. */
static uint32_t walk_name(uint32_t at) {
    uint32_t n = 0;

    while (at + n < walk.n && walk.units[at + n] != '\\')
        n++;
    return n;
}

/* Walks from @path->directory on, at position @at of the path. */
static NTSTATUS walk_on(struct path *path, uint32_t at, bool fold, bool open_link) {
    for (unsigned links = 0; links < LINKS_MAX;) {
        const uint32_t n = walk_name(at);
        const bool last = at + n == walk.n;
        uint32_t found;
        NTSTATUS status;

        if (!n || n > NAME_MAX_UNITS)
            return STATUS_OBJECT_NAME_INVALID; /* two backslashes, or one at the end */
        path->units = walk.units + at;
        path->n = n;
        found = named_find(path, fold);
        if (last && (found == NO_CELL || open_link || cell_type(cell_at(found)) != CELL_LINK))
            return STATUS_SUCCESS;
        if (found != NO_CELL && cell_type(cell_at(found)) == CELL_LINK) {
            status = walk_follow(found, at + n);
            if (status)
                return status;
            links++;
            path->directory = root_directory;
            at = 1;
            if (walk.n == 1) { /* a link to the root itself */
                *path = (struct path){.directory = NO_CELL};
                return STATUS_SUCCESS;
            }
            continue;
        }
        if (found == NO_CELL || cell_type(cell_at(found)) != CELL_DIRECTORY)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        path->directory = found;
        at += n + 1;
    }
    return STATUS_OBJECT_PATH_NOT_FOUND;
}

NTSTATUS path_parse(struct path *path, const struct client *client, uint64_t root, const uint16_t *name, uint32_t n,
    bool fold, bool open_link) {
    NTSTATUS status;

    *path = (struct path){.directory = root_directory};
    if (!n || (name[0] == '\\') == (root != 0))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (name_has_zero(name, n) || (n > 1 && name[n - 1] == '\\'))
        return STATUS_OBJECT_NAME_INVALID;
    status = root ? handle_directory(client, root, &path->directory) : STATUS_SUCCESS;
    if (status)
        return status;
    if (!root && n == 1) {
        *path = (struct path){.directory = NO_CELL};
        return STATUS_SUCCESS;
    }
    memcpy(walk.units, name, n * sizeof *name); /* at most NAME_MAX_UNITS: the decoder has seen to it */
    walk.n = n;
    return walk_on(path, root ? 0 : 1, fold, open_link);
}

/* Return: how many units of @text are the prefix, letter case aside; 0 if it does not begin so. */
static uint32_t text_prefix(const uint16_t *text, uint32_t n, const uint16_t *prefix) {
    uint32_t length = 0;

    for (; prefix[length]; length++) {
        if (length == n || unicode_upper(text[length]) != unicode_upper(prefix[length]))
            return 0;
    }
    return length;
}

/* The name of an object that lies in @directory by its whole name; the paths that lead there begin with @prefixes. */
static NTSTATUS path_parse_device(
    struct path *path, uint32_t directory, const uint16_t *const prefixes[4], const uint16_t *name, uint32_t n) {
    uint32_t length = 0;

    for (size_t i = 0; i < 4 && !length; i++)
        length = text_prefix(name, n, prefixes[i]);
    if (!length || length == n || name_has_zero(name, n))
        return STATUS_OBJECT_NAME_INVALID;
    *path = (struct path){.directory = directory, .n = n - length, .units = name + length};
    return STATUS_SUCCESS;
}

NTSTATUS path_parse_pipe(struct path *path, const uint16_t *name, uint32_t n) {
    static const uint16_t *const prefixes[] = {
        u"\\Device\\NamedPipe\\", u"\\??\\pipe\\", u"\\DosDevices\\pipe\\", u"\\GLOBAL??\\pipe\\"};

    return path_parse_device(path, pipe_directory, prefixes, name, n);
}

NTSTATUS path_parse_mailslot(struct path *path, const uint16_t *name, uint32_t n) {
    static const uint16_t *const prefixes[] = {u"\\Device\\Mailslot\\", u"\\??\\mailslot\\",
        u"\\DosDevices\\mailslot\\", u"\\GLOBAL??\\mailslot\\"};

    return path_parse_device(path, mailslot_directory, prefixes, name, n);
}
