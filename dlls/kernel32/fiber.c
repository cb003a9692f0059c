/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fibers, TLS and FLS (MSDN: winbase.h, fibersapi.h, processthreadsapi.h). A fiber is a stack with a saved stack pointer, under
 * which lie the nonvolatile registers of Windows' convention, and the parts of the TEB that go with a stack.
 */
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/slots.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/teb.h"
#include "loader/loader.h"

#include <ntstatus.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIBER_PAGE 4096
#define FIBER_STACK_DEFAULT (1 << 20)
#define FIBER_HAS_DATA 0x0004 /* TEB.SameTebFlags: Tib.FiberData is a fiber */

struct fiber {
    void *parameter; /* first: GetFiberData() reads it */
    void *stack_pointer;
    void *stack_base, *stack_limit, *deallocation_stack;
    void *exception_list;
    void *fls;
    LPFIBER_START_ROUTINE start;
    size_t mapped; /* bytes of a stack of ours at deallocation_stack; 0: a thread's own */
};

/* Saves the registers and the stack pointer, then goes on where another fiber did the same. System V arguments. */
void fiber_switch_stack(void **save, void *load);
void fiber_entry_stub(void);

__asm__(".text\n"
        "fiber_switch_stack:\n"
        "\tpushq %rbp\n\tpushq %rbx\n\tpushq %rsi\n\tpushq %rdi\n\tpushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n"
        "\tsubq $0xa8, %rsp\n"
        "\tmovaps %xmm6, (%rsp)\n\tmovaps %xmm7, 0x10(%rsp)\n\tmovaps %xmm8, 0x20(%rsp)\n\tmovaps %xmm9, 0x30(%rsp)\n"
        "\tmovaps %xmm10, 0x40(%rsp)\n\tmovaps %xmm11, 0x50(%rsp)\n\tmovaps %xmm12, 0x60(%rsp)\n"
        "\tmovaps %xmm13, 0x70(%rsp)\n\tmovaps %xmm14, 0x80(%rsp)\n\tmovaps %xmm15, 0x90(%rsp)\n"
        "\tstmxcsr 0xa0(%rsp)\n\tfnstcw 0xa4(%rsp)\n"
        "\tmovq %rsp, (%rdi)\n"
        "\tmovq %rsi, %rsp\n"
        "\tldmxcsr 0xa0(%rsp)\n\tfldcw 0xa4(%rsp)\n"
        "\tmovaps (%rsp), %xmm6\n\tmovaps 0x10(%rsp), %xmm7\n\tmovaps 0x20(%rsp), %xmm8\n\tmovaps 0x30(%rsp), %xmm9\n"
        "\tmovaps 0x40(%rsp), %xmm10\n\tmovaps 0x50(%rsp), %xmm11\n\tmovaps 0x60(%rsp), %xmm12\n"
        "\tmovaps 0x70(%rsp), %xmm13\n\tmovaps 0x80(%rsp), %xmm14\n\tmovaps 0x90(%rsp), %xmm15\n"
        "\taddq $0xa8, %rsp\n"
        "\tpopq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\tpopq %rdi\n\tpopq %rsi\n\tpopq %rbx\n\tpopq %rbp\n"
        "\tret\n"
        /* the first switch to a fiber returns here; r12 holds it, and no caller lies above */
        "fiber_entry_stub:\n"
        "\t.cfi_startproc\n"
        "\t.cfi_undefined %rip\n"
        "\tmovq %r12, %rdi\n"
        "\tcall fiber_main\n"
        "\tud2\n"
        "\t.cfi_endproc\n");

/* What fiber_switch_stack pops, lowest address first. */
struct fiber_frame {
    unsigned char xmm[0xa0];
    uint32_t mxcsr;
    uint16_t x87_control;
    uint16_t padding;
    void *r15, *r14, *r13, *r12, *rdi, *rsi, *rbx, *rbp;
    void *return_address;
};

_Static_assert(offsetof(struct fiber_frame, r15) == 0xa8, "the assembler's frame");

