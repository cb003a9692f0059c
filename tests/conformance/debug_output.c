/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OutputDebugString to a program that listens: the section, the events and the mutex that DebugView and its like use.
 */
#include "harness.h"

#include <stdlib.h>

struct buffer {
    DWORD process;
    char text[4096 - sizeof(DWORD)];
};

struct listener {
    HANDLE section, is_free, has_data;
    struct buffer *buffer;
};

static struct listener listen_now(void) {
    struct listener listener;

    listener.section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(struct buffer), "DBWIN_BUFFER");
    REQUIRE_HANDLE(listener.section);
    if (GetLastError() == ERROR_ALREADY_EXISTS)
        test_skip("another program listens");
    listener.is_free = CreateEventA(NULL, FALSE, FALSE, "DBWIN_BUFFER_READY");
    listener.has_data = CreateEventA(NULL, FALSE, FALSE, "DBWIN_DATA_READY");
    REQUIRE(listener.is_free && listener.has_data);
    listener.buffer = MapViewOfFile(listener.section, FILE_MAP_READ, 0, 0, 0);
    REQUIRE(listener.buffer != NULL);
    return listener;
}

static void listen_no_more(struct listener *listener) {
    UnmapViewOfFile(listener->buffer);
    CloseHandle(listener->is_free);
    CloseHandle(listener->has_data);
    CloseHandle(listener->section);
}

ROLE(say) {
    (void)argc;
    OutputDebugStringA(argv[0]);
}

ROLE(say_wide) {
    (void)argc;
    (void)argv;
    OutputDebugStringW(L"wide words\r\n");
}

/* It returns, whatever it is given. */
TEST(nobody_listens) {
    const ULONGLONG start = GetTickCount64();

    OutputDebugStringA("nobody hears this");
    OutputDebugStringA("");
    OutputDebugStringW(L"nor that");
    CHECK(GetTickCount64() - start < 5000);
}

TEST(another_process_is_heard) {
    struct listener listener = listen_now();
    struct child child = spawn_self("say", "hello");

    CHECK_UNSIGNALLED(listener.has_data); /* the buffer is not free yet */
    CHECK_OK(SetEvent(listener.is_free));
    CHECK_SIGNALLED(listener.has_data);
    CHECK_EQ(listener.buffer->process, child.pid);
    CHECK_STR(listener.buffer->text, "hello");
    CHECK_CHILD(child);
    CHECK_UNSIGNALLED(listener.has_data);
    child = spawn_self("say_wide", NULL);
    CHECK_OK(SetEvent(listener.is_free));
    CHECK_SIGNALLED(listener.has_data);
    CHECK_EQ(listener.buffer->process, child.pid);
    CHECK_STR(listener.buffer->text, "wide words\r\n");
    CHECK_CHILD(child);
    listen_no_more(&listener);
}

#define LONG_TEXT 10000

static DWORD WINAPI say_much(void *text) {
    OutputDebugStringA(text);
    return 0;
}

TEST(long_text_comes_in_pieces) {
    struct listener listener = listen_now();
    char *said = malloc(LONG_TEXT + 1), *heard = calloc(1, 2 * LONG_TEXT);
    HANDLE thread;

    for (int i = 0; i < LONG_TEXT; i++)
        said[i] = (char)('a' + i % 26);
    said[LONG_TEXT] = 0;
    thread = CreateThread(NULL, 0, say_much, said, 0, NULL);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(SetEvent(listener.is_free));
        CHECK_SIGNALLED(listener.has_data);
        CHECK(strlen(listener.buffer->text) < sizeof(listener.buffer->text));
        strcat(heard, listener.buffer->text);
    }
    CHECK_SIGNALLED(thread);
    CHECK(!strcmp(heard, said));
    CloseHandle(thread);
    free(said);
    free(heard);
    listen_no_more(&listener);
}

ROLE(listen_and_die) {
    struct listener listener = listen_now();
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("ready"));

    (void)argc;
    (void)argv;
    CHECK_OK(SetEvent(listener.is_free));
    CHECK_OK(SetEvent(ready));
    CHECK_SIGNALLED(listener.has_data);
    TerminateProcess(GetCurrentProcess(), 0);
}

/* What a listener that dies leaves costs nobody anything. */
TEST(a_listener_that_dies) {
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready"));
    struct child child = spawn_self("listen_and_die", NULL);
    ULONGLONG start;

    CHECK_SIGNALLED(ready);
    OutputDebugStringA("the last words that are heard");
    CHECK_CHILD(child);
    start = GetTickCount64();
    OutputDebugStringA("nobody is there any more");
    CHECK(GetTickCount64() - start < 5000);
    CloseHandle(ready);
}
