/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Environment variables, and the environment across the border between Linux and Windows. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libs/base/utf.h"
#include "dlls/ntdll/env.h"
#include "tests/unit/teb.h"

static void start(void) {
    teb_for_test();
    test_params.Environment = calloc(2, sizeof(WCHAR));
    SetLastError(0xdeadbeef);
}

/* The value of a variable in a Windows block, as UTF-8; NULL where it is not. */
static char *value_in(const WCHAR *block, const char *name) {
    for (; *block; block += utf16_len(block) + 1) {
        char *entry = utf8_dup_from_utf16(block);
        const size_t len = strlen(name);
        if (!strncmp(entry, name, len) && entry[len] == '=')
            return memmove(entry, entry + len + 1, strlen(entry + len + 1) + 1);
        free(entry);
    }
    return NULL;
}

static const char *value_of(char *const *environ, const char *name) {
    const size_t len = strlen(name);
    for (; *environ; environ++)
        if (!strncmp(*environ, name, len) && (*environ)[len] == '=')
            return *environ + len + 1;
    return NULL;
}

START_TEST(variables_are_set_and_read) {
    WCHAR value[8] = L"zzzzzzz";
    ck_assert_uint_eq(GetEnvironmentVariableW(L"A", value, 8), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_ENVVAR_NOT_FOUND);
    ck_assert(SetEnvironmentVariableW(L"Abc", L"12345"));
    ck_assert_uint_eq(GetEnvironmentVariableW(L"aBC", value, 8), 5);
    ck_assert_mem_eq(value, L"12345\0z", 7 * sizeof(WCHAR));
    ck_assert_uint_eq(GetEnvironmentVariableW(L"abc", value, 6), 5);
    ck_assert_uint_eq(GetEnvironmentVariableW(L"abc", value, 5), 6);
    ck_assert_uint_eq(GetEnvironmentVariableW(L"abc", NULL, 0), 6);
    ck_assert(SetEnvironmentVariableW(L"ABC", L""));
    SetLastError(0xdeadbeef);
    ck_assert_uint_eq(GetEnvironmentVariableW(L"abc", value, 8), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_SUCCESS);
    ck_assert(SetEnvironmentVariableW(L"ABC", NULL));
    ck_assert(SetEnvironmentVariableW(L"ABC", NULL));
    ck_assert_uint_eq(GetEnvironmentVariableW(L"abc", value, 8), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_ENVVAR_NOT_FOUND);
}
END_TEST

START_TEST(names_are_checked) {
    const WCHAR *const names[] = {NULL, L"", L"=", L"a=b"};
    for (int i = 0; i < 4; i++) {
        SetLastError(0xdeadbeef);
        ck_assert(!SetEnvironmentVariableW(names[i], L"x"));
        ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    }
    ck_assert(SetEnvironmentVariableW(L"=C:", L"C:\\x"));
    ck_assert_uint_eq(GetEnvironmentVariableW(L"=c:", NULL, 0), 5);
}
END_TEST

START_TEST(the_block_is_sorted) {
    ck_assert(SetEnvironmentVariableA("b", "2") && SetEnvironmentVariableA("A", "1") && SetEnvironmentVariableA("_", "4"));
    ck_assert(SetEnvironmentVariableA("C", "3") && SetEnvironmentVariableA("AA", "5") && SetEnvironmentVariableA("b", "22"));
    WCHAR *block = GetEnvironmentStringsW();
    static const WCHAR expected[] = L"A=1\0AA=5\0b=22\0C=3\0_=4\0";
    ck_assert_uint_eq(env_block_len(block), sizeof expected / sizeof *expected);
    ck_assert_mem_eq(block, expected, sizeof expected);
    ck_assert(FreeEnvironmentStringsW(block));
    ck_assert_uint_eq(test_params.EnvironmentSize, sizeof expected);
    char *bytes = GetEnvironmentStringsA();
    static const char expected_bytes[] = "A=1\0AA=5\0b=22\0C=3\0_=4\0";
    ck_assert_mem_eq(bytes, expected_bytes, sizeof expected_bytes);
    ck_assert(FreeEnvironmentStringsA(bytes));
    ck_assert(SetEnvironmentStringsW((WCHAR *)L"x=y\0d=\0"));
    ck_assert_mem_eq(test_params.Environment, L"d=\0x=y\0", 8 * sizeof(WCHAR));
}
END_TEST

