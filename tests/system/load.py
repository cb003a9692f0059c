# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests share that kill or stop processes of a session under load (programs/load.c)."""
import glob
import os
import signal
import struct
import subprocess
import sys
import time

PROGRAM = f"{os.environ['BUILD']}/tests/system/programs/load.exe"
SEED = int(os.environ.get("SEED", "20260101"))
LONG = bool(os.environ.get("LONG"))
LIMIT = 60


def need():
    """Ends the test when the program is not there."""
    if not os.path.exists(PROGRAM):
        print("load.exe is not built: no mingw compiler at configure time")
        sys.exit(77)


def start(*arguments, **options):
    return subprocess.Popen([os.environ["WINIPC"], PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, text=True, **options)


def line(process, expected=None):
    text = process.stdout.readline().strip()
    if text.startswith("wrong") or (expected and text != expected) or not text:
        sys.exit(f"'{text}' instead of '{expected}' (seed {SEED})")
    return text


def server():
    """The Linux id of the session's server, None while there is none."""
    for path in glob.glob(f"{os.environ['XDG_RUNTIME_DIR']}/winipc-*/arena"):
        try:
            with open(path, "rb") as file:
                _, _, pid = struct.unpack("<QII", file.read(16))
        except FileNotFoundError:  # it has ended in order just now
            return None
        return pid if pid and state(pid) != "Z" else None
    return None


def state(pid):
    """A letter of /proc/PID/stat; Z when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def until(condition, what):
    """Looks again and again: there is no event for what other processes do."""
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"not within {LIMIT} s: {what} (seed {SEED})")
        time.sleep(0.001)


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


class Load:
    """The keeper and its workers."""

    def __init__(self, n):
        self.keeper = start("keep", n, SEED)
        self.n = n
        line(self.keeper, "ready")

    def stop(self, others=0):
        """Ends it.  The sums of rounds, served and called connections, and the longest that one operation took, in us."""
        subprocess.run([os.environ["WINIPC"], PROGRAM, "stop"], check=True, timeout=LIMIT)
        try:
            output, _ = self.keeper.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            sys.exit(f"the load does not end (seed {SEED})")
        worked = [[int(word) for word in text.split() if word.isdigit()] for text in output.splitlines() if text.startswith("worked")]
        if "wrong" in output or not output.strip().endswith("right") or self.keeper.returncode or len(worked) != self.n + others:
            sys.exit(f"{output}\nexit status {self.keeper.returncode} (seed {SEED})")
        return [sum(words[i] for words in worked) for i in range(3)] + [max(words[3] for words in worked)]
