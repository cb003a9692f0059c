/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keyed events: one who waits and one who releases meet at a key. */
#include "nt.h"

#define WAIT_ACCESS 1u
#define WAKE_ACCESS 2u
#define ALL (STANDARD_RIGHTS_REQUIRED | WAIT_ACCESS | WAKE_ACCESS)

typedef NTSTATUS(WINAPI *meet_function)(HANDLE, const void *, BOOLEAN, const LARGE_INTEGER *);

static NTSTATUS(WINAPI *create)(HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *, ULONG);
static NTSTATUS(WINAPI *open)(HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *);
static meet_function wait_key, release_key;
static const LARGE_INTEGER at_once = {.QuadPart = 0}, soon = {.QuadPart = -SHORT_WAIT_MS * 10000ll},
                           limit = {.QuadPart = -WAIT_LIMIT_MS * 10000ll};
static int key_a, key_b;

static void find_all(void) {
    find_function(&create, "ntdll.dll", "NtCreateKeyedEvent");
    find_function(&open, "ntdll.dll", "NtOpenKeyedEvent");
    find_function(&wait_key, "ntdll.dll", "NtWaitForKeyedEvent");
    find_function(&release_key, "ntdll.dll", "NtReleaseKeyedEvent");
}

static HANDLE keyed_new(void) {
    HANDLE event = NULL;

    find_all();
    REQUIRE(create(&event, ALL, NULL, 0) == NT_OK);
    return event;
}

struct meeting {
    HANDLE event;
    meet_function side;
    const void *key;
    BOOLEAN alertable;
    HANDLE started; /* or NULL: is set before the thread stays */
};

static DWORD WINAPI meet(void *context) {
    const struct meeting *meeting = context;

    if (meeting->started)
        SetEvent(meeting->started);
    return (DWORD)meeting->side(meeting->event, meeting->key, meeting->alertable, &limit);
}

static HANDLE meet_in_thread(struct meeting *meeting) {
    HANDLE thread = CreateThread(NULL, 0, meet, meeting, 0, NULL);

    REQUIRE_HANDLE(thread);
    return thread;
}

static DWORD thread_result(HANDLE thread) {
    DWORD code = POISON;

    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CloseHandle(thread);
    return code;
}

TEST(a_waiter_is_released) {
    HANDLE event = keyed_new(), thread;
    struct meeting waits = {event, wait_key, &key_a, FALSE, NULL};

    thread = meet_in_thread(&waits);
    CHECK_EQ(release_key(event, &key_a, FALSE, &limit), NT_OK);
    CHECK_EQ(thread_result(thread), NT_OK);
    CloseHandle(event);
}

TEST(a_release_stays_until_a_waiter_comes) {
    HANDLE event = keyed_new(), thread;
    struct meeting releases = {event, release_key, &key_a, FALSE, NULL};

    thread = meet_in_thread(&releases);
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(wait_key(event, &key_a, FALSE, &limit), NT_OK);
    CHECK_EQ(thread_result(thread), NT_OK);
    CloseHandle(event);
}

TEST(both_sides_time_out) {
    HANDLE event = keyed_new();

    CHECK_EQ(wait_key(event, &key_a, FALSE, &at_once), NT_TIMEOUT);
    CHECK_EQ(release_key(event, &key_a, FALSE, &at_once), NT_TIMEOUT);
    CHECK_EQ(wait_key(event, &key_a, FALSE, &soon), NT_TIMEOUT);
    CHECK_EQ(release_key(event, &key_a, FALSE, &soon), NT_TIMEOUT);
    /* what has given up is not met any more */
    CHECK_EQ(wait_key(event, &key_a, FALSE, &at_once), NT_TIMEOUT);
    CloseHandle(event);
}

TEST(only_the_same_key_and_event) {
    HANDLE event = keyed_new(), other = keyed_new(), thread;
    struct meeting waits = {event, wait_key, &key_a, FALSE, NULL};

    thread = meet_in_thread(&waits);
    CHECK_EQ(release_key(event, &key_b, FALSE, &soon), NT_TIMEOUT);
    CHECK_EQ(release_key(other, &key_a, FALSE, &soon), NT_TIMEOUT);
    CHECK_EQ(release_key(event, &key_a, FALSE, &limit), NT_OK);
    CHECK_EQ(thread_result(thread), NT_OK);
    CloseHandle(other);
    CloseHandle(event);
}