START_TEST(ansi_lengths_are_bytes) {
    char value[8] = "zzzzzzz";
    ck_assert(SetEnvironmentVariableA("e", "\xC3\xA9\xE2\x82\xAC"));
    ck_assert_uint_eq(GetEnvironmentVariableW(L"E", NULL, 0), 3);
    ck_assert_uint_eq(GetEnvironmentVariableA("E", value, 5), 6);
    ck_assert_uint_eq(GetEnvironmentVariableA("E", value, 6), 5);
    ck_assert_str_eq(value, "\xC3\xA9\xE2\x82\xAC");
}
END_TEST

START_TEST(strings_are_expanded) {
    WCHAR out[32] = L"";
    ck_assert(SetEnvironmentVariableW(L"Name", L"value"));
    ck_assert_uint_eq(ExpandEnvironmentStringsW(L"a%name%b", out, 32), 8);
    ck_assert_mem_eq(out, L"avalueb", 16);
    ck_assert_uint_eq(ExpandEnvironmentStringsW(L"%none%name%%", out, 32), 12);
    ck_assert_mem_eq(out, L"%nonevalue%", 24);
    ck_assert_uint_eq(ExpandEnvironmentStringsW(L"100%", out, 32), 5);
    ck_assert_uint_eq(ExpandEnvironmentStringsW(L"%name%", out, 3), 6);
    ck_assert_uint_eq(ExpandEnvironmentStringsW(L"%name%", NULL, 0), 6);
    char bytes[8];
    ck_assert_uint_eq(ExpandEnvironmentStringsA("<%NAME%>", bytes, 8), 8);
    ck_assert_str_eq(bytes, "<value>");
}
END_TEST

START_TEST(linux_environment_becomes_windows) {
    char *const environ[] = {"PATH=/usr/bin:/opt/a;b::rel/x", "HOME=/home/ann", "USER=ann", "FOO=/x:y", "foo=2", "LANG=C.UTF-8", "NOTHING",
        "BASH_FUNC_x%%=() {}", "TMPDIR=/var/tmp", NULL};
    size_t size;
    setenv("USER", "ann", 1);
    WCHAR *block = env_from_unix(environ, &size);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(size, env_block_len(block) * sizeof(WCHAR));
    ck_assert_str_eq(value_in(block, "Path"),
        "C:\\windows\\system32;C:\\windows;C:\\windows\\System32\\Wbem;Z:\\usr\\bin;\"Z:\\opt\\a;b\";rel\\x");
    ck_assert_str_eq(value_in(block, "USERPROFILE"), "Z:\\home\\ann");
    ck_assert_str_eq(value_in(block, "HOMEDRIVE"), "Z:");
    ck_assert_str_eq(value_in(block, "HOMEPATH"), "\\home\\ann");
    ck_assert_str_eq(value_in(block, "APPDATA"), "C:\\Users\\ann\\AppData\\Roaming");
    ck_assert_str_eq(value_in(block, "TEMP"), "Z:\\var\\tmp");
    ck_assert_str_eq(value_in(block, "SystemRoot"), "C:\\windows");
    ck_assert_str_eq(value_in(block, "OS"), "Windows_NT");
    ck_assert_str_eq(value_in(block, "LANG"), "C.UTF-8");
    ck_assert((value_in(block, "FOO") != NULL) + (value_in(block, "foo") != NULL) == 1);
    ck_assert_ptr_null(value_in(block, "NOTHING"));
    char **back = env_to_unix(block);
    ck_assert_str_eq(value_of(back, "PATH"), "/usr/bin:/opt/a;b:rel/x");
    ck_assert_str_eq(value_of(back, "HOME"), "/home/ann");
    ck_assert_str_eq(value_of(back, "TMPDIR"), "/var/tmp");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("env");
    TCase *tests = tcase_create("env");
    tcase_add_checked_fixture(tests, start, NULL);
    tcase_add_test(tests, variables_are_set_and_read);
    tcase_add_test(tests, names_are_checked);
    tcase_add_test(tests, the_block_is_sorted);
    tcase_add_test(tests, ansi_lengths_are_bytes);
    tcase_add_test(tests, strings_are_expanded);
    tcase_add_test(tests, linux_environment_becomes_windows);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
