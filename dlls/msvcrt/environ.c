/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The environment as strings "NAME=value" (MSDN: getenv, _putenv).  The process's block (SetEnvironmentVariableW) is
 * the truth for children; the arrays here are the program's view, made at its first use, and kept in step by _putenv.
 * Strings that were handed out stay valid: a replaced one is not freed.
 */
#include <pthread.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/environ.h"

char **crt_environ, **crt_initenv;    /* data exports _environ, __initenv */
WCHAR **crt_wenviron, **crt_winitenv; /* data exports _wenviron, __winitenv */
static pthread_mutex_t environ_lock = PTHREAD_MUTEX_INITIALIZER;

/* Appends to a NULL-terminated array; false without memory. */
static bool array_add(void ***array, size_t *n, void *item) {
    void **grown = item ? realloc(*array, (*n + 2) * sizeof(void *)) : NULL;
    if (!grown)
        return false;
    grown[(*n)++] = item;
    grown[*n] = NULL;
    *array = grown;
    return true;
}

void environ_init(void) {
    pthread_mutex_lock(&environ_lock);
    WCHAR *block = crt_environ ? NULL : GetEnvironmentStringsW();
    if (block) {
        void **narrow = calloc(1, sizeof(void *)), **wide = calloc(1, sizeof(void *));
        size_t n_narrow = 0, n_wide = 0;
        for (const WCHAR *at = block; *at; at += crt_wcslen(at) + 1) {
            if (*at == '=')
                continue; /* a drive's current directory */
            array_add(&narrow, &n_narrow, crt_ansi_from_wide(at));
            array_add(&wide, &n_wide, crt_wcsdup(at));
        }
        FreeEnvironmentStringsW(block);
        crt_environ = crt_initenv = (char **)narrow;
        crt_wenviron = crt_winitenv = (WCHAR **)wide;
    }
    pthread_mutex_unlock(&environ_lock);
}

char ***CDECL __p__environ(void) {
    return environ_init(), &crt_environ;
}
WCHAR ***CDECL __p__wenviron(void) {
    return environ_init(), &crt_wenviron;
}
char ***CDECL __p___initenv(void) {
    return environ_init(), &crt_initenv;
}

static WCHAR fold(WCHAR c) {
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

static bool names_narrow(const char *entry, const char *name, size_t length) {
    return !_strnicmp(entry, name, length) && entry[length] == '=';
}

static bool names_wide(const WCHAR *entry, const WCHAR *name, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (fold(entry[i]) != fold(name[i]))
            return false;
    return entry[length] == '=';
}

char *CDECL msvcrt_getenv(const char *name) {
    environ_init();
    const size_t length = strlen(name);
    pthread_mutex_lock(&environ_lock);
    char *value = NULL;
    for (char **entry = crt_environ; entry && *entry && !value; entry++)
        if (names_narrow(*entry, name, length))
            value = *entry + length + 1;
    pthread_mutex_unlock(&environ_lock);
    return value;
}

WCHAR *CDECL _wgetenv(const WCHAR *name) {
    environ_init();
    const size_t length = crt_wcslen(name);
    pthread_mutex_lock(&environ_lock);
    WCHAR *value = NULL;
    for (WCHAR **entry = crt_wenviron; entry && *entry && !value; entry++)
        if (names_wide(*entry, name, length))
            value = *entry + length + 1;
    pthread_mutex_unlock(&environ_lock);
    return value;
}

int CDECL getenv_s(size_t *needed, char *out, size_t size, const char *name) {
    if (!needed || (!out && size) || !name)
        return crt_invalid_parameter(EINVAL), EINVAL;
    const char *value = msvcrt_getenv(name);
    *needed = value ? strlen(value) + 1 : 0;
    if (out && size)
        *out = 0;
    if (!value || !size)
        return 0;
    if (*needed > size)
        return ERANGE;
    memcpy(out, value, *needed);
    return 0;
}

int CDECL _dupenv_s(char **out, size_t *size, const char *name) {
    if (!out || !name)
        return crt_invalid_parameter(EINVAL), EINVAL;
    const char *value = msvcrt_getenv(name);
    *out = value ? strdup(value) : NULL;
    if (size)
        *size = *out ? strlen(*out) + 1 : 0;
    return value && !*out ? crt_fail(ENOMEM) : 0;
}

/* Puts entry in place of the one with its name, at the end, or (removing) nowhere. */
static bool array_replace(void ***array, void *entry, bool removing, size_t at, size_t n) {
    if (at < n && !removing) {
        (*array)[at] = entry;
        return true;
    }
    if (at < n) {
        memmove(*array + at, *array + at + 1, (n - at) * sizeof(void *));
        return true;
    }
    return removing || array_add(array, &n, entry);
}

static bool arrays_change(const char *narrow, const WCHAR *wide, size_t narrow_name, size_t wide_name, bool removing) {
    size_t n = 0, at = 0, wide_n = 0, wide_at = 0;
    while (crt_environ[n])
        n++;
    while (crt_wenviron[wide_n])
        wide_n++;
    while (at < n && !names_narrow(crt_environ[at], narrow, narrow_name))
        at++;
    while (wide_at < wide_n && !names_wide(crt_wenviron[wide_at], wide, wide_name))
        wide_at++;
    return array_replace((void ***)&crt_environ, removing ? NULL : strdup(narrow), removing, at, n) &&
           array_replace((void ***)&crt_wenviron, removing ? NULL : crt_wcsdup(wide), removing, wide_at, wide_n);
}

int CDECL _wputenv(const WCHAR *text) {
    const WCHAR *equals = text ? crt_wcschr(text, '=') : NULL;
    if (!equals || equals == text)
        return crt_invalid_parameter(EINVAL), -1;
    environ_init();
    char *narrow = crt_ansi_from_wide(text);
    WCHAR *name = crt_wcsdup(text);
    int result = -1;
    if (narrow && name) {
        name[equals - text] = 0;
        pthread_mutex_lock(&environ_lock);
        if (arrays_change(narrow, text, strcspn(narrow, "="), equals - text, !equals[1]))
            result = 0;
        pthread_mutex_unlock(&environ_lock);
        /* Removing what was not there is no failure. */
        if (!SetEnvironmentVariableW(name, equals[1] ? equals + 1 : NULL) && equals[1])
            result = -1;
    }
    free(name);
    free(narrow);
    return result;
}

int CDECL _putenv(const char *text) {
    WCHAR *wide = text ? crt_wide_from_ansi(text) : NULL;
    const int result = _wputenv(wide);
    free(wide);
    return result;
}

int CDECL _putenv_s(const char *name, const char *value) {
    if (!name || !value)
        return crt_invalid_parameter(EINVAL), EINVAL;
    char *text = malloc(strlen(name) + strlen(value) + 2);
    if (!text)
        return crt_fail(ENOMEM);
    strcat(strcat(strcpy(text, name), "="), value);
    const int result = _putenv(text);
    free(text);
    return result ? crt_thread.error : 0;
}
