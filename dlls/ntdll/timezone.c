/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The time zone. glibc knows it (TZ, /etc/localtime); Windows' form is found by asking glibc for the year's offsets and looking for the
 * moments at which they change. Windows has names of its own for zones: those of the widely used ones stand in a table, the others get
 * the abbreviations that the zone file has.
 */
#include "dlls/ntdll/timezone.h"
#include "dlls/ntdll/clock.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <winternl.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMEZONE_DAY 86400

/* From the CLDR's windowsZones. "X Standard Time" becomes "X Daylight Time" in summer. */
static const struct {
    const char *iana, *windows;
} timezone_names[] = {
    {"Africa/Cairo", "Egypt"}, {"Africa/Johannesburg", "South Africa"}, {"Africa/Lagos", "W. Central Africa"},
    {"Africa/Nairobi", "E. Africa"}, {"America/Anchorage", "Alaskan"}, {"America/Argentina/Buenos_Aires", "Argentina"},
    {"America/Bogota", "SA Pacific"}, {"America/Caracas", "Venezuela"}, {"America/Chicago", "Central"},
    {"America/Denver", "Mountain"}, {"America/Detroit", "Eastern"}, {"America/Halifax", "Atlantic"},
    {"America/Los_Angeles", "Pacific"}, {"America/Mexico_City", "Central Standard Time (Mexico)"},
    {"America/New_York", "Eastern"}, {"America/Phoenix", "US Mountain"}, {"America/Santiago", "Pacific SA"},
    {"America/Sao_Paulo", "E. South America"}, {"America/St_Johns", "Newfoundland"}, {"America/Toronto", "Eastern"},
    {"America/Vancouver", "Pacific"}, {"Asia/Baghdad", "Arabic"}, {"Asia/Bangkok", "SE Asia"},
    {"Asia/Calcutta", "India"}, {"Asia/Dhaka", "Bangladesh"}, {"Asia/Dubai", "Arabian"}, {"Asia/Hong_Kong", "China"},
    {"Asia/Istanbul", "Turkey"}, {"Asia/Jakarta", "SE Asia"}, {"Asia/Jerusalem", "Israel"}, {"Asia/Karachi", "Pakistan"},
    {"Asia/Kathmandu", "Nepal"}, {"Asia/Kolkata", "India"}, {"Asia/Manila", "Singapore"}, {"Asia/Riyadh", "Arab"},
    {"Asia/Seoul", "Korea"}, {"Asia/Shanghai", "China"}, {"Asia/Singapore", "Singapore"}, {"Asia/Taipei", "Taipei"},
    {"Asia/Tehran", "Iran"}, {"Asia/Tokyo", "Tokyo"}, {"Australia/Adelaide", "Cen. Australia"},
    {"Australia/Brisbane", "E. Australia"}, {"Australia/Darwin", "AUS Central"}, {"Australia/Melbourne", "AUS Eastern"},
    {"Australia/Perth", "W. Australia"}, {"Australia/Sydney", "AUS Eastern"}, {"Europe/Amsterdam", "W. Europe"},
    {"Europe/Athens", "GTB"}, {"Europe/Belgrade", "Central Europe"}, {"Europe/Berlin", "W. Europe"},
    {"Europe/Brussels", "Romance"}, {"Europe/Bucharest", "GTB"}, {"Europe/Budapest", "Central Europe"},
    {"Europe/Copenhagen", "Romance"}, {"Europe/Dublin", "GMT"}, {"Europe/Helsinki", "FLE"}, {"Europe/Istanbul", "Turkey"},
    {"Europe/Kiev", "FLE"}, {"Europe/Kyiv", "FLE"}, {"Europe/Lisbon", "GMT"}, {"Europe/London", "GMT"},
    {"Europe/Madrid", "Romance"}, {"Europe/Minsk", "Belarus"}, {"Europe/Moscow", "Russian"}, {"Europe/Oslo", "W. Europe"},
    {"Europe/Paris", "Romance"}, {"Europe/Prague", "Central Europe"}, {"Europe/Rome", "W. Europe"}, {"Europe/Sofia", "FLE"},
    {"Europe/Stockholm", "W. Europe"}, {"Europe/Vienna", "W. Europe"}, {"Europe/Warsaw", "Central European"},
    {"Europe/Zurich", "W. Europe"}, {"Pacific/Auckland", "New Zealand"}, {"Pacific/Honolulu", "Hawaiian"},
};

