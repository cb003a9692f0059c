/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Access tokens: what they tell, duplicates, restricted ones, impersonation, privileges, and the tokens of children. */
#include "harness.h"

#include <lmcons.h>
#include <sddl.h>

#ifndef __MINGW32__ /* Wine's headers lack it */
BOOL WINAPI ImpersonateAnonymousToken(HANDLE thread);
#endif
#ifndef ERROR_CANT_ENABLE_DENY_ONLY
#define ERROR_CANT_ENABLE_DENY_ONLY 629
#endif

static HANDLE own_token(DWORD access) {
    HANDLE token = NULL;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), access, &token));
    return token;
}

static void *information(HANDLE token, TOKEN_INFORMATION_CLASS class) {
    DWORD need = 0;
    void *data;

    GetTokenInformation(token, class, NULL, 0, &need);
    data = malloc(need ? need : 1);
    REQUIRE_OK(GetTokenInformation(token, class, data, need, &need));
    return data;
}

static PSID well_known(WELL_KNOWN_SID_TYPE type) {
    DWORD size = SECURITY_MAX_SID_SIZE;
    PSID sid = malloc(size);

    REQUIRE_OK(CreateWellKnownSid(type, NULL, sid, &size));
    return sid;
}

/* The attributes of a group; 0xffffffff: it is none. */
static DWORD group_attributes(HANDLE token, PSID sid) {
    TOKEN_GROUPS *groups = information(token, TokenGroups);
    DWORD attributes = 0xffffffff;

    for (DWORD i = 0; i < groups->GroupCount; i++) {
        if (EqualSid(groups->Groups[i].Sid, sid))
            attributes = groups->Groups[i].Attributes;
    }
    free(groups);
    return attributes;
}

/* The attributes of a privilege; 0xffffffff: the token lacks it. */
static DWORD privilege_attributes(HANDLE token, const char *name) {
    TOKEN_PRIVILEGES *privileges = information(token, TokenPrivileges);
    DWORD attributes = 0xffffffff;
    LUID luid;

    REQUIRE_OK(LookupPrivilegeValueA(NULL, name, &luid));
    for (DWORD i = 0; i < privileges->PrivilegeCount; i++) {
        if (!memcmp(&privileges->Privileges[i].Luid, &luid, sizeof luid))
            attributes = privileges->Privileges[i].Attributes;
    }
    free(privileges);
    return attributes;
}

/* ---- asking ---- */

TEST(a_token_tells_user_and_groups) {
    HANDLE token = own_token(TOKEN_QUERY);
    TOKEN_USER *user = information(token, TokenUser);
    PSID world = well_known(WinWorldSid), users = well_known(WinBuiltinUsersSid);

    CHECK(IsValidSid(user->User.Sid));
    CHECK_EQ(user->User.Attributes, 0);
    CHECK(group_attributes(token, world) & SE_GROUP_ENABLED);
    CHECK(group_attributes(token, world) & SE_GROUP_MANDATORY);
    CHECK(group_attributes(token, users) & SE_GROUP_ENABLED);
    CHECK_EQ(group_attributes(token, user->User.Sid), 0xffffffff);
    CloseHandle(token);
}

