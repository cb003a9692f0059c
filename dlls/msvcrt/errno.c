/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * errno, _doserrno, their texts, and the invalid-parameter handler.  The table from Win32 errors to errno values is
 * part of the contract: programs test for EACCES or ENOENT after a failed open.
 */
#include <pthread.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

__thread struct crt_thread crt_thread;
static pthread_key_t texts_key; /* frees a thread's texts at its end */
static pthread_once_t texts_once = PTHREAD_ONCE_INIT;

static void texts_key_make(void) {
    pthread_key_create(&texts_key, free);
}

struct crt_texts *crt_texts(void) {
    static struct crt_texts last_resort;
    if (crt_thread.texts)
        return crt_thread.texts;
    pthread_once(&texts_once, texts_key_make);
    crt_thread.texts = calloc(1, sizeof(*crt_thread.texts));
    if (!crt_thread.texts)
        return &last_resort;
    pthread_setspecific(texts_key, crt_thread.texts);
    return crt_thread.texts;
}

struct errno_pair {
    uint16_t win32;
    uint16_t error;
};

static const struct errno_pair errno_pairs[] = {
    {ERROR_FILE_NOT_FOUND, ENOENT},
    {ERROR_PATH_NOT_FOUND, ENOENT},
    {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
    {ERROR_ACCESS_DENIED, EACCES},
    {ERROR_INVALID_HANDLE, EBADF},
    {ERROR_ARENA_TRASHED, ENOMEM},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
    {ERROR_INVALID_BLOCK, ENOMEM},
    {ERROR_BAD_ENVIRONMENT, E2BIG},
    {ERROR_BAD_FORMAT, ENOEXEC},
    {ERROR_INVALID_DRIVE, ENOENT},
    {ERROR_CURRENT_DIRECTORY, EACCES},
    {ERROR_NOT_SAME_DEVICE, EXDEV},
    {ERROR_NO_MORE_FILES, ENOENT},
    {ERROR_BAD_NETPATH, ENOENT},
    {ERROR_NETWORK_ACCESS_DENIED, EACCES},
    {ERROR_BAD_NET_NAME, ENOENT},
    {ERROR_FILE_EXISTS, EEXIST},
    {ERROR_CANNOT_MAKE, EACCES},
    {ERROR_FAIL_I24, EACCES},
    {ERROR_NO_PROC_SLOTS, EAGAIN},
    {ERROR_DRIVE_LOCKED, EACCES},
    {ERROR_BROKEN_PIPE, EPIPE},
    {ERROR_DISK_FULL, ENOSPC},
    {ERROR_INVALID_TARGET_HANDLE, EBADF},
    {ERROR_WAIT_NO_CHILDREN, ECHILD},
    {ERROR_CHILD_NOT_COMPLETE, ECHILD},
    {ERROR_DIRECT_ACCESS_HANDLE, EBADF},
    {ERROR_SEEK_ON_DEVICE, EACCES},
    {ERROR_DIR_NOT_EMPTY, CRT_ENOTEMPTY},
    {ERROR_NOT_LOCKED, EACCES},
    {ERROR_BAD_PATHNAME, ENOENT},
    {ERROR_MAX_THRDS_REACHED, EAGAIN},
    {ERROR_LOCK_FAILED, EACCES},
    {ERROR_ALREADY_EXISTS, EEXIST},
    {ERROR_FILENAME_EXCED_RANGE, ENOENT},
    {ERROR_NESTING_NOT_ALLOWED, EAGAIN},
    {ERROR_NO_DATA, EPIPE},
    {ERROR_NOT_ENOUGH_QUOTA, ENOMEM},
};

static int errno_from_win32(DWORD error) {
    for (size_t i = 0; i < sizeof(errno_pairs) / sizeof(errno_pairs[0]); i++)
        if (errno_pairs[i].win32 == error)
            return errno_pairs[i].error;
    if (error >= ERROR_WRITE_PROTECT && error <= ERROR_SHARING_BUFFER_EXCEEDED)
        return EACCES;
    if (error >= ERROR_INVALID_STARTING_CODESEG && error <= ERROR_INFLOOP_IN_RELOC_CHAIN)
        return ENOEXEC;
    return EINVAL;
}

int crt_fail_win32(DWORD error) {
    crt_thread.dos_error = error;
    crt_thread.error = errno_from_win32(error);
    return -1;
}

int *CDECL _errno(void) {
    return &crt_thread.error;
}

uint32_t *CDECL __doserrno(void) {
    return &crt_thread.dos_error;
}

int CDECL _set_errno(int error) {
    crt_thread.error = error;
    return 0;
}

int CDECL _get_errno(int *error) {
    if (!error)
        return EINVAL;
    *error = crt_thread.error;
    return 0;
}

int CDECL _set_doserrno(int error) {
    crt_thread.dos_error = error;
    return 0;
}

int CDECL _get_doserrno(int *error) {
    if (!error)
        return EINVAL;
    *error = crt_thread.dos_error;
    return 0;
}

typedef void(CDECL *invalid_parameter_handler)(const WCHAR *, const WCHAR *, const WCHAR *, unsigned, uintptr_t);
static _Atomic(invalid_parameter_handler) invalid_parameter_call;

void crt_invalid_parameter(int error) {
    crt_thread.error = error;
    invalid_parameter_handler handler = invalid_parameter_call;
    if (handler)
        handler(NULL, NULL, NULL, 0, 0);
}

void *CDECL _set_invalid_parameter_handler(void *handler) {
    return (void *)__atomic_exchange_n((void **)&invalid_parameter_call, handler, __ATOMIC_SEQ_CST);
}

void *CDECL _get_invalid_parameter_handler(void) {
    return (void *)invalid_parameter_call;
}

void CDECL _invalid_parameter(
    const WCHAR *expression, const WCHAR *function, const WCHAR *file, unsigned line, uintptr_t reserved) {
    invalid_parameter_handler handler = invalid_parameter_call;
    if (handler)
        handler(expression, function, file, line, reserved);
}

/* The texts by Windows' numbers; the gaps are "Unknown error" there too. */
const char *const crt_sys_errlist[] = {
    "No error",
    "Operation not permitted",
    "No such file or directory",
    "No such process",
    "Interrupted function call",
    "Input/output error",
    "No such device or address",
    "Arg list too long",
    "Exec format error",
    "Bad file descriptor",
    "No child processes",
    "Resource temporarily unavailable",
    "Not enough space",
    "Permission denied",
    "Bad address",
    "Unknown error",
    "Resource device",
    "File exists",
    "Improper link",
    "No such device",
    "Not a directory",
    "Is a directory",
    "Invalid argument",
    "Too many open files in system",
    "Too many open files",
    "Inappropriate I/O control operation",
    "Unknown error",
    "File too large",
    "No space left on device",
    "Invalid seek",
    "Read-only file system",
    "Too many links",
    "Broken pipe",
    "Domain error",
    "Result too large",
    "Unknown error",
    "Resource deadlock avoided",
    "Unknown error",
    "Filename too long",
    "No locks available",
    "Function not implemented",
    "Directory not empty",
    "Illegal byte sequence",
    "Unknown error",
};
#define N_ERRNO_TEXTS ((int)(sizeof(crt_sys_errlist) / sizeof(crt_sys_errlist[0])))

/* Data exports: programs index _sys_errlist by hand up to _sys_nerr. */
int crt_sys_nerr = N_ERRNO_TEXTS - 1;

static const char *errno_text(int error) {
    return crt_sys_errlist[error >= 0 && error < N_ERRNO_TEXTS ? error : N_ERRNO_TEXTS - 1];
}

const char **CDECL __sys_errlist(void) {
    return (const char **)crt_sys_errlist;
}

int *CDECL __sys_nerr(void) {
    return &crt_sys_nerr;
}

char *CDECL msvcrt_strerror(int error) {
    strcpy(crt_texts()->narrow, errno_text(error));
    return crt_texts()->narrow;
}

static void widen_ascii(WCHAR *out, const char *text) {
    while ((*out++ = (unsigned char)*text++))
        ;
}

WCHAR *CDECL _wcserror(int error) {
    widen_ascii(crt_texts()->wide, errno_text(error));
    return crt_texts()->wide;
}

int CDECL strerror_s(char *buffer, size_t size, int error) {
    if (!buffer || !size)
        return crt_fail(EINVAL);
    const char *text = errno_text(error);
    const size_t length = strlen(text) < size ? strlen(text) : size - 1;
    memcpy(buffer, text, length);
    buffer[length] = 0;
    return 0;
}

/* _strerror() - "message: text of errno\n", or without the message when it is NULL or empty. */
char *CDECL _strerror(const char *message) {
    char *out = crt_texts()->narrow;
    const size_t room = CRT_TEXT_SIZE - 48;
    size_t length = 0;
    if (message && *message) {
        length = strnlen(message, room);
        memcpy(out, message, length);
        out[length++] = ':';
        out[length++] = ' ';
    }
    strcpy(out + length, errno_text(crt_thread.error));
    strcat(out, "\n");
    return out;
}
