/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose account a Linux user is in Windows' eyes: S-1-5-21, the machine's three numbers, and a number of its own. */
#ifndef WINIPC_HOST_ACCOUNT_H
#define WINIPC_HOST_ACCOUNT_H

#include <stdint.h>
#include <sys/types.h>

/* account_machine() - from the machine-id: the same for all users and programs. */
void account_machine(uint32_t machine[3]);
/* account_rid() - the last number; root is the administrator. */
uint32_t account_rid(uid_t uid);

#endif
