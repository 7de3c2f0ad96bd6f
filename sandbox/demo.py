"""The main job: a stack built as teams build it is refused, one built with the components is deployed.

Everything shown is what `soc2` shows, run as a process of its own on the real Pulumi engine; the demo adds what it did
to the account, and holds every exit code against what it said would happen.
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

from soc2_guardrails.command.exits import Exit
from soc2_guardrails.terminal import printable

from .account import Account
from .mend import mend
from .workspace import EVIDENCE

if TYPE_CHECKING:
    from .home import Completed, Sandbox

RISKY = "storefront-risky"
SOUND = "storefront"

_SHOWN_OUTPUT_LINES = 40


class DemoFailedError(Exception):
    """Something did not happen as the demo says it does; the message tells what, `output` follows it."""

    def __init__(self, what: str, output: str = "") -> None:
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

    def run(self) -> None:
        self._console.print(
            f"Pulumi {self._sandbox.engine.version} at {self._sandbox.engine.path}, "
            "an embedded Vercel and GitHub account, and the policy pack in policies/.",
            markup=False,
        )
        self._clear()
        self._refuse()
        self._deploy()
        self._verify()
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
        self._soc2("preview", "--stack", RISKY, expected=Exit.REFUSED)
        if created := self._objects():
            raise DemoFailedError(f"{created} objects stand in the account after a refused preview")
        self._console.print(f"Exit code {Exit.REFUSED:d}. Nothing was created: the account holds 0 objects.")

    def _deploy(self) -> None:
        self._title(f"2. {SOUND}: the same shop built with the components")
        self._soc2("up", "--stack", SOUND, "--yes", expected=Exit.FINE)
        self._console.print(f"Exit code {Exit.FINE:d}. In the account:")
        kinds = sorted(one.type for one in Account.open(self._sandbox.account_path).list())
        for kind, group in groupby(kinds):
            self._console.print(f"  {len(list(group)):3}  {kind}", markup=False)
        self._soc2("preview", "--stack", SOUND, "--", "--expect-no-changes", expected=Exit.FINE)
        self._console.print(f"[bold green]No changes[/]. Exit code {Exit.FINE:d}.")

    def _verify(self) -> None:
        self._title("3. The record of it, which anybody can verify")
        project = self._sandbox.project.name
        chains = [f"sandbox/{project}/{chain}" for chain in (f"{RISKY}/previews", f"{SOUND}/updates")]
        # Named, since records of a sandbox are no evidence, and a store that holds nothing else has none.
        self._soc2("evidence", "verify", *chains, expected=Exit.FINE)

    def _close(self) -> None:
        here = self._sandbox.project.source
        self._title("What was proved")
        self._lines(
            f"- The real Pulumi engine refused {RISKY} at preview, before anything was created.",
            f"- It let {SOUND} pass the same policy pack, deployed it, and found nothing left to change.",
            "- Every run left a signed record that says what was to change and how each rule judged it.",
            "- No account, no token and no login took part; the account is the sandbox's own.",
        )
        self._title("Where the files are")
        self._lines(
            f"{_short(self._sandbox.directory, here)}/   account, state, and copies of the stack files",
            f"{_short(self._sandbox.directory / EVIDENCE, here)}/   the records",
            "stacks/   what the two stacks declare",
            "policies/   the rules, one rule one file",
            "",
            "Look around:  .soc2/venv/bin/python -m sandbox account list",
            "              .soc2/venv/bin/python -m sandbox exec -- soc2 evidence list",
            "              .soc2/venv/bin/python -m sandbox --help",
        )
        self._title("The same on a real Vercel and GitHub account")
        self._lines(
            f"Write your own team and project into stacks/Pulumi.{SOUND}.yaml, log in with `pulumi login`, then:",
            "",
            ". .soc2/venv/bin/activate",
            "export VERCEL_API_TOKEN=... GITHUB_TOKEN=...   # and what the stack file names as env://NAME",
            f"pulumi stack init {SOUND}",
            "soc2 doctor   # what is missing, and the mend",
            f"soc2 preview --stack {SOUND}",
            f"soc2 up --stack {SOUND}",
            "soc2 evidence verify",
        )

    def _soc2(self, *args: str, expected: Exit) -> None:
        self._console.print(f"\n[bold]$ {shlex.join(['soc2', *args])}[/]")
        # Rich's buffer goes out before the process writes to the same stream.
        self._console.file.flush()
        if (code := self._sandbox.show_soc2(*args)) != expected:
            raise DemoFailedError(f"`soc2 {args[0]}` ended with exit code {code}, and {expected:d} was to be shown")

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


def _short(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
