/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Linux knows of a file, in NT's terms; and the information structures that the headers lack. */
#ifndef WINIPC_NTDLL_FILE_STAT_H
#define WINIPC_NTDLL_FILE_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>
#include <winternl.h>

struct file_stat {
    FILE_BASIC_INFORMATION basic;
    LONGLONG size, allocated;
    uint64_t inode, device;
    ULONG links;
    bool directory, symlink; /* both: a link to a directory */
};

/* file_stat_at() - @directory_fd and @name as for statx; @name "" is the descriptor itself; of a link, the link.  Return: 0 or -errno. */
int file_stat_at(int directory_fd, const char *name, struct file_stat *result);

/* link_leads_to_directory() - whether a symbolic link, named as for file_stat_at(), is one to a directory: Windows has two kinds. */
bool link_leads_to_directory(int directory_fd, const char *name);

/* A time of 100 ns since 1601. */
LONGLONG filetime_from_unix(int64_t seconds, uint32_t nanoseconds);

/* Serial number of the volume that holds @device. */
ULONG volume_serial(uint64_t device);

/* Classes beyond those of the headers (ntifs.h). */
#define CLASS_DISPOSITION_EX 64
#define CLASS_RENAME_EX 65
#define CLASS_STAT 68
#define CLASS_CASE_SENSITIVE 71
#define CLASS_LINK_EX 72

#ifndef FILE_DISPOSITION_DELETE
#define FILE_DISPOSITION_DELETE 1
#define FILE_DISPOSITION_POSIX_SEMANTICS 2
#define FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK 4
#define FILE_DISPOSITION_ON_CLOSE 8
#define FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE 0x10
#endif
#ifndef FILE_RENAME_REPLACE_IF_EXISTS
#define FILE_RENAME_REPLACE_IF_EXISTS 1
#define FILE_RENAME_POSIX_SEMANTICS 2
#endif
#define RENAME_FLAG_IGNORE_READONLY 0x40

struct file_stat_information { /* FILE_STAT_INFORMATION */
    LARGE_INTEGER FileId, CreationTime, LastAccessTime, LastWriteTime, ChangeTime, AllocationSize, EndOfFile;
    ULONG FileAttributes, ReparseTag, NumberOfLinks;
    ACCESS_MASK EffectiveAccess;
};

struct file_rename_information { /* the same for Rename, RenameEx, Link, LinkEx */
    union {
        BOOLEAN replace;
        ULONG flags;
    };
    HANDLE root;
    ULONG length;
    WCHAR name[1];
};

#ifndef IO_REPARSE_TAG_SYMLINK
#define IO_REPARSE_TAG_SYMLINK 0xa000000c
#endif

#endif
