/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GUIDs: made, written, read (MSDN: combaseapi.h). */
#include <string.h>
#include <sys/random.h>
#include <windows.h>
#include <objbase.h>

#define GUID_CHARS 38 /* {8-4-4-4-12} */

/**
 * CoCreateGuid() - a random GUID (version 4).
 * Return: S_OK; E_INVALIDARG; E_FAIL when the kernel has no random numbers.
 */
HRESULT WINAPI CoCreateGuid(GUID *guid) {
    if (!guid)
        return E_INVALIDARG;
    if (getrandom(guid, sizeof *guid, 0) != sizeof *guid)
        return E_FAIL;
    guid->Data3 = (guid->Data3 & 0x0FFF) | 0x4000;
    guid->Data4[0] = (guid->Data4[0] & 0x3F) | 0x80;
    return S_OK;
}

static WCHAR *guid_put(WCHAR *at, unsigned value, int n_digits) {
    for (int shift = (n_digits - 1) * 4; shift >= 0; shift -= 4)
        *at++ = "0123456789ABCDEF"[value >> shift & 15];
    return at;
}

/**
 * StringFromGUID2() - writes a GUID as {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}.
 * Return: characters with the NUL (39); 0 when @room is less.
 */
int WINAPI StringFromGUID2(REFGUID guid, LPOLESTR text, int room) {
    if (room < GUID_CHARS + 1)
        return 0;
    WCHAR *at = text;
    *at++ = '{';
    at = guid_put(at, guid->Data1, 8);
    *at++ = '-';
    at = guid_put(at, guid->Data2, 4);
    *at++ = '-';
    at = guid_put(at, guid->Data3, 4);
    for (int i = 0; i < 8; i++) {
        if (i == 0 || i == 2)
            *at++ = '-';
        at = guid_put(at, guid->Data4[i], 2);
    }
    *at++ = '}';
    *at = 0;
    return GUID_CHARS + 1;
}

/** StringFromCLSID() - the same in memory for CoTaskMemFree(). */
HRESULT WINAPI StringFromCLSID(REFCLSID guid, LPOLESTR *text) {
    *text = CoTaskMemAlloc((GUID_CHARS + 1) * sizeof(WCHAR));
    if (!*text)
        return E_OUTOFMEMORY;
    StringFromGUID2(guid, *text, GUID_CHARS + 1);
    return S_OK;
}

static BOOL guid_digits(const WCHAR **at, int n_digits, unsigned *value) {
    *value = 0;
    for (; n_digits--; ++*at) {
        const WCHAR c = **at;
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0)
            return FALSE;
        *value = *value << 4 | digit;
    }
    return TRUE;
}

static BOOL guid_read(const WCHAR *at, GUID *guid) {
    unsigned value;
    if (*at++ != '{' || !guid_digits(&at, 8, &value) || *at++ != '-')
        return FALSE;
    guid->Data1 = value;
    if (!guid_digits(&at, 4, &value) || *at++ != '-')
        return FALSE;
    guid->Data2 = value;
    if (!guid_digits(&at, 4, &value) || *at++ != '-')
        return FALSE;
    guid->Data3 = value;
    for (int i = 0; i < 8; i++) {
        if ((i == 2 && *at++ != '-') || !guid_digits(&at, 2, &value))
            return FALSE;
        guid->Data4[i] = value;
    }
    return at[0] == '}' && !at[1];
}

/**
 * IIDFromString() - reads a GUID.
 * @text: NULL is the GUID of zeros.
 * Return: S_OK, E_INVALIDARG.
 */
HRESULT WINAPI IIDFromString(LPCOLESTR text, IID *guid) {
    memset(guid, 0, sizeof *guid);
    if (!text)
        return S_OK;
    GUID read;
    if (!guid_read(text, &read))
        return E_INVALIDARG;
    *guid = read;
    return S_OK;
}

/**
 * CLSIDFromString() - reads a class's GUID.
 * Return: S_OK; CO_E_CLASSSTRING, for names of programs too, since no classes are registered yet.
 */
HRESULT WINAPI CLSIDFromString(LPCOLESTR text, CLSID *guid) {
    return IIDFromString(text, guid) == S_OK ? S_OK : CO_E_CLASSSTRING;
}
