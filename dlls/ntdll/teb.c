/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PEB and TEBs.  A TEB lies in pages of its own, below 2^47, zeroed but for what compilers and run-times read: stack
 * bounds, itself, ids, PEB.  All TEBs are linked through TlsLinks, under teb_lock.
 */
#include "dlls/ntdll/teb.h"

#include <asm/prctl.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dlls/ntdll/page_cache.h"

#define TEB_BYTES 0x2000 /* sizeof(TEB), rounded up to pages */

_Static_assert(sizeof(TEB) <= TEB_BYTES, "TEB_BYTES is too small");
_Static_assert(offsetof(TEB, TlsSlots) == 0x1480 && offsetof(TEB, LastErrorValue) == 0x68, "the TEB's layout is Windows'");
_Static_assert(offsetof(PEB, ProcessParameters) == 0x20 && offsetof(PEB, SessionId) == 0x2c0, "the PEB's layout is Windows'");

static union {
    PEB peb;
    char page[4096];
} process_block __attribute__((aligned(4096)));

static struct page_cache teb_pages = PAGE_CACHE(TEB_BYTES);
static pthread_mutex_t teb_lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_ENTRY teb_list = {&teb_list, &teb_list};

PEB *winipc_peb(void) {
    return &process_block.peb;
}

TEB *teb_create(void *stack_low, size_t stack_size) {
    TEB *teb = page_cache_take(&teb_pages);

    if (!teb)
        return NULL;
    memset(teb, 0, TEB_BYTES);
    teb->Tib.ExceptionList = (void *)~(ULONG_PTR)0;
    teb->Tib.StackBase = (char *)stack_low + stack_size;
    teb->Tib.StackLimit = stack_low;
    teb->Tib.Self = &teb->Tib;
    teb->DeallocationStack = stack_low;
    teb->Peb = winipc_peb();
    teb->StaticUnicodeString.Buffer = teb->StaticUnicodeBuffer;
    teb->StaticUnicodeString.MaximumLength = sizeof teb->StaticUnicodeBuffer;
    return teb;
}

void teb_enter(TEB *teb) {
    teb->ClientId.UniqueProcess = teb_id(getpid());
    teb->ClientId.UniqueThread = teb_id(gettid());
    teb->RealClientId = teb->ClientId;
    syscall(SYS_arch_prctl, ARCH_SET_GS, teb);
    pthread_mutex_lock(&teb_lock);
    teb->TlsLinks.Flink = &teb_list;
    teb->TlsLinks.Blink = teb_list.Blink;
    teb_list.Blink->Flink = &teb->TlsLinks;
    teb_list.Blink = &teb->TlsLinks;
    pthread_mutex_unlock(&teb_lock);
}

void teb_leave(void) {
    TEB *teb = NtCurrentTeb();

    pthread_mutex_lock(&teb_lock);
    teb->TlsLinks.Flink->Blink = teb->TlsLinks.Blink;
    teb->TlsLinks.Blink->Flink = teb->TlsLinks.Flink;
    pthread_mutex_unlock(&teb_lock);
    syscall(SYS_arch_prctl, ARCH_SET_GS, 0);
    page_cache_give(&teb_pages, teb);
}

void teb_for_each(void (*visit)(TEB *teb, void *context), void *context) {
    pthread_mutex_lock(&teb_lock);
    for (LIST_ENTRY *entry = teb_list.Flink; entry != &teb_list; entry = entry->Flink)
        visit(CONTAINING_RECORD(entry, TEB, TlsLinks), context);
    pthread_mutex_unlock(&teb_lock);
}

PEB *WINAPI RtlGetCurrentPeb(void) {
    return winipc_peb();
}
