/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ELF programs that are built from Windows source and link libwinipc.so: before their main() this joins the session, gives
 * the main thread its TEB, lays out the process parameters, and makes modules of the program and of those of our DLLs that
 * it is linked with.  Threads that the program makes by pthread_create get a TEB too, since a new thread would
 * inherit its creator's GS; the one that libwinipc.so defines comes before the C library's.
 *
 * The command `winipc`, which becomes a program in another way (run.c), is told apart by its file.
 */
#define WIN32_NO_STATUS
#include "loader/run.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/file.h"
#include "dlls/ntdll/session.h"
#include "dlls/ntdll/slots.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/teb.h"
#include "dlls/ntdll/thread.h"
#include "libs/host/std_fds.h"
#include "libs/base/utf.h"
#include "loader/console_event.h"
#include "loader/loader.h"
#include "loader/module.h"
#include "loader/name.h"
#include "loader/pump.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

typedef int pthread_create_fn(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

static bool native_is_on;
static char native_folder[4096]; /* of libwinipc.so, with a "/" at its end */

/* --- threads --- */

struct native_thread {
    void *(*start)(void *);
    void *argument;
    uint32_t slot;
    DWORD exit_code;
};

static __thread struct native_thread *native_self; /* NULL: the main thread */
static uint32_t native_main_slot;

static void native_thread_end(uint32_t slot, DWORD exit_code) {
    if (!suspend_was_ended) {
        fls_run_callbacks();
        winipc_module_thread_detach();
    }
    fls_thread_exit();
    tls_thread_exit();
    thread_object_end(THREAD_CONTEXT(slot), exit_code);
    exception_thread_exit();
    teb_leave();
}

/* The C library waits for it until the process ends, so it stays: without a TEB, a slot, or a way back into main(). */
void winipc_native_main_ended(void) {
    native_thread_end(native_main_slot, 0);
    for (;;)
        pause();
}

static void native_thread_leave(void *argument) {
    struct native_thread *thread = argument;

    native_thread_end(thread->slot, thread->exit_code);
    free(thread);
}

void winipc_native_thread_exit(uint32_t exit_code) {
    if (native_self)
        native_self->exit_code = exit_code; /* for native_thread_leave */
    else
        native_thread_end(native_main_slot, exit_code);
    pthread_exit(NULL);
}

/* Until it returns, or is ended by another. */
static __attribute__((noinline)) void *native_thread_run(struct native_thread *thread) {
    void *base[5], *result;

    if (__builtin_setjmp(base))
        return NULL;
    suspend_end_base = base;
    thread_object_hold(THREAD_CONTEXT(thread->slot));
    winipc_module_thread_attach();
    pthread_cleanup_push(native_thread_leave, thread);
    suspend_point();
    result = thread->start(thread->argument);
    pthread_cleanup_pop(0);
    return result;
}

static void *native_thread_main(void *argument) {
    struct native_thread *thread = argument;
    TEB *teb = thread_make_teb();
    void *result;

    if (!teb) {
        dprintf(2, "winipc: out of memory for a thread\n");
        abort();
    }
    native_self = thread;
    teb_enter(teb);
    exception_thread_init();
    thread_object_begin(THREAD_CONTEXT(thread->slot));
    result = native_thread_run(thread);
    native_thread_leave(thread);
    return result;
}

/* True for code of ours: those threads see to themselves. */
static bool native_is_ours(const void *code) {
    Dl_info about;

    return dladdr(code, &about) && about.dli_fname && !strncmp(about.dli_fname, native_folder, strlen(native_folder));
}

bool native_holds(const void *address) {
    Dl_info of_address, of_program;

    return native_is_on && dladdr(address, &of_address) && dladdr((void *)getauxval(AT_ENTRY), &of_program) &&
           of_address.dli_fbase == of_program.dli_fbase;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    static pthread_create_fn *real;
    struct native_thread *native;
    int error;

    if (!real) {
        void *symbol = dlsym(RTLD_NEXT, "pthread_create");

        memcpy(&real, &symbol, sizeof real);
    }
    if (!native_is_on || native_is_ours((const void *)(uintptr_t)start))
        return real(thread, attributes, start, argument);
    native = malloc(sizeof *native);
    if (!native)
        return EAGAIN;
    *native = (struct native_thread){start, argument, thread_object_make(arena_process), 0};
    error = native->slot == ARENA_MAX_THREADS ? EAGAIN : real(thread, attributes, native_thread_main, native);
    if (error)
        free(native);
    return error;
}

/* --- begin and end --- */

void winipc_console_listen(void) {
    if (native_is_on) /* else the initial thread listens anyway */
        console_event_listen();
}

static bool native_find_folder(void) {
    Dl_info here;
    char *slash;

    if (!dladdr(&winipc_exports_ntdll, &here) || !here.dli_fname || !realpath(here.dli_fname, native_folder))
        return false;
    slash = strrchr(native_folder, '/');
    slash[1] = 0;
    return true;
}

/* In the command itself (programs/winipc), which knows its program by other ways: the linker answers at no cost. */
extern const char winipc_command __attribute__((weak));

/* The file of the running program; false when we are part of it (unit tests). */
static bool native_program(char path[4096]) {
    const ssize_t length = readlink("/proc/self/exe", path, 4095);
    Dl_info here;
    char own[4096];

    if (length <= 0)
        return false;
    path[length] = 0;
    return dladdr(&winipc_exports_ntdll, &here) && realpath(here.dli_fname, own) && strcmp(own, path) != 0;
}

static void native_end(int status, void *unused) {
    (void)unused;
    winipc_module_end_process();
    fflush(NULL);
    pumps_flush();
    file_end_locks();
    session_leave((DWORD)status);
}

/* Our DLLs that the program is linked with become modules, as if it imported them. */
static int native_add_library(struct dl_phdr_info *info, size_t size, void *unused) {
    const char *base = info->dlpi_name ? strrchr(info->dlpi_name, '/') : NULL;
    WCHAR name[64];
    struct module *module;
    size_t length;

    (void)size;
    (void)unused;
    if (!base || strncmp(info->dlpi_name, native_folder, strlen(native_folder)) || strlen(base) > 60)
        return 0;
    length = strlen(++base);
    if (length <= 3 || strcmp(base + length - 3, ".so") || !strcmp(base, "libwinipc.so"))
        return 0;
    for (size_t i = 0; i < length - 3; i++)
        name[i] = (unsigned char)base[i];
    memcpy(name + length - 3, L".dll", sizeof L".dll");
    module_get(name, 0, &module);
    return 0;
}

static void native_fail(const char *what) {
    dprintf(2, "winipc: %s\n", what);
    _exit(125);
}

/* What the C library writes goes where the standard handles lead, pipes of ours included.  Its standard input is not pumped, for that
 * would take bytes from ReadFile. */
static void native_pump_output(const struct startup *startup) {
    for (int i = 1; i < 3; i++) {
        const HANDLE handle = (HANDLE)(ULONG_PTR)startup->std_handles[i];
        NTSTATUS status;
        struct file *file = handle ? file_from_handle(handle, 0, NULL, &status) : NULL;
        int fd = -1;

        if (file && file_kind_is_shared(file->kind))
            fd = i == 2 && startup->std_handles[1] == startup->std_handles[2] ? dup(1) : pump_out(handle);
        if (fd >= 0) {
            dup2(fd, i);
            close(fd);
        }
        if (file)
            file_put(file);
    }
}

static void native_modules(const struct startup *startup, const struct image_info *image, uint8_t *header) {
    struct module *program;

    if (module_add_program(image, header, startup->image_path, startup->unix_image, &program))
        native_fail("out of memory");
    module_lock();
    dl_iterate_phdr(native_add_library, NULL);
    module_unlock();
    if (module_start_program(program))
        native_fail("a DLL could not initialize");
}

/* From the start-up block of a parent of ours, or from argv and environ.  @path: the program's file. */
static void native_startup(struct startup *startup, char *path, int argc, char **argv, char **environment) {
    const char *from_parent = getenv(STARTUP_FD_VARIABLE);
    char *words[argc + 2];
    int error;

    if (from_parent) {
        const int fd = atoi(from_parent);

        error = startup_unpack(startup, fd);
        close(fd);
        unsetenv(STARTUP_FD_VARIABLE);
        if (error)
            native_fail("a parent's start-up block cannot be read");
        return;
    }
    words[0] = path;
    for (int i = 1; i < argc; i++)
        words[i] = argv[i];
    if (startup_from_arguments(startup, argc ? argc : 1, words, environment))
        native_fail("out of memory");
}

static void __attribute__((constructor)) native_start(int argc, char **argv, char **environment) {
    struct image_info image;
    struct startup startup;
    char path[4096];
    uint8_t *header;
    uint32_t slot;
    TEB *teb;

    if (&winipc_command || !native_find_folder() || !native_program(path))
        return;
    std_fds_occupy();
    native_startup(&startup, path, argc, argv, environment);
    slot = native_main_slot = session_enter(startup.from_parent ? &startup.ticket : NULL);
    teb = thread_make_teb();
    header = builtin_header(&image);
    if (!teb || !header || run_publish(&startup, &image))
        native_fail("out of memory");
    teb_enter(teb);
    exception_thread_init();
    suspend_native_program((const void *)(uintptr_t)getauxval(AT_ENTRY));
    thread_object_begin(THREAD_CONTEXT(slot));
    thread_object_hold(THREAD_CONTEXT(slot));
    native_is_on = true;
    if (startup.from_parent)
        native_pump_output(&startup);
    native_modules(&startup, &image, header);
    on_exit(native_end, NULL);
    if (startup.console_flags & CONSOLE_IGNORES_CTRL_C)
        console_event_listen(); /* by default the signal would end it */
    NtTestAlert(); /* APCs that were queued before the process began */
}
