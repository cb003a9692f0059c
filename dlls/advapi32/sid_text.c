/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SIDs from text (MSDN: sddl.h): S-1-…, or the two letters that SDDL has for those that every Windows knows.
 * Source: https://learn.microsoft.com/en-us/windows/win32/secauthz/sid-strings
 */
#include "dlls/advapi32/security.h"

#include <sddl.h>
#include <string.h>

#include <ntstatus.h>

/* Wine's headers lack these ([MS-DTYP] 2.4.2.4). */
#define DOMAIN_ALIAS_RID_RDS_REMOTE_ACCESS_SERVERS 575
#define DOMAIN_ALIAS_RID_RDS_ENDPOINT_SERVERS 576
#define DOMAIN_ALIAS_RID_RDS_MANAGEMENT_SERVERS 577
#define DOMAIN_ALIAS_RID_HYPER_V_ADMINS 578
#define DOMAIN_ALIAS_RID_ACCESS_CONTROL_ASSISTANCE_OPS 579
#define DOMAIN_ALIAS_RID_REMOTE_MANAGEMENT_USERS 580

enum { MACHINE = 0xff }; /* in place of an authority: below the machine's own SID */

/* Aliases that belong to a domain (DA, DU, EA…) stand for nothing here: there is no domain. */
static const struct alias {
    char letters[3];
    BYTE authority;
    BYTE n_sub;
    DWORD sub[2];
} aliases[] = {
    {"AA", 5, 2, {32, DOMAIN_ALIAS_RID_ACCESS_CONTROL_ASSISTANCE_OPS}},
    {"AC", 15, 2, {2, 1}},
    {"AN", 5, 1, {SECURITY_ANONYMOUS_LOGON_RID}},
    {"AO", 5, 2, {32, DOMAIN_ALIAS_RID_ACCOUNT_OPS}},
    {"AU", 5, 1, {SECURITY_AUTHENTICATED_USER_RID}},
    {"BA", 5, 2, {32, DOMAIN_ALIAS_RID_ADMINS}},
    {"BG", 5, 2, {32, DOMAIN_ALIAS_RID_GUESTS}},
    {"BO", 5, 2, {32, DOMAIN_ALIAS_RID_BACKUP_OPS}},
    {"BU", 5, 2, {32, DOMAIN_ALIAS_RID_USERS}},
    {"CD", 5, 2, {32, DOMAIN_ALIAS_RID_CERTSVC_DCOM_ACCESS_GROUP}},
    {"CG", 3, 1, {SECURITY_CREATOR_GROUP_RID}},
    {"CO", 3, 1, {SECURITY_CREATOR_OWNER_RID}},
    {"CY", 5, 2, {32, DOMAIN_ALIAS_RID_CRYPTO_OPERATORS}},
    {"ED", 5, 1, {SECURITY_SERVER_LOGON_RID}},
    {"ER", 5, 2, {32, DOMAIN_ALIAS_RID_EVENT_LOG_READERS_GROUP}},
    {"ES", 5, 2, {32, DOMAIN_ALIAS_RID_RDS_ENDPOINT_SERVERS}},
    {"HA", 5, 2, {32, DOMAIN_ALIAS_RID_HYPER_V_ADMINS}},
    {"HI", 16, 1, {SECURITY_MANDATORY_HIGH_RID}},
    {"IS", 5, 2, {32, DOMAIN_ALIAS_RID_IUSERS}},
    {"IU", 5, 1, {SECURITY_INTERACTIVE_RID}},
    {"LA", MACHINE, 1, {DOMAIN_USER_RID_ADMIN}},
    {"LG", MACHINE, 1, {DOMAIN_USER_RID_GUEST}},
    {"LS", 5, 1, {SECURITY_LOCAL_SERVICE_RID}},
    {"LU", 5, 2, {32, DOMAIN_ALIAS_RID_LOGGING_USERS}},
    {"LW", 16, 1, {SECURITY_MANDATORY_LOW_RID}},
    {"ME", 16, 1, {SECURITY_MANDATORY_MEDIUM_RID}},
    {"MP", 16, 1, {SECURITY_MANDATORY_MEDIUM_PLUS_RID}},
    {"MS", 5, 2, {32, DOMAIN_ALIAS_RID_RDS_MANAGEMENT_SERVERS}},
    {"MU", 5, 2, {32, DOMAIN_ALIAS_RID_MONITORING_USERS}},
    {"NO", 5, 2, {32, DOMAIN_ALIAS_RID_NETWORK_CONFIGURATION_OPS}},
    {"NS", 5, 1, {SECURITY_NETWORK_SERVICE_RID}},
    {"NU", 5, 1, {SECURITY_NETWORK_RID}},
    {"OW", 3, 1, {SECURITY_CREATOR_OWNER_RIGHTS_RID}},
    {"PO", 5, 2, {32, DOMAIN_ALIAS_RID_PRINT_OPS}},
    {"PS", 5, 1, {SECURITY_PRINCIPAL_SELF_RID}},
    {"PU", 5, 2, {32, DOMAIN_ALIAS_RID_POWER_USERS}},
    {"RA", 5, 2, {32, DOMAIN_ALIAS_RID_RDS_REMOTE_ACCESS_SERVERS}},
    {"RC", 5, 1, {SECURITY_RESTRICTED_CODE_RID}},
    {"RD", 5, 2, {32, DOMAIN_ALIAS_RID_REMOTE_DESKTOP_USERS}},
    {"RE", 5, 2, {32, DOMAIN_ALIAS_RID_REPLICATOR}},
    {"RM", 5, 2, {32, DOMAIN_ALIAS_RID_REMOTE_MANAGEMENT_USERS}},
    {"RU", 5, 2, {32, DOMAIN_ALIAS_RID_PREW2KCOMPACCESS}},
    {"SI", 16, 1, {SECURITY_MANDATORY_SYSTEM_RID}},
    {"SO", 5, 2, {32, DOMAIN_ALIAS_RID_SYSTEM_OPS}},
    {"SU", 5, 1, {SECURITY_SERVICE_RID}},
    {"SY", 5, 1, {SECURITY_LOCAL_SYSTEM_RID}},
    {"UD", 5, 2, {84, 0}},
    {"WD", 1, 1, {SECURITY_WORLD_RID}},
    {"WR", 5, 1, {SECURITY_WRITE_RESTRICTED_CODE_RID}},
};

