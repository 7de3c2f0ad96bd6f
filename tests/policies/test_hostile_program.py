"""Programs that try to bend the verdict, or what the reader sees of it, do not get their stack passed."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2 as pb
from rich.console import Console

from policies.judge.manifest import Manifest
from sandbox.home import Completed, Sandbox
from soc2_guardrails.command.verdict_display import show_findings
from soc2_guardrails.engine.events import EventLog, read_event_log
from soc2_guardrails.packs.digest import pack_digest
from soc2_guardrails.runs.crosscheck import MANDATORY, Expected, evaluate
from soc2_guardrails.runs.findings import Finding, Kind
from soc2_guardrails.runs.observed import Observed

from .pack_process import PACK

HOSTILE = Path(__file__).parent / "hostile"
RULE = "env-secret-must-be-sensitive"
EVENTS = "events.jsonl"

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform != "linux", reason="the program reads the network table of Linux"),
]


@pytest.mark.parametrize("attack", ["configure", "ask-first", "cancel", "preview"])
def test_the_port_stays_refused(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    program = tmp_path / "program"
    shutil.copytree(Path(__file__).parent / "hostile", program, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("ATTACK", attack)
    run = make_sandbox(program).preview("dev", pack=PACK, timeout=120)
    output = run.stdout + run.stderr
    assert "attack: PERMISSION_DENIED" in output, "the attack never reached the pack, so the test shows nothing"
    assert "attack: accepted" not in output
    assert run.returncode != 0
    assert "tampered" in output
    assert "hunter2" not in output


def test_the_same_program_without_an_attack_is_refused_for_its_violation(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.mkdir()
    source = (Path(__file__).parent / "hostile" / "__main__.py").read_text("utf-8")
    head, _, tail = source.partition("for port in listening_ports():")
    _, _, declaration = tail.partition("vercel.ProjectEnvironmentVariable(")
    (program / "__main__.py").write_text(f"{head}\nvercel.ProjectEnvironmentVariable({declaration}", "utf-8")
    run = make_sandbox(program).preview("dev", pack=PACK, timeout=120)
    assert run.returncode != 0
    assert "env-secret-must-be-sensitive" in run.stdout
    assert "tampered" not in run.stdout + run.stderr


def test_every_method_is_refused(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTACK", "every-method")
    run, _ = judged(make_sandbox, tmp_path, HOSTILE)
    [answers] = {line for line in re.findall(r"attack: (.*)", run.stdout) if "PERMISSION_DENIED" in line}
    codes = dict(pair.split("=") for pair in answers.split())
    methods = [each.name for each in pb.DESCRIPTOR.services_by_name["Analyzer"].methods]
    assert codes == dict.fromkeys(methods, "PERMISSION_DENIED")
    assert run.returncode != 0
    assert "tampered" in run.stdout + run.stderr


@pytest.fixture
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "journals"
    folder.mkdir()
    monkeypatch.setenv("SOC2_JOURNAL", str(folder))
    return folder


def lines_of(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text("utf-8").splitlines()]


def violated(lines: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(each["rule"], each["urn"]) for each in lines if each.get("verdict") == "fail"}


@pytest.mark.parametrize("attack", ["append", "rewrite", "truncate", "delete", "replace"])
def test_a_program_that_writes_to_the_journal_fails_its_run(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, journals: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    monkeypatch.setenv("ATTACK", attack)
    run, log = judged(make_sandbox, tmp_path, HOSTILE / "journal")
    output = run.stdout + run.stderr
    assert f"attack: {attack}, done" in output, "the attack never reached the journal, so the test shows nothing"
    assert not log.violations, "the program is refused for something else, so the test shows nothing"
    assert run.returncode != 0
    assert "the decision journal" in output
    assert "by somebody else" in output
    left = [line for file in journals.iterdir() for line in lines_of(file)]
    assert not [line for line in left if line["record"] == "end"], "a journal that was bent must not look whole"
    assert "hunter2" not in json.dumps(left) + output


def test_the_same_program_is_passed_when_it_leaves_the_journal_alone(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, journals: Path
) -> None:
    run, _ = judged(make_sandbox, tmp_path, HOSTILE / "journal")
    assert run.returncode == 0, run.stdout + run.stderr
    [journal] = journals.iterdir()
    assert lines_of(journal)[-1]["record"] == "end"


def test_a_forged_journal_leaves_that_of_the_pack_whole_and_two_of_one_operation(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTACK", "put beside")
    run, log = judged(make_sandbox, tmp_path, HOSTILE / "journal")
    assert run.returncode != 0
    found = [lines_of(file) for file in journals.iterdir()]
    assert [(lines[0]["operation"], lines[-1]["record"]) for lines in found] == [("preview", "end")] * 2
    # What the reader refuses is that there are two; the engine's event log tells which of them left violations out.
    reported = {(each.policy, each.urn) for each in log.violations}
    assert reported
    assert sorted(len(violated(lines)) for lines in found) == [0, len(reported)]
    assert reported in [violated(lines) for lines in found]


def test_false_verdicts_change_nothing(make_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    run, log = judged(make_sandbox, tmp_path, HOSTILE / "false_verdicts")
    assert "0 violations. Exit code 0." in run.stdout + run.stderr, "the program printed nothing, so nothing is shown"
    assert run.returncode != 0
    assert [(each.policy, each.resource_name) for each in log.violations] == [(RULE, "weak")]
    assert "same" not in log.changes, "what the program printed is no event of the engine"


def test_names_break_neither_the_record_nor_the_terminal(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, journals: Path
) -> None:
    names: list[str] = program_of(HOSTILE / "odd_names").NAMES
    run, log = judged(make_sandbox, tmp_path, HOSTILE / "odd_names")
    assert run.returncode != 0
    assert sorted(each.resource_name for each in log.violations if each.policy == RULE) == sorted(names)
    leaks = [each for each in log.violations if each.policy == "secret-in-plain-sink"]
    assert {each.resource_name for each in leaks} == {"keys"}
    assert len(leaks) == len(names)
    unnamed = "env-provenance-from-secret-manager"  # the comments are odd names as well
    assert {each.policy for each in log.violations} == {RULE, "secret-in-plain-sink", unnamed}
    for report in log.violations:
        what, mend, page = report.message.split("\n")
        assert what.isprintable()
        assert mend.startswith("mend: ")
        assert page == f"see: docs/rules/{report.policy}.md"

    shown = io.StringIO()
    findings = [
        Finding(Kind.VIOLATION, each.policy, each.severity, each.urn, each.message, new=None, origin=None)
        for each in log.violations
    ]
    show_findings(Console(file=shown, highlight=False, soft_wrap=True, force_terminal=False), findings)
    assert all(line.isprintable() for line in shown.getvalue().split("\n"))
    assert "[/bold][link=https://example.com]passed[/link]" in shown.getvalue()
    assert "hunter2" not in shown.getvalue() + run.stdout + run.stderr

    manifest = Manifest.read(PACK)
    expected = Expected(manifest.name, manifest.version, pack_digest(PACK), "preview", "soc2-guardrails/dev")
    held = evaluate(journals, observed(tmp_path / EVENTS), expected, whole=True, succeeded=False)
    assert held.why_not == ""
    assert held.journal
    decided = {(each.rule, each.urn, each.verdict) for each in held.journal.decisions if each.level == MANDATORY}
    assert {(each.policy, each.urn, "fail") for each in log.violations} <= decided
    said = [message for each in held.journal.decisions for message in each.messages]
    assert all(line.isprintable() for message in said for line in message.split("\n"))
    [journal] = journals.iterdir()
    assert "hunter2" not in journal.read_text("utf-8")


def observed(events: Path) -> Observed:
    """What the engine's event log says, in which a line ends nowhere but at a line feed."""
    log = Observed()
    for line in events.read_text("utf-8").split("\n"):
        if line:
            log.take(json.loads(line))
    return log


def judged(make_sandbox: Callable[..., Sandbox], tmp_path: Path, source: Path) -> tuple[Completed, EventLog]:
    """Previews a hostile program under the pack; the run and the engine's event log of it."""
    program, log = tmp_path / "program", tmp_path / EVENTS
    shutil.copytree(source, program, ignore=shutil.ignore_patterns("__pycache__"))
    run = make_sandbox(program).preview("dev", "--event-log", str(log), pack=PACK, timeout=180)
    return run, read_event_log(log)


def program_of(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location("hostile_program", folder / "__main__.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
