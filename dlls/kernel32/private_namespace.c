/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private namespaces: a directory of named objects that is found by its boundary (a name and the SIDs of those who may enter) instead of a path, and
 * an alias for it that is this process's own: what is called ALIAS\NAME lies there.
 *
 * A boundary, written out, is the name of a directory in \PrivateNamespaces: so two that are equal lead to one.
 *
 * Source: https://learn.microsoft.com/en-us/windows/win32/sync/object-namespaces
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <pthread.h>
#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/object_name.h"

#define FOLDER L"\\PrivateNamespaces\\"
#define SIDS_MAX 16
#define SID_TEXT 192 /* units of S-1-… at most */
#define NAME_MAX 256
#define ESCAPE 1 /* before a unit that no name may hold */
#define SEPARATOR 2
#define FLAG_DESTROY 1u /* PRIVATE_NAMESPACE_FLAG_DESTROY */
#define DIRECTORY_EVERYTHING (STANDARD_RIGHTS_REQUIRED | 15)

NTSTATUS WINAPI NtDeletePrivateNamespace(HANDLE handle); /* not in the headers */

struct boundary {
    DWORD n_sids;
    WCHAR name[NAME_MAX + 1];
    WCHAR sid[SIDS_MAX][SID_TEXT]; /* in order, none twice */
    BOOL foreign;                  /* one of them is not the caller's */
};

/* Aliases, the latest first. */
static struct alias {
    struct alias *next;
    HANDLE directory;
    size_t length;
    WCHAR prefix[];
} *aliases;
static pthread_mutex_t aliases_lock = PTHREAD_MUTEX_INITIALIZER;

static size_t text_length(const WCHAR *text) {
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

static int text_compare(const WCHAR *a, const WCHAR *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a - *b;
}

/* ---- boundaries ---- */

/**
 * CreateBoundaryDescriptorW() - begins the description of a private namespace's boundary.
 * @name: at most 256 letters.  @flags: 0.
 * Return: the boundary, to be given up with DeleteBoundaryDescriptor; NULL with ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namespaceapi/nf-namespaceapi-createboundarydescriptorw
 */
HANDLE WINAPI CreateBoundaryDescriptorW(const WCHAR *name, ULONG flags) {
    const size_t n = name ? text_length(name) : 0;
    struct boundary *boundary;

    if (!n || n > NAME_MAX || flags) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    boundary = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *boundary);
    if (!boundary) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memcpy(boundary->name, name, (n + 1) * sizeof *name);
    return boundary;
}

HANDLE WINAPI CreateBoundaryDescriptorA(const char *name, ULONG flags) {
    WCHAR wide[MAX_PATH + 1];

    return CreateBoundaryDescriptorW(object_name_wide(name, wide), flags);
}

/** DeleteBoundaryDescriptor() - gives a boundary up; namespaces that were made with it stay. */
void WINAPI DeleteBoundaryDescriptor(HANDLE boundary) {
    if (boundary)
        HeapFree(GetProcessHeap(), 0, boundary);
}

/* Whether the caller is, or belongs to, @sid. */
static BOOL sid_is_own(PSID sid) {
    _Alignas(8) char buffer[4096];
    const TOKEN_USER *user = (const TOKEN_USER *)buffer;
    const TOKEN_GROUPS *groups = (const TOKEN_GROUPS *)buffer;
    HANDLE token;
    ULONG used;
    BOOL own = FALSE;

    if (NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &token))
        return FALSE;
    if (!NtQueryInformationToken(token, TokenUser, buffer, sizeof buffer, &used))
        own = RtlEqualSid(sid, user->User.Sid);
    if (!own && !NtQueryInformationToken(token, TokenGroups, buffer, sizeof buffer, &used)) {
        for (DWORD i = 0; i < groups->GroupCount && !own; i++)
            own = groups->Groups[i].Attributes & SE_GROUP_ENABLED && RtlEqualSid(sid, groups->Groups[i].Sid);
    }
    NtClose(token);
    return own;
}

