/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The registry's files: machine.reg, user.reg and, for keys that last until the machine starts again, volatile.reg.
 *
 * Each is .reg text, made of changes: the lines of one, then a note ";end CRC PID.SERIAL" with the checksum of those lines and the request that
 * asked for them.  A change is appended by one write before it is answered, and read back whole or not at all.  When a file has grown much
 * longer than what it says, it is written anew beside and renamed (registry_compact.c).  A note ";ID TIME" below a key tells its number and when it was
 * written to, hexadecimal.
 *
 * The kernel writes the files to the disk when it likes; a few seconds after a change it is told to begin, and who calls RegFlushKey waits for it.
 */
#include "server/registry_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_PATIENCE_MS 2000 /* a server that was killed may not be gone quite yet */
#define LAZY_MS 3000
#define REWRITE_MS 10 /* how often is looked whether a file that is written anew is on the disk */

struct store store = {.folder_fd = -1,
    .lock_fd = -1,
    .hives = {{.file = "machine.reg", .fd = -1}, {.file = "user.reg", .fd = -1}, {.file = "volatile.reg", .fd = -1}}};

static uint64_t next_id = KEY_FIRST_ID;

uint64_t registry_new_id(void) {
    return next_id++;
}

void store_id_seen(uint64_t id) {
    if (id >= next_id && id < UINT64_MAX / 2)
        next_id = id + 1;
}

uint64_t store_next_id(void) {
    return next_id;
}

static uint32_t crc_step(uint32_t c) {
    for (int bit = 0; bit < 8; bit++)
        c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
    return c;
}

/* CRC-32, as everybody has it. */
uint32_t store_crc(const char *text, size_t len) {
    static uint32_t table[256];
    uint32_t crc = ~0u;

    for (uint32_t i = 0; !table[255] && i < 256; i++)
        table[i] = crc_step(i);
    for (size_t i = 0; i < len; i++)
        crc = table[(crc ^ (uint8_t)text[i]) & 0xff] ^ crc >> 8;
    return ~crc;
}

