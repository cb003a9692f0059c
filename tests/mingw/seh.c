/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * __try, __except and __finally. Each test notes the order in which its parts run and compares it. Faults happen in functions of their own:
 * clang guards calls, not single instructions.
 */
typedef unsigned long dword;
typedef unsigned long long qword;

struct record {
    dword code, flags;
    struct record *cause;
    void *address;
    dword n_parameters;
    qword parameters[15];
};

struct context { /* the first registers of a CONTEXT */
    unsigned char head[0x78];
    qword rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8_15[8], rip;
};

struct pointers {
    struct record *record;
    struct context *context;
};

__declspec(dllimport) void RaiseException(dword code, dword flags, dword n, const qword *parameters);
__declspec(dllimport) void *AddVectoredExceptionHandler(dword first, long (*handler)(struct pointers *));
__declspec(dllimport) dword RemoveVectoredExceptionHandler(void *handle);
__declspec(dllimport) unsigned short RtlCaptureStackBackTrace(dword skip, dword count, void **frames, dword *hash);
__declspec(dllimport) void *RtlPcToFileHeader(void *pc, void **base);
__declspec(dllimport) void ExitProcess(dword code);
__declspec(dllimport) void qsort(void *base, qword n, qword size, int (*compare)(const void *, const void *));
__declspec(dllimport) int printf(const char *format, ...);
__declspec(dllimport) qword strlen(const char *text);
__declspec(dllimport) void *memcpy(void *to, const void *from, qword n);
__declspec(dllimport) void *memset(void *to, int byte, qword n);
__declspec(dllimport) int strcmp(const char *a, const char *b);
dword _exception_code(void);
void *_exception_info(void);

int _fltused;

#define APART static __attribute__((noinline))
#define CONTINUE_EXECUTION -1
#define CONTINUE_SEARCH 0
#define EXECUTE_HANDLER 1

#define ACCESS_VIOLATION 0xc0000005
#define MINE 0xe0000001
#define OTHER 0xe0000002

static int failures, n_steps, steps[64];
static int *volatile nowhere;

APART void check(int holds, int line, const char *what) {
    if (holds)
        return;
    printf("line %d: %s\n", line, what);
    failures++;
}
#define CHECK(what) check(!!(what), __LINE__, #what)

APART void step(int n) {
    steps[n_steps++ & 63] = n;
}

APART void check_steps(const int *expected, int n, int line) {
    int same = n == n_steps;

    for (int i = 0; i < n && same; i++)
        same = expected[i] == steps[i];
    if (!same) {
        printf("line %d: steps", line);
        for (int i = 0; i < n_steps; i++)
            printf(" %d", steps[i]);
        printf("\n");
        failures++;
    }
    n_steps = 0;
}
#define STEPS(...) check_steps((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int), __LINE__)

APART void fault(void) {
    *nowhere = 1;
}

APART void raise(dword code) {
    RaiseException(code, 0, 0, 0);
}

APART void fault_is_caught(void) {
    __try {
        step(1);
        fault();
        step(99);
    } __except (_exception_code() == ACCESS_VIOLATION) {
        step(2);
    }
    step(3);
    STEPS(1, 2, 3);
}

APART long look(const struct pointers *p) {
    CHECK(p->record->code == ACCESS_VIOLATION && p->record->n_parameters == 2);
    CHECK(p->record->parameters[0] == 1 && p->record->parameters[1] == 0);
    CHECK(p->context->rip == (qword)p->record->address);
    step(10);
    return EXECUTE_HANDLER;
}

APART void finally_runs_behind_the_filter(void) {
    __try {
        __try {
            step(1);
            fault();
        } __finally {
            step(2);
        }
    } __except (look(_exception_info())) {
        step(3);
    }
    STEPS(1, 10, 2, 3);
}

APART void dive(int depth) {
    __try {
        if (depth)
            dive(depth - 1);
        else
            raise(MINE);
    } __finally {
        step(100 + depth);
    }
}

APART void frames_are_left_inside_out(void) {
    __try {
        dive(4);
    } __except (_exception_code() == MINE) {
        step(1);
    }
    STEPS(100, 101, 102, 103, 104, 1);
}

APART long go_on(void) {
    step(7);
    return CONTINUE_EXECUTION;
}

APART void execution_continues(void) {
    __try {
        raise(MINE);
        step(8);
    } __except (go_on()) {
        step(99);
    }
    STEPS(7, 8);
}

APART void noncontinuable_stays_so(void) {
    __try {
        __try {
            RaiseException(MINE, 1, 0, 0);
            step(8);
        } __except (_exception_code() == MINE ? go_on() : CONTINUE_SEARCH) {
            step(99);
        }
    } __except (_exception_code() == 0xc0000025) {
        step(9);
    }
    STEPS(7, 9);
}

