# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bench/run and bench/pipes have in common: a session of their own, Wine where it is installed, medians."""
import os
import shutil
import signal
import statistics
import subprocess
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIMIT = 60  # seconds for a program


class Session:
    """A folder that holds a winipc session, and the end of its processes."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="winipc-bench-")
        self.env = dict(os.environ, XDG_RUNTIME_DIR=f"{self.folder}/run", XDG_DATA_HOME=f"{self.folder}/data")
        os.mkdir(self.env["XDG_RUNTIME_DIR"], 0o700)
        return self

    def processes(self):
        wanted = f"XDG_RUNTIME_DIR={self.folder}/run".encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if wanted in file.read().split(b"\0"):
                        yield int(pid)
            except OSError:
                continue

    def end(self):
        for pid in list(self.processes()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def __exit__(self, *_):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def middle(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def wine_runner(build):
    """Wine's command and its environment: one prefix, kept; made and started here so that no round waits for that."""
    path = f"{os.environ['PATH']}:/usr/lib/wine"  # where Debian puts it
    wine = shutil.which("wine64", path=path) or shutil.which("wine", path=path)
    if not wine:
        return None, None
    env = dict(os.environ, WINEDEBUG="-all", WINEPREFIX=f"{build}/bench/wine-prefix", WINEDLLOVERRIDES="mscoree,mshtml=")
    subprocess.run([wine, f"{build}/bench/windows.exe", "nothing"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=300, check=False)
    return wine, env
