/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/loader.h"

int winipc_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    return 125;
}
