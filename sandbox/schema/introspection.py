"""Reads resource types, properties and secrets out of an installed provider SDK.

The result is JSON, so that it can be kept: importing a provider SDK takes longer than a small preview.
A property type is ``"string"``, ``"number"``, ``"integer"``, ``"boolean"``, ``"any"`` or ``"asset"``, or
an object with one key: ``{"array": <type>}``, ``{"map": <type>}``, ``{"object": <name of a nested type>}``.
A property is ``[<type>, <required>]``; an output that is required is always present.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ForwardRef, TypeAlias, Union, get_args, get_origin, get_type_hints

import pulumi

TypeJson: TypeAlias = "str | dict[str, TypeJson]"
PropertiesJson: TypeAlias = dict[str, tuple[TypeJson, bool]]

_SCALARS: dict[object, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def introspect(module_name: str) -> dict[str, Any]:
    """Return the schema of a provider SDK.

    Args:
        module_name: the SDK's top-level module, e.g. ``pulumi_github``.

    Returns:
        ``{"provider": properties,
        "resources": {token: {"inputs": properties, "outputs": properties, "secrets": [names]}},
        "inputTypes": {name: properties}, "outputTypes": {name: properties}}``.
    """
    module = importlib.import_module(module_name)
    inputs = _NestedTypes(importlib.import_module(f"{module_name}._inputs"), suffix="Args")
    outputs = _NestedTypes(importlib.import_module(f"{module_name}.outputs"), suffix="")
    resources = {}
    for resource in _resource_classes(module):
        scope = vars(inspect.getmodule(resource))
        # The SDK's generator says InitArgs where a nested type already has the name.
        name = resource.__name__
        arguments = scope.get(f"{name}InitArgs") or scope[f"{name}Args"]
        resources[resource.pulumi_type] = {
            "inputs": _argument_properties(arguments, inputs),
            "outputs": _getter_properties(resource, outputs),
            "secrets": _secret_outputs(resource),
        }
    provider = importlib.import_module(f"{module_name}.provider").ProviderArgs
    return {
        "provider": _argument_properties(provider, inputs),
        "resources": resources,
        "inputTypes": inputs.collected,
        "outputTypes": outputs.collected,
    }


class _NestedTypes:
    """Collects the nested object types that properties refer to."""

    def __init__(self, module: Any, *, suffix: str) -> None:  # noqa: ANN401 - a module of generated classes
        self.collected: dict[str, PropertiesJson] = {}
        self._module = module
        self._suffix = suffix

    def refer(self, annotation: object) -> str:
        cls = vars(self._module)[_forward_name(annotation)]
        name: str = cls.__name__.removesuffix(self._suffix)
        if name not in self.collected:
            self.collected[name] = {}  # first, because types may refer to themselves
            read = _argument_properties if self._suffix else _getter_properties
            self.collected[name] = read(cls, self)
        return name


def _resource_classes(module: Any) -> Iterator[Any]:  # noqa: ANN401
    for value in vars(module).values():
        if (
            inspect.isclass(value)
            and issubclass(value, pulumi.CustomResource)
            and not issubclass(value, pulumi.ProviderResource)
        ):
            yield value


def _argument_properties(cls: Any, nested: _NestedTypes) -> PropertiesJson:  # noqa: ANN401
    required = {
        name
        for name, parameter in inspect.signature(cls.__init__).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }
    return {
        pulumi_name: (_type(annotation, nested), name in required)
        for name, pulumi_name, annotation in _getters(cls, nested)
    }


def _getter_properties(cls: Any, nested: _NestedTypes) -> PropertiesJson:  # noqa: ANN401
    return {
        pulumi_name: (_type(annotation, nested), not _is_optional(annotation))
        for _, pulumi_name, annotation in _getters(cls, nested)
    }


def _getters(cls: Any, nested: _NestedTypes) -> Iterator[tuple[str, str, object]]:  # noqa: ANN401, ARG001
    for name, member in vars(cls).items():
        if not isinstance(member, property) or member.fget is None:
            continue
        # `pulumi.getter` keeps the camelCase name on the function it decorates.
        pulumi_name = getattr(member.fget, "_pulumi_name", name)
        annotation = member.fget.__annotations__["return"]
        if isinstance(annotation, str):
            annotation = get_type_hints(member.fget)["return"]
        origin: object = get_origin(annotation)
        if origin is pulumi.Output:
            (annotation,) = get_args(annotation)
        yield name, pulumi_name, annotation


def _type(annotation: object, nested: _NestedTypes) -> TypeJson:
    candidates = [candidate for candidate in _flatten(annotation) if candidate is not type(None)]
    scalars = [_SCALARS[candidate] for candidate in candidates if candidate in _SCALARS]
    if scalars:
        return scalars[0]
    for candidate in candidates:
        origin = get_origin(candidate)
        if origin is Sequence:
            return {"array": _type(get_args(candidate)[0], nested)}
        if origin is Mapping:
            return {"map": _type(get_args(candidate)[1], nested)}
        if candidate is Any:
            return "any"
        if isinstance(candidate, type) and issubclass(candidate, (pulumi.Asset, pulumi.Archive)):
            return "asset"
        name = _forward_name(candidate)
        if not name.endswith("ArgsDict"):
            return {"object": nested.refer(candidate)}
    raise TypeError(f"no property type for {annotation!r}")


def _flatten(annotation: object) -> Iterator[object]:
    """Yield the members of unions and of `pulumi.Input`, which is one with awaitables and outputs."""
    origin = get_origin(annotation)
    if origin is Union:
        for member in get_args(annotation):
            if get_origin(member) is None or get_origin(member) in (Union, Sequence, Mapping):
                yield from _flatten(member)
    else:
        yield annotation


def _is_optional(annotation: object) -> bool:
    return get_origin(annotation) is Union and type(None) in get_args(annotation)


def _forward_name(annotation: object) -> str:
    if isinstance(annotation, ForwardRef):
        name = annotation.__forward_arg__
    elif isinstance(annotation, str):
        name = annotation
    else:
        name = getattr(annotation, "__name__", "")
    return name.rpartition(".")[2]


def _secret_outputs(resource: Any) -> list[str]:  # noqa: ANN401
    """Return what the generated constructor declares as `additional_secret_outputs`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(resource._internal_init)))
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "additional_secret_outputs":
            return [str(name) for name in ast.literal_eval(node.value)]
    return []
