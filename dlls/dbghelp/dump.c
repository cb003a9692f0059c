/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MiniDumpWriteDump (MSDN: minidumpapiset.h), and how a mini dump's streams are found again; see dump.h. */
#include "dlls/dbghelp/dump.h"

#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>

#define FILETIME_UNIX 11644473600ull /* seconds between 1601 and 1970 */
#define FRAMES_OF_OURS 16
#define DUMP_TYPES 0x01ffffffu /* MiniDumpValidTypeFlags */

static ULONG32 seconds_since_1970(const FILETIME *time) {
    return (ULONG32)(((uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime) / 10000000 - FILETIME_UNIX);
}

static ULONG32 seconds(const FILETIME *time) {
    return (ULONG32)(((uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime) / 10000000);
}

static void dump_add_header(struct dump *dump) {
    MINIDUMP_HEADER header = {.Signature = MINIDUMP_SIGNATURE, .Version = MINIDUMP_VERSION, .Flags = dump->type};
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    header.TimeDateStamp = seconds_since_1970(&now);
    dump_add(dump, &header, sizeof header);
}

/* The features that IsProcessorFeaturePresent knows, a bit each. */
static void system_add_features(MINIDUMP_SYSTEM_INFO *info) {
    for (unsigned i = 0; i < 64; i++)
        if (IsProcessorFeaturePresent(i))
            info->Cpu.OtherCpuInfo.ProcessorFeatures[0] |= 1ull << i;
}

static void dump_add_system(struct dump *dump) {
    MINIDUMP_SYSTEM_INFO info = {.CSDVersionRva = 0};
    RTL_OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version};
    SYSTEM_INFO system;

    GetSystemInfo(&system);
    RtlGetVersion(&version);
    info.ProcessorArchitecture = system.wProcessorArchitecture;
    info.ProcessorLevel = system.wProcessorLevel;
    info.ProcessorRevision = system.wProcessorRevision;
    info.NumberOfProcessors = (UCHAR)system.dwNumberOfProcessors;
    info.ProductType = version.wProductType;
    info.MajorVersion = version.dwMajorVersion;
    info.MinorVersion = version.dwMinorVersion;
    info.BuildNumber = version.dwBuildNumber;
    info.PlatformId = version.dwPlatformId;
    info.SuiteMask = version.wSuiteMask;
    info.CSDVersionRva = dump_add_text(dump, version.szCSDVersion, (size_t)lstrlenW(version.szCSDVersion));
    system_add_features(&info);
    dump_add_stream(dump, SystemInfoStream, dump_add(dump, &info, sizeof info), sizeof info);
}

static void dump_add_misc(struct dump *dump) {
    MINIDUMP_MISC_INFO info = {.SizeOfInfo = sizeof info, .Flags1 = MINIDUMP_MISC1_PROCESS_ID, .ProcessId = dump->id};
    FILETIME created, ended, kernel, user;

    if (GetProcessTimes(dump->process, &created, &ended, &kernel, &user)) {
        info.Flags1 |= MINIDUMP_MISC1_PROCESS_TIMES;
        info.ProcessCreateTime = seconds_since_1970(&created);
        info.ProcessUserTime = seconds(&user);
        info.ProcessKernelTime = seconds(&kernel);
    }
    dump_add_stream(dump, MiscInfoStream, dump_add(dump, &info, sizeof info), sizeof info);
}

/* ---- the exception ---- */

struct dump_exception {
    EXCEPTION_RECORD record;
    CONTEXT context;
};

/* Copies the exception, out of the process or of our own memory.  Return: false with the error noted. */
static bool exception_read(
    struct dump *dump, const MINIDUMP_EXCEPTION_INFORMATION *information, struct dump_exception *exception) {
    HANDLE owner = information->ClientPointers ? dump->process : GetCurrentProcess();
    EXCEPTION_POINTERS pointers;

    if (ReadProcessMemory(owner, information->ExceptionPointers, &pointers, sizeof pointers, NULL) &&
        ReadProcessMemory(owner, pointers.ExceptionRecord, &exception->record, sizeof exception->record, NULL) &&
        ReadProcessMemory(owner, pointers.ContextRecord, &exception->context, sizeof exception->context, NULL)) {
        dump->crash = &exception->context;
        dump->crash_thread = information->ThreadId;
        return true;
    }
    dump_fail(dump, GetLastError());
    return false;
}

static void dump_add_exception(struct dump *dump, const EXCEPTION_RECORD *record) {
    MINIDUMP_EXCEPTION_STREAM stream = {.ThreadId = dump->crash_thread,
        .ExceptionRecord = {.ExceptionCode = record->ExceptionCode,
            .ExceptionFlags = record->ExceptionFlags,
            .ExceptionRecord = (uintptr_t)record->ExceptionRecord,
            .ExceptionAddress = (uintptr_t)record->ExceptionAddress,
            .NumberParameters = record->NumberParameters}};
    const size_t n = record->NumberParameters < EXCEPTION_MAXIMUM_PARAMETERS ? record->NumberParameters
                                                                             : EXCEPTION_MAXIMUM_PARAMETERS;
    const uint64_t pc = dump->crash->Rip;

    memcpy(stream.ExceptionRecord.ExceptionInformation, record->ExceptionInformation,
        n * sizeof *record->ExceptionInformation);
    stream.ThreadContext =
        (MINIDUMP_LOCATION_DESCRIPTOR){sizeof *dump->crash, dump_add(dump, dump->crash, sizeof *dump->crash)};
    dump_add_stream(dump, ExceptionStream, dump_add(dump, &stream, sizeof stream), sizeof stream);
    if (pc > 128)
        dump_want(dump, pc - 128, pc + 128);
}

/* ---- all of it ---- */

static void dump_add_user_streams(struct dump *dump, const MINIDUMP_USER_STREAM_INFORMATION *user) {
    for (ULONG i = 0; user && i < user->UserStreamCount; i++) {
        const MINIDUMP_USER_STREAM *stream = &user->UserStreamArray[i];

        dump_add_stream(dump, stream->Type, dump_add(dump, stream->Buffer, stream->BufferSize), stream->BufferSize);
    }
}

static void dump_make(struct dump *dump, const EXCEPTION_RECORD *record, const MINIDUMP_USER_STREAM_INFORMATION *user) {
    dump_list_regions(dump);
    dump_add_header(dump);
    dump_add_system(dump);
    dump_add_misc(dump);
    dump_add_threads(dump);
    dump_add_modules(dump);
    if (dump->crash)
        dump_add_exception(dump, record);
    if (dump->type & MiniDumpWithHandleData)
        dump_add_handles(dump);
    if (dump->type & MiniDumpWithFullMemoryInfo)
        dump_add_memory_info(dump);
    dump_add_user_streams(dump, user);
    dump_choose_memory(dump);
    dump_ask_cancel(dump);
    dump_place_memory(dump);
}

static void dump_write_all(struct dump *dump) {
    dump_begin_writing(dump);
    dump_write(dump, 0, dump->bytes, dump->used);
    dump_write_memory(dump);
    dump_end_writing(dump);
}

static void dump_free(struct dump *dump) {
    for (size_t i = 0; i < dump->n_modules; i++)
        free(dump->modules[i].codeview);
    free(dump->modules);
    free(dump->threads);
    free(dump->ranges);
    free(dump->regions);
    free(dump->directory);
    free(dump->bytes);
}

/* The context in which the program called: ours, less our own frames. */
static void context_of_program(CONTEXT *context, uint64_t return_address) {
    CONTEXT walk = *context;

    for (unsigned i = 0; i < FRAMES_OF_OURS && walk.Rip != return_address; i++) {
        ULONG64 base, establisher;
        RUNTIME_FUNCTION *function = RtlLookupFunctionEntry(walk.Rip, &base, NULL);
        void *data;

        if (!function)
            return;
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, walk.Rip, function, &walk, &data, &establisher, NULL);
    }
    if (walk.Rip == return_address)
        *context = walk;
}

