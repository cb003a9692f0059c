/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The session arena: one memfd, mapped by every process of a session and by winipcd.  It holds the state of all
 * objects, the handle tables and the wait queues, so that nothing but names, security and deaths needs the server.
 *
 * Three rules hold for every structure below; tests/unit/arena_test.c and the kill test repeat them:
 *  - Records are the truth, links are caches: handle entries say who references a cell, wait blocks say who waits for
 * it.  Reference counts and queues can be made again from them at any time.
 *  - A record is published by one atomic store, after it is whole.  A process may be killed between any two stores.
 *  - Whatever is read here may be garbage.  An index is copied once, bounded by the accessors below, then used.
 *
 * Offsets and indices only, no pointers; fixed-width types; sizes and offsets asserted.  Builds whose headers differ
 * here do not meet (libs/protocol/layout.h).
 */
#ifndef WINIPC_ARENA_H
#define WINIPC_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_MAGIC 0x616e657261706977ull /* "wiparena" */

#define ARENA_PAGE 4096u
#define ARENA_MAX_PROCESSES 4096u
#define ARENA_MAX_THREADS 16384u
#define ARENA_MAX_CELLS (1u << 20)
#define ARENA_MAX_PAGES 32768u /* of handle entries */
#define ARENA_MAX_GRAINS (1u << 24) /* of 8 bytes, of names */

#define WAIT_BLOCKS 64u /* MAXIMUM_WAIT_OBJECTS */

/* ---- cells: one object each ---- */

enum cell_type {
    CELL_FREE = 0,
    CELL_EVENT,
    CELL_MUTANT,
    CELL_SEMAPHORE,
    CELL_TIMER,
    CELL_PROCESS,
    CELL_THREAD,
    CELL_FILE,          /* a file object: on a Linux descriptor, or one end of a pipe instance */
    CELL_PIPE_INSTANCE, /* both ends of a pipe, referenced by their file objects */
    CELL_PIPE,          /* a named pipe: its name and limits, referenced by its instances */
    CELL_LINK,          /* a symbolic link of the object directory */
    CELL_SECTION,
    CELL_KEY,
    CELL_TOKEN,
    CELL_COMPLETION, /* a completion port */
    CELL_PACKET,     /* one entry of a completion port's queue */
    CELL_DIRECTORY,
    CELL_KEYED_EVENT, /* a name for threads to meet at; they do so in private memory */
    CELL_JOB,
    CELL_WAIT_PACKET, /* what it waits for is its process's own */
    CELL_APC, /* a user APC that has not run */
    CELL_CALL, /* what one process asks another one to do */
    CELL_FCB,       /* a file of the disk that is open (fcb.h) */
    CELL_FILE_LOCK, /* one byte range of it that is locked */
    CELL_PATH,      /* a part of a path of it that is to be deleted */
    CELL_MAILSLOT, /* referenced by its ends, which are file objects */
    CELL_TYPE_MAX
};

/*
 * The life of a cell, in cell.state.  FREE -> MAKING by compare-and-swap, with the maker's process slot; MAKING -> LIVE by its maker
 * once a handle entry refers to it; LIVE -> DYING -> FREE by whoever gives the last reference up.  A maker that dies leaves MAKING
 * with its slot, by which the sweep finds the cell.
 */
enum cell_life { LIFE_FREE = 0, LIFE_MAKING = 1, LIFE_LIVE = 2, LIFE_DYING = 3 };

#define CELL_STATE(type, life, generation, owner)                                                                                \
    ((uint64_t)(type) | (uint64_t)(life) << 8 | (uint64_t)(uint16_t)(generation) << 16 | (uint64_t)(owner) << 32)
#define STATE_TYPE(state) ((enum cell_type)((state)&0xff))
#define STATE_LIFE(state) ((enum cell_life)((state) >> 8 & 0xff))
#define STATE_GENERATION(state) ((uint16_t)((state) >> 16))
#define STATE_OWNER(state) ((uint32_t)((state) >> 32))

/*
 * The word that decides whether a wait is satisfied.  The type stands in it, so that a compare-and-swap that comes too late, when the
 * cell has become another object, fails.  With WORD_WAITERS set only the holder of cell.lock changes the word; without it anybody may,
 * by compare-and-swap.
 */
