/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Linux program that looks at a Windows program's shared memory: prints what counter counts, until nothing has
 * changed for some time.
 *
 *     gcc -o counter_watch counter_watch.c $(pkg-config --cflags --libs winipc-objects)
 *     counter_watch [PATIENCE_MS]
 */
#include <winipc/objects.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is in the section, for both programs. */
struct counter {
    int32_t count;
    char text[60];
};

static int fail(const char *what) {
    perror(what);
    return 1;
}

int main(int argc, char **argv) {
    const int patience_ms = argc > 1 ? atoi(argv[1]) : 2000;
    winipc_object *section =
        winipc_section_create("winipc-counter", sizeof(struct counter), NULL); /* whoever comes first */
    winipc_object *changed = winipc_event_create("winipc-counter-changed", 0, 0, NULL);
    winipc_object *mutex = winipc_mutex_create("winipc-counter-mutex", 0, NULL);
    struct counter *counter = section ? winipc_section_map(section, 0, NULL, WINIPC_READ) : NULL;

    if (!counter || !changed || !mutex)
        return fail("counter_watch: opening the objects");
    while (!winipc_wait(changed, patience_ms) && winipc_wait(mutex, -1) >= 0) {
        struct counter now;

        memcpy(&now, counter, sizeof now);
        winipc_mutex_release(mutex);
        printf("%d, %s\n", now.count, now.text);
        fflush(stdout);
    }
    return 0;
}
