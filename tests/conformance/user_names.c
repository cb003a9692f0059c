/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the computer and the user, the user's profile and environment: forms, lengths, buffers that are too
 * tiny. */
#include "harness.h"

static void *function(const char *module, const char *name) {
    void *address = (void *)GetProcAddress(LoadLibraryA(module), name);

    REQUIRE(address != NULL);
    return address;
}

TEST(the_computers_name) {
    char name[MAX_COMPUTERNAME_LENGTH + 1], tiny[2] = {'x', 'x'};
    WCHAR wide[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD size = sizeof name, n;

    CHECK_OK(GetComputerNameA(name, &size));
    CHECK_EQ(size, strlen(name));
    n = size;
    CHECK_OK(GetComputerNameW(wide, (size = MAX_COMPUTERNAME_LENGTH + 1, &size)));
    CHECK_EQ(size, n);
    CHECK_EQ(wide[n], 0);
    size = 1;
    CHECK_ERROR(GetComputerNameA(tiny, &size), ERROR_BUFFER_OVERFLOW);
    CHECK(size >= n);
}

/* All forms: what a call without a buffer says is needed, is enough. */
TEST(all_forms_of_it) {
    for (int form = ComputerNameNetBIOS; form < ComputerNameMax; form++) {
        WCHAR wide[512];
        char name[512];
        DWORD size = 0, need, length;

        CHECK_ERROR(GetComputerNameExW(form, NULL, &size), ERROR_MORE_DATA);
        CHECK(size >= 1 && size < 512);
        need = size;
        CHECK_OK(GetComputerNameExW(form, wide, &size));
        CHECK_EQ(size, need - 1);
        CHECK_EQ(wide[size], 0);
        length = size;
        size = sizeof name;
        CHECK_OK(GetComputerNameExA(form, name, &size));
        CHECK_EQ(size, length);
        CHECK_EQ(strlen(name), length);
        if (!length)
            continue; /* a machine without a domain */
        size = length;
        CHECK_ERROR(GetComputerNameExW(form, wide, &size), ERROR_MORE_DATA);
        CHECK_EQ(size, need);
    }
}

TEST(wrong_forms_of_it) {
    char name[64];
    DWORD size = sizeof name;

    CHECK_ERROR(GetComputerNameExA(ComputerNameMax, name, &size), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(GetComputerNameExA((COMPUTER_NAME_FORMAT)-1, name, &size), ERROR_INVALID_PARAMETER);
}

TEST(the_users_name) {
    char name[257];
    WCHAR wide[257];
    DWORD size = sizeof name, n;

    CHECK_OK(GetUserNameA(name, &size));
    CHECK_EQ(size, strlen(name) + 1); /* with the NUL, unlike the computer's */
    n = size;
    size = 257;
    CHECK_OK(GetUserNameW(wide, &size));
    CHECK_EQ(size, n);
    size = n - 1;
    CHECK_ERROR(GetUserNameW(wide, &size), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(size, n);
}

TEST(the_users_name_with_the_computers) {
    BOOLEAN(WINAPI *const ask)
    (int, char *, ULONG *) = (BOOLEAN(WINAPI *)(int, char *, ULONG *))function("secur32.dll", "GetUserNameExA");
    char full[512], computer[64], user[257], expected[512];
    ULONG size = sizeof full, n = sizeof computer, length;

    CHECK_OK(ask(2 /* NameSamCompatible */, full, &size));
    CHECK_EQ(size, strlen(full));
    CHECK_OK(GetComputerNameA(computer, &n));
    n = sizeof user;
    CHECK_OK(GetUserNameA(user, &n));
    snprintf(expected, sizeof expected, "%s\\%s", computer, user);
    CHECK_STR(full, expected);
    length = size;
    CHECK_ERROR(ask(2, full, &size), ERROR_MORE_DATA); /* no room for the NUL */
    CHECK_EQ(size, length + 1);
}

TEST(the_profile) {
    BOOL(WINAPI *const ask)
    (HANDLE, char *, DWORD *) =
        (BOOL(WINAPI *)(HANDLE, char *, DWORD *))function("userenv.dll", "GetUserProfileDirectoryA");
    char path[MAX_PATH], variable[MAX_PATH];
    HANDLE token;
    DWORD size = 0, need;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK_ERROR(ask(token, NULL, &size), ERROR_INSUFFICIENT_BUFFER);
    need = size;
    CHECK(need > 3);
    CHECK_OK(ask(token, path, &size));
    CHECK_EQ(strlen(path) + 1, need);
    CHECK(GetEnvironmentVariableA("USERPROFILE", variable, sizeof variable) > 0);
    CHECK_STR(path, variable);
    CHECK_OK(CloseHandle(token));
}

TEST(the_users_environment) {
    BOOL(WINAPI *const expand)
    (HANDLE, const char *, char *, DWORD) = (BOOL(WINAPI *)(HANDLE, const char *, char *, DWORD))function(
        "userenv.dll", "ExpandEnvironmentStringsForUserA");
    char text[MAX_PATH] = "", expected[MAX_PATH];
    HANDLE token;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_IMPERSONATE | TOKEN_DUPLICATE, &token));
    CHECK(ExpandEnvironmentStringsA("<%SystemRoot%>", expected, sizeof expected) > 0);
    CHECK_OK(expand(token, "<%SystemRoot%>", text, sizeof text));
    CHECK_STR(text, expected);
    CHECK_OK(expand(token, "%no such variable%", text, sizeof text));
    CHECK_STR(text, "%no such variable%");
    CHECK_ERROR(expand(token, "<%SystemRoot%>", text, 4), ERROR_INSUFFICIENT_BUFFER);
    CHECK_OK(CloseHandle(token));
}
