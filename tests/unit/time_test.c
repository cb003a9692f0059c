/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times, time zones, the page at 0x7FFE0000, the version, the machine. */
#include "tests/unit/unit.h"

#include "dlls/ntdll/clock.h"

#include <string.h>
#include <time.h>

static SYSTEMTIME fields(WORD year, WORD month, WORD day, WORD hour, WORD minute) {
    return (SYSTEMTIME){.wYear = year, .wMonth = month, .wDay = day, .wHour = hour, .wMinute = minute};
}

START_TEST(calendar) {
    SYSTEMTIME time = fields(1970, 1, 1, 0, 0);
    FILETIME file_time, back;

    ck_assert(SystemTimeToFileTime(&time, &file_time));
    ck_assert_uint_eq(file_time.dwLowDateTime, 0xD53E8000);
    ck_assert_uint_eq(file_time.dwHighDateTime, 0x019DB1DE);
    ck_assert(FileTimeToSystemTime(&file_time, &time));
    ck_assert_uint_eq(time.wDayOfWeek, 4);
    time = fields(2000, 2, 30, 0, 0);
    ck_assert(!SystemTimeToFileTime(&time, &file_time));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    time = fields(1900, 2, 29, 0, 0);
    ck_assert(!SystemTimeToFileTime(&time, &file_time));
    for (uint64_t at = 0; at < (uint64_t)1 << 62; at += (uint64_t)864000000000 * 7919 + 12345670000) {
        file_time = (FILETIME){(DWORD)at, (DWORD)(at >> 32)};
        ck_assert(FileTimeToSystemTime(&file_time, &time));
        if (time.wYear > 30827)
            break;
        ck_assert(SystemTimeToFileTime(&time, &back));
        ck_assert_int_eq(CompareFileTime(&file_time, &back), 0);
    }
    file_time.dwHighDateTime = 0x80000000;
    ck_assert(!FileTimeToSystemTime(&file_time, &time));
    WORD date, of_day;
    time = fields(2024, 2, 29, 13, 37);
    SystemTimeToFileTime(&time, &file_time);
    ck_assert(FileTimeToDosDateTime(&file_time, &date, &of_day));
    ck_assert(DosDateTimeToFileTime(date, of_day, &back));
    ck_assert_int_eq(CompareFileTime(&file_time, &back), 0);
}
END_TEST

START_TEST(zone_berlin) {
    DYNAMIC_TIME_ZONE_INFORMATION zone;
    SYSTEMTIME utc = fields(2024, 7, 1, 12, 0), local, again;

    setenv("TZ", "Europe/Berlin", 1);
    ck_assert_uint_ne(GetDynamicTimeZoneInformation(&zone), TIME_ZONE_ID_INVALID);
    if (zone.Bias != -60)
        return; /* a system without zone files */
    ck_assert_int_eq(zone.DaylightBias, -60);
    ck_assert_uint_eq(zone.DaylightDate.wMonth, 3);
    ck_assert_uint_eq(zone.DaylightDate.wDay, 5);
    ck_assert_uint_eq(zone.DaylightDate.wDayOfWeek, 0);
    ck_assert_uint_eq(zone.DaylightDate.wHour, 2);
    ck_assert_uint_eq(zone.StandardDate.wMonth, 10);
    ck_assert_uint_eq(zone.StandardDate.wHour, 3);
    ck_assert(!memcmp(zone.StandardName, L"W. Europe Standard Time", 48));
    ck_assert(SystemTimeToTzSpecificLocalTime(NULL, &utc, &local));
    ck_assert_uint_eq(local.wHour, 14);
    ck_assert(TzSpecificLocalTimeToSystemTime(NULL, &local, &again));
    ck_assert_uint_eq(again.wHour, 12);
    utc = fields(2024, 3, 31, 0, 59);
    SystemTimeToTzSpecificLocalTime(NULL, &utc, &local);
    ck_assert_uint_eq(local.wHour, 1);
    utc = fields(2024, 3, 31, 1, 0);
    SystemTimeToTzSpecificLocalTime(NULL, &utc, &local);
    ck_assert_uint_eq(local.wHour, 3);
    utc = fields(2024, 10, 27, 0, 59);
    SystemTimeToTzSpecificLocalTime(NULL, &utc, &local);
    ck_assert_uint_eq(local.wHour, 2);
    utc = fields(2024, 10, 27, 1, 0);
    SystemTimeToTzSpecificLocalTime(NULL, &utc, &local);
    ck_assert_uint_eq(local.wHour, 2);
    utc = fields(2024, 10, 27, 2, 0);
    SystemTimeToTzSpecificLocalTime(NULL, &utc, &local);
    ck_assert_uint_eq(local.wHour, 3);
}
END_TEST

START_TEST(zone_utc) {
    TIME_ZONE_INFORMATION zone;

    setenv("TZ", "UTC", 1);
    ck_assert_uint_eq(GetTimeZoneInformation(&zone), TIME_ZONE_ID_UNKNOWN);
    ck_assert_int_eq(zone.Bias, 0);
    ck_assert_uint_eq(zone.StandardDate.wMonth, 0);
    ck_assert(!memcmp(zone.StandardName, L"Coordinated Universal Time", 54));
}
END_TEST

