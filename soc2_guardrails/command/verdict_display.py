"""The verdict, as a reader needs it: by criterion, the worst first, each with its mend, and what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.text import Text

from soc2_guardrails.runs.findings import FAILURES, Finding, Kind, of_kind
from soc2_guardrails.runs.urns import name_of, short_type_of
from soc2_guardrails.terminal import printable

from .severities import STYLES, rank

if TYPE_CHECKING:
    from rich.console import Console

_QUIET: Final = {
    Kind.WAIVED: "Waived",
    Kind.DEFERRED: "Deferred to the update, which judges them before it goes on",
    Kind.REDACTED: "Not judged, for the stored state holds the value encrypted",
}


def show_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Prints the findings: failures in full, the others in a line each.

    Names in them are the program's, which may have chosen them for the reader's terminal to act upon.
    """
    failures = [each for each in findings if each.kind in FAILURES]
    worst = {
        criterion: min(rank(each.severity) for each in group)
        for criterion, group in groupby(sorted(failures, key=_criterion), key=_criterion)
    }
    ordered = sorted(failures, key=lambda each: (worst[each.criterion], each.criterion, *_worst_first(each)))
    for (criterion, rule, severity, kind), group in groupby(
        ordered, key=lambda each: (each.criterion, each.rule, each.severity, each.kind)
    ):
        console.print()
        console.print(
            _text(criterion, "bold"),
            _text(rule),
            _text(severity, STYLES.get(severity, "")),
            *([] if kind is Kind.VIOLATION else [_text("advisory", "yellow")]),
            sep="  ",
        )
        page = ""
        for each in group:
            page = each.line("see: ") or page
            _show_failure(console, each)
        if page:
            _indented(console, _text(f"see: {page}", "dim"))
    for kind, title in _QUIET.items():
        if found := of_kind(findings, kind):
            console.print()
            console.print(_text(f"{title}:", "bold"))
            for each in sorted(found, key=_worst_first):
                console.print(_text(f"  {each.rule}  {short_type_of(each.urn)} {name_of(each.urn)}: {each.what}"))


def show_not_judged(console: Console, lines: Sequence[str]) -> None:
    """Prints what was not judged although the rest was."""
    if lines:
        console.print()
        console.print(_text("Not judged:", "bold"))
    for each in lines:
        console.print(_text(f"  {each}"))


def counted(findings: Sequence[Finding], kind: Kind) -> str:
    """How many findings of a kind there are, in words: `3 violations of 2 rules in 3 resources, 1 of them new`."""
    found = of_kind(findings, kind)
    noun = {Kind.VIOLATION: "violation", Kind.ADVISORY: "advisory"}[kind]
    plural = {Kind.VIOLATION: "violations", Kind.ADVISORY: "advisories"}[kind]
    if not found:
        return f"no {noun}"
    rules, resources = {each.rule for each in found}, {each.urn for each in found}
    told = f"{_number(len(found), noun, plural)} of {_number(len(rules), 'rule')} in "
    told += _number(len(resources), "resource")
    new = Counter(each.new for each in found)
    if new[None] == len(found):
        return told
    return told + (", all of them new" if new[True] == len(found) else f", {new[True] or 'none'} of them new")


def switched_off(rules: Sequence[str]) -> str:
    """How many rules the configuration switched off, in words: `2 rules are switched off`; empty for none."""
    if not rules:
        return ""
    return f"{_number(len(rules), 'rule')} {'is' if len(rules) == 1 else 'are'} switched off"


def _show_failure(console: Console, each: Finding) -> None:
    what = [_text(f"  {short_type_of(each.urn)}"), _text(name_of(each.urn), "bold")]
    if each.new:
        what.append(_text("NEW", "bold magenta"))
    console.print(*what)
    _indented(console, _text(each.what))
    if mend := each.line("mend: "):
        _indented(console, _text(f"mend: {mend}", "green"))
    if each.origin:
        _indented(console, _text(f"from: {each.origin.file}:{each.origin.line}  {each.origin.key}", "cyan"))


def _number(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style)


def _indented(console: Console, text: Text) -> None:
    # Wrapped for a reader at a terminal only: whoever searches a log wants each message on one line.
    lines = text.wrap(console, console.width - 4) if console.is_terminal else [text]
    for line in lines:
        console.print(Text("    ") + line)


def _criterion(finding: Finding) -> str:
    return finding.criterion


def _worst_first(finding: Finding) -> tuple[int, str, str, str]:
    return (rank(finding.severity), finding.rule, finding.kind.value, name_of(finding.urn))
