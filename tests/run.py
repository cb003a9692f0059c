#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the tests: in parallel, each in its own processes and its own winipc session, with a time limit.

    run.py [--build DIR] [-j N] [--list] [--later] [--long] [--sanitized] [PATTERN…]

A test is SUITE/TOPIC[/NAME][@TARGET]; a pattern is a part of that, or a glob over all of it.  The targets of a conformance
test: native (ELF), winipc (.exe under winipc), wine (the same .exe, where Wine is installed); of pipe tests with two processes
also native-exe and exe-native (the second process is of the other kind).  tests/expected.tsv lists
tests that are not expected to pass yet, tests/conformance/wine-differences.tsv where Wine differs, each with its reason;
one of them that passes is a failure, so the lists stay true.  Ends with "N passed, N failed, N skipped"; docs/testing.md.
"""
import argparse
import concurrent.futures
import fnmatch
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIP_STATUS = 77
TEST = re.compile(r"^TEST\((\w+)\)")
SPAWN = re.compile(r"spawn_(self|inheriting)\(")
# Seconds; a test that takes longer is ended with all its processes and has failed.
LIMITS = {"unit": 120, "fuzz": 120, "golden": 30, "conformance": 30, "system": 120, "mingw": 60, "programs": 180}
LONG_LIMIT = 1800
WINE_LIMIT = 300
MINGW_FORMS = ("win32", "win32-static", "posix", "posix-static")


class Case:
    """One test: its name, the command that runs it, and what comes of it."""

    def __init__(self, name, argv, wine=False, needs=None, mixed=False):
        self.name = name
        self.argv = argv
        self.wine = wine
        self.mixed = mixed
        self.needs = needs or argv[0]
        self.suite = name.split("/")[0]
        self.outcome = None
        self.note = ""
        self.output = ""
        self.seconds = 0.0


def topic_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def conformance_names(path, native):
    """The tests of a topic's source: all, but for those in an #ifdef _WIN32 that the target does not see."""
    windows, hidden, names = [], [], []
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.replace("# ", "#").split()
            if words and words[0] in ("#if", "#ifdef", "#ifndef"):
                windows.append(words[1:2] == ["_WIN32"])
                hidden.append(windows[-1] and native == (words[0] == "#ifdef"))
            elif words and words[0] == "#else" and hidden:
                hidden[-1] = windows[-1] and not hidden[-1]
            elif words and words[0] == "#endif" and hidden:
                windows.pop()
                hidden.pop()
            elif TEST.match(line) and not any(hidden):
                names.append(TEST.match(line)[1])
    return names


def mixed_names(path):
    """The tests of a topic about pipes or mailslots that start a second process."""
    name, names = None, []
    if not topic_of(path).startswith(("pipe_", "mailslot")):
        return names
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line[0].isalpha():
                name = TEST.match(line)[1] if TEST.match(line) else None
            elif name and SPAWN.search(line) and name not in names:
                names.append(name)
    return names


def find_cases(build, sanitized):
    """All tests there are; what is not built for want of a tool is a test that is skipped with that reason."""
    cases = []
    for path in sorted(glob.glob(f"{SOURCE}/tests/unit/*_test.c")):
        cases.append(Case(f"unit/{topic_of(path)}", [f"{build}/tests/unit/{topic_of(path)}"]))
    for path in sorted(glob.glob(f"{SOURCE}/tests/fuzz/*_fuzz.c")):
        cases.append(Case(f"fuzz/{topic_of(path)}", [f"{build}/tests/fuzz/{topic_of(path)}"]))
    for path in sorted(glob.glob(f"{SOURCE}/tests/golden/*/cases.tsv")):
        kind = os.path.basename(os.path.dirname(path))
        for name in golden_names(path):
            cases.append(Case(f"golden/{kind}/{name}", [sys.executable, f"{SOURCE}/tests/golden/golden.py", kind, name]))
    wine = shutil.which("wine64") or shutil.which("wine")
    for path in sorted(glob.glob(f"{SOURCE}/tests/conformance/*.c")):
        topic = topic_of(path)
        program = f"{build}/tests/conformance/{topic}"
        for name in conformance_names(path, native=True):
            cases.append(Case(f"conformance/{topic}/{name}@native", [f"{program}.elf", "--run", name]))
        for name in () if sanitized else conformance_names(path, native=False):
            test = f"conformance/{topic}/{name}"
            cases.append(Case(f"{test}@winipc", [f"{build}/winipc", f"{program}.exe", "--run", name], needs=f"{program}.exe"))
            if wine:
                cases.append(Case(f"{test}@wine", [wine, f"{program}.exe", "--run", name], wine=True, needs=f"{program}.exe"))
        for name in () if sanitized else mixed_names(path):
            test = f"conformance/{topic}/{name}"
            cases.append(Case(f"{test}@native-exe", [f"{program}.elf", "--run", name], needs=f"{program}.exe", mixed=True))
            cases.append(Case(f"{test}@exe-native", [f"{build}/winipc", f"{program}.exe", "--run", name], needs=f"{program}.exe", mixed=True))
    for path in sorted(glob.glob(f"{SOURCE}/tests/mingw/*.expected")):
        for form in () if sanitized else MINGW_FORMS:
            program = f"{build}/tests/mingw/{form}/{topic_of(path)}.exe"
            cases.append(Case(f"mingw/{form}/{topic_of(path)}", [f"{SOURCE}/tests/mingw/run", program, path], needs=program))
    for suite in ("system", "mingw", "programs"):
        for path in sorted(glob.glob(f"{SOURCE}/tests/{suite}/*.test")):
            cases.append(Case(f"{suite}/{topic_of(path)}", [path]))
    return cases


