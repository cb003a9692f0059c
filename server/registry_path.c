/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a path to a key: through links, and where a program asks for what 32-bit programs see (KEY_WOW64_32KEY), into Wow6432Node.
 * Source of what is redirected: https://learn.microsoft.com/en-us/windows/win32/winprog64/shared-registry-keys
 */
#include "server/registry.h"

#include "libs/base/unicode.h"

#define LINKS_MAX 32
#define PATH_ROOM (2 * 32768u)

static uint16_t link_path[PATH_ROOM]; /* what is walked once a link was met */

static uint32_t text_len(const uint16_t *text) {
    uint32_t n = 0;

    while (text[n])
        n++;
    return n;
}

/* ---- one name after the other ---- */

/* Several backslashes count as one, and those at the end not at all. */
static void skip_separators(struct key_walk *walk) {
    while (walk->n_rest && *walk->rest == '\\') {
        walk->rest++;
        walk->n_rest--;
    }
}

static uint32_t name_len(const struct key_walk *walk) {
    uint32_t n = 0;

    while (n < walk->n_rest && walk->rest[n] != '\\')
        n++;
    return n;
}

static bool rest_is_name(const struct key_walk *walk, uint32_t n) {
    while (n < walk->n_rest && walk->rest[n] == '\\')
        n++;
    return n == walk->n_rest;
}

/* Whether what is left of a path is @prefix or lies below it. */
static bool rest_begins(const struct key_walk *walk, const uint16_t *prefix) {
    const uint32_t n = text_len(prefix);

    return walk->n_rest >= n && names_equal(walk->rest, n, prefix, n) && (walk->n_rest == n || walk->rest[n] == '\\');
}

/* ---- 32-bit views ---- */

static bool key_is(const struct key *key, const uint16_t *name) {
    return key && names_equal(key->name, key->n_name, name, text_len(name));
}

/* \REGISTRY\MACHINE\SOFTWARE */
static bool is_machine_software(const struct key *key) {
    return key->parent && key->parent->parent == key_root && key_is(key, u"Software") && key_is(key->parent, u"MACHINE");
}

/* The Classes of the machine or of a user. */
static bool is_classes(const struct key *key) {
    return key_is(key, u"Classes") && key_is(key->parent, u"Software") && key_depth(key) <= 5;
}

static bool is_shared(const struct key_walk *walk) {
    static const uint16_t *const shared[] = {u"Wow6432Node", u"Classes", u"Clients", u"Microsoft\\COM3",
        u"Microsoft\\Cryptography\\Calais\\Current", u"Microsoft\\Cryptography\\Calais\\Readers", u"Microsoft\\Cryptography\\Services",
        u"Microsoft\\CTF\\SystemShared", u"Microsoft\\CTF\\TIP", u"Microsoft\\DFS", u"Microsoft\\Driver Signing",
        u"Microsoft\\EnterpriseCertificates", u"Microsoft\\EventSystem", u"Microsoft\\MSMQ", u"Microsoft\\Non-Driver Signing",
        u"Microsoft\\Notepad\\DefaultFonts", u"Microsoft\\OLE", u"Microsoft\\RAS", u"Microsoft\\RPC",
        u"Microsoft\\Shared Tools\\MSInfo", u"Microsoft\\SystemCertificates", u"Microsoft\\TermServLicensing",
        u"Microsoft\\Transaction Server", u"Microsoft\\Windows\\CurrentVersion\\Control Panel\\Cursors\\Schemes",
        u"Microsoft\\Windows\\CurrentVersion\\Explorer\\AutoplayHandlers", u"Microsoft\\Windows\\CurrentVersion\\Explorer\\DriveIcons",
        u"Microsoft\\Windows\\CurrentVersion\\Explorer\\KindMap", u"Microsoft\\Windows\\CurrentVersion\\Group Policy",
        u"Microsoft\\Windows\\CurrentVersion\\Policies", u"Microsoft\\Windows\\CurrentVersion\\PreviewHandlers",
        u"Microsoft\\Windows\\CurrentVersion\\Setup", u"Microsoft\\Windows\\CurrentVersion\\Telephony\\Locations",
        u"Microsoft\\Windows NT\\CurrentVersion\\FontDpi", u"Microsoft\\Windows NT\\CurrentVersion\\FontMapper",
        u"Microsoft\\Windows NT\\CurrentVersion\\Fonts", u"Microsoft\\Windows NT\\CurrentVersion\\FontSubstitutes",
        u"Microsoft\\Windows NT\\CurrentVersion\\Gre_Initialize", u"Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options",
        u"Microsoft\\Windows NT\\CurrentVersion\\LanguagePack", u"Microsoft\\Windows NT\\CurrentVersion\\NetworkCards",
        u"Microsoft\\Windows NT\\CurrentVersion\\Perflib", u"Microsoft\\Windows NT\\CurrentVersion\\Ports",
        u"Microsoft\\Windows NT\\CurrentVersion\\Print", u"Microsoft\\Windows NT\\CurrentVersion\\ProfileList",
        u"Microsoft\\Windows NT\\CurrentVersion\\Time Zones", u"Policies", u"RegisteredApplications"};

    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        if (rest_begins(walk, shared[i]))
            return true;
    }
    return false;
}

