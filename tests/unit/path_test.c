/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DOS paths, NT paths, names on disk, wildcards. */
#include "dlls/ntdll/file.h"
#include "dlls/ntdll/unix_path.h"
#include "dlls/ntdll/wildcard.h"
#include "libs/base/utf.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[UNIX_PATH_MAX_LEN];
static RTL_USER_PROCESS_PARAMETERS params;
static WCHAR current[300];

static void leave_folder(void) {
    char command[UNIX_PATH_MAX_LEN + 16];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command))
        perror(folder);
}

/* A current directory of its own, and C: beside it. */
static void enter_folder(void) {
    const char *made = mkdtemp(strcpy(folder, "/tmp/winipc-path-XXXXXX"));
    size_t n;

    ck_assert_ptr_nonnull(made);
    atexit(leave_folder);
    ck_assert_int_eq(chdir(folder), 0);
    setenv("XDG_DATA_HOME", folder, 1);
    n = path_from_unix(folder, current, 299);
    current[n++] = '\\';
    params.CurrentDirectory.DosPath = (UNICODE_STRING){(USHORT)(n * 2), sizeof current, current};
    NtCurrentTeb()->Peb->ProcessParameters = &params;
    NtCurrentTeb()->Peb->ProcessHeap = GetProcessHeap();
}

static const char *full(const WCHAR *path) {
    static char text[1024];
    WCHAR buffer[512] = {0};
    const ULONG length = RtlGetFullPathName_U(path, sizeof buffer, buffer, NULL);

    ck_assert_uint_lt(length, sizeof buffer);
    text[utf16_to_utf8((uint16_t *)buffer, length / 2, text, sizeof text - 1, NULL)] = 0;
    return text;
}

static const char *nt(const WCHAR *path) {
    static char text[1024];
    UNICODE_STRING name;

    ck_assert_int_eq(RtlDosPathNameToNtPathName_U_WithStatus(path, &name, NULL, NULL), STATUS_SUCCESS);
    text[utf16_to_utf8((uint16_t *)name.Buffer, name.Length / 2, text, sizeof text - 1, NULL)] = 0;
    RtlFreeHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, name.Buffer);
    return text;
}

START_TEST(full_paths) {
    enter_folder();
    ck_assert_str_eq(full(L"C:\\a\\b"), "C:\\a\\b");
    ck_assert_str_eq(full(L"c:/a//b/"), "c:\\a\\b\\");
    ck_assert_str_eq(full(L"C:\\a\\.\\b\\..\\c"), "C:\\a\\c");
    ck_assert_str_eq(full(L"C:\\..\\..\\x"), "C:\\x");
    ck_assert_str_eq(full(L"C:\\a\\.."), "C:\\");
    ck_assert_str_eq(full(L"C:\\a\\b. . "), "C:\\a\\b");
    ck_assert_str_eq(full(L"C:\\a.\\b"), "C:\\a\\b");
    ck_assert_str_eq(full(L"C:\\"), "C:\\");
    ck_assert_str_eq(full(L"\\x"), "Z:\\x");
    ck_assert_str_eq(full(L"\\\\server\\share\\..\\x"), "\\\\server\\share\\x");
    ck_assert_str_eq(full(L"\\\\.\\pipe\\name"), "\\\\.\\pipe\\name");
    ck_assert_str_eq(full(L"NUL"), "\\\\.\\NUL");
    ck_assert_str_eq(full(L"C:\\dir\\con.txt"), "\\\\.\\con");
    ck_assert_str_eq(full(L"D:x"), "D:\\x");
    {
        char expected[UNIX_PATH_MAX_LEN + 8];

        snprintf(expected, sizeof expected, "Z:%s\\x", folder);
        for (char *c = expected; *c; c++)
            *c = *c == '/' ? '\\' : *c;
        ck_assert_str_eq(full(L"x"), expected);
        ck_assert_str_eq(full(L"z:x"), expected);
        ck_assert_str_eq(full(L".\\y\\..\\x"), expected);
    }
}
END_TEST

START_TEST(nt_paths) {
    enter_folder();
    ck_assert_str_eq(nt(L"C:\\a"), "\\??\\C:\\a");
    ck_assert_str_eq(nt(L"\\\\server\\share\\a"), "\\??\\UNC\\server\\share\\a");
    ck_assert_str_eq(nt(L"\\\\.\\pipe\\a"), "\\??\\pipe\\a");
    ck_assert_str_eq(nt(L"\\\\?\\C:\\a\\..\\b."), "\\??\\C:\\a\\..\\b.");
    ck_assert_str_eq(nt(L"nul"), "\\??\\nul");
    ck_assert_str_eq(nt(L"CONIN$"), "\\??\\CONIN$");
}
END_TEST

