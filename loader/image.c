/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses and validates a PE32+ image's headers from bytes, without side effects: the file may come from anywhere, so
 * each field is bounded before use, and what Windows refuses as no valid image is refused here.
 */
#include "loader/image.h"

#include <windows.h>

#include <string.h>

static uint64_t image_round(uint64_t value, uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

static bool image_power_of_two(uint32_t value) {
    return value && !(value & (value - 1));
}

static enum image_verdict image_machine(uint16_t machine) {
    switch (machine) {
    case IMAGE_FILE_MACHINE_AMD64:
        return IMAGE_OK;
    case IMAGE_FILE_MACHINE_I386:
        return IMAGE_I386;
    case IMAGE_FILE_MACHINE_ARM64:
        return IMAGE_ARM64;
    default:
        return IMAGE_OTHER_MACHINE;
    }
}

/* Finds the PE header's offset; DOS and 16-bit programs end here. */
static enum image_verdict image_find_header(const uint8_t *head, size_t head_len, uint64_t file_len, uint32_t *offset) {
    uint32_t lfanew;

    if (file_len == 0)
        return IMAGE_IS_EMPTY;
    if (head_len >= 4 && !memcmp(head, "\177ELF", 4))
        return IMAGE_IS_ELF;
    if (head_len < 2 || memcmp(head, "MZ", 2))
        return IMAGE_NOT_PE;
    if (head_len < sizeof(IMAGE_DOS_HEADER))
        return IMAGE_TRUNCATED;
    memcpy(&lfanew, head + offsetof(IMAGE_DOS_HEADER, e_lfanew), sizeof lfanew);
    if (lfanew > file_len || file_len - lfanew < 4 + sizeof(IMAGE_FILE_HEADER))
        return IMAGE_TRUNCATED;
    if (lfanew > head_len || head_len - lfanew < 4 + sizeof(IMAGE_FILE_HEADER))
        return IMAGE_DAMAGED;
    if (memcmp(head + lfanew, "PE\0", 4))
        return IMAGE_NOT_PE;
    *offset = lfanew;
    return IMAGE_OK;
}

/* Copies the numbers of the optional header and bounds those that stand alone. */
static enum image_verdict image_read_optional(const IMAGE_OPTIONAL_HEADER64 *optional, struct image_info *info) {
    const uint32_t section = optional->SectionAlignment, file = optional->FileAlignment;

    if (!image_power_of_two(section) || !image_power_of_two(file) || section < file || file > 65536)
        return IMAGE_DAMAGED;
    if (section < IMAGE_PAGE && section != file)
        return IMAGE_DAMAGED;
    if (!optional->SizeOfImage || optional->SizeOfImage > IMAGE_MAX_SIZE || optional->ImageBase % 65536)
        return IMAGE_DAMAGED;
    info->flat = section < IMAGE_PAGE;
    info->base = optional->ImageBase;
    info->size = image_round(optional->SizeOfImage, IMAGE_PAGE);
    info->headers_size = optional->SizeOfHeaders;
    info->entry = optional->AddressOfEntryPoint;
    info->stack_reserve = optional->SizeOfStackReserve;
    info->stack_commit = optional->SizeOfStackCommit;
    info->heap_reserve = optional->SizeOfHeapReserve;
    info->heap_commit = optional->SizeOfHeapCommit;
    info->checksum = optional->CheckSum;
    info->dll_characteristics = optional->DllCharacteristics;
    info->subsystem = optional->Subsystem;
    info->subsystem_major = optional->MajorSubsystemVersion;
    info->subsystem_minor = optional->MinorSubsystemVersion;
    return info->entry >= info->size || info->headers_size > info->size ? IMAGE_DAMAGED : IMAGE_OK;
}

/* A directory that does not lie in the image counts as absent, but for the sizes that nobody trusts (imports). */
static void image_read_directories(const IMAGE_OPTIONAL_HEADER64 *optional, struct image_info *info, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const IMAGE_DATA_DIRECTORY *from = &optional->DataDirectory[i];

        if (!from->VirtualAddress || from->VirtualAddress >= info->size || i == IMAGE_DIRECTORY_ENTRY_SECURITY)
            continue;
        info->directories[i].rva = from->VirtualAddress;
        info->directories[i].size = from->Size;
        if (!image_range(info, from->VirtualAddress, from->Size))
            info->directories[i].size = info->size - from->VirtualAddress;
    }
}

