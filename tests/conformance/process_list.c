/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which processes, threads and modules there are: tool help and PSAPI. */
#include "harness.h"

#include <psapi.h>
#include <tlhelp32.h>

/* mingw's psapi.h has EnumProcesses in psapi.dll, where it may be, too. */
static BOOL(WINAPI *enum_processes)(DWORD *, DWORD, DWORD *);
static BOOL(WINAPI *enum_modules)(HANDLE, HMODULE *, DWORD, DWORD *);
static DWORD(WINAPI *base_name)(HANDLE, HMODULE, char *, DWORD);
static DWORD(WINAPI *file_name)(HANDLE, HMODULE, char *, DWORD);
static BOOL(WINAPI *information)(HANDLE, HMODULE, MODULEINFO *, DWORD);
static BOOL(WINAPI *memory_info)(HANDLE, PROCESS_MEMORY_COUNTERS *, DWORD);

static void *function(const char *name) {
    void *address = (void *)GetProcAddress(LoadLibraryA("psapi.dll"), name);

    REQUIRE(address != NULL);
    return address;
}

static void prepare(void) {
    enum_processes = (BOOL(WINAPI *)(DWORD *, DWORD, DWORD *))function("EnumProcesses");
    enum_modules = (BOOL(WINAPI *)(HANDLE, HMODULE *, DWORD, DWORD *))function("EnumProcessModules");
    base_name = (DWORD(WINAPI *)(HANDLE, HMODULE, char *, DWORD))function("GetModuleBaseNameA");
    file_name = (DWORD(WINAPI *)(HANDLE, HMODULE, char *, DWORD))function("GetModuleFileNameExA");
    information = (BOOL(WINAPI *)(HANDLE, HMODULE, MODULEINFO *, DWORD))function("GetModuleInformation");
    memory_info = (BOOL(WINAPI *)(HANDLE, PROCESS_MEMORY_COUNTERS *, DWORD))function("GetProcessMemoryInfo");
}

static HANDLE ready, end;

ROLE(wait_for_end) {
    HANDLE event = OpenEventA(SYNCHRONIZE, FALSE, own_name("end")),
           is_ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("ready"));

    (void)argc;
    (void)argv;
    CHECK_OK(SetEvent(is_ready));
    CHECK_EQ(WaitForSingleObject(event, WAIT_LIMIT_MS), WAIT_OBJECT_0);
}

static struct child start(void) {
    struct child child;

    end = CreateEventA(NULL, TRUE, FALSE, own_name("end"));
    ready = CreateEventA(NULL, TRUE, FALSE, own_name("ready"));
    child = spawn_self("wait_for_end", NULL);
    CHECK_SIGNALLED(ready);
    return child;
}

static void finish(struct child *child) {
    CHECK_OK(SetEvent(end));
    CHECK_EQ(child_exit_code(child), 0);
}

TEST(processes_by_psapi) {
    struct child child = start();
    static DWORD ids[65536];
    DWORD given = 0;
    int own = 0, childs = 0;

    prepare();
    CHECK_OK(enum_processes(ids, sizeof(ids), &given));
    CHECK(given % sizeof(DWORD) == 0 && given < sizeof(ids));
    for (DWORD i = 0; i < given / sizeof(DWORD); i++) {
        own += ids[i] == GetCurrentProcessId();
        childs += ids[i] == child.pid;
    }
    CHECK_EQ(own, 1);
    CHECK_EQ(childs, 1);
    CHECK_OK(enum_processes(ids, sizeof(DWORD), &given));
    CHECK_EQ(given, sizeof(DWORD));
    finish(&child);
}

TEST(processes_by_tool_help) {
    struct child child = start();
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32 entry = {.dwSize = sizeof(entry)};
    int childs = 0;

    REQUIRE_HANDLE(snapshot);
    for (BOOL more = Process32First(snapshot, &entry); more; more = Process32Next(snapshot, &entry)) {
        if (entry.th32ProcessID != child.pid)
            continue;
        CHECK_EQ(entry.th32ParentProcessID, GetCurrentProcessId());
        childs++;
    }
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK_EQ(childs, 1);
    CHECK_OK(CloseHandle(snapshot));
    finish(&child);
}

