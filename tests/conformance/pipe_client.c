/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is at the other end of a pipe, and acting as it.
 * Sources: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-impersonatenamedpipeclient,
 * https://learn.microsoft.com/en-us/windows/win32/secauthz/impersonation-levels
 */
#include "harness.h"

static HANDLE server, client;

static void server_new(void) {
    server = CreateNamedPipeA(own_pipe("client"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 512, 512, 0, NULL);
    REQUIRE_HANDLE(server);
}

static void client_new(DWORD flags) {
    char byte = 'x';
    DWORD n;

    client = CreateFileA(own_pipe("client"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    REQUIRE_HANDLE(client);
    CHECK_OK(WriteFile(client, &byte, 1, &n, NULL));
    CHECK_OK(ReadFile(server, &byte, 1, &n, NULL));
}

static DWORD thread_level(void) {
    SECURITY_IMPERSONATION_LEVEL level = SecurityDelegation;
    HANDLE token;
    DWORD n;

    CHECK_OK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    CHECK_OK(GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof(level), &n));
    CloseHandle(token);
    return level;
}

static void level_is(DWORD flags, SECURITY_IMPERSONATION_LEVEL level) {
    server_new();
    client_new(flags);
    CHECK_OK(ImpersonateNamedPipeClient(server));
    CHECK_EQ(thread_level(), level);
    CHECK_OK(RevertToSelf());
    CloseHandle(client);
    CloseHandle(server);
}

TEST(the_level_is_the_clients) {
    level_is(SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, SecurityIdentification);
    level_is(SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, SecurityImpersonation);
}

TEST(the_level_of_a_client_that_says_nothing) {
    level_is(0, SecurityImpersonation);
}

TEST(nobody_looks_at_an_anonymous_token) {
    HANDLE token;

    server_new();
    client_new(SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS);
    CHECK_OK(ImpersonateNamedPipeClient(server));
    CHECK_ERROR(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token), ERROR_CANT_OPEN_ANONYMOUS);
    CHECK_OK(RevertToSelf());
}

TEST(as_an_anonymous_client_nothing_is_opened) {
    char name[64], path[MAX_PATH];
    DWORD size = sizeof(name);

    GetModuleFileNameA(NULL, path, sizeof(path));
    server_new();
    client_new(SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS);
    CHECK_OK(ImpersonateNamedPipeClient(server));
    CHECK_BAD_HANDLE(CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL), ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_OK(GetUserNameA(name, &size));
    CHECK_STR(name, "ANONYMOUS LOGON");
    CHECK_OK(RevertToSelf());
}

static DWORD WINAPI token_error(void *unused) {
    HANDLE token;

    (void)unused;
    return OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) ? 0 : GetLastError();
}

TEST(it_is_the_threads_alone) {
    DWORD code = POISON;
    HANDLE token;

    server_new();
    client_new(0);
    CHECK_OK(ImpersonateNamedPipeClient(server));
    HANDLE thread = CreateThread(NULL, 0, token_error, NULL, 0, NULL);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, ERROR_NO_TOKEN);
    CHECK_OK(RevertToSelf());
    CHECK_ERROR(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token), ERROR_NO_TOKEN);
}

TEST(a_client_that_has_closed) {
    server_new();
    client_new(0);
    CloseHandle(client);
    CHECK_OK(ImpersonateNamedPipeClient(server));
    CHECK_EQ(thread_level(), SecurityImpersonation);
    CHECK_OK(RevertToSelf());
}

static BOOL same_user(HANDLE a, HANDLE b) {
    union {
        TOKEN_USER user;
        char bytes[256];
    } one, other;
    DWORD n;

    return GetTokenInformation(a, TokenUser, &one, sizeof(one), &n) && GetTokenInformation(b, TokenUser, &other, sizeof(other), &n) &&
           EqualSid(one.user.User.Sid, other.user.User.Sid);
}

