/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service control manager (MSDN: winsvc.h): a library in each program that uses it, with no process of its own.
 *
 *  - What services there are stands in the registry under HKLM\SYSTEM\CurrentControlSet\Services, under Windows' names
 * (service_store.c).
 *  - What a service does stands in one value of a volatile key, its record: the starter writes it until the service's
 * process is asked to start it, then that process alone.  A record whose process has gone says "stopped" to whoever
 * reads it: nobody needs to note a death (service_record.c).
 *  - Requests reach the process's dispatcher through a pipe that bears the process's id (service_pipe.c).
 *  - A service is open as long as a named object of it exists, so one that is marked for deletion goes when the last of
 * its handles does, or, after a kill, when somebody looks for it.
 *  - A mutex of the session is held while a table entry is made, deleted or started: never while a program's code is
 * waited for.
 */
#ifndef WINIPC_ADVAPI32_SERVICE_H
#define WINIPC_ADVAPI32_SERVICE_H

#include <windows.h>
#include <winsvc.h>

#include "dlls/advapi32/registry.h"

#define SERVICE_NAME_CHARS 257 /* with the NUL */
#ifndef SC_GROUP_IDENTIFIERW
#define SC_GROUP_IDENTIFIERW L'+'
#endif
#define SERVICE_LIMIT_MS 30000 /* for an answer of a service's process */

static inline BOOL service_result(DWORD error) {
    if (error)
        SetLastError(error);
    return !error;
}

/* ---- service_store.c: the registry ---- */

/* A service's entry.  Texts are never NULL, depend and depend_groups are lists that an empty text ends. */
struct service_config {
    DWORD type, start, error_control, tag;
    BOOL deleted;
    WCHAR *path, *group, *depend, *depend_groups, *account, *display;
};

/* service_database_lock() - enters the table's mutex, for service_database_unlock().
 * Return: NULL with the last error: ERROR_SERVICE_DATABASE_LOCKED (for 30 s), those of making a mutex. */
HANDLE service_database_lock(void);
void service_database_unlock(HANDLE lock);

/* service_key() - opens a service's key, for reg_close().  Return: also ERROR_SERVICE_DOES_NOT_EXIST. */
DWORD service_key(const WCHAR *name, REGSAM access, HKEY *key);
/* service_load() - a service's entry, for service_config_free().  Return: ERROR_SERVICE_DOES_NOT_EXIST,
 * ERROR_NOT_ENOUGH_MEMORY… */
DWORD service_load(const WCHAR *name, struct service_config *config);
void service_config_free(struct service_config *config);
DWORD service_number(HKEY key, const WCHAR *value, DWORD otherwise);
/* service_text() - a text or list of texts, for free(); what is not there is empty.  Return: NULL: no memory. */
WCHAR *service_text(HKEY key, const WCHAR *value);
DWORD service_set_number(HKEY key, const WCHAR *value, DWORD number);
/* service_set_text() - NULL or an empty text deletes the value. */
DWORD service_set_text(HKEY key, const WCHAR *value, DWORD type, const WCHAR *text);
/* service_set_list() - REG_MULTI_SZ, likewise. */
DWORD service_set_list(HKEY key, const WCHAR *value, const WCHAR *list);
size_t service_list_chars(const WCHAR *list); /* without the text that ends it */
/* service_names() - all names, as a list for free(), marked ones that nobody uses having been deleted.  Return: NULL:
 * no memory. */
WCHAR *service_names(void);
/* service_purge() - deletes an entry that is marked, closed and stopped. */
void service_purge(const WCHAR *name);
BOOL service_name_is_valid(const WCHAR *name);
BOOL service_same_name(const WCHAR *one, const WCHAR *other);
/* service_mark_name() - the named object of an open service. */
void service_mark_name(const WCHAR *name, WCHAR mark[SERVICE_NAME_CHARS + 32]);
WCHAR *service_copy(const WCHAR *text); /* for free() */

/* ---- service_record.c: what services do ---- */

struct service_record {
    DWORD version;
    DWORD pid;      /* of its process; 0: none */
    FILETIME began; /* when that process did: ids are used again */
    SERVICE_STATUS status;
};

/* service_record_read() - what a service does.  One that was never started is stopped with ERROR_SERVICE_NEVER_STARTED,
 * one whose process has ended without a word with ERROR_PROCESS_ABORTED; both have pid 0. */
