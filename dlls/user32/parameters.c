/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the desktop is like (MSDN: winuser.h). There is none: the metrics are those of a plain 1024×768 screen, the wallpaper is a text that programs set and
 * get, kept for the user.
 */
#include <string.h>
#include <windows.h>

#include "dlls/ntdll/user.h"

static const struct {
    int index, value;
} metrics[] = {
    {SM_CXSCREEN, 1024}, {SM_CYSCREEN, 768}, {SM_CXVSCROLL, 17}, {SM_CYHSCROLL, 17}, {SM_CYCAPTION, 23}, {SM_CXBORDER, 1}, {SM_CYBORDER, 1},
    {SM_CXICON, 32}, {SM_CYICON, 32}, {SM_CXCURSOR, 32}, {SM_CYCURSOR, 32}, {SM_CYMENU, 20}, {SM_CXFULLSCREEN, 1024}, {SM_CYFULLSCREEN, 745},
    {SM_CXSMICON, 16}, {SM_CYSMICON, 16}, {SM_CXVIRTUALSCREEN, 1024}, {SM_CYVIRTUALSCREEN, 768}, {SM_CMONITORS, 1}, {SM_SAMEDISPLAYFORMAT, 1},
    {SM_CXMAXIMIZED, 1040}, {SM_CYMAXIMIZED, 784}, {SM_CXDOUBLECLK, 4}, {SM_CYDOUBLECLK, 4}, {SM_CXDRAG, 4}, {SM_CYDRAG, 4}, {SM_CXFRAME, 4},
    {SM_CYFRAME, 4}, {SM_CXEDGE, 2}, {SM_CYEDGE, 2}, {SM_CXSIZE, 36}, {SM_CYSIZE, 22}, {SM_CXMIN, 136}, {SM_CYMIN, 39}, {SM_NETWORK, 3},
    /* no mouse, no tablet, not remote, not in safe mode: 0 */
};

/**
 * GetSystemMetrics() - a measure of the screen or a setting.
 * Return: 0 for what is not there, and for an unknown index.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-getsystemmetrics
 */
int WINAPI GetSystemMetrics(int index) {
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        if (metrics[i].index == index)
            return metrics[i].value;
    return 0;
}

static BOOL parameter_fail(DWORD error) {
    SetLastError(error);
    return FALSE;
}

static BOOL wallpaper_get(UINT room, WCHAR *path) {
    WCHAR text[MAX_PATH] = L"";
    size_t len = winipc_setting_read("wallpaper", text, MAX_PATH);
    if (!path || !room)
        return parameter_fail(ERROR_INVALID_PARAMETER);
    if (len >= MAX_PATH)
        len = 0;
    if (len >= room)
        len = room - 1;
    memcpy(path, text, len * sizeof(WCHAR));
    path[len] = 0;
    return TRUE;
}

static BOOL wallpaper_set(const WCHAR *path) {
    if (path == (const WCHAR *)-1) /* SETWALLPAPER_DEFAULT */
        path = L"";
    if (!path) /* what the settings say: they are what is there already */
        return TRUE;
    for (size_t len = 0; path[len]; len++)
        if (len == MAX_PATH - 1)
            return parameter_fail(ERROR_FILENAME_EXCED_RANGE);
    return winipc_setting_write("wallpaper", path) ? parameter_fail(ERROR_ACCESS_DENIED) : TRUE;
}

static BOOL parameter_get(UINT action, UINT size, void *value) {
    switch (action) {
    case SPI_GETWORKAREA: *(RECT *)value = (RECT){0, 0, 1024, 768}; return TRUE;
    case SPI_GETKEYBOARDDELAY: *(int *)value = 1; return TRUE;
    case SPI_GETKEYBOARDSPEED: *(DWORD *)value = 31; return TRUE;
    case SPI_GETWHEELSCROLLLINES:
    case SPI_GETWHEELSCROLLCHARS: *(UINT *)value = 3; return TRUE;
    case SPI_GETSCREENSAVEACTIVE:
    case SPI_GETSCREENSAVERRUNNING:
    case SPI_GETSCREENREADER:
    case SPI_GETCLIENTAREAANIMATION:
    case SPI_GETDRAGFULLWINDOWS: *(BOOL *)value = FALSE; return TRUE;
    case SPI_GETHIGHCONTRAST: {
        HIGHCONTRASTW *contrast = value;
        if (size != sizeof *contrast && contrast->cbSize != sizeof *contrast)
            return parameter_fail(ERROR_INVALID_PARAMETER);
        contrast->dwFlags = 0;
        contrast->lpszDefaultScheme = NULL;
        return TRUE;
    }
    default: return parameter_fail(ERROR_INVALID_PARAMETER);
    }
}

/**
 * SystemParametersInfoW() - reads or sets a setting of the desktop.
 * @action: SPI_GETDESKWALLPAPER, SPI_SETDESKWALLPAPER and a few that are only read.
 * @flags: whether to store and tell others; the wallpaper is stored in any case.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER (other actions too), ERROR_NOACCESS.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-systemparametersinfow
 */
BOOL WINAPI SystemParametersInfoW(UINT action, UINT size, void *value, UINT flags) {
    (void)flags;
    if (action == SPI_GETDESKWALLPAPER)
        return wallpaper_get(size, value);
    if (action == SPI_SETDESKWALLPAPER)
        return wallpaper_set(value);
    return value ? parameter_get(action, size, value) : parameter_fail(ERROR_NOACCESS);
}

/** SystemParametersInfoA() - see SystemParametersInfoW(). */
BOOL WINAPI SystemParametersInfoA(UINT action, UINT size, void *value, UINT flags) {
    WCHAR wide[MAX_PATH];
    if (action == SPI_GETDESKWALLPAPER) {
        if (!value || !size)
            return parameter_fail(ERROR_INVALID_PARAMETER);
        if (!SystemParametersInfoW(action, MAX_PATH, wide, flags))
            return FALSE;
        const int n = WideCharToMultiByte(CP_ACP, 0, wide, -1, value, size, NULL, NULL);
        ((char *)value)[n ? n - 1 : (int)size - 1] = 0;
        return TRUE;
    }
    if (action == SPI_SETDESKWALLPAPER && value && value != (void *)-1) {
        if (!MultiByteToWideChar(CP_ACP, 0, value, -1, wide, MAX_PATH))
            return parameter_fail(ERROR_FILENAME_EXCED_RANGE);
        return SystemParametersInfoW(action, 0, wide, flags);
    }
    return SystemParametersInfoW(action, size, value, flags);
}
