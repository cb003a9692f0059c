/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * winipc section: lists named sections and shows what is in them.  A Windows program as others are, but for
 * winipc/objects.h, by which it opens them.
 */
#include <windows.h>
#include <winternl.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/output.h"
#include "winipc/objects.h"

#define GRANULE 65536u
#define WINDOW (64u << 20) /* bytes that are mapped at once */
#define LINE 16u

enum { SECTION_OK = 0, SECTION_FAILED = 1, SECTION_WRONG_USE = 109 };

static const char usage[] = "usage: winipc section ls\n"
                            "       winipc section cat|hexdump [-o OFFSET] [-n BYTES] NAME\n";

static int fail(const char *what) {
    const char *reason = errno == ENOENT        ? "nobody has a section of that name open; see winipc section ls"
                         : errno == EMEDIUMTYPE ? "that is no section"
                         : errno == EACCES      ? "its descriptor does not let you read it"
                                                : strerror(errno);

    fprintf(stderr, "winipc section: %s: %s\n", what, reason);
    return SECTION_FAILED;
}

/* ---- ls ---- */

static const char *kind_of(ULONG flags) {
    return flags & SEC_IMAGE ? "image" : flags & SEC_FILE ? "file" : flags & SEC_RESERVE ? "reserved" : "memory";
}

/* What a terminal would take for a command is not printed as it is. */
static void print_name(const char *name) {
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f)
            printf("\\x%02x", (unsigned char)*name);
        else
            putchar(*name);
    putchar('\n');
}

static void list_one(const char *name) {
    winipc_object *section = winipc_section_open(name, WINIPC_READ);
    SECTION_BASIC_INFORMATION basic;

    if (!section && errno != EACCES)
        return; /* it went this instant */
    if (section && !NtQuerySection(section, SectionBasicInformation, &basic, sizeof basic, NULL))
        printf("%14" PRIu64 "  %-8s  ", (uint64_t)basic.Size.QuadPart, kind_of(basic.Attributes));
    else
        printf("%14s  %-8s  ", "-", "-");
    print_name(name);
    if (section)
        winipc_close(section);
}

static bool is_section(const UNICODE_STRING *type) {
    static const WCHAR name[] = L"Section";

    return type->Length == sizeof name - sizeof *name && !memcmp(type->Buffer, name, type->Length);
}

/* @prefix: of the names in the directory @path, as programs write them. */
static int list_directory(const WCHAR *path, const char *prefix) {
    static union {
        DIRECTORY_BASIC_INFORMATION entry;
        char room[70000];
    } buffer;
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes};
    char name[4 * MAX_PATH];
    UNICODE_STRING text;
    HANDLE directory;
    ULONG context = 0;
    int length;

    RtlInitUnicodeString(&text, path);
    attributes.ObjectName = &text;
    if (NtOpenDirectoryObject(&directory, 1, &attributes))
        return SECTION_FAILED;
    while (!NtQueryDirectoryObject(directory, &buffer.entry, sizeof buffer, TRUE, FALSE, &context, NULL)) {
        const UNICODE_STRING *entry = &buffer.entry.ObjectName;

        if (!is_section(&buffer.entry.ObjectTypeName))
            continue;
        strcpy(name, prefix);
        length = WideCharToMultiByte(CP_UTF8, 0, entry->Buffer, entry->Length / 2, name + strlen(name),
            (int)(sizeof name - strlen(name) - 1), NULL, NULL);
        name[strlen(prefix) + (size_t)length] = 0;
        if (length)
            list_one(name);
    }
    NtClose(directory);
    return SECTION_OK;
}

static int list(void) {
    WCHAR local[64];
    char path[64];
    DWORD session = 0;

    ProcessIdToSessionId(GetCurrentProcessId(), &session);
    snprintf(path, sizeof path, "\\Sessions\\%u\\BaseNamedObjects", (unsigned)session);
    MultiByteToWideChar(CP_UTF8, 0, path, -1, local, sizeof local / sizeof *local);
    if (list_directory(local, "") || list_directory(L"\\BaseNamedObjects", "Global\\")) {
        fprintf(stderr, "winipc section: the session's names cannot be read\n");
        return SECTION_FAILED;
    }
    return SECTION_OK;
}

/* ---- cat, hexdump ---- */

/* Prints a piece that begins at @offset, the end as one of no bytes; keeps what it must from piece to piece. */
typedef void (*show_piece)(const uint8_t *data, size_t size, uint64_t offset);

static void cat_piece(const uint8_t *data, size_t size, uint64_t offset) {
    (void)offset;
    fwrite(data, 1, size, stdout);
}

static void hexdump_line(const uint8_t *data, size_t size, uint64_t offset) {
    printf("%08" PRIx64, offset);
    for (size_t i = 0; i < LINE; i++)
        if (i < size)
            printf(i % 8 ? " %02x" : "  %02x", data[i]);
        else
            printf(i % 8 ? "   " : "    ");
    printf("  |");
    for (size_t i = 0; i < size; i++)
        putchar(data[i] >= 0x20 && data[i] < 0x7f ? data[i] : '.');
    printf("|\n");
}

