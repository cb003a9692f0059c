/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The SIDs that are the same, or alike, on every Windows (MSDN: securitybaseapi.h).
 * Source: https://learn.microsoft.com/en-us/windows/win32/secauthz/well-known-sids
 */
#include "dlls/advapi32/security.h"

#include <string.h>

#include <ntstatus.h>

enum { DOMAIN = 0xff }; /* in place of an authority: an account of a domain, whose SID the caller gives */

#define BUILTIN(rid)                                                                                                   \
    5, 2, {                                                                                                            \
        SECURITY_BUILTIN_DOMAIN_RID, rid                                                                               \
    }
#define AUTHORITY(rid)                                                                                                 \
    5, 1, {                                                                                                            \
        rid, 0                                                                                                         \
    }
#define LABEL(rid)                                                                                                     \
    16, 1, {                                                                                                           \
        rid, 0                                                                                                         \
    }
#define ACCOUNT(rid)                                                                                                   \
    DOMAIN, 1, {                                                                                                       \
        rid, 0                                                                                                         \
    }
#define CAPABILITY(number)                                                                                             \
    15, 2, {                                                                                                           \
        SECURITY_CAPABILITY_BASE_RID, number                                                                           \
    }

static const struct well_known {
    BYTE type, authority, n;
    DWORD sub[2];
} well_known[] = {
    {WinNullSid, 0, 1, {SECURITY_NULL_RID, 0}},
    {WinWorldSid, 1, 1, {SECURITY_WORLD_RID, 0}},
    {WinLocalSid, 2, 1, {SECURITY_LOCAL_RID, 0}},
    {WinLocalLogonSid, 2, 1, {0, 0}},
    {WinConsoleLogonSid, 2, 1, {1, 0}},
    {WinCreatorOwnerSid, 3, 1, {SECURITY_CREATOR_OWNER_RID, 0}},
    {WinCreatorGroupSid, 3, 1, {SECURITY_CREATOR_GROUP_RID, 0}},
    {WinCreatorOwnerServerSid, 3, 1, {SECURITY_CREATOR_OWNER_SERVER_RID, 0}},
    {WinCreatorGroupServerSid, 3, 1, {SECURITY_CREATOR_GROUP_SERVER_RID, 0}},
    {WinCreatorOwnerRightsSid, 3, 1, {SECURITY_CREATOR_OWNER_RIGHTS_RID, 0}},
    {WinNtAuthoritySid, 5, 0, {0, 0}},
    {WinDialupSid, AUTHORITY(SECURITY_DIALUP_RID)},
    {WinNetworkSid, AUTHORITY(SECURITY_NETWORK_RID)},
    {WinBatchSid, AUTHORITY(SECURITY_BATCH_RID)},
    {WinInteractiveSid, AUTHORITY(SECURITY_INTERACTIVE_RID)},
    {WinServiceSid, AUTHORITY(SECURITY_SERVICE_RID)},
    {WinAnonymousSid, AUTHORITY(SECURITY_ANONYMOUS_LOGON_RID)},
    {WinProxySid, AUTHORITY(SECURITY_PROXY_RID)},
    {WinEnterpriseControllersSid, AUTHORITY(SECURITY_ENTERPRISE_CONTROLLERS_RID)},
    {WinSelfSid, AUTHORITY(SECURITY_PRINCIPAL_SELF_RID)},
    {WinAuthenticatedUserSid, AUTHORITY(SECURITY_AUTHENTICATED_USER_RID)},
    {WinRestrictedCodeSid, AUTHORITY(SECURITY_RESTRICTED_CODE_RID)},
    {WinWriteRestrictedCodeSid, AUTHORITY(SECURITY_WRITE_RESTRICTED_CODE_RID)},
    {WinTerminalServerSid, AUTHORITY(SECURITY_TERMINAL_SERVER_RID)},
    {WinRemoteLogonIdSid, AUTHORITY(SECURITY_REMOTE_LOGON_RID)},
    {WinThisOrganizationSid, AUTHORITY(SECURITY_THIS_ORGANIZATION_RID)},
    {WinOtherOrganizationSid, AUTHORITY(SECURITY_OTHER_ORGANIZATION_RID)},
    {WinIUserSid, AUTHORITY(17)},
    {WinLocalSystemSid, AUTHORITY(SECURITY_LOCAL_SYSTEM_RID)},
    {WinLocalServiceSid, AUTHORITY(SECURITY_LOCAL_SERVICE_RID)},
    {WinNetworkServiceSid, AUTHORITY(SECURITY_NETWORK_SERVICE_RID)},
    {WinLocalAccountSid, AUTHORITY(113)},
    {WinLocalAccountAndAdministratorSid, AUTHORITY(114)},
    {WinNTLMAuthenticationSid, 5, 2, {SECURITY_PACKAGE_BASE_RID, SECURITY_PACKAGE_NTLM_RID}},
    {WinDigestAuthenticationSid, 5, 2, {SECURITY_PACKAGE_BASE_RID, SECURITY_PACKAGE_DIGEST_RID}},
    {WinSChannelAuthenticationSid, 5, 2, {SECURITY_PACKAGE_BASE_RID, SECURITY_PACKAGE_SCHANNEL_RID}},
    {WinThisOrganizationCertificateSid, 5, 2, {SECURITY_CRED_TYPE_BASE_RID, SECURITY_CRED_TYPE_THIS_ORG_CERT_RID}},
    {WinBuiltinDomainSid, 5, 1, {SECURITY_BUILTIN_DOMAIN_RID, 0}},
    {WinBuiltinAdministratorsSid, BUILTIN(DOMAIN_ALIAS_RID_ADMINS)},
    {WinBuiltinUsersSid, BUILTIN(DOMAIN_ALIAS_RID_USERS)},
    {WinBuiltinGuestsSid, BUILTIN(DOMAIN_ALIAS_RID_GUESTS)},
    {WinBuiltinPowerUsersSid, BUILTIN(DOMAIN_ALIAS_RID_POWER_USERS)},
    {WinBuiltinAccountOperatorsSid, BUILTIN(DOMAIN_ALIAS_RID_ACCOUNT_OPS)},
    {WinBuiltinSystemOperatorsSid, BUILTIN(DOMAIN_ALIAS_RID_SYSTEM_OPS)},
    {WinBuiltinPrintOperatorsSid, BUILTIN(DOMAIN_ALIAS_RID_PRINT_OPS)},
    {WinBuiltinBackupOperatorsSid, BUILTIN(DOMAIN_ALIAS_RID_BACKUP_OPS)},
    {WinBuiltinReplicatorSid, BUILTIN(DOMAIN_ALIAS_RID_REPLICATOR)},
    {WinBuiltinPreWindows2000CompatibleAccessSid, BUILTIN(DOMAIN_ALIAS_RID_PREW2KCOMPACCESS)},
    {WinBuiltinRemoteDesktopUsersSid, BUILTIN(DOMAIN_ALIAS_RID_REMOTE_DESKTOP_USERS)},
    {WinBuiltinNetworkConfigurationOperatorsSid, BUILTIN(DOMAIN_ALIAS_RID_NETWORK_CONFIGURATION_OPS)},
    {WinBuiltinIncomingForestTrustBuildersSid, BUILTIN(DOMAIN_ALIAS_RID_INCOMING_FOREST_TRUST_BUILDERS)},
    {WinBuiltinPerfMonitoringUsersSid, BUILTIN(DOMAIN_ALIAS_RID_MONITORING_USERS)},
    {WinBuiltinPerfLoggingUsersSid, BUILTIN(DOMAIN_ALIAS_RID_LOGGING_USERS)},
    {WinBuiltinAuthorizationAccessSid, BUILTIN(DOMAIN_ALIAS_RID_AUTHORIZATIONACCESS)},
    {WinBuiltinTerminalServerLicenseServersSid, BUILTIN(DOMAIN_ALIAS_RID_TS_LICENSE_SERVERS)},
    {WinBuiltinDCOMUsersSid, BUILTIN(DOMAIN_ALIAS_RID_DCOM_USERS)},
    {WinBuiltinIUsersSid, BUILTIN(DOMAIN_ALIAS_RID_IUSERS)},
    {WinBuiltinCryptoOperatorsSid, BUILTIN(DOMAIN_ALIAS_RID_CRYPTO_OPERATORS)},
    {WinBuiltinEventLogReadersGroup, BUILTIN(DOMAIN_ALIAS_RID_EVENT_LOG_READERS_GROUP)},
    {WinBuiltinCertSvcDComAccessGroup, BUILTIN(DOMAIN_ALIAS_RID_CERTSVC_DCOM_ACCESS_GROUP)},
    {WinBuiltinRDSRemoteAccessServersSid, BUILTIN(575)},
    {WinBuiltinRDSEndpointServersSid, BUILTIN(576)},
    {WinBuiltinRDSManagementServersSid, BUILTIN(577)},
    {WinBuiltinHyperVAdminsSid, BUILTIN(578)},
    {WinBuiltinAccessControlAssistanceOperatorsSid, BUILTIN(579)},
    {WinBuiltinRemoteManagementUsersSid, BUILTIN(580)},
    {WinAccountAdministratorSid, ACCOUNT(DOMAIN_USER_RID_ADMIN)},
    {WinAccountGuestSid, ACCOUNT(DOMAIN_USER_RID_GUEST)},
    {WinAccountKrbtgtSid, ACCOUNT(DOMAIN_USER_RID_KRBTGT)},
    {WinAccountDomainAdminsSid, ACCOUNT(DOMAIN_GROUP_RID_ADMINS)},
    {WinAccountDomainUsersSid, ACCOUNT(DOMAIN_GROUP_RID_USERS)},
    {WinAccountDomainGuestsSid, ACCOUNT(DOMAIN_GROUP_RID_GUESTS)},
    {WinAccountComputersSid, ACCOUNT(DOMAIN_GROUP_RID_COMPUTERS)},
    {WinAccountControllersSid, ACCOUNT(DOMAIN_GROUP_RID_CONTROLLERS)},
    {WinAccountCertAdminsSid, ACCOUNT(DOMAIN_GROUP_RID_CERT_ADMINS)},
    {WinAccountSchemaAdminsSid, ACCOUNT(DOMAIN_GROUP_RID_SCHEMA_ADMINS)},
    {WinAccountEnterpriseAdminsSid, ACCOUNT(DOMAIN_GROUP_RID_ENTERPRISE_ADMINS)},
    {WinAccountPolicyAdminsSid, ACCOUNT(DOMAIN_GROUP_RID_POLICY_ADMINS)},
    {WinAccountRasAndIasServersSid, ACCOUNT(DOMAIN_ALIAS_RID_RAS_SERVERS)},
    {WinAccountReadonlyControllersSid, ACCOUNT(DOMAIN_GROUP_RID_READONLY_CONTROLLERS)},
    {WinUntrustedLabelSid, LABEL(SECURITY_MANDATORY_UNTRUSTED_RID)},
    {WinLowLabelSid, LABEL(SECURITY_MANDATORY_LOW_RID)},
    {WinMediumLabelSid, LABEL(SECURITY_MANDATORY_MEDIUM_RID)},
    {WinMediumPlusLabelSid, LABEL(SECURITY_MANDATORY_MEDIUM_PLUS_RID)},
    {WinHighLabelSid, LABEL(SECURITY_MANDATORY_HIGH_RID)},
    {WinSystemLabelSid, LABEL(SECURITY_MANDATORY_SYSTEM_RID)},
    {WinBuiltinAnyPackageSid, 15, 2, {SECURITY_APP_PACKAGE_BASE_RID, 1}},
    {WinCapabilityInternetClientSid, CAPABILITY(1)},
    {WinCapabilityInternetClientServerSid, CAPABILITY(2)},
    {WinCapabilityPrivateNetworkClientServerSid, CAPABILITY(3)},
    {WinCapabilityPicturesLibrarySid, CAPABILITY(4)},
    {WinCapabilityVideosLibrarySid, CAPABILITY(5)},
    {WinCapabilityMusicLibrarySid, CAPABILITY(6)},
    {WinCapabilityDocumentsLibrarySid, CAPABILITY(7)},
    {WinCapabilityEnterpriseAuthenticationSid, CAPABILITY(8)},
    {WinCapabilitySharedUserCertificatesSid, CAPABILITY(9)},
    {WinCapabilityRemovableStorageSid, CAPABILITY(10)},
};

