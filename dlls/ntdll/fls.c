/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fiber-local storage. A thread or fiber has its values behind TEB.FlsSlots, made when it first sets one; all of them stand in a
 * list, so that FlsFree can call the callback for each value that is left. Callbacks are called without the lock.
 */
#include "dlls/ntdll/slots.h"

#include <ntstatus.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FLS_MAX 4080u
#define FLS_GROWTH 64u

enum fls_state { FLS_UNUSED, FLS_TAKEN, FLS_GOING };

/* Values of one thread or fiber; only it grows them or sets one, under the lock. */
struct fls_data {
    struct fls_data *next, *previous;
    ULONG n_values;
    void **values;
};

struct fls_index {
    PFLS_CALLBACK_FUNCTION callback;
    enum fls_state state;
};

static pthread_mutex_t fls_lock = PTHREAD_MUTEX_INITIALIZER;
static struct fls_index fls_indices[FLS_MAX]; /* under the lock; as fls_all and fls_high are */
static ULONG fls_high;                        /* above it no index was ever taken */
static struct fls_data *fls_all;

/**
 * RtlFlsAlloc() - FlsAlloc's core.
 * @callback: called with each value that is not NULL when a thread or fiber ends or the index is freed; may be NULL.
 * Return: STATUS_NO_MEMORY when all indices are taken.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fibersapi/nf-fibersapi-flsalloc
 */
NTSTATUS WINAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION callback, ULONG *index) {
    NTSTATUS status = STATUS_NO_MEMORY;

    pthread_mutex_lock(&fls_lock);
    for (ULONG i = 1; i < FLS_MAX && status; i++) {
        if (fls_indices[i].state != FLS_UNUSED)
            continue;
        fls_indices[i] = (struct fls_index){callback, FLS_TAKEN};
        if (i > fls_high)
            fls_high = i;
        *index = i;
        status = STATUS_SUCCESS;
    }
    pthread_mutex_unlock(&fls_lock);
    return status;
}

/* Takes a value that is left for an index out of any thread's or fiber's data. */
static void *fls_take_any(ULONG index) {
    void *value = NULL;

    pthread_mutex_lock(&fls_lock);
    for (struct fls_data *data = fls_all; data && !value; data = data->next) {
        if (index >= data->n_values)
            continue;
        value = data->values[index];
        data->values[index] = NULL;
    }
    pthread_mutex_unlock(&fls_lock);
    return value;
}

/**
 * RtlFlsFree() - FlsFree: the callback runs for every value that is left, in the calling thread.
 * Return: STATUS_INVALID_PARAMETER for an index that is not taken.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fibersapi/nf-fibersapi-flsfree
 */
NTSTATUS WINAPI RtlFlsFree(ULONG index) {
    PFLS_CALLBACK_FUNCTION callback = NULL;
    bool taken = false;
    void *value;

    pthread_mutex_lock(&fls_lock);
    if (index < FLS_MAX && fls_indices[index].state == FLS_TAKEN) {
        taken = true;
        callback = fls_indices[index].callback;
        fls_indices[index].state = FLS_GOING;
    }
    pthread_mutex_unlock(&fls_lock);
    if (!taken)
        return STATUS_INVALID_PARAMETER;
    while ((value = fls_take_any(index)) != NULL)
        if (callback)
            callback(value);
    pthread_mutex_lock(&fls_lock);
    fls_indices[index] = (struct fls_index){NULL, FLS_UNUSED};
    pthread_mutex_unlock(&fls_lock);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlFlsGetValue(ULONG index, void **value) {
    const struct fls_data *const data = (const struct fls_data *)NtCurrentTeb()->FlsSlots;

    if (index == 0 || index >= FLS_MAX)
        return STATUS_INVALID_PARAMETER;
    *value = data && index < data->n_values ? data->values[index] : NULL;
    return STATUS_SUCCESS;
}

/* The calling thread's or fiber's data with room for index, or NULL. Under the lock. */
static struct fls_data *fls_data_with(ULONG index) {
    TEB *const teb = NtCurrentTeb();
    struct fls_data *data = (struct fls_data *)teb->FlsSlots;

    if (!data) {
        data = calloc(1, sizeof *data);
        if (!data)
            return NULL;
        data->next = fls_all;
        if (fls_all)
            fls_all->previous = data;
        fls_all = data;
        teb->FlsSlots = (TEB_FLS_DATA *)data;
    }
    if (index >= data->n_values) {
        const ULONG wanted = index - index % FLS_GROWTH + FLS_GROWTH;
        void **const values = realloc(data->values, wanted * sizeof *values);

        if (!values)
            return NULL;
        memset(values + data->n_values, 0, (wanted - data->n_values) * sizeof *values);
        data->values = values;
        data->n_values = wanted;
    }
    return data;
}

/* RtlFlsSetValue() - Return: STATUS_INVALID_PARAMETER for an index that is not taken; STATUS_NO_MEMORY. */
NTSTATUS WINAPI RtlFlsSetValue(ULONG index, void *value) {
    NTSTATUS status = STATUS_INVALID_PARAMETER;

    if (index >= FLS_MAX)
        return status;
    pthread_mutex_lock(&fls_lock);
    if (fls_indices[index].state == FLS_TAKEN) {
        struct fls_data *const data = fls_data_with(index);

        if (data)
            data->values[index] = value;
        status = data ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    pthread_mutex_unlock(&fls_lock);
    return status;
}

/* Calls the callbacks for what data holds, from index on; one that sets an earlier value again is not called for that. */
static void fls_call_all(struct fls_data *data) {
    for (ULONG index = 1; data && index <= fls_high; index++) {
        PFLS_CALLBACK_FUNCTION callback = NULL;
        void *value = NULL;

        pthread_mutex_lock(&fls_lock);
        if (index < data->n_values) {
            value = data->values[index];
            data->values[index] = NULL;
            callback = fls_indices[index].callback;
        }
        pthread_mutex_unlock(&fls_lock);
        if (value && callback)
            callback(value);
    }
}

static void fls_drop(struct fls_data *data) {
    pthread_mutex_lock(&fls_lock);
    if (data->previous)
        data->previous->next = data->next;
    else
        fls_all = data->next;
    if (data->next)
        data->next->previous = data->previous;
    pthread_mutex_unlock(&fls_lock);
    free(data->values);
    free(data);
}

void fls_run_callbacks(void) {
    fls_call_all((struct fls_data *)NtCurrentTeb()->FlsSlots);
}

void fls_delete(void *data) {
    if (!data)
        return;
    fls_call_all(data);
    fls_drop(data);
}

void fls_thread_exit(void) {
    TEB *const teb = NtCurrentTeb();
    struct fls_data *const data = (struct fls_data *)teb->FlsSlots;

    if (!data)
        return;
    teb->FlsSlots = NULL;
    fls_drop(data);
}
