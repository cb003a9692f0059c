/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dynamic thread-local storage: 64 slots in the TEB and 1,024 behind TlsExpansionSlots, which a thread gets when it first
 * sets one of them. What is taken stands in the PEB's bitmaps. A slot is zero in all threads when it is given out.
 */
#include "dlls/ntdll/slots.h"
#include "dlls/ntdll/teb.h"

#include <ntstatus.h>

#include <pthread.h>
#include <stdlib.h>

#define TLS_INLINE 64u
#define TLS_EXPANSION 1024u

static pthread_mutex_t tls_lock = PTHREAD_MUTEX_INITIALIZER; /* guards the PEB's bitmaps */

/* The word of the bitmap and the bit in it that stand for an index. */
static ULONG *tls_bit(ULONG index, ULONG *bit) {
    PEB *const peb = NtCurrentTeb()->Peb;

    *bit = 1u << (index % 32);
    if (index < TLS_INLINE)
        return &peb->TlsBitmapBits[index / 32];
    return &peb->TlsExpansionBitmapBits[(index - TLS_INLINE) / 32];
}

ULONG tls_alloc(void) {
    ULONG found = TLS_OUT_OF_INDEXES, bit;

    pthread_mutex_lock(&tls_lock);
    /* 0 is never given out: on Windows the system has it, and programs take it for "none" */
    for (ULONG index = 1; index < TLS_INLINE + TLS_EXPANSION && found == TLS_OUT_OF_INDEXES; index++) {
        ULONG *const word = tls_bit(index, &bit);

        if (*word & bit)
            continue;
        *word |= bit;
        found = index;
    }
    pthread_mutex_unlock(&tls_lock);
    return found;
}

static void **tls_slot(TEB *teb, ULONG index) {
    if (index < TLS_INLINE)
        return &teb->TlsSlots[index];
    return teb->TlsExpansionSlots ? &teb->TlsExpansionSlots[index - TLS_INLINE] : NULL;
}

static void tls_clear(TEB *teb, void *context) {
    void **const slot = tls_slot(teb, *(const ULONG *)context);

    if (slot)
        *slot = NULL;
}

BOOL tls_free(ULONG index) {
    ULONG bit, *word;
    BOOL taken = FALSE;

    if (index >= TLS_INLINE + TLS_EXPANSION)
        return FALSE;
    pthread_mutex_lock(&tls_lock);
    word = tls_bit(index, &bit);
    if (*word & bit) {
        teb_for_each(tls_clear, &index);
        *word &= ~bit;
        taken = TRUE;
    }
    pthread_mutex_unlock(&tls_lock);
    return taken;
}

BOOL tls_get(ULONG index, void **value) {
    void **slot;

    if (index >= TLS_INLINE + TLS_EXPANSION)
        return FALSE;
    slot = tls_slot(NtCurrentTeb(), index);
    *value = slot ? *slot : NULL;
    return TRUE;
}

NTSTATUS tls_set(ULONG index, void *value) {
    TEB *const teb = NtCurrentTeb();

    if (index >= TLS_INLINE + TLS_EXPANSION)
        return STATUS_INVALID_PARAMETER;
    if (index >= TLS_INLINE && !teb->TlsExpansionSlots) {
        void **const slots = calloc(TLS_EXPANSION, sizeof *slots);

        if (!slots)
            return STATUS_NO_MEMORY;
        __atomic_store_n(&teb->TlsExpansionSlots, slots, __ATOMIC_RELEASE); /* tls_clear reads it in another thread */
    }
    *tls_slot(teb, index) = value;
    return STATUS_SUCCESS;
}

void tls_thread_exit(void) {
    TEB *const teb = NtCurrentTeb();
    void **const slots = teb->TlsExpansionSlots;

    pthread_mutex_lock(&tls_lock); /* no tls_free looks at them now */
    teb->TlsExpansionSlots = NULL;
    pthread_mutex_unlock(&tls_lock);
    free(slots);
}
