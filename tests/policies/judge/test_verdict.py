"""How findings become a verdict, and that nothing a rule does can make it look like a pass."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import analyzer_pb2 as pb

from policies.judge.resources import Resource, resource
from policies.judge.rule import (
    Findings,
    NotApplicable,
    Undecided,
    Violation,
    each,
    independently,
)
from policies.judge.values import UNKNOWN, Raw, Secret, Value, secret_texts
from policies.judge.verdict import Outcome, judge_resource
from policies.secrets.env_secret_must_be_sensitive import RULE

from ..pack_process import PACK, PackProcess

SUBJECT = resource(
    "vercel:index/project:Project",
    "web",
    {"known": "x", "unknown": UNKNOWN, "list": ["a", UNKNOWN, "b"], "hidden": Secret("canary-value")},
)


def outcome(check: Callable[[Resource], Findings]) -> Outcome:
    return judge_resource(replace(RULE, check=check), SUBJECT).outcome


def raising(_: Resource) -> Findings:
    raise RuntimeError("canary-value")


def exiting(_: Resource) -> Findings:
    sys.exit("canary-value")


def interrupting(_: Resource) -> Findings:
    yield Violation("known", "is wrong")
    raise KeyboardInterrupt


def yielding_then_raising(subject: Resource) -> Findings:
    yield Violation("known", "is wrong")
    subject["unknown"].text()


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (lambda _: [], Outcome.PASS),
        (lambda _: [Violation("x", "is wrong")], Outcome.FAIL),
        (lambda _: [Undecided("x")], Outcome.UNKNOWN),
        (lambda _: [NotApplicable("because")], Outcome.NOT_APPLICABLE),
        (lambda _: [NotApplicable("because"), Undecided("x")], Outcome.UNKNOWN),
        (lambda _: [Undecided("x"), Violation("x", "is wrong")], Outcome.FAIL),
        (lambda subject: [Violation(subject["unknown"].text(), "is wrong")], Outcome.UNKNOWN),
        (lambda subject: [Violation(subject["known"].number().hex(), "is wrong")], Outcome.FAIL),
        (lambda subject: [Violation(subject["absent"].text(), "is wrong")], Outcome.FAIL),
        (lambda _: None, Outcome.FAIL),
        (lambda _: [None], Outcome.FAIL),
        (lambda _: True, Outcome.FAIL),
        (raising, Outcome.FAIL),
        (yielding_then_raising, Outcome.FAIL),
        (exiting, Outcome.FAIL),
        (interrupting, Outcome.FAIL),
        (lambda _: [Violation(["x"], "is wrong")], Outcome.FAIL),  # type: ignore[arg-type]
        (lambda _: [Violation("x", "is wrong", on="web")], Outcome.FAIL),  # type: ignore[arg-type]
        (lambda _: [NotApplicable(None)], Outcome.FAIL),  # type: ignore[arg-type]
        (lambda _: [Undecided(None)], Outcome.FAIL),  # type: ignore[arg-type]
    ],
)
def test_outcome(check: Callable[[Resource], Findings], expected: Outcome) -> None:
    assert outcome(check) is expected


def test_an_unknown_value_does_not_silence_the_next_clause() -> None:
    def check(subject: Resource) -> Findings:
        return independently(
            lambda: [Violation(subject["unknown"].text(), "is wrong")],
            lambda: [Violation("known", "is wrong")],
        )

    verdict = judge_resource(replace(RULE, check=check), SUBJECT)
    assert verdict.findings == (Undecided("unknown"), Violation("known", "is wrong"))


def test_an_unknown_element_does_not_silence_the_others() -> None:
    def element(value: Value) -> Findings:
        if value.text() == "b":
            yield Violation(value.path, "is wrong")

    def check(subject: Resource) -> Findings:
        return each(subject["list"].elements(), element)

    verdict = judge_resource(replace(RULE, check=check), SUBJECT)
    assert verdict.findings == (Undecided("list[1]"), Violation("list[2]", "is wrong"))


def test_the_same_finding_is_reported_once() -> None:
    twice = judge_resource(replace(RULE, check=lambda _: [Violation("x", "is wrong", on=SUBJECT)] * 2), SUBJECT)
    assert twice.findings == (Violation("x", "is wrong", on=SUBJECT),)


CRASHING = """
from ..judge.rule import ResourceRule
from ..secrets.env_secret_must_be_sensitive import RULE as MODEL
from dataclasses import replace

def check(subject):
    raise RuntimeError("the value is " + subject["value"].text())

RULE = replace(MODEL, id="a-crashing-rule", check=check)
"""
QUOTING = """
from ..judge.rule import Violation
from ..secrets.env_secret_must_be_sensitive import RULE as MODEL
from dataclasses import replace

def check(subject):
    value = subject["value"].text()
    yield Violation("value", "is " + value, "not " + value)

RULE = replace(MODEL, id="a-quoting-rule", check=check)
"""


HANGING = """
from ..secrets.env_secret_must_be_sensitive import RULE as MODEL
from dataclasses import replace

def check(subject):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass

RULE = replace(MODEL, id="a-hanging-rule", check=check)
"""


SWALLOWING = """
import time
from ..secrets.env_secret_must_be_sensitive import RULE as MODEL
from dataclasses import replace

def check(subject):
    for _ in range({times}):
        try:
            time.sleep(60)
        except BaseException:
            pass
    return ()

