/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wait_input: tells when console input is signalled and when it is not. */
#include <windows.h>
#include <stdio.h>

static void tell(const char *text) {
    DWORD n;

    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, (DWORD)lstrlenA(text), &n, NULL);
}

static void tell_state(HANDLE input) {
    tell(WaitForSingleObject(input, 0) == WAIT_OBJECT_0 ? "signalled\n" : "idle\n");
}

int main(void) {
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE), handles[2] = {CreateEventA(NULL, TRUE, FALSE, NULL), input};
    char line[64];
    DWORD n;

    for (int i = 0; i < 2; i++) {
        tell_state(input);
        tell("waiting\n");
        tell(WaitForMultipleObjects(2, handles, FALSE, INFINITE) == WAIT_OBJECT_0 + 1 ? "input\n" : "wrong\n");
        tell_state(input); /* until it is read */
        if (!ReadFile(input, line, sizeof line, &n, NULL))
            tell("wrong: ReadFile\n");
    }
    tell_state(input);
    return 0;
}
