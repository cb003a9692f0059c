#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A generator's golden tests: golden.py SUITE NAME [--update].

tests/golden/SUITE/cases.tsv: "input ENDING" first, then a line an output: ENDING <tab> COMMAND, run in the suite's folder with the
input's name after it.  NAME.ENDING holds the expected output; an input with a NAME.err must fail with exactly that on stderr.
"""
import difflib
import os
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def compare(path, actual, update):
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(actual)
        return True
    with open(path, encoding="utf-8") as file:
        expected = file.read()
    if actual == expected:
        return True
    sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), actual.splitlines(True), path, "actual"))
    return False


def run(command, name):
    return subprocess.run([sys.executable, os.path.join(SOURCE, command.split()[0]), *command.split()[1:], name],
                          capture_output=True, text=True, check=False)


def main(suite, name, update):
    os.chdir(os.path.join(SOURCE, "tests/golden", suite))
    with open("cases.tsv", encoding="utf-8") as file:
        ending = file.readline().split()[1]
        outputs = [line.rstrip("\n").split("\t") for line in file if line.strip()]
    good = True
    for output, command in outputs:
        result = run(command, name + ending)
        if os.path.exists(name + ".err"):
            good &= compare(name + ".err", result.stderr, update)
            if result.returncode != 1 or result.stdout:
                print(f"{command}: exit status {result.returncode}, expected 1 and nothing on stdout")
                good = False
            continue
        if result.returncode:
            print(result.stderr, end="")
            return 1
        good &= compare(name + output, result.stdout, update)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], "--update" in sys.argv[3:]))
