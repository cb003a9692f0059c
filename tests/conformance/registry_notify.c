/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RegNotifyChangeKeyValue: which changes signal the event, whose, and what else does. */
#include "harness.h"

#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000
#endif

static const char *own_path(void) {
    static char path[200];

    snprintf(path, sizeof path, "Software\\%s", own_name("notify"));
    return path;
}

static HKEY own_key(void) {
    HKEY key = NULL;

    REQUIRE(RegCreateKeyExA(HKEY_CURRENT_USER, own_path(), 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL) == ERROR_SUCCESS);
    return key;
}

static void own_delete(HKEY key) {
    CHECK_EQ(RegDeleteTreeA(key, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(HKEY_CURRENT_USER, own_path()), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
}

static void make_subkey(HKEY parent, const char *name) {
    HKEY key;

    CHECK_EQ(RegCreateKeyExA(parent, name, 0, NULL, 0, KEY_READ, NULL, &key, NULL), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
}

static void set_value(HKEY key, const char *path) {
    CHECK_EQ(RegSetKeyValueA(key, path, "v", REG_SZ, "x", 2), ERROR_SUCCESS);
}

static HANDLE event_make(void) {
    const HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

    REQUIRE_HANDLE(event);
    return event;
}

TEST(filters_decide) {
    HKEY key = own_key();
    HANDLE names = event_make(), values = event_make();
    HKEY other;

    CHECK_EQ(RegOpenKeyExA(HKEY_CURRENT_USER, own_path(), 0, KEY_NOTIFY, &other), ERROR_SUCCESS);
    CHECK_EQ(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_NAME, names, TRUE), ERROR_SUCCESS);
    CHECK_EQ(RegNotifyChangeKeyValue(other, FALSE, REG_NOTIFY_CHANGE_LAST_SET, values, TRUE), ERROR_SUCCESS);
    CHECK_UNSIGNALLED(names);
    CHECK_UNSIGNALLED(values);
    set_value(key, NULL);
    CHECK_SIGNALLED(values);
    CHECK_UNSIGNALLED(names);
    make_subkey(key, "sub");
    CHECK_SIGNALLED(names);
    CHECK_UNSIGNALLED(values);
    CHECK_EQ(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_NAME, names, TRUE), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(key, "sub"), ERROR_SUCCESS);
    CHECK_SIGNALLED(names);
    CHECK_EQ(RegNotifyChangeKeyValue(other, FALSE, REG_NOTIFY_CHANGE_LAST_SET, values, TRUE), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteValueA(key, "v"), ERROR_SUCCESS);
    CHECK_SIGNALLED(values);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    own_delete(key);
}

TEST(below_the_key_too) {
    HKEY key = own_key(), other;
    HANDLE flat = event_make(), deep = event_make();

    make_subkey(key, "a\\b");
    CHECK_EQ(RegOpenKeyExA(HKEY_CURRENT_USER, own_path(), 0, KEY_NOTIFY, &other), ERROR_SUCCESS);
    CHECK_EQ(RegNotifyChangeKeyValue(other, FALSE, REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET, flat, TRUE), ERROR_SUCCESS);
    CHECK_EQ(RegNotifyChangeKeyValue(key, TRUE, REG_NOTIFY_CHANGE_LAST_SET, deep, TRUE), ERROR_SUCCESS);
    set_value(key, "a\\b");
    CHECK_SIGNALLED(deep);
    CHECK_UNSIGNALLED(flat);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    own_delete(key);
}

TEST(one_change_one_signal) {
    HKEY key = own_key();
    HANDLE event = event_make();

    CHECK_EQ(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE), ERROR_SUCCESS);
    set_value(key, NULL);
    CHECK_SIGNALLED(event);
    set_value(key, NULL);
    CHECK_UNSIGNALLED(event);
    own_delete(key);
}

TEST(a_key_that_is_closed) {
    HKEY key = own_key(), other;
    HANDLE event = event_make();

    CHECK_EQ(RegOpenKeyExA(HKEY_CURRENT_USER, own_path(), 0, KEY_NOTIFY, &other), ERROR_SUCCESS);
    CHECK_EQ(RegNotifyChangeKeyValue(other, FALSE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE), ERROR_SUCCESS);
    CHECK_UNSIGNALLED(event);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    CHECK_SIGNALLED(event);
    own_delete(key);
}