RULE = replace(MODEL, id="a-hanging-rule", check=check)
"""

VARIABLE = resource(
    "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable",
    "v",
    {"key": "DB_PASSWORD", "sensitive": False, "targets": ["production"]},
)


def hanging_pack(folder: Path, rule: str) -> PackProcess:
    """A pack with one rule more, in which a rule may take 0.2 seconds."""
    shutil.copytree(PACK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "access" / "a_hanging_rule.py").write_text(rule, "utf-8")
    turns = folder / "judge" / "turns.py"
    turns.write_text(
        turns.read_text("utf-8").replace("RULE_SECONDS: Final = 5.0", "RULE_SECONDS: Final = 0.2"), "utf-8"
    )
    return PackProcess(folder=folder)


def test_a_rule_that_swallows_what_ends_it_costs_the_pack_its_life(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pack = hanging_pack(tmp_path / "pack", SWALLOWING.format(times=100))
    try:
        with pytest.raises(grpc.RpcError):  # the engine fails a run whose pack answers no more
            pack.judge(VARIABLE)
    finally:
        assert pack.wait() == 1
    assert "rule a-hanging-rule did not answer within 0.8 s and cannot be interrupted" in capfd.readouterr().err


def test_a_rule_that_swallows_once_is_ended_the_second_time(tmp_path: Path) -> None:
    pack = hanging_pack(tmp_path / "pack", SWALLOWING.format(times=1).replace("return ()", "time.sleep(60)"))
    try:
        for _ in range(3):  # what one rule outlived is not held against the next
            [message] = pack.judge(VARIABLE).of("a-hanging-rule").messages
            assert "did not answer within 0.2 s, which counts as a violation" in message
    finally:
        pack.stop()


def test_a_rule_that_never_answers_is_ended_and_is_a_violation(tmp_path: Path) -> None:
    pack = hanging_pack(tmp_path / "pack", HANGING)
    try:
        for _ in range(2):  # the first must leave nothing behind that ends the second
            answer = pack.judge(VARIABLE)
            [message] = answer.of("a-hanging-rule").messages
            assert "did not answer within 0.2 s, which counts as a violation" in message
            assert answer.of("env-secret-must-be-sensitive").verdict == "fail"
    finally:
        pack.stop()


def test_a_rule_that_crashes_or_quotes_a_secret_is_contained(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(PACK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "access" / "a_crashing_rule.py").write_text(CRASHING, "utf-8")
    (folder / "access" / "a_quoting_rule.py").write_text(QUOTING, "utf-8")
    pack = PackProcess(folder=folder)
    try:
        variable = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
        answer = pack.judge(
            resource(variable, "v", {"key": "NAME", "value": Secret("canary-value"), "sensitive": True})
        )
    finally:
        pack.stop()
    crashed, quoted = answer.of("a-crashing-rule"), answer.of("a-quoting-rule")
    assert crashed.verdict == quoted.verdict == "fail"
    assert crashed.diagnostics[0].enforcementLevel == pb.MANDATORY
    assert "could not be judged: the rule itself failed (RuntimeError in check, line 7)" in crashed.messages[0]
    assert quoted.messages == ["value is [secret]\nmend: not [secret]"]
    assert "canary" not in answer.text


QUOTING_WHAT_WAS_DECLARED = """
from ..judge.rule import StackRule, Violation
from ..headers.stack_headers_baseline_coverage import RULE as MODEL
from dataclasses import replace

def check(stack):
    for project in stack.of("vercel:index/project:Project"):
        yield Violation("buildCommand", "is " + project.declared["buildCommand"].text(), on=project)

RULE = replace(MODEL, id="a-quoting-rule", check=check)
"""


def test_a_secret_that_was_declared_and_is_not_known_as_planned_is_struck_out_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(PACK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "access" / "a_quoting_rule.py").write_text(QUOTING_WHAT_WAS_DECLARED, "utf-8")
    planned: dict[str, Raw] = {"name": "shop", "buildCommand": UNKNOWN}
    declared: dict[str, Raw] = {"name": "shop", "buildCommand": Secret("canary-value")}
    pack = PackProcess(folder=folder)
    try:
        answer = pack.judge_stack(resource("vercel:index/project:Project", "shop", planned, declared=declared))
    finally:
        pack.stop()
    [told] = answer.of("a-quoting-rule").messages
    assert told.startswith("buildCommand is [secret]")
    assert "canary" not in answer.text


BREAKING_THE_PACK = """
from ..judge import message
from ..secrets.env_secret_must_be_sensitive import RULE as MODEL
from dataclasses import replace

def check(subject):
    def violation(*args, **kwargs):
        raise KeyError(subject["value"].text())

    message.violation = violation
    return ()

RULE = replace(MODEL, id="a-breaking-rule", check=check)
"""


def test_where_the_pack_itself_fails_the_run_fails_and_no_value_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(PACK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "access" / "a_breaking_rule.py").write_text(BREAKING_THE_PACK, "utf-8")
    pack = PackProcess(folder=folder)
    try:
        with pytest.raises(grpc.RpcError, match=r"the policy pack itself failed \(KeyError\)") as failed:
            pack.judge(
                replace(VARIABLE, properties=Value({**VARIABLE.properties.raw(), "value": Secret("canary-value")}))
            )
        with pytest.raises(grpc.RpcError, match="answers no more"):
            pack.judge(VARIABLE)
    finally:
        pack.stop()
    said = capfd.readouterr()
    assert "canary" not in f"{failed.value}{said.out}{said.err}"


def test_words_around_a_secret_are_not_secrets() -> None:
    # Planned outputs mark the whole list of variables, the values in it and with them the words around those.
    planned: Raw = {"variables": Secret([{"key": "DB", "targets": ["production"], "value": Secret("canary-value")}])}
    assert list(secret_texts(planned)) == ["canary-value"]
    assert list(secret_texts({"environment": Secret({"DB": "canary-value"})})) == ["canary-value"]