static struct fiber *fiber_current(void) {
    TEB *const teb = NtCurrentTeb();

    return teb->SameTebFlags & FIBER_HAS_DATA ? teb->Tib.FiberData : NULL;
}

__attribute__((used)) void fiber_main(struct fiber *fiber) {
    suspend_before_program();
    fiber->start(fiber->parameter);
    thread_exit(0); /* as documented: a fiber's function that returns ends its thread */
}

static bool fiber_make_stack(struct fiber *fiber, SIZE_T size) {
    struct fiber_frame *frame;
    char *stack;

    if (!size)
        size = winipc_module_stack_reserve();
    if (!size)
        size = FIBER_STACK_DEFAULT;
    size = ((size + 0xFFFF) & ~(SIZE_T)0xFFFF) + FIBER_PAGE;
    stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return false;
    mprotect(stack, FIBER_PAGE, PROT_NONE);
    fiber->mapped = size;
    fiber->deallocation_stack = stack;
    fiber->stack_limit = stack + FIBER_PAGE;
    fiber->stack_base = stack + size;
    frame = (struct fiber_frame *)(stack + size - 64) - 1; /* the stub starts at a multiple of 16 and calls */
    *frame = (struct fiber_frame){.mxcsr = 0x1F80, .x87_control = 0x27F, .r12 = fiber};
    frame->return_address = (void *)(uintptr_t)fiber_entry_stub;
    fiber->stack_pointer = frame;
    return true;
}

/**
 * CreateFiberEx() - a fiber, to be run by SwitchToFiber.
 * @commit: ignored: stacks are committed as they are touched. @reserve: bytes; 0: as the program's image asks.
 * @flags: FIBER_FLAG_FLOAT_SWITCH; floating-point state is always kept.
 * Return: the fiber; NULL and ERROR_NOT_ENOUGH_MEMORY or ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-createfiberex
 */
