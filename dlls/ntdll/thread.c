/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads (NT): creating, ending, suspending, asking.  See thread.h. */
#include "dlls/ntdll/thread.h"
#include "dlls/ntdll/key.h"

#include <ntstatus.h>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/file_lock.h"
#include "dlls/ntdll/io_queue.h"
#include "dlls/ntdll/notify.h"
#include "dlls/ntdll/attributes.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/own_place.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/security.h"
#include "dlls/ntdll/scheduling.h"
#include "dlls/ntdll/session.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/teb.h"
#include "dlls/ntdll/timer.h"
#include "libs/arena/apc.h"
#include "libs/arena/object.h"
#include "libs/base/call_log.h"
#include "loader/loader.h"

#define CREATE_FLAG_SUSPENDED 1 /* NtCreateThreadEx: THREAD_CREATE_FLAGS_CREATE_SUSPENDED */

static _Atomic uint32_t n_threads;

uint32_t thread_count(void) {
    return atomic_load(&n_threads);
}

uint32_t thread_object_make(uint32_t process) {
    const uint32_t index = thread_slot_claim(process);
    uint32_t cell;

    if (index == ARENA_MAX_THREADS)
        return index;
    cell = cell_make(CELL_THREAD);
    if (cell == NO_CELL) {
        thread_slot_release(index);
        return ARENA_MAX_THREADS;
    }
    atomic_store(&cell_at(cell)->word, WORD_OF(CELL_THREAD) | WORD_MANUAL);
    cell_at(cell)->thread.slot = index;
    atomic_store(&cell_at(cell)->thread.pid, (uint32_t)getpid());
    atomic_store(&cell_at(cell)->thread.exit_code, STILL_ACTIVE);
    atomic_store(&cell_at(cell)->thread.created_100ns, session_filetime());
    atomic_store(&winipc_arena->thread[index].cell, cell + 1);
    cell_live(cell);
    return index;
}

uint32_t thread_wait_born(uint32_t thread_cell, uint32_t process_cell) {
    const struct timespec look_again = {.tv_nsec = 10000000};
    _Atomic uint32_t *tid = &cell_at(thread_cell)->thread.tid;

    while (!atomic_load(tid) && !(atomic_load(&cell_at(process_cell)->word) & WORD_SIGNALED))
        syscall(SYS_futex, tid, FUTEX_WAIT, 0, &look_again, NULL, 0);
    return atomic_load(tid);
}

static void thread_wait_suspended(struct thread_slot *slot) {
    uint32_t count;

    while ((count = atomic_load(&slot->suspend)) & SUSPEND_COUNT && !(count & SUSPEND_END))
        syscall(SYS_futex, &slot->suspend, FUTEX_WAIT, count, NULL, NULL, 0);
}

void thread_object_begin(void *context) {
    const uint32_t index = (uint32_t)(uintptr_t)context - 1;
    struct thread_slot *slot = &winipc_arena->thread[index];
    struct cell *cell = cell_at(atomic_load(&slot->cell) - 1);

    atomic_fetch_add(&n_threads, 1);
    thread_begin_affinity();
    atomic_store(&slot->tid, (uint32_t)gettid());
    if (cell) {
        atomic_store(&cell->thread.pid, (uint32_t)getpid());
        atomic_store(&cell->thread.tid, (uint32_t)gettid());
        syscall(SYS_futex, &cell->thread.tid, FUTEX_WAKE, 1, NULL, NULL, 0); /* thread_wait_born */
    }
}

void thread_object_hold(void *context) {
    const uint32_t index = (uint32_t)(uintptr_t)context - 1;

    thread_wait_suspended(&winipc_arena->thread[index]);
    arena_thread_enter(index); /* from now on a signal stops us */
    thread_wait_suspended(arena_self.slot);
    if (suspend_ending())
        suspend_point();
}

