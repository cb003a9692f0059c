/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults of the processor become exceptions, and threads run special APCs.
 *
 * The handler runs on the thread's alternate stack and does no more than this: it copies the faulting context and the exception record to the program's
 * own stack, below what is in use, and returns into context_signal_entry, which calls signal_dispatch().  So handlers, filters and the code after
 * an unwind run as any other code, outside of any signal handler.  128 bytes are left below the stack pointer: ELF code keeps data there.
 *
 * Guarded accesses are ended first, then who owns the memory is asked.  A thread without a TEB, and a signal that somebody sent, go to the handler
 * that was there before.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/context.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/instruction.h"
#include "dlls/ntdll/page_cache.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/unwind.h"
#include "dlls/ntdll/virtual.h"
#include "libs/host/guard.h"

#define SIGNAL_STACK_BYTES 0x10000
#define SIGNAL_RED_ZONE 128
#define SIGNAL_GUARD_BYTES 0x10000 /* what a stack overflow's handlers can use */
#define SIGNAL_XSTATE_MAX 0x3000
#define SIGNAL_FAULT_PRESENT 1
#define SIGNAL_FAULT_WRITE 2
#define SIGNAL_FAULT_FETCH 16
#define SIGNAL_FLAG_TRAP 0x100
#define SIGNAL_FLAG_DIRECTION 0x400
#define SIGNAL_FLAG_ALIGNMENT 0x40000

enum signal_trap {
    SIGNAL_TRAP_DIVIDE = 0,
    SIGNAL_TRAP_DEBUG = 1,
    SIGNAL_TRAP_BREAKPOINT = 3,
    SIGNAL_TRAP_OVERFLOW = 4,
    SIGNAL_TRAP_BOUNDS = 5,
    SIGNAL_TRAP_INVALID_OPCODE = 6,
    SIGNAL_TRAP_STACK = 12,
    SIGNAL_TRAP_PROTECTION = 13,
    SIGNAL_TRAP_PAGE = 14,
    SIGNAL_TRAP_X87 = 16,
    SIGNAL_TRAP_ALIGNMENT = 17,
    SIGNAL_TRAP_SIMD = 19,
};

/* What the handler leaves on the program's stack; the XSAVE area stands behind it, aligned. */
struct signal_frame {
    CONTEXT context; /* first: context_signal_entry's call frame information reads it */
    EXCEPTION_RECORD record;
    void (*work)(struct signal_frame *frame); /* what comes before the thread goes on */
    uint64_t xstate_mask; /* the parts beyond x87 and SSE; 0: no area */
    unsigned char *xstate;
};

struct signal_thread {
    bool ready;
    void *stack; /* alternate */
    stack_t before;
    size_t guard_bytes;
    uintptr_t guard_low, guard_high; /* the zone that is still protected; equal: none */
};

static __thread struct signal_thread signal_thread;
static struct page_cache signal_stacks = PAGE_CACHE(SIGNAL_STACK_BYTES);
static const int signal_numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
static struct sigaction signal_before[NSIG];
static exception_page_fault *signal_page_fault;

void exception_set_page_fault(exception_page_fault *answer) {
    __atomic_store_n(&signal_page_fault, answer, __ATOMIC_RELEASE);
}

