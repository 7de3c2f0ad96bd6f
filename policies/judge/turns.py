"""One judgement at a time, in the main thread, where a rule that never answers can be ended.

Python ends running code by a signal, and signals arrive in the main thread only. So the main thread is the only worker
of the server: it answers one request after the other, without another thread that hands it over and waits.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from queue import SimpleQueue
from typing import ClassVar, Final, ParamSpec, TypeVar

RULE_SECONDS: Final = 5.0
"""What one rule may take for one resource or stack; they take microseconds, so only one that hangs is ended."""

_ENDING: Final = frozenset({signal.SIGINT, signal.SIGTERM})
_STUCK_ALARMS: Final = 4
"""How often a rule is told to end; it swallows what ends it, and costs the process its life, which fails the run."""
_STUCK_SECONDS: Final = _STUCK_ALARMS * RULE_SECONDS
"""Processor time after which a rule that lets no other thread run either (it hangs outside of Python) is ended with the
process by the kernel."""

P = ParamSpec("P")
T = TypeVar("T")


class Overrun(BaseException):
    """Raised inside a rule that does not answer in time. No `except Exception` of a rule can swallow it."""


class Turns(Executor):
    """Takes jobs from other threads and runs them in the main thread until it is asked to end.

    Made by the main thread, before anybody is told of the process: from then on an interrupt ends it in order.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        signal.signal(signal.SIGALRM, _overrun)
        self._end_when_interrupted()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Has a job run in the main thread, after those that came before."""
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(fn(*args, **kwargs))
            except BaseException as error:
                answer.set_exception(error)

        self._jobs.put(run)
        return answer

    def take(self, job: Callable[[], T]) -> T:
        """Runs a job in the main thread and gives its answer, or raises what it raised; at once if called there."""
        if threading.current_thread() is threading.main_thread():
            return job()
        return self.submit(job).result()

    def end(self) -> None:
        """Makes `run` return once the jobs that came before are done."""
        self._jobs.put(None)

    def run(self) -> None:
        """Runs jobs as they come, until `end` or until the process is interrupted; called by the main thread."""
        while (job := self._jobs.get()) is not None:
            job()

    def _end_when_interrupted(self) -> None:
        """Ends on SIGINT and SIGTERM, whichever thread the kernel hands them to.

        A signal that another thread takes does not wake the main thread, so its handler would wait for the next job.
        What Python does at once, in any thread, is to write the signal's number to this pipe.
        """
        told, tell = os.pipe()
        os.set_blocking(tell, False)
        signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
        for number in _ENDING:
            signal.signal(number, lambda *_: None)

        def listen() -> None:
            while not _ENDING.intersection(numbers := os.read(told, 64)):
                InTime.rang(numbers.count(signal.SIGALRM))
            self.end()

        threading.Thread(target=listen, name="signals", daemon=True).start()


class InTime(AbstractContextManager[None]):
    """Lets a rule take `RULE_SECONDS`, then raises `Overrun` in it, again and again. Main thread only.

    A class, since a generator for every rule and resource would cost as much as the timers themselves.

    Args:
        rule: the rule's id.
    """

    __slots__ = ("_rule",)
    _running: ClassVar[str] = ""
    _alarms: ClassVar[int] = 0

    def __init__(self, rule: str) -> None:
        self._rule = rule

    def __enter__(self) -> None:
        InTime._running, InTime._alarms = self._rule, 0
        signal.setitimer(signal.ITIMER_VIRTUAL, _STUCK_SECONDS)  # SIGVTALRM has no handler here: it ends the process
        signal.setitimer(signal.ITIMER_REAL, RULE_SECONDS, RULE_SECONDS)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    @classmethod
    def rang(cls, times: int) -> None:
        """Counts alarms, and ends the process if the rule has outlived too many.

        Called by the thread that waits for signals, which runs while the main thread waits for the rule.
        """
        cls._alarms += times
        if cls._alarms >= _STUCK_ALARMS:
            seconds = f"{_STUCK_SECONDS:g} s"
            sys.stderr.write(f"error: rule {cls._running} did not answer within {seconds} and cannot be interrupted\n")
            sys.stderr.flush()
            os._exit(1)


def _overrun(*_: object) -> None:
    raise Overrun
