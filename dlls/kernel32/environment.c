/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Environment variables, command line and start-up information (MSDN: processenv.h, processthreadsapi.h): ntdll's block and the process
 * parameters, in Win32's words. The A forms speak UTF-8, the ANSI code page (see codepage.c).
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include "libs/base/utf.h"
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/env.h"

/* The last-error result of a W copy of an A argument that could not be made. */
static DWORD environment_no_memory(void) {
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return 0;
}

/**
 * GetEnvironmentVariableW() - the value of a variable of this process.
 * @name: in any case.
 * @value: may be NULL when @size is 0.
 * @size: its room in characters.
 * Return: the value's length without its NUL; with it when the room is too small (nothing is said of the content then); 0 with
 *     ERROR_ENVVAR_NOT_FOUND; 0 with ERROR_SUCCESS for an empty value.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processenv/nf-processenv-getenvironmentvariablew
 */
DWORD WINAPI GetEnvironmentVariableW(const WCHAR *name, WCHAR *value, DWORD size) {
    SIZE_T len;
    const NTSTATUS status = RtlQueryEnvironmentVariable(NULL, name, name ? utf16_len(name) : 0, value, size, &len);
    if (status == STATUS_BUFFER_TOO_SMALL)
        return len;
    if (!set_nt_error(status))
        return 0;
    if (!len)
        SetLastError(ERROR_SUCCESS);
    return len;
}

/* The whole value, malloc'ed; NULL with the last error set. */
static WCHAR *environment_value(const WCHAR *name) {
    WCHAR *value = NULL;
    for (DWORD room = 256, len;; room = len) {
        free(value);
        value = malloc(room * sizeof *value);
        if (!value) {
            environment_no_memory();
            return NULL;
        }
        *value = 0;
        len = GetEnvironmentVariableW(name, value, room);
        if (!len && GetLastError() != ERROR_SUCCESS) {
            free(value);
            return NULL;
        }
        if (len < room)
            return value;
    }
}

/** GetEnvironmentVariableA() - see GetEnvironmentVariableW(); lengths are in bytes. */
DWORD WINAPI GetEnvironmentVariableA(const char *name, char *value, DWORD size) {
    WCHAR *wide_name = utf16_dup_from_utf8(name ? name : "");
    if (!wide_name)
        return environment_no_memory();
    WCHAR *wide = environment_value(wide_name);
    free(wide_name);
    if (!wide)
        return 0;
    const size_t len = utf16_len(wide), need = utf16_to_utf8(wide, len, NULL, 0, NULL);
    if (need < size) {
        utf16_to_utf8(wide, len, value, need, NULL);
        value[need] = 0;
    }
    free(wide);
    return need < size ? need : need + 1;
}

/**
 * SetEnvironmentVariableW() - sets or removes a variable of this process.
 * @value: NULL removes.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER (no name, or '=' in it after its first character), ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processenv/nf-processenv-setenvironmentvariablew
 */
BOOL WINAPI SetEnvironmentVariableW(const WCHAR *name, const WCHAR *value) {
    const size_t name_len = name ? utf16_len(name) : 0, value_len = value ? utf16_len(value) : 0;
    if (name_len > UNICODE_STRING_MAX_CHARS || value_len > UNICODE_STRING_MAX_CHARS) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    UNICODE_STRING name_string = {name_len * sizeof(WCHAR), name_len * sizeof(WCHAR), (WCHAR *)name};
    UNICODE_STRING value_string = {value_len * sizeof(WCHAR), value_len * sizeof(WCHAR), (WCHAR *)value};
    return set_nt_error(RtlSetEnvironmentVariable(NULL, &name_string, value ? &value_string : NULL));
}

/** SetEnvironmentVariableA() - see SetEnvironmentVariableW(). */
BOOL WINAPI SetEnvironmentVariableA(const char *name, const char *value) {
    WCHAR *wide_name = utf16_dup_from_utf8(name ? name : ""), *wide_value = value ? utf16_dup_from_utf8(value) : NULL;
    BOOL ok = FALSE;
    if (wide_name && (wide_value || !value))
        ok = SetEnvironmentVariableW(wide_name, wide_value);
    else
        environment_no_memory();
    free(wide_name);
    free(wide_value);
    return ok;
}