TEST(lengths_are_told) {
    HANDLE token = own_token(TOKEN_QUERY);
    DWORD need = 0, need_again = 0;
    BYTE data[200];

    CHECK_ERROR(GetTokenInformation(token, TokenUser, NULL, 0, &need), ERROR_INSUFFICIENT_BUFFER);
    CHECK(need > sizeof(TOKEN_USER));
    POISON_OUT(data);
    CHECK_ERROR(GetTokenInformation(token, TokenUser, data, need - 1, &need_again), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(need_again, need);
    CHECK_OK(GetTokenInformation(token, TokenUser, data, sizeof data, &need_again));
    CHECK_EQ(need_again, need);
    CHECK_ERROR(
        GetTokenInformation(token, (TOKEN_INFORMATION_CLASS)999, data, sizeof data, &need), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(GetTokenInformation(NULL, TokenUser, data, sizeof data, &need), ERROR_INVALID_HANDLE);
    CloseHandle(token);
}

TEST(a_handle_may_what_it_was_opened_for) {
    HANDLE token = own_token(TOKEN_ADJUST_DEFAULT), copy = NULL;
    TOKEN_TYPE type;
    DWORD size;

    CHECK_ERROR(GetTokenInformation(token, TokenType, &type, sizeof type, &size), ERROR_ACCESS_DENIED);
    CHECK_ERROR(DuplicateToken(token, SecurityImpersonation, &copy), ERROR_ACCESS_DENIED);
    CloseHandle(token);
    token = own_token(TOKEN_QUERY);
    CHECK_OK(GetTokenInformation(token, TokenType, &type, sizeof type, &size));
    CHECK_EQ(type, TokenPrimary);
    CHECK_EQ(size, sizeof type);
    CloseHandle(token);
    CHECK_ERROR(OpenProcessToken(NULL, TOKEN_QUERY, &token), ERROR_INVALID_HANDLE);
}

TEST(a_primary_token_tells_no_level) {
    HANDLE token = own_token(TOKEN_QUERY);
    SECURITY_IMPERSONATION_LEVEL level;
    DWORD size;

    CHECK_ERROR(
        GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &size), ERROR_INVALID_PARAMETER);
    CloseHandle(token);
}

TEST(owner_group_and_default_list_are_told) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_QUERY_SOURCE);
    TOKEN_OWNER *owner = information(token, TokenOwner);
    TOKEN_PRIMARY_GROUP *group = information(token, TokenPrimaryGroup);
    TOKEN_DEFAULT_DACL *dacl = information(token, TokenDefaultDacl);
    TOKEN_STATISTICS *statistics = information(token, TokenStatistics);
    TOKEN_SOURCE *source = information(token, TokenSource);
    TOKEN_MANDATORY_LABEL *label = information(token, TokenIntegrityLevel);
    TOKEN_GROUPS *restricted = information(token, TokenRestrictedSids);

    CHECK(IsValidSid(owner->Owner));
    CHECK(IsValidSid(group->PrimaryGroup));
    CHECK(dacl->DefaultDacl && IsValidAcl(dacl->DefaultDacl));
    CHECK_EQ(statistics->TokenType, TokenPrimary);
    CHECK(statistics->TokenId.LowPart || statistics->TokenId.HighPart);
    CHECK(source->SourceName[0]);
    CHECK_EQ(*GetSidSubAuthorityCount(label->Label.Sid), 1);
    CHECK(*GetSidSubAuthority(label->Label.Sid, 0) >= SECURITY_MANDATORY_MEDIUM_RID);
    CHECK_EQ(label->Label.Attributes, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED);
    CHECK_EQ(restricted->GroupCount, 0);
    CHECK(!IsTokenRestricted(token));
    CloseHandle(token);
}

/* ---- privileges ---- */

TEST(privileges_are_switched) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
    TOKEN_PRIVILEGES wanted = {1, {{{0, 0}, SE_PRIVILEGE_ENABLED}}}, previous;
    DWORD size = POISON;

    REQUIRE_OK(LookupPrivilegeValueA(NULL, "SeShutdownPrivilege", &wanted.Privileges[0].Luid));
    CHECK(!(privilege_attributes(token, "SeShutdownPrivilege") & SE_PRIVILEGE_ENABLED));
    CHECK_OK(AdjustTokenPrivileges(token, FALSE, &wanted, sizeof previous, &previous, &size));
    CHECK_EQ(GetLastError(), ERROR_SUCCESS);
    CHECK_EQ(previous.PrivilegeCount, 1);
    CHECK_EQ(previous.Privileges[0].Attributes, 0);
    CHECK_EQ(size, sizeof previous);
    CHECK(privilege_attributes(token, "SeShutdownPrivilege") & SE_PRIVILEGE_ENABLED);
    CHECK_OK(AdjustTokenPrivileges(token, FALSE, &wanted, sizeof previous, &previous, &size));
    CHECK_EQ(previous.PrivilegeCount, 0); /* nothing changed */
    CHECK_OK(AdjustTokenPrivileges(token, TRUE, NULL, 0, NULL, NULL));
    CHECK(!(privilege_attributes(token, "SeShutdownPrivilege") & SE_PRIVILEGE_ENABLED));
    CHECK(!(privilege_attributes(token, "SeChangeNotifyPrivilege") & SE_PRIVILEGE_ENABLED));
    CloseHandle(token);
}

