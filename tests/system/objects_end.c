/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Linux side of section.test, which builds it as a stranger would: with winipc/objects.h and no header of Windows.
 *
 *     objects_end look         at the objects of section_end hold
 *     objects_end write TEXT   into its section
 *     objects_end hold         makes a section, says "ready", holds it until its stdin ends
 *     objects_end abandon      says "ready" when it has been killed as owner of a mutex that this program has open, too
 */
#include <winipc/objects.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what) {
    perror(what);
    return 1;
}

static int until_stdin_ends(void) {
    char byte;

    printf("ready\n");
    fflush(stdout);
    while (read(0, &byte, 1) == 1)
        ;
    printf("ended\n");
    return 0;
}

static void say_error(const char *what) {
    printf("%s: %s\n", what, strerror(errno));
}

static void look_at_section(winipc_object *section) {
    size_t mapped = 0;
    const char *text = winipc_section_map(section, 0, &mapped, WINIPC_READ);

    printf("size %d, mapped %d, text %s\n", (int)winipc_section_size(section), (int)mapped, text ? text : "none");
    if (!winipc_section_open("test-nothing", WINIPC_READ))
        say_error("no name");
    if (!winipc_section_open("test-event", WINIPC_READ))
        say_error("another type");
    if (!winipc_section_map(section, 4096, NULL, WINIPC_READ))
        say_error("a wrong offset");
    if (!winipc_section_map(section, 0, NULL, WINIPC_READ | WINIPC_WRITE))
        say_error("to write what was opened to read");
    if (!winipc_section_open("test-bytes", 0) && !winipc_section_map(section, 0, NULL, 8))
        say_error("for nothing that there is");
    if (winipc_section_unmap((void *)text) || !winipc_section_unmap((void *)text))
        say_error("unmapping");
}

/* Each of them does what it should, and then what it must not. */
static void look_at_others(winipc_object *event, winipc_object *semaphore, winipc_object *mutex) {
    winipc_object *const both[] = {mutex, semaphore};
    int32_t before = -1;

    if (winipc_event_set(event) || winipc_wait(event, -1) || winipc_wait(event, 0) >= 0)
        say_error("event");
    else
        say_error("event, after its wait");
    if (winipc_semaphore_release(semaphore, 1, &before) || winipc_semaphore_release(semaphore, 1, NULL) >= 0)
        say_error("semaphore");
    else
        printf("semaphore: before %d, then %s\n", (int)before, strerror(errno));
    printf("of two, the %d. is free\n", winipc_wait_any(both, 2, 0, NULL));
    if (winipc_mutex_release(mutex))
        say_error("another's mutex");
    if (winipc_wait_any(both, 65, 0, NULL) < 0 && winipc_wait_any(NULL, 2, 0, NULL) < 0)
        say_error("too many, or none");
}

static int look(void) {
    winipc_object *section = winipc_section_open("test-bytes", WINIPC_READ);
    winipc_object *event = winipc_event_open("test-event"), *semaphore = winipc_semaphore_open("test-semaphore");
    winipc_object *mutex = winipc_mutex_open("test-mutex");

    if (!section || !event || !semaphore || !mutex)
        return fail("look");
    look_at_section(section);
    look_at_others(event, semaphore, mutex);
    return winipc_close(section) || !winipc_close(section);
}

static char *map_test_bytes(winipc_object *section) {
    return section ? winipc_section_map(section, 0, NULL, WINIPC_READ | WINIPC_WRITE) : NULL;
}

static int write_text(const char *text) {
    char *to = map_test_bytes(winipc_section_open("test-bytes", WINIPC_READ | WINIPC_WRITE));

    if (!to)
        return fail("write");
    strcpy(to, text);
    return 0;
}

static int hold(void) {
    int existed = -1;
    winipc_object *section = winipc_section_create("test-bytes", 4096, &existed);
    char *to = map_test_bytes(section);

    if (!to || existed)
        return fail("hold");
    strcpy(to, "made by C");
    return until_stdin_ends();
}

/* The child is this program once more: a process of the session begins with exec. */
static int abandon(void) {
    winipc_object *mutex = winipc_mutex_create("test-mutex", 0, NULL),
                  *owned = winipc_event_create("test-owned", 0, 0, NULL);
    const pid_t child = mutex && owned ? fork() : -1;

    if (!child) {
        execl("/proc/self/exe", "objects_end", "own", NULL);
        _exit(1);
    }
    if (child < 0 || winipc_wait(owned, 10000))
        return fail("abandon");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return until_stdin_ends();
}

static int own(void) {
    winipc_object *owned = winipc_event_open("test-owned");

    if (!owned || !winipc_mutex_create("test-mutex", 0, NULL) || winipc_wait(winipc_mutex_open("test-mutex"), 0))
        return fail("own");
    winipc_event_set(owned);
    pause();
    return 0;
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";

    if (!strcmp(verb, "write") && argc == 3)
        return write_text(argv[2]);
    return !strcmp(verb, "look")      ? look()
           : !strcmp(verb, "hold")    ? hold()
           : !strcmp(verb, "abandon") ? abandon()
           : !strcmp(verb, "own")     ? own()
                                      : 2;
}
