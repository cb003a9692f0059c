/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What section_load.test has done.
 *
 *     sections write ROUNDS   fills a section of 32 MiB, a round a pattern of its own, when the reader has read the last one
 *     sections read ROUNDS    compares each round's bytes
 *     sections names COUNT    makes so many named sections, says "ready", holds them until its stdin ends
 *     sections look COUNT     opens them all and looks at what is in them
 *     sections churn SEED     opens or makes sections out of a few names, counts in them, closes them, for ever; a line after the tenth
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES (32u << 20)
#define WORDS (BYTES / 8)
#define NAMES 12
#define LIMIT_MS 60000

/* Two equal counters, but in the middle of a step under the name's mutex. */
struct count {
    volatile LONG64 first, second;
};

static void fail(const char *what) {
    printf("wrong: %s, error %lu\n", what, GetLastError());
    fflush(stdout);
    ExitProcess(1);
}

static void say(const char *text) {
    printf("%s\n", text);
    fflush(stdout);
}

static void until_stdin_ends(void) {
    while (getchar() != EOF)
        ;
}

static void *map_named(const char *name, DWORD size, HANDLE *section) {
    void *view;

    *section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, size, name);
    view = *section ? MapViewOfFile(*section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (!view)
        fail(name);
    return view;
}

/* ---- traffic ---- */

static void wait_for(HANDLE event) {
    if (WaitForSingleObject(event, LIMIT_MS))
        fail("the other side");
}

static unsigned long long pattern(unsigned round, unsigned word) {
    unsigned long long x = (unsigned long long)round << 32 | word;

    x *= 0x9e3779b97f4a7c15ull;
    return x ^ x >> 29;
}

static int traffic(int writes, unsigned rounds) {
    HANDLE section, full = CreateEventA(NULL, FALSE, FALSE, "winipc-full"), empty = CreateEventA(NULL, FALSE, TRUE, "winipc-empty");
    unsigned long long *words = map_named("winipc-traffic", BYTES, &section);

    for (unsigned round = 0; round < rounds; round++) {
        wait_for(writes ? empty : full);
        for (unsigned i = 0; i < WORDS; i++)
            if (writes)
                words[i] = pattern(round, i);
            else if (words[i] != pattern(round, i))
                fail("a word of the section");
        SetEvent(writes ? full : empty);
    }
    if (writes)
        wait_for(empty); /* the reader is through */
    say("done");
    return 0;
}

/* ---- many names ---- */

static int names(unsigned count, int makes) {
    char name[40];
    HANDLE section;

    for (unsigned i = 0; i < count; i++) {
        unsigned *view;

        snprintf(name, sizeof name, "winipc-many-%u", i);
        if (makes) {
            view = map_named(name, 4096, &section);
            *view = i;
            UnmapViewOfFile(view);
            continue;
        }
        section = OpenFileMappingA(FILE_MAP_READ, FALSE, name);
        view = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
        if (!view || *view != i)
            fail(name);
        UnmapViewOfFile(view);
        CloseHandle(section);
    }
    say("ready");
    if (makes)
        until_stdin_ends();
    return 0;
}

/* ---- kills ---- */

static void count_once(unsigned which) {
    char name[40];
    HANDLE section, mutex;
    struct count *count;
    DWORD got;

    snprintf(name, sizeof name, "winipc-mutex-%u", which);
    mutex = CreateMutexA(NULL, FALSE, name);
    snprintf(name, sizeof name, "winipc-section-%u", which);
    count = map_named(name, 4096, &section);
    got = mutex ? WaitForSingleObject(mutex, LIMIT_MS) : WAIT_FAILED;
    if (got == WAIT_ABANDONED)
        count->second = count->first; /* its owner was killed in the middle of a step */
    else if (got != WAIT_OBJECT_0)
        fail("the mutex");
    if (count->first != count->second)
        fail("counters differ");
    count->first++;
    count->second++;
    ReleaseMutex(mutex);
    UnmapViewOfFile(count);
    CloseHandle(section);
    CloseHandle(mutex);
}

static __attribute__((noreturn)) void churn(unsigned seed) {
    srand(seed);
    for (unsigned i = 1;; i++) {
        count_once((unsigned)rand() % NAMES);
        if (i == 10)
            say("ready");
    }
}

int main(int argc, char **argv) {
    const char *verb = argc > 2 ? argv[1] : "";
    const unsigned number = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

    if (!strcmp(verb, "write") || !strcmp(verb, "read"))
        return traffic(!strcmp(verb, "write"), number);
    if (!strcmp(verb, "names") || !strcmp(verb, "look"))
        return names(number, !strcmp(verb, "names"));
    if (!strcmp(verb, "churn"))
        churn(number);
    return 2;
}
