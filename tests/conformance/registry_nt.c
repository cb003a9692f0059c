/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys as ntdll has them: paths, what is asked of keys and values, links, names. */
#include "nt.h"

#define NT_KEY_DELETED NT(0xc000017c)
#define NT_BUFFER_TOO_SMALL NT(0xc0000023)
#define NT_BUFFER_OVERFLOW NT(0x80000005)
#define NT_NO_MORE_ENTRIES NT(0x8000001a)
#define NT_CANNOT_DELETE NT(0xc0000121)
#define NT_SYNTAX_BAD NT(0xc000003b)

enum { BASIC, NODE, FULL, NAME }; /* of KEY_INFORMATION_CLASS, which mingw's headers lack in user mode */
enum { VALUE_BASIC, VALUE_FULL, VALUE_PARTIAL };

#define KEY_FUNCTIONS                                                                                                  \
    NT_FUNCTION(NtClose, HANDLE);                                                                                      \
    NT_FUNCTION(NtOpenKey, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);                                                \
    NT_FUNCTION(NtCreateKey, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, UNICODE_STRING *, ULONG, ULONG *);     \
    NT_FUNCTION(NtDeleteKey, HANDLE)

static UNICODE_STRING string(const WCHAR *text) {
    const USHORT size = (USHORT)(lstrlenW(text) * sizeof(WCHAR));

    return (UNICODE_STRING){size, size, (WCHAR *)(ULONG_PTR)text};
}

static HKEY own_root(void) {
    HKEY key = NULL;

    REQUIRE(RegCreateKeyExA(HKEY_CURRENT_USER, own_name("nt"), 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL) == ERROR_SUCCESS);
    return key;
}

