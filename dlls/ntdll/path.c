/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DOS paths: what kind one is, which device it names, its full form, its NT form, and the current directory.
 *
 * The current directory stands in the process parameters, where programs read it too; Linux' own follows it, for what this process
 * starts and for /proc.
 */
#include "dlls/ntdll/file.h"

#include <ntstatus.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/ntdll/unix_path.h"
#include "libs/base/utf.h"

#define PATH_MAX_UNITS 32767u /* of a UNICODE_STRING */

static pthread_mutex_t current_directory_lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_separator(WCHAR c) {
    return c == '\\' || c == '/';
}

static WCHAR ascii_upper(WCHAR c) {
    return c >= 'a' && c <= 'z' ? c - 0x20 : c;
}

/* ---- kinds ---- */

/**
 * RtlDetermineDosPathNameType_U() - what kind of path it is, from its first characters alone.
 * Return: 0 invalid, 1 \\server, 2 X:\, 3 X:name, 4 \name, 5 name, 6 \\.\ or \\?\, 7 \\. or \\?.
 */
DOS_PATHNAME_TYPE WINAPI RtlDetermineDosPathNameType_U(const WCHAR *path) {
    if (!path)
        return INVALID_PATH;
    if (is_separator(path[0])) {
        if (!is_separator(path[1]))
            return ABSOLUTE_PATH;
        if (path[2] != '.' && path[2] != '?')
            return UNC_PATH;
        if (is_separator(path[3]))
            return DEVICE_PATH;
        return path[3] ? UNC_PATH : UNC_DOT_PATH;
    }
    if (!path[0] || path[1] != ':')
        return RELATIVE_PATH;
    return is_separator(path[2]) ? ABSOLUTE_DRIVE_PATH : RELATIVE_DRIVE_PATH;
}

