/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One of several writers of a database: inserts rows, and says after each transaction how many are in it for good.
 *
 *     sqlite_worker DATABASE WRITER SECONDS       0: one transaction
 *     sqlite_worker DATABASE check                integrity, and how many rows there are
 */
#include "sqlite3.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 10 /* of a transaction */

static int fail(sqlite3 *database, const char *what) {
    fprintf(stderr, "sqlite_worker: %s: %s (%d)\n", what, sqlite3_errmsg(database), sqlite3_extended_errcode(database));
    return 1;
}

static int execute(sqlite3 *database, const char *text) {
    return sqlite3_exec(database, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(database, text);
}

/* Who changes the mode while another does, is told at once that the database is locked, whatever the time-out. */
static int set_mode(sqlite3 *database) {
    static const char text[] = "PRAGMA journal_mode=WAL";
    int result;

    for (int tries = 0; (result = sqlite3_exec(database, text, NULL, NULL, NULL)) == SQLITE_BUSY && tries < 1000; tries++)
        sqlite3_sleep(10);
    return result == SQLITE_OK ? 0 : fail(database, text);
}

static int open_database(const char *path, sqlite3 **database) {
    if (sqlite3_open(path, database) != SQLITE_OK)
        return fail(*database, "open");
    sqlite3_busy_timeout(*database, 60000);
    return set_mode(*database) || execute(*database, "PRAGMA synchronous=NORMAL") ||
           execute(*database, "CREATE TABLE IF NOT EXISTS rows (writer INTEGER, number INTEGER, text TEXT)");
}

static int insert_rows(sqlite3 *database, int writer, int *number) {
    char text[200];

    if (execute(database, "BEGIN IMMEDIATE"))
        return 1;
    for (int i = 0; i < ROWS; i++) {
        snprintf(text, sizeof text, "INSERT INTO rows VALUES (%d, %d, hex(randomblob(%d)))", writer, ++*number, 20 + *number % 200);
        if (execute(database, text))
            return 1;
    }
    return execute(database, "COMMIT");
}

static int write_for(sqlite3 *database, int writer, int seconds) {
    const ULONGLONG end = GetTickCount64() + (ULONGLONG)seconds * 1000;
    int number = 0;

    do {
        if (insert_rows(database, writer, &number))
            return 1;
        printf("%d\n", number);
        fflush(stdout);
    } while (GetTickCount64() < end);
    return 0;
}

static int print_first(void *unused, int n, char **values, char **names) {
    (void)unused;
    (void)names;
    return n < 1 || printf("%s\n", values[0]) < 0;
}

static int check(sqlite3 *database) {
    return sqlite3_exec(database, "PRAGMA integrity_check; SELECT count(*) FROM rows", print_first, NULL, NULL) == SQLITE_OK
               ? 0
               : fail(database, "check");
}

int main(int argc, char **argv) {
    sqlite3 *database = NULL;
    int status;

    if (argc < 3)
        return 2;
    status = open_database(argv[1], &database);
    if (!status)
        status = strcmp(argv[2], "check") ? write_for(database, atoi(argv[2]), argc > 3 ? atoi(argv[3]) : 0) : check(database);
    sqlite3_close(database);
    return status;
}
