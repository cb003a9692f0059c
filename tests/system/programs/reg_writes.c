/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For registry_kill.test.  "write NAME FIRST COUNT": sets values of a key of its own and tells each that was answered ("set N"), and what
 * RegFlushKey has confirmed ("flushed N").  "check NAME": whether all values of such a key are whole; prints the last number.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES 20
#define LARGEST 3000

static BYTE data[LARGEST + 4];

/* What value number n holds: n, and bytes that follow from it. */
static DWORD make(DWORD n) {
    const DWORD size = sizeof n + n * 37 % LARGEST;

    memcpy(data, &n, sizeof n);
    for (DWORD i = sizeof n; i < size; i++)
        data[i] = (BYTE)(n + i * 31);
    return size;
}

static void want(LSTATUS error, const char *what, DWORD n) {
    if (!error)
        return;
    printf("wrong: %s %lu: error %ld\n", what, n, error);
    exit(1);
}

static HKEY open(const char *name) {
    char path[100];
    HKEY key;

    snprintf(path, sizeof path, "Software\\winipc-kill\\%s", name);
    want(RegCreateKeyExA(HKEY_CURRENT_USER, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL), "RegCreateKeyEx", 0);
    return key;
}

static void write_values(HKEY key, DWORD first, DWORD count) {
    for (DWORD n = first; n < first + count; n++) {
        char name[20];
        const DWORD size = make(n);

        snprintf(name, sizeof name, "v%lu", n % VALUES);
        want(RegSetValueExA(key, name, 0, REG_BINARY, data, size), "RegSetValueEx", n);
        want(RegSetValueExA(key, "last", 0, REG_DWORD, (BYTE *)&n, sizeof n), "RegSetValueEx", n);
        printf("set %lu\n", n);
        if (n % 25 == 0) {
            want(RegFlushKey(key), "RegFlushKey", n);
            printf("flushed %lu\n", n);
        }
    }
}

static void check_values(HKEY key) {
    static BYTE there[LARGEST + 4];
    DWORD last = 0, size = sizeof last, n;

    RegQueryValueExA(key, "last", NULL, NULL, (BYTE *)&last, &size);
    for (DWORD i = 0; i < VALUES; i++) {
        char name[20];
        LSTATUS error;

        snprintf(name, sizeof name, "v%lu", i);
        size = sizeof there;
        error = RegQueryValueExA(key, name, NULL, NULL, there, &size);
        if (error == ERROR_FILE_NOT_FOUND)
            continue;
        want(error, "RegQueryValueEx", i);
        memcpy(&n, there, sizeof n);
        if (n % VALUES != i || n > last + 1 || last > n + VALUES || size != make(n) || memcmp(there, data, size)) {
            printf("wrong: value %lu is number %lu, %lu bytes; the last is %lu\n", i, n, size, last);
            exit(1);
        }
    }
    printf("last %lu\n", last);
}

int main(int argc, char **argv) {
    HKEY key;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc < 3)
        return 2;
    key = open(argv[2]);
    if (!strcmp(argv[1], "check"))
        check_values(key);
    else
        write_values(key, (DWORD)strtoul(argv[3], NULL, 10), (DWORD)strtoul(argv[4], NULL, 10));
    RegCloseKey(key);
    return 0;
}