static bool name_is(const WCHAR *name, size_t n, const char *ascii) {
    if (strlen(ascii) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (ascii_upper(name[i]) != ascii[i])
            return false;
    return true;
}

static bool name_is_device(const WCHAR *name, size_t n) {
    static const char *const devices[] = {"NUL", "CON", "PRN", "AUX"};

    for (size_t i = 0; i < 4; i++)
        if (name_is(name, n, devices[i]))
            return true;
    return n == 4 && name[3] >= '1' && name[3] <= '9' && (name_is(name, 3, "COM") || name_is(name, 3, "LPT"));
}

/**
 * RtlIsDosDeviceName_U() - whether the path's last name is a DOS device: NUL, CON, PRN, AUX, COM1…9, LPT1…9, also with an extension;
 * CONIN$ and CONOUT$ alone.
 * Return: its offset in the high word and length in the low word, in bytes; 0: none.
 */
ULONG WINAPI RtlIsDosDeviceName_U(const WCHAR *path) {
    const DOS_PATHNAME_TYPE type = RtlDetermineDosPathNameType_U(path);
    size_t n, start, end;

    if (type == INVALID_PATH || type == UNC_PATH || type == UNC_DOT_PATH)
        return 0;
    n = utf16_len(path);
    if (type == DEVICE_PATH)
        return n == 7 && name_is(path + 4, 3, "CON") ? (ULONG)(8u << 16 | 6u) : 0;
    if (name_is(path, n, "CONIN$") || name_is(path, n, "CONOUT$"))
        return (ULONG)(n * sizeof(WCHAR));
    if (n && path[n - 1] == ':') /* "NUL:" is one, "C:" is not */
        n--;
    for (start = n; start > 0 && !is_separator(path[start - 1]) && !(start == 2 && path[1] == ':'); start--)
        ;
    for (end = start; end < n && path[end] != '.' && path[end] != ':'; end++)
        ;
    while (end > start && path[end - 1] == ' ')
        end--;
    if (!name_is_device(path + start, end - start))
        return 0;
    return (ULONG)(start * sizeof(WCHAR)) << 16 | (ULONG)((end - start) * sizeof(WCHAR));
}

/* ---- the full form ---- */

/* A path that grows; writing beyond the room is counted, not done. */
struct path_out {
    WCHAR *at;
    size_t n, room;
};

static void out_put(struct path_out *out, WCHAR c) {
    if (out->n < out->room)
        out->at[out->n] = c;
    out->n++;
}

static void out_text(struct path_out *out, const WCHAR *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        out_put(out, is_separator(text[i]) ? '\\' : text[i]);
}

/* Back to the backslash before the last name, not before @floor. */
static void out_up(struct path_out *out, size_t floor) {
    while (out->n > floor && out->at[out->n - 1] != '\\')
        out->n--;
    if (out->n > floor)
        out->n--;
}

/* Appends the names of @rest behind a prefix that ends without a backslash; "." and ".." are worked off. */
static void out_names(struct path_out *out, const WCHAR *rest, size_t floor) {
    bool open = true; /* a backslash is due before the next name */

    if (out->n > floor && out->at[out->n - 1] == '\\')
        out->n--;
    while (*rest) {
        size_t n;

        while (is_separator(*rest))
            rest++, open = true;
        for (n = 0; rest[n] && !is_separator(rest[n]); n++)
            ;
        if (n == 1 && rest[0] == '.') {
            open = true;
        } else if (n == 2 && rest[0] == '.' && rest[1] == '.') {
            out_up(out, floor);
        } else if (n) {
            size_t keep = n;

            if (!rest[n]) /* the last name: all dots and blanks at its end go */
                while (keep && (rest[keep - 1] == '.' || rest[keep - 1] == ' '))
                    keep--;
            else if (rest[keep - 1] == '.' && keep > 1 && rest[keep - 2] != '.')
                keep--;
            if (keep) {
                out_put(out, '\\');
                out_text(out, rest, keep);
            }
            open = false;
        }
        rest += n;
        if (is_separator(*rest) && !rest[1] && !open) {
            out_put(out, '\\');
            return;
        }
    }
}

static UNICODE_STRING *current_directory_string(void) {
    RTL_USER_PROCESS_PARAMETERS *params = NtCurrentTeb()->Peb ? NtCurrentTeb()->Peb->ProcessParameters : NULL;

    return params && params->CurrentDirectory.DosPath.Buffer ? &params->CurrentDirectory.DosPath : NULL;
}

/* The current directory with a backslash at its end.  Return: units. */
static size_t current_directory_get(WCHAR *result, size_t room) {
    const UNICODE_STRING *string;
    char path[UNIX_PATH_MAX_LEN];
    size_t n;

    pthread_mutex_lock(&current_directory_lock);
    string = current_directory_string();
    if (string) {
        n = string->Length / sizeof(WCHAR);
        memcpy(result, string->Buffer, (n < room ? n : room) * sizeof(WCHAR));
    } else {
        n = path_from_unix(getcwd(path, sizeof path) ? path : "/", result, room);
    }
    pthread_mutex_unlock(&current_directory_lock);
    if (n < room && n && result[n - 1] != '\\')
        result[n++] = '\\';
    return n < room ? n : room;
}

/* \\server\share, which .. cannot leave. */
static const WCHAR *out_unc_root(struct path_out *out, const WCHAR *path) {
    out_text(out, L"\\\\", 2);
    path += 2;
    for (int part = 0; part < 2; part++) {
        while (*path && !is_separator(*path))
            out_put(out, *path++);
        if (part == 0 && is_separator(*path)) {
            out_put(out, '\\');
            while (is_separator(*path))
                path++;
        }
    }
    return path;
}

/* Writes the full path; @out has room for any. */
static void path_full(struct path_out *out, const WCHAR *path) {
    const DOS_PATHNAME_TYPE type = RtlDetermineDosPathNameType_U(path);
    size_t floor = 2;

    switch (type) {
    case UNC_PATH:
        path = out_unc_root(out, path);
        floor = out->n;
        break;
    case DEVICE_PATH:
        out_text(out, path, 3);
        path += 4;
        floor = out->n;
        break;
    case UNC_DOT_PATH: out_text(out, L"\\\\.\\", 4); return;
    case ABSOLUTE_DRIVE_PATH:
        out_text(out, path, 2);
        path += 2;
        break;
    default:
        out->n = current_directory_get(out->at, out->room);
        if (type == RELATIVE_DRIVE_PATH) {
            if (ascii_upper(out->at[0]) != ascii_upper(path[0])) {
                out->n = 0;
                out_text(out, path, 2);
                out_put(out, '\\');
            }
            path += 2;
        } else if (type == ABSOLUTE_PATH) {
            out->n = 2;
        }
        if (out->n > 1 && out->at[0] == '\\') { /* the current directory is on a share */
            struct path_out root = {out->at, 0, out->room};

            out_unc_root(&root, out->at);
            floor = root.n;
            if (type == ABSOLUTE_PATH)
                out->n = floor;
        }
    }
    out_names(out, path, floor);
    if (out->n == 2 && out->at[1] == ':')
        out_put(out, '\\');
}

/* The full path of @path in a new buffer.  Return: NULL with *status. */
static WCHAR *path_full_dup(const WCHAR *path, size_t *n, NTSTATUS *status) {
    const size_t room = 2 * PATH_MAX_UNITS + 16;
    struct path_out out = {NULL, 0, room};
    const ULONG device = RtlIsDosDeviceName_U(path);

    *status = STATUS_OBJECT_NAME_INVALID;
    if (!path || !*path)
        return NULL;
    out.at = malloc(room * sizeof(WCHAR));
    if (!out.at) {
        *status = STATUS_NO_MEMORY;
        return NULL;
    }
    if (device) {
        out_text(&out, L"\\\\.\\", 4);
        out_text(&out, path + (device >> 16) / sizeof(WCHAR), (device & 0xffff) / sizeof(WCHAR));
    } else if (utf16_len(path) <= PATH_MAX_UNITS) {
        path_full(&out, path);
    } else {
        out.n = room;
    }
    if (out.n >= room || out.n > PATH_MAX_UNITS) {
        free(out.at);
        *status = STATUS_NAME_TOO_LONG;
        return NULL;
    }
    out.at[out.n] = 0;
    *n = out.n;
    *status = STATUS_SUCCESS;
    return out.at;
}

/* Where the last name begins, or NULL if the path ends in a backslash. */
static WCHAR *path_file_part(WCHAR *path, size_t n) {
    WCHAR *at = path + n;

    while (at > path && at[-1] != '\\')
        at--;
    return *at && at > path ? at : NULL;
}

/**
 * RtlGetFullPathName_U() - the full form of a DOS path.
 * @size: of @buffer, in bytes.
 * @file_part: receives where the last name begins, NULL if the path ends in a backslash; may be NULL.
 * Return: the length in bytes without the terminator, or, when it does not fit, the size needed; 0: the path is invalid.
 */
ULONG WINAPI RtlGetFullPathName_U(const WCHAR *path, ULONG size, WCHAR *buffer, WCHAR **file_part) {
    NTSTATUS status;
    size_t n;
    WCHAR *full = path_full_dup(path, &n, &status);
    const ULONG length = (ULONG)(n * sizeof(WCHAR));

    if (file_part)
        *file_part = NULL;
    if (!full)
        return 0;
    if (length + sizeof(WCHAR) > size) {
        free(full);
        return length + sizeof(WCHAR);
    }
    memcpy(buffer, full, length + sizeof(WCHAR));
    free(full);
    if (file_part && !RtlIsDosDeviceName_U(path))
        *file_part = path_file_part(buffer, n);
    return length;
}

/* ---- the NT form ---- */

/**
 * RtlDosPathNameToNtPathName_U_WithStatus() - the NT form of a DOS path: \??\X:\…, \??\UNC\…, \??\NUL.
 * @nt: receives a string that RtlFreeUnicodeString frees.
 * @file_part: as RtlGetFullPathName_U, within @nt; may be NULL.  @relative: not given; may be NULL.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_INVALID, STATUS_NAME_TOO_LONG, STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI RtlDosPathNameToNtPathName_U_WithStatus(const WCHAR *path, UNICODE_STRING *nt, WCHAR **file_part, CURDIR *relative) {
    static const WCHAR prefix[] = L"\\??\\", unc[] = L"\\??\\UNC\\";
    const WCHAR *head = prefix, *rest;
    size_t n, n_head = 4;
    NTSTATUS status;
    WCHAR *full, *result;

    if (relative)
        memset(relative, 0, sizeof *relative);
    if (file_part)
        *file_part = NULL;
    if (path && path[0] == '\\' && (path[1] == '\\' || path[1] == '?') && path[2] == '?' && path[3] == '\\') { /* as it stands */
        n = utf16_len(path);
        full = malloc((n + 1) * sizeof(WCHAR));
        if (!full)
            return STATUS_NO_MEMORY;
        memcpy(full, path, (n + 1) * sizeof(WCHAR));
    } else {
        full = path_full_dup(path, &n, &status);
        if (!full)
            return status;
    }
    rest = full;
    if (full[0] == '\\') {
        const bool device = full[1] == '?' || full[2] == '.' || full[2] == '?';

        rest = full + (device && n >= 4 ? 4 : device ? n : 2);
        head = device ? prefix : unc;
        n_head = device ? 4 : 8;
    }
    n -= (size_t)(rest - full);
    if (n_head + n > PATH_MAX_UNITS) {
        free(full);
        return STATUS_NAME_TOO_LONG;
    }
    result = RtlAllocateHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, (n_head + n + 1) * sizeof(WCHAR));
    if (result) {
        memcpy(result, head, n_head * sizeof(WCHAR));
        memcpy(result + n_head, rest, (n + 1) * sizeof(WCHAR));
        nt->Buffer = result;
        nt->Length = (USHORT)((n_head + n) * sizeof(WCHAR));
        nt->MaximumLength = (USHORT)(nt->Length + sizeof(WCHAR));
        if (file_part && !RtlIsDosDeviceName_U(path))
            *file_part = path_file_part(result, n_head + n);
    }
    free(full);
    return result ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

