/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SIDs (MSDN: securitybaseapi.h, sddl.h): ntdll's in Win32's words; text; names of the few accounts that are known here. */
#include <stdlib.h>
#include <string.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <lmcons.h>
#include <sddl.h>

#include "dlls/advapi32/security.h"
#include "dlls/ntdll/user.h"

/** AllocateAndInitializeSid() - a new SID for FreeSid(). Return: FALSE with ERROR_INVALID_SID, ERROR_NOT_ENOUGH_MEMORY. */
BOOL WINAPI AllocateAndInitializeSid(SID_IDENTIFIER_AUTHORITY *authority, BYTE n_sub, DWORD a, DWORD b, DWORD c, DWORD d, DWORD e, DWORD f,
    DWORD g, DWORD h, PSID *sid) {
    return nt_result(RtlAllocateAndInitializeSid(authority, n_sub, a, b, c, d, e, f, g, h, sid));
}

void *WINAPI FreeSid(PSID sid) {
    RtlFreeSid(sid);
    return NULL;
}

/** CopySid() - copies a SID. Return: FALSE with ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_SID. */
BOOL WINAPI CopySid(DWORD room, PSID to, PSID from) {
    if (!RtlValidSid(from))
        return fail_with(ERROR_INVALID_SID);
    return RtlCopySid(room, to, from) ? TRUE : fail_with(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI IsValidSid(PSID sid) {
    return RtlValidSid(sid) ? TRUE : fail_with(ERROR_INVALID_SID);
}

/** ConvertSidToStringSidW() - S-1-… for LocalFree(). Return: FALSE with ERROR_INVALID_SID, ERROR_NOT_ENOUGH_MEMORY. */
BOOL WINAPI ConvertSidToStringSidW(PSID sid, WCHAR **text) {
    WCHAR buffer[200];
    UNICODE_STRING string = {0, sizeof buffer, buffer};
    const NTSTATUS status = text ? RtlConvertSidToUnicodeString(&string, sid, FALSE) : STATUS_INVALID_PARAMETER;
    if (status)
        return fail_with(RtlNtStatusToDosError(status));
    *text = LocalAlloc(LMEM_FIXED, string.Length + sizeof(WCHAR));
    if (!*text)
        return fail_with(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(*text, buffer, string.Length + sizeof(WCHAR));
    return TRUE;
}

BOOL WINAPI ConvertSidToStringSidA(PSID sid, char **text) {
    WCHAR *wide;
    if (!ConvertSidToStringSidW(sid, &wide))
        return FALSE;
    const int size = WideCharToMultiByte(CP_ACP, 0, wide, -1, NULL, 0, NULL, NULL);
    *text = LocalAlloc(LMEM_FIXED, size);
    if (*text)
        WideCharToMultiByte(CP_ACP, 0, wide, -1, *text, size, NULL, NULL);
    LocalFree(wide);
    return *text ? TRUE : fail_with(ERROR_NOT_ENOUGH_MEMORY);
}

/* The well-known accounts, as S-1-… texts. */
static const struct {
    const WCHAR *sid, *domain, *name;
    SID_NAME_USE use;
} sid_accounts[] = {
    {L"S-1-1-0", L"", L"Everyone", SidTypeWellKnownGroup},
    {L"S-1-2-0", L"", L"LOCAL", SidTypeWellKnownGroup},
    {L"S-1-3-0", L"", L"CREATOR OWNER", SidTypeWellKnownGroup},
    {L"S-1-5-2", L"NT AUTHORITY", L"NETWORK", SidTypeWellKnownGroup},
    {L"S-1-5-4", L"NT AUTHORITY", L"INTERACTIVE", SidTypeWellKnownGroup},
    {L"S-1-5-7", L"NT AUTHORITY", L"ANONYMOUS LOGON", SidTypeWellKnownGroup},
    {L"S-1-5-11", L"NT AUTHORITY", L"Authenticated Users", SidTypeWellKnownGroup},
    {L"S-1-5-18", L"NT AUTHORITY", L"SYSTEM", SidTypeWellKnownGroup},
    {L"S-1-5-19", L"NT AUTHORITY", L"LOCAL SERVICE", SidTypeWellKnownGroup},
    {L"S-1-5-20", L"NT AUTHORITY", L"NETWORK SERVICE", SidTypeWellKnownGroup},
    {L"S-1-5-32-544", L"BUILTIN", L"Administrators", SidTypeAlias},
    {L"S-1-5-32-545", L"BUILTIN", L"Users", SidTypeAlias},
    {L"S-1-5-32-546", L"BUILTIN", L"Guests", SidTypeAlias},
};

static BOOL sid_is_own(PSID sid) {
    BYTE info[256];
    ULONG size;
    return !NtQueryInformationToken((HANDLE)-4, TokenUser, info, sizeof info, &size) && RtlEqualSid(((TOKEN_USER *)info)->User.Sid, sid);
}

static size_t sid_text_len(const WCHAR *text) {
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

/* Name and domain out; both lengths are told when one does not fit. */
static BOOL sid_give_names(const WCHAR *name, const WCHAR *domain, WCHAR *name_out, DWORD *name_len, WCHAR *domain_out, DWORD *domain_len) {
    const DWORD n = sid_text_len(name), d = sid_text_len(domain);
    const BOOL fits = *name_len > n && *domain_len > d;
    if (fits && name_out)
        memcpy(name_out, name, (n + 1) * sizeof(WCHAR));
    if (fits && domain_out)
        memcpy(domain_out, domain, (d + 1) * sizeof(WCHAR));
    *name_len = fits ? n : n + 1;
    *domain_len = fits ? d : d + 1;
    return fits ? TRUE : fail_with(ERROR_INSUFFICIENT_BUFFER);
}

/**
 * LookupAccountSidW() - the name of an account: this user or one that every Windows has.
 * Return: TRUE; FALSE with ERROR_NONE_MAPPED, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-lookupaccountsidw
 */
BOOL WINAPI LookupAccountSidW(
    const WCHAR *system, PSID sid, WCHAR *name, DWORD *name_len, WCHAR *domain, DWORD *domain_len, SID_NAME_USE *use) {
    WCHAR text[200], user[UNLEN + 1], computer[16];
    UNICODE_STRING string = {0, sizeof text, text};
    (void)system;
    if (!name_len || !domain_len || !use || RtlConvertSidToUnicodeString(&string, sid, FALSE))
        return fail_with(ERROR_INVALID_PARAMETER);
    if (sid_is_own(sid)) {
        DWORD size = UNLEN + 1;
        GetUserNameW(user, &size);
        winipc_computer_name(computer, 16);
        *use = SidTypeUser;
        return sid_give_names(user, computer, name, name_len, domain, domain_len);
    }
    for (size_t i = 0; i < sizeof sid_accounts / sizeof *sid_accounts; i++) {
        if (CompareStringOrdinal(sid_accounts[i].sid, -1, text, -1, FALSE) != CSTR_EQUAL)
            continue;
        *use = sid_accounts[i].use;
        return sid_give_names(sid_accounts[i].name, sid_accounts[i].domain, name, name_len, domain, domain_len);
    }
    return fail_with(ERROR_NONE_MAPPED);
}

/** LookupAccountSidA() - see LookupAccountSidW(); lengths in bytes. */
BOOL WINAPI LookupAccountSidA(const char *system, PSID sid, char *name, DWORD *name_len, char *domain, DWORD *domain_len, SID_NAME_USE *use) {
    WCHAR wide_name[UNLEN + 1], wide_domain[DNLEN + 16];
    DWORD n = UNLEN + 1, d = DNLEN + 16;
    (void)system;
    if (!name_len || !domain_len)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (!LookupAccountSidW(NULL, sid, wide_name, &n, wide_domain, &d, use))
        return FALSE;
    const DWORD name_size = WideCharToMultiByte(CP_ACP, 0, wide_name, -1, NULL, 0, NULL, NULL);
    const DWORD domain_size = WideCharToMultiByte(CP_ACP, 0, wide_domain, -1, NULL, 0, NULL, NULL);
    const BOOL fits = *name_len >= name_size && *domain_len >= domain_size;
    if (fits && name)
        WideCharToMultiByte(CP_ACP, 0, wide_name, -1, name, name_size, NULL, NULL);
    if (fits && domain)
        WideCharToMultiByte(CP_ACP, 0, wide_domain, -1, domain, domain_size, NULL, NULL);
    *name_len = fits ? name_size - 1 : name_size;
    *domain_len = fits ? domain_size - 1 : domain_size;
    return fits ? TRUE : fail_with(ERROR_INSUFFICIENT_BUFFER);
}

/* ---- the other way ---- */

static size_t sid_name_split(const WCHAR *account, WCHAR *domain, size_t room) {
    for (size_t i = 0; account[i]; i++) {
        if (account[i] != '\\')
            continue;
        if (i >= room)
            return 0;
        memcpy(domain, account, i * sizeof(WCHAR));
        domain[i] = 0;
        return i + 1;
    }
    domain[0] = 0;
    return 0;
}

static BOOL name_is(const WCHAR *a, const WCHAR *b) {
    return CompareStringOrdinal(a, -1, b, -1, TRUE) == CSTR_EQUAL;
}

/* Finds an account by its name. Return: FALSE if there is none. */
static BOOL account_find(const WCHAR *account, PSID sid, WCHAR domain[DNLEN + 16], SID_NAME_USE *use) {
    WCHAR wanted[DNLEN + 16], user[UNLEN + 1], computer[16];
    const WCHAR *name = account + sid_name_split(account, wanted, DNLEN + 16);
    DWORD n = UNLEN + 1;
    BYTE info[256];
    ULONG size;

    winipc_computer_name(computer, 16);
    if (GetUserNameW(user, &n) && name_is(name, user) && (!*wanted || name_is(wanted, computer) || name_is(wanted, L".")) &&
        !NtQueryInformationToken((HANDLE)-4, TokenUser, info, sizeof info, &size)) {
        RtlCopySid(SECURITY_MAX_SID_SIZE, sid, ((TOKEN_USER *)info)->User.Sid);
        memcpy(domain, computer, (sid_text_len(computer) + 1) * sizeof(WCHAR));
        *use = SidTypeUser;
        return TRUE;
    }
    for (size_t i = 0; i < sizeof sid_accounts / sizeof *sid_accounts; i++) {
        size_t used;

        if (!name_is(name, sid_accounts[i].name) || (*wanted && !name_is(wanted, sid_accounts[i].domain)))
            continue;
        memcpy(domain, sid_accounts[i].domain, (sid_text_len(sid_accounts[i].domain) + 1) * sizeof(WCHAR));
        *use = sid_accounts[i].use;
        return sid_from_text(sid_accounts[i].sid, sid, &used);
    }
    return FALSE;
}

/**
 * LookupAccountNameW() - the SID of an account: this user or one that every Windows has.
 * @account: NAME or DOMAIN\NAME.
 * Return: TRUE; FALSE with ERROR_NONE_MAPPED, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-lookupaccountnamew
 */
BOOL WINAPI LookupAccountNameW(
    const WCHAR *system, const WCHAR *account, PSID sid, DWORD *size, WCHAR *domain, DWORD *domain_len, SID_NAME_USE *use) {
    BYTE found[SECURITY_MAX_SID_SIZE];
    WCHAR found_domain[DNLEN + 16];

    (void)system;
    if (!size || !domain_len || !use)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (!account || !account_find(account, found, found_domain, use))
        return fail_with(ERROR_NONE_MAPPED);
    const DWORD need = RtlLengthSid(found), n = sid_text_len(found_domain);
    const BOOL fits = sid && *size >= need && domain && *domain_len > n;
    if (fits) {
        memcpy(sid, found, need);
        memcpy(domain, found_domain, (n + 1) * sizeof(WCHAR));
    }
    *size = need;
    *domain_len = fits ? n : n + 1;
    return fits ? TRUE : fail_with(ERROR_INSUFFICIENT_BUFFER);
}

/** LookupAccountNameA() - see LookupAccountNameW(); the domain's length in bytes. */
BOOL WINAPI LookupAccountNameA(
    const char *system, const char *account, PSID sid, DWORD *size, char *domain, DWORD *domain_len, SID_NAME_USE *use) {
    WCHAR wide[UNLEN + DNLEN + 2], wide_domain[DNLEN + 16];
    BYTE found[SECURITY_MAX_SID_SIZE];
    DWORD need = sizeof found, n = DNLEN + 16;

    (void)system;
    if (!size || !domain_len)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (!account || !MultiByteToWideChar(CP_ACP, 0, account, -1, wide, UNLEN + DNLEN + 2))
        return fail_with(ERROR_NONE_MAPPED);
    if (!LookupAccountNameW(NULL, wide, found, &need, wide_domain, &n, use))
        return FALSE;
    const DWORD domain_size = WideCharToMultiByte(CP_ACP, 0, wide_domain, -1, NULL, 0, NULL, NULL);
    const BOOL fits = sid && *size >= need && domain && *domain_len >= domain_size;
    if (fits) {
        memcpy(sid, found, need);
        WideCharToMultiByte(CP_ACP, 0, wide_domain, -1, domain, domain_size, NULL, NULL);
    }
    *size = need;
    *domain_len = fits ? domain_size - 1 : domain_size;
    return fits ? TRUE : fail_with(ERROR_INSUFFICIENT_BUFFER);
}