void signal_context_load(CONTEXT *context, const ucontext_t *uc) {
    const greg_t *g = uc->uc_mcontext.gregs;

    memset(context, 0, sizeof *context);
    context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    context->Rax = (DWORD64)g[REG_RAX];
    context->Rcx = (DWORD64)g[REG_RCX];
    context->Rdx = (DWORD64)g[REG_RDX];
    context->Rbx = (DWORD64)g[REG_RBX];
    context->Rsp = (DWORD64)g[REG_RSP];
    context->Rbp = (DWORD64)g[REG_RBP];
    context->Rsi = (DWORD64)g[REG_RSI];
    context->Rdi = (DWORD64)g[REG_RDI];
    context->R8 = (DWORD64)g[REG_R8];
    context->R9 = (DWORD64)g[REG_R9];
    context->R10 = (DWORD64)g[REG_R10];
    context->R11 = (DWORD64)g[REG_R11];
    context->R12 = (DWORD64)g[REG_R12];
    context->R13 = (DWORD64)g[REG_R13];
    context->R14 = (DWORD64)g[REG_R14];
    context->R15 = (DWORD64)g[REG_R15];
    context->Rip = (DWORD64)g[REG_RIP];
    context->EFlags = (DWORD)g[REG_EFL] & ~(DWORD)SIGNAL_FLAG_TRAP;
    /* The selectors that a 64-bit Windows program sees. */
    context->SegCs = 0x33;
    context->SegDs = context->SegEs = context->SegSs = context->SegGs = 0x2b;
    context->SegFs = 0x53;
    memcpy(&context->FltSave, uc->uc_mcontext.fpregs, sizeof context->FltSave);
    memset(context->FltSave.Reserved4, 0, sizeof context->FltSave.Reserved4);
    context->MxCsr = context->FltSave.MxCsr;
}