TEST(a_privilege_that_is_lacking_is_not_assigned) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
    TOKEN_PRIVILEGES wanted = {1, {{{0, 0}, SE_PRIVILEGE_ENABLED}}};

    REQUIRE_OK(LookupPrivilegeValueA(NULL, "SeTcbPrivilege", &wanted.Privileges[0].Luid));
    SetLastError(POISON);
    CHECK(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    CHECK_EQ(GetLastError(), ERROR_NOT_ALL_ASSIGNED);
    CloseHandle(token);
    token = own_token(TOKEN_QUERY);
    CHECK_ERROR(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(token);
}

TEST(a_removed_privilege_is_gone_for_good) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
    TOKEN_PRIVILEGES wanted = {1, {{{0, 0}, SE_PRIVILEGE_REMOVED}}};

    REQUIRE_OK(LookupPrivilegeValueA(NULL, "SeUndockPrivilege", &wanted.Privileges[0].Luid));
    CHECK_OK(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    CHECK_EQ(privilege_attributes(token, "SeUndockPrivilege"), 0xffffffff);
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    CHECK(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    CHECK_EQ(GetLastError(), ERROR_NOT_ALL_ASSIGNED);
    CloseHandle(token);
}

TEST(privileges_have_names) {
    LUID luid;
    char name[64];
    DWORD size = sizeof name;

    CHECK_OK(LookupPrivilegeValueA(NULL, "SeDebugPrivilege", &luid));
    CHECK_EQ(luid.LowPart, 20);
    CHECK_OK(LookupPrivilegeNameA(NULL, &luid, name, &size));
    CHECK_STR(name, "SeDebugPrivilege");
    CHECK_EQ(size, strlen(name));
    size = 4;
    CHECK_ERROR(LookupPrivilegeNameA(NULL, &luid, name, &size), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(size, sizeof "SeDebugPrivilege");
    CHECK_ERROR(LookupPrivilegeValueA(NULL, "SeNothingPrivilege", &luid), ERROR_NO_SUCH_PRIVILEGE);
    luid.LowPart = 4711;
    CHECK_ERROR(LookupPrivilegeNameA(NULL, &luid, name, &size), ERROR_NO_SUCH_PRIVILEGE);
}

/* ---- duplicates ---- */

TEST(a_duplicate_is_another_token) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_DUPLICATE), copy = NULL;
    TOKEN_STATISTICS *mine = information(token, TokenStatistics), *its;
    SECURITY_IMPERSONATION_LEVEL *level;

    REQUIRE_OK(DuplicateTokenEx(token, MAXIMUM_ALLOWED, NULL, SecurityIdentification, TokenImpersonation, &copy));
    its = information(copy, TokenStatistics);
    level = information(copy, TokenImpersonationLevel);
    CHECK_EQ(*level, SecurityIdentification);
    CHECK_EQ(its->TokenType, TokenImpersonation);
    CHECK(memcmp(&mine->TokenId, &its->TokenId, sizeof mine->TokenId));
    CHECK(!memcmp(&mine->AuthenticationId, &its->AuthenticationId, sizeof mine->AuthenticationId));
    CloseHandle(copy);
    CloseHandle(token);
}

TEST(a_level_is_not_raised) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_DUPLICATE), low = NULL, high = NULL;

    REQUIRE_OK(DuplicateTokenEx(token, MAXIMUM_ALLOWED, NULL, SecurityIdentification, TokenImpersonation, &low));
    CHECK_ERROR(DuplicateTokenEx(low, MAXIMUM_ALLOWED, NULL, SecurityImpersonation, TokenImpersonation, &high),
        ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_ERROR(DuplicateTokenEx(low, MAXIMUM_ALLOWED, NULL, SecurityImpersonation, TokenPrimary, &high),
        ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_OK(DuplicateTokenEx(low, MAXIMUM_ALLOWED, NULL, SecurityIdentification, TokenImpersonation, &high));
    CloseHandle(high);
    CloseHandle(low);
    CloseHandle(token);
}

/* ---- restricted tokens ---- */

static HANDLE restricted_token(DWORD flags, PSID disable, PSID restricting) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_ASSIGN_PRIMARY | TOKEN_ADJUST_DEFAULT), made = NULL;
    SID_AND_ATTRIBUTES off = {disable, 0}, only = {restricting, 0};

    REQUIRE_OK(CreateRestrictedToken(token, flags, disable ? 1 : 0, disable ? &off : NULL, 0, NULL, restricting ? 1 : 0,
        restricting ? &only : NULL, &made));
    CloseHandle(token);
    return made;
}

