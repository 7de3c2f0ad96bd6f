"""Keep a process from outliving the one that started it.

Imported by the language host, and run as a script by the interpreter of a program or a pack, which may be of
another virtualenv: nothing but the standard library may be imported here.

    python tether.py PARENT_PID file PATH [ARG...]       run a Python file
    python tether.py PARENT_PID module NAME [ARG...]     run a module, as `python -m` does
"""

import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Callable

_POLL_SECONDS = 0.25


def watch_parent(parent: int, on_gone: Callable[[], None]) -> None:
    """Call `on_gone` from a thread once `parent` (a process id) is no longer the parent of this process.

    Polled: `PR_SET_PDEATHSIG` is Linux only and bound to the thread that forked, and a pipe is held open by
    any descendant that inherits it.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        on_gone()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _run(parent: int, kind: str, target: str, args: list[str]) -> None:
    watch_parent(parent, lambda: os._exit(1))
    # The engine interrupts its children: that is an end like any other, not a traceback to show.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.argv = [target, *args]
    if kind == "module":
        sys.path[0] = os.getcwd()  # noqa: PTH109 - as `python -m` puts it: a string
        runpy.run_module(target, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(target)  # noqa: PTH120
        runpy.run_path(target, run_name="__main__")


if __name__ == "__main__":
    _run(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
