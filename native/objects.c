/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * winipc/objects.h: the session's named objects under C names, for Linux programs.  Nothing but kernel32's functions,
 * with Linux' calling convention, UTF-8 and errno; an object is a handle.
 */
#include <windows.h>
#include <winternl.h>

#include <errno.h>

#include "winipc/objects.h"

static const struct {
    DWORD error;
    int number;
} numbers[] = {{ERROR_FILE_NOT_FOUND, ENOENT}, {ERROR_PATH_NOT_FOUND, ENOENT}, {ERROR_ACCESS_DENIED, EACCES},
    {ERROR_INVALID_PARAMETER, EINVAL}, {ERROR_MAPPED_ALIGNMENT, EINVAL}, {ERROR_BAD_PATHNAME, EINVAL},
    {ERROR_INVALID_NAME, EINVAL}, {ERROR_INVALID_ADDRESS, EINVAL}, {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM}, {ERROR_COMMITMENT_LIMIT, ENOMEM}, {ERROR_NO_SYSTEM_RESOURCES, ENOMEM},
    {ERROR_TOO_MANY_OPEN_FILES, EMFILE}, {ERROR_NOT_OWNER, EPERM}, {ERROR_TOO_MANY_POSTS, EOVERFLOW}};

/* @handle: what ERROR_INVALID_HANDLE means: EINVAL, or of a name EMEDIUMTYPE. */
static int number_of_error(int handle) {
    const DWORD error = GetLastError();

    if (error == ERROR_INVALID_HANDLE)
        return handle;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].error == error)
            return numbers[i].number;
    return EIO;
}

static int result(BOOL done) {
    if (!done)
        errno = number_of_error(EINVAL);
    return done ? 0 : -1;
}

static winipc_object *opened(HANDLE handle) {
    if (!handle)
        errno = number_of_error(EMEDIUMTYPE);
    return (winipc_object *)handle;
}

static winipc_object *created(HANDLE handle, int *existed) {
    if (handle && existed)
        *existed = GetLastError() == ERROR_ALREADY_EXISTS;
    return opened(handle);
}

int winipc_close(winipc_object *object) {
    return result(CloseHandle(object));
}

/* ---- sections ---- */

static int how_is_wrong(int how) {
    if (how == WINIPC_READ || how == WINIPC_WRITE || how == (WINIPC_READ | WINIPC_WRITE))
        return 0;
    errno = EINVAL;
    return 1;
}

static DWORD map_access(int how) {
    return how & WINIPC_WRITE ? FILE_MAP_READ | FILE_MAP_WRITE : FILE_MAP_READ;
}

winipc_object *winipc_section_open(const char *name, int how) {
    if (how_is_wrong(how))
        return NULL;
    return opened(OpenFileMappingA(map_access(how) | SECTION_QUERY, FALSE, name));
}

winipc_object *winipc_section_create(const char *name, uint64_t size, int *existed) {
    return created(
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, (DWORD)(size >> 32), (DWORD)size, name),
        existed);
}

uint64_t winipc_section_size(winipc_object *section) {
    SECTION_BASIC_INFORMATION basic;

    if (!NtQuerySection(section, SectionBasicInformation, &basic, sizeof basic, NULL))
        return (uint64_t)basic.Size.QuadPart;
    errno = EINVAL;
    return 0;
}

void *winipc_section_map(winipc_object *section, uint64_t offset, size_t *size, int how) {
    const uint64_t whole = winipc_section_size(section);
    void *view;

    if (how_is_wrong(how))
        return NULL;
    view = MapViewOfFile(section, map_access(how), (DWORD)(offset >> 32), (DWORD)offset, size ? *size : 0);
    if (!view) {
        errno = offset >= whole ? EINVAL : number_of_error(EINVAL);
        return NULL;
    }
    if (size) {
        const uint64_t length = *size ? *size : whole - offset;

        *size = (length + 4095) & ~(uint64_t)4095;
    }
    return view;
}

int winipc_section_unmap(void *address) {
    return result(UnmapViewOfFile(address));
}

/* ---- events, mutexes, semaphores ---- */

winipc_object *winipc_event_open(const char *name) {
    return opened(OpenEventA(SYNCHRONIZE | EVENT_MODIFY_STATE, FALSE, name));
}

winipc_object *winipc_event_create(const char *name, int manual, int signalled, int *existed) {
    return created(CreateEventA(NULL, manual, signalled, name), existed);
}

int winipc_event_set(winipc_object *event) {
    return result(SetEvent(event));
}

int winipc_event_reset(winipc_object *event) {
    return result(ResetEvent(event));
}

winipc_object *winipc_mutex_open(const char *name) {
    return opened(OpenMutexA(SYNCHRONIZE | MUTEX_MODIFY_STATE, FALSE, name));
}

winipc_object *winipc_mutex_create(const char *name, int owned, int *existed) {
    return created(CreateMutexA(NULL, owned, name), existed);
}

int winipc_mutex_release(winipc_object *mutex) {
    return result(ReleaseMutex(mutex));
}

winipc_object *winipc_semaphore_open(const char *name) {
    return opened(OpenSemaphoreA(SYNCHRONIZE | SEMAPHORE_MODIFY_STATE, FALSE, name));
}

winipc_object *winipc_semaphore_create(const char *name, int32_t count, int32_t maximum, int *existed) {
    return created(CreateSemaphoreA(NULL, count, maximum, name), existed);
}

int winipc_semaphore_release(winipc_object *semaphore, int32_t count, int32_t *before) {
    LONG was = 0;
    const int failed = result(ReleaseSemaphore(semaphore, count, &was));

    if (!failed && before)
        *before = was;
    return failed;
}

/* ---- waits ---- */

int winipc_wait_any(winipc_object *const *objects, size_t n, int milliseconds, int *abandoned) {
    DWORD at;

    if (!objects || n < 1 || n > MAXIMUM_WAIT_OBJECTS || milliseconds < -1) {
        errno = EINVAL;
        return -1;
    }
    at = WaitForMultipleObjects((DWORD)n, (const HANDLE *)objects, FALSE, (DWORD)milliseconds);
    if (at == WAIT_TIMEOUT || at == WAIT_FAILED) {
        errno = at == WAIT_TIMEOUT ? ETIMEDOUT : number_of_error(EINVAL);
        return -1;
    }
    if (abandoned)
        *abandoned = at >= WAIT_ABANDONED_0;
    return (int)(at >= WAIT_ABANDONED_0 ? at - WAIT_ABANDONED_0 : at - WAIT_OBJECT_0);
}

int winipc_wait(winipc_object *object, int milliseconds) {
    int abandoned = 0;

    return winipc_wait_any(&object, 1, milliseconds, &abandoned) < 0 ? -1 : abandoned;
}