TEST(a_group_is_left_for_denials) {
    PSID users = well_known(WinBuiltinUsersSid);
    HANDLE token = restricted_token(0, users, NULL);
    BOOL member = TRUE;
    HANDLE copy = NULL;

    CHECK_EQ(group_attributes(token, users), SE_GROUP_USE_FOR_DENY_ONLY);
    CHECK(!IsTokenRestricted(token));
    REQUIRE_OK(DuplicateToken(token, SecurityIdentification, &copy));
    CHECK_OK(CheckTokenMembership(copy, users, &member));
    CHECK(!member);
    CHECK_OK(CheckTokenMembership(copy, well_known(WinWorldSid), &member));
    CHECK(member);
    CloseHandle(copy);
    CloseHandle(token);
}

TEST(restricting_sids_are_listed) {
    PSID code = well_known(WinRestrictedCodeSid);
    HANDLE token = restricted_token(0, NULL, code);
    TOKEN_GROUPS *list = information(token, TokenRestrictedSids);

    CHECK_EQ(list->GroupCount, 1);
    CHECK(EqualSid(list->Groups[0].Sid, code));
    CHECK(IsTokenRestricted(token));
    CloseHandle(token);
}

TEST(restricting_sids_need_no_attributes) {
    HANDLE token = own_token(TOKEN_DUPLICATE), made = NULL;
    SID_AND_ATTRIBUTES only = {well_known(WinRestrictedCodeSid), SE_GROUP_ENABLED};

    CHECK_ERROR(CreateRestrictedToken(token, 0, 0, NULL, 0, NULL, 1, &only, &made), ERROR_INVALID_PARAMETER);
    CloseHandle(token);
}

TEST(all_privileges_but_one_are_dropped) {
    HANDLE token = restricted_token(DISABLE_MAX_PRIVILEGE, NULL, NULL);
    TOKEN_PRIVILEGES *left = information(token, TokenPrivileges);

    CHECK_EQ(left->PrivilegeCount, 1);
    CHECK(privilege_attributes(token, "SeChangeNotifyPrivilege") != 0xffffffff);
    CloseHandle(token);
}

TEST(single_privileges_are_dropped) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_DUPLICATE), made = NULL;
    LUID_AND_ATTRIBUTES off = {{0, 0}, 0};

    REQUIRE_OK(LookupPrivilegeValueA(NULL, "SeShutdownPrivilege", &off.Luid));
    REQUIRE_OK(CreateRestrictedToken(token, 0, 0, NULL, 1, &off, 0, NULL, &made));
    CHECK_EQ(privilege_attributes(made, "SeShutdownPrivilege"), 0xffffffff);
    CHECK(privilege_attributes(made, "SeChangeNotifyPrivilege") != 0xffffffff);
    CHECK(privilege_attributes(token, "SeShutdownPrivilege") != 0xffffffff);
    CloseHandle(made);
    CloseHandle(token);
}

/* ---- groups ---- */

TEST(a_mandatory_group_stays_on) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_ADJUST_GROUPS);
    TOKEN_GROUPS wanted = {1, {{well_known(WinWorldSid), 0}}};

    CHECK_ERROR(AdjustTokenGroups(token, FALSE, &wanted, 0, NULL, NULL), ERROR_CANT_DISABLE_MANDATORY);
    CHECK(group_attributes(token, wanted.Groups[0].Sid) & SE_GROUP_ENABLED);
    CloseHandle(token);
}

