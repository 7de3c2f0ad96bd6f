"""The main job: a stack built as teams build it is refused, one built with the components is deployed.

Everything shown was done by the Pulumi CLI as a process of its own; the demo reads what the CLI's event log says.
"""

from __future__ import annotations

import shlex
import time
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from soc2_guardrails.engine.events import EventLog, EventLogError, PolicyReport, read_event_log
from soc2_guardrails.terminal import printable

from .account import Account
from .mend import mend

if TYPE_CHECKING:
    from .home import Completed, Sandbox

RISKY = "storefront-risky"
SOUND = "storefront"

_SEVERITIES = ("critical", "high", "medium", "low", "")
_SHOWN_OUTPUT_LINES = 40


class DemoFailedError(Exception):
    """Something did not happen as the demo says it does; the message tells what, the output follows it."""

    def __init__(self, what: str, output: str) -> None:
        super().__init__(what)
        self.output = output


def run(sandbox: Sandbox) -> int:
    """Runs the demo and gives its exit code: 0 when everything happened as it should, else 1."""
    console = Console(highlight=False, soft_wrap=True)
    began = time.monotonic()
    try:
        _Demo(sandbox, console).run()
    except DemoFailedError as failed:
        console.print(f"\n[bold red]The demo stopped:[/] {failed}", markup=True)
        told = failed.output.splitlines()[-_SHOWN_OUTPUT_LINES:]
        console.print("\n".join(map(printable, told)), markup=False)
        return 1
    console.print(f"\nDone in {time.monotonic() - began:.0f} s.")
    return 0


class _Demo:
    """The steps, in order, on one sandbox and one console."""

    def __init__(self, sandbox: Sandbox, console: Console) -> None:
        self._sandbox = sandbox
        self._console = console
        self._pack = sandbox.project.source / "policies"
        self._logs = sandbox.directory / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)

    def run(self) -> None:
        self._console.print(
            f"Pulumi {self._sandbox.engine.version} at {self._sandbox.engine.path}, "
            "an embedded Vercel and GitHub account, and the policy pack in policies/.",
            markup=False,
        )
        self._clear()
        self._refuse()
        self._deploy()
        self._close()

    def _clear(self) -> None:
        """Takes away what an earlier demo left, so that this one shows the whole way."""
        for stack in (RISKY, SOUND):
            self._sandbox.select(stack)
            if self._sandbox.interruption(stack):
                mend(self._sandbox, stack, lambda line: self._console.print(f"[dim]{line}[/]"))
        if self._objects():
            self._working("An earlier run left resources in the account: destroying them")
            for stack in (RISKY, SOUND):
                self._expect(self._sandbox.destroy(stack), 0, f"destroying {stack} failed")

    def _refuse(self) -> None:
        self._title(f"1. {RISKY}: a shop as teams in the field build it")
        run, log = self._operate("preview", RISKY)
        if run.returncode == 0 or not log.violations:
            raise DemoFailedError(f"the preview of {RISKY} was not refused", run.stdout + run.stderr)
        show_violations(self._console, log)
        rules = {report.policy for report in log.violations}
        resources = {report.urn for report in log.violations}
        self._console.print(
            f"\n[bold red]Refused[/]: {len(log.violations)} violations of {len(rules)} rules "
            f"in {len(resources)} resources. The preview's exit code is {run.returncode}."
        )
        if created := self._objects():
            raise DemoFailedError(f"{created} objects stand in the account after a refused preview", run.stdout)
        self._console.print("Nothing was created: the account holds 0 objects.")

    def _deploy(self) -> None:
        self._title(f"2. {SOUND}: the same shop built with the components")
        run, log = self._operate("preview", SOUND)
        self._expect(run, 0, f"the preview of {SOUND} was not allowed")
        self._console.print(
            f"[bold green]Allowed[/]: no violation in {log.changed} planned resources. Exit code {run.returncode}."
        )
        show_advice(self._console, log)
        run, log = self._operate("up", SOUND)
        self._expect(run, 0, f"{SOUND} was not deployed")
        self._console.print(f"[bold green]Deployed[/]: {_changes(log)}. Exit code {run.returncode}. In the account:")
        kinds = sorted(one.type for one in Account.open(self._sandbox.account_path).list())
        for kind, group in groupby(kinds):
            self._console.print(f"  {len(list(group)):3}  {kind}", markup=False)
        run, log = self._operate("preview", SOUND, "--expect-no-changes")
        self._expect(run, 0, f"a second preview of {SOUND} shows changes")
        self._console.print(f"[bold green]No changes[/]: {_changes(log)}. Exit code {run.returncode}.")

    def _close(self) -> None:
        here = self._sandbox.project.source
        self._title("What was proved")
        self._lines(
            f"- The real Pulumi engine refused {RISKY} at preview, before anything was created.",
            f"- It let {SOUND} pass the same policy pack, deployed it, and found nothing left to change.",
            "- No account, no token and no login took part; the account is the sandbox's own.",
        )
        self._title("Where the files are")
        self._lines(
            f"{_short(self._sandbox.directory, here)}/   account, state, and copies of the stack files",
            f"{_short(self._logs, here)}/   the engine's event log of each step",
            "stacks/   what the two stacks declare",
            "policies/   the rules, one rule one file",
            "",
            "Look around:  .soc2/venv/bin/python -m sandbox account list",
            "              .soc2/venv/bin/python -m sandbox --help",
        )
        self._title("The same on a real Vercel and GitHub account")
        self._lines(
            f"Write your own team and project into stacks/Pulumi.{SOUND}.yaml, log in with `pulumi login`, then:",
            "",
            ". .soc2/venv/bin/activate",
            "export VERCEL_API_TOKEN=... GITHUB_TOKEN=...   # and what the stack file names as env://NAME",
            f"pulumi stack init {SOUND}",
            f"pulumi preview --stack {SOUND} --policy-pack policies",
            f"pulumi up --stack {SOUND} --policy-pack policies",
        )

    def _operate(self, operation: str, stack: str, *args: str) -> tuple[Completed, EventLog]:
        log = self._logs / f"{stack}-{operation}{'-again' if args else ''}.jsonl"
        log.unlink(missing_ok=True)
        line = self._sandbox.operation(operation, stack, *args, "--event-log", str(log), pack=self._pack)
        shown = shlex.join(["pulumi", *line]).replace(f"{self._sandbox.project.source}/", "")
        self._console.print(f"\n[bold]$ {shown}[/]")
        with self._console.status("running..."):
            completed = self._sandbox.pulumi(*line)
        if not log.exists():
            raise DemoFailedError(f"pulumi {operation} wrote no event log", completed.stdout + completed.stderr)
        try:
            return completed, read_event_log(log)
        except EventLogError as unreadable:
            raise DemoFailedError(str(unreadable), completed.stdout + completed.stderr) from unreadable

    def _lines(self, *lines: str) -> None:
        for line in lines:
            self._console.print(f"  {line}" if line else "", markup=False)

    def _title(self, title: str) -> None:
        self._console.print()
        self._console.print(Rule(Text(title, style="bold"), align="left"), soft_wrap=False)

    def _working(self, what: str) -> None:
        self._console.print(f"[dim]{what}...[/]")

    def _objects(self) -> int:
        return Account.open(self._sandbox.account_path).count()

    def _expect(self, run: Completed, code: int, otherwise: str) -> None:
        if run.returncode != code:
            raise DemoFailedError(f"{otherwise} (exit code {run.returncode})", run.stdout + run.stderr)


