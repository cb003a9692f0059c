/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Delay imports: a DLL that is loaded by the first call of one of its functions, one that lacks a function, one that is
 * nowhere.  What lacks is an exception of the helper in this image, whose handler may bring a function of its own;
 * built with RESOLVE, Windows' own resolver is the helper.
 */
#include "../dll/dll.h"

__declspec(dllimport) int later_number(int n);
__declspec(dllimport) int later_ordinal(void);
__declspec(dllimport) int later_lacks(void);
__declspec(dllimport) int gone_number(void);

static int replacement(void) {
    return 99;
}

#ifdef RESOLVE
/* As the headers of Windows' kit declare it; mingw's do not have it. */
struct delay_info {
    ULONG size;
    const void *descriptor;
    void **thunk;
    const char *dll;
    struct {
        ULONG by_name;
        union {
            const char *name;
            ULONG ordinal;
        };
    } function;
    void *module, *unused;
    ULONG error;
};
typedef void *WINAPI delay_failure(ULONG reason, struct delay_info *info);
typedef void *WINAPI system_failure(const char *dll, const char *name);
__declspec(dllimport) void *WINAPI ResolveDelayLoadedAPI(
    void *base, const void *descriptor, delay_failure *failure, system_failure *system, void **thunk, ULONG flags);

extern IMAGE_DOS_HEADER __ImageBase;
static int is_left_to_the_system;

static void *WINAPI fails(ULONG reason, struct delay_info *info) {
    put(info->dll);
    put(" ");
    put(info->function.by_name ? info->function.name : "by ordinal");
    put_number(": reason", reason);
    put_number("the DLL is there", info->module != NULL);
    put_number("error", info->error);
    put_number("size", info->size == sizeof *info);
    return is_left_to_the_system ? NULL : (void *)replacement;
}

static void *WINAPI system_fails(const char *dll, const char *name) {
    put("system: ");
    put(dll);
    put(" ");
    put(name);
    put("\n");
    return (void *)replacement;
}

void *__delayLoadHelper2(const void *descriptor, void **thunk) {
    return ResolveDelayLoadedAPI(&__ImageBase, descriptor, fails, system_fails, thunk, 0);
}

static void watch(void) {
}

static void last(void) {
    is_left_to_the_system = 1;
    put_number("gone", gone_number());
}
#else
#include <delayimp.h>

static LONG WINAPI bring(EXCEPTION_POINTERS *exception) {
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    DelayLoadInfo *info = (DelayLoadInfo *)record->ExceptionInformation[0];

    if (record->ExceptionCode >> 16 != 0xC06D)
        return EXCEPTION_CONTINUE_SEARCH;
    put(info->szDll);
    put(" ");
    put(info->dlp.szProcName);
    put_number(": error", record->ExceptionCode & 0xffff);
    put_number("the DLL is there", info->hmodCur != NULL);
    info->pfnCur = (FARPROC)replacement;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void watch(void) {
    AddVectoredExceptionHandler(1, bring);
}
static void last(void) {
}
#endif

static int run(void) {
    put("main\n");
    put_number("not loaded yet", !GetModuleHandleA("later.dll"));
    put_number("first call", later_number(41));
    put_number("loaded", GetModuleHandleA("later.dll") != NULL);
    put_number("second call", later_number(1));
    put_number("by ordinal", later_ordinal());
    watch();
    put_number("lacks", later_lacks());
    put_number("gone", gone_number());
    last();
    return 3;
}

#ifdef RESOLVE
void start(void) {
    ExitProcess(run());
}
#else
int main(void) {
    return run();
}
#endif
