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

from soc2_guardrails.runs.report import RunReport, ToldFinding
from soc2_guardrails.terminal import printable

LONGEST: Final = 65_536
"""Characters; what GitHub takes."""

_MARGIN: Final = 1_536
_LONGEST_NAME: Final = 300
_AT_ONCE: Final = 10
_SHOWN: Final = 25
_LISTED: Final = 100
_VERDICTS: Final = {
    "allowed": ("✅", "Allowed"),
    "refused": ("⛔", "Refused"),
    "not evaluated": ("❓", "Not evaluated"),
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


def render(report: RunReport) -> str:
    """The comment, never longer than GitHub takes: the lists are cut first, and say so."""
    for shown in (_SHOWN * 4, _SHOWN, 5, 0):
        text = _render(report, shown)
        if len(text) <= LONGEST - _MARGIN:
            return text
    return text[: LONGEST - _MARGIN]


def _render(report: RunReport, shown: int) -> str:
    mark, word = _VERDICTS[report.result]
    lines = [
        marker(report.project, report.stack),
        f"## {mark} {word}: {code(f'{report.project}/{report.stack}')}",
        "",
        f"**{_summary(report)}**",
    ]
    if report.emergency:
        lines += ["", f"🚨 **Emergency: no rule stopped this run.** {code(report.emergency)}"]
    if report.sandbox:
        lines += ["", "A sandbox run: this is no evidence."]
    if not report.phase.evaluated:
        lines += ["", f"What was decided cannot be relied on: {code(report.phase.why_not)}"]
    violations = _violations(report)
    lines += ["", *violations[: min(_AT_ONCE, shown)]]
    more = violations[min(_AT_ONCE, shown) :]
    lines += _details(f"{_plural(len(more), 'more violation')}", more, shown)
    lines += _details("How to mend", _mends(report.violations), shown)
    lines += _details(_counted(report.phase.changes) or "No changes", _changes(report), _LISTED if shown else 0)
    lines += _details("Waived", _decisions(report, "waived"), shown)
    lines += _details("Not judged here", [f"- {code(each)}" for each in report.phase.not_judged], shown)
    lines += _details(
        "Switched off by the policy configuration", [f"- {code(each)}" for each in report.phase.disabled], shown
    )
    lines += ["", _footer(report)]
    return "\n".join(lines) + "\n"


def _summary(report: RunReport) -> str:
    verdicts = Counter(each.verdict for each in report.phase.decisions)
    new = sum(each.new is True for each in report.violations)
    compared = any(each.new is not None for each in report.violations)
    told = [_plural(len(report.violations), "violation") + (f" ({new} new)" if compared else "")]
    for verdict, word in (
        ("unknown", "deferred to the update"),
        ("redacted", "redacted"),
        ("waived", "waived"),
    ):
        if verdicts[verdict]:
            told.append(f"{verdicts[verdict]} {word}")
    if report.phase.disabled:
        told.append(f"{_plural(len(report.phase.disabled), 'rule')} switched off")
    changes = _counted(report.phase.changes)
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
        f"- {_word(each.operation)} {code(each.urn.split('::', 3)[-1])}"
        + (f": {', '.join(map(code, each.properties[:10]))}" if each.properties else "")
        for each in report.phase.planned
    ]


def _decisions(report: RunReport, verdict: str) -> list[str]:
    return [
        f"- {code(each.rule)} on {code(each.urn.split('::', 3)[-1])}: {code((*each.messages, '')[0])}"
        for each in report.phase.decisions
        if each.verdict == verdict
    ]


def _details(title: str, lines: Sequence[str], shown: int) -> list[str]:
    if not lines:
        return []
    more = [f"- … and {len(lines) - shown} more"] if len(lines) > shown else []
    return ["", f"<details><summary>{title}</summary>", "", *lines[:shown], *more, "", "</details>"]


def _footer(report: RunReport) -> str:
    pack = report.phase.pack
    told = []
    if pack:
        told.append(f"judged by {code(f'{pack.name} {pack.version}')} {code(pack.digest[:19])}")
    if report.commit:
        told.append(f"of {code(report.commit[:12])}")
    if report.plan:
        told.append(f"plan {code(report.plan[:19])}")
    if report.record:
        told.append(f"record {code(report.record)}")
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
