/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user's names (MSDN: secext.h): that of the machine's account; there is no directory that has others. */
#include <windows.h>
#include <lmcons.h>
#define SECURITY_WIN32
#include <sspi.h>
#include <secext.h>

#include <string.h>

#include "dlls/ntdll/user_name.h"

/**
 * GetUserNameExW() - the user's name in a form: NameSamCompatible is COMPUTER\\NAME.
 * @size: room in characters; receives the length, with the NUL when the room is too small.
 * Return: FALSE with ERROR_MORE_DATA, ERROR_NONE_MAPPED (a form that only a domain's accounts have),
 * ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/secext/nf-secext-getusernameexw
 */
BOOLEAN WINAPI GetUserNameExW(EXTENDED_NAME_FORMAT form, WCHAR *name, ULONG *size) {
    WCHAR text[MAX_COMPUTERNAME_LENGTH + 1 + UNLEN + 1];
    DWORD computer = MAX_COMPUTERNAME_LENGTH + 1, user, room;
    const BOOL nobody = winipc_acts_as_nobody();

    if (!size || (form != NameSamCompatible && (form < NameUnknown || form > 12))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (form != NameSamCompatible) {
        SetLastError(ERROR_NONE_MAPPED);
        return FALSE;
    }
    if (nobody)
        memcpy(text, L"NT AUTHORITY", (computer = sizeof "NT AUTHORITY" - 1) * sizeof(WCHAR));
    else if (!GetComputerNameW(text, &computer))
        return FALSE;
    text[computer] = '\\';
    user = (DWORD)MultiByteToWideChar(CP_UTF8, 0, nobody ? "ANONYMOUS LOGON" : winipc_user_name(), -1, text + computer + 1, UNLEN + 1);
    room = *size;
    *size = computer + user; /* the backslash, without the NUL that user counts */
    if (room <= *size || !name) {
        ++*size;
        SetLastError(ERROR_MORE_DATA);
        return FALSE;
    }
    memcpy(name, text, (*size + 1) * sizeof(WCHAR));
    return TRUE;
}

/** GetUserNameExA() - see GetUserNameExW(); in bytes. */
BOOLEAN WINAPI GetUserNameExA(EXTENDED_NAME_FORMAT form, char *name, ULONG *size) {
    WCHAR wide[MAX_COMPUTERNAME_LENGTH + 1 + UNLEN + 1];
    ULONG n = sizeof wide / sizeof *wide, need, room;

    if (!size) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!GetUserNameExW(form, wide, &n))
        return FALSE;
    room = *size;
    need = (ULONG)WideCharToMultiByte(CP_ACP, 0, wide, -1, NULL, 0, NULL, NULL);
    *size = need;
    if (room < need || !name) {
        SetLastError(ERROR_MORE_DATA);
        return FALSE;
    }
    WideCharToMultiByte(CP_ACP, 0, wide, -1, name, (int)need, NULL, NULL);
    *size = need - 1;
    return TRUE;
}