/**
 * MiniDumpWriteDump() - writes a mini dump of a process into a file.
 * @process: with PROCESS_QUERY_INFORMATION and PROCESS_VM_READ; for handles of another one, too, PROCESS_DUP_HANDLE.
 * @id: not used, the handle tells it.
 * @type: MINIDUMP_TYPE.  There are no unloaded modules and no auxiliary state to write; WithoutOptionalData,
 * IgnoreInaccessibleMemory and the like change nothing.
 * @exception: what the dump is of (NULL: no exception); the thread's stack begins where it was raised.
 * @user: streams of the caller's.
 * @callback: asked as MINIDUMP_CALLBACK_TYPE says, for IncludeThread, IncludeModule, Thread, Module, Memory, Cancel,
 * IoStart, IoWriteAll and IoFinish. Return: TRUE; FALSE, and the last error is an HRESULT: of ERROR_INVALID_PARAMETER
 * (type), ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_CANCELLED, ERROR_NOT_ENOUGH_MEMORY, ERROR_FILE_TOO_LARGE (4
 * GiB without MiniDumpWithFullMemory), ERROR_NOT_SUPPORTED (another process, which is a native program),
 * ERROR_PARTIAL_COPY or ERROR_NOACCESS (the exception cannot be read), the error of writing. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/minidumpapiset/nf-minidumpapiset-minidumpwritedump
 */
