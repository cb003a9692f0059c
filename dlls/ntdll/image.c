/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking into an image's headers, resources included, as ntdll exports it.  Handles of data files have low bits set. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#include "loader/module.h"

#include <string.h>

static char *image_base(HMODULE handle) {
    return (char *)((ULONG_PTR)handle & ~(ULONG_PTR)3);
}

/**
 * RtlImageNtHeader() - the PE headers of an image in memory.
 * Return: NULL when there is none.
 */
PIMAGE_NT_HEADERS WINAPI RtlImageNtHeader(HMODULE module) {
    char *base = image_base(module);
    const IMAGE_DOS_HEADER *dos = (IMAGE_DOS_HEADER *)base;
    IMAGE_NT_HEADERS *nt;

    if (!base || dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew > 0x10000)
        return NULL;
    nt = (IMAGE_NT_HEADERS *)(base + dos->e_lfanew);
    return nt->Signature == IMAGE_NT_SIGNATURE ? nt : NULL;
}

PIMAGE_SECTION_HEADER WINAPI RtlImageRvaToSection(const IMAGE_NT_HEADERS *nt, HMODULE module, DWORD rva) {
    IMAGE_SECTION_HEADER *section = IMAGE_FIRST_SECTION(nt);

    (void)module;
    for (WORD i = 0; i < nt->FileHeader.NumberOfSections; i++, section++)
        if (rva >= section->VirtualAddress && rva - section->VirtualAddress < section->SizeOfRawData)
            return section;
    return NULL;
}

/* For an image that lies in memory as in its file. */
PVOID WINAPI RtlImageRvaToVa(const IMAGE_NT_HEADERS *nt, HMODULE module, DWORD rva, IMAGE_SECTION_HEADER **last) {
    IMAGE_SECTION_HEADER *section = last ? *last : NULL;

    if (!section || rva < section->VirtualAddress || rva - section->VirtualAddress >= section->SizeOfRawData)
        section = RtlImageRvaToSection(nt, module, rva);
    if (!section)
        return NULL;
    if (last)
        *last = section;
    return image_base(module) + section->PointerToRawData + (rva - section->VirtualAddress);
}

/**
 * RtlImageDirectoryEntryToData() - where a directory of an image lies.
 * @mapped: TRUE: the image lies as the loader maps it; FALSE: as in its file.
 * Return: NULL when the image has no such directory; *size is its size.
 */
PVOID WINAPI RtlImageDirectoryEntryToData(HMODULE module, BOOL mapped, WORD index, ULONG *size) {
    const IMAGE_NT_HEADERS *nt = RtlImageNtHeader(module);
    const IMAGE_DATA_DIRECTORY *directory;

    if (!nt || index >= nt->OptionalHeader.NumberOfRvaAndSizes || index >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES)
        return NULL;
    directory = &nt->OptionalHeader.DataDirectory[index];
    if (!directory->VirtualAddress)
        return NULL;
    *size = directory->Size;
    if (mapped || directory->VirtualAddress < nt->OptionalHeader.SizeOfHeaders)
        return image_base(module) + directory->VirtualAddress;
    return RtlImageRvaToVa(nt, module, directory->VirtualAddress, NULL);
}

/* --- resources: a tree of type, name, language --- */

struct resource_root {
    char *base;
    ULONG size;
};

static NTSTATUS resource_root(const struct module *module, struct resource_root *root) {
    const struct image_directory *directory;

    if (!module)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    directory = &module->image.directories[IMAGE_DIRECTORY_ENTRY_RESOURCE];
    if (!directory->rva || directory->rva % sizeof(ULONG) || directory->size < sizeof(IMAGE_RESOURCE_DIRECTORY))
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    root->base = (char *)module->ldr.DllBase + directory->rva;
    root->size = directory->size;
    return STATUS_SUCCESS;
}

/* The directory at an offset with all its entries inside, or NULL. */
static const IMAGE_RESOURCE_DIRECTORY *resource_directory(const struct resource_root *root, ULONG offset) {
    const IMAGE_RESOURCE_DIRECTORY *directory = (void *)(root->base + offset);
    ULONG_PTR entries;

    if (offset % sizeof(ULONG) || offset > root->size || root->size - offset < sizeof *directory)
        return NULL;
    entries = directory->NumberOfNamedEntries + directory->NumberOfIdEntries;
    return (root->size - offset - sizeof *directory) / sizeof(IMAGE_RESOURCE_DIRECTORY_ENTRY) < entries ? NULL : directory;
}

