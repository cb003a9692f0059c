/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Vectored exception handlers and vectored continue handlers: two lists for the whole process.
 *
 * Handlers run without the lock and may add and remove handlers, themselves included.  So a node that is being called is held by a count; removal
 * marks it, and the last holder frees it.
 */
#include "dlls/ntdll/vectored.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct vectored_handler {
    struct vectored_handler *next;
    PVECTORED_EXCEPTION_HANDLER handler;
    unsigned n_holders; /* the list, and each call under way */
    bool removed;
};

/* A removed node stays linked until nobody holds it, so that a walk that stands on it finds the next one. */
static struct vectored_handler *vectored_lists[2];
static pthread_mutex_t vectored_lock = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock. */
static void vectored_release(enum vectored_list list, struct vectored_handler *node) {
    if (--node->n_holders)
        return;
    for (struct vectored_handler **at = &vectored_lists[list]; *at; at = &(*at)->next) {
        if (*at == node) {
            *at = node->next;
            break;
        }
    }
    free(node);
}

/* The next node that is in force, held; the one before is let go. */
static struct vectored_handler *vectored_next(enum vectored_list list, struct vectored_handler *node) {
    pthread_mutex_lock(&vectored_lock);
    struct vectored_handler *next = node ? node->next : vectored_lists[list];
    while (next && next->removed)
        next = next->next;
    if (next)
        next->n_holders++;
    if (node)
        vectored_release(list, node);
    pthread_mutex_unlock(&vectored_lock);
    return next;
}

bool vectored_call(enum vectored_list list, EXCEPTION_RECORD *record, CONTEXT *context) {
    EXCEPTION_POINTERS pointers = {record, context};

    if (!__atomic_load_n(&vectored_lists[list], __ATOMIC_ACQUIRE))
        return false;
    for (struct vectored_handler *node = vectored_next(list, NULL); node; node = vectored_next(list, node)) {
        if (node->handler(&pointers) != EXCEPTION_CONTINUE_EXECUTION)
            continue;
        pthread_mutex_lock(&vectored_lock);
        vectored_release(list, node);
        pthread_mutex_unlock(&vectored_lock);
        return true;
    }
    return false;
}

static void *vectored_add(enum vectored_list list, ULONG first, PVECTORED_EXCEPTION_HANDLER handler) {
    struct vectored_handler *node = calloc(1, sizeof *node);
    struct vectored_handler **at = &vectored_lists[list];

    if (!node)
        return NULL;
    node->handler = handler;
    node->n_holders = 1;
    pthread_mutex_lock(&vectored_lock);
    while (!first && *at)
        at = &(*at)->next;
    node->next = *at;
    __atomic_store_n(at, node, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&vectored_lock);
    return node;
}

static ULONG vectored_remove(enum vectored_list list, void *handle) {
    ULONG found = 0;

    pthread_mutex_lock(&vectored_lock);
    for (struct vectored_handler *node = vectored_lists[list]; node && !found; node = node->next) {
        if (node != handle || node->removed)
            continue;
        found = 1;
        node->removed = true;
        vectored_release(list, node);
        break;
    }
    pthread_mutex_unlock(&vectored_lock);
    return found;
}

/**
 * RtlAddVectoredExceptionHandler() - adds a handler that is asked before any frame.
 * @first: nonzero: it is called before those that are there.
 * Return: a handle for RtlRemoveVectoredExceptionHandler(), or NULL if there is no memory.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/errhandlingapi/nf-errhandlingapi-addvectoredexceptionhandler
 */
PVOID WINAPI RtlAddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler) {
    return vectored_add(VECTORED_EXCEPTION, first, handler);
}

/* RtlRemoveVectoredExceptionHandler() - Return: nonzero if it was there. */
ULONG WINAPI RtlRemoveVectoredExceptionHandler(PVOID handle) {
    return vectored_remove(VECTORED_EXCEPTION, handle);
}

/**
 * RtlAddVectoredContinueHandler() - adds a handler that is told when a handler said to go on.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/errhandlingapi/nf-errhandlingapi-addvectoredcontinuehandler
 */
PVOID WINAPI RtlAddVectoredContinueHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler) {
    return vectored_add(VECTORED_CONTINUE, first, handler);
}

/* RtlRemoveVectoredContinueHandler() - Return: nonzero if it was there. */
ULONG WINAPI RtlRemoveVectoredContinueHandler(PVOID handle) {
    return vectored_remove(VECTORED_CONTINUE, handle);
}
