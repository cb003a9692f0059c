/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mini dumps (MSDN: minidumpapiset.h): what the files of MiniDumpWriteDump share.
 *
 * A dump is made in four steps: the modules are listed while all threads still run (listing takes the loader's lock),
 * the threads are stopped, everything but the memory is put together in a buffer, which is the file's beginning, and
 * the memory follows it straight from the process. All of the process is read by ReadProcessMemory and its like, so it
 * may be broken, or another one.
 */
#ifndef WINIPC_DBGHELP_DUMP_H
#define WINIPC_DBGHELP_DUMP_H

#include <windows.h>
#include <winternl.h>
#include <dbghelp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DUMP_STREAMS_MAX 16 /* of our own; the caller's come on top */

struct dump_module {
    uint64_t base;
    uint32_t size;
    uint32_t flags; /* MODULE_WRITE_FLAGS */
    uint32_t checksum, timestamp;
    uint32_t codeview_size;
    VS_FIXEDFILEINFO version;
    void *codeview;
    WCHAR path[MAX_PATH];
};

struct dump_thread {
    DWORD id;
    DWORD flags; /* THREAD_WRITE_FLAGS */
    DWORD suspend_count;
    HANDLE handle;
    bool stopped, has_context;
    uint64_t teb, stack_start, stack_end; /* the stack from its top on, as far as it is in use */
    CONTEXT context;
};

/* Memory that the dump holds; @file: where. */
struct dump_range {
    uint64_t start, end, file;
};

struct dump {
    HANDLE process;
    DWORD id;
    DWORD type; /* MINIDUMP_TYPE */
    const MINIDUMP_CALLBACK_INFORMATION *callback;
    const CONTEXT *caller; /* of the calling thread; NULL: it is another process's */
    const CONTEXT *crash;  /* where the exception was; NULL: none */
    DWORD crash_thread;

    struct dump_module *modules;
    struct dump_thread *threads;
    struct dump_range *ranges;
    MEMORY_BASIC_INFORMATION *regions; /* the whole address space, in order */
    MINIDUMP_DIRECTORY *directory;
    size_t n_modules, n_threads, n_ranges, n_regions, n_streams;
    uint32_t thread_list; /* where its entries lie, which receive the places of the stacks */

    uint8_t *bytes; /* the file's beginning */
    size_t used, room;

    HANDLE file;
    bool to_callback; /* the callback writes */
    bool check_cancel;
    HRESULT error; /* the first that happened */
};

/* dump_buffer.c.  A failure is noted in dump->error; what is answered then is a place that is good for nothing. */

/* Adds bytes (NULL: zeros) at the next multiple of 8.  Return: where they lie. */
uint32_t dump_add(struct dump *dump, const void *bytes, size_t size);
/* What lies at a place; good until something is added. */
void *dump_at(struct dump *dump, uint32_t place);
/* Adds a MINIDUMP_STRING. */
uint32_t dump_add_text(struct dump *dump, const WCHAR *text, size_t length);
void dump_add_stream(struct dump *dump, uint32_t type, uint32_t place, size_t size);
/* One more element of an array of @n; NULL when there is no memory. */
void *dump_grow(struct dump *dump, void *array, size_t *n, size_t size);
void dump_fail(struct dump *dump, DWORD error);
/* A copy out of the process. */
bool dump_read(const struct dump *dump, uint64_t address, void *bytes, size_t size);

/* dump_callback.c.  Return: whether it is to be in the dump; the flags may be changed. */
bool dump_ask_thread(struct dump *dump, struct dump_thread *thread);
bool dump_ask_module(struct dump *dump, struct dump_module *module);
bool dump_ask_about_thread(struct dump *dump, struct dump_thread *thread);
bool dump_ask_about_module(struct dump *dump, struct dump_module *module);
/* More memory: false when that was all. */
bool dump_ask_memory(struct dump *dump, uint64_t *start, uint32_t *size);
/* Notes ERROR_CANCELLED when the program wants no more. */
void dump_ask_cancel(struct dump *dump);
void dump_begin_writing(struct dump *dump);
void dump_write(struct dump *dump, uint64_t at, const void *bytes, size_t size);
void dump_end_writing(struct dump *dump);

/* dump_module.c, dump_thread.c, dump_handle.c, dump_memory.c */
void dump_list_modules(struct dump *dump);
void dump_add_modules(struct dump *dump);
void dump_stop_threads(struct dump *dump);
void dump_resume_threads(struct dump *dump);
void dump_add_threads(struct dump *dump);
void dump_add_handles(struct dump *dump);
void dump_list_regions(struct dump *dump);
/* The region that holds an address, if it can be read; NULL. */
const MEMORY_BASIC_INFORMATION *dump_region(const struct dump *dump, uint64_t address);
/* Which memory the dump is to hold. */
void dump_want(struct dump *dump, uint64_t start, uint64_t end);
void dump_choose_memory(struct dump *dump);
void dump_add_memory_info(struct dump *dump);
/* Lays the memory out behind what has been added, and says so in the lists: nothing can be added any more. */
void dump_place_memory(struct dump *dump);
void dump_write_memory(struct dump *dump);

#endif
