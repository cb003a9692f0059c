/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors of objects: kept, told, changed, and enforced when somebody opens the object a second time. */
#include "harness.h"

#include <accctrl.h>
#include <aclapi.h>
#include <sddl.h>

#ifndef __MINGW32__ /* Wine's headers lack it */
BOOL WINAPI ImpersonateAnonymousToken(HANDLE thread);
#endif

static SECURITY_ATTRIBUTES *security_of(const char *text) {
    static SECURITY_ATTRIBUTES security = {sizeof security, NULL, FALSE};

    REQUIRE_OK(ConvertStringSecurityDescriptorToSecurityDescriptorA(
        text, SDDL_REVISION_1, &security.lpSecurityDescriptor, NULL));
    return &security;
}

/* What a handle's object says, as text. */
static const char *text_of(HANDLE handle, SECURITY_INFORMATION what) {
    static char text[1000];
    BYTE descriptor[1000];
    DWORD size;
    char *made = NULL;

    if (!CHECK_OK(GetKernelObjectSecurity(handle, what, descriptor, sizeof descriptor, &size)) ||
        !CHECK_OK(ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, what, &made, NULL)))
        return "";
    snprintf(text, sizeof text, "%s", made);
    LocalFree(made);
    return text;
}

static void drop_to_ordinary(void) {
    HANDLE token = NULL, made = NULL, client = NULL;
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    SID_AND_ATTRIBUTES off = {sid, 0};

    REQUIRE_OK(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size));
    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token));
    REQUIRE_OK(CreateRestrictedToken(token, DISABLE_MAX_PRIVILEGE, 1, &off, 0, NULL, 0, NULL, &made));
    REQUIRE_OK(DuplicateTokenEx(made, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &client));
    REQUIRE_OK(ImpersonateLoggedOnUser(client));
    CloseHandle(client);
    CloseHandle(made);
    CloseHandle(token);
}

/* ---- kept and told ---- */

TEST(a_given_list_is_kept) {
    HANDLE event = CreateEventA(security_of("D:(A;;0x1f0003;;;WD)(D;;0x2;;;BG)"), TRUE, FALSE, own_name("kept")),
           second;

    REQUIRE_HANDLE(event);
    CHECK_STR(text_of(event, DACL_SECURITY_INFORMATION), "D:(A;;0x1f0003;;;WD)(D;;DC;;;BG)");
    second = OpenEventA(READ_CONTROL, FALSE, own_name("kept"));
    REQUIRE_HANDLE(second);
    CHECK_STR(text_of(second, DACL_SECURITY_INFORMATION), "D:(A;;0x1f0003;;;WD)(D;;DC;;;BG)");
    CloseHandle(second);
    CloseHandle(event);
}

TEST(an_unnamed_object_keeps_it_too) {
    HANDLE mutex = CreateMutexA(security_of("D:(A;;GA;;;WD)"), FALSE, NULL);

    REQUIRE_HANDLE(mutex);
    CHECK_STR(text_of(mutex, DACL_SECURITY_INFORMATION), "D:(A;;0x1f0001;;;WD)"); /* as rights of a mutex */
    CloseHandle(mutex);
}

TEST(owner_and_group_come_from_the_token) {
    HANDLE event = CreateEventA(security_of("D:(A;;GA;;;WD)"), TRUE, FALSE, NULL), token = NULL;
    BYTE descriptor[500], owner[200];
    DWORD size;
    PSID sid = NULL;
    BOOL defaulted;

    REQUIRE_HANDLE(event);
    CHECK_OK(GetKernelObjectSecurity(event, OWNER_SECURITY_INFORMATION, descriptor, sizeof descriptor, &size));
    CHECK_OK(GetSecurityDescriptorOwner(descriptor, &sid, &defaulted));
    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK_OK(GetTokenInformation(token, TokenOwner, owner, sizeof owner, &size));
    CHECK(EqualSid(sid, ((TOKEN_OWNER *)owner)->Owner));
    CloseHandle(token);
    CloseHandle(event);
}

