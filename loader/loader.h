/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WINIPC_LOADER_H
#define WINIPC_LOADER_H
int winipc_main(int argc, char **argv);
#endif
