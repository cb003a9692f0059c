/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packs what a child process starts with into a sealed memfd and reads it back.  The block comes from a process of the same
 * user, but is read as if it could be anything: each length is bounded, each string is terminated anew.
 */
#include "loader/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STARTUP_MAGIC 0x31504957u /* "WIP1" */
#define STARTUP_MAX (64u << 20)

enum startup_part {
    PART_UNIX_IMAGE,
    PART_IMAGE_PATH,
    PART_COMMAND_LINE,
    PART_CURRENT_DIRECTORY,
    PART_ENVIRONMENT,
    PART_TITLE,
    PART_DESKTOP,
    PART_SHELL_INFO,
    PART_RUNTIME_INFO,
    PART_INHERITED,
    PART_COUNT
};

/* The block: this, then the parts one after the other, each padded to 8 bytes; length 0: none. */
struct startup_block {
    uint32_t magic, size;
    uint32_t lengths[PART_COUNT];
    int32_t arena_fd;
    uint32_t process, thread;
    uint32_t console_flags, process_group;
    uint32_t x, y, x_size, y_size, x_chars, y_chars, fill, flags, show_window;
    uint32_t is_linux, padding;
    uint64_t std_handles[3];
    uint64_t console_handle;
};
_Static_assert(sizeof(struct startup_block) % 8 == 0 && sizeof(struct startup_block) == 144, "no padding");

static uint32_t startup_wide_bytes(const WCHAR *text) {
    uint32_t n = 0;

    if (!text)
        return 0;
    while (text[n])
        n++;
    return (n + 1) * sizeof *text;
}

/* Environment blocks end in an empty string. */
static uint32_t startup_block_bytes(const WCHAR *block) {
    uint32_t n = 0;

    if (!block)
        return 0;
    while (block[n] || (n && block[n - 1]))
        n++;
    return (n + 1) * sizeof *block;
}

static void startup_parts(const struct startup *startup, const void *parts[PART_COUNT], uint32_t lengths[PART_COUNT]) {
    const WCHAR *wide[] = {startup->image_path, startup->command_line, startup->current_directory, startup->environment,
                           startup->title,      startup->desktop,      startup->shell_info};

    parts[PART_UNIX_IMAGE] = startup->unix_image;
    lengths[PART_UNIX_IMAGE] = startup->unix_image ? strlen(startup->unix_image) + 1 : 0;
    for (int i = PART_IMAGE_PATH; i <= PART_SHELL_INFO; i++) {
        parts[i] = wide[i - PART_IMAGE_PATH];
        lengths[i] = i == PART_ENVIRONMENT ? startup_block_bytes(parts[i]) : startup_wide_bytes(parts[i]);
    }
    parts[PART_RUNTIME_INFO] = startup->runtime_info;
    lengths[PART_RUNTIME_INFO] = startup->runtime_info_len;
    parts[PART_INHERITED] = startup->inherited;
    lengths[PART_INHERITED] = startup->inherited_len;
}

static void startup_fill(const struct startup *startup, struct startup_block *block) {
    block->arena_fd = startup->ticket.arena_fd;
    block->process = startup->ticket.process;
    block->thread = startup->ticket.thread;
    block->console_flags = startup->console_flags;
    block->process_group = startup->process_group;
    block->is_linux = startup->is_linux;
    block->x = startup->x;
    block->y = startup->y;
    block->x_size = startup->x_size;
    block->y_size = startup->y_size;
    block->x_chars = startup->x_chars;
    block->y_chars = startup->y_chars;
    block->fill = startup->fill;
    block->flags = startup->flags;
    block->show_window = startup->show_window;
    memcpy(block->std_handles, startup->std_handles, sizeof block->std_handles);
    block->console_handle = startup->console_handle;
}

static int startup_write(int fd, const void *data, size_t length) {
    static const char zeros[8];

    if (length && write(fd, data, length) != (ssize_t)length)
        return -EIO;
    if (length % 8 && write(fd, zeros, 8 - length % 8) != (ssize_t)(8 - length % 8))
        return -EIO;
    return 0;
}

