/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asserts the layout that context_x64.S knows by number. */
#include <stddef.h>
#include <stdint.h>

#include "dlls/ntdll/context.h"
#include "libs/arena/arena.h"

#define CONTEXT_FIELD(field, offset) _Static_assert(offsetof(CONTEXT, field) == (offset), "context_x64.S knows CONTEXT." #field)

CONTEXT_FIELD(ContextFlags, 0x30);
CONTEXT_FIELD(MxCsr, 0x34);
CONTEXT_FIELD(SegCs, 0x38);
CONTEXT_FIELD(SegSs, 0x42);
CONTEXT_FIELD(EFlags, 0x44);
CONTEXT_FIELD(Rax, 0x78);
CONTEXT_FIELD(Rsp, 0x98);
CONTEXT_FIELD(R15, 0xf0);
CONTEXT_FIELD(Rip, 0xf8);
CONTEXT_FIELD(FltSave, 0x100);
CONTEXT_FIELD(Xmm0, 0x1a0);
_Static_assert(sizeof(CONTEXT) == 0x4d0, "context_x64.S knows CONTEXT's size");
_Static_assert(offsetof(DISPATCHER_CONTEXT, LanguageHandler) == 0x30, "context_x64.S knows DISPATCHER_CONTEXT.LanguageHandler");
_Static_assert(offsetof(EXCEPTION_RECORD, ExceptionInformation) == 0x20, "context_x64.S knows EXCEPTION_RECORD.ExceptionInformation");
_Static_assert(offsetof(struct arena_self, slot) == 0, "context_x64.S knows arena_self.slot");
_Static_assert(offsetof(struct thread_slot, suspend) == 12, "context_x64.S knows thread_slot.suspend");
