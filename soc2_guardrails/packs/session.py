"""A policy pack asked by us in the engine's place, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Self

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from .configuration import configure_request

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_MESSAGE_LIMIT: Final = 400 * 1024 * 1024
"""Bytes; what the Pulumi SDKs allow."""

_STARTS: Final = 60.0
_ANSWERS: Final = 300.0
_ENDS: Final = 20.0
_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_TOLD: Final = 2_000


class PackError(Exception):
    """The pack could not be started, or gave no answer; the message says what it said."""


class PackSession:
    """A running pack, told what it judges. A context manager: leaving it ends the pack.

    The first call of a pack's life is the one that it takes for the engine's, and all calls go over that connection.
    """

    def __init__(
        self,
        folder: Path,
        *,
        project: str,
        stack: str,
        configuration: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Says what is to be judged; the pack starts when the context is entered.

        Args:
            folder: the pack's folder.
            project: name of the project.
            stack: name of the stack.
            configuration: file of the policy configuration.
            environment: variables for the pack, beside the few that every process needs. It gets nothing else of ours.
        """
        self._folder = folder.resolve()
        self._project = project
        self._stack = stack
        self._configuration = configuration
        self._environment = dict(environment or {})
        self._cleanup = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Starts and configures the pack.

        Raises:
            PackError: it does not start, or refuses its configuration.
            ConfigurationError: the configuration file cannot be used.
        """
        with self._cleanup as started:
            self._stub = AnalyzerStub(self._connect(started))
            with _answering():
                self._stub.Handshake(pb.AnalyzerHandshakeRequest(engine_address=""), timeout=_STARTS)
                self._stub.ConfigureStack(
                    pb.AnalyzerStackConfigureRequest(
                        organization="organization", project=self._project, stack=self._stack, dry_run=True
                    ),
                    timeout=_STARTS,
                )
                self.info: pb.AnalyzerInfo = self._stub.GetAnalyzerInfo(Empty(), timeout=_STARTS)
            request = configure_request(self.info, self._configuration)
            with _answering():
                self._stub.Configure(request, timeout=_STARTS)
            self._cleanup = started.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the pack: it writes the end of its journal first."""
        with self._cleanup:
            if kind is None:
                with _answering():
                    self._stub.Cancel(Empty(), timeout=_ENDS)

    def analyze(self, request: pb.AnalyzeRequest) -> tuple[pb.AnalyzeDiagnostic, ...]:
        """Judges one resource.

        Raises:
            PackError: there is no answer.
        """
        with _answering():
            response: pb.AnalyzeResponse = self._stub.Analyze(request, timeout=_ANSWERS)
        return tuple(response.diagnostics)

    def analyze_stack(self, resources: Iterable[pb.AnalyzerResource]) -> tuple[pb.AnalyzeDiagnostic, ...]:
        """Judges the stack as a whole.

        Raises:
            PackError: there is no answer.
        """
        with _answering():
            response: pb.AnalyzeResponse = self._stub.AnalyzeStack(
                pb.AnalyzeStackRequest(resources=resources), timeout=_ANSWERS
            )
        return tuple(response.diagnostics)

    def _connect(self, started: contextlib.ExitStack) -> grpc.Channel:
        said = started.enter_context(tempfile.TemporaryFile())
        process = subprocess.Popen(
            # Isolated from the current folder and from PYTHON* variables, so that only what is installed is imported.
            [sys.executable, "-I", "-m", "pulumi.policy", "127.0.0.1:0", str(self._folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=self._folder,
            env={**{name: os.environ[name] for name in _KEPT if name in os.environ}, **self._environment},
            text=True,
        )
        started.callback(_end, process)
        patience = threading.Timer(_STARTS, process.kill)
        patience.start()
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
        finally:
            patience.cancel()
        if not port.isdecimal():
            said.seek(0)
            why = said.read(_TOLD).decode(errors="replace").strip()
            raise PackError(f"{self._folder}: the policy pack does not start: {why or 'it said nothing'}")
        options = [
            ("grpc.max_send_message_length", _MESSAGE_LIMIT),
            ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
        ]
        return started.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}", options))


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        process.terminate()
    try:
        process.wait(timeout=_ENDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        details = getattr(error, "details", lambda: "")() or "no answer"
        raise PackError(f"the policy pack answers with an error: {details}") from None
