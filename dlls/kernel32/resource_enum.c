/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which resources a module has: types, names of a type, languages of a name (MSDN: libloaderapi.h, winbase.h). */
#define WIN32_NO_STATUS
#include "dlls/kernel32/error.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "dlls/kernel32/resource.h"
#include "libs/base/utf.h"
#include "libs/host/guard.h"

#include <stdlib.h>

/* One step of an enumeration: @name as a callback gets it, or a language.  Return: whether it goes on. */
typedef BOOL resource_visit(const void *callback, HMODULE module, LPCWSTR name, WORD language);

/* A name of the tree, terminated, to be freed; NULL with an error. */
static WCHAR *name_read(const IMAGE_RESOURCE_DIRECTORY *root, DWORD offset) {
    const IMAGE_RESOURCE_DIR_STRING_U *string = (const void *)((const char *)root + offset);
    WORD length;
    WCHAR *name;

    if (guard_copy_from(&length, &string->Length, sizeof length)) {
        SetLastError(ERROR_RESOURCE_DATA_NOT_FOUND);
        return NULL;
    }
    name = malloc((length + 1u) * sizeof *name);
    if (!name || guard_copy_from(name, string->NameString, length * sizeof *name)) {
        SetLastError(name ? ERROR_RESOURCE_DATA_NOT_FOUND : ERROR_NOT_ENOUGH_MEMORY);
        free(name);
        return NULL;
    }
    name[length] = 0;
    return name;
}

static BOOL entry_visit(HMODULE module, const IMAGE_RESOURCE_DIRECTORY *root,
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry, resource_visit *visit, const void *callback) {
    WCHAR *name;
    BOOL goes_on;

    if (!entry->NameIsString)
        goes_on = visit(callback, module, MAKEINTRESOURCEW(entry->Id), entry->Id);
    else if (!(name = name_read(root, entry->NameOffset)))
        return FALSE;
    else {
        goes_on = visit(callback, module, name, 0);
        free(name);
    }
    if (!goes_on)
        SetLastError(ERROR_RESOURCE_ENUM_USER_STOP);
    return goes_on;
}

/* The entries of the directory @level steps down. */
static BOOL resources_visit(
    HMODULE module, const LDR_RESOURCE_INFO *info, ULONG level, resource_visit *visit, const void *callback) {
    const HMODULE image = module ? module : GetModuleHandleW(NULL);
    const IMAGE_RESOURCE_DIRECTORY *root, *directory;
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entries;

    if (!set_nt_error(LdrFindResourceDirectory_U(image, info, 0, &root)) ||
        !set_nt_error(LdrFindResourceDirectory_U(image, info, level, &directory)))
        return FALSE;
    entries = (const void *)(directory + 1);
    for (ULONG i = 0; i < (ULONG)directory->NumberOfNamedEntries + directory->NumberOfIdEntries; i++) {
        if (!entry_visit(module, root, &entries[i], visit, callback))
            return FALSE;
    }
    return TRUE;
}

/* ---- W ---- */

struct callback {
    union {
        ENUMRESTYPEPROCW types;
        ENUMRESNAMEPROCW names;
        ENUMRESLANGPROCW languages;
    };
    LPCWSTR type, name;
    LONG_PTR param;
};

static BOOL type_visit(const void *context, HMODULE module, LPCWSTR name, WORD language) {
    const struct callback *callback = context;

    (void)language;
    return callback->types(module, (LPWSTR)name, callback->param);
}

static BOOL name_visit(const void *context, HMODULE module, LPCWSTR name, WORD language) {
    const struct callback *callback = context;

    (void)language;
    return callback->names(module, callback->type, (LPWSTR)name, callback->param);
}

static BOOL language_visit(const void *context, HMODULE module, LPCWSTR name, WORD language) {
    const struct callback *callback = context;

    (void)name;
    return callback->languages(module, callback->type, callback->name, language, callback->param);
}

/**
 * EnumResourceTypesW() - calls @function for each type of resource that a module has, until that returns FALSE.
 * @module: NULL: the program.
 * Return: TRUE; FALSE with ERROR_RESOURCE_DATA_NOT_FOUND (there are none), ERROR_RESOURCE_ENUM_USER_STOP (@function
 * said so). Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-enumresourcetypesw
 */
BOOL WINAPI EnumResourceTypesW(HMODULE module, ENUMRESTYPEPROCW function, LONG_PTR param) {
    const struct callback callback = {.types = function, .param = param};

    return resources_visit(module, &(LDR_RESOURCE_INFO){0}, 0, type_visit, &callback);
}

/**
 * EnumResourceNamesW() - the same for the names of a type.
 * Return: TRUE; FALSE as EnumResourceTypesW, or ERROR_RESOURCE_TYPE_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/libloaderapi/nf-libloaderapi-enumresourcenamesw
 */
