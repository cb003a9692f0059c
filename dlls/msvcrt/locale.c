/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The C locale (MSDN: setlocale).  Only the code page of LC_CTYPE changes what functions do; names of other categories
 * are kept and reported.  Known names: "C"; "" and language names, with the process's ANSI code page; any of these with
 * ".codepage", where ".UTF8" stands for 65001.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

enum {
    CATEGORY_ALL,
    CATEGORY_COLLATE,
    CATEGORY_CTYPE,
    CATEGORY_MONETARY,
    CATEGORY_NUMERIC,
    CATEGORY_TIME,
    N_CATEGORIES
};
#define NAME_SIZE 96

static char names[N_CATEGORIES][NAME_SIZE] = {"C", "C", "C", "C", "C", "C"};
static char all_text[N_CATEGORIES * (NAME_SIZE + 16)];
static _Atomic unsigned codepage; /* 0: "C" */
int crt_mb_cur_max = 1;           /* data export __mb_cur_max */

unsigned crt_locale_codepage(void) {
    return codepage;
}

unsigned CDECL ___lc_codepage_func(void) {
    return codepage;
}
unsigned CDECL ___lc_collate_cp_func(void) {
    return codepage;
}
int CDECL ___mb_cur_max_func(void) {
    return crt_mb_cur_max;
}
int *CDECL __p___mb_cur_max(void) {
    return &crt_mb_cur_max;
}

LCID *CDECL ___lc_handle_func(void) {
    static LCID handles[N_CATEGORIES];
    return handles;
}

static bool same_word(const char *a, const char *b) {
    return !_stricmp(a, b);
}

/* The code page that follows the dot; 0 when there is none such. */
static unsigned codepage_parse(const char *text) {
    if (same_word(text, "UTF8") || same_word(text, "UTF-8"))
        return CP_UTF8;
    if (same_word(text, "ACP"))
        return GetACP();
    if (same_word(text, "OCP"))
        return GetOEMCP();
    const unsigned number = atoi(text);
    return number && IsValidCodePage(number) ? number : 0;
}

/* Language names look like "English", "English_United States" or "en-US"; what they say but the code page changes
 * nothing. */
static bool language_valid(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z') && !strchr("_- ()", text[i]))
            return false;
    return length > 1;
}

struct locale_choice {
    char name[NAME_SIZE];
    unsigned codepage;
};

static bool choice_parse(const char *text, struct locale_choice *choice) {
    if (!strcmp(text, "C") || !strcmp(text, "POSIX")) {
        strcpy(choice->name, "C");
        choice->codepage = 0;
        return true;
    }
    const char *dot = strrchr(text, '.');
    const size_t length = dot ? (size_t)(dot - text) : strlen(text);
    if (length >= NAME_SIZE - 8 || (length && !language_valid(text, length)))
        return false;
    choice->codepage = dot ? codepage_parse(dot + 1) : GetACP();
    if (!choice->codepage)
        return false;
    const int shown = length ? (int)length : (int)strlen("English_United States");
    const char *language = length ? text : "English_United States";
    if (choice->codepage == CP_UTF8)
        snprintf(choice->name, NAME_SIZE, "%.*s.utf8", shown, language);
    else
        snprintf(choice->name, NAME_SIZE, "%.*s.%u", shown, language, choice->codepage);
    return true;
}

static void category_set(int category, const struct locale_choice *choice) {
    strcpy(names[category], choice->name);
    if (category != CATEGORY_CTYPE)
        return;
    codepage = choice->codepage;
    crt_mb_cur_max = choice->codepage == CP_UTF8 ? 4 : 1;
    CPINFO info;
    if (choice->codepage && choice->codepage != CP_UTF8 && GetCPInfo(choice->codepage, &info))
        crt_mb_cur_max = info.MaxCharSize;
}

static const char *const category_words[N_CATEGORIES] = {
    "", "LC_COLLATE", "LC_CTYPE", "LC_MONETARY", "LC_NUMERIC", "LC_TIME"};

