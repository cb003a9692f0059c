/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections of programs and DLLs (SEC_IMAGE): a view of one is the image as it would run, at its addresses, each of its
 * parts protected as its headers say; nothing is bound and nothing is run.  The pages are each view's own, copied from
 * the file when it is mapped.
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include "dlls/ntdll/section.h"

#include <errno.h>
#include <sys/mman.h>

#include "libs/host/guard.h"
#include "loader/map.h"

NTSTATUS section_image_check(int fd, uint64_t *size) {
    struct image_info info;
    enum image_verdict verdict;

    if (image_read(fd, &info, &verdict))
        return STATUS_INVALID_FILE_FOR_SECTION;
    switch (verdict) {
    case IMAGE_OK: *size = info.size; return STATUS_SUCCESS;
    case IMAGE_IS_EMPTY: return STATUS_MAPPED_FILE_SIZE_ZERO;
    case IMAGE_NOT_PE:
    case IMAGE_IS_ELF: return STATUS_INVALID_IMAGE_NOT_MZ;
    case IMAGE_ARM64:
    case IMAGE_OTHER_MACHINE: return STATUS_INVALID_IMAGE_WIN_64;
    default: return STATUS_INVALID_IMAGE_FORMAT;
    }
}

static NTSTATUS image_status(int error) {
    switch (error) {
    case 0: return STATUS_SUCCESS;
    case -EADDRINUSE: return STATUS_CONFLICTING_ADDRESSES;
    case -ENOMEM: return STATUS_NO_MEMORY;
    default: return STATUS_INVALID_IMAGE_FORMAT;
    }
}

/* SEC_IMAGE_NO_EXECUTE: pages that run are pages that are read. */
static int image_protect_for(const struct image_info *info, uint8_t *base, bool runs) {
    struct image_info quiet = *info;

    for (int i = 0; !runs && i < quiet.n_sections; i++)
        quiet.sections[i].flags &= ~(uint32_t)IMAGE_SCN_MEM_EXECUTE;
    return image_protect(&quiet, base);
}

NTSTATUS section_image_map(int fd, ULONG flags, void **base, SIZE_T *size) {
    struct image_info info;
    enum image_verdict verdict;
    uint8_t *at = *base;
    int error = image_read(fd, &info, &verdict);

    if (error || verdict)
        return STATUS_INVALID_IMAGE_FORMAT;                 /* the file was another one when the section was made */
    info.characteristics |= IMAGE_FILE_LARGE_ADDRESS_AWARE; /* nothing runs in it by itself: any place will do */
    error = at ? image_map_at(fd, &info, at) : image_map(fd, &info, &at);
    if (error)
        return image_status(error);
    error = image_relocate(&info, at, (uintptr_t)at - info.base);
    if (!error)
        error = image_protect_for(&info, at, !(flags & SEC_NOCACHE));
    if (error) {
        image_unmap(&info, at);
        return image_status(error);
    }
    virtual_image_is_view(at);
    *base = at;
    *size = info.size;
    return (uintptr_t)at == info.base ? STATUS_SUCCESS : STATUS_IMAGE_NOT_AT_BASE;
}

NTSTATUS section_image_query(int fd, SECTION_IMAGE_INFORMATION *about) {
    struct image_info info;
    enum image_verdict verdict;

    if (image_read(fd, &info, &verdict) || verdict)
        return STATUS_INVALID_IMAGE_FORMAT;
    *about = (SECTION_IMAGE_INFORMATION){
        .TransferAddress = info.entry ? (void *)(info.base + info.entry) : NULL,
        .MaximumStackSize = info.stack_reserve,
        .CommittedStackSize = info.stack_commit,
        .SubSystemType = info.subsystem,
        .MajorSubsystemVersion = info.subsystem_major,
        .MinorSubsystemVersion = info.subsystem_minor,
        .ImageCharacteristics = info.characteristics,
        .DllCharacteristics = info.dll_characteristics,
        .Machine = IMAGE_FILE_MACHINE_AMD64,
        .CheckSum = info.checksum,
    };
    for (int i = 0; i < info.n_sections; i++)
        about->ImageContainsCode |= (info.sections[i].flags & (IMAGE_SCN_CNT_CODE | IMAGE_SCN_MEM_EXECUTE)) != 0;
    about->ImageMappedFlat = info.flat;
    return STATUS_SUCCESS;
}
