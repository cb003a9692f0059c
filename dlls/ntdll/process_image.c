/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at a program's file before a process is made of it, so that a bad one is an error of CreateProcess and not of the child; and
 * which of the three kinds of programs it is.  An ELF program is one of ours when it names libwinipc.so among what it needs.
 */
#include "dlls/ntdll/process.h"

#include <ntstatus.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/file.h"
#include "loader/map.h"

#define ELF_MAX_SEGMENTS 128
#define ELF_MAX_DYNAMIC 1024

static bool elf_read(int fd, void *data, size_t size, uint64_t offset) {
    return offset <= INT64_MAX && pread(fd, data, size, (off_t)offset) == (ssize_t)size;
}

/* Where in the file the byte of virtual address @address lies; UINT64_MAX: nowhere. */
static uint64_t elf_offset(const Elf64_Phdr *segments, unsigned n, uint64_t address) {
    for (unsigned i = 0; i < n; i++) {
        if (segments[i].p_type == PT_LOAD && address >= segments[i].p_vaddr && address - segments[i].p_vaddr < segments[i].p_filesz)
            return segments[i].p_offset + (address - segments[i].p_vaddr);
    }
    return UINT64_MAX;
}

static bool elf_needs_us(int fd, const Elf64_Phdr *segments, unsigned n, const Elf64_Dyn *dynamic, size_t n_dynamic) {
    static const char own[] = "libwinipc.so";
    uint64_t strings = UINT64_MAX;
    char name[sizeof own];

    for (size_t i = 0; i < n_dynamic && dynamic[i].d_tag != DT_NULL; i++) {
        if (dynamic[i].d_tag == DT_STRTAB)
            strings = elf_offset(segments, n, dynamic[i].d_un.d_ptr);
    }
    for (size_t i = 0; strings != UINT64_MAX && i < n_dynamic && dynamic[i].d_tag != DT_NULL; i++) {
        if (dynamic[i].d_tag == DT_NEEDED && elf_read(fd, name, sizeof name, strings + dynamic[i].d_un.d_val) &&
            !memcmp(name, own, sizeof own))
            return true;
    }
    return false;
}

static bool elf_is_native(int fd, const Elf64_Ehdr *head) {
    Elf64_Phdr segments[ELF_MAX_SEGMENTS];
    Elf64_Dyn *dynamic;
    bool found = false;
    size_t size;

    if (head->e_phentsize != sizeof *segments || head->e_phnum > ELF_MAX_SEGMENTS ||
        !elf_read(fd, segments, head->e_phnum * sizeof *segments, head->e_phoff))
        return false;
    for (unsigned i = 0; i < head->e_phnum && !found; i++) {
        if (segments[i].p_type != PT_DYNAMIC)
            continue;
        size = segments[i].p_filesz < ELF_MAX_DYNAMIC * sizeof *dynamic ? segments[i].p_filesz : ELF_MAX_DYNAMIC * sizeof *dynamic;
        dynamic = malloc(size + 1);
        found = dynamic && elf_read(fd, dynamic, size, segments[i].p_offset) &&
                elf_needs_us(fd, segments, head->e_phnum, dynamic, size / sizeof *dynamic);
        free(dynamic);
    }
    return found;
}

static NTSTATUS elf_inspect(int fd, enum program_kind *kind) {
    Elf64_Ehdr head;

    if (!elf_read(fd, &head, sizeof head, 0) || (head.e_type != ET_EXEC && head.e_type != ET_DYN))
        return STATUS_INVALID_IMAGE_FORMAT;
    if (head.e_machine != EM_X86_64 && head.e_machine != EM_386)
        return STATUS_INVALID_IMAGE_WIN_64;
    *kind = head.e_ident[EI_CLASS] == ELFCLASS64 && elf_is_native(fd, &head) ? PROGRAM_NATIVE : PROGRAM_LINUX;
    return STATUS_SUCCESS;
}

static NTSTATUS pe_inspect(int fd) {
    struct image_info info;
    enum image_verdict verdict;

    if (image_read(fd, &info, &verdict))
        return STATUS_ACCESS_DENIED;
    switch (verdict) {
    case IMAGE_OK: return info.characteristics & IMAGE_FILE_DLL ? STATUS_INVALID_IMAGE_FORMAT : STATUS_SUCCESS;
    case IMAGE_I386:
    case IMAGE_ARM64:
    case IMAGE_OTHER_MACHINE: return STATUS_INVALID_IMAGE_WIN_64;
    case IMAGE_IS_EMPTY:
    case IMAGE_NOT_PE:
    case IMAGE_IS_ELF: return STATUS_INVALID_IMAGE_NOT_MZ;
    default: return STATUS_INVALID_IMAGE_FORMAT;
    }
}

static NTSTATUS fd_inspect(int fd, enum program_kind *kind) {
    char head[SELFMAG] = "";
    struct stat about;

    *kind = PROGRAM_WINDOWS;
    if (fstat(fd, &about) || !S_ISREG(about.st_mode) || pread(fd, head, sizeof head, 0) < 0)
        return STATUS_ACCESS_DENIED;
    if (!memcmp(head, ELFMAG, SELFMAG))
        return elf_inspect(fd, kind);
    if (memcmp(head, "#!", 2) || !(about.st_mode & 0111))
        return pe_inspect(fd);
    *kind = PROGRAM_LINUX;
    return STATUS_SUCCESS;
}

NTSTATUS program_inspect(const char *path, enum program_kind *kind) {
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    NTSTATUS status;

    *kind = PROGRAM_LINUX;
    if (fd >= 0) {
        status = fd_inspect(fd, kind);
        close(fd);
    } else {
        status = status_from_errno(errno);
        if (errno == EACCES && !access(path, X_OK))
            return STATUS_SUCCESS; /* may be run but not read: only Linux knows such programs */
    }
    if (!status && *kind != PROGRAM_WINDOWS && access(path, X_OK))
        return STATUS_ACCESS_DENIED;
    return status;
}
