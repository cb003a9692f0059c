/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The case of one character, as NT compares names by it (libs/base/unicode.h). */
#include <windows.h>
#include <winternl.h>

#include "libs/base/unicode.h"

WCHAR WINAPI RtlUpcaseUnicodeChar(WCHAR c) {
    return unicode_upper(c);
}

WCHAR WINAPI RtlDowncaseUnicodeChar(WCHAR c) {
    return unicode_lower(c);
}
