/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread pool: work, timers, waits, I/O, groups; and the older calls of the same purpose. */
#include "harness.h"

#ifndef __MINGW32__ /* Wine's headers lack these */
BOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE);
BOOL WINAPI SetThreadpoolTimerEx(PTP_TIMER, FILETIME *, DWORD, DWORD);

static void InitializeThreadpoolEnvironment(TP_CALLBACK_ENVIRON *environment) {
    memset(environment, 0, sizeof(*environment));
    environment->Version = 1;
}

static void SetThreadpoolCallbackPool(TP_CALLBACK_ENVIRON *environment, PTP_POOL pool) {
    environment->Pool = pool;
}

static void SetThreadpoolCallbackCleanupGroup(
    TP_CALLBACK_ENVIRON *environment, PTP_CLEANUP_GROUP group, PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancel) {
    environment->CleanupGroup = group;
    environment->CleanupGroupCancelCallback = cancel;
}
#endif

static HANDLE done;
static volatile LONG calls, running, most;
static DWORD first_thread;

static void begin(void) {
    done = CreateEventA(NULL, FALSE, FALSE, NULL);
    first_thread = GetCurrentThreadId();
    REQUIRE_HANDLE(done);
}

static HANDLE event_new(BOOL manual) {
    HANDLE event = CreateEventA(NULL, manual, FALSE, NULL);

    REQUIRE_HANDLE(event);
    return event;
}

/* ---- work ---- */

static void CALLBACK count_work(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance;
    (void)work;
    CHECK(GetCurrentThreadId() != first_thread);
    InterlockedIncrement(&calls);
    if (context)
        SetEvent(context);
}

