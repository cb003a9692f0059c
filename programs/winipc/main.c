/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/loader.h"

extern const char winipc_command;
const char winipc_command = 1; /* tells libwinipc.so that this program is the command and no native Windows program */

int main(int argc, char **argv) {
    return winipc_main(argc, argv);
}
