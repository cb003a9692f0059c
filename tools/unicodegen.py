#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes libs/base/unicode_tables.c from Python's Unicode database.

Each property of the 65,536 UTF-16 units is a two-stage table: an index by the high byte, and the distinct pages of 256 values.
"""
import sys
import unicodedata

CTYPE2 = {"L": 1, "R": 2, "AL": 2, "EN": 3, "ES": 4, "ET": 5, "AN": 6, "CS": 7, "B": 8, "S": 9, "WS": 10, "ON": 11}
UPPER, LOWER, DIGIT, SPACE, PUNCT, CNTRL, BLANK, XDIGIT, ALPHA, DEFINED = (1 << n for n in range(10))
NONSPACING, DIACRITIC, VOWELMARK, SYMBOL, KATAKANA, HIRAGANA, HALFWIDTH, FULLWIDTH, IDEOGRAPH, KASHIDA, LEXICAL = (1 << n for n in range(11))
HIGH_SURROGATE, LOW_SURROGATE, ALPHA3 = 0x800, 0x1000, 0x8000


def upper(code):
    """The simple upper case of a unit where lower case leads back: so no two names become one that are not variants of each other."""
    if code == 0x3C2:
        return 0x3A3
    text = chr(code).upper()
    back = text.lower() if len(text) == 1 and ord(text) < 0x10000 else ""
    return ord(text) if back == chr(code) else code


def lower(code):
    text = chr(code).lower()
    back = text.upper() if len(text) == 1 and ord(text) < 0x10000 else ""
    return ord(text) if back == chr(code) else code


def ctype1(code):
    char, category = chr(code), unicodedata.category(chr(code))
    if category == "Cn":
        return 0
    bits = DEFINED
    if category in ("Lu", "Lt"):
        bits |= UPPER | ALPHA
    elif category == "Ll":
        bits |= LOWER | ALPHA
    elif category[0] == "L" or category == "Nl":
        bits |= ALPHA
    elif category == "Nd":
        bits |= DIGIT
    elif category[0] in "PS":
        bits |= PUNCT
    elif category == "No":
        bits |= DIGIT | PUNCT if code in (0xB2, 0xB3, 0xB9) else PUNCT
    elif category == "Zs":
        bits |= SPACE | BLANK
    elif category in ("Zl", "Zp"):
        bits |= SPACE
    elif category in ("Cc", "Cf"):
        bits |= CNTRL
    if 9 <= code <= 13 or code == 0x85:
        bits |= SPACE
    if code == 9:
        bits |= BLANK
    if char in "0123456789abcdefABCDEF":
        bits |= XDIGIT
    return bits


def ctype2(code):
    return CTYPE2.get(unicodedata.bidirectional(chr(code)), 0)


def ctype3(code):
    char = chr(code)
    category, name, width = unicodedata.category(char), unicodedata.name(char, ""), unicodedata.east_asian_width(char)
    if 0xD800 <= code < 0xDC00:
        return HIGH_SURROGATE
    if 0xDC00 <= code < 0xE000:
        return LOW_SURROGATE
    bits = 0
    if category[0] == "L" or category == "Nl":
        bits |= ALPHA3
    if category == "Mn":
        bits |= NONSPACING | (DIACRITIC if 0x300 <= code < 0x370 or 0x20D0 <= code < 0x2100 else 0)
    if "VOWEL SIGN" in name:
        bits |= VOWELMARK
    if category in ("Sk", "Lm") and code < 0x370 and category == "Sk":
        bits |= DIACRITIC
    if category[0] in "SP" and category != "Sk":
        bits |= SYMBOL
    if "KATAKANA" in name:
        bits |= KATAKANA
    if "HIRAGANA" in name:
        bits |= HIRAGANA
    if width == "H":
        bits |= HALFWIDTH
    if width == "F" or (width == "W" and bits & (KATAKANA | HIRAGANA)):
        bits |= FULLWIDTH
    if "CJK UNIFIED IDEOGRAPH" in name or "CJK COMPATIBILITY IDEOGRAPH" in name:
        bits |= IDEOGRAPH
    if code == 0x640:
        bits |= KASHIDA
    if char in "'-" or code in (0x2010, 0x2011, 0xAD):
        bits |= LEXICAL
    return bits


def best_fit(code):
    """The character without its accents, or the one of which it is a width or font variant; 0 where there is none."""
    text = unicodedata.normalize("NFKD", chr(code))
    text = "".join(c for c in text if not unicodedata.combining(c))
    return ord(text) if len(text) == 1 and ord(text) < 0x10000 and ord(text) != code else 0


def emit(name, function, kind="uint16_t"):
    pages, index = {}, []
    for high in range(256):
        page = tuple(function(high << 8 | low) & 0xFFFF for low in range(256))
        index.append(pages.setdefault(page, len(pages)))
    print(f"static const uint8_t {name}_index[256] = {{{','.join(map(str, index))}}};")
    print(f"static const {kind} {name}_pages[{len(pages)}][256] = {{")
    for page in pages:
        print(f"{{{','.join(map(str, page))}}},")
    print("};")
    print(f"uint16_t unicode_{name}(uint16_t c) {{\n    return {name}_pages[{name}_index[c >> 8]][c & 0xFF];\n}}\n")


def emit_case(name, function):
    """Case is kept as the difference, so that most pages are the same; it is added modulo 65,536."""
    emit(name + "_delta", lambda code: function(code) - code)


def decompositions():
    """(code, canonical text, compatible text) of each character that has one; Hangul is computed."""
    for code in range(0x110000):
        if 0xAC00 <= code < 0xD7A4 or 0xD800 <= code < 0xE000:
            continue
        char = chr(code)
        canonical, compatible = unicodedata.normalize("NFD", char), unicodedata.normalize("NFKD", char)
        if compatible != char:
            yield code, canonical, compatible


def compositions():
    for code in range(0x110000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and parts[0][0] != "<" and unicodedata.normalize("NFC", chr(code)) == chr(code):
            yield int(parts[0], 16), int(parts[1], 16), code


def emit_normalization():
    """Sorted arrays for binary search; the texts lie one after the other, a text that is the same as the canonical one once."""
    texts, entries = [], []
    for code, canonical, compatible in decompositions():
        offset = len(texts)
        texts += map(ord, canonical)
        compatible_offset = offset if compatible == canonical else len(texts)
        if compatible != canonical:
            texts += map(ord, compatible)
        entries.append(f"{{{code},{offset},{compatible_offset},{len(canonical)},{len(compatible)}}}")
    print(f"const uint32_t unicode_decomposition_text[] = {{{','.join(map(str, texts))}}};")
    print(f"const struct unicode_decomposition unicode_decompositions[] = {{{','.join(entries)}}};")
    print("const unsigned unicode_n_decompositions = sizeof unicode_decompositions / sizeof *unicode_decompositions;")
    pairs = [f"{{{a},{b},{c}}}" for a, b, c in sorted(compositions())]
    print(f"const struct unicode_composition unicode_compositions[] = {{{','.join(pairs)}}};")
    print("const unsigned unicode_n_compositions = sizeof unicode_compositions / sizeof *unicode_compositions;")
    ranges = []
    for code in range(0x110000):
        value = unicodedata.combining(chr(code))
        if value and ranges and ranges[-1][1] == code - 1 and ranges[-1][2] == value:
            ranges[-1][1] = code
        elif value:
            ranges.append([code, code, value])
    print("const struct unicode_class unicode_classes[] = {%s};" % ",".join("{%d,%d,%d}" % tuple(r) for r in ranges))
    print("const unsigned unicode_n_classes = sizeof unicode_classes / sizeof *unicode_classes;")


def main():
    print("/* Made by tools/unicodegen.py from Unicode %s; do not edit. */" % unicodedata.unidata_version)
    print('#include "libs/base/unicode.h"\n')
    emit_case("upper", upper)
    emit_case("lower", lower)
    emit("ctype1", ctype1)
    emit("ctype2", ctype2, "uint8_t")
    emit("ctype3", ctype3)
    emit("best_fit", best_fit)
    emit("digit", lambda code: unicodedata.decimal(chr(code), unicodedata.digit(chr(code), -1)) + 1, "uint8_t")
    emit_normalization()
    return 0


if __name__ == "__main__":
    sys.exit(main())
