/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors of programs' own objects, and checks that are to be audited. */
#include "harness.h"

#include <sddl.h>

#ifndef AUDIT_ALLOW_NO_PRIVILEGE
#define AUDIT_ALLOW_NO_PRIVILEGE 1
#endif
#ifndef __MINGW32__ /* Wine's headers lack these */
typedef enum { AuditEventObjectAccess } AUDIT_EVENT_TYPE;
BOOL WINAPI AccessCheckByTypeAndAuditAlarmA(const char *, void *, const char *, const char *, PSECURITY_DESCRIPTOR,
    PSID, DWORD, AUDIT_EVENT_TYPE, DWORD, OBJECT_TYPE_LIST *, DWORD, GENERIC_MAPPING *, BOOL, DWORD *, BOOL *, BOOL *);
#endif

#define AUTO_INHERIT 1 /* SEF_DACL_AUTO_INHERIT */

static GENERIC_MAPPING mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff}; /* as files have it: FR, FW, FX, FA */
static HANDLE token;

static PSECURITY_DESCRIPTOR descriptor_of(const char *text) {
    PSECURITY_DESCRIPTOR descriptor = NULL;

    REQUIRE_OK(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor, NULL));
    return descriptor;
}

/* The list of a new object as text, for LocalFree. */
static char *list_of_new(const char *parent_text, const char *creator_text, BOOL is_container, ULONG flags) {
    PSECURITY_DESCRIPTOR parent = parent_text ? descriptor_of(parent_text) : NULL,
                         creator = creator_text ? descriptor_of(creator_text) : NULL, made = NULL;
    char *text = NULL;

    if (!token)
        REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK_OK(CreatePrivateObjectSecurityEx(parent, creator, &made, NULL, is_container, flags, token, &mapping));
    CHECK(IsValidSecurityDescriptor(made));
    CHECK_OK(ConvertSecurityDescriptorToStringSecurityDescriptorA(
        made, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    CHECK_OK(DestroyPrivateObjectSecurity(&made));
    LocalFree(parent);
    LocalFree(creator);
    return text;
}

#define CHECK_LIST(parent, creator, is_container, flags, expected)                                                     \
    do {                                                                                                               \
        char *list = list_of_new(parent, creator, is_container, flags);                                                \
        CHECK_STR(list, expected);                                                                                     \
        LocalFree(list);                                                                                               \
    } while (0)

TEST(the_makers_list_counts) {
    CHECK_LIST("D:(A;OICI;FA;;;WD)", "D:(A;;FR;;;AN)", FALSE, 0, "D:(A;;FR;;;AN)");
    CHECK_LIST(NULL, "D:(A;;GA;;;AN)", FALSE, 0, "D:(A;;FA;;;AN)"); /* generic rights are mapped */
}

TEST(a_parents_list_is_inherited) {
    CHECK_LIST("D:(A;OICI;FA;;;WD)(A;CI;FR;;;AN)(A;;FR;;;SY)", NULL, FALSE, 0, "D:(A;;FA;;;WD)");
    CHECK_LIST("D:(A;OICI;FA;;;WD)(A;CI;FR;;;AN)(A;;FR;;;SY)", NULL, TRUE, 0, "D:(A;OICI;FA;;;WD)(A;CI;FR;;;AN)");
    CHECK_LIST("D:(A;OI;FR;;;WD)", NULL, TRUE, AUTO_INHERIT, "D:AI(A;OIIOID;FR;;;WD)");
    CHECK_LIST("D:(A;CINP;FR;;;WD)", NULL, TRUE, AUTO_INHERIT, "D:AI(A;ID;FR;;;WD)");
}

TEST(inherited_entries_follow_the_makers) {
    CHECK_LIST("D:(A;OICI;FA;;;WD)", "D:(A;;FR;;;AN)", FALSE, AUTO_INHERIT, "D:AI(A;;FR;;;AN)(A;ID;FA;;;WD)");
    CHECK_LIST("D:(A;OICI;FA;;;WD)", "D:P(A;;FR;;;AN)", FALSE, AUTO_INHERIT, "D:PAI(A;;FR;;;AN)");
}

TEST(creator_owner_is_the_maker) {
    PSECURITY_DESCRIPTOR parent = descriptor_of("D:(A;OICI;FA;;;CO)"), made = NULL;
    PSID owner;
    BOOL defaulted, present;
    ACL *list;
    ACCESS_ALLOWED_ACE *ace;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK_OK(CreatePrivateObjectSecurity(parent, NULL, &made, FALSE, token, &mapping));
    CHECK_OK(GetSecurityDescriptorOwner(made, &owner, &defaulted));
    CHECK_OK(GetSecurityDescriptorDacl(made, &present, &list, &defaulted));
    REQUIRE(owner && present && list && list->AceCount == 1);
    CHECK_OK(GetAce(list, 0, (void **)&ace));
    CHECK(EqualSid(&ace->SidStart, owner));
    CHECK_OK(DestroyPrivateObjectSecurity(&made));
    LocalFree(parent);
}

TEST(parts_are_read_and_changed) {
    PSECURITY_DESCRIPTOR creator = descriptor_of("D:(A;;FR;;;AN)"), change = descriptor_of("D:(A;;GR;;;WD)"),
                         made = NULL;
    char room[512], *text;
    DWORD need = 0;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK_OK(CreatePrivateObjectSecurity(NULL, creator, &made, FALSE, token, &mapping));
    CHECK_ERROR(GetPrivateObjectSecurity(made, DACL_SECURITY_INFORMATION, NULL, 0, &need), ERROR_INSUFFICIENT_BUFFER);
    CHECK(need > sizeof(SECURITY_DESCRIPTOR_RELATIVE) && need < sizeof(room));
    CHECK_OK(SetPrivateObjectSecurity(DACL_SECURITY_INFORMATION, change, &made, &mapping, token));
    CHECK_OK(GetPrivateObjectSecurity(made, DACL_SECURITY_INFORMATION, room, sizeof(room), &need));
    CHECK_OK(ConvertSecurityDescriptorToStringSecurityDescriptorA(
        room, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    CHECK_STR(text, "D:(A;;FR;;;WD)");
    LocalFree(text);
    CHECK_OK(DestroyPrivateObjectSecurity(&made));
    CHECK(made == NULL);
    LocalFree(creator);
    LocalFree(change);
}

TEST(another_owner_needs_a_privilege) {
    PSECURITY_DESCRIPTOR creator = descriptor_of("O:S-1-5-21-1-2-3-4D:(A;;FR;;;AN)"), made = NULL;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK_ERROR(
        CreatePrivateObjectSecurityEx(NULL, creator, &made, NULL, FALSE, 0, token, &mapping), ERROR_INVALID_OWNER);
    CHECK_OK(CreatePrivateObjectSecurityEx(
        NULL, creator, &made, NULL, FALSE, 0x10 /* SEF_AVOID_OWNER_CHECK */, token, &mapping));
    CHECK_OK(DestroyPrivateObjectSecurity(&made));
    LocalFree(creator);
}

TEST(audits_need_their_privilege) {
    PSECURITY_DESCRIPTOR descriptor = descriptor_of("O:SYG:SYD:(A;;FA;;;WD)");
    DWORD granted = POISONED_DWORD;
    BOOL allowed = FALSE, generate = FALSE;

    CHECK_OK(ImpersonateSelf(SecurityImpersonation));
    CHECK_ERROR(AccessCheckAndAuditAlarmA("tests", NULL, (char *)"Test", (char *)"one", descriptor, 1, &mapping, FALSE,
                    &granted, &allowed, &generate),
        ERROR_PRIVILEGE_NOT_HELD);
    CHECK_ERROR(ObjectCloseAuditAlarmA("tests", NULL, FALSE), ERROR_PRIVILEGE_NOT_HELD);
    CHECK_EQ(granted, POISONED_DWORD);
    CHECK_OK(AccessCheckByTypeAndAuditAlarmA("tests", NULL, "Test", "one", descriptor, NULL, 1, AuditEventObjectAccess,
        AUDIT_ALLOW_NO_PRIVILEGE, NULL, 0, &mapping, FALSE, &granted, &allowed, &generate));
    CHECK_EQ(allowed, TRUE);
    CHECK_EQ(granted, 1);
    CHECK_OK(RevertToSelf());
    LocalFree(descriptor);
}
