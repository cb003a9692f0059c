/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User profiles (MSDN: userenv.h): the profile folder is the Linux home folder. */
#include <windows.h>
#include <winternl.h>
#include <userenv.h>

#include "dlls/ntdll/user.h"

/* Answers as all functions of this family do: *size receives what is needed, with the NUL, in any case. */
static BOOL profile_give(const WCHAR *text, size_t len, WCHAR *path, DWORD *size) {
    const DWORD room = *size;
    *size = len + 1;
    if (!path || room <= len) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    for (size_t i = 0; i < len; i++)
        path[i] = text[i];
    path[len] = 0;
    return TRUE;
}

/**
 * GetUserProfileDirectoryW() - the profile folder of a token's user, this process's user.
 * @size: room in characters; receives the size needed, with the NUL.
 * Return: TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/userenv/nf-userenv-getuserprofiledirectoryw
 */
BOOL WINAPI GetUserProfileDirectoryW(HANDLE token, WCHAR *path, DWORD *size) {
    if (!size || !token) {
        SetLastError(size ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    WCHAR text[4096];
    const size_t len = winipc_user_profile(text, 4096);
    return profile_give(text, len, path, size);
}

/** GetUserProfileDirectoryA() - see GetUserProfileDirectoryW(); the size is in bytes. */
BOOL WINAPI GetUserProfileDirectoryA(HANDLE token, char *path, DWORD *size) {
    WCHAR wide[4096];
    DWORD wide_size = 4096;
    if (!size || !GetUserProfileDirectoryW(token, wide, &wide_size)) {
        SetLastError(size ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    const int need = WideCharToMultiByte(CP_ACP, 0, wide, -1, NULL, 0, NULL, NULL);
    const DWORD room = *size;
    *size = need;
    if (!path || room < (DWORD)need) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    return WideCharToMultiByte(CP_ACP, 0, wide, -1, path, room, NULL, NULL) != 0;
}

/** GetProfilesDirectoryW() - the folder of all profiles. */
BOOL WINAPI GetProfilesDirectoryW(WCHAR *path, DWORD *size) {
    if (!size) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    return profile_give(L"C:\\Users", 8, path, size);
}

/**
 * CreateEnvironmentBlock() - the environment of a token's user.
 * @inherit: from this process; else also, since a user has one environment here.
 * Return: TRUE with a block for DestroyEnvironmentBlock(); FALSE with the last error set.
 */
BOOL WINAPI CreateEnvironmentBlock(void **block, HANDLE token, BOOL inherit) {
    (void)token, (void)inherit;
    *block = GetEnvironmentStringsW();
    return *block != NULL;
}

BOOL WINAPI DestroyEnvironmentBlock(void *block) {
    return FreeEnvironmentStringsW(block);
}

/**
 * ExpandEnvironmentStringsForUserW() - replaces each %NAME% by a token's user's variable; a user has one environment here, this process's.
 * @token: NULL: of the system's variables only, which are the same.
 * @size: room in characters.
 * Return: TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/userenv/nf-userenv-expandenvironmentstringsforuserw
 */
BOOL WINAPI ExpandEnvironmentStringsForUserW(HANDLE token, const WCHAR *src, WCHAR *dst, DWORD size) {
    const DWORD need = ExpandEnvironmentStringsW(src, dst, size);
    (void)token;
    if (need > size)
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return need && need <= size;
}

/** ExpandEnvironmentStringsForUserA() - see ExpandEnvironmentStringsForUserW(); the size is in bytes. */
BOOL WINAPI ExpandEnvironmentStringsForUserA(HANDLE token, const char *src, char *dst, DWORD size) {
    const DWORD need = ExpandEnvironmentStringsA(src, dst, size);
    (void)token;
    if (need > size)
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return need && need <= size;
}
