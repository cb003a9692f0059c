/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a file of the registry anew: what is there, instead of how it came about.  It is written beside, is on the
 * disk, and then takes the old one's name: whenever we are killed, one of them is whole.
 *
 * While the server serves, a thread writes and waits for the disk (hive_rewrite_begin).  Changes go to the old file
 * meanwhile; they follow into the new one, which gets the name when it is on the disk and holds them all.  Until the
 * folder is on the disk too, nobody who flushes is answered.
 */
#include "server/registry_store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
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

/* Return: 0 or an errno. */
static int file_put(int fd, const struct regtext *text) {
    for (size_t done = 0; done < text->len;) {
        const ssize_t n = write(fd, text->text + done, text->len - done);

        if (n < 0 && errno != EINTR)
            return errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int file_make(const char *name) {
    return openat(store.folder_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Return: a descriptor of the new file, or -errno. */
static int file_write(const struct hive *hive, const char *name, const struct regtext *text, bool sync) {
    const int fd = file_make(name);
    int error = fd < 0 ? errno : file_put(fd, text);

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
        if (hive->fd >= 0)
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

/* ---- beside the server's thread ---- */

#define ROUNDS_MAX 8 /* so often changes follow before the server itself waits for the last of them */

static struct rewrite {
    struct hive *hive; /* NULL: none is written anew */
    char name[32];
    int fd;
    struct regtext text; /* what the thread writes before it waits for the disk; may be nothing */
    off_t since;         /* what the old file says up to there, the new one says too */
    off_t size, whole;   /* of the new file; what it was without the changes that followed */
    unsigned rounds;
    bool has_name; /* the thread waits for the folder */
    bool has_thread;
    int error;
    pthread_t thread;
    _Atomic bool is_done; /* by the thread, with a release: error counts */
} rewrite;

static void *rewrite_work(void *nothing) {
    (void)nothing;
    if (rewrite.has_name) {
        rewrite.error = fsync(store.folder_fd) ? errno : 0;
    } else {
        rewrite.error = file_put(rewrite.fd, &rewrite.text);
        if (!rewrite.error && fdatasync(rewrite.fd))
            rewrite.error = errno;
    }
    atomic_store_explicit(&rewrite.is_done, true, memory_order_release);
    return NULL;
}

/* Signals are the server's own thread's.  Where there can be no thread, the server waits itself. */
static void rewrite_start(void) {
    sigset_t all, before;

    atomic_store(&rewrite.is_done, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rewrite.has_thread = !pthread_create(&rewrite.thread, NULL, rewrite_work, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!rewrite.has_thread)
        rewrite_work(NULL);
}

static void rewrite_join(void) {
    if (rewrite.has_thread)
        pthread_join(rewrite.thread, NULL);
    rewrite.has_thread = false;
}

static void rewrite_end(void) {
    if (!rewrite.has_name && rewrite.fd >= 0) {
        close(rewrite.fd);
        unlinkat(store.folder_fd, rewrite.name, 0);
    }
    free(rewrite.text.text);
    rewrite = (struct rewrite){.fd = -1};
}

static void rewrite_fail(int error) {
    store_message("%s: cannot be written anew: %s", rewrite.hive->file, strerror(error));
    rewrite.hive->compact_size = rewrite.hive->size; /* not again until it has grown as much once more */
    rewrite_end();
}

void hive_rewrite_begin(struct hive *hive) {
    if (rewrite.hive)
        return; /* its turn comes */
    rewrite = (struct rewrite){.hive = hive, .fd = -1, .since = hive->size};
    snprintf(rewrite.name, sizeof rewrite.name, "%s.new", hive->file);
    hive_text(hive, &rewrite.text);
    if (!rewrite.text.failed)
        rewrite.fd = file_make(rewrite.name);
    if (rewrite.fd < 0) {
        rewrite_fail(rewrite.text.failed ? ENOMEM : errno);
        return;
    }
    rewrite.size = rewrite.whole = (off_t)rewrite.text.len;
    STEP("hive_rewrite: begun");
    rewrite_start();
}

/* It is on the disk, and says what the old one does. */
static void rewrite_name(void) {
    struct hive *hive = rewrite.hive;

    if (hive->fd < 0 || renameat(store.folder_fd, rewrite.name, store.folder_fd, hive->file)) {
        rewrite_fail(hive->fd < 0 ? EIO : errno);
        return;
    }
    STEP("hive_rewrite: renamed");
    close(hive->fd);
    hive->fd = rewrite.fd;
    hive->size = rewrite.size;
    hive->compact_size = rewrite.whole;
    rewrite.has_name = true;
    rewrite_start();
}

/* The changes that came meanwhile.  Return: 0 or an errno. */
static int rewrite_follow(void) {
    const struct hive *hive = rewrite.hive;
    char bytes[65536];

    while (rewrite.since < hive->size) {
        const off_t left = hive->size - rewrite.since;
        const ssize_t n =
            pread(hive->fd, bytes, left < (off_t)sizeof bytes ? (size_t)left : sizeof bytes, rewrite.since);

        if (n <= 0)
            return n ? errno : EIO;
        if (pwrite(rewrite.fd, bytes, (size_t)n, rewrite.size) != n)
            return errno ? errno : EIO;
        rewrite.since += n;
        rewrite.size += n;
    }
    STEP("hive_rewrite: followed");
    return 0;
}

void hive_rewrite_turn(void) {
    int error;

    if (!rewrite.hive || !atomic_load_explicit(&rewrite.is_done, memory_order_acquire))
        return;
    rewrite_join();
    error = rewrite.error;
    rewrite.text.len = 0;
    if (!error && !rewrite.has_name && rewrite.since < rewrite.hive->size) {
        error = rewrite_follow();
        if (!error && ++rewrite.rounds < ROUNDS_MAX) {
            rewrite_start();
            return;
        }
        if (!error && fdatasync(rewrite.fd))
            error = errno;
    }
    if (error)
        rewrite_fail(error);
    else if (rewrite.has_name)
        rewrite_end();
    else
        rewrite_name();
}

bool hive_rewrite_runs(const struct hive *hive) {
    return rewrite.hive && (!hive || (rewrite.hive == hive && rewrite.has_name));
}

void hive_rewrite_stop(void) {
    if (!rewrite.hive)
        return;
    rewrite_join();
    rewrite_end();
}