static DWORD WINAPI wait_for(void *event) {
    return WaitForSingleObject(event, WAIT_LIMIT_MS);
}

TEST(threads) {
    struct child child = start();
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), snapshot;
    DWORD id = 0, childs_first = GetThreadId(child.thread);
    HANDLE thread = CreateThread(NULL, 0, wait_for, event, 0, &id);
    THREADENTRY32 entry = {.dwSize = sizeof(entry)};
    int own = 0, second = 0, childs = 0;

    snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    REQUIRE_HANDLE(snapshot);
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        own += entry.th32ThreadID == GetCurrentThreadId() && entry.th32OwnerProcessID == GetCurrentProcessId();
        second += entry.th32ThreadID == id && entry.th32OwnerProcessID == GetCurrentProcessId();
        childs += entry.th32ThreadID == childs_first && entry.th32OwnerProcessID == child.pid;
    }
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK_EQ(own, 1);
    CHECK_EQ(second, 1);
    CHECK_EQ(childs, 1);
    CHECK_OK(CloseHandle(snapshot));
    CHECK_OK(SetEvent(event));
    CHECK_SIGNALLED(thread);
    finish(&child);
}

/* ---- modules ---- */

static const char *base_name_of(HANDLE process, HMODULE module) {
    static char name[MAX_PATH];
    const DWORD length = base_name(process, module, name, sizeof(name));

    CHECK_EQ(length, strlen(name));
    return name;
}

static const char *path_of(HANDLE process, HMODULE module) {
    static char paths[2][MAX_PATH];
    static int which;
    char *path = paths[which++ & 1];
    const DWORD length = file_name(process, module, path, MAX_PATH);

    CHECK_EQ(length, strlen(path));
    return path;
}

static const char *own_path(void) {
    static char path[MAX_PATH];

    REQUIRE_OK(GetModuleFileNameA(NULL, path, sizeof(path)));
    return path;
}

static void check_modules_by_psapi(HANDLE process) {
    HMODULE modules[256];
    MODULEINFO info;
    DWORD needed = 0;
    int kernel32 = 0;

    CHECK_OK(enum_modules(process, modules, sizeof(modules), &needed));
    REQUIRE(needed >= 3 * sizeof(HMODULE) && needed <= sizeof(modules));
    for (DWORD i = 0; i < needed / sizeof(HMODULE); i++) {
        CHECK(strstr(path_of(process, modules[i]), base_name_of(process, modules[i])) != NULL);
        kernel32 += !lstrcmpiA(base_name_of(process, modules[i]), "kernel32.dll");
    }
    CHECK_EQ(kernel32, 1);
    CHECK_STR(path_of(process, NULL), path_of(process, modules[0])); /* the program comes first */
    CHECK_OK(information(process, modules[0], &info, sizeof(info)));
    CHECK(info.lpBaseOfDll == modules[0] && info.SizeOfImage > 0);
    CHECK_OK(enum_modules(process, modules, sizeof(HMODULE), &needed));
    CHECK(needed >= 3 * sizeof(HMODULE));
}

TEST(own_modules) {
    prepare();
    check_modules_by_psapi(GetCurrentProcess());
    CHECK_STR(path_of(GetCurrentProcess(), NULL), own_path());
}

TEST(modules_of_another_process) {
    struct child child = start();

    prepare();
    check_modules_by_psapi(child.process);
    finish(&child);
}

TEST(modules_need_rights) {
    struct child child = start();
    HANDLE weak = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, child.pid);
    HMODULE module;
    DWORD needed;

    prepare();
    CHECK_ERROR(enum_modules(weak, &module, sizeof(module), &needed), ERROR_ACCESS_DENIED);
    CloseHandle(weak);
    finish(&child);
}

