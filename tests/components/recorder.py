"""What a program declares, recorded by Pulumi's runtime mocks: every resource with its inputs as they are sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import reset_options

_SECRET_KEY = "4dabf18193072939515e22adb298388d"
_SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Declared:
    """A resource: its type token, its name, its inputs without wrappings, and the paths of those that are secret."""

    type: str
    name: str
    inputs: dict[str, Any]
    secret: frozenset[str]
    secret_outputs: frozenset[str]
    import_id: str


class _Mocks(mocks.Mocks):
    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"unexpected call of {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"{args.name}-id", {"nodeId": f"{args.name}-node", **args.inputs}


class _Monitor(mocks.MockMonitor):
    """Keeps the requests as they are sent, where secrets are still marked."""

    def __init__(self) -> None:
        super().__init__(_Mocks())
        self.requests: list[resource_pb2.RegisterResourceRequest] = []

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802 - gRPC's name
        self.requests.append(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]  # the SDK leaves it untyped


def declared_by(program: Callable[[], object]) -> list[Declared]:
    """Run a program under mocks and give what it declared, without the stack itself."""
    monitor = _Monitor()
    pulumi.runtime.set_mocks(_Mocks(), project="tests", stack="unit", monitor=monitor)

    def run() -> None:
        program()

    try:
        pulumi.runtime.test(run)()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
    finally:
        reset_options()
    return [_declared(request) for request in monitor.requests if request.type != "pulumi:pulumi:Stack"]


def _declared(request: resource_pb2.RegisterResourceRequest) -> Declared:
    secret: set[str] = set()
    inputs = _plain(MessageToDict(request.object), "", secret)
    return Declared(
        request.type,
        request.name,
        inputs,
        frozenset(secret),
        frozenset(request.additionalSecretOutputs),
        request.importId,
    )


def _plain(value: Any, path: str, secret: set[str]) -> Any:
    if isinstance(value, dict):
        if value.get(_SECRET_KEY) == _SECRET_MARK:
            secret.add(path)
            return _plain(value["value"], path, secret)
        return {key: _plain(item, f"{path}.{key}".lstrip("."), secret) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{path}[{index}]", secret) for index, item in enumerate(value)]
    return value


def of_type(declared: list[Declared], token: str) -> list[Declared]:
    """The resources of a type, in the order of declaration."""
    return [resource for resource in declared if resource.type == token]


def named(declared: list[Declared], token: str, name: str) -> Declared:
    """The one resource of a type and name."""
    (found,) = (resource for resource in declared if resource.type == token and resource.name == name)
    return found
