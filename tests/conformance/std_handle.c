/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Anonymous pipes, and standard handles redirected to them. */
#include "harness.h"

TEST(anonymous_pipe_carries_bytes) {
    HANDLE read_end = NULL, write_end = NULL;
    char buffer[16];
    DWORD n = POISON, available = POISON;

    REQUIRE_OK(CreatePipe(&read_end, &write_end, NULL, 0));
    CHECK_EQ(GetFileType(read_end), FILE_TYPE_PIPE);
    CHECK_EQ(GetFileType(write_end), FILE_TYPE_PIPE);
    CHECK_OK(WriteFile(write_end, "hello", 5, &n, NULL));
    CHECK_EQ(n, 5);
    CHECK_OK(WriteFile(write_end, " there", 6, &n, NULL));
    CHECK_OK(PeekNamedPipe(read_end, buffer, 3, &n, &available, NULL));
    CHECK_EQ(n, 3);
    CHECK_EQ(available, 11);
    CHECK_OK(ReadFile(read_end, buffer, sizeof(buffer), &n, NULL));
    CHECK_EQ(n, 11);
    CHECK_MEM(buffer, "hello there", 11);
    CHECK_ERROR(ReadFile(write_end, buffer, 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(WriteFile(read_end, buffer, 1, &n, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(read_end);
    CloseHandle(write_end);
}

TEST(anonymous_pipe_ends) {
    HANDLE read_end, write_end;
    char buffer[16];
    DWORD n;

    REQUIRE_OK(CreatePipe(&read_end, &write_end, NULL, 4096));
    CHECK_OK(WriteFile(write_end, "x", 1, &n, NULL));
    CloseHandle(write_end);
    CHECK_OK(ReadFile(read_end, buffer, sizeof(buffer), &n, NULL));
    CHECK_EQ(n, 1);
    CHECK_ERROR(ReadFile(read_end, buffer, sizeof(buffer), &n, NULL), ERROR_BROKEN_PIPE);
    CHECK_EQ(n, 0);
    CHECK_ERROR(PeekNamedPipe(read_end, NULL, 0, NULL, &n, NULL), ERROR_BROKEN_PIPE);
    CloseHandle(read_end);
    REQUIRE_OK(CreatePipe(&read_end, &write_end, NULL, 4096));
    CloseHandle(read_end);
    CHECK_ERROR(WriteFile(write_end, "x", 1, &n, NULL), ERROR_NO_DATA);
    CloseHandle(write_end);
}

ROLE(copy_std) {
    char buffer[64];
    DWORD n, written;

    (void)argc;
    (void)argv;
    CHECK_EQ(GetFileType(GetStdHandle(STD_INPUT_HANDLE)), FILE_TYPE_PIPE);
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), buffer, sizeof(buffer), &n, NULL) && n)
        CHECK_OK(WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), buffer, n, &written, NULL));
    CHECK_EQ(GetLastError(), ERROR_BROKEN_PIPE);
    CHECK_OK(WriteFile(GetStdHandle(STD_ERROR_HANDLE), "done", 4, &written, NULL));
}

static struct child spawn_redirected(const char *role, HANDLE in, HANDLE out, HANDLE err) {
    char program[MAX_PATH], command[512];
    STARTUPINFOA startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES, .hStdInput = in, .hStdOutput = out, .hStdError = err};
    PROCESS_INFORMATION information;

    REQUIRE_OK(GetModuleFileNameA(NULL, program, sizeof(program)));
    snprintf(command, sizeof(command), "\"%s\" --role 0 %s", program, role);
    REQUIRE_OK(CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &information));
    return (struct child){information.hProcess, information.hThread, information.dwProcessId};
}

TEST(child_with_redirected_handles) {
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    HANDLE in[2], out[2], err[2];
    char buffer[64];
    DWORD n;

    REQUIRE_OK(CreatePipe(&in[0], &in[1], &inherit, 0));
    REQUIRE_OK(CreatePipe(&out[0], &out[1], &inherit, 0));
    REQUIRE_OK(CreatePipe(&err[0], &err[1], &inherit, 0));
    CHECK_OK(SetHandleInformation(in[1], HANDLE_FLAG_INHERIT, 0));
    CHECK_OK(SetHandleInformation(out[0], HANDLE_FLAG_INHERIT, 0));
    CHECK_OK(SetHandleInformation(err[0], HANDLE_FLAG_INHERIT, 0));
    struct child child = spawn_redirected("copy_std", in[0], out[1], err[1]);
    CloseHandle(in[0]);
    CloseHandle(out[1]);
    CloseHandle(err[1]);
    CHECK_OK(WriteFile(in[1], "to the child", 12, &n, NULL));
    CHECK_OK(ReadFile(out[0], buffer, sizeof(buffer), &n, NULL));
    CHECK_EQ(n, 12);
    CHECK_MEM(buffer, "to the child", 12);
    CloseHandle(in[1]);
    CHECK_OK(ReadFile(err[0], buffer, sizeof(buffer), &n, NULL));
    CHECK_EQ(n, 4);
    CHECK_CHILD(child);
    CHECK_ERROR(ReadFile(out[0], buffer, sizeof(buffer), &n, NULL), ERROR_BROKEN_PIPE);
}

TEST(std_handles_can_be_set) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), before = GetStdHandle(STD_INPUT_HANDLE);

    CHECK_OK(SetStdHandle(STD_INPUT_HANDLE, event));
    CHECK_EQ(GetStdHandle(STD_INPUT_HANDLE), event);
    CHECK_OK(SetStdHandle(STD_INPUT_HANDLE, before));
    CHECK_BAD_HANDLE(GetStdHandle(5), ERROR_INVALID_HANDLE);
    CloseHandle(event);
}

/* Its exit code: a bit for each standard handle that is there, and 8 if what it writes goes somewhere. */
ROLE(tell_handles) {
    DWORD code = 0, n;

    (void)argc, (void)argv;
    for (DWORD i = 0; i < 3; i++)
        code |= GetStdHandle((DWORD)-10 - i) ? 1u << i : 0;
    if (WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "", 1, &n, NULL) && n == 1)
        code |= 8;
    ExitProcess(code);
}

static DWORD handles_of_child(DWORD flags) {
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION made;
    struct child child;
    char command[MAX_PATH + 128];

    own_command(command, sizeof command, "tell_handles", NULL);
    REQUIRE_OK(CreateProcessA(NULL, command, NULL, NULL, FALSE, flags, NULL, NULL, &info, &made));
    child = (struct child){made.hProcess, made.hThread, made.dwProcessId};
    return child_exit_code(&child);
}

TEST(a_detached_child_has_none) {
    CHECK_EQ(handles_of_child(DETACHED_PROCESS), 0);
}

TEST(a_child_without_a_window_has_those_of_a_console) {
    CHECK_EQ(handles_of_child(CREATE_NO_WINDOW), 15);
}