/* The zone's IANA name, from TZ or from where /etc/localtime leads; "" if neither tells. */
static void timezone_iana(char *name, size_t room) {
    const char *tz = getenv("TZ"), *found;
    char path[256];
    ssize_t length;

    name[0] = 0;
    if (tz) {
        tz += *tz == ':';
        found = strstr(tz, "zoneinfo/");
        strncat(name, found ? found + strlen("zoneinfo/") : tz, room - 1);
        return;
    }
    length = readlink("/etc/localtime", path, sizeof path - 1);
    if (length <= 0)
        return;
    path[length] = 0;
    found = strstr(path, "zoneinfo/");
    if (found)
        strncat(name, found + strlen("zoneinfo/"), room - 1);
}

static const char *timezone_windows(const char *iana) {
    for (size_t i = 0; i < sizeof timezone_names / sizeof *timezone_names; i++)
        if (!strcmp(timezone_names[i].iana, iana))
            return timezone_names[i].windows;
    return NULL;
}

static bool timezone_is_utc(const char *iana) {
    return !*iana || !strcmp(iana, "UTC") || !strcmp(iana, "UTC0") || !strcmp(iana, "Etc/UTC") || !strcmp(iana, "Etc/UCT");
}

/* Appends ASCII to a string in an array of room characters. */
static void timezone_append(WCHAR *to, size_t room, const char *text) {
    size_t n = 0;

    while (n < room && to[n])
        n++;
    while (*text && n + 1 < room)
        to[n++] = (unsigned char)*text++;
    to[n] = 0;
}

static long timezone_offset(time_t at, struct tm *local) {
    localtime_r(&at, local);
    return local->tm_gmtoff;
}

