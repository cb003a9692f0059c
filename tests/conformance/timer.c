/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waitable timers. */
#include "harness.h"

static LARGE_INTEGER in_ms(LONGLONG milliseconds) {
    LARGE_INTEGER due = {.QuadPart = -milliseconds * 10000};

    return due;
}

static HANDLE timer_new(BOOL manual) {
    HANDLE timer = CreateWaitableTimerA(NULL, manual, NULL);

    REQUIRE_HANDLE(timer);
    return timer;
}

static int calls;
static ULONGLONG called_at;

static void CALLBACK routine(void *argument, DWORD low, DWORD high) {
    CHECK(argument == &calls);
    called_at = low | (ULONGLONG)high << 32;
    calls++;
}

TEST(not_set) {
    CHECK_STILL_WAITING(timer_new(FALSE));
}

TEST(once) {
    LARGE_INTEGER due = in_ms(20);
    HANDLE automatic = timer_new(FALSE), manual = timer_new(TRUE);
    ULONGLONG before = GetTickCount64();

    CHECK_OK(SetWaitableTimer(automatic, &due, 0, NULL, NULL, FALSE));
    CHECK_OK(SetWaitableTimer(manual, &due, 0, NULL, NULL, FALSE));
    CHECK_SIGNALLED(automatic);
    CHECK(GetTickCount64() - before >= 15); /* not early, but for the clock's grain */
    CHECK_UNSIGNALLED(automatic);
    CHECK_SIGNALLED(manual);
    CHECK_SIGNALLED(manual);
}

TEST(due_at_once) {
    LARGE_INTEGER now = {0}, long_ago = {.QuadPart = 1};
    HANDLE timer = timer_new(FALSE);

    CHECK_OK(SetWaitableTimer(timer, &now, 0, NULL, NULL, FALSE));
    CHECK_SIGNALLED(timer);
    CHECK_OK(SetWaitableTimer(timer, &long_ago, 0, NULL, NULL, FALSE));
    CHECK_SIGNALLED(timer);
}

TEST(what_is_due_is_signalled_before_the_call_returns) {
    LARGE_INTEGER now = {0}, long_ago = {.QuadPart = 1};
    HANDLE timer = timer_new(TRUE);

    CHECK_OK(SetWaitableTimer(timer, &now, 0, NULL, NULL, FALSE));
    CHECK_EQ(WaitForSingleObject(timer, 0), WAIT_OBJECT_0);
    CHECK_OK(SetWaitableTimer(timer, &long_ago, 3600000, NULL, NULL, FALSE));
    CHECK_EQ(WaitForSingleObject(timer, 0), WAIT_OBJECT_0);
}

TEST(a_period_after_the_first_time) {
    LARGE_INTEGER now = {0};
    HANDLE timer = timer_new(FALSE);

    CHECK_OK(SetWaitableTimer(timer, &now, 20, NULL, NULL, FALSE));
    CHECK_SIGNALLED(timer);
    CHECK_SIGNALLED(timer);
    CHECK_SIGNALLED(timer);
    CHECK_OK(CancelWaitableTimer(timer));
}

TEST(a_period_after_an_absolute_time) {
    HANDLE timer = timer_new(FALSE);
    LARGE_INTEGER due;
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    due.LowPart = now.dwLowDateTime;
    due.HighPart = (LONG)now.dwHighDateTime;
    due.QuadPart += 200000;
    CHECK_OK(SetWaitableTimer(timer, &due, 20, NULL, NULL, FALSE));
    for (int i = 0; i < 3; i++)
        CHECK_SIGNALLED(timer);
    CHECK_OK(CancelWaitableTimer(timer));
}

TEST(a_routine_that_is_due_at_once) {
    LARGE_INTEGER now = {0};
    HANDLE timer = timer_new(TRUE);

    CHECK_OK(SetWaitableTimer(timer, &now, 0, routine, &calls, FALSE));
    CHECK_EQ(calls, 0);
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 1);
    CHECK_EQ(SleepEx(0, TRUE), 0);
}