void signal_context_store(ucontext_t *uc, const CONTEXT *context) {
    greg_t *g = uc->uc_mcontext.gregs;

    if ((context->ContextFlags & CONTEXT_CONTROL) == CONTEXT_CONTROL) {
        g[REG_RIP] = (greg_t)context->Rip;
        g[REG_RSP] = (greg_t)context->Rsp;
        g[REG_EFL] = (greg_t)context->EFlags;
    }
    if ((context->ContextFlags & CONTEXT_INTEGER) == CONTEXT_INTEGER) {
        g[REG_RAX] = (greg_t)context->Rax;
        g[REG_RCX] = (greg_t)context->Rcx;
        g[REG_RDX] = (greg_t)context->Rdx;
        g[REG_RBX] = (greg_t)context->Rbx;
        g[REG_RBP] = (greg_t)context->Rbp;
        g[REG_RSI] = (greg_t)context->Rsi;
        g[REG_RDI] = (greg_t)context->Rdi;
        g[REG_R8] = (greg_t)context->R8;
        g[REG_R9] = (greg_t)context->R9;
        g[REG_R10] = (greg_t)context->R10;
        g[REG_R11] = (greg_t)context->R11;
        g[REG_R12] = (greg_t)context->R12;
        g[REG_R13] = (greg_t)context->R13;
        g[REG_R14] = (greg_t)context->R14;
        g[REG_R15] = (greg_t)context->R15;
    }
    if ((context->ContextFlags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT) {
        memcpy(uc->uc_mcontext.fpregs, &context->FltSave, offsetof(XMM_SAVE_AREA32, Reserved4));
        uc->uc_mcontext.fpregs->mxcsr = context->MxCsr & 0xffff;
    }
}

static void signal_record(EXCEPTION_RECORD *record, NTSTATUS code, unsigned n_parameters, ULONG_PTR first, ULONG_PTR second) {
    record->ExceptionCode = (DWORD)code;
    record->NumberParameters = n_parameters;
    record->ExceptionInformation[0] = first;
    record->ExceptionInformation[1] = second;
}

static unsigned signal_access(const ucontext_t *uc) {
    greg_t error = uc->uc_mcontext.gregs[REG_ERR];

    if (error & SIGNAL_FAULT_FETCH)
        return EXCEPTION_EXECUTE_FAULT;
    return error & SIGNAL_FAULT_WRITE ? EXCEPTION_WRITE_FAULT : EXCEPTION_READ_FAULT;
}

/* Which floating-point exception is raised and not masked. */
static NTSTATUS signal_float_code(unsigned raised) {
    if (raised & 0x01)
        return STATUS_FLOAT_INVALID_OPERATION;
    if (raised & 0x04)
        return STATUS_FLOAT_DIVIDE_BY_ZERO;
    if (raised & 0x02)
        return STATUS_FLOAT_DENORMAL_OPERAND;
    if (raised & 0x08)
        return STATUS_FLOAT_OVERFLOW;
    if (raised & 0x10)
        return STATUS_FLOAT_UNDERFLOW;
    return STATUS_FLOAT_INEXACT_RESULT;
}

static void signal_record_float(EXCEPTION_RECORD *record, const CONTEXT *context, bool simd) {
    unsigned control = context->FltSave.ControlWord, status = context->FltSave.StatusWord, mxcsr = context->MxCsr;

    if (simd)
        signal_record(record, signal_float_code(mxcsr & ~(mxcsr >> 7) & 0x3f), 2, 0, mxcsr);
    else if (status & 0x40 && status & ~control & 0x01)
        signal_record(record, STATUS_FLOAT_STACK_CHECK, 1, 0, 0);
    else
        signal_record(record, signal_float_code(status & ~control & 0x3f), 1, 0, 0);
}

/* A general protection fault: an int instruction that has no gate, a privileged instruction, an address that is none. */
static void signal_record_protection(EXCEPTION_RECORD *record, CONTEXT *context) {
    switch (instruction_fault_kind(context->Rip)) {
    case INSTRUCTION_FAST_FAIL:
        signal_record(record, STATUS_STACK_BUFFER_OVERRUN, 1, context->Rcx, 0);
        record->ExceptionFlags = EXCEPTION_NONCONTINUABLE;
        break;
    case INSTRUCTION_ASSERT:
        signal_record(record, STATUS_ASSERTION_FAILURE, 0, 0, 0);
        break;
    case INSTRUCTION_DEBUG_SERVICE:
        signal_record(record, STATUS_BREAKPOINT, 1, context->Rax, 0);
        context->Rip += 2;
        break;
    case INSTRUCTION_PRIVILEGED:
        signal_record(record, STATUS_PRIVILEGED_INSTRUCTION, 0, 0, 0);
        break;
    case INSTRUCTION_OTHER:
        signal_record(record, STATUS_ACCESS_VIOLATION, 2, EXCEPTION_READ_FAULT, ~(ULONG_PTR)0);
        break;
    }
}

static void signal_record_page(EXCEPTION_RECORD *record, int number, const ucontext_t *uc, const siginfo_t *info, NTSTATUS code) {
    unsigned access = signal_access(uc);

    signal_record(record, code, 2, access, (uintptr_t)info->si_addr);
    if (number != SIGBUS)
        return;
    /* A mapped file is shorter than its mapping now. */
    record->ExceptionCode = (DWORD)STATUS_IN_PAGE_ERROR;
    record->NumberParameters = 3;
    record->ExceptionInformation[2] = (ULONG_PTR)(DWORD)STATUS_END_OF_FILE;
}

static void signal_record_make(EXCEPTION_RECORD *record, CONTEXT *context, int number, const siginfo_t *info, const ucontext_t *uc, NTSTATUS page) {
    switch (uc->uc_mcontext.gregs[REG_TRAPNO]) {
    case SIGNAL_TRAP_DIVIDE:
        signal_record(record, instruction_divides_by_zero(context) ? STATUS_INTEGER_DIVIDE_BY_ZERO : STATUS_INTEGER_OVERFLOW, 0, 0, 0);
        break;
    case SIGNAL_TRAP_DEBUG:
        signal_record(record, STATUS_SINGLE_STEP, 0, 0, 0);
        break;
    case SIGNAL_TRAP_BREAKPOINT:
        /* Windows reports the instruction itself: int3 is one byte, or cd 03. */
        context->Rip -= instruction_breakpoint_length(context->Rip);
        signal_record(record, STATUS_BREAKPOINT, 1, 0, 0);
        break;
    case SIGNAL_TRAP_OVERFLOW:
        signal_record(record, STATUS_INTEGER_OVERFLOW, 0, 0, 0);
        break;
    case SIGNAL_TRAP_BOUNDS:
        signal_record(record, STATUS_ARRAY_BOUNDS_EXCEEDED, 0, 0, 0);
        break;
    case SIGNAL_TRAP_INVALID_OPCODE:
        signal_record(record, STATUS_ILLEGAL_INSTRUCTION, 0, 0, 0);
        break;
    case SIGNAL_TRAP_STACK:
        signal_record(record, STATUS_ACCESS_VIOLATION, 2, EXCEPTION_READ_FAULT, ~(ULONG_PTR)0);
        break;
    case SIGNAL_TRAP_PROTECTION:
        signal_record_protection(record, context);
        break;
    case SIGNAL_TRAP_X87:
    case SIGNAL_TRAP_SIMD:
        signal_record_float(record, context, uc->uc_mcontext.gregs[REG_TRAPNO] == SIGNAL_TRAP_SIMD);
        break;
    case SIGNAL_TRAP_ALIGNMENT:
        signal_record(record, STATUS_DATATYPE_MISALIGNMENT, 0, 0, 0);
        break;
    default:
        signal_record_page(record, number, uc, info, page);
    }
    record->ExceptionAddress = (void *)context->Rip;
}

/*
 * The program's stack has grown into its guard zone, which becomes room for the handlers; the program may set it up again with
 * _resetstkoflw.  Return: whether address was in the zone.
 */
static bool signal_stack_overflow(uintptr_t address) {
    struct signal_thread *thread = &signal_thread;

    if (address < thread->guard_low || address >= thread->guard_high)
        return false;
    if (mprotect((void *)thread->guard_low, thread->guard_high - thread->guard_low, PROT_READ | PROT_WRITE))
        return false;
    NtCurrentTeb()->Tib.StackLimit = (void *)thread->guard_low;
    thread->guard_high = thread->guard_low;
    return true;
}

/* Asks who may know of the address. Return: STATUS_SUCCESS: try again; else the code to raise. */
static NTSTATUS signal_page_answer(const siginfo_t *info, const ucontext_t *uc) {
    exception_page_fault *answer = __atomic_load_n(&signal_page_fault, __ATOMIC_ACQUIRE);

    if (answer && !answer((uintptr_t)info->si_addr, signal_access(uc)))
        return STATUS_SUCCESS;
    if (virtual_commit_hit(info->si_addr))
        return STATUS_SUCCESS;
    return virtual_guard_hit(info->si_addr) ? STATUS_GUARD_PAGE_VIOLATION : STATUS_ACCESS_VIOLATION;
}

/* The kernel's XSAVE area behind the fxsave image, if it is there. Return: its length; *mask names the parts beyond SSE. */
static size_t signal_xstate_size(const ucontext_t *uc, uint64_t *mask) {
    const struct _fpx_sw_bytes *software = (const void *)((const char *)uc->uc_mcontext.fpregs + 464);

    *mask = 0;
    if (software->magic1 != FP_XSTATE_MAGIC1 || software->xstate_size > SIGNAL_XSTATE_MAX)
        return 0;
    *mask = software->xstate_bv & ~3ull;
    return *mask ? software->xstate_size : 0;
}

/* Puts the frame on the program's stack. Return: its address, or 0 if there is no room. */
static uintptr_t signal_frame_push(struct signal_frame *frame, const ucontext_t *uc) {
    size_t xstate_len = signal_xstate_size(uc, &frame->xstate_mask);
    uintptr_t xstate = (frame->context.Rsp - SIGNAL_RED_ZONE - xstate_len) & ~(uintptr_t)63;
    uintptr_t place = (xstate - sizeof *frame) & ~(uintptr_t)15;

    frame->xstate = (unsigned char *)xstate;
    signal_stack_overflow(place);
    signal_stack_overflow(frame->context.Rsp);
    if (guard_copy_to((void *)xstate, uc->uc_mcontext.fpregs, xstate_len) || guard_copy_to((void *)place, frame, sizeof *frame))
        return 0;
    return place;
}

/* The thread goes on in signal_dispatch.  Return: false if there is no room on its stack. */
static bool signal_enter(struct signal_frame *frame, ucontext_t *uc) {
    greg_t *g = uc->uc_mcontext.gregs;
    const uintptr_t place = signal_frame_push(frame, uc), slot = place - 0x30;

    if (!place || guard_copy_to((void *)(slot + EXCEPTION_CALL_PENDING), &place, sizeof place))
        return false;
    g[REG_RDI] = (greg_t)place;
    g[REG_RSP] = (greg_t)slot;
    g[REG_RIP] = (greg_t)(uintptr_t)context_signal_entry;
    g[REG_EFL] &= ~(greg_t)(SIGNAL_FLAG_TRAP | SIGNAL_FLAG_DIRECTION | SIGNAL_FLAG_ALIGNMENT);
    return true;
}

static void signal_work_except(struct signal_frame *frame) {
    suspend_before_program();
    if (!exception_dispatch(&frame->record, &frame->context))
        exception_unhandled(&frame->record, &frame->context);
}

static void signal_raise(struct signal_frame *frame, ucontext_t *uc) {
    frame->work = signal_work_except;
    if (frame->record.ExceptionCode == (DWORD)STATUS_STACK_BUFFER_OVERRUN)
        exception_fatal(&frame->record, &frame->context);
    if (signal_enter(frame, uc))
        return;
    if (frame->record.ExceptionCode == (DWORD)STATUS_ACCESS_VIOLATION)
        frame->record.ExceptionCode = (DWORD)STATUS_STACK_OVERFLOW;
    exception_fatal(&frame->record, &frame->context);
}

static void signal_work_apcs(struct signal_frame *frame) {
    const int error = errno; /* the interrupted code's, if that is a native program's */

    apc_run_special(&frame->context);
    errno = error;
}

void signal_call_apcs(ucontext_t *uc) {
    struct signal_frame frame;

    memset(&frame, 0, sizeof frame);
    signal_context_load(&frame.context, uc);
    frame.work = signal_work_apcs;
    frame.record.ExceptionCode = (DWORD)STATUS_STACK_OVERFLOW;
    frame.record.ExceptionAddress = (void *)frame.context.Rip;
    if (!signal_enter(&frame, uc))
        exception_fatal(&frame.record, &frame.context);
}

/* Not ours: what was there before decides. */
static void signal_chain(int number, siginfo_t *info, void *context) {
    const struct sigaction *before = &signal_before[number];

    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(number, info, context);
    } else if (before->sa_handler == SIG_DFL) {
        struct sigaction action = {.sa_handler = SIG_DFL};
        sigaction(number, &action, NULL);
        /* A fault happens again on return; a signal that was sent does not. */
        if (info->si_code <= 0)
            raise(number);
    } else if (before->sa_handler != SIG_IGN) {
        before->sa_handler(number);
    }
}

