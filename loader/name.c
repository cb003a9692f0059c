/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing and completing the names of modules. */
#include "loader/name.h"

#include "libs/base/utf.h"

#include <stdlib.h>
#include <string.h>

WCHAR name_lower(WCHAR c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool name_equal(const WCHAR *a, const WCHAR *b) {
    while (*a && name_lower(*a) == name_lower(*b)) {
        a++;
        b++;
    }
    return name_lower(*a) == name_lower(*b);
}

bool name_equal_counted(const UNICODE_STRING *a, const WCHAR *b) {
    const size_t length = a->Length / sizeof(WCHAR);

    for (size_t i = 0; i < length; i++)
        if (!b[i] || name_lower(a->Buffer[i]) != name_lower(b[i]))
            return false;
    return b[length] == 0;
}

const WCHAR *name_base(const WCHAR *path) {
    const WCHAR *base = path;

    for (; *path; path++)
        if (*path == '\\' || *path == '/' || *path == ':')
            base = path + 1;
    return base;
}

bool name_has_path(const WCHAR *name) {
    return name_base(name) != name;
}

bool name_complete(const WCHAR *name, WCHAR *out, size_t out_len) {
    static const WCHAR extension[] = L".dll";
    size_t length = utf16_len(name);
    const WCHAR *dot = NULL;

    for (const WCHAR *c = name_base(name); *c; c++)
        if (*c == '.')
            dot = c;
    if (length + 5 > out_len)
        return false;
    memcpy(out, name, (length + 1) * sizeof *out);
    if (dot && !dot[1])
        out[length - 1] = 0;
    else if (!dot)
        memcpy(out + length, extension, sizeof extension);
    return true;
}

void name_plain(const WCHAR *path, char *out, size_t out_len) {
    const WCHAR *base = name_base(path);
    size_t length = utf16_len(base);

    out[0] = 0;
    if (length > 4 && name_equal(base + length - 4, L".dll"))
        length -= 4;
    if (length >= out_len)
        return;
    for (size_t i = 0; i < length; i++) {
        if (base[i] < 0x20 || base[i] > 0x7e) {
            out[0] = 0;
            return;
        }
        out[i] = name_lower(base[i]);
    }
    out[length] = 0;
}

bool name_set(UNICODE_STRING *to, const WCHAR *from) {
    const size_t length = utf16_len(from);

    if (length > 32766)
        return false;
    to->Buffer = malloc((length + 1) * sizeof(WCHAR));
    if (!to->Buffer)
        return false;
    memcpy(to->Buffer, from, (length + 1) * sizeof(WCHAR));
    to->Length = length * sizeof(WCHAR);
    to->MaximumLength = to->Length + sizeof(WCHAR);
    return true;
}