TEST(without_a_list_the_tokens_default_counts) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 1, own_name("default"));
    BYTE descriptor[1000];
    DWORD size = 0;
    BOOL present = FALSE, defaulted;
    ACL *dacl = NULL;

    REQUIRE_HANDLE(semaphore);
    CHECK_ERROR(
        GetKernelObjectSecurity(semaphore, DACL_SECURITY_INFORMATION, NULL, 0, &size), ERROR_INSUFFICIENT_BUFFER);
    CHECK(size > sizeof(SECURITY_DESCRIPTOR_RELATIVE));
    CHECK_OK(GetKernelObjectSecurity(semaphore, DACL_SECURITY_INFORMATION, descriptor, sizeof descriptor, &size));
    CHECK_OK(GetSecurityDescriptorDacl(descriptor, &present, &dacl, &defaulted));
    CHECK(present && dacl && dacl->AceCount);
    CloseHandle(semaphore);
}

TEST(every_kind_of_object_has_one) {
    HANDLE reader, writer, handles[8];
    DWORD size;
    BYTE descriptor[1000];

    REQUIRE_OK(CreatePipe(&reader, &writer, NULL, 0));
    handles[0] = CreateEventA(NULL, FALSE, FALSE, NULL);
    handles[1] = CreateWaitableTimerA(NULL, FALSE, NULL);
    handles[2] = GetCurrentProcess();
    handles[3] = GetCurrentThread();
    handles[4] = CreateJobObjectA(NULL, NULL);
    handles[5] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    handles[6] = reader;
    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | READ_CONTROL, &handles[7]));
    for (int i = 0; i < 8; i++) {
        if (!CHECK_OK(GetKernelObjectSecurity(handles[i],
                OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, descriptor,
                sizeof descriptor, &size)))
            printf("  object %d\n", i);
        else
            CHECK_OK(IsValidSecurityDescriptor(descriptor));
    }
}

TEST(parts_need_their_rights) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("rights")),
           other = OpenEventA(SYNCHRONIZE, FALSE, own_name("rights"));
    SECURITY_ATTRIBUTES *security = security_of("D:(A;;GA;;;WD)");
    BYTE descriptor[1000];
    DWORD size;

    REQUIRE_HANDLE(other);
    CHECK_ERROR(GetKernelObjectSecurity(other, DACL_SECURITY_INFORMATION, descriptor, sizeof descriptor, &size),
        ERROR_ACCESS_DENIED);
    CHECK_ERROR(
        SetKernelObjectSecurity(other, DACL_SECURITY_INFORMATION, security->lpSecurityDescriptor), ERROR_ACCESS_DENIED);
    CHECK_ERROR(GetKernelObjectSecurity(event, SACL_SECURITY_INFORMATION, descriptor, sizeof descriptor, &size),
        ERROR_ACCESS_DENIED);
    CHECK_ERROR(GetKernelObjectSecurity(NULL, DACL_SECURITY_INFORMATION, descriptor, sizeof descriptor, &size),
        ERROR_INVALID_HANDLE);
    CHECK_OK(SetKernelObjectSecurity(event, DACL_SECURITY_INFORMATION, security->lpSecurityDescriptor));
    CHECK_STR(text_of(event, DACL_SECURITY_INFORMATION), "D:(A;;0x1f0003;;;WD)");
    CloseHandle(other);
    CloseHandle(event);
}

/* ---- second openers ---- */

TEST(an_empty_list_keeps_all_out) {
    HANDLE event = CreateEventA(security_of("D:"), TRUE, FALSE, own_name("empty")), owner;

    REQUIRE_HANDLE(event);
    CHECK_OK(SetEvent(event)); /* who made it has what it asked for */
    drop_to_ordinary();
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, own_name("empty")), ERROR_ACCESS_DENIED);
    CHECK_ERROR(OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("empty")), ERROR_ACCESS_DENIED);
    CHECK_ERROR(CreateEventA(NULL, TRUE, FALSE, own_name("empty")), ERROR_ACCESS_DENIED);
    owner = OpenEventA(READ_CONTROL | WRITE_DAC, FALSE, own_name("empty"));
    REQUIRE_HANDLE(owner);
    CHECK_OK(
        SetKernelObjectSecurity(owner, DACL_SECURITY_INFORMATION, security_of("D:(A;;GA;;;WD)")->lpSecurityDescriptor));
    CloseHandle(owner);
    owner = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("empty"));
    CHECK(owner != NULL);
    CloseHandle(owner);
    CHECK_OK(RevertToSelf());
    CloseHandle(event);
}

