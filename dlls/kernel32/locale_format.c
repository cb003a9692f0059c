/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dates, times, numbers and amounts of money written in a locale's way (MSDN: datetimeapi.h, winnls.h). */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "libs/base/utf.h"
#include "dlls/kernel32/locale.h"

#define FORMAT_MAX 512

/* Text that grows up to FORMAT_MAX characters. */
struct format_output {
    WCHAR text[FORMAT_MAX];
    int len;
};

static void format_put(struct format_output *out, WCHAR c) {
    if (out->len < FORMAT_MAX - 1)
        out->text[out->len++] = c;
}

static void format_put_text(struct format_output *out, const WCHAR *text) {
    while (*text)
        format_put(out, *text++);
}

static void format_put_number(struct format_output *out, unsigned value, int n_digits) {
    WCHAR digits[12];
    int n = 0;
    do
        digits[n++] = '0' + value % 10;
    while ((value /= 10) != 0 || n < n_digits);
    while (n)
        format_put(out, digits[--n]);
}

static int format_fail(DWORD error) {
    SetLastError(error);
    return 0;
}

/* Hands out the text with its NUL. */
static int format_give(const struct format_output *out, WCHAR *text, int room) {
    if (room && room <= out->len)
        return format_fail(ERROR_INSUFFICIENT_BUFFER);
    if (room) {
        memcpy(text, out->text, out->len * sizeof *text);
        text[out->len] = 0;
    }
    return out->len + 1;
}

/* Text in quotes as it stands; two quotes are one. Return: what follows. */
static const WCHAR *format_quoted(struct format_output *out, const WCHAR *at) {
    for (at++; *at; at++) {
        if (*at == '\'' && at[1] != '\'')
            return at + 1;
        at += *at == '\'';
        format_put(out, *at);
    }
    return at;
}

static int format_run(const WCHAR *at) {
    int n = 1;
    while (at[n] == *at)
        n++;
    return n;
}

/* 0 is Sunday. */
static int format_day_of_week(int year, int month, int day) {
    static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    year -= month < 3;
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day) % 7;
}

static BOOL format_date_valid(const SYSTEMTIME *date) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date->wYear < 1601 || date->wYear > 30827 || !date->wMonth || date->wMonth > 12 || !date->wDay)
        return FALSE;
    const BOOL leap = (date->wYear % 4 == 0 && date->wYear % 100 != 0) || date->wYear % 400 == 0;
    return date->wDay <= days[date->wMonth - 1] + (date->wMonth == 2 && leap);
}

static void format_date_field(struct format_output *out, const struct locale *locale, const SYSTEMTIME *date, WCHAR field, int n) {
    const int weekday = (format_day_of_week(date->wYear, date->wMonth, date->wDay) + 6) % 7; /* 0 is Monday, as the names go */
    switch (field) {
    case 'd':
        if (n <= 2)
            format_put_number(out, date->wDay, n);
        else
            format_put_text(out, locale_text(locale, (n == 3 ? LOCALE_SABBREVDAYNAME1 : LOCALE_SDAYNAME1) + weekday));
        break;
    case 'M':
        if (n <= 2)
            format_put_number(out, date->wMonth, n);
        else
            format_put_text(out, locale_text(locale, (n == 3 ? LOCALE_SABBREVMONTHNAME1 : LOCALE_SMONTHNAME1) + date->wMonth - 1));
        break;
    case 'y': format_put_number(out, n <= 2 ? date->wYear % 100 : date->wYear, n <= 2 ? n : 4); break;
    default: format_put_text(out, L"A.D."); break;
    }
}

static void format_date(struct format_output *out, const struct locale *locale, const SYSTEMTIME *date, const WCHAR *at) {
    while (*at) {
        if (*at == '\'') {
            at = format_quoted(out, at);
        } else if (*at == 'd' || *at == 'M' || *at == 'y' || *at == 'g') {
            const int n = format_run(at);
            format_date_field(out, locale, date, *at, n);
            at += n;
        } else {
            format_put(out, *at++);
        }
    }
}

