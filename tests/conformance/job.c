/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs: members, limits, messages, ends. */
#include "nt.h"

#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x2000d
#endif
#ifndef JOB_OBJECT_TERMINATE_AT_END_OF_JOB
#define JOB_OBJECT_TERMINATE_AT_END_OF_JOB 0
#define JOB_OBJECT_POST_AT_END_OF_JOB 1
#endif

static HANDLE job_new(void) {
    HANDLE job = CreateJobObjectA(NULL, NULL);

    REQUIRE_HANDLE(job);
    return job;
}

static void limit(HANDLE job, DWORD flags, DWORD active) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info = {0};

    info.BasicLimitInformation.LimitFlags = flags;
    info.BasicLimitInformation.ActiveProcessLimit = active;
    CHECK_OK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info));
}

static JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting(HANDLE job) {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION info;

    POISON_OUT(info);
    CHECK_OK(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &info, sizeof info, NULL));
    return info;
}

static BOOL is_in(HANDLE process, HANDLE job) {
    BOOL result = (BOOL)POISON;

    CHECK_OK(IsProcessInJob(process, job, &result));
    return result;
}

/* The event for which the children wait, open in this process so that it is there. */
static HANDLE go_event(void) {
    HANDLE go = CreateEventA(NULL, TRUE, FALSE, own_name("go"));

    REQUIRE_HANDLE(go);
    return go;
}

ROLE(wait_for_go) {
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, own_name("go"));

    (void)argc;
    (void)argv;
    REQUIRE_HANDLE(go);
    WaitForSingleObject(go, INFINITE);
}

ROLE(exit_with) {
    ExitProcess(argc ? (DWORD)strtoul(argv[0], NULL, 0) : 0);
}

/* A child that runs into nothing before it is in the job. */
static PROCESS_INFORMATION start(const char *role, const char *args, DWORD flags, HANDLE *jobs, DWORD n_jobs) {
    char command[2 * MAX_PATH + 200], room[256];
    STARTUPINFOEXA info = {.StartupInfo = {.cb = sizeof info}};
    PROCESS_INFORMATION made = {0};
    SIZE_T size = sizeof room;

    own_command(command, sizeof command, role, args);
    if (n_jobs) {
        info.lpAttributeList = (LPPROC_THREAD_ATTRIBUTE_LIST)room;
        REQUIRE_OK(InitializeProcThreadAttributeList(info.lpAttributeList, 1, 0, &size));
        REQUIRE_OK(UpdateProcThreadAttribute(
            info.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, jobs, n_jobs * sizeof *jobs, NULL, NULL));
        flags |= EXTENDED_STARTUPINFO_PRESENT;
    }
    SetLastError(POISON);
    if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, flags, NULL, NULL, &info.StartupInfo, &made))
        made.hProcess = NULL;
    return made;
}

static DWORD end_of(PROCESS_INFORMATION *made) {
    DWORD code = POISON;

    CHECK_SIGNALLED(made->hProcess);
    CHECK_OK(GetExitCodeProcess(made->hProcess, &code));
    CloseHandle(made->hProcess);
    CloseHandle(made->hThread);
    return code;
}

/* A child in a job that waits for the event. */
static PROCESS_INFORMATION start_in(HANDLE job) {
    PROCESS_INFORMATION made = start("wait_for_go", NULL, CREATE_SUSPENDED, NULL, 0);

    REQUIRE_HANDLE(made.hProcess);
    CHECK_OK(AssignProcessToJobObject(job, made.hProcess));
    ResumeThread(made.hThread);
    return made;
}

