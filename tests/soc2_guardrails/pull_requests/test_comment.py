"""The comment says the verdict first, and no name in it is anything but a name."""

from __future__ import annotations

import re

import pytest

from soc2_guardrails.evidence.predicates import Change, Emergency, Result
from soc2_guardrails.pull_requests.annotations import workflow_commands
from soc2_guardrails.pull_requests.comment import LONGEST, code, marker, render
from soc2_guardrails.runs.findings import Kind
from soc2_guardrails.runs.report import RunReport, ToldRecord

from .reports import finding, origin, report

HOSTILE = [
    "</details>",
    "<img src=https://evil.example/x.png>",
    "![x](https://evil.example/x.png)",
    "[passed](https://evil.example)",
    "@acme/security",
    "closes #1",
    "`",
    "``` \n# Allowed",
    "a`b``c",
    "::set-output name=code::0",
    "\r\n::error::done",
    "<!-- soc2-guardrails -->",
    "\u202etxet",
    "| a | b |",
    " ",
    "x" * 5_000,
]


def test_the_verdict_comes_first() -> None:
    lines = render(report(finding(), finding("b", Kind.DEFERRED), finding("c", Kind.WAIVED))).splitlines()
    assert lines[0] == marker("shop", "production")
    assert lines[1] == "## ⛔ Refused: `shop/production`"
    assert lines[3] == "**1 violation · 1 deferred to the update · 1 waived · 2 to create**"
    assert lines[5] == "- **critical** CC6.6 `firewall-enabled` on `shop-firewall`: `enabled is false`"
    assert any("`set enabled to true`" in line for line in lines)


@pytest.mark.parametrize(
    ("told", "headline"),
    [
        (report(), "✅ Allowed"),
        (report(finding()), "⛔ Refused"),
        (report(result=Result.FAILED, evaluated=False, not_evaluated=("preview: no journal",)), "❓ Not evaluated"),
        (report(result=Result.FAILED), "❌ Failed"),
        (report(finding(), evaluated=False), "⛔ Refused"),
    ],
)
def test_each_end_has_its_headline(told: RunReport, headline: str) -> None:
    assert render(told).splitlines()[1] == f"## {headline}: `shop/production`"


@pytest.mark.parametrize("ended", ["failure", "cancelled", "skipped", ""])
def test_nothing_is_allowed_unless_the_preview_succeeded(ended: str) -> None:
    text = render(report(), ended)
    assert "Allowed" not in text
    assert "⛔ Refused at the preview" in text


def test_what_is_new_comes_before_what_was_there() -> None:
    known, new = finding("known", severity="critical", new=False), finding("new", severity="low", new=True)
    text = render(report(known, new))
    assert "2 violations (1 new)" in text
    assert text.index("on `new` 🆕") < text.index("on `known`:")


def test_an_emergency_a_sandbox_and_the_record_are_named() -> None:
    record = ToldRecord(store="the folder evidence", outcome="shop/production/previews/000000002.json")
    told = report(emergency=Emergency(reason="checkout is down", ticket="INC-1"), sandbox=True, record=record)
    text = render(told)
    assert "🚨 **Emergency `INC-1`: no rule stopped this run.** `checkout is down`" in text
    assert "this is no evidence" in text
    assert "`shop/production/previews/000000002.json`" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_only_a_name(name: str) -> None:
    told = report(
        finding(name, what=name, mend=name, see=name),
        finding(name, Kind.WAIVED, what=name),
        project=name,
        not_judged=(name,),
        why=name,
        changes={"create": 1, name: 2},
        planned=(Change(operation=name, urn=f"urn:pulumi:production::shop::a:b:C::{name}", properties=(name,)),),
    )
    text = render(told)
    outside = without_code(text)
    for sign in ("evil.example", "@acme", "#1", "::", "\r", "\u202e", "txet", "| a", "![", "xxxx"):
        assert sign not in outside
    assert outside.count("<details>") == outside.count("</details>") > 0
    assert outside.count("<!--") == 1
    assert set(re.findall(r"</?([a-z]+)", outside)) <= {"details", "summary", "sub"}
    # A heading, a list or a fence begins a line only where the comment itself has one.
    assert [line for line in text.splitlines() if line.startswith("#")] == [text.splitlines()[1]]
    assert not [line for line in text.splitlines() if line.startswith(("```", "    ", "~~~", ">", "|"))]


def without_code(text: str) -> str:
    """The text as Markdown reads it outside code spans, line by line: a span here never goes beyond its line."""
    return "\n".join(re.sub(r"(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)", "", line) for line in text.splitlines())


@pytest.mark.parametrize("name", [*HOSTILE, "", "``", "`a", "a`"])
def test_a_code_span_holds_all_of_it(name: str) -> None:
    span = code(name)
    assert without_code(span) == ""
    assert "\n" not in span


def test_a_long_comment_is_cut_to_what_github_takes() -> None:
    many = [finding(f"n{number}-{'x' * 290}", what="w" * 290, rule=f"r{number}") for number in range(3_000)]
    changes = tuple(Change(operation="create", urn=f"urn:pulumi:p::s::a:b:C::{'x' * 290}{n}") for n in range(3_000))
    text = render(report(*many, planned=changes, not_judged=tuple("y" * 290 for _ in range(500))))
    assert len(text) < LONGEST
    assert "**3000 violations" in text
    assert re.search(r"… and \d+ more", text)
    assert text.count("<details>") == text.count("</details>")


def test_annotations_stand_at_the_line_and_cannot_be_forged() -> None:
    name = "x\n::set-output name=code::0,line=9%0A::error::"
    lines = list(workflow_commands([finding(name, origin=origin(12)), finding("nowhere")]))
    assert lines == [
        "::error file=stacks/Pulumi.production.yaml,line=12,title=CC6.6 firewall-enabled::"
        "x\\n::set-output name=code::0,line=9%250A::error::: enabled is false%0Amend: set enabled to true"
    ]
    file = origin(1).model_copy(update={"file": "a,line=2::b\n"})
    [line] = workflow_commands([finding(origin=file)])
    assert line.startswith("::error file=a%2Cline=2%3A%3Ab\\n,line=1,title=")


def test_no_more_annotations_than_github_shows() -> None:
    assert len(list(workflow_commands([finding(origin=origin(1))] * 50))) == 10
