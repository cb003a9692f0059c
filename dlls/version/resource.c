/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Version resources (MSDN: winver.h). A resource is a tree of blocks, each with its length, the length of its value, a type, a name, and, at multiples of four,
 * the value and the blocks below it. GetFileVersionInfo copies it with as much room again, in which VerQueryValueA makes its ANSI texts.
 */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* The head of a block; the resource is one, so that its length tells where the room behind it begins. */
struct version_block {
    WORD length, value_length, type;
    WCHAR name[1];
};

static BOOL version_fail(DWORD error) {
    SetLastError(error);
    return FALSE;
}

/* The file's version resource in memory of its own module, for FreeLibrary; NULL with the last error set. */
static const void *version_load(const WCHAR *path, HMODULE *module, DWORD *size) {
    *module = LoadLibraryExW(path, NULL, LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    if (!*module)
        return NULL;
    HRSRC resource = FindResourceW(*module, MAKEINTRESOURCEW(VS_VERSION_INFO), (const WCHAR *)RT_VERSION);
    HGLOBAL block = resource ? LoadResource(*module, resource) : NULL;
    *size = block ? SizeofResource(*module, resource) : 0;
    if (*size >= sizeof(struct version_block))
        return LockResource(block);
    FreeLibrary(*module);
    SetLastError(ERROR_RESOURCE_TYPE_NOT_FOUND);
    return NULL;
}

/**
 * GetFileVersionInfoSizeW() - the room that GetFileVersionInfoW() needs.
 * @handle: receives 0.
 * Return: 0 with the error of opening the file, or ERROR_RESOURCE_TYPE_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winver/nf-winver-getfileversioninfosizew
 */
DWORD WINAPI GetFileVersionInfoSizeW(const WCHAR *path, DWORD *handle) {
    HMODULE module;
    DWORD size;
    if (handle)
        *handle = 0;
    if (!version_load(path, &module, &size))
        return 0;
    FreeLibrary(module);
    return size * 2 + 4;
}

DWORD WINAPI GetFileVersionInfoSizeExW(DWORD flags, const WCHAR *path, DWORD *handle) {
    (void)flags; /* languages: the file's own resource in any case */
    return GetFileVersionInfoSizeW(path, handle);
}

/** GetFileVersionInfoW() - copies the resource. Return: FALSE with the errors of GetFileVersionInfoSizeW(), ERROR_INVALID_DATA. */
BOOL WINAPI GetFileVersionInfoW(const WCHAR *path, DWORD handle, DWORD room, void *data) {
    HMODULE module;
    DWORD size;
    (void)handle;
    if (!data)
        return version_fail(ERROR_INVALID_DATA);
    const void *resource = version_load(path, &module, &size);
    if (!resource)
        return FALSE;
    memset(data, 0, room);
    memcpy(data, resource, size < room ? size : room);
    FreeLibrary(module);
    return TRUE;
}

BOOL WINAPI GetFileVersionInfoExW(DWORD flags, const WCHAR *path, DWORD handle, DWORD room, void *data) {
    (void)flags;
    return GetFileVersionInfoW(path, handle, room, data);
}

static WCHAR *version_wide(const char *text) {
    const int len = MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0);
    WCHAR *wide = malloc(len * sizeof *wide);
    if (wide)
        MultiByteToWideChar(CP_ACP, 0, text, -1, wide, len);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return wide;
}

DWORD WINAPI GetFileVersionInfoSizeA(const char *path, DWORD *handle) {
    WCHAR *wide = version_wide(path);
    const DWORD size = wide ? GetFileVersionInfoSizeW(wide, handle) : 0;
    free(wide);
    return size;
}

BOOL WINAPI GetFileVersionInfoA(const char *path, DWORD handle, DWORD room, void *data) {
    WCHAR *wide = version_wide(path);
    const BOOL ok = wide && GetFileVersionInfoW(wide, handle, room, data);
    free(wide);
    return ok;
}

static size_t version_align(size_t offset) {
    return (offset + 3) & ~(size_t)3;
}

/* The length of a block's name with its NUL, in characters; 0 when it has none within the block. */
static size_t version_name_len(const struct version_block *block) {
    const size_t room = (block->length - offsetof(struct version_block, name)) / sizeof(WCHAR);
    for (size_t i = 0; block->length > offsetof(struct version_block, name) && i < room; i++)
        if (!block->name[i])
            return i + 1;
    return 0;
}

