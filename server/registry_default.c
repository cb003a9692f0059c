/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a Windows that has booted has in its registry and programs look up.  It is made when the registry is read, before the files, which say
 * only what is different: so a newer winipc's answers come through where nobody has written his own.
 */
#include "server/registry_store.h"

#include "dlls/ntdll/version.h"
#include "libs/base/unicode.h"
#include "libs/base/utf.h"
#include "libs/security/sid.h"

#include <cpuid.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DIGITS_(number) #number
#define DIGITS(number) DIGITS_(number)
#define HKLM "HKEY_LOCAL_MACHINE\\"
#define CURRENT HKLM "SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
#define CONTROL HKLM "SYSTEM\\CurrentControlSet\\Control"
#define MEMORY CONTROL "\\Session Manager\\Memory Management"
#define EXPLORER "HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer"

static const char machine_text[] = "[" HKLM "SAM]\n"
    "[" HKLM "SECURITY]\n"
    "[" HKLM "SOFTWARE\\Classes\\AppID]\n"
    "[" HKLM "SOFTWARE\\Classes\\CLSID]\n"
    "[" HKLM "SOFTWARE\\Classes\\Interface]\n"
    "[" HKLM "SOFTWARE\\Classes\\TypeLib]\n"
    "[" HKLM "SOFTWARE\\Classes\\Wow6432Node\\CLSID]\n"
    "[" HKLM "SOFTWARE\\Classes\\Wow6432Node\\Interface]\n"
    "[" HKLM "SOFTWARE\\Policies\\Microsoft]\n"
    "[" HKLM "SOFTWARE\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion]\n"
    "[" HKLM "SOFTWARE\\Wow6432Node\\Microsoft\\Windows NT\\CurrentVersion]\n"
    "[" HKLM "SOFTWARE\\Microsoft\\Cryptography]\n"
    "[" HKLM "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n"
    "\"CurrentBuild\"=\"" DIGITS(VERSION_BUILD) "\"\n"
    "\"CurrentBuildNumber\"=\"" DIGITS(VERSION_BUILD) "\"\n"
    "\"CurrentVersion\"=\"6.3\"\n"
    "\"CurrentType\"=\"Multiprocessor Free\"\n"
    "\"DisplayVersion\"=\"22H2\"\n"
    "\"EditionID\"=\"Professional\"\n"
    "\"InstallationType\"=\"Client\"\n"
    "\"ProductName\"=\"Windows 10 Pro\"\n"
    "\"ReleaseId\"=\"2009\"\n"
    "\"SystemRoot\"=\"C:\\\\windows\"\n"
    "\"UBR\"=dword:00000b95\n"
    "[" HKLM "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList]\n"
    "[" CURRENT "]\n"
    "\"ProgramFilesDir\"=\"C:\\\\Program Files\"\n"
    "\"CommonFilesDir\"=\"C:\\\\Program Files\\\\Common Files\"\n"
    "[" CURRENT "\\App Paths]\n"
    "[" CURRENT "\\Explorer]\n"
    "[" CURRENT "\\Run]\n"
    "[" CURRENT "\\Uninstall]\n"
    "[" HKLM "SYSTEM\\Select]\n"
    "\"Current\"=dword:00000001\n"
    "\"Default\"=dword:00000001\n"
    "[" CONTROL "\\ComputerName\\ActiveComputerName]\n"
    "[" CONTROL "\\ComputerName\\ComputerName]\n"
    "[" CONTROL "\\FileSystem]\n"
    "\"LongPathsEnabled\"=dword:00000001\n"
    "[" CONTROL "\\Nls\\CodePage]\n"
    "\"ACP\"=\"65001\"\n"
    "\"OEMCP\"=\"65001\"\n"
    "[" CONTROL "\\Session Manager\\Environment]\n"
    "[" CONTROL "\\ProductOptions]\n"
    "\"ProductType\"=\"WinNT\"\n"
    "[" MEMORY "]\n"
    "\"LargePageMinimum\"=dword:00200000\n"
    "[" MEMORY "\\PrefetchParameters]\n"
    "[" HKLM "SYSTEM\\CurrentControlSet\\Enum]\n"
    "[" HKLM "SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current]\n"
    "[" HKLM "SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters]\n"
    "\"Domain\"=\"\"\n"
    "[HKEY_USERS\\.DEFAULT\\Software]\n"
    "[HKEY_USERS\\S-1-5-18\\Software]\n";

