"""Starts the engine and stays beside it, so that the engine is interrupted when the run that wanted it is killed.

Run as a script, by path and isolated: nothing but the standard library may be imported here.

    python -I keeper.py PARENT_PID COMMAND [ARG...]

A signal that it gets becomes an interrupt of the engine, which then cancels its work and leaves its state whole; a
second one makes the engine end at once. Exits with the engine's code, or with 128 and the number of the signal that
ended it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

_POLL_SECONDS = 0.25


def keep(parent: int, command: list[str]) -> int:
    """Run `command` until it ends, and interrupt it once `parent` is gone."""
    engine: subprocess.Popen[bytes] | None = None
    waiting = 0

    def interrupt(_number: int = 0, _frame: FrameType | None = None) -> None:
        nonlocal waiting
        if engine is None:
            waiting += 1
        else:
            with contextlib.suppress(ProcessLookupError):
                engine.send_signal(signal.SIGINT)

    def watch() -> None:
        # Polled: `PR_SET_PDEATHSIG` is Linux only and bound to the thread that forked.
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        interrupt()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, interrupt)
    # The lock of the run is inherited, so that it is free only when the engine is gone as well.
    engine = subprocess.Popen(command, stdin=subprocess.DEVNULL, close_fds=False)
    for _ in range(waiting):
        interrupt()
    threading.Thread(target=watch, daemon=True).start()
    code = engine.wait()
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), sys.argv[2:]))
