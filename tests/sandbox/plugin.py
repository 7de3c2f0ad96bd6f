"""A provider plugin as the engine drives it: a process, its port, and calls about one stack."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.provider import wire

_ROOT = Path(__file__).parents[2]


class Plugin:
    """A running provider; leaves no process behind."""

    def __init__(self, package: str, sandbox: Path, **configuration: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.provider", package],
            env={**os.environ, "SOC2_SANDBOX": str(sandbox), "PYTHONPATH": str(_ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        port = self._process.stdout.readline().strip()
        assert port, self._process.communicate()[1]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.calls = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._configuration = configuration

    def __enter__(self) -> Self:
        self.calls.Configure(provider_pb2.ConfigureRequest(args=wire.encode(self._configuration), acceptSecrets=True))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End the process with a signal; return its exit code and what it wrote to stderr."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        _, errors = self._process.communicate(timeout=20)
        self._channel.close()
        return self._process.returncode, errors

    def check(self, token: str, inputs: dict[str, Any], earlier: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return checked inputs; the refusals, if any, raise an AssertionError with their texts."""
        response = self.check_response(token, inputs, earlier)
        assert not response.failures, [failure.reason for failure in response.failures]
        return wire.decode(response.inputs)

    def check_response(
        self, token: str, inputs: dict[str, Any], earlier: dict[str, Any] | None = None
    ) -> provider_pb2.CheckResponse:
        response: provider_pb2.CheckResponse = self.calls.Check(
            provider_pb2.CheckRequest(
                urn=urn(token), news=wire.encode(inputs), olds=wire.encode(earlier or {}), randomSeed=b"seed"
            )
        )
        return response

    def refusals(self, token: str, inputs: dict[str, Any]) -> set[str]:
        """Return why Check refuses, a reason for each property."""
        failures = self.check_response(token, inputs).failures
        assert not any(failure.property for failure in failures), "the engine prints the value of a property it is told"
        return {failure.reason for failure in failures}

    def plan(self, token: str, checked: dict[str, Any]) -> dict[str, Any]:
        response = self.calls.Create(
            provider_pb2.CreateRequest(urn=urn(token), properties=wire.encode(checked), preview=True)
        )
        return wire.decode(response.properties)

    def create(self, token: str, checked: dict[str, Any], name: str = "it") -> tuple[str, dict[str, Any]]:
        response = self.calls.Create(provider_pb2.CreateRequest(urn=urn(token, name), properties=wire.encode(checked)))
        return response.id, wire.decode(response.properties)

    def make(self, token: str, inputs: dict[str, Any], name: str = "it") -> tuple[str, dict[str, Any]]:
        """Check and create."""
        return self.create(token, self.check(token, inputs), name)

    def diff(
        self, token: str, object_id: str, checked: dict[str, Any], state: dict[str, Any]
    ) -> provider_pb2.DiffResponse:
        response: provider_pb2.DiffResponse = self.calls.Diff(
            provider_pb2.DiffRequest(id=object_id, urn=urn(token), news=wire.encode(checked), olds=wire.encode(state))
        )
        return response

    def update(
        self, token: str, object_id: str, checked: dict[str, Any], state: dict[str, Any], *, preview: bool = False
    ) -> dict[str, Any]:
        response = self.calls.Update(
            provider_pb2.UpdateRequest(
                id=object_id,
                urn=urn(token),
                news=wire.encode(checked),
                olds=wire.encode(state),
                preview=preview,
            )
        )
        return wire.decode(response.properties)

    def read(
        self,
        token: str,
        object_id: str,
        state: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return id, outputs and inputs; the id is empty when the object is gone."""
        response = self.calls.Read(
            provider_pb2.ReadRequest(
                id=object_id,
                urn=urn(token),
                properties=wire.encode(state or {}),
                inputs=wire.encode(inputs) if inputs else struct_pb2.Struct(),
            )
        )
        return response.id, wire.decode(response.properties), wire.decode(response.inputs)

    def delete(self, token: str, object_id: str, state: dict[str, Any]) -> None:
        self.calls.Delete(provider_pb2.DeleteRequest(id=object_id, urn=urn(token), properties=wire.encode(state)))


def urn(token: str, name: str = "it") -> str:
    return f"urn:pulumi:dev::shop::{token}::{name}"


def message(error: grpc.RpcError) -> str:
    """Return what the user is shown of a refused call."""
    return str(error.details())
