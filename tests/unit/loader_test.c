/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader's pieces that need no program: quoting, start-up blocks, names, API sets. */
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libs/base/utf.h"
#include "loader/module.h"
#include "loader/name.h"
#include "loader/startup.h"

static bool same(const WCHAR *a, const WCHAR *b) {
    return utf16_len(a) == utf16_len(b) && !memcmp(a, b, utf16_len(a) * sizeof *a);
}

static void check_quoted(const WCHAR *argument, const WCHAR *expected) {
    WCHAR line[64];

    *startup_quote(line, argument) = 0;
    ck_assert_msg(same(line, expected), "%s is quoted as %s, not %s", utf8_dup_from_utf16(argument), utf8_dup_from_utf16(line),
        utf8_dup_from_utf16(expected));
}

START_TEST(arguments_are_quoted) {
    check_quoted(L"plain", L"plain");
    check_quoted(L"", L"\"\"");
    check_quoted(L"a b", L"\"a b\"");
    check_quoted(L"a\tb", L"\"a\tb\"");
    check_quoted(L"a\"b", L"\"a\\\"b\"");
    check_quoted(L"c:\\dir\\", L"c:\\dir\\");
    check_quoted(L"c:\\my dir\\", L"\"c:\\my dir\\\\\"");
    check_quoted(L"a\\\\\"b", L"\"a\\\\\\\\\\\"b\"");
    check_quoted(L"a\\\\b c", L"\"a\\\\b c\"");
}
END_TEST

START_TEST(startup_goes_through_a_block) {
    struct startup sent = {.unix_image = (char *)"/tmp/a.exe", .image_path = (WCHAR *)L"Z:\\tmp\\a.exe", .command_line = (WCHAR *)L"a b",
        .environment = (WCHAR *)L"A=1\0B=2\0", .runtime_info = "\1\2\3", .runtime_info_len = 3, .std_handles = {4, 8, 12},
        .console_flags = 1, .show_window = 5, .ticket = {7, 8, 9}};
    struct startup got;
    const int fd = startup_pack(&sent);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(startup_unpack(&got, fd), 0);
    close(fd);
    ck_assert_str_eq(got.unix_image, "/tmp/a.exe");
    ck_assert(same(got.image_path, L"Z:\\tmp\\a.exe"));
    ck_assert(same(got.command_line, L"a b"));
    ck_assert(!memcmp(got.environment, L"A=1\0B=2\0", sizeof L"A=1\0B=2\0"));
    ck_assert_ptr_null(got.title);
    ck_assert_uint_eq(got.runtime_info_len, 3);
    ck_assert(!memcmp(got.runtime_info, "\1\2\3", 3));
    ck_assert(got.from_parent);
    ck_assert_uint_eq(got.std_handles[2], 12);
    ck_assert_uint_eq(got.show_window, 5);
    ck_assert_uint_eq(got.ticket.thread, 9);
}
END_TEST

START_TEST(a_damaged_block_is_refused) {
    struct startup sent = {.unix_image = (char *)"/tmp/a.exe", .image_path = (WCHAR *)L"a", .command_line = (WCHAR *)L"a b",
        .environment = (WCHAR *)L"\0"};
    const int good = startup_pack(&sent);
    uint8_t bytes[1024];
    const ssize_t length = pread(good, bytes, sizeof bytes, 0);

    ck_assert_int_gt(length, 136);
    for (ssize_t i = 0; i < length; i++) {
        const int fd = memfd_create("damaged", MFD_CLOEXEC);
        struct startup got;
        uint8_t damaged[sizeof bytes];

        memcpy(damaged, bytes, length);
        damaged[i] = ~damaged[i];
        ck_assert_int_eq(write(fd, damaged, i % 3 ? length : i), i % 3 ? length : i);
        startup_unpack(&got, fd); /* an answer, not a crash */
        close(fd);
    }
    close(good);
}
END_TEST

START_TEST(names_are_completed) {
    WCHAR name[64];
    char plain[64];

    ck_assert(name_complete(L"foo", name, 64) && same(name, L"foo.dll"));
    ck_assert(name_complete(L"foo.", name, 64) && same(name, L"foo"));
    ck_assert(name_complete(L"foo.drv", name, 64) && same(name, L"foo.drv"));
    ck_assert(name_complete(L"C:\\a.b\\foo", name, 64) && same(name, L"C:\\a.b\\foo.dll"));
    ck_assert(!name_complete(L"foo", name, 7));
    name_plain(L"C:\\Windows\\System32\\KERNEL32.DLL", plain, sizeof plain);
    ck_assert_str_eq(plain, "kernel32");
    name_plain(L"winspool.drv", plain, sizeof plain);
    ck_assert_str_eq(plain, "winspool.drv");
    ck_assert(search_is_system(L"foo.dll"));
    ck_assert(search_is_system(L"c:\\WINDOWS\\system32\\foo.dll"));
    ck_assert(!search_is_system(L"c:\\windows\\system32\\sub\\foo.dll"));
    ck_assert(!search_is_system(L".\\foo.dll"));
}
END_TEST

START_TEST(api_sets_have_hosts) {
    ck_assert_str_eq(apiset_host("api-ms-win-core-file-l1-2-0"), "kernelbase");
    ck_assert_str_eq(apiset_host("api-ms-win-crt-heap-l1-1-0"), "ucrtbase");
    ck_assert_str_eq(apiset_host("api-ms-win-core-registry-l1-1-0"), "advapi32");
    ck_assert_str_eq(apiset_host("api-ms-win-core-rtlsupport-l1-1-0.dll"), "ntdll");
    ck_assert_str_eq(apiset_host("ext-ms-win-ntuser-window-l1-1-0"), "user32");
    ck_assert_ptr_null(apiset_host("api-ms-win-none-such-l1-1-0"));
    ck_assert_ptr_null(apiset_host("kernel32"));
}
END_TEST

UNIT_MAIN("loader", arguments_are_quoted, startup_goes_through_a_block, a_damaged_block_is_refused, names_are_completed,
    api_sets_have_hosts)
