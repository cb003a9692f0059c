/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbghelp's symbols and stack walks, and its functions on images. */
#include "harness.h"

#include <dbghelp.h>

#include <stdlib.h>

#define FUNCTION(type, name, ...) typedef type(WINAPI *name##_fn)(__VA_ARGS__)
FUNCTION(BOOL, initialize, HANDLE, const char *, BOOL);
FUNCTION(BOOL, cleanup, HANDLE);
FUNCTION(DWORD, options, DWORD);
FUNCTION(DWORD, get_options, void);
FUNCTION(DWORD64, base_of, HANDLE, DWORD64);
FUNCTION(BOOL, from_address, HANDLE, DWORD64, DWORD64 *, SYMBOL_INFO *);
FUNCTION(BOOL, from_address_wide, HANDLE, DWORD64, DWORD64 *, SYMBOL_INFOW *);
FUNCTION(BOOL, module_info, HANDLE, DWORD64, IMAGEHLP_MODULE64 *);
FUNCTION(BOOL, line_of, HANDLE, DWORD64, DWORD *, IMAGEHLP_LINE64 *);
FUNCTION(DWORD64, load_module, HANDLE, HANDLE, const char *, const char *, DWORD64, DWORD, void *, DWORD);
FUNCTION(BOOL, unload_module, HANDLE, DWORD64);
FUNCTION(void *, function_table, HANDLE, DWORD64);
FUNCTION(BOOL, walk, DWORD, HANDLE, HANDLE, STACKFRAME64 *, void *, void *, void *, void *, void *);
FUNCTION(DWORD, undecorate, const char *, char *, DWORD, DWORD);
FUNCTION(BOOL, enumerate, HANDLE, PENUMLOADED_MODULES_CALLBACK64, void *);
FUNCTION(IMAGE_NT_HEADERS *, nt_header, void *);
FUNCTION(void *, directory_data, void *, BOOLEAN, USHORT, ULONG *);
FUNCTION(BOOL, make_path, const char *);
FUNCTION(USHORT, back_trace, ULONG, ULONG, void **, ULONG *);

static void *get(const char *name) {
    void *function = (void *)GetProcAddress(LoadLibraryA("dbghelp.dll"), name);

    REQUIRE(function != NULL);
    return function;
}

#define GET(kind, name) ((kind##_fn)get(name))

/* Not a process: what is asked is this one. */
static void begin(void) {
    CHECK_OK(GET(initialize, "SymInitialize")(GetCurrentProcess(), NULL, TRUE));
}

static void finish(void) {
    CHECK_OK(GET(cleanup, "SymCleanup")(GetCurrentProcess()));
}

static DWORD64 address_of(const void *function) {
    return (DWORD64)(ULONG_PTR)function;
}

static DWORD64 exported(const char *name) {
    return address_of((void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), name));
}

TEST(begin_and_end) {
    const initialize_fn initialize = GET(initialize, "SymInitialize");
    const cleanup_fn cleanup = GET(cleanup, "SymCleanup");
    const HANDLE any = (HANDLE)(ULONG_PTR)0x1234;

    CHECK_OK(initialize(any, NULL, FALSE)); /* any number will do */
    CHECK_ERROR(initialize(any, NULL, FALSE), ERROR_INVALID_PARAMETER);
    CHECK_OK(cleanup(any));
    CHECK_ERROR(cleanup(any), ERROR_INVALID_HANDLE);
    CHECK_ERROR(GET(base_of, "SymGetModuleBase64")(any, exported("Sleep")), ERROR_INVALID_HANDLE);
}

TEST(options_are_kept) {
    const options_fn set = GET(options, "SymSetOptions");
    const get_options_fn get_them = GET(get_options, "SymGetOptions");

    CHECK_EQ(set(SYMOPT_UNDNAME | SYMOPT_DEFERRED_LOADS), SYMOPT_UNDNAME | SYMOPT_DEFERRED_LOADS);
    CHECK_EQ(get_them(), SYMOPT_UNDNAME | SYMOPT_DEFERRED_LOADS);
    CHECK_EQ(set(SYMOPT_UNDNAME), SYMOPT_UNDNAME);
    CHECK_EQ(get_them(), SYMOPT_UNDNAME);
}

TEST(base_of_an_address) {
    const base_of_fn base_of = GET(base_of, "SymGetModuleBase64");

    begin();
    CHECK_EQ(base_of(GetCurrentProcess(), exported("Sleep")) != 0, 1);
    CHECK_EQ(base_of(GetCurrentProcess(), address_of(GetModuleHandleA("kernel32.dll")) + 64),
        address_of(GetModuleHandleA("kernel32.dll")));
    CHECK_EQ(base_of(GetCurrentProcess(), address_of((void *)begin)), address_of(GetModuleHandleA(NULL)));
    CHECK_ERROR(base_of(GetCurrentProcess(), 0x10), ERROR_MOD_NOT_FOUND);
    finish();
}

