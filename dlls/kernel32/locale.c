/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locales and languages (MSDN: winnls.h): names, identifiers, information. */
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include "libs/base/unicode.h"
#include "libs/base/utf.h"
#include "dlls/kernel32/locale.h"

#define USER_LOCALE 0x0409
#define GEO_UNITED_STATES 244

static int locale_fail(DWORD error) {
    SetLastError(error);
    return 0;
}

/* Copies a text with its NUL; room 0 measures. */
static int locale_give(const WCHAR *text, WCHAR *out, int room) {
    const int len = utf16_len(text) + 1;
    if (!room)
        return len;
    if (len > room)
        return locale_fail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(out, text, len * sizeof *out);
    return len;
}

static int locale_give_number(const WCHAR *text, int base, WCHAR *out, int room) {
    DWORD value = 0;
    for (; *text; text++)
        value = value * base + (*text <= '9' ? *text - '0' : (*text | 0x20) - 'a' + 10);
    const int len = sizeof value / sizeof(WCHAR);
    if (room && room < len)
        return locale_fail(ERROR_INSUFFICIENT_BUFFER);
    if (room)
        memcpy(out, &value, sizeof value);
    return len;
}

static int locale_info(const struct locale *locale, LCTYPE type, WCHAR *out, int room) {
    if (!locale || room < 0 || (room && !out))
        return locale_fail(ERROR_INVALID_PARAMETER);
    const LCTYPE plain = type & ~(LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP | LOCALE_RETURN_NUMBER | LOCALE_RETURN_GENITIVE_NAMES);
    const WCHAR *text = locale_text(locale, plain);
    const int base = locale_number_base(plain);
    if (!text || (type & LOCALE_RETURN_NUMBER && !base))
        return locale_fail(ERROR_INVALID_FLAGS);
    return type & LOCALE_RETURN_NUMBER ? locale_give_number(text, base, out, room) : locale_give(text, out, room);
}

/**
 * GetLocaleInfoEx() - what a locale says of something.
 * @name: LOCALE_NAME_USER_DEFAULT (NULL), LOCALE_NAME_INVARIANT (""), "en" or "en-US".
 * @type: LOCALE_*; with LOCALE_RETURN_NUMBER the text is a number, @out a DWORD.
 * @room: characters; 0 measures.
 * Return: characters with the NUL (2 for a number); 0 with ERROR_INVALID_PARAMETER (no such locale), ERROR_INVALID_FLAGS (no such type),
 *     ERROR_INSUFFICIENT_BUFFER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-getlocaleinfoex
 */
int WINAPI GetLocaleInfoEx(const WCHAR *name, LCTYPE type, WCHAR *out, int room) {
    return locale_info(locale_by_name(name), type, out, room);
}

/** GetLocaleInfoW() - see GetLocaleInfoEx(). */
int WINAPI GetLocaleInfoW(LCID id, LCTYPE type, WCHAR *out, int room) {
    return locale_info(locale_by_id(id), type, out, room);
}

/** GetLocaleInfoA() - see GetLocaleInfoEx(); lengths in bytes. */
int WINAPI GetLocaleInfoA(LCID id, LCTYPE type, char *out, int room) {
    WCHAR wide[128];
    if (room < 0 || (room && !out))
        return locale_fail(ERROR_INVALID_PARAMETER);
    const int len = GetLocaleInfoW(id, type, wide, 128);
    if (!len)
        return 0;
    if (type & LOCALE_RETURN_NUMBER) {
        if (room && room < (int)sizeof(DWORD))
            return locale_fail(ERROR_INSUFFICIENT_BUFFER);
        if (room)
            memcpy(out, wide, sizeof(DWORD));
        return sizeof(DWORD);
    }
    const int size = utf16_to_utf8(wide, len, out, room, NULL);
    return room && size > room ? locale_fail(ERROR_INSUFFICIENT_BUFFER) : size;
}

LCID WINAPI GetUserDefaultLCID(void) {
    return USER_LOCALE;
}

LCID WINAPI GetSystemDefaultLCID(void) {
    return USER_LOCALE;
}

LANGID WINAPI GetUserDefaultLangID(void) {
    return USER_LOCALE;
}

LANGID WINAPI GetSystemDefaultLangID(void) {
    return USER_LOCALE;
}

LANGID WINAPI GetUserDefaultUILanguage(void) {
    return USER_LOCALE;
}

LANGID WINAPI GetSystemDefaultUILanguage(void) {
    return USER_LOCALE;
}

LANGID WINAPI GetThreadUILanguage(void) {
    return USER_LOCALE;
}

/** SetThreadUILanguage() - asks for a language; there is one. Return: the language in force. */
LANGID WINAPI SetThreadUILanguage(LANGID language) {
    (void)language;
    return USER_LOCALE;
}