TEST(work_is_called_each_time) {
    begin();
    PTP_WORK work = CreateThreadpoolWork(count_work, NULL, NULL);
    CHECK(work != NULL);
    for (int i = 0; i < 100; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK_EQ(calls, 100);
    CloseThreadpoolWork(work);
}

static HANDLE gate;

static void CALLBACK wait_work(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance;
    (void)work;
    (void)context;
    InterlockedIncrement(&running);
    SetEvent(done);
    WaitForSingleObject(gate, WAIT_LIMIT_MS);
    InterlockedIncrement(&calls);
}

TEST(blocked_threads_hold_nothing_up) {
    begin();
    gate = event_new(TRUE);
    PTP_WORK blocked = CreateThreadpoolWork(wait_work, NULL, NULL), work = CreateThreadpoolWork(count_work, NULL, NULL);
    for (int i = 0; i < 8; i++)
        SubmitThreadpoolWork(blocked);
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK_EQ(calls, 1);
    SetEvent(gate);
    WaitForThreadpoolWorkCallbacks(blocked, FALSE);
    CHECK_EQ(calls, 9);
}

TEST(pending_calls_are_cancelled) {
    TP_CALLBACK_ENVIRON environment;

    begin();
    gate = event_new(TRUE);
    PTP_POOL pool = CreateThreadpool(NULL);
    CHECK(pool != NULL);
    SetThreadpoolThreadMaximum(pool, 1);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    PTP_WORK work = CreateThreadpoolWork(wait_work, NULL, &environment);
    for (int i = 0; i < 5; i++)
        SubmitThreadpoolWork(work);
    CHECK_SIGNALLED(done);
    CHECK_STILL_WAITING(done); /* one thread: one at a time */
    PTP_WORK other = CreateThreadpoolWork(count_work, NULL, &environment);
    SubmitThreadpoolWork(other);
    WaitForThreadpoolWorkCallbacks(other, TRUE); /* it has not begun: it does not come */
    SetEvent(gate);
    WaitForThreadpoolWorkCallbacks(work, TRUE);
    CHECK(calls >= 1 && calls <= 5);
    CHECK_EQ(calls, running);
    CloseThreadpoolWork(work);
    CloseThreadpoolWork(other);
    CloseThreadpool(pool);
}

TEST(closed_work_still_comes) {
    begin();
    PTP_WORK work = CreateThreadpoolWork(count_work, done, NULL);
    SubmitThreadpoolWork(work);
    CloseThreadpoolWork(work);
    CHECK_SIGNALLED(done);
}

TEST(minimum_and_stack) {
    TP_POOL_STACK_INFORMATION stack = {0x20000, 0x1000}, got;
    PTP_POOL pool = CreateThreadpool(NULL);

    CHECK_OK(SetThreadpoolThreadMinimum(pool, 2));
    CHECK_OK(SetThreadpoolStackInformation(pool, &stack));
    CHECK_OK(QueryThreadpoolStackInformation(pool, &got));
    CHECK_EQ(got.StackReserve, 0x20000);
    CHECK_EQ(got.StackCommit, 0x1000);
    CloseThreadpool(pool);
}

/* ---- simple callbacks and what they may ask for ---- */

static HANDLE mutex, semaphore, finalized;
static CRITICAL_SECTION section;

static void CALLBACK ask_for_all(PTP_CALLBACK_INSTANCE instance, void *context) {
    (void)context;
    CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    EnterCriticalSection(&section);
    LeaveCriticalSectionWhenCallbackReturns(instance, &section);
    ReleaseMutexWhenCallbackReturns(instance, mutex);
    ReleaseSemaphoreWhenCallbackReturns(instance, semaphore, 2);
    SetEventWhenCallbackReturns(instance, done);
    CHECK_UNSIGNALLED(semaphore);
}

TEST(what_happens_at_the_end_of_a_callback) {
    begin();
    InitializeCriticalSection(&section);
    mutex = CreateMutexA(NULL, FALSE, NULL);
    semaphore = CreateSemaphoreA(NULL, 0, 5, NULL);
    CHECK_OK(TrySubmitThreadpoolCallback(ask_for_all, NULL, NULL));
    CHECK_SIGNALLED(done);
    CHECK_SIGNALLED(mutex);
    CHECK_SIGNALLED(semaphore);
    CHECK_SIGNALLED(semaphore);
    CHECK_UNSIGNALLED(semaphore);
    CHECK_OK(TryEnterCriticalSection(&section));
}

static void CALLBACK finalize(PTP_CALLBACK_INSTANCE instance, void *context) {
    (void)instance;
    SetEvent(context);
}

static void CALLBACK leave_early(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)context;
    (void)work;
    CallbackMayRunLong(instance);
    DisassociateCurrentThreadFromCallback(instance);
    WaitForSingleObject(gate, WAIT_LIMIT_MS);
}

TEST(a_callback_that_leaves_its_object) {
    TP_CALLBACK_ENVIRON environment;

    begin();
    gate = event_new(TRUE);
    finalized = event_new(FALSE);
    InitializeThreadpoolEnvironment(&environment);
    environment.FinalizationCallback = finalize;
    PTP_WORK work = CreateThreadpoolWork(leave_early, finalized, &environment);
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE); /* does not wait for it */
    CHECK_UNSIGNALLED(finalized);
    SetEvent(gate);
    CHECK_SIGNALLED(finalized);
}

/* ---- timers ---- */

static void CALLBACK count_timer(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer) {
    (void)instance;
    (void)timer;
    (void)context;
    if (InterlockedIncrement(&calls) == 3)
        SetEvent(done);
}

static FILETIME *due_in(LONGLONG milliseconds) {
    static FILETIME time;
    const ULONGLONG due = (ULONGLONG)(-milliseconds * 10000);

    time.dwLowDateTime = (DWORD)due;
    time.dwHighDateTime = (DWORD)(due >> 32);
    return &time;
}

