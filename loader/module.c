/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of modules: adding, finding, counting, loading with all that a module needs, and unloading (module.h says what
 * holds).  Which module holds an address is asked by exception handlers at any moment, so a table of ranges answers that
 * without the lock: its one writer holds the loader's lock and makes the sequence odd while it works.
 */
#define WIN32_NO_STATUS
#include "loader/module.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "dlls/ntdll/slots.h"
#include "dlls/ntdll/teb.h"
#include "dlls/ntdll/unwind.h"
#include "libs/base/trace.h"
#include "libs/base/utf.h"
#include "loader/drives.h"
#include "loader/link.h"
#include "loader/loader.h"
#include "loader/map.h"
#include "loader/name.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MODULE_MAX 1024
#define MODULE_LOCK_PATIENCE_S 2
#define MODULE_NAME_MAX (2 * MAX_PATH)
#define MODULE_DATA_FLAGS                                                                                                 \
    (LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE | LOAD_LIBRARY_AS_IMAGE_RESOURCE)

struct module_range {
    _Atomic uintptr_t base, end;
    struct module *_Atomic module;
};

static pthread_mutex_t loader_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static PEB_LDR_DATA ldr_data;
static struct module_range module_ranges[MODULE_MAX];
static _Atomic unsigned module_n_ranges, module_sequence;
static struct module *module_program;

void module_lock(void) {
    pthread_mutex_lock(&loader_lock);
}

void module_unlock(void) {
    pthread_mutex_unlock(&loader_lock);
}

bool module_lock_patiently(void) {
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += MODULE_LOCK_PATIENCE_S;
    return pthread_mutex_timedlock(&loader_lock, &until) == 0;
}

/* --- the list --- */

static void list_append(LIST_ENTRY *head, LIST_ENTRY *entry) {
    entry->Flink = head;
    entry->Blink = head->Blink;
    head->Blink->Flink = entry;
    head->Blink = entry;
}

static void list_remove(LIST_ENTRY *entry) {
    if (!entry->Flink)
        return;
    entry->Flink->Blink = entry->Blink;
    entry->Blink->Flink = entry->Flink;
    entry->Flink = entry->Blink = NULL;
}

static void module_lists_init(void) {
    if (ldr_data.Initialized)
        return;
    ldr_data.Length = sizeof ldr_data;
    ldr_data.Initialized = TRUE;
    ldr_data.InLoadOrderModuleList = (LIST_ENTRY){&ldr_data.InLoadOrderModuleList, &ldr_data.InLoadOrderModuleList};
    ldr_data.InMemoryOrderModuleList = (LIST_ENTRY){&ldr_data.InMemoryOrderModuleList, &ldr_data.InMemoryOrderModuleList};
    ldr_data.InInitializationOrderModuleList =
        (LIST_ENTRY){&ldr_data.InInitializationOrderModuleList, &ldr_data.InInitializationOrderModuleList};
    winipc_peb()->LdrData = &ldr_data;
}

struct module *module_after(const struct module *module) {
    LIST_ENTRY *next = module->ldr.InLoadOrderLinks.Flink;

    return next == &ldr_data.InLoadOrderModuleList ? NULL : CONTAINING_RECORD(next, struct module, ldr.InLoadOrderLinks);
}

struct module *module_first(void) {
    LIST_ENTRY *first = ldr_data.InLoadOrderModuleList.Flink;

    if (!first || first == &ldr_data.InLoadOrderModuleList)
        return NULL;
    return CONTAINING_RECORD(first, struct module, ldr.InLoadOrderLinks);
}

static bool module_range_add(struct module *module) {
    const unsigned n = atomic_load_explicit(&module_n_ranges, memory_order_relaxed);

    if (n == MODULE_MAX)
        return false;
    module_ranges[n].base = (uintptr_t)module->ldr.DllBase;
    module_ranges[n].end = (uintptr_t)module->ldr.DllBase + module->ldr.SizeOfImage;
    module_ranges[n].module = module;
    atomic_store_explicit(&module_n_ranges, n + 1, memory_order_release); /* pairs with module_from_address */
    return true;
}