void thread_object_end(void *context, DWORD exit_code) {
    const uint32_t index = (uint32_t)(uintptr_t)context - 1;

    if (suspend_was_ended)
        exit_code = atomic_load(&cell_at(atomic_load(&arena_self.slot->cell) - 1)->thread.exit_code);
    suspend_thread_ended();
    if (atomic_fetch_sub(&n_threads, 1) == 1)
        session_exit(exit_code); /* the last thread's end is the process's */
    io_cancel_thread();
    notify_cancel_thread();
    file_lock_cancel_thread();
    apc_close();
    timer_thread_gone();
    key_thread_gone();
    if (suspend_was_ended)
        mutants_unsure();
    arena_thread_leave();
    call_log_thread_end();
    thread_sweep(index, exit_code);
    arena_self.slot = NULL;
}

static void thread_attribute(const PS_ATTRIBUTE *attribute, const CLIENT_ID *id) {
    if (attribute->Attribute != PS_ATTRIBUTE_CLIENT_ID)
        return;
    memcpy(attribute->ValuePtr, id, attribute->Size < sizeof *id ? attribute->Size : sizeof *id);
    if (attribute->ReturnLength)
        *attribute->ReturnLength = sizeof *id;
}

static void thread_attributes(const PS_ATTRIBUTE_LIST *list, const CLIENT_ID *id) {
    if (!list)
        return;
    for (SIZE_T i = 0; i < (list->TotalLength - offsetof(PS_ATTRIBUTE_LIST, Attributes)) / sizeof(PS_ATTRIBUTE); i++)
        thread_attribute(&list->Attributes[i], id);
}

/* What a thread's stack may grow to: what is asked for, or the image's size, or, if more is to be committed than that, so many whole MB. */
static size_t stack_size(SIZE_T commit, SIZE_T reserve) {
    if (reserve)
        return reserve > commit ? reserve : commit;
    return commit > winipc_module_stack_reserve() ? (commit + 0xfffff) & ~(SIZE_T)0xfffff : 0;
}

NTSTATUS thread_make(const struct thread_request *request, uint32_t *slot, CLIENT_ID *id) {
    struct thread_plan plan = {.argument = request->argument,
        .begin = thread_object_begin, .hold = thread_object_hold, .end = thread_object_end};
    NTSTATUS status;

    *slot = thread_object_make(arena_process);
    if (*slot == ARENA_MAX_THREADS)
        return STATUS_NO_MEMORY;
    memcpy(&plan.start, &request->start, sizeof plan.start); /* its declaration in winternl.h lacks the exit code that it returns */
    plan.stack_reserve = stack_size(request->stack_commit, request->stack_reserve);
    plan.context = THREAD_CONTEXT(*slot);
    atomic_store(&winipc_arena->thread[*slot].suspend, request->suspended);
    status = request->share ? request->share(*slot, request->share_context) : STATUS_SUCCESS;
    if (!status)
        status = thread_create(&plan, id);
    if (status)
        thread_sweep(*slot, (uint32_t)status);
    return status;
}

/* A handle to a new thread, before it can be over. */
struct thread_handle {
    HANDLE *handle;
    ACCESS_MASK access;
    const OBJECT_ATTRIBUTES *attributes;
};

static NTSTATUS thread_share(uint32_t slot, void *context) {
    const struct thread_handle *to = context;
    const uint32_t cell = atomic_load(&winipc_arena->thread[slot].cell) - 1;
    const NTSTATUS status = object_share(cell, to->access, to->attributes, to->handle);

    return status ? status : security_keep_new(cell, to->attributes);
}

/* In the process of slot @process.  It is made with one suspension more, so that it is there until we have a handle. */
static NTSTATUS thread_make_elsewhere(
    uint32_t process, const struct thread_request *request, const struct thread_handle *to, CLIENT_ID *id) {
    uint64_t argument[REMOTE_ARGUMENTS] = {(uintptr_t)request->start, (uintptr_t)request->argument, request->suspended + 1,
        request->stack_commit, request->stack_reserve};
    NTSTATUS status;

    argument[5] = own_place_encode(&argument[0]);
    status = remote_call(process, REMOTE_CREATE_THREAD, argument);
    if (status)
        return status;
    if (argument[0] >= ARENA_MAX_THREADS)
        return STATUS_UNSUCCESSFUL;
    status = thread_share((uint32_t)argument[0], (void *)(uintptr_t)to);
    id->UniqueProcess = ULongToHandle(4 * atomic_load(&winipc_arena->process[process].pid));
    id->UniqueThread = ULongToHandle((ULONG)argument[1]);
    thread_count_down(&winipc_arena->thread[argument[0]]);
    return status;
}

