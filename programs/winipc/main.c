/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/loader.h"

int main(int argc, char **argv) {
    return winipc_main(argc, argv);
}
