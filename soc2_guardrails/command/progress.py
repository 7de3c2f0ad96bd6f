"""What the engine does, while it does it: lines as users of the Pulumi CLI know them, on a terminal a live status."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.status import Status
from rich.text import Text

from soc2_guardrails.evidence.predicates import Operation
from soc2_guardrails.runs.observed import REFRESH, SAME, Diagnostic, Observed, Seen, Stage, StepSeen
from soc2_guardrails.runs.urns import name_of, short_type_of, type_of
from soc2_guardrails.terminal import printable

if TYPE_CHECKING:
    from types import TracebackType

PAST: Final = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "replace": "replaced",
    "create-replacement": "created",
    "delete-replaced": "deleted",
    "read": "read",
    "refresh": "refreshed",
    "import": "imported",
}
"""The engine's words for what it does, once it is done."""

_SIGNS: Final = {
    "create": (" + ", "green"),
    "update": (" ~ ", "yellow"),
    "delete": (" - ", "red"),
    "replace": ("+- ", "magenta"),
    "create-replacement": ("++ ", "green"),
    "delete-replaced": ("-- ", "red"),
    "read": (" > ", "cyan"),
    "refresh": (" ~ ", "yellow"),
    "import": (" = ", "green"),
}
_PROVIDER: Final = "pulumi:providers:"
_STYLES: Final = {"error": "red", "warning": "yellow"}
_DOING: Final = {Operation.PREVIEW: "Previewing", Operation.UPDATE: "Updating"}


class Progress:
    """Shows the runs of the engine on a console; a context manager, at whose end the live status is gone.

    On anything but a terminal each line begins with the time (UTC), for whoever reads a log.
    """

    def __init__(self, console: Console, stack: str) -> None:
        self._console = console
        self._stack = stack
        self._status: Status | None = None
        self._operation = Operation.PREVIEW
        self._began: dict[str, float] = {}

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.pause()

    def begins(self, operation: Operation) -> None:
        """A run of the engine begins."""
        self.pause()
        self._operation = operation
        self._began.clear()
        title = f"{_DOING[operation]} {printable(self._stack)}"
        self._line(Text(f"{title}:", style="bold"))
        if self._console.is_terminal:
            self._status = self._console.status(f"{title} ...")
            self._status.start()

    def sees(self, seen: Seen, observed: Observed) -> None:
        """The engine did or said something."""
        if isinstance(seen, StepSeen):
            self._step(seen)
            if self._status:
                whole = f"{_DOING[self._operation]} {self._stack}: {len(observed.steps)} resources"
                self._status.update(Text(f"{printable(whole)}, {printable(name_of(seen.step.urn))}"))
        elif isinstance(seen, Diagnostic):
            self._diagnostic(seen)

    def pause(self) -> None:
        """Takes the live status away."""
        if self._status:
            self._status.stop()
            self._status = None

    def _step(self, seen: StepSeen) -> None:
        step = seen.step
        if seen.stage is Stage.BEGAN:
            self._began[step.urn] = time.monotonic()
        if step.operation == SAME or type_of(step.urn).startswith(_PROVIDER):
            return
        previewing = self._operation is Operation.PREVIEW
        shown_at = Stage.BEGAN if previewing and step.operation != REFRESH else Stage.DONE
        if seen.stage not in {shown_at, Stage.FAILED}:
            return
        if step.operation == REFRESH and seen.stage is Stage.DONE and not step.properties:
            return  # looked at, and as it was
        sign, style = _SIGNS.get(step.operation, (" ? ", ""))
        what = Text(sign, style=style)
        what.append(printable(f"{short_type_of(step.urn)} {name_of(step.urn)} "), style="default")
        if seen.stage is Stage.FAILED:
            what.append("failed", style="bold red")
        else:
            what.append(step.operation if previewing else PAST.get(step.operation, step.operation), style=style)
        if not previewing:
            what.append(f" ({time.monotonic() - self._began.get(step.urn, time.monotonic()):.1f}s)", style="dim")
        if step.properties and step.operation != "create":
            what.append(printable(f" [{', '.join(step.properties)}]"), style="dim")
        self._line(what)

    def _diagnostic(self, said: Diagnostic) -> None:
        about = f"{short_type_of(said.urn)} {name_of(said.urn)}: " if said.urn else ""
        prefix = {"error": "error: ", "warning": "warning: "}.get(said.severity, "")
        for line in said.message.split("\n"):
            told = line.removeprefix(prefix)
            self._line(Text(printable(f"    {prefix}{about}{told}"), style=_STYLES.get(said.severity, "")))

    def _line(self, text: Text) -> None:
        if not self._console.is_terminal:
            text = Text(f"{datetime.now(UTC):%H:%M:%S} ") + text
        self._console.print(text)