BOOL WINAPI MiniDumpWriteDump(HANDLE process, DWORD id, HANDLE file, MINIDUMP_TYPE type,
    MINIDUMP_EXCEPTION_INFORMATION *exception, MINIDUMP_USER_STREAM_INFORMATION *user,
    MINIDUMP_CALLBACK_INFORMATION *callback) {
    struct dump dump = {.process = process,
        .id = GetProcessId(process),
        .type = type,
        .callback = callback,
        .file = file,
        .check_cancel = callback != NULL};
    struct dump_exception copy;
    CONTEXT caller;

    (void)id;
    RtlCaptureContext(&caller);
    context_of_program(&caller, (uintptr_t)__builtin_return_address(0));
    if (!dump.id)
        dump_fail(&dump, GetLastError());
    else if (type & ~DUMP_TYPES)
        dump_fail(&dump, ERROR_INVALID_PARAMETER);
    if (dump.id == GetCurrentProcessId())
        dump.caller = &caller;
    if (SUCCEEDED(dump.error) && exception && exception->ExceptionPointers)
        exception_read(&dump, exception, &copy);
    if (SUCCEEDED(dump.error))
        dump_list_modules(&dump);
    if (SUCCEEDED(dump.error)) {
        dump_stop_threads(&dump);
        if (SUCCEEDED(dump.error))
            dump_make(&dump, &copy.record, user);
        if (SUCCEEDED(dump.error))
            dump_write_all(&dump);
        dump_resume_threads(&dump);
    }
    dump_free(&dump);
    if (SUCCEEDED(dump.error))
        return TRUE;
    SetLastError((DWORD)dump.error);
    return FALSE;
}

/**
 * MiniDumpReadDumpStream() - finds a stream of a dump that lies in memory.
 * @directory, @stream, @size: receive its entry, where it lies, and how long it is; each may be NULL.
 * Return: TRUE; FALSE with HRESULT_FROM_WIN32(ERROR_INVALID_DATA) (no mini dump) or ERROR_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/minidumpapiset/nf-minidumpapiset-minidumpreaddumpstream
 */
BOOL WINAPI MiniDumpReadDumpStream(void *base, ULONG type, MINIDUMP_DIRECTORY **directory, void **stream, ULONG *size) {
    const MINIDUMP_HEADER *header = base;
    MINIDUMP_DIRECTORY *entry;

    if (header->Signature != MINIDUMP_SIGNATURE || (header->Version & 0xffff) != MINIDUMP_VERSION) {
        SetLastError((DWORD)HRESULT_FROM_WIN32(ERROR_INVALID_DATA));
        return FALSE;
    }
    entry = (MINIDUMP_DIRECTORY *)((uint8_t *)base + header->StreamDirectoryRva);
    for (ULONG i = 0; i < header->NumberOfStreams; i++, entry++) {
        if (entry->StreamType != type)
            continue;
        if (directory)
            *directory = entry;
        if (stream)
            *stream = (uint8_t *)base + entry->Location.Rva;
        if (size)
            *size = entry->Location.DataSize;
        return TRUE;
    }
    SetLastError((DWORD)HRESULT_FROM_WIN32(ERROR_NOT_FOUND));
    return FALSE;
}