static void module_range_remove(const struct module *module) {
    const unsigned n = atomic_load_explicit(&module_n_ranges, memory_order_relaxed);

    for (unsigned i = 0; i < n; i++) {
        if (module_ranges[i].module != module)
            continue;
        atomic_fetch_add(&module_sequence, 1);
        module_ranges[i].base = module_ranges[n - 1].base;
        module_ranges[i].end = module_ranges[n - 1].end;
        module_ranges[i].module = module_ranges[n - 1].module;
        atomic_store(&module_n_ranges, n - 1);
        atomic_fetch_add(&module_sequence, 1);
        return;
    }
}

static struct module *module_range_find(uintptr_t address) {
    const unsigned n = atomic_load_explicit(&module_n_ranges, memory_order_acquire);

    for (unsigned i = 0; i < n; i++)
        if (address >= module_ranges[i].base && address < module_ranges[i].end)
            return module_ranges[i].module;
    return NULL;
}

/* A PE module or one of our header pages; our code itself is found by module_from_address. */
static struct module *module_in_range(const void *address) {
    for (;;) {
        const unsigned before = atomic_load(&module_sequence);
        struct module *found;

        if (before % 2)
            continue;
        found = module_range_find((uintptr_t)address);
        if (atomic_load(&module_sequence) == before)
            return found;
    }
}

struct module *module_from_address(const void *address) {
    struct module *module = module_in_range(address);
    const struct export_table *table;

    if (module)
        return module;
    table = builtin_table_at(address);
    if (!table)
        return native_holds(address) ? module_program : NULL;
    for (module = module_first(); module && module->table != table; module = module_after(module))
        ;
    return module;
}

struct module *module_from_handle(const void *handle) {
    struct module *module;

    if (!handle)
        return module_program;
    module = module_in_range((void *)((uintptr_t)handle & ~(uintptr_t)3));
    return module && (uintptr_t)module->ldr.DllBase == ((uintptr_t)handle & ~(uintptr_t)3) ? module : NULL;
}

struct module *module_find(const WCHAR *name) {
    const bool has_path = name_has_path(name);

    for (struct module *module = module_first(); module; module = module_after(module))
        if (!module->is_data && name_equal_counted(has_path ? &module->ldr.FullDllName : &module->ldr.BaseDllName, name))
            return module;
    return NULL;
}

struct module *module_find_unix(const char *path) {
    for (struct module *module = module_first(); module; module = module_after(module))
        if (module->unix_path && !module->is_data && !strcmp(module->unix_path, path))
            return module;
    return NULL;
}

static void module_trace(const char *what, const struct module *module) {
    char *name;

    if (!(trace_enabled & TRACE_LOADER))
        return;
    name = utf8_dup_from_utf16(module->ldr.FullDllName.Buffer);
    TRACE(TRACE_LOADER, "%s %s at %p", what, name ? name : "?", module->ldr.DllBase);
    free(name);
}

/* Fills in the loader entry and puts the module on the lists. */
static NTSTATUS module_add(struct module *module, uint8_t *base, const WCHAR *path) {
    LDR_DATA_TABLE_ENTRY *ldr = &module->ldr;

    module_lists_init();
    ldr->DllBase = base;
    ldr->SizeOfImage = module->image.size;
    ldr->EntryPoint = module->image.entry ? base + module->image.entry : NULL;
    ldr->TimeDateStamp = module->image.timestamp;
    ldr->OriginalBase = module->image.base;
    ldr->LoadCount = ldr->ReferenceCount = 1;
    module->count = 1;
    if (module->image.characteristics & IMAGE_FILE_DLL)
        ldr->Flags |= LDR_IMAGE_IS_DLL;
    if (!name_set(&ldr->FullDllName, path) || !name_set(&ldr->BaseDllName, name_base(path)))
        return STATUS_NO_MEMORY;
    if (!module_range_add(module))
        return STATUS_NO_MEMORY;
    list_append(&ldr_data.InLoadOrderModuleList, &ldr->InLoadOrderLinks);
    list_append(&ldr_data.InMemoryOrderModuleList, &ldr->InMemoryOrderLinks);
    module_trace("maps", module);
    return STATUS_SUCCESS;
}

