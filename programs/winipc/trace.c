/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * winipc trace: runs a program, or joins one that runs, and prints its calls, and those of the programs that it starts.
 * They write them into a log in shared memory (libs/base/call_log.h); here they are read, brought into the order of
 * time, and printed.  It ends with the last of them, with the exit status of the first.
 */
#include "programs/winipc/trace.h"

#include "programs/winipc/look.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define USAGE "trace [-a] [-d] [-e PATTERN,...] [-o FILE] PID|PROGRAM.exe [ARGUMENT]..."
#define JOIN_MS 5000
#define QUIET_MS 50 /* without news for so long, an open line is ended */
#define GATHER_MS 3
#define LOOK_MS 500 /* how often the writers are looked for */
#define BATCH_BYTES (4u << 20)

static struct call_log *log_;
static volatile sig_atomic_t detached;
static int out_error; /* errno of the first part that could not be written */

static struct {
    struct trace_record *record;
    size_t n, room;
    char *bytes; /* BATCH_BYTES */
    size_t used;
} batch;

static uint64_t now_ns(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- reading ---- */

static uint32_t n_lanes(void) {
    const uint32_t n = atomic_load(&log_->n_lanes);

    return n < CALL_LANES ? n : CALL_LANES;
}

static void lane_copy(const struct call_lane *lane, uint32_t from, void *to, uint32_t size) {
    const uint32_t at = from % CALL_LANE_BYTES, first = size < CALL_LANE_BYTES - at ? size : CALL_LANE_BYTES - at;

    memcpy(to, lane->bytes + at, first);
    memcpy((char *)to + first, lane->bytes, size - first);
}

static bool batch_add(uint32_t index, const struct call_lane *lane, const struct call_record *record) {
    if (batch.n == batch.room) {
        const size_t want = batch.room ? 2 * batch.room : 4096;
        struct trace_record *more = realloc(batch.record, want * sizeof *more);

        if (!more)
            return false;
        batch.record = more;
        batch.room = want;
    }
    batch.record[batch.n] = (struct trace_record){.lane = index,
        .pid = atomic_load(&lane->pid),
        .tid = atomic_load(&lane->tid),
        .at = (uint32_t)batch.n,
        .record = record};
    batch.n++;
    return true;
}

/* Takes what the lane has, as far as there is room for it. */
static void lane_drain(uint32_t index) {
    struct call_lane *lane = &log_->lane[index];
    const uint32_t written = atomic_load(&lane->written);
    uint32_t read = atomic_load(&lane->read);
    struct call_record head;

    while (read != written && BATCH_BYTES - batch.used > CALL_RECORD_MAX) {
        struct call_record *record = (struct call_record *)(batch.bytes + batch.used);

        lane_copy(lane, read, &head, sizeof head);
        if (written - read < sizeof head || head.size < sizeof head || head.size % 8 || head.size > written - read ||
            head.size > CALL_RECORD_MAX) {
            read = written; /* somebody has written over it */
            break;
        }
        lane_copy(lane, read, record, head.size);
        record->size = head.size;
        read += head.size;
        if (record->kind == CALL_DEFINE ? !trace_define(atomic_load(&lane->pid), record)
                                        : !batch_add(index, lane, record))
            break;
        batch.used += head.size;
    }
    atomic_store(&lane->read, read);
    if (atomic_exchange(&lane->waits, 0))
        syscall(SYS_futex, &lane->read, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* A lane whose thread is gone, and which is empty, is for the next one. */
static void lane_release(uint32_t index, bool look) {
    struct call_lane *lane = &log_->lane[index];
    const uint32_t pid = atomic_load(&lane->pid), tid = atomic_load(&lane->tid);
    const bool ended =
        atomic_load(&lane->ended) || (look && tid && syscall(SYS_tgkill, pid, tid, 0) < 0 && errno == ESRCH);

    if (!pid || !ended || atomic_load(&lane->written) != atomic_load(&lane->read))
        return;
    trace_thread_gone(index);
    atomic_store(&lane->tid, 0);
    atomic_store(&lane->ended, 0);
    atomic_store(&lane->pid, 0);
}

static bool lane_has_news(const struct call_lane *lane) {
    return atomic_load(&lane->pid) && atomic_load(&lane->written) != atomic_load(&lane->read);
}

/* A second look finds what the first one's records refer to: a function is told before it can be called. */
static void lanes_drain(void) {
    batch.n = batch.used = 0;
    for (int look = 0; look < 2; look++) {
        for (uint32_t i = 0; i < n_lanes(); i++) {
            if (lane_has_news(&log_->lane[i]))
                lane_drain(i);
        }
    }
}

static int earlier(const void *a, const void *b) {
    const struct trace_record *first = a, *second = b;

    if (first->record->time_ns != second->record->time_ns)
        return first->record->time_ns < second->record->time_ns ? -1 : 1;
    return first->at < second->at ? -1 : 1;
}

static void out_flush(FILE *out) {
    if (fflush(out) && !out_error)
        out_error = errno;
}

/* Return: whether there was anything. */
static bool lanes_show(FILE *out, bool look) {
    lanes_drain();
    if (batch.n)
        qsort(batch.record, batch.n, sizeof *batch.record, earlier);
    for (size_t i = 0; i < batch.n; i++)
        trace_show(&batch.record[i]);
    for (uint32_t i = 0; i < n_lanes(); i++)
        lane_release(i, look);
    if (batch.n)
        out_flush(out);
    return batch.n || batch.used;
}

static bool lanes_in_use(void) {
    for (uint32_t i = 0; i < n_lanes(); i++) {
        if (atomic_load(&log_->lane[i].pid))
            return true;
    }
    return false;
}

static bool lane_is_full(const struct call_lane *lane) {
    return atomic_load(&lane->pid) && atomic_load(&lane->written) - atomic_load(&lane->read) > CALL_LANE_BYTES / 2;
}

/* Sleeps until somebody writes, or has no room to; or for a while. */
static void log_await(enum call_sleep what, uint32_t ms) {
    const struct timespec pause = {.tv_nsec = ms * 1000000};
    const uint32_t bell = atomic_load(&log_->bell);

    atomic_store(&log_->asleep, what);
    for (uint32_t i = 0; i < n_lanes(); i++) {
        if (what == CALL_FOR_NEWS ? lane_has_news(&log_->lane[i]) : lane_is_full(&log_->lane[i]))
            return;
    }
    syscall(SYS_futex, &log_->bell, FUTEX_WAIT, bell, &pause, NULL, 0);
}

/* ---- the command ---- */

/* Return: its descriptor, -1 with errno. */
static int log_make(const char *only, bool debug_only) {
    const int fd = memfd_create("winipc calls", MFD_CLOEXEC);

    batch.bytes = malloc(BATCH_BYTES);
    if (!batch.bytes || fd < 0 || ftruncate(fd, sizeof *log_))
        return -1;
    log_ = mmap(NULL, sizeof *log_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (log_ == MAP_FAILED)
        return -1;
    log_->magic = CALL_LOG_MAGIC;
    log_->size = sizeof *log_;
    log_->debug_only = debug_only;
    snprintf(log_->only, sizeof log_->only, "%s", only);
    atomic_store(&log_->tracer, (uint32_t)getpid());
    return fd;
}

static pid_t program_start(int fd, char **argv) {
    const pid_t tracer = getpid(), child = fork();
    char path[64];

    if (child)
        return child;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)tracer, fd);
    setenv(CALL_LOG_VARIABLE, path, 1);
    argv[0] = "winipc";
    execv("/proc/self/exe", argv);
    fprintf(stderr, "winipc: cannot start itself: %s\n", strerror(errno));
    _exit(LOOK_FAILED);
}

/* Asks a program that runs.  Return: its pidfd, or -1 after a complaint. */
static int program_join(uint32_t pid, int fd) {
    const uint32_t slot = look_process_slot(pid);
    const union sigval value = {.sival_int = fd};
    const int process = slot == ARENA_MAX_PROCESSES ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    const uint64_t began_ns = now_ns();

    if (process < 0 || look_process(slot) != pid) {
        fprintf(stderr, "winipc: process %u: no Windows program of this session; see winipc ps\n", pid);
        return -1;
    }
    if (atomic_load(&winipc_arena->process[slot].serves) != pid) {
        fprintf(stderr, "winipc: process %u is a native program: what it calls does not pass winipc's loader\n", pid);
        return -1;
    }
    if (sigqueue((pid_t)pid, CALL_LOG_SIGNAL, value)) {
        fprintf(stderr, "winipc: process %u: %s\n", pid, strerror(errno));
        return -1;
    }
    while (!atomic_load(&log_->joined) && now_ns() - began_ns < JOIN_MS * 1000000ull)
        log_await(CALL_FOR_NEWS, 1);
    if (atomic_load(&log_->joined))
        return process;
    fprintf(stderr, "winipc: process %u does not answer: it is stopped, or traced already\n", pid);
    return -1;
}

static void detach(int number) {
    (void)number;
    detached = 1;
}

/* Return: whether the program has ended; then *status is its wait status, where it is a child. */
static bool program_ended(pid_t child, int process, int *status) {
    struct pollfd end = {.fd = process, .events = POLLIN};

    return process < 0 ? waitpid(child, status, WNOHANG) == child : poll(&end, 1, 0) > 0;
}

/* Until the program, @child or behind @process, and all that it started have ended, or an interrupt of one that was
 * joined.  Return: a child's exit status. */
static int follow(pid_t child, int process, FILE *out) {
    uint64_t news_ns = now_ns(), look_ns = 0;
    bool running = true;
    int status = 0;

    while (!detached && (running || lanes_in_use())) {
        const bool look = now_ns() - look_ns > LOOK_MS * 1000000ull;

        look_ns = look ? now_ns() : look_ns;
        if (lanes_show(out, look || !running)) {
            news_ns = now_ns();
            log_await(CALL_FOR_A_FULL_LANE, GATHER_MS); /* many at a time: that disturbs the programs least */
            continue;
        }
        if (now_ns() - news_ns > QUIET_MS * 1000000ull) {
            trace_settle();
            out_flush(out);
        }
        if (running && program_ended(child, process, &status))
            running = false;
        else
            log_await(CALL_FOR_NEWS, QUIET_MS);
    }
    atomic_store(&log_->tracer, 0);
    lanes_show(out, false);
    trace_settle();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct options {
    const char *only, *file;
    bool debug_only;
};

/* Return: the index of the program in argv, 0 after a complaint. */
static int options_read(struct options *options, int argc, char **argv) {
    static const struct option names[] = {{"all", no_argument, NULL, 'a'}, {"debug-output", no_argument, NULL, 'd'},
        {"only", required_argument, NULL, 'e'}, {"output", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "+ade:o:", names, NULL)) >= 0) {
        if (option == 'a')
            options->only = "*";
        else if (option == 'd')
            options->debug_only = true;
        else if (option == 'e')
            options->only = optarg;
        else if (option == 'o')
            options->file = optarg;
        else
            return 0;
    }
    if (strlen(options->only) >= sizeof log_->only) {
        fprintf(stderr, "winipc: -e takes %zu characters at most\n", sizeof log_->only - 1);
        return 0;
    }
    return optind < argc ? optind : 0;
}

/* Return: the exit status of a program that was started, 0 of one that was joined. */
static int trace(int fd, FILE *out, char **argv, int program) {
    const uint32_t pid = look_pid(argv[program]);
    int process = -1;
    pid_t child = 0;

    trace_print_begin(out, now_ns());
    if (pid) {
        process = look_open() ? program_join(pid, fd) : -1;
        if (process < 0)
            return LOOK_NO_SESSION;
        signal(SIGINT, detach);
    } else {
        child = program_start(fd, argv + program - 1);
        if (child < 0) {
            fprintf(stderr, "winipc: cannot start the program: %s\n", strerror(errno));
            return LOOK_FAILED;
        }
        signal(SIGINT, SIG_IGN); /* the program decides; its end is ours */
    }
    return follow(child, process, out);
}

int trace_main(int argc, char **argv) {
    struct options options = {.only = ""};
    const int program = options_read(&options, argc, argv);
    FILE *out = stderr;
    int fd, status;

    if (!program || (argc > program + 1 && look_pid(argv[program])))
        return look_usage(USAGE);
    if (options.file)
        out = fopen(options.file, "we");
    fd = out ? log_make(options.only, options.debug_only) : -1;
    if (fd < 0) {
        fprintf(stderr, "winipc: %s: %s\n", out ? "no memory for the trace" : options.file, strerror(errno));
        return LOOK_FAILED;
    }
    setvbuf(out, NULL, _IOFBF, 1 << 16);
    status = trace(fd, out, argv, program);
    out_flush(out);
    if (out_error || ferror(out)) {
        fprintf(stderr, "winipc: the trace is not whole: %s\n", strerror(out_error ? out_error : EIO));
        return LOOK_FAILED;
    }
    return status;
}
