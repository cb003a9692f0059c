/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program of the DLL test: static TLS with a callback, imports, LoadLibrary and its like. */
#include "dll.h"

__declspec(dllimport) int one_number(void);

unsigned _tls_index = 99;
static int tls_template[4] = {1234};
static void NTAPI tls_callback(void *module, DWORD reason, void *reserved) {
    (void)module;
    (void)reserved;
    put_number("TLS callback", reason);
}
static PIMAGE_TLS_CALLBACK tls_callbacks[] = {tls_callback, NULL};
const IMAGE_TLS_DIRECTORY64 _tls_used = {(ULONG_PTR)tls_template, (ULONG_PTR)(tls_template + 4), (ULONG_PTR)&_tls_index,
                                         (ULONG_PTR)tls_callbacks, 16, {0}};

static int *tls_value(void) {
    int **array;

    __asm__("movq %%gs:0x58, %0" : "=r"(array));
    return array[_tls_index];
}

static int call(HMODULE module, const char *name) {
    int (*function)(void) = (int (*)(void))(void *)GetProcAddress(module, name);

    return function ? function() : -1;
}

static DWORD WINAPI thread(void *argument) {
    put_number("thread's TLS", *tls_value());
    *tls_value() = 3;
    return (DWORD)(ULONG_PTR)argument;
}

/* ---- who is told of DLLs ---- */

struct dll_notice { /* as documented: no header has it */
    ULONG flags;
    const struct {
        USHORT length, room;
        WCHAR *text;
    } *path, *name;
    void *base;
    ULONG size;
};

static LONG(WINAPI *take_off)(void *cookie);
static void *cookies[2];

static void CALLBACK told(ULONG reason, const struct dll_notice *notice, void *context) {
    char name[32];
    int length = notice->name->length / 2, path = notice->path->length / 2;

    for (int i = 0; i <= length; i++)
        name[i] = i < length ? (char)notice->name->text[i] : 0;
    put(context);
    put(reason == 1 ? " loaded: " : " unloaded: ");
    put(name);
    put_number(", its path is longer", path > length);
    put_number("size", notice->size >= 4096 && GetModuleHandleA(name) == notice->base);
    if (((char *)context)[0] == 'f' && reason == 2)
        put_number("takes itself off", take_off(cookies[0]));
}

static void use_notices(void) {
    LONG(WINAPI *ask)(ULONG, void *, void *, void **);
    HMODULE ntdll = GetModuleHandleA("ntdll.dll"), two;

    ask = (LONG(WINAPI *)(ULONG, void *, void *, void **))(void *)GetProcAddress(ntdll, "LdrRegisterDllNotification");
    take_off = (LONG(WINAPI *)(void *))(void *)GetProcAddress(ntdll, "LdrUnregisterDllNotification");
    put_number("asks", ask(0, told, "first", &cookies[0]));
    put_number("asks", ask(0, told, "second", &cookies[1]));
    FreeLibrary(LoadLibraryA("three.dll"));
    two = LoadLibraryA("two.dll"); /* no news */
    FreeLibrary(two);
    put_number("is off already", (ULONG)take_off(cookies[0]) == 0xC0000135);
    FreeLibrary(LoadLibraryA("quiet.dll"));
    put_number("takes off", take_off(cookies[1]));
}

/* ---- DisableThreadLibraryCalls, and callbacks of a DLL with TLS, for which that fails ---- */

static void run_thread(void) {
    HANDLE handle = CreateThread(NULL, 0, thread, NULL, 0, NULL);

    WaitForSingleObject(handle, INFINITE);
    CloseHandle(handle);
}

static void use_quiet(void) {
    HMODULE three = LoadLibraryA("three.dll"), quiet = LoadLibraryA("quiet.dll");

    put_number("its TLS", call(quiet, "quiet_number"));
    put_number("three is silenced", DisableThreadLibraryCalls(three));
    run_thread();
    put_number("is silenced", DisableThreadLibraryCalls(quiet));
    run_thread();
    put_number("no module", !DisableThreadLibraryCalls((HMODULE)0x1230000) && GetLastError() == ERROR_MOD_NOT_FOUND);
    FreeLibrary(quiet);
    FreeLibrary(three);
}

static void use_three(void) {
    HMODULE three = LoadLibraryA("THREE.DLL"), again;

    put_number("by name", call(three, "three_number"));
    put_number("by ordinal", call(three, (const char *)77));
    put_number("forward to another DLL", call(three, "three_other"));
    put_number("forward to ours", GetProcAddress(three, "three_heap") == GetProcAddress(GetModuleHandleA("kernel32"), "HeapAlloc"));
    again = LoadLibraryA("three");
    put_number("the same", again == three);
    FreeLibrary(again);
    put_number("still there", GetModuleHandleA("three") == three);
    FreeLibrary(three);
    put_number("gone", !GetModuleHandleA("three"));
}

static void use_sub(void) {
    HMODULE sub = LoadLibraryExA("sub\\sub.dll", NULL, 0);

    put_number("its own DLL is not found", !sub && GetLastError() == ERROR_MOD_NOT_FOUND);
    sub = LoadLibraryExA("sub\\sub.dll", NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    put_number("beside it", sub ? call(sub, "sub_number") : 0);
    FreeLibrary(sub);
}

void start(void) {
    HANDLE handle;
    DWORD code;

    put("entry\n");
    put_number("imported", one_number());
    put_number("TLS", *tls_value());
    *tls_value() = 8;
    use_three();
    use_sub();
    put_number("refuses", !LoadLibraryA("sour.dll") && GetLastError() == ERROR_DLL_INIT_FAILED);
    put_number("no such DLL", !LoadLibraryA("none.dll") && GetLastError() == ERROR_MOD_NOT_FOUND);
    put_number("no DLL", !LoadLibraryA("text.dll") && GetLastError() == ERROR_BAD_EXE_FORMAT);
    put_number("no such function", !GetProcAddress(GetModuleHandleA(NULL), "none") && GetLastError() == ERROR_PROC_NOT_FOUND);
    handle = CreateThread(NULL, 0, thread, (void *)5, 0, NULL);
    WaitForSingleObject(handle, INFINITE);
    GetExitCodeThread(handle, &code);
    put_number("thread's code", code);
    put_number("TLS", *tls_value());
    use_notices();
    use_quiet();
    ExitProcess(3);
}
