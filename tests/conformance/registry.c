/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry (MSDN: winreg.h): keys, values, enumeration, what is deleted, rights. */
#include "harness.h"

#ifndef KEY_WOW64_32KEY
#define KEY_WOW64_32KEY 0x0200
#endif

/* A key of this run's own below HKEY_CURRENT_USER\Software, and its path. */
static const char *own_path(void) {
    static char path[200];

    snprintf(path, sizeof path, "Software\\%s", own_name("reg"));
    return path;
}

static HKEY own_key(void) {
    HKEY key = NULL;
    DWORD disposition = POISON;

    REQUIRE(RegCreateKeyExA(HKEY_CURRENT_USER, own_path(), 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, &disposition) == ERROR_SUCCESS);
    CHECK_EQ(disposition, REG_CREATED_NEW_KEY);
    return key;
}

static void own_delete(HKEY key) {
    CHECK_EQ(RegDeleteTreeA(key, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(HKEY_CURRENT_USER, own_path()), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
}

static HKEY subkey(HKEY parent, const char *name) {
    HKEY key = NULL;

    REQUIRE(RegCreateKeyExA(parent, name, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL) == ERROR_SUCCESS);
    return key;
}

TEST(create_open_and_delete) {
    HKEY key = own_key(), again, below;
    DWORD disposition = POISON;

    CHECK_EQ(RegCreateKeyExA(HKEY_CURRENT_USER, own_path(), 0, NULL, 0, KEY_READ, NULL, &again, &disposition), ERROR_SUCCESS);
    CHECK_EQ(disposition, REG_OPENED_EXISTING_KEY);
    CHECK_EQ(RegCloseKey(again), ERROR_SUCCESS);
    below = subkey(key, "a\\b\\c");
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(key, "A\\B", 0, KEY_READ, &below), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(below, "c"), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(below, "c"), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(key, "a\\b\\c", 0, KEY_READ, &below), ERROR_FILE_NOT_FOUND);
    CHECK(below == NULL);
    CHECK_EQ(RegOpenKeyExA(key, "a\\none\\c", 0, KEY_READ, &below), ERROR_FILE_NOT_FOUND);
    own_delete(key);
}

TEST(a_key_with_subkeys_is_not_deleted) {
    HKEY key = own_key(), below = subkey(key, "a\\b");

    CHECK_EQ(RegDeleteKeyA(key, "a"), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteTreeA(key, "a"), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteTreeA(key, "a"), ERROR_FILE_NOT_FOUND);
    own_delete(key);
}

TEST(a_deleted_key_is_good_for_closing) {
    HKEY key = own_key(), below = subkey(key, "a"), other;
    DWORD number = 1, size = sizeof number, type;

    CHECK_EQ(RegSetValueExA(below, "v", 0, REG_DWORD, (BYTE *)&number, sizeof number), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(key, "a"), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(below, "v", 0, REG_DWORD, (BYTE *)&number, sizeof number), ERROR_KEY_DELETED);
    CHECK_EQ(RegQueryValueExA(below, "v", NULL, &type, (BYTE *)&number, &size), ERROR_KEY_DELETED);
    other = subkey(key, "a"); /* another key, by the same name */
    CHECK_EQ(RegQueryValueExA(below, "v", NULL, &type, (BYTE *)&number, &size), ERROR_KEY_DELETED);
    CHECK_EQ(RegQueryValueExA(other, "v", NULL, &type, (BYTE *)&number, &size), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    own_delete(key);
}

TEST(wrong_arguments) {
    HKEY key = own_key(), out = NULL;
    char name[300];
    DWORD size = 4;
    BYTE data[4];

    memset(name, 'n', sizeof name);
    name[256] = 0;
    CHECK_EQ(RegCreateKeyExA(key, name, 0, NULL, 0, KEY_READ, NULL, &out, NULL), ERROR_INVALID_PARAMETER);
    name[255] = 0;
    CHECK_EQ(RegCreateKeyExA(key, name, 0, NULL, 0, KEY_READ, NULL, &out, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(out), ERROR_SUCCESS);
    CHECK_EQ(RegCreateKeyExA(key, "x", 1, NULL, 0, KEY_READ, NULL, &out, NULL), ERROR_INVALID_PARAMETER);
    CHECK_EQ(RegOpenKeyExA(key, "\\x", 0, KEY_READ, &out), ERROR_BAD_PATHNAME);
    CHECK_EQ(RegOpenKeyExA(key, "x", 0, KEY_READ, NULL), ERROR_INVALID_PARAMETER);
    CHECK_EQ(RegOpenKeyExA((HKEY)(ULONG_PTR)0xdeadbee0, "x", 0, KEY_READ, &out), ERROR_INVALID_HANDLE);
    CHECK_EQ(RegCloseKey(NULL), ERROR_INVALID_HANDLE);
    CHECK_EQ(RegQueryValueExA(key, "x", (DWORD *)&size, NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_EQ(RegQueryValueExA(key, "x", NULL, NULL, data, NULL), ERROR_INVALID_PARAMETER);
    CHECK_EQ(RegQueryValueExA(key, "x", NULL, NULL, data, &size), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegDeleteValueA(key, "x"), ERROR_FILE_NOT_FOUND);
    own_delete(key);
}

TEST(values_of_all_types) {
    static const DWORD types[] = {REG_NONE, REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD, REG_DWORD_BIG_ENDIAN, REG_LINK, REG_MULTI_SZ,
        REG_RESOURCE_LIST, REG_FULL_RESOURCE_DESCRIPTOR, REG_RESOURCE_REQUIREMENTS_LIST, REG_QWORD, 0x12345};
    static const BYTE bytes[8] = {'a', 0, '"', 0, '\\', 0, 0, 0};
    HKEY key = own_key();
    WCHAR name[16];

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        DWORD type = POISON, size = 8;
        BYTE data[8] = {0};

        wsprintfW(name, L"value %u", (unsigned)i);
        CHECK_EQ(RegSetValueExW(key, name, 0, types[i], bytes, 8), ERROR_SUCCESS);
        CHECK_EQ(RegQueryValueExW(key, name, NULL, &type, data, &size), ERROR_SUCCESS);
        CHECK_EQ(type, types[i]);
        CHECK_EQ(size, 8);
        CHECK_MEM(data, bytes, 8);
    }
    CHECK_EQ(RegSetValueExW(key, L"empty", 0, REG_BINARY, NULL, 0), ERROR_SUCCESS);
    DWORD size = 8, type = POISON;
    CHECK_EQ(RegQueryValueExW(key, L"EMPTY", NULL, &type, NULL, &size), ERROR_SUCCESS);
    CHECK_EQ(size, 0);
    CHECK_EQ(type, REG_BINARY);
    own_delete(key);
}

TEST(sizes_are_told) {
    HKEY key = own_key();
    DWORD size = 3, type = POISON;
    char text[16];

    CHECK_EQ(RegSetValueExA(key, "t", 0, REG_SZ, (const BYTE *)"seven77", 8), ERROR_SUCCESS);
    POISON_OUT(text);
    CHECK_EQ(RegQueryValueExA(key, "t", NULL, &type, (BYTE *)text, &size), ERROR_MORE_DATA);
    CHECK_EQ(size, 8);
    CHECK_EQ(type, REG_SZ);
    size = 0;
    CHECK_EQ(RegQueryValueExW(key, L"t", NULL, NULL, NULL, &size), ERROR_SUCCESS);
    CHECK_EQ(size, 16);
    size = sizeof text;
    CHECK_EQ(RegQueryValueExA(key, "t", NULL, NULL, (BYTE *)text, &size), ERROR_SUCCESS);
    CHECK_EQ(size, 8);
    CHECK_STR(text, "seven77");
    /* a NUL that is left out and lies behind */
    CHECK_EQ(RegSetValueExA(key, "t", 0, REG_SZ, (const BYTE *)"abc", 3), ERROR_SUCCESS);
    CHECK_EQ(RegQueryValueExW(key, L"t", NULL, NULL, NULL, &size), ERROR_SUCCESS);
    CHECK_EQ(size, 8);
    own_delete(key);
}

TEST(the_default_value) {
    HKEY key = own_key();
    char text[8];
    DWORD size = sizeof text;
    LONG old_size = sizeof text;

    CHECK_EQ(RegQueryValueExA(key, NULL, NULL, NULL, NULL, NULL), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegQueryValueA(key, NULL, text, &old_size), ERROR_SUCCESS);
    CHECK_EQ(old_size, 1);
    CHECK_STR(text, "");
    CHECK_EQ(RegSetValueExA(key, "", 0, REG_SZ, (const BYTE *)"dflt", 5), ERROR_SUCCESS);
    CHECK_EQ(RegQueryValueExA(key, NULL, NULL, NULL, (BYTE *)text, &size), ERROR_SUCCESS);
    CHECK_STR(text, "dflt");
    CHECK_EQ(RegSetValueA(key, "sub", REG_SZ, "x", 1), ERROR_SUCCESS);
    old_size = sizeof text;
    CHECK_EQ(RegQueryValueA(key, "sub", text, &old_size), ERROR_SUCCESS);
    CHECK_STR(text, "x");
    own_delete(key);
}

TEST(a_large_value) {
    const DWORD len = 1 << 20;
    BYTE *data = malloc(len), *back = malloc(len);
    HKEY key = own_key();
    DWORD size = len, type;

    REQUIRE(data && back);
    for (DWORD i = 0; i < len; i++)
        data[i] = (BYTE)(i * 7 + i / 256);
    CHECK_EQ(RegSetValueExA(key, "large", 0, REG_BINARY, data, len), ERROR_SUCCESS);
    CHECK_EQ(RegQueryValueExA(key, "large", NULL, &type, back, &size), ERROR_SUCCESS);
    CHECK_EQ(size, len);
    CHECK_MEM(back, data, len);
    size = 100;
    CHECK_EQ(RegQueryValueExA(key, "large", NULL, &type, back, &size), ERROR_MORE_DATA);
    CHECK_EQ(size, len);
    own_delete(key);
    free(data);
    free(back);
}

TEST(names_keep_their_case_and_do_not_count_it) {
    HKEY key = own_key(), below = subkey(key, "MiXeD");
    char name[32];
    DWORD len = sizeof name;

    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    below = subkey(key, "mixed");
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    CHECK_EQ(RegEnumKeyExA(key, 0, name, &len, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_STR(name, "MiXeD");
    CHECK_EQ(len, 5);
    len = sizeof name;
    CHECK_EQ(RegEnumKeyExA(key, 1, name, &len, NULL, NULL, NULL, NULL), ERROR_NO_MORE_ITEMS);
    CHECK_EQ(RegSetValueExA(key, "VaLue", 0, REG_SZ, (const BYTE *)"1", 2), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(key, "value", 0, REG_SZ, (const BYTE *)"2", 2), ERROR_SUCCESS);
    len = sizeof name;
    CHECK_EQ(RegEnumValueA(key, 0, name, &len, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_STR(name, "VaLue");
    own_delete(key);
}

TEST(odd_names) {
    static const WCHAR odd[] = {'n', 1, '\n', 0xd800, '"', ']', 0x20ac, 0};
    HKEY key = own_key(), below;
    WCHAR name[32];
    DWORD len = 32;

    CHECK_EQ(RegCreateKeyExW(key, odd, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &below, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExW(below, odd, 0, REG_SZ, (const BYTE *)odd, sizeof odd), ERROR_SUCCESS);
    CHECK_EQ(RegEnumKeyExW(key, 0, name, &len, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_EQ(len, 7);
    CHECK_MEM(name, odd, sizeof odd);
    len = 32;
    CHECK_EQ(RegEnumValueW(below, 0, name, &len, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_MEM(name, odd, sizeof odd);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    own_delete(key);
}

TEST(enumeration_while_keys_are_deleted) {
    HKEY key = own_key();
    char name[32];
    unsigned n = 0;

    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "key %02d", i);
        CHECK_EQ(RegCloseKey(subkey(key, name)), ERROR_SUCCESS);
    }
    for (DWORD i = 0; i < 50; i++) { /* in the order of their names */
        char expected[32];
        DWORD len = sizeof name;

        CHECK_EQ(RegEnumKeyExA(key, i, name, &len, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
        snprintf(expected, sizeof expected, "key %02d", (int)i);
        CHECK_STR(name, expected);
    }
    for (DWORD len = sizeof name; RegEnumKeyExA(key, 0, name, &len, NULL, NULL, NULL, NULL) == ERROR_SUCCESS; len = sizeof name) {
        CHECK_EQ(RegDeleteKeyA(key, name), ERROR_SUCCESS);
        n++;
    }
    CHECK_EQ(n, 50);
    own_delete(key);
}

TEST(enumeration_tells_what_does_not_fit) {
    HKEY key = own_key();
    char name[8] = "";
    DWORD len = 3, size = 1, type = POISON;
    BYTE data[1];

    CHECK_EQ(RegCloseKey(subkey(key, "abc")), ERROR_SUCCESS);
    CHECK_EQ(RegEnumKeyExA(key, 0, name, &len, NULL, NULL, NULL, NULL), ERROR_MORE_DATA);
    len = 4;
    CHECK_EQ(RegEnumKeyExA(key, 0, name, &len, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(key, "v", 0, REG_SZ, (const BYTE *)"text", 5), ERROR_SUCCESS);
    len = sizeof name;
    CHECK_EQ(RegEnumValueA(key, 0, name, &len, NULL, &type, data, &size), ERROR_MORE_DATA);
    CHECK_EQ(size, 5);
    len = 1;
    CHECK_EQ(RegEnumValueA(key, 0, name, &len, NULL, NULL, NULL, NULL), ERROR_MORE_DATA);
    len = sizeof name;
    CHECK_EQ(RegEnumValueA(key, 1, name, &len, NULL, NULL, NULL, NULL), ERROR_NO_MORE_ITEMS);
    own_delete(key);
}

TEST(how_much_a_key_holds) {
    HKEY key = own_key(), below;
    DWORD n_keys, longest_key, longest_class, n_values, longest_name, largest, class_len = 32;
    FILETIME before, written, now;
    char class[32];

    CHECK_EQ(RegQueryInfoKeyA(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &before), ERROR_SUCCESS);
    CHECK_EQ(RegCreateKeyExA(key, "sub", 0, (char *)"a class", 0, KEY_ALL_ACCESS, NULL, &below, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(key, "name", 0, REG_BINARY, (const BYTE *)"12345", 5), ERROR_SUCCESS);
    CHECK_EQ(RegQueryInfoKeyA(key, NULL, NULL, NULL, &n_keys, &longest_key, &longest_class, &n_values, &longest_name, &largest, NULL, &written),
        ERROR_SUCCESS);
    CHECK_EQ(n_keys, 1);
    CHECK_EQ(longest_key, 3);
    CHECK_EQ(longest_class, 7);
    CHECK_EQ(n_values, 1);
    CHECK_EQ(longest_name, 4);
    CHECK_EQ(largest, 5);
    GetSystemTimeAsFileTime(&now);
    CHECK(CompareFileTime(&before, &written) <= 0);
    CHECK(written.dwHighDateTime == now.dwHighDateTime || written.dwHighDateTime == now.dwHighDateTime - 1);
    CHECK_EQ(RegQueryInfoKeyA(below, class, &class_len, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_STR(class, "a class");
    CHECK_EQ(class_len, 7);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    own_delete(key);
}

TEST(rights_are_needed) {
    HKEY key = own_key(), read, write, none;
    DWORD size = 4, type, len = 8;
    BYTE data[4];
    char name[8];

    CHECK_EQ(RegSetValueExA(key, "v", 0, REG_DWORD, (const BYTE *)"1234", 4), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(HKEY_CURRENT_USER, own_path(), 0, KEY_READ, &read), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(read, "v", 0, REG_DWORD, (const BYTE *)"1234", 4), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegDeleteValueA(read, "v"), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegQueryValueExA(read, "v", NULL, &type, data, &size), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(HKEY_CURRENT_USER, own_path(), 0, KEY_SET_VALUE, &write), ERROR_SUCCESS);
    CHECK_EQ(RegQueryValueExA(write, "v", NULL, &type, data, &size), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegEnumKeyExA(write, 0, name, &len, NULL, NULL, NULL, NULL), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegQueryInfoKeyA(write, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegSetValueExA(write, "v", 0, REG_DWORD, (const BYTE *)"4321", 4), ERROR_SUCCESS);
    /* the key's descriptor decides who may make a subkey, not the handle (RegCreateKeyEx's page) */
    CHECK_EQ(RegCreateKeyExA(read, "sub", 0, NULL, 0, KEY_READ, NULL, &none, NULL), ERROR_SUCCESS);
    RegCloseKey(none);
    CHECK_EQ(RegCloseKey(read), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(write), ERROR_SUCCESS);
    own_delete(key);
}

TEST(a_volatile_key_has_volatile_subkeys_only) {
    HKEY key = own_key(), volatile_key, below;

    CHECK_EQ(RegCreateKeyExA(key, "v", 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL, &volatile_key, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCreateKeyExA(volatile_key, "x", 0, NULL, 0, KEY_READ, NULL, &below, NULL), ERROR_CHILD_MUST_BE_VOLATILE);
    CHECK_EQ(RegCreateKeyExA(volatile_key, "x", 0, NULL, REG_OPTION_VOLATILE, KEY_READ, NULL, &below, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(below), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(volatile_key), ERROR_SUCCESS);
    own_delete(key);
}

TEST(get_value_wants_types) {
    HKEY key = own_key();
    DWORD type = POISON, size, number = 0;
    WCHAR text[64];

    CHECK_EQ(RegSetValueExW(key, L"sz", 0, REG_SZ, (const BYTE *)L"abcd", 6), ERROR_SUCCESS); /* "abc" without its NUL */
    CHECK_EQ(RegSetValueExW(key, L"n", 0, REG_DWORD, (const BYTE *)"\1\0\0", 4), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExW(key, L"bad", 0, REG_DWORD, (const BYTE *)"\1\0\0", 3), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExW(key, L"x", 0, REG_EXPAND_SZ, (const BYTE *)L"%SystemRoot%\\x", 30), ERROR_SUCCESS);
    size = sizeof text;
    CHECK_EQ(RegGetValueW(key, NULL, L"sz", RRF_RT_REG_SZ, &type, text, &size), ERROR_SUCCESS);
    CHECK_EQ(size, 8);
    CHECK_MEM(text, L"abc", 8);
    size = sizeof number;
    CHECK_EQ(RegGetValueW(key, NULL, L"n", RRF_RT_DWORD, &type, &number, &size), ERROR_SUCCESS);
    CHECK_EQ(number, 1);
    CHECK_EQ(RegGetValueW(key, NULL, L"n", RRF_RT_REG_SZ, &type, &number, &size), ERROR_UNSUPPORTED_TYPE);
    size = sizeof number;
    CHECK_EQ(RegGetValueW(key, NULL, L"bad", RRF_RT_REG_DWORD, &type, &number, &size), ERROR_INVALID_DATA);
    size = sizeof text;
    CHECK_EQ(RegGetValueW(key, NULL, L"x", RRF_RT_REG_SZ, &type, text, &size), ERROR_SUCCESS);
    CHECK_EQ(type, REG_SZ);
    CHECK(text[0] != '%');
    size = sizeof text;
    CHECK_EQ(RegGetValueW(key, NULL, L"x", RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, &type, text, &size), ERROR_SUCCESS);
    CHECK_EQ(type, REG_EXPAND_SZ);
    CHECK(text[0] == '%');
    CHECK_EQ(RegGetValueW(key, NULL, L"x", RRF_RT_REG_EXPAND_SZ, &type, text, &size), ERROR_INVALID_PARAMETER);
    CHECK_EQ(RegGetValueW(key, NULL, L"n", RRF_RT_ANY, &type, &number, NULL), ERROR_INVALID_PARAMETER);
    number = POISON;
    size = sizeof number;
    CHECK_EQ(RegGetValueW(key, NULL, L"none", RRF_RT_ANY | RRF_ZEROONFAILURE, &type, &number, &size), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(number, 0);
    own_delete(key);
}

TEST(set_and_delete_values_of_subkeys) {
    HKEY key = own_key();
    DWORD number = 77, size = sizeof number;

    CHECK_EQ(RegSetKeyValueA(key, "a\\b", "v", REG_DWORD, &number, sizeof number), ERROR_SUCCESS);
    number = 0;
    CHECK_EQ(RegGetValueA(key, "a\\b", "v", RRF_RT_REG_DWORD, NULL, &number, &size), ERROR_SUCCESS);
    CHECK_EQ(number, 77);
    CHECK_EQ(RegDeleteKeyValueA(key, "a\\b", "v"), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyValueA(key, "a\\b", "v"), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegDeleteKeyValueA(key, "a\\none", "v"), ERROR_FILE_NOT_FOUND);
    own_delete(key);
}

TEST(copy_tree) {
    HKEY key = own_key(), from = subkey(key, "from"), to = subkey(key, "to");
    DWORD number = 5, size = sizeof number;

    CHECK_EQ(RegSetKeyValueA(from, "a\\b", "v", REG_DWORD, &number, sizeof number), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(from, "top", 0, REG_SZ, (const BYTE *)"t", 2), ERROR_SUCCESS);
    CHECK_EQ(RegCopyTreeA(key, "from", to), ERROR_SUCCESS);
    number = 0;
    CHECK_EQ(RegGetValueA(to, "a\\b", "v", RRF_RT_REG_DWORD, NULL, &number, &size), ERROR_SUCCESS);
    CHECK_EQ(number, 5);
    CHECK_EQ(RegQueryValueExA(to, "top", NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(from), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(to), ERROR_SUCCESS);
    own_delete(key);
}

TEST(predefined_keys) {
    HKEY key = NULL, other = NULL;

    CHECK_EQ(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "", 0, KEY_READ, &key), ERROR_SUCCESS);
    CHECK(key == HKEY_LOCAL_MACHINE);
    CHECK_EQ(RegCloseKey(HKEY_LOCAL_MACHINE), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "Software\\", 0, KEY_READ, &key), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(key, "", 0, KEY_READ, &other), ERROR_SUCCESS);
    CHECK(key != other);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
    CHECK_EQ(RegOpenCurrentUser(KEY_READ, &key), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(key, "Software", 0, KEY_READ, &other), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(HKEY_USERS, ".DEFAULT", 0, KEY_READ, &key), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
}

TEST(the_classes_of_user_and_machine_are_one) {
    HKEY user, merged, key;
    char path[200], text[16];
    DWORD size = sizeof text, len, found = 0;

    snprintf(path, sizeof path, "Software\\Classes\\%s", own_name("class"));
    CHECK_EQ(RegCreateKeyExA(HKEY_CURRENT_USER, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &user, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegSetValueExA(user, "u", 0, REG_SZ, (const BYTE *)"user's", 7), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(HKEY_CLASSES_ROOT, own_name("class"), 0, KEY_READ, &merged), ERROR_SUCCESS);
    CHECK_EQ(RegQueryValueExA(merged, "u", NULL, NULL, (BYTE *)text, &size), ERROR_SUCCESS);
    CHECK_STR(text, "user's");
    CHECK_EQ(RegCloseKey(merged), ERROR_SUCCESS);
    CHECK_EQ(RegOpenKeyExA(HKEY_CLASSES_ROOT, "CLSID", 0, KEY_READ, &key), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
    for (DWORD i = 0; len = sizeof path, RegEnumKeyExA(HKEY_CLASSES_ROOT, i, path, &len, NULL, NULL, NULL, NULL) == ERROR_SUCCESS; i++)
        found += !lstrcmpiA(path, own_name("class")) || !lstrcmpiA(path, "CLSID");
    CHECK_EQ(found, 2);
    CHECK_EQ(RegDeleteKeyA(HKEY_CLASSES_ROOT, own_name("class")), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(user), ERROR_SUCCESS);
}

TEST(what_programs_ask_the_registry) {
    char text[64];
    DWORD size = sizeof text, number = 0;

    CHECK_EQ(RegGetValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "CurrentBuild", RRF_RT_REG_SZ, NULL, text, &size),
        ERROR_SUCCESS);
    CHECK(atoi(text) >= 7600);
    size = sizeof number;
    CHECK_EQ(RegGetValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "CurrentMajorVersionNumber", RRF_RT_REG_DWORD,
                 NULL, &number, &size),
        ERROR_SUCCESS);
    CHECK(number >= 10);
    size = sizeof text;
    CHECK_EQ(RegGetValueA(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ActiveComputerName", "ComputerName",
                 RRF_RT_REG_SZ, NULL, text, &size),
        ERROR_SUCCESS);
    char name[64];
    DWORD len = sizeof name;
    CHECK_OK(GetComputerNameA(name, &len));
    CHECK_STR(text, name);
}

TEST(several_values_at_once) {
    HKEY key = own_key();
    VALENTA values[2] = {{(char *)"a", 0, 0, 0}, {(char *)"b", 0, 0, 0}};
    char buffer[16];
    DWORD size = sizeof buffer;

    CHECK_EQ(RegSetValueExA(key, "a", 0, REG_SZ, (const BYTE *)"one", 4), ERROR_SUCCESS);
    CHECK_EQ(RegQueryMultipleValuesA(key, values, 2, buffer, &size), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegSetValueExA(key, "b", 0, REG_SZ, (const BYTE *)"two", 4), ERROR_SUCCESS);
    size = sizeof buffer;
    CHECK_EQ(RegQueryMultipleValuesA(key, values, 2, buffer, &size), ERROR_SUCCESS);
    CHECK_EQ(size, 8);
    CHECK_STR((char *)values[0].ve_valueptr, "one");
    CHECK_STR((char *)values[1].ve_valueptr, "two");
    size = 4;
    CHECK_EQ(RegQueryMultipleValuesA(key, values, 2, buffer, &size), ERROR_MORE_DATA);
    CHECK_EQ(size, 8);
    own_delete(key);
}

ROLE(sees_what_others_wrote) {
    DWORD number = 0, size = sizeof number;

    (void)argc;
    CHECK_EQ(RegGetValueA(HKEY_CURRENT_USER, argv[0], "v", RRF_RT_REG_DWORD, NULL, &number, &size), ERROR_SUCCESS);
    CHECK_EQ(number, 4711);
    number = 1174;
    CHECK_EQ(RegSetKeyValueA(HKEY_CURRENT_USER, argv[0], "v", REG_DWORD, &number, sizeof number), ERROR_SUCCESS);
}

TEST(other_processes_see_it) {
    HKEY key = own_key();
    DWORD number = 4711, size = sizeof number;

    CHECK_EQ(RegSetValueExA(key, "v", 0, REG_DWORD, (BYTE *)&number, sizeof number), ERROR_SUCCESS);
    struct child child = spawn_self("sees_what_others_wrote", own_path());
    CHECK_CHILD(child);
    CHECK_EQ(RegQueryValueExA(key, "v", NULL, NULL, (BYTE *)&number, &size), ERROR_SUCCESS);
    CHECK_EQ(number, 1174);
    CHECK_EQ(RegFlushKey(key), ERROR_SUCCESS);
    own_delete(key);
}
