/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BSTRs (MSDN: oleauto.h): UTF-16 text, or any bytes, behind a 32-bit length in bytes, with a NUL after it that the length does not count. The length lies
 * in the four bytes before the text, which begins 8 bytes into the block, so that it is aligned as the heap's memory is.
 */
#include <string.h>
#include <windows.h>
#include <winternl.h>
#include <oleauto.h>

#define BSTR_HEAD 8
#define BSTR_MAX 0x7FFFFFF0u

static DWORD *bstr_size(BSTR text) {
    return (DWORD *)text - 1;
}

static BSTR bstr_alloc(const void *from, size_t size) {
    if (size > BSTR_MAX)
        return NULL;
    char *block = RtlAllocateHeap(GetProcessHeap(), 0, BSTR_HEAD + size + 2 * sizeof(WCHAR));
    if (!block)
        return NULL;
    BSTR text = (BSTR)(block + BSTR_HEAD);
    *bstr_size(text) = size;
    if (from)
        memcpy(text, from, size);
    memset((char *)text + size, 0, 2 * sizeof(WCHAR)); /* an odd size needs a NUL of its own */
    return text;
}

static size_t bstr_text_size(const OLECHAR *text) {
    size_t len = 0;
    while (text[len])
        len++;
    return len * sizeof(WCHAR);
}

/**
 * SysAllocString() - a BSTR with a copy of a text.
 * Return: NULL for NULL, and when there is no memory.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/oleauto/nf-oleauto-sysallocstring
 */
BSTR WINAPI SysAllocString(const OLECHAR *text) {
    return text ? bstr_alloc(text, bstr_text_size(text)) : NULL;
}

/**
 * SysAllocStringLen() - a BSTR of a length.
 * @text: what it begins with (@len characters, NULs too); NULL leaves it undefined.
 */
BSTR WINAPI SysAllocStringLen(const OLECHAR *text, UINT len) {
    return bstr_alloc(text, (size_t)len * sizeof(WCHAR));
}

/** SysAllocStringByteLen() - a BSTR of bytes. */
BSTR WINAPI SysAllocStringByteLen(LPCSTR bytes, UINT size) {
    return bstr_alloc(bytes, size);
}

/** SysFreeString() - frees a BSTR; NULL is nothing. */
void WINAPI SysFreeString(BSTR text) {
    if (text)
        RtlFreeHeap(GetProcessHeap(), 0, (char *)text - BSTR_HEAD);
}

/** SysReAllocStringLen() - gives *@text another length and content. Return: TRUE; FALSE when there is no memory (*@text stays). */
int WINAPI SysReAllocStringLen(BSTR *text, const OLECHAR *from, UINT len) {
    /* `from` may lie in *text; without it the old content stays */
    const BOOL keep = !from && *text;
    BSTR fresh = bstr_alloc(keep ? NULL : from, (size_t)len * sizeof(WCHAR));
    if (!fresh)
        return FALSE;
    if (keep)
        memcpy(fresh, *text, *bstr_size(*text) < *bstr_size(fresh) ? *bstr_size(*text) : *bstr_size(fresh));
    SysFreeString(*text);
    *text = fresh;
    return TRUE;
}

/** SysReAllocString() - replaces *@text by a copy of a text. */
int WINAPI SysReAllocString(BSTR *text, const OLECHAR *from) {
    BSTR fresh = SysAllocString(from);
    if (from && !fresh)
        return FALSE;
    SysFreeString(*text);
    *text = fresh;
    return TRUE;
}

/** SysStringByteLen() - the length in bytes; 0 for NULL. */
UINT WINAPI SysStringByteLen(BSTR text) {
    return text ? *bstr_size(text) : 0;
}

/** SysStringLen() - the length in characters; 0 for NULL. */
UINT WINAPI SysStringLen(BSTR text) {
    return SysStringByteLen(text) / sizeof(WCHAR);
}

/** VarBstrCat() - a new BSTR of two. Return: S_OK, E_INVALIDARG, E_OUTOFMEMORY. */
HRESULT WINAPI VarBstrCat(BSTR left, BSTR right, BSTR *result) {
    if (!result)
        return E_INVALIDARG;
    const UINT left_size = SysStringByteLen(left), right_size = SysStringByteLen(right);
    *result = bstr_alloc(NULL, (size_t)left_size + right_size);
    if (!*result)
        return E_OUTOFMEMORY;
    memcpy(*result, left ? left : L"", left_size);
    memcpy((char *)*result + left_size, right ? right : L"", right_size);
    return S_OK;
}
