/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the DLL test share: output without a run-time library, and a DllMain that tells what it hears. */
#include <windows.h>

static inline void put(const char *text) {
    DWORD length = 0, written;

    while (text[length])
        length++;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length, &written, NULL);
}

static inline void put_number(const char *what, ULONG_PTR value) {
    char digits[24];
    int i = 23;

    digits[i] = 0;
    do
        digits[--i] = (char)('0' + value % 10);
    while (value /= 10);
    put(what);
    put(" ");
    put(digits + i);
    put("\n");
}

#define TELLING_MAIN(name)                                                                                             \
    BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved) {                                              \
        static const char *const reasons[] = {" detach", " attach", " thread attach", " thread detach"};               \
        (void)module;                                                                                                  \
        put(name);                                                                                                     \
        put(reasons[reason]);                                                                                          \
        put(reserved ? ", static\n" : "\n");                                                                           \
        return TRUE;                                                                                                   \
    }
