/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of access control lists that Wine's headers lack ([MS-DTYP] 2.4.4.1, 2.4.5). */
#ifndef WINIPC_NTDLL_ACE_H
#define WINIPC_NTDLL_ACE_H

#define ACL_REVISION_DS 4
#define SYSTEM_AUDIT_OBJECT_ACE_TYPE 7
#define SYSTEM_ALARM_OBJECT_ACE_TYPE 8

#endif
