/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads' descriptions. */
#include "harness.h"

static HRESULT(WINAPI *set_description)(HANDLE, PCWSTR);
static HRESULT(WINAPI *get_description)(HANDLE, PWSTR *);

static void prepare(void) {
    HMODULE kernel32 = GetModuleHandleA("kernel32");

    set_description = (HRESULT(WINAPI *)(HANDLE, PCWSTR))(void *)GetProcAddress(kernel32, "SetThreadDescription");
    get_description = (HRESULT(WINAPI *)(HANDLE, PWSTR *))(void *)GetProcAddress(kernel32, "GetThreadDescription");
    if (!set_description || !get_description)
        test_skip("no thread descriptions");
}

static void check_description(HANDLE thread, const WCHAR *expected) {
    WCHAR *text = NULL;

    CHECK(SUCCEEDED(get_description(thread, &text)));
    REQUIRE(text != NULL);
    CHECK_EQ(lstrlenW(text), lstrlenW(expected));
    CHECK_EQ(lstrcmpW(text, expected), 0);
    CHECK(LocalFree(text) == NULL);
}

static DWORD WINAPI wait_for(void *event) {
    return WaitForSingleObject(event, WAIT_LIMIT_MS);
}

TEST(given_and_asked_for) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread = CreateThread(NULL, 0, wait_for, event, 0, NULL);

    prepare();
    check_description(thread, L"");
    CHECK(SUCCEEDED(set_description(thread, L"a name that is longer than Linux's")));
    check_description(thread, L"a name that is longer than Linux's");
    CHECK(SUCCEEDED(set_description(GetCurrentThread(), L"own")));
    check_description(GetCurrentThread(), L"own");
    CHECK(SUCCEEDED(set_description(thread, L"")));
    check_description(thread, L"");
    CHECK_OK(SetEvent(event));
    CHECK_SIGNALLED(thread);
}

TEST(a_later_thread_has_none_of_it) {
    prepare();
    for (int i = 0; i < 20; i++) {
        HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread = CreateThread(NULL, 0, wait_for, event, 0, NULL);

        check_description(thread, L"");
        CHECK(SUCCEEDED(set_description(thread, L"taken")));
        CHECK_OK(SetEvent(event));
        CHECK_SIGNALLED(thread);
        CloseHandle(thread);
        CloseHandle(event);
    }
}

TEST(wrong_handles) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    WCHAR *text = NULL;

    prepare();
    CHECK(FAILED(set_description(NULL, L"x")));
    CHECK(FAILED(set_description(event, L"x")));
    CHECK(FAILED(get_description(event, &text)));
}