static void signal_handler(int number, siginfo_t *info, void *context) {
    int error = errno;
    ucontext_t *uc = context;
    struct signal_frame frame;
    NTSTATUS page = STATUS_ACCESS_VIOLATION;
    bool is_page_fault = info->si_code > 0 && uc->uc_mcontext.gregs[REG_TRAPNO] == SIGNAL_TRAP_PAGE;

    if (number == SIGILL && suspend_trap(uc)) {
        errno = error;
        return;
    }
    if (is_page_fault && number == SIGSEGV)
        page = signal_page_answer(info, uc);
    if (!page || (info->si_code > 0 && guard_fixup(uc))) {
        errno = error;
        return;
    }
    if (info->si_code <= 0 || !signal_thread.ready) {
        signal_chain(number, info, context);
        errno = error;
        return;
    }
    if (is_page_fault && signal_stack_overflow((uintptr_t)info->si_addr))
        page = STATUS_STACK_OVERFLOW;
    memset(&frame, 0, sizeof frame);
    signal_context_load(&frame.context, uc);
    signal_record_make(&frame.record, &frame.context, number, info, uc, page);
    signal_raise(&frame, uc);
    errno = error;
}

void signal_dispatch(struct signal_frame *frame) {
    frame->work(frame);
    frame->context.FltSave.MxCsr &= 0xffff;
    if (frame->xstate_mask)
        context_load_xstate(frame->xstate, frame->xstate_mask);
    context_restore(&frame->context);
}

