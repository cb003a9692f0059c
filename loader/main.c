/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command `winipc`: its options, and the way to the program. */
#include "libs/host/std_fds.h"
#include "loader/loader.h"

#include "loader/check.h"
#include "loader/linux_program.h"
#include "loader/run.h"
#include "loader/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAIN_VERSION "0.1.0"

static const char main_help[] =
    "Usage: winipc PROGRAM.exe [ARGUMENT]...\n"
    "       winipc --check PROGRAM.exe\n"
    "       winipc ps | ls [-a] [PATH] | handles PID | kill PID...\n"
    "       winipc trace [-a] [-d] [-e PATTERN,...] [-o FILE] PID|PROGRAM.exe [ARGUMENT]...\n"
    "       winipc reg | service | section VERB ...\n"
    "       winipc bridge FROM TO [OPTION]... | -c FILE\n"
    "Runs a 64-bit Windows program.  This process becomes the program; its exit status is the low 8 bits of the program's.\n"
    "\n"
    "  --check    list the imports of the program and of its own DLLs that winipc does not have; status 1 if there are any\n"
    "  ps         programs, their threads, what these wait for and who can end it\n"
    "  ls         named objects and their state; -a: also those that are always there\n"
    "  handles    a program's handles\n"
    "  kill       end programs\n"
    "  reg        look into the registry and change it: query, add, delete, export, import\n"
    "  bridge     serve a pipe as a Unix socket, or a socket as a pipe\n"
    "  section    list named sections, show what is in one: ls, cat, hexdump\n"
    "  service    list, start, stop, pause, continue, control, create, delete services\n"
    "  trace      print the calls of a program that runs, or is started: arguments, result, time\n"
    "  --help     this text\n"
    "  --version  the version\n";

static int main_usage(const char *what) {
    dprintf(2, "winipc: %s (winipc --help tells how)\n", what);
    return WINIPC_USAGE;
}

static int main_from_parent(int fd) {
    struct startup startup;
    const int error = startup_unpack(&startup, fd);

    close(fd);
    unsetenv(STARTUP_FD_VARIABLE);
    if (error) {
        dprintf(2, "winipc: a parent's start-up block cannot be read: %s\n", strerror(-error));
        return WINIPC_INTERNAL;
    }
    if (startup.is_linux)
        linux_program_start(&startup);
    winipc_process_start(&startup);
}

static int main_run(int argc, char **argv) {
    struct startup startup;
    int error;

    if (!*argv[0])
        return main_usage("the program's name is empty");
    error = startup_from_arguments(&startup, argc, argv, environ);
    if (error == -E2BIG)
        return main_usage("a Windows command line has at most 32,766 characters");
    if (error == -ENOMEM) {
        dprintf(2, "winipc: %s: out of memory\n", argv[0]);
        return WINIPC_INTERNAL;
    }
    if (error) {
        dprintf(2, "winipc: %s: no such file%s%s\n", argv[0], error == -ENOENT ? "" : ": ", error == -ENOENT ? "" : strerror(-error));
        return WINIPC_NOT_FOUND;
    }
    winipc_process_start(&startup);
}

int winipc_main(int argc, char **argv) {
    const char *fd = getenv(STARTUP_FD_VARIABLE);

    std_fds_occupy();
    if (fd)
        return main_from_parent(atoi(fd));
    if (argc < 2)
        return main_usage("no program given");
    if (!strcmp(argv[1], "--help")) {
        fputs(main_help, stdout);
        return fflush(stdout) ? WINIPC_INTERNAL : WINIPC_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("winipc " MAIN_VERSION);
        return fflush(stdout) ? WINIPC_INTERNAL : WINIPC_OK;
    }
    if (!strcmp(argv[1], "--check"))
        return argc == 3 ? check_program(argv[2]) : main_usage("--check takes one program");
    if (argv[1][0] == '-')
        return main_usage("unknown option");
    return main_run(argc - 1, argv + 1);
}