static bool is_redirected_class(const struct key_walk *walk) {
    return rest_begins(walk, u"CLSID") || rest_begins(walk, u"DirectShow") || rest_begins(walk, u"Interface") ||
           rest_begins(walk, u"Media Type") || rest_begins(walk, u"MediaFoundation");
}

static void walk_redirect(struct key_walk *walk) {
    const bool redirected =
        is_machine_software(walk->found) ? !is_shared(walk) : is_classes(walk->found) && is_redirected_class(walk);
    struct key *node = redirected ? key_find(walk->found, u"Wow6432Node", 11) : NULL;

    if (node)
        walk->found = node;
}

/* ---- links ---- */

/* Puts what a link stands for in front of the rest.  Return: an NTSTATUS. */
static NTSTATUS walk_follow(struct key_walk *walk, const struct key *link) {
    const struct value *target = value_find(link, u"SymbolicLinkValue", 17);
    const uint32_t n = target ? target->size / sizeof(uint16_t) : 0;

    if (!n || target->type != REG_LINK || n + 1 + walk->n_rest > PATH_ROOM)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    memmove(link_path + n + 1, walk->rest, walk->n_rest * sizeof *link_path);
    memcpy(link_path, target->data, n * sizeof *link_path);
    link_path[n] = '\\';
    walk->rest = link_path;
    walk->n_rest += n + 1;
    return STATUS_SUCCESS;
}

/* An NT path begins with \REGISTRY. */
static NTSTATUS walk_root(struct key_walk *walk) {
    if (!walk->n_rest || *walk->rest != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    skip_separators(walk);
    if (!rest_begins(walk, u"REGISTRY"))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    walk->rest += 8;
    walk->n_rest -= 8;
    walk->found = key_root;
    return STATUS_SUCCESS;
}

NTSTATUS key_walk(struct key_walk *walk, struct key *from, const uint16_t *path, uint32_t n, bool open_link, uint32_t wow64) {
    NTSTATUS status = STATUS_SUCCESS;

    *walk = (struct key_walk){from, path, n};
    if (from && n && *path == '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (!from)
        status = walk_root(walk);
    for (unsigned links = 0; !status;) {
        struct key *child;
        uint32_t length;

        skip_separators(walk);
        if (wow64 & KEY_WOW64_32KEY)
            walk_redirect(walk);
        length = name_len(walk);
        if (!length)
            return STATUS_SUCCESS;
        if (length > KEY_NAME_MAX)
            return STATUS_INVALID_PARAMETER;
        child = key_find(walk->found, walk->rest, length);
        if (!child)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        const bool last = rest_is_name(walk, length);
        walk->rest += length;
        walk->n_rest -= length;
        walk->found = child;
        if (!(child->flags & KEY_IS_LINK) || (last && open_link))
            continue;
        if (++links > LINKS_MAX)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        status = walk_follow(walk, child);
        if (!status)
            status = walk_root(walk);
    }
    return status;
}
