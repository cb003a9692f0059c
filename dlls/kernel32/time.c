/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times (MSDN: sysinfoapi.h, timezoneapi.h, profileapi.h, realtimeapiset.h, winbase.h). */
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/clock.h"
#include "dlls/ntdll/timezone.h"

#include <ntstatus.h>

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define TIME_MINUTE_100NS 600000000

static FILETIME time_split(uint64_t time) {
    return (FILETIME){(DWORD)time, (DWORD)(time >> 32)};
}

static uint64_t time_join(const FILETIME *time) {
    return (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

static BOOL time_fail(DWORD error) {
    SetLastError(error);
    return FALSE;
}

void WINAPI GetSystemTimeAsFileTime(FILETIME *time) {
    *time = time_split(clock_system_time());
}

void WINAPI GetSystemTimePreciseAsFileTime(FILETIME *time) {
    *time = time_split(clock_system_time());
}

DWORD WINAPI GetTickCount(void) {
    return (DWORD)(clock_interrupt_time() / 10000);
}

ULONGLONG WINAPI GetTickCount64(void) {
    return clock_interrupt_time() / 10000;
}

void WINAPI QueryInterruptTime(ULONGLONG *time) {
    *time = clock_interrupt_time();
}

void WINAPI QueryUnbiasedInterruptTimePrecise(ULONGLONG *time) {
    *time = clock_unbiased_time();
}

/**
 * FileTimeToSystemTime() - the fields of a time.
 * Return: FALSE and ERROR_INVALID_PARAMETER for a time of 2^63 or more.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/timezoneapi/nf-timezoneapi-filetimetosystemtime
 */
BOOL WINAPI FileTimeToSystemTime(const FILETIME *time, SYSTEMTIME *out) {
    const LARGE_INTEGER value = {.QuadPart = (LONGLONG)time_join(time)};
    TIME_FIELDS fields;

    if (value.QuadPart < 0)
        return time_fail(ERROR_INVALID_PARAMETER);
    RtlTimeToTimeFields(&value, &fields);
    *out = (SYSTEMTIME){
        .wYear = (WORD)fields.Year,
        .wMonth = (WORD)fields.Month,
        .wDayOfWeek = (WORD)fields.Weekday,
        .wDay = (WORD)fields.Day,
        .wHour = (WORD)fields.Hour,
        .wMinute = (WORD)fields.Minute,
        .wSecond = (WORD)fields.Second,
        .wMilliseconds = (WORD)fields.Milliseconds,
    };
    return TRUE;
}

/**
 * SystemTimeToFileTime() - the time of fields; wDayOfWeek does not count.
 * Return: FALSE and ERROR_INVALID_PARAMETER for a date or time that does not exist.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/timezoneapi/nf-timezoneapi-systemtimetofiletime
 */
BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *system, FILETIME *out) {
    TIME_FIELDS fields = {
        .Year = (CSHORT)system->wYear,
        .Month = (CSHORT)system->wMonth,
        .Day = (CSHORT)system->wDay,
        .Hour = (CSHORT)system->wHour,
        .Minute = (CSHORT)system->wMinute,
        .Second = (CSHORT)system->wSecond,
        .Milliseconds = (CSHORT)system->wMilliseconds,
    };
    LARGE_INTEGER time;

    if (!RtlTimeFieldsToTime(&fields, &time))
        return time_fail(ERROR_INVALID_PARAMETER);
    *out = time_split((uint64_t)time.QuadPart);
    return TRUE;
}

void WINAPI GetSystemTime(SYSTEMTIME *out) {
    const FILETIME now = time_split(clock_system_time());

    FileTimeToSystemTime(&now, out);
}

void WINAPI GetLocalTime(SYSTEMTIME *out) {
    const FILETIME now = time_split(clock_system_time() + (uint64_t)timezone_offset_now());

    FileTimeToSystemTime(&now, out);
}

/* The machine's clock is not a program's to set. */
BOOL WINAPI SetSystemTime(const SYSTEMTIME *time) {
    (void)time;
    return time_fail(ERROR_PRIVILEGE_NOT_HELD);
}

BOOL WINAPI SetLocalTime(const SYSTEMTIME *time) {
    (void)time;
    return time_fail(ERROR_PRIVILEGE_NOT_HELD);
}

BOOL WINAPI GetSystemTimeAdjustment(DWORD *adjustment, DWORD *increment, BOOL *disabled) {
    *adjustment = *increment = CLOCK_TICK_100NS;
    *disabled = TRUE;
    return TRUE;
}

LONG WINAPI CompareFileTime(const FILETIME *left, const FILETIME *right) {
    const uint64_t a = time_join(left), b = time_join(right);

    return a < b ? -1 : a > b;
}

/* FileTimeToLocalFileTime() - by the offset of today, not of that time. */
BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *utc, FILETIME *local) {
    *local = time_split(time_join(utc) + (uint64_t)timezone_offset_now());
    return TRUE;
}

BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *local, FILETIME *utc) {
    *utc = time_split(time_join(local) - (uint64_t)timezone_offset_now());
    return TRUE;
}

/**
 * FileTimeToDosDateTime() - date and time of the FAT file system: two seconds' resolution, rounded up.
 * Return: FALSE and ERROR_INVALID_PARAMETER outside 1980 to 2107.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-filetimetodosdatetime
 */
BOOL WINAPI FileTimeToDosDateTime(const FILETIME *time, WORD *date, WORD *of_day) {
    const FILETIME rounded = time_split(time_join(time) + 2 * CLOCK_SECOND_100NS - 1);
    SYSTEMTIME fields;

    if (!FileTimeToSystemTime(&rounded, &fields))
        return FALSE;
    if (fields.wYear < 1980 || fields.wYear > 2107)
        return time_fail(ERROR_INVALID_PARAMETER);
    *date = (WORD)((fields.wYear - 1980) << 9 | fields.wMonth << 5 | fields.wDay);
    *of_day = (WORD)(fields.wHour << 11 | fields.wMinute << 5 | fields.wSecond / 2);
    return TRUE;
}

BOOL WINAPI DosDateTimeToFileTime(WORD date, WORD of_day, FILETIME *time) {
    const SYSTEMTIME fields = {
        .wYear = (WORD)(1980 + (date >> 9)),
        .wMonth = (date >> 5) & 15,
        .wDay = date & 31,
        .wHour = of_day >> 11,
        .wMinute = (of_day >> 5) & 63,
        .wSecond = (WORD)((of_day & 31) * 2),
    };

    return SystemTimeToFileTime(&fields, time);
}

static int time_this_year(void) {
    SYSTEMTIME now;

    GetLocalTime(&now);
    return now.wYear;
}

/**
 * GetDynamicTimeZoneInformation() - the user's time zone.
 * Return: TIME_ZONE_ID_UNKNOWN where clocks are not changed; TIME_ZONE_ID_STANDARD or TIME_ZONE_ID_DAYLIGHT.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/timezoneapi/nf-timezoneapi-getdynamictimezoneinformation
 */
DWORD WINAPI GetDynamicTimeZoneInformation(DYNAMIC_TIME_ZONE_INFORMATION *zone) {
    timezone_for_year(time_this_year(), zone);
    return timezone_state(zone);
}

DWORD WINAPI GetTimeZoneInformation(TIME_ZONE_INFORMATION *out) {
    DYNAMIC_TIME_ZONE_INFORMATION zone;
    const DWORD state = GetDynamicTimeZoneInformation(&zone);

    memcpy(out, &zone, sizeof *out);
    return state;
}

/**
 * GetTimeZoneInformationForYear() - the rules of a year.
 * @zone: NULL: the user's. Another zone than the user's has only its present rules here.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/timezoneapi/nf-timezoneapi-gettimezoneinformationforyear
 */
BOOL WINAPI GetTimeZoneInformationForYear(USHORT year, DYNAMIC_TIME_ZONE_INFORMATION *zone, TIME_ZONE_INFORMATION *out) {
    DYNAMIC_TIME_ZONE_INFORMATION own;

    timezone_for_year(year, &own);
    if (zone && memcmp(zone->TimeZoneKeyName, own.TimeZoneKeyName, sizeof own.TimeZoneKeyName))
        own = *zone;
    memcpy(out, &own, sizeof *out);
    return TRUE;
}