/* Before its imports are bound. */
static void module_tell_loaded(struct module *module) {
    module->was_told_of = true;
    notice_send(module, LDR_DLL_NOTIFICATION_REASON_LOADED);
}

/* Takes it off the lists and frees all that it has; its needs are let go by module_free. */
static void module_discard(struct module *module) {
    if (module->was_told_of)
        notice_send(module, LDR_DLL_NOTIFICATION_REASON_UNLOADED);
    module_range_remove(module);
    list_remove(&module->ldr.InLoadOrderLinks);
    list_remove(&module->ldr.InMemoryOrderLinks);
    list_remove(&module->ldr.InInitializationOrderLinks);
    tls_remove_module(module);
    if (module->ldr.DllBase)
        unwind_image_remove(module->ldr.DllBase);
    if (module->ldr.DllBase)
        image_unmap(&module->image, module->ldr.DllBase);
    free(module->ldr.FullDllName.Buffer);
    free(module->ldr.BaseDllName.Buffer);
    free(module->unix_path);
    free(module->needs);
    free(module);
}

/* --- loading --- */

static NTSTATUS module_status(int error) {
    switch (error) {
    case 0:
        return STATUS_SUCCESS;
    case -EADDRINUSE:
        return STATUS_CONFLICTING_ADDRESSES;
    case -EINVAL:
    case -EIO:
        return STATUS_INVALID_IMAGE_FORMAT;
    case -EACCES:
    case -EPERM:
        return STATUS_ACCESS_DENIED;
    case -ENOMEM:
        return STATUS_NO_MEMORY;
    default:
        return STATUS_DLL_NOT_FOUND;
    }
}

/* One of our own DLLs, by plain name; counts one. */
static NTSTATUS module_load_builtin(const char *name, struct module **result) {
    module_main_fn main;
    const struct export_table *table = builtin_find(name, &main);
    WCHAR path[128] = L"C:\\windows\\system32\\";
    struct module *module;
    size_t length = utf16_len(path);
    uint8_t *header;
    NTSTATUS status;

    if (!table)
        return STATUS_DLL_NOT_FOUND;
    for (const char *c = name; *c; c++)
        path[length++] = *c;
    memcpy(path + length, L".dll", sizeof L".dll");
    module = calloc(1, sizeof *module);
    header = module ? builtin_header(&module->image) : NULL;
    if (!header) {
        free(module);
        return STATUS_NO_MEMORY;
    }
    module->table = table;
    module->main = main;
    module->pinned = true;
    status = module_add(module, header, path);
    if (status) {
        module_discard(module);
        return status;
    }
    module_tell_loaded(module);
    *result = module;
    return STATUS_SUCCESS;
}

/* Opens and parses; the caller closes *fd. */
static NTSTATUS module_open(const char *path, struct image_info *info, int *fd) {
    enum image_verdict verdict;

    *fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0)
        return module_status(-errno);
    if (image_read(*fd, info, &verdict) || verdict) {
        close(*fd);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    return STATUS_SUCCESS;
}

static int module_add_unwind(struct module *module) {
    const struct image_directory *functions = &module->image.directories[IMAGE_DIRECTORY_ENTRY_EXCEPTION];
    uint8_t *base = module->ldr.DllBase;

    return unwind_image_add(base, module->image.size, functions->rva ? (RUNTIME_FUNCTION *)(base + functions->rva) : NULL,
                            functions->size / sizeof(RUNTIME_FUNCTION));
}

NTSTATUS module_prepare(struct module *module, DWORD flags) {
    uint8_t *base = module->ldr.DllBase;
    NTSTATUS status = STATUS_SUCCESS;

    if (!module->is_data)
        status = module_status(image_relocate(&module->image, base, (uintptr_t)base - module->image.base));
    if (!status && !module->is_data && !module->is_program)
        module_tell_loaded(module);
    if (!status && !module->is_data && !(flags & DONT_RESOLVE_DLL_REFERENCES))
        status = link_module(module);
    if (!status && !module->is_data)
        status = tls_add_module(module);
    if (!status)
        status = module_status(image_protect(&module->image, base));
    if (!status && !module->is_data)
        status = module_status(module_add_unwind(module));
    return status;
}

