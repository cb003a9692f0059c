/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multimedia time (MSDN: timeapi.h). */
#include <windows.h>
#include <winternl.h>
#include <mmsystem.h>

#define PERIOD_MIN 1u
#define PERIOD_MAX 1000000u

/** timeGetTime() - milliseconds since the system started: GetTickCount()'s, at the finest grain. */
DWORD WINAPI timeGetTime(void) {
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (DWORD)(now.QuadPart / (frequency.QuadPart / 1000));
}

/** timeGetSystemTime() - the same in an MMTIME. Return: TIMERR_NOERROR; MMSYSERR_INVALPARAM. */
MMRESULT WINAPI timeGetSystemTime(MMTIME *time, UINT size) {
    if (!time || size < sizeof *time)
        return MMSYSERR_INVALPARAM;
    time->wType = TIME_MS;
    time->u.ms = timeGetTime();
    return TIMERR_NOERROR;
}

/** timeGetDevCaps() - the periods that timeBeginPeriod() takes. Return: MMSYSERR_NOERROR; MMSYSERR_ERROR (@size is not that of TIMECAPS). */
MMRESULT WINAPI timeGetDevCaps(TIMECAPS *caps, UINT size) {
    if (!caps || size != sizeof *caps)
        return TIMERR_NOCANDO;
    *caps = (TIMECAPS){PERIOD_MIN, PERIOD_MAX};
    return TIMERR_NOERROR;
}

/**
 * timeBeginPeriod() - asks for clocks that tick at least so often, until timeEndPeriod() with the same period.
 * @period_ms: 1 and more.
 * Return: TIMERR_NOERROR; TIMERR_NOCANDO.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/timeapi/nf-timeapi-timebeginperiod
 */
MMRESULT WINAPI timeBeginPeriod(UINT period_ms) {
    ULONG now_100ns;
    if (period_ms < PERIOD_MIN || period_ms > PERIOD_MAX)
        return TIMERR_NOCANDO;
    NtSetTimerResolution(period_ms > 15 ? 156250 : period_ms * 10000, TRUE, &now_100ns);
    return TIMERR_NOERROR;
}

MMRESULT WINAPI timeEndPeriod(UINT period_ms) {
    ULONG now_100ns;
    if (period_ms < PERIOD_MIN || period_ms > PERIOD_MAX)
        return TIMERR_NOCANDO;
    NtSetTimerResolution(period_ms > 15 ? 156250 : period_ms * 10000, FALSE, &now_100ns);
    return TIMERR_NOERROR;
}
