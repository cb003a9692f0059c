/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secured: objects with descriptors and a changed token.  After each line of input: whether they are as they were. */
#include <windows.h>
#include <sddl.h>
#include <stdio.h>
#include <string.h>

static HANDLE thread_token, event, unnamed;

static void *sddl(const char *text) {
    static SECURITY_ATTRIBUTES security = {sizeof security, NULL, FALSE};

    ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &security.lpSecurityDescriptor, NULL);
    return &security;
}

static int text_is(HANDLE handle, const char *expected) {
    char bytes[500], *text = NULL;
    DWORD size;

    return GetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, bytes, sizeof bytes, &size) &&
           ConvertSecurityDescriptorToStringSecurityDescriptorA(bytes, 1, DACL_SECURITY_INFORMATION, &text, NULL) &&
           !strcmp(text, expected);
}

static int is_kept(void) {
    TOKEN_PRIVILEGES left;
    DWORD size;
    HANDLE other;

    if (!text_is(event, "D:(A;;0x100001;;;WD)") || !text_is(unnamed, "D:(A;;CC;;;BG)"))
        return printf("wrong: another list\n"), 0;
    if (!GetTokenInformation(thread_token, TokenPrivileges, &left, sizeof left, &size) || left.PrivilegeCount != 1)
        return printf("wrong: another token\n"), 0;
    ImpersonateLoggedOnUser(thread_token);
    other = OpenEventA(EVENT_MODIFY_STATE, FALSE, "secured");
    if (other || GetLastError() != ERROR_ACCESS_DENIED)
        return printf("wrong: it opens\n"), 0;
    other = OpenEventA(SYNCHRONIZE, FALSE, "secured");
    if (!other)
        return printf("wrong: it does not open\n"), 0;
    CloseHandle(other);
    RevertToSelf();
    return 1;
}

int main(void) {
    HANDLE process, restricted;
    char line[64];

    event = CreateEventA(sddl("D:(A;;0x100001;;;WD)"), TRUE, FALSE, "secured");
    unnamed = CreateEventA(sddl("D:(A;;0x1;;;BG)"), TRUE, FALSE, NULL);
    OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &process);
    if (!event || !unnamed ||
        !CreateRestrictedToken(process, DISABLE_MAX_PRIVILEGE, 0, NULL, 0, NULL, 0, NULL, &restricted) ||
        !DuplicateTokenEx(restricted, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &thread_token))
        return 1;
    CloseHandle(restricted);
    printf("made\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (!is_kept())
            return 1;
        for (int i = 0; i < 100; i++) /* what is freed is used again, and nothing else is */
            CloseHandle(CreateEventA(sddl("D:(A;;0x1;;;BG)(A;;0x2;;;BU)"), TRUE, FALSE, "passing"));
        printf("kept\n");
        fflush(stdout);
    }
    return 0;
}
