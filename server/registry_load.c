/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading the registry's files.  A change whose checksum is not right was damaged, or edited by hand: a copy of the file is kept, what can be read
 * counts.  So is an empty file, which we never leave.  What follows the last change was being written when its server was killed, and nobody was told that it is done.
 */
#include "server/registry_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COPIES_MAX 16 /* names that are tried for a damaged file */

/* ---- paths ---- */

static struct key *root_at(const uint16_t *path, size_t n, size_t *used) {
    static const struct {
        const uint16_t *name;
        uint32_t n;
        const uint16_t *nt[3];
    } roots[] = {{u"HKEY_LOCAL_MACHINE", 18, {u"MACHINE"}}, {u"HKEY_USERS", 10, {u"USER"}}, {u"HKEY_CURRENT_USER", 17, {u"USER", u""}},
        {u"HKEY_CLASSES_ROOT", 17, {u"MACHINE", u"SOFTWARE", u"Classes"}}};

    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        struct key *key = key_root;

        if (n < roots[i].n || (n > roots[i].n && path[roots[i].n] != '\\') || !names_equal(path, roots[i].n, roots[i].name, roots[i].n))
            continue;
        for (int part = 0; key && part < 3 && roots[i].nt[part]; part++) {
            uint32_t n_name = 0;
            const uint16_t *name = *roots[i].nt[part] ? roots[i].nt[part] : registry_user(&n_name);

            while (name == roots[i].nt[part] && name[n_name])
                n_name++;
            key = key_find(key, name, n_name);
        }
        *used = roots[i].n;
        return key;
    }
    return NULL;
}

static struct key *child_made(struct key *parent, const uint16_t *name, uint32_t n, struct hive *hive) {
    struct key *key = n <= KEY_NAME_MAX && key_depth(parent) < KEY_DEPTH_MAX ? key_make(parent, name, n, 0) : NULL;

    if (key)
        key->hive = hive;
    return key;
}

struct key *registry_key_at(const uint16_t *path, size_t n, struct hive *make) {
    size_t at = 0;
    struct key *key = root_at(path, n, &at);

    while (key && at < n) {
        const size_t start = ++at; /* behind the backslash */
        struct key *child;

        while (at < n && path[at] != '\\')
            at++;
        if (at == start)
            continue;
        child = key_find(key, path + start, (uint32_t)(at - start));
        key = child || !make ? child : child_made(key, path + start, (uint32_t)(at - start), make);
    }
    return key;
}

/* ---- items ---- */

struct apply {
    struct regtext_reader reader;
    struct hive *hive;
    struct key *key; /* NULL: what follows is none of ours */
    uint64_t *default_id; /* what is made is a default; the last one's number */
};

static void apply_class(struct apply *apply, const char *text, size_t len) {
    struct regtext_reader class;

    regtext_open(&class, text, len);
    if (regtext_next(&class) == REGTEXT_VALUE && class.data.n >= 2)
        key_set_class(apply->key, (const uint16_t *)(const void *)class.data.at, (uint32_t)(class.data.n / 2 - 1));
    regtext_close(&class);
}

static void apply_note(struct apply *apply) {
    char note[80];
    unsigned long long id, written;
    int n = 0;

    if (apply->reader.note_len > 6 && !strncmp(apply->reader.note, "class=", 6) && apply->key) {
        apply_class(apply, apply->reader.note + 6, apply->reader.note_len - 6); /* the line of a value without a name */
        return;
    }
    if (apply->key && key_security_note(apply->key, apply->reader.note, apply->reader.note_len))
        return;
    snprintf(note, sizeof note, "%.*s", (int)apply->reader.note_len, apply->reader.note);
    if (sscanf(note, "next %llx", &id) == 1)
        store_id_seen(id - 1);
    if (!apply->key || sscanf(note, "%llx %llx%n", &id, &written, &n) != 2 || !n)
        return;
    store_id_seen(id);
    key_set_id(apply->key, id); /* another key's number: it stays without one, and gets one at the end */
    apply->key->written_100ns = written;
    apply->key->flags = (apply->key->flags & ~KEY_DEFAULT) | (strcmp(note + n, " link") ? 0 : KEY_IS_LINK);
}

/* Takes a key out with all that lies below it in the same file. */
static void tree_free(struct key *key, const struct hive *hive) {
    for (uint32_t i = key->n_children; i--;)
        tree_free(key->child[i], hive);
    if (key->hive == hive && !key->n_children && !(key->flags & KEY_FIXED))
        key_free(key);
}