static void own_delete(HKEY key) {
    CHECK_EQ(RegDeleteTreeA(key, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(HKEY_CURRENT_USER, own_name("nt")), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
}

TEST(paths) {
    KEY_FUNCTIONS;
    static const struct {
        const WCHAR *path;
        NTSTATUS status;
    } rows[] = {{L"\\Registry", NT_OK}, {L"\\Registry\\Machine", NT_OK}, {L"\\REGISTRY\\machine\\SOFTWARE", NT_OK},
        {L"\\Registry\\Machine\\Software\\", NT_OK}, {L"\\Registry\\User\\.Default", NT_OK},
        {L"\\Registry\\Machine\\Software\\none of this name", NT_NAME_NOT_FOUND},
        {L"\\Registry\\Machine\\none\\of this name", NT_NAME_NOT_FOUND}, {L"Registry\\Machine", NT_SYNTAX_BAD}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        UNICODE_STRING path = string(rows[i].path);
        OBJECT_ATTRIBUTES attributes;
        HANDLE key = NULL;
        NTSTATUS status;

        InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
        status = NtOpenKey(&key, KEY_READ, &attributes);
        if (!CHECK_EQ(status, rows[i].status))
            printf("  row %u\n", (unsigned)i);
        if (!status)
            CHECK_EQ(NtClose(key), NT_OK);
    }
    (void)NtCreateKey, (void)NtDeleteKey;
}

TEST(what_is_asked_of_a_key) {
    NT_FUNCTION(NtQueryKey, HANDLE, ULONG, void *, ULONG, ULONG *);
    NT_FUNCTION(NtEnumerateKey, HANDLE, ULONG, ULONG, void *, ULONG, ULONG *);
    HKEY key = own_root(), below;
    struct {
        LARGE_INTEGER written;
        ULONG title, n;
        WCHAR name[64];
    } basic;
    struct {
        ULONG n;
        WCHAR name[300];
    } name;
    ULONG used;

    CHECK_EQ(RegCreateKeyExA(key, "Sub", 0, NULL, 0, KEY_READ, NULL, &below, NULL), ERROR_SUCCESS);
    CHECK_EQ(NtEnumerateKey(key, 0, BASIC, &basic, sizeof basic, &used), NT_OK);
    CHECK_EQ(basic.n, 6);
    CHECK_EQ(used, 22);
    CHECK_MEM(basic.name, L"Sub", 6);
    CHECK_EQ(NtEnumerateKey(key, 0, BASIC, &basic, 8, &used), NT_BUFFER_TOO_SMALL);
    CHECK_EQ(used, 22);
    CHECK_EQ(NtEnumerateKey(key, 0, BASIC, &basic, 20, &used), NT_BUFFER_OVERFLOW);
    CHECK_EQ(used, 22);
    CHECK_EQ(NtEnumerateKey(key, 1, BASIC, &basic, sizeof basic, &used), NT_NO_MORE_ENTRIES);
    CHECK_EQ(NtQueryKey(below, BASIC, &basic, sizeof basic, &used), NT_OK);
    CHECK_MEM(basic.name, L"Sub", 6);
    CHECK_EQ(NtQueryKey(below, NAME, &name, sizeof name, &used), NT_OK);
    CHECK_EQ(used, 4 + name.n);
    CHECK(CompareStringOrdinal(name.name, 19, L"\\REGISTRY\\USER\\S-1-", 19, TRUE) == CSTR_EQUAL);
    CHECK(!memcmp((BYTE *)name.name + name.n - 8, L"\\Sub", 8));
    CHECK_EQ(NtQueryKey(below, 99, &basic, sizeof basic, &used), NT_INVALID_PARAMETER);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    own_delete(key);
}

TEST(what_is_asked_of_a_value) {
    NT_FUNCTION(NtQueryValueKey, HANDLE, UNICODE_STRING *, ULONG, void *, ULONG, ULONG *);
    NT_FUNCTION(NtEnumerateValueKey, HANDLE, ULONG, ULONG, void *, ULONG, ULONG *);
    NT_FUNCTION(NtSetValueKey, HANDLE, UNICODE_STRING *, ULONG, ULONG, const void *, ULONG);
    NT_FUNCTION(NtDeleteValueKey, HANDLE, UNICODE_STRING *);
    HKEY key = own_root();
    UNICODE_STRING name = string(L"val");
    union {
        ULONG word[32];
        BYTE byte[128];
    } info;
    ULONG used;

    CHECK_EQ(NtSetValueKey(key, &name, 0, REG_BINARY, "12345", 5), NT_OK);
    POISON_OUT(info);
    CHECK_EQ(NtQueryValueKey(key, &name, VALUE_PARTIAL, &info, sizeof info, &used), NT_OK);
    CHECK_EQ(used, 17);
    CHECK_EQ(info.word[1], REG_BINARY);
    CHECK_EQ(info.word[2], 5);
    CHECK_MEM(info.byte + 12, "12345", 5);
    CHECK_EQ(NtQueryValueKey(key, &name, VALUE_PARTIAL, &info, 4, &used), NT_BUFFER_TOO_SMALL);
    CHECK_EQ(used, 17);
    POISON_OUT(info);
    CHECK_EQ(NtQueryValueKey(key, &name, VALUE_PARTIAL, &info, 14, &used), NT_BUFFER_OVERFLOW);
    CHECK_EQ(used, 17);
    CHECK_MEM(info.byte + 12, "12", 2);
    CHECK_EQ(NtEnumerateValueKey(key, 0, VALUE_BASIC, &info, sizeof info, &used), NT_OK);
    CHECK_EQ(used, 18);
    CHECK_EQ(info.word[2], 6);
    CHECK_MEM(info.byte + 12, L"val", 6);
    CHECK_EQ(NtEnumerateValueKey(key, 0, VALUE_FULL, &info, sizeof info, &used), NT_OK);
    CHECK_EQ(info.word[3], 5);
    CHECK_MEM(info.byte + info.word[2], "12345", 5);
    CHECK_EQ(NtEnumerateValueKey(key, 1, VALUE_FULL, &info, sizeof info, &used), NT_NO_MORE_ENTRIES);
    CHECK_EQ(NtDeleteValueKey(key, &name), NT_OK);
    CHECK_EQ(NtDeleteValueKey(key, &name), NT_NAME_NOT_FOUND);
    CHECK_EQ(NtQueryValueKey(key, &name, VALUE_PARTIAL, &info, sizeof info, &used), NT_NAME_NOT_FOUND);
    own_delete(key);
}

TEST(a_name_changes) {
    NT_FUNCTION(NtRenameKey, HANDLE, UNICODE_STRING *);
    UNICODE_STRING fresh = string(L"Fresh"), taken = string(L"taken"), path = string(L"a\\b");
    HKEY key = own_root(), below, deep, other;

    CHECK_EQ(RegCreateKeyExA(key, "old", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &below, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCreateKeyExA(below, "deep", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &deep, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(deep, "v", 0, REG_SZ, (const BYTE *)"x", 2), ERROR_SUCCESS);
    CHECK_EQ(RegCreateKeyExA(key, "taken", 0, NULL, 0, KEY_READ, NULL, &other, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    CHECK_EQ(NtRenameKey(below, &taken), NT_CANNOT_DELETE);
    CHECK_EQ(NtRenameKey(below, &path), NT_INVALID_PARAMETER);
    CHECK_EQ(NtRenameKey(below, &fresh), NT_OK);
    CHECK_EQ(RegOpenKeyExA(key, "old", 0, KEY_READ, &other), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegGetValueA(key, "fresh\\deep", "v", RRF_RT_REG_SZ, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(deep, "w", 0, REG_SZ, (const BYTE *)"x", 2), ERROR_SUCCESS); /* an open handle goes along */
    CHECK_EQ(RegGetValueA(key, "fresh\\deep", "w", RRF_RT_REG_SZ, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(deep), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    own_delete(key);
}

TEST(a_link) {
    KEY_FUNCTIONS;
    NT_FUNCTION(NtSetValueKey, HANDLE, UNICODE_STRING *, ULONG, ULONG, const void *, ULONG);
    NT_FUNCTION(NtQueryKey, HANDLE, ULONG, void *, ULONG, ULONG *);
    UNICODE_STRING name = string(L"link"), value = string(L"SymbolicLinkValue");
    HKEY key = own_root(), target, there;
    HANDLE link = NULL;
    OBJECT_ATTRIBUTES attributes;
    struct {
        ULONG n;
        WCHAR name[300];
    } path;
    ULONG used;

    CHECK_EQ(RegCreateKeyExA(key, "target\\below", 0, NULL, 0, KEY_READ, NULL, &there, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(there), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(key, "target", 0, KEY_READ, &target), ERROR_SUCCESS);
    CHECK_EQ(NtQueryKey(target, NAME, &path, sizeof path, &used), NT_OK);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, key, NULL);
    CHECK_EQ(NtCreateKey(&link, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_CREATE_LINK | REG_OPTION_VOLATILE, NULL), NT_OK);
    CHECK_EQ(NtSetValueKey(link, &value, 0, REG_LINK, path.name, path.n), NT_OK);
    CHECK_EQ(RegOpenKeyExA(key, "link\\below", 0, KEY_READ, &there), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(there), ERROR_SUCCESS);
    CHECK_EQ(NtDeleteKey(link), NT_OK);
    CHECK_EQ(NtClose(link), NT_OK);
    CHECK_EQ(RegOpenKeyExA(key, "link\\below", 0, KEY_READ, &there), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegOpenKeyExA(key, "target\\below", 0, KEY_READ, &there), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(there), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(target), ERROR_SUCCESS);
    own_delete(key);
    (void)NtOpenKey;
}

TEST(the_users_key) {
    NT_FUNCTION(RtlFormatCurrentUserKeyPath, UNICODE_STRING *);
    NT_FUNCTION(RtlOpenCurrentUser, ACCESS_MASK, HANDLE *);
    NT_FUNCTION(NtClose, HANDLE);
    UNICODE_STRING path;
    HANDLE key;

    CHECK_EQ(RtlFormatCurrentUserKeyPath(&path), NT_OK);
    CHECK(path.Length > 36 && CompareStringOrdinal(path.Buffer, 19, L"\\Registry\\User\\S-1-", 19, TRUE) == CSTR_EQUAL);
    CHECK_EQ(RtlOpenCurrentUser(KEY_READ, &key), NT_OK);
    CHECK_EQ(NtClose(key), NT_OK);
}

TEST(wrong_handles) {
    NT_FUNCTION(NtDeleteKey, HANDLE);
    NT_FUNCTION(NtFlushKey, HANDLE);
    NT_FUNCTION(NtQueryKey, HANDLE, ULONG, void *, ULONG, ULONG *);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    BYTE info[64];
    ULONG used;

    CHECK_EQ(NtDeleteKey(event), NT_TYPE_MISMATCH);
    CHECK_EQ(NtFlushKey(event), NT_TYPE_MISMATCH);
    CHECK_EQ(NtQueryKey(event, BASIC, info, sizeof info, &used), NT_TYPE_MISMATCH);
    CHECK_EQ(NtDeleteKey((HANDLE)(ULONG_PTR)0xdeadbee0), NT_INVALID_HANDLE);
    CloseHandle(event);
}