START_TEST(device_names) {
    ck_assert_uint_eq(RtlIsDosDeviceName_U(L"NUL"), 6);
    ck_assert_uint_eq(RtlIsDosDeviceName_U(L"nul:"), 6);
    ck_assert_uint_eq(RtlIsDosDeviceName_U(L"C:\\a\\COM1"), 10u << 16 | 8);
    ck_assert_uint_eq(RtlIsDosDeviceName_U(L"C:nul"), 4u << 16 | 6);
    ck_assert_uint_eq(RtlIsDosDeviceName_U(L"C:"), 0);
    ck_assert_uint_eq(RtlIsDosDeviceName_U(L"null"), 0);
    ck_assert_uint_eq(RtlIsDosDeviceName_U(L"COM0"), 0);
    ck_assert_uint_eq(RtlIsDosDeviceName_U(L"a\\CONIN$"), 0);
    ck_assert_uint_eq(RtlIsDosDeviceName_U(L"\\\\.\\NUL"), 0);
}
END_TEST

START_TEST(names_come_back) {
    static const char *const names[] = {"plain", "\xc3\xa9t\xc3\xa9", "\xff\xfe", "a\xc3", "\xed\xa0\x80", "\xf0\x9f\x98\x80", "a:b\\c*?",
        "\xed\xb2\x80x", "\x01", "\xe2\x82"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        WCHAR units[64];
        char bytes[64];
        const size_t n = name_from_unix(names[i], strlen(names[i]), units, 64);
        const size_t len = name_to_unix(units, n, bytes, 64);

        ck_assert_uint_eq(len, strlen(names[i]));
        ck_assert_mem_eq(bytes, names[i], len);
        for (size_t u = 0; u < n; u++)
            ck_assert(units[u] >= 0x20 && units[u] != ':' && units[u] != '\\' && units[u] != '*' && units[u] != '?');
    }
}
END_TEST

static NTSTATUS look(const WCHAR *name, struct unix_path *path) {
    UNICODE_STRING string;
    NTSTATUS status;

    ck_assert(!RtlDosPathNameToNtPathName_U_WithStatus(name, &string, NULL, NULL));
    status = nt_name_to_unix(&string, path);
    RtlFreeHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, string.Buffer);
    return status;
}

START_TEST(lookups) {
    static struct unix_path path;

    enter_folder();
    ck_assert_int_eq(mkdir("Folder", 0700), 0);
    close(open("Folder/File.TXT", O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(look(L"Folder\\File.TXT", &path), STATUS_SUCCESS);
    ck_assert_int_eq(look(L"FOLDER\\file.txt", &path), STATUS_SUCCESS);
    ck_assert_str_eq(path.last, "File.TXT");
    ck_assert_int_eq(look(L"folder\\new", &path), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(path.path, "/Folder/new"));
    ck_assert_int_eq(look(L"none\\new", &path), STATUS_OBJECT_PATH_NOT_FOUND);
    ck_assert_int_eq(look(L"folder\\file.txt\\x", &path), STATUS_OBJECT_PATH_NOT_FOUND);
    ck_assert_int_eq(look(L"folder\\a*", &path), STATUS_OBJECT_NAME_INVALID);
    ck_assert_int_eq(look(L"folder\\file.txt:stream", &path), STATUS_OBJECT_NAME_INVALID);
    ck_assert_int_eq(look(L"folder\\file.txt::$DATA", &path), STATUS_SUCCESS);
    ck_assert_int_eq(look(L"Q:\\x", &path), STATUS_OBJECT_PATH_NOT_FOUND);
    ck_assert_int_eq(look(L"C:\\Windows\\System32", &path), STATUS_SUCCESS);
    ck_assert_int_eq(look(L"\\\\.\\pipe\\a\\b", &path), STATUS_SUCCESS);
    ck_assert_int_eq(path.target, NT_PIPE);
    ck_assert_uint_eq(path.rest.Length, 8);
    ck_assert_int_eq(look(L"\\\\localhost\\pipe\\a", &path), STATUS_SUCCESS);
    ck_assert_int_eq(path.target, NT_PIPE);
    ck_assert_int_eq(look(L"\\\\elsewhere\\pipe\\a", &path), STATUS_BAD_NETWORK_PATH);
}
END_TEST

static bool matches(const char *pattern, const char *name) {
    WCHAR p[64], n[64];

    return wildcard_match(p, utf8_to_utf16(pattern, strlen(pattern), (uint16_t *)p, 64, NULL), n,
        utf8_to_utf16(name, strlen(name), (uint16_t *)n, 64, NULL));
}

START_TEST(wildcards) {
    ck_assert(matches("*", "anything.at.all"));
    ck_assert(matches("*.txt", "A.TXT"));
    ck_assert(!matches("*.txt", "a.txt2"));
    ck_assert(matches("a?c", "abc"));
    ck_assert(!matches("a?c", "ac"));
    ck_assert(matches("*a*b*c", "xxaxxbxxbxc"));
    ck_assert(!matches("*a*b*c", "xxaxxbxxbx"));
    ck_assert(matches("<.txt", "a.b.txt"));
    ck_assert(!matches("<.b", "a.b.txt"));
    ck_assert(matches("<\"*", "noext"));
    ck_assert(matches("<\"*", "a.ext"));
    ck_assert(matches(">>>.txt", "a.txt"));
    ck_assert(matches(">>>", "ab"));
    ck_assert(!matches(">>", "abc"));
    ck_assert(matches("abc\"", "abc"));
    ck_assert(matches("abc\"", "abc."));
    ck_assert(matches("*<x", "a.b.x"));
}
END_TEST

UNIT_MAIN("path", full_paths, nt_paths, device_names, names_come_back, lookups, wildcards)