TEST(a_group_for_denials_stays_off) {
    PSID users = well_known(WinBuiltinUsersSid);
    HANDLE token = restricted_token(0, users, NULL), copy = NULL;
    TOKEN_GROUPS wanted = {1, {{users, SE_GROUP_ENABLED}}};

    REQUIRE_OK(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &copy));
    CHECK_ERROR(AdjustTokenGroups(copy, FALSE, &wanted, 0, NULL, NULL), ERROR_CANT_ENABLE_DENY_ONLY);
    CloseHandle(copy);
    CloseHandle(token);
}

/* ---- setting ---- */

TEST(a_level_is_lowered_and_not_raised_again) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_DUPLICATE), copy = NULL;
    TOKEN_MANDATORY_LABEL low = {{well_known(WinLowLabelSid), SE_GROUP_INTEGRITY}},
                          medium = {{well_known(WinMediumLabelSid), SE_GROUP_INTEGRITY}};
    TOKEN_MANDATORY_LABEL *label;

    REQUIRE_OK(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &copy));
    CHECK_OK(SetTokenInformation(copy, TokenIntegrityLevel, &low, sizeof low));
    label = information(copy, TokenIntegrityLevel);
    CHECK_EQ(*GetSidSubAuthority(label->Label.Sid, 0), SECURITY_MANDATORY_LOW_RID);
    CHECK_ERROR(SetTokenInformation(copy, TokenIntegrityLevel, &medium, sizeof medium), ERROR_PRIVILEGE_NOT_HELD);
    CloseHandle(copy);
    CloseHandle(token);
}

TEST(the_default_list_is_set) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_DUPLICATE), copy = NULL;
    TOKEN_DEFAULT_DACL wanted, *set;
    BYTE bytes[128];

    REQUIRE_OK(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &copy));
    wanted.DefaultDacl = (ACL *)bytes;
    CHECK_OK(InitializeAcl(wanted.DefaultDacl, sizeof bytes, ACL_REVISION));
    CHECK_OK(AddAccessAllowedAce(wanted.DefaultDacl, ACL_REVISION, GENERIC_READ, well_known(WinWorldSid)));
    CHECK_OK(SetTokenInformation(copy, TokenDefaultDacl, &wanted, sizeof wanted));
    set = information(copy, TokenDefaultDacl);
    REQUIRE(set->DefaultDacl != NULL);
    CHECK_EQ(set->DefaultDacl->AceCount, 1);
    CloseHandle(copy);
    CloseHandle(token);
}

TEST(an_owner_must_be_ones_own) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_DUPLICATE), copy = NULL;
    TOKEN_OWNER wanted = {well_known(WinWorldSid)};
    TOKEN_USER *user = information(token, TokenUser);

    REQUIRE_OK(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &copy));
    CHECK_ERROR(SetTokenInformation(copy, TokenOwner, &wanted, sizeof wanted), ERROR_INVALID_OWNER);
    wanted.Owner = user->User.Sid;
    CHECK_OK(SetTokenInformation(copy, TokenOwner, &wanted, sizeof wanted));
    CHECK_ERROR(SetTokenInformation(copy, TokenUser, &wanted, sizeof wanted), ERROR_INVALID_PARAMETER);
    CloseHandle(copy);
    CloseHandle(token);
}

/* ---- impersonation ---- */

TEST(a_thread_impersonates_itself) {
    HANDLE token = NULL;
    SECURITY_IMPERSONATION_LEVEL *level;

    CHECK_ERROR(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token), ERROR_NO_TOKEN);
    CHECK_OK(ImpersonateSelf(SecurityImpersonation));
    REQUIRE_OK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    level = information(token, TokenImpersonationLevel);
    CHECK_EQ(*level, SecurityImpersonation);
    CloseHandle(token);
    CHECK_OK(RevertToSelf());
    CHECK_ERROR(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token), ERROR_NO_TOKEN);
}