#define WORD_WAITERS (1ull << 63)
#define WORD_ALL_WAITERS (1ull << 55) /* with WORD_WAITERS: some of them may wait for other objects at the same time (wait_all.c) */
#define WORD_TYPE_SHIFT 56
#define WORD_TYPE(word) ((enum cell_type)((word) >> WORD_TYPE_SHIFT & 0x7f))
#define WORD_OF(type) ((uint64_t)(type) << WORD_TYPE_SHIFT)
/* event, timer, process, thread, file: bit 0 is "signalled"; bit 1: a wait that ends does not reset it */
#define WORD_SIGNALED 1ull
#define WORD_MANUAL 2ull
/* semaphore: bits 0-31 are the count */
#define WORD_COUNT(word) ((uint32_t)(word))
/* mutant: bits 0-31 are the owner (THREAD_ID, 0 is none), bit 32 is "abandoned" */
#define WORD_OWNER(word) ((uint32_t)(word))
#define WORD_ABANDONED (1ull << 32)
/* pipe instance, pipe, mailslot: bits 0-7: conditions (PIPE_CAN_*, MAILSLOT_HAS_MAIL) for which somebody waits */
#define WORD_CONDITIONS 0xffull

struct cell {
    _Atomic uint64_t word;       /* see above */
    _Atomic uint64_t state;      /* CELL_STATE */
    _Atomic uint64_t refs;       /* low half: references; high half: counts its changes, so that a recount can see one */
    _Atomic uint32_t lock;       /* robust lock (lock.h) over the queue, and over word while WORD_WAITERS is set */
    _Atomic uint32_t head, tail; /* the queue, a cache: wait block numbers + 1 */
    _Atomic uint32_t ticket;     /* under lock: next place in the queue */
    _Atomic uint32_t grant;      /* under lock: block number + 1 of the waiter that is being granted; see wait.c */
    _Atomic uint32_t name;       /* name record (name.h), or 0; written by the server before the cell is LIVE */
    _Atomic uint64_t grant_word; /* what word becomes when that grant holds */
    _Atomic uint16_t cpu;        /* CPU on which the object was last signalled: a waiter spins only if it is another one */
    _Atomic uint16_t flags;      /* CELL_*, by the maker, before LIVE; CELL_LEFT and CELL_KEPT by the server */
    _Atomic uint32_t security;   /* its security descriptor (data.h), by the server; 0: what such objects have by default */
    union {
        struct {
            uint32_t maximum;
        } semaphore;
        struct {
            _Atomic uint32_t recursion; /* by the owner alone */
        } mutant;
        struct {
            _Atomic uint32_t pid; /* Linux id */
            uint32_t slot;
            _Atomic uint32_t exit_code; /* published before the cell is signalled */
            uint32_t ppid;
            _Atomic uint64_t created_100ns, exited_100ns;
            _Atomic uint64_t user_100ns, kernel_100ns; /* what it used, by itself at its orderly end */
        } process;
        struct {
            _Atomic uint32_t tid, pid; /* Linux ids */
            uint32_t slot;
            _Atomic uint32_t exit_code;
            _Atomic uint64_t created_100ns, exited_100ns;
            _Atomic uint32_t apcs[2]; /* by kind; under lock: CELL_APC + 1, the latest first (apc.c) */
        } thread;
        struct {
            uint32_t kind;          /* enum file_kind */
            uint32_t instance;      /* pipe, mailslot: cell of the instance, of the mailslot, + 1; a reference */
            _Atomic uint32_t epoch; /* pipe client: the instance's connection that this end belongs to */
            _Atomic uint32_t modes; /* pipe: FILE_PIPE_* read and completion mode of this end; mailslot: MAILSLOT_OPENED */
            uint32_t options;       /* FILE_SYNCHRONOUS_IO_*, FILE_APPEND… as given to NtCreateFile */
            uint32_t end;           /* pipe: 0 server, 1 client; mailslot: 0 reader, 1 writer */
            uint32_t pid;           /* Linux id of who opened it */
            _Atomic uint32_t port;  /* completion port + 1, or 0; no reference: a port goes when its last handle is closed */
            uint64_t port_key;      /* these two are written under the lock, before port */
            uint32_t port_generation;
            _Atomic uint32_t notification; /* FILE_SKIP_* */
            _Atomic uint32_t fcb;          /* disk: CELL_FCB + 1, which lives as long as it is named so; these three as fcb.h says */
            _Atomic uint32_t use;          /* FCB_* */
            _Atomic uint32_t path;         /* CELL_PATH + 1: the name that goes with this file object */
        } file;
        struct {                           /* under the lock of its bucket; fcb.h says what holds after a kill */
            uint64_t device, inode;        /* by the maker */
            _Atomic uint32_t next;         /* CELL_FCB + 1: the bucket's chain */
            _Atomic uint32_t path;         /* CELL_PATH + 1: it is to be deleted by that name; 0: it is not */
            _Atomic uint32_t locks;        /* CELL_FILE_LOCK + 1 */
            _Atomic uint32_t pending;      /* it may not be opened any more: it, or that name of it, is going */
            uint32_t named;                /* file objects that name it */
            uint32_t opens;                /* those of them that are open */
            uint16_t sharers;              /* those of these that read, write or delete; then how many do what, and let others do what */
            uint16_t doing[3], letting[3];
        } fcb;
        struct {
            uint64_t start, length, key;
            uint32_t fcb, file;            /* CELL_FCB + 1, CELL_FILE + 1: whose */
            uint32_t process;              /* slot of who locked it */
            uint32_t exclusive;
            _Atomic uint32_t next;         /* CELL_FILE_LOCK + 1 */
        } file_lock;
        struct {
            uint64_t inode;                /* of the file, by which a part that is somebody else's by now is told */
            _Atomic uint32_t next;         /* CELL_PATH + 1 */
            char text[52];
        } path;
        struct {
            uint32_t pipe;           /* CELL_PIPE + 1, a reference; 0 for an anonymous pipe */
            _Atomic uint32_t status; /* FILE_PIPE_*_STATE in the low byte, the connection's epoch above: one store a transition */
            uint32_t type;           /* 1: message type */
            uint32_t configuration;  /* FILE_PIPE_INBOUND, OUTBOUND, FULL_DUPLEX */
            uint32_t quota[2];       /* bytes: [0] towards the server (inbound), [1] towards the client (outbound) */
            _Atomic uint32_t pid[2]; /* Linux ids: [0] server, [1] client */
            _Atomic uint32_t ends;   /* bit 0: the server end is open; bit 1: a client end is open */
            _Atomic uint32_t client; /* PIPE_CLIENT_*: how far the server end may act as the client, by that; 0: it has not said yet */
            uint64_t ring; /* inode of the memfd: by it a new server finds it among its holders' descriptors */
            _Atomic uint32_t token; /* CELL_TOKEN + 1, a reference: whom the client acts as, by it; 0: what its process's says */
            uint32_t reserved;
        } instance;
        struct {
            uint32_t maximum; /* instances; 0xffffffff: no limit */
            uint32_t type, configuration;
            uint32_t reserved;
            uint64_t timeout_100ns; /* default of WaitNamedPipe */
        } pipe;
        struct {                           /* mailslot.h */
            uint32_t maximum;              /* bytes of a message; 0: no limit */
            _Atomic uint32_t ends;         /* bit 0: the reader's end is open */
            _Atomic int64_t timeout_100ns; /* of reads, as NT tells it: 0: none waits, -1: for ever, else -time */
            uint64_t ring;                 /* inode of the memfd, as of an instance */
            uint32_t pid;                  /* Linux id of who made it */
            uint32_t quota;                /* as it was asked for, and is told; the ring has its own limit */
        } mailslot;
        struct {                      /* under lock, but for due_ns, which who signals it moves on */
            _Atomic uint32_t setting; /* rises with each setting and cancelling: an older one is over */
            _Atomic uint32_t setter;  /* PROCESS_ID of who set it and signals it when it is due; then the server does */
            _Atomic uint64_t due_ns;  /* CLOCK_MONOTONIC; 0: not set */
            _Atomic uint32_t period_ms;
            _Atomic uint32_t has_apc; /* for a thread of the setter's: it ends with that */
        } timer;
        struct {                       /* a completion port; port.c says what holds after a kill */
            uint32_t concurrency;       /* by the maker */
            _Atomic uint32_t first;     /* under lock: the queue, CELL_PACKET + 1; one store adds or takes a packet */
            _Atomic uint32_t last;      /* under lock, caches: the queue's end, its length, threads that work for the port */
            _Atomic uint32_t depth, active;
        } port;
        struct {
            uint64_t key, value, information;
            uint32_t status;
            uint32_t port;              /* CELL_COMPLETION + 1 */
            _Atomic uint32_t next;      /* CELL_PACKET + 1, or 0 */
        } packet;
        struct {
            uint64_t function, argument[3];
            uint32_t flags;
            _Atomic uint32_t next; /* CELL_APC + 1, or 0 */
        } apc;
        struct {                     /* dlls/ntdll/remote.c; the cell is the asked process's */
            uint64_t argument[6];    /* by who asks; then, before it is over, by who was asked */
            uint32_t operation, status;
            _Atomic uint32_t state; /* futex: CALL_* */
        } call;
        struct {                          /* by the server; see job.h */
            _Atomic uint32_t parent;      /* the job that this one lies in, cell + 1: a reference */
            _Atomic uint32_t limits;      /* JOB_LIMITS, JOB_CLASS */
            _Atomic uint32_t active;      /* limit: processes at a time */
            _Atomic uint32_t port;        /* completion port + 1, without a reference */
            _Atomic uint32_t port_state;  /* JOB_PORT_GENERATION, JOB_POST_AT_END */
            _Atomic uint32_t n_processes; /* that ever were in it */
            _Atomic uint32_t n_limited;   /* that a limit ended */
            _Atomic uint32_t user_ticks, kernel_ticks; /* JOB_TICK_100NS, of processes that have ended */
            _Atomic uint32_t period_ticks; /* user time used when the job's time limit was set */
            _Atomic uint64_t port_key;
            _Atomic uint64_t process_100ns, job_100ns; /* limits of user time */
        } job;
        struct { /* by the server; see key.h */
            uint64_t id;                /* of the key, which may be gone */
            _Atomic uint32_t filter;    /* REG_NOTIFY_CHANGE_*, KEY_*: what its watchers wait for */
            _Atomic uint32_t pending;   /* such a change came while no event was there */
            struct key_watch {
                _Atomic uint32_t event; /* cell + 1; 0: none */
                uint32_t generation;    /* of the event: another object may be in its cell by now */
                uint32_t thread;        /* THREAD_ID whose end is told as well; 0: none */
            } watch[4];
        } key;
        struct {
            uint32_t target; /* name record: the path that stands in its place */
        } link;
        struct {
            _Atomic uint32_t body; /* what it says (data.h), by the server; 0: what the user's account says */
        } token;
        struct {
            uint64_t size; /* bytes */
            uint32_t protect; /* PAGE_* */
            uint32_t flags;   /* SEC_* */
        } section;
        uint8_t bytes[64];
    };
};
_Static_assert(sizeof(struct cell) == 128, "a cell is two cache lines");
_Static_assert(offsetof(struct cell, process) == 64, "layout of the arena");