APART long filter_that_faults_and_recovers(void) {
    __try {
        step(1);
        fault();
    } __except (EXECUTE_HANDLER) {
        step(2);
    }
    return EXECUTE_HANDLER;
}

APART void nested_in_a_filter(void) {
    __try {
        raise(MINE);
    } __except (filter_that_faults_and_recovers()) {
        step(3);
    }
    STEPS(1, 2, 3);
}

APART long filter_that_faults(dword code) {
    if (code != MINE)
        return CONTINUE_SEARCH;
    step(1);
    fault();
    return EXECUTE_HANDLER;
}

APART void nested_out_of_a_filter(void) {
    __try {
        __try {
            raise(MINE);
        } __except (filter_that_faults(_exception_code())) {
            step(99);
        }
    } __except (_exception_code() == ACCESS_VIOLATION) {
        step(4);
    }
    STEPS(1, 4);
}

APART void finally_that_raises(void) {
    __try {
        fault();
    } __finally {
        step(2);
        raise(OTHER);
        step(99);
    }
}

APART void collided_unwind(void) {
    __try {
        __try {
            finally_that_raises();
        } __except (_exception_code() == ACCESS_VIOLATION) {
            step(98);
        }
    } __except (_exception_code() == OTHER) {
        step(3);
    }
    STEPS(2, 3);
}

APART void collided_unwind_in_one_frame(void) {
    __try {
        __try {
            __try {
                fault();
            } __finally {
                step(1);
                raise(OTHER);
            }
        } __finally {
            step(2);
        }
    } __except (EXECUTE_HANDLER) {
        step(3);
    }
    STEPS(1, 2, 3);
}

static int compare_raising(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;

    if (x == 9 || y == 9)
        raise(MINE);
    return x - y;
}

static int compare_recovering(const void *a, const void *b) {
    __try {
        fault();
    } __except (EXECUTE_HANDLER) {
    }
    return *(const int *)a - *(const int *)b;
}

APART void through_our_frames(void) {
    int numbers[] = {5, 3, 8, 1, 9, 2, 7, 4};
    volatile double a = 1.5, b = 2.5;
    double product = a * b; /* in a register that qsort's frames save */

    __try {
        __try {
            qsort(numbers, 8, sizeof *numbers, compare_raising);
            step(99);
        } __finally {
            step(5);
        }
    } __except (_exception_code() == MINE) {
        step(1);
    }
    CHECK(product == 3.75);
    STEPS(5, 1);
    qsort(numbers, 8, sizeof *numbers, compare_recovering);
    for (int i = 1; i < 8; i++)
        CHECK(numbers[i - 1] < numbers[i]);
}

static long vectored(struct pointers *p) {
    if (p->record->code != 0x80000003)
        return CONTINUE_SEARCH;
    step(1);
    p->context->rip++;
    return CONTINUE_EXECUTION;
}

APART void vectored_before_frames(void) {
    void *handle = AddVectoredExceptionHandler(1, vectored);

    __try {
        __asm__ volatile("int3");
        step(2);
    } __except (EXECUTE_HANDLER) {
        step(99);
    }
    CHECK(RemoveVectoredExceptionHandler(handle) == 1);
    CHECK(RemoveVectoredExceptionHandler(handle) == 0);
    STEPS(1, 2);
}

static const dword trap_codes[] = {0xc000001d, 0xc0000096, 0xc0000096, 0xc0000095, 0xc0000094, ACCESS_VIOLATION,
                                   ACCESS_VIOLATION, 0x80000003, 0xc0000420, 0x80000004, 0xc000008e};

APART void trap(int n) {
    switch (n) {
    case 0: __asm__ volatile("ud2" :); break;
    case 1: __asm__ volatile("hlt" :); break;
    case 2: __asm__ volatile("mov %%cr0, %%rax" ::: "rax"); break;
    case 3: __asm__ volatile("mov $0x80000000, %%eax\n mov $-1, %%ecx\n cdq\n idiv %%ecx" ::: "rax", "rcx", "rdx"); break;
    case 4: __asm__ volatile("xor %%edx, %%edx\n xor %%ecx, %%ecx\n divq %%rcx" ::: "rax", "rcx", "rdx"); break;
    case 5: __asm__ volatile("movabs $0x8000000000000000, %%rax\n mov (%%rax), %%rax" ::: "rax"); break;
    case 6: __asm__ volatile("int $0x50" :); break;
    case 7: __asm__ volatile("int3" :); break;
    case 8: __asm__ volatile("int $0x2c" :); break;
    case 9: __asm__ volatile("pushfq\n orq $0x100, (%%rsp)\n popfq\n nop\n nop" ::: "memory"); break;
    case 10:
        __asm__ volatile("push %%rax\n stmxcsr (%%rsp)\n andl $~0x200, (%%rsp)\n ldmxcsr (%%rsp)\n pop %%rax\n xorps %%xmm0, %%xmm0\n"
                         " mov $1, %%eax\n cvtsi2sd %%eax, %%xmm1\n divsd %%xmm0, %%xmm1" ::: "rax", "xmm0", "xmm1", "memory");
        break;
    }
}

