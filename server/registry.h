/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The registry: a tree of keys in the server's memory, kept in text files.
 *
 * Every change is written to its file before it is made here and answered, so a server that is killed loses nothing that anybody was told of;
 * the next one reads the files again.  A handle is a cell with the key's number, which stands in the files too: so handles stay what they are.
 */
#ifndef WINIPC_REGISTRY_H
#define WINIPC_REGISTRY_H

#include "libs/base/regtext.h"
#include "server/server.h"

#define KEY_NAME_MAX 255u       /* units */
#define VALUE_NAME_MAX 16383u   /* units */
#define VALUE_SIZE_MAX (8u << 20)
#define KEY_DEPTH_MAX 512u
#define REGISTRY_BYTES_MAX (256u << 20) /* of all keys and values */

#define KEY_FIRST_ID 4096u /* of keys that are made; those that are always there have numbers below */

enum key_flags {
    KEY_FIXED = 1, /* \REGISTRY and what lies directly in it: in no file, cannot be deleted */
    KEY_IS_LINK = 2,
    KEY_DEFAULT = 4 /* there before any file was read, and in none while nobody changes it */
};

struct value {
    uint32_t type, size;
    uint32_t n_name;
    bool is_default;
    uint16_t *name; /* behind it, the data */
    uint8_t *data;
};

struct hive;
struct watcher;

struct key {
    struct key *parent;
    struct key *next; /* in the chain of its number */
    uint64_t id;
    uint64_t written_100ns;
    struct hive *hive; /* NULL: in no file */
    uint32_t flags;
    uint32_t n_name, n_class;
    uint32_t n_children, max_children;
    uint32_t n_values, max_values;
    uint16_t *name, *class;
    void *security; /* a self-relative descriptor, NULL: as such a key has by default */
    uint32_t security_size;
    struct key **child;   /* by name */
    struct value **value; /* as they were made */
    struct watcher *watchers;
};

/* ---- registry_key.c: the tree; nothing here knows of files ---- */

extern struct key *key_root; /* \REGISTRY */

/* key_make() - a new key, or NULL (no memory).  @id: 0: it has none yet. */
struct key *key_make(struct key *parent, const uint16_t *name, uint32_t n, uint64_t id);
/* key_free() - takes a key without subkeys out of the tree. */
void key_free(struct key *key);
void key_free_all(void);
/* key_set_id() - Return: false when another key has that number. */
bool key_set_id(struct key *key, uint64_t id);
struct key *key_find_id(uint64_t id);
struct key *key_find(const struct key *parent, const uint16_t *name, uint32_t n);
bool key_set_class(struct key *key, const uint16_t *class, uint32_t n);
/* key_set_name() - Return: false: no memory; the caller knows that the name is free. */
bool key_set_name(struct key *key, const uint16_t *name, uint32_t n);
/* key_path() - the NT path.  Return: its length in units; 0: it is longer than @room. */
uint32_t key_path(const struct key *key, uint16_t *to, uint32_t room);
uint32_t key_depth(const struct key *key);

struct value *value_find(const struct key *key, const uint16_t *name, uint32_t n);
/* value_make() - a value that is in no key yet; the data are not copied yet.  Return: NULL: no memory. */
struct value *value_make(const uint16_t *name, uint32_t n, uint32_t type, uint32_t size);
void value_free(struct value *value);
/* value_room() - makes sure that the next value_put() of a new name succeeds. */
bool value_room(struct key *key);
/* value_put() - puts a value in the place of the one of its name. */
void value_put(struct key *key, struct value *value);
void value_remove(struct key *key, struct value *value);

bool names_equal(const uint16_t *a, uint32_t n_a, const uint16_t *b, uint32_t n_b);
extern uint64_t registry_bytes;
uint64_t registry_now(void);

/* ---- registry_store.c: the files ---- */

/* registry_ready() - the registry is there, and may be written if @write.
 * Return: STATUS_SUCCESS, HANDLER_AGAIN, STATUS_REGISTRY_IO_FAILED (the folder cannot be used; for writing: another session uses it),
 * STATUS_NO_MEMORY. */
NTSTATUS registry_ready(bool write);
uint64_t registry_new_id(void);
/* hive_for() - the file that a new key below @parent goes to; NULL: there can be none. */
struct hive *hive_for(const struct key *parent, bool is_volatile);
bool hive_is_volatile(const struct hive *hive);

/* store_begin() - begins a change.  Return: where its text goes. */
struct regtext *store_begin(void);
/* store_key() - the lines that name a key, with what is told of it beside its values. */
void store_key(struct regtext *text, const struct key *key);
/* store_path() - the key's line alone. */
void store_path(struct regtext *text, const struct key *key);
void store_key_gone(struct regtext *text, const struct key *key);
/* store_tree() - all that lies in a key and below it, as far as it belongs to that file. */
void store_tree(struct regtext *text, const struct hive *hive, const struct key *key);
/* store_commit() - writes the change to the file.  Return: STATUS_SUCCESS; else nothing is written: STATUS_DISK_FULL,
 * STATUS_REGISTRY_IO_FAILED, STATUS_NO_MEMORY. */
