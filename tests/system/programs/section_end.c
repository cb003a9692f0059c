/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Windows side of section.test.
 *
 *     section_end hold        makes the objects, says "ready", holds them until its stdin ends
 *     section_end read        what test-bytes begins with
 *     section_end name NAME   makes a section of that name and a global one, as hold does
 *     section_end touch FILE  maps it, says "ready", touches its last byte when its stdin ends, and says what comes of it
 *     section_end abandoned   waits for test-mutex
 */
#include <windows.h>

#include <stdio.h>
#include <string.h>

static int fail(const char *what) {
    printf("%s: error %u\n", what, (unsigned)GetLastError());
    return 1;
}

static void until_stdin_ends(void) {
    char byte;

    while (fread(&byte, 1, 1, stdin) == 1)
        ;
}

/* A section with text in it; kept open. */
static void *section_make(HANDLE file, DWORD protect, DWORD size, const char *name) {
    HANDLE section = CreateFileMappingA(file, NULL, protect, 0, size, name);

    return section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
}

static int ready(void) {
    printf("ready\n");
    fflush(stdout);
    until_stdin_ends();
    return 0;
}

static int hold(void) {
    HANDLE file =
        CreateFileA("test-file", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    char *bytes = section_make(INVALID_HANDLE_VALUE, PAGE_READWRITE, 4096, "test-bytes");
    char *reserved = section_make(INVALID_HANDLE_VALUE, PAGE_READWRITE | SEC_RESERVE, 65536, "test-reserved");
    char *text = section_make(file, PAGE_READWRITE, 5, "Global\\test-file");

    if (!bytes || !reserved || !text || !VirtualAlloc(reserved, 4096, MEM_COMMIT, PAGE_READWRITE))
        return fail("sections");
    if (!CreateEventA(NULL, FALSE, FALSE, "test-event") || !CreateMutexA(NULL, TRUE, "test-mutex") ||
        !CreateSemaphoreA(NULL, 1, 2, "test-semaphore"))
        return fail("objects");
    strcpy(bytes, "Hello, Linux");
    memcpy(reserved, "page", 4);
    memcpy(text, "bytes", 5);
    return ready();
}

static int hold_named(const char *name) {
    char global[100], *bytes, *others;

    snprintf(global, sizeof global, "Global\\%s", name);
    bytes = section_make(INVALID_HANDLE_VALUE, PAGE_READWRITE, 4096, name);
    others = section_make(INVALID_HANDLE_VALUE, PAGE_READWRITE, 4096, global);
    if (!bytes || !others)
        return fail("sections");
    memcpy(bytes, "shown", 5);
    memcpy(others, "shown", 5);
    return ready();
}

static int read_text(void) {
    HANDLE section = OpenFileMappingA(FILE_MAP_READ, FALSE, "test-bytes");
    const char *bytes = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;

    if (!bytes)
        return fail("open");
    printf("%s\n", bytes);
    return 0;
}

static int abandoned(void) {
    HANDLE mutex = OpenMutexA(SYNCHRONIZE, FALSE, "test-mutex");

    if (!mutex)
        return fail("open");
    printf("%s\n", WaitForSingleObject(mutex, 10000) == WAIT_ABANDONED ? "abandoned" : "not abandoned");
    return 0;
}

static LONG WINAPI print_exception(EXCEPTION_POINTERS *pointers) {
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;

    printf("exception %08x, %u parameters, access %u, reason %08x\n", (unsigned)record->ExceptionCode, (unsigned)record->NumberParameters,
        (unsigned)record->ExceptionInformation[0], (unsigned)record->ExceptionInformation[2]);
    fflush(stdout);
    ExitProcess(3);
}

static int touch(const char *path) {
    HANDLE file = CreateFileA(path, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    const volatile char *view = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
    const DWORD size = GetFileSize(file, NULL);

    if (!view)
        return fail("map");
    AddVectoredExceptionHandler(1, print_exception);
    ready();
    printf("read %d\n", view[size - 1]);
    return 0;
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";

    if (!strcmp(verb, "touch") && argc == 3)
        return touch(argv[2]);
    if (!strcmp(verb, "name") && argc == 3)
        return hold_named(argv[2]);
    return !strcmp(verb, "hold")        ? hold()
           : !strcmp(verb, "read")      ? read_text()
           : !strcmp(verb, "abandoned") ? abandoned()
                                        : 2;
}
