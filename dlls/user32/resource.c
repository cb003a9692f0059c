/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings from a module's resources (MSDN: winuser.h): blocks of 16 counted strings; string n is entry n % 16 of block n / 16 + 1. */
#include <string.h>
#include <windows.h>

/* The string and its length, NULL where there is none. */
static const WCHAR *string_find(HINSTANCE module, UINT id, int *len) {
    HRSRC resource = FindResourceW(module, MAKEINTRESOURCEW(((id & 0xFFFF) >> 4) + 1), (const WCHAR *)RT_STRING);
    HGLOBAL block = resource ? LoadResource(module, resource) : NULL;
    const WCHAR *at = block ? LockResource(block) : NULL;
    const WCHAR *end = at ? at + SizeofResource(module, resource) / sizeof(WCHAR) : NULL;
    for (UINT skip = id & 15; at && at < end && skip; skip--)
        at += 1 + *at;
    if (!at || at >= end || at + 1 + *at > end)
        return NULL;
    *len = *at;
    return at + 1;
}

/**
 * LoadStringW() - a string of a module's resources.
 * @room: in characters; 0: @text is a const WCHAR ** that receives a pointer to the string itself, which has no NUL.
 * Return: the length copied (cut to the room); 0 when there is none.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-loadstringw
 */
int WINAPI LoadStringW(HINSTANCE module, UINT id, WCHAR *text, int room) {
    int len;
    if (!text)
        return 0;
    const WCHAR *found = string_find(module, id, &len);
    if (room == 0) {
        *(const WCHAR **)text = found;
        return found ? len : 0;
    }
    if (!found || room < 0) {
        if (room > 0)
            *text = 0;
        return 0;
    }
    if (len >= room)
        len = room - 1;
    memcpy(text, found, len * sizeof(WCHAR));
    text[len] = 0;
    return len;
}

/** LoadStringA() - see LoadStringW(); lengths in bytes, cut at a whole character. */
int WINAPI LoadStringA(HINSTANCE module, UINT id, char *text, int room) {
    int len;
    if (!text || room <= 0)
        return 0;
    const WCHAR *found = string_find(module, id, &len);
    int size = found && len ? WideCharToMultiByte(CP_ACP, 0, found, len, NULL, 0, NULL, NULL) : 0;
    while (size >= room)
        size = --len > 0 ? WideCharToMultiByte(CP_ACP, 0, found, len, NULL, 0, NULL, NULL) : 0;
    if (size)
        WideCharToMultiByte(CP_ACP, 0, found, len, text, size, NULL, NULL);
    text[size] = 0;
    return size;
}