static const struct well_known *well_known_find(WELL_KNOWN_SID_TYPE type) {
    for (size_t i = 0; i < sizeof well_known / sizeof well_known[0]; i++) {
        if (well_known[i].type == (DWORD)type)
            return &well_known[i];
    }
    return NULL;
}

static const SID_IDENTIFIER_AUTHORITY nt_authority = {SECURITY_NT_AUTHORITY};

/* Whether @sid is a domain's: S-1-5-21 and three numbers; @more: how many follow at least. */
static BOOL is_of_domain(const SID *sid, BYTE more) {
    return RtlValidSid((PSID)sid) && !memcmp(&sid->IdentifierAuthority, &nt_authority, sizeof nt_authority) &&
           sid->SubAuthorityCount >= 4 + more && sid->SubAuthority[0] == SECURITY_NT_NON_UNIQUE;
}

/**
 * CreateWellKnownSid() - a SID by its number.
 * @domain: whose account it is, for those that are accounts of a domain; else not looked at.
 * @size: room; receives the size.
 * Return: FALSE with ERROR_INVALID_PARAMETER, ERROR_INSUFFICIENT_BUFFER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-createwellknownsid
 */
BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE type, PSID domain, PSID sid, DWORD *size) {
    const struct well_known *known = well_known_find(type);
    SID_IDENTIFIER_AUTHORITY authority = {{0}};
    struct {
        SID sid;
        DWORD more[SID_MAX_SUB_AUTHORITIES - 1];
    } made;
    DWORD need;

    if (!size || !known || (known->authority == DOMAIN && !is_of_domain(domain, 0)))
        return fail_with(ERROR_INVALID_PARAMETER);
    if (known->authority == DOMAIN) {
        if (((SID *)domain)->SubAuthorityCount >= SID_MAX_SUB_AUTHORITIES)
            return fail_with(ERROR_INVALID_PARAMETER);
        memcpy(&made, domain, RtlLengthSid(domain));
        made.sid.SubAuthority[made.sid.SubAuthorityCount++] = known->sub[0];
    } else {
        authority.Value[5] = known->authority;
        RtlInitializeSid(&made, &authority, known->n);
        memcpy(made.sid.SubAuthority, known->sub, known->n * sizeof(DWORD));
    }
    need = RtlLengthSid(&made);
    if (*size < need || !sid) {
        *size = need;
        return fail_with(sid ? ERROR_INSUFFICIENT_BUFFER : ERROR_INVALID_PARAMETER);
    }
    memcpy(sid, &made, need);
    *size = need;
    return TRUE;
}

