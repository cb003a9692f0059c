/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Linux program that knows nothing of us, started by CreateProcess.  This process is the one that the session knows: it has the process
 * object, the handles and the id.  The program is its child and dies with it (TerminateProcess kills us).
 *
 *   standard handles   files, Linux pipes, terminals: the descriptor itself.  Pipes of ours: a pump.  What is no file: /dev/null.
 *   words              the command line's, split as Windows programs split it; the first one is the program's Linux path
 *   environment        env_to_unix
 *   exit code          the program's; for one that a signal killed 128 + the signal's number, as shells have it, save for SIGINT, which is
 *                      STATUS_CONTROL_C_EXIT
 *
 * The process object is signalled when the program ends and its output has arrived; while descendants of the program hold its pipes, this
 * process stays as their pump.
 */
#define WIN32_NO_STATUS
#include "loader/linux_program.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dlls/ntdll/env.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/file.h"
#include "dlls/ntdll/session.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/teb.h"
#include "dlls/ntdll/thread.h"
#include "libs/host/spawn.h"
#include "loader/command_line.h"
#include "loader/drives.h"
#include "loader/image.h"
#include "loader/pump.h"
#include "loader/run.h"
#include "loader/status.h"

/* ---- standard handles ---- */

static int null_fd(void) {
    const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int raised = fd < 0 ? -errno : spawn_raise_fd(fd);

    if (fd >= 0)
        close(fd);
    return raised;
}

static int std_fd(HANDLE handle, bool input) {
    NTSTATUS status;
    struct file *file = file_from_handle(handle, 0, NULL, &status);
    int fd;

    if (!file)
        return null_fd();
    if (file_kind_is_shared(file->kind))
        fd = input ? pump_in(handle) : pump_out(handle);
    else
        fd = file->fd < 0 ? null_fd() : spawn_raise_fd(file->fd);
    file_put(file);
    return fd;
}

/* One handle for output and errors is one pipe, so that their order stays. */
static int std_fds_make(const struct startup *startup, int fds[3]) {
    for (int i = 0; i < 3; i++) {
        if (i == 2 && startup->std_handles[2] && startup->std_handles[2] == startup->std_handles[1])
            fds[i] = spawn_raise_fd(fds[1]);
        else
            fds[i] = std_fd((HANDLE)(ULONG_PTR)startup->std_handles[i], i == 0);
        if (fds[i] < 0)
            return fds[i];
    }
    return 0;
}

/* The handles that were inherited, 0 at the end; malloced. */
static uint64_t *handles_list(void) {
    const uint64_t n = (uint64_t)atomic_load(&winipc_arena->process[arena_process].n_pages) * ENTRIES_PER_PAGE;
    uint64_t *list = calloc(n + 1, sizeof *list);
    size_t found = 0;

    for (uint64_t i = 1; list && i < n; i++) {
        if (handle_get(i << 2))
            list[found++] = i << 2;
    }
    return list;
}

/* Pipes end when the program's ends are closed: nothing of ours may hold them, but for the pumps, which have handles of their own. */
static void handles_close(uint64_t *list) {
    const int null = null_fd();

    for (size_t i = 0; list && list[i]; i++)
        NtClose((HANDLE)(ULONG_PTR)list[i]);
    for (int i = 0; i < 3 && null >= 0; i++)
        dup2(null, i);
    close(null);
    free(list);
}

/* ---- signals ---- */

/* What ends this process ends the program first; what a terminal sends reaches the program without our help. */
static int signals_take(void) {
    sigset_t taken;

    sigemptyset(&taken);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGQUIT);
    sigaddset(&taken, SIGHUP);
    sigaddset(&taken, SIGTERM);
    suspend_signals(&taken);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    return signalfd(-1, &taken, SFD_CLOEXEC);
}

/* SuspendThread, ResumeThread and TerminateThread of the one thread that the session knows are the program's. */
static void program_stop(pid_t pid) {
    kill(pid, SIGSTOP);
    kill(pid, suspend_rest() ? SIGCONT : SIGKILL);
}

static void signal_pass_on(int signals, pid_t pid) {
    struct signalfd_siginfo info;
    sigset_t asks;

    if (read(signals, &info, sizeof info) != sizeof info)
        return;
    sigemptyset(&asks);
    suspend_signals(&asks);
    if (sigismember(&asks, (int)info.ssi_signo))
        program_stop(pid);
    else if (info.ssi_code <= 0)
        kill(pid, (int)info.ssi_signo);
}

/* ---- its life ---- */

/* Waits for the program's end.  Return: its exit code. */
static uint32_t program_wait(pid_t pid, int pidfd, int signals) {
    struct pollfd events[] = {{.fd = pidfd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    int status = 0;

    for (;;) {
        if (poll(events, 2, -1) < 0)
            continue;
        if (events[0].revents)
            break;
        if (events[1].revents)
            signal_pass_on(signals, pid);
    }
    while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
        ;
    if (suspend_ending())
        return atomic_load(&cell_at(atomic_load(&arena_self.slot->cell) - 1)->thread.exit_code);
    if (WIFEXITED(status))
        return (uint32_t)WEXITSTATUS(status);
    return WTERMSIG(status) == SIGINT ? (uint32_t)STATUS_CONTROL_C_EXIT : 128u + (uint32_t)WTERMSIG(status);
}

static pid_t program_spawn(const struct startup *startup, const sigset_t *mask, int *pidfd) {
    char *directory = startup->current_directory ? drive_dos_to_unix(startup->current_directory) : NULL;
    struct spawn spawn = {.path = startup->unix_image, .argv = command_line_to_unix(startup->command_line),
        .environment = env_to_unix(startup->environment), .directory = directory, .std_fds = {-1, -1, -1}, .tied = true,
        .mask = *mask, .default_signals = true,
        .ignores_interrupt = startup->console_flags & CONSOLE_IGNORES_CTRL_C};
    uint64_t *inherited = handles_list();
    int pid = -ENOMEM;

    if (spawn.argv && spawn.environment && inherited)
        pid = std_fds_make(startup, spawn.std_fds);
    handles_close(inherited);
    if (!pid) {
        spawn.argv[0] = startup->unix_image;
        pid = spawn_start(&spawn, pidfd);
        if (pid < 0)
            dprintf(spawn.std_fds[2], "winipc: %s: %s\n", startup->unix_image, strerror(-pid));
    }
    for (int i = 0; i < 3; i++)
        close(spawn.std_fds[i]);
    free(spawn.argv);
    free(spawn.environment);
    free(directory);
    return pid;
}

/* This thread is the program's main thread, as far as the session sees. */
static void program_join(struct startup *startup) {
    const struct image_info none = {0};
    const uint32_t slot = session_enter(&startup->ticket);
    TEB *teb = thread_make_teb();

    if (!teb || run_publish(startup, &none)) {
        dprintf(2, "winipc: out of memory\n");
        session_exit(WINIPC_INTERNAL);
    }
    teb_enter(teb);
    thread_object_begin(THREAD_CONTEXT(slot));
    thread_object_hold(THREAD_CONTEXT(slot));
}

void linux_program_start(struct startup *startup) {
    sigset_t mask;
    int signals, pidfd = -1;
    uint32_t exit_code;
    pid_t pid;

    sigprocmask(SIG_SETMASK, NULL, &mask);
    signals = signals_take();
    program_join(startup);
    pid = program_spawn(startup, &mask, &pidfd);
    exit_code = pid < 0 ? WINIPC_INTERNAL : program_wait(pid, pidfd, signals);
    pumps_flush();
    session_announce_end(exit_code);
    pumps_join();
    session_exit(exit_code);
}