static int format_date_any(
    const struct locale *locale, DWORD flags, const SYSTEMTIME *date, const WCHAR *format, WCHAR *text, int room) {
    const DWORD form = flags & (DATE_SHORTDATE | DATE_LONGDATE | DATE_YEARMONTH | DATE_MONTHDAY);
    SYSTEMTIME now;
    if (!locale || room < 0 || (room && !text))
        return format_fail(ERROR_INVALID_PARAMETER);
    if ((format && form) || form & (form - 1) ||
        flags & ~(form | LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP | DATE_USE_ALT_CALENDAR | DATE_LTRREADING | DATE_RTLREADING | DATE_AUTOLAYOUT))
        return format_fail(ERROR_INVALID_FLAGS);
    if (!date)
        GetLocalTime(&now);
    else if (!format_date_valid(date))
        return format_fail(ERROR_INVALID_PARAMETER);
    if (!format)
        format = locale_text(locale, form == DATE_LONGDATE   ? LOCALE_SLONGDATE
                                     : form == DATE_YEARMONTH ? LOCALE_SYEARMONTH
                                     : form == DATE_MONTHDAY  ? LOCALE_SMONTHDAY
                                                              : LOCALE_SSHORTDATE);
    struct format_output out = {.len = 0};
    format_date(&out, locale, date ? date : &now, format);
    return format_give(&out, text, room);
}

/**
 * GetDateFormatEx() - a date as text.
 * @flags: DATE_SHORTDATE (or 0), DATE_LONGDATE, DATE_YEARMONTH, DATE_MONTHDAY; none with @format.
 * @date: NULL: today.
 * @format: d dd ddd dddd, M MM MMM MMMM, y yy yyyy, g, and text in single quotes; NULL: the locale's.
 * Return: characters with the NUL; 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS, ERROR_INSUFFICIENT_BUFFER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/datetimeapi/nf-datetimeapi-getdateformatex
 */
int WINAPI GetDateFormatEx(
    const WCHAR *name, DWORD flags, const SYSTEMTIME *date, const WCHAR *format, WCHAR *text, int room, const WCHAR *calendar) {
    return calendar ? format_fail(ERROR_INVALID_PARAMETER) : format_date_any(locale_by_name(name), flags, date, format, text, room);
}

/** GetDateFormatW() - see GetDateFormatEx(). */
int WINAPI GetDateFormatW(LCID id, DWORD flags, const SYSTEMTIME *date, const WCHAR *format, WCHAR *text, int room) {
    return format_date_any(locale_by_id(id), flags, date, format, text, room);
}

static void format_time_field(struct format_output *out, const struct locale *locale, const SYSTEMTIME *time, WCHAR field, int n) {
    n = n > 2 ? 2 : n;
    switch (field) {
    case 'h': format_put_number(out, time->wHour % 12 ? time->wHour % 12 : 12, n); break;
    case 'H': format_put_number(out, time->wHour, n); break;
    case 'm': format_put_number(out, time->wMinute, n); break;
    case 's': format_put_number(out, time->wSecond, n); break;
    default: {
        const WCHAR *mark = locale_text(locale, time->wHour < 12 ? LOCALE_S1159 : LOCALE_S2359);
        if (n == 1)
            format_put(out, *mark);
        else
            format_put_text(out, mark);
    }
    }
}

/* Whether the flags leave a field out. */
static BOOL format_time_drops(DWORD flags, WCHAR field) {
    return (field == 's' && flags & (TIME_NOSECONDS | TIME_NOMINUTESORSECONDS)) || (field == 'm' && flags & TIME_NOMINUTESORSECONDS) ||
           (field == 't' && flags & TIME_NOTIMEMARKER);
}

/* What stands between two fields goes with a field that is left out; `kept` is the length up to the last field. */
static void format_time(struct format_output *out, const struct locale *locale, DWORD flags, const SYSTEMTIME *time, const WCHAR *at) {
    int kept = 0;
    BOOL any = FALSE;
    while (*at) {
        if (*at == '\'') {
            at = format_quoted(out, at);
        } else if (*at == 'h' || *at == 'H' || *at == 'm' || *at == 's' || *at == 't') {
            const int n = format_run(at);
            if (format_time_drops(flags, *at)) {
                if (any)
                    out->len = kept;
            } else {
                format_time_field(out, locale, time, *at == 'h' && flags & TIME_FORCE24HOURFORMAT ? 'H' : *at, n);
                kept = out->len;
                any = TRUE;
            }
            at += n;
        } else {
            format_put(out, *at++);
        }
    }
}

