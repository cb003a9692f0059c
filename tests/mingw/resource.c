/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resources of a program: found, and enumerated by type, name and language (resource.rc). */
#include <windows.h>

#include <stdio.h>
#include <string.h>

static int failures;
static char seen[256];

static void check(int holds, int line, const char *what) {
    if (holds)
        return;
    printf("line %d: %s; seen \"%s\", error %lu\n", line, what, seen, GetLastError());
    failures++;
}
#define CHECK(what) check(!!(what), __LINE__, #what)

static void note(const char *text) {
    strcat(seen, text);
    strcat(seen, " ");
}

static void note_name(LPCSTR name) {
    char number[16];

    snprintf(number, sizeof number, "#%u", (unsigned)(ULONG_PTR)name);
    note(IS_INTRESOURCE(name) ? number : name);
}

static BOOL CALLBACK on_type(HMODULE module, LPSTR type, LONG_PTR param) {
    (void)module;
    note_name(type);
    return param != 1;
}

static BOOL CALLBACK on_name(HMODULE module, LPCSTR type, LPSTR name, LONG_PTR param) {
    (void)module, (void)type;
    note_name(name);
    return param != 1;
}

static BOOL CALLBACK on_wide_name(HMODULE module, LPCWSTR type, LPWSTR name, LONG_PTR param) {
    char narrow[32];

    (void)module, (void)type;
    CHECK(param == 42);
    if (IS_INTRESOURCE(name))
        note_name((LPCSTR)name);
    else if (WideCharToMultiByte(CP_ACP, 0, name, -1, narrow, sizeof narrow, NULL, NULL))
        note(narrow);
    return TRUE;
}

static BOOL CALLBACK on_language(HMODULE module, LPCSTR type, LPCSTR name, WORD language, LONG_PTR param) {
    char number[16];

    (void)module, (void)type, (void)name, (void)param;
    snprintf(number, sizeof number, "%x", language);
    note(number);
    return TRUE;
}

static int was(const char *expected) {
    const int same = !strcmp(seen, expected);

    if (!same)
        printf("seen \"%s\", expected \"%s\"\n", seen, expected);
    seen[0] = 0;
    return same;
}

static const char *text_of(LPCSTR type, LPCSTR name, WORD language) {
    const HRSRC resource = FindResourceExA(NULL, type, name, language);

    return resource ? LockResource(LoadResource(NULL, resource)) : "";
}

int main(void) {
    CHECK(!strcmp(text_of(RT_RCDATA, MAKEINTRESOURCEA(1), 0), "one"));
    CHECK(!strcmp(text_of(RT_RCDATA, "#1", 0), "one"));
    CHECK(!strcmp(text_of(RT_RCDATA, "fox", 0), "fox"));
    CHECK(!strcmp(text_of("MINE", "letter", 0), "letter"));
    CHECK(!strcmp(text_of(RT_RCDATA, MAKEINTRESOURCEA(2), MAKELANGID(7, 1)), "zwei"));
    CHECK(!FindResourceA(NULL, "none", RT_RCDATA) && GetLastError() == ERROR_RESOURCE_NAME_NOT_FOUND);
    CHECK(!FindResourceA(NULL, "none", "NONE") && GetLastError() == ERROR_RESOURCE_TYPE_NOT_FOUND);

    CHECK(EnumResourceTypesA(NULL, on_type, 0) && was("MINE #10 "));
    CHECK(!EnumResourceTypesA(NULL, on_type, 1) && was("MINE "));
    CHECK(EnumResourceNamesA(NULL, RT_RCDATA, on_name, 0) && was("FOX #1 #2 "));
    CHECK(EnumResourceNamesA(NULL, "#10", on_name, 0) && was("FOX #1 #2 "));
    CHECK(!EnumResourceNamesA(NULL, RT_RCDATA, on_name, 1) && was("FOX "));
    CHECK(EnumResourceNamesA(NULL, "mine", on_name, 0) && was("LETTER "));
    CHECK(EnumResourceNamesW(NULL, (LPCWSTR)RT_RCDATA, on_wide_name, 42) && was("FOX #1 #2 "));
    CHECK(!EnumResourceNamesA(NULL, "NONE", on_name, 0) && GetLastError() == ERROR_RESOURCE_TYPE_NOT_FOUND && was(""));
    CHECK(EnumResourceLanguagesA(NULL, RT_RCDATA, MAKEINTRESOURCEA(2), on_language, 0) && was("407 409 "));
    CHECK(!EnumResourceLanguagesA(NULL, RT_RCDATA, "NONE", on_language, 0) && GetLastError() == ERROR_RESOURCE_NAME_NOT_FOUND);
    printf("%d failures\n", failures);
    return failures != 0;
}
