/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Security descriptors of keys: who may open them, what new ones inherit, and what is told of them. */
#include "harness.h"

#include <aclapi.h>
#include <sddl.h>

#ifndef PROTECTED_DACL_SECURITY_INFORMATION
#define PROTECTED_DACL_SECURITY_INFORMATION 0x80000000 /* Wine's headers lack it */
#endif

static char own_sid[200];

static const char *path_of(const char *what) {
    static char paths[4][300];
    static int which;
    char *path = paths[which++ & 3];

    snprintf(path, sizeof(paths[0]), "Software\\%s", own_name(what));
    return path;
}

static void prepare(void) {
    char room[256];
    DWORD size;
    HANDLE token;
    char *text;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    REQUIRE_OK(GetTokenInformation(token, TokenUser, room, sizeof(room), &size));
    REQUIRE_OK(ConvertSidToStringSidA(((TOKEN_USER *)(void *)room)->User.Sid, &text));
    snprintf(own_sid, sizeof(own_sid), "%s", text);
    LocalFree(text);
    CloseHandle(token);
}

/* A descriptor with this list, in which %s is the user, for LocalFree. */
static PSECURITY_DESCRIPTOR descriptor_of(const char *format) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    char text[600];

    snprintf(text, sizeof(text), format, own_sid, own_sid);
    REQUIRE_OK(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor, NULL));
    return descriptor;
}

static HKEY create(const char *path, const char *format) {
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), format ? descriptor_of(format) : NULL, FALSE};
    HKEY key = NULL;

    CHECK_EQ(
        RegCreateKeyExA(HKEY_CURRENT_USER, path, 0, NULL, 0, KEY_ALL_ACCESS, format ? &attributes : NULL, &key, NULL),
        ERROR_SUCCESS);
    LocalFree(attributes.lpSecurityDescriptor);
    return key;
}

static void set_list(HKEY key, const char *format) {
    PSECURITY_DESCRIPTOR descriptor = descriptor_of(format);

    CHECK_EQ(RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor), ERROR_SUCCESS);
    LocalFree(descriptor);
}

static LSTATUS open_as(const char *path, REGSAM access) {
    HKEY key = NULL;
    const LSTATUS error = RegOpenKeyExA(HKEY_CURRENT_USER, path, 0, access, &key);

    if (!error)
        RegCloseKey(key);
    return error;
}