static void apply_key(struct apply *apply, bool gone) {
    struct key *key = registry_key_at(apply->reader.name.at, apply->reader.name.n, gone ? NULL : apply->hive);

    apply->key = NULL;
    if (!key || key->hive != apply->hive)
        return;
    if (gone) {
        tree_free(key, apply->hive);
        return;
    }
    apply->key = key;
    if (!apply->default_id)
        return;
    for (; key && !key->id; key = key->parent) { /* what is made on the way, too */
        key_set_id(key, ++*apply->default_id);
        key->flags |= KEY_DEFAULT;
        key->written_100ns = 0x01d9000000000000;
    }
}

static bool apply_value(struct apply *apply, bool gone) {
    const struct regtext_reader *reader = &apply->reader;
    struct value *value = apply->key ? value_find(apply->key, reader->name.at, (uint32_t)reader->name.n) : NULL;

    if (!apply->key)
        return true;
    if (gone) {
        if (value)
            value_remove(apply->key, value);
        return true;
    }
    value = value_make(reader->name.at, (uint32_t)reader->name.n, reader->type, (uint32_t)reader->data.n);
    if (!value || !value_room(apply->key)) {
        value_free(value);
        return false;
    }
    if (reader->data.n)
        memcpy(value->data, reader->data.at, reader->data.n);
    value->is_default = apply->default_id;
    value_put(apply->key, value);
    return true;
}

unsigned registry_apply(struct hive *hive, const char *text, size_t len, bool has_header, uint64_t *default_id, unsigned *first) {
    struct apply apply = {.hive = hive, .default_id = default_id};
    unsigned wrong = 0;
    enum regtext_kind kind;

    regtext_open(&apply.reader, text, len);
    wrong = has_header && !regtext_header(&apply.reader);
    while ((kind = regtext_next(&apply.reader)) != REGTEXT_END) {
        const unsigned line = apply.reader.line;

        switch (kind) {
        case REGTEXT_KEY:
        case REGTEXT_KEY_GONE: apply_key(&apply, kind == REGTEXT_KEY_GONE); break;
        case REGTEXT_VALUE:
        case REGTEXT_VALUE_GONE: wrong += !apply_value(&apply, kind == REGTEXT_VALUE_GONE); break;
        case REGTEXT_NOTE: apply_note(&apply); break;
        default: wrong++;
        }
        if (wrong == 1 && !*first)
            *first = line;
    }
    regtext_close(&apply.reader);
    return wrong;
}

/* ---- a file ---- */

struct file {
    char *text;
    size_t len;
    unsigned n_wrong, wrong_line;
    bool is_torn;
};

/* Tells once why a file cannot be used: each request tries again. */
static NTSTATUS file_refuse(struct hive *hive, NTSTATUS status, const char *why) {
    if (!hive->is_refused)
        store_message("%s: cannot be used: %s", hive->file, why);
    hive->is_refused = true;
    return status;
}

