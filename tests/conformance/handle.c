/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles: closing, duplicating, flags, inheritance, other processes' handles. */
#include "harness.h"

TEST(close_once) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

    REQUIRE_HANDLE(event);
    CHECK_EQ((ULONG_PTR)event & 3, 0);
    CHECK_OK(CloseHandle(event));
    CHECK_ERROR(CloseHandle(event), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CloseHandle(NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CloseHandle((HANDLE)(ULONG_PTR)0xdeadbee0), ERROR_INVALID_HANDLE);
}

TEST(pseudo_handles_close_without_effect) {
    CHECK_OK(CloseHandle(GetCurrentProcess()));
    CHECK_OK(CloseHandle(GetCurrentThread()));
    CHECK_EQ((LONG_PTR)GetCurrentProcess(), -1);
    CHECK_EQ((LONG_PTR)GetCurrentThread(), -2);
}

TEST(duplicate_in_the_process) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy = NULL;

    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(copy != event);
    CHECK_OK(CloseHandle(event));
    CHECK_OK(SetEvent(copy));
    CHECK_EQ(WaitForSingleObject(copy, 0), WAIT_OBJECT_0);
    CloseHandle(copy);
}

TEST(duplicate_with_less_access) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy = NULL;

    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, SYNCHRONIZE, FALSE, 0));
    CHECK_ERROR(SetEvent(copy), ERROR_ACCESS_DENIED);
    CHECK_UNSIGNALLED(copy);
    CloseHandle(copy);
    CloseHandle(event);
}

TEST(duplicate_closing_the_source) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy = NULL;

    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    CHECK(copy == event || !CloseHandle(event));
    CHECK_OK(SetEvent(copy));
    CHECK_OK(CloseHandle(copy));
}

TEST(duplicate_of_nothing) {
    HANDLE copy = NULL;

    CHECK_ERROR(DuplicateHandle(GetCurrentProcess(), NULL, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS), ERROR_INVALID_HANDLE);
    CHECK_ERROR(DuplicateHandle(GetCurrentProcess(), (HANDLE)(ULONG_PTR)0x7ffffffc, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
                ERROR_INVALID_HANDLE);
}

TEST(pseudo_handles_become_real_ones) {
    HANDLE process = NULL, thread = NULL;

    CHECK_OK(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &process, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &thread, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_EQ(GetProcessId(process), GetCurrentProcessId());
    CHECK_EQ(GetThreadId(thread), GetCurrentThreadId());
    CHECK_UNSIGNALLED(process);
    CHECK_UNSIGNALLED(thread);
    CloseHandle(process);
    CloseHandle(thread);
}

TEST(flags) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD flags;

    POISON_OUT(flags);
    CHECK_OK(GetHandleInformation(event, &flags));
    CHECK_EQ(flags, 0);
    CHECK_OK(SetHandleInformation(event, HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE,
                                  HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE));
    CHECK_OK(GetHandleInformation(event, &flags));
    CHECK_EQ(flags, HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE);
    CHECK_ERROR(CloseHandle(event), ERROR_INVALID_HANDLE);
    CHECK_OK(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    CHECK_OK(GetHandleInformation(event, &flags));
    CHECK_EQ(flags, HANDLE_FLAG_INHERIT);
    CHECK_OK(CloseHandle(event));
    CHECK_ERROR(GetHandleInformation(event, &flags), ERROR_INVALID_HANDLE);
}

/* They are no entries of the table, so there is nothing to set. */
TEST(pseudo_handles_have_no_flags_to_set) {
    CHECK_ERROR(SetHandleInformation(GetCurrentProcess(), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT), ERROR_INVALID_HANDLE);
    CHECK_ERROR(SetHandleInformation(GetCurrentThread(), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT), ERROR_INVALID_HANDLE);
    CHECK_ERROR(SetHandleInformation(GetCurrentProcess(), HANDLE_FLAG_PROTECT_FROM_CLOSE, 0), ERROR_INVALID_HANDLE);
}

ROLE(use_inherited) {
    REQUIRE(argc == 2);
    HANDLE inherited = (HANDLE)(ULONG_PTR)strtoull(argv[0], NULL, 10);
    HANDLE kept_back = (HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 10);

    CHECK_ERROR(SetEvent(kept_back), ERROR_INVALID_HANDLE);
    CHECK_OK(SetEvent(inherited));
}

TEST(inheritance) {
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    HANDLE inherited = CreateEventA(&inherit, TRUE, FALSE, NULL), kept_back = CreateEventA(NULL, TRUE, FALSE, NULL);
    char args[64];

    snprintf(args, sizeof(args), "%u %u", (unsigned)(ULONG_PTR)inherited, (unsigned)(ULONG_PTR)kept_back);
    struct child child = spawn_inheriting("use_inherited", args);
    CHECK_CHILD(child);
    CHECK_EQ(WaitForSingleObject(inherited, 0), WAIT_OBJECT_0);
    CHECK_UNSIGNALLED(kept_back);
    CloseHandle(inherited);
    CloseHandle(kept_back);
}

ROLE(inherit_nothing) {
    REQUIRE(argc == 1);
    CHECK_ERROR(SetEvent((HANDLE)(ULONG_PTR)strtoull(argv[0], NULL, 10)), ERROR_INVALID_HANDLE);
}

TEST(no_inheritance_unless_asked_for) {
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    HANDLE event = CreateEventA(&inherit, TRUE, FALSE, NULL);
    char args[64];

    snprintf(args, sizeof(args), "%u", (unsigned)(ULONG_PTR)event);
    struct child child = spawn_self("inherit_nothing", args);
    CHECK_CHILD(child);
    CHECK_UNSIGNALLED(event);
    CloseHandle(event);
}

ROLE(get_handle) {
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready"));
    HANDLE go = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("go"));

    (void)argc;
    (void)argv;
    CHECK_OK(SetEvent(ready));
    CHECK_SIGNALLED(go);
}

TEST(duplicate_into_another_process_and_back) {
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready")), go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), there = NULL, back = NULL;
    struct child child = spawn_self("get_handle", NULL);

    CHECK_SIGNALLED(ready);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, child.process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_OK(DuplicateHandle(child.process, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    CHECK_OK(SetEvent(back));
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    HANDLE again = NULL;
    CHECK_ERROR(DuplicateHandle(child.process, there, GetCurrentProcess(), &again, 0, FALSE, DUPLICATE_SAME_ACCESS), ERROR_INVALID_HANDLE);
    CHECK_OK(SetEvent(go));
    CHECK_CHILD(child);
}

TEST(many_handles) {
    enum { COUNT = 5000 };
    static HANDLE handles[COUNT];

    for (int i = 0; i < COUNT; i++) {
        handles[i] = CreateEventA(NULL, TRUE, (i & 1) != 0, NULL);
        REQUIRE_HANDLE(handles[i]);
    }
    for (int i = 0; i < COUNT; i++)
        REQUIRE(WaitForSingleObject(handles[i], 0) == (i & 1 ? WAIT_OBJECT_0 : WAIT_TIMEOUT));
    for (int i = 0; i < COUNT; i++)
        REQUIRE(CloseHandle(handles[i]));
}
