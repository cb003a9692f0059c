/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The requests for the values of keys.  Data that are too large for a message travel in a sealed memfd. */
#include "server/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define INLINE_MAX 32768u /* as requests.list says */

/* Copies data that came in a memfd.  Return: false: it is none, or shorter than it is said to be. */
static bool memfd_read(int fd, uint8_t *to, uint32_t size) {
    uint32_t done = 0;

    if (fcntl(fd, F_GET_SEALS) < 0) /* reading anything else could keep us waiting */
        return false;
    while (done < size) {
        const ssize_t n = pread(fd, to + done, size - done, (off_t)done);

        if (n <= 0)
            return false;
        done += (uint32_t)n;
    }
    return true;
}

/* Return: a memfd with the data, or -1. */
static int memfd_write(const uint8_t *data, uint32_t size) {
    const int fd = memfd_create("winipc-value", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    uint32_t done = 0;

    while (fd >= 0 && done < size) {
        const ssize_t n = write(fd, data + done, size - done);

        if (n <= 0) {
            close(fd);
            return -1;
        }
        done += (uint32_t)n;
    }
    if (fd >= 0)
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    return fd;
}

/* The value that a request wants to set. */
static NTSTATUS value_from(const struct key *key, const struct request_key_set_value *request, struct value **value) {
    const struct value *old = value_find(key, request->name, request->n_name);
    const uint16_t *name = old ? old->name : request->name; /* an old one keeps its letters' case */

    if (request->size > VALUE_SIZE_MAX || registry_bytes > REGISTRY_BYTES_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (request->fd < 0 && request->size != request->data_len)
        return STATUS_INVALID_PARAMETER;
    *value = value_make(name, request->n_name, request->type, request->size);
    if (!*value)
        return STATUS_NO_MEMORY;
    if (request->fd < 0) {
        memcpy((*value)->data, request->data, request->size);
    } else if (!memfd_read(request->fd, (*value)->data, request->size)) {
        value_free(*value);
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

int32_t handle_key_set_value(struct client *client, struct request_key_set_value *request, struct reply_key_set_value *reply) {
    const uint64_t now = registry_now();
    struct value *value;
    struct regtext *text;
    struct key *key;
    NTSTATUS status = key_of(client, request->key, KEY_SET_VALUE, true, &key);

    (void)reply;
    if (!status)
        status = key->hive ? value_from(key, request, &value) : STATUS_ACCESS_DENIED;
    if (status)
        return status;
    key->written_100ns = now;
    key->flags &= ~KEY_DEFAULT;
    text = store_begin();
    store_key(text, key);
    regtext_value(text, value->name, value->n_name, value->type, value->data, value->size);
    status = value_room(key) ? store_commit(key->hive, client) : STATUS_NO_MEMORY;
    if (status) {
        value_free(value);
        return status;
    }
    value_put(key, value);
    key_changed(key, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}

int32_t handle_key_delete_value(struct client *client, struct request_key_delete_value *request, struct reply_key_delete_value *reply) {
    struct value *value;
    struct regtext *text;
    struct key *key;
    NTSTATUS status = key_of(client, request->key, KEY_SET_VALUE, true, &key);

    (void)reply;
    if (status)
        return status;
    value = value_find(key, request->name, request->n_name);
    if (!value)
        return store_was_last(client) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    key->written_100ns = registry_now();
    key->flags &= ~KEY_DEFAULT;
    text = store_begin();
    store_key(text, key);
    regtext_value_gone(text, value->name, value->n_name);
    status = store_commit(key->hive, client);
    if (status)
        return status;
    value_remove(key, value);
    key_changed(key, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}

int32_t handle_key_value(struct client *client, struct request_key_value *request, struct reply_key_value *reply) {
    static int fd = -1; /* of the last answer: it goes with it, and stays ours */
    const struct value *value;
    struct key *key;
    const NTSTATUS status = key_of(client, request->key, KEY_QUERY_VALUE, false, &key);

    if (fd >= 0)
        close(fd);
    fd = -1;
    reply->name = request->name;
    reply->data = (const uint8_t *)request->name;
    if (status)
        return status;
    if (request->index != UINT32_MAX)
        value = request->index < key->n_values ? key->value[request->index] : NULL;
    else
        value = value_find(key, request->name, request->n_name);
    if (!value)
        return request->index != UINT32_MAX ? STATUS_NO_MORE_ENTRIES : STATUS_OBJECT_NAME_NOT_FOUND;
    reply->type = value->type;
    reply->size = value->size;
    reply->name = value->name;
    reply->n_name = value->n_name;
    reply->data = value->data;
    if (value->size > request->room)
        return STATUS_SUCCESS;
    if (value->size <= INLINE_MAX) {
        reply->data_len = value->size;
        return STATUS_SUCCESS;
    }
    reply->fd = fd = memfd_write(value->data, value->size);
    return fd < 0 ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}
