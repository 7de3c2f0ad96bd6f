"""Who may call the pack.

A local pack listens on loopback without authentication, and a Pulumi program can find the port of the pack that judges
it. The engine is the first to call, before any program of the run exists, so the connection that calls first is the
engine's; whoever else calls is refused, and so is configuration that comes when judging has begun. Either makes every
later answer of the pack an error, which fails the run: a verdict that somebody tried to bend is worth nothing.
"""

from __future__ import annotations

import threading


class Refused(Exception):
    """The call is not allowed, or an earlier one was not; the text says which."""


class Caller:
    """Remembers the engine's connection and what it has been told. Safe under parallel calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: str | None = None
        self._judging = False
        self._configured: set[str] = set()
        self._tampered: str | None = None

    def admit(self, peer: str, method: str) -> None:
        """Admits a call of the engine.

        Args:
            peer: the connection, as gRPC names it (`ipv4:127.0.0.1:40112`).
            method: the protocol's method.

        Raises:
            Refused: the call comes from elsewhere, or the run is already spoilt.
        """
        with self._lock:
            self._admit(peer, method)

    def admit_configuration(self, peer: str, method: str) -> None:
        """Admits what says how to judge: each kind once, from the engine, before the first resource is judged.

        Raises:
            Refused: as `admit`, and for configuration that comes late or twice.
        """
        with self._lock:
            self._admit(peer, method)
            if self._judging:
                self._tampered = f"{method} was called after judging had begun"
            elif method in self._configured:
                self._tampered = f"{method} was called a second time"
            self._configured.add(method)
            if self._tampered:
                raise Refused(_explain(self._tampered))

    def admit_judging(self, peer: str, method: str) -> None:
        """Admits a resource or a stack to be judged; from here on configuration is closed.

        Raises:
            Refused: as `admit`.
        """
        with self._lock:
            self._admit(peer, method)
            self._judging = True

    def spoil(self, why: str) -> None:
        """Makes every later call an error, for a run that must not go on."""
        with self._lock:
            self._tampered = self._tampered or why

    def _admit(self, peer: str, method: str) -> None:
        if self._engine is None:
            self._engine = peer
        if peer != self._engine:
            self._tampered = self._tampered or f"{method} was called by a process that is not the engine"
        if self._tampered:
            raise Refused(_explain(self._tampered))


def _explain(what: str) -> str:
    return f"the policy pack answers no more, as it may have been tampered with: {what}"
