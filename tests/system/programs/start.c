/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* start HOW COMMAND [TEXT]: starts a program, with its standard handles as HOW says, and prints what came of it. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ends {
    HANDLE read, write;
};

static struct ends pipe_make(int kept) { /* kept: which end stays here */
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    struct ends ends;

    if (!CreatePipe(&ends.read, &ends.write, &inherit, 0))
        ExitProcess(99);
    SetHandleInformation(kept ? ends.write : ends.read, HANDLE_FLAG_INHERIT, 0);
    return ends;
}

static PROCESS_INFORMATION started(char *command, DWORD flags, HANDLE in, HANDLE out, HANDLE err) {
    STARTUPINFOA startup = {
        .cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES, .hStdInput = in, .hStdOutput = out, .hStdError = err};
    PROCESS_INFORMATION information;

    if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, flags, NULL, NULL, &startup, &information)) {
        printf("error %u\n", (unsigned)GetLastError());
        ExitProcess(98);
    }
    return information;
}

static void finish(PROCESS_INFORMATION *child) {
    DWORD code = 0xdeadbeef, thread_code = 0xdeadbeef;

    WaitForSingleObject(child->hProcess, INFINITE);
    WaitForSingleObject(child->hThread, INFINITE);
    GetExitCodeProcess(child->hProcess, &code);
    GetExitCodeThread(child->hThread, &thread_code);
    printf("exit %u%s\n", (unsigned)code, code == thread_code ? "" : ", but its thread another");
}

static void show(const char *what, HANDLE from) {
    char buffer[4096];
    DWORD n, total = 0;

    while (ReadFile(from, buffer + total, sizeof buffer - 1 - total, &n, NULL) && n)
        total += n;
    buffer[total] = 0;
    printf("%s \"%s\" then %u\n", what, buffer, (unsigned)GetLastError());
}

static void through_pipes(char *command, const char *text) {
    struct ends in = pipe_make(1), out = pipe_make(0), err = pipe_make(0);
    PROCESS_INFORMATION child = started(command, 0, in.read, out.write, err.write);
    DWORD n;

    CloseHandle(in.read);
    CloseHandle(out.write);
    CloseHandle(err.write);
    WriteFile(in.write, text, (DWORD)strlen(text), &n, NULL);
    CloseHandle(in.write);
    show("out", out.read);
    show("err", err.read);
    finish(&child);
}

/* Output that the child has written is there when the child has ended. */
static void wait_first(char *command) {
    struct ends out = pipe_make(0);
    PROCESS_INFORMATION child = started(command, 0, NULL, out.write, out.write);
    DWORD n = 0;

    CloseHandle(out.write);
    finish(&child);
    PeekNamedPipe(out.read, NULL, 0, NULL, &n, NULL);
    printf("%u bytes\n", (unsigned)n);
}

static void write_until_broken(char *command) {
    static char zeros[65536];
    struct ends in = pipe_make(1);
    PROCESS_INFORMATION child =
        started(command, 0, in.read, GetStdHandle(STD_OUTPUT_HANDLE), GetStdHandle(STD_ERROR_HANDLE));
    DWORD n;

    CloseHandle(in.read);
    while (WriteFile(in.write, zeros, sizeof zeros, &n, NULL))
        ;
    printf("write error %u\n", (unsigned)GetLastError());
    finish(&child);
}

static void read_and_break(char *command) {
    struct ends out = pipe_make(0);
    PROCESS_INFORMATION child = started(command, 0, NULL, out.write, GetStdHandle(STD_ERROR_HANDLE));
    char byte;
    DWORD n;

    CloseHandle(out.write);
    ReadFile(out.read, &byte, 1, &n, NULL);
    CloseHandle(out.read);
    finish(&child);
}

static void into_file(char *command) {
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE file = CreateFileA("out.txt", GENERIC_WRITE, FILE_SHARE_READ, &inherit, CREATE_ALWAYS, 0, NULL);
    PROCESS_INFORMATION child = started(command, 0, NULL, file, file);

    finish(&child);
    printf("position %u\n", (unsigned)SetFilePointer(file, 0, NULL, FILE_CURRENT));
}

static void terminated(char *command) {
    struct ends out = pipe_make(0);
    PROCESS_INFORMATION child = started(command, 0, NULL, out.write, GetStdHandle(STD_ERROR_HANDLE));
    char byte;
    DWORD n;

    CloseHandle(out.write);
    ReadFile(out.read, &byte, 1, &n, NULL); /* it runs */
    TerminateProcess(child.hProcess, 0x12345678);
    finish(&child);
    while (ReadFile(out.read, &byte, 1, &n, NULL))
        ;
    printf("read error %u\n", (unsigned)GetLastError());
}

static void suspended(char *command) {
    PROCESS_INFORMATION child =
        started(command, CREATE_SUSPENDED, NULL, GetStdHandle(STD_OUTPUT_HANDLE), GetStdHandle(STD_ERROR_HANDLE));

    printf("wait %x\n", (unsigned)WaitForSingleObject(child.hProcess, 100));
    fflush(stdout);
    ResumeThread(child.hThread);
    finish(&child);
}

/* The state that Linux gives a process: 'T' is stopped. */
static char state_of(int pid) {
    char name[64], text[512] = "";
    HANDLE file;
    DWORD n = 0;

    snprintf(name, sizeof name, "Z:\\proc\\%d\\stat", pid);
    file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    ReadFile(file, text, sizeof text - 1, &n, NULL);
    CloseHandle(file);
    return strrchr(text, ')') ? strrchr(text, ')')[2] : '?';
}

/* The program writes its id, then as fast as it can. */
static void stopped(char *command) {
    struct ends out = pipe_make(0);
    PROCESS_INFORMATION child = started(command, 0, NULL, out.write, NULL);
    char bytes[16] = "";
    DWORD n, before, after;

    CloseHandle(out.write);
    for (int i = 0; i < 15 && ReadFile(out.read, bytes + i, 1, &n, NULL) && bytes[i] != '\n'; i++)
        ;
    before = SuspendThread(child.hThread);
    while (state_of(atoi(bytes)) != 'T') /* the signal is on its way */
        SwitchToThread();
    after = ResumeThread(child.hThread);
    while (state_of(atoi(bytes)) == 'T')
        SwitchToThread();
    printf("count %u, then %u\n", (unsigned)before, (unsigned)after);
    SuspendThread(child.hThread);
    TerminateThread(child.hThread, 77);
    finish(&child);
}

static void ours(char *command) {
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;

    if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child)) {
        printf("error %u\n", (unsigned)GetLastError());
        return;
    }
    finish(&child);
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (!strcmp(argv[1], "pipes"))
        through_pipes(argv[2], argc > 3 ? argv[3] : "");
    else if (!strcmp(argv[1], "wait-first"))
        wait_first(argv[2]);
    else if (!strcmp(argv[1], "write"))
        write_until_broken(argv[2]);
    else if (!strcmp(argv[1], "break"))
        read_and_break(argv[2]);
    else if (!strcmp(argv[1], "file"))
        into_file(argv[2]);
    else if (!strcmp(argv[1], "terminate"))
        terminated(argv[2]);
    else if (!strcmp(argv[1], "suspend"))
        suspended(argv[2]);
    else if (!strcmp(argv[1], "stop"))
        stopped(argv[2]);
    else
        ours(argv[2]);
    return 0;
}
