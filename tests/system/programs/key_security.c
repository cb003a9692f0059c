/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* key_security set: makes HKCU\Software\guarded, which can only be read; check: whether that still holds; free: it can
 * be written again. */
#include <windows.h>
#include <sddl.h>
#include <stdio.h>
#include <string.h>

static const char path[] = "Software\\guarded";

static int set_list(const char *text) {
    PSECURITY_DESCRIPTOR descriptor;
    HKEY key;
    LSTATUS error =
        RegCreateKeyExA(HKEY_CURRENT_USER, path, 0, (char *)"a class", 0, READ_CONTROL | WRITE_DAC, NULL, &key, NULL);

    if (error || !ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor, NULL))
        return 1;
    error = RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor);
    RegCloseKey(key);
    return error != 0;
}

int main(int argc, char **argv) {
    char class[20] = "";
    DWORD size = sizeof class;
    LSTATUS can_read;
    HKEY key;

    if (argc == 2 && !strcmp(argv[1], "set"))
        return set_list("D:P(A;;KR;;;WD)");
    if (argc == 2 && !strcmp(argv[1], "free"))
        return set_list("D:(A;;KA;;;WD)");
    can_read = RegOpenKeyExA(HKEY_CURRENT_USER, path, 0, KEY_READ, &key);
    if (!can_read)
        RegQueryInfoKeyA(key, class, &size, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    printf("read %ld, write %ld, %s\n", can_read, RegOpenKeyExA(HKEY_CURRENT_USER, path, 0, KEY_WRITE, &key), class);
    return 0;
}
