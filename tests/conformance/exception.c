/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Exceptions: raising, vectored handlers, faults of the processor, the top-level filter; with an .exe also unwinding and setjmp. */
#include "harness.h"

#ifdef _WIN32
#include <setjmp.h>
#else
/* Not in Wine's headers. */
PVOID WINAPI AddVectoredContinueHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler);
ULONG WINAPI RemoveVectoredContinueHandler(PVOID handle);
#endif

static EXCEPTION_RECORD seen;
static int calls, order[8];

static LONG CALLBACK go_on(EXCEPTION_POINTERS *pointers) {
    seen = *pointers->ExceptionRecord;
    order[calls++ & 7] = 1;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG CALLBACK pass_on(EXCEPTION_POINTERS *pointers) {
    seen = *pointers->ExceptionRecord;
    order[calls++ & 7] = 2;
    return EXCEPTION_CONTINUE_SEARCH;
}

TEST(raise_reaches_a_vectored_handler_that_goes_on) {
    ULONG_PTR arguments[2] = {5, 6};
    void *handler = AddVectoredExceptionHandler(1, go_on);

    REQUIRE(handler != NULL);
    RaiseException(0xF0001234, 0, 2, arguments);
    CHECK_EQ(calls, 1);
    CHECK_EQ(seen.ExceptionCode, 0xE0001234); /* bit 28 is Windows' own */
    CHECK_EQ(seen.ExceptionFlags, 0);
    CHECK_EQ(seen.NumberParameters, 2);
    CHECK_EQ(seen.ExceptionInformation[0], 5);
    CHECK_EQ(seen.ExceptionInformation[1], 6);
    CHECK(seen.ExceptionAddress != NULL);
    CHECK(RemoveVectoredExceptionHandler(handler) != 0);
    CHECK_EQ(RemoveVectoredExceptionHandler(handler), 0);
}

TEST(vectored_handlers_are_called_in_order) {
    void *last = AddVectoredExceptionHandler(0, go_on);
    void *first = AddVectoredExceptionHandler(1, pass_on);

    RaiseException(0xE0000001, 0, 0, NULL);
    CHECK_EQ(calls, 2);
    CHECK_EQ(order[0], 2);
    CHECK_EQ(order[1], 1);
    RemoveVectoredExceptionHandler(first);
    RaiseException(0xE0000001, 0, 0, NULL);
    CHECK_EQ(calls, 3);
    CHECK_EQ(order[2], 1);
    RemoveVectoredExceptionHandler(last);
}

static void *own_handle;
static LONG CALLBACK removes_itself(EXCEPTION_POINTERS *pointers) {
    (void)pointers;
    calls++;
    CHECK(RemoveVectoredExceptionHandler(own_handle) != 0);
    return EXCEPTION_CONTINUE_SEARCH;
}

TEST(a_vectored_handler_can_remove_itself) {
    void *last = AddVectoredExceptionHandler(0, go_on);

    own_handle = AddVectoredExceptionHandler(1, removes_itself);
    RaiseException(0xE0000001, 0, 0, NULL);
    RaiseException(0xE0000001, 0, 0, NULL);
    CHECK_EQ(calls, 3);
    RemoveVectoredExceptionHandler(last);
}

TEST(a_continue_handler_is_told) {
    void *handler = AddVectoredExceptionHandler(0, go_on), *told = AddVectoredContinueHandler(0, pass_on);

    RaiseException(0xE0000001, 0, 0, NULL);
    CHECK_EQ(calls, 2);
    CHECK_EQ(order[0], 1);
    CHECK_EQ(order[1], 2);
    CHECK(RemoveVectoredContinueHandler(told) != 0);
    RemoveVectoredExceptionHandler(handler);
}

/* Faults: the handler moves the program counter behind the instruction, whose length the test says. */
static int skip_bytes;
static LONG CALLBACK skip(EXCEPTION_POINTERS *pointers) {
    seen = *pointers->ExceptionRecord;
    CHECK(seen.ExceptionAddress == (void *)(ULONG_PTR)pointers->ContextRecord->Rip);
    pointers->ContextRecord->Rip += skip_bytes;
    calls++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

#define FAULT(length, code, ...)                                                                                       \
    do {                                                                                                               \
        skip_bytes = (length);                                                                                         \
        memset(&seen, 0, sizeof seen);                                                                                 \
        __asm__ volatile(__VA_ARGS__);                                                                                 \
        CHECK_EQ(seen.ExceptionCode, code);                                                                            \
    } while (0)

TEST(faults_have_their_codes) {
    void *handler = AddVectoredExceptionHandler(1, skip);

    FAULT(2, STATUS_ILLEGAL_INSTRUCTION, "ud2" ::: "memory");
    FAULT(1, STATUS_BREAKPOINT, "int3" ::: "memory");
    CHECK_EQ(seen.NumberParameters, 1);
    FAULT(1, STATUS_PRIVILEGED_INSTRUCTION, "hlt" ::: "memory");
    FAULT(2, STATUS_INTEGER_DIVIDE_BY_ZERO, "xor %%ecx, %%ecx\n\tmov $1, %%eax\n\tcdq\n\tidiv %%ecx" ::: "rax", "rcx", "rdx", "memory");
    FAULT(2, STATUS_INTEGER_OVERFLOW, "mov $-1, %%ecx\n\tmov $0x80000000, %%eax\n\tcdq\n\tidiv %%ecx" ::: "rax", "rcx", "rdx", "memory");
    FAULT(2, STATUS_ACCESS_VIOLATION, "xor %%eax, %%eax\n\tmov (%%rax), %%eax" ::: "rax", "memory");
    CHECK_EQ(seen.NumberParameters, 2);
    CHECK_EQ(seen.ExceptionInformation[0], 0);
    CHECK_EQ(seen.ExceptionInformation[1], 0);
    FAULT(2, STATUS_ACCESS_VIOLATION, "mov $0x123, %%eax\n\tmov %%eax, (%%rax)" ::: "rax", "memory");
    CHECK_EQ(seen.ExceptionInformation[0], 1);
    CHECK_EQ(seen.ExceptionInformation[1], 0x123);
    FAULT(3, STATUS_ACCESS_VIOLATION, "movabs $0x8000000000000000, %%rax\n\tmov (%%rax), %%rax" ::: "rax", "memory");
    CHECK_EQ(seen.ExceptionInformation[0], 0);
    CHECK_EQ(seen.ExceptionInformation[1], (ULONG_PTR)-1);
    RemoveVectoredExceptionHandler(handler);
}

static LONG CALLBACK change_registers(EXCEPTION_POINTERS *pointers) {
    CONTEXT *context = pointers->ContextRecord;

    context->Rip += 2;
    context->Rax = 0x1122334455667788;
    context->R15 += 1;
    context->Xmm7.Low = 77;
    return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(a_handler_changes_registers) {
    void *handler = AddVectoredExceptionHandler(1, change_registers);
    ULONG64 rax = 1, r15 = 41, xmm7 = 3, xmm8 = 4, flags;

    __asm__ volatile("mov %[r15], %%r15\n\tmovq %[xmm7], %%xmm7\n\tmovq %[xmm8], %%xmm8\n\tstc\n\tud2\n\tpushfq\n\tpopq %[flags]\n\t"
                     "mov %%rax, %[rax]\n\tmov %%r15, %[r15]\n\tmovq %%xmm7, %[xmm7]\n\tmovq %%xmm8, %[xmm8]"
                     : [rax] "+m"(rax), [r15] "+m"(r15), [xmm7] "+m"(xmm7), [xmm8] "+m"(xmm8), [flags] "=r"(flags)
                     :
                     : "rax", "r15", "xmm7", "xmm8", "memory", "cc");
    CHECK_EQ(rax, 0x1122334455667788);
    CHECK_EQ(r15, 42);
    CHECK_EQ(xmm7, 77);
    CHECK_EQ(xmm8, 4);
    CHECK(flags & 1);
    RemoveVectoredExceptionHandler(handler);
}

static LONG WINAPI filter_ends(EXCEPTION_POINTERS *pointers) {
    return pointers->ExceptionRecord->ExceptionCode == 0xE0000042 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI filter_goes_on(EXCEPTION_POINTERS *pointers) {
    (void)pointers;
    return EXCEPTION_CONTINUE_EXECUTION;
}

ROLE(raise) {
    (void)argc;
    RaiseException((DWORD)strtoul(argv[0], NULL, 0), 0, 0, NULL);
}

ROLE(raise_filtered) {
    (void)argc;
    (void)argv;
    CHECK(SetUnhandledExceptionFilter(filter_goes_on) != filter_goes_on);
    RaiseException(0xE0000041, 0, 0, NULL);
    CHECK(SetUnhandledExceptionFilter(filter_ends) == filter_goes_on);
    RaiseException(0xE0000042, 0, 0, NULL);
    CHECK(0);
}

ROLE(fast_fail) {
    (void)argc;
    (void)argv;
    AddVectoredExceptionHandler(1, skip);
    __asm__ volatile("int $0x29" ::"c"(7));
    CHECK(0);
}

TEST(an_unhandled_exception_is_the_exit_code) {
    struct child child;

    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    child = spawn_self("raise", "0xE0000055");
    CHECK_EQ(child_exit_code(&child), 0xE0000055);
}

TEST(the_top_level_filter_decides) {
    struct child child = spawn_self("raise_filtered", NULL);

    CHECK_EQ(child_exit_code(&child), 0xE0000042);
}

TEST(fast_fail_asks_no_handler) {
    struct child child;

    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    child = spawn_self("fast_fail", NULL);
    CHECK_EQ(child_exit_code(&child), STATUS_STACK_BUFFER_OVERRUN);
}

TEST(error_modes) {
    DWORD before = POISON;

    SetErrorMode(SEM_FAILCRITICALERRORS);
    CHECK_EQ(SetErrorMode(SEM_NOGPFAULTERRORBOX), SEM_FAILCRITICALERRORS);
    CHECK_EQ(GetErrorMode(), SEM_NOGPFAULTERRORBOX);
    CHECK_OK(SetThreadErrorMode(SEM_FAILCRITICALERRORS, NULL));
    CHECK_OK(SetThreadErrorMode(0, &before));
    CHECK_EQ(before, SEM_FAILCRITICALERRORS);
    CHECK_ERROR(SetThreadErrorMode(0x4000, NULL), ERROR_INVALID_PARAMETER);
}

TEST(bad_pointers) {
    char ok[8] = "abc";

    CHECK_EQ(IsBadReadPtr(NULL, 0), 0);
    CHECK_EQ(IsBadReadPtr(NULL, 1), 1);
    CHECK_EQ(IsBadReadPtr(ok, sizeof ok), 0);
    CHECK_EQ(IsBadWritePtr(ok, sizeof ok), 0);
    CHECK_EQ(IsBadWritePtr((void *)(ULONG_PTR)0x10, 4), 1);
    CHECK_EQ(IsBadStringPtrA(ok, 100), 0);
    CHECK_EQ(IsBadStringPtrA(NULL, 100), 1);
    CHECK_STR(ok, "abc");
}

static volatile LONG in_threads;
static LONG CALLBACK count_up(EXCEPTION_POINTERS *pointers) {
    InterlockedIncrement(&in_threads);
    pointers->ContextRecord->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD WINAPI faulting_thread(void *param) {
    (void)param;
    for (int i = 0; i < 100; i++)
        __asm__ volatile("ud2");
    return 0;
}

TEST(each_thread_faults_for_itself) {
    void *handler = AddVectoredExceptionHandler(1, count_up);
    HANDLE threads[4];

    for (int i = 0; i < 4; i++) {
        threads[i] = CreateThread(NULL, 0, faulting_thread, NULL, 0, NULL);
        REQUIRE_HANDLE(threads[i]);
    }
    for (int i = 0; i < 4; i++) {
        CHECK_SIGNALLED(threads[i]);
        CloseHandle(threads[i]);
    }
    CHECK_EQ(in_threads, 400);
    RemoveVectoredExceptionHandler(handler);
}

#ifdef _WIN32
static jmp_buf jump;

static __attribute__((noinline)) int jump_out(int depth, int value) {
    if (!depth && value >= 0)
        longjmp(jump, value);
    return depth ? jump_out(depth - 1, value) + 1 : 0;
}

TEST(longjmp_restores_registers) {
    volatile int times = 0;
    int value = setjmp(jump);

    times++;
    if (value == 0)
        jump_out(5, 7);
    if (value == 7)
        jump_out(3, 0);
    CHECK_EQ(value, 1);
    CHECK_EQ(times, 3);
}

static int CDECL compare_jumping(const void *a, const void *b) {
    if (*(const int *)a == 3 || *(const int *)b == 3)
        longjmp(jump, 33);
    return *(const int *)a - *(const int *)b;
}

TEST(longjmp_leaves_a_callback) {
    int numbers[] = {5, 4, 3, 2, 1};
    int value = setjmp(jump);

    if (!value) {
        qsort(numbers, 5, sizeof *numbers, compare_jumping);
        CHECK(0);
    }
    CHECK_EQ(value, 33);
}

static LONG CALLBACK jump_from_handler(EXCEPTION_POINTERS *pointers) {
    (void)pointers;
    longjmp(jump, 44);
}

TEST(longjmp_leaves_a_handler) {
    void *handler = AddVectoredExceptionHandler(1, jump_from_handler);

    for (int i = 0; i < 100; i++) {
        int value = setjmp(jump);
        if (!value) {
            *(volatile int *)0 = 1;
            CHECK(0);
        }
        CHECK_EQ(value, 44);
    }
    RemoveVectoredExceptionHandler(handler);
}

static void *walked[32];
static USHORT n_walked;
static int CDECL compare_walking(const void *a, const void *b) {
    (void)a;
    (void)b;
    n_walked = CaptureStackBackTrace(0, 32, walked, NULL);
    return 0;
}

TEST(a_back_trace_crosses_callbacks) {
    int numbers[] = {2, 1};
    void *base, *program = GetModuleHandleW(NULL);
    int in_program = 0;

    qsort(numbers, 2, sizeof *numbers, compare_walking);
    CHECK(n_walked >= 3);
    for (USHORT i = 0; i < n_walked; i++)
        in_program += RtlPcToFileHeader(walked[i], &base) == program;
    CHECK(in_program >= 3); /* the callback, this test, the harness */
}

/* A frame whose handler is the program's own routine. */
static EXCEPTION_DISPOSITION CALLBACK frame_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher)
    __asm__("frame_handler") __attribute__((used));
static int unwound, dispatched, out_of_frame;
static EXCEPTION_DISPOSITION CALLBACK frame_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher) {
    extern char frame_landing[] __asm__("frame_landing");

    if (record->ExceptionFlags & 2) {
        unwound++;
        CHECK(record->ExceptionFlags & 0x20);
        CHECK(dispatcher->TargetIp == (ULONG_PTR)frame_landing);
        return ExceptionContinueSearch;
    }
    dispatched++;
    if (record->ExceptionCode == 0xE0000061)
        return ExceptionContinueExecution;
    CHECK(dispatcher->EstablisherFrame == (ULONG_PTR)frame);
    RtlUnwindEx(frame, frame_landing, record, (void *)(ULONG_PTR)1234, context, dispatcher->HistoryTable);
    return ExceptionContinueSearch;
}

int frame_guarded(void(WINAPI *function)(DWORD, DWORD, DWORD, const ULONG_PTR *), DWORD code);
__asm__(".text\n"
        ".seh_proc frame_guarded\n"
        "frame_guarded:\n"
        "	push %rbx\n"
        "	.seh_pushreg %rbx\n"
        "	sub $0x40, %rsp\n"
        "	.seh_stackalloc 0x40\n"
        "	movaps %xmm6, 0x20(%rsp)\n"
        "	.seh_savexmm %xmm6, 0x20\n"
        "	.seh_handler frame_handler, @unwind, @except\n"
        "	.seh_endprologue\n"
        "	mov %rcx, %rax\n"
        "	mov %edx, %ecx\n"
        "	mov $0x5151, %ebx\n"
        "	xor %edx, %edx\n"
        "	xor %r8d, %r8d\n"
        "	xor %r9d, %r9d\n"
        "	call *%rax\n"
        "	mov $1, %eax\n"
        "frame_landing:\n"
        "	add $-0x5151, %ebx\n"
        "	add %ebx, %eax\n"
        "	movaps 0x20(%rsp), %xmm6\n"
        "	add $0x40, %rsp\n"
        "	pop %rbx\n"
        "	ret\n"
        "	.seh_endproc\n");

TEST(a_frames_handler_is_asked_and_unwinds) {
    out_of_frame = frame_guarded(RaiseException, 0xE0000060);
    CHECK_EQ(out_of_frame, 1234);
    CHECK_EQ(dispatched, 1);
    CHECK_EQ(unwound, 1);
    out_of_frame = frame_guarded(RaiseException, 0xE0000061);
    CHECK_EQ(out_of_frame, 1);
    CHECK_EQ(dispatched, 2);
    CHECK_EQ(unwound, 1);
}

static void WINAPI fault(DWORD code, DWORD flags, DWORD n, const ULONG_PTR *arguments) {
    (void)flags;
    (void)n;
    (void)arguments;
    __asm__ volatile("movq %0, %%xmm6" ::"r"((ULONG64)code) : "xmm6");
    *(volatile int *)0 = 1;
}

TEST(a_fault_reaches_the_frame_and_registers_come_back) {
    register double kept __asm__("xmm6") = 1.25;

    __asm__ volatile("" : "+x"(kept));
    out_of_frame = frame_guarded(fault, 0x99);
    __asm__ volatile("" : "+x"(kept));
    CHECK(kept == 1.25);
    CHECK_EQ(out_of_frame, 1234);
    CHECK_EQ(unwound, 1);
}
#endif
