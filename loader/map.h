/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A PE image in memory: placing, filling, relocating, protecting (map.c, reloc.c). */
#ifndef WINIPC_LOADER_MAP_H
#define WINIPC_LOADER_MAP_H

#include "loader/image.h"

/*
 * Parses the headers of an open file.  Most images' headers are in the first page; only for the others are IMAGE_HEAD_MAX bytes read.
 * Return: 0 with *verdict, or -errno (-EINVAL: no regular file).
 */
int image_read(int fd, struct image_info *info, enum image_verdict *verdict);

/* Maps the whole image writable, at its own base where that is free; 0, or -errno (-EADDRINUSE: it cannot be moved). */
int image_map(int fd, const struct image_info *info, uint8_t **base);

/* The same at that address, or nowhere. */
int image_map_at(int fd, const struct image_info *info, uint8_t *base);

/* The same from bytes in memory, for tests. */
int image_map_bytes(const uint8_t *bytes, const struct image_info *info, uint8_t **base);

void image_unmap(const struct image_info *info, uint8_t *base);

/* Gives each section the protection that its flags ask for; what lies between them becomes inaccessible. */
int image_protect(const struct image_info *info, uint8_t *base);

/* Applies the base relocations for a move by delta; 0, or -EINVAL when they point outside the image. */
int image_relocate(const struct image_info *info, uint8_t *base, uint64_t delta);

#endif
