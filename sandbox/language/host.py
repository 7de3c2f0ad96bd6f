"""The language host itself: `pulumirpc.LanguageRuntime` over gRPC."""

# The names of the methods are the protocol's.
# ruff: noqa: N802

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from concurrent import futures
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from .children import Children, tethered
from .interpreter import Interpreter, InterpreterError
from .program import BAIL
from .tether import watch_parent

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping

Dependency = TypeVar("Dependency", plugin_pb2.PackageDependency, plugin_pb2.PluginDependency)

_MESSAGE_BYTES = 400 * 1024 * 1024
_OPTIONS = [
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
]
# Run and RunPlugin hold a thread for as long as the program or the pack runs.
_THREADS = 32
_PROGRAM = Path(__file__).with_name("program.py")
_CHUNK_BYTES = 64 * 1024

ENGINE_PID = "SOC2_ENGINE_PID"
"""Set by the shim that starts the host: the process id of the engine, known before Python is up."""


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers one engine."""

    def __init__(self, engine_address: str, children: Children) -> None:
        self._engine_address = engine_address
        self._children = children

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Take the engine's address."""
        self._engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Tell the version: that of the SDK this host runs with."""
        return plugin_pb2.PluginInfo(version=version("pulumi"))

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """Tell the interpreter, for `pulumi about`."""
        interpreter = _interpreter(request.info, context)
        return language_pb2.AboutResponse(
            executable=str(interpreter.executable), version=interpreter.inventory().version
        )

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Tell the plugins that the installed SDKs ask for."""
        return language_pb2.GetRequiredPackagesResponse(
            packages=_required(plugin_pb2.PackageDependency, request.info, context)
        )

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """Tell the same to an engine that asks in the older way."""
        return language_pb2.GetRequiredPluginsResponse(
            plugins=_required(plugin_pb2.PluginDependency, request.info, context)
        )

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """List the installed distributions, for `pulumi about`."""
        installed = _interpreter(request.info, context).inventory().distributions
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=installed[name]) for name in sorted(installed)]
        )

    def RuntimeOptionsPrompts(
        self, request: language_pb2.RuntimeOptionsRequest, context: grpc.ServicerContext
    ) -> language_pb2.RuntimeOptionsResponse:
        """Ask nothing: every option has a default here."""
        return language_pb2.RuntimeOptionsResponse()

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run a program in a process of its own; its output is this process's, which the engine reads."""
        if request.attach_debugger:
            return language_pb2.RunResponse(error="the sandbox's language host attaches no debugger")
        interpreter = _interpreter(request.info, context)
        arguments = {
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization or "organization",
            "root_directory": request.info.root_directory,
            "monitor": request.monitor_address,
            "engine": request.args[0] if request.args else self._engine_address,
            "parallel": request.parallel,
            "dry_run": request.dryRun,
            "entry": str(Path(request.info.program_directory) / request.info.entry_point),
        }
        child = self._children.start(
            tethered(interpreter.executable, "file", str(_PROGRAM), json.dumps(arguments)),
            cwd=request.pwd or request.info.program_directory,
            env=_environment(
                interpreter,
                {
                    **os.environ,
                    "PULUMI_CONFIG": json.dumps(dict(request.config)),
                    "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
                },
            ),
        )
        self._end_with_call(context, child)
        code = self._children.wait(child)
        if code == 0:
            return language_pb2.RunResponse()
        if code == BAIL:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=_ending("program", code))

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack (kind `analyzer`), streaming its output and at the end its exit code."""
        if request.kind != "analyzer":
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"the sandbox's language host runs policy packs, not plugins of kind {request.kind!r}",
            )
        interpreter = _interpreter(request.info, context)
        # The engine's address, then the pack, then flags: the order `pulumi.policy` reads.
        args = [*request.args[:1], request.info.program_directory, *request.args[1:]]
        environment = dict(entry.split("=", 1) for entry in request.env if "=" in entry) or dict(os.environ)
        child = self._children.start(
            tethered(interpreter.executable, "module", "pulumi.policy", *args),
            cwd=request.pwd or request.info.program_directory,
            env=_environment(interpreter, environment),
            piped=True,
        )
        self._end_with_call(context, child)
        for name, chunk in _output(child):
            if name == "stdout":
                yield language_pb2.RunPluginResponse(stdout=chunk)
            else:
                yield language_pb2.RunPluginResponse(stderr=chunk)
        yield language_pb2.RunPluginResponse(exitcode=self._children.wait(child))

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Fill the virtualenv that the project names from `requirements.txt`; without one, change nothing."""
        interpreter = _interpreter(request.info, context, check=False)
        if interpreter.virtualenv is None:
            yield language_pb2.InstallDependenciesResponse(
                stdout=f"Packages come from {interpreter.executable}: nothing to install.\n".encode()
            )
            return
        commands = [[sys.executable, "-m", "venv", str(interpreter.virtualenv)]]
        requirements = Path(request.directory) / "requirements.txt"
        if requirements.exists():
            commands.append([str(interpreter.executable), "-m", "pip", "install", "-r", str(requirements)])
        for command in commands:
            child = self._children.start(command, cwd=request.directory, env=os.environ, piped=True)
            self._end_with_call(context, child)
            for name, chunk in _output(child):
                if name == "stdout":
                    yield language_pb2.InstallDependenciesResponse(stdout=chunk)
                else:
                    yield language_pb2.InstallDependenciesResponse(stderr=chunk)
            if code := self._children.wait(child):
                context.abort(grpc.StatusCode.INTERNAL, f"`{' '.join(command)}` ended with exit code {code}")

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Nothing to do: the engine ends the calls that are under way, and their processes end with them."""
        return empty_pb2.Empty()

    def _end_with_call(self, context: grpc.ServicerContext, child: subprocess.Popen[bytes]) -> None:
        """End `child` when the engine gives the call up."""
        context.add_callback(lambda: self._children.end(child) if child.poll() is None else None)


def _interpreter(info: language_pb2.ProgramInfo, context: grpc.ServicerContext, *, check: bool = True) -> Interpreter:
    try:
        interpreter = Interpreter.for_program(info)
        return interpreter.checked() if check else interpreter
    except InterpreterError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise AssertionError from error  # abort never returns; its type does not say so


def _required(
    dependency: Callable[..., Dependency], info: language_pb2.ProgramInfo, context: grpc.ServicerContext
) -> list[Dependency]:
    """The plugins of the installed SDKs, in the message that the newer or the older way to ask wants."""
    return [
        dependency(name=plugin.name, kind="resource", version=f"v{plugin.version}", server=plugin.server)
        for plugin in _interpreter(info, context).inventory().plugins
    ]


def _environment(interpreter: Interpreter, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program or pack: `base`, with the virtualenv active if there is one."""
    environment = {name: value for name, value in base.items() if name != ENGINE_PID}
    if interpreter.virtualenv:
        environment["VIRTUAL_ENV"] = str(interpreter.virtualenv)
        environment["PATH"] = os.pathsep.join([str(interpreter.executable.parent), environment.get("PATH", os.defpath)])
        environment.pop("PYTHONHOME", None)
    return environment