TEST(a_process_is_in_the_job) {
    HANDLE job = job_new(), other = job_new(), go = go_event();
    PROCESS_INFORMATION made = start("wait_for_go", NULL, 0, NULL, 0);
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION info = accounting(job);

    CHECK_EQ(info.TotalProcesses, 0);
    CHECK_EQ(info.ActiveProcesses, 0);
    CHECK(!is_in(made.hProcess, job));
    CHECK_OK(AssignProcessToJobObject(job, made.hProcess));
    CHECK(is_in(made.hProcess, job));
    CHECK(is_in(made.hProcess, NULL));
    CHECK(!is_in(made.hProcess, other));
    CHECK(!is_in(GetCurrentProcess(), job));
    info = accounting(job);
    CHECK_EQ(info.TotalProcesses, 1);
    CHECK_EQ(info.ActiveProcesses, 1);
    CHECK_EQ(info.TotalTerminatedProcesses, 0);
    SetEvent(go);
    CHECK_EQ(end_of(&made), 0);
    info = accounting(job);
    CHECK_EQ(info.TotalProcesses, 1);
    CHECK_EQ(info.ActiveProcesses, 0);
    CHECK_UNSIGNALLED(job); /* it is not signalled when its last process ends */
    CloseHandle(other);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(process_ids) {
    HANDLE job = job_new(), go = go_event();
    PROCESS_INFORMATION a = start_in(job), b = start_in(job);
    struct {
        DWORD assigned, listed;
        ULONG_PTR id[4];
    } list;
    DWORD used = POISON;

    POISON_OUT(list);
    CHECK_OK(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof list, &used));
    CHECK_EQ(list.assigned, 2);
    CHECK_EQ(list.listed, 2);
    CHECK((list.id[0] == a.dwProcessId && list.id[1] == b.dwProcessId) ||
          (list.id[1] == a.dwProcessId && list.id[0] == b.dwProcessId));
    CHECK_EQ(used, 8 + 2 * sizeof(ULONG_PTR));
    CHECK_UNTOUCHED(list.id[2]);
    POISON_OUT(list);
    CHECK_ERROR(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, 8 + sizeof(ULONG_PTR), NULL),
        ERROR_MORE_DATA);
    CHECK_EQ(list.assigned, 2);
    CHECK_EQ(list.listed, 1);
    CHECK_UNTOUCHED(list.id[1]);
    CHECK_ERROR(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, 8, NULL), ERROR_BAD_LENGTH);
    SetEvent(go);
    CHECK_EQ(end_of(&a), 0);
    CHECK_EQ(end_of(&b), 0);
    CHECK_OK(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof list, NULL));
    CHECK_EQ(list.assigned, 0);
    CHECK_EQ(list.listed, 0);
    CloseHandle(job);
    CloseHandle(go);
}

/* A process tells the test of a child of its own through a pipe: the child's id, or the error. */
struct news {
    DWORD child, error;
};

