"""The main job: a stack built as teams build it is refused, one built with the components is deployed.

Everything shown is what `soc2` shows, run as a process of its own on the real Pulumi engine; the demo adds what it did
to the account, and holds every exit code against what it said would happen.
"""

from __future__ import annotations

import os
import shlex
import time
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from soc2_guardrails.command.exits import Exit
from soc2_guardrails.evidence.chain import Chain, ChainName
from soc2_guardrails.evidence.predicates import Outcome
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from soc2_guardrails.evidence.stores.folder import Folder
from soc2_guardrails.secrets import Failure, Provenance, fetch_all
from soc2_guardrails.terminal import printable

from .account import Account
from .errors import SandboxError
from .mend import mend
from .secret_store import VARIABLE
from .secret_writing import rotate
from .workspace import EVIDENCE

if TYPE_CHECKING:
    from soc2_guardrails.secrets import Reference

    from .account import AccountObject
    from .home import Completed, Sandbox
    from .secret_store import SecretStore

RISKY = "storefront-risky"
SOUND = "storefront"

_ROTATED = "STOREFRONT_STRIPE_SECRET_KEY"
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
        self._say_where_secrets_come_from()
        self._clear()
        self._refuse()
        self._deploy()
        self._verify()
        if self._sandbox.store:
            self._rotate(self._sandbox.store)
        self._close()

    def _say_where_secrets_come_from(self) -> None:
        store = self._sandbox.store
        self._console.print(
            f"Secrets come from {store}, which {VARIABLE} names."
            if store
            else f"Secrets are made up and come by env://, since {VARIABLE} names no secret manager.",
            markup=False,
        )
        answers = fetch_all(self._sandbox.project.stored_references(SOUND), os.environ)
        lacking = [f"{reference}: {each.text}" for reference, each in answers.items() if isinstance(each, Failure)]
        if lacking:
            raise DemoFailedError(
                f"{len(lacking)} of {len(answers)} secrets cannot be read. Where they are only not there yet, "
                f"`python -m {__package__} seed` writes made-up ones",
                "\n".join(lacking),
            )

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

    def _rotate(self, store: SecretStore) -> None:
        self._title("4. A rotation in the manager")
        reference = store.reference(SOUND, _ROTATED)
        try:
            rotate(store, reference, os.environ)
        except SandboxError as refused:
            self._console.print(f"Not shown. {refused}", markup=False)
            return
        self._console.print(f"A new made-up value was written to {reference}.", markup=False)
        using = {str(one.urn) for one in self._variables_from(reference)}
        if not using:
            raise DemoFailedError(f"no variable in the account says that it comes from {reference}")
        self._soc2("preview", "--stack", SOUND, expected=Exit.FINE)
        if (changing := self._last_planned()) != using:
            raise DemoFailedError("the preview changes something else than what uses the secret", "\n".join(changing))
        names = ", ".join(sorted(urn.rpartition("::")[2] for urn in using))
        self._console.print(f"Exactly what uses it changes: {names}.", markup=False)
        self._soc2("up", "--stack", SOUND, "--yes", expected=Exit.FINE)
        for one in self._variables_from(reference):
            self._console.print(f"In the dashboard its comment reads: {one.properties['comment']}", markup=False)

    def _variables_from(self, reference: Reference) -> list[AccountObject]:
        objects = Account.open(self._sandbox.account_path).list()
        told = [(one, Provenance.parse(str(one.properties.get("comment") or ""))) for one in objects]
        return [one for one, provenance in told if provenance and provenance.reference == reference]

    def _last_planned(self) -> set[str]:
        """URNs of what the last preview on record would change."""
        name = ChainName(self._sandbox.project.name, SOUND, "previews", sandbox=True)
        entry = Chain(Folder(self._sandbox.directory / EVIDENCE), name, Unsigned()).last()
        if entry is None or not isinstance(entry.predicate, Outcome):
            raise DemoFailedError("the preview left no record")
        return {change.urn for phase in entry.predicate.phases for change in phase.planned}

    def _close(self) -> None:
        here = self._sandbox.project.source
        self._title("What was proved")
        self._lines(
            f"- The real Pulumi engine refused {RISKY} at preview, before anything was created.",
            f"- It let {SOUND} pass the same policy pack, deployed it, and found nothing left to change.",
            "- Every run left a signed record that says what was to change and how each rule judged it.",
            "- No account, no token and no login took part; the account is the sandbox's own."
            if self._sandbox.store is None
            else "- The account is the sandbox's own; only the secret manager is one outside of it.",
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