TEST(a_timer_once_and_again) {
    begin();
    PTP_TIMER timer = CreateThreadpoolTimer(count_timer, NULL, NULL);
    CHECK(!IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, due_in(10), 0, 0);
    CHECK(IsThreadpoolTimerSet(timer));
    while (!calls)
        Sleep(1);
    SetThreadpoolTimer(timer, due_in(0), 5, 0);
    CHECK_SIGNALLED(done);
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    CHECK(!IsThreadpoolTimerSet(timer));
    LONG before = calls;
    Sleep(30);
    CHECK_EQ(calls, before);
    CloseThreadpoolTimer(timer);
}

TEST(a_timer_that_is_set_anew_tells_whether_it_was_to_come) {
    begin();
    PTP_TIMER timer = CreateThreadpoolTimer(count_timer, NULL, NULL);
    CHECK(!SetThreadpoolTimerEx(timer, NULL, 0, 0));
    CHECK(!SetThreadpoolTimerEx(timer, due_in(3600000), 0, 0));
    CHECK(SetThreadpoolTimerEx(timer, due_in(3600000), 0, 0));
    CHECK(SetThreadpoolTimerEx(timer, NULL, 0, 0));
    CHECK(!SetThreadpoolTimerEx(timer, due_in(0), 0, 0));
    while (!calls)
        Sleep(1);
    CHECK(!SetThreadpoolTimerEx(timer, due_in(0), 3600000, 0)); /* it has come: nothing was cancelled */
    while (calls < 2)
        Sleep(1);
    CHECK(SetThreadpoolTimerEx(timer, NULL, 0, 0)); /* it would come again */
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    CHECK_EQ(calls, 2);
    CloseThreadpoolTimer(timer);
}

/* ---- waits ---- */

static volatile TP_WAIT_RESULT wait_result;

static void CALLBACK note_wait(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WAIT wait, TP_WAIT_RESULT result) {
    (void)instance;
    (void)wait;
    wait_result = result;
    InterlockedIncrement(&calls);
    SetEvent(context);
}

TEST(a_wait_is_for_one_signal) {
    begin();
    HANDLE event = event_new(FALSE);
    PTP_WAIT wait = CreateThreadpoolWait(note_wait, done, NULL);
    SetThreadpoolWait(wait, event, NULL);
    CHECK_STILL_WAITING(done);
    SetEvent(event);
    CHECK_SIGNALLED(done);
    CHECK_EQ(wait_result, WAIT_OBJECT_0);
    CHECK_UNSIGNALLED(event); /* taken */
    SetEvent(event);
    CHECK_STILL_WAITING(done);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0); /* not taken */
    SetThreadpoolWait(wait, event, due_in(10));
    CHECK_SIGNALLED(done);
    CHECK_EQ(wait_result, WAIT_TIMEOUT);
    SetThreadpoolWait(wait, event, NULL);
    SetThreadpoolWait(wait, NULL, NULL);
    SetEvent(event);
    CHECK_STILL_WAITING(done);
    CloseThreadpoolWait(wait);
}

