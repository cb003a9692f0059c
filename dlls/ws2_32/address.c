/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Byte order and the text forms of IPv4 addresses (MSDN: winsock2.h). */
#define WIN32_LEAN_AND_MEAN
#include <stdio.h>
#include <winsock2.h>
#include <windows.h>

ULONG WINAPI ws2_htonl(ULONG value) {
    return __builtin_bswap32(value);
}

USHORT WINAPI ws2_htons(USHORT value) {
    return __builtin_bswap16(value);
}

ULONG WINAPI ws2_ntohl(ULONG value) {
    return __builtin_bswap32(value);
}

USHORT WINAPI ws2_ntohs(USHORT value) {
    return __builtin_bswap16(value);
}

/* One part: decimal, octal after "0", hexadecimal after "0x". Return: FALSE: no digit, or more than 32 bits. */
static BOOL address_part(const char **text, ULONGLONG *value) {
    const char *at = *text;
    unsigned base = 10;
    if (*at == '0' && (at[1] | 0x20) == 'x') {
        base = 16;
        at += 2;
    } else if (*at == '0') {
        base = 8;
    }
    const char *start = at;
    for (*value = 0; *value <= 0xFFFFFFFF; at++) {
        const unsigned digit = *at >= '0' && *at <= '9' ? *at - '0' : (*at | 0x20) >= 'a' && (*at | 0x20) <= 'f' ? (*at | 0x20) - 'a' + 10 : 99;
        if (digit >= base)
            break;
        *value = *value * base + digit;
    }
    *text = at;
    return at > start && *value <= 0xFFFFFFFF;
}

/**
 * inet_addr() - an IPv4 address from a.b.c.d, a.b.c, a.b or a; the last part takes the bytes that are left.
 * Return: in network order; INADDR_NONE when it is no address.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsock2/nf-winsock2-inet_addr
 */
ULONG WINAPI ws2_inet_addr(const char *text) {
    ULONGLONG parts[4], address = 0;
    int n = 0;
    if (text && text[0] == ' ' && !text[1]) /* documented: one blank is no address, but zero */
        return 0;
    for (; text && n < 4; text++) {
        if (!address_part(&text, &parts[n++]))
            return INADDR_NONE;
        if (*text != '.')
            break;
    }
    if (!text || (*text && *text != ' ' && *text != '\t' && *text != '\n' && *text != '\r'))
        return INADDR_NONE;
    for (int i = 0; i < n - 1; i++) {
        if (parts[i] > 255)
            return INADDR_NONE;
        address |= parts[i] << (24 - 8 * i);
    }
    if (parts[n - 1] >> (8 * (5 - n)))
        return INADDR_NONE;
    return __builtin_bswap32(address | parts[n - 1]);
}

/** inet_ntoa() - a.b.c.d, in memory of the thread that the next call overwrites. */
char *WINAPI ws2_inet_ntoa(ULONG address) {
    static __thread char text[16];
    snprintf(text, sizeof text, "%u.%u.%u.%u", (unsigned)(address & 255), (unsigned)(address >> 8 & 255), (unsigned)(address >> 16 & 255),
        (unsigned)(address >> 24));
    return text;
}