TEST(name_of_an_export) {
    char room[sizeof(SYMBOL_INFO) + 64];
    SYMBOL_INFO *symbol = (SYMBOL_INFO *)(void *)room;
    const from_address_fn from_address = GET(from_address, "SymFromAddr");
    DWORD64 displacement = POISON;

    begin();
    memset(room, 0, sizeof(room));
    symbol->SizeOfStruct = sizeof(*symbol);
    symbol->MaxNameLen = 64;
    CHECK_OK(from_address(GetCurrentProcess(), exported("GetTickCount64") + 1, &displacement, symbol));
    CHECK_STR(symbol->Name, "GetTickCount64");
    CHECK_EQ(symbol->NameLen, strlen("GetTickCount64"));
    CHECK_EQ(displacement, 1);
    CHECK_EQ(symbol->Address, exported("GetTickCount64"));
    symbol->MaxNameLen = 5;
    CHECK_OK(from_address(GetCurrentProcess(), exported("GetTickCount64"), NULL, symbol));
    CHECK_STR(symbol->Name, "GetT");
    CHECK_ERROR(from_address(GetCurrentProcess(), 0x10, &displacement, symbol), ERROR_MOD_NOT_FOUND);
    symbol->SizeOfStruct = 8;
    CHECK_ERROR(
        from_address(GetCurrentProcess(), exported("GetTickCount64"), &displacement, symbol), ERROR_INVALID_PARAMETER);
    finish();
}

TEST(wide_name) {
    char room[sizeof(SYMBOL_INFOW) + 128];
    SYMBOL_INFOW *symbol = (SYMBOL_INFOW *)(void *)room;
    DWORD64 displacement = POISON;

    begin();
    memset(room, 0, sizeof(room));
    symbol->SizeOfStruct = sizeof(*symbol);
    symbol->MaxNameLen = 64;
    CHECK_OK(
        GET(from_address_wide, "SymFromAddrW")(GetCurrentProcess(), exported("GetTickCount64"), &displacement, symbol));
    CHECK_EQ(lstrcmpW(symbol->Name, L"GetTickCount64"), 0);
    CHECK_EQ(displacement, 0);
    finish();
}

TEST(module_info) {
    IMAGEHLP_MODULE64 info = {.SizeOfStruct = sizeof(info)};
    const module_info_fn module_info = GET(module_info, "SymGetModuleInfo64");
    const DWORD64 base = address_of(GetModuleHandleA("kernel32.dll"));

    begin();
    CHECK_OK(module_info(GetCurrentProcess(), base, &info));
    CHECK_EQ(info.BaseOfImage, base);
    CHECK(info.ImageSize > 0);
    CHECK_EQ(lstrcmpiA(info.ModuleName, "kernel32"), 0);
    CHECK(strlen(info.ImageName) >= strlen("kernel32.dll") &&
          !lstrcmpiA(info.ImageName + strlen(info.ImageName) - strlen("kernel32.dll"), "kernel32.dll"));
    info.SizeOfStruct = 8;
    CHECK_ERROR(module_info(GetCurrentProcess(), base, &info), ERROR_INVALID_PARAMETER);
    info.SizeOfStruct = sizeof(info);
    CHECK_ERROR(module_info(GetCurrentProcess(), 0x10, &info), ERROR_MOD_NOT_FOUND);
    finish();
}

TEST(no_lines) {
    IMAGEHLP_LINE64 line = {.SizeOfStruct = sizeof(line)};
    DWORD displacement;

    begin();
    CHECK_ERROR(
        GET(line_of, "SymGetLineFromAddr64")(GetCurrentProcess(), exported("GetTickCount64"), &displacement, &line),
        ERROR_INVALID_ADDRESS);
    CHECK_ERROR(
        GET(line_of, "SymGetLineFromAddr64")(GetCurrentProcess(), 0x10, &displacement, &line), ERROR_MOD_NOT_FOUND);
    finish();
}

TEST(load_a_module) {
    const HANDLE any = (HANDLE)(ULONG_PTR)0x1234;
    const load_module_fn load = GET(load_module, "SymLoadModuleEx");
    const base_of_fn base_of = GET(base_of, "SymGetModuleBase64");
    char path[MAX_PATH];
    DWORD n;
    char head[2] = "";
    HANDLE file;

    REQUIRE_OK(GetModuleFileNameA(NULL, path, sizeof(path)));
    file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(file);
    CHECK_OK(ReadFile(file, head, sizeof(head), &n, NULL));
    CloseHandle(file);
    if (memcmp(head, "MZ", 2))
        test_skip("this program is no PE file");
    CHECK_OK(GET(initialize, "SymInitialize")(any, NULL, FALSE));
    CHECK_EQ(load(any, NULL, path, NULL, 0x12340000, 0x10000, NULL, 0), 0x12340000);
    CHECK_EQ(base_of(any, 0x12341234), 0x12340000);
    SetLastError(POISON);
    CHECK_EQ(load(any, NULL, path, NULL, 0x12340000, 0x10000, NULL, 0), 0);
    CHECK_EQ(GetLastError(), ERROR_SUCCESS);
    CHECK_OK(GET(unload_module, "SymUnloadModule64")(any, 0x12340000));
    CHECK_ERROR(base_of(any, 0x12341234), ERROR_MOD_NOT_FOUND);
    CHECK_OK(GET(cleanup, "SymCleanup")(any));
}