TEST(errors_of_setting_ex) {
    LARGE_INTEGER due = in_ms(1);
    HANDLE timer = timer_new(FALSE);

    CHECK_ERROR(SetWaitableTimerEx(timer, &due, -1, NULL, NULL, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetWaitableTimerEx(timer, NULL, 0, NULL, NULL, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetWaitableTimerEx(NULL, &due, 0, NULL, NULL, NULL, 0), ERROR_INVALID_HANDLE);
    CHECK_UNSIGNALLED(timer);
}

TEST(resuming_is_not_there) {
    LARGE_INTEGER due = in_ms(1);
    HANDLE timer = timer_new(FALSE);

    SetLastError(POISON);
    CHECK(SetWaitableTimer(timer, &due, 0, NULL, NULL, TRUE));
    CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED); /* but for a machine that can wake up by itself */
    CHECK_SIGNALLED(timer);
}

TEST(absolute) {
    HANDLE timer = timer_new(FALSE);
    LARGE_INTEGER due;
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    due.LowPart = now.dwLowDateTime;
    due.HighPart = (LONG)now.dwHighDateTime;
    due.QuadPart += 36000000000ll;
    CHECK_OK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    CHECK_STILL_WAITING(timer);
    due.QuadPart -= 36000000000ll - 200000;
    CHECK_OK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    CHECK_SIGNALLED(timer);
}

TEST(periodic) {
    LARGE_INTEGER due = in_ms(1);
    HANDLE timer = timer_new(FALSE);

    CHECK_OK(SetWaitableTimer(timer, &due, 5, NULL, NULL, FALSE));
    for (int i = 0; i < 5; i++)
        CHECK_SIGNALLED(timer);
    CHECK_OK(CancelWaitableTimer(timer));
    WaitForSingleObject(timer, 0); /* one may have come before that */
    CHECK_STILL_WAITING(timer);
}

TEST(setting_resets) {
    LARGE_INTEGER soon = in_ms(0), late = in_ms(3600000);
    HANDLE timer = timer_new(TRUE);

    CHECK_OK(SetWaitableTimer(timer, &soon, 0, NULL, NULL, FALSE));
    CHECK_SIGNALLED(timer);
    CHECK_OK(SetWaitableTimer(timer, &late, 0, NULL, NULL, FALSE));
    CHECK_STILL_WAITING(timer);
}

TEST(cancelling_leaves_the_state) {
    LARGE_INTEGER soon = in_ms(0), later = in_ms(30);
    HANDLE timer = timer_new(TRUE);

    CHECK_OK(SetWaitableTimer(timer, &soon, 0, NULL, NULL, FALSE));
    CHECK_SIGNALLED(timer);
    CHECK_OK(CancelWaitableTimer(timer));
    CHECK_EQ(WaitForSingleObject(timer, 0), WAIT_OBJECT_0);
    CHECK_OK(SetWaitableTimer(timer, &later, 0, NULL, NULL, FALSE));
    CHECK_OK(CancelWaitableTimer(timer));
    CHECK_STILL_WAITING(timer);
    CHECK_OK(CancelWaitableTimer(timer)); /* not set: no failure */
}

TEST(errors) {
    LARGE_INTEGER due = in_ms(1);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), timer = timer_new(FALSE);
    HANDLE weak = CreateWaitableTimerExA(NULL, NULL, 0, SYNCHRONIZE);

    CHECK_ERROR(SetWaitableTimer(NULL, &due, 0, NULL, NULL, FALSE), ERROR_INVALID_HANDLE);
    CHECK_ERROR(SetWaitableTimer(event, &due, 0, NULL, NULL, FALSE), ERROR_INVALID_HANDLE);
    CHECK_ERROR(SetWaitableTimer(timer, &due, -1, NULL, NULL, FALSE), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetWaitableTimer(weak, &due, 0, NULL, NULL, FALSE), ERROR_ACCESS_DENIED);
    CHECK_ERROR(CancelWaitableTimer(weak), ERROR_ACCESS_DENIED);
    CHECK_ERROR(CreateWaitableTimerExA(NULL, NULL, 0x100, SYNCHRONIZE), ERROR_INVALID_PARAMETER);
}

TEST(names) {
    const char *name = own_name("timer");
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, name), same, event;
    LARGE_INTEGER due = in_ms(0);

    REQUIRE_HANDLE(timer);
    CHECK_EQ(
        (SetLastError(POISON), same = CreateWaitableTimerA(NULL, FALSE, name), GetLastError()), ERROR_ALREADY_EXISTS);
    REQUIRE_HANDLE(same);
    same = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, name);
    REQUIRE_HANDLE(same);
    CHECK_OK(SetWaitableTimer(same, &due, 0, NULL, NULL, FALSE));
    CHECK_SIGNALLED(timer);
    event = OpenEventA(EVENT_ALL_ACCESS, FALSE, name);
    CHECK(event == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenWaitableTimerA(SYNCHRONIZE, FALSE, own_name("none")), ERROR_FILE_NOT_FOUND);
}

TEST(a_routine) {
    LARGE_INTEGER due = in_ms(5);
    HANDLE timer = timer_new(TRUE);
    FILETIME now;

    CHECK_OK(SetWaitableTimer(timer, &due, 0, routine, &calls, FALSE));
    CHECK_SIGNALLED(timer);
    CHECK_EQ(calls, 0);
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 1);
    GetSystemTimeAsFileTime(&now);
    const ULONGLONG now_100ns = now.dwLowDateTime | (ULONGLONG)now.dwHighDateTime << 32;
    CHECK(called_at < now_100ns + 10000000); /* the two clocks may differ by their grain */
    CHECK(called_at + 36000000000ull > now_100ns);
}