/* One section: its place in memory after *next, its bytes inside the file. */
static enum image_verdict image_read_section(const IMAGE_SECTION_HEADER *header, uint32_t alignment, uint64_t file_len,
                                             const struct image_info *info, struct image_section *section, uint64_t *next) {
    const uint64_t wanted = header->Misc.VirtualSize ? header->Misc.VirtualSize : header->SizeOfRawData;
    uint64_t raw = header->PointerToRawData ? header->SizeOfRawData : 0;

    section->flags = header->Characteristics;
    section->rva = header->VirtualAddress;
    if (header->VirtualAddress % alignment || header->VirtualAddress < *next)
        return IMAGE_DAMAGED;
    if (!image_range(info, header->VirtualAddress, wanted))
        return IMAGE_DAMAGED;
    section->size = info->flat ? wanted : image_round(wanted, IMAGE_PAGE);
    if (!image_range(info, section->rva, section->size))
        return IMAGE_DAMAGED;
    if (raw > section->size)
        raw = section->size;
    section->file_size = raw;
    section->file_offset = info->flat ? header->PointerToRawData : header->PointerToRawData / 512 * 512;
    if (raw && (section->file_offset > file_len || raw > file_len - section->file_offset))
        return IMAGE_TRUNCATED;
    *next = image_round((uint64_t)section->rva + wanted, alignment);
    return IMAGE_OK;
}

static enum image_verdict image_read_sections(const uint8_t *table, uint32_t count, uint32_t alignment, uint64_t file_len,
                                              struct image_info *info) {
    uint64_t next = info->flat ? 0 : image_round(info->headers_size, alignment);

    info->headers_end = info->flat ? 0 : image_round(info->headers_size, IMAGE_PAGE);
    for (uint32_t i = 0; i < count; i++) {
        IMAGE_SECTION_HEADER header;
        enum image_verdict verdict;

        memcpy(&header, table + i * sizeof header, sizeof header);
        verdict = image_read_section(&header, alignment, file_len, info, &info->sections[i], &next);
        if (verdict)
            return verdict;
        info->n_sections++;
    }
    return IMAGE_OK;
}

enum image_verdict image_parse(const uint8_t *head, size_t head_len, uint64_t file_len, struct image_info *info) {
    const size_t fixed = offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory);
    IMAGE_OPTIONAL_HEADER64 optional = {0};
    IMAGE_FILE_HEADER file;
    uint32_t offset = 0, n_directories;
    size_t left, length;
    enum image_verdict verdict;

    memset(info, 0, sizeof *info);
    verdict = image_find_header(head, head_len, file_len, &offset);
    if (verdict)
        return verdict;
    memcpy(&file, head + offset + 4, sizeof file);
    verdict = image_machine(file.Machine);
    if (verdict)
        return verdict;
    offset += 4 + sizeof file;
    left = head_len - offset;
    length = file.SizeOfOptionalHeader;
    if (length < fixed || file.NumberOfSections > IMAGE_MAX_SECTIONS || !(file.Characteristics & IMAGE_FILE_EXECUTABLE_IMAGE))
        return IMAGE_DAMAGED;
    if (left < length + file.NumberOfSections * sizeof(IMAGE_SECTION_HEADER))
        return head_len < file_len ? IMAGE_DAMAGED : IMAGE_TRUNCATED;
    memcpy(&optional, head + offset, length < sizeof optional ? length : sizeof optional);
    if (optional.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC)
        return IMAGE_DAMAGED;
    info->characteristics = file.Characteristics;
    info->timestamp = file.TimeDateStamp;
    verdict = image_read_optional(&optional, info);
    if (verdict)
        return verdict;
    if (info->headers_size > file_len)
        return IMAGE_TRUNCATED;
    if (info->headers_size < offset + length + file.NumberOfSections * sizeof(IMAGE_SECTION_HEADER))
        return IMAGE_DAMAGED;
    n_directories = (length < sizeof optional ? length - fixed : sizeof optional - fixed) / sizeof(IMAGE_DATA_DIRECTORY);
    if (n_directories > optional.NumberOfRvaAndSizes)
        n_directories = optional.NumberOfRvaAndSizes;
    image_read_directories(&optional, info, n_directories);
    return image_read_sections(head + offset + length, file.NumberOfSections, optional.SectionAlignment, file_len, info);
}

const char *image_verdict_text(enum image_verdict verdict) {
    switch (verdict) {
    case IMAGE_OK:
        return "a 64-bit Windows image";
    case IMAGE_IS_EMPTY:
        return "the file is empty";
    case IMAGE_NOT_PE:
        return "not a Windows program";
    case IMAGE_IS_ELF:
        return "a Linux program, not a Windows program; run it without winipc";
    case IMAGE_TRUNCATED:
        return "the file is truncated";
    case IMAGE_DAMAGED:
        return "the file is damaged: its headers contradict themselves";
    case IMAGE_I386:
        return "a 32-bit program; winipc runs 64-bit (x86-64) programs only";
    case IMAGE_ARM64:
        return "a program for ARM64; winipc runs x86-64 programs only";
    case IMAGE_OTHER_MACHINE:
        return "a program for another processor; winipc runs x86-64 programs only";
    }
    return "no Windows image";
}

const char *image_string(const struct image_info *info, const uint8_t *base, uint64_t rva, size_t max) {
    size_t left;

    if (rva >= info->size)
        return NULL;
    left = info->size - rva;
    if (left > max)
        left = max;
    return memchr(base + rva, 0, left) ? (const char *)base + rva : NULL;
}