/* Puts the text of a SID at its place. */
static BOOL boundary_add(struct boundary *boundary, PSID sid) {
    WCHAR text[SID_TEXT];
    UNICODE_STRING string = {0, sizeof text, text};
    DWORD at = 0;

    if (boundary->n_sids == SIDS_MAX || RtlConvertSidToUnicodeString(&string, sid, FALSE))
        return FALSE;
    text[string.Length / sizeof(WCHAR)] = 0;
    while (at < boundary->n_sids && text_compare(boundary->sid[at], text) < 0)
        at++;
    if (at < boundary->n_sids && !text_compare(boundary->sid[at], text))
        return TRUE;
    memmove(boundary->sid[at + 1], boundary->sid[at], (boundary->n_sids - at) * sizeof boundary->sid[0]);
    memcpy(boundary->sid[at], text, sizeof text);
    boundary->n_sids++;
    return TRUE;
}

/**
 * AddSIDToBoundaryDescriptor() - adds a security identifier to a boundary.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_SID, ERROR_NOT_ENOUGH_MEMORY (more than 16).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namespaceapi/nf-namespaceapi-addsidtoboundarydescriptor
 */
BOOL WINAPI AddSIDToBoundaryDescriptor(HANDLE *boundary, PSID sid) {
    if (!boundary || !*boundary || !sid) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!RtlValidSid(sid)) {
        SetLastError(ERROR_INVALID_SID);
        return FALSE;
    }
    if (!boundary_add(*boundary, sid)) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    if (!sid_is_own(sid))
        ((struct boundary *)*boundary)->foreign = TRUE;
    return TRUE;
}

/* The boundary as the name of a directory.  Return: its length in units. */
static size_t boundary_write(const struct boundary *boundary, WCHAR *to) {
    size_t n = 0;

    for (const WCHAR *at = boundary->name; *at; at++) {
        if (*at == '\\' || *at == ESCAPE || *at == SEPARATOR) {
            to[n++] = ESCAPE;
            to[n++] = 0x100 + *at;
        } else {
            to[n++] = *at;
        }
    }
    for (DWORD i = 0; i < boundary->n_sids; i++) {
        to[n++] = SEPARATOR;
        for (const WCHAR *at = boundary->sid[i]; *at; at++)
            to[n++] = *at;
    }
    return n;
}

/* ---- namespaces ---- */

static BOOL alias_add(HANDLE directory, const WCHAR *prefix) {
    const size_t length = text_length(prefix);
    struct alias *alias = HeapAlloc(GetProcessHeap(), 0, sizeof *alias + (length + 1) * sizeof *prefix);

    if (!alias)
        return FALSE;
    alias->directory = directory;
    alias->length = length;
    memcpy(alias->prefix, prefix, (length + 1) * sizeof *prefix);
    pthread_mutex_lock(&aliases_lock);
    alias->next = aliases;
    aliases = alias;
    pthread_mutex_unlock(&aliases_lock);
    return TRUE;
}

HANDLE private_namespace(const WCHAR *name, const WCHAR **rest) {
    HANDLE directory = NULL;

    pthread_mutex_lock(&aliases_lock);
    for (const struct alias *alias = aliases; alias && !directory; alias = alias->next) {
        size_t n = 0;

        while (n < alias->length && name[n] == alias->prefix[n])
            n++;
        if (n < alias->length || name[n] != '\\')
            continue;
        directory = alias->directory;
        *rest = name + n + 1;
    }
    pthread_mutex_unlock(&aliases_lock);
    return directory;
}

