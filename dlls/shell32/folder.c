/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the user's and the system's folders are (MSDN: shlobj_core.h). The profile is the Linux home folder; application data and what belongs to
 * Windows lie on C:, so that home folders are not littered. A folder that is asked for is made when it is not there.
 */
#include <string.h>

#define INITGUID
#include <windows.h>
#include <initguid.h>
#include <knownfolders.h>
#include <shlobj.h>

#include "dlls/ntdll/user.h"
#include "dlls/ntdll/user_name.h"

enum folder_root { FOLDER_HOME, FOLDER_USER, FOLDER_C };

static const struct folder {
    const KNOWNFOLDERID *id;
    int csidl; /* -1: none */
    enum folder_root root;
    const WCHAR *below;
} folders[] = {
    {&FOLDERID_Profile, CSIDL_PROFILE, FOLDER_HOME, L""},
    {&FOLDERID_Desktop, CSIDL_DESKTOPDIRECTORY, FOLDER_HOME, L"\\Desktop"},
    {&FOLDERID_Desktop, CSIDL_DESKTOP, FOLDER_HOME, L"\\Desktop"},
    {&FOLDERID_Documents, CSIDL_PERSONAL, FOLDER_HOME, L"\\Documents"},
    {&FOLDERID_Downloads, -1, FOLDER_HOME, L"\\Downloads"},
    {&FOLDERID_Music, CSIDL_MYMUSIC, FOLDER_HOME, L"\\Music"},
    {&FOLDERID_Pictures, CSIDL_MYPICTURES, FOLDER_HOME, L"\\Pictures"},
    {&FOLDERID_Videos, CSIDL_MYVIDEO, FOLDER_HOME, L"\\Videos"},
    {&FOLDERID_RoamingAppData, CSIDL_APPDATA, FOLDER_USER, L"\\AppData\\Roaming"},
    {&FOLDERID_LocalAppData, CSIDL_LOCAL_APPDATA, FOLDER_USER, L"\\AppData\\Local"},
    {&FOLDERID_LocalAppDataLow, -1, FOLDER_USER, L"\\AppData\\LocalLow"},
    {&FOLDERID_Public, -1, FOLDER_C, L"\\Users\\Public"},
    {&FOLDERID_ProgramData, CSIDL_COMMON_APPDATA, FOLDER_C, L"\\ProgramData"},
    {&FOLDERID_ProgramFiles, CSIDL_PROGRAM_FILES, FOLDER_C, L"\\Program Files"},
    {&FOLDERID_ProgramFilesX64, -1, FOLDER_C, L"\\Program Files"},
    {&FOLDERID_ProgramFilesX86, CSIDL_PROGRAM_FILESX86, FOLDER_C, L"\\Program Files (x86)"},
    {&FOLDERID_ProgramFilesCommon, CSIDL_PROGRAM_FILES_COMMON, FOLDER_C, L"\\Program Files\\Common Files"},
    {&FOLDERID_UserProfiles, -1, FOLDER_C, L"\\Users"},
    {&FOLDERID_Windows, CSIDL_WINDOWS, FOLDER_C, L"\\windows"},
    {&FOLDERID_System, CSIDL_SYSTEM, FOLDER_C, L"\\windows\\system32"},
    {&FOLDERID_Fonts, CSIDL_FONTS, FOLDER_C, L"\\windows\\Fonts"},
};
#define N_FOLDERS (sizeof folders / sizeof *folders)