/* The user's SID without its last part is the machine's. */
static BOOL machine_sid(SID *sid) {
    BYTE info[256];
    ULONG size;

    if (NtQueryInformationToken((HANDLE)-4, TokenUser, info, sizeof info, &size))
        return FALSE;
    memcpy(sid, ((TOKEN_USER *)info)->User.Sid, RtlLengthSid(((TOKEN_USER *)info)->User.Sid));
    sid->SubAuthorityCount--;
    return TRUE;
}

static BOOL alias_sid(const struct alias *alias, SID *sid) {
    *sid = (SID){.Revision = SID_REVISION, .IdentifierAuthority = {{0, 0, 0, 0, 0, alias->authority}}};
    if (alias->authority == MACHINE && !machine_sid(sid))
        return FALSE;
    memcpy(&sid->SubAuthority[sid->SubAuthorityCount], alias->sub, alias->n_sub * sizeof(DWORD));
    sid->SubAuthorityCount = (BYTE)(sid->SubAuthorityCount + alias->n_sub);
    return TRUE;
}

BOOL sid_alias(PSID sid, WCHAR letters[3]) {
    union {
        SID sid;
        BYTE bytes[SECURITY_MAX_SID_SIZE];
    } known;

    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (!alias_sid(&aliases[i], &known.sid) || !RtlEqualSid(sid, &known.sid))
            continue;
        for (int c = 0; c < 3; c++)
            letters[c] = (BYTE)aliases[i].letters[c];
        return TRUE;
    }
    return FALSE;
}

static int digit_of(WCHAR c, unsigned base) {
    const WCHAR letter = letter_upper(c);

    if (c >= '0' && c <= '9')
        return c - '0';
    return base == 16 && letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

/* A number of at most 48 bits, decimal or 0x….  Return: FALSE if there is none. */
static BOOL number_read(const WCHAR **at, ULONGLONG *value) {
    const unsigned base = (*at)[0] == '0' && letter_upper((*at)[1]) == 'X' ? 16 : 10;
    const WCHAR *const digits = *at += base == 16 ? 2 : 0;
    int digit;

    for (*value = 0; (digit = digit_of(**at, base)) >= 0 && !(*value >> 48); ++*at)
        *value = *value * base + (unsigned)digit;
    return *at > digits && !(*value >> 48);
}

static BOOL sid_numbers(const WCHAR **at, SID *sid) {
    ULONGLONG value;

    if (!number_read(at, &value))
        return FALSE;
    *sid = (SID){.Revision = SID_REVISION};
    for (int i = 0; i < 6; i++)
        sid->IdentifierAuthority.Value[i] = (BYTE)(value >> (40 - 8 * i));
    while (**at == '-' && sid->SubAuthorityCount < SID_MAX_SUB_AUTHORITIES) {
        ++*at;
        if (!number_read(at, &value) || value > MAXDWORD)
            return FALSE;
        sid->SubAuthority[sid->SubAuthorityCount++] = (DWORD)value;
    }
    return sid->SubAuthorityCount != 0;
}

BOOL sid_from_text(const WCHAR *text, PSID sid, size_t *used) {
    const WCHAR *at = text + 4;

    if (letter_upper(text[0]) == 'S' && text[1] == '-' && text[2] == '1' && text[3] == '-') {
        const BOOL read = sid_numbers(&at, sid);

        *used = (size_t)(at - text);
        return read;
    }
    *used = 2;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (letter_upper(text[0]) == (BYTE)aliases[i].letters[0] && letter_upper(text[1]) == (BYTE)aliases[i].letters[1])
            return alias_sid(&aliases[i], sid);
    }
    return FALSE;
}

/**
 * ConvertStringSidToSidW() - a SID from S-1-… or from two letters of SDDL, for LocalFree().
 * Return: FALSE with ERROR_INVALID_SID, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/sddl/nf-sddl-convertstringsidtosidw
 */
BOOL WINAPI ConvertStringSidToSidW(const WCHAR *text, PSID *sid) {
    BYTE read[SECURITY_MAX_SID_SIZE];
    size_t used;

    if (!text || !sid)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (!sid_from_text(text, read, &used) || text[used])
        return fail_with(ERROR_INVALID_SID);
    *sid = LocalAlloc(LMEM_FIXED, RtlLengthSid(read));
    if (!*sid)
        return fail_with(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(*sid, read, RtlLengthSid(read));
    return TRUE;
}

BOOL WINAPI ConvertStringSidToSidA(const char *text, PSID *sid) {
    WCHAR wide[256];

    if (!text || !sid)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (!MultiByteToWideChar(CP_ACP, 0, text, -1, wide, 256))
        return fail_with(ERROR_INVALID_SID);
    return ConvertStringSidToSidW(wide, sid);
}
