/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WINIPC_NTDLL_USER_NAME_H
#define WINIPC_NTDLL_USER_NAME_H

/* winipc_user_name() - the user's name: that of the profile folder, of USERNAME, of GetUserName.  UTF-8, never empty. */
const char *winipc_user_name(void);

#endif
