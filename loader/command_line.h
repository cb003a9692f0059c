/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Splitting a command line (command_line.c). */
#ifndef WINIPC_LOADER_COMMAND_LINE_H
#define WINIPC_LOADER_COMMAND_LINE_H

#include <stddef.h>

#include <windows.h>

/* How many bytes winipc_command_line_split needs. */
size_t winipc_command_line_room(const WCHAR *line);

/* Lays the words out at @argv: pointers, a NULL, then the strings.  Return: how many; at least one, the program's name. */
int winipc_command_line_split(const WCHAR *line, WCHAR **argv);

/* The words of a command line in UTF-8, as argv; one block for free(), NULL: no memory. */
char **command_line_to_unix(const WCHAR *line);

#endif
