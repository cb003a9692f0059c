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
    ExitProcess(3);
}
