/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers made of structures and their texts.  The narrow and the wide structures differ in nothing but the texts that
 * they point to. */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

void service_pack_begin(struct service_pack *pack, void *buffer, DWORD size, BOOL ansi) {
    *pack = (struct service_pack){.front = buffer, .back = (BYTE *)buffer + (buffer ? size : 0), .ansi = ansi};
}

void *service_pack_struct(struct service_pack *pack, size_t size) {
    void *place = pack->front;

    pack->need += (DWORD)size;
    if (pack->is_short || (size_t)(pack->back - pack->front) < size) {
        pack->is_short = TRUE;
        return NULL;
    }
    pack->front += size;
    return place;
}

void *service_pack_bytes(struct service_pack *pack, const void *bytes, size_t size) {
    size_t room;

    pack->need += (DWORD)((size + 1) & ~(size_t)1); /* what is wide stays even */
    room = (size_t)(pack->back - pack->front);
    size = (size + 1) & ~(size_t)1;
    if (pack->is_short || room < size) {
        pack->is_short = TRUE;
        return NULL;
    }
    pack->back -= size;
    memcpy(pack->back, bytes, size);
    return pack->back;
}

void *service_pack_text(struct service_pack *pack, const WCHAR *text, BOOL list) {
    const size_t chars = (list ? service_list_chars(text) : reg_text_len(text)) + 1;
    char *narrow;
    void *place;
    int size;

    if (!text)
        return NULL;
    if (!pack->ansi)
        return service_pack_bytes(pack, text, chars * sizeof *text);
    size = WideCharToMultiByte(CP_ACP, 0, text, (int)chars, NULL, 0, NULL, NULL);
    narrow = calloc(1, (size_t)size + 1);
    if (!narrow) {
        pack->is_short = TRUE;
        return NULL;
    }
    WideCharToMultiByte(CP_ACP, 0, text, (int)chars, narrow, size, NULL, NULL);
    place = service_pack_bytes(pack, narrow, (size_t)size);
    free(narrow);
    return place;
}

BOOL service_wide_list(const char *list, WCHAR **wide) {
    int bytes = 0, chars;

    *wide = NULL;
    if (!list)
        return TRUE;
    while (list[bytes])
        bytes += (int)strlen(list + bytes) + 1;
    bytes++;
    chars = MultiByteToWideChar(CP_ACP, 0, list, bytes, NULL, 0);
    *wide = calloc((size_t)chars + 1, sizeof **wide);
    if (*wide)
        MultiByteToWideChar(CP_ACP, 0, list, bytes, *wide, chars);
    return *wide != NULL;
}
