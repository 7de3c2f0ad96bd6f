"""A run's report as the comment of a pull request: Markdown, understood in ten seconds.

Names and messages come from the pull request. They stand in code spans only, where Markdown knows no HTML, no image, no
link and no mention.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from soc2_guardrails.evidence.predicates import Operation, Result
from soc2_guardrails.runs.findings import Kind
from soc2_guardrails.runs.report import RunReport, ToldFinding
from soc2_guardrails.runs.urns import name_of, short_type_of
from soc2_guardrails.terminal import printable

LONGEST: Final = 65_536
"""Characters; what GitHub takes."""

_SUCCESS: Final = "success"
_MARGIN: Final = 1_536
_LONGEST_NAME: Final = 300
_AT_ONCE: Final = 10
_SHOWN: Final = 25
_WORDS: Final = {
    Kind.ADVISORY: "advisory",
    Kind.DEFERRED: "deferred to the update",
    Kind.REDACTED: "redacted",
    Kind.WAIVED: "waived",
}
_WORST_FIRST: Final = ("critical", "high", "medium", "low")
_BACKTICKS = re.compile(r"`+")


def marker(project: str, stack: str) -> str:
    """The first line of a stack's comment, which the next run finds it by; it is not shown."""
    digest = hashlib.sha256(f"{project}/{stack}".encode()).hexdigest()
    return f"<!-- soc2-guardrails {digest[:32]} -->"


def code(text: str) -> str:
    """A stranger's text as a code span on one line."""
    line = printable(text)
    if len(line) > _LONGEST_NAME:
        line = f"{line[: _LONGEST_NAME - 1]}…"
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(line)), default=0))
    # A space at both ends is taken away again by Markdown; a line of spaces only it leaves as it is.
    padded = f" {line} " if line[:1] in "` " or line[-1:] in "` " or not line else line
    return f"{fence}{padded}{fence}"


def render(report: RunReport, preview_result: str = _SUCCESS) -> str:
    """The comment, never longer than GitHub takes: the lists are cut first, and say so.

    Args:
        report: what is to be told.
        preview_result: how the job ended that planned it, in GitHub's word. Unless it succeeded nothing is allowed.
    """
    for shown in (_SHOWN * 4, _SHOWN, 5, 0):
        text = _render(report, shown, preview_result)
        if len(text) <= LONGEST - _MARGIN:
            return text
    return text[: LONGEST - _MARGIN]


def _render(report: RunReport, shown: int, preview_result: str) -> str:
    mark, word = _verdict(report, preview_result)
    lines = [
        marker(report.project, report.stack),
        f"## {mark} {word}: {code(f'{report.project}/{report.stack}')}",
        "",
        f"**{_summary(report)}**",
    ]
    if report.emergency:
        lines += [
            "",
            f"🚨 **Emergency {code(report.emergency.ticket)}: no rule stopped this run.** "
            f"{code(report.emergency.reason)}",
        ]
    if preview_result != _SUCCESS:
        lines += [
            "",
            f"The job that previewed this ended with {code(preview_result)}. It judges values that are masked here: "
            "see its log.",
        ]
    if report.sandbox:
        lines += ["", "A sandbox run: this is no evidence."]
    lines += [f"\nWhat was decided cannot be relied on: {code(each)}" for each in report.not_evaluated]
    if report.why:
        lines += ["", f"Why: {code(report.why)}"]
    violations = _violations(report)
    lines += ["", *violations[: min(_AT_ONCE, shown)]]
    more = violations[min(_AT_ONCE, shown) :]
    lines += _details(_plural(len(more), "more violation"), more, shown)
    lines += _details("How to mend", _mends(report.violations), shown)
    lines += _details(_counted(report.changes) or "No changes", _changes(report), shown)
    lines += _details("Advisories", _quiet(report, Kind.ADVISORY), shown)
    lines += _details("Waived", _quiet(report, Kind.WAIVED), shown)
    lines += _details("Not judged here", [f"- {code(each)}" for each in report.not_judged], shown)
    lines += ["", _footer(report)]
    return "\n".join(lines) + "\n"