/* The list as text, for LocalFree. */
static char *list_of(HKEY key) {
    char room[2048];
    DWORD size = sizeof(room);
    char *text = NULL;

    CHECK_EQ(RegGetKeySecurity(key, DACL_SECURITY_INFORMATION, room, &size), ERROR_SUCCESS);
    CHECK_OK(ConvertSecurityDescriptorToStringSecurityDescriptorA(
        room, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    return text;
}

static void remove_key(HKEY key, const char *path) {
    set_list(key, "D:(A;;KA;;;%s)");
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(HKEY_CURRENT_USER, path), ERROR_SUCCESS);
}

TEST(size_is_told) {
    const char *path = path_of("size");
    HKEY key = create(path, NULL);
    DWORD size = 0, full;
    char room[2048];

    prepare();
    CHECK_EQ(RegGetKeySecurity(key, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, &size),
        ERROR_INSUFFICIENT_BUFFER);
    CHECK(size > 40 && size < sizeof(room));
    full = size;
    CHECK_EQ(
        RegGetKeySecurity(key, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, room, &size), ERROR_SUCCESS);
    CHECK_EQ(GetSecurityDescriptorLength(room), full);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
    CHECK_EQ(RegGetKeySecurity(key, DACL_SECURITY_INFORMATION, room, &size), ERROR_INVALID_HANDLE);
    CHECK_EQ(RegDeleteKeyA(HKEY_CURRENT_USER, path), ERROR_SUCCESS);
}

TEST(the_list_decides_on_opening) {
    const char *path = path_of("decides");
    HKEY key, weak;

    prepare();
    key = create(path, NULL);
    CHECK_EQ(open_as(path, KEY_ALL_ACCESS), ERROR_SUCCESS);
    set_list(key, "D:P(A;;KR;;;%s)");
    CHECK_EQ(open_as(path, KEY_READ), ERROR_SUCCESS);
    CHECK_EQ(open_as(path, KEY_SET_VALUE), ERROR_ACCESS_DENIED);
    CHECK_EQ(open_as(path, KEY_ALL_ACCESS), ERROR_ACCESS_DENIED);
    CHECK_EQ(open_as(path, READ_CONTROL | WRITE_DAC), ERROR_SUCCESS); /* the owner may */
    CHECK_EQ(RegOpenKeyExA(HKEY_CURRENT_USER, path, 0, MAXIMUM_ALLOWED, &weak), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(weak, "v", 0, REG_SZ, (const BYTE *)"x", 2), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegSetValueExA(key, "v", 0, REG_SZ, (const BYTE *)"x", 2),
        ERROR_SUCCESS); /* a handle keeps what it was granted */
    CHECK_EQ(RegCloseKey(weak), ERROR_SUCCESS);
    set_list(key, "D:P(D;;KR;;;%s)(A;;KA;;;%s)");
    CHECK_EQ(open_as(path, KEY_QUERY_VALUE), ERROR_ACCESS_DENIED);
    CHECK_EQ(open_as(path, KEY_SET_VALUE), ERROR_SUCCESS);
    remove_key(key, path);
}

TEST(rights_to_change_it) {
    const char *path = path_of("change");
    PSECURITY_DESCRIPTOR descriptor;
    HKEY key, weak;
    char room[2048];
    DWORD size = sizeof(room);

    prepare();
    key = create(path, NULL);
    descriptor = descriptor_of("D:(A;;KA;;;%s)");
    CHECK_EQ(RegOpenKeyExA(HKEY_CURRENT_USER, path, 0, KEY_QUERY_VALUE, &weak), ERROR_SUCCESS);
    CHECK_EQ(RegSetKeySecurity(weak, DACL_SECURITY_INFORMATION, descriptor), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegGetKeySecurity(weak, DACL_SECURITY_INFORMATION, room, &size), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegCloseKey(weak), ERROR_SUCCESS);
    LocalFree(descriptor);
    remove_key(key, path);
}

TEST(given_when_made) {
    const char *path = path_of("given");
    HKEY key;

    prepare();
    key = create(path, "D:P(A;;KR;;;%s)");
    CHECK_EQ(open_as(path, KEY_READ), ERROR_SUCCESS);
    CHECK_EQ(open_as(path, KEY_SET_VALUE), ERROR_ACCESS_DENIED);
    remove_key(key, path);
}

TEST(inherited_when_made) {
    const char *path = path_of("parent");
    HKEY parent, child;
    DWORD disposition;
    char *list;

    prepare();
    parent = create(path, "D:P(A;CI;KA;;;%s)(A;CI;KR;;;WD)(A;;KR;;;AN)");
    CHECK_EQ(RegCreateKeyExA(parent, "child", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &child, &disposition), ERROR_SUCCESS);
    list = list_of(child);
    CHECK(strstr(list, "(A;CIID;KA;;;") != NULL);
    CHECK(strstr(list, "(A;CIID;KR;;;WD)") != NULL);
    CHECK(strstr(list, ";AN)") == NULL);
    LocalFree(list);
    /* what the parent is given later does not reach it */
    set_list(parent, "D:P(A;CI;KA;;;%s)");
    list = list_of(child);
    CHECK(strstr(list, "(A;CIID;KR;;;WD)") != NULL);
    LocalFree(list);
    CHECK_EQ(RegCloseKey(child), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(parent, "child"), ERROR_SUCCESS);
    remove_key(parent, path);
}

TEST(a_key_that_takes_no_subkeys) {
    const char *path = path_of("full");
    HKEY key, child = NULL;

    prepare();
    key = create(path, "D:P(A;;KRKW;;;%s)");
    set_list(key, "D:P(A;;KR;;;%s)");
    CHECK_EQ(RegCreateKeyExA(key, "child", 0, NULL, 0, KEY_READ, NULL, &child, NULL), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegOpenKeyExA(key, "child", 0, KEY_READ, &child), ERROR_FILE_NOT_FOUND);
    remove_key(key, path);
}

TEST(by_name) {
    const char *path = path_of("named");
    char name[300];
    PSECURITY_DESCRIPTOR descriptor = NULL, wanted;
    ACL *list = NULL;
    BOOL present, defaulted;
    PSID owner = NULL;
    HKEY key;

    prepare();
    key = create(path, NULL);
    snprintf(name, sizeof(name), "CURRENT_USER\\%s", path);
    CHECK_EQ(GetNamedSecurityInfoA(name, SE_REGISTRY_KEY, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                 &owner, NULL, &list, NULL, &descriptor),
        ERROR_SUCCESS);
    CHECK(owner != NULL && IsValidSid(owner) && list != NULL && list->AceCount > 0);
    LocalFree(descriptor);
    wanted = descriptor_of("D:P(A;;KR;;;%s)");
    REQUIRE_OK(GetSecurityDescriptorDacl(wanted, &present, &list, &defaulted));
    CHECK_EQ(SetNamedSecurityInfoA(name, SE_REGISTRY_KEY,
                 DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, NULL, NULL, list, NULL),
        ERROR_SUCCESS);
    CHECK_EQ(open_as(path, KEY_SET_VALUE), ERROR_ACCESS_DENIED);
    CHECK_EQ(open_as(path, KEY_READ), ERROR_SUCCESS);
    CHECK_EQ(GetSecurityInfo(key, SE_REGISTRY_KEY, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor),
        ERROR_SUCCESS);
    CHECK_EQ(list->AceCount, 1);
    LocalFree(descriptor);
    LocalFree(wanted);
    snprintf(name, sizeof(name), "CURRENT_USER\\%s\\nothing", path);
    CHECK_EQ(
        GetNamedSecurityInfoA(name, SE_REGISTRY_KEY, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor),
        ERROR_FILE_NOT_FOUND);
    remove_key(key, path);
}

ROLE(open_for_writing) {
    (void)argc;
    CHECK_EQ(open_as(argv[0], KEY_READ), ERROR_SUCCESS);
    CHECK_EQ(open_as(argv[0], KEY_SET_VALUE), ERROR_ACCESS_DENIED);
}

TEST(another_process_is_asked_too) {
    const char *path = path_of("other");
    struct child child;
    HKEY key;

    prepare();
    key = create(path, "D:P(A;;KR;;;%s)");
    child = spawn_self("open_for_writing", path);
    CHECK_CHILD(child);
    remove_key(key, path);
}

TEST(a_change_is_told) {
    const char *path = path_of("told");
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HKEY key;

    prepare();
    key = create(path, NULL);
    CHECK_EQ(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_SECURITY, event, TRUE), ERROR_SUCCESS);
    CHECK_UNSIGNALLED(event);
    set_list(key, "D:(A;;KA;;;%s)");
    CHECK_SIGNALLED(event);
    CloseHandle(event);
    remove_key(key, path);
}

