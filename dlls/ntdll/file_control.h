/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file system's controls do to files of the disk (file_control.c). */
#ifndef WINIPC_NTDLL_FILE_CONTROL_H
#define WINIPC_NTDLL_FILE_CONTROL_H

#include "dlls/ntdll/file.h"

/* file_control() - as file_ops.fsctl. */
NTSTATUS file_control(struct file *file, const struct file_io *io, ULONG_PTR *information);

#endif
