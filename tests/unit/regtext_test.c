/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* .reg text: what is written is read back; what is damaged is an error, and nothing worse. */
#include "tests/unit/unit.h"

#include "libs/base/regtext.h"

#include <string.h>

static const uint16_t odd_name[] = {'a', '"', '\\', ']', '[', '=', '\n', 1, 0xd800, 0x20ac, 0xd83d, 0xde00, ';'};
#define ODD (sizeof odd_name / sizeof *odd_name)

static void read_text(struct regtext_reader *reader, const struct regtext *text) {
    ck_assert(!text->failed);
    regtext_open(reader, text->text, text->len);
}

static void check_value(const uint16_t *name, size_t n, uint32_t type, const void *data, size_t size) {
    struct regtext text = {0};
    struct regtext_reader reader;

    regtext_value(&text, name, n, type, data, size);
    read_text(&reader, &text);
    ck_assert_int_eq(regtext_next(&reader), REGTEXT_VALUE);
    ck_assert_uint_eq(reader.type, type);
    ck_assert_uint_eq(reader.name.n, n);
    ck_assert(!n || !memcmp(reader.name.at, name, n * sizeof *name));
    ck_assert_uint_eq(reader.data.n, size);
    ck_assert(!size || !memcmp(reader.data.at, data, size));
    ck_assert_int_eq(regtext_next(&reader), REGTEXT_END);
    regtext_close(&reader);
    free(text.text);
}

START_TEST(test_values_come_back) {
    static const uint16_t texts[][4] = {{'a', 'b', 'c', 0}, {'a', 0, 'c', 0}, {'a', 'b', 'c', 'd'}, {'\n', '"', '\\', 0}, {0xd800, 'x', 0, 0},
        {0xd83d, 0xde00, 0, 0}, {'\\', 'u', '1', 0}};
    uint8_t bytes[300];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (uint32_t type = 0; type < 12; type++) {
            for (size_t size = 0; size <= sizeof texts[0]; size++)
                check_value(odd_name, ODD, type, texts[i], size);
        }
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    check_value(NULL, 0, 3, bytes, sizeof bytes);
    check_value(odd_name, 1, 0x12345678, bytes, sizeof bytes);
}
END_TEST

START_TEST(test_keys_come_back) {
    uint16_t path[2 * ODD + 2];
    struct regtext text = {0};
    struct regtext_reader reader;
    size_t n = 0;

    for (size_t i = 0; i < ODD; i++)
        path[n++] = odd_name[i] == '\\' ? 'x' : odd_name[i];
    path[n++] = '\\';
    memcpy(path + n, u"Sub", 6);
    n += 3;
    regtext_key(&text, path, n, false);
    regtext_key(&text, path, n, true);
    read_text(&reader, &text);
    ck_assert_int_eq(regtext_next(&reader), REGTEXT_KEY);
    ck_assert_uint_eq(reader.name.n, n);
    ck_assert(!memcmp(reader.name.at, path, n * sizeof *path));
    ck_assert_int_eq(regtext_next(&reader), REGTEXT_KEY_GONE);
    ck_assert(!memcmp(reader.name.at, path, n * sizeof *path));
    ck_assert_int_eq(regtext_next(&reader), REGTEXT_END);
    regtext_close(&reader);
    free(text.text);
}
END_TEST

/* What regedit writes, and what people write by hand. */
START_TEST(test_text_of_others) {
    static const char text[] = "\r\n[HKEY_CURRENT_USER\\A [b]]\r\n@=\"C:\\\\users\\\\x\"\r\n  \"n\" = dword:1F ; a comment\r\n"
                               "\"h\"=hex(2):61,00,\\\r\n  62,00\r\n\"gone\"=-\r\n; a note\r\n\"lines\"=\"one\r\ntwo\"\r\n";
    static const enum regtext_kind kinds[] = {
        REGTEXT_KEY, REGTEXT_VALUE, REGTEXT_VALUE, REGTEXT_VALUE, REGTEXT_VALUE_GONE, REGTEXT_NOTE, REGTEXT_VALUE, REGTEXT_END};
    static const size_t sizes[] = {0, 22, 4, 4, 0, 0, 18, 0};
    struct regtext_reader reader;

    regtext_open(&reader, text, sizeof text - 1);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ck_assert_int_eq(regtext_next(&reader), kinds[i]);
        ck_assert_uint_eq(reader.data.n, sizes[i]);
    }
    regtext_close(&reader);
}
END_TEST

START_TEST(test_wrong_lines_are_told) {
    static const char *const lines[] = {"[HKLM", "\"a\"", "\"a\"=", "\"a\"=x", "\"a\"=dword:", "\"a\"=hex(:", "\"a\"=hex(1)61", "\"a\"=\"b",
        "\"a\"=dword:1 2", "x", "\"a\"=hex:1,x", "\xff", "\"\xc3\"=-"};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct regtext_reader reader;

        regtext_open(&reader, lines[i], strlen(lines[i]));
        ck_assert_msg(regtext_next(&reader) == REGTEXT_BAD, "line %zu", i);
        ck_assert_ptr_nonnull(reader.error);
        while (regtext_next(&reader) != REGTEXT_END)
            ;
        regtext_close(&reader);
    }
}
END_TEST

START_TEST(test_damaged_text_ends) {
    static const char whole[] = "[HKEY_CURRENT_USER\\A\\\\u000a]\n;1f 2e\n\"n\\u0001\"=hex(7):61,00,\\\n  62\n@=\"x\\\"y\"\n\"d\"=dword:0000000a\n[-A]\n";
    char text[sizeof whole];

    srandom(1);
    for (int round = 0; round < 100000; round++) {
        const size_t len = (size_t)random() % sizeof whole;
        struct regtext_reader reader;
        unsigned items = 0;
        char *copy = malloc(len + 1); /* of its exact size: a look beyond it is seen */

        memcpy(text, whole, sizeof whole);
        for (int i = random() % 4; i > 0; i--)
            text[(size_t)random() % sizeof whole] = (char)random();
        memcpy(copy, text, len);
        regtext_open(&reader, copy, len);
        while (regtext_next(&reader) != REGTEXT_END)
            ck_assert_uint_lt(++items, 1000);
        regtext_close(&reader);
        free(copy);
    }
}
END_TEST

UNIT_MAIN("regtext", test_values_come_back, test_keys_come_back, test_text_of_others, test_wrong_lines_are_told, test_damaged_text_ends)
