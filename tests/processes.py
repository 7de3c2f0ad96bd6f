"""The processes that belong to a sandbox: those that carry its path in their environment."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def processes_of(directory: Path) -> dict[int, str]:
    """Process ids and command lines of everything started for the sandbox in `directory`."""
    mark = f"SOC2_SANDBOX={directory.resolve()}"
    found = {}
    # Shows the environment after the command. Split, so that a longer path is not taken for this one.
    flags = "axEww" if sys.platform == "darwin" else "axeww"
    listing = subprocess.run(["ps", flags, "-o", "pid=,stat=,command="], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        pid, status, command = line.split(maxsplit=2)
        if mark in command.split() and not status.startswith("Z"):
            found[int(pid)] = command
    return found


def wait_until_none(directory: Path, *, seconds: float) -> dict[int, str]:
    """Wait for the sandbox's processes to end; return those that are left after `seconds`."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(directory)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def kill_leftovers(directory: Path) -> None:
    """Kill what still runs for the sandbox."""
    for pid in processes_of(directory):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
