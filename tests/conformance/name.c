/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of objects: prefixes, paths, case, types, directories, links, private namespaces. */
#include "harness.h"

#include <winternl.h>

#define OK ((NTSTATUS)0)
#define NAME_EXISTS ((NTSTATUS)0x40000000)
#define BUFFER_OVERFLOW ((NTSTATUS)0x80000005)
#define NO_MORE_ENTRIES ((NTSTATUS)0x8000001a)
#define MORE_ENTRIES ((NTSTATUS)0x00000105)
#define LENGTH_MISMATCH ((NTSTATUS)0xc0000004)
#define BUFFER_TOO_SMALL ((NTSTATUS)0xc0000023)
#define TYPE_MISMATCH ((NTSTATUS)0xc0000024)
#define NAME_NOT_FOUND ((NTSTATUS)0xc0000034)
#define NAME_COLLISION ((NTSTATUS)0xc0000035)
#define PATH_NOT_FOUND ((NTSTATUS)0xc000003a)
#define PATH_SYNTAX_BAD ((NTSTATUS)0xc000003b)

struct entry {
    UNICODE_STRING name, type;
};

/* What neither set of headers has whole. */
static NTSTATUS(WINAPI *create_directory)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
static NTSTATUS(WINAPI *open_directory)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
static NTSTATUS(WINAPI *query_directory)(HANDLE, void *, ULONG, BOOLEAN, BOOLEAN, ULONG *, ULONG *);
static NTSTATUS(WINAPI *create_link)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, UNICODE_STRING *);
static NTSTATUS(WINAPI *query_link)(HANDLE, UNICODE_STRING *, ULONG *);
static NTSTATUS(WINAPI *open_event)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
static NTSTATUS(WINAPI *query_object)(HANDLE, int, void *, ULONG, ULONG *);
static HANDLE(WINAPI *create_boundary)(const WCHAR *, ULONG);
static BOOL(WINAPI *add_sid)(HANDLE *, void *);
static void(WINAPI *delete_boundary)(HANDLE);
static HANDLE(WINAPI *create_namespace)(SECURITY_ATTRIBUTES *, void *, const WCHAR *);
static HANDLE(WINAPI *open_namespace)(void *, const WCHAR *);
static BOOLEAN(WINAPI *close_namespace)(HANDLE, ULONG);

static void find(void *pointer, const char *module, const char *name) {
    const FARPROC function = GetProcAddress(GetModuleHandleA(module), name);

    REQUIRE(function != NULL);
    memcpy(pointer, &function, sizeof function);
}

static void find_all(void) {
    find(&create_directory, "ntdll.dll", "NtCreateDirectoryObject");
    find(&open_directory, "ntdll.dll", "NtOpenDirectoryObject");
    find(&query_directory, "ntdll.dll", "NtQueryDirectoryObject");
    find(&create_link, "ntdll.dll", "NtCreateSymbolicLinkObject");
    find(&query_link, "ntdll.dll", "NtQuerySymbolicLinkObject");
    find(&open_event, "ntdll.dll", "NtOpenEvent");
    find(&query_object, "ntdll.dll", "NtQueryObject");
}

static void find_namespaces(void) {
    find(&create_boundary, "kernel32.dll", "CreateBoundaryDescriptorW");
    find(&add_sid, "kernel32.dll", "AddSIDToBoundaryDescriptor");
    find(&delete_boundary, "kernel32.dll", "DeleteBoundaryDescriptor");
    find(&create_namespace, "kernel32.dll", "CreatePrivateNamespaceW");
    find(&open_namespace, "kernel32.dll", "OpenPrivateNamespaceW");
    find(&close_namespace, "kernel32.dll", "ClosePrivateNamespace");
}

static UNICODE_STRING string_of(const WCHAR *text) {
    UNICODE_STRING string = {.Buffer = (WCHAR *)(ULONG_PTR)text};

    while (text[string.Length / sizeof(WCHAR)])
        string.Length += sizeof(WCHAR);
    string.MaximumLength = string.Length;
    return string;
}