#define CELL_NAMED 1u
#define CELL_PERMANENT 2u /* counts as a reference: the directories and links that are always there */
#define CELL_LEFT 4u      /* the server keeps its descriptor: it is told when the object is gone */
#define CELL_KEPT 8u      /* it has data (data.h): the same */

/* ---- handles ---- */

/* A handle table entry, one word: 0 is free, ENTRY_BUSY is reserved.  Entry i is the handle 4 * i; entry 0 is never used.  The
 * access mask is kept in 25 bits: specific and standard rights, and ACCESS_SYSTEM_SECURITY. */
#define ENTRY(cell, access, flags)                                                                                               \
    (1ull << 63 | (uint64_t)(cell) | (uint64_t)((access)&0x1ffffff) << 24 | (uint64_t)(flags) << 50)
#define ENTRY_BUSY (1ull << 62)
#define ENTRY_IN_USE(entry) ((entry) >> 63)
#define ENTRY_CELL(entry) ((uint32_t)((entry)&0xffffff))
#define ENTRY_ACCESS(entry) ((uint32_t)((entry) >> 24 & 0x1ffffff))
#define ENTRY_FLAGS(entry) ((uint32_t)((entry) >> 50 & 3))
#define HANDLE_INHERIT 1u
#define HANDLE_PROTECT 2u

