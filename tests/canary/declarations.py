"""Every resource type that takes a secret, with a distinct value at each place of one.

The places come from the sandbox's schema: outputs that an SDK declares secret, and the reviewed secrets,
write-only and transient inputs inside. None of them is marked secret here: that is what the providers are for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.schema.model import PackageSchema, PropertyType, ResourceType

MARK = "c4nary"
ID_OF = "$idOf"


@dataclass(frozen=True)
class Declarations:
    """What the program declares, parents first, and the values that must not be seen.

    Attributes:
        resources: ``{"token", "name", "inputs"}``; an input ``{"$idOf": name}`` is the id of another resource.
        values: place, e.g. ``vercel LogDrain.secret``, to its value.
    """

    resources: list[dict[str, Any]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


def declare(schemas: list[PackageSchema]) -> Declarations:
    """Declare each type of `schemas` that takes a secret, and the types it lives below."""
    declared = Declarations()
    for schema in schemas:
        for resource in _parents_first(schema):
            declared.resources.append(
                {
                    "token": resource.token,
                    "name": f"{schema.package}-{resource.name}",
                    "inputs": _Inputs(schema, resource, declared.values).build(),
                }
            )
    return declared


def secret_places(resource: ResourceType) -> frozenset[str]:
    """The paths of a type's secret inputs."""
    traits = resource.traits
    marked = resource.secrets | traits.secrets | traits.write_only | traits.transient
    return frozenset(path for path in marked if path.partition(".")[0] in resource.inputs)


def _parents_first(schema: PackageSchema) -> Iterator[ResourceType]:
    by_name = {resource.name: resource for resource in schema.resources.values()}
    placed: set[str] = set()

    def place(resource: ResourceType) -> Iterator[ResourceType]:
        if resource.name in placed:
            return
        placed.add(resource.name)
        for parent in resource.traits.parents:
            if _names(resource, parent.property):
                yield from place(by_name[parent.type])
        yield resource

    for resource in schema.resources.values():
        if secret_places(resource):
            yield from place(resource)


def _names(resource: ResourceType, name: str) -> bool:
    """Whether a resource of this type is declared with the input `name`, which names its parent."""
    return name in resource.inputs and (resource.inputs[name].required or name in resource.traits.required)


class _Inputs:
    """Builds the inputs of one resource: what is required, and every secret."""

    def __init__(self, schema: PackageSchema, resource: ResourceType, values: dict[str, str]) -> None:
        self._package = schema.package
        self._resource = resource
        self._secrets = secret_places(resource)
        self._values = values

    def build(self) -> dict[str, Any]:
        traits = self._resource.traits
        parents = {parent.property: parent.type for parent in traits.parents}
        inputs: dict[str, Any] = {}
        for name, given in self._resource.inputs.items():
            if _names(self._resource, name) and name in parents:
                inputs[name] = {ID_OF: f"{self._package}-{parents[name]}"}
            elif given.required or name in traits.required or self._holds_secret(name):
                inputs[name] = self._value(given.type, name, secret=False)
        return inputs

    def _holds_secret(self, path: str) -> bool:
        return any(secret == path or secret.startswith(f"{path}.") for secret in self._secrets)

    def _value(self, kind: PropertyType, path: str, *, secret: bool) -> Any:
        secret = secret or path in self._secrets
        if kind.kind == "object":
            return {
                name: self._value(given.type, f"{path}.{name}", secret=secret)
                for name, given in (kind.fields or {}).items()
                if secret or given.required or self._holds_secret(f"{path}.{name}")
            }
        if kind.kind in ("array", "map"):
            item = self._value(kind.item or kind, path, secret=secret)
            return [item] if kind.kind == "array" else {"Authorization": item}
        if kind.kind == "string":
            return self._canary(path) if secret else f"{self._resource.name.lower()}-{path.rpartition('.')[2].lower()}"
        return {"boolean": False, "integer": 1, "number": 1}[kind.kind]

    def _canary(self, path: str) -> str:
        place = f"{self._package} {self._resource.name}.{path}"
        self._values[place] = f"{MARK}-{len(self._values)}-{place.replace(' ', '-').replace('.', '-')}"
        return self._values[place]
