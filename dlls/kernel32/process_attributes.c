/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The attribute list of a new process: what InitializeProcThreadAttributeList lays out in the caller's memory, and CreateProcess reads.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-updateprocthreadattribute
 */
#include "dlls/kernel32/process_attributes.h"

#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/system.h"

#define ATTRIBUTES_MAX 64

struct attribute {
    DWORD_PTR attribute;
    SIZE_T size;
    void *value;
};

struct attribute_list {
    DWORD maximum, n;
    struct attribute attribute[];
};

/**
 * InitializeProcThreadAttributeList() - prepares a list for @count attributes.
 * Return: TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER (*size receives what is needed), ERROR_INVALID_PARAMETER.
 */
BOOL WINAPI InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD count, DWORD flags, SIZE_T *size) {
    struct attribute_list *attributes = (struct attribute_list *)list;
    const SIZE_T need = sizeof *attributes + count * sizeof attributes->attribute[0];
    const BOOL fits = attributes && *size >= need;

    if (flags || count > ATTRIBUTES_MAX) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *size = need;
    if (!fits) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    attributes->maximum = count;
    attributes->n = 0;
    return TRUE;
}

/* Whether a value of that size can be one of the attribute's.  Return: an error; ERROR_NOT_SUPPORTED: winipc has no such attribute. */
static DWORD attribute_check(DWORD_PTR attribute, SIZE_T size) {
    bool fits;

    switch (attribute) {
    case PROC_THREAD_ATTRIBUTE_HANDLE_LIST:
    case PROC_THREAD_ATTRIBUTE_JOB_LIST: fits = size && size % sizeof(HANDLE) == 0; break;
    case PROC_THREAD_ATTRIBUTE_PARENT_PROCESS: fits = size == sizeof(HANDLE); break;
    case PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY: fits = size == sizeof(GROUP_AFFINITY); break;
    case PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR: fits = size == sizeof(PROCESSOR_NUMBER); break;
    case PROC_THREAD_ATTRIBUTE_PREFERRED_NODE: fits = size == sizeof(USHORT); break;
    case PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY: fits = size == sizeof(DWORD) || size == 8 || size == 16; break;
    default: return ERROR_NOT_SUPPORTED;
    }
    return fits ? ERROR_SUCCESS : ERROR_BAD_LENGTH;
}

static const struct attribute *attribute_find(const struct attribute_list *list, DWORD_PTR attribute) {
    for (DWORD i = 0; i < list->n; i++) {
        if (list->attribute[i].attribute == attribute)
            return &list->attribute[i];
    }
    return NULL;
}

/**
 * UpdateProcThreadAttribute() - adds an attribute; @value must stay valid until the list is deleted.
 * Return: TRUE; FALSE with ERROR_GEN_FAILURE (the list is full), ERROR_INVALID_PARAMETER, ERROR_BAD_LENGTH, ERROR_OBJECT_NAME_EXISTS (it is
 * there), ERROR_NOT_SUPPORTED (an attribute that winipc does not have).
 */
BOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD flags, DWORD_PTR attribute, void *value, SIZE_T size,
    void *previous, SIZE_T *returned) {
    struct attribute_list *attributes = (struct attribute_list *)list;
    DWORD error = flags || previous || returned ? ERROR_INVALID_PARAMETER : attribute_check(attribute, size);

    if (!error && attribute_find(attributes, attribute))
        error = ERROR_OBJECT_NAME_EXISTS;
    if (!error && attributes->n == attributes->maximum)
        error = ERROR_GEN_FAILURE;
    if (error) {
        SetLastError(error);
        return FALSE;
    }
    attributes->attribute[attributes->n++] = (struct attribute){attribute, size, value};
    return TRUE;
}

void WINAPI DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list) {
    (void)list; /* all of it is in the caller's memory */
}

/* ---- what they ask for ---- */

/*
 * What cannot be had must not be promised: strict handle checks (bit 24), no system calls of win32k (28), no dynamic code (36), only signed
 * images (44), and all of the second word.  The others hold anyway (DEP, SEHOP, random addresses, no extension points) or ask for what the
 * image's own code does (control flow guard).
 */
#define MITIGATIONS_LACKING (1ull << 24 | 1ull << 28 | 1ull << 36 | 1ull << 44)

static DWORD plan_mitigations(const struct attribute *attribute) {
    uint64_t words[2] = {0, 0};

    memcpy(words, attribute->value, attribute->size);
    return words[0] & MITIGATIONS_LACKING || words[1] ? ERROR_NOT_SUPPORTED : ERROR_SUCCESS;
}

static DWORD plan_affinity(struct process_plan *plan, const GROUP_AFFINITY *affinity) {
    if (affinity->Group || !affinity->Mask || affinity->Mask & ~system_processor_mask())
        return ERROR_INVALID_PARAMETER;
    plan->affinity = affinity->Mask;
    return ERROR_SUCCESS;
}

/* There is one node, and one group of processors. */
static DWORD plan_attribute(struct process_plan *plan, const struct attribute *attribute) {
    const PROCESSOR_NUMBER *processor = attribute->value;

    switch (attribute->attribute) {
    case PROC_THREAD_ATTRIBUTE_PARENT_PROCESS: plan->parent = *(const HANDLE *)attribute->value; break;
    case PROC_THREAD_ATTRIBUTE_JOB_LIST:
        plan->jobs = attribute->value;
        plan->n_jobs = attribute->size / sizeof(HANDLE);
        break;
    case PROC_THREAD_ATTRIBUTE_HANDLE_LIST:
        plan->handles = attribute->value;
        plan->n_handles = attribute->size / sizeof(HANDLE);
        break;
    case PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY: return plan_affinity(plan, attribute->value);
    case PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR:
        return processor->Group || processor->Number >= system_processor_count() ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
    case PROC_THREAD_ATTRIBUTE_PREFERRED_NODE: return *(const USHORT *)attribute->value ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
    case PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY: return plan_mitigations(attribute);
    default: break;
    }
    return ERROR_SUCCESS;
}

BOOL plan_attributes(struct process_plan *plan, const STARTUPINFOEXW *info) {
    const struct attribute_list *attributes = (const struct attribute_list *)info->lpAttributeList;
    DWORD error = ERROR_SUCCESS;

    for (DWORD i = 0; attributes && i < attributes->n && !error; i++)
        error = plan_attribute(plan, &attributes->attribute[i]);
    if (!error && plan->handles && !plan->inherit)
        error = ERROR_INVALID_PARAMETER; /* a list of handles where none are inherited */
    if (error)
        SetLastError(error);
    return !error;
}
