/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pumps: where a Linux program must read or write a pipe of ours, it gets a Linux pipe, and a thread here carries the bytes.  Ends travel
 * both ways: closed by the writer, the reader gets its end of file; closed by the reader, the writer gets its broken pipe.
 */
#define WIN32_NO_STATUS
#include "loader/pump.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/thread.h"
#include "dlls/ntdll/teb.h"
#include "libs/arena/arena.h"
#include "libs/host/spawn.h"

#define PUMP_MAX 3
#define PUMP_BYTES 65536
#define PUMP_LOOK_AGAIN_MS 10

struct pump {
    HANDLE handle, event;
    int fd;          /* our end of the Linux pipe */
    int bell;        /* eventfd: pumps_flush asks */
    bool writes;     /* to the handle */
    _Atomic bool ended;
    sem_t flushed;   /* posted once a request, and for good at the end */
    sem_t unwatched; /* pump_in: the watch has ended */
    sem_t end;
    char bytes[PUMP_BYTES];
};

static struct pump *pumps[PUMP_MAX];
static size_t n_pumps;

static void semaphore_wait(sem_t *semaphore) {
    while (sem_wait(semaphore))
        ;
}

/* One read or write of the handle, whether it is synchronous or not.  Return: bytes, 0 at the end. */
static ULONG pump_transfer(struct pump *pump, void *data, ULONG size) {
    IO_STATUS_BLOCK iosb = {0};
    NTSTATUS status;

    do {
        status = pump->writes ? NtWriteFile(pump->handle, pump->event, NULL, NULL, &iosb, data, size, NULL, NULL)
                              : NtReadFile(pump->handle, pump->event, NULL, NULL, &iosb, data, size, NULL, NULL);
        if (status == STATUS_PENDING) {
            NtWaitForSingleObject(pump->event, FALSE, NULL);
            status = iosb.Status;
        }
    } while (!status && !iosb.Information && !pump->writes); /* a message without bytes says nothing to a byte stream */
    return status && status != STATUS_BUFFER_OVERFLOW ? 0 : (ULONG)iosb.Information;
}

static bool pump_write_all(struct pump *pump, const char *data, size_t size) {
    while (size) {
        const ULONG done = pump_transfer(pump, (void *)data, (ULONG)size);

        if (!done)
            return false;
        data += done;
        size -= done;
    }
    return true;
}

/* What is in the Linux pipe at this moment goes on; then the one who asked is told. */
static bool pump_flush(struct pump *pump) {
    uint64_t asked;
    int left = 0;
    bool ok = true;

    if (read(pump->bell, &asked, sizeof asked) != sizeof asked)
        return true;
    ioctl(pump->fd, FIONREAD, &left);
    while (ok && left > 0) {
        const ssize_t got = read(pump->fd, pump->bytes, left < PUMP_BYTES ? (size_t)left : PUMP_BYTES);

        ok = got > 0 && pump_write_all(pump, pump->bytes, (size_t)got);
        left -= (int)got;
    }
    sem_post(&pump->flushed);
    return ok;
}

static void pump_run_out(struct pump *pump) {
    for (;;) {
        struct pollfd ready[] = {{.fd = pump->fd, .events = POLLIN}, {.fd = pump->bell, .events = POLLIN}};
        ssize_t got;

        if (poll(ready, 2, -1) < 0)
            continue;
        if (ready[1].revents && !pump_flush(pump))
            return;
        if (ready[1].revents || !ready[0].revents)
            continue;
        got = read(pump->fd, pump->bytes, PUMP_BYTES);
        if (got <= 0 || !pump_write_all(pump, pump->bytes, (size_t)got))
            return;
    }
}

static void pump_run_in(struct pump *pump) {
    ULONG n;

    while ((n = pump_transfer(pump, pump->bytes, PUMP_BYTES))) {
        for (ULONG done = 0; done < n;) {
            const ssize_t put = write(pump->fd, pump->bytes + done, n - done);

            if (put < 0 && errno == EINTR)
                continue;
            if (put < 0)
                return;
            done += (ULONG)put;
        }
    }
}