static OBJECT_ATTRIBUTES attributes_of(UNICODE_STRING *name, HANDLE root, ULONG flags) {
    const OBJECT_ATTRIBUTES attributes = {
        .Length = sizeof attributes, .RootDirectory = root, .ObjectName = name, .Attributes = flags};

    return attributes;
}

static HANDLE new_directory(HANDLE root, const WCHAR *name) {
    UNICODE_STRING string = string_of(name);
    OBJECT_ATTRIBUTES attributes = attributes_of(&string, root, 0);
    HANDLE directory = NULL;

    CHECK_EQ(create_directory(&directory, 0xf000f, &attributes), OK);
    return directory;
}

static NTSTATUS open_in(HANDLE root, const WCHAR *name, ULONG flags, HANDLE *event) {
    UNICODE_STRING string = string_of(name);
    OBJECT_ATTRIBUTES attributes = attributes_of(&string, root, flags);

    *event = NULL;
    return open_event(event, EVENT_ALL_ACCESS, &attributes);
}

TEST(prefixes) {
    char name[200];
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("x")), again;

    REQUIRE_HANDLE(event);
    snprintf(name, sizeof name, "Local\\%s", own_name("x"));
    again = OpenEventA(SYNCHRONIZE, FALSE, name);
    REQUIRE_HANDLE(again);
    CloseHandle(again);
    snprintf(name, sizeof name, "Global\\%s", own_name("x"));
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, name), ERROR_FILE_NOT_FOUND);
    again = CreateEventA(NULL, TRUE, TRUE, name);
    REQUIRE_HANDLE(again);
    CHECK_UNSIGNALLED(event);
    CHECK_SIGNALLED(again);
    CloseHandle(again);
    CloseHandle(event);
}

TEST(session_prefix) {
    char name[200];
    HANDLE event, again;
    DWORD session;

    snprintf(name, sizeof name, "Global\\%s", own_name("s"));
    event = CreateEventA(NULL, TRUE, TRUE, name);
    REQUIRE_HANDLE(event);
    snprintf(name, sizeof name, "Session\\0\\%s", own_name("s"));
    again = OpenEventA(SYNCHRONIZE, FALSE, name);
    REQUIRE_HANDLE(again);
    CloseHandle(again);
    CloseHandle(event);
    event = CreateEventA(NULL, TRUE, TRUE, own_name("s"));
    REQUIRE_OK(ProcessIdToSessionId(GetCurrentProcessId(), &session));
    snprintf(name, sizeof name, "Session\\%lu\\%s", (unsigned long)session, own_name("s"));
    again = OpenEventA(SYNCHRONIZE, FALSE, name);
    REQUIRE_HANDLE(again);
    CloseHandle(again);
    CloseHandle(event);
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, "Session\\7777\\x"), ERROR_PATH_NOT_FOUND);
}

/* A name is looked up in the session's directory, where no path from the root can be. */
TEST(a_name_begins_with_no_backslash) {
    CHECK_ERROR(CreateEventA(NULL, TRUE, FALSE, "\\name"), ERROR_BAD_PATHNAME);
    CHECK_ERROR(CreateMutexA(NULL, FALSE, "\\name"), ERROR_BAD_PATHNAME);
    CHECK_ERROR(CreateSemaphoreA(NULL, 0, 1, "\\"), ERROR_BAD_PATHNAME);
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, "\\BaseNamedObjects\\name"), ERROR_BAD_PATHNAME);
}

