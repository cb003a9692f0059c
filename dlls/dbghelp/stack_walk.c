/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* StackWalk64 (MSDN: dbghelp.h): frame by frame through PE images and our ELF code, by ntdll's unwinder. */
#include "dlls/dbghelp/symbols.h"

#include "dlls/ntdll/unwind.h"

#include <string.h>

/* Where a walk stands, in the frame's field that belongs to the function: after the first call the context is that of
 * the last frame. */
#define WALK_BEGUN 0x57414c4bu

static ADDRESS64 flat(uint64_t offset) {
    return (ADDRESS64){.Offset = offset, .Mode = AddrModeFlat};
}

static bool walk_fail(DWORD error) {
    SetLastError(error);
    return false;
}

/* Turns the context into the next frame's. */
static bool walk_step(const STACKFRAME64 *frame, CONTEXT *context) {
    if (frame->Reserved[0] == WALK_BEGUN)
        return winipc_unwind_step(context) || walk_fail(ERROR_INVALID_ADDRESS);
    if (frame->AddrPC.Offset)
        context->Rip = frame->AddrPC.Offset;
    return true;
}

static void walk_fill(HANDLE process, const CONTEXT *context, STACKFRAME64 *frame) {
    CONTEXT caller = *context;
    ULONG64 base;
    const bool has_caller = winipc_unwind_step(&caller);

    frame->AddrPC = flat(context->Rip);
    frame->AddrStack = flat(context->Rsp);
    frame->AddrReturn = flat(has_caller ? caller.Rip : 0);
    frame->AddrFrame =
        flat(has_caller ? caller.Rsp - 16 : context->Rbp); /* where a frame pointer would have been pushed */
    frame->FuncTableEntry = RtlLookupFunctionEntry(context->Rip, &base, NULL);
    memset(frame->Params, 0, sizeof frame->Params);
    if (has_caller) /* where the four that are passed in registers have their place */
        ReadProcessMemory(process, (void *)(uintptr_t)caller.Rsp, frame->Params, sizeof frame->Params, NULL);
    frame->Far = frame->Virtual = FALSE;
    frame->Reserved[0] = WALK_BEGUN;
}

/**
 * StackWalk64() - the next frame of a thread's stack, the first time the one that the context is in.
 * @machine: IMAGE_FILE_MACHINE_AMD64.  @process: the calling one.  @thread: not looked at: the context says all.
 * @frame: zeros at first, but AddrPC, which may be given.  @context: a CONTEXT, changed from frame to frame.
 * @read, @access, @module_base, @translate: not called, this process's memory and tables are read directly.
 * Return: TRUE; FALSE at the end, with ERROR_INVALID_ADDRESS, and with ERROR_INVALID_PARAMETER (machine, no context),
 * ERROR_NOT_SUPPORTED (another process). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-stackwalk64
 */
BOOL WINAPI StackWalk64(DWORD machine, HANDLE process, HANDLE thread, STACKFRAME64 *frame, void *context,
    PREAD_PROCESS_MEMORY_ROUTINE64 read, PFUNCTION_TABLE_ACCESS_ROUTINE64 access,
    PGET_MODULE_BASE_ROUTINE64 module_base, PTRANSLATE_ADDRESS_ROUTINE64 translate) {
    (void)thread;
    (void)read;
    (void)access;
    (void)module_base;
    (void)translate;
    if (machine != IMAGE_FILE_MACHINE_AMD64 || !frame || !context)
        return walk_fail(ERROR_INVALID_PARAMETER);
    if (GetProcessId(process) != GetCurrentProcessId())
        return walk_fail(ERROR_NOT_SUPPORTED);
    if (!walk_step(frame, context))
        return FALSE;
    walk_fill(process, context, frame);
    return TRUE;
}

/** StackWalkEx() - the same with room for inline frames, of which there are none.  Return: as StackWalk64. */
BOOL WINAPI StackWalkEx(DWORD machine, HANDLE process, HANDLE thread, STACKFRAME_EX *frame, void *context,
    PREAD_PROCESS_MEMORY_ROUTINE64 read, PFUNCTION_TABLE_ACCESS_ROUTINE64 access,
    PGET_MODULE_BASE_ROUTINE64 module_base, PTRANSLATE_ADDRESS_ROUTINE64 translate, DWORD flags) {
    STACKFRAME64 plain;

    (void)flags;
    if (!frame)
        return walk_fail(ERROR_INVALID_PARAMETER);
    memcpy(&plain, frame, sizeof plain);
    if (!StackWalk64(machine, process, thread, &plain, context, read, access, module_base, translate))
        return FALSE;
    memcpy(frame, &plain, sizeof plain);
    frame->InlineFrameContext = INLINE_FRAME_CONTEXT_IGNORE;
    return TRUE;
}

/**
 * SymFunctionTableAccess64() - the entry of an address in the function table of its module; in one that belongs to the
 * caller, of ELF code. Return: NULL with ERROR_INVALID_HANDLE (not begun), ERROR_MOD_NOT_FOUND (no entry). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-symfunctiontableaccess64
 */
void *WINAPI SymFunctionTableAccess64(HANDLE process, DWORD64 address) {
    const struct symbols *symbols = symbols_find(process);
    ULONG64 base;
    RUNTIME_FUNCTION *function = symbols && symbols->is_own ? RtlLookupFunctionEntry(address, &base, NULL) : NULL;

    if (symbols && !function)
        SetLastError(ERROR_MOD_NOT_FOUND);
    return function;
}