TEST(a_restricted_token_reads_and_does_not_write) {
    const char *path = path_of("restricted");
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    SID_AND_ATTRIBUTES restricting = {NULL, 0};
    HANDLE token, restricted, thread;
    HKEY key;

    prepare();
    key = create(path, NULL);
    REQUIRE_OK(AllocateAndInitializeSid(&nt, 1, SECURITY_RESTRICTED_CODE_RID, 0, 0, 0, 0, 0, 0, 0, &restricting.Sid));
    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token));
    REQUIRE_OK(CreateRestrictedToken(token, 0, 0, NULL, 0, NULL, 1, &restricting, &restricted));
    REQUIRE_OK(
        DuplicateTokenEx(restricted, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &thread));
    set_list(key, "D:P(A;;KA;;;%s)(A;;KR;;;RC)");
    CHECK_OK(SetThreadToken(NULL, thread));
    CHECK_EQ(open_as(path, KEY_READ), ERROR_SUCCESS);
    CHECK_EQ(open_as(path, KEY_SET_VALUE), ERROR_ACCESS_DENIED);
    CHECK_OK(RevertToSelf());
    CHECK_EQ(open_as(path, KEY_SET_VALUE), ERROR_SUCCESS);
    CloseHandle(thread);
    CloseHandle(restricted);
    CloseHandle(token);
    FreeSid(restricting.Sid);
    remove_key(key, path);
}
