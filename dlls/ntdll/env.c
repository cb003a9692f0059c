/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process's environment (Rtl*Environment*). The current block hangs on the process parameters, where programs look at it too; each change
 * makes a new block and replaces the old one, so that a reader without our lock sees one or the other. Blocks come from malloc.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include "libs/base/unicode.h"
#include "dlls/ntdll/env.h"

static pthread_mutex_t env_mutex = PTHREAD_MUTEX_INITIALIZER;

static const WCHAR env_empty[2];

static RTL_USER_PROCESS_PARAMETERS *env_params(void) {
    return NtCurrentTeb()->Peb->ProcessParameters;
}

static size_t env_wcslen(const WCHAR *text) {
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

size_t env_block_len(const WCHAR *block) {
    if (!*block)
        return 2;
    const WCHAR *at = block;
    while (*at)
        at += env_wcslen(at) + 1;
    return at - block + 1;
}

size_t env_name_len(const WCHAR *entry) {
    size_t len = *entry ? 1 : 0;
    while (entry[len] && entry[len] != '=')
        len++;
    return len;
}

int env_name_compare(const WCHAR *a, size_t a_len, const WCHAR *b, size_t b_len) {
    for (size_t i = 0; i < a_len && i < b_len; i++) {
        const int difference = a[i] == b[i] ? 0 : unicode_upper(a[i]) - unicode_upper(b[i]);
        if (difference)
            return difference;
    }
    return (a_len > b_len) - (a_len < b_len);
}

/* The entry of a name, or where it would go (*found tells). */
static const WCHAR *env_find(const WCHAR *block, const WCHAR *name, size_t name_len, BOOL *found) {
    const WCHAR *place = NULL;
    const WCHAR *at = block;
    for (; *at; at += env_wcslen(at) + 1) {
        const int order = env_name_compare(name, name_len, at, env_name_len(at));
        if (!order) {
            *found = TRUE;
            return at;
        }
        if (order < 0 && !place)
            place = at;
    }
    *found = FALSE;
    return place ? place : at;
}

/* The value of a name, NULL where there is none. */
static const WCHAR *env_value(const WCHAR *block, const WCHAR *name, size_t name_len) {
    BOOL found;
    const WCHAR *entry = env_find(block, name, name_len, &found);
    if (!found || !name_len)
        return NULL;
    return entry[name_len] == '=' ? entry + name_len + 1 : entry + name_len;
}

/* Runs with the lock held when the block is the process's own. */
static const WCHAR *env_enter(const WCHAR *block) {
    if (block)
        return block;
    pthread_mutex_lock(&env_mutex);
    const WCHAR *own = env_params()->Environment;
    return own ? own : env_empty;
}

static void env_leave(const WCHAR *block) {
    if (!block)
        pthread_mutex_unlock(&env_mutex);
}

static void env_replace(WCHAR *block) {
    RTL_USER_PROCESS_PARAMETERS *params = env_params();
    WCHAR *old = params->Environment;
    params->Environment = block;
    params->EnvironmentSize = env_block_len(block) * sizeof(WCHAR);
    params->EnvironmentVersion++;
    free(old);
}

static WCHAR *env_copy(const WCHAR *block) {
    const size_t size = env_block_len(block) * sizeof(WCHAR);
    WCHAR *copy = malloc(size);
    return copy ? memcpy(copy, block, size) : NULL;
}

/**
 * RtlCreateEnvironment() - a new environment block.
 * @inherit: a copy of the process's block instead of an empty one.
 * Return: STATUS_SUCCESS; STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI RtlCreateEnvironment(BOOLEAN inherit, PWSTR *block) {
    const WCHAR *source = inherit ? env_enter(NULL) : env_empty;
    *block = env_copy(source);
    if (inherit)
        env_leave(NULL);
    return *block ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS WINAPI RtlDestroyEnvironment(PWSTR block) {
    free(block);
    return STATUS_SUCCESS;
}

/**
 * RtlSetCurrentEnvironment() - makes a block the process's own.
 * @block: from RtlCreateEnvironment; belongs to the process from now on.
 * @old: receives the block that was; NULL: it is freed.
 */
void WINAPI RtlSetCurrentEnvironment(PWSTR block, PWSTR *old) {
    pthread_mutex_lock(&env_mutex);
    if (old) {
        *old = env_params()->Environment;
        env_params()->Environment = NULL;
    }
    env_replace(block);
    pthread_mutex_unlock(&env_mutex);
}

/**
 * RtlQueryEnvironmentVariable() - the value of a variable.
 * @block: NULL: the process's own.
 * @value_len: room in characters.
 * @return_len: the value's length without its NUL; with it when the room is too small.
 * Return: STATUS_SUCCESS, STATUS_VARIABLE_NOT_FOUND, STATUS_BUFFER_TOO_SMALL.
 */
NTSTATUS WINAPI RtlQueryEnvironmentVariable(
    WCHAR *block, const WCHAR *name, SIZE_T name_len, WCHAR *value, SIZE_T value_len, SIZE_T *return_len) {
    NTSTATUS status = STATUS_VARIABLE_NOT_FOUND;
    const WCHAR *found = env_value(env_enter(block), name, name_len);
    *return_len = 0;
    if (found) {
        const SIZE_T len = env_wcslen(found);
        status = len < value_len ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        *return_len = len < value_len ? len : len + 1;
        if (!status)
            memcpy(value, found, (len + 1) * sizeof(WCHAR));
    }
    env_leave(block);
    return status;
}

/**
 * RtlQueryEnvironmentVariable_U() - the value of a variable in a counted string.
 * @value: Length receives the value's length in bytes even when MaximumLength is less; a NUL follows where it fits.
 * Return: STATUS_SUCCESS, STATUS_VARIABLE_NOT_FOUND, STATUS_BUFFER_TOO_SMALL.
 */
NTSTATUS WINAPI RtlQueryEnvironmentVariable_U(PWSTR block, PUNICODE_STRING name, PUNICODE_STRING value) {
    NTSTATUS status = STATUS_VARIABLE_NOT_FOUND;
    const WCHAR *found = env_value(env_enter(block), name->Buffer, name->Length / sizeof(WCHAR));
    if (found) {
        const size_t size = env_wcslen(found) * sizeof(WCHAR);
        status = size <= value->MaximumLength ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        if (!status)
            memcpy(value->Buffer, found, size + sizeof(WCHAR) <= value->MaximumLength ? size + sizeof(WCHAR) : size);
        value->Length = size;
    }
    env_leave(block);
    return status;
}

/* A block like this one, with the entry at `place` (skipped when `replace`) set to name=value, or gone when value is NULL. */
static WCHAR *env_rebuild(const WCHAR *block, const WCHAR *place, BOOL replace, const UNICODE_STRING *name, const UNICODE_STRING *value) {
    const size_t total = env_block_len(block), before = place - block;
    const size_t skip = replace ? env_wcslen(place) + 1 : 0;
    const size_t name_len = name->Length / sizeof(WCHAR), value_len = value ? value->Length / sizeof(WCHAR) : 0;
    const size_t added = value ? name_len + value_len + 2 : 0;
    WCHAR *fresh = malloc((total + added + 1) * sizeof(WCHAR));
    if (!fresh)
        return NULL;
    WCHAR *at = fresh;
    memcpy(at, block, before * sizeof(WCHAR));
    at += before;
    if (value) {
        memcpy(at, name->Buffer, name->Length);
        at += name_len;
        *at++ = '=';
        memcpy(at, value->Buffer, value->Length);
        at += value_len;
        *at++ = 0;
    }
    const size_t after = total - before - skip;
    memcpy(at, block + before + skip, after * sizeof(WCHAR));
    at[after] = 0; /* the second NUL of a block that became empty */
    return fresh;
}

static BOOL env_name_valid(const UNICODE_STRING *name) {
    const size_t len = name->Length / sizeof(WCHAR);
    for (size_t i = 1; i < len; i++)
        if (name->Buffer[i] == '=')
            return FALSE;
    return len && !(len == 1 && name->Buffer[0] == '=');
}

/**
 * RtlSetEnvironmentVariable() - sets or removes a variable.
 * @block: NULL: the process's own; else a block of RtlCreateEnvironment, which may move.
 * @value: NULL removes; what is not there is removed with success.
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER (an empty name, or one with '=' after its first character); STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI RtlSetEnvironmentVariable(PWSTR *block, PUNICODE_STRING name, PUNICODE_STRING value) {
    if (!env_name_valid(name))
        return STATUS_INVALID_PARAMETER;
    const BOOL own = !block || !*block;
    const WCHAR *current = env_enter(own ? NULL : *block);
    NTSTATUS status = STATUS_SUCCESS;
    BOOL found;
    const WCHAR *place = env_find(current, name->Buffer, name->Length / sizeof(WCHAR), &found);
    WCHAR *fresh = found || value ? env_rebuild(current, place, found, name, value) : NULL;
    if (!fresh && (found || value)) {
        status = STATUS_NO_MEMORY;
    } else if (fresh && own) {
        env_replace(fresh);
    } else if (fresh) {
        free(*block);
        *block = fresh;
    }
    if (own)
        env_leave(NULL);
    return status;
}

/* Appends when it fits; counts always. */
struct env_output {
    WCHAR *text;
    size_t room, len;
};

static void env_output_add(struct env_output *out, const WCHAR *text, size_t len) {
    if (out->len + len <= out->room)
        memcpy(out->text + out->len, text, len * sizeof(WCHAR));
    else
        out->room = out->len < out->room ? out->len : out->room;
    out->len += len;
}

static void env_expand(const WCHAR *block, const WCHAR *src, size_t len, struct env_output *out) {
    for (size_t i = 0; i < len;) {
        size_t end = i + 1;
        while (src[i] == '%' && end < len && src[end] != '%')
            end++;
        const WCHAR *value = src[i] == '%' && end < len ? env_value(block, src + i + 1, end - i - 1) : NULL;
        if (value) {
            env_output_add(out, value, env_wcslen(value));
            i = end + 1;
        } else {
            env_output_add(out, src + i, 1);
            i++;
        }
    }
}

/**
 * RtlExpandEnvironmentStrings() - replaces each %NAME% whose variable exists.
 * @return_len: the length needed in characters, NUL included.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL (what fits, a whole part at a time, is written).
 */
NTSTATUS WINAPI RtlExpandEnvironmentStrings(
    const WCHAR *block, WCHAR *src, SIZE_T src_len, WCHAR *dst, SIZE_T dst_len, SIZE_T *return_len) {
    struct env_output out = {.text = dst, .room = dst_len};
    env_expand(env_enter(block), src, src_len, &out);
    env_output_add(&out, L"", 1);
    env_leave(block);
    if (return_len)
        *return_len = out.len;
    return out.len <= dst_len ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

/**
 * RtlExpandEnvironmentStrings_U() - the same on counted strings.
 * @return_size: the size needed in bytes, NUL included; may be NULL.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL.
 */
NTSTATUS WINAPI RtlExpandEnvironmentStrings_U(PCWSTR block, const UNICODE_STRING *src, UNICODE_STRING *dst, ULONG *return_size) {
    SIZE_T len;
    const NTSTATUS status = RtlExpandEnvironmentStrings(
        block, src->Buffer, src->Length / sizeof(WCHAR), dst->Buffer, dst->MaximumLength / sizeof(WCHAR), &len);
    if (!status)
        dst->Length = (len - 1) * sizeof(WCHAR);
    if (return_size)
        *return_size = len * sizeof(WCHAR);
    return status;
}
