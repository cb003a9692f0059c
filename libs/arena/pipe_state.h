/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of a pipe instance (NPFS): listening, connected, closing, disconnected, in one word of its cell that also counts the
 * connections.  Whoever changes it wakes those who wait for the condition that came true; the bytes are in the ring (ring.h).
 */
#ifndef WINIPC_PIPE_STATE_H
#define WINIPC_PIPE_STATE_H

#include "libs/arena/arena.h"

/* Values of FILE_PIPE_*_STATE ([MS-FSCC] FilePipeLocalInformation). */
enum pipe_state { PIPE_DISCONNECTED = 1, PIPE_LISTENING = 2, PIPE_CONNECTED = 3, PIPE_CLOSING = 4 };

/* Conditions that a wait block's key names.  Bits 0/1: the server/client end may read; 2/3: it may write; 4: a client came;
 * 5 (on a CELL_PIPE): an instance is listening; 6/7: all that the server/client end wrote is read. */
#define PIPE_CAN_READ(end) (1u << (end))
#define PIPE_CAN_WRITE(end) (4u << (end))
#define PIPE_HAS_CLIENT 16u
#define PIPE_HAS_LISTENER 32u
#define PIPE_IS_FLUSHED(end) (64u << (end))
#define PIPE_ALL 255u

/* instance.client: the client's quality of service. */
#define PIPE_CLIENT_LEVEL(client) ((client)&3) /* SECURITY_IMPERSONATION_LEVEL */
#define PIPE_CLIENT_STATIC 4u                  /* SECURITY_STATIC_TRACKING */
#define PIPE_CLIENT_EFFECTIVE 8u               /* EffectiveOnly */
#define PIPE_CLIENT_SAID 16u

#define PIPE_STATUS(state, epoch) ((uint32_t)(state) | (uint32_t)(epoch) << 8)
#define PIPE_STATE(status) ((enum pipe_state)((status)&0xff))
#define PIPE_EPOCH(status) ((status) >> 8)

/* pipe_withholds() - what a pipe's configuration (0: clients write, 1: they read, 2: both) keeps from a client: FILE_READ_DATA, FILE_WRITE_DATA. */
static inline uint32_t pipe_withholds(uint32_t configuration) {
    return configuration == 0 ? 1 : configuration == 1 ? 2 : 0;
}

/* pipe_connect() - LISTENING -> CONNECTED for client file object @file (the server, when a client opens the name).  The file's epoch
 * is set; it takes a reference on the instance.  Return: 0, -EBUSY when the instance does not listen, -EAGAIN when its lock is taken. */
int pipe_connect(uint32_t instance, uint32_t file, uint32_t client_pid);
/* pipe_listen() - DISCONNECTED -> LISTENING (ConnectNamedPipe).  Return: 0, or -EINVAL in another state. */
int pipe_listen(uint32_t instance);
/* pipe_disconnect() - any state but DISCONNECTED -> DISCONNECTED.  Return: 0, or -EINVAL. */
int pipe_disconnect(uint32_t instance);
/* pipe_end_close() - the last reference of an end's file object is gone (object_destroy).  Return: 0, or -EAGAIN in the server. */
int pipe_end_close(uint32_t file);
/* pipe_instances() - how many instances of pipe @pipe there are. */
uint32_t pipe_instances(uint32_t pipe);
/* pipe_wake() - wakes who waits for one of @conditions on cell @index.  Return: 0, or -EAGAIN in the server when its lock is taken. */
int pipe_wake(uint32_t index, uint32_t conditions);

#endif