TEST(a_key_that_is_deleted) {
    HKEY key = own_key(), other;
    HANDLE event = event_make();

    make_subkey(key, "sub");
    CHECK_EQ(RegOpenKeyExA(key, "sub", 0, KEY_NOTIFY, &other), ERROR_SUCCESS);
    CHECK_EQ(RegNotifyChangeKeyValue(other, FALSE, REG_NOTIFY_CHANGE_NAME, event, TRUE), ERROR_SUCCESS);
    CHECK_EQ(RegDeleteKeyA(key, "sub"), ERROR_SUCCESS);
    CHECK_SIGNALLED(event);
    CHECK_EQ(RegNotifyChangeKeyValue(other, FALSE, REG_NOTIFY_CHANGE_NAME, event, TRUE), ERROR_KEY_DELETED);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    own_delete(key);
}

TEST(wrong_arguments) {
    HKEY key = own_key(), other;
    HANDLE event = event_make(), mutex = CreateMutexA(NULL, FALSE, NULL);

    CHECK_EQ(RegNotifyChangeKeyValue(key, FALSE, 0x100, event, TRUE), ERROR_INVALID_PARAMETER);
    CHECK_EQ(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_NAME, (HANDLE)(ULONG_PTR)0xdeadbee0, TRUE), ERROR_INVALID_HANDLE);
    CHECK_EQ(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_NAME, mutex, TRUE), ERROR_INVALID_HANDLE);
    CHECK_EQ(RegOpenKeyExA(HKEY_CURRENT_USER, own_path(), 0, KEY_QUERY_VALUE, &other), ERROR_SUCCESS);
    CHECK_EQ(RegNotifyChangeKeyValue(other, FALSE, REG_NOTIFY_CHANGE_NAME, event, TRUE), ERROR_ACCESS_DENIED);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    CloseHandle(mutex);
    own_delete(key);
}

struct watch {
    HKEY key;
    HANDLE event;
    DWORD filter;
};

static DWORD WINAPI watch_and_end(void *context) {
    const struct watch *watch = context;

    CHECK_EQ(RegNotifyChangeKeyValue(watch->key, FALSE, watch->filter, watch->event, TRUE), ERROR_SUCCESS);
    return 0;
}

static void in_a_thread(struct watch *watch) {
    const HANDLE thread = CreateThread(NULL, 0, watch_and_end, watch, 0, NULL);

    CHECK_SIGNALLED(thread);
    CloseHandle(thread);
}

TEST(the_thread_that_asked_ends) {
    struct watch watch = {own_key(), event_make(), REG_NOTIFY_CHANGE_LAST_SET};

    in_a_thread(&watch);
    CHECK_SIGNALLED(watch.event);
    own_delete(watch.key);
}

TEST(a_notification_of_no_thread) {
    struct watch watch = {own_key(), event_make(), REG_NOTIFY_CHANGE_LAST_SET | REG_NOTIFY_THREAD_AGNOSTIC};

    in_a_thread(&watch);
    CHECK_STILL_WAITING(watch.event);
    set_value(watch.key, NULL);
    CHECK_SIGNALLED(watch.event);
    own_delete(watch.key);
}

ROLE(changes_a_value) {
    (void)argc;
    CHECK_EQ(RegSetKeyValueA(HKEY_CURRENT_USER, argv[0], "v", REG_SZ, "x", 2), ERROR_SUCCESS);
}

TEST(changes_of_other_processes) {
    HKEY key = own_key();
    HANDLE event = event_make();

    CHECK_EQ(RegNotifyChangeKeyValue(key, TRUE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE), ERROR_SUCCESS);
    struct child child = spawn_self("changes_a_value", own_path());
    CHECK_SIGNALLED(event);
    CHECK_CHILD(child);
    own_delete(key);
}

static DWORD WINAPI wait_for_change(void *key) {
    return (DWORD)RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, NULL, FALSE);
}

TEST(a_call_that_waits) {
    HKEY key = own_key(), other;
    HANDLE thread;
    DWORD code = POISON;

    CHECK_EQ(RegOpenKeyExA(HKEY_CURRENT_USER, own_path(), 0, KEY_NOTIFY, &other), ERROR_SUCCESS);
    thread = CreateThread(NULL, 0, wait_for_change, other, 0, NULL);
    CHECK_STILL_WAITING(thread);
    set_value(key, NULL);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(other), ERROR_SUCCESS);
    own_delete(key);
}