TEST(one_routine_at_a_time) {
    LARGE_INTEGER due = in_ms(1);
    HANDLE timer = timer_new(FALSE);

    CHECK_OK(SetWaitableTimer(timer, &due, 1, routine, &calls, FALSE));
    for (int i = 0; i < 10; i++)
        CHECK_SIGNALLED(timer); /* ten times due, not alertable */
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK(calls >= 1 && calls <= 2);
    CHECK_OK(CancelWaitableTimer(timer));
    SleepEx(0, TRUE);
    const int before = calls;
    CHECK_EQ(SleepEx(20, TRUE), 0);
    CHECK_EQ(calls, before);
}

TEST(cancelling_takes_the_routine_back) {
    LARGE_INTEGER due = in_ms(0);
    HANDLE timer = timer_new(TRUE);

    CHECK_OK(SetWaitableTimer(timer, &due, 0, routine, &calls, FALSE));
    CHECK_SIGNALLED(timer);
    CHECK_OK(CancelWaitableTimer(timer));
    CHECK_EQ(SleepEx(0, TRUE), 0);
    CHECK_EQ(calls, 0);
}

TEST(a_routine_that_is_taken_back_ends_no_wait) {
    LARGE_INTEGER due = in_ms(0), late = in_ms(3600000);
    HANDLE timer = timer_new(TRUE), event = CreateEventA(NULL, FALSE, FALSE, NULL);

    CHECK_OK(SetWaitableTimer(timer, &due, 0, routine, &calls, FALSE));
    CHECK_OK(CancelWaitableTimer(timer));
    CHECK_EQ(WaitForSingleObjectEx(event, 20, TRUE), WAIT_TIMEOUT);
    CHECK_OK(SetWaitableTimer(timer, &due, 1, routine, &calls, FALSE));
    CHECK_OK(SetWaitableTimer(timer, &late, 0, NULL, NULL, FALSE));
    CHECK_EQ(SleepEx(20, TRUE), 0);
    CHECK_EQ(calls, 0);
}

TEST(closing_takes_the_routine_back) {
    LARGE_INTEGER due = in_ms(0);
    HANDLE timer = timer_new(TRUE);

    CHECK_OK(SetWaitableTimer(timer, &due, 0, routine, &calls, FALSE));
    CHECK_OK(CloseHandle(timer)); /* the last handle: there is no timer any more */
    CHECK_EQ(SleepEx(0, TRUE), 0);
    CHECK_EQ(calls, 0);
}

static char order[8];
static HANDLE second_timer;

static void CALLBACK note(ULONG_PTR letter) {
    order[strlen(order)] = (char)letter;
}

static void CALLBACK note_timer(void *letter, DWORD low, DWORD high) {
    (void)low;
    (void)high;
    order[strlen(order)] = *(const char *)letter;
}

TEST(what_is_queued_beside_it_stays) {
    LARGE_INTEGER due = in_ms(0);
    HANDLE timer = timer_new(TRUE), other = timer_new(TRUE);

    QueueUserAPC(note, GetCurrentThread(), '1');
    CHECK_OK(SetWaitableTimer(timer, &due, 0, note_timer, (char *)"-", FALSE));
    QueueUserAPC(note, GetCurrentThread(), '2');
    CHECK_OK(SetWaitableTimer(other, &due, 0, note_timer, (char *)"3", FALSE));
    CHECK_OK(CancelWaitableTimer(timer));
    CHECK_OK(SetWaitableTimer(timer, &due, 0, note_timer, (char *)"4", FALSE)); /* queued again, as the last */
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK(!strcmp(order, "1234"));
    CHECK_EQ(SleepEx(0, TRUE), 0);
}

static void CALLBACK cancel_second(ULONG_PTR unused) {
    (void)unused;
    CHECK_OK(CancelWaitableTimer(second_timer));
    CHECK_EQ(SleepEx(0, TRUE), 0); /* no other one is queued */
}

TEST(a_routine_takes_back_the_next_one) {
    LARGE_INTEGER due = in_ms(0);

    second_timer = timer_new(TRUE);
    QueueUserAPC(cancel_second, GetCurrentThread(), 0);
    CHECK_OK(SetWaitableTimer(second_timer, &due, 0, routine, &calls, FALSE));
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 0);
    CHECK_EQ(SleepEx(0, TRUE), 0);
}

static DWORD WINAPI cancel(void *timer) {
    return CancelWaitableTimer(timer);
}