def golden_names(path):
    """Each input beside a golden suite's cases.tsv, by the ending that its first column names."""
    folder = os.path.dirname(path)
    with open(path, encoding="utf-8") as file:
        ending = file.readline().split()[1]
    return sorted(os.path.basename(p)[: -len(ending)] for p in glob.glob(f"{folder}/*{ending}"))


def read_expected(path, column):
    """Rows PATTERN <tab> STATE <tab> REASON of a list: {pattern: (state, reason)}."""
    rows = {}
    if not os.path.exists(path):
        return rows
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            fields = line.split("\t")
            if len(fields) != 3 or fields[1] not in ("later", "fails"):
                sys.exit(f"{path}:{number}: not of the form: PATTERN <tab> later|fails <tab> REASON")
            rows[fields[0] + column] = (fields[1], fields[2])
    return rows


def expected_of(case, rows):
    for pattern, value in rows.items():
        if fnmatch.fnmatchcase(case.name, pattern):
            return value
    return None


def session_environment(folder, build, args):
    """A session of its own: its socket folder, its C: drive and its scratch folder all lie in the test's folder."""
    env = dict(os.environ)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WINIPC_TRACE"):
        env.pop(name, None)
    for variable, name in (("XDG_RUNTIME_DIR", "run"), ("XDG_DATA_HOME", "data"), ("TMPDIR", "tmp")):
        env[variable] = os.path.join(folder, name)
        os.mkdir(env[variable], 0o700)
    env.update(WINIPC=f"{build}/winipc", BUILD=build, SOURCE=SOURCE, LANG="C.UTF-8", LC_ALL="C.UTF-8")
    if args.long:
        env["LONG"] = "1"
    if args.sanitized:
        env["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=1:" + env.get("ASAN_OPTIONS", "")
        env["UBSAN_OPTIONS"] = "print_stacktrace=1:" + env.get("UBSAN_OPTIONS", "")
        env["SANITIZED"] = "1"
    return env


def wine_environment(env, build):
    """Wine keeps one prefix and one server for all its tests: a new one for each takes seconds."""
    env.update(WINEDEBUG="-all", WINEPREFIX=f"{build}/tests/wine-prefix", WINEDLLOVERRIDES="mscoree,mshtml=")
    env.pop("XDG_RUNTIME_DIR")
    return env


def wine_begin(wine, build):
    """Makes the prefix before the first test: that takes longer than a test may."""
    env = wine_environment(dict(os.environ, XDG_RUNTIME_DIR=""), build)
    os.makedirs(f"{build}/tests", exist_ok=True)
    subprocess.run([wine, "wineboot", "--init"], env=env, timeout=WINE_LIMIT, check=False,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def session_processes(folder):
    """The processes whose session lies in this folder: {pid: command}."""
    found = {}
    wanted = f"XDG_RUNTIME_DIR={folder}/run".encode()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if wanted not in file.read().split(b"\0"):
                    continue
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found[int(pid)] = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
    return found


def end_group(group):
    """Kills a process group and sees it go: on a busy machine a killed process is there for a while."""
    for _ in range(500):
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            return
        time.sleep(0.01)


def end_session(folder):
    """Ends what the test left running; returns the commands of what should not have been left (the server may)."""
    for _ in range(100):  # a process that has told of its end is there for a moment
        left = session_processes(folder)
        programs = [command for command in left.values() if command and "winipcd" not in command.split()[0]]
        if not programs:
            break
        time.sleep(0.01)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return programs


def execute(case, build, args):
    started = time.monotonic()
    if not os.path.exists(case.needs):
        case.outcome, case.note = "skipped", "not built: a tool that it needs was not there at configure time"
        return
    folder = tempfile.mkdtemp(prefix="winipc-test-")
    env = session_environment(folder, build, args)
    if case.mixed:
        env["WINIPC_TEST_MIXED"] = "1"
    if case.wine:
        env = wine_environment(env, build)
    limit = LONG_LIMIT if args.long else LIMITS[case.suite] * (3 if args.sanitized else 1)
    output_path = os.path.join(folder, "output")
    with open(output_path, "wb") as output:
        process = subprocess.Popen(case.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env,
                                   cwd=env["TMPDIR"], start_new_session=True)
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
    # Its group first, also when it ended: a child may still be at work, and belongs to the test.
    process.kill()
    process.wait()
    end_group(process.pid)
    left = [] if case.wine else end_session(folder)
    with open(output_path, "rb") as output:
        case.output = output.read().decode(errors="replace").replace("\r\n", "\n")
    shutil.rmtree(folder, ignore_errors=True)
    case.seconds = time.monotonic() - started
    judge(case, status, limit, left)


def judge(case, status, limit, left):
    last_line = (case.output.strip().splitlines() or [""])[-1]
    if status is None:
        case.outcome, case.note = "failed", f"not done within {limit} s"
    elif status == SKIP_STATUS:
        case.outcome, case.note = "skipped", last_line
    elif status != 0:
        what = f"signal {-status} ({signal.Signals(-status).name})" if status < 0 else f"exit status {status}"
        case.outcome, case.note = "failed", what
    elif left:
        case.outcome, case.note = "failed", "left behind: " + "; ".join(left)
    else:
        case.outcome = "passed"


def settle(case, rows):
    """Holds a result against the list of what is expected to fail."""
    expected = expected_of(case, rows)
    if not expected or case.outcome == "skipped":
        return
    if case.outcome == "failed":
        case.outcome, case.note = "skipped", f"expected to fail: {expected[1]}"
    else:
        case.outcome, case.note = "failed", f"passes, but is listed as failing: {expected[1]}"


def matches(case, patterns):
    return not patterns or any(p in case.name or fnmatch.fnmatchcase(case.name, p) for p in patterns)


def write_table(cases, path):
    """The table of results, test × target, of the conformance tests."""
    targets = ("native", "winipc", "wine", "native-exe", "exe-native")
    rows = {}
    for case in cases:
        if "@" in case.name:
            test, target = case.name.split("@")
            rows.setdefault(test.removeprefix("conformance/"), {})[target] = case.outcome
    if not rows:
        return
    with open(path, "w", encoding="utf-8") as file:
        print("test", *targets, sep="\t", file=file)
        for test, results in rows.items():
            print(test, *(results.get(t, "-") for t in targets), sep="\t", file=file)


def report(case, verbose):
    if case.outcome == "failed":
        print(f"FAILED   {case.name}: {case.note}")
        print("".join(f"         | {line}\n" for line in case.output.strip().splitlines()[-40:]), end="", flush=True)
    elif verbose:
        print(f"{case.outcome:8} {case.name} ({case.seconds:.1f} s) {case.note}", flush=True)


def print_skipped(cases):
    reasons = {}
    for case in cases:
        if case.outcome == "skipped":
            reasons.setdefault(case.note, []).append(case.name)
    for reason, names in sorted(reasons.items()):
        print(f"skipped  {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {reason}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=f"{SOURCE}/build")
    parser.add_argument("-j", "--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for each test")
    parser.add_argument("--list", action="store_true", help="only name the tests")
    parser.add_argument("--later", action="store_true", help="as if nothing were listed as 'later'")
    parser.add_argument("--long", action="store_true", help="the long forms of the fuzz and kill tests")
    parser.add_argument("--sanitized", action="store_true", help="the build has sanitizers: leave out what cannot run with them")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    return parser.parse_args()


def default_signals():
    """Who starts us in the background, or with nohup, has signals ignored that the tests send."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def main():
    args = parse_arguments()
    default_signals()
    build = os.path.abspath(args.build)
    cases = [c for c in find_cases(build, args.sanitized) if matches(c, args.patterns)]
    if args.list:
        print("\n".join(c.name for c in cases))
        return 0
    rows = read_expected(f"{SOURCE}/tests/expected.tsv", "")
    rows.update(read_expected(f"{SOURCE}/tests/conformance/wine-differences.tsv", "@wine"))
    if args.later:
        rows = {pattern: row for pattern, row in rows.items() if row[0] != "later"}
    todo = []
    for case in cases:
        expected = expected_of(case, rows)
        if expected and expected[0] == "later":
            case.outcome, case.note = "skipped", expected[1]
        else:
            todo.append(case)
    wine = next((case.argv[0] for case in todo if case.wine), None)
    if wine:
        wine_begin(wine, build)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        futures = {pool.submit(execute, case, build, args): case for case in todo}
        for future in concurrent.futures.as_completed(futures):
            future.result()
            settle(futures[future], rows)
            report(futures[future], args.verbose)
    os.makedirs(f"{build}/tests", exist_ok=True)
    write_table(cases, f"{build}/tests/conformance.tsv")
    print_skipped(cases)
    counts = {o: sum(c.outcome == o for c in cases) for o in ("passed", "failed", "skipped")}
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
