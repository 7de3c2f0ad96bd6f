"""A policy pack as a process of its own, started the way the language host starts it."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

import grpc
import yaml
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from .errors import PackError

MANIFEST: Final = "PulumiPolicy.yaml"
_STARTS: Final = 60.0
_ENDS: Final = 20.0
_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_TOLD: Final = 2_000
_NO_ENGINE: Final = "127.0.0.1:0"
"""Where a pack would find the engine, which it only logs to."""
_CHANNEL_OPTIONS: Final = (
    # Bytes; what the Pulumi SDKs allow.
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    # The pack is on this machine, whatever proxy the environment names.
    ("grpc.enable_http_proxy", 0),
)


@contextlib.contextmanager
def serving(folder: Path, environment: Mapping[str, str], *, seconds: float = _STARTS) -> Iterator[AnalyzerStub]:
    """Start the pack in a folder, and end it afterwards.

    The first call of a pack's life is the one that it takes for the engine's; all calls go over one connection.

    Args:
        folder: the folder with the `PulumiPolicy.yaml`, absolute.
        environment: variables for the pack, beside the few that every process needs. It gets nothing else of ours.
        seconds: how long it may take to serve.

    Raises:
        PackError: the folder holds no pack in Python, or one that does not start.
    """
    python = _python(folder)
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                # Isolated from the current folder and from PYTHON* variables, so that only what is installed is
                # imported; unbuffered, since a pack of the stock SDK does not flush its port.
                [str(python), "-Iu", "-m", "pulumi.policy", _NO_ENGINE, str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=folder,
                env={**{name: os.environ[name] for name in _KEPT if name in os.environ}, **environment},
            )
        except OSError as error:
            raise PackError(f"{folder}: the policy pack does not start: {python}: {error.strerror}") from error
        try:
            port = _port(process, folder, said, seconds)
            with grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL_OPTIONS) as channel:
                yield AnalyzerStub(channel)
        finally:
            _end(process)


def _python(folder: Path) -> Path:
    """The Python that the pack asks for, else this one."""
    manifest = folder / MANIFEST
    try:
        stated = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    except OSError as error:
        raise PackError(
            f"{folder} is no policy pack: its {MANIFEST} cannot be read ({error.strerror}). Name the folder of one "
            "with policyPack.path in soc2.yaml, or with --policy-pack."
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


def _port(process: subprocess.Popen[bytes], folder: Path, said: IO[bytes], seconds: float) -> int:
    """The port that the pack prints once it serves."""
    if process.stdout is None:
        raise AssertionError("the pack is started with a pipe")
    deadline = time.monotonic() + seconds
    printed = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not printed.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise PackError(f"{folder}: the policy pack does not start: it did not serve within {seconds:.0f} s.")
            if not (chunk := os.read(process.stdout.fileno(), 64)):
                break
            printed += chunk
    if not printed.strip().isdigit():
        said.seek(0)
        why = said.read().decode(errors="replace").strip()[-_TOLD:]
        raise PackError(f"{folder}: the policy pack does not start: {why or 'it said nothing'}")
    return int(printed)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        # One that was asked to end writes the end of its journal first.
        process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        process.terminate()
    try:
        process.wait(timeout=_ENDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