/* The texts that are expanded with the environment: REG_EXPAND_SZ. */
static const struct {
    const uint16_t *name, *text;
    uint32_t type;
} environment[] = {{u"ComSpec", u"%SystemRoot%\\system32\\cmd.exe", REG_EXPAND_SZ}, {u"OS", u"Windows_NT", REG_SZ},
    {u"PATHEXT", u".COM;.EXE;.BAT;.CMD", REG_SZ}, {u"PROCESSOR_ARCHITECTURE", u"AMD64", REG_SZ},
    {u"TEMP", u"%SystemRoot%\\TEMP", REG_EXPAND_SZ}, {u"TMP", u"%SystemRoot%\\TEMP", REG_EXPAND_SZ},
    {u"windir", u"%SystemRoot%", REG_EXPAND_SZ}};

static const char user_text[] = "[HKEY_CURRENT_USER\\AppEvents]\n"
    "[HKEY_CURRENT_USER\\Console]\n"
    "[HKEY_CURRENT_USER\\Control Panel\\International]\n"
    "\"Locale\"=\"00000409\"\n"
    "\"LocaleName\"=\"en-US\"\n"
    "[HKEY_CURRENT_USER\\Environment]\n"
    "[HKEY_CURRENT_USER\\Software\\Classes]\n"
    "[HKEY_CURRENT_USER\\Software\\Policies]\n"
    "[" EXPLORER "]\n"
    "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows NT\\CurrentVersion]\n";

static const char volatile_text[] = "[" HKLM "HARDWARE\\DEVICEMAP]\n"
    "[" HKLM "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0]\n"
    "[HKEY_CURRENT_USER\\Volatile Environment]\n";

static const struct {
    int hive;
    const char *text;
} defaults[] = {{HIVE_MACHINE, machine_text}, {HIVE_USER, user_text}, {HIVE_VOLATILE, volatile_text}};

const uint16_t *registry_user(uint32_t *n) {
    static uint16_t sid[64];
    static uint32_t length;
    char text[64];

    if (!length) {
        const struct sid user = sid_of_user(geteuid());

        length = (uint32_t)snprintf(text, sizeof text, "S-1-5-%u-%u-%u-%u-%u", user.sub[0], user.sub[1], user.sub[2], user.sub[3], user.sub[4]);
        for (uint32_t i = 0; i < length; i++)
            sid[i] = (uint8_t)text[i];
    }
    *n = length;
    return sid;
}

/* ---- what stands in no text ---- */

static uint32_t text_n(const uint16_t *text) {
    return (uint32_t)utf16_len(text);
}

static void set_value(const uint16_t *path, const uint16_t *name, uint32_t type, const void *data, size_t size) {
    struct key *key = registry_key_at(path, text_n(path), NULL);
    struct value *value = key ? value_make(name, text_n(name), type, (uint32_t)size) : NULL;

    if (!value || !value_room(key)) {
        value_free(value);
        return; /* a program has deleted the key, and has its will */
    }
    memcpy(value->data, data, size);
    value->is_default = true;
    value_put(key, value);
}

static void set_text(const uint16_t *path, const uint16_t *name, const char *text) {
    uint16_t units[128];
    const size_t n = utf8_to_utf16(text, strlen(text), units, 127, NULL);

    units[n < 127 ? n : 127] = 0;
    set_value(path, name, REG_SZ, units, ((n < 127 ? n : 127) + 1) * sizeof *units);
}

#define CONTROL_W u"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control"
#define PROCESSOR_W u"HKEY_LOCAL_MACHINE\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0"

static bool read_line(const char *path, char *line, size_t size) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, line, size - 1);

    if (fd >= 0)
        close(fd);
    line[n < 0 ? 0 : n] = 0;
    return n > 0;
}

