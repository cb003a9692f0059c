/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * winipcd: the authority for names, pairing and deaths of one session.  One thread that never blocks: it waits in epoll
 * alone, and what would have to wait for a lock is done again a millisecond later (server_later).
 */
#ifndef WINIPC_SERVER_H
#define WINIPC_SERVER_H

#define WIN32_NO_STATUS
#include <windef.h>
#include <winbase.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#include "libs/arena/arena.h"
#include "libs/arena/step.h"
#include "libs/base/trace.h"
#include "libs/protocol/dispatch.h"
#include "libs/protocol/requests.h"

/* What epoll watches. */
struct source {
    int fd;
    void (*ready)(struct source *source, uint32_t events);
};

/* source_watch() - Return: 0 or -errno. */
int source_watch(struct source *source, uint32_t events);
void source_change(struct source *source, uint32_t events);
/* source_close() - closes the descriptor; the source's memory must live until the events of this turn are handled. */
void source_close(struct source *source);

/* server_later() - asks for another turn in about a millisecond, in which the retry functions run. */
void server_later(void);
/* server_free_later() - frees @memory when the events of this turn are handled. */
void server_free_later(void *memory);
uint64_t server_now_ms(void);

/* ---- processes and their connections ---- */

struct process {
    bool used;
    bool dead; /* its sweep is not done yet */
    uint32_t slot, pid;
    uint32_t generation; /* of the slot */
    struct client *client;
    struct source death; /* pidfd */
};

struct client {
    struct source source;
    uint32_t pid; /* SO_PEERCRED's */
    int pidfd;    /* until it has said hello */
    struct process *process;
    uint32_t serial; /* of the request that is being handled */
    bool again;      /* which was sent to a server that is no more, too */
    struct client *next, *prev;
    void *pending; /* a request that is to be handled again, or a reply that did not go out yet */
    int pending_size, pending_fd;
    bool pending_reply;
    bool dropped;
};

/* client_accept() - takes the connection @fd over. */
void client_accept(int fd);
/* client_drop() - ends a connection; its process lives on. */
void client_drop(struct client *client);
/* clients_retry() - handles the requests again that had to wait. */
void clients_retry(void);
unsigned clients_count(void);

/* process_join() - which process @client is.  @slot: as in HELLO.  Return: an NTSTATUS or HANDLER_AGAIN. */
NTSTATUS process_join(struct client *client, uint32_t slot);
/* processes_retry() - goes on with sweeps that had to wait. */
void processes_retry(void);
/* process_end() - kills a process with an exit code, as soon as it can be. */
void process_end(uint32_t slot, uint32_t exit_code);
/* process_pid() - Return: 0 while it is not known. */
uint32_t process_pid(uint32_t slot);
unsigned processes_count(void);
void processes_dump(void);
/* processes_adopt() - watches the processes of a session that is taken over; those that died meanwhile are swept. */
void processes_adopt(void);
/* process_memfd_find() - memfd_find() (libs/arena/memfd.h) among the descriptors of the living process in @slot. */
int process_memfd_find(uint32_t slot, uint64_t inode);

/* ---- timer.c ---- */

/* timers_adopt() - the process in @slot has died: what it has set comes all the same. */
void timers_adopt(uint32_t slot);
/* timers_collect() - the same for all that died under an earlier server. */
void timers_collect(void);
/* timers_ms() - how long the server may sleep; -1: for ever. */
int timers_ms(void);
/* timers_turn() - signals what is due. */
void timers_turn(void);

/* ---- the session ---- */

/* session_open() - becomes the server of the folder's session.  Return: 1: this process is it; 0: another one can be
 * connected to; -errno. */
int session_open(const char *folder);
int session_listener(void);
/* session_record() - keeps beside the socket which arena it is (@inode of its memfd), and the pids of those who have
 * it: so that the next server finds it. */
int session_record(uint64_t inode);
void session_record_pid(uint32_t slot, uint32_t pid);
void session_record_server(void);
/* session_arena() - looks for the arena of a server that was killed.  Return: its memfd, or -1 when nobody has it any
 * more. */
int session_arena(void);
/* session_data_folder() - the folder of what is kept from session to session: that of who started the session, for its later servers too.
 * Return: false: there is none. */
bool session_data_folder(char *path, size_t room);
/* session_trace_open() - leads stderr into the folder. */
void session_trace_open(void);
/* session_end() - takes the socket away. */
void session_end(void);

/* ---- takeover.c ---- */

/* arena_open() - takes the arena of a killed server over, or makes a new one.  Return: 0 or -errno. */
int arena_open(void);
/* arena_taken_over - whether it was a killed server's. */
extern bool arena_taken_over;
/* takeover_retry() - goes on with what had to wait. */
void takeover_retry(void);

#endif
