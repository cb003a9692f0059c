/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Write watches: which pages of an allocation have been written.  Linux notes it itself (userfaultfd's asynchronous
 * write protection, Linux 6.7), also what system calls write; an older kernel has no such memory: STATUS_NOT_SUPPORTED,
 * as programs that ask for it expect of some systems. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-getwritewatch; for Linux,
 * Documentation/admin-guide/mm/pagemap.rst and userfaultfd.rst of the kernel.
 */
#include "dlls/ntdll/write_watch.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <winternl.h>

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libs/host/guard.h"

/* Newer than the C library's headers may be. */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#define FEATURE_WP_UNPOPULATED (1ull << 13)
#define FEATURE_WP_ASYNC (1ull << 15)
#define PAGE_WRITTEN 2ull
#define SCAN_PROTECT 1ull /* begin anew with what is found */

struct scan {
    uint64_t size, flags, start, end, walk_end, found, n_found, max_pages, inverted, mask, anyof, wanted;
};
struct scan_found {
    uint64_t start, end, categories;
};
#define SCAN_REQUEST _IOWR('f', 16, struct scan)
#define SCAN_MAX 64u

/* The process's userfaultfd and page map; -1: the kernel cannot do it. */
static struct {
    pthread_once_t once;
    int faults, pages;
} watch = {PTHREAD_ONCE_INIT, -1, -1};

static void watch_open(void) {
    struct uffdio_api api = {
        .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | FEATURE_WP_UNPOPULATED | FEATURE_WP_ASYNC};
    const int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    struct scan scan = {.size = sizeof scan, .mask = PAGE_WRITTEN, .wanted = PAGE_WRITTEN};
    int pages;

    if (faults < 0)
        return;
    pages = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pages >= 0 && !ioctl(faults, UFFDIO_API, &api) && ioctl(pages, SCAN_REQUEST, &scan) >= 0) {
        watch.pages = pages;
        watch.faults = faults;
        return;
    }
    if (pages >= 0)
        close(pages);
    close(faults);
}

bool write_watch_add(uintptr_t start, uintptr_t end) {
    struct uffdio_register range = {.range = {start, end - start}, .mode = UFFDIO_REGISTER_MODE_WP};

    pthread_once(&watch.once, watch_open);
    return watch.faults >= 0 && !ioctl(watch.faults, UFFDIO_REGISTER, &range);
}

static bool watch_protect(uintptr_t start, uintptr_t end) {
    struct uffdio_writeprotect range = {.range = {start, end - start}, .mode = UFFDIO_WRITEPROTECT_MODE_WP};

    return !ioctl(watch.faults, UFFDIO_WRITEPROTECT, &range);
}

bool write_watch_commit(const struct region *region, uintptr_t start, uintptr_t end) {
    uintptr_t next;

    for (uintptr_t at = start; at < end; at = next) {
        const struct run *run = region_run(region, at, &next);

        if (run)
            next = run->end;
        if (next > end)
            next = end;
        if (!run && !watch_protect(at, next))
            return false;
    }
    return true;
}

/* Finds up to @n written pages of [start, end).  Return: how many; -1 for an error. */
static ssize_t watch_scan(uintptr_t start, uintptr_t end, bool reset, void **addresses, size_t n) {
    struct scan_found found[SCAN_MAX];
    size_t done = 0;

    while (start < end && done < n) {
        struct scan scan = {.size = sizeof scan,
            .flags = reset ? SCAN_PROTECT : 0,
            .start = start,
            .end = end,
            .found = (uintptr_t)found,
            .n_found = SCAN_MAX,
            .max_pages = n - done,
            .mask = PAGE_WRITTEN,
            .wanted = PAGE_WRITTEN};
        const int got = ioctl(watch.pages, SCAN_REQUEST, &scan);

        if (got < 0)
            return -1;
        for (int i = 0; i < got; i++)
            for (uint64_t page = found[i].start; page < found[i].end && done < n; page += VIRTUAL_PAGE)
                addresses[done++] = (void *)page;
        start = scan.walk_end;
    }
    return (ssize_t)done;
}

