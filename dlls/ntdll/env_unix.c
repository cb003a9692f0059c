/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The environment across the border: what Linux handed over becomes the block that a Windows program expects (its own paths, the variables that
 * each Windows has), and back for Linux programs that a Windows program starts. A variable keeps its spelling and value, save:
 *   PATH                        a list of folders in either form; Windows' own folders come first, and are left out on the way back
 *   HOME TMPDIR TEMP TMP PWD    one path in either form
 * What is missing of Windows' variables is added; one that is there already (handed through by Linux programs in between) stays.
 */
#include <cpuid.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "libs/base/utf.h"
#include "dlls/ntdll/env.h"
#include "dlls/ntdll/user_name.h"
#include "loader/drives.h"
#include "loader/startup.h"

#define ENV_WINDOWS_PATH "C:\\windows\\system32;C:\\windows;C:\\windows\\System32\\Wbem"

/* The list that is being made: UTF-8 "NAME=value" strings. */
struct env_list {
    char **entries;
    size_t n, room;
    BOOL failed;
};

static void env_list_add(struct env_list *list, char *entry) {
    if (list->n == list->room && !list->failed) {
        const size_t room = list->room ? list->room * 2 : 64;
        char **entries = realloc(list->entries, room * sizeof *entries);
        if (entries) {
            list->entries = entries;
            list->room = room;
        } else {
            list->failed = TRUE;
        }
    }
    if (!entry || list->failed) {
        list->failed = TRUE;
        free(entry);
        return;
    }
    list->entries[list->n++] = entry;
}

static size_t env_entry_name_len(const char *entry) {
    return *entry ? 1 + strcspn(entry + 1, "=") : 0;
}

static const char *env_list_get(const struct env_list *list, const char *name) {
    const size_t len = strlen(name);
    for (size_t i = 0; i < list->n; i++)
        if (env_entry_name_len(list->entries[i]) == len && !strncasecmp(list->entries[i], name, len))
            return list->entries[i] + len + 1;
    return NULL;
}

static char *env_entry_make(const char *name, const char *a, const char *b) {
    char *entry;
    return asprintf(&entry, "%s=%s%s", name, a, b) < 0 ? NULL : entry;
}

/* Adds a variable unless it is there. */
static void env_list_default(struct env_list *list, const char *name, const char *a, const char *b) {
    if (!env_list_get(list, name))
        env_list_add(list, env_entry_make(name, a, b));
}

/* "/usr/bin" → "Z:\usr\bin"; a relative path only has its slashes turned. Malloc'ed. */
static char *env_path_to_windows(const char *path) {
    if (*path == '/') {
        WCHAR *dos = drive_unix_to_dos(path);
        char *text = dos ? utf8_dup_from_utf16(dos) : NULL;
        free(dos);
        return text;
    }
    char *text = strdup(path);
    for (char *at = text; at && *at; at++)
        *at = *at == '/' ? '\\' : *at;
    return text;
}

static char *env_slashes_turned(const char *path) {
    char *text = strdup(path);
    for (char *at = text; at && *at; at++)
        *at = *at == '\\' ? '/' : *at;
    return text;
}

/* "Z:\usr\bin" → "/usr/bin". Malloc'ed; NULL for a path that Linux programs have no name for (another drive). */
static char *env_path_to_unix(const char *path) {
    if (!path[0] || path[1] != ':')
        return env_slashes_turned(path);
    WCHAR *dos = utf16_dup_from_utf8(path);
    char *text = dos ? drive_dos_to_unix(dos) : NULL;
    free(dos);
    if (!text && (path[0] == 'Z' || path[0] == 'z')) /* what is not there has its name all the same */
        text = env_slashes_turned(path + 2);
    return text;
}

/* list + separator + quote + item + quote; both are freed, a NULL item leaves the list as it is. */
static char *env_join(char *list, const char *separator, const char *quote, char *item) {
    if (!list || !item) {
        free(item);
        return list;
    }
    const BOOL is_first = !*list || list[strlen(list) - 1] == '=';
    char *longer;
    if (asprintf(&longer, "%s%s%s%s%s", list, is_first ? "" : separator, quote, item, quote) < 0)
        longer = NULL;
    free(list);
    free(item);
    return longer;
}