static WCHAR resource_upper(WCHAR c) {
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

static BOOL resource_name_is(const struct resource_root *root, ULONG offset, const WCHAR *name) {
    const IMAGE_RESOURCE_DIR_STRING_U *string = (void *)(root->base + offset);
    WORD i;

    if (offset % sizeof(WORD) || offset > root->size || root->size - offset < sizeof(WORD) ||
        root->size - offset - sizeof(WORD) < string->Length * sizeof(WCHAR))
        return FALSE;
    for (i = 0; i < string->Length; i++)
        if (!name[i] || resource_upper(name[i]) != resource_upper(string->NameString[i]))
            return FALSE;
    return name[i] == 0;
}

static const IMAGE_RESOURCE_DIRECTORY_ENTRY *resource_entry(const struct resource_root *root,
                                                            const IMAGE_RESOURCE_DIRECTORY *directory, ULONG_PTR name) {
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry = (void *)(directory + 1);
    const ULONG count = directory->NumberOfNamedEntries + directory->NumberOfIdEntries;

    for (ULONG i = 0; i < count; i++, entry++) {
        if (IS_INTRESOURCE(name) && !entry->NameIsString && entry->Id == name)
            return entry;
        if (!IS_INTRESOURCE(name) && entry->NameIsString && resource_name_is(root, entry->NameOffset, (const WCHAR *)name))
            return entry;
    }
    return NULL;
}

/* A language: the one asked for, else neutral, else English, else the first that there is. */
static const IMAGE_RESOURCE_DIRECTORY_ENTRY *resource_language(const struct resource_root *root,
                                                               const IMAGE_RESOURCE_DIRECTORY *directory, WORD language) {
    const WORD wanted[] = {language, PRIMARYLANGID(language), 0, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), LANG_ENGLISH};
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry;

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        entry = resource_entry(root, directory, wanted[i]);
        if (entry)
            return entry;
    }
    return directory->NumberOfNamedEntries + directory->NumberOfIdEntries ? (void *)(directory + 1) : NULL;
}

/* Goes down levels steps; *entry is the last one's. */
static NTSTATUS resource_walk(const struct resource_root *root, const LDR_RESOURCE_INFO *info, ULONG levels,
                              const IMAGE_RESOURCE_DIRECTORY_ENTRY **entry, const IMAGE_RESOURCE_DIRECTORY **directory) {
    const ULONG_PTR names[] = {info->Type, info->Name, info->Language};
    static const NTSTATUS missing[] = {STATUS_RESOURCE_TYPE_NOT_FOUND, STATUS_RESOURCE_NAME_NOT_FOUND, STATUS_RESOURCE_LANG_NOT_FOUND};

    *entry = NULL;
    *directory = resource_directory(root, 0);
    for (ULONG i = 0; i < levels; i++) {
        if (!*directory)
            return STATUS_RESOURCE_DATA_NOT_FOUND;
        *entry = i == 2 ? resource_language(root, *directory, names[2]) : resource_entry(root, *directory, names[i]);
        if (!*entry)
            return missing[i];
        *directory = (*entry)->DataIsDirectory ? resource_directory(root, (*entry)->OffsetToDirectory) : NULL;
    }
    return STATUS_SUCCESS;
}

/**
 * LdrFindResourceDirectory_U() - the directory @level steps down the tree.
 * Return: STATUS_SUCCESS, STATUS_RESOURCE_DATA_NOT_FOUND (no resources), _TYPE_NOT_FOUND, _NAME_NOT_FOUND.
 */
NTSTATUS WINAPI LdrFindResourceDirectory_U(HMODULE module, const LDR_RESOURCE_INFO *info, ULONG level,
                                           const IMAGE_RESOURCE_DIRECTORY **directory) {
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry;
    struct resource_root root;
    NTSTATUS status = level > 2 ? STATUS_INVALID_PARAMETER : resource_root(module_from_handle(image_base(module)), &root);

    if (status)
        return status;
    status = resource_walk(&root, info, level, &entry, directory);
    return status || *directory ? status : STATUS_RESOURCE_DATA_NOT_FOUND;
}

NTSTATUS resource_find(struct module *module, const LDR_RESOURCE_INFO *info, const IMAGE_RESOURCE_DATA_ENTRY **data) {
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry;
    const IMAGE_RESOURCE_DIRECTORY *directory;
    struct resource_root root;
    NTSTATUS status = resource_root(module, &root);

    if (status)
        return status;
    status = resource_walk(&root, info, 3, &entry, &directory);
    if (status)
        return status;
    if (entry->DataIsDirectory || entry->OffsetToData % sizeof(ULONG) || root.size < sizeof **data || entry->OffsetToData > root.size - sizeof **data)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    *data = (void *)(root.base + entry->OffsetToData);
    return STATUS_SUCCESS;
}

/**
 * LdrFindResource_U() - the entry of a resource's data.
 * @info: type, name, language; a language that is not there is replaced by neutral, English, or whatever there is.
 * @level: 3.
 * Return: STATUS_SUCCESS, STATUS_RESOURCE_DATA_NOT_FOUND, _TYPE_NOT_FOUND, _NAME_NOT_FOUND, _LANG_NOT_FOUND.
 */
NTSTATUS WINAPI LdrFindResource_U(HMODULE module, const LDR_RESOURCE_INFO *info, ULONG level,
                                  const IMAGE_RESOURCE_DATA_ENTRY **data) {
    return level == 3 ? resource_find(module_from_handle(image_base(module)), info, data) : STATUS_INVALID_PARAMETER;
}

/**
 * LdrAccessResource() - address and size of a resource's data.
 * Return: STATUS_SUCCESS, STATUS_RESOURCE_DATA_NOT_FOUND.
 */
NTSTATUS WINAPI LdrAccessResource(HMODULE handle, const IMAGE_RESOURCE_DATA_ENTRY *entry, void **address, PULONG size) {
    struct module *module = module_from_handle(image_base(handle));

    if (!module || !entry || !image_range(&module->image, entry->OffsetToData, entry->Size))
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    if (address)
        *address = (char *)module->ldr.DllBase + entry->OffsetToData;
    if (size)
        *size = entry->Size;
    return STATUS_SUCCESS;
}