void service_record_read(const WCHAR *name, struct service_record *record);
DWORD service_record_write(const WCHAR *name, const struct service_record *record);
void service_record_delete(const WCHAR *name);
/* service_record_process() - the process of a record while it runs, for CloseHandle(); else NULL. */
HANDLE service_record_process(const struct service_record *record);
/* service_record_self() - fills in this process.  service_record_is_own() - whether it is this one. */
void service_record_self(struct service_record *record);
BOOL service_record_is_own(const struct service_record *record);
/* service_record_list() - the names that have records, as a list for free().  Return: NULL: no memory. */
WCHAR *service_record_list(void);
/* service_watch() - signals an event at the next change of any record.  @key: NULL the first time; for reg_close(),
 * which signals it, too. */
DWORD service_watch(HANDLE event, HKEY *key);
/* service_wait_running() - waits until a service that is starting runs.  Return: ERROR_SERVICE_DEPENDENCY_FAIL (it
 * stops instead, or is silent for 30 s), ERROR_NOT_ENOUGH_MEMORY. */
DWORD service_wait_running(const WCHAR *name);

/* ---- service_handle.c ---- */

/* What a handle stands for, copied: it may be closed meanwhile. */
struct service_ref {
    BOOL is_manager;
    DWORD access;
    WCHAR name[SERVICE_NAME_CHARS];
};

/* service_find(), service_find_manager() - look a handle up.  Return: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (it was
 * opened without @access). */
DWORD service_find(SC_HANDLE handle, DWORD access, struct service_ref *ref);
DWORD service_find_manager(SC_HANDLE handle, DWORD access);
/* service_find_any() - either. */
DWORD service_find_any(SC_HANDLE handle, DWORD access, struct service_ref *ref);
/* service_handle_new() - a handle on a service.  @granted: its rights, which have been checked. */
DWORD service_handle_new(const WCHAR *name, DWORD granted, SC_HANDLE *handle);

/* ---- service_notify.c ---- */

/* service_notify_cancel() - a handle is being closed: its notice does not come any more. */
void service_notify_cancel(SC_HANDLE handle);

/* ---- service_security.c ---- */

/* service_access() - what the calling thread may.  @name: NULL: the manager.  Return: ERROR_ACCESS_DENIED… */
DWORD service_access(const WCHAR *name, DWORD desired, DWORD *granted);
extern const GENERIC_MAPPING service_mapping;

/* ---- service_pipe.c ---- */

#define SERVICE_REQUEST_START 0 /* no control has this number */
#define SERVICE_TEXT_MAX 0x80000u

/* What goes to a service's process: this, then texts, each with its NUL: the service's name, then the start's
 * arguments. */
struct service_request {
    DWORD control;
    DWORD n_texts;
    DWORD text_chars; /* of all together */
};

/* service_request() - asks a service's process and waits for its answer.
 * Return: the process's answer; ERROR_SERVICE_NOT_ACTIVE (it is no process of services, or not any more),
 * ERROR_BROKEN_PIPE (it has ended without an answer), ERROR_SERVICE_REQUEST_TIMEOUT… */
DWORD service_request(DWORD pid, DWORD control, const WCHAR *name, DWORD n, const WCHAR *const *texts);
/* service_pipe_name() - where a service's process listens. */
void service_pipe_name(DWORD pid, WCHAR name[64]);
/* service_ready_event() - the event that is set once it does, for CloseHandle(). */
HANDLE service_ready_event(DWORD pid);
/* service_transfer() - reads or writes all of it.  Return: ERROR_SERVICE_REQUEST_TIMEOUT, those of ReadFile and
 * WriteFile. */
DWORD service_transfer(HANDLE pipe, BOOL write, void *bytes, DWORD size, DWORD limit_ms);

/* ---- service_start.c, service_enum.c ---- */

DWORD service_timeout(void);
/* service_dependents() - the names of the services that need this one to run, as a list for free(): first those that
 * others do not need. */
WCHAR *service_dependents(const WCHAR *name);

/* ---- service_pack.c: structures with texts behind them, narrow or wide ---- */

/* A buffer that is filled by structures from the front and by their texts from the back.  Once it is too small it only
 * counts. */
struct service_pack {
    BYTE *front, *back;
    DWORD need;
    BOOL ansi, is_short;
};

void service_pack_begin(struct service_pack *pack, void *buffer, DWORD size, BOOL ansi);
/* service_pack_struct() - room for one.  Return: NULL: there is none. */
void *service_pack_struct(struct service_pack *pack, size_t size);
/* service_pack_text() - where a text is, or NULL.  @list: it is a list. */
void *service_pack_text(struct service_pack *pack, const WCHAR *text, BOOL list);
void *service_pack_bytes(struct service_pack *pack, const void *bytes, size_t size);
/* service_wide_list() - a list in UTF-16 for free(); NULL stays NULL.  Return: FALSE: no memory. */
BOOL service_wide_list(const char *list, WCHAR **wide);

#endif