static void tell(DWORD child, DWORD error) {
    const struct news news = {child, error};
    DWORD n;
    HANDLE pipe = CreateFileA(own_pipe("news"), GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    REQUIRE_HANDLE(pipe);
    CHECK_OK(WriteFile(pipe, &news, sizeof news, &n, NULL));
    CloseHandle(pipe);
}

static HANDLE news_pipe(void) {
    HANDLE pipe = CreateNamedPipeA(own_pipe("news"), PIPE_ACCESS_INBOUND, 0, 1, 64, 64, 0, NULL);

    REQUIRE_HANDLE(pipe);
    return pipe;
}

static struct news news_from(HANDLE pipe) {
    struct news news = {0, POISON};
    DWORD n;

    CHECK(ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    CHECK_OK(ReadFile(pipe, &news, sizeof news, &n, NULL));
    CloseHandle(pipe);
    return news;
}

ROLE(parent) {
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, own_name("go"));
    PROCESS_INFORMATION made = start("wait_for_go", NULL, argc ? (DWORD)strtoul(argv[0], NULL, 0) : 0, NULL, 0);

    tell(made.dwProcessId, made.hProcess ? 0 : GetLastError());
    WaitForSingleObject(go, INFINITE);
    if (made.hProcess)
        end_of(&made);
}

/* Starts a parent in the job and waits for its child.  Return: a handle of the child, or NULL with the error. */
static HANDLE start_family(HANDLE job, const char *flags, PROCESS_INFORMATION *parent, DWORD *error) {
    HANDLE pipe = news_pipe();
    struct news news;

    *parent = start("parent", flags, CREATE_SUSPENDED, NULL, 0);
    REQUIRE_HANDLE(parent->hProcess);
    CHECK_OK(AssignProcessToJobObject(job, parent->hProcess));
    ResumeThread(parent->hThread);
    news = news_from(pipe);
    *error = news.error;
    return news.child ? OpenProcess(PROCESS_ALL_ACCESS, FALSE, news.child) : NULL;
}

TEST(children_are_in_the_job) {
    HANDLE job = job_new(), go = go_event(), child;
    PROCESS_INFORMATION parent;
    DWORD error;

    child = start_family(job, "0", &parent, &error);
    REQUIRE_HANDLE(child);
    CHECK(is_in(child, job));
    CHECK_EQ(accounting(job).ActiveProcesses, 2);
    CHECK_EQ(accounting(job).TotalProcesses, 2);
    SetEvent(go);
    CHECK_SIGNALLED(child);
    CHECK_EQ(end_of(&parent), 0);
    CloseHandle(child);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(no_breakaway_unless_allowed) {
    HANDLE job = job_new(), go = go_event(), child;
    PROCESS_INFORMATION parent;
    DWORD error;

    child = start_family(job, "0x01000000", &parent, &error); /* CREATE_BREAKAWAY_FROM_JOB */
    CHECK(!child);
    CHECK_EQ(error, ERROR_ACCESS_DENIED);
    SetEvent(go);
    CHECK_EQ(end_of(&parent), 0);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(breakaway) {
    HANDLE job = job_new(), go = go_event(), child;
    PROCESS_INFORMATION parent;
    DWORD error;

    limit(job, JOB_OBJECT_LIMIT_BREAKAWAY_OK, 0);
    child = start_family(job, "0x01000000", &parent, &error);
    REQUIRE_HANDLE(child);
    CHECK(!is_in(child, job));
    CHECK_EQ(accounting(job).ActiveProcesses, 1);
    SetEvent(go);
    CHECK_SIGNALLED(child);
    CHECK_EQ(end_of(&parent), 0);
    CloseHandle(child);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(silent_breakaway) {
    HANDLE job = job_new(), go = go_event(), child;
    PROCESS_INFORMATION parent;
    DWORD error;

    limit(job, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, 0);
    child = start_family(job, "0", &parent, &error);
    REQUIRE_HANDLE(child);
    CHECK(!is_in(child, job));
    SetEvent(go);
    CHECK_SIGNALLED(child);
    CHECK_EQ(end_of(&parent), 0);
    CloseHandle(child);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(terminate_ends_all) {
    HANDLE job = job_new(), go = go_event(), child;
    PROCESS_INFORMATION parent;
    DWORD error, code = POISON;

    child = start_family(job, "0", &parent, &error);
    REQUIRE_HANDLE(child);
    CHECK_OK(TerminateJobObject(job, 0xC0FFEE));
    CHECK_SIGNALLED(child);
    CHECK_OK(GetExitCodeProcess(child, &code));
    CHECK_EQ(code, 0xC0FFEE);
    CHECK_EQ(end_of(&parent), 0xC0FFEE);
    CHECK_EQ(accounting(job).ActiveProcesses, 0);
    CHECK_EQ(accounting(job).TotalTerminatedProcesses, 0); /* no limit ended them */
    CHECK_OK(TerminateJobObject(job, 1));                  /* nobody is in it */
    CloseHandle(child);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(terminate_reaches_a_suspended_process) {
    HANDLE job = job_new(), go = go_event();
    PROCESS_INFORMATION made = start("wait_for_go", NULL, CREATE_SUSPENDED, NULL, 0);

    CHECK_OK(AssignProcessToJobObject(job, made.hProcess));
    CHECK_OK(TerminateJobObject(job, 5));
    CHECK_EQ(end_of(&made), 5);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(kill_on_close) {
    HANDLE job = job_new(), copy = NULL, go = go_event();
    PROCESS_INFORMATION made;

    limit(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0);
    made = start_in(job);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), job, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(job);
    CHECK_STILL_WAITING(made.hProcess);
    CloseHandle(copy);
    CHECK_EQ(end_of(&made), 0);
    CloseHandle(go);
}

TEST(without_it_they_live_on) {
    HANDLE job = CreateJobObjectA(NULL, own_name("job")), go = go_event();
    PROCESS_INFORMATION made = start_in(job);

    CloseHandle(job);
    CHECK_STILL_WAITING(made.hProcess);
    CHECK(is_in(made.hProcess, NULL));
    CHECK_ERROR(OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, own_name("job")), ERROR_FILE_NOT_FOUND);
    SetEvent(go);
    CHECK_EQ(end_of(&made), 0);
    CloseHandle(go);
}

ROLE(hold_a_job) {
    HANDLE job = job_new();
    PROCESS_INFORMATION made;

    (void)argc;
    (void)argv;
    limit(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0);
    made = start_in(job);
    tell(made.dwProcessId, 0);
    WaitForSingleObject(made.hProcess, INFINITE);
}

TEST(the_holder_is_killed) {
    HANDLE pipe = news_pipe(), go = go_event(), member;
    struct child holder = spawn_self("hold_a_job", NULL);

    member = OpenProcess(SYNCHRONIZE, FALSE, news_from(pipe).child);
    REQUIRE_HANDLE(member);
    CHECK_UNSIGNALLED(member);
    CHECK_OK(TerminateProcess(holder.process, 3));
    CHECK_SIGNALLED(member);
    CHECK_EQ(child_exit_code(&holder), 3);
    CloseHandle(member);
    CloseHandle(go);
}

TEST(active_process_limit) {
    HANDLE job = job_new(), go = go_event(), child;
    PROCESS_INFORMATION parent, more;
    DWORD error;

    limit(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 1);
    child = start_family(job, "0", &parent, &error);
    CHECK(!child);
    CHECK_EQ(error, ERROR_NOT_ENOUGH_QUOTA);
    CHECK_EQ(accounting(job).ActiveProcesses, 1);
    more = start("wait_for_go", NULL, CREATE_SUSPENDED, NULL, 0);
    CHECK_ERROR(AssignProcessToJobObject(job, more.hProcess), ERROR_NOT_ENOUGH_QUOTA);
    CHECK_SIGNALLED(more.hProcess); /* it is ended */
    CloseHandle(more.hProcess);
    CloseHandle(more.hThread);
    SetEvent(go);
    CHECK_EQ(end_of(&parent), 0);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(names) {
    HANDLE job = CreateJobObjectA(NULL, own_name("job")), again, weak, event;

    REQUIRE_HANDLE(job);
    SetLastError(POISON);
    again = CreateJobObjectA(NULL, own_name("job"));
    REQUIRE_HANDLE(again);
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    limit(again, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 7);
    weak = OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, own_name("job"));
    REQUIRE_HANDLE(weak);
    CHECK_ERROR(AssignProcessToJobObject(weak, GetCurrentProcess()), ERROR_ACCESS_DENIED);
    CHECK_ERROR(TerminateJobObject(weak, 0), ERROR_ACCESS_DENIED);
    CHECK_ERROR(OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, own_name("none")), ERROR_FILE_NOT_FOUND);
    event = CreateEventA(NULL, TRUE, FALSE, own_name("event"));
    CHECK_ERROR(CreateJobObjectA(NULL, own_name("event")), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    CloseHandle(weak);
    CloseHandle(again);
    CloseHandle(job);
    CHECK_ERROR(OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, own_name("job")), ERROR_FILE_NOT_FOUND);
}

TEST(limits_are_kept) {
    HANDLE job = job_new();
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info = {0}, got;
    JOBOBJECT_BASIC_LIMIT_INFORMATION basic = {0};
    DWORD used = POISON;

    info.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_TIME | JOB_OBJECT_LIMIT_ACTIVE_PROCESS |
                                            JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION |
                                            JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK;
    info.BasicLimitInformation.ActiveProcessLimit = 12;
    info.BasicLimitInformation.PerProcessUserTimeLimit.QuadPart = 36000000000ll;
    CHECK_OK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info));
    POISON_OUT(got);
    CHECK_OK(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &got, sizeof got, &used));
    CHECK_EQ(used, sizeof got);
    CHECK_EQ(got.BasicLimitInformation.LimitFlags, info.BasicLimitInformation.LimitFlags);
    CHECK_EQ(got.BasicLimitInformation.ActiveProcessLimit, 12);
    CHECK_EQ(got.BasicLimitInformation.PerProcessUserTimeLimit.QuadPart, 36000000000ll);
    CHECK_OK(QueryInformationJobObject(job, JobObjectBasicLimitInformation, &basic, sizeof basic, NULL));
    CHECK_EQ(basic.ActiveProcessLimit, 12);
    basic.LimitFlags = 0;
    CHECK_OK(SetInformationJobObject(job, JobObjectBasicLimitInformation, &basic, sizeof basic));
    CHECK_OK(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &got, sizeof got, NULL));
    CHECK_EQ(got.BasicLimitInformation.LimitFlags, 0);
    CloseHandle(job);
}