static int format_time_any(
    const struct locale *locale, DWORD flags, const SYSTEMTIME *time, const WCHAR *format, WCHAR *text, int room) {
    SYSTEMTIME now;
    if (!locale || room < 0 || (room && !text))
        return format_fail(ERROR_INVALID_PARAMETER);
    if (flags & ~(LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP | TIME_NOMINUTESORSECONDS | TIME_NOSECONDS | TIME_NOTIMEMARKER | TIME_FORCE24HOURFORMAT))
        return format_fail(ERROR_INVALID_FLAGS);
    if (!time)
        GetLocalTime(&now);
    else if (time->wHour > 23 || time->wMinute > 59 || time->wSecond > 59 || time->wMilliseconds > 999)
        return format_fail(ERROR_INVALID_PARAMETER);
    struct format_output out = {.len = 0};
    format_time(&out, locale, flags, time ? time : &now, format ? format : locale_text(locale, LOCALE_STIMEFORMAT));
    return format_give(&out, text, room);
}

/**
 * GetTimeFormatEx() - a time as text.
 * @flags: TIME_NOSECONDS, TIME_NOMINUTESORSECONDS, TIME_NOTIMEMARKER, TIME_FORCE24HOURFORMAT.
 * @time: NULL: now.
 * @format: h hh H HH m mm s ss t tt, and text in single quotes; NULL: the locale's.
 * Return: as GetDateFormatEx().
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/datetimeapi/nf-datetimeapi-gettimeformatex
 */
int WINAPI GetTimeFormatEx(const WCHAR *name, DWORD flags, const SYSTEMTIME *time, const WCHAR *format, WCHAR *text, int room) {
    return format_time_any(locale_by_name(name), flags, time, format, text, room);
}

/** GetTimeFormatW() - see GetTimeFormatEx(). */
int WINAPI GetTimeFormatW(LCID id, DWORD flags, const SYSTEMTIME *time, const WCHAR *format, WCHAR *text, int room) {
    return format_time_any(locale_by_id(id), flags, time, format, text, room);
}

/* A W result as ANSI. */
static int format_give_ansi(const WCHAR *wide, int len, char *text, int room) {
    if (!len)
        return 0;
    if (room < 0 || (room && !text))
        return format_fail(ERROR_INVALID_PARAMETER);
    const int size = utf16_to_utf8(wide, len, text, room, NULL);
    return room && size > room ? format_fail(ERROR_INSUFFICIENT_BUFFER) : size;
}

int WINAPI GetDateFormatA(LCID id, DWORD flags, const SYSTEMTIME *date, const char *format, char *text, int room) {
    WCHAR wide[FORMAT_MAX], *wide_format = format ? utf16_dup_from_utf8(format) : NULL;
    const int len = GetDateFormatW(id, flags, date, wide_format, wide, FORMAT_MAX);
    free(wide_format);
    return format_give_ansi(wide, len, text, room);
}

int WINAPI GetTimeFormatA(LCID id, DWORD flags, const SYSTEMTIME *time, const char *format, char *text, int room) {
    WCHAR wide[FORMAT_MAX], *wide_format = format ? utf16_dup_from_utf8(format) : NULL;
    const int len = GetTimeFormatW(id, flags, time, wide_format, wide, FORMAT_MAX);
    free(wide_format);
    return format_give_ansi(wide, len, text, room);
}

/* A number's text "[-]digits[.digits]" taken apart. */
struct format_number {
    BOOL negative;
    WCHAR whole[FORMAT_MAX], fraction[FORMAT_MAX];
    int n_whole, n_fraction;
};

static BOOL format_number_read(const WCHAR *text, struct format_number *number) {
    number->negative = *text == '-';
    number->n_whole = number->n_fraction = 0;
    text += number->negative;
    while (*text == '0' && text[1] >= '0' && text[1] <= '9')
        text++;
    for (; *text >= '0' && *text <= '9'; text++)
        if (number->n_whole < FORMAT_MAX - 2)
            number->whole[number->n_whole++] = *text;
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++)
            if (number->n_fraction < FORMAT_MAX - 2)
                number->fraction[number->n_fraction++] = *text;
    if (!number->n_whole)
        number->whole[number->n_whole++] = '0';
    return !*text;
}