static NTSTATUS module_load_file(const char *unix_path, DWORD flags, struct module **result) {
    struct module *module = calloc(1, sizeof *module);
    WCHAR *path = drive_unix_to_dos(unix_path);
    NTSTATUS status = module && path ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    uint8_t *base = NULL;
    int fd = -1;

    if (!status)
        status = module_open(unix_path, &module->image, &fd);
    if (!status) {
        status = module_status(image_map(fd, &module->image, &base));
        close(fd);
    }
    if (status) {
        free(path);
        free(module);
        return status;
    }
    module->is_data = flags & MODULE_DATA_FLAGS;
    if (module->is_data)
        module->ldr.Flags |= MODULE_LDR_IS_DATA;
    module->unix_path = strdup(unix_path);
    status = module->unix_path ? module_add(module, base, path) : STATUS_NO_MEMORY;
    free(path);
    if (!status && module->image.entry && (module->image.characteristics & IMAGE_FILE_DLL) &&
        !(flags & DONT_RESOLVE_DLL_REFERENCES) && !module->is_data)
        memcpy(&module->main, &module->ldr.EntryPoint, sizeof module->main);
    if (!status)
        status = module_prepare(module, flags);
    if (!status && (module->is_data || (flags & DONT_RESOLVE_DLL_REFERENCES)))
        module->state = MODULE_ATTACHED;
    if (status) {
        module->ldr.DllBase = base;
        module_release_needs(module);
        module_discard(module);
        return status;
    }
    *result = module;
    return STATUS_SUCCESS;
}

/* By the system's rules for a name without a path: ours when it is known, the program's folder, ours, elsewhere. */
static NTSTATUS module_locate(const WCHAR *name, DWORD flags, struct module **result) {
    char plain[64], *path;
    NTSTATUS status;

    name_plain(name, plain, sizeof plain);
    if (apiset_host(plain))
        strcpy(plain, apiset_host(plain));
    if (search_is_system(name) && builtin_is_known(plain))
        return module_load_builtin(plain, result);
    path = search_dll(name, SEARCH_PROGRAM);
    if (!path && search_is_system(name) && !module_load_builtin(plain, result))
        return STATUS_SUCCESS;
    if (!path)
        path = search_dll(name, SEARCH_REST);
    if (!path)
        return STATUS_DLL_NOT_FOUND;
    *result = flags & MODULE_DATA_FLAGS ? NULL : module_find_unix(path);
    if (*result) {
        module_ref(*result);
        status = STATUS_SUCCESS;
    } else {
        status = module_load_file(path, flags, result);
    }
    free(path);
    return status;
}

/* The name that LoadLibrary looks for: its extension added, an API set replaced by its host. */
static bool module_true_name(const WCHAR *name, WCHAR complete[MODULE_NAME_MAX]) {
    const char *host;
    char plain[64];
    size_t i = 0;

    if (!name_complete(name, complete, MODULE_NAME_MAX))
        return false;
    name_plain(complete, plain, sizeof plain);
    host = name_has_path(complete) ? NULL : apiset_host(plain);
    if (!host)
        return true;
    for (; host[i]; i++)
        complete[i] = host[i];
    memcpy(complete + i, L".dll", sizeof L".dll");
    return true;
}

struct module *module_find_loaded(const WCHAR *name) {
    WCHAR complete[MODULE_NAME_MAX];

    return module_true_name(name, complete) ? module_find(complete) : NULL;
}

NTSTATUS module_get(const WCHAR *name, DWORD flags, struct module **result) {
    WCHAR complete[MODULE_NAME_MAX];
    struct module *found;

    if (!module_true_name(name, complete))
        return STATUS_DLL_NOT_FOUND;
    found = flags & MODULE_DATA_FLAGS ? NULL : module_find(complete);
    if (!found)
        return module_locate(complete, flags, result);
    module_ref(found);
    *result = found;
    return STATUS_SUCCESS;
}