TEST(no_list_lets_all_in) {
    HANDLE event = CreateEventA(security_of("D:NO_ACCESS_CONTROL"), TRUE, FALSE, own_name("all")), other;

    REQUIRE_HANDLE(event);
    CHECK_OK(ImpersonateAnonymousToken(GetCurrentThread()));
    other = OpenEventA(SYNCHRONIZE, FALSE, own_name("all"));
    CHECK(other != NULL);
    CHECK_OK(RevertToSelf());
    CloseHandle(other);
    CloseHandle(event);
}

TEST(a_handle_has_what_was_asked_for_and_no_more) {
    HANDLE event = CreateEventA(security_of("D:(A;;0x100001;;;WD)"), TRUE, FALSE, own_name("some")), other;

    REQUIRE_HANDLE(event);
    drop_to_ordinary();
    other = OpenEventA(SYNCHRONIZE, FALSE, own_name("some"));
    REQUIRE_HANDLE(other);
    CHECK_UNSIGNALLED(other);
    CHECK_ERROR(SetEvent(other), ERROR_ACCESS_DENIED);
    CloseHandle(other);
    CHECK_ERROR(OpenEventA(SYNCHRONIZE | EVENT_MODIFY_STATE, FALSE, own_name("some")), ERROR_ACCESS_DENIED);
    other = OpenEventA(MAXIMUM_ALLOWED, FALSE, own_name("some"));
    REQUIRE_HANDLE(other);
    CHECK_UNSIGNALLED(other);
    CHECK_ERROR(SetEvent(other), ERROR_ACCESS_DENIED);
    CloseHandle(other);
    CHECK_OK(RevertToSelf());
    CloseHandle(event);
}

TEST(a_duplicate_gets_no_more_than_the_list_gives) {
    HANDLE event = CreateEventA(security_of("D:(A;;0x100001;;;WD)"), TRUE, FALSE, own_name("more")), lesser,
           greater = NULL;

    REQUIRE_HANDLE(event);
    drop_to_ordinary();
    lesser = OpenEventA(SYNCHRONIZE, FALSE, own_name("more"));
    REQUIRE_HANDLE(lesser);
    CHECK_ERROR(
        DuplicateHandle(GetCurrentProcess(), lesser, GetCurrentProcess(), &greater, EVENT_MODIFY_STATE, FALSE, 0),
        ERROR_ACCESS_DENIED);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), lesser, GetCurrentProcess(), &greater, SYNCHRONIZE, FALSE, 0));
    CloseHandle(greater);
    CloseHandle(lesser);
    CHECK_OK(RevertToSelf());
    CloseHandle(event);
}

