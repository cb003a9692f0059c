/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of the wire: what is encoded is decoded again, and nothing that is cut, too long or false is. */
#include "libs/base/trace.h"
#include "libs/protocol/requests.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static const struct request_object_create sample = {.handle = 0x123456789abcdef0,
    .root = 4,
    .word = 1,
    .type = 2,
    .attributes = 0x40,
    .access = 0x1f0003,
    .maximum = 7,
    .name = u"\\BaseNamedObjects\\xyz",
    .n_name = 21};
static _Alignas(8) uint8_t buffer[MESSAGE_MAX];

START_TEST(test_round_trip) {
    struct request_object_create back;
    const int size = request_object_create_encode(buffer, sizeof buffer, &sample);

    ck_assert_int_gt(size, 0);
    ck_assert(message_check(buffer, (size_t)size, MESSAGE_REQUEST));
    ck_assert(!message_check(buffer, (size_t)size, MESSAGE_REPLY));
    ck_assert_int_eq(request_object_create_decode(buffer, (size_t)size, &back), 0);
    ck_assert_uint_eq(back.handle, sample.handle);
    ck_assert_uint_eq(back.maximum, 7);
    ck_assert_uint_eq(back.n_name, 21);
    ck_assert_mem_eq(back.name, sample.name, 42);
}
END_TEST

START_TEST(test_every_cut) {
    struct request_object_create back;
    const int size = request_object_create_encode(buffer, sizeof buffer, &sample);

    for (int cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc((size_t)cut + 1); /* its end is known to the sanitizer */

        memcpy(copy, buffer, (size_t)cut);
        ck_assert(!message_check(copy, (size_t)cut, MESSAGE_REQUEST));
        ck_assert_int_eq(request_object_create_decode(copy, (size_t)cut, &back), -EPROTO);
        free(copy);
    }
    ck_assert_int_eq(request_object_create_decode(buffer, (size_t)size + 8, &back), -EPROTO);
}
END_TEST

START_TEST(test_false_counts) {
    static const uint32_t counts[] = {0, 20, 22, 25, 32767, 32768, 0x7fffffff, 0x80000000, 0xffffffff};
    struct request_object_create back;
    const int size = request_object_create_encode(buffer, sizeof buffer, &sample);
    const size_t at = sizeof(struct message_header) + offsetof(struct wire_request_object_create, n_name);

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        memcpy(buffer + at, &counts[i], 4);
        /* 22 and 21 units take the same room */
        ck_assert_int_eq(request_object_create_decode(buffer, (size_t)size, &back), counts[i] == 22 ? 0 : -EPROTO);
    }
}
END_TEST

START_TEST(test_too_long) {
    struct request_object_create request = sample;

    request.n_name = 32768;
    ck_assert_int_eq(request_object_create_encode(buffer, sizeof buffer, &request), -EMSGSIZE);
    request = sample;
    ck_assert_int_eq(request_object_create_encode(buffer, 64, &request), -EMSGSIZE);
    for (size_t room = 0; room < 120; room++) {
        uint8_t *exact = malloc(room + 1);

        request_object_create_encode(exact, room, &request);
        free(exact);
    }
}
END_TEST

START_TEST(test_print) {
    char text[400];
    const int size = request_object_create_encode(buffer, sizeof buffer, &sample);

    message_print(text, sizeof text, buffer, (size_t)size);
    ck_assert_str_eq(text, "OBJECT_CREATE handle=0x123456789abcdef0 root=4 word=1 type=2 attributes=0x40 access=0x1f0003 maximum=7 "
                           "thread=0 name=\"\\BaseNamedObjects\\xyz\" descriptor=\"\"");
    for (size_t room = 1; room < sizeof text; room++) {
        ck_assert_uint_lt(message_print(text, room, buffer, (size_t)size), room);
        ck_assert_uint_lt(strlen(text), room);
    }
}
END_TEST

START_TEST(test_trace_list) {
    const char *unknown = "";
    size_t length = 7;

    ck_assert_uint_eq(trace_parse("", &unknown, &length), 0);
    ck_assert_ptr_null(unknown);
    ck_assert_uint_eq(length, 0);
    ck_assert_uint_eq(trace_parse("server", &unknown, &length), TRACE_SERVER);
    ck_assert_ptr_null(unknown);
    ck_assert_uint_eq(trace_parse("pipe,nothing,server,none", &unknown, &length), TRACE_SERVER | TRACE_PIPE);
    ck_assert_uint_eq(length, 7);
    ck_assert_int_eq(strncmp(unknown, "nothing,", 8), 0);
    ck_assert_uint_eq(trace_parse("all", &unknown, &length), TRACE_ALL);
    ck_assert_ptr_null(unknown);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("protocol");
    TCase *tests = tcase_create("protocol");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, test_round_trip);
    tcase_add_test(tests, test_every_cut);
    tcase_add_test(tests, test_false_counts);
    tcase_add_test(tests, test_too_long);
    tcase_add_test(tests, test_print);
    tcase_add_test(tests, test_trace_list);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