static void module_call_main(struct module *module, DWORD reason, void *reserved, BOOL *ok) {
    *ok = module->main ? module->main(module->ldr.DllBase, reason, reserved) : TRUE;
}

/* DLL_PROCESS_ATTACH: first to what it needs, then to it. */
static NTSTATUS module_attach(struct module *module, void *reserved) {
    NTSTATUS status;
    BOOL ok;

    if (module->state != MODULE_LOADED)
        return module->state == MODULE_FAILED ? STATUS_DLL_INIT_FAILED : STATUS_SUCCESS;
    module->state = MODULE_ATTACHING;
    for (uint32_t i = 0; i < module->n_needs; i++) {
        status = module_attach(module->needs[i], reserved);
        if (status) {
            module->state = MODULE_FAILED;
            return status;
        }
    }
    list_append(&ldr_data.InInitializationOrderModuleList, &module->ldr.InInitializationOrderLinks);
    tls_call(module, DLL_PROCESS_ATTACH);
    module_call_main(module, DLL_PROCESS_ATTACH, reserved, &ok);
    if (!ok) {
        if (!reserved)
            module_call_main(module, DLL_PROCESS_DETACH, NULL, &ok);
        module->state = MODULE_FAILED;
        link_note_failure(module, module);
        return STATUS_DLL_INIT_FAILED;
    }
    module->state = MODULE_ATTACHED;
    module->ldr.Flags |= LDR_PROCESS_ATTACHED;
    return STATUS_SUCCESS;
}

NTSTATUS module_load(const WCHAR *name, DWORD flags, struct module **result) {
    struct search_scope outer;
    NTSTATUS status;

    module_lock();
    flags = search_begin(name, flags, &outer);
    status = module_get(name, flags, result);
    search_end(&outer);
    if (status && (trace_enabled & TRACE_LOADER)) {
        char *text = utf8_dup_from_utf16(name);

        TRACE(TRACE_LOADER, "cannot load %s: status 0x%08X", text ? text : "?", (unsigned)status);
        free(text);
    }
    if (!status)
        status = module_attach(*result, NULL);
    if (status == STATUS_DLL_INIT_FAILED)
        module_free(*result);
    module_unlock();
    return status;
}

void *module_export_attached(struct module *module, const char *name, uint32_t ordinal) {
    struct module *target = module;
    void *address;

    module_lock();
    address = link_export(module, module, name, ordinal, &target);
    if (address && target != module && module_attach(target, NULL))
        address = NULL;
    module_unlock();
    return address;
}

/* --- letting go --- */

void module_ref(struct module *module) {
    if (module->pinned)
        return;
    module->count++;
    module->ldr.LoadCount++;
    module->ldr.ReferenceCount++;
}

void module_pin(struct module *module) {
    module->pinned = true;
    module->ldr.LoadCount = -1;
}

void module_release_needs(struct module *module) {
    while (module->n_needs)
        module_free(module->needs[--module->n_needs]);
}

NTSTATUS module_free(struct module *module) {
    BOOL ignored;

    module_lock();
    if (module->pinned || --module->count) {
        if (!module->pinned)
            module->ldr.LoadCount = module->ldr.ReferenceCount = module->count;
        module_unlock();
        return STATUS_SUCCESS;
    }
    module_trace("unloads", module);
    module->ldr.Flags |= LDR_UNLOAD_IN_PROGRESS;
    if (module->state == MODULE_ATTACHED && !module->is_data) {
        tls_call(module, DLL_PROCESS_DETACH);
        module_call_main(module, DLL_PROCESS_DETACH, NULL, &ignored);
    }
    module_release_needs(module);
    module_discard(module);
    module_unlock();
    return STATUS_SUCCESS;
}

/* --- the program --- */