ROLE(connect_and_wait) {
    char byte = 'x';
    DWORD n;

    (void)argc;
    (void)argv;
    client = CreateFileA(own_pipe("client"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    CHECK_OK(WriteFile(client, &byte, 1, &n, NULL));
    CHECK_OK(ReadFile(client, &byte, 1, &n, NULL));
}

TEST(another_process) {
    HANDLE own, token;
    char byte;
    DWORD n;

    server_new();
    struct child child = spawn_self("connect_and_wait", NULL);
    CHECK_OK(ReadFile(server, &byte, 1, &n, NULL) || GetLastError() == ERROR_PIPE_LISTENING);
    if (GetLastError() == ERROR_PIPE_LISTENING) {
        CHECK(ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
        CHECK_OK(ReadFile(server, &byte, 1, &n, NULL));
    }
    CHECK_OK(OpenProcessToken(child.process, TOKEN_QUERY, &own));
    CHECK_OK(ImpersonateNamedPipeClient(server));
    CHECK_OK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    CHECK(same_user(token, own));
    CHECK_OK(RevertToSelf());
    CHECK_OK(WriteFile(server, &byte, 1, &n, NULL));
    CHECK_CHILD(child);
}

static DWORD privileges(HANDLE token) {
    static union {
        TOKEN_PRIVILEGES list;
        char bytes[2048];
    } room;
    DWORD n;

    return GetTokenInformation(token, TokenPrivileges, &room, sizeof(room), &n) ? room.list.PrivilegeCount : POISON;
}

static DWORD client_privileges(void) {
    HANDLE token;
    DWORD count;

    CHECK_OK(ImpersonateNamedPipeClient(server));
    CHECK_OK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    count = privileges(token);
    CHECK_OK(RevertToSelf());
    CloseHandle(token);
    return count;
}

/* Without a quality of service the server sees changes (dynamic tracking), and what is switched on alone (effective only). */
TEST(later_changes_of_the_clients_token_are_seen) {
    HANDLE own;

    server_new();
    client_new(0);
    CHECK(client_privileges() > 0);
    CHECK_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &own));
    CHECK_OK(AdjustTokenPrivileges(own, TRUE, NULL, 0, NULL, NULL));
    char byte = 'y';
    DWORD n;
    CHECK_OK(WriteFile(client, &byte, 1, &n, NULL));
    CHECK_OK(ReadFile(server, &byte, 1, &n, NULL));
    CHECK_EQ(client_privileges(), 0);
}

static void switch_privileges_off(void) {
    HANDLE own;

    CHECK_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &own));
    CHECK_OK(AdjustTokenPrivileges(own, TRUE, NULL, 0, NULL, NULL));
    CHECK_OK(CloseHandle(own));
}

static void exchange(void) {
    char byte = 'y';
    DWORD n;

    CHECK_OK(WriteFile(client, &byte, 1, &n, NULL));
    CHECK_OK(ReadFile(server, &byte, 1, &n, NULL));
}

/* SECURITY_CONTEXT_TRACKING is not said: what the client was when it opened the pipe stays. */
TEST(later_changes_are_not_seen_with_static_tracking) {
    server_new();
    client_new(SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION | SECURITY_EFFECTIVE_ONLY);
    const DWORD before = client_privileges();
    CHECK(before > 0);
    switch_privileges_off();
    exchange();
    CHECK_EQ(client_privileges(), before);
}

TEST(static_tracking_of_a_changed_token) {
    server_new();
    switch_privileges_off();
    client_new(SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION | SECURITY_EFFECTIVE_ONLY);
    CHECK_EQ(client_privileges(), 0);
    CHECK_EQ(client_privileges(), 0);
}

