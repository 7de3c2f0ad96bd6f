"""Runs a sandbox provider as the plugin process that the engine starts."""

from __future__ import annotations

import os
import signal
import sys
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from ..errors import SandboxError
from ..language.tether import watch_parent
from ..schema.cache import PACKAGES, load
from .servicer import SandboxProvider

if TYPE_CHECKING:
    from collections.abc import Sequence

# As many as the engine's default parallelism on a large machine; each thread has its own SQLite connection.
_WORKERS = 16
_MAX_MESSAGE_BYTES = 400 * 1024 * 1024
_ENDING = (signal.SIGINT, signal.SIGTERM)
_SANDBOX = "SOC2_SANDBOX"
_ENGINE_PID = "SOC2_ENGINE_PID"


def main(arguments: Sequence[str]) -> int:
    """Serve the provider named by the first argument until the engine ends; return the exit code.

    The port goes to stdout as one line, as the plugin protocol has it. The environment names the
    sandbox directory (`SOC2_SANDBOX`) and may name the engine's process (`SOC2_ENGINE_PID`).
    """
    if not arguments or arguments[0] not in PACKAGES:
        sys.stderr.write(f"usage: python -m sandbox.provider {'|'.join(PACKAGES)}\n")
        return 2
    sandbox = os.environ.get(_SANDBOX)
    if not sandbox:
        sys.stderr.write(
            f"{_SANDBOX} is not set: this provider serves sandbox stacks only; start them with `python -m sandbox`\n"
        )
        return 2
    # Blocked before any thread starts, and waited for below: a handler could meet a lock that its own thread holds.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    # The engine cannot end its plugins when it is killed itself.
    watch_parent(int(os.environ.get(_ENGINE_PID) or os.getppid()), lambda: os._exit(1))
    directory = Path(sandbox)
    try:
        schema = load(arguments[0], directory)
    except (OSError, SandboxError) as error:
        sys.stderr.write(f"{directory}: the sandbox cannot be used: {error}\n")
        return 1
    limits = [
        ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_WORKERS), options=limits)
    servicer = SandboxProvider(schema, directory / "account.db")
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    signal.sigwait(_ENDING)
    # Calls that run may finish: an object that is stored should reach the engine's state.
    server.stop(grace=1).wait()
    return 0