/** IsWellKnownSid() - whether a SID is the one of that number; of an account, in whatever domain. */
BOOL WINAPI IsWellKnownSid(PSID sid, WELL_KNOWN_SID_TYPE type) {
    const struct well_known *known = well_known_find(type);
    BYTE own[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof own;

    if (!known || !RtlValidSid(sid))
        return FALSE;
    if (known->authority == DOMAIN)
        return is_of_domain(sid, 1) && ((SID *)sid)->SubAuthorityCount == 5 &&
               ((SID *)sid)->SubAuthority[4] == known->sub[0];
    return CreateWellKnownSid(type, NULL, own, &size) && RtlEqualSid(sid, own);
}

/**
 * GetWindowsAccountDomainSid() - the domain of an account.
 * Return: FALSE with ERROR_INVALID_SID, ERROR_NON_ACCOUNT_SID, ERROR_INSUFFICIENT_BUFFER.
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-getwindowsaccountdomainsid
 */
BOOL WINAPI GetWindowsAccountDomainSid(PSID sid, PSID domain, DWORD *size) {
    const DWORD need = RtlLengthRequiredSid(4), room = *size;
    SID *to = domain;

    if (!RtlValidSid(sid))
        return fail_with(ERROR_INVALID_SID);
    if (!is_of_domain(sid, 0))
        return fail_with(ERROR_NON_ACCOUNT_SID);
    *size = need;
    if (room < need || !to)
        return fail_with(ERROR_INSUFFICIENT_BUFFER);
    memcpy(to, sid, need);
    to->SubAuthorityCount = 4;
    return TRUE;
}

/**
 * EqualDomainSid() - whether two SIDs are of one domain, or both of the built-in one.
 * Return: FALSE with ERROR_INVALID_SID, ERROR_NON_DOMAIN_SID.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-equaldomainsid
 */
BOOL WINAPI EqualDomainSid(PSID a, PSID b, BOOL *equal) {
    static const struct {
        SID sid;
    } builtin = {{SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_BUILTIN_DOMAIN_RID}}};
    BYTE domain[2][SECURITY_MAX_SID_SIZE];
    PSID sids[2] = {a, b};

    if (!RtlValidSid(a) || !RtlValidSid(b))
        return fail_with(ERROR_INVALID_SID);
    for (int i = 0; i < 2; i++) {
        const SID *sid = sids[i];
        DWORD size = sizeof domain[i];

        if (sid->SubAuthorityCount && sid->SubAuthority[0] == SECURITY_BUILTIN_DOMAIN_RID &&
            !memcmp(&sid->IdentifierAuthority, &nt_authority, sizeof nt_authority))
            memcpy(domain[i], &builtin, sizeof builtin);
        else if (!GetWindowsAccountDomainSid(sids[i], domain[i], &size))
            return fail_with(ERROR_NON_DOMAIN_SID);
    }
    *equal = RtlEqualSid(domain[0], domain[1]);
    return TRUE;
}

/** EqualPrefixSid() - whether two SIDs differ in their last number at most. */
BOOL WINAPI EqualPrefixSid(PSID a, PSID b) {
    const SID *first = a, *second = b;

    if (!RtlValidSid(a) || !RtlValidSid(b) || first->SubAuthorityCount != second->SubAuthorityCount)
        return FALSE;
    return first->SubAuthorityCount ? !memcmp(a, b, RtlLengthRequiredSid(first->SubAuthorityCount - 1))
                                    : RtlEqualSid(a, b);
}
