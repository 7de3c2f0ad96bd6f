"""Holds a pack's journal against what the engine heard from the pack, and both against what was meant to run.

The journal alone tells what passed; the event log alone comes from the engine. Only where both say the same of what
was violated, and the pack is the one whose files were looked at before the run, do the decisions count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soc2_guardrails.terminal import printable

from .journal import Decision, Journal, UnreadableJournal, read_journal
from .urns import name_of, type_of

if TYPE_CHECKING:
    from pathlib import Path

    from soc2_guardrails.engine.events import PolicyReport

    from .observed import Observed

MANDATORY: Final = "mandatory"
_SHOWN: Final = 3
_STACK: Final = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class Expected:
    """What was meant to judge what.

    Attributes:
        pack: name, version and digest of the pack as its folder had them before the run.
        operation: `preview` or `update`.
        stack: `project/stack`.
    """

    name: str
    version: str
    digest: str
    operation: str
    stack: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Whether a run of the engine was evaluated.

    Attributes:
        journal: the pack's decisions; None where they do not count.
        why_not: why they do not.
        not_judged: what was not judged although the rest was.
    """

    journal: Journal | None
    why_not: str = ""
    not_judged: tuple[str, ...] = ()


def evaluate(folder: Path, observed: Observed, expected: Expected, *, whole: bool, succeeded: bool) -> Evaluation:
    """Reads the one journal in `folder` and holds it against the event log.

    Args:
        folder: where the pack was told to write; nothing else was.
        observed: the event log.
        expected: what was meant to run.
        whole: whether the engine came to its end, so that its log is whole too.
        succeeded: whether it said that all went well.
    """
    files = sorted(folder.iterdir())
    if not files:
        return Evaluation(None, "the pack wrote no journal")
    if len(files) > 1:
        return Evaluation(None, f"there are {len(files)} journals where one pack was to write one")
    try:
        journal = read_journal(files[0])
    except UnreadableJournal as error:
        return Evaluation(None, str(error))
    for disagreement in _disagreements(journal, observed, expected, whole=whole, succeeded=succeeded):
        return Evaluation(None, disagreement)
    return Evaluation(journal, not_judged=tuple(_not_judged(journal)))


def _disagreements(
    journal: Journal, observed: Observed, expected: Expected, *, whole: bool, succeeded: bool
) -> Iterator[str]:
    pack = journal.run.pack
    if pack.digest != expected.digest:
        yield f"the journal is of a pack with the digest {pack.digest}, the folder has {expected.digest}"
    if (pack.name, pack.version) != (expected.name, expected.version):
        yield f"the journal is of {pack.name} {pack.version}, not of {expected.name} {expected.version}"
    if journal.run.operation != expected.operation:
        yield f"the journal is of a {journal.run.operation}, not of a {expected.operation}"
    if journal.run.stack.partition("/")[2] != expected.stack:
        yield f"the journal is of the stack {journal.run.stack}, not of {expected.stack}"
    versions = {version for name, version in observed.packs if name == expected.name}
    if others := versions - {expected.version}:
        yield f"the event log has messages of {expected.name} {', '.join(sorted(others))}"
    # An organization may have packs of its own judge as well; they keep no journal, and nothing is told of them here.
    ours = [each for each in observed.reports if each.pack in {"", expected.name}]
    yield from _other_messages(journal, ours, whole=whole)
    if journal.end is None:
        yield "the pack was ended before it had written its journal to the end"
    elif succeeded and not journal.end.stack_judged:
        yield "the engine says that all went well, and the stack rules were not asked"


def _other_messages(journal: Journal, reports: Sequence[PolicyReport], *, whole: bool) -> Iterator[str]:
    """Messages in one and not in the other. The pack writes before it answers, so a log cut short has fewer."""
    off = set(journal.disabled)
    told = Counter(
        (each.policy, each.urn, each.message)
        for each in reports
        if not (each.policy in off and each.level == "advisory")  # that it is switched off
    )
    decided = Counter((each.rule, each.urn, message.strip()) for each in journal.decisions for message in each.messages)
    decided.update((each.rule, each.urn, each.message.strip()) for each in journal.remediations if each.message)
    missing = told - decided
    if missing:
        yield "the event log has what the journal has not: " + _named(missing)
    if whole and (more := decided - told):
        yield "the journal has what the event log has not: " + _named(more)
    failing = {
        (each.rule, each.urn) for each in journal.decisions if each.verdict == "fail" and each.level == MANDATORY
    }
    stopping = {(each.policy, each.urn) for each in reports if each.is_violation}
    if odd := stopping - failing:
        yield "the engine stopped for what the journal does not call a mandatory failure: " + _named(odd)
    if whole and (odd := failing - stopping):
        yield "the engine did not stop for what the journal calls a mandatory failure: " + _named(odd)


def _named(messages: Counter[tuple[str, str, str]] | set[tuple[str, str]]) -> str:
    named = sorted({f"{each[0]} on {each[1]}" for each in messages})
    more = len(named) - _SHOWN
    return ", ".join(named[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _not_judged(journal: Journal) -> Iterator[str]:
    if journal.end and not journal.end.stack_judged:
        yield "the stack rules: the run ended before they were asked"
    for verdict, reason in (
        ("unknown", "deferred to the update: values that are not known before"),
        ("redacted", "values that the stored state holds encrypted"),
    ):
        counted = Counter(each.rule for each in journal.decisions if each.verdict == verdict)
        for rule, count in sorted(counted.items()):
            yield f"{rule} on {_resources(count)}: {reason}"
    yield from _left_out(journal)
    for rule in journal.disabled:
        yield f"{rule}: switched off by the policy configuration"


def _left_out(journal: Journal) -> Iterator[str]:
    """What the configuration itself kept from being judged; that a rule does not speak of a resource is no news."""
    because = [each for each in journal.decisions if each.verdict == "not applicable" and each.setting]
    whole = {(each.rule, each.reason) for each in because if type_of(each.urn) == _STACK}
    counted = Counter((each.rule, _unnamed(each)) for each in because if type_of(each.urn) != _STACK)
    for rule, reason in sorted({*whole, *counted}):
        on = f" on {_resources(counted[rule, reason])}" if (rule, reason) in counted else ""
        yield f"{rule}{on}: {reason}"


def _unnamed(decision: Decision) -> str:
    """The reason without the resource that a stack rule begins it with."""
    return decision.reason.removeprefix(f"{printable(name_of(decision.urn))}: ")


def _resources(count: int) -> str:
    return f"{count} {'resource' if count == 1 else 'resources'}"
