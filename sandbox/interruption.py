"""What a killed CLI leaves in a file backend: its lock, and operations whose outcome it never recorded."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class PendingOperation:
    """An operation that was begun: `kind` is creating, updating, deleting, importing or reading."""

    kind: str
    urn: str


@dataclass(frozen=True)
class Interruption:
    """The remains of a run of `stack` that was killed: locks no process holds, and pending operations."""

    stack: str
    locks: tuple[Path, ...]
    pending: tuple[PendingOperation, ...]


class InterruptedStackError(SandboxError):
    """An earlier run of the stack was killed; the message names what it left and what mends it."""

    def __init__(self, interruption: Interruption) -> None:
        self.interruption = interruption
        stack = interruption.stack
        lines = [f"An earlier run of stack {stack!r} was killed before it could finish."]
        lines += [f"  stale lock, held by no process: {lock}" for lock in interruption.locks]
        lines += [f"  pending operation, {one.kind}: {one.urn}" for one in interruption.pending]
        lines += [
            f"To mend it: python -m {__package__} mend {stack}",
            "It removes the lock (`pulumi cancel`), and settles each pending creation with `pulumi refresh`: what "
            "stands in the account is taken into the state (--import-pending-creates), what does not is "
            "forgotten (--clear-pending-creates). Then run the same again.",
        ]
        super().__init__("\n".join(lines))


def find_interruption(state: Path, project: str, stack: str) -> Interruption | None:
    """Look in the file backend `state`; None if no run was killed. A run under way is none."""
    locks = _locks(state, project, stack)
    stale = tuple(lock for lock in locks if not _is_held(lock))
    if len(stale) < len(locks):
        # Its pending operations are those it is at; the engine tells of the lock itself.
        return None
    pending = _pending(state / ".pulumi" / "stacks" / project / f"{stack}.json")
    return Interruption(stack, stale, pending) if stale or pending else None


def _locks(state: Path, project: str, stack: str) -> list[Path]:
    folder = state / ".pulumi" / "locks" / "organization" / project / stack
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def _is_held(lock: Path) -> bool:
    """Whether the process that a lock names may still be at work."""
    try:
        owner = json.loads(lock.read_text("utf-8"))
        if owner["hostname"] != socket.gethostname():
            return True
        os.kill(int(owner["pid"]), 0)
    except FileNotFoundError:
        return False
    except (ValueError, KeyError):
        # Half-written by a process that was killed at it.
        return False
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pending(checkpoint: Path) -> tuple[PendingOperation, ...]:
    try:
        content: dict[str, Any] = json.loads(checkpoint.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except ValueError as error:
        raise SandboxError(f"{checkpoint} is damaged: restore it from {checkpoint.name}.bak beside it") from error
    latest = (content.get("checkpoint") or {}).get("latest") or {}
    return tuple(
        PendingOperation(kind=str(one["type"]), urn=str(one["resource"]["urn"]))
        for one in latest.get("pending_operations") or ()
    )