/** GetThreadLocale() - the calling thread's locale: the user's unless it set another. */
LCID WINAPI GetThreadLocale(void) {
    const LCID id = NtCurrentTeb()->CurrentLocale;
    return id ? id : USER_LOCALE;
}

/** SetThreadLocale() - sets it. Return: TRUE; FALSE with ERROR_INVALID_PARAMETER. */
BOOL WINAPI SetThreadLocale(LCID id) {
    const struct locale *locale = locale_by_id(id);
    if (!locale)
        return locale_fail(ERROR_INVALID_PARAMETER);
    NtCurrentTeb()->CurrentLocale = locale_id(locale);
    return TRUE;
}

/** ConvertDefaultLocale() - the locale that a default or neutral identifier stands for; others unchanged. */
LCID WINAPI ConvertDefaultLocale(LCID id) {
    const struct locale *locale = locale_by_id(id);
    if (!locale)
        return id;
    return locale_id(locale) == MAKELANGID(LANG_ENGLISH, SUBLANG_NEUTRAL) ? USER_LOCALE : locale_id(locale);
}

/** IsValidLocale() - whether a locale is there. @flags: LCID_INSTALLED or LCID_SUPPORTED. */
BOOL WINAPI IsValidLocale(LCID id, DWORD flags) {
    (void)flags;
    return locale_by_id(id) != NULL && id != LOCALE_NEUTRAL && id != LOCALE_USER_DEFAULT && id != LOCALE_SYSTEM_DEFAULT;
}

BOOL WINAPI IsValidLocaleName(const WCHAR *name) {
    return name && locale_by_name(name) != NULL;
}

/**
 * LCIDToLocaleName() - a locale's name.
 * Return: characters with the NUL; 0 with ERROR_INVALID_PARAMETER, ERROR_INSUFFICIENT_BUFFER.
 */
int WINAPI LCIDToLocaleName(LCID id, WCHAR *name, int room, DWORD flags) {
    (void)flags;
    return GetLocaleInfoW(id, LOCALE_SNAME, name, room);
}

/** LocaleNameToLCID() - a locale's identifier. Return: 0 with ERROR_INVALID_PARAMETER. */
LCID WINAPI LocaleNameToLCID(const WCHAR *name, DWORD flags) {
    (void)flags;
    const struct locale *locale = locale_by_name(name);
    return locale ? locale_id(locale) : (LCID)locale_fail(ERROR_INVALID_PARAMETER);
}

int WINAPI GetUserDefaultLocaleName(WCHAR *name, int room) {
    return name ? GetLocaleInfoW(USER_LOCALE, LOCALE_SNAME, name, room) : locale_fail(ERROR_INVALID_PARAMETER);
}

int WINAPI GetSystemDefaultLocaleName(WCHAR *name, int room) {
    return GetUserDefaultLocaleName(name, room);
}

/** ResolveLocaleName() - the nearest locale that is there: parts of the name are taken off from behind; "" when none is left. */
int WINAPI ResolveLocaleName(const WCHAR *name, WCHAR *resolved, int room) {
    WCHAR text[LOCALE_NAME_MAX_LENGTH];
    if (!name)
        return GetUserDefaultLocaleName(resolved, room);
    size_t len = utf16_len(name);
    if (len >= LOCALE_NAME_MAX_LENGTH || room < 0)
        return locale_fail(ERROR_INVALID_PARAMETER);
    memcpy(text, name, (len + 1) * sizeof *text);
    while (len && !locale_by_name(text)) {
        while (len && text[len - 1] != '-')
            len--;
        len -= len > 0;
        text[len] = 0;
    }
    const struct locale *locale = locale_by_name(text);
    const WCHAR *found = locale_text(locale, LOCALE_SNAME);
    return locale_give(*found && locale_text(locale, LOCALE_INEUTRAL)[0] == '1' ? L"en-US" : found, resolved, room);
}

/** EnumSystemLocalesEx() - calls @callback with each locale's name until it returns FALSE. @flags: LOCALE_WINDOWS, LOCALE_NEUTRALDATA, … */
BOOL WINAPI EnumSystemLocalesEx(LOCALE_ENUMPROCEX callback, DWORD flags, LPARAM context, void *reserved) {
    if (!callback || reserved)
        return locale_fail(ERROR_INVALID_PARAMETER);
    unsigned at = 0;
    for (const struct locale *locale; (locale = locale_next(&at));) {
        const BOOL neutral = locale_text(locale, LOCALE_INEUTRAL)[0] == '1' || locale_id(locale) == LOCALE_INVARIANT;
        if (flags && !(flags & LOCALE_WINDOWS) && !(flags & (neutral ? LOCALE_NEUTRALDATA : LOCALE_SPECIFICDATA)))
            continue;
        if (!callback((WCHAR *)locale_text(locale, LOCALE_SNAME), neutral ? LOCALE_NEUTRALDATA : LOCALE_SPECIFICDATA, context))
            break;
    }
    return TRUE;
}

