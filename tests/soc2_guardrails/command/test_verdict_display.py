"""The verdict as it is read."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from soc2_guardrails.command.progress import Progress
from soc2_guardrails.command.verdict_display import counted, show_findings, switched_off
from soc2_guardrails.evidence.predicates import Operation
from soc2_guardrails.runs.findings import Finding, Kind
from soc2_guardrails.runs.observed import Observed
from soc2_guardrails.runs.origins import Origin

URN = "urn:pulumi:dev::shop::soc2:index:WebProject$vercel:index/project:Project::"


def finding(rule: str = "a-rule", name: str = "web", criterion: str = "CC6.6", **changed: Any) -> Finding:
    message = f"{criterion}: {rule} is broken\nmend: mend {rule}\nsee: docs/rules/{rule}.md"
    stated = {"kind": Kind.VIOLATION, "severity": "high", "message": message, "new": None, "origin": None}
    return Finding(rule=rule, urn=URN + name, **{**stated, **changed})


def shown(*findings: Finding) -> list[str]:
    written = io.StringIO()
    show_findings(Console(file=written, soft_wrap=True, highlight=False), findings)
    return [line for line in written.getvalue().split("\n") if line]


def test_the_criterion_with_the_worst_finding_comes_first_and_in_it_the_worst() -> None:
    lines = shown(
        finding("low", severity="low"),
        finding("high", severity="high"),
        finding("worst", criterion="CC7.2", severity="critical"),
    )
    assert [line for line in lines if line.startswith("CC")] == [
        "CC7.2  worst  critical",
        "CC6.6  high  high",
        "CC6.6  low  low",
    ]


def test_a_failure_is_shown_with_mend_origin_page_and_whether_it_is_new() -> None:
    origin = Origin("stacks/Pulumi.dev.yaml", 6, "projects.web")
    assert shown(finding(new=True, origin=origin), finding(name="other", new=False)) == [
        "CC6.6  a-rule  high",
        "  vercel:index:Project other",
        "    a-rule is broken",
        "    mend: mend a-rule",
        "  vercel:index:Project web NEW",
        "    a-rule is broken",
        "    mend: mend a-rule",
        "    from: stacks/Pulumi.dev.yaml:6  projects.web",
        "    see: docs/rules/a-rule.md",
    ]


def test_what_does_not_stop_a_run_is_told_apart() -> None:
    lines = shown(
        finding(kind=Kind.ADVISORY),
        finding("b-rule", kind=Kind.WAIVED, message="CC6.6: waived until 2026-12-01 by Rui (SEC-1): it\nreason: x"),
        finding("c-rule", kind=Kind.DEFERRED, message="CC6.6: deferred, name is not known yet"),
    )
    assert lines[0] == "CC6.6  a-rule  high  advisory"
    assert lines[-4:] == [
        "Waived:",
        "  b-rule  vercel:index:Project web: waived until 2026-12-01 by Rui (SEC-1): it",
        "Deferred to the update, which judges them before it goes on:",
        "  c-rule  vercel:index:Project web: deferred, name is not known yet",
    ]


def test_a_name_cannot_act_upon_the_terminal() -> None:
    assert "\x1b" not in "".join(shown(finding(name="web\x1b[2J")))


def test_findings_are_counted_in_words() -> None:
    assert counted([], Kind.VIOLATION) == "no violation"
    assert counted([finding()], Kind.VIOLATION) == "1 violation of 1 rule in 1 resource"
    mixed = [finding(new=True), finding(name="b", new=False), finding("b-rule", name="b", new=False)]
    assert counted(mixed, Kind.VIOLATION) == "3 violations of 2 rules in 2 resources, 1 of them new"
    assert counted([finding(new=False)], Kind.VIOLATION).endswith(", none of them new")


def test_rules_that_are_switched_off_are_counted_in_words() -> None:
    assert switched_off([]) == ""
    assert switched_off(["a-rule"]) == "1 rule is switched off"
    assert switched_off(["a-rule", "b-rule"]) == "2 rules are switched off"


def step(event: str, operation: str, name: str, **metadata: Any) -> dict[str, Any]:
    told = {"op": operation, "urn": URN + name, "type": "vercel:index/project:Project", "new": {}, **metadata}
    return {event: {"metadata": told}}


def progressed(operation: Operation, *events: dict[str, Any]) -> list[str]:
    """The lines of a run without their times."""
    written, observed = io.StringIO(), Observed()
    with Progress(Console(file=written, soft_wrap=True, highlight=False), "dev") as progress:
        progress.begins(operation)
        for event in events:
            if seen := observed.take(event):
                progress.sees(seen, observed)
    lines = written.getvalue().split("\n")
    assert all(line[8:9] == " " for line in lines if line)
    return [line[9:] for line in lines if line]


def test_a_preview_shows_what_is_planned_once() -> None:
    assert progressed(
        Operation.PREVIEW,
        step("resourcePreEvent", "create", "web"),
        step("resOutputsEvent", "create", "web"),
        step("resourcePreEvent", "same", "other"),
        step("resourcePreEvent", "update", "third", detailedDiff={"name": {}}, diffs=["name"]),
        step("resourcePreEvent", "create-replacement", "fourth", logical=False),
        step("resourcePreEvent", "refresh", "fifth"),
        step("resOutputsEvent", "refresh", "fifth"),
        step("resOutputsEvent", "refresh", "sixth", diffs=["name"]),
    ) == [
        "Previewing dev:",
        " + vercel:index:Project web create",
        " ~ vercel:index:Project third update [name]",
        " ~ vercel:index:Project sixth refresh [name]",
    ]


def test_an_update_shows_what_was_done_and_what_failed() -> None:
    error = {"severity": "error", "urn": URN + "other", "message": "<{%reset%}>it is\x1b[2J taken<{%reset%}>\n"}
    _, done, said, failed = progressed(
        Operation.UPDATE,
        step("resourcePreEvent", "create", "web"),
        step("resOutputsEvent", "create", "web"),
        step("resourcePreEvent", "delete", "other"),
        {"diagnosticEvent": error},
        {"diagnosticEvent": {"severity": "debug", "message": "registering"}},
        step("resOpFailedEvent", "delete", "other"),
    )
    assert done.startswith(" + vercel:index:Project web created (")
    assert said == "    error: vercel:index:Project other: it is\\x1b[2J taken"
    assert failed.startswith(" - vercel:index:Project other failed (")