TEST(another_thread_takes_the_routine_back) {
    LARGE_INTEGER due = in_ms(0);
    HANDLE timer = timer_new(TRUE), thread;

    CHECK_OK(SetWaitableTimer(timer, &due, 0, routine, &calls, FALSE));
    thread = CreateThread(NULL, 0, cancel, timer, 0, NULL);
    CHECK_SIGNALLED(thread);
    CHECK_EQ(SleepEx(0, TRUE), 0);
    CHECK_EQ(calls, 0);
}

#define MANY 20000

TEST(many_periods_do_not_keep_first_times_away) {
    static HANDLE timers[MANY];

    for (int i = 0; i < MANY; i++) {
        LARGE_INTEGER due = in_ms(1 + i % 1000);

        timers[i] = timer_new(TRUE);
        REQUIRE(SetWaitableTimer(timers[i], &due, 20, NULL, NULL, FALSE));
    }
    for (int i = MANY - 1; i >= 0; i--)
        REQUIRE(WaitForSingleObject(timers[i], WAIT_LIMIT_MS) == WAIT_OBJECT_0);
    for (int i = 0; i < MANY; i++)
        REQUIRE(CancelWaitableTimer(timers[i]));
}

static DWORD WINAPI set_and_end(void *timer) {
    LARGE_INTEGER due = in_ms(50);

    return SetWaitableTimer(timer, &due, 0, routine, &calls, FALSE);
}

TEST(a_routine_ends_with_its_thread) {
    HANDLE timer = timer_new(TRUE), thread = CreateThread(NULL, 0, set_and_end, timer, 0, NULL);

    CHECK_SIGNALLED(thread);
    CHECK_STILL_WAITING(timer);
    CHECK_EQ(calls, 0);
}

TEST(set_ex) {
    LARGE_INTEGER due = in_ms(1);
    HANDLE timer = timer_new(FALSE);

    CHECK_OK(SetWaitableTimerEx(timer, &due, 0, NULL, NULL, NULL, 100));
    CHECK_SIGNALLED(timer);
}

/* ---- who set it has ended ---- */

ROLE(set_it) {
    HANDLE timer = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, own_name("timer"));
    LARGE_INTEGER due = in_ms(argc ? atoi(argv[0]) : 0);

    REQUIRE_HANDLE(timer);
    CHECK_OK(SetWaitableTimer(timer, &due, argc > 1 ? atoi(argv[1]) : 0, argc > 2 ? routine : NULL, &calls, FALSE));
}

static HANDLE set_by_another(const char *args, BOOL manual) {
    HANDLE timer = CreateWaitableTimerA(NULL, manual, own_name("timer"));
    struct child child = spawn_self("set_it", args);

    REQUIRE_HANDLE(timer);
    CHECK_CHILD(child);
    return timer;
}

TEST(it_comes_though_its_setter_has_ended) {
    HANDLE timer = set_by_another("300", TRUE);

    CHECK_UNSIGNALLED(timer);
    CHECK_SIGNALLED(timer);
}

TEST(its_periods_go_on) {
    HANDLE timer = set_by_another("100 20", FALSE);

    for (int i = 0; i < 5; i++)
        CHECK_SIGNALLED(timer);
    CHECK_OK(CancelWaitableTimer(timer));
    WaitForSingleObject(timer, 0);
    CHECK_STILL_WAITING(timer);
}

TEST(another_one_sets_it_anew) {
    HANDLE timer = set_by_another("200", TRUE);
    LARGE_INTEGER late = in_ms(3600000), soon = in_ms(10);

    CHECK_OK(SetWaitableTimer(timer, &late, 0, NULL, NULL, FALSE));
    CHECK_EQ(WaitForSingleObject(timer, 400), WAIT_TIMEOUT);
    CHECK_OK(SetWaitableTimer(timer, &soon, 0, NULL, NULL, FALSE));
    CHECK_SIGNALLED(timer);
}

TEST(with_a_routine_it_ends_with_its_setter) {
    HANDLE timer = set_by_another("200 0 routine", TRUE);

    CHECK_EQ(WaitForSingleObject(timer, 400), WAIT_TIMEOUT);
}

ROLE(set_and_wait) {
    HANDLE timer = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, own_name("timer")), ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready"));
    LARGE_INTEGER due = in_ms(300);

    (void)argc;
    (void)argv;
    CHECK_OK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    SetEvent(ready);
    Sleep(INFINITE);
}

TEST(its_setter_is_killed) {
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, own_name("timer")), ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready"));
    struct child child = spawn_self("set_and_wait", NULL);

    CHECK_SIGNALLED(ready);
    CHECK_OK(TerminateProcess(child.process, 5));
    CHECK_EQ(child_exit_code(&child), 5);
    CHECK_SIGNALLED(timer);
    CHECK_UNSIGNALLED(timer);
}