BOOLEAN WINAPI RtlDosPathNameToNtPathName_U(const WCHAR *path, UNICODE_STRING *nt, WCHAR **file_part, CURDIR *relative) {
    return RtlDosPathNameToNtPathName_U_WithStatus(path, nt, file_part, relative) == STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlDosPathNameToRelativeNtPathName_U_WithStatus(
    const WCHAR *path, UNICODE_STRING *nt, WCHAR **file_part, RTL_RELATIVE_NAME *relative) {
    if (relative)
        memset(relative, 0, sizeof *relative);
    return RtlDosPathNameToNtPathName_U_WithStatus(path, nt, file_part, NULL);
}

BOOLEAN WINAPI RtlDosPathNameToRelativeNtPathName_U(
    const WCHAR *path, UNICODE_STRING *nt, WCHAR **file_part, RTL_RELATIVE_NAME *relative) {
    return RtlDosPathNameToRelativeNtPathName_U_WithStatus(path, nt, file_part, relative) == STATUS_SUCCESS;
}

/* The names given out above are never relative: nothing is held. */
void WINAPI RtlReleaseRelativeName(RTL_RELATIVE_NAME *relative) {
    (void)relative;
}

/* ---- the current directory ---- */

/**
 * RtlGetCurrentDirectory_U() - the current directory, without a backslash at its end unless it is a root.
 * @size: of @buffer, in bytes.
 * Return: as RtlGetFullPathName_U.
 */
ULONG WINAPI RtlGetCurrentDirectory_U(ULONG size, WCHAR *buffer) {
    WCHAR *path = malloc((PATH_MAX_UNITS + 1) * sizeof(WCHAR));
    size_t n;
    ULONG length;

    if (!path)
        return 0;
    n = current_directory_get(path, PATH_MAX_UNITS);
    if (n > 1 && path[n - 1] == '\\' && path[n - 2] != ':')
        n--;
    path[n] = 0;
    length = (ULONG)(n * sizeof(WCHAR));
    if (length + sizeof(WCHAR) <= size)
        memcpy(buffer, path, length + sizeof(WCHAR));
    else
        length += sizeof(WCHAR);
    free(path);
    return length;
}

/* Publishes @path (@n units, with its backslash) in the process parameters. */
static NTSTATUS current_directory_publish(const WCHAR *path, size_t n) {
    const size_t length = n * sizeof(WCHAR);
    UNICODE_STRING *string;
    NTSTATUS status = STATUS_SUCCESS;

    pthread_mutex_lock(&current_directory_lock);
    string = current_directory_string();
    if (string && length + sizeof(WCHAR) > string->MaximumLength) {
        WCHAR *longer = malloc((PATH_MAX_UNITS + 1) * sizeof(WCHAR)); /* the old one may be read by the program: it stays */

        if (longer) {
            string->Buffer = longer;
            string->MaximumLength = 0xfffe;
        } else {
            status = STATUS_NO_MEMORY;
        }
    }
    if (string && !status) {
        memcpy(string->Buffer, path, length);
        string->Buffer[n] = 0;
        string->Length = (USHORT)length;
    }
    pthread_mutex_unlock(&current_directory_lock);
    return status;
}

/**
 * RtlSetCurrentDirectory_U() - changes the current directory.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_NOT_A_DIRECTORY, STATUS_OBJECT_NAME_INVALID,
 * STATUS_ACCESS_DENIED.
 */
NTSTATUS WINAPI RtlSetCurrentDirectory_U(const UNICODE_STRING *directory) {
    WCHAR *copy = malloc(directory->Length + sizeof(WCHAR)), *full = NULL;
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes};
    struct unix_path *path = malloc(sizeof *path);
    UNICODE_STRING nt = {0};
    NTSTATUS status = STATUS_NO_MEMORY;
    FILE_BASIC_INFORMATION info;
    size_t n;

    if (!copy || !path)
        goto done;
    memcpy(copy, directory->Buffer, directory->Length);
    copy[directory->Length / sizeof(WCHAR)] = 0;
    full = path_full_dup(copy, &n, &status);
    if (!full)
        goto done;
    status = RtlDosPathNameToNtPathName_U_WithStatus(full, &nt, NULL, NULL);
    attributes.ObjectName = &nt;
    if (!status)
        status = nt_name_to_unix(&nt, path);
    if (!status)
        status = NtQueryAttributesFile(&attributes, &info);
    if (!status && (path->target != NT_FILE || !(info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY)))
        status = STATUS_NOT_A_DIRECTORY;
    if (!status && chdir(path->path))
        status = STATUS_ACCESS_DENIED;
    if (status)
        goto done;
    if (full[n - 1] != '\\')
        full[n++] = '\\';
    status = current_directory_publish(full, n);
done:
    if (nt.Buffer)
        RtlFreeHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, nt.Buffer);
    free(full);
    free(copy);
    free(path);
    return status;
}
