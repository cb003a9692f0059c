/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named objects of a winipc session for Linux programs that are otherwise none of Windows': sections (shared memory),
 * events, mutexes and semaphores, by the names under which Windows programs know them, with the same lifetime and the
 * same waits.
 *
 *     gcc watch.c $(pkg-config --cflags --libs winipc-objects)
 *
 * A name is UTF-8, with or without Local\ or Global\ before it, up to 260 characters; upper and lower case differ.  It
 * lives as long as anybody has the object open, a section's memory as long as anybody has it open or mapped.  What a
 * program has open goes when it ends, however it ends.
 *
 * The program becomes a process of the session when it starts, and starts the session's server if there is none.  All
 * functions may be called by any thread; a mutex belongs to the thread that waited for it.
 *
 * Errors: NULL or -1, with errno: ENOENT (nobody has an object of that name), EMEDIUMTYPE (it is of another type),
 * EACCES (its descriptor does not let you), EINVAL (an impossible name or argument), ENAMETOOLONG, ENOMEM, EMFILE, EIO
 * (anything else).
 */
#ifndef WINIPC_OBJECTS_H
#define WINIPC_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An object that is open: a handle. */
typedef struct winipc_object winipc_object;

/* What it is opened for. */
enum { WINIPC_READ = 1, WINIPC_WRITE = 2 };

/* winipc_close() - closes it.  Views stay; a mutex that the thread owns stays its own.  Return: 0 or -1 (EINVAL). */
int winipc_close(winipc_object *object);

/* ---- sections ---- */

/* winipc_section_open() - opens a named section.  @how: WINIPC_READ, WINIPC_WRITE or both. */
winipc_object *winipc_section_open(const char *name, int how);
/* winipc_section_create() - makes a section of @size zeroed bytes, or opens the one of that name whatever its size.
 * @name: NULL: none.  @existed: may be NULL; receives whether it was there. */
winipc_object *winipc_section_create(const char *name, uint64_t size, int *existed);
/* winipc_section_size() - Return: its bytes; 0 with errno if it is no section. */
uint64_t winipc_section_size(winipc_object *section);
/* winipc_section_map() - maps a part of it.
 * @offset: bytes, a multiple of 65536.  @size: in: bytes, 0: to the end; out: what is mapped, whole pages.  May be
 * NULL: to the end.
 * @how: WINIPC_READ, or with WINIPC_WRITE.
 * A page of a section of reserved memory that nobody has committed, or of a file that is shorter now, raises SIGSEGV or
 * SIGBUS. */
void *winipc_section_map(winipc_object *section, uint64_t offset, size_t *size, int how);
/* winipc_section_unmap() - ends the view that @address lies in. */
int winipc_section_unmap(void *address);

/* ---- events, mutexes, semaphores ---- */

winipc_object *winipc_event_open(const char *name);
/* winipc_event_create() - @manual: stays signalled until it is reset; else one wait resets it.  @signalled: at first.
 */
winipc_object *winipc_event_create(const char *name, int manual, int signalled, int *existed);
int winipc_event_set(winipc_object *event);
int winipc_event_reset(winipc_object *event);

winipc_object *winipc_mutex_open(const char *name);
/* winipc_mutex_create() - @owned: the calling thread's, if it is new. */
winipc_object *winipc_mutex_create(const char *name, int owned, int *existed);
/* winipc_mutex_release() - once for each wait.  Return: 0 or -1 (EPERM: it is not the calling thread's). */
int winipc_mutex_release(winipc_object *mutex);

winipc_object *winipc_semaphore_open(const char *name);
winipc_object *winipc_semaphore_create(const char *name, int32_t count, int32_t maximum, int *existed);
/* winipc_semaphore_release() - @before: may be NULL; the count before.  Return: 0 or -1 (EOVERFLOW: above its maximum,
 * nothing is done). */
int winipc_semaphore_release(winipc_object *semaphore, int32_t count, int32_t *before);

/* winipc_wait() - until the object is signalled, and takes it: a mutex, one of a semaphore's count, an auto-reset
 * event.
 * @milliseconds: -1: for ever; 0: only looks.
 * Return: 0; 1: a mutex that is yours now, whose owner ended without releasing it; -1 with ETIMEDOUT or an error. */
int winipc_wait(winipc_object *object, int milliseconds);
/* winipc_wait_any() - for one of @n objects, 1 to 64; the first that is signalled, in their order.
 * @abandoned: may be NULL; receives what winipc_wait() tells by 1.  Return: its index; -1 with ETIMEDOUT or an error.
 */
int winipc_wait_any(winipc_object *const *objects, size_t n, int milliseconds, int *abandoned);

#ifdef __cplusplus
}
#endif
#endif