/* Reserved pages count as written to Linux: goes from one committed run to the next.  Under the lock. */
static NTSTATUS watch_scan_region(
    const struct region *region, uintptr_t start, uintptr_t end, bool reset, void **addresses, size_t *n) {
    size_t done = 0;
    uintptr_t next;

    for (uintptr_t at = start; at < end && done < *n; at = next) {
        const struct run *run = region_run(region, at, &next);
        ssize_t got;

        if (!run)
            continue;
        next = run->end < end ? run->end : end;
        got = watch_scan(at, next, reset, addresses + done, *n - done);
        if (got < 0)
            return STATUS_UNSUCCESSFUL;
        done += (size_t)got;
    }
    *n = done;
    return STATUS_SUCCESS;
}

/* The watched region that [start, end) is a part of, or NULL.  Under the lock. */
static struct region *watch_region(uintptr_t start, uintptr_t end) {
    struct region *region = region_of(start);

    return region && region->watched && end > start && end <= region->base + region->size ? region : NULL;
}

/**
 * NtGetWriteWatch() - which pages of memory that was allocated with MEM_WRITE_WATCH have been written since it was, or
 * since the last reset.
 * @flags: 0 or WRITE_WATCH_FLAG_RESET: begins anew with those that are told.  @addresses: room for *@count; receives
 * the pages' addresses.
 * @granularity: receives the bytes of a page.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_2 (@flags), _3 (no such memory), STATUS_ACCESS_VIOLATION,
 * STATUS_NOT_SUPPORTED (another process). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-getwritewatch
 */
NTSTATUS WINAPI NtGetWriteWatch(
    HANDLE process, ULONG flags, void *base, SIZE_T size, void **addresses, ULONG_PTR *count, ULONG *granularity) {
    const uintptr_t start = (uintptr_t)base & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    const uintptr_t end = ((uintptr_t)base + size + VIRTUAL_PAGE - 1) & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    const ULONG page = VIRTUAL_PAGE;
    NTSTATUS status = STATUS_INVALID_PARAMETER_3;
    const struct region *region;
    void **found;
    ULONG_PTR n;

    if (flags & ~(ULONG)WRITE_WATCH_FLAG_RESET)
        return STATUS_INVALID_PARAMETER_2;
    if (process != NtCurrentProcess())
        return STATUS_NOT_SUPPORTED;
    if (guard_copy_from(&n, count, sizeof n) || guard_probe_write(count, sizeof n) ||
        guard_probe_write(granularity, sizeof *granularity))
        return STATUS_ACCESS_VIOLATION;
    if (!n || n > SIZE_MAX / sizeof *addresses || guard_probe_write(addresses, n * sizeof *addresses))
        return n ? STATUS_ACCESS_VIOLATION : STATUS_INVALID_PARAMETER_5;
    if (end <= start)
        return STATUS_INVALID_PARAMETER_3;
    if (n > (end - start) / VIRTUAL_PAGE)
        n = (end - start) / VIRTUAL_PAGE;
    found = malloc(n * sizeof *found); /* no memory of the program is touched under the lock */
    if (!found)
        return STATUS_NO_MEMORY;
    virtual_enter();
    region = watch_region(start, end);
    if (region)
        status = watch_scan_region(region, start, end, flags & WRITE_WATCH_FLAG_RESET, found, &n);
    virtual_leave();
    if (!status && (guard_copy_to(addresses, found, n * sizeof *found) || guard_copy_to(count, &n, sizeof n) ||
                       guard_copy_to(granularity, &page, sizeof page)))
        status = STATUS_ACCESS_VIOLATION;
    free(found);
    return status;
}

/**
 * NtResetWriteWatch() - no page of it counts as written now.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_2 (no such memory), STATUS_NOT_SUPPORTED (another process).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-resetwritewatch
 */
NTSTATUS WINAPI NtResetWriteWatch(HANDLE process, void *base, SIZE_T size) {
    const uintptr_t start = (uintptr_t)base & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    const uintptr_t end = ((uintptr_t)base + size + VIRTUAL_PAGE - 1) & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    const struct region *region;
    NTSTATUS status = STATUS_INVALID_PARAMETER_2;
    uintptr_t next;

    if (process != NtCurrentProcess())
        return STATUS_NOT_SUPPORTED;
    virtual_enter();
    region = watch_region(start, end);
    for (uintptr_t at = start; region && at < end; at = next) {
        const struct run *run = region_run(region, at, &next);

        if (run)
            next = run->end;
        if (run && !watch_protect(at, next < end ? next : end))
            status = STATUS_UNSUCCESSFUL;
    }
    virtual_leave();
    return region && status == STATUS_INVALID_PARAMETER_2 ? STATUS_SUCCESS : status;
}
