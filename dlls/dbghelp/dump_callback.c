/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What MiniDumpWriteDump asks the program's callback (MSDN: MINIDUMP_CALLBACK_TYPE).  Of the kinds there are: which
 * threads and modules, more memory, whether to go on, and who writes the file.
 */
#include "dlls/dbghelp/dump.h"

#include <string.h>

/* Kinds that the headers lack. */
#define CALLBACK_CANCEL 6
#define CALLBACK_IO_START 11
#define CALLBACK_IO_WRITE_ALL 12
#define CALLBACK_IO_FINISH 13

/*
 * The structures as Microsoft's compiler lays them out: it packs to 4, but never what was declared with an alignment,
 * as CONTEXT is. gcc packs that, too, so the headers' own cannot be used.
 */
#pragma pack(push, 4)
struct callback_thread {
    ULONG id;
    HANDLE handle;
    ULONG padding;
    uint8_t context[sizeof(CONTEXT)]; /* at a multiple of 16 */
    ULONG context_size;
    ULONG64 stack_base, stack_end;
};
struct callback_io {
    HANDLE handle;
    ULONG64 offset;
    void *buffer;
    ULONG size;
};
struct callback_input {
    ULONG process_id;
    HANDLE process;
    ULONG type;
    union {
        struct callback_thread thread;
        MINIDUMP_MODULE_CALLBACK module;
        MINIDUMP_INCLUDE_THREAD_CALLBACK include_thread;
        MINIDUMP_INCLUDE_MODULE_CALLBACK include_module;
        struct callback_io io;
        HRESULT status;
    };
};
/* No kind that we ask for has a longer answer than one of memory regions would be. */
struct callback_output {
    union {
        ULONG flags;
        struct {
            ULONG64 base;
            ULONG size;
        } memory;
        struct {
            BOOL check, cancel;
        } cancel;
        HRESULT status;
        uint8_t room[64];
    };
};
#pragma pack(pop)
_Static_assert(offsetof(struct callback_input, thread.context) == 32, "as Microsoft's compiler");
_Static_assert(sizeof(struct callback_io) == 28, "packed");

/* Return: what the callback does; FALSE without one. */
static BOOL callback_ask(struct dump *dump, ULONG type, struct callback_input *input, struct callback_output *output) {
    if (!dump->callback || !dump->callback->CallbackRoutine)
        return FALSE;
    input->process_id = dump->id;
    input->process = dump->process;
    input->type = type;
    return dump->callback->CallbackRoutine(dump->callback->CallbackParam, (MINIDUMP_CALLBACK_INPUT *)(void *)input,
        (MINIDUMP_CALLBACK_OUTPUT *)(void *)output);
}

/* Asks for flags of a thread or a module: an answer may take some away, and FALSE leaves it out. */
static bool callback_ask_flags(
    struct dump *dump, ULONG type, struct callback_input *input, uint32_t *flags, uint32_t in_dump) {
    struct callback_output output = {.flags = *flags};

    if (!dump->callback || !dump->callback->CallbackRoutine)
        return true;
    if (!callback_ask(dump, type, input, &output))
        return false;
    *flags &= output.flags;
    return (*flags & in_dump) != 0;
}

bool dump_ask_thread(struct dump *dump, struct dump_thread *thread) {
    struct callback_input input = {.include_thread = {thread->id}};

    return callback_ask_flags(dump, IncludeThreadCallback, &input, (uint32_t *)&thread->flags, ThreadWriteThread);
}

bool dump_ask_module(struct dump *dump, struct dump_module *module) {
    struct callback_input input = {.include_module = {module->base}};

    return callback_ask_flags(dump, IncludeModuleCallback, &input, &module->flags, ModuleWriteModule);
}

bool dump_ask_about_thread(struct dump *dump, struct dump_thread *thread) {
    struct callback_input input __attribute__((aligned(16))) = {.thread = {.id = thread->id,
                                                                    .handle = thread->handle,
                                                                    .context_size = sizeof thread->context,
                                                                    .stack_base = thread->stack_end,
                                                                    .stack_end = thread->stack_start}};

    memcpy(input.thread.context, &thread->context, sizeof thread->context);
    return callback_ask_flags(dump, ThreadCallback, &input, (uint32_t *)&thread->flags, ThreadWriteThread);
}

bool dump_ask_about_module(struct dump *dump, struct dump_module *module) {
    struct callback_input input = {.module = {.FullPath = module->path,
                                       .BaseOfImage = module->base,
                                       .SizeOfImage = module->size,
                                       .CheckSum = module->checksum,
                                       .TimeDateStamp = module->timestamp,
                                       .VersionInfo = module->version,
                                       .CvRecord = module->codeview,
                                       .SizeOfCvRecord = module->codeview_size}};

    return callback_ask_flags(dump, ModuleCallback, &input, &module->flags, ModuleWriteModule);
}

bool dump_ask_memory(struct dump *dump, uint64_t *start, uint32_t *size) {
    struct callback_input input = {0};
    struct callback_output output = {0};

    if (!callback_ask(dump, MemoryCallback, &input, &output))
        return false;
    *start = output.memory.base;
    *size = output.memory.size;
    return *size != 0;
}

void dump_ask_cancel(struct dump *dump) {
    struct callback_input input = {0};
    struct callback_output output = {0};

    if (!dump->check_cancel)
        return;
    dump->check_cancel = callback_ask(dump, CALLBACK_CANCEL, &input, &output) && output.cancel.check;
    if (output.cancel.cancel)
        dump_fail(dump, ERROR_CANCELLED);
}

/* ---- the file ---- */

void dump_begin_writing(struct dump *dump) {
    struct callback_input input = {.io = {.handle = dump->file}};
    struct callback_output output = {.status = E_NOTIMPL};

    dump->to_callback = callback_ask(dump, CALLBACK_IO_START, &input, &output) && output.status == S_FALSE;
}

static void callback_write(struct dump *dump, uint64_t at, const void *bytes, size_t size) {
    struct callback_input input = {.io = {dump->file, at, (void *)(uintptr_t)bytes, (ULONG)size}};
    struct callback_output output = {.status = E_NOTIMPL};

    if (!callback_ask(dump, CALLBACK_IO_WRITE_ALL, &input, &output) || output.status != S_OK)
        dump->error = FAILED(output.status) ? output.status : HRESULT_FROM_WIN32(ERROR_WRITE_FAULT);
}

void dump_write(struct dump *dump, uint64_t at, const void *bytes, size_t size) {
    DWORD written = 0;

    if (FAILED(dump->error))
        return;
    if (dump->to_callback)
        callback_write(dump, at, bytes, size);
    else if (!WriteFile(dump->file, bytes, (DWORD)size, &written, NULL))
        dump_fail(dump, GetLastError());
    else if (written != size)
        dump_fail(dump, ERROR_DISK_FULL);
}

void dump_end_writing(struct dump *dump) {
    struct callback_input input = {.io = {.handle = dump->file}};
    struct callback_output output = {.status = E_NOTIMPL};

    if (dump->to_callback && (!callback_ask(dump, CALLBACK_IO_FINISH, &input, &output) || output.status != S_OK) &&
        SUCCEEDED(dump->error))
        dump->error = FAILED(output.status) ? output.status : HRESULT_FROM_WIN32(ERROR_WRITE_FAULT);
}