static void check_modules_by_tool_help(DWORD process) {
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, process);
    MODULEENTRY32 entry = {.dwSize = sizeof(entry)};
    int n = 0, kernel32 = 0;

    REQUIRE_HANDLE(snapshot);
    for (BOOL more = Module32First(snapshot, &entry); more; more = Module32Next(snapshot, &entry), n++) {
        CHECK_EQ(entry.th32ProcessID, process ? process : GetCurrentProcessId());
        CHECK((HMODULE)entry.modBaseAddr == entry.hModule && entry.modBaseSize > 0);
        CHECK(strstr(entry.szExePath, entry.szModule) != NULL);
        kernel32 += !lstrcmpiA(entry.szModule, "kernel32.dll");
    }
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK(n >= 3);
    CHECK_EQ(kernel32, 1);
    CHECK_OK(CloseHandle(snapshot));
}

TEST(modules_by_tool_help) {
    struct child child = start();

    check_modules_by_tool_help(0);
    check_modules_by_tool_help(child.pid);
    finish(&child);
}

TEST(tool_help_of_no_process) {
    CHECK_BAD_HANDLE(CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0x7ffffffc), ERROR_INVALID_PARAMETER);
}

TEST(sizes_are_looked_at) {
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE | TH32CS_SNAPTHREAD, 0);
    MODULEENTRY32 module = {.dwSize = 4};

    REQUIRE_HANDLE(snapshot);
    CHECK(!Module32First(snapshot, &module));
    CHECK_OK(CloseHandle(snapshot));
}

/* ---- names and numbers ---- */

TEST(image_names) {
    struct child child = start();
    HANDLE limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, child.pid);
    const char *own = own_path();
    char name[MAX_PATH] = "";
    WCHAR wide[MAX_PATH];
    DWORD size = sizeof(name);

    CHECK_OK(QueryFullProcessImageNameA(GetCurrentProcess(), 0, name, &size));
    CHECK_STR(name, own);
    CHECK_EQ(size, strlen(own));
    size = sizeof(name);
    memset(name, 0, sizeof(name));
    CHECK_OK(QueryFullProcessImageNameA(limited, 0, name, &size));
    CHECK_STR(name, own);
    size = MAX_PATH;
    CHECK_OK(QueryFullProcessImageNameW(limited, 0, wide, &size));
    CHECK_EQ(size, strlen(own));
    CHECK_EQ(wide[size], 0);
    size = (DWORD)strlen(own);
    CHECK_ERROR(QueryFullProcessImageNameA(limited, 0, name, &size), ERROR_INSUFFICIENT_BUFFER);
    CloseHandle(limited);
    finish(&child);
}

/* As the page of process access rights says. */
TEST(the_right_to_ask_includes_the_limited_one) {
    struct child child = start();
    HANDLE asks = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, child.pid),
           thread = OpenThread(THREAD_QUERY_INFORMATION, FALSE, GetThreadId(child.thread));
    DWORD code = 0;

    CHECK_EQ(GetProcessId(asks), child.pid);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, STILL_ACTIVE);
    CloseHandle(asks);
    CloseHandle(thread);
    finish(&child);
}

TEST(what_a_process_uses) {
    struct child child = start();
    PROCESS_MEMORY_COUNTERS memory = {0};
    FILETIME created, exited, kernel, user;
    IO_COUNTERS io;
    DWORD handles = 0;
    BOOL(WINAPI *const count_handles)
    (HANDLE, DWORD *) =
        (BOOL(WINAPI *)(HANDLE, DWORD *))(void *)GetProcAddress(GetModuleHandleA("kernel32"), "GetProcessHandleCount");

    prepare();
    CHECK_OK(memory_info(child.process, &memory, sizeof(memory)));
    CHECK_EQ(memory.cb, sizeof(memory));
    CHECK(memory.WorkingSetSize > 0 && memory.PeakWorkingSetSize >= memory.WorkingSetSize / 2);
    CHECK_OK(GetProcessTimes(child.process, &created, &exited, &kernel, &user));
    CHECK(created.dwHighDateTime != 0 && exited.dwHighDateTime == 0);
    CHECK_OK(GetProcessIoCounters(child.process, &io));
    CHECK_OK(count_handles(child.process, &handles));
    CHECK(handles >= 2);
    finish(&child);
}
