/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UTF-8 and UTF-16, both ways.  Names, paths and text cross this border all the time, so it is written once, with Windows' treatment of
 * what is malformed: each maximal part of a sequence that could have been one, and each unpaired surrogate, becomes U+FFFD.
 *
 * The convert functions never write more than the room given and always consume all of the source: they return the whole length that the
 * result has (as snprintf does), so that a call with no room measures.  They never write half a character.
 */
#ifndef WINIPC_BASE_UTF_H
#define WINIPC_BASE_UTF_H

#include <stddef.h>
#include <stdint.h>

/* One character from UTF-8: sets *used (1..4) and returns the code point, or UTF_BAD for a malformed part of *used bytes. len > 0. */
#define UTF_BAD 0xFFFFFFFFu
uint32_t utf8_decode(const char *src, size_t len, size_t *used);

/* The length in UTF-16 units; *n_bad (may be NULL) counts malformed parts. */
size_t utf8_to_utf16(const char *src, size_t len, uint16_t *dst, size_t room, size_t *n_bad);

/* The length in bytes; *n_bad (may be NULL) counts unpaired surrogates. */
size_t utf16_to_utf8(const uint16_t *src, size_t len, char *dst, size_t room, size_t *n_bad);

/* Length without the terminator. */
size_t utf16_len(const uint16_t *text);

/* Allocated, terminated copies (malloc); NULL when there is no memory. */
uint16_t *utf16_dup_from_utf8(const char *text);
char *utf8_dup_from_utf16(const uint16_t *text);

#endif