#define ENTRIES_PER_PAGE (ARENA_PAGE / 8)
#define DIRECTORY_PAGES 512u /* a process has at most 512 * 512 handles */

struct handle_page {
    _Atomic uint64_t entry[ENTRIES_PER_PAGE];
};

/* ---- processes and threads ---- */

enum slot_life { SLOT_FREE = 0, SLOT_STARTING = 1, SLOT_RUNNING = 2, SLOT_DEAD = 3 };

/* One word, so that a slot is never claimed without its owner: for a thread its process's slot, for a process the slot of who claimed
 * it (ARENA_MAX_PROCESSES: the server). */
#define SLOT_STATE(life, generation, owner) ((uint32_t)(life) | (uint32_t)(owner) << 3 | (uint32_t)(generation) << 16)
#define SLOT_LIFE(state) ((enum slot_life)((state)&7))
#define SLOT_OWNER(state) ((state) >> 3 & 0x1fff)
#define SLOT_GENERATION(state) ((state) >> 16)
/* The same slot, in another life. */
#define SLOT_MOVED(state, life) (((state) & ~7u) | (uint32_t)(life))

/*
 * The server's answer to a process's latest request that filled a handle: written before the handle's entry, which decides.  A client that
 * lost its server on the way asks the next one again: is the entry filled, it gets this answer, and nothing is done twice.
 */
