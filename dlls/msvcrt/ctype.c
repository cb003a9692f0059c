/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kinds of characters (MSDN: character classification).  Bytes above 127 are of no kind, as in the "C" locale; wide
 * characters are what GetStringTypeW says of them.  Case mapping is ASCII's, as msvcrt.dll has it in the "C" locale.
 */
#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

#undef __isascii /* glibc has macros of these names */
#undef __toascii

enum char_kind {
    KIND_UPPER = 0x1,
    KIND_LOWER = 0x2,
    KIND_DIGIT = 0x4,
    KIND_SPACE = 0x8,
    KIND_PUNCT = 0x10,
    KIND_CONTROL = 0x20,
    KIND_BLANK = 0x40,
    KIND_HEX = 0x80,
    KIND_LETTER = 0x100,
    KIND_ALPHA = KIND_LETTER | KIND_UPPER | KIND_LOWER,
    KIND_ALNUM = KIND_ALPHA | KIND_DIGIT,
    KIND_GRAPH = KIND_ALNUM | KIND_PUNCT,
    KIND_PRINT = KIND_GRAPH | KIND_BLANK,
};

/* Programs index this through _pctype, from -1 (EOF) to 255; a tab is no blank there, or isprint would take it. */
uint16_t crt_ctype[257] = {
    [1 + 0x00 ... 1 + 0x08] = KIND_CONTROL,
    [1 + 0x09 ... 1 + 0x0d] = KIND_CONTROL | KIND_SPACE,
    [1 + 0x0e ... 1 + 0x1f] = KIND_CONTROL,
    [1 + ' '] = KIND_SPACE | KIND_BLANK,
    [1 + '!' ... 1 + '/'] = KIND_PUNCT,
    [1 + '0' ... 1 + '9'] = KIND_DIGIT | KIND_HEX,
    [1 + ':' ... 1 + '@'] = KIND_PUNCT,
    [1 + 'A' ... 1 + 'F'] = KIND_LETTER | KIND_UPPER | KIND_HEX,
    [1 + 'G' ... 1 + 'Z'] = KIND_LETTER | KIND_UPPER,
    [1 + '[' ... 1 + '`'] = KIND_PUNCT,
    [1 + 'a' ... 1 + 'f'] = KIND_LETTER | KIND_LOWER | KIND_HEX,
    [1 + 'g' ... 1 + 'z'] = KIND_LETTER | KIND_LOWER,
    [1 + '{' ... 1 + '~'] = KIND_PUNCT,
    [1 + 0x7f] = KIND_CONTROL,
};
uint16_t *crt_pctype = crt_ctype + 1; /* data export _pctype */

uint16_t **CDECL __pctype_func(void) {
    return (uint16_t **)&crt_pctype;
}

int CDECL _isctype(int c, int mask) {
    return c >= -1 && c <= 255 ? crt_ctype[c + 1] & mask : 0;
}

int CDECL _isctype_l(int c, int mask, void *locale) {
    (void)locale;
    return _isctype(c, mask);
}

int CDECL msvcrt_isalpha(int c) {
    return _isctype(c, KIND_ALPHA);
}
int CDECL msvcrt_isupper(int c) {
    return _isctype(c, KIND_UPPER);
}
int CDECL msvcrt_islower(int c) {
    return _isctype(c, KIND_LOWER);
}
int CDECL msvcrt_isdigit(int c) {
    return _isctype(c, KIND_DIGIT);
}
int CDECL msvcrt_isxdigit(int c) {
    return _isctype(c, KIND_HEX);
}
int CDECL msvcrt_isspace(int c) {
    return _isctype(c, KIND_SPACE);
}
int CDECL msvcrt_ispunct(int c) {
    return _isctype(c, KIND_PUNCT);
}
int CDECL msvcrt_isalnum(int c) {
    return _isctype(c, KIND_ALNUM);
}
int CDECL msvcrt_isprint(int c) {
    return _isctype(c, KIND_PRINT);
}
int CDECL msvcrt_isgraph(int c) {
    return _isctype(c, KIND_GRAPH);
}
int CDECL msvcrt_iscntrl(int c) {
    return _isctype(c, KIND_CONTROL);
}
int CDECL __isascii(int c) {
    return (unsigned)c < 128;
}
int CDECL __toascii(int c) {
    return c & 127;
}
int CDECL __iscsym(int c) {
    return c == '_' || _isctype(c, KIND_ALNUM);
}
int CDECL __iscsymf(int c) {
    return c == '_' || _isctype(c, KIND_ALPHA);
}
int CDECL msvcrt_tolower(int c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}
int CDECL msvcrt_toupper(int c) {
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}
int CDECL crt_tolower_unchecked(int c) {
    return c + 32;
} /* _tolower: the caller knows that it is a capital */
int CDECL crt_toupper_unchecked(int c) {
    return c - 32;
}
int CDECL _tolower_l(int c, void *locale) {
    return (void)locale, msvcrt_tolower(c);
}
int CDECL _toupper_l(int c, void *locale) {
    return (void)locale, msvcrt_toupper(c);
}

int CDECL msvcrt_iswctype(WCHAR c, uint16_t mask) {
    if (c < 128)
        return crt_ctype[c + 1] & mask;
    if (c == 0xffff)
        return 0;
    WORD kind = 0;
    GetStringTypeW(CT_CTYPE1, &c, 1, &kind);
    return kind & mask;
}

int CDECL msvcrt_iswalpha(WCHAR c) {
    return msvcrt_iswctype(c, KIND_ALPHA);
}
int CDECL msvcrt_iswupper(WCHAR c) {
    return msvcrt_iswctype(c, KIND_UPPER);
}
int CDECL msvcrt_iswlower(WCHAR c) {
    return msvcrt_iswctype(c, KIND_LOWER);
}
int CDECL msvcrt_iswdigit(WCHAR c) {
    return msvcrt_iswctype(c, KIND_DIGIT);
}
int CDECL msvcrt_iswxdigit(WCHAR c) {
    return msvcrt_iswctype(c, KIND_HEX);
}
int CDECL msvcrt_iswspace(WCHAR c) {
    return msvcrt_iswctype(c, KIND_SPACE);
}
int CDECL msvcrt_iswpunct(WCHAR c) {
    return msvcrt_iswctype(c, KIND_PUNCT);
}
int CDECL msvcrt_iswalnum(WCHAR c) {
    return msvcrt_iswctype(c, KIND_ALNUM);
}
int CDECL msvcrt_iswprint(WCHAR c) {
    return msvcrt_iswctype(c, KIND_PRINT);
}
int CDECL msvcrt_iswgraph(WCHAR c) {
    return msvcrt_iswctype(c, KIND_GRAPH);
}
int CDECL msvcrt_iswcntrl(WCHAR c) {
    return msvcrt_iswctype(c, KIND_CONTROL);
}
int CDECL msvcrt_iswascii(WCHAR c) {
    return c < 128;
}
WCHAR CDECL msvcrt_towlower(WCHAR c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}
WCHAR CDECL msvcrt_towupper(WCHAR c) {
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}
WCHAR CDECL _towlower_l(WCHAR c, void *locale) {
    return (void)locale, msvcrt_towlower(c);
}
WCHAR CDECL _towupper_l(WCHAR c, void *locale) {
    return (void)locale, msvcrt_towupper(c);
}
