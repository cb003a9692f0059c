/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same steps with plain Linux calls, to measure winipc against: what the machine itself takes.
 *
 *     raw CASE MS [STEPS]      as windows.c; "nothing" ends at once
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SMALL 64
#define LARGE 65536
#define PACKETS 1000
#define WARM_UP_STEPS 20
#define BATCH 20
#define MAPPED (1ul << 30)
#define PAGE 4096

struct raw {
    unsigned ms, max_steps, steps;
    unsigned warm_up; /* steps before those that are measured */
    unsigned batch;   /* steps between two looks at the clock */
    double seconds;
    int fd; /* our end of what the case uses */
    int passed; /* what goes there and back */
    _Atomic uint32_t *words; /* two futexes that both processes see */
    _Atomic uint32_t left;   /* tokens of this step */
    pthread_t thread, peer;
    struct sockaddr_un address;
    char *buffer;
};

struct raw_case {
    const char *name;
    void (*prepare)(struct raw *raw); /* starts the peer, where there is one */
    void (*step)(struct raw *raw);
    size_t step_bytes;
};

extern char **environ;

static void require(int holds, const char *what) {
    if (holds)
        return;
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The peer ends with us. */
static int peer_fork(void) {
    const pid_t parent = getpid(), pid = fork();

    require(pid >= 0, "fork");
    if (pid)
        return 0;
    require(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl");
    if (getppid() != parent)
        _exit(0); /* it has ended before we asked to hear of it */
    return 1;
}

static int read_all(int fd, char *buffer, size_t size) {
    for (size_t total = 0; total < size;) {
        const ssize_t got = read(fd, buffer + total, size - total);

        if (got <= 0)
            return 0;
        total += (size_t)got;
    }
    return 1;
}

static int write_all(int fd, const char *buffer, size_t size) {
    for (size_t total = 0; total < size;) {
        const ssize_t put = write(fd, buffer + total, size - total);

        if (put <= 0)
            return 0;
        total += (size_t)put;
    }
    return 1;
}

/* ---- Unix sockets and pipes ---- */

static void unix_rtt_prepare(struct raw *raw) {
    int ends[2];

    require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    raw->fd = ends[0];
    if (!peer_fork())
        return;
    while (read_all(ends[1], raw->buffer, SMALL) && write_all(ends[1], raw->buffer, SMALL))
        ;
    _exit(0);
}

static void unix_rtt_step(struct raw *raw) {
    require(write_all(raw->fd, raw->buffer, SMALL) && read_all(raw->fd, raw->buffer, SMALL), "round trip");
}

static void drain_in_peer(struct raw *raw, int reader) {
    if (!peer_fork())
        return;
    while (read(reader, raw->buffer, LARGE) > 0)
        ;
    _exit(0);
}

static void unix_tput_prepare(struct raw *raw) {
    int ends[2];

    require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    raw->fd = ends[0];
    drain_in_peer(raw, ends[1]);
}

static void pipe_tput_prepare(struct raw *raw) {
    int ends[2];

    require(pipe(ends) == 0, "pipe");
    raw->fd = ends[1];
    drain_in_peer(raw, ends[0]);
}

static void send_step(struct raw *raw) {
    require(write_all(raw->fd, raw->buffer, LARGE), "write");
}

static void unix_conn_prepare(struct raw *raw) {
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    raw->address.sun_family = AF_UNIX;
    snprintf(raw->address.sun_path + 1, sizeof raw->address.sun_path - 1, "winipc-bench-%d", (int)getpid());
    require(bind(listener, (struct sockaddr *)&raw->address, sizeof raw->address) == 0 && listen(listener, 1) == 0, "listen");
    if (!peer_fork())
        return;
    for (;;) {
        const int fd = accept(listener, NULL, NULL);

        while (read(fd, raw->buffer, 1) > 0)
            ;
        close(fd);
    }
}

static void unix_conn_step(struct raw *raw) {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    require(connect(fd, (struct sockaddr *)&raw->address, sizeof raw->address) == 0 && write(fd, "x", 1) == 1, "connect");
    close(fd);
}

/* ---- futexes and eventfds ---- */

static void word_wait(_Atomic uint32_t *word) {
    while (!atomic_exchange(word, 0))
        syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void word_set(_Atomic uint32_t *word) {
    atomic_store(word, 1);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void words_map(struct raw *raw) {
    raw->words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(raw->words != MAP_FAILED, "mmap");
}

static void futex_pp_prepare(struct raw *raw) {
    words_map(raw);
    if (peer_fork()) {
        for (;;) {
            word_wait(&raw->words[0]);
            word_set(&raw->words[64]);
        }
    }
}

static void futex_pp_step(struct raw *raw) {
    word_set(&raw->words[0]);
    word_wait(&raw->words[64]);
}

/* A lock that serves in the order of arrival, as Windows' mutexes do: words[0] is the next to be drawn, words[64] the one that is served. */
static void ticket_4p_step(struct raw *raw) {
    const uint32_t mine = atomic_fetch_add(&raw->words[0], 1);
    uint32_t served;

    while ((served = atomic_load(&raw->words[64])) != mine)
        syscall(SYS_futex, &raw->words[64], FUTEX_WAIT, served, NULL, NULL, 0);
    atomic_store(&raw->words[64], mine + 1);
    syscall(SYS_futex, &raw->words[64], FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static void ticket_4p_prepare(struct raw *raw) {
    words_map(raw);
    for (int i = 0; i < 3; i++) {
        if (peer_fork()) {
            for (;;)
                ticket_4p_step(raw);
        }
    }
}

static void eventfd_cycle_step(struct raw *raw) {
    (void)raw;
    close(eventfd(0, EFD_CLOEXEC));
}

/* ---- descriptors ---- */

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static int fd_send(int to, int fd) {
    union control control = {.align = {.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {"x", 1};
    const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};

    memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
    return sendmsg(to, &message, 0) == 1;
}

/* Return: the descriptor, or -1 when the other end is gone. */
static int fd_receive(int from) {
    union control control;
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    int fd;

    if (recvmsg(from, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
        return -1;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static void fd_pass_prepare(struct raw *raw) {
    int ends[2], fd;

    require(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "socketpair");
    raw->fd = ends[0];
    raw->passed = eventfd(0, EFD_CLOEXEC);
    if (!peer_fork())
        return;
    while ((fd = fd_receive(ends[1])) >= 0 && fd_send(ends[1], fd))
        close(fd);
    _exit(0);
}

static void fd_pass_step(struct raw *raw) {
    require(fd_send(raw->fd, raw->passed), "sendmsg");
    require(close(fd_receive(raw->fd)) == 0, "recvmsg");
}

/* ---- threads ---- */

/* Takes one of an eventfd's tokens after the other; who takes a step's last one says so. */
static void *token_worker(void *argument) {
    struct raw *raw = argument;
    uint64_t token;

    while (read(raw->fd, &token, sizeof token) == sizeof token) {
        if (atomic_fetch_sub(&raw->left, 1) == 1)
            word_set(&raw->words[0]);
    }
    return NULL;
}

static void thread_start(void *(*routine)(void *), void *argument) {
    pthread_t thread;

    require(pthread_create(&thread, NULL, routine, argument) == 0, "pthread_create");
}

static void eventfd_4t_prepare(struct raw *raw) {
    raw->words = calloc(1, 4096);
    raw->fd = eventfd(0, EFD_SEMAPHORE);
    for (int i = 0; i < 4; i++)
        thread_start(token_worker, raw);
}

static void eventfd_4t_step(struct raw *raw) {
    const uint64_t token = 1;

    atomic_store(&raw->left, PACKETS);
    for (int i = 0; i < PACKETS; i++)
        require(write(raw->fd, &token, sizeof token) == sizeof token, "write");
    word_wait(&raw->words[0]);
}

/* A signal to a thread and one back. */
static void *signal_worker(void *argument) {
    const struct raw *raw = argument;
    sigset_t set;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    while (sigwait(&set, &number) == 0)
        pthread_kill(raw->thread, SIGUSR2);
    return NULL;
}

static void signal_rtt_prepare(struct raw *raw) {
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    raw->thread = pthread_self();
    require(pthread_create(&raw->peer, NULL, signal_worker, raw) == 0, "pthread_create");
}

static void signal_rtt_step(struct raw *raw) {
    sigset_t set;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_kill(raw->peer, SIGUSR1);
    sigwait(&set, &number);
}

static void *thread_nothing(void *unused) {
    return unused;
}

static void thread_step(struct raw *raw) {
    pthread_t thread;

    (void)raw;
    require(pthread_create(&thread, NULL, thread_nothing, NULL) == 0, "pthread_create");
    pthread_join(thread, NULL);
}

/* ---- processes ---- */

static void spawn_step(struct raw *raw) {
    char *const words[] = {"/proc/self/exe", "nothing", NULL};
    const pid_t pid = vfork();

    (void)raw;
    require(pid >= 0, "vfork");
    if (!pid) {
        execve(words[0], words, environ);
        _exit(127);
    }
    require(waitpid(pid, NULL, 0) == pid, "waitpid");
}

/* ---- files ---- */

#define FILE_NAMES 10000
#define FILE_BLOCKS 1024

static char file_folder[] = "/tmp/raw-bench-XXXXXX";
static int file_fd = -1;

static void file_names(int make) {
    char name[32];

    for (unsigned i = 0; i < FILE_NAMES; i++) {
        snprintf(name, sizeof name, "Name-%05u.txt", i);
        if (make)
            close(open(name, O_CREAT | O_EXCL | O_WRONLY, 0666));
        else
            unlink(name);
    }
}

static void file_clean(void) {
    file_names(0);
    rmdir(file_folder);
}

static void file_names_prepare(struct raw *raw) {
    (void)raw;
    require(mkdtemp(file_folder) && !chdir(file_folder), "mkdtemp");
    file_names(1);
    atexit(file_clean);
}

static void file_open_step(struct raw *raw) {
    static unsigned i;
    char name[32];
    struct stat st;
    int fd;

    (void)raw;
    snprintf(name, sizeof name, "Name-%05u.txt", i++ * 7919 % FILE_NAMES);
    fd = open(name, O_RDONLY);
    require(fd >= 0 && !fstat(fd, &st), "open");
    close(fd);
}

static void file_list_step(struct raw *raw) {
    DIR *directory = opendir(".");
    const struct dirent *entry;
    struct stat st;

    (void)raw;
    while ((entry = readdir(directory)) != NULL)
        require(!fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW), "stat");
    closedir(directory);
}

static char file_buffer[LARGE];
static unsigned file_block;

static void file_write_step(struct raw *raw) {
    (void)raw;
    require(pwrite(file_fd, file_buffer, LARGE, (off_t)(file_block++ % FILE_BLOCKS) * LARGE) == LARGE, "pwrite");
}

static void file_read_step(struct raw *raw) {
    (void)raw;
    require(pread(file_fd, file_buffer, LARGE, (off_t)(file_block++ % FILE_BLOCKS) * LARGE) == LARGE, "pread");
}

static void file_data_prepare(struct raw *raw) {
    char name[] = "/tmp/raw-bench-data-XXXXXX";

    file_fd = mkstemp(name);
    require(file_fd >= 0, "mkstemp");
    unlink(name);
    for (unsigned i = 0; i < FILE_BLOCKS; i++)
        file_write_step(raw);
}

/* ---- shared memory ---- */

static void map_1g_prepare(struct raw *raw) {
    raw->warm_up = 0;
    raw->batch = 1;
}

static void map_1g_step(struct raw *raw) {
    const int fd = memfd_create("bench", MFD_CLOEXEC);
    volatile char *view;

    (void)raw;
    require(ftruncate(fd, MAPPED) == 0, "ftruncate");
    view = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    require(view != MAP_FAILED, "mmap");
    for (size_t i = 0; i < MAPPED; i += PAGE)
        view[i] = 1;
    munmap((void *)view, MAPPED);
    close(fd);
}

static void nothing_to_prepare(struct raw *raw) {
    (void)raw;
}

/* ---- the program ---- */

static const struct raw_case cases[] = {
    {"unix_rtt", unix_rtt_prepare, unix_rtt_step, 0},
    {"unix_tput", unix_tput_prepare, send_step, LARGE},
    {"pipe_tput", pipe_tput_prepare, send_step, LARGE},
    {"unix_conn", unix_conn_prepare, unix_conn_step, 0},
    {"futex_pp", futex_pp_prepare, futex_pp_step, 0},
    {"ticket_4p", ticket_4p_prepare, ticket_4p_step, 0},
    {"eventfd_cycle", nothing_to_prepare, eventfd_cycle_step, 0},
    {"fd_pass", fd_pass_prepare, fd_pass_step, 0},
    {"eventfd_4t", eventfd_4t_prepare, eventfd_4t_step, 0},
    {"signal_rtt", signal_rtt_prepare, signal_rtt_step, 0},
    {"thread", nothing_to_prepare, thread_step, 0},
    {"spawn", nothing_to_prepare, spawn_step, 0},
    {"map_1g", map_1g_prepare, map_1g_step, 0},
    {"file_open", file_names_prepare, file_open_step, 0},
    {"file_list", file_names_prepare, file_list_step, 0},
    {"file_read_tput", file_data_prepare, file_read_step, LARGE},
    {"file_write_tput", file_data_prepare, file_write_step, LARGE},
};

static void measure(struct raw *raw, const struct raw_case *chosen) {
    double begin, limit = raw->ms / 1000.0;

    for (unsigned i = 0; i < raw->warm_up; i++)
        chosen->step(raw);
    begin = now();
    do {
        for (unsigned i = 0; i < raw->batch; i++)
            chosen->step(raw);
        raw->steps += raw->batch;
    } while (raw->max_steps ? raw->steps < raw->max_steps : now() - begin < limit);
    raw->seconds = now() - begin;
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    struct raw raw = {.ms = argc > 2 ? (unsigned)atoi(argv[2]) : 500, .max_steps = argc > 3 ? (unsigned)atoi(argv[3]) : 0,
        .buffer = calloc(1, LARGE)};

    if (!strcmp(name, "nothing"))
        return 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct raw_case *chosen = &cases[i];

        if (strcmp(chosen->name, name))
            continue;
        raw.warm_up = WARM_UP_STEPS;
        raw.batch = raw.ms < 100 ? 1 : BATCH;
        chosen->prepare(&raw);
        measure(&raw, chosen);
        if (chosen->step_bytes)
            printf("%s\t%.3f\tMB/s\t%u\n", name, (double)chosen->step_bytes * raw.steps / raw.seconds / 1e6, raw.steps);
        else
            printf("%s\t%.3f\tus\t%u\n", name, raw.seconds * 1e6 / raw.steps, raw.steps);
        return 0;
    }
    fprintf(stderr, "no case %s\n", name);
    return 2;
}
