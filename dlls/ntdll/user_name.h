/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WINIPC_NTDLL_USER_NAME_H
#define WINIPC_NTDLL_USER_NAME_H
#include <stdbool.h>

/* winipc_user_name() - the user's name: that of the profile folder, of USERNAME, of GetUserName.  UTF-8, never empty. */
const char *winipc_user_name(void);

/* winipc_acts_as_nobody() - whether the calling thread impersonates at Anonymous level, or the anonymous logon (S-1-5-7). */
bool winipc_acts_as_nobody(void);

#endif