/* "LC_COLLATE=C;LC_CTYPE=...": what setlocale(LC_ALL, NULL) returned earlier. */
static bool set_many(const char *text) {
    struct locale_choice choices[N_CATEGORIES];
    bool named[N_CATEGORIES] = {false};
    while (*text) {
        char part[NAME_SIZE + 16];
        const size_t length = strcspn(text, ";");
        if (length >= sizeof(part))
            return false;
        memcpy(part, text, length);
        part[length] = 0;
        char *value = strchr(part, '=');
        if (!value)
            return false;
        *value++ = 0;
        for (int i = 1; i < N_CATEGORIES; i++)
            if (!strcmp(part, category_words[i]) && !(named[i] = choice_parse(value, &choices[i])))
                return false;
        text += length + (text[length] == ';');
    }
    for (int i = 1; i < N_CATEGORIES; i++)
        if (named[i])
            category_set(i, &choices[i]);
    return true;
}

static char *current_name(int category) {
    if (category != CATEGORY_ALL)
        return names[category];
    bool same = true;
    for (int i = 2; i < N_CATEGORIES; i++)
        same &= !strcmp(names[i], names[1]);
    if (same)
        return names[1];
    char *end = all_text;
    for (int i = 1; i < N_CATEGORIES; i++)
        end += sprintf(end, "%s%s=%s", i > 1 ? ";" : "", category_words[i], names[i]);
    return all_text;
}

char *CDECL msvcrt_setlocale(int category, const char *text) {
    if (category < 0 || category >= N_CATEGORIES)
        return crt_invalid_parameter(EINVAL), NULL;
    if (!text)
        return current_name(category);
    struct locale_choice choice;
    if (category == CATEGORY_ALL && !strncmp(text, "LC_", 3)) {
        if (!set_many(text))
            return NULL;
        return current_name(category);
    }
    if (!choice_parse(text, &choice))
        return NULL;
    for (int i = 1; i < N_CATEGORIES; i++)
        if (category == CATEGORY_ALL || category == i)
            category_set(i, &choice);
    return current_name(category);
}

WCHAR *CDECL _wsetlocale(int category, const WCHAR *text) {
    static WCHAR wide[sizeof(all_text)];
    char narrow[sizeof(all_text)];
    size_t i = 0;
    for (; text && text[i] && i < sizeof(narrow) - 1; i++)
        narrow[i] = text[i] < 128 ? text[i] : '?';
    narrow[i] = 0;
    const char *name = msvcrt_setlocale(category, text ? narrow : NULL);
    if (!name)
        return NULL;
    for (i = 0; (wide[i] = (unsigned char)name[i]); i++)
        ;
    return wide;
}

int CDECL _configthreadlocale(int mode) {
    /* 0 asks, 2 turns locales per thread off, as they are; turning them on (1) is not supported. */
    return mode == 0 || mode == 2 ? 2 : -1;
}

struct crt_lconv {
    char *strings[10]; /* decimal_point … negative_sign */
    char numbers[8];   /* int_frac_digits … n_sign_posn */
    WCHAR *wide_strings[8];
};

/* localeconv() - the "C" locale's conventions: a point, and nothing else. */
struct crt_lconv *CDECL msvcrt_localeconv(void) {
    static WCHAR empty[1], point[2] = {'.', 0};
    static struct crt_lconv lconv = {
        {".", "", "", "", "", "", "", "", "", ""},
        {127, 127, 127, 127, 127, 127, 127, 127},
        {point, empty, empty, empty, empty, empty, empty, empty},
    };
    return &lconv;
}

int CDECL __lconv_init(void) {
    return 0;
}

void *CDECL _create_locale(int category, const char *text) {
    struct locale_choice *choice = malloc(sizeof(*choice));
    if (choice && category >= 0 && category < N_CATEGORIES && text && choice_parse(text, choice))
        return choice;
    free(choice);
    return NULL;
}

void CDECL _free_locale(void *locale) {
    free(locale);
}