static size_t folder_len(const WCHAR *text) {
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

/* The folder's path; 0 when it is longer than the room. */
static size_t folder_path(const struct folder *folder, WCHAR *path, size_t room) {
    static const WCHAR users[] = L"C:\\Users\\";
    const size_t users_len = folder->root == FOLDER_HOME ? 0 : folder->root == FOLDER_USER ? 9 : 2;
    size_t len = users_len;
    if (room < users_len + 1)
        return 0;
    memcpy(path, users, users_len * sizeof(WCHAR));
    if (folder->root == FOLDER_HOME)
        len += winipc_user_profile(path, room);
    else if (folder->root == FOLDER_USER)
        len += MultiByteToWideChar(CP_UTF8, 0, winipc_user_name(), -1, path + len, room - len) - 1;
    const size_t below_len = folder_len(folder->below);
    if (len + below_len >= room)
        return 0;
    memcpy(path + len, folder->below, (below_len + 1) * sizeof(WCHAR));
    return len + below_len;
}

static void folder_make(WCHAR *path) {
    for (WCHAR *at = path + 3; *at; at++) {
        if (*at != '\\')
            continue;
        *at = 0;
        CreateDirectoryW(path, NULL);
        *at = '\\';
    }
    CreateDirectoryW(path, NULL);
}

/* S_OK with the path, made when asked for. */
static HRESULT folder_get(const struct folder *folder, BOOL verify, BOOL create, WCHAR *path, size_t room) {
    if (!folder_path(folder, path, room))
        return E_FAIL;
    if (create)
        folder_make(path);
    if (verify && GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
        return create ? HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND) : S_FALSE;
    return S_OK;
}

/**
 * SHGetKnownFolderPath() - the path of a known folder of this user.
 * @flags: KF_FLAG_CREATE makes it; KF_FLAG_DONT_VERIFY gives the path of one that is not there.
 * @path: receives it, for CoTaskMemFree(); NULL on failure.
 * Return: S_OK; HRESULT of ERROR_FILE_NOT_FOUND (an unknown id, or not there); E_INVALIDARG; E_OUTOFMEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/shlobj_core/nf-shlobj_core-shgetknownfolderpath
 */
HRESULT WINAPI SHGetKnownFolderPath(REFKNOWNFOLDERID id, DWORD flags, HANDLE token, WCHAR **path) {
    WCHAR text[4096];
    if (!path)
        return E_INVALIDARG;
    *path = NULL;
    if (token && token != (HANDLE)-1)
        return E_INVALIDARG; /* other users' folders are not ours to tell */
    for (size_t i = 0; i < N_FOLDERS; i++) {
        if (memcmp(folders[i].id, id, sizeof *id))
            continue;
        const HRESULT result = folder_get(&folders[i], !(flags & KF_FLAG_DONT_VERIFY), (flags & KF_FLAG_CREATE) != 0, text, 4096);
        if (result != S_OK)
            return result == S_FALSE ? HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND) : result;
        const size_t size = (folder_len(text) + 1) * sizeof(WCHAR);
        *path = CoTaskMemAlloc(size);
        if (!*path)
            return E_OUTOFMEMORY;
        memcpy(*path, text, size);
        return S_OK;
    }
    return HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND);
}

/**
 * SHGetFolderPathW() - the path of a folder by its CSIDL.
 * @csidl: with CSIDL_FLAG_CREATE it is made, with CSIDL_FLAG_DONT_VERIFY it need not be there.
 * @path: room for MAX_PATH characters.
 * Return: S_OK; S_FALSE (not there); E_INVALIDARG (an unknown CSIDL); E_FAIL.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/shlobj_core/nf-shlobj_core-shgetfolderpathw
 */
HRESULT WINAPI SHGetFolderPathW(HWND owner, int csidl, HANDLE token, DWORD flags, WCHAR *path) {
    (void)owner, (void)token, (void)flags; /* "current" and "default" are the same here */
    for (size_t i = 0; i < N_FOLDERS; i++)
        if (folders[i].csidl == (csidl & 0xFF))
            return folder_get(&folders[i], !(csidl & CSIDL_FLAG_DONT_VERIFY), (csidl & CSIDL_FLAG_CREATE) != 0, path, MAX_PATH);
    *path = 0;
    return E_INVALIDARG;
}

/** SHGetFolderPathA() - see SHGetFolderPathW(). */
HRESULT WINAPI SHGetFolderPathA(HWND owner, int csidl, HANDLE token, DWORD flags, char *path) {
    WCHAR wide[MAX_PATH];
    const HRESULT result = SHGetFolderPathW(owner, csidl, token, flags, wide);
    if (FAILED(result))
        *path = 0;
    else if (!WideCharToMultiByte(CP_ACP, 0, wide, -1, path, MAX_PATH, NULL, NULL))
        return E_FAIL;
    return result;
}