TEST(backslashes_and_case) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("Case"));
    char name[200];

    REQUIRE_HANDLE(event);
    CHECK_ERROR(CreateEventA(NULL, TRUE, FALSE, "no-such\\name"), ERROR_PATH_NOT_FOUND);
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, "no-such\\name"), ERROR_PATH_NOT_FOUND);
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, own_name("case")), ERROR_FILE_NOT_FOUND);
    snprintf(name, sizeof name, "local\\%s", own_name("Case")); /* the prefix is no other */
    CHECK(!OpenEventA(SYNCHRONIZE, FALSE, name));
    CloseHandle(event);
}

TEST(other_types) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("t"));

    REQUIRE_HANDLE(event);
    CHECK_ERROR(CreateMutexA(NULL, FALSE, own_name("t")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenMutexA(SYNCHRONIZE, FALSE, own_name("t")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CreateSemaphoreA(NULL, 0, 1, own_name("t")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenSemaphoreA(SYNCHRONIZE, FALSE, own_name("t")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CreateWaitableTimerA(NULL, FALSE, own_name("t")), ERROR_INVALID_HANDLE);
    CloseHandle(event);
}

TEST(access_of_opened_handles) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("a")), mutex, opened;

    REQUIRE_HANDLE(event);
    opened = OpenEventA(SYNCHRONIZE, FALSE, own_name("a"));
    REQUIRE_HANDLE(opened);
    CHECK_ERROR(SetEvent(opened), ERROR_ACCESS_DENIED);
    CHECK_UNSIGNALLED(opened);
    CloseHandle(opened);
    opened = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("a"));
    REQUIRE_HANDLE(opened);
    CHECK_OK(SetEvent(opened));
    SetLastError(POISON);
    CHECK_EQ(WaitForSingleObject(opened, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CloseHandle(opened);
    CloseHandle(event);
    mutex = CreateMutexExA(NULL, own_name("m"), 0, SYNCHRONIZE);
    REQUIRE_HANDLE(mutex);
    CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    CHECK_OK(ReleaseMutex(mutex));
    CloseHandle(mutex);
}

TEST(names_that_handles_bear) {
    _Alignas(8) char buffer[1024];
    UNICODE_STRING *name = (UNICODE_STRING *)buffer;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, L"Global\\winipc-named-event"), none = CreateEventA(NULL, TRUE, FALSE, NULL);
    static const WCHAR path[] = L"\\BaseNamedObjects\\winipc-named-event";
    ULONG used = 0;

    find_all();
    REQUIRE_HANDLE(event);
    CHECK_EQ(query_object(event, 1, buffer, 0, &used), LENGTH_MISMATCH);
    CHECK_EQ(query_object(event, 1, buffer, sizeof *name, &used), LENGTH_MISMATCH);
    CHECK_EQ(used, sizeof *name + sizeof path);
    CHECK_EQ(query_object(event, 1, buffer, sizeof buffer, &used), OK);
    CHECK_EQ(name->Length, sizeof path - sizeof(WCHAR));
    CHECK_EQ(name->MaximumLength, sizeof path);
    CHECK_MEM(name->Buffer, path, sizeof path);
    CHECK_EQ(query_object(none, 1, buffer, sizeof buffer, &used), OK);
    CHECK_EQ(name->Length, 0);
    CHECK(name->Buffer == NULL);
    CloseHandle(none);
    CloseHandle(event);
}

TEST(directories) {
    HANDLE directory, event, opened;
    UNICODE_STRING name = string_of(L"inner");
    OBJECT_ATTRIBUTES attributes;

    find_all();
    directory = new_directory(NULL, L"\\BaseNamedObjects\\winipc-directory");
    REQUIRE_HANDLE(directory);
    event = CreateEventA(NULL, TRUE, FALSE, "Global\\winipc-directory\\inner");
    REQUIRE_HANDLE(event);
    CHECK_EQ(open_in(directory, L"inner", 0, &opened), OK);
    CloseHandle(opened);
    CHECK_EQ(open_in(NULL, L"\\BaseNamedObjects\\winipc-directory\\inner", 0, &opened), OK);
    CloseHandle(opened);
    CHECK_EQ(open_in(directory, L"INNER", 0, &opened), NAME_NOT_FOUND);
    CHECK_EQ(open_in(directory, L"INNER", OBJ_CASE_INSENSITIVE, &opened), OK);
    CloseHandle(opened);
    CHECK_EQ(open_in(directory, L"\\inner", 0, &opened), PATH_SYNTAX_BAD);
    CHECK_EQ(open_in(directory, L"none\\inner", 0, &opened), PATH_NOT_FOUND);
    CHECK_EQ(open_in(NULL, L"inner", 0, &opened), PATH_SYNTAX_BAD);
    attributes = attributes_of(&name, directory, 0);
    CHECK_EQ(open_directory(&opened, 1, &attributes), TYPE_MISMATCH);
    CHECK_EQ(create_directory(&opened, 1, &attributes), NAME_COLLISION);
    CloseHandle(directory);
    CHECK_EQ(open_in(NULL, L"\\BaseNamedObjects\\winipc-directory\\inner", 0, &opened), PATH_NOT_FOUND);
    CloseHandle(event);
}

TEST(what_is_in_a_directory) {
    _Alignas(8) char buffer[2048];
    struct entry *entry = (struct entry *)buffer;
    HANDLE directory, events[3];
    static const WCHAR *const names[3] = {L"Global\\winipc-listing\\aa", L"Global\\winipc-listing\\bb", L"Global\\winipc-listing\\cc"};
    ULONG context = 0, used = 0, seen = 0;
    NTSTATUS status;

    find_all();
    directory = new_directory(NULL, L"\\BaseNamedObjects\\winipc-listing");
    REQUIRE_HANDLE(directory);
    CHECK_EQ(query_directory(directory, buffer, sizeof buffer, FALSE, TRUE, &context, &used), NO_MORE_ENTRIES);
    for (int i = 0; i < 3; i++)
        events[i] = CreateEventW(NULL, TRUE, FALSE, names[i]);
    require(CHECK_EQ(query_directory(directory, buffer, sizeof buffer, FALSE, TRUE, &context, &used), OK));
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(entry[i].name.Length, 4);
        CHECK_EQ(entry[i].name.Buffer[2], 0);
        CHECK_EQ(entry[i].type.Length, 10);
        CHECK_MEM(entry[i].type.Buffer, L"Event", 12);
        seen |= 1u << (entry[i].name.Buffer[0] - 'a');
    }
    CHECK_EQ(seen, 7);
    CHECK(entry[3].name.Buffer == NULL);
    /* one by one, with a buffer that is too small in between */
    context = seen = 0;
    CHECK_EQ(query_directory(directory, buffer, 4, TRUE, TRUE, &context, &used), BUFFER_TOO_SMALL);
    CHECK(used > 4);
    while ((status = query_directory(directory, buffer, sizeof buffer, TRUE, FALSE, &context, &used)) == OK)
        seen |= 1u << (entry[0].name.Buffer[0] - 'a');
    CHECK_EQ(status, NO_MORE_ENTRIES);
    CHECK_EQ(seen, 7);
    /* as many as fit */
    CHECK_EQ(query_directory(directory, buffer, 3 * sizeof *entry + 40, FALSE, TRUE, &context, &used), MORE_ENTRIES);
    for (int i = 0; i < 3; i++)
        CloseHandle(events[i]);
    CHECK_EQ(query_directory(directory, buffer, sizeof buffer, FALSE, TRUE, &context, &used), NO_MORE_ENTRIES);
    CloseHandle(directory);
}