/* The first second in (low, high] at which the offset is another one than at low. */
static time_t timezone_change(time_t low, time_t high) {
    struct tm local;
    const long before = timezone_offset(low, &local);

    while (high - low > 1) {
        const time_t middle = low + (high - low) / 2;

        if (timezone_offset(middle, &local) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* A change's date as a rule: the nth (5: the last) such weekday of the month, by the clock before the change. */
static SYSTEMTIME timezone_rule(time_t at, long offset_before) {
    const time_t wall = at + offset_before;
    struct tm date, week_later;
    const time_t later = wall + 7 * TIMEZONE_DAY;

    gmtime_r(&wall, &date);
    gmtime_r(&later, &week_later);
    return (SYSTEMTIME){
        .wMonth = (WORD)(date.tm_mon + 1),
        .wDayOfWeek = (WORD)date.tm_wday,
        .wDay = (WORD)(week_later.tm_mon != date.tm_mon ? 5 : (date.tm_mday - 1) / 7 + 1),
        .wHour = (WORD)date.tm_hour,
        .wMinute = (WORD)date.tm_min,
        .wSecond = (WORD)date.tm_sec,
    };
}

static time_t timezone_year_start(int year) {
    struct tm start = {.tm_year = year - 1900, .tm_mday = 1};

    return timegm(&start);
}

/* Looks for the year's change into summer time and the one out of it. */
static void timezone_find_rules(int year, long *standard, long *daylight, DYNAMIC_TIME_ZONE_INFORMATION *zone) {
    const time_t end = timezone_year_start(year + 1);
    struct tm local;
    time_t at = timezone_year_start(year);

    *standard = *daylight = timezone_offset(at, &local);
    for (; at < end; at += 7 * TIMEZONE_DAY) {
        const time_t next = at + 7 * TIMEZONE_DAY < end ? at + 7 * TIMEZONE_DAY : end;
        const long before = timezone_offset(at, &local), after = timezone_offset(next, &local);
        time_t change;

        if (before == after)
            continue;
        change = timezone_change(at, next);
        if (local.tm_isdst > 0) {
            zone->DaylightDate = timezone_rule(change, before);
            *daylight = after;
            *standard = before;
        } else {
            zone->StandardDate = timezone_rule(change, before);
            *standard = after;
            *daylight = before;
        }
    }
    if (!zone->DaylightDate.wMonth || !zone->StandardDate.wMonth) {
        memset(&zone->DaylightDate, 0, sizeof zone->DaylightDate);
        memset(&zone->StandardDate, 0, sizeof zone->StandardDate);
        *daylight = *standard;
    }
}

static void timezone_name(DYNAMIC_TIME_ZONE_INFORMATION *zone) {
    char iana[128];
    const char *windows;

    timezone_iana(iana, sizeof iana);
    windows = timezone_windows(iana);
    if (timezone_is_utc(iana)) {
        timezone_append(zone->StandardName, 32, "Coordinated Universal Time");
        timezone_append(zone->DaylightName, 32, "Coordinated Universal Time");
        timezone_append(zone->TimeZoneKeyName, 128, "UTC");
        return;
    }
    timezone_append(zone->StandardName, 32, windows ? windows : tzname[0]);
    timezone_append(zone->DaylightName, 32, windows ? windows : tzname[zone->DaylightDate.wMonth != 0]);
    timezone_append(zone->TimeZoneKeyName, 128, windows ? windows : iana);
    if (!windows || strstr(windows, "Standard Time"))
        return;
    timezone_append(zone->StandardName, 32, " Standard Time");
    timezone_append(zone->DaylightName, 32, " Daylight Time");
    timezone_append(zone->TimeZoneKeyName, 128, " Standard Time");
}

void timezone_for_year(int year, DYNAMIC_TIME_ZONE_INFORMATION *zone) {
    long standard, daylight;

    tzset();
    memset(zone, 0, sizeof *zone);
    timezone_find_rules(year, &standard, &daylight, zone);
    zone->Bias = (LONG)(-standard / 60);
    zone->StandardBias = 0;
    zone->DaylightBias = zone->DaylightDate.wMonth ? (LONG)(-(daylight - standard) / 60) : -60;
    timezone_name(zone);
}

DWORD timezone_state(const DYNAMIC_TIME_ZONE_INFORMATION *zone) {
    struct tm local;

    if (!zone->DaylightDate.wMonth)
        return TIME_ZONE_ID_UNKNOWN;
    return timezone_offset(time(NULL), &local) / 60 == -zone->Bias ? TIME_ZONE_ID_STANDARD : TIME_ZONE_ID_DAYLIGHT;
}

int64_t timezone_offset_now(void) {
    struct tm local;

    tzset();
    return (int64_t)timezone_offset(time(NULL), &local) * CLOCK_SECOND_100NS;
}

static int timezone_this_year(void) {
    struct tm local;

    timezone_offset(time(NULL), &local);
    return local.tm_year + 1900;
}

NTSTATUS WINAPI RtlQueryDynamicTimeZoneInformation(RTL_DYNAMIC_TIME_ZONE_INFORMATION *info) {
    _Static_assert(sizeof *info == sizeof(DYNAMIC_TIME_ZONE_INFORMATION), "one structure under two names");
    timezone_for_year(timezone_this_year(), (DYNAMIC_TIME_ZONE_INFORMATION *)info);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlQueryTimeZoneInformation(RTL_TIME_ZONE_INFORMATION *info) {
    DYNAMIC_TIME_ZONE_INFORMATION zone;

    timezone_for_year(timezone_this_year(), &zone);
    memcpy(info, &zone, sizeof *info);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSystemTimeToLocalTime(const LARGE_INTEGER *system, LARGE_INTEGER *local) {
    local->QuadPart = system->QuadPart + timezone_offset_now();
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlLocalTimeToSystemTime(const LARGE_INTEGER *local, LARGE_INTEGER *system) {
    system->QuadPart = local->QuadPart - timezone_offset_now();
    return STATUS_SUCCESS;
}
