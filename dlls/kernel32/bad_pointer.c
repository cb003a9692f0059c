/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The IsBad…Ptr family (MSDN: winbase.h): whether memory can be read or written at this moment. Each returns TRUE for memory that cannot. */
#include <string.h>

#include <windows.h>

#include "libs/host/guard.h"

BOOL WINAPI IsBadReadPtr(const void *p, UINT_PTR len) {
    return guard_probe_read(p, len) != 0;
}

BOOL WINAPI IsBadWritePtr(void *p, UINT_PTR len) {
    return guard_probe_write(p, len) != 0;
}

BOOL WINAPI IsBadHugeReadPtr(const void *p, UINT_PTR len) {
    return IsBadReadPtr(p, len);
}

BOOL WINAPI IsBadHugeWritePtr(void *p, UINT_PTR len) {
    return IsBadWritePtr(p, len);
}

BOOL WINAPI IsBadCodePtr(FARPROC p) {
    return IsBadReadPtr((const void *)p, 1);
}

BOOL WINAPI IsBadStringPtrA(LPCSTR s, UINT_PTR max) {
    return guard_strlen(s, max) < 0;
}

BOOL WINAPI IsBadStringPtrW(LPCWSTR s, UINT_PTR max) {
    return guard_wcslen((const uint16_t *)s, max) < 0;
}