TEST(links) {
    UNICODE_STRING name = string_of(L"link"), target = string_of(L"\\BaseNamedObjects"), read;
    OBJECT_ATTRIBUTES attributes;
    HANDLE directory, link, event, opened;
    WCHAR text[64];
    ULONG used = 0;

    find_all();
    directory = new_directory(NULL, L"\\BaseNamedObjects\\winipc-links");
    REQUIRE_HANDLE(directory);
    attributes = attributes_of(&name, directory, 0);
    CHECK_EQ(create_link(&link, 0xf0001, &attributes, &target), OK);
    event = CreateEventA(NULL, TRUE, FALSE, "Global\\winipc-linked");
    REQUIRE_HANDLE(event);
    CHECK_EQ(open_in(directory, L"link\\winipc-linked", 0, &opened), OK);
    CloseHandle(opened);
    CHECK_EQ(open_in(directory, L"link\\winipc-other", 0, &opened), NAME_NOT_FOUND);
    CHECK_EQ(create_link(&opened, 0xf0001, &attributes, &target), NAME_COLLISION);
    read = (UNICODE_STRING){0, 4, text};
    CHECK_EQ(query_link(link, &read, &used), BUFFER_TOO_SMALL);
    read.MaximumLength = sizeof text;
    CHECK_EQ(query_link(link, &read, &used), OK);
    CHECK_EQ(read.Length, target.Length);
    CHECK_MEM(text, target.Buffer, target.Length);
    CHECK_EQ(query_link(event, &read, &used), TYPE_MISMATCH);
    CloseHandle(link);
    CHECK_EQ(open_in(directory, L"link\\winipc-linked", 0, &opened), PATH_NOT_FOUND);
    CloseHandle(event);
    CloseHandle(directory);
}