/* Lines like the one before are one "*", and the end is an offset alone, as hexdump -C shows them. */
static void hexdump_piece(const uint8_t *data, size_t size, uint64_t offset) {
    static uint8_t last[LINE];
    static bool begun, folded;

    for (size_t at = 0; at < size; at += LINE) {
        const size_t n = size - at < LINE ? size - at : LINE;
        const bool same = begun && n == LINE && !memcmp(data + at, last, LINE);

        if (same && !folded)
            printf("*\n");
        else if (!same)
            hexdump_line(data + at, n, offset + at);
        folded = same;
        begun = true;
        memcpy(last, data + at, n);
    }
    if (!size)
        printf("%08" PRIx64 "\n", offset);
}

/* Page by page, so that one that is not there is an error and no fault. */
static int show_view(const uint8_t *view, size_t size, uint64_t offset, show_piece show) {
    size_t n;

    for (size_t at = 0; at < size; at += n) {
        n = 4096 - (offset + at) % 4096;
        if (n > size - at)
            n = size - at;
        if (IsBadReadPtr(view + at, n)) {
            fflush(stdout);
            fprintf(stderr,
                "winipc section: nothing at offset %" PRIu64
                ": its pages are not committed, or its file is shorter now\n",
                offset + at);
            return SECTION_FAILED;
        }
        show(view + at, n, offset + at);
        if (ferror(stdout))
            return SECTION_OK; /* output_end() tells */
    }
    return SECTION_OK;
}

/* What is mapped at once: an image as a whole, of others a window. */
static size_t window_of(winipc_object *section, uint64_t whole) {
    SECTION_BASIC_INFORMATION basic;

    if (!NtQuerySection(section, SectionBasicInformation, &basic, sizeof basic, NULL) && basic.Attributes & SEC_IMAGE)
        return (size_t)whole;
    return WINDOW;
}

/* What of a section is shown. */
struct range {
    uint64_t offset, bytes; /* bytes: UINT64_MAX: to the end */
};

static int show_section(winipc_object *section, const struct range *range, show_piece show) {
    const uint64_t whole = winipc_section_size(section);
    const uint64_t end = range->bytes < whole - range->offset ? range->offset + range->bytes : whole;
    const size_t window = window_of(section, whole);
    int status = SECTION_OK;

    for (uint64_t at = range->offset, n; at < end && !status && !ferror(stdout); at += n) {
        const uint64_t start = window == whole ? 0 : at - at % GRANULE;
        size_t mapped = window == whole ? 0 : end - start < window ? (size_t)(end - start) : window;
        uint8_t *view = winipc_section_map(section, start, &mapped, WINIPC_READ);

        if (!view)
            return fail("mapping");
        n = (end - start < window ? end : start + window) - at;
        status = show_view(view + (at - start), (size_t)n, at, show);
        winipc_section_unmap(view);
    }
    if (!status)
        show(NULL, 0, end);
    return status;
}

static int show_named(const char *name, const struct range *range, show_piece show) {
    winipc_object *section = winipc_section_open(name, WINIPC_READ);
    int status;

    if (!section)
        return fail(name);
    if (range->offset > winipc_section_size(section)) {
        fprintf(stderr, "winipc section: %s has only %" PRIu64 " bytes\n", name, winipc_section_size(section));
        status = SECTION_FAILED;
    } else {
        status = show_section(section, range, show);
    }
    winipc_close(section);
    return status;
}

static bool read_number(const char *text, uint64_t *number) {
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 0);
    return !errno && end != text && !*end && *text != '-';
}

/* argv[0] is cat or hexdump. */
static int show_main(int argc, char **argv, show_piece show) {
    struct range range = {0, UINT64_MAX};
    int option;

    while ((option = getopt(argc, argv, "+o:n:")) != -1)
        if (option == '?' || !read_number(optarg, option == 'o' ? &range.offset : &range.bytes))
            return SECTION_WRONG_USE;
    return argc - optind == 1 ? show_named(argv[optind], &range, show) : SECTION_WRONG_USE;
}

static int run(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";

    if (!strcmp(verb, "ls") && argc == 2)
        return list();
    if (!strcmp(verb, "cat"))
        return show_main(argc - 1, argv + 1, cat_piece);
    if (!strcmp(verb, "hexdump"))
        return show_main(argc - 1, argv + 1, hexdump_piece);
    if (!strcmp(verb, "--help"))
        return fputs(usage, stdout) < 0 ? SECTION_FAILED : SECTION_OK;
    return SECTION_WRONG_USE;
}

int main(int argc, char **argv) {
    const int status = run(argc, argv);

    if (status == SECTION_WRONG_USE)
        fputs(usage, stderr);
    return output_end("winipc section", status, SECTION_FAILED);
}