APART void set_mxcsr(dword value) {
    __asm__ volatile("ldmxcsr %0" ::"m"(value));
}

APART void traps_have_their_codes(void) {
    for (int i = 0; i < (int)(sizeof trap_codes / sizeof *trap_codes); i++) {
        dword code = 0;
        __try {
            trap(i);
        } __except (code = _exception_code(), EXECUTE_HANDLER) {
        }
        if (code != trap_codes[i])
            printf("trap %d gave 0x%lx\n", i, code);
        CHECK(code == trap_codes[i]);
    }
    set_mxcsr(0x1f80);
}

APART void call_of_null(void) {
    void (*volatile function)(void) = 0;

    __try {
        function();
    } __except (((struct pointers *)_exception_info())->record->parameters[0] == 8) {
        step(1);
    }
    STEPS(1);
}

#pragma clang diagnostic ignored "-Winfinite-recursion"
APART int overflow(int n) {
    volatile char block[2048];

    block[0] = (char)n;
    block[2047] = (char)n;
    return overflow(n + 1) + block[0];
}

APART void stack_overflow_is_caught(void) {
    __try {
        overflow(0);
    } __except (_exception_code() == 0xc00000fd) {
        step(1);
    }
    STEPS(1);
}

APART int return_from_try(void) {
    __try {
        return 5;
    } __finally {
        step(1);
    }
    return 6;
}

/* Faults in functions of the C library, which is no PE code: by @kind. */
APART void library_fault(int kind, char *buffer) {
    char *volatile bad = (char *)(qword)(kind & 1 ? 0x10 : 0);

    switch (kind / 2) {
    case 0: strlen(bad); break;
    case 1: memcpy(buffer, bad, 3); break;
    case 2: memcpy(bad, buffer, 200); break;
    case 3: memset(bad, 7, 17); break;
    case 4: strcmp(buffer, bad); break;
    case 5: qsort(bad, 10, 4, 0); break;
    }
}

/* What is kept in registers that calls preserve is there again in the frame that catches. */
APART qword caught_in_library(int kind, qword a, qword b, qword c, double d) {
    char buffer[256] = "text";
    volatile int caught = 0;
    qword sum = a * 3 + b;

    __try {
        __try {
            library_fault(kind, buffer);
            step(99);
        } __finally {
            step(1);
        }
    } __except (_exception_code() == ACCESS_VIOLATION) {
        caught = 1;
    }
    return caught ? sum + c * 5 + (qword)(d * 2) : 0;
}

APART void fault_in_the_library(void) {
    for (int kind = 0; kind < 12; kind++) {
        CHECK(caught_in_library(kind, 7, 11, 13, 2.5) == 21 + 11 + 65 + 5);
        STEPS(1);
    }
}

APART void local_exits(void) {
    for (int i = 0; i < 3; i++) {
        __try {
            if (i == 1)
                __leave;
            step(i);
        } __finally {
            step(10 + i);
        }
    }
    CHECK(return_from_try() == 5);
    STEPS(0, 10, 11, 2, 12, 1);
}

static int compare_tracing(const void *a, const void *b) {
    void *frames[40], *base, *program = RtlPcToFileHeader((void *)compare_tracing, &base);
    int n = RtlCaptureStackBackTrace(0, 40, frames, 0), own = 0;

    (void)a;
    (void)b;
    CHECK(program && program == base);
    CHECK(RtlPcToFileHeader(frames[0], &base) == program);
    for (int i = 0; i < n; i++)
        own += RtlPcToFileHeader(frames[i], &base) == program;
    CHECK(own >= 3);
    return 0;
}

APART void back_trace(void) {
    int numbers[] = {2, 1};

    qsort(numbers, 2, sizeof *numbers, compare_tracing);
}

void start(void) {
    fault_is_caught();
    finally_runs_behind_the_filter();
    frames_are_left_inside_out();
    execution_continues();
    noncontinuable_stays_so();
    nested_in_a_filter();
    nested_out_of_a_filter();
    collided_unwind();
    collided_unwind_in_one_frame();
    through_our_frames();
    vectored_before_frames();
    traps_have_their_codes();
    call_of_null();
    local_exits();
    back_trace();
    fault_in_the_library();
    stack_overflow_is_caught();
    fault_is_caught();
    printf("%d failures\n", failures);
    ExitProcess(failures != 0);
}
