/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Damaged images: a small PE image with every table that the loader reads is changed at random (from a fixed seed), parsed,
 * mapped, relocated, bound, given TLS and protections, asked for exports and resources, and let go.  Nothing of that may
 * crash or hang, whatever the bytes are.  LONG=1 makes 20,000 images of it.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "dlls/ntdll/unwind.h"
#include "loader/import.h"
#include "loader/map.h"
#include "loader/module.h"

#define SEED_SIZE 0x1800
#define SEED_IMAGE 0x6000
#define SHORT_RUN 4000
#define LONG_RUN 20000

static uint8_t seed[SEED_SIZE];
static uint64_t state = 0x9e3779b97f4a7c15;

static uint32_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32);
}

/* Sections of the seed: rva 0x1000 at file offset 0x400 (0x400 bytes), 0x2000 at 0x800, 0x3000 at 0xc00, ... */
static void *at(uint32_t rva) {
    return seed + 0x400 * (rva / 0x1000) + rva % 0x1000;
}

static void seed_section(IMAGE_SECTION_HEADER *section, uint32_t index, uint32_t flags) {
    section->VirtualAddress = 0x1000 * index;
    section->Misc.VirtualSize = 0x400;
    section->PointerToRawData = 0x400 * index;
    section->SizeOfRawData = 0x400;
    section->Characteristics = flags;
}

static void seed_imports(void) {
    IMAGE_IMPORT_DESCRIPTOR *dll = at(0x2000);
    uint64_t *lookup = at(0x2080), *slots = at(0x20c0);

    dll[0] = (IMAGE_IMPORT_DESCRIPTOR){.OriginalFirstThunk = 0x2080, .Name = 0x2100, .FirstThunk = 0x20c0};
    lookup[0] = slots[0] = 0x2120;
    lookup[1] = slots[1] = 0x2140;
    lookup[2] = slots[2] = IMAGE_ORDINAL_FLAG64 | 7;
    strcpy(at(0x2100), "KERNEL32.dll");
    strcpy(at(0x2122), "HeapAlloc");
    strcpy(at(0x2142), "NoSuchFunction");
}

static void seed_exports(void) {
    IMAGE_EXPORT_DIRECTORY *directory = at(0x2200);
    uint32_t *functions = at(0x2280), *names = at(0x2290);
    uint16_t *ordinals = at(0x22a0);

    *directory = (IMAGE_EXPORT_DIRECTORY){.Base = 1, .NumberOfFunctions = 2, .NumberOfNames = 2, .AddressOfFunctions = 0x2280,
        .AddressOfNames = 0x2290, .AddressOfNameOrdinals = 0x22a0};
    functions[0] = 0x1010;
    functions[1] = 0x22c0;
    names[0] = 0x22b0;
    names[1] = 0x22b4;
    ordinals[1] = 1;
    strcpy(at(0x22b0), "one");
    strcpy(at(0x22b4), "two");
    strcpy(at(0x22c0), "ntdll.RtlAllocateHeap");
}

static void seed_tables(uint64_t base) {
    IMAGE_TLS_DIRECTORY64 *tls = at(0x3000);
    IMAGE_BASE_RELOCATION *block = at(0x4000);
    uint16_t *entries = (void *)(block + 1);
    IMAGE_RESOURCE_DIRECTORY *root = at(0x5000);
    IMAGE_RESOURCE_DIRECTORY_ENTRY *entry = (void *)(root + 1);

    *tls = (IMAGE_TLS_DIRECTORY64){.StartAddressOfRawData = base + 0x3100, .EndAddressOfRawData = base + 0x3180,
        .AddressOfIndex = base + 0x3200, .AddressOfCallBacks = base + 0x3210, .SizeOfZeroFill = 16};
    block->VirtualAddress = 0x3000;
    block->SizeOfBlock = 8 + 8;
    for (int i = 0; i < 4; i++)
        entries[i] = IMAGE_REL_BASED_DIR64 << 12 | 8 * i;
    for (int level = 0; level < 3; level++, root = at(0x5000 + 0x20 * level), entry = (void *)(root + 1)) {
        root->NumberOfIdEntries = 1;
        entry->Id = level + 1;
        entry->OffsetToData = level < 2 ? 0x80000000u | 0x20 * (level + 1) : 0x80u;
    }
    *(IMAGE_RESOURCE_DATA_ENTRY *)at(0x5080) = (IMAGE_RESOURCE_DATA_ENTRY){.OffsetToData = 0x5100, .Size = 16};
}