static DWORD WINAPI pump_main(void *argument) {
    struct pump *pump = argument;
    const uint64_t one = 1;

    if (pump->writes)
        pump_run_out(pump);
    else
        pump_run_in(pump);
    atomic_store(&pump->ended, true);
    if (!pump->writes && write(pump->bell, &one, sizeof one) == sizeof one)
        semaphore_wait(&pump->unwatched); /* while it polls the pipe, that is not closed */
    close(pump->fd);
    NtClose(pump->handle);
    sem_post(&pump->flushed);
    sem_post(&pump->end);
    return 0;
}

/* Notices that a pump_in's readers have gone while it waits for the handle. */
static DWORD WINAPI pump_watch(void *argument) {
    struct pump *pump = argument;
    struct pollfd events[] = {{.fd = pump->fd, .events = 0}, {.fd = pump->bell, .events = POLLIN}};
    IO_STATUS_BLOCK iosb;

    while (poll(events, 2, -1) < 0)
        ;
    while (!events[1].revents) { /* again, should the pump just be on its way into the read */
        NtCancelIoFileEx(pump->handle, NULL, &iosb);
        poll(&events[1], 1, PUMP_LOOK_AGAIN_MS);
    }
    sem_post(&pump->unwatched);
    return 0;
}

/* A pump's thread has a place in the arena, to wait there, but is no thread that the program could see. */
static void pump_thread_hold(void *context) {
    arena_thread_enter((uint32_t)(uintptr_t)context - 1);
}

static void pump_thread_end(void *context, DWORD exit_code) {
    thread_sweep((uint32_t)(uintptr_t)context - 1, exit_code);
    arena_self.slot = NULL;
}

static NTSTATUS pump_thread(DWORD(WINAPI *start)(void *), struct pump *pump) {
    struct thread_plan plan = {.start = start, .argument = pump, .stack_reserve = PUMP_BYTES, .no_dll_calls = TRUE,
        .hold = pump_thread_hold, .end = pump_thread_end};
    const uint32_t slot = thread_slot_claim(arena_process);

    if (slot == ARENA_MAX_THREADS)
        return STATUS_NO_MEMORY;
    plan.context = THREAD_CONTEXT(slot);
    return thread_create(&plan, NULL);
}

static int pump_start(HANDLE handle, bool writes) {
    struct pump *pump = n_pumps < PUMP_MAX ? calloc(1, sizeof *pump) : NULL;
    int ends[2], theirs;

    if (!pump)
        return -ENOMEM;
    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    theirs = spawn_raise_fd(ends[writes ? 1 : 0]);
    close(ends[writes ? 1 : 0]);
    pump->fd = spawn_raise_fd(ends[writes ? 0 : 1]);
    close(ends[writes ? 0 : 1]);
    pump->writes = writes;
    pump->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sem_init(&pump->flushed, 0, 0);
    sem_init(&pump->unwatched, 0, 0);
    sem_init(&pump->end, 0, 0);
    if (theirs < 0 || pump->fd < 0 ||
        NtDuplicateObject(NtCurrentProcess(), handle, NtCurrentProcess(), &pump->handle, 0, 0, DUPLICATE_SAME_ACCESS) ||
        NtCreateEvent(&pump->event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE) ||
        pump_thread(pump_main, pump) || (!writes && pump_thread(pump_watch, pump)))
        return -ENOMEM;
    pumps[n_pumps++] = pump;
    return theirs;
}

int pump_out(HANDLE handle) {
    return pump_start(handle, true);
}

int pump_in(HANDLE handle) {
    return pump_start(handle, false);
}

void pumps_flush(void) {
    const uint64_t one = 1;

    for (size_t i = 0; i < n_pumps && !suspend_ending(); i++) {
        if (pumps[i]->writes && !atomic_load(&pumps[i]->ended) && write(pumps[i]->bell, &one, sizeof one) == sizeof one)
            semaphore_wait(&pumps[i]->flushed);
    }
}

void pumps_join(void) {
    for (size_t i = 0; i < n_pumps && !suspend_ending(); i++)
        semaphore_wait(&pumps[i]->end);
}
