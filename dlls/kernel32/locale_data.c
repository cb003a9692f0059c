/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The locales that are there: the invariant one, English, and English (United States), which is the user's and the system's. A type that the last two do not
 * list falls back on the locale before: English (United States) lists all.
 */
#include "libs/base/unicode.h"
#include "libs/base/utf.h"
#include "dlls/kernel32/locale.h"

struct locale_item {
    LCTYPE type;
    const WCHAR *text;
};

struct locale {
    LCID id;
    const WCHAR *name;
    const struct locale_item *items;
};

static const struct locale_item locale_us[] = {
    {LOCALE_ILANGUAGE, L"0409"}, {LOCALE_SLOCALIZEDDISPLAYNAME, L"English (United States)"}, {LOCALE_SABBREVLANGNAME, L"ENU"},
    {LOCALE_SNATIVELANGUAGENAME, L"English"}, {LOCALE_ICOUNTRY, L"1"}, {LOCALE_SLOCALIZEDCOUNTRYNAME, L"United States"},
    {LOCALE_SABBREVCTRYNAME, L"USA"}, {LOCALE_SNATIVECOUNTRYNAME, L"United States"}, {LOCALE_IDEFAULTLANGUAGE, L"0409"},
    {LOCALE_IDEFAULTCOUNTRY, L"1"}, {LOCALE_IDEFAULTCODEPAGE, L"437"}, {LOCALE_SLIST, L","}, {LOCALE_IMEASURE, L"1"},
    {LOCALE_SDECIMAL, L"."}, {LOCALE_STHOUSAND, L","}, {LOCALE_SGROUPING, L"3;0"}, {LOCALE_IDIGITS, L"2"}, {LOCALE_ILZERO, L"1"},
    {LOCALE_SNATIVEDIGITS, L"0123456789"}, {LOCALE_SCURRENCY, L"$"}, {LOCALE_SINTLSYMBOL, L"USD"}, {LOCALE_SMONDECIMALSEP, L"."},
    {LOCALE_SMONTHOUSANDSEP, L","}, {LOCALE_SMONGROUPING, L"3;0"}, {LOCALE_ICURRDIGITS, L"2"}, {LOCALE_IINTLCURRDIGITS, L"2"},
    {LOCALE_ICURRENCY, L"0"}, {LOCALE_INEGCURR, L"0"}, {LOCALE_SDATE, L"/"}, {LOCALE_STIME, L":"}, {LOCALE_SSHORTDATE, L"M/d/yyyy"},
    {LOCALE_SLONGDATE, L"dddd, MMMM d, yyyy"}, {LOCALE_IDATE, L"0"}, {LOCALE_ILDATE, L"0"}, {LOCALE_ITIME, L"0"},
    {LOCALE_ICENTURY, L"1"}, {LOCALE_ITLZERO, L"0"}, {LOCALE_IDAYLZERO, L"0"}, {LOCALE_IMONLZERO, L"0"}, {LOCALE_S1159, L"AM"},
    {LOCALE_S2359, L"PM"}, {LOCALE_SDAYNAME1, L"Monday"}, {LOCALE_SDAYNAME2, L"Tuesday"}, {LOCALE_SDAYNAME3, L"Wednesday"},
    {LOCALE_SDAYNAME4, L"Thursday"}, {LOCALE_SDAYNAME5, L"Friday"}, {LOCALE_SDAYNAME6, L"Saturday"}, {LOCALE_SDAYNAME7, L"Sunday"},
    {LOCALE_SABBREVDAYNAME1, L"Mon"}, {LOCALE_SABBREVDAYNAME2, L"Tue"}, {LOCALE_SABBREVDAYNAME3, L"Wed"},
    {LOCALE_SABBREVDAYNAME4, L"Thu"}, {LOCALE_SABBREVDAYNAME5, L"Fri"}, {LOCALE_SABBREVDAYNAME6, L"Sat"},
    {LOCALE_SABBREVDAYNAME7, L"Sun"}, {LOCALE_SMONTHNAME1, L"January"}, {LOCALE_SMONTHNAME2, L"February"},
    {LOCALE_SMONTHNAME3, L"March"}, {LOCALE_SMONTHNAME4, L"April"}, {LOCALE_SMONTHNAME5, L"May"}, {LOCALE_SMONTHNAME6, L"June"},
    {LOCALE_SMONTHNAME7, L"July"}, {LOCALE_SMONTHNAME8, L"August"}, {LOCALE_SMONTHNAME9, L"September"},
    {LOCALE_SMONTHNAME10, L"October"}, {LOCALE_SMONTHNAME11, L"November"}, {LOCALE_SMONTHNAME12, L"December"},
    {LOCALE_SMONTHNAME13, L""}, {LOCALE_SABBREVMONTHNAME1, L"Jan"}, {LOCALE_SABBREVMONTHNAME2, L"Feb"},
    {LOCALE_SABBREVMONTHNAME3, L"Mar"}, {LOCALE_SABBREVMONTHNAME4, L"Apr"}, {LOCALE_SABBREVMONTHNAME5, L"May"},
    {LOCALE_SABBREVMONTHNAME6, L"Jun"}, {LOCALE_SABBREVMONTHNAME7, L"Jul"}, {LOCALE_SABBREVMONTHNAME8, L"Aug"},
    {LOCALE_SABBREVMONTHNAME9, L"Sep"}, {LOCALE_SABBREVMONTHNAME10, L"Oct"}, {LOCALE_SABBREVMONTHNAME11, L"Nov"},
    {LOCALE_SABBREVMONTHNAME12, L"Dec"}, {LOCALE_SABBREVMONTHNAME13, L""}, {LOCALE_SPOSITIVESIGN, L""}, {LOCALE_SNEGATIVESIGN, L"-"},
    {LOCALE_IPOSSIGNPOSN, L"3"}, {LOCALE_INEGSIGNPOSN, L"0"}, {LOCALE_IPOSSYMPRECEDES, L"1"}, {LOCALE_IPOSSEPBYSPACE, L"0"},
    {LOCALE_INEGSYMPRECEDES, L"1"}, {LOCALE_INEGSEPBYSPACE, L"0"}, {LOCALE_SISO639LANGNAME, L"en"}, {LOCALE_SISO3166CTRYNAME, L"US"},
    {LOCALE_IGEOID, L"244"}, {LOCALE_SNAME, L"en-US"}, {LOCALE_SDURATION, L"h:mm:ss"}, {LOCALE_SKEYBOARDSTOINSTALL, L"0409:00000409"},
    {LOCALE_SSHORTESTDAYNAME1, L"Mo"}, {LOCALE_SSHORTESTDAYNAME2, L"Tu"}, {LOCALE_SSHORTESTDAYNAME3, L"We"},
    {LOCALE_SSHORTESTDAYNAME4, L"Th"}, {LOCALE_SSHORTESTDAYNAME5, L"Fr"}, {LOCALE_SSHORTESTDAYNAME6, L"Sa"},
    {LOCALE_SSHORTESTDAYNAME7, L"Su"}, {LOCALE_SISO639LANGNAME2, L"eng"}, {LOCALE_SISO3166CTRYNAME2, L"USA"}, {LOCALE_SNAN, L"NaN"},
    {LOCALE_SPOSINFINITY, L"\x221E"}, {LOCALE_SNEGINFINITY, L"-\x221E"}, {LOCALE_SSCRIPTS, L"Latn;"}, {LOCALE_SPARENT, L"en"},
    {LOCALE_SCONSOLEFALLBACKNAME, L"en-US"}, {LOCALE_IREADINGLAYOUT, L"0"}, {LOCALE_INEUTRAL, L"0"},
    {LOCALE_SENGLISHDISPLAYNAME, L"English (United States)"}, {LOCALE_SNATIVEDISPLAYNAME, L"English (United States)"},
    {LOCALE_INEGATIVEPERCENT, L"0"}, {LOCALE_IPOSITIVEPERCENT, L"0"}, {LOCALE_SPERCENT, L"%"}, {LOCALE_SPERMILLE, L"\x2030"},
    {LOCALE_SMONTHDAY, L"MMMM d"}, {LOCALE_SSHORTTIME, L"h:mm tt"}, {LOCALE_SOPENTYPELANGUAGETAG, L"ENG "},
    {LOCALE_SSORTLOCALE, L"en-US"}, {LOCALE_SENGLISHLANGUAGENAME, L"English"}, {LOCALE_SENGLISHCOUNTRYNAME, L"United States"},
    {LOCALE_STIMEFORMAT, L"h:mm:ss tt"}, {LOCALE_IDEFAULTANSICODEPAGE, L"1252"}, {LOCALE_ITIMEMARKPOSN, L"0"},
    {LOCALE_SYEARMONTH, L"MMMM yyyy"}, {LOCALE_SENGCURRNAME, L"US Dollar"}, {LOCALE_SNATIVECURRNAME, L"US Dollar"},
    {LOCALE_ICALENDARTYPE, L"1"}, {LOCALE_IPAPERSIZE, L"1"}, {LOCALE_IOPTIONALCALENDAR, L"0"}, {LOCALE_IFIRSTDAYOFWEEK, L"6"},
    {LOCALE_IFIRSTWEEKOFYEAR, L"0"}, {LOCALE_INEGNUMBER, L"1"}, {LOCALE_IDEFAULTMACCODEPAGE, L"10000"},
    {LOCALE_IDEFAULTEBCDICCODEPAGE, L"37"}, {LOCALE_SSORTNAME, L"Default"}, {LOCALE_IDIGITSUBSTITUTION, L"1"}, {0, NULL},
};