void *WINAPI CreateFiberEx(SIZE_T commit, SIZE_T reserve, DWORD flags, LPFIBER_START_ROUTINE start, void *parameter) {
    struct fiber *fiber;

    (void)commit;
    if (flags & ~(DWORD)FIBER_FLAG_FLOAT_SWITCH) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    fiber = calloc(1, sizeof *fiber);
    if (fiber) {
        fiber->parameter = parameter;
        fiber->start = start;
        fiber->exception_list = (void *)~(ULONG_PTR)0;
        if (fiber_make_stack(fiber, reserve))
            return fiber;
        free(fiber);
    }
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

/* CreateFiber() - here the size is what is committed; the reserve is the image's. */
void *WINAPI CreateFiber(SIZE_T stack_size, LPFIBER_START_ROUTINE start, void *parameter) {
    return CreateFiberEx(stack_size, stack_size > FIBER_STACK_DEFAULT ? stack_size : 0, 0, start, parameter);
}

/**
 * ConvertThreadToFiberEx() - makes the thread a fiber, so that it can switch to others.
 * Return: the fiber; NULL and ERROR_ALREADY_FIBER, ERROR_INVALID_PARAMETER or ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-convertthreadtofiberex
 */
void *WINAPI ConvertThreadToFiberEx(void *parameter, DWORD flags) {
    TEB *const teb = NtCurrentTeb();
    DWORD error = ERROR_SUCCESS;
    struct fiber *fiber = NULL;

    if (flags & ~(DWORD)FIBER_FLAG_FLOAT_SWITCH)
        error = ERROR_INVALID_PARAMETER;
    else if (fiber_current())
        error = ERROR_ALREADY_FIBER;
    else if (!(fiber = calloc(1, sizeof *fiber)))
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (error) {
        SetLastError(error);
        return NULL;
    }
    fiber->parameter = parameter;
    teb->Tib.FiberData = fiber;
    teb->SameTebFlags |= FIBER_HAS_DATA;
    return fiber;
}

void *WINAPI ConvertThreadToFiber(void *parameter) {
    return ConvertThreadToFiberEx(parameter, 0);
}

/* ConvertFiberToThread() - Return: FALSE and ERROR_ALREADY_THREAD when the thread is no fiber. */
BOOL WINAPI ConvertFiberToThread(void) {
    TEB *const teb = NtCurrentTeb();
    struct fiber *const fiber = fiber_current();

    if (!fiber) {
        SetLastError(ERROR_ALREADY_THREAD);
        return FALSE;
    }
    teb->SameTebFlags &= ~FIBER_HAS_DATA;
    teb->Tib.FiberData = NULL;
    if (!fiber->mapped) /* the stack of a created fiber is in use: it stays */
        free(fiber);
    return TRUE;
}

BOOL WINAPI IsThreadAFiber(void) {
    return fiber_current() != NULL;
}

/**
 * SwitchToFiber() - goes on in another fiber, in this thread. The thread is a fiber, and nobody runs the other one.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-switchtofiber
 */
void WINAPI SwitchToFiber(void *to) {
    TEB *const teb = NtCurrentTeb();
    struct fiber *const from = teb->Tib.FiberData, *const next = to;

    if (from == next)
        return;
    from->stack_base = teb->Tib.StackBase;
    from->stack_limit = teb->Tib.StackLimit;
    from->deallocation_stack = teb->DeallocationStack;
    from->exception_list = teb->Tib.ExceptionList;
    from->fls = teb->FlsSlots;
    teb->Tib.StackBase = next->stack_base;
    teb->Tib.StackLimit = next->stack_limit;
    teb->DeallocationStack = next->deallocation_stack;
    teb->Tib.ExceptionList = next->exception_list;
    teb->FlsSlots = next->fls;
    teb->Tib.FiberData = next;
    fiber_switch_stack(&from->stack_pointer, next->stack_pointer);
    suspend_stack_changed();
}

/**
 * DeleteFiber() - frees a fiber that does not run; the running one ends its thread.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-deletefiber
 */
void WINAPI DeleteFiber(void *pointer) {
    struct fiber *const fiber = pointer;

    if (!fiber)
        return;
    if (fiber == fiber_current())
        thread_exit(1);
    fls_delete(fiber->fls);
    if (fiber->mapped)
        munmap(fiber->deallocation_stack, fiber->mapped);
    free(fiber);
}

/**
 * TlsAlloc() - a slot that is NULL in every thread.
 * Return: TLS_OUT_OF_INDEXES and ERROR_NO_MORE_ITEMS.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-tlsalloc
 */
DWORD WINAPI TlsAlloc(void) {
    const DWORD index = tls_alloc();

    if (index == TLS_OUT_OF_INDEXES)
        SetLastError(ERROR_NO_MORE_ITEMS);
    return index;
}

BOOL WINAPI TlsFree(DWORD index) {
    if (tls_free(index))
        return TRUE;
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

/* TlsGetValue() - sets the last error to ERROR_SUCCESS, since NULL is a value; ERROR_INVALID_PARAMETER for a wild index. */
void *WINAPI TlsGetValue(DWORD index) {
    void *value = NULL;

    SetLastError(tls_get(index, &value) ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER);
    return value;
}

BOOL WINAPI TlsSetValue(DWORD index, void *value) {
    return set_nt_error(tls_set(index, value));
}

DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION callback) {
    ULONG index;

    return set_nt_error(RtlFlsAlloc(callback, &index)) ? index : FLS_OUT_OF_INDEXES;
}

BOOL WINAPI FlsFree(DWORD index) {
    return set_nt_error(RtlFlsFree(index));
}

void *WINAPI FlsGetValue(DWORD index) {
    void *value = NULL;

    if (set_nt_error(RtlFlsGetValue(index, &value)))
        SetLastError(ERROR_SUCCESS);
    return value;
}

BOOL WINAPI FlsSetValue(DWORD index, void *value) {
    return set_nt_error(RtlFlsSetValue(index, value));
}
