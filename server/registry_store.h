/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the registry's store share: writing (registry_store.c), reading (registry_load.c), writing anew (registry_compact.c). */
#ifndef WINIPC_REGISTRY_STORE_H
#define WINIPC_REGISTRY_STORE_H

#include "server/registry.h"

#include <stdarg.h>
#include <sys/types.h>

#define STORE_END ";end "

/* A file is written anew when it is longer than COMPACT_MIN and COMPACT_SHARE times what it was when that was last done. */
#define COMPACT_MIN (1 << 20)
#define COMPACT_SHARE 3

enum { HIVE_MACHINE, HIVE_USER, HIVE_VOLATILE, N_HIVES };

struct hive {
    const char *file;
    int fd;
    bool is_refused; /* and told: it is nothing that can be read */
    off_t size;         /* what is good of it */
    off_t compact_size; /* when it was last written anew */
    uint32_t last_pid, last_serial; /* of the request whose change was the last in the file when it was read */
};

extern struct store {
    int folder_fd, lock_fd;
    bool is_loaded;
    bool is_ours; /* we hold the lock */
    struct hive hives[N_HIVES];
    struct regtext text;
    bool is_folder_synced; /* so a name that a server before us gave is on the disk */
    uint64_t dirty_ms; /* since when something is written that the disk was not told of; 0: nothing */
} store;

/* hive_load() - reads a file into the tree; makes it if it is not there.  Return: an NTSTATUS. */
NTSTATUS hive_load(struct hive *hive);
/* hive_is_long() - whether it is to be written anew. */
bool hive_is_long(const struct hive *hive);
/* hive_compact() - writes a file anew.  When that fails, the old one goes on.  @sync: it is on the disk before it takes the old one's place. */
void hive_compact(struct hive *hive, bool sync);
/* hive_rewrite_begin() - the same beside the server's thread, to the disk, if none is on its way; hive_rewrite_turn() - looks how far it is. */
void hive_rewrite_begin(struct hive *hive);
void hive_rewrite_turn(void);
/* hive_rewrite_runs() - whether one is on its way (NULL), or this one's new name is not on the disk yet. */
bool hive_rewrite_runs(const struct hive *hive);
/* hive_rewrite_stop() - waits for it; where the new file has no name yet the old one goes on. */
void hive_rewrite_stop(void);
/* store_boot_id() - another text after each start of the machine. */
const char *store_boot_id(void);

/* store_end() - ends the change whose text begins at @from. */
void store_end(struct regtext *text, size_t from, uint32_t pid, uint32_t serial);
uint32_t store_crc(const char *text, size_t len);
/* store_message() - a line in the file "messages" beside the others, for the user. */
void store_message(const char *format, ...) __attribute__((format(printf, 1, 2)));
void store_id_seen(uint64_t id);
uint64_t store_next_id(void);

#endif