TEST(a_pipe_lets_in_whom_its_list_names) {
    HANDLE server = CreateNamedPipeA(
               own_pipe("listed"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2, 512, 512, 0, security_of("D:(A;;GR;;;WD)")),
           client;

    REQUIRE_HANDLE(server);
    drop_to_ordinary();
    CHECK_BAD_HANDLE(CreateFileA(own_pipe("listed"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL),
        ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(CreateNamedPipeA(own_pipe("listed"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2, 512, 512, 0, NULL),
        ERROR_ACCESS_DENIED);
    client = CreateFileA(own_pipe("listed"), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(client != INVALID_HANDLE_VALUE);
    CloseHandle(client);
    CHECK_OK(RevertToSelf());
    CloseHandle(server);
}

/* ---- processes ---- */

static HANDLE low_token(void) {
    HANDLE token = NULL, made = NULL;
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    TOKEN_MANDATORY_LABEL label = {{sid, SE_GROUP_INTEGRITY}};

    REQUIRE_OK(CreateWellKnownSid(WinLowLabelSid, NULL, sid, &size));
    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token));
    REQUIRE_OK(CreateRestrictedToken(token, DISABLE_MAX_PRIVILEGE, 0, NULL, 0, NULL, 0, NULL, &made));
    REQUIRE_OK(SetTokenInformation(made, TokenIntegrityLevel, &label, sizeof label));
    CloseHandle(token);
    return made;
}

ROLE(is_low) {
    HANDLE parent, event, own;

    REQUIRE(argc == 2);
    parent = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)strtoul(argv[0], NULL, 10));
    CHECK(parent != NULL);
    CloseHandle(parent);
    CHECK_ERROR(OpenProcess(PROCESS_VM_WRITE, FALSE, (DWORD)strtoul(argv[0], NULL, 10)), ERROR_ACCESS_DENIED);
    CHECK_ERROR(OpenProcess(PROCESS_DUP_HANDLE, FALSE, (DWORD)strtoul(argv[0], NULL, 10)), ERROR_ACCESS_DENIED);
    event = OpenEventA(SYNCHRONIZE, FALSE, argv[1]);
    CHECK(event != NULL);
    CloseHandle(event);
    CHECK_ERROR(OpenEventA(EVENT_MODIFY_STATE, FALSE, argv[1]), ERROR_ACCESS_DENIED);
    own = CreateEventA(NULL, FALSE, FALSE, own_name("low"));
    REQUIRE_HANDLE(own);
    event = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("low")); /* its label is its maker's */
    CHECK(event != NULL);
    CloseHandle(event);
    CloseHandle(own);
    CHECK(OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId()) != NULL);
}

TEST(a_low_child_does_not_write_up) {
    HANDLE token = low_token(), event = CreateEventA(NULL, TRUE, FALSE, own_name("medium"));
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    struct child child;
    char command[1024], args[300];

    REQUIRE_HANDLE(event);
    snprintf(args, sizeof args, "%lu %s", (unsigned long)GetCurrentProcessId(), own_name("medium"));
    own_command(command, sizeof command, "is_low", args);
    REQUIRE_OK(CreateProcessAsUserA(token, NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &info, &process));
    child = (struct child){process.hProcess, process.hThread, process.dwProcessId};
    CHECK_CHILD(child);
    CloseHandle(event);
    CloseHandle(token);
}

TEST(a_process_may_close_itself) {
    HANDLE own;

    CHECK_OK(SetKernelObjectSecurity(
        GetCurrentProcess(), DACL_SECURITY_INFORMATION, security_of("D:(A;;0x1000;;;WD)")->lpSecurityDescriptor));
    drop_to_ordinary();
    CHECK_ERROR(OpenProcess(PROCESS_TERMINATE, FALSE, GetCurrentProcessId()), ERROR_ACCESS_DENIED);
    own = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId());
    CHECK(own != NULL);
    CloseHandle(own);
    CHECK_OK(RevertToSelf());
}

ROLE(does_nothing) {
    (void)argc, (void)argv;
}

TEST(a_child_is_guarded_as_its_maker_says) {
    SECURITY_ATTRIBUTES *security = security_of("D:(A;;0x1000;;;WD)");
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    struct child child;
    char command[1024];
    HANDLE other;

    own_command(command, sizeof command, "does_nothing", NULL);
    REQUIRE_OK(CreateProcessA(NULL, command, security, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &info, &process));
    CHECK_STR(text_of(process.hProcess, DACL_SECURITY_INFORMATION), "D:(A;;0x1000;;;WD)");
    drop_to_ordinary();
    CHECK_ERROR(OpenProcess(PROCESS_TERMINATE, FALSE, process.dwProcessId), ERROR_ACCESS_DENIED);
    other = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process.dwProcessId);
    CHECK(other != NULL);
    CloseHandle(other);
    CHECK_OK(RevertToSelf());
    ResumeThread(process.hThread);
    child = (struct child){process.hProcess, process.hThread, process.dwProcessId};
    CHECK_CHILD(child);
}