/**
 * NtCreateThreadEx() - starts a thread, in this process or another one that runs an .exe.
 * @start: an address in that process; of a function of ntdll or kernel32: in this one.
 * @flags: THREAD_CREATE_FLAGS_CREATE_SUSPENDED (1).
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_PROCESS_IS_TERMINATING, STATUS_NOT_SUPPORTED
 * (a native program's process).
 */
NTSTATUS WINAPI NtCreateThreadEx(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, HANDLE process,
    PRTL_THREAD_START_ROUTINE start, void *argument, ULONG flags, ULONG_PTR zero_bits, SIZE_T stack_commit, SIZE_T stack_reserve,
    PS_ATTRIBUTE_LIST *list) {
    struct thread_handle to = {handle, access, attributes};
    struct attributes copy;
    struct thread_request request = {.start = start, .argument = argument, .suspended = flags & CREATE_FLAG_SUSPENDED ? 1 : 0,
        .stack_commit = stack_commit, .stack_reserve = stack_reserve, .share = thread_share, .share_context = &to};
    uint32_t target, slot;
    CLIENT_ID id;
    NTSTATUS status;

    (void)zero_bits;
    status = attributes_capture_for(handle, &copy, &to.attributes);
    if (status)
        return status;
    status = process_slot_of(process, PROCESS_CREATE_THREAD, &target);
    if (status)
        return status;
    status = target == arena_process ? thread_make(&request, &slot, &id) : thread_make_elsewhere(target, &request, &to, &id);
    if (!status) {
        thread_attributes(list, &id);
        return STATUS_SUCCESS;
    }
    if (*handle)
        NtClose(*handle);
    *handle = NULL;
    return status;
}

NTSTATUS thread_slot_of(HANDLE handle, ACCESS_MASK access, struct thread_slot **slot, struct cell **cell) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_THREAD, access, &object);

    if (status)
        return status;
    *cell = cell_at(object.cell);
    *slot = (*cell)->thread.slot < ARENA_MAX_THREADS ? &winipc_arena->thread[(*cell)->thread.slot] : NULL;
    if (!*slot || atomic_load(&(*slot)->cell) != object.cell + 1 || atomic_load(&(*cell)->word) & WORD_SIGNALED)
        return STATUS_THREAD_IS_TERMINATING;
    return STATUS_SUCCESS;
}

