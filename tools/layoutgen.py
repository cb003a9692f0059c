#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints a header with a checksum over what two builds must agree on to share a session: the list of requests and the headers of what lies in
shared memory.  Comments and white space do not count.

    layoutgen.py FILE...
"""
import re
import sys
import zlib

COMMENTS = {".h": r"/\*.*?\*/|//[^\n]*", ".list": r"#[^\n]*"}


def substance(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return re.sub(r"\s+", " ", re.sub(COMMENTS[path[path.rindex("."):]], " ", text, flags=re.DOTALL)).strip()


def main(paths):
    value = zlib.crc32("\n".join(map(substance, paths)).encode())
    print("/* Made by tools/layoutgen.py. */")
    print("#ifndef WINIPC_LAYOUT_H\n#define WINIPC_LAYOUT_H\n")
    print(f"#define PROTOCOL_LAYOUT 0x{value:08x}u\n")
    print("#endif")


if __name__ == "__main__":
    main(sys.argv[1:])