/** EnumSystemLocalesW() - calls @callback with each specific locale's identifier as eight hexadecimal digits. */
BOOL WINAPI EnumSystemLocalesW(LOCALE_ENUMPROCW callback, DWORD flags) {
    (void)flags;
    WCHAR text[] = L"00000409";
    if (!callback)
        return locale_fail(ERROR_INVALID_PARAMETER);
    callback(text);
    return TRUE;
}

BOOL WINAPI EnumSystemLocalesA(LOCALE_ENUMPROCA callback, DWORD flags) {
    (void)flags;
    char text[] = "00000409";
    if (!callback)
        return locale_fail(ERROR_INVALID_PARAMETER);
    callback(text);
    return TRUE;
}

/**
 * GetUserPreferredUILanguages() - the languages to show texts in: English (United States).
 * @flags: MUI_LANGUAGE_NAME (or 0) or MUI_LANGUAGE_ID.
 * @n_languages: receives their number.
 * @room: characters, receives what is needed: names, each with its NUL, and one NUL more.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INSUFFICIENT_BUFFER.
 */
BOOL WINAPI GetUserPreferredUILanguages(DWORD flags, ULONG *n_languages, WCHAR *languages, ULONG *room) {
    static const WCHAR names[] = L"en-US\0", ids[] = L"0409\0";
    const DWORD form = flags & (MUI_LANGUAGE_NAME | MUI_LANGUAGE_ID);
    if (!n_languages || !room || form == (MUI_LANGUAGE_NAME | MUI_LANGUAGE_ID) || (*room && !languages))
        return locale_fail(ERROR_INVALID_PARAMETER);
    const WCHAR *list = form == MUI_LANGUAGE_ID ? ids : names;
    const ULONG len = form == MUI_LANGUAGE_ID ? sizeof ids / sizeof *ids : sizeof names / sizeof *names, given = *room;
    *room = len;
    *n_languages = 1;
    if (!languages)
        return TRUE;
    if (given < len)
        return locale_fail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(languages, list, len * sizeof *list);
    return TRUE;
}

BOOL WINAPI GetSystemPreferredUILanguages(DWORD flags, ULONG *n_languages, WCHAR *languages, ULONG *room) {
    return GetUserPreferredUILanguages(flags, n_languages, languages, room);
}

BOOL WINAPI GetThreadPreferredUILanguages(DWORD flags, ULONG *n_languages, WCHAR *languages, ULONG *room) {
    return GetUserPreferredUILanguages(flags, n_languages, languages, room);
}

/** GetUserGeoID() - where the user is: the United States. */
GEOID WINAPI GetUserGeoID(GEOCLASS class) {
    return class == GEOCLASS_NATION ? GEO_UNITED_STATES : GEOID_NOT_AVAILABLE;
}

/**
 * GetGeoInfoW() - what is known of a place.
 * @room: characters; 0 measures.
 * Return: characters with the NUL; 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS, ERROR_INSUFFICIENT_BUFFER.
 */
int WINAPI GetGeoInfoW(GEOID place, GEOTYPE type, WCHAR *text, int room, LANGID language) {
    (void)language;
    if (place != GEO_UNITED_STATES || room < 0 || (room && !text))
        return locale_fail(ERROR_INVALID_PARAMETER);
    switch (type) {
    case GEO_NATION: return locale_give(L"244", text, room);
    case GEO_ISO2: return locale_give(L"US", text, room);
    case GEO_ISO3: return locale_give(L"USA", text, room);
    case GEO_FRIENDLYNAME:
    case GEO_OFFICIALNAME: return locale_give(type == GEO_FRIENDLYNAME ? L"United States" : L"United States of America", text, room);
    default: return locale_fail(ERROR_INVALID_FLAGS);
    }
}

/**
 * IsNLSDefinedString() - whether each character of a string is assigned in Unicode.
 * @function: COMPARE_STRING.
 */
BOOL WINAPI IsNLSDefinedString(NLS_FUNCTION function, DWORD flags, NLSVERSIONINFO *version, const WCHAR *text, int len) {
    (void)version;
    if (function != COMPARE_STRING || flags || !text)
        return locale_fail(function != COMPARE_STRING || flags ? ERROR_INVALID_FLAGS : ERROR_INVALID_PARAMETER);
    const size_t n = len < 0 ? utf16_len(text) : (size_t)len;
    for (size_t i = 0; i < n; i++) {
        const BOOL high = (text[i] & 0xFC00) == 0xD800, low = (text[i] & 0xFC00) == 0xDC00;
        if (low || (high && (i + 1 == n || (text[i + 1] & 0xFC00) != 0xDC00)) || (!high && !unicode_ctype1(text[i])))
            return FALSE;
        i += high;
    }
    return TRUE;
}