struct process_answer {
    _Atomic uint32_t serial; /* of the request; 0: none */
    int32_t status;
    uint64_t entry;    /* what the reserved entry becomes */
    uint32_t handle;
    uint32_t reply[4]; /* the reply's fields */
    uint32_t pad;
};
_Static_assert(sizeof(struct process_answer) == 40, "layout of the arena");

struct process_slot {
    _Atomic uint32_t state;    /* SLOT_STATE; FREE -> STARTING by its parent or the server, -> RUNNING by itself, -> DEAD by the sweep */
    _Atomic uint32_t pid;      /* Linux id; 0 until known */
    _Atomic uint32_t cell;     /* its CELL_PROCESS + 1, a reference */
    _Atomic uint32_t n_pages;  /* directory[] entries in use; pages are never given back before the end */
    _Atomic uint32_t doorbell; /* futex word: rises when a pending operation of this process may go on (wait.h) */
    _Atomic uint32_t listeners; /* threads that wait and listen to the doorbell meanwhile */
    _Atomic uint32_t sleepers;  /* those of them that sleep on it */
    _Atomic uint32_t helper_bell; /* futex word of the helper thread: rises with doorbell when nobody listens */
    _Atomic uint64_t born_ns; /* CLOCK_BOOTTIME when pid was written: a process that began later is another one */
    struct process_answer answer;
    _Atomic uint32_t job; /* the innermost job that it is in, cell + 1: a reference; by the server (job.h) */
    _Atomic uint32_t doomed; /* by the server: it is to be killed as soon as its pid is known */
    _Atomic uint32_t gives; /* its pid, once it hands out descriptors when a signal asks (dlls/ntdll/descriptor.c) */
    _Atomic uint32_t first_free; /* a hint: entries before it are in use, as far as is known */
    _Atomic uint32_t serves; /* its pid, once it does what others ask (dlls/ntdll/remote.c) */
    _Atomic uint32_t token; /* CELL_TOKEN + 1, a reference, by its parent, or by who asks for it first; 0: what the user's account says */
    _Atomic uint64_t peb;    /* its address there, by itself */
    _Atomic uint64_t affinity; /* processors that it may run on; 0: never set, what Linux says */
    _Atomic uint32_t priority; /* by whoever sets one, as affinity (dlls/ntdll/scheduling.c) */
    uint32_t reserved[1];
    _Atomic uint32_t directory[DIRECTORY_PAGES]; /* page number + 1 */
};
_Static_assert(sizeof(struct process_slot) == 128 + 4 * DIRECTORY_PAGES, "layout of the arena");

enum call_state {
    CALL_ASKED,
    CALL_OVER,
    CALL_LEFT /* nobody waits for it any more: who was asked frees it */
};

/* What a thread waits for, one object a block.  Block b of thread t has the number t * WAIT_BLOCKS + b. */
struct wait_block {
    _Atomic uint32_t cell;       /* cell + 1 while the wait is on: the record */
    _Atomic uint32_t ticket;     /* place in the cell's queue */
    _Atomic uint32_t next, prev; /* links of the queue, a cache: block numbers + 1 */
    _Atomic uint32_t key;        /* pipe instances: the conditions waited for (PIPE_CAN_*); completion ports: PORT_REMOVE */
    _Atomic uint32_t packet;     /* PORT_REMOVE: the CELL_PACKET + 1 that a grant gives, by the granter */
    uint32_t reserved[2];
};
_Static_assert(sizeof(struct wait_block) == 32, "layout of the arena");

/* A thread's wait word: low half the state below, high half the number of the wait, so that nobody can end a later wait by mistake.
 * The low half is the futex on which the thread sleeps. */
#define WAIT_IDLE 0u
#define WAIT_AWAKE 1u  /* waiting, spinning: a grant needs no wake-up */
#define WAIT_ASLEEP 2u /* waiting, in the kernel or on the way there */
#define WAIT_ALERTABLE 4u /* with one of these two: an APC ends the wait */
#define WAIT_ENDED (1u << 31) /* | block index or WAIT_INDEX_ALL; | WAIT_GRANT_ABANDONED; or one of the three below */
#define WAIT_INDEX(wait) ((wait)&0xffff)
#define WAIT_INDEX_ALL 0xfffcu
#define WAIT_GRANT_ABANDONED (1u << 16)
#define WAIT_ENDED_TIMEOUT (WAIT_ENDED | 0xffff)
#define WAIT_ENDED_APC (WAIT_ENDED | 0xfffe)
#define WAIT_ENDED_GONE (WAIT_ENDED | 0xfffb) /* the object is gone: a completion port's last handle was closed */
#define WAIT_ENDED_AGAIN (WAIT_ENDED | 0xfffd) /* look again: the condition, or a wait for all, may hold now */

