/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Static TLS (__declspec(thread)): each module with a TLS directory has an index into every thread's array at
 * TEB->ThreadLocalStoragePointer, where a block lies that began as a copy of the module's template.  When a module comes
 * while threads run, each of them gets a block; an array that is too short is replaced, and the old one is kept until the
 * thread ends, since the thread may be reading it.
 */
#define WIN32_NO_STATUS
#include "loader/module.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "dlls/ntdll/teb.h"

#include <stdlib.h>
#include <string.h>

#define TLS_MAX_MODULES 1024
#define TLS_MAX_TEMPLATE 0x10000000u
#define TLS_MAX_CALLBACKS 1024

static struct module *tls_modules[TLS_MAX_MODULES];
static uint32_t tls_n_modules; /* highest index in use + 1 */

/* In front of the blocks: what was allocated for a thread. */
struct tls_array {
    struct tls_array *older;
    uint32_t n_blocks;
    uint32_t reserved;
    void *blocks[];
};

static struct tls_array *tls_array_of(const TEB *teb) {
    void **blocks = teb->ThreadLocalStoragePointer;

    return blocks ? CONTAINING_RECORD(blocks, struct tls_array, blocks) : NULL;
}

static bool tls_directory(const struct module *module, IMAGE_TLS_DIRECTORY64 *directory) {
    const struct image_directory *place = &module->image.directories[IMAGE_DIRECTORY_ENTRY_TLS];

    if (place->size < sizeof *directory)
        return false;
    memcpy(directory, (char *)module->ldr.DllBase + place->rva, sizeof *directory);
    return true;
}

/* The rva of an address in the module that has len bytes after it; false: it has not. */
static bool tls_rva(const struct module *module, uint64_t address, uint64_t len, uint32_t *rva) {
    const uint64_t offset = address - (uintptr_t)module->ldr.DllBase;

    *rva = (uint32_t)offset;
    return image_range(&module->image, offset, len);
}

/* A thread's copy of the module's template, with its zeros behind it. */
static void *tls_make_block(const struct module *module) {
    IMAGE_TLS_DIRECTORY64 directory;
    uint64_t length, alignment;
    void *block = NULL;

    tls_directory(module, &directory);
    length = directory.EndAddressOfRawData - directory.StartAddressOfRawData;
    alignment = (directory.Characteristics >> 20) & 0xf;
    alignment = alignment > 4 ? 1u << (alignment - 1) : 16;
    if (posix_memalign(&block, alignment, length + directory.SizeOfZeroFill + 1))
        return NULL;
    memcpy(block, (void *)(uintptr_t)directory.StartAddressOfRawData, length);
    memset((char *)block + length, 0, directory.SizeOfZeroFill + 1);
    return block;
}

static bool tls_grow(TEB *teb) {
    struct tls_array *older = tls_array_of(teb), *array;
    const uint32_t n = (tls_n_modules + 15) & ~15u;

    if (older && older->n_blocks >= tls_n_modules)
        return true;
    array = calloc(1, sizeof *array + n * sizeof(void *));
    if (!array)
        return false;
    if (older)
        memcpy(array->blocks, older->blocks, older->n_blocks * sizeof(void *));
    array->older = older;
    array->n_blocks = n;
    teb->ThreadLocalStoragePointer = array->blocks;
    return true;
}

struct tls_addition {
    struct module *module;
    NTSTATUS status;
};

static void tls_add_to_thread(TEB *teb, void *context) {
    struct tls_addition *addition = context;
    struct tls_array *array;
    void *block;

    if (addition->status || !tls_grow(teb)) {
        addition->status = STATUS_NO_MEMORY;
        return;
    }
    array = tls_array_of(teb);
    block = tls_make_block(addition->module);
    if (!block) {
        addition->status = STATUS_NO_MEMORY;
        return;
    }
    array->blocks[addition->module->tls_slot - 1] = block;
}

static void tls_remove_from_thread(TEB *teb, void *context) {
    const struct module *module = context;
    struct tls_array *array = tls_array_of(teb);

    if (!array || module->tls_slot > array->n_blocks)
        return;
    free(array->blocks[module->tls_slot - 1]);
    array->blocks[module->tls_slot - 1] = NULL;
}

NTSTATUS tls_add_module(struct module *module) {
    struct tls_addition addition = {.module = module};
    IMAGE_TLS_DIRECTORY64 directory;
    uint32_t index = 0, rva;

    if (!tls_directory(module, &directory))
        return STATUS_SUCCESS;
    if (directory.EndAddressOfRawData < directory.StartAddressOfRawData || directory.SizeOfZeroFill > TLS_MAX_TEMPLATE ||
        !tls_rva(module, directory.StartAddressOfRawData, directory.EndAddressOfRawData - directory.StartAddressOfRawData, &rva))
        if (directory.EndAddressOfRawData != directory.StartAddressOfRawData)
            return STATUS_INVALID_IMAGE_FORMAT;
    if (!tls_rva(module, directory.AddressOfIndex, sizeof index, &rva))
        return STATUS_INVALID_IMAGE_FORMAT;
    while (index < tls_n_modules && tls_modules[index])
        index++;
    if (index == TLS_MAX_MODULES)
        return STATUS_NO_MEMORY;
    if (index == tls_n_modules)
        tls_n_modules++;
    tls_modules[index] = module;
    module->tls_slot = index + 1;
    module->ldr.TlsIndex = -1;
    memcpy((char *)module->ldr.DllBase + rva, &index, sizeof index);
    teb_for_each(tls_add_to_thread, &addition);
    return addition.status;
}

void tls_remove_module(struct module *module) {
    if (!module->tls_slot)
        return;
    teb_for_each(tls_remove_from_thread, module);
    tls_modules[module->tls_slot - 1] = NULL;
    module->tls_slot = 0;
}

NTSTATUS tls_begin_thread(TEB *teb) {
    if (!tls_n_modules)
        return STATUS_SUCCESS;
    if (!tls_grow(teb))
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < tls_n_modules; i++) {
        struct tls_array *array = tls_array_of(teb);

        if (!tls_modules[i] || array->blocks[i])
            continue;
        array->blocks[i] = tls_make_block(tls_modules[i]);
        if (!array->blocks[i])
            return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

void tls_end_thread(TEB *teb) {
    struct tls_array *array = tls_array_of(teb);

    teb->ThreadLocalStoragePointer = NULL;
    for (uint32_t i = 0; array && i < array->n_blocks; i++)
        free(array->blocks[i]);
    while (array) {
        struct tls_array *older = array->older;

        free(array);
        array = older;
    }
}

void tls_call(struct module *module, DWORD reason) {
    IMAGE_TLS_DIRECTORY64 directory;
    uint32_t rva;

    if (module->table || module->is_data || !tls_directory(module, &directory) || !directory.AddressOfCallBacks)
        return;
    for (uint32_t i = 0; i < TLS_MAX_CALLBACKS; i++) {
        PIMAGE_TLS_CALLBACK callback;

        if (!tls_rva(module, directory.AddressOfCallBacks + i * sizeof callback, sizeof callback, &rva))
            return;
        memcpy(&callback, (char *)module->ldr.DllBase + rva, sizeof callback);
        if (!callback)
            return;
        callback(module->ldr.DllBase, reason, NULL);
    }
}