/* S-1-1-0, which everybody is, and S-1-5-18, which no test is. */
static const BYTE everyone[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, local_system[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};

static HANDLE boundary_of(const WCHAR *name, const void *sid) {
    HANDLE boundary = create_boundary(name, 0);

    REQUIRE_HANDLE(boundary);
    if (sid)
        CHECK_OK(add_sid(&boundary, (void *)(ULONG_PTR)sid));
    return boundary;
}

ROLE(namespace_peer) {
    HANDLE boundary, space, event;

    (void)argc;
    (void)argv;
    find_namespaces();
    boundary = boundary_of(L"winipc-boundary", everyone);
    CHECK_ERROR(create_namespace(NULL, boundary, L"other"), ERROR_ALREADY_EXISTS);
    space = open_namespace(boundary, L"other");
    REQUIRE_HANDLE(space);
    event = OpenEventA(EVENT_MODIFY_STATE, FALSE, "other\\event");
    REQUIRE_HANDLE(event);
    CHECK_OK(SetEvent(event));
    CloseHandle(event);
    CHECK_OK(close_namespace(space, 0));
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, "other\\event"), ERROR_PATH_NOT_FOUND);
    delete_boundary(boundary);
}

TEST(private_namespaces) {
    HANDLE boundary, space, event;
    struct child child;

    find_namespaces();
    CHECK_ERROR(create_boundary(NULL, 0), ERROR_INVALID_PARAMETER);
    boundary = boundary_of(L"winipc-boundary", everyone);
    space = create_namespace(NULL, boundary, L"mine");
    REQUIRE_HANDLE(space);
    event = CreateEventA(NULL, TRUE, FALSE, "mine\\event");
    REQUIRE_HANDLE(event);
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, "event"), ERROR_FILE_NOT_FOUND);
    child = spawn_self("namespace_peer", NULL);
    CHECK_CHILD(child);
    CHECK_SIGNALLED(event);
    CHECK_OK(close_namespace(space, 1));
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, "mine\\event"), ERROR_PATH_NOT_FOUND);
    CHECK(!open_namespace(boundary, L"mine"));
    CloseHandle(event);
    delete_boundary(boundary);
}

TEST(a_boundary_keeps_others_out) {
    HANDLE boundary;

    find_namespaces();
    boundary = boundary_of(L"winipc-boundary-2", local_system);
    CHECK_ERROR(create_namespace(NULL, boundary, L"system"), ERROR_ACCESS_DENIED);
    delete_boundary(boundary);
}
