/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of pipes: \\.\pipe\NAME and \\HOST\pipe\NAME, with either slash, in any case. */
#include "dlls/kernel32/pipe.h"

#include <ntstatus.h>

#include <string.h>

#define STRING(text) {sizeof text - sizeof(WCHAR), sizeof text, (WCHAR *)text}

static UNICODE_STRING string_from(const UNICODE_STRING *string, USHORT bytes) {
    const USHORT length = (USHORT)(string->Length - bytes);

    return (UNICODE_STRING){length, length, string->Buffer + bytes / sizeof(WCHAR)};
}

/* Bytes before the name in the path of a pipe on @nt's host, \??\UNC\HOST\pipe\NAME.  Return: 0: it is no pipe's. */
static USHORT host_root_length(const UNICODE_STRING *nt) {
    static const UNICODE_STRING unc = STRING(L"\\??\\UNC\\"), share = STRING(L"\\pipe\\");
    USHORT at = unc.Length;
    UNICODE_STRING rest;

    if (!RtlPrefixUnicodeString(&unc, nt, TRUE))
        return 0;
    while (at < nt->Length && nt->Buffer[at / sizeof(WCHAR)] != '\\')
        at += sizeof(WCHAR);
    rest = string_from(nt, at);
    return at > unc.Length && RtlPrefixUnicodeString(&share, &rest, TRUE) ? (USHORT)(at + share.Length) : 0;
}

NTSTATUS pipe_path_parse(const WCHAR *name, struct pipe_path *path) {
    static const UNICODE_STRING own = STRING(L"\\??\\pipe\\");
    USHORT n_root;

    *path = (struct pipe_path){.own = FALSE};
    if (!name || !RtlDosPathNameToNtPathName_U(name, &path->nt, NULL, NULL))
        return STATUS_OBJECT_NAME_INVALID;
    path->own = RtlPrefixUnicodeString(&own, &path->nt, TRUE);
    n_root = path->own ? own.Length : host_root_length(&path->nt);
    path->root = path->name = path->nt;
    path->root.Length = n_root;
    path->name = string_from(&path->nt, n_root);
    if (n_root && path->name.Length)
        return STATUS_SUCCESS;
    pipe_path_free(path);
    return STATUS_OBJECT_NAME_INVALID;
}

void pipe_path_free(struct pipe_path *path) {
    RtlFreeUnicodeString(&path->nt);
}
