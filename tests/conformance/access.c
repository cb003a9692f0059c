/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The access check: descriptors in their text form against what a token may by them. */
#include "harness.h"

#include <sddl.h>

#ifndef __MINGW32__ /* Wine's headers lack it */
BOOL WINAPI AccessCheckByTypeResultList(PSECURITY_DESCRIPTOR descriptor, PSID self, HANDLE token, DWORD access,
    OBJECT_TYPE_LIST *types, DWORD n, GENERIC_MAPPING *mapping, PRIVILEGE_SET *set, DWORD *size, DWORD *granted,
    DWORD *results);
#endif

#define READ 1
#define WRITE 2
#define RUN 4
#define ALL (READ | WRITE | RUN | STANDARD_RIGHTS_REQUIRED)

static GENERIC_MAPPING mapping = {READ | READ_CONTROL, WRITE, RUN, ALL};

static PSECURITY_DESCRIPTOR descriptor_of(const char *text) {
    PSECURITY_DESCRIPTOR descriptor = NULL;

    REQUIRE_OK(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor, NULL));
    return descriptor;
}

static PSID well_known(WELL_KNOWN_SID_TYPE type) {
    DWORD size = SECURITY_MAX_SID_SIZE;
    PSID sid = malloc(size);

    REQUIRE_OK(CreateWellKnownSid(type, NULL, sid, &size));
    return sid;
}

/* This process's token without the administrators, as an ordinary user's, restricted further; to be impersonated. */
static HANDLE client_token(DWORD flags, WELL_KNOWN_SID_TYPE disable, PSID restricting) {
    HANDLE process = NULL, made = NULL, client = NULL;
    SID_AND_ATTRIBUTES off[2] = {{well_known(WinBuiltinAdministratorsSid), 0}}, only = {restricting, 0};

    off[1].Sid = disable == WinNullSid ? off[0].Sid : well_known(disable);
    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &process));
    REQUIRE_OK(CreateRestrictedToken(process, flags | DISABLE_MAX_PRIVILEGE, disable == WinNullSid ? 1 : 2, off, 0,
        NULL, restricting ? 1 : 0, restricting ? &only : NULL, &made));
    REQUIRE_OK(DuplicateTokenEx(made, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &client));
    CloseHandle(made);
    CloseHandle(process);
    return client;
}

static HANDLE ordinary_client(void) {
    return client_token(0, WinNullSid, NULL);
}

/* What a client is granted; 0xffffffff: it is refused. */
static DWORD granted_to(HANDLE client, const char *text, DWORD access) {
    PSECURITY_DESCRIPTOR descriptor = descriptor_of(text);
    PRIVILEGE_SET set;
    DWORD size = sizeof set, granted = POISON;
    BOOL allowed = 2;

    if (!CHECK_OK(AccessCheck(descriptor, client, access, &mapping, &set, &size, &granted, &allowed)))
        return POISON;
    LocalFree(descriptor);
    CHECK(allowed == TRUE || allowed == FALSE);
    if (!allowed)
        CHECK_EQ(granted, 0);
    return allowed ? granted : 0xffffffff;
}

#define REFUSED 0xffffffff
/* Owner and group that no client is. */
#define OTHERS "O:SYG:SY"