TEST(a_section_keeps_its_list) {
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, security_of("D:(A;;LC;;;WD)"), PAGE_READWRITE, 0, 4096, NULL);

    REQUIRE_HANDLE(section);
    CHECK_STR(text_of(section, DACL_SECURITY_INFORMATION), "D:(A;;LC;;;WD)");
    CloseHandle(section);
}

static DWORD WINAPI wait_for(void *event) {
    return WaitForSingleObject(event, WAIT_LIMIT_MS);
}

TEST(a_thread_is_guarded_as_its_maker_says) {
    HANDLE end = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD id = 0;
    HANDLE thread = CreateThread(security_of("D:P(A;;0x120040;;;WD)"), 0, wait_for, end, 0, &id), second;

    REQUIRE_HANDLE(thread);
    CHECK_STR(text_of(thread, DACL_SECURITY_INFORMATION), "D:P(A;;0x120040;;;WD)");
    second = OpenThread(SYNCHRONIZE | THREAD_QUERY_INFORMATION, FALSE, id);
    CHECK(second != NULL);
    CHECK_ERROR(OpenThread(THREAD_SUSPEND_RESUME, FALSE, id), ERROR_ACCESS_DENIED);
    CHECK_OK(SetEvent(end));
    CHECK_SIGNALLED(thread);
    CloseHandle(second);
    CloseHandle(thread);
    CloseHandle(end);
}

TEST(an_audit_list_needs_the_privilege) {
    drop_to_ordinary();
    CHECK_ERROR(
        CreateEventA(security_of("D:(A;;GA;;;WD)S:(AU;SA;GA;;;WD)"), TRUE, FALSE, NULL), ERROR_PRIVILEGE_NOT_HELD);
    CHECK_ERROR(CreateEventA(security_of("O:SYD:(A;;GA;;;WD)"), TRUE, FALSE, NULL), ERROR_INVALID_OWNER);
    CHECK_OK(RevertToSelf());
}

TEST(a_bad_descriptor_is_refused) {
    SECURITY_DESCRIPTOR wrong;
    SECURITY_ATTRIBUTES security = {sizeof security, &wrong, FALSE};

    memset(&wrong, 0, sizeof wrong);
    wrong.Revision = 77;
    CHECK(!CreateEventA(&security, TRUE, FALSE, NULL));
    CHECK(GetLastError() == ERROR_INVALID_SECURITY_DESCR || GetLastError() == ERROR_UNKNOWN_REVISION);
    CHECK(!CreateEventA(&security, TRUE, FALSE, own_name("wrong")));
}

/* ---- by parts and by name (aclapi.h) ---- */

