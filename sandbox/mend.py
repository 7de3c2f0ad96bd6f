"""Mend a stack whose run was killed: give up its lock, and settle what it had begun."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .account import Account
from .errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .home import Sandbox

_CREATING = "creating"


def mend(sandbox: Sandbox, stack: str, say: Callable[[str], None]) -> None:
    """Mend `stack`, telling each step; without anything to mend, say so.

    Raises:
        SettingsError: there is no such stack.
        SandboxError: the CLI could not do a step.
    """
    sandbox.select(stack)
    interruption = sandbox.interruption(stack)
    if interruption is None:
        say(f"Stack {stack!r} needs no mending.")
        return
    if interruption.locks:
        say("Removing the stale lock: pulumi cancel")
        _run(sandbox, "cancel", "--yes", "--stack", stack)
    if interruption.pending:
        made = _created(sandbox, stack, {one.urn for one in interruption.pending if one.kind == _CREATING})
        for one in interruption.pending:
            if one.kind == _CREATING and one.urn in made:
                say(f"In the account, taken into the state: {one.urn} ({made[one.urn]})")
            elif one.kind == _CREATING:
                say(f"Not in the account, forgotten: {one.urn}")
            else:
                say(f"Read again from the account ({one.kind}): {one.urn}")
        imports = [item for pair in made.items() for part in pair for item in ("--import-pending-creates", part)]
        _run(sandbox, "refresh", "--yes", "--skip-preview", "--stack", stack, *imports, "--clear-pending-creates")
    if left := sandbox.interruption(stack):
        raise SandboxError(f"Stack {stack!r} is still as the killed run left it: {left.locks or left.pending}")
    say(f"Stack {stack!r} is mended; run the same again.")


def _created(sandbox: Sandbox, stack: str, urns: Iterable[str]) -> dict[str, str]:
    """The id of what the account holds for each of `urns`, where it holds something the state does not know."""
    exported = json.loads(_run(sandbox, "stack", "export", "--stack", stack))
    resources = (exported.get("deployment") or {}).get("resources") or ()
    known = {(one["urn"], one.get("id")) for one in resources}
    wanted = set(urns)
    return {
        one.urn: one.id
        for one in Account.open(sandbox.account_path).list()
        if one.urn in wanted and (one.urn, one.id) not in known
    }


def _run(sandbox: Sandbox, *args: str) -> str:
    completed = sandbox.pulumi(*args)
    if completed.returncode:
        output = (completed.stderr + completed.stdout).strip()
        raise SandboxError(f"`pulumi {' '.join(args)}` failed with exit code {completed.returncode}:\n{output}")
    return completed.stdout
