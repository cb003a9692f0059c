/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests of Nt functions share: ntdll's functions, which neither set of headers has whole, are found by name. */
#ifndef WINIPC_CONFORMANCE_NT_H
#define WINIPC_CONFORMANCE_NT_H

#include "harness.h"

#include <winternl.h>

static inline void find_function(void *pointer, const char *module, const char *name) {
    const FARPROC function = GetProcAddress(GetModuleHandleA(module), name);

    REQUIRE(function != NULL);
    memcpy(pointer, &function, sizeof function);
}

/* A function pointer of the name and parameters given, and its value. */
#define NT_FUNCTION(name, ...)                                                                                         \
    NTSTATUS(WINAPI *name)(__VA_ARGS__);                                                                               \
    find_function(&name, "ntdll.dll", #name)

#define NT(status) ((NTSTATUS)(status))
#define NT_OK NT(0)
#define NT_TIMEOUT NT(0x102)
#define NT_PENDING NT(0x103)
#define NT_USER_APC NT(0xc0)
#define NT_NAME_EXISTS NT(0x40000000)
#define NT_INVALID_INFO_CLASS NT(0xc0000003)
#define NT_LENGTH_MISMATCH NT(0xc0000004)
#define NT_INVALID_HANDLE NT(0xc0000008)
#define NT_INVALID_PARAMETER NT(0xc000000d)
#define NT_ACCESS_DENIED NT(0xc0000022)
#define NT_TYPE_MISMATCH NT(0xc0000024)
#define NT_NAME_NOT_FOUND NT(0xc0000034)
#define NT_NAME_COLLISION NT(0xc0000035)
#define NT_INVALID_PARAMETER_1 NT(0xc00000ef)
#define NT_INVALID_PARAMETER_4 NT(0xc00000f2)

/* Attributes of an object named \BaseNamedObjects\…: visible to the test's children. */
static inline OBJECT_ATTRIBUTES *nt_named(const char *what, ULONG flags) {
    static WCHAR path[160];
    static UNICODE_STRING name;
    static OBJECT_ATTRIBUTES attributes;
    char text[160];
    int n = snprintf(text, sizeof text, "\\BaseNamedObjects\\%s", own_name(what));

    for (int i = 0; i <= n; i++)
        path[i] = (unsigned char)text[i];
    name.Buffer = path;
    name.Length = (USHORT)(n * 2);
    name.MaximumLength = (USHORT)(n * 2 + 2);
    InitializeObjectAttributes(&attributes, &name, flags, NULL, NULL);
    return &attributes;
}

#endif
