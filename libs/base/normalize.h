/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unicode's normalization forms (UAX #15) of UTF-16 text. */
#ifndef WINIPC_BASE_NORMALIZE_H
#define WINIPC_BASE_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The normalized text, malloc'ed, its length in *out_len. NULL: no memory, or (with *bad_at set to its index, else SIZE_MAX) an unpaired surrogate.
 * @compose: forms C and KC; @compatible: forms KC and KD.
 */
uint16_t *unicode_normalize(const uint16_t *text, size_t len, bool compose, bool compatible, size_t *out_len, size_t *bad_at);

#endif