static const struct row {
    const char *descriptor;
    DWORD access, granted;
} rows[] = {
    {OTHERS "D:(A;;0x7;;;WD)", READ, READ},
    {OTHERS "D:(A;;0x1;;;WD)", READ | WRITE, REFUSED},
    {OTHERS "D:(A;;0x1;;;WD)(A;;0x2;;;BU)", READ | WRITE, READ | WRITE},
    {OTHERS "D:", READ, REFUSED},
    {OTHERS "D:NO_ACCESS_CONTROL", ALL, ALL},
    {OTHERS, ALL, ALL},
    /* the first entry that names a right decides */
    {OTHERS "D:(D;;0x2;;;WD)(A;;0x7;;;WD)", WRITE, REFUSED},
    {OTHERS "D:(D;;0x2;;;WD)(A;;0x7;;;WD)", READ, READ},
    {OTHERS "D:(A;;0x7;;;WD)(D;;0x2;;;WD)", WRITE, WRITE},
    {OTHERS "D:(D;;0x7;;;SY)(A;;0x7;;;WD)", WRITE, WRITE},
    /* administrators are only there for denials */
    {OTHERS "D:(A;;0x7;;;BA)", READ, REFUSED},
    /* entries that are only inherited say nothing here */
    {OTHERS "D:(A;IO;0x7;;;WD)", READ, REFUSED},
    {OTHERS "D:(D;IO;0x7;;;WD)(A;;0x7;;;WD)", READ, READ},
    /* generic rights in entries are mapped */
    {OTHERS "D:(A;;GR;;;WD)", READ, READ},
    {OTHERS "D:(A;;GA;;;WD)", ALL, ALL},
    {OTHERS "D:(A;;GW;;;WD)", READ, REFUSED},
    /* as much as there is */
    {OTHERS "D:(A;;0x3;;;WD)", MAXIMUM_ALLOWED, READ | WRITE},
    {OTHERS "D:(D;;0x2;;;WD)(A;;0x7;;;WD)", MAXIMUM_ALLOWED, READ | RUN},
    {OTHERS "D:(A;;0x1;;;WD)", MAXIMUM_ALLOWED | WRITE, REFUSED},
    {OTHERS "D:(A;;0x3;;;WD)", MAXIMUM_ALLOWED | WRITE, READ | WRITE},
    {OTHERS "D:", MAXIMUM_ALLOWED, REFUSED},
    {OTHERS "D:NO_ACCESS_CONTROL", MAXIMUM_ALLOWED, ALL},
};

TEST(the_list_decides) {
    HANDLE client = ordinary_client();

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!CHECK_EQ(granted_to(client, rows[i].descriptor, rows[i].access), rows[i].granted))
            printf("  row %u: %s\n", (unsigned)i, rows[i].descriptor);
    }
    CloseHandle(client);
}

/* A descriptor whose owner is this user. */
static const char *owned(const char *dacl) {
    static char text[400];
    HANDLE token = NULL;
    BYTE user[200];
    DWORD size;
    char *sid = NULL;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    REQUIRE_OK(GetTokenInformation(token, TokenUser, user, sizeof user, &size));
    REQUIRE_OK(ConvertSidToStringSidA(((TOKEN_USER *)user)->User.Sid, &sid));
    snprintf(text, sizeof text, "O:%sG:SY%s", sid, dacl);
    LocalFree(sid);
    CloseHandle(token);
    return text;
}

TEST(an_owner_may_read_and_change_the_descriptor) {
    HANDLE client = ordinary_client();

    CHECK_EQ(granted_to(client, owned("D:"), READ_CONTROL | WRITE_DAC), READ_CONTROL | WRITE_DAC);
    CHECK_EQ(granted_to(client, owned("D:"), MAXIMUM_ALLOWED), READ_CONTROL | WRITE_DAC);
    CHECK_EQ(granted_to(client, owned("D:"), WRITE_OWNER), REFUSED);
    CHECK_EQ(granted_to(client, owned("D:(D;;WD;;;WD)"), WRITE_DAC), WRITE_DAC);
    CloseHandle(client);
}

TEST(owner_rights_stand_in_for_that) {
    HANDLE client = ordinary_client();

    CHECK_EQ(granted_to(client, owned("D:(A;;0x1;;;OW)"), WRITE_DAC), REFUSED);
    CHECK_EQ(granted_to(client, owned("D:(A;;0x1;;;OW)"), READ), READ);
    CHECK_EQ(granted_to(client, owned("D:(A;;0x1;;;OW)(A;;0x2;;;WD)"), MAXIMUM_ALLOWED), READ | WRITE);
    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x1;;;OW)", READ), REFUSED);
    CHECK_EQ(granted_to(client, owned("D:(A;IO;0x1;;;OW)"), WRITE_DAC), WRITE_DAC);
    CloseHandle(client);
}

TEST(a_disabled_group_still_denies) {
    HANDLE client = client_token(0, WinBuiltinUsersSid, NULL);

    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x7;;;BU)", READ), REFUSED);
    CHECK_EQ(granted_to(client, OTHERS "D:(D;;0x1;;;BU)(A;;0x7;;;WD)", READ), REFUSED);
    CHECK_EQ(granted_to(client, OTHERS "D:(D;;0x1;;;BU)(A;;0x7;;;WD)", WRITE), WRITE);
    CloseHandle(client);
}