/**
 * GetEnvironmentStringsW() - a copy of the whole block.
 * Return: "NAME=value" strings in sorted order and one NUL more, for FreeEnvironmentStringsW(); NULL when there is no memory.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processenv/nf-processenv-getenvironmentstringsw
 */
WCHAR *WINAPI GetEnvironmentStringsW(void) {
    PWSTR block;
    return set_nt_error(RtlCreateEnvironment(TRUE, &block)) ? block : NULL;
}

/** GetEnvironmentStringsA() - see GetEnvironmentStringsW(). */
char *WINAPI GetEnvironmentStringsA(void) {
    WCHAR *block = GetEnvironmentStringsW();
    if (!block)
        return NULL;
    const size_t len = env_block_len(block), need = utf16_to_utf8(block, len, NULL, 0, NULL);
    char *copy = malloc(need);
    if (copy)
        utf16_to_utf8(block, len, copy, need, NULL);
    else
        environment_no_memory();
    FreeEnvironmentStringsW(block);
    return copy;
}

/** FreeEnvironmentStringsW() - frees what GetEnvironmentStringsW() gave. Return: TRUE. */
BOOL WINAPI FreeEnvironmentStringsW(WCHAR *block) {
    free(block);
    return TRUE;
}

BOOL WINAPI FreeEnvironmentStringsA(char *block) {
    free(block);
    return TRUE;
}

/**
 * SetEnvironmentStringsW() - replaces the whole block.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER when an entry has no '='.
 */
BOOL WINAPI SetEnvironmentStringsW(WCHAR *block) {
    PWSTR fresh;
    if (!set_nt_error(RtlCreateEnvironment(FALSE, &fresh)))
        return FALSE;
    NTSTATUS status = STATUS_SUCCESS;
    for (WCHAR *at = block; *at && !status; at += utf16_len(at) + 1) {
        const size_t name_len = env_name_len(at), len = utf16_len(at);
        if (name_len == len || len > UNICODE_STRING_MAX_CHARS) {
            status = STATUS_INVALID_PARAMETER;
            break;
        }
        UNICODE_STRING name = {name_len * sizeof(WCHAR), name_len * sizeof(WCHAR), at};
        const size_t value_size = (len - name_len - 1) * sizeof(WCHAR);
        UNICODE_STRING value = {value_size, value_size, at + name_len + 1};
        status = RtlSetEnvironmentVariable(&fresh, &name, &value);
    }
    if (!set_nt_error(status)) {
        RtlDestroyEnvironment(fresh);
        return FALSE;
    }
    RtlSetCurrentEnvironment(fresh, NULL);
    return TRUE;
}

/**
 * ExpandEnvironmentStringsW() - replaces each %NAME% whose variable exists; others stay as they are.
 * @size: room of @dst in characters.
 * Return: the length of the result with its NUL, whether it fitted or not; 0 on failure.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processenv/nf-processenv-expandenvironmentstringsw
 */
DWORD WINAPI ExpandEnvironmentStringsW(const WCHAR *src, WCHAR *dst, DWORD size) {
    if (!src) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    SIZE_T len;
    const NTSTATUS status = RtlExpandEnvironmentStrings(NULL, (WCHAR *)src, utf16_len(src), dst, size, &len);
    if (status && size)
        *dst = 0;
    return len;
}