START_TEST(clocks) {
    LARGE_INTEGER counter, later, frequency;
    FILETIME now;

    ck_assert(QueryPerformanceFrequency(&frequency));
    ck_assert_int_eq(frequency.QuadPart, 10000000);
    ck_assert(QueryPerformanceCounter(&counter));
    ck_assert(QueryPerformanceCounter(&later));
    ck_assert_int_ge(later.QuadPart, counter.QuadPart);
    GetSystemTimeAsFileTime(&now);
    const int64_t unix_now = (int64_t)(((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) / 10000000) - 11644473600;
    ck_assert_int_le(llabs(unix_now - time(NULL)), 2);
    ck_assert_uint_eq((DWORD)GetTickCount64() >> 8, GetTickCount() >> 8);
}
END_TEST

START_TEST(user_shared_data) {
    const volatile unsigned char *page = (void *)0x7FFE0000;

    ck_assert(!user_shared_data_fault(0x7FFF0000));
    ck_assert(user_shared_data_fault(0x7FFE0014));
    const uint64_t ticks = *(const volatile uint64_t *)(page + 0x320);
    const uint32_t multiplier = *(const volatile uint32_t *)(page + 4);
    ck_assert_int_le(llabs((int64_t)((ticks * multiplier) >> 24) - (int64_t)GetTickCount64()), 1000);
    ck_assert_uint_eq(*(const volatile uint32_t *)(page + 0x26C), 10);
    ck_assert_uint_eq(*(const volatile uint32_t *)(page + 0x260), 19045);
    /* the ticker moves the time while the process is busy */
    const uint64_t before = *(const volatile uint64_t *)(page + 8);
    const ULONGLONG begin = GetTickCount64();
    while (*(const volatile uint64_t *)(page + 8) == before && GetTickCount64() - begin < 5000)
        ;
    ck_assert_uint_ne(*(const volatile uint64_t *)(page + 8), before);
}
END_TEST

START_TEST(version) {
    OSVERSIONINFOEXW info = {.dwOSVersionInfoSize = sizeof info};
    ULONGLONG mask = VerSetConditionMask(
        VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL), VER_MINORVERSION, VER_GREATER_EQUAL);

    ck_assert(GetVersionExW((OSVERSIONINFOW *)&info));
    ck_assert_uint_eq(info.dwMajorVersion, 10);
    ck_assert_uint_eq(info.dwBuildNumber, 19045);
    ck_assert_uint_eq(info.wProductType, VER_NT_WORKSTATION);
    ck_assert_uint_eq(GetVersion(), 0x4A65000A);
    info.dwMajorVersion = 6;
    info.dwMinorVersion = 3;
    ck_assert(VerifyVersionInfoW(&info, VER_MAJORVERSION | VER_MINORVERSION, mask));
    info.dwMajorVersion = 11;
    ck_assert(!VerifyVersionInfoW(&info, VER_MAJORVERSION | VER_MINORVERSION, mask));
    ck_assert_uint_eq(GetLastError(), ERROR_OLD_WIN_VERSION);
    info.dwMajorVersion = 10;
    info.dwMinorVersion = 1;
    ck_assert(!VerifyVersionInfoW(&info, VER_MAJORVERSION | VER_MINORVERSION, mask));
    ck_assert(!VerifyVersionInfoW(&info, 0, mask));
    ck_assert_uint_eq(GetLastError(), ERROR_BAD_ARGUMENTS);
    info.dwOSVersionInfoSize = 3;
    ck_assert(!GetVersionExW((OSVERSIONINFOW *)&info));
    ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
}
END_TEST

START_TEST(machine) {
    SYSTEM_INFO info;
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION processors[512];
    char ex[16384];
    WCHAR folder[MAX_PATH];
    DWORD length = 0, cores = 0;

    GetSystemInfo(&info);
    ck_assert_uint_ge(info.dwNumberOfProcessors, 1);
    ck_assert_uint_eq(info.dwAllocationGranularity, 0x10000);
    ck_assert(GlobalMemoryStatusEx(&memory));
    ck_assert_uint_gt(memory.ullTotalPhys, memory.ullAvailPhys);
    memory.dwLength = 1;
    ck_assert(!GlobalMemoryStatusEx(&memory));
    ck_assert(!GetLogicalProcessorInformation(NULL, &length));
    ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    ck_assert(GetLogicalProcessorInformation(processors, &length));
    for (DWORD i = 0; i < length / sizeof *processors; i++)
        cores += processors[i].Relationship == RelationProcessorCore;
    ck_assert_uint_ge(cores, 1);
    length = sizeof ex;
    ck_assert(GetLogicalProcessorInformationEx(RelationAll, (void *)ex, &length));
    DWORD at = 0, n = 0;
    while (at < length) {
        const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *one = (void *)(ex + at);

        n += one->Relationship == RelationProcessorCore;
        at += one->Size;
    }
    ck_assert_uint_eq(at, length);
    ck_assert_uint_eq(n, cores);
    ck_assert_uint_eq(GetSystemDirectoryW(folder, 3), 20);
    ck_assert_uint_eq(GetSystemDirectoryW(folder, MAX_PATH), 19);
    ck_assert(!memcmp(folder, L"C:\\Windows\\system32", 40));
    length = 0;
    ck_assert(!GetComputerNameW(NULL, &length));
    ck_assert_uint_eq(GetLastError(), ERROR_BUFFER_OVERFLOW);
    ck_assert(GetComputerNameW(folder, &length));
    ck_assert(IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
    ck_assert(!IsProcessorFeaturePresent(1000));
}
END_TEST

UNIT_MAIN("time", calendar, zone_berlin, zone_utc, clocks, user_shared_data, version, machine)
