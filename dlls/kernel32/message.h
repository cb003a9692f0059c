/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FormatMessage's parts: where a message comes from, and how it is formatted. */
#ifndef WINIPC_KERNEL32_MESSAGE_H
#define WINIPC_KERNEL32_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

/* Text that grows; failed: there was no memory, and nothing is added any more. */
struct message_text {
    WCHAR *chars;
    size_t length, room;
    bool failed;
};

void message_add(struct message_text *text, WCHAR c);
void message_add_wide(struct message_text *text, const WCHAR *chars, size_t length);
/* The length of a string, at most limit; -1: there is no limit. */
size_t message_wide_length(const WCHAR *string, long limit);
void message_add_ascii(struct message_text *text, const char *chars);
/* length -1: zero-terminated */
void message_add_ansi(struct message_text *text, const char *chars, int length);

/* Adds the text of a message. Return: a Win32 error. */
DWORD message_find_system(DWORD id, DWORD language, struct message_text *text);
DWORD message_find_module(HMODULE module, DWORD id, DWORD language, struct message_text *text);

/* How inserts are read: "%1!s!" is of the caller's width. */
struct message_inserts {
    const DWORD_PTR *values; /* NULL: none were given */
    bool ansi;
    bool ignored; /* they stay as they are */
};

/* Formats source; width as FORMAT_MESSAGE_MAX_WIDTH_MASK tells it. Return: a Win32 error. */
DWORD message_format(
    const WCHAR *source, size_t length, const struct message_inserts *inserts, unsigned width, struct message_text *text);

#endif
