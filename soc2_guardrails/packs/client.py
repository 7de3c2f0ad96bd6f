"""A policy pack as a process, asked over the Analyzer protocol the way the engine asks it."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import grpc
import yaml
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from .description import PublishedPack, published
from .errors import ConfigurationRefusedError, PackError

MANIFEST: Final = "PulumiPolicy.yaml"
ALL: Final = "all"
"""The engine's word for every policy at once."""

_START_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 60.0
_END_SECONDS: Final = 10.0
_MESSAGE_BYTES: Final = 400 * 1024 * 1024
_CHANNEL_OPTIONS: Final = (
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    # The pack is on this machine, whatever proxy the environment names.
    ("grpc.enable_http_proxy", 0),
)
_NO_ENGINE: Final = "127.0.0.1:1"
"""Where a pack would find the engine; nobody listens there, and a pack only logs to it."""
_JOURNAL: Final = "SOC2_JOURNAL"
"""Would make the pack write a journal of a run that is none."""

_LEVELS: Final = tuple(pb.EnforcementLevel.keys())

_Answer = TypeVar("_Answer")


class RunningPack:
    """A pack that runs. Get one with `running`; every method raises PackError if it does not answer.

    Like the engine, it can configure the pack once, and not after something was judged.
    """

    def __init__(self, folder: Path, stub: AnalyzerStub) -> None:
        self._folder = folder
        self._stub = stub
        self._info: pb.AnalyzerInfo = self._ask(lambda: stub.GetAnalyzerInfo(Empty(), timeout=_ANSWER_SECONDS))

    @property
    def description(self) -> PublishedPack:
        """What the pack says of itself."""
        return published(self._info)

    def configure(self, stated: Mapping[str, Any], *, stack: str, project: str) -> None:
        """Hand over a configuration, for a preview.

        Args:
            stated: the content of a `--policy-pack-config` file: by policy a level, or an object with properties.
            stack: name of the stack.
            project: name of its project.

        Raises:
            ConfigurationRefusedError: the pack cannot read it.
        """
        run = pb.AnalyzerStackConfigureRequest(stack=stack, project=project, organization="organization", dry_run=True)
        self._ask(lambda: self._stub.ConfigureStack(run, timeout=_ANSWER_SECONDS))
        request = handed_over(stated, self.description)
        self._ask(lambda: self._stub.Configure(request, timeout=_ANSWER_SECONDS))

    def judge_stack(self, request: pb.AnalyzeStackRequest) -> list[pb.AnalyzeDiagnostic]:
        """What the stack rules say, and the pack about its configuration."""
        return list(self._ask(lambda: self._stub.AnalyzeStack(request, timeout=_ANSWER_SECONDS)).diagnostics)

    def _ask(self, call: Callable[[], _Answer]) -> _Answer:
        try:
            return call()
        except grpc.RpcError as error:
            told = str(error.details() if isinstance(error, grpc.Call) else error)
            if isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.INVALID_ARGUMENT:
                raise ConfigurationRefusedError(_problems(told)) from error
            raise PackError(f"The policy pack in {self._folder} does not answer: {told}") from error


@contextlib.contextmanager
def running(folder: Path, *, start_seconds: float = _START_SECONDS) -> Iterator[RunningPack]:
    """Start the pack in a folder, and end it afterwards.

    Args:
        folder: the folder with the `PulumiPolicy.yaml`.
        start_seconds: how long it may take to serve.

    Raises:
        PackError: the folder holds no Python pack, or one that does not start.
    """
    folder = folder.resolve()
    python = _python(folder)
    environment = {name: value for name, value in os.environ.items() if name != _JOURNAL}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        try:
            process = subprocess.Popen(
                # What the stock language host runs, but for the current folder on the path.
                [str(python), "-P", "-m", "pulumi.policy", _NO_ENGINE, str(folder)],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            )
        except OSError as error:
            raise PackError(f"The policy pack in {folder} does not start: {python}: {error.strerror}") from error
        try:
            port = _port(process, folder, complaints, start_seconds)
            with grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL_OPTIONS) as channel:
                yield RunningPack(folder, AnalyzerStub(channel))
        finally:
            _end(process)


def describe(folder: Path) -> PublishedPack:
    """Start the pack in a folder, ask who it is and what its rules are, and end it; raises as `running` does."""
    with running(folder) as pack:
        return pack.description


def handed_over(stated: Mapping[str, Any], pack: PublishedPack) -> pb.ConfigureAnalyzerRequest:
    """What the engine makes of a configuration: a level for every policy, the stated one, that of `all`, or its own.

    Raises:
        ConfigurationRefusedError: a policy has neither a level nor an object, or a level that there is not.
    """
    problems: list[str] = []
    request = pb.ConfigureAnalyzerRequest()
    levels = {rule.id: rule.level for rule in pack.rules}
    common = stated.get(ALL)
    common = common.get("enforcementLevel") if isinstance(common, Mapping) else common
    for name in [*levels, *(name for name in stated if name not in levels)]:
        own = stated.get(name, {})
        properties = {"enforcementLevel": own} if isinstance(own, str) else own
        if not isinstance(properties, Mapping):
            problems.append(f"{name}: takes a level or an object with properties")
            continue
        level = properties.get("enforcementLevel") or common or levels.get(name, "mandatory")
        if not isinstance(level, str) or level.upper() not in _LEVELS:
            allowed = ", ".join(each.lower() for each in _LEVELS)
            problems.append(f"{name}.enforcementLevel: there is no such level; allowed: {allowed}")
            continue
        request.policyConfig[name].enforcementLevel = pb.EnforcementLevel.Value(level.upper())
        rest = {key: value for key, value in properties.items() if key != "enforcementLevel"}
        ParseDict(rest, request.policyConfig[name].properties)
    if problems:
        raise ConfigurationRefusedError(tuple(problems))
    return request


def _python(folder: Path) -> Path:
    manifest = folder / MANIFEST
    try:
        stated = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    except OSError as error:
        raise PackError(
            f"{folder} is no policy pack: {MANIFEST} cannot be read ({error.strerror}). Name the folder of one with "
            "policyPack.path in soc2.yaml, or with --policy-pack."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PackError(f"{manifest} is no YAML in UTF-8.") from error
    runtime = stated.get("runtime") if isinstance(stated, Mapping) else None
    name = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if name != "python":
        raise PackError(f"{manifest} states the runtime {name!r}; only packs in Python can be asked.")
    options = runtime.get("options") if isinstance(runtime, Mapping) else None
    virtualenv = options.get("virtualenv") if isinstance(options, Mapping) else None
    return folder / str(virtualenv) / "bin" / "python" if virtualenv else Path(sys.executable)


def _port(process: subprocess.Popen[str], folder: Path, complaints: IO[str], seconds: float) -> int:
    """The port that the pack prints once it serves."""
    stdout = process.stdout
    if stdout is None:
        raise AssertionError("the pack was started with a pipe")
    deadline = time.monotonic() + seconds
    printed = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while not printed.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise PackError(f"The policy pack in {folder} did not start within {seconds:.0f} s.")
            if not (chunk := os.read(stdout.fileno(), 64)):
                break
            printed += chunk
    try:
        return int(printed)
    except ValueError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
        complaints.seek(0)
        said = [line.strip() for line in complaints.read().splitlines() if line.strip()]
        why = said[-1].removeprefix("error: ") if said else f"it printed no port, exit code {process.poll()}"
        raise PackError(f"The policy pack in {folder} does not start: {why}") from None


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _problems(told: str) -> tuple[str, ...]:
    first, _, rest = told.partition("\n")
    return tuple((rest or first).splitlines())
