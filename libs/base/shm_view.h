/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The opt-in view of named sections in /dev/shm (WINIPC_SHM=1), for Linux programs that know shm_open alone: the memory of such a section is a file
 * there.  Whoever makes the section names the file; the server unlinks it when the section's name goes.  All who have the section share one
 * open file description with a shared flock on it: a file whose lock is free was left by a session that was killed.
 */
#ifndef WINIPC_SHM_VIEW_H
#define WINIPC_SHM_VIEW_H

#define SHM_VIEW_FOLDER "/dev/shm"
#define SHM_VIEW_PREFIX SHM_VIEW_FOLDER "/winipc."
#define SHM_VIEW_VARIABLE "WINIPC_SHM"
#define SHM_VIEW_FLAG 0x00100000u /* among a section's SEC_* flags, of which none has this value: it is such a section */

#endif