/* Return: also if there is none; then hive->fd is -1. */
static NTSTATUS file_open(struct hive *hive) {
    struct stat status;
    int error;

    hive->fd = openat(store.folder_fd, hive->file, (store.is_ours ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    error = hive->fd < 0 ? errno : 0;
    if (error == ELOOP)
        return file_refuse(hive, STATUS_REGISTRY_CORRUPT, "it is a link");
    if (error == EISDIR || error == ENXIO || (!error && (fstat(hive->fd, &status) || !S_ISREG(status.st_mode))))
        return file_refuse(hive, STATUS_REGISTRY_CORRUPT, "it is no regular file");
    if (error && error != ENOENT)
        return file_refuse(hive, STATUS_REGISTRY_IO_FAILED, strerror(error));
    hive->is_refused = false;
    return STATUS_SUCCESS;
}

static NTSTATUS file_read(struct hive *hive, struct file *file) {
    struct stat status;

    if (fstat(hive->fd, &status) || status.st_size > INT32_MAX)
        return STATUS_REGISTRY_IO_FAILED;
    file->text = malloc((size_t)status.st_size + 1);
    if (!file->text)
        return STATUS_NO_MEMORY;
    while (file->len < (size_t)status.st_size) {
        const ssize_t n = pread(hive->fd, file->text + file->len, (size_t)status.st_size - file->len, (off_t)file->len);

        if (n <= 0)
            return STATUS_REGISTRY_IO_FAILED;
        file->len += (size_t)n;
    }
    file->text[file->len] = 0;
    return STATUS_SUCCESS;
}

/* The next line, from @at on, that ends a change.  Return: NULL: there is none. */
static const char *change_end(const char *at, const char *end) {
    for (; at < end; at = memchr(at, '\n', (size_t)(end - at)), at = at ? at + 1 : end) {
        if ((size_t)(end - at) > strlen(STORE_END) && !strncmp(at, STORE_END, strlen(STORE_END)) &&
            memchr(at, '\n', (size_t)(end - at)))
            return at;
    }
    return NULL;
}

static unsigned lines_before(const struct file *file, const char *at) {
    unsigned n = 0;

    for (const char *c = file->text; c < at; c++)
        n += *c == '\n';
    return n;
}

static void file_apply(struct hive *hive, struct file *file) {
    const char *at = file->text, *end = file->text + file->len, *mark;

    for (; (mark = change_end(at, end)); at = strchr(mark, '\n') + 1) {
        unsigned crc = 0, line = 0, wrong;

        wrong = sscanf(mark + strlen(STORE_END), "%x %u.%u", &crc, &hive->last_pid, &hive->last_serial) != 3 ||
                crc != store_crc(at, (size_t)(mark - at));
        wrong += registry_apply(hive, at, (size_t)(mark - at), at == file->text, NULL, &line);
        if (wrong && !file->n_wrong)
            file->wrong_line = lines_before(file, at) + (line ? line : 1);
        file->n_wrong += wrong;
        if (at == file->text)
            hive->compact_size = mark - at; /* what it was when it was last written anew */
    }
    hive->size = at - file->text;
    file->is_torn = at < end;
}

/* Keeps a damaged file beside, as it was. */
static void file_keep(const struct hive *hive, const struct file *file) {
    char name[64];
    const long long now = time(NULL);
    int fd = -1;
    bool kept;

    for (int i = 0; i < COPIES_MAX && fd < 0; i++) { /* another one of this second is not written over */
        snprintf(name, sizeof name, "%s.damaged-%lld", hive->file, now + i);
        fd = openat(store.folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    kept = fd >= 0 && write(fd, file->text, file->len) == (ssize_t)file->len;
    if (fd >= 0)
        close(fd);
    if (!file->len)
        store_message("%s: it is empty, what it said is lost; the file as it was is %s", hive->file,
            kept ? name : "lost: it could not be copied");
    else if (file->n_wrong)
        store_message("%s: damaged or edited, first near line %u; what could be read counts, the file as it was is %s", hive->file,
            file->wrong_line, kept ? name : "lost: it could not be copied");
    else
        store_message("%s: its last change was not whole and does not count; the file as it was is %s", hive->file,
            kept ? name : "lost: it could not be copied");
}

/* Keys that somebody wrote into the file by hand have no numbers yet. */
static bool number_keys(struct key *key, const struct hive *hive, struct regtext *text) {
    bool any = key->hive == hive && !key->id && key_set_id(key, registry_new_id());

    if (any)
        store_key(text, key);
    for (uint32_t i = 0; i < key->n_children; i++)
        any |= number_keys(key->child[i], hive, text);
    return any;
}

/* The machine has started again since: volatile keys are gone. */
static bool is_outdated(const struct hive *hive, const struct file *file) {
    char line[80];

    if (!hive_is_volatile(hive) || !file->len)
        return false;
    snprintf(line, sizeof line, "\n;boot %s\n", store_boot_id());
    return !strstr(file->text, line);
}

NTSTATUS hive_load(struct hive *hive) {
    struct file file = {0};
    NTSTATUS status;
    bool is_new, mend;

    hive->size = hive->compact_size = 0;
    hive->last_pid = hive->last_serial = 0;
    status = file_open(hive);
    if (status)
        return status;
    is_new = hive->fd < 0;
    if (!is_new)
        status = file_read(hive, &file);
    mend = is_new || is_outdated(hive, &file);
    if (!status && !mend) {
        file_apply(hive, &file);
        mend = !file.len || file.n_wrong || file.is_torn;
        if (mend && store.is_ours)
            file_keep(hive, &file);
    }
    if (!status && number_keys(key_root, hive, store_begin()) && store.is_ours && !mend)
        status = store_commit(hive, NULL);
    if (!status && store.is_ours && mend)
        hive_compact(hive, file.len);
    else if (!status && store.is_ours && hive_is_long(hive)) /* servers that are killed early leave ever more to read */
        store.dirty_ms = 1;
    free(file.text);
    return status;
}