uint32_t thread_count_down(struct thread_slot *slot) {
    uint32_t word = atomic_load(&slot->suspend), left;

    do {
        left = word & SUSPEND_COUNT ? word - 1 : word;
        left = left & SUSPEND_COUNT ? left : left & ~SUSPEND_HELD;
    } while (!atomic_compare_exchange_weak(&slot->suspend, &word, left));
    if (word & SUSPEND_COUNT && !(left & SUSPEND_COUNT))
        syscall(SYS_futex, &slot->suspend, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
    return word & SUSPEND_COUNT;
}

/**
 * NtResumeThread() - lowers the suspend count; at 0 the thread runs.
 * @previous: receives the count before; may be NULL.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED.
 */
NTSTATUS WINAPI NtResumeThread(HANDLE handle, ULONG *previous) {
    struct thread_slot *slot;
    struct cell *cell;
    NTSTATUS status = thread_slot_of(handle, THREAD_SUSPEND_RESUME, &slot, &cell);
    uint32_t count;

    if (status)
        return status;
    count = thread_count_down(slot);
    if (previous)
        *previous = count;
    return STATUS_SUCCESS;
}

/**
 * NtSuspendThread() - raises a thread's suspend count.  On return no code of the program goes on in it: it stands still, or will on its
 * return from what it called.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_SUSPEND_COUNT_EXCEEDED (127), STATUS_THREAD_IS_TERMINATING.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-suspendthread
 */
NTSTATUS WINAPI NtSuspendThread(HANDLE handle, ULONG *previous) {
    struct thread_slot *slot;
    struct cell *cell;
    NTSTATUS status = thread_slot_of(handle, THREAD_SUSPEND_RESUME, &slot, &cell);
    uint32_t count;

    if (status)
        return status;
    count = atomic_load(&slot->suspend);
    do {
        if ((count & SUSPEND_COUNT) == MAXIMUM_SUSPEND_COUNT)
            return STATUS_SUSPEND_COUNT_EXCEEDED;
    } while (!atomic_compare_exchange_weak(&slot->suspend, &count, count + 1));
    if (previous)
        *previous = count & SUSPEND_COUNT;
    if (slot == arena_self.slot)
        suspend_point();
    else
        suspend_request(slot, cell);
    return STATUS_SUCCESS;
}

/**
 * NtTerminateThread() - ends a thread: its mutants are abandoned; DLLs, FLS callbacks and locks of the program hear nothing of it.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_THREAD_IS_TERMINATING; does not return for the calling one.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-terminatethread
 */
NTSTATUS WINAPI NtTerminateThread(HANDLE handle, LONG exit_code) {
    struct thread_slot *slot;
    struct cell *cell;
    NTSTATUS status;

    if (!handle)
        thread_exit((DWORD)exit_code);
    status = thread_slot_of(handle, THREAD_TERMINATE, &slot, &cell);
    if (status)
        return status;
    atomic_store(&cell->thread.exit_code, (uint32_t)exit_code);
    atomic_fetch_or(&slot->suspend, SUSPEND_END);
    if (slot == arena_self.slot)
        suspend_point();
    suspend_request(slot, cell);
    return STATUS_SUCCESS;
}

/**
 * RtlExitUserThread() - ends the calling thread: its DLLs are told, its mutants abandoned.
 */
void WINAPI RtlExitUserThread(ULONG exit_code) {
    thread_exit(exit_code);
}

static void thread_times(struct cell *cell, KERNEL_USER_TIMES *times) {
    struct timespec used = {0};
    clockid_t clock = (clockid_t)(~atomic_load(&cell->thread.tid) << 3 | 6); /* the CPU clock of a thread of this process */

    memset(times, 0, sizeof *times);
    times->CreateTime.QuadPart = (LONGLONG)atomic_load(&cell->thread.created_100ns);
    times->ExitTime.QuadPart = (LONGLONG)atomic_load(&cell->thread.exited_100ns);
    if (!times->ExitTime.QuadPart)
        clock_gettime(clock, &used);
    times->UserTime.QuadPart = used.tv_sec * 10000000ll + used.tv_nsec / 100;
}

/* The slot of a thread that may have ended: then NULL. */
static const struct thread_slot *thread_slot_at(const struct cell *cell) {
    const struct thread_slot *slot = cell->thread.slot < ARENA_MAX_THREADS ? &winipc_arena->thread[cell->thread.slot] : NULL;

    return slot && atomic_load(&slot->cell) == cell_index(cell) + 1 ? slot : NULL;
}

static NTSTATUS thread_basic(struct cell *cell, THREAD_BASIC_INFORMATION *info) {
    const struct thread_slot *slot = thread_slot_at(cell);

    memset(info, 0, sizeof *info);
    info->ExitStatus = (NTSTATUS)atomic_load(&cell->thread.exit_code);
    info->ClientId.UniqueProcess = teb_id(atomic_load(&cell->thread.pid));
    info->ClientId.UniqueThread = teb_id(atomic_load(&cell->thread.tid));
    if (atomic_load(&cell->thread.tid) == (uint32_t)gettid())
        info->TebBaseAddress = NtCurrentTeb();
    if (!slot)
        return STATUS_SUCCESS;
    info->AffinityMask = thread_affinity(slot);
    info->Priority = thread_base_priority(slot);
    info->BasePriority = thread_increment(slot);
    return STATUS_SUCCESS;
}

static void thread_scheduling(const struct cell *cell, THREADINFOCLASS class, void *data) {
    const struct thread_slot *slot = thread_slot_at(cell);

    if (class == ThreadPriorityBoost)
        *(ULONG *)data = slot && thread_boost_is_off(slot);
    else if (class == ThreadIoPriority)
        *(ULONG *)data = slot ? thread_io_priority(slot) : 0;
    else if (class == ThreadGroupInformation)
        *(GROUP_AFFINITY *)data = (GROUP_AFFINITY){.Mask = slot ? thread_affinity(slot) : 0};
    else
        *(PROCESSOR_NUMBER *)data = (PROCESSOR_NUMBER){.Number = slot ? thread_ideal_processor(slot) : 0};
}

/**
 * NtQueryInformationThread() - ThreadBasicInformation, ThreadTimes, ThreadAmILastThread, ThreadIsTerminated, ThreadPriorityBoost,
 * ThreadGroupInformation, ThreadIdealProcessorEx.
 * Return: STATUS_SUCCESS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED.
 */
NTSTATUS WINAPI NtQueryInformationThread(HANDLE handle, THREADINFOCLASS class, void *data, ULONG size, ULONG *used) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_THREAD, THREAD_QUERY_LIMITED_INFORMATION, &object);
    struct cell *cell = status ? NULL : cell_at(object.cell);
    ULONG need;

    if (status)
        return status;
    switch ((int)class) {
    case ThreadBasicInformation: need = sizeof(THREAD_BASIC_INFORMATION); break;
    case ThreadTimes: need = sizeof(KERNEL_USER_TIMES); break;
    case ThreadAmILastThread: need = sizeof(ULONG); break;
    case ThreadIsTerminated: need = sizeof(ULONG); break;
    case ThreadIoPriority:
    case ThreadPriorityBoost: need = sizeof(ULONG); break;
    case ThreadGroupInformation: need = sizeof(GROUP_AFFINITY); break;
    case ThreadIdealProcessorEx: need = sizeof(PROCESSOR_NUMBER); break;
    default: return STATUS_INVALID_INFO_CLASS;
    }
    if (size != need)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (used)
        *used = need;
    if (class == ThreadBasicInformation)
        return thread_basic(cell, data);
    if (class == ThreadTimes)
        thread_times(cell, data);
    else if (class == ThreadAmILastThread)
        *(ULONG *)data = thread_count() == 1;
    else if (class != ThreadIsTerminated)
        thread_scheduling(cell, class, data);
    else
        *(ULONG *)data = (atomic_load(&cell->word) & WORD_SIGNALED) != 0;
    return STATUS_SUCCESS;
}

