/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages that jobs send to completion ports, in order, however long a port's lock is busy. */
#include "server/job.h"

#include "libs/arena/port.h"

#include <errno.h>
#include <stdlib.h>

static struct job_message {
    struct job_message *next;
    uint32_t port; /* cell */
    uint64_t state;
    struct port_packet packet;
} * waiting, **waiting_end = &waiting;

static bool message_send(const struct job_message *message) {
    return port_post(message->port, message->state, &message->packet) != -EAGAIN;
}

static void message_queue(const struct job_message *message) {
    struct job_message *copy = malloc(sizeof *copy);

    if (!copy)
        return; /* lost, which a job's messages may be */
    *copy = *message;
    copy->next = NULL;
    *waiting_end = copy;
    waiting_end = &copy->next;
    server_later();
}

void job_ports_retry(void) {
    while (waiting && message_send(waiting)) {
        struct job_message *sent = waiting;

        waiting = sent->next;
        if (!waiting)
            waiting_end = &waiting;
        free(sent);
    }
    if (waiting)
        server_later();
}

void job_tell_one(uint32_t number, uint32_t message, uint32_t pid) {
    const struct cell *job = job_at(number);
    const uint32_t port = job ? atomic_load(&job->job.port) : 0;
    struct job_message packet = {.port = port - 1};

    if (!port || !cell_at(port - 1))
        return;
    packet.state = CELL_STATE(CELL_COMPLETION, LIFE_LIVE, JOB_PORT_GENERATION(atomic_load(&job->job.port_state)), 0);
    packet.packet =
        (struct port_packet){.key = atomic_load(&job->job.port_key), .value = 4ull * pid, .information = message};
    if (waiting || !message_send(&packet))
        message_queue(&packet);
}

void job_tell(uint32_t number, uint32_t until, uint32_t message, uint32_t pid) {
    for (unsigned depth = 0; number && number != until && depth < JOB_DEPTH; depth++, number = job_parent(number))
        job_tell_one(number, message, pid);
}