def _output(child: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """Chunks of a child's stdout and stderr, as they come, until both are at their end."""
    chunks: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def read(name: str, stream: IO[bytes]) -> None:
        while chunk := os.read(stream.fileno(), _CHUNK_BYTES):
            chunks.put((name, chunk))
        chunks.put((name, b""))

    streams = [(name, stream) for name in ("stdout", "stderr") if (stream := getattr(child, name))]
    for name, stream in streams:
        threading.Thread(target=read, args=(name, stream), daemon=True).start()
    open_streams = len(streams)
    while open_streams:
        name, chunk = chunks.get()
        if chunk:
            yield name, chunk
        else:
            open_streams -= 1


def _ending(what: str, code: int) -> str:
    if code < 0:
        return f"{what} was ended by signal {signal.Signals(-code).name}"
    return f"{what} ended with exit code {code}"


def main() -> None:
    """Serve until the engine interrupts this process or is gone."""
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    children = Children()
    # Python writes to this pipe whichever thread gets the signal; a handler would wait until the main thread, which
    # is blocked, happens to wake.
    ended, ending = os.pipe()
    os.set_blocking(ending, False)
    signal.set_wakeup_fd(ending, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)

    def end() -> None:
        os.write(ending, b".")

    watch_parent(int(os.environ.get(ENGINE_PID) or os.getppid()), end)

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_THREADS), options=_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(
        LanguageHost(addresses[0] if addresses else "", children), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()

    os.read(ended, 1)
    children.end_all()
    server.stop(grace=None)
    # Threads that still serve a call of an engine that is gone must not hold the end up.
    os._exit(0)
