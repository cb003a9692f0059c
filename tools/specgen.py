#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turns .spec files (docs/spec-format.md) into export tables, version scripts and compatibility.md.

    specgen.py table FILE.spec            assembler source of the DLL's export table
    specgen.py map FILE.spec...           linker version script for the ELF library that holds these DLLs
    specgen.py doc FILE.spec...           docs/compatibility.md

A bad line ends the run with "FILE:LINE: what is wrong" and exit status 1.
"""
import os
import re
import sys

KINDS = ("stdcall", "cdecl", "varargs", "stub", "extern")
ARGUMENTS = ("long", "int64", "ptr", "str", "wstr", "double", "float")
FLAGS = ("-noname", "-private")
LETTERS = {"long": "l", "int64": "q", "ptr": "p", "str": "s", "wstr": "w", "double": "d", "float": "f"}  # call_trace.h
MAX_ORDINAL = 65535


class SpecError(Exception):
    pass


class Entry:
    """One export: its Windows name (None if by ordinal only), where it leads, and how it is called."""

    def __init__(self, kind, ordinal, name, args, flags, target):
        self.kind = kind
        self.ordinal = ordinal
        self.name = name
        self.args = args
        self.noname = "-noname" in flags
        self.forward = target if target and "." in target else None
        self.symbol = None if kind == "stub" or self.forward else (target or name)
        self.signature = None if kind in ("stub", "extern") else "".join(LETTERS[a] for a in args) + ("." if kind == "varargs" else "")


LINE = re.compile(
    r"^(?P<ordinal>@|\d+)\s+(?P<kind>\w+)(?P<flags>(?:\s+-\S+)*)\s+(?P<name>[^\s()]+)\s*"
    r"(?P<args>\([^)]*\))?\s*(?P<target>\S+)?$"
)


def parse_line(text):
    match = LINE.match(text)
    if not match:
        raise SpecError("not of the form: ORDINAL KIND [-flags] NAME[(ARGS)] [TARGET]")
    kind = match["kind"]
    if kind not in KINDS:
        raise SpecError(f"unknown kind '{kind}' (one of {', '.join(KINDS)})")
    flags = match["flags"].split()
    for flag in flags:
        if flag not in FLAGS:
            raise SpecError(f"unknown flag '{flag}' (one of {', '.join(FLAGS)})")
    ordinal = None if match["ordinal"] == "@" else int(match["ordinal"])
    if ordinal is not None and not 1 <= ordinal <= MAX_ORDINAL:
        raise SpecError(f"ordinal {ordinal} is not in 1..{MAX_ORDINAL}")
    if ordinal is None and "-noname" in flags:
        raise SpecError("-noname needs an ordinal")
    args = (match["args"] or "()")[1:-1].split()
    for arg in args:
        if arg not in ARGUMENTS:
            raise SpecError(f"unknown argument type '{arg}' (one of {', '.join(ARGUMENTS)})")
    if kind in ("stdcall", "cdecl", "varargs") and match["args"] is None:
        raise SpecError(f"'{match['name']}' has no argument list")
    if kind in ("stub", "extern") and match["args"] is not None:
        raise SpecError(f"a {kind} has no argument list")
    if kind == "stub" and match["target"]:
        raise SpecError("a stub has no target")
    return Entry(kind, ordinal, match["name"], args, flags, match["target"])


def parse(path):
    """The DLL's name and its entries, ordinals given out; raises SpecError with FILE:LINE."""
    entries, names, ordinals = [], {}, {}
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            try:
                entry = parse_line(line)
                if not entry.noname and entry.name in names:
                    raise SpecError(f"'{entry.name}' is there already, at line {names[entry.name]}")
                if entry.ordinal in ordinals and entry.ordinal is not None:
                    raise SpecError(f"ordinal {entry.ordinal} is there already, at line {ordinals[entry.ordinal]}")
            except SpecError as error:
                raise SpecError(f"{path}:{number}: {error}") from None
            names.setdefault(entry.name, number)
            ordinals[entry.ordinal] = number
            entries.append(entry)
    base = min((e.ordinal for e in entries if e.ordinal), default=1)
    free = base
    for entry in entries:
        if entry.ordinal is None:
            while free in ordinals:
                free += 1
            entry.ordinal = free
            ordinals[free] = 0
    if entries and max(e.ordinal for e in entries) > MAX_ORDINAL:
        raise SpecError(f"{path}: more than {MAX_ORDINAL} ordinals")
    return os.path.splitext(os.path.basename(path))[0], entries


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def native_jumps(path, entries):
    """(exported name, C symbol) of each forward to ntdll: a native link needs HeapAlloc as a symbol, not as a forward."""
    folder = os.path.dirname(os.path.dirname(path))
    ntdll = os.path.join(folder, "ntdll", "ntdll.spec")
    forwards = [e for e in entries if e.forward and e.forward.startswith("ntdll.")]
    if not forwards or not os.path.exists(ntdll):
        return []
    symbols = {e.name: e.symbol for e in parse(ntdll)[1] if e.symbol}
    jumps = []
    for entry in forwards:
        target = entry.forward[len("ntdll."):]
        if target not in symbols:
            raise SpecError(f"{path}: '{entry.name}' leads to '{entry.forward}', which is not there")
        if entry.name != symbols[target]:
            jumps.append((entry.name, symbols[target]))
    return jumps


