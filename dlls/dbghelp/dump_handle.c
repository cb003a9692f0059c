/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handles of a mini dump's process (MiniDumpWithHandleData): type, name, rights and counts of each. */
#include "dlls/dbghelp/dump.h"

#include <stdlib.h>
#include <string.h>

#define HANDLE_LAST (4u << 18) /* a process has at most so many */

/* A handle of ours for one of the process's; its own for ourselves. */
static HANDLE handle_borrow(const struct dump *dump, HANDLE handle) {
    HANDLE copy = NULL;

    if (dump->caller)
        return handle;
    return DuplicateHandle(dump->process, handle, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS) ? copy
                                                                                                               : NULL;
}

/* The name, or the name of the type: both answers begin with a UNICODE_STRING. */
static uint32_t handle_text(struct dump *dump, HANDLE handle, OBJECT_INFORMATION_CLASS which) {
    union {
        UNICODE_STRING text;
        uint8_t room[4096];
    } answer;

    memset(&answer, 0, sizeof answer);
    if (NtQueryObject(handle, which, &answer, sizeof answer, NULL) || !answer.text.Length)
        return 0;
    return dump_add_text(dump, answer.text.Buffer, answer.text.Length / sizeof(WCHAR));
}

/* Return: whether there is such a handle. */
static bool handle_add(struct dump *dump, HANDLE theirs, MINIDUMP_HANDLE_DESCRIPTOR *descriptor) {
    HANDLE handle = handle_borrow(dump, theirs);
    OBJECT_BASIC_INFORMATION basic;
    bool found;

    if (!handle)
        return false;
    found = !NtQueryObject(handle, ObjectBasicInformation, &basic, sizeof basic, NULL);
    if (found)
        *descriptor = (MINIDUMP_HANDLE_DESCRIPTOR){.Handle = (uintptr_t)theirs,
            .TypeNameRva = handle_text(dump, handle, ObjectTypeInformation),
            .ObjectNameRva = handle_text(dump, handle, ObjectNameInformation),
            .Attributes = basic.Attributes,
            .GrantedAccess = basic.GrantedAccess,
            .HandleCount = basic.HandleCount,
            .PointerCount = basic.PointerCount};
    if (handle != theirs)
        CloseHandle(handle);
    return found;
}

void dump_add_handles(struct dump *dump) {
    MINIDUMP_HANDLE_DATA_STREAM head = {sizeof head, sizeof(MINIDUMP_HANDLE_DESCRIPTOR), 0, 0};
    MINIDUMP_HANDLE_DESCRIPTOR *descriptors;
    DWORD n = 0;
    uint32_t place;
    const NTSTATUS status = NtQueryInformationProcess(dump->process, ProcessHandleCount, &n, sizeof n, NULL);

    if (status) {
        dump_fail(dump, RtlNtStatusToDosError(status));
        return;
    }
    descriptors = calloc(n + 1, sizeof *descriptors);
    if (!descriptors) {
        dump_fail(dump, ERROR_NOT_ENOUGH_MEMORY);
        return;
    }
    for (uintptr_t handle = 4; handle < HANDLE_LAST && head.NumberOfDescriptors < n; handle += 4)
        head.NumberOfDescriptors += handle_add(dump, (HANDLE)handle, &descriptors[head.NumberOfDescriptors]);
    place = dump_add(dump, NULL, sizeof head + head.NumberOfDescriptors * sizeof *descriptors);
    if (SUCCEEDED(dump->error)) {
        memcpy(dump_at(dump, place), &head, sizeof head);
        memcpy(dump_at(dump, place + sizeof head), descriptors, head.NumberOfDescriptors * sizeof *descriptors);
        dump_add_stream(dump, HandleDataStream, place, sizeof head + head.NumberOfDescriptors * sizeof *descriptors);
    }
    free(descriptors);
}
