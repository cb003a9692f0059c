/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys in files: RegSaveKey and RegRestoreKey. */
#include "harness.h"

static const char *path_of(const char *what) {
    static char paths[2][300];
    static int which;
    char *path = paths[which++ & 1];

    snprintf(path, sizeof(paths[0]), "Software\\%s", own_name(what));
    return path;
}

static void switch_privilege(const char *name, DWORD attributes) {
    TOKEN_PRIVILEGES privileges = {1, {{{0, 0}, attributes}}};
    HANDLE token;

    REQUIRE_OK(LookupPrivilegeValueA(NULL, name, &privileges.Privileges[0].Luid));
    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token));
    REQUIRE_OK(AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL));
    if (GetLastError() == ERROR_NOT_ALL_ASSIGNED)
        test_skip("this user has no privilege to save and restore");
    CloseHandle(token);
}

static HKEY make(const char *path) {
    HKEY key, below;
    const DWORD number = 7;

    CHECK_EQ(RegCreateKeyExA(HKEY_CURRENT_USER, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(key, "number", 0, REG_DWORD, (const BYTE *)&number, sizeof(number)), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(key, NULL, 0, REG_SZ, (const BYTE *)"text \"x\"", 9), ERROR_SUCCESS);
    CHECK_EQ(RegCreateKeyExA(key, "be[lo]w\xc3\xbc", 0, (char *)"a class", 0, KEY_ALL_ACCESS, NULL, &below, NULL),
        ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(below, "bytes", 0, REG_BINARY, (const BYTE *)"\0\1\2", 3), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    CHECK_EQ(RegCreateKeyExA(key, "empty", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &below, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    return key;
}

static void check_made(HKEY key) {
    char room[100], class[100] = "";
    DWORD size = sizeof(room), type = 0, number = 0, n_keys = 0, n_values = 0, n_class = sizeof(class);
    HKEY below;

    CHECK_EQ(
        RegQueryInfoKeyA(key, NULL, NULL, NULL, &n_keys, NULL, NULL, &n_values, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_EQ(n_keys, 2);
    CHECK_EQ(n_values, 2);
    CHECK_EQ(RegQueryValueExA(key, NULL, NULL, &type, (BYTE *)room, &size), ERROR_SUCCESS);
    CHECK_EQ(type, REG_SZ);
    CHECK_STR(room, "text \"x\"");
    size = sizeof(number);
    CHECK_EQ(RegQueryValueExA(key, "number", NULL, &type, (BYTE *)&number, &size), ERROR_SUCCESS);
    CHECK_EQ(type, REG_DWORD);
    CHECK_EQ(number, 7);
    CHECK_EQ(RegOpenKeyExA(key, "be[lo]w\xc3\xbc", 0, KEY_READ, &below), ERROR_SUCCESS);
    size = sizeof(room);
    CHECK_EQ(RegQueryValueExA(below, "bytes", NULL, &type, (BYTE *)room, &size), ERROR_SUCCESS);
    CHECK_EQ(type, REG_BINARY);
    CHECK_EQ(size, 3);
    CHECK_MEM(room, "\0\1\2", 3);
    CHECK_EQ(
        RegQueryInfoKeyA(below, class, &n_class, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_STR(class, "a class");
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
}

static void remove_key(HKEY key, const char *path) {
    CHECK_EQ(RegDeleteTreeA(key, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(HKEY_CURRENT_USER, path), ERROR_SUCCESS);
}

TEST(saved_and_restored) {
    const char *path = path_of("saved"), *other_path = path_of("restored");
    HKEY key = make(path), other, extra;

    switch_privilege("SeBackupPrivilege", SE_PRIVILEGE_ENABLED);
    switch_privilege("SeRestorePrivilege", SE_PRIVILEGE_ENABLED);
    enter_own_folder();
    CHECK_EQ(RegSaveKeyA(key, "saved", NULL), ERROR_SUCCESS);
    CHECK_EQ(RegSaveKeyA(key, "saved", NULL), ERROR_ALREADY_EXISTS);
    CHECK_EQ(
        RegCreateKeyExA(HKEY_CURRENT_USER, other_path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &other, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(other, "old", 0, REG_SZ, (const BYTE *)"x", 2), ERROR_SUCCESS);
    CHECK_EQ(RegCreateKeyExA(other, "old key", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &extra, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(extra), ERROR_SUCCESS);
    CHECK_EQ(RegRestoreKeyA(other, "saved", REG_FORCE_RESTORE), ERROR_SUCCESS);
    check_made(other);
    check_made(key);
    CHECK_OK(DeleteFileA("saved"));
    leave_own_folder();
    remove_key(other, other_path);
    remove_key(key, path);
}

TEST(privileges_are_needed) {
    const char *path = path_of("needed");
    HKEY key = make(path);

    switch_privilege("SeBackupPrivilege", 0);
    switch_privilege("SeRestorePrivilege", 0);
    enter_own_folder();
    CHECK_EQ(RegSaveKeyA(key, "saved", NULL), ERROR_PRIVILEGE_NOT_HELD);
    CHECK_EQ(GetFileAttributesA("saved"), INVALID_FILE_ATTRIBUTES);
    switch_privilege("SeBackupPrivilege", SE_PRIVILEGE_ENABLED);
    CHECK_EQ(RegSaveKeyA(key, "saved", NULL), ERROR_SUCCESS);
    CHECK_EQ(RegRestoreKeyA(key, "saved", 0), ERROR_PRIVILEGE_NOT_HELD);
    check_made(key);
    CHECK_OK(DeleteFileA("saved"));
    leave_own_folder();
    remove_key(key, path);
}

TEST(no_file_and_no_saved_key) {
    const char *path = path_of("no file");
    HKEY key = make(path);
    HANDLE file;
    DWORD written;

    switch_privilege("SeBackupPrivilege", SE_PRIVILEGE_ENABLED);
    switch_privilege("SeRestorePrivilege", SE_PRIVILEGE_ENABLED);
    enter_own_folder();
    CHECK_EQ(RegRestoreKeyA(key, "missing", 0), ERROR_FILE_NOT_FOUND);
    file = CreateFileA("other", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    CHECK_OK(WriteFile(file, "this is no saved key, but some text", 35, &written, NULL));
    CloseHandle(file);
    CHECK(RegRestoreKeyA(key, "other", REG_FORCE_RESTORE) != ERROR_SUCCESS);
    check_made(key); /* nothing was lost */
    CHECK_OK(DeleteFileA("other"));
    leave_own_folder();
    remove_key(key, path);
}
