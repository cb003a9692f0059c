/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a session lives: a folder that only its user can enter, with the protocol's version and a checksum of what is
 * shared (layout.h) in its path, so that two builds of winipc live side by side.  In it: "server", the socket; "lock",
 * held by the server as long as it lives; "trace.log", if the server traces.
 */
#ifndef WINIPC_SESSION_H
#define WINIPC_SESSION_H

#include "libs/protocol/layout.h"
#include "libs/protocol/requests.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/* What of the path tells builds apart, for printf. */
#define SESSION_BUILD "%u-%08x"
#define SESSION_BUILD_VALUES PROTOCOL_VERSION, PROTOCOL_LAYOUT

struct session_folder {
    int fd; /* O_PATH */
    char path[4096];
};

/* session_folder_open() - finds the folder, makes it if it is not there, and checks that it is a directory of ours,
 * mode 0700.
 * @path: the folder, or NULL for $XDG_RUNTIME_DIR/winipc-BUILD, else /tmp/winipc-UID-BUILD.
 * Return: 0 or -errno (-EPERM: it belongs to another user or is open to others). */
int session_folder_open(struct session_folder *folder, const char *path);
void session_folder_close(struct session_folder *folder);
/* session_address() - the server's address; by way of /proc/self/fd where the path is too long for one. */
socklen_t session_address(const struct session_folder *folder, struct sockaddr_un *address);

#endif