static int signal_install_status;

static void signal_install(void) {
    struct sigaction action = {.sa_sigaction = signal_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    /* Nothing else interrupts the handler; guarded accesses in it may fault. */
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signal_numbers / sizeof *signal_numbers; i++)
        sigdelset(&action.sa_mask, signal_numbers[i]);
    for (size_t i = 0; i < sizeof signal_numbers / sizeof *signal_numbers; i++)
        if (sigaction(signal_numbers[i], &action, &signal_before[signal_numbers[i]]))
            signal_install_status = -errno;
}

int exception_init(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, signal_install);
    return signal_install_status;
}

/* Protects the lowest bytes of the stack, unless they are in use. */
static bool signal_guard_set(struct signal_thread *thread, size_t bytes) {
    TEB *teb = NtCurrentTeb();
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    /* A fiber's stack is not the thread's. */
    if (here < thread->guard_low || here >= (uintptr_t)teb->Tib.StackBase)
        return false;
    if (here - thread->guard_low < bytes + 0x2000 || mprotect((void *)thread->guard_low, bytes, PROT_NONE))
        return false;
    thread->guard_bytes = bytes;
    thread->guard_high = thread->guard_low + bytes;
    teb->Tib.StackLimit = (void *)thread->guard_high;
    return true;
}