NTSTATUS module_add_program(const struct image_info *info, uint8_t *base, const WCHAR *path, const char *unix_path,
                            struct module **result) {
    static const char *const always[] = {"ntdll", "kernel32", "kernelbase"};
    struct module *module = calloc(1, sizeof *module), *ours;
    NTSTATUS status;

    if (!module)
        return STATUS_NO_MEMORY;
    module->image = *info;
    module->is_program = module->pinned = true;
    module->unix_path = strdup(unix_path);
    status = module->unix_path ? module_add(module, base, path) : STATUS_NO_MEMORY;
    for (size_t i = 0; !status && i < sizeof always / sizeof *always; i++)
        status = module_load_builtin(always[i], &ours);
    module_program = module;
    winipc_peb()->ImageBaseAddress = (HMODULE)base;
    *result = module;
    return status;
}

NTSTATUS module_start_program(struct module *program) {
    NTSTATUS status;

    module_lock();
    status = module_prepare(program, 0);
    for (struct module *module = module_first(); module; module = module_after(module))
        module_pin(module);
    for (struct module *module = program; !status && module; module = module_after(module))
        if (module->table)
            status = module_attach(module, (void *)1);
    if (!status)
        status = module_attach(program, (void *)1);
    module_unlock();
    return status;
}

static bool module_hears_threads(const struct module *module) {
    return module->state == MODULE_ATTACHED && !module->no_thread_calls;
}

/* A thread that another process starts here, or its call of ExitProcess, may come before that. */
static bool program_is_attached(void) {
    return module_program && module_program->state == MODULE_ATTACHED;
}

void winipc_module_thread_attach(void) {
    LIST_ENTRY *head = &ldr_data.InInitializationOrderModuleList;
    BOOL ignored;

    module_lock();
    tls_begin_thread(NtCurrentTeb());
    for (LIST_ENTRY *entry = head->Flink; entry && entry != head; entry = entry->Flink) {
        struct module *module = CONTAINING_RECORD(entry, struct module, ldr.InInitializationOrderLinks);

        if (!module_hears_threads(module) || module->is_program)
            continue;
        tls_call(module, DLL_THREAD_ATTACH);
        module_call_main(module, DLL_THREAD_ATTACH, NULL, &ignored);
    }
    if (program_is_attached())
        tls_call(module_program, DLL_THREAD_ATTACH); /* the program's own callbacks come last, as on Windows */
    module_unlock();
}

void winipc_module_thread_detach(void) {
    LIST_ENTRY *head = &ldr_data.InInitializationOrderModuleList;
    BOOL ignored;

    module_lock();
    for (LIST_ENTRY *entry = head->Blink; entry && entry != head; entry = entry->Blink) {
        struct module *module = CONTAINING_RECORD(entry, struct module, ldr.InInitializationOrderLinks);

        if (!module_hears_threads(module) || module->is_program)
            continue;
        tls_call(module, DLL_THREAD_DETACH);
        module_call_main(module, DLL_THREAD_DETACH, NULL, &ignored);
    }
    if (program_is_attached())
        tls_call(module_program, DLL_THREAD_DETACH); /* again last */
    tls_end_thread(NtCurrentTeb());
    module_unlock();
}

size_t winipc_module_stack_reserve(void) {
    return module_program ? module_program->image.stack_reserve : 0;
}

void winipc_module_end_process(void) {
    LIST_ENTRY *head = &ldr_data.InInitializationOrderModuleList;
    BOOL ignored;

    if (ldr_data.ShutdownInProgress || !module_lock_patiently())
        return;
    ldr_data.ShutdownInProgress = TRUE;
    ldr_data.ShutdownThreadId = NtCurrentTeb()->ClientId.UniqueThread;
    fls_run_callbacks();
    for (LIST_ENTRY *entry = head->Blink; entry && entry != head; entry = entry->Blink) {
        struct module *module = CONTAINING_RECORD(entry, struct module, ldr.InInitializationOrderLinks);

        if (module->state != MODULE_ATTACHED || module->is_program)
            continue;
        tls_call(module, DLL_PROCESS_DETACH);
        module_call_main(module, DLL_PROCESS_DETACH, (void *)1, &ignored);
    }
    if (program_is_attached())
        tls_call(module_program, DLL_PROCESS_DETACH);
    module_unlock();
}