TEST(two_hundred_waits) {
    static HANDLE events[200];
    static PTP_WAIT waits[200];

    begin();
    for (int i = 0; i < 200; i++) {
        events[i] = event_new(FALSE);
        waits[i] = CreateThreadpoolWait(note_wait, done, NULL);
        SetThreadpoolWait(waits[i], events[i], NULL);
    }
    for (int i = 0; i < 200; i++)
        SetEvent(events[i]);
    while (calls < 200)
        REQUIRE(WaitForSingleObject(done, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
    CHECK_EQ(calls, 200);
    for (int i = 0; i < 200; i++)
        CloseThreadpoolWait(waits[i]);
}

/* ---- I/O ---- */

static ULONG io_error;
static ULONG_PTR io_bytes;
static void *io_overlapped;

static void CALLBACK note_io(
    PTP_CALLBACK_INSTANCE instance, void *context, void *overlapped, ULONG error, ULONG_PTR bytes, PTP_IO io) {
    (void)instance;
    (void)io;
    io_error = error;
    io_bytes = bytes;
    io_overlapped = overlapped;
    SetEvent(context);
}

static HANDLE server, client;

static void pipe_new(void) {
    server = CreateNamedPipeA(own_pipe("pool"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 512, 512, 0, NULL);
    REQUIRE_HANDLE(server);
    client = CreateFileA(own_pipe("pool"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
}

TEST(io_comes_to_the_pool) {
    static OVERLAPPED overlapped;
    static char buffer[8];
    DWORD n;

    begin();
    pipe_new();
    PTP_IO io = CreateThreadpoolIo(server, note_io, done, NULL);
    CHECK(io != NULL);
    StartThreadpoolIo(io);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(WriteFile(client, "abc", 3, &n, NULL));
    CHECK_SIGNALLED(done);
    CHECK_EQ(io_error, 0);
    CHECK_EQ(io_bytes, 3);
    CHECK(io_overlapped == &overlapped);
    StartThreadpoolIo(io);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(CancelIoEx(server, &overlapped));
    WaitForThreadpoolIoCallbacks(io, FALSE);
    CHECK_EQ(io_error, ERROR_OPERATION_ABORTED);
    StartThreadpoolIo(io);
    CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    CHECK_ERROR(CreateThreadpoolIo(server, note_io, done, NULL), ERROR_INVALID_PARAMETER);
    CloseThreadpoolIo(io);
}

static void CALLBACK note_routine(DWORD error, DWORD bytes, OVERLAPPED *overlapped) {
    io_error = error;
    io_bytes = bytes;
    io_overlapped = overlapped;
    SetEvent(done);
}

TEST(a_bound_routine) {
    static OVERLAPPED overlapped;
    static char buffer[8];
    DWORD n;

    begin();
    pipe_new();
    CHECK_OK(BindIoCompletionCallback(server, note_routine, 0));
    CHECK_ERROR(BindIoCompletionCallback(server, note_routine, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(WriteFile(client, "abc", 3, &n, NULL));
    CHECK_SIGNALLED(done);
    CHECK_EQ(io_error, 0);
    CHECK_EQ(io_bytes, 3);
    CHECK(io_overlapped == &overlapped);
}

/* ---- cleanup groups ---- */

static volatile LONG cancelled;

static void CALLBACK note_cancel(void *object_context, void *cleanup_context) {
    (void)object_context;
    CHECK(cleanup_context == &cancelled);
    InterlockedIncrement(&cancelled);
}

TEST(a_group_ends_all_its_members) {
    TP_CALLBACK_ENVIRON environment;

    begin();
    gate = event_new(TRUE);
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    CHECK(group != NULL);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackCleanupGroup(&environment, group, NULL);
    PTP_WORK work = CreateThreadpoolWork(count_work, NULL, &environment);
    PTP_TIMER timer = CreateThreadpoolTimer(count_timer, NULL, &environment);
    SetThreadpoolTimer(timer, due_in(3600000), 0, 0);
    for (int i = 0; i < 50; i++)
        SubmitThreadpoolWork(work);
    CloseThreadpoolCleanupGroupMembers(group, FALSE, NULL);
    CHECK_EQ(calls, 50);
    CloseThreadpoolCleanupGroup(group);
}

TEST(a_group_cancels) {
    TP_CALLBACK_ENVIRON environment;

    begin();
    gate = event_new(TRUE);
    PTP_POOL pool = CreateThreadpool(NULL);
    SetThreadpoolThreadMaximum(pool, 1);
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    InitializeThreadpoolEnvironment(&environment);
    PTP_WORK blocked =
        (SetThreadpoolCallbackPool(&environment, pool), CreateThreadpoolWork(wait_work, NULL, &environment));
    SubmitThreadpoolWork(blocked);
    CHECK_SIGNALLED(done);
    SetThreadpoolCallbackCleanupGroup(&environment, group, note_cancel);
    PTP_WORK work = CreateThreadpoolWork(count_work, NULL, &environment);
    SubmitThreadpoolWork(work);
    CloseThreadpoolCleanupGroupMembers(group, TRUE, (void *)&cancelled);
    CHECK_EQ(cancelled, 1);
    SetEvent(gate);
    WaitForThreadpoolWorkCallbacks(blocked, FALSE);
    CHECK_EQ(calls, 1);
    CloseThreadpoolWork(blocked);
    CloseThreadpoolCleanupGroup(group);
    CloseThreadpool(pool);
}

/* ---- the older calls ---- */

static DWORD CALLBACK work_item(void *context) {
    CHECK(GetCurrentThreadId() != first_thread);
    InterlockedIncrement(&calls);
    SetEvent(context);
    return 0;
}

TEST(work_items) {
    begin();
    CHECK_OK(QueueUserWorkItem(work_item, done, WT_EXECUTEDEFAULT));
    CHECK_SIGNALLED(done);
    CHECK_OK(QueueUserWorkItem(work_item, done, WT_EXECUTELONGFUNCTION));
    CHECK_SIGNALLED(done);
    CHECK_OK(QueueUserWorkItem(work_item, done, WT_EXECUTEINIOTHREAD));
    CHECK_SIGNALLED(done);
    CHECK_EQ(calls, 3);
}

static volatile BOOLEAN timed_out;

static void CALLBACK note_registered(void *context, BOOLEAN timeout) {
    (void)context;
    timed_out = timeout;
    InterlockedIncrement(&calls);
    SetEvent(done);
}

TEST(a_registered_wait_goes_on) {
    HANDLE wait, event = event_new(FALSE);

    begin();
    CHECK_OK(RegisterWaitForSingleObject(&wait, event, note_registered, NULL, INFINITE, WT_EXECUTEDEFAULT));
    for (int i = 1; i <= 3; i++) {
        SetEvent(event);
        CHECK_SIGNALLED(done);
        CHECK(!timed_out);
        CHECK_EQ(calls, i);
    }
    CHECK_OK(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    SetEvent(event);
    CHECK_STILL_WAITING(done);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
}

/* Not documented: what a wait for the same handle says. */
TEST(what_cannot_be_waited_for_is_not_registered) {
    HANDLE weak = CreateEventExA(NULL, NULL, 0, EVENT_MODIFY_STATE), gone = event_new(FALSE), wait = NULL;

    CHECK_OK(CloseHandle(gone));
    CHECK_ERROR(RegisterWaitForSingleObject(&wait, gone, note_registered, NULL, 5, WT_EXECUTEDEFAULT), ERROR_INVALID_HANDLE);
    CHECK_ERROR(RegisterWaitForSingleObject(&wait, weak, note_registered, NULL, 5, WT_EXECUTEDEFAULT), ERROR_ACCESS_DENIED);
    CHECK_EQ(calls, 0);
}

TEST(a_registered_wait_times_out) {
    HANDLE wait, event = event_new(FALSE);

    begin();
    CHECK_OK(RegisterWaitForSingleObject(&wait, event, note_registered, NULL, 5, WT_EXECUTEDEFAULT));
    CHECK_SIGNALLED(done);
    CHECK(timed_out);
    CHECK_SIGNALLED(done); /* and again */
    CHECK_OK(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
}

TEST(a_registered_wait_for_once) {
    HANDLE wait, event = event_new(FALSE);

    begin();
    CHECK_OK(RegisterWaitForSingleObject(
        &wait, event, note_registered, NULL, INFINITE, WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD));
    SetEvent(event);
    CHECK_SIGNALLED(done);
    SetEvent(event);
    CHECK_STILL_WAITING(done);
    HANDLE ended = event_new(FALSE);
    UnregisterWaitEx(wait, ended);
    CHECK_SIGNALLED(ended);
}

TEST(a_process_is_waited_for) {
    struct child child = spawn_self("short_lived", NULL);
    HANDLE wait;

    begin();
    CHECK_OK(RegisterWaitForSingleObject(&wait, child.process, note_registered, NULL, INFINITE, WT_EXECUTEONLYONCE));
    CHECK_SIGNALLED(done);
    CHECK_OK(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    CHECK_CHILD(child);
}

ROLE(short_lived) {
    (void)argc;
    (void)argv;
}

static void CALLBACK slow_registered(void *context, BOOLEAN timeout) {
    (void)context;
    (void)timeout;
    SetEvent(done);
    WaitForSingleObject(gate, WAIT_LIMIT_MS);
    InterlockedIncrement(&calls);
}

TEST(unregistering_under_way) {
    HANDLE wait, event = event_new(FALSE), ended = event_new(FALSE);

    begin();
    gate = event_new(TRUE);
    CHECK_OK(RegisterWaitForSingleObject(&wait, event, slow_registered, NULL, INFINITE, WT_EXECUTEDEFAULT));
    SetEvent(event);
    CHECK_SIGNALLED(done);
    CHECK_ERROR(UnregisterWaitEx(wait, ended), ERROR_IO_PENDING);
    CHECK_UNSIGNALLED(ended);
    SetEvent(gate);
    CHECK_SIGNALLED(ended);
    CHECK_EQ(calls, 1);
}

static void CALLBACK third_tick(void *context, BOOLEAN timeout) {
    (void)context;
    CHECK(timeout);
    if (InterlockedIncrement(&calls) == 3)
        SetEvent(done);
}

TEST(timer_queues) {
    static const ULONG flags[] = {
        WT_EXECUTEDEFAULT, WT_EXECUTEINTIMERTHREAD, WT_EXECUTELONGFUNCTION, WT_EXECUTEINPERSISTENTTHREAD};
    HANDLE timer, queue = CreateTimerQueue();

    begin();
    REQUIRE_HANDLE(queue);
    for (int i = 0; i < 4; i++) {
        calls = 0;
        CHECK_OK(CreateTimerQueueTimer(&timer, queue, third_tick, NULL, 5, 5, flags[i]));
        CHECK_SIGNALLED(done);
        CHECK_OK(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
        const LONG before = calls;
        Sleep(20);
        CHECK_EQ(calls, before);
    }
    CHECK_OK(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
}

TEST(a_timer_queue_with_an_event) {
    HANDLE timer, ended = event_new(FALSE), queue = CreateTimerQueue();

    begin();
    CHECK_OK(CreateTimerQueueTimer(&timer, queue, third_tick, NULL, 3600000, 0, 0));
    CHECK_OK(ChangeTimerQueueTimer(queue, timer, 1, 1));
    CHECK_SIGNALLED(done);
    DeleteTimerQueueEx(queue, ended); /* TRUE or ERROR_IO_PENDING */
    CHECK_SIGNALLED(ended);
}

TEST(a_timer_of_the_default_queue) {
    HANDLE timer;

    begin();
    calls = 2;
    CHECK_OK(CreateTimerQueueTimer(&timer, NULL, third_tick, NULL, 0, 0, WT_EXECUTEONLYONCE));
    CHECK_SIGNALLED(done);
    CHECK_OK(DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
}

/* ---- many ---- */

static void CALLBACK submit_more(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance;
    (void)context;
    if (InterlockedIncrement(&calls) < 20000)
        SubmitThreadpoolWork(work);
    const LONG now = InterlockedIncrement(&running);
    if (now > most)
        most = now;
    InterlockedDecrement(&running);
}

TEST(twenty_thousand_calls) {
    begin();
    PTP_WORK work = CreateThreadpoolWork(submit_more, NULL, NULL);
    for (int i = 0; i < 8; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK(calls >= 20000 && calls < 20008);
    CHECK(most <= 64); /* no thread a call */
}
