/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The modules of the process: the program, its DLLs (PE files) and ours (ELF libraries with an export table).
 *
 * Everything here is under the loader's lock, which is recursive: DllMain may load further modules.  A module's count is
 * the number of LoadLibrary calls and of modules that import it; at zero it hears DLL_PROCESS_DETACH and goes.  The
 * program, what it imports statically and our own DLLs are pinned.
 */
#ifndef WINIPC_LOADER_MODULE_H
#define WINIPC_LOADER_MODULE_H

#include "libs/base/export_table.h"
#include "loader/image.h"

#include <windows.h>
#include <winternl.h>

typedef BOOL(WINAPI *module_main_fn)(HINSTANCE module, DWORD reason, void *reserved);

enum module_state { MODULE_LOADED, MODULE_ATTACHING, MODULE_ATTACHED, MODULE_FAILED };

/* A bit of ldr.Flags of our own: is_data, for those who read the list from another process. */
#define MODULE_LDR_IS_DATA 0x80000000u

struct module {
    LDR_DATA_TABLE_ENTRY ldr; /* must be first: programs walk these from the PEB */
    struct image_info image;
    const struct export_table *table; /* of one of our DLLs; NULL for a PE file */
    module_main_fn main;              /* NULL: none */
    char *unix_path;                  /* of a PE file */
    struct module **needs;            /* modules that it imports or forwards to; each counts once */
    uint32_t n_needs;
    uint32_t count;
    enum module_state state;
    bool pinned, is_program, is_data, no_thread_calls;
    bool was_told_of; /* those who want to hear of DLLs (LdrRegisterDllNotification) heard that this one is loaded */
    uint32_t tls_slot; /* 1 + its index in ThreadLocalStoragePointer; 0: it has no TLS directory */
};

void module_lock(void);
void module_unlock(void);
/* For the end of the process: false when another thread holds the lock and does not let go. */
bool module_lock_patiently(void);

/* module_find_loaded: by a name as LoadLibrary takes it.  The others: by handle, address inside, or base name / full path (case does not matter); NULL when there is none. */
struct module *module_from_handle(const void *handle);
struct module *module_from_address(const void *address);
struct module *module_find(const WCHAR *name);
struct module *module_find_loaded(const WCHAR *name);
struct module *module_find_unix(const char *path);

/* The list's head is &PEB->LdrData->InLoadOrderModuleList. */
struct module *module_first(void);
struct module *module_after(const struct module *module);

/* Loads (or finds) a DLL and all that it needs, and tells them of the process. flags: LOAD_* of LoadLibraryEx. */
NTSTATUS module_load(const WCHAR *name, DWORD flags, struct module **module);
void module_ref(struct module *module);
void module_pin(struct module *module);
NTSTATUS module_free(struct module *module);

/* The address of an export, by name or (NULL) ordinal, for GetProcAddress; NULL when it is not there or only named. */
void *module_export_attached(struct module *module, const char *name, uint32_t ordinal);

/* The program itself, its image mapped at base; then, on its main thread, all that it needs. */
NTSTATUS module_add_program(const struct image_info *info, uint8_t *base, const WCHAR *path, const char *unix_path,
                            struct module **module);
NTSTATUS module_start_program(struct module *program);

/* --- between module.c and its siblings, all under the lock --- */

/* Finds or loads, without telling the DLL of the process yet; counts one. */
NTSTATUS module_get(const WCHAR *name, DWORD flags, struct module **module);
/* A mapped image is relocated, bound, given TLS and its protections; data get only the last. */
NTSTATUS module_prepare(struct module *module, DWORD flags);
void module_release_needs(struct module *module);

/* dlls/ntdll/image.c: a resource of a module, every bound checked. */
NTSTATUS resource_find(struct module *module, const LDR_RESOURCE_INFO *info, const IMAGE_RESOURCE_DATA_ENTRY **data);

/* dlls/ntdll/ldr_notice.c: tells those who asked, under the lock. reason: LDR_DLL_NOTIFICATION_REASON_… */
void notice_send(const struct module *module, ULONG reason);

extern const struct export_table winipc_exports_ntdll, winipc_exports_kernel32;

/* builtin.c: our own DLL of a name without ".dll", lower case; NULL when there is none. */
const struct export_table *builtin_find(const char *name, module_main_fn *main);
bool builtin_is_known(const char *name); /* one that no file of the program's may replace */
const struct export_table *builtin_table_at(const void *address); /* whose code holds the address */
/* A page that reads as a DLL's MZ and PE headers, and the image_info that it says. */
uint8_t *builtin_header(struct image_info *info);

/* native.c: whether this is a native program, and its own file's code or data lies there. */
bool native_holds(const void *address);

/* apiset.c: the host of an api-ms-win-* or ext-ms-* name (lower case, with or without ".dll"); NULL when it is none. */
const char *apiset_host(const char *name);

/* search.c: the file of a DLL, by Windows' search order; a malloced Unix path, or NULL. */
enum search_part {
    SEARCH_PROGRAM, /* a path as it stands, or the program's own folder, before the system's */
    SEARCH_REST,    /* the current folder and PATH, after the system's */
};
char *search_dll(const WCHAR *name, enum search_part part);
bool search_is_system(const WCHAR *name); /* no path, or the system's folder: our own DLLs may answer */

/* The flags and the folder that hold for one LoadLibraryEx and the DLLs that it needs. */
struct search_scope {
    char *folder;
    DWORD flags;
};
DWORD search_begin(const WCHAR *name, DWORD flags, struct search_scope *outer);
void search_end(const struct search_scope *outer);
bool search_set_folder(const WCHAR *folder); /* SetDllDirectory */
void search_set_default_flags(DWORD flags);
void *search_add_folder(const WCHAR *folder); /* AddDllDirectory's cookie */
bool search_remove_folder(void *cookie);

/* tls.c */
NTSTATUS tls_add_module(struct module *module);
void tls_remove_module(struct module *module);
NTSTATUS tls_begin_thread(TEB *teb);
void tls_end_thread(TEB *teb);
void tls_call(struct module *module, DWORD reason);

#endif
