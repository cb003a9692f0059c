/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wait completion packets. */
#ifndef WINIPC_NTDLL_WAIT_PACKET_H
#define WINIPC_NTDLL_WAIT_PACKET_H

#include <stdint.h>

/* wait_packet_handle_closed() - NtClose has closed a handle to the object @cell, whose state was @state. */
void wait_packet_handle_closed(uint32_t cell, uint64_t state);

#endif
