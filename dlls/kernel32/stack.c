/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calling thread's stack (MSDN: processthreadsapi.h). */
#include "dlls/kernel32/error.h"

/* GetCurrentThreadStackLimits() - the lowest address that is reserved for it, and the one after the highest. */
void WINAPI GetCurrentThreadStackLimits(ULONG_PTR *low, ULONG_PTR *high) {
    const TEB *const teb = NtCurrentTeb();

    *low = (ULONG_PTR)teb->DeallocationStack;
    *high = (ULONG_PTR)teb->Tib.StackBase;
}
