/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a startup description to the program's first instruction, and its exit.  The initial thread stays behind: it has
 * a small stack that says nothing true about the image, so the program's main thread is one of ours.
 */
#define WIN32_NO_STATUS
#include "loader/run.h"

#include "libs/base/call_log.h"
#include "loader/call_trace.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "dlls/ntdll/descriptor.h"
#include "dlls/ntdll/file.h"
#include "dlls/ntdll/heap.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/teb.h"
#include "dlls/ntdll/thread.h"
#include "dlls/ntdll/version.h"
#include "loader/console_event.h"
#include "loader/link.h"
#include "loader/loader.h"
#include "loader/map.h"
#include "loader/module.h"
#include "loader/status.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static char run_name[256] = "winipc"; /* the program's file name */
static bool run_reports_exit;
static uint32_t run_told_code; /* an exit code that a line on stderr has named already */

const char *winipc_program_name(void) {
    return run_name;
}

/* One line, then the end: nothing of the program ran yet. */
static void __attribute__((noreturn, format(printf, 2, 3))) run_fail(enum winipc_status status, const char *format, ...) {
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    dprintf(2, "winipc: %s\n", text);
    _exit(status);
}

static void run_fail_verdict(const char *path, enum image_verdict verdict) {
    static const enum winipc_status statuses[] = {
        [IMAGE_IS_EMPTY] = WINIPC_EMPTY,         [IMAGE_NOT_PE] = WINIPC_NOT_A_PROGRAM,
        [IMAGE_IS_ELF] = WINIPC_ELF,             [IMAGE_TRUNCATED] = WINIPC_DAMAGED,
        [IMAGE_DAMAGED] = WINIPC_DAMAGED,        [IMAGE_I386] = WINIPC_32_BIT,
        [IMAGE_ARM64] = WINIPC_OTHER_MACHINE,    [IMAGE_OTHER_MACHINE] = WINIPC_OTHER_MACHINE,
    };

    run_fail(statuses[verdict], "%s: %s", path, image_verdict_text(verdict));
}

static int run_open(const char *path) {
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO has nobody to wait for */
    struct stat about;

    if (fd < 0 && errno == ENXIO)
        run_fail(WINIPC_NOT_A_PROGRAM, "%s: no regular file, so no Windows program", path);
    if (fd < 0 && (errno == EACCES || errno == EPERM))
        run_fail(WINIPC_NO_PERMISSION, "%s: the file may not be read", path);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG))
        run_fail(WINIPC_NOT_FOUND, "%s: no such file", path);
    if (fd < 0 || fstat(fd, &about))
        run_fail(WINIPC_INTERNAL, "%s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        run_fail(WINIPC_DIRECTORY, "%s: a directory, not a program", path);
    if (!S_ISREG(about.st_mode))
        run_fail(WINIPC_NOT_A_PROGRAM, "%s: no regular file, so no Windows program", path);
    return fd;
}

int run_inspect(const char *path, struct image_info *info) {
    const int fd = run_open(path);
    enum image_verdict verdict;
    const int error = image_read(fd, info, &verdict);

    if (error)
        run_fail(WINIPC_INTERNAL, "%s: %s", path, strerror(-error));
    if (verdict)
        run_fail_verdict(path, verdict);
    if (info->characteristics & IMAGE_FILE_DLL)
        run_fail(WINIPC_IS_DLL, "%s: a DLL, not a program", path);
    if (info->subsystem != IMAGE_SUBSYSTEM_WINDOWS_CUI && info->subsystem != IMAGE_SUBSYSTEM_WINDOWS_GUI)
        run_fail(WINIPC_IS_DLL, "%s: a driver or another system image, not a program", path);
    if (!info->entry)
        run_fail(WINIPC_DAMAGED, "%s: the file is damaged: it has no entry point", path);
    return fd;
}

static void run_std_handles(struct startup *startup) {
    HANDLE handles[3];

    std_handles_init(handles);
    for (int i = 0; i < 3; i++)
        startup->std_handles[i] = (uint64_t)(ULONG_PTR)handles[i];
}

static void run_fill_peb(const struct image_info *info) {
    PEB *peb = winipc_peb();

    peb->OSMajorVersion = VERSION_MAJOR;
    peb->OSMinorVersion = VERSION_MINOR;
    peb->OSBuildNumber = VERSION_BUILD;
    peb->OSPlatformId = VER_PLATFORM_WIN32_NT;
    peb->NumberOfProcessors = sysconf(_SC_NPROCESSORS_ONLN);
    peb->ImageSubSystem = info->subsystem;
    peb->ImageSubSystemMajorVersion = info->subsystem_major;
    peb->ImageSubSystemMinorVersion = info->subsystem_minor;
    peb->HeapSegmentReserve = info->heap_reserve;
    peb->HeapSegmentCommit = info->heap_commit;
    peb->SessionId = 1;
    peb->ProcessHeap = heap_process();
}

