/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a file of the registry anew: what is there, instead of how it came about.  It is written beside, is on the disk, and then takes the old
 * one's name: whenever we are killed, one of them is whole.
 */
#include "server/registry_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *store_boot_id(void) {
    static char id[40];
    const int fd = *id ? -1 : open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (read(fd, id, sizeof id - 4) < 0)
            strcpy(id, "?");
        id[strcspn(id, "\n")] = 0;
        close(fd);
    }
    return id;
}

static void hive_text(const struct hive *hive, struct regtext *text) {
    regtext_print(text, REGTEXT_HEADER "\n;next %llx\n", (unsigned long long)store_next_id());
    if (hive_is_volatile(hive))
        regtext_print(text, ";boot %s\n", store_boot_id());
    regtext_put(text, "\n", 1);
    registry_defaults_gone(text, hive);
    store_tree(text, hive, key_root);
    store_end(text, 0, 0, 0);
}

/* Return: a descriptor of the new file, or -errno. */
static int file_write(const struct hive *hive, const char *name, const struct regtext *text, bool sync) {
    const int fd = openat(store.folder_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int error = fd < 0 ? errno : 0;

    for (size_t done = 0; !error && done < text->len;) {
        const ssize_t n = write(fd, text->text + done, text->len - done);

        if (n < 0 && errno != EINTR)
            error = errno;
        done += n > 0 ? (size_t)n : 0;
    }
    STEP("file_write: written");
    if (!error && sync && fdatasync(fd))
        error = errno;
    STEP("file_write: on the disk");
    if (!error && renameat(store.folder_fd, name, store.folder_fd, hive->file))
        error = errno;
    STEP("file_write: renamed");
    if (!error && sync && fsync(store.folder_fd))
        error = errno;
    if (error && fd >= 0)
        close(fd);
    return error ? -error : fd;
}

void hive_compact(struct hive *hive, bool sync) {
    struct regtext text = {0};
    char name[32];
    int fd = -ENOMEM;

    hive_text(hive, &text);
    snprintf(name, sizeof name, "%s.new", hive->file);
    if (!text.failed)
        fd = file_write(hive, name, &text, sync && !hive_is_volatile(hive));
    if (fd >= 0) {
        close(hive->fd);
        hive->fd = fd;
        hive->size = (off_t)text.len;
    } else {
        store_message("%s: cannot be written anew: %s", hive->file, strerror(-fd));
        if (ftruncate(hive->fd, hive->size)) /* what follows the last change must not come back */
            hive->fd = -1;
    }
    hive->compact_size = hive->size; /* not again until it has grown as much once more */
    free(text.text);
}