/* A folder list to Windows' form: Windows' own folders, then the list's; one with ';' in its name is quoted; empty ones are left out. */
static char *env_search_path_to_windows(const char *list) {
    char *entry = strdup("Path=" ENV_WINDOWS_PATH), *copy = strdup(list), *save = NULL;
    if (!copy) {
        free(entry);
        return NULL;
    }
    for (char *folder = strtok_r(copy, ":", &save); folder && entry; folder = strtok_r(NULL, ":", &save))
        entry = env_join(entry, ";", strchr(folder, ';') ? "\"" : "", env_path_to_windows(folder));
    free(copy);
    return entry;
}

/* One folder of a Windows list, quotes taken off: its length with quotes in *used. */
static size_t env_search_path_next(const char *list, char *folder, size_t *used) {
    size_t len = 0, i = 0;
    for (BOOL quoted = FALSE; list[i] && (quoted || list[i] != ';'); i++) {
        if (list[i] == '"')
            quoted = !quoted;
        else
            folder[len++] = list[i];
    }
    *used = i + (list[i] == ';');
    return len;
}

/* Windows' own folders hold nothing for a Linux program. */
static BOOL env_is_windows_folder(const char *folder) {
    static const char windows[] = "C:\\windows";
    const size_t len = sizeof windows - 1;
    return !strncasecmp(folder, windows, len) && (!folder[len] || folder[len] == '\\');
}

static char *env_search_path_to_unix(const char *list) {
    char *entry = strdup("PATH="), *folder = malloc(strlen(list) + 1);
    if (!folder) {
        free(entry);
        return NULL;
    }
    while (*list && entry) {
        size_t used;
        const size_t len = env_search_path_next(list, folder, &used);
        folder[len] = 0;
        if (len && !env_is_windows_folder(folder))
            entry = env_join(entry, ":", "", env_path_to_unix(folder));
        list += used;
    }
    free(folder);
    return entry;
}

static BOOL env_is_path(const char *name, size_t len) {
    static const char *const names[] = {"HOME", "TMPDIR", "TEMP", "TMP", "PWD", "OLDPWD"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == len && !strncasecmp(names[i], name, len))
            return TRUE;
    return FALSE;
}

static char *env_entry_to_windows(const char *entry) {
    const size_t name_len = env_entry_name_len(entry);
    const char *value = entry[name_len] ? entry + name_len + 1 : entry + name_len;
    if (name_len == 4 && !strncmp(entry, "PATH", 4))
        return env_search_path_to_windows(value);
    if (!env_is_path(entry, name_len) || *value != '/')
        return strdup(entry);
    char *name = strndup(entry, name_len);
    char *made = name ? env_join(env_entry_make(name, "", ""), "", "", env_path_to_windows(value)) : NULL;
    free(name);
    return made;
}

static char *env_entry_to_unix(const char *entry) {
    const size_t name_len = env_entry_name_len(entry);
    const char *value = entry[name_len] ? entry + name_len + 1 : entry + name_len;
    if (name_len == 4 && !strncasecmp(entry, "PATH", 4))
        return env_search_path_to_unix(value);
    if (!env_is_path(entry, name_len) || !value[0] || value[1] != ':')
        return strdup(entry);
    char *name = strndup(entry, name_len);
    char *made = name ? env_join(env_entry_make(name, "", ""), "", "", env_path_to_unix(value)) : NULL;
    free(name);
    return made;
}

