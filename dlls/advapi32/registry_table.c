/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a Windows that has booted has in its registry and programs look up: a table, read-only. What is not in it is not there.
 *
 * TODO: the registry that programs write to: keys as objects of the session, kept on disk; this table becomes what a fresh one starts with.
 */
#define WIN32_LEAN_AND_MEAN /* winsock.h and pthread.h exclude each other */
#include <cpuid.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dlls/advapi32/registry.h"
#include "dlls/ntdll/user.h"

#define NT_VERSION L"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define CONTROL L"HKLM\\SYSTEM\\CurrentControlSet\\Control"
#define PROCESSOR L"HKLM\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0"
#define MEMORY CONTROL L"\\Session Manager\\Memory Management"
#define EXPLORER L"HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer"

/* Texts that differ from machine to machine, made on first use. */
static WCHAR registry_machine_guid[40], registry_computer[16], registry_processor[49], registry_vendor[13];
static DWORD registry_boot_id;

static const struct registry_entry {
    const WCHAR *key, *value;
    DWORD type;
    const WCHAR *text;
    DWORD number;
} registry_entries[] = {
    {NT_VERSION, L"CurrentBuild", REG_SZ, L"19045", 0},
    {NT_VERSION, L"CurrentBuildNumber", REG_SZ, L"19045", 0},
    {NT_VERSION, L"CurrentMajorVersionNumber", REG_DWORD, NULL, 10},
    {NT_VERSION, L"CurrentMinorVersionNumber", REG_DWORD, NULL, 0},
    {NT_VERSION, L"CurrentVersion", REG_SZ, L"6.3", 0},
    {NT_VERSION, L"CurrentType", REG_SZ, L"Multiprocessor Free", 0},
    {NT_VERSION, L"DisplayVersion", REG_SZ, L"22H2", 0},
    {NT_VERSION, L"EditionID", REG_SZ, L"Professional", 0},
    {NT_VERSION, L"InstallationType", REG_SZ, L"Client", 0},
    {NT_VERSION, L"ProductName", REG_SZ, L"Windows 10 Pro", 0},
    {NT_VERSION, L"ReleaseId", REG_SZ, L"2009", 0},
    {NT_VERSION, L"SystemRoot", REG_SZ, L"C:\\windows", 0},
    {NT_VERSION, L"UBR", REG_DWORD, NULL, 2965},
    {L"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion", L"ProgramFilesDir", REG_SZ, L"C:\\Program Files", 0},
    {L"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion", L"CommonFilesDir", REG_SZ, L"C:\\Program Files\\Common Files", 0},
    {L"HKLM\\SOFTWARE\\Microsoft\\Cryptography", L"MachineGuid", REG_SZ, registry_machine_guid, 0},
    {PROCESSOR, L"ProcessorNameString", REG_SZ, registry_processor, 0},
    {PROCESSOR, L"VendorIdentifier", REG_SZ, registry_vendor, 0},
    {CONTROL L"\\ComputerName\\ActiveComputerName", L"ComputerName", REG_SZ, registry_computer, 0},
    {CONTROL L"\\ComputerName\\ComputerName", L"ComputerName", REG_SZ, registry_computer, 0},
    {L"HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters", L"Hostname", REG_SZ, registry_computer, 0},
    {L"HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters", L"Domain", REG_SZ, L"", 0},
    {CONTROL L"\\Nls\\CodePage", L"ACP", REG_SZ, L"65001", 0},
    {CONTROL L"\\Nls\\CodePage", L"OEMCP", REG_SZ, L"65001", 0},
    {CONTROL L"\\FileSystem", L"LongPathsEnabled", REG_DWORD, NULL, 1},
    {CONTROL L"\\ProductOptions", L"ProductType", REG_SZ, L"WinNT", 0},
    {CONTROL L"\\Session Manager\\Environment", L"ComSpec", REG_EXPAND_SZ, L"%SystemRoot%\\system32\\cmd.exe", 0},
    {CONTROL L"\\Session Manager\\Environment", L"OS", REG_SZ, L"Windows_NT", 0},
    {CONTROL L"\\Session Manager\\Environment", L"PATHEXT", REG_SZ, L".COM;.EXE;.BAT;.CMD", 0},
    {CONTROL L"\\Session Manager\\Environment", L"PROCESSOR_ARCHITECTURE", REG_SZ, L"AMD64", 0},
    {CONTROL L"\\Session Manager\\Environment", L"windir", REG_EXPAND_SZ, L"%SystemRoot%", 0},
    {MEMORY, L"LargePageMinimum", REG_DWORD, NULL, 0x200000},
    {MEMORY L"\\PrefetchParameters", L"BootId", REG_DWORD, NULL, 0}, /* the number is registry_boot_id's */
    {L"HKCU\\Control Panel\\International", L"Locale", REG_SZ, L"00000409", 0},
    {L"HKCU\\Control Panel\\International", L"LocaleName", REG_SZ, L"en-US", 0},
    {L"HKCU\\Environment", NULL, 0, NULL, 0},
    {EXPLORER, NULL, 0, NULL, 0},
    {L"HKLM\\SOFTWARE\\Classes", NULL, 0, NULL, 0},
    {L"HKCR", NULL, 0, NULL, 0},
    {L"HKU", NULL, 0, NULL, 0},
    {L"HKCC", NULL, 0, NULL, 0},
};
#define N_ENTRIES (sizeof registry_entries / sizeof *registry_entries)
#define MAX_KEYS 128
#define MAX_PATH_CHARS 128

