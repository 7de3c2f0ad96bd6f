"""A policy pack as a process of its own, as the engine's language host starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

_MESSAGE_LIMIT = 400 * 1024 * 1024
"""Bytes; the engine's own limit."""


def everyday(environment: Mapping[str, str]) -> dict[str, str]:
    """With compiled modules kept, as they are wherever nobody asked for something else."""
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Served:
    """A running pack, told that this is a preview and nothing else, as the engine tells it.

    Attributes:
        stub: its methods.
        started_in: seconds from starting the process until it is ready to judge, all that the engine asks before
            included: a pack that puts off loading until then is no faster for it.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pulumi.policy", "127.0.0.1:1", str(folder)],
            stdout=subprocess.PIPE,
            cwd=folder,
            env=everyday(os.environ) | dict(environment or {}),
            text=True,
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        if not port:
            raise ChildProcessError(f"{folder} did not start")
        limits = [("grpc.max_receive_message_length", _MESSAGE_LIMIT), ("grpc.max_send_message_length", _MESSAGE_LIMIT)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=limits)
        self.stub = AnalyzerStub(self._channel)
        info = self.stub.GetAnalyzerInfo(Empty())
        self.stub.ConfigureStack(pb.AnalyzerStackConfigureRequest(stack="wide", project="wide", dry_run=True))
        self.stub.Configure(_as_published(info))
        self.started_in = time.perf_counter() - began

    def peak_megabytes(self) -> float:
        """The most memory that the process has had resident; where the system does not tell, what it has now."""
        status = Path(f"/proc/{self._process.pid}/status")
        if status.exists():
            [line] = [line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:")]
            return int(line.split()[1]) / 1024
        listed = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self._process.pid)], capture_output=True, text=True, check=True
        )
        return int(listed.stdout) / 1024

    def stop(self) -> None:
        self._channel.close()
        self._process.terminate()
        self._process.wait(timeout=10)


def _as_published(info: pb.AnalyzerInfo) -> pb.ConfigureAnalyzerRequest:
    """What the engine sends where nobody configures anything: the levels and defaults that the pack published."""
    request = pb.ConfigureAnalyzerRequest()
    for policy in info.policies:
        config = request.policyConfig[policy.name]
        config.enforcementLevel = policy.enforcementLevel
        for key, schema in policy.configSchema.properties.fields.items():
            if "default" in schema.struct_value.fields:
                config.properties.fields[key].CopyFrom(schema.struct_value.fields["default"])
    return request


@contextmanager
def served(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Yield a running pack; it ends with the block.

    Raises:
        ChildProcessError: it did not start.
    """
    pack = Served(folder, environment)
    try:
        yield pack
    finally:
        pack.stop()