static const struct locale_item locale_english[] = {
    {LOCALE_ILANGUAGE, L"0009"}, {LOCALE_SLOCALIZEDDISPLAYNAME, L"English"}, {LOCALE_SNAME, L"en"}, {LOCALE_SPARENT, L""},
    {LOCALE_INEUTRAL, L"1"}, {LOCALE_SENGLISHDISPLAYNAME, L"English"}, {LOCALE_SNATIVEDISPLAYNAME, L"English"}, {0, NULL},
};

static const struct locale_item locale_invariant[] = {
    {LOCALE_ILANGUAGE, L"007f"}, {LOCALE_SLOCALIZEDDISPLAYNAME, L"Invariant Language (Invariant Country)"},
    {LOCALE_SABBREVLANGNAME, L"IVL"}, {LOCALE_SNATIVELANGUAGENAME, L"Invariant Language"},
    {LOCALE_SLOCALIZEDCOUNTRYNAME, L"Invariant Country"}, {LOCALE_SABBREVCTRYNAME, L"IVC"},
    {LOCALE_SNATIVECOUNTRYNAME, L"Invariant Country"}, {LOCALE_IMEASURE, L"0"}, {LOCALE_SCURRENCY, L"\x00A4"},
    {LOCALE_SINTLSYMBOL, L"XDR"}, {LOCALE_SSHORTDATE, L"MM/dd/yyyy"}, {LOCALE_SLONGDATE, L"dddd, dd MMMM yyyy"}, {LOCALE_ILDATE, L"1"},
    {LOCALE_ITIME, L"1"}, {LOCALE_ITLZERO, L"1"}, {LOCALE_IDAYLZERO, L"1"}, {LOCALE_IMONLZERO, L"1"}, {LOCALE_SISO639LANGNAME, L"iv"},
    {LOCALE_SISO3166CTRYNAME, L"IV"}, {LOCALE_SNAME, L""}, {LOCALE_SDURATION, L"HH:mm:ss"}, {LOCALE_SISO639LANGNAME2, L"ivl"},
    {LOCALE_SISO3166CTRYNAME2, L"ivc"}, {LOCALE_SPOSINFINITY, L"Infinity"}, {LOCALE_SNEGINFINITY, L"-Infinity"}, {LOCALE_SPARENT, L""},
    {LOCALE_SENGLISHDISPLAYNAME, L"Invariant Language (Invariant Country)"},
    {LOCALE_SNATIVEDISPLAYNAME, L"Invariant Language (Invariant Country)"}, {LOCALE_SMONTHDAY, L"MMMM dd"},
    {LOCALE_SSHORTTIME, L"HH:mm"}, {LOCALE_SSORTLOCALE, L""}, {LOCALE_SENGLISHLANGUAGENAME, L"Invariant Language"},
    {LOCALE_SENGLISHCOUNTRYNAME, L"Invariant Country"}, {LOCALE_STIMEFORMAT, L"HH:mm:ss"}, {LOCALE_SYEARMONTH, L"yyyy MMMM"},
    {LOCALE_SENGCURRNAME, L"International Monetary Fund"}, {LOCALE_SNATIVECURRNAME, L"International Monetary Fund"},
    {LOCALE_IPAPERSIZE, L"9"}, {0, NULL},
};

