/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting and ending Windows Sockets, and its last error (MSDN: winsock2.h). */
#define WIN32_LEAN_AND_MEAN
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#define USE_WS_PREFIX
#include <winsock2.h>
#include <windows.h>

#include "dlls/ws2_32/startup.h"

#define HIGHEST_VERSION MAKEWORD(2, 2)

static pthread_mutex_t startup_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned startup_count;

BOOL startup_is_on(void) {
    pthread_mutex_lock(&startup_mutex);
    const BOOL is_on = startup_count != 0;
    pthread_mutex_unlock(&startup_mutex);
    if (!is_on)
        SetLastError(WSANOTINITIALISED);
    return is_on;
}

/**
 * WSAStartup() - must be called before other functions, and WSACleanup() as often.
 * @version: the highest that the program can use: 1.0 to 2.2; more is answered with 2.2.
 * Return: 0; WSAVERNOTSUPPORTED (below 1.0), WSAEFAULT.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsock2/nf-winsock2-wsastartup
 */
int WINAPI WSAStartup(WORD version, WSADATA *data) {
    if (!data)
        return WSAEFAULT;
    memset(data, 0, sizeof *data);
    const BYTE major = LOBYTE(version), minor = HIBYTE(version);
    data->wHighVersion = HIGHEST_VERSION;
    data->wVersion = major > 2 || (major == 2 && minor > 2) ? HIGHEST_VERSION : major == 1 && minor > 1 ? MAKEWORD(1, 1) : version;
    strcpy(data->szDescription, "WinSock 2.0");
    strcpy(data->szSystemStatus, "Running");
    if (major == 0)
        return WSAVERNOTSUPPORTED;
    if (major == 1) { /* version 2 says nothing here */
        data->iMaxSockets = 32767;
        data->iMaxUdpDg = 65467;
    }
    pthread_mutex_lock(&startup_mutex);
    startup_count++;
    pthread_mutex_unlock(&startup_mutex);
    return 0;
}

/**
 * WSACleanup() - undoes one WSAStartup().
 * Return: 0; SOCKET_ERROR with WSANOTINITIALISED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsock2/nf-winsock2-wsacleanup
 */
int WINAPI WSACleanup(void) {
    pthread_mutex_lock(&startup_mutex);
    const BOOL was_on = startup_count != 0;
    startup_count -= was_on;
    pthread_mutex_unlock(&startup_mutex);
    if (was_on)
        return 0;
    SetLastError(WSANOTINITIALISED);
    return SOCKET_ERROR;
}

/** WSAGetLastError() - the thread's last error: GetLastError()'s. */
int WINAPI WSAGetLastError(void) {
    return GetLastError();
}

void WINAPI WSASetLastError(int error) {
    SetLastError(error);
}

/**
 * WSAEnumProtocolsW() - the protocols that sockets may have.  There are none yet.
 * @length: receives the bytes that are needed for all: 0.
 * Return: 0, how many there are; SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsock2/nf-winsock2-wsaenumprotocolsw
 */
int WINAPI WSAEnumProtocolsW(int *wanted, WSAPROTOCOL_INFOW *protocols, DWORD *length) {
    (void)wanted, (void)protocols;
    if (!startup_is_on())
        return SOCKET_ERROR;
    if (!length) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    *length = 0;
    return 0;
}

/**
 * WSAGetOverlappedResult() - what became of a socket's overlapped operation.  There are no sockets yet, so there can be none; Go's run-time asks for
 * this function's address before it does anything.
 * Return: FALSE with WSANOTINITIALISED, WSAENOTSOCK.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsock2/nf-winsock2-wsagetoverlappedresult
 */
BOOL WINAPI WSAGetOverlappedResult(SOCKET socket, OVERLAPPED *overlapped, DWORD *transferred, BOOL wait, DWORD *flags) {
    (void)socket, (void)overlapped, (void)transferred, (void)wait, (void)flags;
    if (startup_is_on())
        SetLastError(WSAENOTSOCK);
    return FALSE;
}

/**
 * gethostname() - the machine's name.
 * Return: 0; SOCKET_ERROR with WSAEFAULT (the room is too small), WSANOTINITIALISED.
 */
int WINAPI ws2_gethostname(char *name, int room) {
    char host[256];
    if (!startup_is_on())
        return SOCKET_ERROR;
    if (!name || room < 0 || gethostname(host, sizeof host - 1) || (host[sizeof host - 1] = 0, strlen(host) >= (size_t)room)) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    strcpy(name, host);
    return 0;
}
