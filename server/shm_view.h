/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ends of sections that Linux programs find in /dev/shm (libs/base/shm_view.h). */
#ifndef WINIPC_SERVER_SHM_VIEW_H
#define WINIPC_SERVER_SHM_VIEW_H

/* shm_view_gone() - the section whose memory is @fd has no name any more: takes its file's name away, if it has one. */
void shm_view_gone(int fd);
/* shm_view_sweep() - takes away what sessions that were killed have left. */
void shm_view_sweep(void);

#endif