static HANDLE namespace_enter(const SECURITY_ATTRIBUTES *security, const struct boundary *boundary, const WCHAR *prefix, BOOL create) {
    WCHAR path[sizeof FOLDER / sizeof(WCHAR) + 2 * NAME_MAX + SIDS_MAX * (SID_TEXT + 1)] = FOLDER;
    const size_t folder = sizeof FOLDER / sizeof(WCHAR) - 1;
    UNICODE_STRING name = {.Buffer = path};
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;
    NTSTATUS status;

    if (!boundary || !boundary->n_sids || !prefix || !*prefix) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (boundary->foreign) { /* who is not within it cannot enter */
        SetLastError(ERROR_ACCESS_DENIED);
        return NULL;
    }
    name.Length = name.MaximumLength = (USHORT)((folder + boundary_write(boundary, path + folder)) * sizeof(WCHAR));
    InitializeObjectAttributes(&attributes, &name, security && security->bInheritHandle ? OBJ_INHERIT : 0, NULL, NULL);
    status = create ? NtCreateDirectoryObject(&handle, DIRECTORY_EVERYTHING, &attributes)
                    : NtOpenDirectoryObject(&handle, DIRECTORY_EVERYTHING, &attributes);
    if (!set_nt_error(status))
        return NULL;
    if (alias_add(handle, prefix))
        return handle;
    NtClose(handle);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

/**
 * CreatePrivateNamespaceW() - makes a namespace with this boundary, in which the caller must be.
 * @prefix: the caller's name for it: objects in it are called PREFIX\NAME.
 * Return: a handle for ClosePrivateNamespace; NULL with ERROR_ALREADY_EXISTS (then OpenPrivateNamespace), ERROR_ACCESS_DENIED (one of the
 * boundary's SIDs is not the caller's), ERROR_INVALID_PARAMETER (no SID, no prefix), ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namespaceapi/nf-namespaceapi-createprivatenamespacew
 */
HANDLE WINAPI CreatePrivateNamespaceW(SECURITY_ATTRIBUTES *security, void *boundary, const WCHAR *prefix) {
    return namespace_enter(security, boundary, prefix, TRUE);
}

HANDLE WINAPI CreatePrivateNamespaceA(SECURITY_ATTRIBUTES *security, void *boundary, const char *prefix) {
    WCHAR wide[MAX_PATH + 1];

    return CreatePrivateNamespaceW(security, boundary, object_name_wide(prefix, wide));
}

/**
 * OpenPrivateNamespaceW() - opens the namespace with this boundary.
 * Return: as CreatePrivateNamespaceW; NULL with ERROR_FILE_NOT_FOUND when there is none.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namespaceapi/nf-namespaceapi-openprivatenamespacew
 */
HANDLE WINAPI OpenPrivateNamespaceW(void *boundary, const WCHAR *prefix) {
    return namespace_enter(NULL, boundary, prefix, FALSE);
}

HANDLE WINAPI OpenPrivateNamespaceA(void *boundary, const char *prefix) {
    WCHAR wide[MAX_PATH + 1];

    return OpenPrivateNamespaceW(boundary, object_name_wide(prefix, wide));
}

/**
 * ClosePrivateNamespace() - gives a namespace and its prefix up; objects in it live on with their handles.
 * @flags: PRIVATE_NAMESPACE_FLAG_DESTROY: nobody can open it any more, a new one may be made with its boundary.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namespaceapi/nf-namespaceapi-closeprivatenamespace
 */
BOOLEAN WINAPI ClosePrivateNamespace(HANDLE handle, ULONG flags) {
    struct alias **link = &aliases, *found;

    if (flags & ~FLAG_DESTROY) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    pthread_mutex_lock(&aliases_lock);
    while (*link && (*link)->directory != handle)
        link = &(*link)->next;
    found = *link;
    if (found)
        *link = found->next;
    pthread_mutex_unlock(&aliases_lock);
    if (!found) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    HeapFree(GetProcessHeap(), 0, found);
    if (flags & FLAG_DESTROY && !set_nt_error(NtDeletePrivateNamespace(handle)))
        return FALSE;
    return (BOOLEAN)set_nt_error(NtClose(handle));
}