struct thread_slot {
    _Atomic uint32_t state;    /* SLOT_STATE */
    _Atomic uint32_t tid;      /* Linux id */
    _Atomic uint32_t cell;     /* its CELL_THREAD + 1, a reference; 0 for a notifier */
    _Atomic uint32_t suspend;  /* futex: SUSPEND_*; a thread that is STARTING waits until the count is 0 */
    _Atomic uint64_t wait;     /* see above */
    _Atomic uint32_t intent;   /* cell + 1 whose reference count this thread is about to change; 0 when it is done */
    _Atomic uint32_t n_blocks; /* blocks that may be in use, from 0 */
    _Atomic uint32_t flags;    /* THREAD_* */
    _Atomic uint32_t apcs;     /* under the lock of its cell: bit 1 << kind: whether there are user APCs of that kind;
                                  1 << (APC_KINDS + kind): whether the thread has taken some of them to itself */
    _Atomic uint64_t fired;    /* notifiers: bit b: block b was granted since the process looked */
    _Atomic uint32_t port;     /* under that port's lock: the completion port + 1 for which this thread works at present */
    _Atomic uint32_t io;       /* THREAD_IO_*: a synchronous operation that may be cancelled */
    _Atomic uint32_t token;    /* the CELL_TOKEN + 1 that it impersonates, a reference; 0: none */
    _Atomic uint32_t priority; /* by whoever sets one (dlls/ntdll/scheduling.c) */
    struct wait_block block[WAIT_BLOCKS];
};
_Static_assert(offsetof(struct thread_slot, block) == 64, "layout of the arena");

#define SUSPEND_COUNT 0xffu  /* by whoever suspends and resumes; at most 127 */
#define SUSPEND_HELD 0x100u   /* by the thread: no code of the program goes on until the count is 0; cleared with the last count */
#define SUSPEND_PARKED 0x200u /* by the thread: it stands still; cleared by itself when the count is 0 */
#define SUSPEND_END 0x400u    /* TerminateThread: it is to end */
#define SUSPEND_APC 0x800u    /* by who sends special APCs: code of the program does not go on before they have run; cleared by the thread */
#define SUSPEND_APC_SEEN 0x1000u /* by the thread: it will come to that; cleared by it, with the other */

enum thread_io { THREAD_IO_NONE, THREAD_IO_RUNS, THREAD_IO_CANCELLED };

#define THREAD_NOTIFIER 1u /* no thread: blocks of pending operations; a grant rings the process's doorbell */
#define THREAD_WAIT_ALL 2u /* the present wait wants all its blocks together */

/* A thread as a mutant's owner: slot + 1 in the low 16 bits, the slot's generation above. */
#define THREAD_ID(slot, generation) ((uint32_t)((slot) + 1) | (uint32_t)(generation) << 16)
#define THREAD_ID_SLOT(id) (((id)&0xffff) - 1)

/* A process slot in one of its lives. */
#define PROCESS_ID(slot, generation) ((uint32_t)((slot) + 1) | (uint32_t)(generation) << 16)
#define PROCESS_ID_SLOT(id) (((id)&0xffff) - 1)

/* Files that are open, by device and inode (fcb.h). */
#define FCB_BUCKETS 2048u
struct fcb_bucket {
    _Atomic uint32_t lock;  /* robust, over the chain and all that hangs on it */
    _Atomic uint32_t first; /* CELL_FCB + 1 */
};

/* ---- the whole ---- */

struct arena_header {
    uint64_t magic;
    uint32_t version;
    uint32_t size_mib;
    uint64_t boot_100ns;          /* when the session began, as a FILETIME */
    _Atomic uint32_t life;        /* robust futex: the server's thread id; sleepers wait on it too, and start the next server */
    _Atomic uint32_t server_pid;
    _Atomic uint32_t server_intent; /* as thread_slot.intent, for the server */
    uint32_t pad[5];
    uint64_t life_node;           /* the server's own: its robust list passes through here (lock.c) */
    _Atomic uint32_t n_cells;     /* cells whose space is allocated: indices below it may be touched */
    _Atomic uint32_t n_pages;     /* likewise */
    _Atomic uint32_t n_processes; /* likewise */
    _Atomic uint32_t n_threads;   /* likewise */
    _Atomic uint32_t free_cell;   /* hints where to look first */
    _Atomic uint32_t free_page;
    _Atomic uint32_t search_debt; /* cells looked at beyond what is fair, since the last growth (cell.c) */
    _Atomic uint32_t n_grains;      /* as n_cells */
    uint32_t root;                  /* cell of the directory \ */
    _Atomic uint32_t server_client; /* process slot + 1 to which the server is giving a handle */
    _Atomic uint32_t servers;       /* futex: how many the session has had; who misses one sleeps on it */
    _Atomic uint32_t locks_files;   /* somebody has locked a byte range of a file: the sweep looks for such locks */
    uint32_t reserved[1024 - 28];
};
_Static_assert(sizeof(struct arena_header) == 4096, "layout of the arena");
_Static_assert(offsetof(struct arena_header, life_node) == offsetof(struct arena_header, life) + 32, "glibc's robust list");

