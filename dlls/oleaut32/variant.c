/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VARIANTs (MSDN: oleauto.h): made, cleared, copied. Arrays and records are not here yet, and say so. */
#define COBJMACROS
#include <string.h>
#include <windows.h>
#include <oleauto.h>

/** VariantInit() - makes a VARIANT empty without looking at what it was. */
void WINAPI VariantInit(VARIANTARG *variant) {
    V_VT(variant) = VT_EMPTY; /* the rest stays, as documented for speed */
}

static BOOL variant_type_valid(VARTYPE type) {
    const VARTYPE base = type & VT_TYPEMASK;
    if (type & ~(VT_TYPEMASK | VT_ARRAY | VT_BYREF))
        return FALSE;
    if (type & (VT_ARRAY | VT_BYREF) && base <= VT_NULL)
        return FALSE;
    return base <= VT_UINT_PTR && base != 15 && !(base > VT_UINT && base < VT_RECORD);
}

/**
 * VariantClear() - frees what a VARIANT owns and makes it empty.
 * Return: S_OK; DISP_E_BADVARTYPE; E_NOTIMPL for arrays and records, which are left as they are.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/oleauto/nf-oleauto-variantclear
 */
HRESULT WINAPI VariantClear(VARIANTARG *variant) {
    const VARTYPE type = V_VT(variant);
    if (!variant_type_valid(type))
        return DISP_E_BADVARTYPE;
    if (!(type & VT_BYREF)) {
        if (type & VT_ARRAY || type == VT_RECORD)
            return E_NOTIMPL;
        if (type == VT_BSTR)
            SysFreeString(V_BSTR(variant));
        if ((type == VT_UNKNOWN || type == VT_DISPATCH) && V_UNKNOWN(variant))
            IUnknown_Release(V_UNKNOWN(variant));
    }
    V_VT(variant) = VT_EMPTY;
    return S_OK;
}

/**
 * VariantCopy() - clears @to and gives it a copy of @from.
 * Return: S_OK; DISP_E_BADVARTYPE; E_OUTOFMEMORY; E_NOTIMPL for arrays and records.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/oleauto/nf-oleauto-variantcopy
 */
HRESULT WINAPI VariantCopy(VARIANTARG *to, const VARIANTARG *from) {
    const VARTYPE type = V_VT(from);
    if (!variant_type_valid(type))
        return DISP_E_BADVARTYPE;
    if (to == from)
        return S_OK;
    if (!(type & VT_BYREF) && (type & VT_ARRAY || type == VT_RECORD))
        return E_NOTIMPL;
    const HRESULT result = VariantClear(to);
    if (FAILED(result))
        return result;
    if (type == VT_BSTR && V_BSTR(from)) {
        BSTR copy = SysAllocStringByteLen((LPCSTR)V_BSTR(from), SysStringByteLen(V_BSTR(from)));
        if (!copy)
            return E_OUTOFMEMORY;
        *to = *from;
        V_BSTR(to) = copy;
        return S_OK;
    }
    *to = *from;
    if ((type == VT_UNKNOWN || type == VT_DISPATCH) && V_UNKNOWN(to))
        IUnknown_AddRef(V_UNKNOWN(to));
    return S_OK;
}