/* The keys that the entries' paths name, each with all above it. */
static struct {
    WCHAR path[MAX_PATH_CHARS];
    int parent;
} registry_keys[MAX_KEYS];
static int registry_n_keys;
static pthread_once_t registry_once = PTHREAD_ONCE_INIT;

static BOOL registry_same(const WCHAR *a, int a_len, const WCHAR *b, int b_len) {
    return CompareStringOrdinal(a, a_len, b, b_len, TRUE) == CSTR_EQUAL;
}

static int registry_len(const WCHAR *text) {
    int len = 0;
    while (text[len])
        len++;
    return len;
}

static int registry_add(const WCHAR *path, int len) {
    for (int i = 0; i < registry_n_keys; i++)
        if (registry_same(registry_keys[i].path, -1, path, len))
            return i;
    int parent_len = len - 1;
    while (parent_len > 0 && path[parent_len] != '\\')
        parent_len--;
    const int parent = parent_len > 0 ? registry_add(path, parent_len) : REGISTRY_NONE;
    const int key = registry_n_keys++;
    memcpy(registry_keys[key].path, path, len * sizeof(WCHAR));
    registry_keys[key].parent = parent;
    return key;
}

static void registry_widen(WCHAR *to, const char *text) {
    do
        *to++ = (BYTE)*text;
    while (*text++);
}

static BOOL registry_read_line(const char *path, char *line, size_t size) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, line, size - 1);
    if (fd >= 0)
        close(fd);
    line[n < 0 ? 0 : n] = 0;
    return n > 0;
}

static void registry_make_machine(void) {
    char id[64], guid[40];
    if (!registry_read_line("/etc/machine-id", id, sizeof id) || strlen(id) < 32)
        strcpy(id, "77696e6970630000000000000000000001");
    snprintf(guid, sizeof guid, "%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12, id + 16, id + 20);
    registry_widen(registry_machine_guid, guid);
    /* a number that is another one after each boot, and the same for all until then */
    if (registry_read_line("/proc/sys/kernel/random/boot_id", id, sizeof id))
        sscanf(id, "%x", &registry_boot_id);
    registry_boot_id &= 0x7FFFFFFF;
    winipc_computer_name(registry_computer, 16);
}

static void registry_make_processor(void) {
    unsigned words[12] = {0}, a, b = 0, c = 0, d = 0;
    char text[49] = "";
    for (unsigned leaf = 0; leaf < 3; leaf++)
        __get_cpuid(0x80000002 + leaf, &words[4 * leaf], &words[4 * leaf + 1], &words[4 * leaf + 2], &words[4 * leaf + 3]);
    memcpy(text, words, 48);
    registry_widen(registry_processor, text);
    __get_cpuid(0, &a, &b, &c, &d);
    memcpy(text, (unsigned[]){b, d, c}, 12);
    text[12] = 0;
    registry_widen(registry_vendor, text);
}

static void registry_make(void) {
    for (size_t i = 0; i < N_ENTRIES; i++)
        registry_add(registry_entries[i].key, registry_len(registry_entries[i].key));
    registry_make_machine();
    registry_make_processor();
}

int registry_count(void) {
    pthread_once(&registry_once, registry_make);
    return registry_n_keys;
}

int registry_root(HKEY handle) {
    static const struct {
        HKEY handle;
        const WCHAR *path;
    } roots[] = {{HKEY_CLASSES_ROOT, L"HKCR"}, {HKEY_CURRENT_USER, L"HKCU"}, {HKEY_LOCAL_MACHINE, L"HKLM"}, {HKEY_USERS, L"HKU"},
        {HKEY_CURRENT_CONFIG, L"HKCC"}};
    pthread_once(&registry_once, registry_make);
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        for (int key = 0; roots[i].handle == handle && key < registry_n_keys; key++)
            if (registry_same(registry_keys[key].path, -1, roots[i].path, -1))
                return key;
    return REGISTRY_NONE;
}

/* The last part of a key's path. */
static const WCHAR *registry_name(int key) {
    const WCHAR *name = registry_keys[key].path;
    for (const WCHAR *at = name; *at; at++)
        if (*at == '\\')
            name = at + 1;
    return name;
}

int registry_find(int key, const WCHAR *path) {
    while (*path) {
        int len = 0, found = REGISTRY_NONE;
        while (path[len] && path[len] != '\\')
            len++;
        for (int i = 0; len && i < registry_n_keys; i++)
            if (registry_keys[i].parent == key && registry_same(registry_name(i), -1, path, len))
                found = i;
        if (len && found == REGISTRY_NONE)
            return REGISTRY_NONE;
        key = len ? found : key;
        path += len + (path[len] == '\\');
    }
    return key;
}

int registry_child(int key, DWORD index, const WCHAR **name) {
    for (int i = 0; i < registry_n_keys; i++) {
        if (registry_keys[i].parent != key || index--)
            continue;
        *name = registry_name(i);
        return i;
    }
    return REGISTRY_NONE;
}

BOOL registry_value_at(int key, DWORD index, struct registry_value *value) {
    for (size_t i = 0; i < N_ENTRIES; i++) {
        const struct registry_entry *entry = &registry_entries[i];
        if (!entry->value || !registry_same(entry->key, -1, registry_keys[key].path, -1) || index--)
            continue;
        *value = (struct registry_value){entry->value, entry->type, entry->text, entry->number};
        if (registry_same(entry->value, -1, L"BootId", -1))
            value->number = registry_boot_id;
        return TRUE;
    }
    return FALSE;
}

BOOL registry_value_named(int key, const WCHAR *name, struct registry_value *value) {
    for (DWORD i = 0; registry_value_at(key, i, value); i++)
        if (registry_same(value->name, -1, name, -1))
            return TRUE;
    return FALSE;
}