def _verdict(report: RunReport, preview_result: str) -> tuple[str, str]:
    if report.result is Result.REFUSED:
        return "⛔", "Refused"
    if not report.evaluated:
        return "❓", "Not evaluated"
    if preview_result != _SUCCESS:
        return "⛔", "Refused at the preview"
    if report.result is Result.SUCCEEDED:
        return ("✅", "Allowed") if report.operation is Operation.PREVIEW else ("✅", "Carried out")
    return "❌", report.result.value.capitalize()


def _summary(report: RunReport) -> str:
    kinds = Counter(each.kind for each in report.findings)
    new = sum(each.new is True for each in report.violations)
    compared = any(each.new is not None for each in report.violations)
    told = [_plural(len(report.violations), "violation") + (f" ({new} new)" if compared else "")]
    told += [f"{kinds[kind]} {word}" for kind, word in _WORDS.items() if kinds[kind]]
    changes = _counted(report.changes)
    return " · ".join([*told, changes] if changes else told)


def _violations(report: RunReport) -> list[str]:
    violations = sorted(
        report.violations, key=lambda each: (each.new is False, _rank(each.severity), each.criterion, each.rule)
    )
    return [
        f"- **{_word(each.severity)}** {_word(each.criterion)} {code(each.rule)} on {code(each.name)}"
        f"{' 🆕' if each.new else ''}: {code(each.what)}"
        for each in violations
    ]


def _mends(violations: Sequence[ToldFinding]) -> list[str]:
    mends: dict[tuple[str, str, str], int] = Counter((each.rule, each.mend, each.see) for each in violations)
    return [
        f"- {code(rule)}: {code(mend)}{f' ({count} times)' if count > 1 else ''}{f' — {code(page)}' if page else ''}"
        for (rule, mend, page), count in mends.items()
        if mend
    ]


def _changes(report: RunReport) -> list[str]:
    return [
        f"- {_word(each.operation)} {code(f'{short_type_of(each.urn)} {name_of(each.urn)}')}"
        + (f": {', '.join(map(code, each.properties[:10]))}" if each.properties else "")
        for each in report.planned
    ]


def _quiet(report: RunReport, kind: Kind) -> list[str]:
    return [
        f"- {code(each.rule)} on {code(each.name)}: {code(each.what)}" for each in report.findings if each.kind is kind
    ]


def _details(title: str, lines: Sequence[str], shown: int) -> list[str]:
    if not lines:
        return []
    more = [f"- … and {len(lines) - shown} more"] if len(lines) > shown else []
    return ["", f"<details><summary>{title}</summary>", "", *lines[:shown], *more, "", "</details>"]


def _footer(report: RunReport) -> str:
    pack = report.pack
    told = []
    if pack:
        told.append(f"judged by {code(f'{pack.name} {pack.version}')} {code(pack.digest[:19])}")
    if report.commit:
        told.append(f"of {code(report.commit[:12])}")
    if report.plan:
        told.append(f"plan {code(report.plan[:19])}")
    if report.record and report.record.outcome:
        told.append(f"record {code(report.record.outcome)} in {code(report.record.store)}")
    return f"<sub>{' · '.join(told)}</sub>"


def _counted(changes: Mapping[str, int]) -> str:
    told = sorted(changes.items())
    return ", ".join(f"{count} to {_word(operation)}" for operation, count in told if operation != "same")


def _rank(severity: str) -> int:
    return _WORST_FIRST.index(severity) if severity in _WORST_FIRST else len(_WORST_FIRST)


def _word(text: str) -> str:
    """A word of the engine or the pack, if it is one."""
    return text if re.fullmatch(r"[A-Za-z0-9.-]{0,40}", text) else code(text)


def _plural(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