int startup_pack(const struct startup *startup) {
    struct startup_block block = {.magic = STARTUP_MAGIC, .size = sizeof block};
    const void *parts[PART_COUNT];
    const int fd = memfd_create("winipc-startup", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int error = fd < 0 ? -errno : 0;

    startup_parts(startup, parts, block.lengths);
    startup_fill(startup, &block);
    for (int i = 0; i < PART_COUNT; i++)
        block.size += (block.lengths[i] + 7) & ~7u;
    if (!error)
        error = startup_write(fd, &block, sizeof block);
    for (int i = 0; i < PART_COUNT && !error; i++)
        error = startup_write(fd, parts[i], block.lengths[i]);
    if (!error && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
        error = -errno;
    if (error && fd >= 0)
        close(fd);
    return error ? error : fd;
}

/* A copy of a part, with two zero units behind it whatever the sender wrote. */
static void *startup_take(const char **at, uint32_t length) {
    char *copy = length ? calloc(1, length + 4) : NULL;

    if (copy)
        memcpy(copy, *at, length);
    *at += (length + 7) & ~7u;
    return copy;
}

static void startup_read(struct startup *startup, const struct startup_block *block, const char *at) {
    startup->unix_image = startup_take(&at, block->lengths[PART_UNIX_IMAGE]);
    startup->image_path = startup_take(&at, block->lengths[PART_IMAGE_PATH]);
    startup->command_line = startup_take(&at, block->lengths[PART_COMMAND_LINE]);
    startup->current_directory = startup_take(&at, block->lengths[PART_CURRENT_DIRECTORY]);
    startup->environment = startup_take(&at, block->lengths[PART_ENVIRONMENT]);
    startup->title = startup_take(&at, block->lengths[PART_TITLE]);
    startup->desktop = startup_take(&at, block->lengths[PART_DESKTOP]);
    startup->shell_info = startup_take(&at, block->lengths[PART_SHELL_INFO]);
    startup->runtime_info = startup_take(&at, block->lengths[PART_RUNTIME_INFO]);
    startup->inherited = startup_take(&at, block->lengths[PART_INHERITED]);
    startup->runtime_info_len = block->lengths[PART_RUNTIME_INFO];
    startup->inherited_len = block->lengths[PART_INHERITED];
    startup->from_parent = true;
    startup->ticket = (struct session_ticket){block->arena_fd, block->process, block->thread};
    startup->console_flags = block->console_flags;
    startup->process_group = block->process_group;
    startup->is_linux = block->is_linux;
    startup->x = block->x;
    startup->y = block->y;
    startup->x_size = block->x_size;
    startup->y_size = block->y_size;
    startup->x_chars = block->x_chars;
    startup->y_chars = block->y_chars;
    startup->fill = block->fill;
    startup->flags = block->flags;
    startup->show_window = block->show_window;
    memcpy(startup->std_handles, block->std_handles, sizeof startup->std_handles);
    startup->console_handle = block->console_handle;
}

static int startup_check(const struct startup_block *block, uint64_t size) {
    uint64_t sum = sizeof *block;

    if (block->magic != STARTUP_MAGIC || block->size != size)
        return -EINVAL;
    for (int i = 0; i < PART_COUNT; i++)
        sum += ((uint64_t)block->lengths[i] + 7) & ~(uint64_t)7;
    return sum == size ? 0 : -EINVAL;
}

int startup_unpack(struct startup *startup, int fd) {
    struct stat about;
    char *bytes;
    int error;

    if (fstat(fd, &about) || about.st_size < (off_t)sizeof(struct startup_block) || about.st_size > STARTUP_MAX)
        return -EINVAL;
    bytes = malloc(about.st_size);
    if (!bytes)
        return -ENOMEM;
    error = pread(fd, bytes, about.st_size, 0) == about.st_size ? 0 : -EIO;
    if (!error)
        error = startup_check((struct startup_block *)bytes, about.st_size);
    memset(startup, 0, sizeof *startup);
    if (!error)
        startup_read(startup, (struct startup_block *)bytes, bytes + sizeof(struct startup_block));
    free(bytes);
    if (!error && (!startup->unix_image || !startup->image_path || !startup->command_line || !startup->environment))
        error = -EINVAL;
    return error;
}
