/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binding a module's imports to other modules' exports (link.c); all under the loader's lock. */
#ifndef WINIPC_LOADER_LINK_H
#define WINIPC_LOADER_LINK_H

#include "loader/module.h"

/* Loads what the module imports from and fills its address slots; what is missing gets a thunk. */
NTSTATUS link_module(struct module *module);

/*
 * The address of module's export, forwards followed; *target is the module that has it in the end.  A module that had to be
 * loaded for a forward becomes one that needer needs.
 */
void *link_export(struct module *module, struct module *needer, const char *name, uint32_t ordinal, struct module **target);

/* link_trace() - leads what a bound module imports from our DLLs to the thunks of call_trace.h. */
void link_trace(struct module *module);

/* What the last failed start lacked: the DLL, and who needs it. */
void link_note_failure(const struct module *dll, const struct module *needer);
const char *link_failed_dll(void);
const char *link_failed_needer(void);

#endif
