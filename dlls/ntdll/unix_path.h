/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between NT's paths and Linux' paths.
 *
 * Z: is /, C: a small folder of the user's own, made on first need.  Names are UTF-8 on disk.  A byte that is not UTF-8 is the unit 0xDC00 +
 * byte, a unit that is no character (unpaired surrogate) is written as the three bytes that UTF-8 would give it, and the characters that
 * Linux allows in a name but Windows does not (\ : * ? " < > | and controls) are 0xF000 + character: so every name on the disk can be
 * listed, opened and copied.
 */
#ifndef WINIPC_NTDLL_UNIX_PATH_H
#define WINIPC_NTDLL_UNIX_PATH_H

#include <stdbool.h>
#include <stddef.h>
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN /* winsock.h and Linux' socket.h exclude each other */
#endif
#include <windows.h>
#include <winternl.h>

#define UNIX_PATH_MAX_LEN 4096

/* The volume behind a drive letter, under \Device. */
#define VOLUME_NAME "HarddiskVolume"
#define VOLUME_NUMBER(letter) ((unsigned)((letter) - 'A' + 1))

/* name_from_unix() - one name or path of @len bytes (no slash is treated specially) as UTF-16.
 * Return: the length in units; like snprintf, also when it is more than @room. */
size_t name_from_unix(const char *name, size_t len, WCHAR *result, size_t room);
/* name_to_unix() - the reverse.  Return: the length in bytes. */
size_t name_to_unix(const WCHAR *name, size_t len, char *result, size_t room);

/* drive_root() - the folder that drive @letter stands for, without a slash at its end ("" is /).  Return: NULL: no such drive. */
const char *drive_root(WCHAR letter);

/* What an NT path names. */
enum nt_target {
    NT_FILE,     /* unix_path.path */
    NT_PIPE,     /* a named pipe, or the pipe device: unix_path.rest is what follows \??\pipe or \Device\NamedPipe */
    NT_NULL,     /* \??\NUL */
    NT_CONSOLE,  /* \??\CON: input or output, as the access asks */
    NT_CONIN,
    NT_CONOUT,
    NT_MAILSLOT, /* a mailslot, or that device: the same */
    NT_MAILSLOT_REMOTE, /* one of another machine, of a domain or of all */
    NT_SOCKETS   /* \Device\Afd */
};

struct unix_path {
    enum nt_target target;
    bool making;    /* for path_to_unix_making */
    bool directory; /* ended in a backslash */
    char *last;     /* within path: the last name as it was asked for, or as it is on the disk if it is there */
    UNICODE_STRING rest;
    char path[UNIX_PATH_MAX_LEN];
};

/* path_to_unix_making() - the same as the next, for who makes the file if it is not there. */
NTSTATUS path_to_unix_making(const OBJECT_ATTRIBUTES *attributes, struct unix_path *result);
/* path_to_unix() - what the name in @attributes (a full NT path, or one relative to RootDirectory) stands for.  Names are found without
 * regard to case; one that is there exactly is found by a single look.
 * Return: STATUS_SUCCESS (it is there, a dangling link included), STATUS_OBJECT_NAME_NOT_FOUND (all but the last name is there: @result
 * is where it can be made), STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_PATH_SYNTAX_BAD,
 * STATUS_BAD_NETWORK_PATH, STATUS_NAME_TOO_LONG, STATUS_NOT_A_DIRECTORY, STATUS_ACCESS_DENIED, STATUS_BAD_IMPERSONATION_LEVEL (of security_may_open). */
NTSTATUS path_to_unix(const OBJECT_ATTRIBUTES *attributes, struct unix_path *result);
/* The same for a full NT path. */
NTSTATUS nt_name_to_unix(const UNICODE_STRING *name, struct unix_path *result);

/* path_from_unix() - a full Linux path as a DOS path (Z:\… or C:\…), terminated if there is room.  Return: its length in units. */
size_t path_from_unix(const char *path, WCHAR *result, size_t room);

/* nt_path_from_unix() - the same as an NT path (\Device\HarddiskVolumeN\…).  @room: at least 32 units;
 * nothing useful is in @result if it does not fit. */
size_t nt_path_from_unix(const char *path, WCHAR *result, size_t room);

/* unix_path_of_fd() - the path that a descriptor's file has now.  Return: 0 or -errno. */
int unix_path_of_fd(int fd, char *path, size_t size);

#endif