/* Rounds half away from zero to so many digits; "-0" is 0. */
static void format_number_round(struct format_number *number, int n_digits) {
    BOOL up = n_digits < number->n_fraction && number->fraction[n_digits] >= '5';
    while (number->n_fraction < n_digits && number->n_fraction < FORMAT_MAX - 2)
        number->fraction[number->n_fraction++] = '0';
    number->n_fraction = n_digits;
    for (int i = n_digits - 1; up && i >= 0; i--) {
        up = number->fraction[i] == '9';
        number->fraction[i] = up ? '0' : number->fraction[i] + 1;
    }
    for (int i = number->n_whole - 1; up && i >= 0; i--) {
        up = number->whole[i] == '9';
        number->whole[i] = up ? '0' : number->whole[i] + 1;
    }
    if (up) {
        memmove(number->whole + 1, number->whole, number->n_whole * sizeof(WCHAR));
        number->whole[0] = '1';
        number->n_whole++;
    }
    BOOL zero = TRUE;
    for (int i = 0; i < number->n_whole; i++)
        zero &= number->whole[i] == '0';
    for (int i = 0; i < number->n_fraction; i++)
        zero &= number->fraction[i] == '0';
    if (zero)
        number->negative = FALSE;
}

/* Whether a separator follows the digit that has so many digits after it. Grouping as NUMBERFMT has it: 3 is 3;0, 32 is 3;2;0, 30 is 3. */
static BOOL format_group_ends(UINT grouping, int n_after) {
    UINT sizes[10];
    int n = 0;
    for (; grouping && n < 10; grouping /= 10)
        sizes[n++] = grouping % 10;
    BOOL repeat = TRUE;
    if (n && sizes[0] == 0) { /* the last digit written is 0: no repetition */
        repeat = FALSE;
        memmove(sizes, sizes + 1, --n * sizeof *sizes);
    }
    int at = 0;
    for (int i = n - 1; i >= 0; i--) {
        at += sizes[i];
        if (at == n_after)
            return at != 0;
    }
    return n && repeat && sizes[0] && n_after > at && (n_after - at) % sizes[0] == 0;
}

static void format_number_body(struct format_output *out, const struct format_number *number, const NUMBERFMTW *format) {
    const BOOL leading = format->LeadingZero || number->n_whole > 1 || number->whole[0] != '0' || !number->n_fraction;
    for (int i = 0; leading && i < number->n_whole; i++) {
        format_put(out, number->whole[i]);
        if (i + 1 < number->n_whole && format_group_ends(format->Grouping, number->n_whole - 1 - i))
            format_put_text(out, format->lpThousandSep);
    }
    if (number->n_fraction)
        format_put_text(out, format->lpDecimalSep);
    for (int i = 0; i < number->n_fraction; i++)
        format_put(out, number->fraction[i]);
}

/* Puts a number into a pattern: 'n' is the number, '$' the currency, '-' the sign, others stand for themselves. */
static void format_pattern(struct format_output *out, const char *pattern, const struct format_number *number, const NUMBERFMTW *format,
    const WCHAR *sign, const WCHAR *currency) {
    for (; *pattern; pattern++) {
        if (*pattern == 'n')
            format_number_body(out, number, format);
        else if (*pattern == '-')
            format_put_text(out, sign);
        else if (*pattern == '$')
            format_put_text(out, currency);
        else
            format_put(out, *pattern);
    }
}

static UINT format_locale_number(const struct locale *locale, LCTYPE type) {
    return locale_text(locale, type)[0] - '0';
}

static int format_number_any(const struct locale *locale, DWORD flags, const WCHAR *value, const NUMBERFMTW *format, WCHAR *text, int room) {
    static const char *const negative[] = {"(n)", "-n", "- n", "n-", "n -"};
    struct format_number *number = malloc(sizeof *number);
    if (!number)
        return format_fail(ERROR_NOT_ENOUGH_MEMORY);
    int result = 0;
    if (!locale || !value || room < 0 || (room && !text) || !format_number_read(value, number)) {
        SetLastError(ERROR_INVALID_PARAMETER);
    } else if ((format && flags) || flags & ~(LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP)) {
        SetLastError(ERROR_INVALID_FLAGS);
    } else {
        const NUMBERFMTW own = {format_locale_number(locale, LOCALE_IDIGITS), format_locale_number(locale, LOCALE_ILZERO), 3,
            (WCHAR *)locale_text(locale, LOCALE_SDECIMAL), (WCHAR *)locale_text(locale, LOCALE_STHOUSAND),
            format_locale_number(locale, LOCALE_INEGNUMBER)};
        const NUMBERFMTW *use = format ? format : &own;
        struct format_output out = {.len = 0};
        if (use->NumDigits > 9 || use->NegativeOrder > 4 || !use->lpDecimalSep || !use->lpThousandSep) {
            SetLastError(ERROR_INVALID_PARAMETER);
        } else {
            format_number_round(number, use->NumDigits);
            format_pattern(&out, number->negative ? negative[use->NegativeOrder] : "n", number, use, locale_text(locale, LOCALE_SNEGATIVESIGN), L"");
            result = format_give(&out, text, room);
        }
    }
    free(number);
    return result;
}