def emit_table(path):
    """Assembler: no relocation is needed, every reference is relative to the table (libs/base/export_table.h)."""
    dll, entries = parse(path)
    table = f"winipc_exports_{dll}"
    base = min((e.ordinal for e in entries), default=1)
    count = max((e.ordinal for e in entries), default=0) - base + 1
    by_ordinal, signatures = {e.ordinal: e for e in entries}, {}
    named = sorted((e for e in entries if not e.noname), key=lambda e: e.name.encode())
    out = ["/* Made from %s; do not edit. */" % os.path.basename(path), "\t.section .rodata", "\t.balign 8"]
    out += [f"\t.globl {table}", f"\t.type {table}, @object", f"{table}:"]
    out += [f"\t.long .Ldll - {table}, {base}, {count}, {len(named)}"]
    out += [f"\t.long .Lentries - {table}, .Lnames - {table}"]
    out += [".Lentries:"]
    for ordinal in range(base, base + count):
        entry = by_ordinal.get(ordinal)
        if entry is None:
            out.append("\t.long 0, 0, 0, 0")
            continue
        name = f".Ln{ordinal} - {table}"
        signature = "0" if entry.signature is None else f".La{signatures.setdefault(entry.signature, len(signatures))} - {table}"
        if entry.forward:
            out.append(f"\t.long {name}, .Lf{ordinal} - {table}, 2, {signature}")
        elif entry.kind == "stub":
            out.append(f"\t.long {name}, 0, 3, 0")
        else:
            out.append(f"\t.long {name}, {entry.symbol} - {table}, 1, {signature}")
    out += [".Lnames:"] + [f"\t.long {e.ordinal - base}" for e in named]
    out += [".Ldll:", f"\t.string {quote(dll)}"]
    for entry in sorted(entries, key=lambda e: e.ordinal):
        out += [f".Ln{entry.ordinal}:", f"\t.string {quote('' if entry.noname else entry.name)}"]
        if entry.forward:
            out += [f".Lf{entry.ordinal}:", f"\t.string {quote(entry.forward)}"]
    for signature, number in signatures.items():
        out += [f".La{number}:", f"\t.string {quote(signature)}"]
    out += [f"\t.size {table}, . - {table}", "\t.text"]
    for name, symbol in native_jumps(path, entries):
        out += [f"\t.globl {name}", f"\t.type {name}, @function", f"{name}:\tjmp {symbol}@PLT", f"\t.size {name}, . - {name}"]
    out += ['\t.section .note.GNU-stack,"",@progbits']
    return out


def emit_map(paths):
    symbols, tables = set(), []
    for path in paths:
        dll, entries = parse(path)
        tables.append(f"winipc_exports_{dll}")
        symbols.update(e.symbol for e in entries if e.symbol)
        symbols.update(name for name, _ in native_jumps(path, entries))
    lines = [f"        {s};" for s in sorted(symbols)]
    return ["{", "    global:"] + [f"        {t};" for t in tables] + lines + ["        winipc_*;", "    local: *;", "};"]


def emit_doc(paths):
    out = ["# What is there, function by function", "", "Made from the .spec files by tools/specgen.py.", ""]
    out += ["| DLL | there | named but missing |", "| --- | --- | --- |"]
    bodies = []
    for path in sorted(paths):
        dll, entries = parse(path)
        stubs = sorted(e.name for e in entries if e.kind == "stub")
        have = sorted(e.name if not e.noname else f"ordinal {e.ordinal}" for e in entries if e.kind != "stub")
        out.append(f"| {dll} | {len(have)} | {len(stubs)} |")
        bodies += ["", f"## {dll}", "", ", ".join(have) or "Nothing yet."]
        if stubs:
            bodies += ["", "Missing (a call ends the program with the function's name): " + ", ".join(stubs)]
    return out + bodies


def main(argv):
    if len(argv) < 3 or argv[1] not in ("table", "map", "doc") or (argv[1] == "table" and len(argv) != 3):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        lines = emit_table(argv[2]) if argv[1] == "table" else {"map": emit_map, "doc": emit_doc}[argv[1]](argv[2:])
    except (SpecError, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