static const struct locale locales[] = {
    {0x0409, L"en-US", locale_us}, {0x0009, L"en", locale_english}, {LOCALE_INVARIANT, L"", locale_invariant}};
#define N_LOCALES (sizeof locales / sizeof *locales)

static BOOL locale_same_name(const WCHAR *a, const WCHAR *b) {
    for (; *a && *b; a++, b++)
        if (unicode_lower(*a == '_' ? '-' : *a) != unicode_lower(*b))
            return FALSE;
    return *a == *b;
}

const struct locale *locale_by_name(const WCHAR *name) {
    if (!name || locale_same_name(name, L"!x-sys-default-locale"))
        return &locales[0];
    for (size_t i = 0; i < N_LOCALES; i++)
        if (locale_same_name(name, locales[i].name))
            return &locales[i];
    return NULL;
}

const struct locale *locale_by_id(LCID id) {
    switch (id) {
    case LOCALE_NEUTRAL:
    case LOCALE_USER_DEFAULT:
    case LOCALE_SYSTEM_DEFAULT:
    case LOCALE_CUSTOM_DEFAULT:
    case LOCALE_CUSTOM_UI_DEFAULT: return &locales[0];
    default: break;
    }
    for (size_t i = 0; i < N_LOCALES; i++)
        if (locales[i].id == (id & 0xFFFF)) /* the sort order above makes no difference */
            return &locales[i];
    return NULL;
}

