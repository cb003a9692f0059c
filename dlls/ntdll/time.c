/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calendar arithmetic: FILETIMEs (100 ns since 1601) and their fields, and the other epochs. */
#include "dlls/ntdll/clock.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <winternl.h>

#define TIME_MS_100NS 10000
#define TIME_DAY_S 86400
#define TIME_DAYS_TO_1601 584694 /* from 0000-03-01, where the arithmetic of civil days starts */
#define TIME_OF_1980 119600064000000000

/* Days since 1601-01-01 of a date in the proleptic Gregorian calendar. */
static int64_t time_days(int year, int month, int day) {
    /* years begin in March here, so that the leap day is the last one */
    const int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - TIME_DAYS_TO_1601;
}

static void time_date(int64_t days, TIME_FIELDS *fields) {
    const int64_t shifted = days + TIME_DAYS_TO_1601, era = shifted / 146097, day_of_era = shifted % 146097;
    const int64_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100), month = (5 * day_of_year + 2) / 153;

    fields->Day = (CSHORT)(day_of_year - (153 * month + 2) / 5 + 1);
    fields->Month = (CSHORT)(month < 10 ? month + 3 : month - 9);
    fields->Year = (CSHORT)(year + era * 400 + (fields->Month <= 2));
    fields->Weekday = (CSHORT)((days + 1) % 7); /* 1601-01-01 was a Monday */
}

/**
 * RtlTimeToTimeFields() - the fields of a time.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-rtltimetotimefields
 */
void WINAPI RtlTimeToTimeFields(const LARGE_INTEGER *time, TIME_FIELDS *fields) {
    const int64_t ms = time->QuadPart / TIME_MS_100NS, seconds = ms / 1000, of_day = seconds % TIME_DAY_S;

    time_date(seconds / TIME_DAY_S, fields);
    fields->Hour = (CSHORT)(of_day / 3600);
    fields->Minute = (CSHORT)(of_day / 60 % 60);
    fields->Second = (CSHORT)(of_day % 60);
    fields->Milliseconds = (CSHORT)(ms % 1000);
}

static int time_month_length(int year, int month) {
    static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return lengths[month - 1] + (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0));
}

/**
 * RtlTimeFieldsToTime() - the time of fields; the weekday does not count.
 * Return: FALSE for a date or time that does not exist, or before 1601.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-rtltimefieldstotime
 */
BOOLEAN WINAPI RtlTimeFieldsToTime(TIME_FIELDS *fields, LARGE_INTEGER *time) {
    int64_t seconds;

    if (fields->Year < 1601 || fields->Year > 30827 || fields->Month < 1 || fields->Month > 12 || fields->Day < 1 ||
        fields->Day > time_month_length(fields->Year, fields->Month))
        return FALSE;
    if (fields->Hour < 0 || fields->Hour > 23 || fields->Minute < 0 || fields->Minute > 59 || fields->Second < 0 ||
        fields->Second > 59 || fields->Milliseconds < 0 || fields->Milliseconds > 999)
        return FALSE;
    seconds = time_days(fields->Year, fields->Month, fields->Day) * TIME_DAY_S + fields->Hour * 3600 +
              fields->Minute * 60 + fields->Second;
    time->QuadPart = (seconds * 1000 + fields->Milliseconds) * TIME_MS_100NS;
    return TRUE;
}

/* RtlTimeToElapsedTimeFields() - a span: days in Day, and the time of the day. */
void WINAPI RtlTimeToElapsedTimeFields(const LARGE_INTEGER *time, TIME_FIELDS *fields) {
    RtlTimeToTimeFields(time, fields);
    fields->Year = fields->Month = fields->Weekday = 0;
    fields->Day = (CSHORT)(time->QuadPart / CLOCK_SECOND_100NS / TIME_DAY_S);
}

static BOOLEAN time_to_seconds(const LARGE_INTEGER *time, int64_t epoch, DWORD *seconds) {
    const int64_t since = (time->QuadPart - epoch) / CLOCK_SECOND_100NS;

    if (time->QuadPart < epoch || since > UINT32_MAX)
        return FALSE;
    *seconds = (DWORD)since;
    return TRUE;
}

BOOLEAN WINAPI RtlTimeToSecondsSince1970(const LARGE_INTEGER *time, DWORD *seconds) {
    return time_to_seconds(time, CLOCK_OF_1970, seconds);
}

BOOLEAN WINAPI RtlTimeToSecondsSince1980(const LARGE_INTEGER *time, DWORD *seconds) {
    return time_to_seconds(time, TIME_OF_1980, seconds);
}

void WINAPI RtlSecondsSince1970ToTime(DWORD seconds, LARGE_INTEGER *time) {
    time->QuadPart = (LONGLONG)seconds * CLOCK_SECOND_100NS + CLOCK_OF_1970;
}

void WINAPI RtlSecondsSince1980ToTime(DWORD seconds, LARGE_INTEGER *time) {
    time->QuadPart = (LONGLONG)seconds * CLOCK_SECOND_100NS + TIME_OF_1980;
}