TEST(restricting_sids_must_be_granted_too) {
    HANDLE client = client_token(0, WinNullSid, well_known(WinRestrictedCodeSid));

    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x7;;;WD)", READ), REFUSED);
    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x7;;;RC)", READ), REFUSED);
    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x7;;;WD)(A;;0x1;;;RC)", READ), READ);
    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x7;;;WD)(A;;0x1;;;RC)", WRITE), REFUSED);
    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x7;;;WD)(A;;0x1;;;RC)", MAXIMUM_ALLOWED), READ);
    CHECK_EQ(granted_to(client, owned("D:(A;;0x7;;;RC)"), WRITE_DAC), REFUSED);
    CHECK_EQ(granted_to(client, OTHERS "D:NO_ACCESS_CONTROL", ALL), ALL);
    CloseHandle(client);
}

TEST(a_token_restricted_in_writing_may_read) {
    HANDLE client = client_token(8 /* WRITE_RESTRICTED */, WinNullSid, well_known(WinRestrictedCodeSid));

    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x7;;;WD)", READ), READ);
    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x7;;;WD)", WRITE), REFUSED);
    CHECK_EQ(granted_to(client, OTHERS "D:(A;;0x7;;;WD)(A;;0x2;;;RC)", WRITE), WRITE);
    CloseHandle(client);
}

static HANDLE client_of_level(WELL_KNOWN_SID_TYPE level) {
    HANDLE client = ordinary_client();
    TOKEN_MANDATORY_LABEL label = {{well_known(level), SE_GROUP_INTEGRITY}};

    REQUIRE_OK(SetTokenInformation(client, TokenIntegrityLevel, &label, sizeof label));
    return client;
}

TEST(a_low_client_does_not_write_up) {
    HANDLE low = client_of_level(WinLowLabelSid), medium = client_of_level(WinMediumLabelSid);

    CHECK_EQ(granted_to(low, OTHERS "D:(A;;0x7;;;WD)", WRITE), REFUSED); /* without a label: medium */
    CHECK_EQ(granted_to(low, OTHERS "D:(A;;0x7;;;WD)", READ), READ);
    CHECK_EQ(granted_to(low, OTHERS "D:(A;;0x7;;;WD)", RUN), RUN);
    CHECK_EQ(granted_to(low, OTHERS "D:(A;;0x7;;;WD)", MAXIMUM_ALLOWED), READ | RUN);
    CHECK_EQ(granted_to(low, OTHERS "D:(A;;0x7;;;WD)S:(ML;;NW;;;LW)", WRITE), WRITE);
    CHECK_EQ(granted_to(medium, OTHERS "D:(A;;0x7;;;WD)", WRITE), WRITE);
    CHECK_EQ(granted_to(medium, OTHERS "D:(A;;0x7;;;WD)S:(ML;;NW;;;HI)", WRITE), REFUSED);
    CHECK_EQ(granted_to(medium, OTHERS "D:(A;;0x7;;;WD)S:(ML;;NR;;;HI)", READ), REFUSED);
    CHECK_EQ(granted_to(medium, OTHERS "D:(A;;0x7;;;WD)S:(ML;;NX;;;HI)", RUN), REFUSED);
    CHECK_EQ(granted_to(medium, OTHERS "D:(A;;0x7;;;WD)S:(ML;;NX;;;HI)", WRITE), WRITE);
    CloseHandle(low);
    CloseHandle(medium);
}

TEST(mistakes_are_told) {
    HANDLE client = ordinary_client(), process = NULL, anonymous = NULL;
    PSECURITY_DESCRIPTOR good = descriptor_of(OTHERS "D:(A;;0x7;;;WD)"), bad = descriptor_of("D:(A;;0x7;;;WD)");
    PRIVILEGE_SET set;
    DWORD size = sizeof set, granted = 0;
    BOOL allowed = 2;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &process));
    CHECK_ERROR(
        AccessCheck(good, process, READ, &mapping, &set, &size, &granted, &allowed), ERROR_NO_IMPERSONATION_TOKEN);
    CHECK_ERROR(
        AccessCheck(good, client, GENERIC_READ, &mapping, &set, &size, &granted, &allowed), ERROR_GENERIC_NOT_MAPPED);
    CHECK_ERROR(
        AccessCheck(bad, client, READ, &mapping, &set, &size, &granted, &allowed), ERROR_INVALID_SECURITY_DESCR);
    REQUIRE_OK(DuplicateTokenEx(process, TOKEN_ALL_ACCESS, NULL, SecurityAnonymous, TokenImpersonation, &anonymous));
    CHECK_ERROR(
        AccessCheck(good, anonymous, READ, &mapping, &set, &size, &granted, &allowed), ERROR_BAD_IMPERSONATION_LEVEL);
    size = 0;
    CHECK_ERROR(AccessCheck(good, client, READ, &mapping, &set, &size, &granted, &allowed), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(size, sizeof set);
    CHECK_EQ(allowed, 2);
    CHECK_OK(AccessCheck(good, client, READ, &mapping, &set, &size, &granted, &allowed));
    CHECK_EQ(set.PrivilegeCount, 0);
    CHECK_OK(AccessCheck(good, client, ACCESS_SYSTEM_SECURITY, &mapping, &set, &size, &granted, &allowed));
    CHECK(!allowed);
    CHECK_EQ(GetLastError(), ERROR_PRIVILEGE_NOT_HELD);
    CloseHandle(client);
}

