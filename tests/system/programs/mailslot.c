/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ends of a mailslot for mailslot_kill.test.
 *     mailslot read NAME          makes it, prints "ready"; each line of its input is a number of messages to read, whose
 *                                 check it prints: "ok N" or what was wrong; ends with its input
 *     mailslot write NAME WHO     opens it, prints "ready", writes numbered messages of all lengths until it is killed or
 *                                 an error comes, which it prints
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 200000
#define WHOS 64

struct head {
    unsigned who, number, length, sum;
};

static unsigned char data[ROOM];

static unsigned sum_of(const unsigned char *bytes, unsigned n) {
    unsigned sum = 17;

    for (unsigned i = 0; i < n; i++)
        sum = sum * 31 + bytes[i];
    return sum;
}

/* Short ones mostly, some over several pieces of the ring. */
static unsigned length_of(unsigned number) {
    return sizeof(struct head) + (number % 50 ? number * 37 % 300 : number * 7919 % 150000);
}

static int do_write(const char *name, unsigned who) {
    const HANDLE writer = CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    DWORD n;

    if (writer == INVALID_HANDLE_VALUE) {
        printf("open %lu\n", (unsigned long)GetLastError());
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    for (unsigned number = 0;; number++) {
        struct head head = {who, number, length_of(number), 0};

        memset(data, (int)(number + who), head.length);
        head.sum = sum_of(data + sizeof head, head.length - sizeof head);
        memcpy(data, &head, sizeof head);
        if (WriteFile(writer, data, head.length, &n, NULL))
            continue;
        if (GetLastError() != ERROR_NO_SYSTEM_RESOURCES) {
            printf("write %lu\n", (unsigned long)GetLastError());
            return 1;
        }
        number--; /* as much waits as may; nothing tells when the reader has taken some */
        Sleep(1);
    }
}

static int read_one(HANDLE slot, unsigned next[WHOS]) {
    struct head head;
    DWORD n = 0;

    if (!ReadFile(slot, data, ROOM, &n, NULL)) {
        printf("read %lu\n", (unsigned long)GetLastError());
        return 0;
    }
    memcpy(&head, data, sizeof head);
    if (n >= sizeof head && head.length == n && head.who < WHOS && head.number == next[head.who]++ &&
        head.sum == sum_of(data + sizeof head, n - sizeof head))
        return 1;
    printf("torn: %lu bytes, from %u, number %u, length %u\n", (unsigned long)n, head.who, head.number, head.length);
    return 0;
}

static int do_read(const char *name) {
    const HANDLE slot = CreateMailslotA(name, 0, 20000, NULL);
    static unsigned next[WHOS];
    char line[64];

    if (slot == INVALID_HANDLE_VALUE) {
        printf("create %lu\n", (unsigned long)GetLastError());
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        const int count = atoi(line);
        int n = 0;

        while (n < count && read_one(slot, next))
            n++;
        printf("ok %d\n", n);
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "read"))
        return do_read(argv[2]);
    if (argc == 4 && !strcmp(argv[1], "write"))
        return do_write(argv[2], (unsigned)atoi(argv[3]));
    return 2;
}