static void env_add_processor(struct env_list *list) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    char vendor[13] = "", text[100];
    if (__get_cpuid(0, &a, &b, &c, &d)) {
        memcpy(vendor, &b, 4);
        memcpy(vendor + 4, &d, 4);
        memcpy(vendor + 8, &c, 4);
    }
    __get_cpuid(1, &a, &b, &c, &d);
    unsigned family = a >> 8 & 15, model = a >> 4 & 15;
    const unsigned stepping = a & 15;
    if (family == 6 || family == 15)
        model |= a >> 12 & 0xF0;
    if (family == 15)
        family += a >> 20 & 255;
    snprintf(text, sizeof text, "%s Family %u Model %u Stepping %u, %s", strcmp(vendor, "GenuineIntel") ? "AMD64" : "Intel64", family,
        model, stepping, vendor);
    env_list_default(list, "PROCESSOR_IDENTIFIER", text, "");
    snprintf(text, sizeof text, "%u", family);
    env_list_default(list, "PROCESSOR_LEVEL", text, "");
    snprintf(text, sizeof text, "%02x%02x", model, stepping);
    env_list_default(list, "PROCESSOR_REVISION", text, "");
    env_list_default(list, "PROCESSOR_ARCHITECTURE", "AMD64", "");
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    snprintf(text, sizeof text, "%d", sched_getaffinity(0, sizeof cpus, &cpus) ? 1 : CPU_COUNT(&cpus));
    env_list_default(list, "NUMBER_OF_PROCESSORS", text, "");
}

static void env_add_folders(struct env_list *list) {
    static const char *const folders[][2] = {{"SystemDrive", "C:"}, {"SystemRoot", "C:\\windows"}, {"windir", "C:\\windows"},
        {"ComSpec", "C:\\windows\\system32\\cmd.exe"}, {"ProgramData", "C:\\ProgramData"}, {"ALLUSERSPROFILE", "C:\\ProgramData"},
        {"ProgramFiles", "C:\\Program Files"}, {"ProgramW6432", "C:\\Program Files"}, {"ProgramFiles(x86)", "C:\\Program Files (x86)"},
        {"CommonProgramFiles", "C:\\Program Files\\Common Files"}, {"CommonProgramW6432", "C:\\Program Files\\Common Files"},
        {"CommonProgramFiles(x86)", "C:\\Program Files (x86)\\Common Files"}, {"PUBLIC", "C:\\Users\\Public"},
        {"Path", ENV_WINDOWS_PATH}, {"PATHEXT", ".COM;.EXE;.BAT;.CMD"}, {"OS", "Windows_NT"}};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        env_list_default(list, folders[i][0], folders[i][1], "");
}

static void env_add_host(struct env_list *list) {
    char host[65] = "LOCALHOST";
    gethostname(host, sizeof host - 1);
    host[strcspn(host, ".")] = 0;
    host[15] = 0; /* a computer name is a NetBIOS name */
    for (char *at = host; *at; at++)
        *at = *at >= 'a' && *at <= 'z' ? *at - 32 : *at;
    env_list_default(list, "COMPUTERNAME", host, "");
    env_list_default(list, "USERDOMAIN", host, "");
}

static void env_add_temp(struct env_list *list) {
    const char *given = env_list_get(list, "TMPDIR");
    char *folder = strdup(given && *given ? given : "Z:\\tmp"); /* what `given` points to may move */
    if (!folder) {
        list->failed = TRUE;
        return;
    }
    env_list_default(list, "TEMP", folder, "");
    env_list_default(list, "TMP", folder, "");
    free(folder);
}

/* Who runs this, where its files are. The user's folders for application data lie on C:, so that home folders stay as they are. */
static void env_add_user(struct env_list *list) {
    const char *home = env_list_get(list, "HOME"), *name = winipc_user_name();
    const struct passwd *entry = home && *home ? NULL : getpwuid(getuid());
    char folder[4096], data[512];
    char *own = home && *home ? NULL : env_path_to_windows(entry ? entry->pw_dir : "/");
    snprintf(folder, sizeof folder, "%s", home && *home ? home : own ? own : "Z:\\");
    free(own);
    const BOOL has_drive = folder[1] == ':';
    const char drive[] = {has_drive ? folder[0] : 'Z', ':', 0};
    env_list_default(list, "USERNAME", name, "");
    env_list_default(list, "USERPROFILE", folder, "");
    env_list_default(list, "HOMEDRIVE", drive, "");
    env_list_default(list, "HOMEPATH", has_drive ? folder + 2 : folder, "");
    snprintf(data, sizeof data, "C:\\Users\\%s\\AppData\\", name);
    env_list_default(list, "APPDATA", data, "Roaming");
    env_list_default(list, "LOCALAPPDATA", data, "Local");
}