/* Protects the low end of the stack that the TEB names, if it is large enough. */
static void signal_guard_arm(struct signal_thread *thread) {
    TEB *teb = NtCurrentTeb();
    uintptr_t low = (uintptr_t)teb->DeallocationStack, base = (uintptr_t)teb->Tib.StackBase;
    size_t size = base - low;

    low = (low + 0xfff) & ~(uintptr_t)0xfff;
    if (!teb->DeallocationStack || base < low || size < 2 * SIGNAL_GUARD_BYTES)
        return;
    if (mprotect((void *)low, SIGNAL_GUARD_BYTES, PROT_NONE))
        return;
    thread->guard_low = low;
    thread->guard_bytes = SIGNAL_GUARD_BYTES;
    thread->guard_high = low + SIGNAL_GUARD_BYTES;
    if ((uintptr_t)teb->Tib.StackLimit < thread->guard_high)
        teb->Tib.StackLimit = (void *)thread->guard_high;
}

int exception_thread_init(void) {
    struct signal_thread *thread = &signal_thread;
    int status = exception_init();

    if (status || thread->ready)
        return status;
    thread->stack = page_cache_take(&signal_stacks);
    if (!thread->stack)
        return -ENOMEM;
    stack_t stack = {.ss_sp = thread->stack, .ss_size = SIGNAL_STACK_BYTES};
    if (sigaltstack(&stack, &thread->before)) {
        status = -errno;
        page_cache_give(&signal_stacks, thread->stack);
        return status;
    }
    thread->guard_low = thread->guard_high = 0;
    signal_guard_arm(thread);
    thread->ready = true;
    suspend_init();
    return 0;
}

void exception_thread_exit(void) {
    struct signal_thread *thread = &signal_thread;

    if (!thread->ready)
        return;
    thread->ready = false;
    /* The C library uses the stack again for another thread. */
    if (thread->guard_low)
        mprotect((void *)thread->guard_low, thread->guard_bytes, PROT_READ | PROT_WRITE);
    sigaltstack(&thread->before, NULL);
    page_cache_give(&signal_stacks, thread->stack);
}

bool winipc_stack_reset(void) {
    struct signal_thread *thread = &signal_thread;

    return thread->guard_low && thread->guard_high == thread->guard_low && signal_guard_set(thread, thread->guard_bytes);
}

bool exception_stack_guarantee(size_t bytes) {
    struct signal_thread *thread = &signal_thread;
    /* Our dispatch needs some of it. */
    size_t zone = (bytes + SIGNAL_GUARD_BYTES / 2 + 0xfff) & ~(size_t)0xfff;

    if (zone <= thread->guard_bytes)
        return true;
    return thread->guard_high > thread->guard_low && zone > bytes && signal_guard_set(thread, zone);
}
