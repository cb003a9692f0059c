/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The user of this process as Windows programs see it, beside the name (user_name.h): home folder, and the few settings that last from one run to the next
 * (small files beside the user's C: folder). Our other DLLs use these too.
 */
#ifndef WINIPC_NTDLL_USER_H
#define WINIPC_NTDLL_USER_H

#include <windows.h>

/* The home folder as a DOS path. Return: its length, or the room needed with its NUL when that is more than @room. */
size_t winipc_user_profile(WCHAR *path, size_t room);

/* The computer's name: upper case, at most 15 characters; returns as above. */
size_t winipc_computer_name(WCHAR *name, size_t room);

/* A setting's text, empty when it was never set; returns as above. @name: a plain file name. */
size_t winipc_setting_read(const char *name, WCHAR *value, size_t room);

/* Return: 0 or -errno; a reader sees the old text or the new one. */
int winipc_setting_write(const char *name, const WCHAR *value);

#endif
