/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An object's owner and DACL as SDDL ([MS-DTYP] 2.5.1), for winipc ls -l. */
#include "programs/winipc/look.h"

#include "libs/security/access.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

struct text {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void text_print(struct text *text, const char *format, ...) {
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    n = n < 0 ? 0 : (size_t)n < text->left ? n : (int)text->left - 1;
    text->at += n;
    text->left -= (size_t)n;
}

/* Two letters where many know them, else the numbers. */
static void print_sid(struct text *text, const struct sid *sid) {
    const struct {
        struct sid sid;
        const char *letters;
    } known[] = {{sid_make(1, 1, SECURITY_WORLD_RID, 0), "WD"}, {sid_make(5, 1, SECURITY_LOCAL_SYSTEM_RID, 0), "SY"},
        {sid_make(5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS), "BA"},
        {sid_make(5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS), "BU"},
        {sid_make(5, 1, SECURITY_RESTRICTED_CODE_RID, 0), "RC"},
        {sid_make(5, 1, SECURITY_ANONYMOUS_LOGON_RID, 0), "AN"}};
    unsigned long long authority = 0;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!sid_same(sid, &known[i].sid))
            continue;
        text_print(text, "%s", known[i].letters);
        return;
    }
    for (int i = 0; i < 6; i++)
        authority = authority << 8 | sid->authority[i];
    text_print(text, "S-1-%llu", authority);
    for (unsigned i = 0; i < sid->n_sub; i++)
        text_print(text, "-%u", sid->sub[i]);
}

static void print_flags(struct text *text, uint8_t flags) {
    static const struct {
        uint8_t flag;
        const char *letters;
    } names[] = {{OBJECT_INHERIT_ACE, "OI"}, {CONTAINER_INHERIT_ACE, "CI"}, {NO_PROPAGATE_INHERIT_ACE, "NP"},
        {INHERIT_ONLY_ACE, "IO"}, {INHERITED_ACE, "ID"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        text_print(text, "%s", flags & names[i].flag ? names[i].letters : "");
}

static void print_list(struct text *text, const ACL *list) {
    struct ace ace;
    uint32_t at = 0;

    while (acl_next(list, &at, &ace)) {
        if (!ace.sid)
            continue; /* of a type that is not known here */
        text_print(text, "(%s;", ace.type == ACCESS_DENIED_ACE_TYPE ? "D" : "A");
        print_flags(text, ace.flags);
        text_print(text, ";0x%x;;;", ace.mask);
        print_sid(text, ace.sid);
        text_print(text, ")");
    }
}

void look_security(uint32_t cell, char *to, size_t room) {
    static struct access_scratch scratch;
    struct text text = {to, room};
    struct descriptor is;

    *to = 0;
    if (descriptor_open(&is, scratch.descriptor, object_descriptor(security_cell(cell), getuid(), &scratch)))
        return; /* it has just gone */
    if (is.owner) {
        text_print(&text, "O:");
        print_sid(&text, is.owner);
    }
    text_print(&text, "D:%s", is.control & SE_DACL_PROTECTED ? "P" : "");
    if (is.dacl)
        print_list(&text, is.dacl);
    else
        text_print(&text, "NO_ACCESS_CONTROL");
}