BOOL WINAPI EnumResourceNamesW(HMODULE module, LPCWSTR type, ENUMRESNAMEPROCW function, LONG_PTR param) {
    const struct callback callback = {.names = function, .type = type, .param = param};

    return resources_visit(module, &(LDR_RESOURCE_INFO){.Type = resource_id(type)}, 1, name_visit, &callback);
}

/**
 * EnumResourceLanguagesW() - the same for the languages of a resource.
 * Return: TRUE; FALSE as EnumResourceNamesW, or ERROR_RESOURCE_NAME_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-enumresourcelanguagesw
 */
BOOL WINAPI EnumResourceLanguagesW(
    HMODULE module, LPCWSTR type, LPCWSTR name, ENUMRESLANGPROCW function, LONG_PTR param) {
    const struct callback callback = {.languages = function, .type = type, .name = name, .param = param};

    return resources_visit(module, &(LDR_RESOURCE_INFO){.Type = resource_id(type), .Name = resource_id(name)}, 2,
        language_visit, &callback);
}

/* ---- A ---- */

struct callback_a {
    union {
        ENUMRESTYPEPROCA types;
        ENUMRESNAMEPROCA names;
        ENUMRESLANGPROCA languages;
    };
    LPCSTR type, name;
    LONG_PTR param;
};

/* A name as an A function gives it; *copy is to be freed.  Return: NULL when out of memory. */
static LPSTR name_narrow(LPWSTR name, char **copy) {
    *copy = NULL;
    if (IS_INTRESOURCE(name))
        return (LPSTR)name;
    return *copy = utf8_dup_from_utf16(name);
}

static BOOL WINAPI type_call(HMODULE module, LPWSTR type, LONG_PTR param) {
    const struct callback_a *callback = (const void *)param;
    char *copy;
    const LPSTR narrow = name_narrow(type, &copy);
    const BOOL goes_on = (IS_INTRESOURCE(type) || narrow) && callback->types(module, narrow, callback->param);

    free(copy);
    return goes_on;
}

static BOOL WINAPI name_call(HMODULE module, LPCWSTR type, LPWSTR name, LONG_PTR param) {
    const struct callback_a *callback = (const void *)param;
    char *copy;
    const LPSTR narrow = name_narrow(name, &copy);
    const BOOL goes_on =
        (IS_INTRESOURCE(name) || narrow) && callback->names(module, callback->type, narrow, callback->param);

    (void)type;
    free(copy);
    return goes_on;
}

static BOOL WINAPI language_call(HMODULE module, LPCWSTR type, LPCWSTR name, WORD language, LONG_PTR param) {
    const struct callback_a *callback = (const void *)param;

    (void)type, (void)name;
    return callback->languages(module, callback->type, callback->name, language, callback->param);
}

/* A name that an A function was given; *copy is to be freed.  Return: whether there was memory. */
static BOOL name_wide(LPCSTR name, LPCWSTR *wide, WCHAR **copy) {
    *copy = IS_INTRESOURCE(name) ? NULL : utf16_dup_from_utf8(name);
    *wide = *copy ? *copy : (LPCWSTR)name;
    if (IS_INTRESOURCE(name) || *copy)
        return TRUE;
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return FALSE;
}

BOOL WINAPI EnumResourceTypesA(HMODULE module, ENUMRESTYPEPROCA function, LONG_PTR param) {
    const struct callback_a callback = {.types = function, .param = param};

    return EnumResourceTypesW(module, type_call, (LONG_PTR)&callback);
}

BOOL WINAPI EnumResourceNamesA(HMODULE module, LPCSTR type, ENUMRESNAMEPROCA function, LONG_PTR param) {
    const struct callback_a callback = {.names = function, .type = type, .param = param};
    WCHAR *copy;
    LPCWSTR wide;
    const BOOL all = name_wide(type, &wide, &copy) && EnumResourceNamesW(module, wide, name_call, (LONG_PTR)&callback);

    free(copy);
    return all;
}

BOOL WINAPI EnumResourceLanguagesA(
    HMODULE module, LPCSTR type, LPCSTR name, ENUMRESLANGPROCA function, LONG_PTR param) {
    const struct callback_a callback = {.languages = function, .type = type, .name = name, .param = param};
    WCHAR *type_copy, *name_copy = NULL;
    LPCWSTR wide_type, wide_name;
    const BOOL all = name_wide(type, &wide_type, &type_copy) && name_wide(name, &wide_name, &name_copy) &&
                     EnumResourceLanguagesW(module, wide_type, wide_name, language_call, (LONG_PTR)&callback);

    free(type_copy);
    free(name_copy);
    return all;
}