NTSTATUS store_commit(struct hive *hive, const struct client *client);
/* store_was_last() - whether the change that @client asks for again is the last one that a dead server wrote. */
bool store_was_last(const struct client *client);
/* store_flush_ready() - whether what was written to a key's file has its name for good.  Return: STATUS_SUCCESS, HANDLER_AGAIN, STATUS_REGISTRY_IO_FAILED. */
NTSTATUS store_flush_ready(const struct key *key);
/* store_flush_fd() - the file to which a key's changes went, for the client to wait for the disk.  Return: -1: none. */
int store_flush_fd(const struct key *key);
/* registry_ms(), registry_turn() - as timers_ms(), timers_turn(). */
int registry_ms(void);
void registry_turn(void);
/* registry_close() - all is on the disk; at the server's end. */
void registry_close(void);

/* registry_apply() - reads .reg text into the tree, as far as it speaks of keys of that file; keys that are there without one get it.
 * @default_id: what is made is KEY_DEFAULT, and numbered from that on; NULL: it is none.
 * Return: how many lines were wrong; *first: the first one. */
unsigned registry_apply(struct hive *hive, const char *text, size_t len, bool has_header, uint64_t *default_id, unsigned *first);
/* registry_key_at() - the key of a path as .reg has it.  @make: with that file if it is not there.  Return: NULL: it is not there. */
struct key *registry_key_at(const uint16_t *path, size_t n, struct hive *make);

/* ---- registry_default.c ---- */

/* registry_defaults() - makes what is always there.  Return: false: no memory. */
bool registry_defaults(void);
/* registry_defaults_gone() - the lines by which those defaults go that are not in the tree any more, as far as they are of @hive. */
void registry_defaults_gone(struct regtext *text, const struct hive *hive);
/* registry_machine() - sets what is told by the machine, whatever the files say. */
void registry_machine(void);
/* The path of the user's root key below \REGISTRY\USER, "S-1-5-21-…". */
const uint16_t *registry_user(uint32_t *n);

/* ---- registry_security.c ---- */

/* key_allows() - what a thread of the client's may do with a key.  Return: those of security_allows(). */
NTSTATUS key_allows(const struct client *client, uint32_t thread, const struct key *key, uint32_t desired, uint32_t *granted);
/* key_security_new() - gives a new key the descriptor that its maker gave, or what it inherits.
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_ACCESS_DENIED (a token that is none). */
NTSTATUS key_security_new(
    const struct client *client, uint32_t thread, const struct key *parent, struct key *key, const void *given, uint32_t size);
/* key_security_keep() - the same descriptor for a handle's cell.  Return: false: no room. */
bool key_security_keep(const struct key *key, uint32_t cell);
/* key_security_set() - changes the descriptor of the key behind a cell, in the file and for all its handles. */
NTSTATUS key_security_set(const struct client *client, uint32_t cell, const void *bytes, uint32_t size);
/* store_security() - the line that tells a key's descriptor, if it has one of its own. */
void store_security(struct regtext *text, const struct key *key);
/* key_security_note() - reads it.  Return: false: it is another note. */
bool key_security_note(struct key *key, const char *note, size_t len);

/* ---- registry_path.c ---- */

/* key_walk() - from a path to a key.
 * @path: below @from, or an NT path if @from is NULL.  @found: the key, or how far it was found; *rest, *n_rest: what follows it.
 * @open_link: a link as the last name is meant itself.  @wow64: KEY_WOW64_32KEY or 0.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND (of the last name only), STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_INVALID,
 * STATUS_OBJECT_PATH_SYNTAX_BAD. */
struct key_walk {
    struct key *found;
    const uint16_t *rest;
    uint32_t n_rest;
};
NTSTATUS key_walk(struct key_walk *walk, struct key *from, const uint16_t *path, uint32_t n, bool open_link, uint32_t wow64);

/* ---- registry_watch.c: who waits for changes ---- */

/* key_changed() - tells those who watch the key for any of @changes, REG_NOTIFY_CHANGE_…. */
void key_changed(struct key *key, uint32_t changes);
/* watchers_gone() - a key is deleted: all who watch it are told. */
void watchers_gone(struct key *key);
/* watchers_drop() - forgets them, for the tree is read again. */
void watchers_drop(struct key *key);
/* watchers_collect() - finds them in the arena. */
void watchers_collect(void);
void watchers_retry(void);

/* ---- registry.c: the requests ---- */

/* key_of() - the key behind a client's handle with the rights @access.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED, STATUS_KEY_DELETED, and those of
 * registry_ready(). */
NTSTATUS key_of(const struct client *client, uint64_t handle, uint32_t access, bool write, struct key **key);

#endif