TEST(one_release_one_waiter) {
    HANDLE event = keyed_new(), threads[2];
    struct meeting waits = {event, wait_key, &key_a, FALSE, NULL};

    threads[0] = meet_in_thread(&waits);
    threads[1] = meet_in_thread(&waits);
    CHECK_EQ(release_key(event, &key_a, FALSE, &limit), NT_OK);
    CHECK(WaitForMultipleObjects(2, threads, FALSE, WAIT_LIMIT_MS) < 2);
    CHECK_EQ(WaitForMultipleObjects(2, threads, TRUE, SHORT_WAIT_MS), WAIT_TIMEOUT);
    CHECK_EQ(release_key(event, &key_a, FALSE, &limit), NT_OK);
    CHECK_EQ(thread_result(threads[0]), NT_OK);
    CHECK_EQ(thread_result(threads[1]), NT_OK);
    CloseHandle(event);
}

TEST(odd_keys) {
    HANDLE event = keyed_new();
    const void *odd = (const char *)((ULONG_PTR)&key_a | 1);

    CHECK_EQ(wait_key(event, odd, FALSE, &at_once), NT_INVALID_PARAMETER_1);
    CHECK_EQ(release_key(event, odd, FALSE, &at_once), NT_INVALID_PARAMETER_1);
    CHECK_EQ(wait_key((HANDLE)(ULONG_PTR)0xdeadbee0, odd, FALSE, &at_once), NT_INVALID_PARAMETER_1);
    CHECK_EQ(wait_key(event, (const void *)2, FALSE, &at_once), NT_TIMEOUT);
    CloseHandle(event);
}

TEST(the_process_has_one) {
    struct meeting waits = {NULL, NULL, &key_a, FALSE, NULL};
    HANDLE thread;

    find_all();
    waits.side = wait_key;
    CHECK_EQ(wait_key(NULL, &key_a, FALSE, &at_once), NT_TIMEOUT);
    thread = meet_in_thread(&waits);
    CHECK_EQ(release_key(NULL, &key_a, FALSE, &limit), NT_OK);
    CHECK_EQ(thread_result(thread), NT_OK);
}

static volatile LONG apcs;

static void CALLBACK count_apc(ULONG_PTR unused) {
    (void)unused;
    InterlockedIncrement(&apcs);
}

TEST(an_apc_ends_an_alertable_stay) {
    HANDLE event = keyed_new();

    QueueUserAPC(count_apc, GetCurrentThread(), 0);
    CHECK_EQ(wait_key(event, &key_a, FALSE, &soon), NT_TIMEOUT);
    CHECK_EQ(apcs, 0);
    CHECK_EQ(wait_key(event, &key_a, TRUE, &limit), NT_USER_APC);
    CHECK_EQ(apcs, 1);
    QueueUserAPC(count_apc, GetCurrentThread(), 0);
    CHECK_EQ(release_key(event, &key_a, TRUE, &limit), NT_USER_APC);
    CHECK_EQ(apcs, 2);
    CHECK_EQ(release_key(event, &key_a, FALSE, &at_once), NT_TIMEOUT);
    CloseHandle(event);
}

TEST(an_apc_from_another_thread) {
    HANDLE event = keyed_new(), thread;
    struct meeting waits = {event, wait_key, &key_a, TRUE, CreateEventA(NULL, TRUE, FALSE, NULL)};

    thread = meet_in_thread(&waits);
    CHECK_SIGNALLED(waits.started); /* before that an APC would run without a wait */
    CHECK_OK(QueueUserAPC(count_apc, thread, 0));
    CHECK_EQ(thread_result(thread), NT_USER_APC);
    CHECK_EQ(apcs, 1);
    CHECK_EQ(release_key(event, &key_a, FALSE, &at_once), NT_TIMEOUT);
    CloseHandle(event);
}

TEST(a_thread_that_was_ended_is_not_met) {
    HANDLE event = keyed_new(), thread;
    struct meeting waits = {event, wait_key, &key_a, FALSE, NULL};

    thread = meet_in_thread(&waits);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(TerminateThread(thread, 7));
    CHECK_EQ(thread_result(thread), 7);
    CHECK_EQ(release_key(event, &key_a, FALSE, &at_once), NT_TIMEOUT);
    CloseHandle(event);
}

