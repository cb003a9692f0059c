/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Characters and strings (MSDN: winuser.h): case, stepping, classes, ANSI and OEM. The ANSI code page is UTF-8, which has no lead bytes: the A forms step
 * by bytes, and change a character's case only where its length stays.
 */
#include <string.h>
#include <windows.h>
#include <winternl.h>

static size_t text_len(const WCHAR *text) {
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

/* Whether a "string" is one character: a pointer that has nothing in its high words. */
static BOOL text_is_char(const void *text) {
    return !((ULONG_PTR)text >> 16);
}

static DWORD text_case_wide(WCHAR *text, DWORD len, WCHAR(WINAPI *change)(WCHAR)) {
    for (DWORD i = 0; i < len; i++)
        text[i] = change(text[i]);
    return len;
}

/* UTF-8, a character at a time; malformed bytes stay. */
static DWORD text_case_bytes(char *text, DWORD size, WCHAR(WINAPI *change)(WCHAR)) {
    for (DWORD i = 0; i < size;) {
        const BYTE lead = text[i];
        const DWORD n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        WCHAR c;
        char changed[4];
        if (n < 4 && n <= size - i && MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text + i, n, &c, 1) == 1) {
            const WCHAR other = change(c);
            if (WideCharToMultiByte(CP_UTF8, 0, &other, 1, changed, 4, NULL, NULL) == (int)n)
                memcpy(text + i, changed, n);
            i += n;
        } else {
            i++;
        }
    }
    return size;
}

/* With the last error kept: the conversions above set it on malformed text. */
static DWORD text_case_ansi(char *text, DWORD size, WCHAR(WINAPI *change)(WCHAR)) {
    const DWORD error = GetLastError();
    text_case_bytes(text, size, change);
    SetLastError(error);
    return size;
}

/**
 * CharUpperW() - a string in place, or one character, in upper case.
 * @text: a string; or, with nothing in its high words, a character.
 * Return: @text, or the character.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-charupperw
 */
WCHAR *WINAPI CharUpperW(WCHAR *text) {
    if (text_is_char(text))
        return (WCHAR *)(ULONG_PTR)RtlUpcaseUnicodeChar((WCHAR)(ULONG_PTR)text);
    text_case_wide(text, text_len(text), RtlUpcaseUnicodeChar);
    return text;
}

/** CharLowerW() - the same in lower case. */
WCHAR *WINAPI CharLowerW(WCHAR *text) {
    if (text_is_char(text))
        return (WCHAR *)(ULONG_PTR)RtlDowncaseUnicodeChar((WCHAR)(ULONG_PTR)text);
    text_case_wide(text, text_len(text), RtlDowncaseUnicodeChar);
    return text;
}

/** CharUpperBuffW() - @len characters in place, NULs too. Return: @len. */
DWORD WINAPI CharUpperBuffW(WCHAR *text, DWORD len) {
    return text ? text_case_wide(text, len, RtlUpcaseUnicodeChar) : 0;
}

DWORD WINAPI CharLowerBuffW(WCHAR *text, DWORD len) {
    return text ? text_case_wide(text, len, RtlDowncaseUnicodeChar) : 0;
}

/* One byte of UTF-8 is a character of its own below 0x80 only. */
static char *text_char_ansi(const char *text, WCHAR(WINAPI *change)(WCHAR)) {
    const WCHAR c = (WCHAR)(ULONG_PTR)text & 0xFF;
    return (char *)(ULONG_PTR)(c < 0x80 ? change(c) : c);
}

char *WINAPI CharUpperA(char *text) {
    if (text_is_char(text))
        return text_char_ansi(text, RtlUpcaseUnicodeChar);
    text_case_ansi(text, strlen(text), RtlUpcaseUnicodeChar);
    return text;
}

char *WINAPI CharLowerA(char *text) {
    if (text_is_char(text))
        return text_char_ansi(text, RtlDowncaseUnicodeChar);
    text_case_ansi(text, strlen(text), RtlDowncaseUnicodeChar);
    return text;
}

DWORD WINAPI CharUpperBuffA(char *text, DWORD size) {
    return text ? text_case_ansi(text, size, RtlUpcaseUnicodeChar) : 0;
}

DWORD WINAPI CharLowerBuffA(char *text, DWORD size) {
    return text ? text_case_ansi(text, size, RtlDowncaseUnicodeChar) : 0;
}