struct arena {
    struct arena_header header;
    _Atomic uint32_t page_owner[ARENA_MAX_PAGES]; /* process slot + 1 that owns the handle page; 0: free */
    struct fcb_bucket fcb[FCB_BUCKETS];
    struct process_slot process[ARENA_MAX_PROCESSES];
    struct thread_slot thread[ARENA_MAX_THREADS];
    struct cell cell[ARENA_MAX_CELLS];
    struct handle_page page[ARENA_MAX_PAGES];
    uint64_t grain[ARENA_MAX_GRAINS]; /* name.h */
};

/* This process's mapping; NULL before arena_create or arena_attach. */
extern struct arena *winipc_arena;
extern int winipc_arena_fd;

/* arena_create() - makes and maps a new arena (the server).  Return: 0 or -errno. */
int arena_create(void);
/* arena_attach() - maps the arena behind @fd after checking size, seals, magic and version; keeps @fd.  Return: 0 or -errno
 * (-EPROTO: another version). */
int arena_attach(int fd);

/* ---- who I am ---- */

/* The calling thread's place in the arena.  The server has none: it never waits for a lock (arena_is_server). */
struct arena_self {
    struct thread_slot *slot;
    uint32_t id; /* THREAD_ID */
    uint32_t index;
    uint32_t wait_number;
    uint32_t tid; /* Linux id */
    uint32_t spin; /* how long a wait may spin, in pauses: adapts (wait.c) */
    struct robust_list_head *robust;
    uint32_t n_owned, max_owned;
    uint32_t *owned; /* cells of the mutants that this thread owns, the latest last */
    uint32_t n_claims, max_claims;
    uint32_t *claims; /* cells that this thread has claimed (wait_all.c) */
};
extern _Thread_local struct arena_self arena_self __attribute__((tls_model("initial-exec")));
extern uint32_t arena_process; /* this process's slot; ARENA_MAX_PROCESSES in the server */
extern bool arena_is_server;

/* arena_thread_enter() - makes the calling thread the owner of thread slot @index (ARENA_MAX_THREADS: the server).  Call it in each
 * thread before any function below. */
void arena_thread_enter(uint32_t index);

/* ---- allocation ---- */

#define NO_CELL 0xffffffffu

/* cell_make() - takes a free cell for an object of @type: MAKING, owned by this process, word WORD_OF(type), one reference, payload
 * zero.  Return: its index, or NO_CELL when the arena is full. */
uint32_t cell_make(enum cell_type type);
/* cell_live() - MAKING -> LIVE, after a handle entry (or another live record) refers to it. */
void cell_live(uint32_t index);
/* cell_ref() - one more reference, for a record that the caller writes.  Return: false when the object is gone. */
bool cell_ref(uint32_t index);
/* cell_unref() - one reference less; the last one destroys the object (object_destroy). */
void cell_unref(uint32_t index);
/* record_drop() - clears a record (cell + 1) and gives its reference back, if it holds one. */
void record_drop(_Atomic uint32_t *place);
/* cell_free() - DYING or MAKING -> FREE.  Only for object_destroy and for a maker that gives up. */
void cell_free(uint32_t index);
/* intent_begin(), intent_end() - around each pair of "write or clear a record" and "change that cell's count": should the caller die
 * between the two, the sweep counts anew. */
static inline void intent_begin(uint32_t index);
static inline void intent_end(void);

/* arena_count() - a count that stands in the arena, bounded. */
static inline uint32_t arena_count(const _Atomic uint32_t *count, uint32_t maximum) {
    const uint32_t n = atomic_load_explicit(count, memory_order_acquire);

    return n < maximum ? n : maximum;
}

/* cell_at() - bounds @index.  Return: the cell, or NULL. */
static inline struct cell *cell_at(uint32_t index) {
    if (index >= arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS))
        return NULL;
    return &winipc_arena->cell[index];
}

