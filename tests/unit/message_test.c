/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FormatMessage. */
#include "tests/unit/unit.h"

#include <stdint.h>
#include <string.h>

#define ROOM 512

static char out[ROOM];

static __attribute__((ms_abi)) DWORD format(DWORD flags, const char *source, DWORD id, ...) {
    __builtin_ms_va_list list;
    DWORD length;

    __builtin_ms_va_start(list, id);
    memset(out, '#', sizeof out);
    SetLastError(0xDEADBEEF);
    length = FormatMessageA(flags, source, id, 0, out, ROOM, &list);
    __builtin_ms_va_end(list);
    return length;
}

#define CHECK(expected, ...)                                                                                           \
    do {                                                                                                               \
        ck_assert_uint_eq(format(FORMAT_MESSAGE_FROM_STRING, __VA_ARGS__), strlen(expected));                          \
        ck_assert_str_eq(out, expected);                                                                               \
    } while (0)

START_TEST(inserts) {
    CHECK("plain", "plain", 0);
    CHECK("one two", "%1 %2", 0, "one", "two");
    CHECK("two one", "%2 %1", 0, "one", "two");
    CHECK("x0000002ay", "x%1!08x!y", 0, 42);
    CHECK("-7|7|   7|7   |", "%1!d!|%2!u!|%2!4d!|%2!-4d!|", 0, -7, 7);
    CHECK("FFFF ffff", "%1!hX! %1!hx!", 0, -1);
    CHECK("1234567890123", "%1!I64d!", 0, 1234567890123LL);
    CHECK("wide", "%1!ls!", 0, L"wide");
    CHECK("  Bi Bob   Bill", "%1!*.*s! %4 %5!*s!", 0, 4, 2, "Bill", "Bob", 6, "Bill");
    CHECK("c", "%1!c!", 0, 'c');
    CHECK("(null)", "%1", 0, NULL);
    CHECK("00000000DEADBEEF", "%1!p!", 0, (void *)0xDEADBEEF);
}
END_TEST

START_TEST(escapes) {
    CHECK("a\r\nb", "a%nb", 0);
    CHECK("100%", "100%%", 0);
    CHECK("a!b. c", "a%!b%.% c", 0);
    CHECK("cut", "cut%0 off", 0);
    CHECK("a\tb\rc", "a%tb%rc", 0);
    CHECK("a\r\nb\r\n", "a\nb\r\n", 0);
    ck_assert_uint_eq(format(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_MAX_WIDTH_MASK, "a\r\nb%nc", 0), 6);
    ck_assert_str_eq(out, "a b\r\nc");
    ck_assert_uint_eq(format(FORMAT_MESSAGE_FROM_STRING | 8, "aaa bbb ccc ddd", 0), 16);
    ck_assert_str_eq(out, "aaa bbb\r\nccc ddd");
    ck_assert_uint_eq(format(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_IGNORE_INSERTS, "%1 %2!x! %hs", 0), 12);
    ck_assert_str_eq(out, "%1 %2!x! %hs");
}
END_TEST

START_TEST(refusals) {
    char *allocated = NULL;

    ck_assert_uint_eq(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 0, 0, out, ROOM, NULL), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(FormatMessageA(0, "x", 0, 0, out, ROOM, NULL), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "four", 0, 0, out, 4, NULL), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    ck_assert_uint_eq(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "four", 0, 0, out, 5, NULL), 4);
    ck_assert_uint_eq(format(FORMAT_MESSAGE_FROM_STRING, "%1!q!", 0, 1), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 2, 0x407, out, ROOM, NULL), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_RESOURCE_LANG_NOT_FOUND);
    ck_assert_uint_eq(format(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x0BADBAD0), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_MR_MID_NOT_FOUND);
    ck_assert_uint_eq(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, 5, 0x400,
                          (char *)&allocated, 0, NULL),
        19);
    ck_assert_str_eq(allocated, "Access is denied.\r\n");
    ck_assert_ptr_null(LocalFree(allocated));
}
END_TEST

START_TEST(system_messages) {
    static const DWORD ids[] = {
#define M(id, text) id,
#include "dlls/kernel32/message_text.h"
#undef M
    };
    WCHAR wide[ROOM * 2];

    for (size_t i = 1; i < sizeof ids / sizeof *ids; i++)
        ck_assert_uint_lt(ids[i - 1], ids[i]);
    ck_assert_uint_gt(format(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, ERROR_BAD_EXE_FORMAT), 0);
    ck_assert_str_eq(out, "%1 is not a valid Win32 application.\r\n");
    ck_assert_uint_eq(format(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x80070002), 44);
    ck_assert_uint_eq(FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 109, 0, wide, ROOM, NULL), 26);
    ck_assert(!memcmp(wide, L"The pipe has been ended.\r\n", 54));
    const DWORD_PTR array[] = {(DWORD_PTR)L"a", 7};
    ck_assert_uint_eq(FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, L"%1%2!d!", 0, 0, wide, ROOM,
                          (__builtin_ms_va_list *)array),
        2);
    ck_assert(!memcmp(wide, L"a7", 6));
}
END_TEST

UNIT_MAIN("message", inserts, escapes, refusals, system_messages)
