/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Object attributes, guarded; see attributes.h.  A security descriptor is taken by who keeps it (security_copy). */
#include "dlls/ntdll/attributes.h"

#include <ntstatus.h>

#include "libs/host/guard.h"

NTSTATUS attributes_capture(struct attributes *copy, const OBJECT_ATTRIBUTES **attributes) {
    OBJECT_ATTRIBUTES *object = &copy->object;

    if (!*attributes)
        return STATUS_SUCCESS;
    if (guard_copy_from(object, *attributes, sizeof *object))
        return STATUS_ACCESS_VIOLATION;
    if (object->SecurityQualityOfService &&
        guard_probe_read(object->SecurityQualityOfService, sizeof(SECURITY_QUALITY_OF_SERVICE)))
        return STATUS_ACCESS_VIOLATION;
    if (object->ObjectName) {
        if (guard_copy_from(&copy->name, object->ObjectName, sizeof copy->name) ||
            (copy->name.Length && guard_probe_read(copy->name.Buffer, copy->name.Length)))
            return STATUS_ACCESS_VIOLATION;
        object->ObjectName = &copy->name;
    }
    *attributes = object;
    return STATUS_SUCCESS;
}

NTSTATUS attributes_capture_for(HANDLE *handle, struct attributes *copy, const OBJECT_ATTRIBUTES **attributes) {
    if (guard_probe_write(handle, sizeof *handle))
        return STATUS_ACCESS_VIOLATION;
    *handle = NULL;
    return attributes_capture(copy, attributes);
}