/* The moment of a rule (or of an absolute date) in a year, as local time in 100 ns; false: there is none. */
static bool time_of_rule(const SYSTEMTIME *rule, WORD year, uint64_t *time) {
    SYSTEMTIME date = *rule, first = {.wYear = year, .wMonth = rule->wMonth, .wDay = 1};
    FILETIME file_time;

    if (!rule->wMonth || !SystemTimeToFileTime(&first, &file_time) || !FileTimeToSystemTime(&file_time, &first))
        return false;
    if (!rule->wYear) {
        date.wYear = year;
        date.wDay = (WORD)(1 + (rule->wDayOfWeek + 7 - first.wDayOfWeek) % 7 + 7 * (rule->wDay - 1));
        while (date.wDay > 28 && !SystemTimeToFileTime(&date, &file_time))
            date.wDay -= 7; /* the fifth means the last */
    }
    if (!SystemTimeToFileTime(&date, &file_time))
        return false;
    *time = time_join(&file_time);
    return true;
}

/* Whether summer time holds at a local time by the clock of standard time. */
static bool time_is_daylight(const TIME_ZONE_INFORMATION *zone, uint64_t standard_time, WORD year) {
    uint64_t begin, end;

    if (!time_of_rule(&zone->DaylightDate, year, &begin) || !time_of_rule(&zone->StandardDate, year, &end))
        return false;
    /* summer time ends by its own clock */
    end += (uint64_t)((LONGLONG)(zone->DaylightBias - zone->StandardBias) * TIME_MINUTE_100NS);
    if (begin < end)
        return standard_time >= begin && standard_time < end;
    return standard_time >= begin || standard_time < end;
}

static void time_zone_or_own(const TIME_ZONE_INFORMATION *zone, WORD year, TIME_ZONE_INFORMATION *out) {
    DYNAMIC_TIME_ZONE_INFORMATION own;

    if (zone) {
        *out = *zone;
        return;
    }
    timezone_for_year(year, &own);
    memcpy(out, &own, sizeof *out);
}

/**
 * SystemTimeToTzSpecificLocalTime() - UTC to the local time of a zone, by the zone's rules.
 * @zone: NULL: the user's, with the rules of that year.
 * Return: FALSE and ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/timezoneapi/nf-timezoneapi-systemtimetotzspecificlocaltime
 */
BOOL WINAPI SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *zone, const SYSTEMTIME *utc, SYSTEMTIME *local) {
    TIME_ZONE_INFORMATION rules;
    FILETIME file_time;
    uint64_t time;
    LONG bias;

    if (!SystemTimeToFileTime(utc, &file_time))
        return FALSE;
    time_zone_or_own(zone, utc->wYear, &rules);
    time = time_join(&file_time) - (uint64_t)((LONGLONG)(rules.Bias + rules.StandardBias) * TIME_MINUTE_100NS);
    bias = time_is_daylight(&rules, time, utc->wYear) ? rules.DaylightBias - rules.StandardBias : 0;
    file_time = time_split(time - (uint64_t)((LONGLONG)bias * TIME_MINUTE_100NS));
    return FileTimeToSystemTime(&file_time, local);
}

/* TzSpecificLocalTimeToSystemTime() - the way back; a time that the clock shows twice is taken as summer time. */
BOOL WINAPI TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *zone, const SYSTEMTIME *local, SYSTEMTIME *utc) {
    TIME_ZONE_INFORMATION rules;
    FILETIME file_time;
    uint64_t time;
    LONG bias;

    if (!SystemTimeToFileTime(local, &file_time))
        return FALSE;
    time_zone_or_own(zone, local->wYear, &rules);
    time = time_join(&file_time);
    bias = rules.DaylightBias - rules.StandardBias;
    if (!time_is_daylight(&rules, time + (uint64_t)((LONGLONG)bias * TIME_MINUTE_100NS), local->wYear))
        bias = 0;
    time += (uint64_t)((LONGLONG)(rules.Bias + rules.StandardBias + bias) * TIME_MINUTE_100NS);
    file_time = time_split(time);
    return FileTimeToSystemTime(&file_time, utc);
}

BOOL WINAPI SystemTimeToTzSpecificLocalTimeEx(
    const DYNAMIC_TIME_ZONE_INFORMATION *zone, const SYSTEMTIME *utc, SYSTEMTIME *local) {
    return SystemTimeToTzSpecificLocalTime((const TIME_ZONE_INFORMATION *)zone, utc, local);
}

BOOL WINAPI TzSpecificLocalTimeToSystemTimeEx(
    const DYNAMIC_TIME_ZONE_INFORMATION *zone, const SYSTEMTIME *local, SYSTEMTIME *utc) {
    return TzSpecificLocalTimeToSystemTime((const TIME_ZONE_INFORMATION *)zone, local, utc);
}