static void set_ids(void) {
    char id[64], guid[64];
    unsigned boot = 0;

    if (!read_line("/etc/machine-id", id, sizeof id) || strlen(id) < 32)
        strcpy(id, "77696e6970630000000000000000000001");
    snprintf(guid, sizeof guid, "%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12, id + 16, id + 20);
    set_text(u"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography", u"MachineGuid", guid);
    /* a number that is another one after each boot, and the same for all until then */
    sscanf(store_boot_id(), "%x", &boot);
    boot &= 0x7fffffff;
    set_value(CONTROL_W u"\\Session Manager\\Memory Management\\PrefetchParameters", u"BootId", REG_DWORD, &boot, sizeof boot);
}

/* A computer's name is a NetBIOS name: at most 15 characters, upper case. */
static void set_computer(void) {
    char host[65] = "localhost";

    gethostname(host, sizeof host - 1);
    host[strcspn(host, ".")] = 0;
    set_text(u"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters", u"Hostname", host);
    host[15] = 0;
    for (char *c = host; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    set_text(CONTROL_W u"\\ComputerName\\ActiveComputerName", u"ComputerName", host);
    set_text(CONTROL_W u"\\ComputerName\\ComputerName", u"ComputerName", host);
}

static void set_processor(void) {
    unsigned words[12] = {0}, a, b = 0, c = 0, d = 0;
    char text[49] = "";

    for (unsigned leaf = 0; leaf < 3; leaf++)
        __get_cpuid(0x80000002 + leaf, &words[4 * leaf], &words[4 * leaf + 1], &words[4 * leaf + 2], &words[4 * leaf + 3]);
    memcpy(text, words, 48);
    set_text(PROCESSOR_W, u"ProcessorNameString", text);
    __get_cpuid(0, &a, &b, &c, &d);
    memcpy(text, (unsigned[]){b, d, c}, 12);
    text[12] = 0;
    set_text(PROCESSOR_W, u"VendorIdentifier", text);
}

void registry_machine(void) {
    set_ids();
    set_computer();
    set_processor();
}

static void set_numbers(void) {
    static const uint16_t path[] = u"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
    const uint32_t major = VERSION_MAJOR, minor = VERSION_MINOR;

    set_value(path, u"CurrentMajorVersionNumber", REG_DWORD, &major, sizeof major);
    set_value(path, u"CurrentMinorVersionNumber", REG_DWORD, &minor, sizeof minor);
}

static void set_environment(void) {
    for (size_t i = 0; i < sizeof environment / sizeof *environment; i++)
        set_value(CONTROL_W u"\\Session Manager\\Environment", environment[i].name, environment[i].type, environment[i].text,
            (text_n(environment[i].text) + 1) * sizeof(uint16_t));
}

/* ---- the whole ---- */

/* \REGISTRY, MACHINE and USER, and the user's own root. */
static bool make_roots(void) {
    uint32_t n;
    const uint16_t *sid = registry_user(&n);
    struct key *machine, *users, *user;

    key_root = key_make(NULL, u"REGISTRY", 8, 1);
    machine = key_root ? key_make(key_root, u"MACHINE", 7, 2) : NULL;
    users = machine ? key_make(key_root, u"USER", 4, 3) : NULL;
    user = users ? key_make(users, sid, n, 4) : NULL;
    if (!user)
        return false;
    key_root->flags = machine->flags = users->flags = KEY_FIXED;
    user->hive = &store.hives[HIVE_USER];
    user->flags = KEY_DEFAULT;
    return true;
}

/* What lies directly in MACHINE and USER are whole files in Windows: nobody makes or deletes one. */
static void fix_roots(void) {
    for (uint32_t i = 0; i < key_root->n_children; i++) {
        const struct key *root = key_root->child[i];

        for (uint32_t k = 0; k < root->n_children; k++)
            root->child[k]->flags |= KEY_FIXED;
    }
}

bool registry_defaults(void) {
    uint64_t id = 16; /* behind the roots' numbers */
    unsigned line = 0, wrong = 0;

    if (!make_roots())
        return false;
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        wrong += registry_apply(&store.hives[defaults[i].hive], defaults[i].text, strlen(defaults[i].text), false, &id, &line);
    set_numbers();
    set_environment();
    fix_roots();
    return !wrong;
}

/* The line of a key that is gone; of the topmost one, if more of its path are. */
static void put_gone(struct regtext *text, const uint16_t *path, size_t n) {
    size_t above = n;

    for (;;) {
        while (above && path[above - 1] != '\\')
            above--;
        if (!above || registry_key_at(path, --above, NULL))
            break;
        n = above;
    }
    regtext_key(text, path, n, true);
}

static void put_defaults_gone(struct regtext *text, struct regtext_reader *reader) {
    struct key *key = NULL;
    enum regtext_kind kind;
    bool told = false;

    while ((kind = regtext_next(reader)) != REGTEXT_END) {
        if (kind == REGTEXT_KEY) {
            key = registry_key_at(reader->name.at, reader->name.n, NULL);
            told = false;
            if (!key)
                put_gone(text, reader->name.at, reader->name.n);
        } else if (key && !value_find(key, reader->name.at, (uint32_t)reader->name.n)) {
            if (!told)
                store_path(text, key);
            told = true;
            regtext_value_gone(text, reader->name.at, (uint32_t)reader->name.n);
        }
    }
}

void registry_defaults_gone(struct regtext *text, const struct hive *hive) {
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        struct regtext_reader reader;

        if (&store.hives[defaults[i].hive] != hive)
            continue;
        regtext_open(&reader, defaults[i].text, strlen(defaults[i].text));
        put_defaults_gone(text, &reader);
        regtext_close(&reader);
    }
}