void store_message(const char *format, ...) {
    char text[512];
    va_list arguments;
    int n, fd;

    va_start(arguments, format);
    n = vsnprintf(text, sizeof text - 1, format, arguments);
    va_end(arguments);
    n = n < (int)sizeof text - 1 ? n : (int)sizeof text - 2;
    TRACE(TRACE_SERVER, "registry: %s", text);
    text[n] = '\n';
    fd = openat(store.folder_fd, "messages", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    if (write(fd, text, (size_t)n + 1) < 0)
        TRACE(TRACE_SERVER, "registry: cannot write messages: %s", strerror(errno));
    close(fd);
}

/* ---- the folder ---- */

static bool folder_make(const char *path) {
    char part[4096];

    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        mkdir(part, 0700);
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static NTSTATUS folder_open(void) {
    char path[4096];

    if (store.folder_fd >= 0)
        return STATUS_SUCCESS;
    if (!session_data_folder(path, sizeof path - 16))
        return STATUS_REGISTRY_IO_FAILED;
    strcat(path, "/registry");
    if (!folder_make(path))
        return STATUS_REGISTRY_IO_FAILED;
    store.folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return store.folder_fd < 0 ? STATUS_REGISTRY_IO_FAILED : STATUS_SUCCESS;
}

/* Return: whether the files are ours to write. */
static bool folder_lock(void) {
    if (store.lock_fd < 0)
        store.lock_fd = openat(store.folder_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return store.lock_fd >= 0 && flock(store.lock_fd, LOCK_EX | LOCK_NB) == 0;
}

/* ---- being there ---- */

static void store_drop(void) {
    hive_rewrite_stop();
    key_free_all();
    for (int i = 0; i < N_HIVES; i++) {
        if (store.hives[i].fd >= 0)
            close(store.hives[i].fd);
        store.hives[i].fd = -1;
    }
    store.is_loaded = false;
}

static NTSTATUS store_load(void) {
    NTSTATUS status = registry_defaults() ? STATUS_SUCCESS : STATUS_NO_MEMORY;

    for (int i = 0; i < N_HIVES && !status; i++)
        status = hive_load(&store.hives[i]);
    if (!status)
        registry_machine();
    if (status)
        store_drop();
    store.is_loaded = !status;
    if (!status)
        watchers_collect();
    return status;
}

/* Another session may have the files: then what they say is read, and writing fails until that session is over. */
NTSTATUS registry_ready(bool write) {
    static uint64_t asked_ms;
    NTSTATUS status;

    if (store.is_loaded && (store.is_ours || !write))
        return STATUS_SUCCESS;
    status = folder_open();
    if (status)
        return status;
    store.is_ours = folder_lock();
    if (!store.is_ours && !asked_ms)
        asked_ms = server_now_ms();
    if (!store.is_ours && server_now_ms() - asked_ms < LOCK_PATIENCE_MS)
        return HANDLER_AGAIN;
    if (!store.is_ours && store.is_loaded)
        return STATUS_REGISTRY_IO_FAILED;
    if (store.is_loaded)
        store_drop(); /* it is ours now: what the other session wrote meanwhile counts */
    status = store_load();
    return status ? status : write && !store.is_ours ? STATUS_REGISTRY_IO_FAILED : STATUS_SUCCESS;
}

struct hive *hive_for(const struct key *parent, bool is_volatile) {
    return is_volatile ? &store.hives[HIVE_VOLATILE] : parent->hive;
}

bool hive_is_long(const struct hive *hive) {
    return hive->size > COMPACT_MIN + COMPACT_SHARE * hive->compact_size;
}

bool hive_is_volatile(const struct hive *hive) {
    return hive == &store.hives[HIVE_VOLATILE];
}

/* ---- text ---- */

/* A key's path as .reg has it: the user's keys bear no SID there, so that they are found again where it is another one. */
static void put_path(struct regtext *text, const struct key *key, bool gone) {
    enum { ROOM = 64 };
    static uint16_t path[ROOM + KEY_DEPTH_MAX * (KEY_NAME_MAX + 1)];
    uint16_t user[80] = u"\\REGISTRY\\USER\\";
    uint32_t n_user;
    const uint16_t *sid = registry_user(&n_user);
    const struct {
        const uint16_t *root;
        uint32_t n;
        const uint16_t *name;
        uint32_t n_name;
    } roots[] = {{user, 15 + n_user, u"HKEY_CURRENT_USER", 17}, {u"\\REGISTRY\\USER", 14, u"HKEY_USERS", 10},
        {u"\\REGISTRY\\MACHINE", 17, u"HKEY_LOCAL_MACHINE", 18}};
    const uint32_t n = key_path(key, path + ROOM, sizeof path / sizeof *path - ROOM);

    memcpy(user + 15, sid, n_user * sizeof *user);
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        uint16_t *start = path + ROOM + roots[i].n - roots[i].n_name;

        if (n < roots[i].n || (n > roots[i].n && path[ROOM + roots[i].n] != '\\') ||
            !names_equal(path + ROOM, roots[i].n, roots[i].root, roots[i].n))
            continue;
        memcpy(start, roots[i].name, roots[i].n_name * sizeof *start);
        regtext_key(text, start, n - roots[i].n + roots[i].n_name, gone);
        return;
    }
}

struct regtext *store_begin(void) {
    store.text.len = 0;
    store.text.failed = false;
    return &store.text;
}

void store_key(struct regtext *text, const struct key *key) {
    put_path(text, key, false);
    regtext_print(text, ";%llx %llx", (unsigned long long)key->id, (unsigned long long)key->written_100ns);
    if (key->flags & KEY_IS_LINK)
        regtext_put(text, " link", 5);
    regtext_put(text, "\n", 1);
    if (key->n_class) {
        regtext_put(text, ";class=", 7);
        regtext_value(text, NULL, 0, REG_SZ, key->class, (key->n_class + 1) * sizeof *key->class);
    }
}

void store_path(struct regtext *text, const struct key *key) {
    put_path(text, key, false);
}

void store_key_gone(struct regtext *text, const struct key *key) {
    put_path(text, key, true);
}

/* What a default is needs no line, unless it was written to. */
void store_tree(struct regtext *text, const struct hive *hive, const struct key *key) {
    const bool own = key->hive == hive;

    if (own && !(key->flags & KEY_DEFAULT)) {
        store_key(text, key);
        store_security(text, key);
    }
    for (uint32_t i = 0; own && i < key->n_values; i++) {
        const struct value *value = key->value[i];

        if (!value->is_default)
            regtext_value(text, value->name, value->n_name, value->type, value->data, value->size);
    }
    for (uint32_t i = 0; i < key->n_children; i++)
        store_tree(text, hive, key->child[i]);
}

/* ---- writing ---- */

/* All of it or nothing.  Return: an NTSTATUS. */
static NTSTATUS hive_append(struct hive *hive, const char *text, size_t len) {
    for (size_t done = 0; done < len;) {
        const ssize_t n = pwrite(hive->fd, text + done, len - done, hive->size + (off_t)done);
        const int error = errno;

        if (n >= 0) {
            done += (size_t)n;
            continue;
        }
        if (error == EINTR)
            continue;
        if (ftruncate(hive->fd, hive->size))
            hive->fd = -1; /* it cannot be trusted any more */
        return error == ENOSPC || error == EDQUOT || error == EFBIG ? STATUS_DISK_FULL : STATUS_REGISTRY_IO_FAILED;
    }
    hive->size += (off_t)len;
    return STATUS_SUCCESS;
}

void store_end(struct regtext *text, size_t from, uint32_t pid, uint32_t serial) {
    const uint32_t crc = text->failed ? 0 : store_crc(text->text + from, text->len - from);

    regtext_print(text, STORE_END "%08x %u.%u\n", crc, pid, serial);
}

NTSTATUS store_commit(struct hive *hive, const struct client *client) {
    NTSTATUS status;

    if (hive->fd < 0)
        return STATUS_REGISTRY_IO_FAILED;
    store_end(&store.text, 0, client ? client->pid : 0, client ? client->serial : 0);
    if (store.text.failed)
        return STATUS_NO_MEMORY;
    STEP("store_commit: before the file");
    status = hive_append(hive, store.text.text, store.text.len);
    STEP("store_commit: written");
    if (!status && !store.dirty_ms)
        store.dirty_ms = server_now_ms();
    return status;
}

bool store_was_last(const struct client *client) {
    if (!client->again)
        return false;
    for (int i = 0; i < N_HIVES; i++) {
        if (store.hives[i].last_pid == client->pid && store.hives[i].last_serial == client->serial)
            return true;
    }
    return false;
}

NTSTATUS store_flush_ready(const struct key *key) {
    if (!key->hive || hive_is_volatile(key->hive) || store.is_folder_synced)
        return key->hive && hive_rewrite_runs(key->hive) ? HANDLER_AGAIN : STATUS_SUCCESS;
    if (fsync(store.folder_fd))
        return STATUS_REGISTRY_IO_FAILED;
    store.is_folder_synced = true;
    return store_flush_ready(key);
}

int store_flush_fd(const struct key *key) {
    return key->hive && !hive_is_volatile(key->hive) ? key->hive->fd : -1;
}

/* ---- later ---- */

int registry_ms(void) {
    const uint64_t now = server_now_ms();

    if (hive_rewrite_runs(NULL))
        return REWRITE_MS;
    if (!store.dirty_ms)
        return -1;
    return now - store.dirty_ms >= LAZY_MS ? 0 : (int)(LAZY_MS - (now - store.dirty_ms));
}

void registry_turn(void) {
    hive_rewrite_turn();
    if (!store.dirty_ms || registry_ms() > 0)
        return;
    store.dirty_ms = 0;
    for (int i = 0; i < N_HIVES; i++) {
        struct hive *hive = &store.hives[i];

        if (hive->fd < 0 || !store.is_ours)
            continue;
        if (hive_is_long(hive) && hive_is_volatile(hive))
            hive_compact(hive, false);
        else if (hive_is_long(hive))
            hive_rewrite_begin(hive);
        sync_file_range(hive->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* begins, and waits for nothing */
    }
}

void registry_close(void) {
    hive_rewrite_stop();
    for (int i = 0; i < N_HIVES; i++) {
        if (store.hives[i].fd >= 0 && store.is_ours && i != HIVE_VOLATILE)
            fdatasync(store.hives[i].fd);
    }
}