const WCHAR *locale_text(const struct locale *locale, LCTYPE type) {
    for (const struct locale_item *item = locale->items; item->text; item++)
        if (item->type == type)
            return item->text;
    return locale == &locales[0] ? NULL : locale_text(&locales[0], type);
}

int locale_number_base(LCTYPE type) {
    static const LCTYPE numbers[] = {LOCALE_ICOUNTRY, LOCALE_IDEFAULTCOUNTRY, LOCALE_IDEFAULTCODEPAGE, LOCALE_IMEASURE, LOCALE_IDIGITS,
        LOCALE_ILZERO, LOCALE_ICURRDIGITS, LOCALE_IINTLCURRDIGITS, LOCALE_ICURRENCY, LOCALE_INEGCURR, LOCALE_IDATE, LOCALE_ILDATE,
        LOCALE_ITIME, LOCALE_ICENTURY, LOCALE_ITLZERO, LOCALE_IDAYLZERO, LOCALE_IMONLZERO, LOCALE_IPOSSIGNPOSN, LOCALE_INEGSIGNPOSN,
        LOCALE_IPOSSYMPRECEDES, LOCALE_IPOSSEPBYSPACE, LOCALE_INEGSYMPRECEDES, LOCALE_INEGSEPBYSPACE, LOCALE_IGEOID,
        LOCALE_IREADINGLAYOUT, LOCALE_INEUTRAL, LOCALE_INEGATIVEPERCENT, LOCALE_IPOSITIVEPERCENT, LOCALE_IDEFAULTANSICODEPAGE,
        LOCALE_ITIMEMARKPOSN, LOCALE_ICALENDARTYPE, LOCALE_IPAPERSIZE, LOCALE_IOPTIONALCALENDAR, LOCALE_IFIRSTDAYOFWEEK,
        LOCALE_IFIRSTWEEKOFYEAR, LOCALE_INEGNUMBER, LOCALE_IDEFAULTMACCODEPAGE, LOCALE_IDEFAULTEBCDICCODEPAGE,
        LOCALE_IDIGITSUBSTITUTION};
    if (type == LOCALE_ILANGUAGE || type == LOCALE_IDEFAULTLANGUAGE)
        return 16;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] == type)
            return 10;
    return 0;
}

const struct locale *locale_next(unsigned *at) {
    return *at < N_LOCALES ? &locales[(*at)++] : NULL;
}

LCID locale_id(const struct locale *locale) {
    return locale->id;
}