/**
 * GetNumberFormatEx() - a number as text.
 * @value: digits with an optional '-' before and '.' within.
 * @format: how; NULL: the locale's way. @flags: 0 with it.
 * Return: as GetDateFormatEx().
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-getnumberformatex
 */
int WINAPI GetNumberFormatEx(const WCHAR *name, DWORD flags, const WCHAR *value, const NUMBERFMTW *format, WCHAR *text, int room) {
    return format_number_any(locale_by_name(name), flags, value, format, text, room);
}

/** GetNumberFormatW() - see GetNumberFormatEx(). */
int WINAPI GetNumberFormatW(LCID id, DWORD flags, const WCHAR *value, const NUMBERFMTW *format, WCHAR *text, int room) {
    return format_number_any(locale_by_id(id), flags, value, format, text, room);
}

static int format_currency_any(const struct locale *locale, DWORD flags, const WCHAR *value, const CURRENCYFMTW *format, WCHAR *text, int room) {
    static const char *const positive[] = {"$n", "n$", "$ n", "n $"};
    static const char *const negative[] = {"($n)", "-$n", "$-n", "$n-", "(n$)", "-n$", "n-$", "n$-", "-n $", "-$ n", "n $-", "$ n-", "$ -n",
        "n- $", "($ n)", "(n $)"};
    struct format_number *number = malloc(sizeof *number);
    if (!number)
        return format_fail(ERROR_NOT_ENOUGH_MEMORY);
    int result = 0;
    if (!locale || !value || room < 0 || (room && !text) || !format_number_read(value, number)) {
        SetLastError(ERROR_INVALID_PARAMETER);
    } else if ((format && flags) || flags & ~(LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP)) {
        SetLastError(ERROR_INVALID_FLAGS);
    } else {
        const CURRENCYFMTW own = {format_locale_number(locale, LOCALE_ICURRDIGITS), format_locale_number(locale, LOCALE_ILZERO), 3,
            (WCHAR *)locale_text(locale, LOCALE_SMONDECIMALSEP), (WCHAR *)locale_text(locale, LOCALE_SMONTHOUSANDSEP),
            format_locale_number(locale, LOCALE_INEGCURR), format_locale_number(locale, LOCALE_ICURRENCY),
            (WCHAR *)locale_text(locale, LOCALE_SCURRENCY)};
        const CURRENCYFMTW *use = format ? format : &own;
        struct format_output out = {.len = 0};
        if (use->NumDigits > 9 || use->NegativeOrder > 15 || use->PositiveOrder > 3 || !use->lpDecimalSep || !use->lpThousandSep ||
            !use->lpCurrencySymbol) {
            SetLastError(ERROR_INVALID_PARAMETER);
        } else {
            const NUMBERFMTW body = {use->NumDigits, use->LeadingZero, use->Grouping, use->lpDecimalSep, use->lpThousandSep, 0};
            format_number_round(number, use->NumDigits);
            format_pattern(&out, number->negative ? negative[use->NegativeOrder] : positive[use->PositiveOrder], number, &body,
                locale_text(locale, LOCALE_SNEGATIVESIGN), use->lpCurrencySymbol);
            result = format_give(&out, text, room);
        }
    }
    free(number);
    return result;
}

/** GetCurrencyFormatEx() - an amount of money as text: see GetNumberFormatEx(). */
int WINAPI GetCurrencyFormatEx(const WCHAR *name, DWORD flags, const WCHAR *value, const CURRENCYFMTW *format, WCHAR *text, int room) {
    return format_currency_any(locale_by_name(name), flags, value, format, text, room);
}

int WINAPI GetCurrencyFormatW(LCID id, DWORD flags, const WCHAR *value, const CURRENCYFMTW *format, WCHAR *text, int room) {
    return format_currency_any(locale_by_id(id), flags, value, format, text, room);
}