/** CharNextW() - the next character, together with the marks that combine with it. Return: @text at its end. */
WCHAR *WINAPI CharNextW(const WCHAR *text) {
    if (*text)
        text++;
    for (WORD type; *text && GetStringTypeW(CT_CTYPE3, text, 1, &type) && type & (C3_NONSPACING | C3_DIACRITIC) && !(type & C3_ALPHA);) {
        if (!(type & C3_NONSPACING))
            break;
        text++;
    }
    return (WCHAR *)text;
}

/** CharPrevW() - the character before, not before @start. */
WCHAR *WINAPI CharPrevW(const WCHAR *start, const WCHAR *text) {
    while (text > start) {
        WORD type = 0;
        text--;
        if (!GetStringTypeW(CT_CTYPE3, text, 1, &type) || !(type & C3_NONSPACING))
            break;
    }
    return (WCHAR *)text;
}

/**
 * CharNextExA() - the next character of a code page.
 * @flags: 0.
 */
char *WINAPI CharNextExA(WORD page, const char *text, DWORD flags) {
    (void)flags;
    if (!*text)
        return (char *)text;
    return (char *)text + (IsDBCSLeadByteEx(page, text[0]) && text[1] ? 2 : 1);
}

/** CharPrevExA() - the character before: read from the start, since a second byte can look like a first one. */
char *WINAPI CharPrevExA(WORD page, const char *start, const char *text, DWORD flags) {
    (void)flags;
    while (start < text) {
        const char *next = CharNextExA(page, start, 0);
        if (next >= text || next == start)
            break;
        start = next;
    }
    return (char *)start;
}

char *WINAPI CharNextA(const char *text) {
    return CharNextExA(CP_ACP, text, 0);
}

char *WINAPI CharPrevA(const char *start, const char *text) {
    return CharPrevExA(CP_ACP, start, text, 0);
}

static BOOL text_has_type(WCHAR c, WORD bits) {
    WORD type;
    return GetStringTypeW(CT_CTYPE1, &c, 1, &type) && type & bits;
}

BOOL WINAPI IsCharAlphaW(WCHAR c) {
    return text_has_type(c, C1_ALPHA);
}

BOOL WINAPI IsCharAlphaNumericW(WCHAR c) {
    return text_has_type(c, C1_ALPHA | C1_DIGIT);
}

BOOL WINAPI IsCharUpperW(WCHAR c) {
    return text_has_type(c, C1_UPPER);
}

BOOL WINAPI IsCharLowerW(WCHAR c) {
    return text_has_type(c, C1_LOWER);
}

BOOL WINAPI IsCharAlphaA(char c) {
    return !(c & 0x80) && IsCharAlphaW(c);
}

BOOL WINAPI IsCharAlphaNumericA(char c) {
    return !(c & 0x80) && IsCharAlphaNumericW(c);
}

BOOL WINAPI IsCharUpperA(char c) {
    return !(c & 0x80) && IsCharUpperW(c);
}

BOOL WINAPI IsCharLowerA(char c) {
    return !(c & 0x80) && IsCharLowerW(c);
}

/* ANSI and OEM are the same code page, so these copy. */
BOOL WINAPI CharToOemA(const char *src, char *dst) {
    if (!src || !dst)
        return FALSE;
    memmove(dst, src, strlen(src) + 1);
    return TRUE;
}

BOOL WINAPI OemToCharA(const char *src, char *dst) {
    return CharToOemA(src, dst);
}

BOOL WINAPI CharToOemBuffA(const char *src, char *dst, DWORD size) {
    if (!src || !dst)
        return FALSE;
    memmove(dst, src, size);
    return TRUE;
}

BOOL WINAPI OemToCharBuffA(const char *src, char *dst, DWORD size) {
    return CharToOemBuffA(src, dst, size);
}

BOOL WINAPI CharToOemW(const WCHAR *src, char *dst) {
    return src && dst && WideCharToMultiByte(CP_OEMCP, 0, src, -1, dst, 3 * text_len(src) + 1, NULL, NULL);
}

BOOL WINAPI OemToCharW(const char *src, WCHAR *dst) {
    return src && dst && MultiByteToWideChar(CP_OEMCP, 0, src, -1, dst, strlen(src) + 1);
}