static void run_fail_start(NTSTATUS status) {
    const char *dll = link_failed_dll(), *needer = link_failed_needer();

    switch (status) {
    case STATUS_DLL_NOT_FOUND:
        run_fail(WINIPC_NO_DLL, "%s: %s is not there, which %s needs", run_name, dll, needer);
    case STATUS_INVALID_IMAGE_FORMAT:
        if (*dll)
            run_fail(WINIPC_NO_DLL, "%s: %s, which %s needs, is no usable 64-bit DLL", run_name, dll, needer);
        run_fail(WINIPC_DAMAGED, "%s: the file is damaged: its tables point outside it", run_name);
    case STATUS_ACCESS_DENIED:
        run_fail(WINIPC_NO_PERMISSION, "%s: %s may not be read", run_name, dll);
    case STATUS_CONFLICTING_ADDRESSES:
        run_fail(WINIPC_NO_ADDRESS, "%s: the address that %s must have is taken", run_name, dll);
    case STATUS_DLL_INIT_FAILED:
        run_fail(WINIPC_INIT_FAILED, "%s: %s could not initialize", run_name, dll);
    default:
        run_fail(WINIPC_INTERNAL, "%s: cannot be started: status 0x%08X", run_name, (unsigned)status);
    }
}

/* The program's main thread: links it, tells its DLLs and TLS callbacks of the process, and calls its entry point. */
static DWORD WINAPI run_program(void *argument) {
    struct module *program = argument;
    DWORD(WINAPI * entry)(void *peb);
    NTSTATUS status = module_start_program(program);

    if (status)
        run_fail_start(status);
    memcpy(&entry, &program->ldr.EntryPoint, sizeof entry);
    NtTestAlert(); /* APCs that were queued before the process began */
    return thread_run(entry, winipc_peb());
}

/* --- the initial thread's life beside the program: signals that Windows programs know as console events --- */

static sigset_t run_events, run_inherited_mask;

void winipc_child_signal_mask(sigset_t *mask) {
    pthread_sigmask(SIG_SETMASK, NULL, mask);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigismember(&run_events, number) > 0 && sigismember(&run_inherited_mask, number) == 0)
            sigdelset(mask, number);
}

/* Blocks them before any other thread is there, so that only this thread takes them. */
static void run_take_signals(void) {
    console_event_signals(&run_events);
    sigaddset(&run_events, CALL_SIGNAL);
    sigaddset(&run_events, CALL_LOG_SIGNAL);
    pthread_sigmask(SIG_BLOCK, &run_events, &run_inherited_mask);
}

static void __attribute__((noreturn)) run_stay_behind(void) {
    for (;;) {
        siginfo_t info;
        const int number = sigwaitinfo(&run_events, &info);

        if (number < 0 && errno != EINTR)
            pause(); /* all of them are ignored */
        else if (number == CALL_SIGNAL && info.si_code == SI_QUEUE)
            remote_serve((uintptr_t)info.si_value.sival_ptr);
        else if (number == CALL_LOG_SIGNAL && info.si_code == SI_QUEUE)
            call_trace_attach(info.si_pid, info.si_value.sival_int);
        else if (number > 0 && number != CALL_SIGNAL && number != CALL_LOG_SIGNAL)
            console_event_start(number);
    }
}

static void run_set_name(const char *path) {
    const char *slash = strrchr(path, '/');

    snprintf(run_name, sizeof run_name, "%s", slash ? slash + 1 : path);
    prctl(PR_SET_NAME, run_name);
}

int run_publish(struct startup *startup, const struct image_info *info) {
    run_set_name(startup->unix_image);
    call_trace_begin();
    run_fill_peb(info);
    atomic_store(&winipc_arena->process[arena_process].peb, (uintptr_t)winipc_peb());
    file_ignore_signals();
    if (!startup->from_parent)
        run_std_handles(startup);
    else
        file_adopt_list(startup->inherited, startup->inherited_len);
    descriptor_init();
    return startup_publish(startup, winipc_peb());
}

void winipc_process_start(struct startup *startup) {
    struct thread_plan plan = {.start = run_program,
                               .begin = thread_object_begin,
                               .hold = thread_object_hold,
                               .end = thread_object_end,
                               .is_first = TRUE};
    struct image_info info;
    struct module *program;
    uint8_t *base;
    int fd, error;

    run_set_name(startup->unix_image);
    run_reports_exit = !startup->from_parent;
    run_take_signals();
    fd = run_inspect(startup->unix_image, &info);
    error = image_map(fd, &info, &base);
    close(fd);
    if (error == -EADDRINUSE || error == -ENOMEM)
        run_fail(WINIPC_NO_ADDRESS, "%s: no room at the address that it must have", run_name);
    if (error)
        run_fail(WINIPC_INTERNAL, "%s: cannot be mapped: %s", run_name, strerror(-error));
    plan.context = THREAD_CONTEXT(session_enter(startup->from_parent ? &startup->ticket : NULL));
    if (run_publish(startup, &info))
        run_fail(WINIPC_INTERNAL, "%s: out of memory", run_name);
    if (module_add_program(&info, base, startup->image_path, startup->unix_image, &program))
        run_fail(WINIPC_INTERNAL, "%s: out of memory", run_name);
    plan.argument = program;
    plan.entry = program->ldr.EntryPoint;
    plan.entry_argument = winipc_peb();
    plan.stack_reserve = info.stack_reserve;
    remote_init();
    if (thread_create(&plan, NULL))
        run_fail(WINIPC_NO_ADDRESS, "%s: no room for its stack of %llu bytes", run_name, (unsigned long long)info.stack_reserve);
    run_stay_behind();
}

void winipc_process_exit_reported(uint32_t code) {
    run_told_code = code;
}

void winipc_process_report_exit(uint32_t code) {
    if (run_reports_exit && code > 0xff && code != run_told_code)
        dprintf(2, "winipc: %s ended with exit code %u (0x%08X)\n", run_name, code, code);
}
