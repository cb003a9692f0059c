/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Look-ups in an export table that has the shapes of the .spec format: names, forwards, stubs, a hole, an export by ordinal only. */
#include "libs/base/export_table.h"

#include <check.h>
#include <stddef.h>

/* A table as tools/specgen.py lays it out, with its offsets filled in by hand. */
static const struct {
    struct export_table table;
    struct export_entry entries[5];
    uint32_t names[3];
    char text[64];
} sample = {
    .table = {offsetof(typeof(sample), text), 10, 5, 3, offsetof(typeof(sample), entries), offsetof(typeof(sample), names)},
    .entries = {{offsetof(typeof(sample), text) + 5, 8, EXPORT_CODE},
                {offsetof(typeof(sample), text) + 11, offsetof(typeof(sample), text) + 16, EXPORT_FORWARD},
                {0, 0, EXPORT_HOLE},
                {offsetof(typeof(sample), text) + 30, 12, EXPORT_CODE},
                {offsetof(typeof(sample), text) + 26, 0, EXPORT_STUB}},
    .names = {4, 0, 1},
    .text = "demo\0alpha\0beta\0ntdll.Two\0Zet\0",
};
static const struct export_table *const table = &sample.table;

START_TEST(names_are_found) {
    ck_assert_ptr_eq(export_by_name(table, "alpha"), &sample.entries[0]);
    ck_assert_ptr_eq(export_by_name(table, "beta"), &sample.entries[1]);
    ck_assert_ptr_eq(export_by_name(table, "Zet"), &sample.entries[4]);
    ck_assert_uint_eq(export_by_name(table, "Zet")->kind, EXPORT_STUB);
}
END_TEST

START_TEST(other_names_are_not) {
    static const char *const names[] = {"", "A", "Alpha", "alph", "alphaa", "zzz", "ntdll.Two"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ck_assert_ptr_null(export_by_name(table, names[i]));
}
END_TEST

START_TEST(ordinals_are_bounded) {
    ck_assert_ptr_eq(export_by_ordinal(table, 10), &sample.entries[0]);
    ck_assert_ptr_eq(export_by_ordinal(table, 13), &sample.entries[3]);
    ck_assert_ptr_null(export_by_ordinal(table, 12));
    ck_assert_ptr_null(export_by_ordinal(table, 9));
    ck_assert_ptr_null(export_by_ordinal(table, 15));
    ck_assert_ptr_null(export_by_ordinal(table, 0));
    ck_assert_ptr_null(export_by_ordinal(table, UINT32_MAX));
}
END_TEST

START_TEST(references_are_relative) {
    ck_assert_str_eq(export_at(table, table->dll), "demo");
    ck_assert_str_eq(export_at(table, export_by_name(table, "beta")->target), "ntdll.Two");
    ck_assert_str_eq(export_at(table, export_by_ordinal(table, 13)->name), "");
}
END_TEST

START_TEST(an_empty_table_has_nothing) {
    static const struct export_table empty = {.ordinal_base = 1};

    ck_assert_ptr_null(export_by_name(&empty, "alpha"));
    ck_assert_ptr_null(export_by_ordinal(&empty, 1));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("export_table");
    TCase *tests = tcase_create("look-ups");

    tcase_add_test(tests, names_are_found);
    tcase_add_test(tests, other_names_are_not);
    tcase_add_test(tests, ordinals_are_bounded);
    tcase_add_test(tests, references_are_relative);
    tcase_add_test(tests, an_empty_table_has_nothing);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