/* Where a block's value begins, and how long it is in bytes: texts count in characters, but not all linkers do so. */
static size_t version_value(const struct version_block *block, size_t *size) {
    const size_t at = version_align(offsetof(struct version_block, name) + version_name_len(block) * sizeof(WCHAR));
    *size = block->type ? block->value_length * sizeof(WCHAR) : block->value_length;
    if (at > block->length)
        *size = 0;
    else if (*size > block->length - at)
        *size = block->length - at;
    return at;
}

static BOOL version_same_name(const struct version_block *block, const WCHAR *name, size_t len) {
    const size_t own = version_name_len(block);
    return own == len + 1 && CompareStringOrdinal(block->name, len, name, len, TRUE) == CSTR_EQUAL;
}

/* The block of a name directly below another. */
static const struct version_block *version_below(const struct version_block *block, const WCHAR *name, size_t len) {
    size_t value_size;
    size_t at = version_align(version_value(block, &value_size) + value_size);
    if (!version_name_len(block))
        return NULL;
    while (at + sizeof *block <= block->length) {
        const struct version_block *child = (const struct version_block *)((const BYTE *)block + at);
        if (child->length < sizeof *block || child->length > block->length - at)
            break;
        if (version_same_name(child, name, len))
            return child;
        at = version_align(at + child->length);
    }
    return NULL;
}

/* The block of a path; NULL with ERROR_RESOURCE_TYPE_NOT_FOUND. */
static const struct version_block *version_find(const void *data, const WCHAR *path) {
    const struct version_block *block = data;
    while (block && *path) {
        size_t len = 0;
        while (path[len] && path[len] != '\\')
            len++;
        if (len)
            block = version_below(block, path, len);
        path += len + (path[len] == '\\');
    }
    if (!block)
        SetLastError(ERROR_RESOURCE_TYPE_NOT_FOUND);
    return block;
}

/**
 * VerQueryValueW() - a value of a version resource.
 * @path: "\\" (VS_FIXEDFILEINFO), "\\VarFileInfo\\Translation", "\\StringFileInfo\\040904B0\\Name".
 * @value: receives a pointer into @data.
 * @len: receives its length: bytes, characters with the NUL for a text.
 * Return: FALSE with ERROR_RESOURCE_TYPE_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winver/nf-winver-verqueryvaluew
 */
BOOL WINAPI VerQueryValueW(const void *data, const WCHAR *path, void **value, UINT *len) {
    if (!data || !path || !value)
        return version_fail(ERROR_INVALID_DATA);
    const struct version_block *block = version_find(data, path);
    if (!block)
        return FALSE;
    size_t size;
    *value = (BYTE *)block + version_value(block, &size);
    if (len)
        *len = block->type ? size / sizeof(WCHAR) : size;
    return TRUE;
}

/* A text as ANSI in the room behind the resource, at the place that its UTF-16 form has in the resource. */
static char *version_ansi_place(const void *data, const void *text) {
    const struct version_block *root = data;
    return (char *)data + version_align(root->length) + ((const char *)text - (const char *)data);
}

/** VerQueryValueA() - see VerQueryValueW(); texts in ANSI, made in the room that GetFileVersionInfo() left behind the resource. */
BOOL WINAPI VerQueryValueA(const void *data, const char *path, void **value, UINT *len) {
    UINT wide_len = 0;
    WCHAR *wide = path ? version_wide(path) : NULL;
    const struct version_block *block = data && wide && value ? version_find(data, wide) : NULL;
    const BOOL ok = block && VerQueryValueW(data, wide, value, &wide_len);
    free(wide);
    if (!ok)
        return FALSE;
    if (block->type && wide_len) {
        char *ansi = version_ansi_place(data, *value);
        /* two bytes a character are there; more than that is cut */
        int size = WideCharToMultiByte(CP_ACP, 0, *value, wide_len, ansi, wide_len * sizeof(WCHAR), NULL, NULL);
        if (!size)
            size = wide_len * sizeof(WCHAR);
        ansi[size - 1] = 0;
        *value = ansi;
        wide_len = size;
    }
    if (len)
        *len = wide_len;
    return TRUE;
}