ROLE(change_write_and_end) {
    (void)argc;
    (void)argv;
    client = CreateFileA(own_pipe("client"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    switch_privileges_off();
    DWORD n;
    CHECK_OK(WriteFile(client, "x", 1, &n, NULL));
}

TEST(a_client_whose_process_has_ended) {
    char byte;
    DWORD n;

    server_new();
    struct child child = spawn_self("change_write_and_end", NULL);
    CHECK_CHILD(child);
    CHECK_OK(ReadFile(server, &byte, 1, &n, NULL));
    CHECK_EQ(client_privileges(), 0);
    CHECK_OK(DisconnectNamedPipe(server));
    CHECK(!ImpersonateNamedPipeClient(server));
}

/* The calling thread acts as itself without any privilege but one. */
static void act_as_restricted(void) {
    HANDLE own, restricted, token;

    CHECK_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own));
    REQUIRE_OK(CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, 0, NULL, 0, NULL, 0, NULL, &restricted));
    REQUIRE_OK(DuplicateTokenEx(restricted, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &token));
    REQUIRE_OK(SetThreadToken(NULL, token));
    CloseHandle(token);
    CloseHandle(restricted);
    CloseHandle(own);
}

/* "the security context of the last message read": of who has written it. */
TEST(a_client_that_acts_as_somebody_else) {
    server_new();
    act_as_restricted();
    client_new(0);
    CHECK_OK(RevertToSelf());
    CHECK_EQ(client_privileges(), 1);
    exchange();
    CHECK(client_privileges() > 1);
    act_as_restricted();
    exchange();
    CHECK_OK(RevertToSelf());
    CHECK_EQ(client_privileges(), 1);
}

TEST(static_tracking_of_a_client_that_acts_as_somebody_else) {
    server_new();
    act_as_restricted();
    client_new(SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION);
    CHECK_OK(RevertToSelf());
    exchange();
    CHECK_EQ(client_privileges(), 1);
    CloseHandle(client);
    CHECK_EQ(client_privileges(), 1);
}

TEST(all_of_the_token_if_the_client_says_so) {
    HANDLE own;

    server_new();
    client_new(SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION | SECURITY_CONTEXT_TRACKING);
    CHECK_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own));
    CHECK_EQ(client_privileges(), privileges(own));
}

TEST(who_cannot_be_impersonated) {
    server_new();
    CHECK(!ImpersonateNamedPipeClient(server));
    client_new(0);
    CHECK(!ImpersonateNamedPipeClient(client));
    CHECK_OK(DisconnectNamedPipe(server));
    CHECK(!ImpersonateNamedPipeClient(server));
    CHECK_ERROR(ImpersonateNamedPipeClient(NULL), ERROR_INVALID_HANDLE);
}

TEST(the_clients_name) {
    char name[256], own[256];
    DWORD n = sizeof(own);

    server_new();
    client_new(0);
    CHECK_OK(GetNamedPipeHandleStateA(server, NULL, NULL, NULL, NULL, name, sizeof(name)));
    CHECK_OK(GetUserNameA(own, &n));
    CHECK_STR(name, own);
}

TEST(collection_is_for_pipes_of_other_machines) {
    DWORD n = 1, timeout = 1;

    server_new();
    client_new(0);
    CHECK_ERROR(GetNamedPipeHandleStateA(client, NULL, NULL, &n, NULL, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(GetNamedPipeHandleStateA(client, NULL, NULL, NULL, &timeout, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetNamedPipeHandleState(client, NULL, &n, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetNamedPipeHandleState(client, NULL, NULL, &timeout), ERROR_INVALID_PARAMETER);
}

typedef BOOL(WINAPI *computer_name_function)(HANDLE, char *, ULONG); /* the headers lack it */

/* No page tells the error: that of a pipe whose other end is on this machine (not confirmed on Windows). */
TEST(a_client_here_has_no_computers_name) {
    computer_name_function computer_name =
        (computer_name_function)(void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "GetNamedPipeClientComputerNameA");
    char name[64];

    REQUIRE(computer_name != NULL);
    server_new();
    client_new(0);
    CHECK_ERROR(computer_name(server, name, sizeof(name)), ERROR_PIPE_LOCAL);
}