TEST(a_primary_token_is_not_impersonated) {
    HANDLE token = own_token(TOKEN_ALL_ACCESS);

    CHECK_ERROR(SetThreadToken(NULL, token), ERROR_BAD_TOKEN_TYPE);
    CHECK_OK(ImpersonateLoggedOnUser(token));
    CHECK_OK(RevertToSelf());
    CloseHandle(token);
}

static DWORD WINAPI other_thread(void *result) {
    HANDLE token = NULL;

    *(BOOL *)result = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token);
    return 0;
}

TEST(other_threads_do_not) {
    BOOL has = TRUE;
    HANDLE thread;

    CHECK_OK(ImpersonateSelf(SecurityImpersonation));
    thread = CreateThread(NULL, 0, other_thread, &has, 0, NULL);
    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(thread);
    CHECK(!has);
    CHECK_OK(RevertToSelf());
}

TEST(an_anonymous_thread_is_nobody) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, own_name("nobody"));

    REQUIRE_HANDLE(event);
    CHECK_OK(ImpersonateAnonymousToken(GetCurrentThread()));
    CHECK_ERROR(OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("nobody")), ERROR_ACCESS_DENIED);
    CHECK_OK(RevertToSelf());
    CHECK(OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("nobody")) != NULL);
    CloseHandle(event);
}

TEST(a_token_to_look_at_opens_nothing) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, own_name("looked"));

    REQUIRE_HANDLE(event);
    CHECK_OK(ImpersonateSelf(SecurityIdentification));
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, own_name("looked")), ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_OK(RevertToSelf());
    CloseHandle(event);
}

static void make_file(const char *name) {
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);

    REQUIRE_HANDLE(file);
    CHECK_OK(CloseHandle(file));
}

static HANDLE open_for_reading(const char *name, DWORD creation) {
    return CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, creation, 0, NULL);
}

