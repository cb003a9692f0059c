/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clocks and calendars (MSDN: time management).  glibc knows the machine's time zone and its history; limits and errors
 * are Windows': no time before 1970, none after 3000.
 */
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <utime.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

#define TIME_MAX 0x793582affLL /* the last second of the year 3000 */

/* Data exports _timezone, _daylight, _dstbias, _tzname. */
int crt_timezone, crt_daylight, crt_dstbias;
static char zone_names[2][64];
char *crt_tzname[2] = {zone_names[0], zone_names[1]};

void CDECL crt_tzset(void) { /* _tzset */
    tzset();
    crt_timezone = timezone;
    crt_daylight = daylight;
    crt_dstbias = daylight ? -3600 : 0;
    for (int i = 0; i < 2; i++)
        strncpy(zone_names[i], tzname[i], sizeof(zone_names[i]) - 1);
}

int *CDECL __p__timezone(void) {
    return crt_tzset(), &crt_timezone;
}
int *CDECL __p__daylight(void) {
    return crt_tzset(), &crt_daylight;
}
int *CDECL __p__dstbias(void) {
    return crt_tzset(), &crt_dstbias;
}
char **CDECL __p__tzname(void) {
    return crt_tzset(), crt_tzname;
}

int64_t CDECL _time64(int64_t *out) {
    const int64_t now = time(NULL);
    if (out)
        *out = now;
    return now;
}

int CDECL _time32(int *out) {
    const int now = time(NULL);
    if (out)
        *out = now;
    return now;
}

double CDECL _difftime64(int64_t end, int64_t start) {
    return end - start;
}
double CDECL _difftime32(int end, int start) {
    return (double)end - start;
}

