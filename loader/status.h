/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The exit statuses of winipc itself, when the program never began: the one place that gives them out; winipc(1) has the
 * same table.  Once the program runs, the status is the low 8 bits of its own exit code, and a line on stderr gives the
 * whole code when these differ, so a program that exits with one of these numbers is told apart by the missing line
 * "winipc: ...".
 */
#ifndef WINIPC_LOADER_STATUS_H
#define WINIPC_LOADER_STATUS_H

enum winipc_status {
    WINIPC_OK = 0,
    WINIPC_LACKING = 1,             /* --check found imports that are not there */
    WINIPC_USAGE = 109,             /* wrong options */
    WINIPC_EMPTY = 110,             /* the file is empty */
    WINIPC_NOT_A_PROGRAM = 111,     /* text, a 16-bit program, anything that is no PE image */
    WINIPC_ELF = 112,               /* a Linux program */
    WINIPC_DAMAGED = 113,           /* truncated, or its headers contradict themselves */
    WINIPC_32_BIT = 114,            /* a 32-bit x86 program */
    WINIPC_OTHER_MACHINE = 115,     /* a program for ARM64 or another processor */
    WINIPC_DIRECTORY = 116,         /* a directory */
    WINIPC_NO_DLL = 117,            /* a DLL that it needs is not there, or is no usable DLL */
    WINIPC_IS_DLL = 118,            /* a DLL or a driver, nothing to start */
    WINIPC_NO_ADDRESS = 119,        /* the address that it must have is taken, or there is no memory */
    WINIPC_INIT_FAILED = 120,       /* a DLL's entry point returned FALSE */
    WINIPC_NO_SESSION = 121,        /* the session's server cannot be reached or started */
    WINIPC_INTERNAL = 125,          /* winipc could not do its own work; the line says what */
    WINIPC_NO_PERMISSION = 126,     /* the file may not be read */
    WINIPC_NOT_FOUND = 127,         /* no such file */
};

#endif
