/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events: manual and automatic reset, names, access, pulses, between processes. */
#include "harness.h"

TEST(auto_reset_wakes_once) {
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);

    REQUIRE_HANDLE(event);
    CHECK_UNSIGNALLED(event);
    CHECK_OK(SetEvent(event));
    CHECK_OK(SetEvent(event));
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_UNSIGNALLED(event);
    CHECK_OK(CloseHandle(event));
}

TEST(manual_reset_stays) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);

    REQUIRE_HANDLE(event);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_OK(ResetEvent(event));
    CHECK_UNSIGNALLED(event);
    CHECK_OK(ResetEvent(event));
    CHECK_OK(CloseHandle(event));
}

TEST(create_ex_flags) {
    HANDLE event = CreateEventExW(NULL, NULL, CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET, EVENT_ALL_ACCESS);

    REQUIRE_HANDLE(event);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CloseHandle(event);
    event = CreateEventExA(NULL, NULL, 0, SYNCHRONIZE);
    REQUIRE_HANDLE(event);
    CHECK_UNSIGNALLED(event);
    CHECK_ERROR(SetEvent(event), ERROR_ACCESS_DENIED);
    CloseHandle(event);
}

TEST(bad_handles) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);

    CHECK_ERROR(SetEvent(NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(SetEvent((HANDLE)(ULONG_PTR)0x7ffffffc), ERROR_INVALID_HANDLE);
    CHECK_ERROR(SetEvent(mutex), ERROR_INVALID_HANDLE);
    CHECK_ERROR(ResetEvent(mutex), ERROR_INVALID_HANDLE);
    CHECK_OK(CloseHandle(event));
    CHECK_ERROR(SetEvent(event), ERROR_INVALID_HANDLE);
    SetLastError(POISON);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CloseHandle(mutex);
}

TEST(names_lead_to_one_object) {
    SetLastError(POISON);
    HANDLE first = CreateEventA(NULL, TRUE, FALSE, own_name("event"));
    CHECK_EQ(GetLastError(), ERROR_SUCCESS);
    REQUIRE_HANDLE(first);
    SetLastError(POISON);
    HANDLE second = CreateEventA(NULL, FALSE, TRUE, own_name("event")); /* its arguments are ignored */
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    REQUIRE_HANDLE(second);
    CHECK(first != second);
    CHECK_UNSIGNALLED(second);
    HANDLE third = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("event"));
    REQUIRE_HANDLE(third);
    CHECK_OK(SetEvent(third));
    CHECK_EQ(WaitForSingleObject(first, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(second, 0), WAIT_OBJECT_0);
    CloseHandle(first);
    CloseHandle(second);
    CloseHandle(third);
    CHECK_ERROR(OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("event")), ERROR_FILE_NOT_FOUND);
}

TEST(names_have_one_space_for_all_types) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("shared"));

    REQUIRE_HANDLE(event);
    CHECK_ERROR(CreateMutexA(NULL, FALSE, own_name("shared")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenMutexA(MUTEX_ALL_ACCESS, FALSE, own_name("shared")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CreateSemaphoreA(NULL, 0, 1, own_name("shared")), ERROR_INVALID_HANDLE);
    CloseHandle(event);
}

static HANDLE event_open_prefixed(const char *prefix, const char *name) {
    char full[256];

    snprintf(full, sizeof(full), "%s%s", prefix, name);
    return OpenEventA(EVENT_ALL_ACCESS, FALSE, full);
}

TEST(names_have_case_and_prefixes) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("case"));

    REQUIRE_HANDLE(event);
    CHECK_ERROR(OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("CASE")), ERROR_FILE_NOT_FOUND);
    HANDLE local = event_open_prefixed("Local\\", own_name("case"));
    REQUIRE_HANDLE(local);
    CHECK_OK(SetEvent(local));
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CloseHandle(local);
    CHECK_ERROR(CreateEventA(NULL, TRUE, FALSE, "no-such-folder\\event"), ERROR_PATH_NOT_FOUND);
    CloseHandle(event);
}

TEST(wide_and_narrow_names_are_the_same) {
    WCHAR wide[128];

    MultiByteToWideChar(CP_ACP, 0, own_name("wide"), -1, wide, 128);
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, wide);
    REQUIRE_HANDLE(event);
    HANDLE same = OpenEventA(SYNCHRONIZE, FALSE, own_name("wide"));
    REQUIRE_HANDLE(same);
    CloseHandle(same);
    CloseHandle(event);
}

TEST(access_is_checked) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("access"));
    HANDLE wait_only = OpenEventA(SYNCHRONIZE, FALSE, own_name("access"));
    HANDLE set_only = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("access"));

    REQUIRE_HANDLE(wait_only);
    REQUIRE_HANDLE(set_only);
    CHECK_ERROR(SetEvent(wait_only), ERROR_ACCESS_DENIED);
    CHECK_OK(SetEvent(set_only));
    CHECK_EQ(WaitForSingleObject(wait_only, 0), WAIT_OBJECT_0);
    SetLastError(POISON);
    CHECK_EQ(WaitForSingleObject(set_only, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CloseHandle(event);
    CloseHandle(wait_only);
    CloseHandle(set_only);
}

TEST(pulse_without_a_waiter_does_nothing) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);

    CHECK_OK(PulseEvent(event));
    CHECK_UNSIGNALLED(event);
    CloseHandle(event);
}

ROLE(set_and_wait) {
    HANDLE ping = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ping"));
    HANDLE pong = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("pong"));
    const int rounds = argc ? atoi(argv[0]) : 0;

    REQUIRE_HANDLE(ping);
    REQUIRE_HANDLE(pong);
    for (int i = 0; i < rounds; i++) {
        REQUIRE(WaitForSingleObject(ping, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
        CHECK_OK(SetEvent(pong));
    }
}

TEST(two_processes_take_turns) {
    HANDLE ping = CreateEventA(NULL, FALSE, FALSE, own_name("ping"));
    HANDLE pong = CreateEventA(NULL, FALSE, FALSE, own_name("pong"));
    struct child child = spawn_self("set_and_wait", "1000");

    for (int i = 0; i < 1000; i++) {
        CHECK_OK(SetEvent(ping));
        REQUIRE(WaitForSingleObject(pong, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
    }
    CHECK_CHILD(child);
    CHECK_UNSIGNALLED(pong);
    CloseHandle(ping);
    CloseHandle(pong);
}

ROLE(create_named) {
    (void)argc;
    (void)argv;
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, own_name("lives"));
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready"));
    HANDLE go = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("go"));

    REQUIRE_HANDLE(event);
    CHECK_OK(SetEvent(ready));
    CHECK_SIGNALLED(go);
    TerminateProcess(GetCurrentProcess(), 0);
}

TEST(object_outlives_its_creator) {
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready"));
    HANDLE go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    struct child child = spawn_self("create_named", NULL);

    CHECK_SIGNALLED(ready);
    HANDLE event = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("lives"));
    REQUIRE_HANDLE(event);
    CHECK_OK(SetEvent(go));
    CHECK_CHILD(child);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_OK(CloseHandle(event));
    CHECK_ERROR(OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("lives")), ERROR_FILE_NOT_FOUND);
}