def show_violations(console: Console, log: EventLog) -> None:
    """Prints the violations, worst first, those of one rule together.

    Names in them are the program's, which may have chosen them for the reader's terminal to act upon.
    """
    ordered = sorted(log.violations, key=_worst_first)
    for (criterion, _, policy, severity), reports in groupby(ordered, key=lambda r: (*_worst_first(r)[:3], r.severity)):
        console.print()
        console.print(_text(criterion, "bold"), _text(policy), _text(severity, "red"), sep="  ")
        page = ""
        for report in reports:
            what, mend_line, page = _lines(report)
            console.print(_text(f"  {report.resource_type}"), _text(report.resource_name, "bold"))
            _indented(console, _text(what.removeprefix(f"{criterion}: ")))
            _indented(console, _text(mend_line, "green"))
        _indented(console, _text(page, "dim"))


def show_advice(console: Console, log: EventLog) -> None:
    """Prints what did not stop the run, a line for each thing that was said of some resources."""
    advice = sorted((report.policy, _lines(report)[1]) for report in log.reports if not report.is_violation)
    for (policy, mend_line), said in groupby(advice):
        count = len(list(said))
        console.print(_text("Advised", "bold yellow"), _text(f"{policy}, {count} resources: {mend_line}"))


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style)


def _indented(console: Console, text: Text) -> None:
    # Wrapped for a reader at a terminal only: whoever searches a log wants each message on one line.
    lines = text.wrap(console, console.width - 4) if console.is_terminal else [text]
    for line in lines:
        console.print(Text("    ") + line)


def _lines(report: PolicyReport) -> tuple[str, str, str]:
    """What is wrong, the mend and the page; the last two are empty where a message has none."""
    what, mend_line, page, *_ = [*report.message.split("\n"), "", ""]
    return what, mend_line, page


def _worst_first(report: PolicyReport) -> tuple[str, int, str, str]:
    criterion = report.message.partition(":")[0]
    return (criterion, _SEVERITIES.index(report.severity), report.policy, report.resource_name)


def _changes(log: EventLog) -> str:
    past = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced", "same": "unchanged"}
    return ", ".join(f"{count} {past.get(operation, operation)}" for operation, count in sorted(log.changes.items()))


def _short(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
