/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/loader.h"
#include "loader/startup.h"
#include "libs/base/linger.h"
#include "programs/output.h"
#include "programs/winipc/look.h"

#include <stdlib.h>
#include <string.h>

extern const char winipc_command;
const char winipc_command = 1; /* tells libwinipc.so that this program is the command and no native Windows program */

static const struct command {
    const char *name;
    int (*main)(int argc, char **argv);
} commands[] = {{"bridge", bridge_main}, {"handles", handles_main}, {"kill", kill_main}, {"ls", ls_main}, {"ps", ps_main}, {"reg", reg_main},
    {"section", section_main}, {"service", service_main}, {"trace", trace_main}};

static void variables_check(void) {
    if (linger_read() < 0)
        fprintf(stderr, "winipc: WINIPC_LINGER_MS: '%.100s' is no number from 0 to %d; %d counts\n",
            getenv("WINIPC_LINGER_MS"), LINGER_MAX_MS, LINGER_MS);
}

int main(int argc, char **argv) {
    const bool is_child = getenv(STARTUP_FD_VARIABLE); /* its words are the program's, and for ps(1) alone */

    if (!is_child)
        variables_check();
    for (size_t i = 0; !is_child && argc > 1 && i < sizeof commands / sizeof *commands; i++) {
        if (!strcmp(argv[1], commands[i].name))
            return output_end("winipc", commands[i].main(argc - 1, argv + 1), LOOK_FAILED);
    }
    return winipc_main(argc, argv);
}
