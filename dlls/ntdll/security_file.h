/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Security descriptors of files: what Linux keeps of them. */
#ifndef WINIPC_NTDLL_SECURITY_FILE_H
#define WINIPC_NTDLL_SECURITY_FILE_H

#include "dlls/ntdll/security.h"

/* security_file_has() - whether the file object in @cell stands for a Linux file, whose descriptor is told from that.
 */
bool security_file_has(uint32_t cell);
/* security_file_read() - Return: the descriptor's size, 0 when there is none. */
size_t security_file_read(HANDLE handle, void *bytes, size_t room);
/* security_file_write() - makes the file's owner, group and mode what a descriptor says.
 * Return: STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_NOT_SUPPORTED (Linux cannot keep it). */
NTSTATUS security_file_write(HANDLE handle, const void *bytes, size_t size, SECURITY_INFORMATION what);

#endif