TEST(generic_rights_are_mapped) {
    DWORD mask = GENERIC_READ | WRITE;

    MapGenericMask(&mask, &mapping);
    CHECK_EQ(mask, READ | READ_CONTROL | WRITE);
    mask = GENERIC_ALL;
    MapGenericMask(&mask, &mapping);
    CHECK_EQ(mask, ALL);
    CHECK(AreAllAccessesGranted(READ | WRITE, WRITE));
    CHECK(!AreAllAccessesGranted(READ, READ | WRITE));
    CHECK(AreAnyAccessesGranted(READ, READ | WRITE));
}

static GUID object_type = {1, 2, 3, {4}}, property = {5, 6, 7, {8}}, other_property = {9, 10, 11, {12}};

TEST(a_property_has_rights_of_its_own) {
    HANDLE client = ordinary_client();
    OBJECT_TYPE_LIST types[3] = {{0, 0, &object_type}, {1, 0, &property}, {1, 0, &other_property}};
    PSECURITY_DESCRIPTOR descriptor =
        descriptor_of(OTHERS "D:(OA;;0x1;00000005-0006-0007-0800-000000000000;;WD)(A;;0x2;;;WD)");
    PRIVILEGE_SET set;
    DWORD size = sizeof set, granted[3] = {0}, results[3] = {POISON, POISON, POISON};

    CHECK_OK(AccessCheckByTypeResultList(
        descriptor, NULL, client, MAXIMUM_ALLOWED, types, 3, &mapping, &set, &size, granted, results));
    CHECK_EQ(granted[0], WRITE);
    CHECK_EQ(granted[1], READ | WRITE);
    CHECK_EQ(granted[2], WRITE);
    CHECK_EQ(results[1], ERROR_SUCCESS);
    CloseHandle(client);
}

TEST(self_is_whom_the_caller_names) {
    HANDLE client = ordinary_client();
    PSECURITY_DESCRIPTOR descriptor = descriptor_of(OTHERS "D:(A;;0x1;;;PS)");
    PRIVILEGE_SET set;
    DWORD size = sizeof set, granted = 0;
    BOOL allowed = 2;

    CHECK_OK(AccessCheckByType(
        descriptor, well_known(WinWorldSid), client, READ, NULL, 0, &mapping, &set, &size, &granted, &allowed));
    CHECK(allowed);
    CHECK_OK(AccessCheckByType(descriptor, NULL, client, READ, NULL, 0, &mapping, &set, &size, &granted, &allowed));
    CHECK(!allowed);
    CloseHandle(client);
}

TEST(privileges_are_checked) {
    HANDLE token = NULL;
    PRIVILEGE_SET set = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{0, 0}, 0}}};
    BOOL has = 2;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    REQUIRE_OK(LookupPrivilegeValueA(NULL, "SeChangeNotifyPrivilege", &set.Privilege[0].Luid));
    CHECK_OK(PrivilegeCheck(token, &set, &has));
    CHECK_EQ(has, TRUE);
    CHECK_EQ(set.Privilege[0].Attributes, SE_PRIVILEGE_USED_FOR_ACCESS);
    set.Privilege[0].Attributes = 0;
    REQUIRE_OK(LookupPrivilegeValueA(NULL, "SeTcbPrivilege", &set.Privilege[0].Luid));
    CHECK_OK(PrivilegeCheck(token, &set, &has));
    CHECK_EQ(has, FALSE);
    CHECK_EQ(set.Privilege[0].Attributes, 0);
    CloseHandle(token);
}
