/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* winipc handles: a process's handles, what they stand for, and what they permit. */
#include "programs/winipc/look.h"

#include <stdio.h>

static void handle_print(uint64_t handle, uint64_t entry) {
    const unsigned flags = (unsigned)ENTRY_FLAGS(entry);
    char object[LOOK_TEXT], state[LOOK_TEXT];

    look_object(ENTRY_CELL(entry), object);
    look_state(ENTRY_CELL(entry), state);
    printf("%6llu  0x%08x %c%c  %s", (unsigned long long)handle, ENTRY_ACCESS(entry),
        flags & HANDLE_INHERIT ? 'i' : '-', flags & HANDLE_PROTECT ? 'p' : '-', object);
    printf(*state ? "  (%s)\n" : "\n", state);
}

int handles_main(int argc, char **argv) {
    const uint32_t pid = argc == 2 ? look_pid(argv[1]) : 0;
    uint64_t handle = 0, entry;
    uint32_t slot;

    if (!pid)
        return look_usage("handles PID");
    if (!look_open())
        return LOOK_NO_SESSION;
    slot = look_process_slot(pid);
    if (slot == ARENA_MAX_PROCESSES) {
        fprintf(stderr, "winipc: no Windows program of this session has the process id %u; see winipc ps\n", pid);
        return LOOK_NO_SESSION;
    }
    puts("HANDLE      ACCESS     OBJECT");
    for (; look_next_handle(slot, &handle, &entry); handle += 4)
        handle_print(handle, entry);
    return 0;
}