/* clock() - milliseconds of wall time since the process began; that is what Windows counts. */
int CDECL msvcrt_clock(void) {
    FILETIME created, ended, kernel, user, now;
    if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
        return -1;
    GetSystemTimeAsFileTime(&now);
    const int64_t start = (int64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
    const int64_t end = (int64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return (end - start) / 10000;
}

static void tm_copy(struct crt_tm *out, const struct tm *in) {
    *out = (struct crt_tm){in->tm_sec, in->tm_min, in->tm_hour, in->tm_mday, in->tm_mon, in->tm_year, in->tm_wday,
        in->tm_yday, in->tm_isdst};
}

typedef struct tm *(*split_call)(const time_t *, struct tm *);

static int split(struct crt_tm *out, const int64_t *when, split_call call) {
    struct tm tm;
    if (out)
        memset(out, 0xff, sizeof(*out));
    if (!out || !when)
        return crt_invalid_parameter(EINVAL), EINVAL;
    if (*when < -43200 || *when > TIME_MAX || !call(when, &tm))
        return crt_fail(EINVAL);
    tm_copy(out, &tm);
    return 0;
}

int CDECL _gmtime64_s(struct crt_tm *out, const int64_t *when) {
    return split(out, when, gmtime_r);
}

int CDECL _localtime64_s(struct crt_tm *out, const int64_t *when) {
    crt_tzset();
    return split(out, when, localtime_r);
}

struct crt_tm *CDECL _gmtime64(const int64_t *when) {
    return _gmtime64_s(&crt_thread.tm, when) ? NULL : &crt_thread.tm;
}
struct crt_tm *CDECL _localtime64(const int64_t *when) {
    return _localtime64_s(&crt_thread.tm, when) ? NULL : &crt_thread.tm;
}

struct crt_tm *CDECL _gmtime32(const int *when) {
    const int64_t wide = when ? *when : -1;
    return _gmtime64(when ? &wide : NULL);
}

struct crt_tm *CDECL _localtime32(const int *when) {
    const int64_t wide = when ? *when : -1;
    return _localtime64(when ? &wide : NULL);
}

static int64_t join(struct crt_tm *in, time_t (*call)(struct tm *)) {
    if (!in)
        return crt_invalid_parameter(EINVAL), -1;
    struct tm tm = {.tm_sec = in->tm_sec,
        .tm_min = in->tm_min,
        .tm_hour = in->tm_hour,
        .tm_mday = in->tm_mday,
        .tm_mon = in->tm_mon,
        .tm_year = in->tm_year,
        .tm_isdst = in->tm_isdst};
    const int64_t when = call(&tm);
    if (when < 0 || when > TIME_MAX)
        return crt_errno_set(EINVAL), -1;
    tm_copy(in, &tm);
    return when;
}

int64_t CDECL _mktime64(struct crt_tm *in) {
    crt_tzset();
    return join(in, mktime);
}

int64_t CDECL _mkgmtime64(struct crt_tm *in) {
    return join(in, timegm);
}

int CDECL _mktime32(struct crt_tm *in) {
    const int64_t when = _mktime64(in);
    return when <= INT_MAX ? (int)when : (crt_errno_set(EINVAL), -1);
}

int CDECL _mkgmtime32(struct crt_tm *in) {
    const int64_t when = _mkgmtime64(in);
    return when <= INT_MAX ? (int)when : (crt_errno_set(EINVAL), -1);
}

struct crt_timeb64 {
    int64_t time;
    uint16_t millitm;
    int16_t timezone, dstflag;
};

struct crt_timeb32 {
    int time;
    uint16_t millitm;
    int16_t timezone, dstflag;
};

void CDECL _ftime64(struct crt_timeb64 *out) {
    struct timeval now;
    struct tm tm;
    crt_tzset();
    gettimeofday(&now, NULL);
    localtime_r(&now.tv_sec, &tm);
    *out = (struct crt_timeb64){now.tv_sec, now.tv_usec / 1000, crt_timezone / 60, tm.tm_isdst > 0};
}

int CDECL _ftime64_s(struct crt_timeb64 *out) {
    if (!out)
        return crt_invalid_parameter(EINVAL), EINVAL;
    _ftime64(out);
    return 0;
}

void CDECL _ftime32(struct crt_timeb32 *out) {
    struct crt_timeb64 wide;
    _ftime64(&wide);
    *out = (struct crt_timeb32){wide.time, wide.millitm, wide.timezone, wide.dstflag};
}

static const char day_names[] = "SunMonTueWedThuFriSat", month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

int CDECL asctime_s(char *out, size_t size, const struct crt_tm *tm) {
    if (!out || size < 26 || !tm || tm->tm_wday < 0 || tm->tm_wday > 6 || tm->tm_mon < 0 || tm->tm_mon > 11)
        return crt_invalid_parameter(EINVAL), EINVAL;
    msvcrt_sprintf(out, "%.3s %.3s %02d %02d:%02d:%02d %04d\n", day_names + 3 * tm->tm_wday,
        month_names + 3 * tm->tm_mon, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec, tm->tm_year + 1900);
    return 0;
}

static WCHAR *widen_text(void) {
    for (int i = 0; i < 128 && (crt_texts()->wide[i] = (unsigned char)crt_texts()->narrow[i]); i++)
        ;
    return crt_texts()->wide;
}

char *CDECL msvcrt_asctime(const struct crt_tm *tm) {
    return asctime_s(crt_texts()->narrow, CRT_TEXT_SIZE, tm) ? NULL : crt_texts()->narrow;
}

WCHAR *CDECL _wasctime(const struct crt_tm *tm) {
    return msvcrt_asctime(tm) ? widen_text() : NULL;
}

char *CDECL _ctime64(const int64_t *when) {
    const struct crt_tm *tm = _localtime64(when);
    return tm ? msvcrt_asctime(tm) : NULL;
}

WCHAR *CDECL _wctime64(const int64_t *when) {
    return _ctime64(when) ? widen_text() : NULL;
}

char *CDECL _ctime32(const int *when) {
    const struct crt_tm *tm = _localtime32(when);
    return tm ? msvcrt_asctime(tm) : NULL;
}

size_t CDECL msvcrt_strftime(char *out, size_t size, const char *format, const struct crt_tm *tm);

static void clock_text(char *out, const char *format) {
    const int64_t now = _time64(NULL);
    const struct crt_tm *tm = _localtime64(&now);
    msvcrt_strftime(out, 9, format, tm);
}

char *CDECL _strdate(char *out) {
    return clock_text(out, "%m/%d/%y"), out;
}
char *CDECL _strtime(char *out) {
    return clock_text(out, "%H:%M:%S"), out;
}

/* Bytes of a text that is being made, until there is no more room. */
struct time_text {
    char *out;
    size_t size, n;
    bool plain; /* '#': no leading zeros */
};

static void put_text(struct time_text *text, const char *part, size_t length) {
    for (size_t i = 0; i < length; i++, text->n++)
        if (text->n < text->size)
            text->out[text->n] = part[i];
}

static void put_number(struct time_text *text, int value, int digits) {
    char buffer[16];
    put_text(text, buffer, msvcrt_sprintf(buffer, "%0*d", text->plain ? 1 : digits, value));
}

static void put_name(struct time_text *text, const char *const *list, int index, int n, bool brief) {
    const char *name = index >= 0 && index < n ? list[index] : "?";
    put_text(text, name, brief ? strnlen(name, 3) : strlen(name));
}

static const char *const days[7] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const months[12] = {"January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December"};

static void put_format(struct time_text *text, const char *format, const struct crt_tm *tm, bool *valid);

/* One conversion; the names are the "C" locale's. */
static void put_conversion(struct time_text *text, char type, const struct crt_tm *tm, bool *valid) {
    switch (type) {
    case 'a': put_name(text, days, tm->tm_wday, 7, true); break;
    case 'A': put_name(text, days, tm->tm_wday, 7, false); break;
    case 'b': put_name(text, months, tm->tm_mon, 12, true); break;
    case 'B': put_name(text, months, tm->tm_mon, 12, false); break;
    case 'c': put_format(text, text->plain ? "%A, %B %d, %Y %H:%M:%S" : "%m/%d/%y %H:%M:%S", tm, valid); break;
    case 'd': put_number(text, tm->tm_mday, 2); break;
    case 'H': put_number(text, tm->tm_hour, 2); break;
    case 'I': put_number(text, tm->tm_hour % 12 ? tm->tm_hour % 12 : 12, 2); break;
    case 'j': put_number(text, tm->tm_yday + 1, 3); break;
    case 'm': put_number(text, tm->tm_mon + 1, 2); break;
    case 'M': put_number(text, tm->tm_min, 2); break;
    case 'p': put_text(text, tm->tm_hour < 12 ? "AM" : "PM", 2); break;
    case 'S': put_number(text, tm->tm_sec, 2); break;
    case 'U': put_number(text, (tm->tm_yday + 7 - tm->tm_wday) / 7, 2); break;
    case 'w': put_number(text, tm->tm_wday, 1); break;
    case 'W': put_number(text, (tm->tm_yday + 7 - (tm->tm_wday + 6) % 7) / 7, 2); break;
    case 'x': put_format(text, text->plain ? "%A, %B %d, %Y" : "%m/%d/%y", tm, valid); break;
    case 'X': put_format(text, "%H:%M:%S", tm, valid); break;
    case 'y': put_number(text, (tm->tm_year % 100 + 100) % 100, 2); break;
    case 'Y': put_number(text, tm->tm_year + 1900, 4); break;
    case 'z':
    case 'Z':
        crt_tzset();
        put_text(text, zone_names[tm->tm_isdst > 0], strlen(zone_names[tm->tm_isdst > 0]));
        break;
    case '%': put_text(text, "%", 1); break;
    default: *valid = false;
    }
}

static void put_format(struct time_text *text, const char *format, const struct crt_tm *tm, bool *valid) {
    for (; *format && *valid; format++) {
        if (*format != '%') {
            put_text(text, format, 1);
            continue;
        }
        text->plain = *++format == '#';
        format += text->plain;
        put_conversion(text, *format, tm, valid);
        text->plain = false;
        if (!*format)
            break;
    }
}

/* strftime() - 0 with ERANGE when the text and its terminator do not fit, with EINVAL on an unknown conversion. */
size_t CDECL msvcrt_strftime(char *out, size_t size, const char *format, const struct crt_tm *tm) {
    if (!out || !size || !format || !tm)
        return crt_invalid_parameter(EINVAL), 0;
    struct time_text text = {out, size - 1, 0, false};
    bool valid = true;
    put_format(&text, format, tm, &valid);
    *(valid && text.n < size ? out + text.n : out) = 0;
    if (!valid)
        return crt_invalid_parameter(EINVAL), 0;
    return text.n < size ? text.n : (crt_errno_set(ERANGE), 0);
}

size_t CDECL msvcrt_wcsftime(WCHAR *out, size_t size, const WCHAR *format, const struct crt_tm *tm) {
    if (!out || !size || !format || !tm)
        return crt_invalid_parameter(EINVAL), 0;
    *out = 0;
    char *narrow_format = crt_ansi_from_wide(format), *narrow = malloc(size * 4);
    size_t n = narrow_format && narrow ? msvcrt_strftime(narrow, size * 4, narrow_format, tm) : 0;
    if (n) {
        n = MultiByteToWideChar(CP_ACP, 0, narrow, n, out, size - 1);
        out[n] = 0;
        if (!n)
            crt_errno_set(ERANGE);
    }
    free(narrow_format);
    free(narrow);
    return n;
}
