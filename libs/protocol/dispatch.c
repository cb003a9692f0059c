/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last step of an answer; see dispatch.h. */
#include "libs/protocol/dispatch.h"

int dispatch_answer(struct dispatch *dispatch, int32_t status) {
    struct message_header header;
    uint32_t serial;

    memcpy(&serial, (const uint8_t *)dispatch->request + offsetof(struct message_header, serial), sizeof serial);
    memcpy(&header, dispatch->reply, sizeof header);
    header.status = status;
    header.serial = serial;
    memcpy(dispatch->reply, &header, sizeof header);
    if (status < 0)
        dispatch->reply_fd = -1;
    return 0;
}
