#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the upper-case table of libs/base/upcase.c to stdout: UTF-16 units to their simple upper case, in pages of differences.

What Windows' table leaves alone stays: characters whose upper case is longer than one unit, and those outside ASCII whose upper case
lies in it (the dotless i, the long s).
"""


def upper(code):
    text = chr(code).upper()
    if len(text) != 1 or ord(text) > 0xFFFF or (code >= 0x80 and ord(text) < 0x80) or 0xD800 <= code < 0xE000:
        return code
    return ord(text)


def main():
    pages, index = [tuple([0] * 256)], []
    for high in range(256):
        page = tuple((upper(high << 8 | low) - (high << 8 | low)) & 0xFFFF for low in range(256))
        if page not in pages:
            pages.append(page)
        index.append(pages.index(page))
    print("/* Made by tools/upcasegen.py; do not edit. */")
    print("static const uint8_t upcase_index[256] = {" + ", ".join(map(str, index)) + "};")
    print(f"static const uint16_t upcase_page[{len(pages)}][256] = {{")
    for page in pages:
        print("    {" + ", ".join(map(str, page)) + "},")
    print("};")


main()
