"""A policy pack asked by us in the engine's place, in a process of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Self

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2 as pb

from .configuration import configure_request
from .description import PublishedPack, published
from .errors import ConfigurationRefusedError, PackError
from .process import serving

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_STARTS: Final = 60.0
_ANSWERS: Final = 300.0
_ENDS: Final = 20.0
_NOTHING: Final = "none"
"""Project and stack where nothing is judged."""


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
            self._stub = started.enter_context(serving(self._folder, self._environment))
            with _answering():
                self._stub.Handshake(pb.AnalyzerHandshakeRequest(engine_address=""), timeout=_STARTS)
                self._stub.ConfigureStack(
                    pb.AnalyzerStackConfigureRequest(
                        organization="organization", project=self._project, stack=self._stack, dry_run=True
                    ),
                    timeout=_STARTS,
                )
                self.info: pb.AnalyzerInfo = self._stub.GetAnalyzerInfo(Empty(), timeout=_STARTS)
            request = self._request()
            with _answering(self._configuration):
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

    def _request(self) -> pb.ConfigureAnalyzerRequest:
        return configure_request(self.info, self._configuration)


def describe(folder: Path) -> PublishedPack:
    """Asks the pack in a folder who it is and what its rules are.

    Raises:
        PackError: it does not start, or gives no answer.
    """
    with serving(folder.resolve(), {}) as stub, _answering():
        info: pb.AnalyzerInfo = stub.GetAnalyzerInfo(Empty(), timeout=_ANSWERS)
    return published(info)


def require_readable(folder: Path, configuration: Path) -> None:
    """Has the pack in a folder read a configuration, before anything depends on it.

    The engine would refuse most of what is wrong with it as well, in words that do not name the file; a key that
    stands twice it would not.

    Raises:
        ConfigurationError: the configuration cannot be read.
        PackError: the pack does not start, or gives no answer.
    """
    with PackSession(folder, project=_NOTHING, stack=_NOTHING, configuration=configuration):
        pass


@contextlib.contextmanager
def _answering(configuration: Path | None = None) -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        details = getattr(error, "details", lambda: "")() or "no answer"
        if getattr(error, "code", lambda: None)() is grpc.StatusCode.INVALID_ARGUMENT:
            # What a pack of this project answers: a line of its own, then one for each fault.
            first, _, faults = details.partition("\n")
            raise ConfigurationRefusedError(tuple((faults or first).splitlines()), configuration) from None
        raise PackError(f"the policy pack answers with an error: {details}") from None
