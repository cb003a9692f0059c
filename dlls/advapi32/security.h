/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the security files of advapi32 share. */
#ifndef WINIPC_ADVAPI32_SECURITY_H
#define WINIPC_ADVAPI32_SECURITY_H

#include <windows.h>
#include <winternl.h>

/* Return: TRUE, or FALSE with the last error that belongs to @status. */
static inline BOOL nt_result(NTSTATUS status) {
    if (status)
        SetLastError(RtlNtStatusToDosError(status));
    return !status;
}

/* Return: FALSE, with that last error. */
static inline BOOL fail_with(DWORD error) {
    SetLastError(error);
    return FALSE;
}

/* Letters of SID texts and SDDL: ASCII alone has case there. */
static inline WCHAR letter_upper(WCHAR c) {
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

/* sid_from_text() - a SID from "S-1-…" or two letters of SDDL, of which it is told how many units were read.
 * @sid: room for SECURITY_MAX_SID_SIZE bytes.  Return: FALSE if there is none. */
BOOL sid_from_text(const WCHAR *text, PSID sid, size_t *used);
/* sid_alias() - the two letters that stand for a SID in SDDL.  Return: FALSE if there are none. */
BOOL sid_alias(PSID sid, WCHAR alias[3]);

#endif
