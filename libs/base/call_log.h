/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls of traced programs on their way to `winipc trace`: a memfd of the tracer's, in which each traced thread has
 * a lane of its own, written by it and read by the tracer.  No call waits for the tracer, unless the thread's lane is
 * full; none waits for another thread. A thread that is killed leaves what it has written whole: a record counts once
 * `written` has passed it.
 *
 * The memory is shared with programs that may be anything: who reads it checks each length.
 */
#ifndef WINIPC_CALL_LOG_H
#define WINIPC_CALL_LOG_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALL_LOG_VARIABLE "WINIPC_CALLS" /* the memfd's path, in the environment of traced programs */
#define CALL_LOG_SIGNAL                                                                                                \
    (SIGRTMAX - 6) /* asks a program that runs to join the log whose descriptor, of the sender's, comes with it */
#define CALL_LOG_MAGIC 0x31736c6c61637077ull
#define CALL_LANES 1024u
#define CALL_LANE_BYTES 262144u
#define CALL_RECORD_MAX 2048u
#define CALL_ARGS_MAX 16u
#define CALL_TEXT_MAX 1024u
#define CALL_STRING_MAX                                                                                                \
    160u /* bytes of an argument's text that are shown; each text is a uint16_t length and the bytes, UTF-8 */
#define CALL_STRING_CUT 0x8000u /* in the length: it goes on; */
#define CALL_STRING_BAD 0x4000u /* there is no text to be read at that address */

enum call_kind {
    CALL_DEFINE = 1, /* function's number; "dll.Name\0signature\0" */
    CALL_ENTER,      /* function; n arguments, then a text for each str and wstr among them that is not NULL */
    CALL_LEAVE,      /* function; rax, the thread's last error, and what that was before */
    CALL_DEBUG       /* what OutputDebugString was given */
};

struct call_record {
    uint16_t size; /* bytes, this header and what is filled up to a multiple of 8 among them */
    uint8_t kind;
    uint8_t n;
    uint32_t function; /* a number that the process gave it */
    uint64_t time_ns;  /* CLOCK_MONOTONIC */
};

struct call_lane {
    _Atomic uint32_t pid, tid;      /* Linux ids of its writer; pid 0: free */
    _Atomic uint32_t written, read; /* bytes since the lane began; written by their owners alone */
    _Atomic uint32_t ended;         /* by the writer: there will be no more */
    _Atomic uint32_t waits;         /* the writer sleeps on `read`: there is no room */
    uint32_t reserved[10];
    uint8_t bytes[CALL_LANE_BYTES];
};

/* What the tracer sleeps for, if it does. */
enum call_sleep { CALL_AWAKE, CALL_FOR_NEWS, CALL_FOR_A_FULL_LANE };

struct call_log {
    uint64_t magic;
    uint32_t size;            /* of this structure */
    _Atomic uint32_t tracer;  /* its pid; 0: it has ended, nothing need be written any more */
    _Atomic uint32_t asleep;  /* enum call_sleep: the tracer sleeps on bell */
    _Atomic uint32_t bell;    /* futex */
    _Atomic uint32_t n_lanes; /* lanes from here on have never been used */
    _Atomic uint32_t joined;  /* programs that write here, or did */
    uint32_t debug_only;      /* nothing but CALL_DEBUG */
    char only[988];           /* patterns, with commas between: the functions that are traced ("": all but the noise) */
    uint8_t reserved[3072];
    struct call_lane lane[CALL_LANES];
};
_Static_assert(offsetof(struct call_log, lane) == 4096, "a page, then the lanes");

/* The log that this process writes to, NULL for none. */
extern struct call_log *_Atomic call_log;

/* call_log_open() - joins the log at @path.  Return: 0 or -errno (-EPROTO: no log of this build's; -EBUSY: there is
 * one, and its tracer lives). */
int call_log_open(const char *path);
/* call_log_put() - writes a record whose size, kind, n and function are set, in the calling thread's lane; keeps errno.
 * Nothing happens without a log, or when all lanes are taken. */
void call_log_put(struct call_record *record);
/* call_log_thread_end() - the calling thread writes no more. */
void call_log_thread_end(void);
/* call_log_debug() - OutputDebugString's text. */
void call_log_debug(const char *text, size_t length);

#endif
