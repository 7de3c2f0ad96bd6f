"""How records and what a verification found look on a terminal."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Final

import yaml
from rich.text import Text

from soc2_guardrails.evidence.chain import Entry
from soc2_guardrails.evidence.overview import ChainOverview, RunOverview
from soc2_guardrails.evidence.predicates import Intent, Outcome, Result, Review
from soc2_guardrails.evidence.report import ChainReport, Report, Verdict

from .consoles import cell, err, out, table

_STYLES: Final = {
    Verdict.VERIFIED: "green",
    Verdict.SANDBOX: "yellow",
    Verdict.UNSIGNED: "yellow",
    Verdict.NOT_VERIFIED: "bold red",
}
_MEANINGS: Final = {
    Verdict.VERIFIED: "verified",
    Verdict.SANDBOX: "consistent, of the sandbox: no evidence",
    Verdict.UNSIGNED: "consistent, but not signed: anybody could have written it, so it is no evidence",
    Verdict.NOT_VERIFIED: "NOT VERIFIED",
}
_RESULTS: Final = {Result.SUCCEEDED: "green", Result.REFUSED: "red", Result.FAILED: "red", Result.INTERRUPTED: "yellow"}
_KINDS: Final = {Intent: "Intent", Outcome: "Outcome", Review: "Review"}
_QUIET: Final = {"pass", "not applicable"}
"""Verdicts that are counted unless all are asked for."""


def show_chain(overview: ChainOverview) -> None:
    """Show a chain's runs, and what is open in it."""
    out.print(
        cell(overview.chain.path, "bold"), cell(f"{_records(overview.records)}, newest {overview.newest}"), sep="  "
    )
    if overview.unsigned:
        out.print(cell(f"  {_records(overview.unsigned)} not signed: no evidence", "yellow"))
    shown = table("began", "run", "result", "commit", "by", whole=("began", "run"))
    for run in overview.runs:
        shown.add_row(cell(_minute(run.at)), cell(run.run), _result(run), cell(_short(run.commit)), cell(run.who))
    out.print(shown)
    for run in overview.open_emergencies:
        why = f": {run.emergency.reason} ({run.emergency.ticket})" if run.emergency else ""
        out.print(cell(f"Not reviewed: emergency {run.run} by {run.who}{why}", "bold red"))
        out.print(cell(f"  somebody else closes it: soc2 evidence review {run.run} --conclusion TEXT"))
    for run in overview.open_runs:
        out.print(cell(f"Open: run {run.run} has no outcome; it goes on, or the next run closes it", "yellow"))
    out.print()


def show_record(entry: Entry, everything: bool) -> None:
    """Show a record; of its decisions only those that somebody may have to do with, unless it is to be everything."""
    said = entry.predicate.model_dump(mode="json", by_alias=True, exclude_defaults=not everything)
    out.print(cell(f"{_KINDS[type(entry.predicate)]}  {entry.name}", "bold"))
    out.print(cell(f"  {entry.digest}  {'signed' if entry.signed else 'not signed'}"))
    if not everything:
        for phase in said.get("phases", ()):
            _count_quiet_decisions(phase)
    for line in yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=1000).splitlines():
        out.print(cell(f"  {line}"))
    out.print()


def show_report(report: Report) -> None:
    """Show what a verification found, worst last, where it stays in sight."""
    if not report.chains:
        err.print(cell("There are no records: nothing is verified.", "bold red"))
    for chain in sorted(report.chains, key=lambda chain: chain.verdict is Verdict.NOT_VERIFIED):
        _show_chain_report(chain)
    for stray in report.strays:
        out.print(cell(f"{stray}: it belongs to no chain", "bold red"))
    if report.chains and not report.verified and {chain.verdict for chain in report.chains} == {Verdict.SANDBOX}:
        out.print(cell("There are only records of the sandbox: no evidence.", "yellow"))


def _show_chain_report(report: ChainReport) -> None:
    out.print(cell(f"{report.chain.path}: {_MEANINGS[report.verdict]}", _STYLES[report.verdict]))
    if report.bad:
        out.print(cell(f"  first bad record: {report.bad.name}: {report.bad.what}", "bold red"))
        if report.records:
            out.print(cell(f"  {_records(report.records)} before it are right; what follows it was not looked at"))
        return
    began, ended = (_minute(at) if at else "" for at in (report.began, report.ended))
    out.print(cell(f"  {_records(report.records)} of {began} to {ended}"))
    for signer, number in report.signers.items():
        out.print(cell(f"  signed by {signer}: {_records(number)}"))
    for pack, number in report.packs.items():
        out.print(cell(f"  judged by {pack}: {_runs(number)}"))
    if report.not_evaluated:
        out.print(cell(f"  not evaluated, or not in all: {_runs(report.not_evaluated)}", "yellow"))
    out.print(cell(f"  newest: {report.newest} - note it elsewhere, and give it to --head the next time"))
    if report.unproved:
        out.print(cell(f"  {report.unproved}", "yellow"))
    for run in report.open_runs:
        out.print(cell(f"  open: run {run} has no outcome; it goes on, or was killed and not closed yet", "yellow"))
    for run in report.open_emergencies:
        out.print(cell(f"  open: nobody has reviewed the emergency {run}", "yellow"))
    for remark in report.remarks:
        out.print(cell(f"  {remark}", "yellow"))


def _count_quiet_decisions(phase: dict[str, Any]) -> None:
    decisions = phase.get("decisions", ())
    counted = Counter(decision["verdict"] for decision in decisions if decision["verdict"] in _QUIET)
    if counted:
        phase["decisions"] = [decision for decision in decisions if decision["verdict"] not in _QUIET]
        phase["decisionsNotShown"] = dict(counted)
    if not phase.get("decisions"):
        phase.pop("decisions", None)


def _result(run: RunOverview) -> Text:
    told = run.result.value if run.result else "open"
    if run.emergency:
        told = f"{told}, emergency"
    return cell(told, _RESULTS.get(run.result, "yellow") if run.result else "yellow")


def _short(commit: str) -> str:
    return commit[:12] + ("+" if commit.endswith("+") and len(commit) > 12 else "")


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _records(number: int) -> str:
    return f"{number:,} {'record' if number == 1 else 'records'}"


def _runs(number: int) -> str:
    return f"{number:,} {'run' if number == 1 else 'runs'}"
