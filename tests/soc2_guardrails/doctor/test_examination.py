"""Everything is looked at at once, told in order, and waited for only so long."""

from __future__ import annotations

import threading
import time

import pytest

from soc2_guardrails.doctor import Check, Finding, Level, examine
from soc2_guardrails.doctor.finding import ok


def test_findings_come_in_the_order_of_the_checks() -> None:
    first_done = threading.Event()

    def slow() -> list[Finding]:
        assert first_done.wait(10), "the second was not looked at while the first was waited for"
        return [ok("a", "1"), ok("a", "2")]

    def quick() -> list[Finding]:
        first_done.set()
        return [ok("b", "3")]

    waited: list[str] = []
    found = list(examine([Check("a", slow), Check("b", quick)], waiting=waited.append))
    assert [each.what for each in found] == ["1", "2", "3"]
    assert waited == ["a", "b"]


def test_what_hangs_is_a_problem_and_holds_nothing_up() -> None:
    never = threading.Event()
    began = time.monotonic()

    def hangs() -> list[Finding]:
        never.wait(60)
        return []

    stuck, fine = examine([Check("stuck", hangs), Check("fine", lambda: [ok("fine", "here")])], seconds=0.3)
    never.set()
    assert time.monotonic() - began < 10
    assert (stuck.area, stuck.level) == ("stuck", Level.PROBLEM)
    assert fine.what == "here"


def test_a_bug_is_not_swallowed() -> None:
    def broken() -> list[Finding]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(examine([Check("broken", broken)]))