static void seed_make(void) {
    IMAGE_DOS_HEADER *dos = (void *)seed;
    IMAGE_NT_HEADERS64 *nt = (void *)(seed + 0x80);
    IMAGE_DATA_DIRECTORY *directories = nt->OptionalHeader.DataDirectory;
    IMAGE_SECTION_HEADER *sections = (void *)(nt + 1);

    dos->e_magic = IMAGE_DOS_SIGNATURE;
    dos->e_lfanew = 0x80;
    nt->Signature = IMAGE_NT_SIGNATURE;
    nt->FileHeader = (IMAGE_FILE_HEADER){.Machine = IMAGE_FILE_MACHINE_AMD64, .NumberOfSections = 5,
        .SizeOfOptionalHeader = sizeof nt->OptionalHeader,
        .Characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_DLL | IMAGE_FILE_LARGE_ADDRESS_AWARE};
    nt->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    nt->OptionalHeader.ImageBase = 0x180000000;
    nt->OptionalHeader.SectionAlignment = 0x1000;
    nt->OptionalHeader.FileAlignment = 0x200;
    nt->OptionalHeader.SizeOfImage = SEED_IMAGE;
    nt->OptionalHeader.SizeOfHeaders = 0x400;
    nt->OptionalHeader.AddressOfEntryPoint = 0x1000;
    nt->OptionalHeader.NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    directories[IMAGE_DIRECTORY_ENTRY_IMPORT] = (IMAGE_DATA_DIRECTORY){0x2000, 40};
    directories[IMAGE_DIRECTORY_ENTRY_EXPORT] = (IMAGE_DATA_DIRECTORY){0x2200, 0x100};
    directories[IMAGE_DIRECTORY_ENTRY_TLS] = (IMAGE_DATA_DIRECTORY){0x3000, sizeof(IMAGE_TLS_DIRECTORY64)};
    directories[IMAGE_DIRECTORY_ENTRY_BASERELOC] = (IMAGE_DATA_DIRECTORY){0x4000, 16};
    directories[IMAGE_DIRECTORY_ENTRY_RESOURCE] = (IMAGE_DATA_DIRECTORY){0x5000, 0x110};
    seed_section(&sections[0], 1, IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_EXECUTE);
    seed_section(&sections[1], 2, IMAGE_SCN_MEM_READ);
    seed_section(&sections[2], 3, IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE);
    seed_section(&sections[3], 4, IMAGE_SCN_MEM_READ);
    seed_section(&sections[4], 5, IMAGE_SCN_MEM_READ);
    seed_imports();
    seed_exports();
    seed_tables(nt->OptionalHeader.ImageBase);
}

/* One change, half of them in the headers: a byte, or a field that becomes a number of the kind that breaks parsers. */
static void mutate(uint8_t *bytes, size_t length) {
    static const uint32_t numbers[] = {0, 1, 2, 7, 0xfff, 0x1000, 0x2000, 0x5ff8, 0x5fff, 0x6000, 0x10000, 0x7fffffff, 0x80000000u,
        0xfffffff0u, 0xfffffffeu, 0xffffffffu};
    const size_t range = next_random() % 2 && length > 0x290 ? 0x290 : length;
    const size_t where = next_random() % range;

    if (next_random() % 3 == 0) {
        bytes[where] = (uint8_t)next_random();
    } else if (where + 4 <= length) {
        const uint32_t number = next_random() % 4 ? numbers[next_random() % (sizeof numbers / sizeof *numbers)] : next_random();

        memcpy(bytes + (where & ~(size_t)1), &number, next_random() % 3 ? 4 : 2);
    }
}

static void ask(struct module *module) {
    const LDR_RESOURCE_INFO info = {1, 2, 3};
    const IMAGE_RESOURCE_DATA_ENTRY *entry;
    const char *forward;

    image_export(&module->image, module->ldr.DllBase, "two", 0, &forward);
    image_export(&module->image, module->ldr.DllBase, "zzz", 0, &forward);
    image_export(&module->image, module->ldr.DllBase, NULL, next_random() % 4, &forward);
    resource_find(module, &info, &entry);
}

static bool try_image(const uint8_t *bytes, size_t length) {
    struct module *module = calloc(1, sizeof *module);
    uint8_t *base;
    bool ok = false;

    if (!image_parse(bytes, length, length, &module->image) && !image_map_bytes(bytes, &module->image, &base)) {
        module->ldr.DllBase = base;
        module->ldr.BaseDllName = (UNICODE_STRING){10, 12, (WCHAR *)L"x.dll"};
        ask(module);
        ok = !module_prepare(module, 0);
        module_release_needs(module);
        tls_remove_module(module);
        unwind_image_remove(base);
        image_unmap(&module->image, base);
    }
    free(module->needs);
    free(module);
    return ok;
}

START_TEST(the_seed_is_sound) {
    ck_assert(try_image(seed, SEED_SIZE));
}
END_TEST

START_TEST(mutated_images) {
    const int n = getenv("LONG") ? LONG_RUN : SHORT_RUN;
    int n_ok = 0;

    for (int i = 0; i < n; i++) {
        size_t length = next_random() % 16 ? SEED_SIZE : next_random() % (SEED_SIZE + 1);
        uint8_t *bytes = malloc(length ? length : 1); /* of its exact size, so that a sanitizer sees a read beyond it */

        memcpy(bytes, seed, length);
        for (uint32_t changes = 1 + next_random() % 6; changes && length; changes--)
            mutate(bytes, length);
        n_ok += try_image(bytes, length);
        free(bytes);
    }
    ck_assert_int_gt(n_ok, n / 100); /* the changes are not so many that no table is ever read */
}
END_TEST

int main(void) {
    const TTest *const tests[] = {the_seed_is_sound, mutated_images};

    setenv("CK_DEFAULT_TIMEOUT", "600", 0);
    seed_make();
    return unit_run("pe_mutate", tests, sizeof tests / sizeof *tests);
}