static STACKFRAME64 frames[64];
static DWORD n_frames;

__attribute__((noinline)) static void walk_from_here(void) {
    const walk_fn walk = GET(walk, "StackWalk64");
    STACKFRAME64 frame;
    CONTEXT context;

    memset(&frame, 0, sizeof(frame));
    RtlCaptureContext(&context);
    frame.AddrPC.Offset = context.Rip;
    frame.AddrPC.Mode = AddrModeFlat;
    frame.AddrStack.Offset = context.Rsp;
    frame.AddrStack.Mode = AddrModeFlat;
    frame.AddrFrame.Offset = context.Rbp;
    frame.AddrFrame.Mode = AddrModeFlat;
    while (n_frames < 64 && walk(IMAGE_FILE_MACHINE_AMD64, GetCurrentProcess(), GetCurrentThread(), &frame, &context,
                                NULL, get("SymFunctionTableAccess64"), get("SymGetModuleBase64"), NULL))
        frames[n_frames++] = frame;
}

__attribute__((noinline)) static DWORD64 outer(void) {
    walk_from_here();
    return n_frames ? address_of(__builtin_return_address(0)) : 0;
}

TEST(stack_walk) {
    const back_trace_fn back_trace =
        (back_trace_fn)(void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "RtlCaptureStackBackTrace");
    void *trace[64];
    DWORD64 to_here;
    DWORD n, found = 0;

    begin();
    to_here = outer();
    n = back_trace(0, 64, trace, NULL);
    CHECK(n_frames >= 3 && n >= 1);
    CHECK(frames[0].AddrPC.Offset > address_of((void *)walk_from_here) &&
          frames[0].AddrPC.Offset < address_of((void *)walk_from_here) + 4096);
    CHECK_EQ(frames[2].AddrPC.Offset, to_here);
    for (DWORD i = 0; i + 1 < n_frames; i++) {
        CHECK_EQ(frames[i].AddrReturn.Offset, frames[i + 1].AddrPC.Offset);
        CHECK(frames[i + 1].AddrStack.Offset > frames[i].AddrStack.Offset);
    }
    for (DWORD i = 0; i < n_frames && n > 1; i++)
        found += frames[i].AddrPC.Offset == address_of(trace[1]);
    CHECK(n == 1 || found == 1);
    CHECK(GET(function_table, "SymFunctionTableAccess64")(GetCurrentProcess(), frames[0].AddrPC.Offset) != NULL);
    finish();
}

TEST(plain_names_stay) {
    char name[32] = "";

    CHECK_EQ(GET(undecorate, "UnDecorateSymbolName")("main", name, sizeof(name), 0), 4);
    CHECK_STR(name, "main");
}

static BOOL CALLBACK count_module(const char *path, DWORD64 base, ULONG size, void *context) {
    DWORD *n = context;

    CHECK(strlen(path) > 0 && size > 0);
    if (base == address_of(GetModuleHandleA(NULL)))
        ++*n;
    return TRUE;
}

TEST(loaded_modules) {
    DWORD n = 0;

    CHECK_OK(GET(enumerate, "EnumerateLoadedModules64")(
        GetCurrentProcess(), (PENUMLOADED_MODULES_CALLBACK64)count_module, &n));
    CHECK_EQ(n, 1);
}

TEST(image_headers) {
    char *base = (char *)GetModuleHandleA("kernel32.dll");
    IMAGE_NT_HEADERS *headers = GET(nt_header, "ImageNtHeader")(base);
    char nothing[256] = "";
    ULONG size = POISON;
    void *data;

    REQUIRE(headers != NULL);
    CHECK_EQ(headers->Signature, IMAGE_NT_SIGNATURE);
    CHECK_EQ(headers->FileHeader.Machine, IMAGE_FILE_MACHINE_AMD64);
    data = GET(directory_data, "ImageDirectoryEntryToData")(base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size);
    CHECK(data == NULL || ((char *)data > base && size > 0));
    CHECK(GET(nt_header, "ImageNtHeader")(nothing) == NULL);
}

TEST(folders_of_a_path) {
    const make_path_fn make_path = GET(make_path, "MakeSureDirectoryPathExists");

    enter_own_folder();
    CHECK_OK(make_path("one\\two\\file"));
    CHECK(GetFileAttributesA("one\\two") != INVALID_FILE_ATTRIBUTES &&
          GetFileAttributesA("one\\two") & FILE_ATTRIBUTE_DIRECTORY);
    CHECK_EQ(GetFileAttributesA("one\\two\\file"), INVALID_FILE_ATTRIBUTES);
    CHECK_OK(make_path("one\\two\\"));
    CHECK_OK(RemoveDirectoryA("one\\two"));
    CHECK_OK(RemoveDirectoryA("one"));
    leave_own_folder();
}