TEST(errors) {
    HANDLE event = keyed_new(), other = CreateEventA(NULL, TRUE, TRUE, NULL), weak = NULL, none = NULL;

    CHECK_EQ(create(&none, ALL, NULL, 1), NT_INVALID_PARAMETER_4);
    CHECK_EQ(wait_key(other, &key_a, FALSE, &at_once), NT_TYPE_MISMATCH);
    CHECK_EQ(wait_key((HANDLE)(ULONG_PTR)0xdeadbee0, &key_a, FALSE, &at_once), NT_INVALID_HANDLE);
    CHECK_ERROR(SetEvent(event), ERROR_INVALID_HANDLE);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak, WAIT_ACCESS, FALSE, 0));
    CHECK_EQ(wait_key(weak, &key_a, FALSE, &at_once), NT_TIMEOUT);
    CHECK_EQ(release_key(weak, &key_a, FALSE, &at_once), NT_ACCESS_DENIED);
    CloseHandle(weak);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak, WAKE_ACCESS, FALSE, 0));
    CHECK_EQ(wait_key(weak, &key_a, FALSE, &at_once), NT_ACCESS_DENIED);
    CHECK_EQ(release_key(weak, &key_a, FALSE, &at_once), NT_TIMEOUT);
    CloseHandle(weak);
    CloseHandle(other);
    CloseHandle(event);
}

TEST(the_handle_itself_is_always_signalled) {
    HANDLE event = NULL;

    find_all();
    REQUIRE(create(&event, ALL | SYNCHRONIZE, NULL, 0) == NT_OK);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CloseHandle(event);
    REQUIRE(create(&event, ALL, NULL, 0) == NT_OK);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_FAILED);
    CloseHandle(event);
}

TEST(names) {
    HANDLE event = NULL, again = NULL, none = NULL, thread;
    struct meeting waits = {NULL, NULL, &key_a, FALSE, NULL};

    find_all();
    REQUIRE(create(&event, ALL, nt_named("keyed", 0), 0) == NT_OK);
    CHECK_EQ(create(&none, ALL, nt_named("keyed", 0), 0), NT_NAME_COLLISION);
    CHECK_EQ(create(&again, ALL, nt_named("keyed", OBJ_OPENIF), 0), NT_NAME_EXISTS);
    waits.event = again;
    waits.side = wait_key;
    thread = meet_in_thread(&waits);
    CHECK_EQ(release_key(event, &key_a, FALSE, &limit), NT_OK);
    CHECK_EQ(thread_result(thread), NT_OK);
    CloseHandle(again);
    CHECK_EQ(open(&again, WAIT_ACCESS, nt_named("keyed", 0)), NT_OK);
    CHECK_EQ(wait_key(again, &key_a, FALSE, &at_once), NT_TIMEOUT);
    CHECK_EQ(open(&none, ALL, nt_named("nothing", 0)), NT_NAME_NOT_FOUND);
    SetLastError(POISON);
    CHECK(!OpenEventA(SYNCHRONIZE, FALSE, own_name("nothing")));
    CloseHandle(again);
    CloseHandle(event);
}

ROLE(releaser) {
    HANDLE event = NULL;

    (void)argc;
    (void)argv;
    find_all();
    REQUIRE(open(&event, ALL, nt_named("keyed", 0)) == NT_OK);
    CHECK_EQ(release_key(event, (const void *)0x1230, FALSE, &soon), NT_TIMEOUT);
    CloseHandle(event);
}

/* Keys are addresses: the same ones of two processes are two. */
TEST(processes_share_the_event_but_no_keys) {
    HANDLE event = NULL, thread;
    struct meeting waits = {NULL, NULL, (const void *)0x1230, FALSE, NULL};
    struct child child;

    find_all();
    REQUIRE(create(&event, ALL, nt_named("keyed", 0), 0) == NT_OK);
    waits.event = event;
    waits.side = wait_key;
    thread = meet_in_thread(&waits);
    child = spawn_self("releaser", NULL);
    CHECK_CHILD(child);
    CHECK_EQ(release_key(event, (const void *)0x1230, FALSE, &limit), NT_OK);
    CHECK_EQ(thread_result(thread), NT_OK);
    CloseHandle(event);
}

#define ROUNDS 2000

static DWORD WINAPI play(void *context) {
    HANDLE event = context;
    DWORD failures = 0;

    for (int i = 0; i < ROUNDS; i++) {
        failures += wait_key(event, &key_a, FALSE, &limit) != NT_OK;
        failures += release_key(event, &key_b, FALSE, &limit) != NT_OK;
    }
    return failures;
}

TEST(many_meetings_lose_none) {
    HANDLE event = keyed_new(), threads[3];
    DWORD failures = 0;

    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, play, event, 0, NULL);
    for (int i = 0; i < 3 * ROUNDS; i++) {
        failures += release_key(event, &key_a, FALSE, &limit) != NT_OK;
        failures += wait_key(event, &key_b, FALSE, &limit) != NT_OK;
    }
    CHECK_EQ(failures, 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(thread_result(threads[i]), 0);
    CloseHandle(event);
}