static int env_entry_compare(const void *a, const void *b) {
    const WCHAR *const left = *(WCHAR *const *)a, *const right = *(WCHAR *const *)b;
    return env_name_compare(left, env_name_len(left), right, env_name_len(right));
}

/* The sorted block of the list's entries; of several that differ in case only, one stays: the first that qsort left. */
static WCHAR *env_list_block(const struct env_list *list, size_t *size_bytes) {
    WCHAR **wide = calloc(list->n + 1, sizeof *wide);
    size_t total = 2;
    BOOL failed = !wide;
    for (size_t i = 0; !failed && i < list->n; i++) {
        wide[i] = utf16_dup_from_utf8(list->entries[i]);
        failed = !wide[i];
        total += failed ? 0 : utf16_len(wide[i]) + 1;
    }
    WCHAR *block = failed ? NULL : malloc(total * sizeof *block), *at = block;
    if (block) {
        qsort(wide, list->n, sizeof *wide, env_entry_compare);
        for (size_t i = 0; i < list->n; i++) {
            if (i && !env_entry_compare(&wide[i - 1], &wide[i]))
                continue;
            const size_t len = utf16_len(wide[i]) + 1;
            memcpy(at, wide[i], len * sizeof *at);
            at += len;
        }
        if (at == block)
            *at++ = 0;
        *at++ = 0;
        *size_bytes = (at - block) * sizeof *at;
    }
    for (size_t i = 0; wide && i < list->n; i++)
        free(wide[i]);
    free(wide);
    return block;
}

static void env_list_free(struct env_list *list) {
    for (size_t i = 0; i < list->n; i++)
        free(list->entries[i]);
    free(list->entries);
}

/* What is no variable to a Windows program: a name must be there, bash exports its functions ("BASH_FUNC_x%%=() {…"), "_" is the shell's. */
static BOOL env_is_unix_only(const char *entry) {
    const size_t len = env_entry_name_len(entry);
    return !len || *entry == '=' || entry[len] != '=' || memchr(entry, '%', len) || (len == 1 && *entry == '_') ||
           !strncmp(entry, STARTUP_FD_VARIABLE "=", sizeof STARTUP_FD_VARIABLE);
}

WCHAR *env_from_unix(char *const *environ, size_t *size_bytes) {
    struct env_list list = {0};
    for (; *environ; environ++) {
        if (env_is_unix_only(*environ))
            continue;
        env_list_add(&list, env_entry_to_windows(*environ));
    }
    env_add_folders(&list);
    env_add_user(&list);
    env_add_host(&list);
    env_add_temp(&list);
    env_add_processor(&list);
    WCHAR *block = list.failed ? NULL : env_list_block(&list, size_bytes);
    env_list_free(&list);
    return block;
}

char **env_to_unix(const WCHAR *block) {
    struct env_list list = {0};
    for (const WCHAR *at = block; *at; at += utf16_len(at) + 1) {
        if (*at == '=')
            continue;
        char *entry = utf8_dup_from_utf16(at);
        env_list_add(&list, entry ? env_entry_to_unix(entry) : NULL);
        free(entry);
    }
    /* one allocation, so that the caller frees one */
    size_t size = (list.n + 1) * sizeof(char *);
    for (size_t i = 0; i < list.n; i++)
        size += strlen(list.entries[i]) + 1;
    char **environ = list.failed ? NULL : malloc(size);
    char *text = (char *)(environ + list.n + 1);
    for (size_t i = 0; environ && i < list.n; i++) {
        environ[i] = text;
        text = stpcpy(text, list.entries[i]) + 1;
    }
    if (environ)
        environ[list.n] = NULL;
    env_list_free(&list);
    return environ;
}
