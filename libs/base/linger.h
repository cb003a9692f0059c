/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WINIPC_LINGER_MS: read by the server, and by the command, which can tell what is wrong: the server has no stderr. */
#ifndef WINIPC_BASE_LINGER_H
#define WINIPC_BASE_LINGER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LINGER_MS = 10000, LINGER_MAX_MS = 86400000 };

/* linger_read() - what the variable says, in ms.  Return: LINGER_MS if it is not set; -1 if it is no such number. */
static inline int64_t linger_read(void) {
    const char *text = getenv("WINIPC_LINGER_MS");
    const size_t n = text ? strlen(text) : 0;

    if (!text)
        return LINGER_MS;
    if (!n || n > 8 || strspn(text, "0123456789") != n || atoi(text) > LINGER_MAX_MS)
        return -1;
    return atoi(text);
}

#endif