uint32_t thread_cell_of(const struct client_ids *client) {
    for (uint32_t t = 0; client->tid && t < atomic_load(&winipc_arena->header.n_threads); t++) {
        const struct thread_slot *slot = &winipc_arena->thread[t];
        const uint32_t state = atomic_load(&slot->state), owner = SLOT_OWNER(state), cell = atomic_load(&slot->cell);

        if (SLOT_LIFE(state) == SLOT_FREE || atomic_load(&slot->tid) != client->tid || !cell)
            continue;
        if (!client->pid || (owner < ARENA_MAX_PROCESSES && atomic_load(&winipc_arena->process[owner].pid) == client->pid))
            return cell;
    }
    return 0;
}

/**
 * NtOpenThread() - a handle to the thread of an id.
 * @attributes: without a name.
 * @id: the thread's; its two lowest bits do not count. With a process's id beside it, it must be that one's thread.
 * Return: STATUS_SUCCESS, STATUS_INVALID_CID, STATUS_INVALID_PARAMETER_MIX (a name, or no id), STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION,
 * STATUS_INSUFFICIENT_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntddk/nf-ntddk-ntopenprocess
 */
NTSTATUS WINAPI NtOpenThread(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const CLIENT_ID *id) {
    struct client_ids client;
    NTSTATUS status = client_id_read(handle, attributes, id, &client);
    uint32_t cell;

    if (status)
        return status;
    cell = thread_cell_of(&client);
    if (!cell) /* of a dead one it is not known any more whose it was */
        return client.tid && !client.pid ? object_share_dead(CELL_THREAD, client.tid, access, attributes, handle) : STATUS_INVALID_CID;
    status = security_check(cell - 1, access, &access);
    return status ? status : object_share(cell - 1, access, attributes, handle);
}
