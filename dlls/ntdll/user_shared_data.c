/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * KUSER_SHARED_DATA, the page at 0x7FFE0000 that programs read without a call. It is mapped when it is first read. A thread then moves
 * its times with each tick of the timer, as long as the process uses the processor; after some idle ticks it hides the page and
 * sleeps, and the next read faults, brings the times up to date and wakes it. So an idle process uses no processor time.
 */
#include "dlls/ntdll/clock.h"
#include "dlls/ntdll/system.h"
#include "dlls/ntdll/version.h"
#include "dlls/ntdll/helper_thread.h"
#include "libs/host/futex.h"

#include <windows.h>
#include <winternl.h>
#include <ddk/wdm.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SHARED_ADDRESS 0x7FFE0000u
#define SHARED_PAGE 4096
#define SHARED_IDLE_TICKS 4
#define SHARED_BUSY_NS 20000 /* less processor time than this in a tick is idleness */

_Static_assert(offsetof(KSHARED_USER_DATA, SystemTime) == 0x14 && offsetof(KSHARED_USER_DATA, TickCount) == 0x320 &&
                   offsetof(KSHARED_USER_DATA, QpcFrequency) == 0x300,
    "the page's layout is Windows'");

enum shared_state { SHARED_ABSENT, SHARED_HIDDEN, SHARED_VISIBLE };

static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER; /* guards the state; the ticker and faulting threads take it */
static enum shared_state shared_state;
static KSHARED_USER_DATA *shared; /* our writable view */
static uint32_t shared_wake;      /* futex: counts wakes of the ticker */

/* Readers compare the two high parts: they differ while the low one changes. */
static void shared_store_time(volatile KSYSTEM_TIME *to, uint64_t value) {
    to->High2Time = (LONG)(value >> 32);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    to->LowPart = (ULONG)value;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    to->High1Time = (LONG)(value >> 32);
}

static void shared_move_times(void) {
    const uint64_t interrupt_time = clock_interrupt_time();
    const uint64_t ticks = interrupt_time / CLOCK_TICK_100NS;

    shared_store_time(&shared->InterruptTime, interrupt_time);
    shared_store_time(&shared->SystemTime, clock_system_time());
    shared_store_time(&shared->TickCount, ticks);
    shared->TickCountLowDeprecated = (ULONG)ticks;
    shared->InterruptTimeBias = interrupt_time - clock_unbiased_time();
}

static void shared_fill(void) {
    static const WCHAR root[] = L"C:\\Windows";
    struct timespec now;
    struct tm local;

    memcpy(shared->NtSystemRoot, root, sizeof root);
    shared->TickCountMultiplier = 0x0FA00000; /* ticks to milliseconds, times 2^24 */
    shared->ImageNumberLow = shared->ImageNumberHigh = IMAGE_FILE_MACHINE_AMD64;
    shared->LargePageMinimum = 0x200000;
    shared->NtBuildNumber = VERSION_BUILD;
    shared->NtMajorVersion = VERSION_MAJOR;
    shared->NtMinorVersion = VERSION_MINOR;
    shared->NtProductType = NtProductWinNt;
    shared->ProductTypeIsValid = TRUE;
    shared->NativeProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
    for (int i = 0; i < PROCESSOR_FEATURE_MAX; i++)
        shared->ProcessorFeatures[i] = system_processor_feature((ULONG)i);
    shared->SuiteMask = 0x110; /* terminal services, one user at a time */
    shared->NXSupportPolicy = NX_SUPPORT_POLICY_OPTIN;
    shared->CyclesPerYield = 1;
    shared->NumberOfPhysicalPages = (ULONG)sysconf(_SC_PHYS_PAGES);
    shared->ActiveConsoleId = 1;
    shared->TestRetInstruction = 0xC3;
    shared->QpcFrequency = CLOCK_SECOND_100NS; /* and no bypass: QueryPerformanceCounter is called */
    shared->ActiveProcessorCount = (ULONG)sysconf(_SC_NPROCESSORS_ONLN);
    shared->UnparkedProcessorCount = (USHORT)shared->ActiveProcessorCount;
    shared->ActiveGroupCount = 1;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    shared_store_time(&shared->TimeZoneBias, (uint64_t)(-local.tm_gmtoff * (int64_t)CLOCK_SECOND_100NS));
}

static uint64_t shared_cpu_ns(clockid_t id) {
    struct timespec used;

    clock_gettime(id, &used);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/* Ticks until the process has been idle for a while; then hides the page. */
static void shared_tick_while_busy(void) {
    uint64_t used = 0, deadline = futex_now();

    for (int idle = 0; idle < SHARED_IDLE_TICKS;) {
        const uint64_t tick_ns = (uint64_t)clock_tick_100ns() * 100;
        uint64_t others;

        deadline += tick_ns;
        while (futex_wait(&shared_wake, __atomic_load_n(&shared_wake, __ATOMIC_RELAXED), deadline, FUTEX_ANY) != -ETIMEDOUT)
            ;
        others = shared_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - shared_cpu_ns(CLOCK_THREAD_CPUTIME_ID);
        idle = others - used < SHARED_BUSY_NS ? idle + 1 : 0;
        used = others;
        pthread_mutex_lock(&shared_lock);
        shared_move_times();
        pthread_mutex_unlock(&shared_lock);
    }
    pthread_mutex_lock(&shared_lock);
    mprotect((void *)(uintptr_t)SHARED_ADDRESS, SHARED_PAGE, PROT_NONE);
    shared_state = SHARED_HIDDEN;
    pthread_mutex_unlock(&shared_lock);
}

static void shared_ticker(void) {
    for (;;) {
        const uint32_t seen = __atomic_load_n(&shared_wake, __ATOMIC_ACQUIRE);

        shared_tick_while_busy();
        futex_wait(&shared_wake, seen, FUTEX_FOREVER, FUTEX_ANY);
    }
}

/* Return: whether the page is there now. Under the lock. */
static bool shared_map(void) {
    const int fd = memfd_create("user_shared_data", MFD_CLOEXEC);
    void *ours, *theirs;

    if (fd < 0 || ftruncate(fd, SHARED_PAGE)) {
        close(fd);
        return false;
    }
    ours = mmap(NULL, SHARED_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    theirs = mmap((void *)(uintptr_t)SHARED_ADDRESS, SHARED_PAGE, PROT_NONE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
    close(fd);
    if (ours == MAP_FAILED || theirs != (void *)(uintptr_t)SHARED_ADDRESS)
        return false;
    shared = ours;
    shared_fill();
    shared_state = SHARED_HIDDEN;
    return true;
}

BOOL user_shared_data_fault(uintptr_t address) {
    bool first, shown = true;

    if (address < SHARED_ADDRESS || address >= SHARED_ADDRESS + SHARED_PAGE)
        return FALSE;
    pthread_mutex_lock(&shared_lock);
    first = shared_state == SHARED_ABSENT;
    if (first)
        shown = shared_map();
    if (shown && shared_state == SHARED_HIDDEN) {
        shared_move_times();
        mprotect((void *)(uintptr_t)SHARED_ADDRESS, SHARED_PAGE, PROT_READ);
        shared_state = SHARED_VISIBLE;
        __atomic_add_fetch(&shared_wake, 1, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&shared_lock);
    if (shown && first)
        helper_thread_start_outside(shared_ticker); /* if not, the times stand still */
    else if (shown)
        futex_wake(&shared_wake, 1, FUTEX_ANY);
    return shown;
}
