/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WINIPC_NTDLL_TEB_H
#define WINIPC_NTDLL_TEB_H
#endif