/** ExpandEnvironmentStringsA() - see ExpandEnvironmentStringsW(); lengths are in bytes. */
DWORD WINAPI ExpandEnvironmentStringsA(const char *src, char *dst, DWORD size) {
    WCHAR *wide_src = src ? utf16_dup_from_utf8(src) : NULL;
    if (!wide_src) {
        SetLastError(src ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
        return 0;
    }
    WCHAR *wide = NULL;
    for (DWORD room = 0, len;; room = len) {
        len = ExpandEnvironmentStringsW(wide_src, wide, room);
        if (len <= room)
            break;
        free(wide);
        wide = malloc(len * sizeof *wide);
        if (!wide) {
            free(wide_src);
            return environment_no_memory();
        }
    }
    const size_t len = utf16_len(wide) + 1, need = utf16_to_utf8(wide, len, NULL, 0, NULL);
    if (need <= size)
        utf16_to_utf8(wide, len, dst, size, NULL);
    else if (size)
        *dst = 0;
    free(wide);
    free(wide_src);
    return need;
}

/* What is made once from the process parameters, when first asked for: programs keep the pointers. */
static struct {
    pthread_once_t once;
    char *command_line, *desktop, *title;
} process_start = {.once = PTHREAD_ONCE_INIT};

static char *process_start_string(const UNICODE_STRING *text) {
    const size_t len = text->Length / sizeof(WCHAR), need = utf16_to_utf8(text->Buffer, len, NULL, 0, NULL);
    char *copy = malloc(need + 1);
    if (!copy)
        return NULL;
    utf16_to_utf8(text->Buffer, len, copy, need, NULL);
    copy[need] = 0;
    return copy;
}

static void process_start_make(void) {
    const RTL_USER_PROCESS_PARAMETERS *params = NtCurrentTeb()->Peb->ProcessParameters;
    process_start.command_line = process_start_string(&params->CommandLine);
    process_start.desktop = process_start_string(&params->Desktop);
    process_start.title = process_start_string(&params->WindowTitle);
}

/** GetCommandLineW() - the command line that this process was started with, program name included; not to be freed. */
WCHAR *WINAPI GetCommandLineW(void) {
    return NtCurrentTeb()->Peb->ProcessParameters->CommandLine.Buffer;
}

/** GetCommandLineA() - see GetCommandLineW(). */
char *WINAPI GetCommandLineA(void) {
    pthread_once(&process_start.once, process_start_make);
    return process_start.command_line;
}

/**
 * GetStartupInfoW() - the STARTUPINFO that this process was started with.
 * @info: cb receives its size; the standard handles are valid when dwFlags has STARTF_USESTDHANDLES.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-getstartupinfow
 */
void WINAPI GetStartupInfoW(STARTUPINFOW *info) {
    const RTL_USER_PROCESS_PARAMETERS *params = NtCurrentTeb()->Peb->ProcessParameters;
    *info = (STARTUPINFOW){
        .cb = sizeof *info,
        .lpDesktop = params->Desktop.Buffer,
        .lpTitle = params->WindowTitle.Buffer,
        .dwX = params->dwX,
        .dwY = params->dwY,
        .dwXSize = params->dwXSize,
        .dwYSize = params->dwYSize,
        .dwXCountChars = params->dwXCountChars,
        .dwYCountChars = params->dwYCountChars,
        .dwFillAttribute = params->dwFillAttribute,
        .dwFlags = params->dwFlags,
        .wShowWindow = params->wShowWindow,
        .cbReserved2 = params->RuntimeInfo.Length,
        .lpReserved2 = params->RuntimeInfo.Length ? (BYTE *)params->RuntimeInfo.Buffer : NULL,
        .hStdInput = params->hStdInput,
        .hStdOutput = params->hStdOutput,
        .hStdError = params->hStdError,
    };
}

/** GetStartupInfoA() - see GetStartupInfoW(). */
void WINAPI GetStartupInfoA(STARTUPINFOA *info) {
    _Static_assert(sizeof(STARTUPINFOA) == sizeof(STARTUPINFOW), "the two differ in what their strings are");
    STARTUPINFOW wide;
    GetStartupInfoW(&wide);
    pthread_once(&process_start.once, process_start_make);
    memcpy(info, &wide, sizeof *info);
    info->lpDesktop = wide.lpDesktop ? process_start.desktop : NULL;
    info->lpTitle = wide.lpTitle ? process_start.title : NULL;
}