static inline uint32_t cell_index(const struct cell *cell) {
    return (uint32_t)(cell - winipc_arena->cell);
}

static inline enum cell_type cell_type(const struct cell *cell) {
    return STATE_TYPE(atomic_load_explicit(&cell->state, memory_order_acquire));
}

/* arena_grow() - allocates space for up to @step more records of an array.  Return: 0 or -errno. */
int arena_grow(_Atomic uint32_t *count, uint32_t maximum, uint32_t step, size_t array, size_t size);

/* process_slot_claim() - takes a free process slot: STARTING, owned by this process.  Return: its index, or ARENA_MAX_PROCESSES. */
uint32_t process_slot_claim(void);
/* process_slot_set_pid() - tells which Linux process the slot is. */
void process_slot_set_pid(uint32_t process, uint32_t pid);
/* thread_slot_claim() - takes a free thread slot (STARTING) for process slot @process.  Return: its index, or ARENA_MAX_THREADS. */
uint32_t thread_slot_claim(uint32_t process);
void thread_slot_release(uint32_t index);

/* ---- handles ---- */

/* handle_reserve() - sets a free entry of process slot @process to ENTRY_BUSY.  Return: the handle, or 0 when memory ran out. */
uint64_t handle_reserve(uint32_t process);
/* handle_reserve_at() - the same for one certain entry.  Return: false when it is taken or memory ran out. */
bool handle_reserve_at(uint32_t process, uint64_t handle);
/* handle_set() - fills a reserved entry; the reference that the caller holds on @cell passes to it. */
void handle_set(uint32_t process, uint64_t handle, uint32_t cell, uint32_t access, uint32_t flags);
/* handle_fill() - the same for another process, which may die meanwhile.  Return: false when the entry is not reserved any more. */
bool handle_fill(uint32_t process, uint64_t handle, uint32_t cell, uint32_t access, uint32_t flags);
/* handle_drop() - frees a reserved entry again. */
void handle_drop(uint32_t process, uint64_t handle);
/* handle_entry() - where the entry of a handle lies.  Return: NULL if the table does not reach that far. */
_Atomic uint64_t *handle_entry(uint32_t process, uint64_t handle);
/* handle_find() - a handle of process slot @process to @cell.  Return: 0 if it has none. */
uint64_t handle_find(uint32_t process, uint32_t cell);
/* handle_close() - frees the entry and gives its reference up.  Return: 0, -EBADF, or -EPERM for HANDLE_PROTECT. */
int handle_close(uint32_t process, uint64_t handle);

/* handle_get() - what a handle of this process stands for.  Return: the whole entry, 0 if there is none. */
static inline uint64_t handle_get(uint64_t handle) {
    const uint64_t index = handle >> 2;
    struct process_slot *process = &winipc_arena->process[arena_process];
    uint32_t page;
    uint64_t entry;

    if (index / ENTRIES_PER_PAGE >= DIRECTORY_PAGES)
        return 0;
    page = atomic_load_explicit(&process->directory[index / ENTRIES_PER_PAGE], memory_order_acquire) - 1;
    if (page >= ARENA_MAX_PAGES)
        return 0;
    entry = atomic_load_explicit(&winipc_arena->page[page].entry[index % ENTRIES_PER_PAGE], memory_order_acquire);
    return ENTRY_IN_USE(entry) && ENTRY_CELL(entry) < ARENA_MAX_CELLS ? entry : 0;
}

static inline _Atomic uint32_t *intent_word(void) {
    return arena_self.slot ? &arena_self.slot->intent : &winipc_arena->header.server_intent;
}

static inline void intent_begin(uint32_t index) {
    atomic_store_explicit(intent_word(), index + 1, memory_order_seq_cst);
}

static inline void intent_end(void) {
    atomic_store_explicit(intent_word(), 0, memory_order_release);
}

/* ---- deaths ---- */

/* cell_handles() - how many handles stand for cell @index. */
uint32_t cell_handles(uint32_t index);

/* process_sweep() - after the death of process slot @process (or at its orderly end, by itself): closes its handles, abandons its
 * mutants, ends its threads' waits, signals its thread and process objects, recounts what it may have left wrong, frees its slots.
 * Every step can be repeated.  Return: 0 when all is done, -EAGAIN when a lock was busy (the server comes back later). */
int process_sweep(uint32_t process, uint32_t exit_code);
/* thread_sweep() - the same for one thread slot. */
int thread_sweep(uint32_t index, uint32_t exit_code);
/* server_sweep() - the same after the death of a server, by the next one. */
int server_sweep(void);

#endif
