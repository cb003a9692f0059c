/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does a little of everything that WINIPC_TRACE can print. */
#include <windows.h>

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers) {
    return pointers->ExceptionRecord->ExceptionCode == 0xE0000042 ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

static void use_pipe(void) {
    HANDLE server = CreateNamedPipeA("\\\\.\\pipe\\traced", PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 100, 100, 0, NULL);
    HANDLE client = CreateFileA("\\\\.\\pipe\\traced", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    char bytes[8];
    DWORD n;

    WriteFile(client, "12345", 5, &n, NULL);
    ReadFile(server, bytes, sizeof bytes, &n, NULL);
    CloseHandle(client);
    CloseHandle(server);
}

int main(void) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, "traced event");
    HANDLE file = CreateFileA("traced.txt", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD n;

    WaitForSingleObject(event, 1000);
    WriteFile(file, "text", 4, &n, NULL);
    CloseHandle(file);
    use_pipe();
    VirtualFree(VirtualAlloc(NULL, 0x30000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 0, MEM_RELEASE);
    AddVectoredExceptionHandler(1, on_exception);
    RaiseException(0xE0000042, 0, 0, NULL);
    OutputDebugStringA("a word to the debugger\r\n");
    LoadLibraryA("no such library.dll");
    return 42;
}