TEST(a_jobs_priority_class) {
    HANDLE job = job_new(), inner = job_new(), go = go_event();
    JOBOBJECT_BASIC_LIMIT_INFORMATION info = {0}, got;
    PROCESS_INFORMATION made = start("wait_for_go", NULL, 0, NULL, 0);

    info.LimitFlags = JOB_OBJECT_LIMIT_PRIORITY_CLASS;
    info.PriorityClass = 7;
    CHECK_ERROR(SetInformationJobObject(job, JobObjectBasicLimitInformation, &info, sizeof info), ERROR_INVALID_PARAMETER);
    info.PriorityClass = BELOW_NORMAL_PRIORITY_CLASS;
    CHECK_OK(SetInformationJobObject(job, JobObjectBasicLimitInformation, &info, sizeof info));
    POISON_OUT(got);
    CHECK_OK(QueryInformationJobObject(job, JobObjectBasicLimitInformation, &got, sizeof got, NULL));
    CHECK_EQ(got.LimitFlags, JOB_OBJECT_LIMIT_PRIORITY_CLASS);
    CHECK_EQ(got.PriorityClass, BELOW_NORMAL_PRIORITY_CLASS);
    CHECK_EQ(GetPriorityClass(made.hProcess), NORMAL_PRIORITY_CLASS);
    CHECK_OK(AssignProcessToJobObject(job, made.hProcess));
    CHECK_EQ(GetPriorityClass(made.hProcess), BELOW_NORMAL_PRIORITY_CLASS);
    SetPriorityClass(made.hProcess, HIGH_PRIORITY_CLASS);
    CHECK_EQ(GetPriorityClass(made.hProcess), BELOW_NORMAL_PRIORITY_CLASS);
    info.PriorityClass = IDLE_PRIORITY_CLASS;
    CHECK_OK(SetInformationJobObject(inner, JobObjectBasicLimitInformation, &info, sizeof info));
    CHECK_OK(AssignProcessToJobObject(inner, made.hProcess));
    CHECK_EQ(GetPriorityClass(made.hProcess), IDLE_PRIORITY_CLASS);
    SetEvent(go);
    CHECK_EQ(end_of(&made), 0);
    CloseHandle(inner);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(errors) {
    HANDLE job = job_new(), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info = {0};
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT port = {NULL, event};
    BOOL result = (BOOL)POISON;

    CHECK_ERROR(
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info - 1), ERROR_BAD_LENGTH);
    CHECK_ERROR(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info - 1, NULL),
        ERROR_BAD_LENGTH);
    CHECK_ERROR(SetInformationJobObject(job, 1000, &info, sizeof info), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(QueryInformationJobObject(job, 1000, &info, sizeof info, NULL), ERROR_INVALID_PARAMETER);
    info.BasicLimitInformation.LimitFlags = 0x80000000;
    CHECK_ERROR(
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info), ERROR_INVALID_PARAMETER);
    info.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE; /* not one of the basic ones */
    CHECK_ERROR(SetInformationJobObject(job, JobObjectBasicLimitInformation, &info, sizeof info.BasicLimitInformation),
        ERROR_INVALID_PARAMETER);
    info.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_JOB_TIME | JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME;
    CHECK_ERROR(
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info), ERROR_INVALID_PARAMETER);
    info.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS; /* of none */
    CHECK_ERROR(
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &port, sizeof port),
        ERROR_INVALID_HANDLE);
    CHECK_ERROR(AssignProcessToJobObject(event, GetCurrentProcess()), ERROR_INVALID_HANDLE);
    CHECK_ERROR(AssignProcessToJobObject(job, event), ERROR_INVALID_HANDLE);
    CHECK_ERROR(AssignProcessToJobObject(job, NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(IsProcessInJob(event, job, &result), ERROR_INVALID_HANDLE);
    CHECK_ERROR(IsProcessInJob(GetCurrentProcess(), event, &result), ERROR_INVALID_HANDLE);
    CHECK_EQ(result, (BOOL)POISON);
    CHECK_ERROR(TerminateJobObject(event, 0), ERROR_INVALID_HANDLE);
    CHECK_ERROR(TerminateJobObject(NULL, 0), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    CloseHandle(job);
}

TEST(a_dead_process_does_not_join) {
    HANDLE job = job_new();
    PROCESS_INFORMATION made = start("exit_with", "0", 0, NULL, 0);

    CHECK_SIGNALLED(made.hProcess);
    CHECK_ERROR(AssignProcessToJobObject(job, made.hProcess), ERROR_ACCESS_DENIED);
    CHECK_EQ(end_of(&made), 0);
    CloseHandle(job);
}

/* ---- messages ---- */

static HANDLE port_of(HANDLE job) {
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT info = {(void *)0x1234, port};

    REQUIRE_HANDLE(port);
    CHECK_OK(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &info, sizeof info));
    return port;
}

#define ANY_PROCESS 0xffffffffu

static void check_message(HANDLE port, DWORD message, DWORD pid) {
    OVERLAPPED *value = (OVERLAPPED *)(ULONG_PTR)POISON;
    ULONG_PTR key = POISON;
    DWORD got = POISON;

    CHECK_OK(GetQueuedCompletionStatus(port, &got, &key, &value, WAIT_LIMIT_MS));
    CHECK_EQ(got, message);
    CHECK_EQ(key, 0x1234);
    if (pid != ANY_PROCESS)
        CHECK_EQ((ULONG_PTR)value, pid);
}

static void check_no_message(HANDLE port) {
    OVERLAPPED *value;
    ULONG_PTR key;
    DWORD got;

    CHECK(!GetQueuedCompletionStatus(port, &got, &key, &value, 0));
    CHECK(!value);
}

TEST(messages) {
    HANDLE job = job_new(), port = port_of(job), go = go_event();
    PROCESS_INFORMATION a = start_in(job), b;
    DWORD a_id = a.dwProcessId, b_id;

    check_message(port, JOB_OBJECT_MSG_NEW_PROCESS, a_id);
    b = start_in(job);
    b_id = b.dwProcessId;
    check_message(port, JOB_OBJECT_MSG_NEW_PROCESS, b_id);
    CHECK_OK(TerminateProcess(a.hProcess, 9));
    check_message(port, JOB_OBJECT_MSG_EXIT_PROCESS, a_id);
    CHECK_EQ(end_of(&a), 9);
    check_no_message(port);
    CHECK_OK(TerminateProcess(b.hProcess, (UINT)STATUS_ACCESS_VIOLATION));
    check_message(port, JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS, b_id);
    check_message(port, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    end_of(&b);
    check_no_message(port);
    CloseHandle(port);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(messages_of_a_family) {
    HANDLE job = job_new(), port = port_of(job), go = go_event(), child;
    PROCESS_INFORMATION parent;
    DWORD error, pid;

    limit(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 2);
    child = start_family(job, "0", &parent, &error);
    REQUIRE_HANDLE(child);
    pid = parent.dwProcessId;
    check_message(port, JOB_OBJECT_MSG_NEW_PROCESS, pid);
    check_message(port, JOB_OBJECT_MSG_NEW_PROCESS, GetProcessId(child));
    SetEvent(go);
    CHECK_SIGNALLED(parent.hProcess);
    check_message(port, JOB_OBJECT_MSG_EXIT_PROCESS, ANY_PROCESS); /* which of them was the first is open */
    check_message(port, JOB_OBJECT_MSG_EXIT_PROCESS, ANY_PROCESS);
    check_message(port, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    CHECK_EQ(end_of(&parent), 0);
    CloseHandle(child);
    CloseHandle(port);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(the_limit_is_a_message) {
    HANDLE job = job_new(), port = port_of(job), go = go_event(), child;
    PROCESS_INFORMATION parent;
    DWORD error;

    limit(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 1);
    child = start_family(job, "0", &parent, &error);
    CHECK(!child);
    check_message(port, JOB_OBJECT_MSG_NEW_PROCESS, parent.dwProcessId);
    check_message(port, JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, 0);
    SetEvent(go);
    CHECK_EQ(end_of(&parent), 0);
    CloseHandle(port);
    CloseHandle(job);
    CloseHandle(go);
}

TEST(a_port_that_comes_later) {
    HANDLE job = job_new(), go = go_event(), port;
    PROCESS_INFORMATION made = start_in(job);
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT info = {NULL, NULL};

    port = port_of(job);
    check_message(port, JOB_OBJECT_MSG_NEW_PROCESS, made.dwProcessId); /* of those that are there */
    info.CompletionPort = port;
    CHECK_ERROR(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &info, sizeof info),
        ERROR_INVALID_PARAMETER);
    info.CompletionPort = NULL;
    CHECK_OK(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &info, sizeof info));
    SetEvent(go);
    CHECK_EQ(end_of(&made), 0);
    check_no_message(port);
    CloseHandle(port);
    CloseHandle(job);
    CloseHandle(go);
}

/* ---- nesting ---- */

TEST(nested) {
    HANDLE outer = job_new(), inner = job_new(), other = job_new(), go = go_event();
    PROCESS_INFORMATION a = start_in(outer), b;

    CHECK_OK(AssignProcessToJobObject(inner, a.hProcess));
    CHECK(is_in(a.hProcess, outer));
    CHECK(is_in(a.hProcess, inner));
    CHECK_EQ(accounting(outer).ActiveProcesses, 1);
    CHECK_EQ(accounting(inner).ActiveProcesses, 1);
    b = start_in(inner); /* joins the outer one with it */
    CHECK(is_in(b.hProcess, outer));
    CHECK_EQ(accounting(outer).ActiveProcesses, 2);
    CHECK_EQ(accounting(outer).TotalProcesses, 2);
    CHECK_OK(AssignProcessToJobObject(other, b.hProcess)); /* empty: a third level */
    CHECK_OK(TerminateJobObject(inner, 4));
    CHECK_EQ(end_of(&a), 4);
    CHECK_EQ(end_of(&b), 4);
    CHECK_EQ(accounting(outer).ActiveProcesses, 0);
    CloseHandle(other);
    CloseHandle(inner);
    CloseHandle(outer);
    CloseHandle(go);
}

TEST(jobs_that_do_not_nest) {
    HANDLE a = job_new(), b = job_new(), go = go_event();
    PROCESS_INFORMATION in_a = start_in(a), in_b = start_in(b);

    CHECK_ERROR(AssignProcessToJobObject(b, in_a.hProcess), ERROR_ACCESS_DENIED); /* it has a process outside of a */
    CHECK(!is_in(in_a.hProcess, b));
    SetEvent(go);
    CHECK_EQ(end_of(&in_a), 0);
    CHECK_EQ(end_of(&in_b), 0);
    CloseHandle(b);
    CloseHandle(a);
    CloseHandle(go);
}

TEST(messages_go_to_the_outer_job_too) {
    HANDLE outer = job_new(), inner = job_new(), outer_port = port_of(outer), inner_port = port_of(inner),
           go = go_event();
    PROCESS_INFORMATION made = start_in(outer);
    DWORD pid = made.dwProcessId;

    check_message(outer_port, JOB_OBJECT_MSG_NEW_PROCESS, pid);
    CHECK_OK(AssignProcessToJobObject(inner, made.hProcess));
    check_message(inner_port, JOB_OBJECT_MSG_NEW_PROCESS, pid);
    check_no_message(outer_port);
    SetEvent(go);
    check_message(inner_port, JOB_OBJECT_MSG_EXIT_PROCESS, pid);
    check_message(outer_port, JOB_OBJECT_MSG_EXIT_PROCESS, pid);
    check_message(inner_port, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    check_message(outer_port, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    CHECK_EQ(end_of(&made), 0);
    CloseHandle(inner_port);
    CloseHandle(outer_port);
    CloseHandle(inner);
    CloseHandle(outer);
    CloseHandle(go);
}

TEST(a_list_of_jobs) {
    HANDLE jobs[2] = {job_new(), job_new()}, go = go_event();
    PROCESS_INFORMATION made = start("wait_for_go", NULL, 0, jobs, 2);

    REQUIRE_HANDLE(made.hProcess);
    CHECK(is_in(made.hProcess, jobs[0]));
    CHECK(is_in(made.hProcess, jobs[1]));
    CHECK(!is_in(GetCurrentProcess(), jobs[0]));
    SetEvent(go);
    CHECK_EQ(end_of(&made), 0);
    CloseHandle(jobs[1]);
    CloseHandle(jobs[0]);
    CloseHandle(go);
}

/* ---- time ---- */

ROLE(burn) {
    const ULONGLONG end = GetTickCount64() + WAIT_LIMIT_MS; /* where no limit ends it */

    (void)argc;
    (void)argv;
    while (GetTickCount64() < end)
        ;
}

TEST(time_of_a_process) {
    HANDLE job = job_new(), port = port_of(job);
    JOBOBJECT_BASIC_LIMIT_INFORMATION info = {0};
    PROCESS_INFORMATION made = start("burn", NULL, CREATE_SUSPENDED, NULL, 0);
    DWORD pid = made.dwProcessId;

    info.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_TIME;
    info.PerProcessUserTimeLimit.QuadPart = 100 * 10000;
    CHECK_OK(SetInformationJobObject(job, JobObjectBasicLimitInformation, &info, sizeof info));
    CHECK_OK(AssignProcessToJobObject(job, made.hProcess));
    ResumeThread(made.hThread);
    CHECK_EQ(end_of(&made), ERROR_NOT_ENOUGH_QUOTA);
    check_message(port, JOB_OBJECT_MSG_NEW_PROCESS, pid);
    check_message(port, JOB_OBJECT_MSG_END_OF_PROCESS_TIME, pid);
    CHECK_EQ(accounting(job).TotalTerminatedProcesses, 1);
    CHECK_UNSIGNALLED(job);
    CloseHandle(port);
    CloseHandle(job);
}

TEST(time_of_the_job) {
    HANDLE job = job_new();
    JOBOBJECT_BASIC_LIMIT_INFORMATION info = {0};
    PROCESS_INFORMATION made = start("burn", NULL, CREATE_SUSPENDED, NULL, 0);

    info.LimitFlags = JOB_OBJECT_LIMIT_JOB_TIME;
    info.PerJobUserTimeLimit.QuadPart = 100 * 10000;
    CHECK_OK(SetInformationJobObject(job, JobObjectBasicLimitInformation, &info, sizeof info));
    CHECK_OK(AssignProcessToJobObject(job, made.hProcess));
    CHECK_UNSIGNALLED(job);
    ResumeThread(made.hThread);
    CHECK_SIGNALLED(job); /* the one thing that signals a job */
    CHECK_EQ(end_of(&made), ERROR_NOT_ENOUGH_QUOTA);
    CHECK(accounting(job).TotalUserTime.QuadPart >= 100 * 10000);
    CHECK_OK(SetInformationJobObject(job, JobObjectBasicLimitInformation, &info, sizeof info));
    CHECK_UNSIGNALLED(job); /* a new limit */
    CloseHandle(job);
}

TEST(the_end_of_time_is_posted) {
    HANDLE job = job_new(), port = port_of(job);
    JOBOBJECT_BASIC_LIMIT_INFORMATION info = {0};
    JOBOBJECT_END_OF_JOB_TIME_INFORMATION end = {JOB_OBJECT_POST_AT_END_OF_JOB};
    PROCESS_INFORMATION made = start("burn", NULL, CREATE_SUSPENDED, NULL, 0);
    DWORD pid = made.dwProcessId;

    CHECK_OK(SetInformationJobObject(job, JobObjectEndOfJobTimeInformation, &end, sizeof end));
    POISON_OUT(end);
    CHECK_OK(QueryInformationJobObject(job, JobObjectEndOfJobTimeInformation, &end, sizeof end, NULL));
    CHECK_EQ(end.EndOfJobTimeAction, JOB_OBJECT_POST_AT_END_OF_JOB);
    info.LimitFlags = JOB_OBJECT_LIMIT_JOB_TIME;
    info.PerJobUserTimeLimit.QuadPart = 100 * 10000;
    CHECK_OK(SetInformationJobObject(job, JobObjectBasicLimitInformation, &info, sizeof info));
    CHECK_OK(AssignProcessToJobObject(job, made.hProcess));
    ResumeThread(made.hThread);
    check_message(port, JOB_OBJECT_MSG_NEW_PROCESS, pid);
    check_message(port, JOB_OBJECT_MSG_END_OF_JOB_TIME, 0);
    CHECK_UNSIGNALLED(made.hProcess);
    CHECK_OK(TerminateJobObject(job, 6));
    CHECK_EQ(end_of(&made), 6);
    CloseHandle(port);
    CloseHandle(job);
}

/* ---- of oneself, and NT's forms ---- */

ROLE(in_its_own_job) {
    HANDLE job = job_new(), none = NULL;
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION info;
    BOOL nested = is_in(GetCurrentProcess(), NULL);

    (void)argc;
    (void)argv;
    if (!nested)
        CHECK_ERROR(QueryInformationJobObject(none, JobObjectBasicAccountingInformation, &info, sizeof info, NULL),
            ERROR_ACCESS_DENIED);
    CHECK_OK(AssignProcessToJobObject(job, GetCurrentProcess()));
    CHECK(is_in(GetCurrentProcess(), job));
    POISON_OUT(info);
    CHECK_OK(QueryInformationJobObject(none, JobObjectBasicAccountingInformation, &info, sizeof info, NULL));
    CHECK_EQ(info.ActiveProcesses, 1);
    TerminateJobObject(job, 44);
    Sleep(INFINITE); /* until the end comes */
}

TEST(ones_own_job) {
    struct child child = spawn_self("in_its_own_job", NULL);

    CHECK_EQ(child_exit_code(&child), 44);
}

TEST(nt_forms) {
    NT_FUNCTION(NtCreateJobObject, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
    NT_FUNCTION(NtOpenJobObject, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
    NT_FUNCTION(NtIsProcessInJob, HANDLE, HANDLE);
    NT_FUNCTION(NtQueryInformationJobObject, HANDLE, int, void *, ULONG, ULONG *);
    NT_FUNCTION(NtTerminateJobObject, HANDLE, NTSTATUS);
    JOBOBJECT_BASIC_LIMIT_INFORMATION info;
    HANDLE job = NULL, again = NULL;
    ULONG used = POISON;

    CHECK_EQ(NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, nt_named("job", 0)), NT_OK);
    CHECK_EQ(NtCreateJobObject(&again, JOB_OBJECT_ALL_ACCESS, nt_named("job", 0)), NT_NAME_COLLISION);
    CHECK_EQ(NtOpenJobObject(&again, JOB_OBJECT_QUERY, nt_named("job", 0)), NT_OK);
    CHECK_EQ(NtIsProcessInJob(GetCurrentProcess(), again), NT(0x123)); /* STATUS_PROCESS_NOT_IN_JOB */
    CHECK_EQ(NtQueryInformationJobObject(again, JobObjectBasicLimitInformation, &info, sizeof info, &used), NT_OK);
    CHECK_EQ(used, sizeof info);
    CHECK_EQ(NtQueryInformationJobObject(again, JobObjectBasicLimitInformation, &info, sizeof info + 1, &used),
        NT_LENGTH_MISMATCH);
    CHECK_EQ(NtQueryInformationJobObject(again, 999, &info, sizeof info, &used), NT_INVALID_INFO_CLASS);
    CHECK_EQ(NtTerminateJobObject(again, 0), NT_ACCESS_DENIED);
    CHECK_EQ(NtTerminateJobObject(job, 0), NT_OK);
    CloseHandle(again);
    CloseHandle(job);
}