TEST(entries_make_a_list) {
    EXPLICIT_ACCESSA entries[2] = {{.grfAccessPermissions = 3, .grfAccessMode = SET_ACCESS},
        {.grfAccessPermissions = 4, .grfAccessMode = DENY_ACCESS}};
    ACL *list = NULL, *second = NULL;
    ACCESS_ALLOWED_ACE *ace = NULL;
    ACCESS_MASK rights = 0;

    BYTE guests[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof guests;

    REQUIRE_OK(CreateWellKnownSid(WinBuiltinGuestsSid, NULL, guests, &size));
    BuildTrusteeWithNameA(&entries[0].Trustee, (char *)"Everyone");
    BuildTrusteeWithSidA(&entries[1].Trustee, guests);
    CHECK_EQ(SetEntriesInAclA(2, entries, NULL, &list), ERROR_SUCCESS);
    REQUIRE(list != NULL);
    CHECK_EQ(list->AceCount, 2);
    CHECK_OK(GetAce(list, 0, (void **)&ace));
    CHECK_EQ(ace->Header.AceType, ACCESS_DENIED_ACE_TYPE);
    CHECK_EQ(ace->Mask, 4);
    CHECK_OK(GetAce(list, 1, (void **)&ace));
    CHECK_EQ(ace->Header.AceType, ACCESS_ALLOWED_ACE_TYPE);
    CHECK_EQ(ace->Mask, 3);
    CHECK_EQ(GetEffectiveRightsFromAclA(list, &entries[0].Trustee, &rights), ERROR_SUCCESS);
    CHECK_EQ(rights, 3);
    entries[0].grfAccessMode = GRANT_ACCESS;
    entries[0].grfAccessPermissions = 8;
    CHECK_EQ(SetEntriesInAclA(1, entries, list, &second), ERROR_SUCCESS);
    REQUIRE(second != NULL);
    CHECK_EQ(GetEffectiveRightsFromAclA(second, &entries[0].Trustee, &rights), ERROR_SUCCESS);
    CHECK_EQ(rights, 11);
    LocalFree(second);
    entries[0].grfAccessMode = REVOKE_ACCESS;
    CHECK_EQ(SetEntriesInAclA(1, entries, list, &second), ERROR_SUCCESS);
    REQUIRE(second != NULL);
    CHECK_EQ(second->AceCount, 1);
    BuildTrusteeWithNameA(&entries[1].Trustee, (char *)"no such account here");
    CHECK_EQ(SetEntriesInAclA(2, entries, NULL, &second), ERROR_NONE_MAPPED);
}

TEST(parts_are_read_and_set_by_handle_and_name) {
    HANDLE event = CreateEventA(security_of("D:(A;;0x1f0003;;;WD)"), TRUE, FALSE, own_name("parts"));
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    ACL *dacl = NULL;
    char name[100];

    REQUIRE_HANDLE(event);
    CHECK_EQ(GetSecurityInfo(event, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                 NULL, &dacl, NULL, &descriptor),
        ERROR_SUCCESS);
    CHECK(owner && IsValidSid(owner));
    REQUIRE(dacl != NULL);
    CHECK_EQ(dacl->AceCount, 1);
    LocalFree(descriptor);
    snprintf(name, sizeof name, "%s", own_name("parts"));
    CHECK_EQ(SetNamedSecurityInfoA(name, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, NULL, NULL),
        ERROR_SUCCESS);
    CHECK_EQ(
        GetNamedSecurityInfoA(name, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &dacl, NULL, &descriptor),
        ERROR_SUCCESS);
    CHECK(dacl == NULL); /* everybody everything */
    LocalFree(descriptor);
    snprintf(name, sizeof name, "%s", own_name("none"));
    CHECK_EQ(
        GetNamedSecurityInfoA(name, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &dacl, NULL, &descriptor),
        ERROR_FILE_NOT_FOUND);
    CloseHandle(event);
}

TEST(a_file_has_an_owner_and_a_list) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    ACL *dacl = NULL;
    HANDLE file;
    BYTE bytes[1000];
    DWORD size = 0;

    enter_own_folder();
    file = CreateFileA("secret.txt", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    REQUIRE_HANDLE(file);
    CloseHandle(file);
    CHECK_EQ(GetNamedSecurityInfoA((char *)"secret.txt", SE_FILE_OBJECT,
                 OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &dacl, NULL, &descriptor),
        ERROR_SUCCESS);
    CHECK(owner && IsValidSid(owner));
    CHECK(dacl && dacl->AceCount);
    LocalFree(descriptor);
    CHECK_ERROR(GetFileSecurityA("secret.txt", DACL_SECURITY_INFORMATION, bytes, 0, &size), ERROR_INSUFFICIENT_BUFFER);
    CHECK_OK(GetFileSecurityA("secret.txt", DACL_SECURITY_INFORMATION, bytes, sizeof bytes, &size));
    CHECK_OK(SetFileSecurityA("secret.txt", DACL_SECURITY_INFORMATION, bytes));
    CHECK_ERROR(
        GetFileSecurityA("nothing.txt", DACL_SECURITY_INFORMATION, bytes, sizeof bytes, &size), ERROR_FILE_NOT_FOUND);
    DeleteFileA("secret.txt");
    leave_own_folder();
}