TEST(a_token_to_look_at_opens_no_file) {
    WIN32_FILE_ATTRIBUTE_DATA data;

    enter_own_folder();
    make_file("file");
    CHECK_OK(ImpersonateSelf(SecurityIdentification));
    CHECK_BAD_HANDLE(open_for_reading("file", OPEN_EXISTING), ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_BAD_HANDLE(open_for_reading("new", CREATE_NEW), ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_BAD_HANDLE(open_for_reading("NUL", OPEN_EXISTING), ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_ERROR(DeleteFileA("file"), ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_ERROR(CreateDirectoryA("folder", NULL), ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_ERROR(GetFileAttributesExA("file", GetFileExInfoStandard, &data), ERROR_BAD_IMPERSONATION_LEVEL);
    CHECK_OK(RevertToSelf());
    CHECK_EQ(GetFileAttributesA("new"), INVALID_FILE_ATTRIBUTES);
    CHECK_EQ(GetFileAttributesA("folder"), INVALID_FILE_ATTRIBUTES);
    CHECK_OK(DeleteFileA("file"));
    leave_own_folder();
}

TEST(a_token_to_act_as_opens_files) {
    HANDLE file;

    enter_own_folder();
    make_file("file");
    CHECK_OK(ImpersonateSelf(SecurityImpersonation));
    file = open_for_reading("file", OPEN_EXISTING);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK_OK(RevertToSelf());
    CHECK_OK(CloseHandle(file));
    CHECK_OK(DeleteFileA("file"));
    leave_own_folder();
}

TEST(nobody_has_the_name_of_the_anonymous_logon) {
    char own[UNLEN + 1], name[UNLEN + 1];
    DWORD size = sizeof(own);

    CHECK_OK(GetUserNameA(own, &size));
    CHECK_OK(ImpersonateAnonymousToken(GetCurrentThread()));
    size = sizeof(name);
    CHECK_OK(GetUserNameA(name, &size));
    CHECK_STR(name, "ANONYMOUS LOGON");
    CHECK_EQ(size, sizeof("ANONYMOUS LOGON"));
    CHECK_OK(RevertToSelf());
    size = sizeof(name);
    CHECK_OK(GetUserNameA(name, &size));
    CHECK_STR(name, own);
}

/* ---- children ---- */

ROLE(is_restricted) {
    HANDLE token = NULL;

    (void)argc, (void)argv;
    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK_EQ(group_attributes(token, well_known(WinBuiltinUsersSid)), SE_GROUP_USE_FOR_DENY_ONLY);
    CHECK_EQ(privilege_attributes(token, "SeShutdownPrivilege"), 0xffffffff);
    CloseHandle(token);
    if (argc > 0 && !strcmp(argv[0], "grandchild")) {
        struct child child = spawn_self("is_restricted", NULL);

        CHECK_CHILD(child);
    }
}

TEST(a_child_has_the_token_that_it_was_given) {
    HANDLE token = restricted_token(DISABLE_MAX_PRIVILEGE, well_known(WinBuiltinUsersSid), NULL);
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    struct child child;
    char command[1024];
    HANDLE its = NULL;

    own_command(command, sizeof command, "is_restricted", "grandchild");
    REQUIRE_OK(
        CreateProcessAsUserA(token, NULL, command, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &info, &process));
    CHECK_OK(OpenProcessToken(process.hProcess, TOKEN_QUERY, &its));
    CHECK_EQ(group_attributes(its, well_known(WinBuiltinUsersSid)), SE_GROUP_USE_FOR_DENY_ONLY);
    CloseHandle(its);
    ResumeThread(process.hThread);
    child = (struct child){process.hProcess, process.hThread, process.dwProcessId};
    CHECK_CHILD(child);
    CloseHandle(token);
}

TEST(a_child_needs_a_primary_token) {
    HANDLE token = own_token(TOKEN_ALL_ACCESS), copy = NULL;
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    char command[1024];

    own_command(command, sizeof command, "is_restricted", NULL);
    REQUIRE_OK(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityIdentification, TokenImpersonation, &copy));
    CHECK(!CreateProcessAsUserA(copy, NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &info, &process));
    CHECK(GetLastError() == ERROR_BAD_TOKEN_TYPE || GetLastError() == ERROR_BAD_IMPERSONATION_LEVEL);
    CloseHandle(copy);
    CloseHandle(token);
}

ROLE(has_privilege_on) {
    HANDLE token = own_token(TOKEN_QUERY);

    (void)argc, (void)argv;
    CHECK(privilege_attributes(token, "SeShutdownPrivilege") & SE_PRIVILEGE_ENABLED);
    CHECK_EQ(privilege_attributes(token, "SeUndockPrivilege"), 0xffffffff);
    CloseHandle(token);
}

TEST(a_child_inherits_what_its_parent_switched) {
    HANDLE token = own_token(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
    TOKEN_PRIVILEGES on = {1, {{{0, 0}, SE_PRIVILEGE_ENABLED}}}, off = {1, {{{0, 0}, SE_PRIVILEGE_REMOVED}}};
    struct child child;

    REQUIRE_OK(LookupPrivilegeValueA(NULL, "SeShutdownPrivilege", &on.Privileges[0].Luid));
    REQUIRE_OK(LookupPrivilegeValueA(NULL, "SeUndockPrivilege", &off.Privileges[0].Luid));
    CHECK_OK(AdjustTokenPrivileges(token, FALSE, &on, 0, NULL, NULL));
    CHECK_OK(AdjustTokenPrivileges(token, FALSE, &off, 0, NULL, NULL));
    child = spawn_self("has_privilege_on", NULL);
    CHECK_CHILD(child);
    CloseHandle(token);
}

/* ---- names ---- */

TEST(a_user_has_a_name_with_its_domain) {
    BOOLEAN(WINAPI * name_of)(int, char *, ULONG *);
    const FARPROC function = GetProcAddress(LoadLibraryA("secur32.dll"), "GetUserNameExA");
    char name[400], user[257], expected[400], computer[64];
    DWORD n = sizeof user, c = sizeof computer;
    ULONG size = sizeof name;

    REQUIRE(function != NULL);
    memcpy(&name_of, &function, sizeof function);
    REQUIRE_OK(GetUserNameA(user, &n));
    REQUIRE_OK(GetComputerNameA(computer, &c));
    CHECK_OK(name_of(2 /* NameSamCompatible */, name, &size));
    snprintf(expected, sizeof expected, "%s\\%s", computer, user);
    CHECK_STR(name, expected);
    CHECK_EQ(size, strlen(expected));
    size = 2;
    CHECK_ERROR(name_of(2, name, &size), ERROR_MORE_DATA);
    CHECK_EQ(size, strlen(expected) + 1);
    size = sizeof name;
    CHECK_ERROR(name_of(8 /* NameUserPrincipal */, name, &size), ERROR_NONE_MAPPED);
}

/* ---- SIDs ---- */

TEST(well_known_sids_are_known) {
    DWORD size = 4;
    PSID world = well_known(WinWorldSid);
    BYTE sid[SECURITY_MAX_SID_SIZE];
    char *text = NULL;

    CHECK(IsWellKnownSid(world, WinWorldSid));
    CHECK(!IsWellKnownSid(world, WinLocalSid));
    CHECK_ERROR(CreateWellKnownSid(WinWorldSid, NULL, sid, &size), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(size, 12);
    CHECK_OK(ConvertSidToStringSidA(well_known(WinBuiltinAdministratorsSid), &text));
    CHECK_STR(text, "S-1-5-32-544");
    LocalFree(text);
    CHECK_OK(ConvertSidToStringSidA(well_known(WinLocalSystemSid), &text));
    CHECK_STR(text, "S-1-5-18");
    LocalFree(text);
    size = sizeof sid;
    CHECK_ERROR(CreateWellKnownSid((WELL_KNOWN_SID_TYPE)10000, NULL, sid, &size), ERROR_INVALID_PARAMETER);
}

TEST(accounts_are_looked_up_both_ways) {
    HANDLE token = own_token(TOKEN_QUERY);
    TOKEN_USER *user = information(token, TokenUser);
    char name[256], domain[256], found_domain[256];
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD n = sizeof name, d = sizeof domain, size = sizeof sid, f = sizeof found_domain;
    SID_NAME_USE use;

    REQUIRE_OK(LookupAccountSidA(NULL, user->User.Sid, name, &n, domain, &d, &use));
    CHECK_EQ(use, SidTypeUser);
    CHECK_OK(LookupAccountNameA(NULL, name, sid, &size, found_domain, &f, &use));
    CHECK(EqualSid(sid, user->User.Sid));
    CHECK_STR(found_domain, domain);
    CHECK_EQ(use, SidTypeUser);
    size = 0;
    f = 0;
    CHECK_ERROR(LookupAccountNameA(NULL, name, NULL, &size, NULL, &f, &use), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(size, GetLengthSid(user->User.Sid));
    CHECK_EQ(f, strlen(domain) + 1);
    size = sizeof sid;
    f = sizeof found_domain;
    CHECK_ERROR(
        LookupAccountNameA(NULL, "no such account here", sid, &size, found_domain, &f, &use), ERROR_NONE_MAPPED);
    CHECK_OK(LookupAccountNameA(NULL, "Everyone", sid, &size, found_domain, &f, &use));
    CHECK(IsWellKnownSid(sid, WinWorldSid));
    CloseHandle(token);
}

TEST(a_domain_is_the_sid_without_its_last_number) {
    HANDLE token = own_token(TOKEN_QUERY);
    TOKEN_USER *user = information(token, TokenUser);
    BYTE domain[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof domain;
    BOOL same = FALSE;

    CHECK_OK(GetWindowsAccountDomainSid(user->User.Sid, domain, &size));
    CHECK_EQ(*GetSidSubAuthorityCount(domain), *GetSidSubAuthorityCount(user->User.Sid) - 1);
    CHECK_OK(EqualDomainSid(user->User.Sid, domain, &same));
    CHECK(same);
    size = sizeof domain;
    CHECK(!GetWindowsAccountDomainSid(well_known(WinWorldSid), domain, &size)); /* the page names no error */
    CloseHandle(token);
}
