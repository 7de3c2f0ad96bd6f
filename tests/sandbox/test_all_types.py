"""Every resource type of both SDKs, from its smallest inputs to its deletion, over a real plugin's port."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.account import Account
from sandbox.provider.plan import Planner
from sandbox.provider.wire import UNKNOWN, reveal
from sandbox.schema import github, vercel
from sandbox.schema.cache import load
from sandbox.schema.model import PackageSchema, Property, PropertyType, ResourceType
from tests.sandbox.plugin import Plugin

_COUNTS = {"vercel": 63, "github": 88}
# What every other object can live below.
_FIRST = {"vercel": ["Project"], "github": ["Repository"]}


@pytest.mark.parametrize("package", ["vercel", "github"])
def test_every_type_lives_from_create_to_delete(package: str, tmp_path: Path) -> None:
    schema = load(package, tmp_path)
    assert len(schema.resources) == _COUNTS[package]
    with Plugin(package, tmp_path) as plugin:
        ids: dict[str, str] = {}
        states: dict[str, dict[str, Any]] = {}
        for resource in _in_order(schema):
            inputs = _smallest(resource, schema, ids)
            checked = plugin.check(resource.token, inputs)
            planned = plugin.plan(resource.token, checked)
            assert planned["id"] is UNKNOWN
            object_id, outputs = plugin.create(resource.token, checked)
            assert object_id, resource.name
            assert outputs["id"] == object_id
            missing = [name for name in inputs if name not in resource.traits.transient and name not in outputs]
            assert not missing, f"{resource.name}: {missing}"
            unknown = [name for name, value in outputs.items() if UNKNOWN in (value, reveal(value))]
            assert not unknown, f"{resource.name}: {unknown}"

            diff = plugin.diff(resource.token, object_id, checked, outputs)
            assert not diff.detailedDiff, f"{resource.name} differs from itself: {sorted(diff.detailedDiff)}"
            found, read, read_inputs = plugin.read(resource.token, object_id, outputs, checked)
            assert (found, read, read_inputs) == (object_id, outputs, checked), resource.name
            assert plugin.update(resource.token, object_id, checked, outputs)["id"] == object_id
            ids[resource.name] = object_id
            states[resource.token] = outputs
        for token, outputs in reversed(states.items()):
            plugin.delete(token, outputs["id"], outputs)
            assert plugin.read(token, outputs["id"], outputs) == ("", {}, {}), token
    assert Account.open(tmp_path / "account.db").count() == 0


@pytest.mark.parametrize("package", ["vercel", "github"])
def test_computed_outputs_of_every_type_are_unknown_in_its_plan(package: str, tmp_path: Path) -> None:
    schema = load(package, tmp_path)
    for resource in schema.resources.values():
        planned = Planner(resource, schema.explicit_nulls).create({})
        computed = [name for name, field in resource.outputs.items() if field.required]
        wrong = [
            name
            for name in computed
            if name not in resource.traits.defaults and reveal(planned.get(name)) is not UNKNOWN
        ]
        assert not wrong, f"{resource.name}: {wrong}"


@pytest.mark.parametrize("package", ["vercel", "github"])
def test_no_trait_names_a_type_or_a_property_that_is_not_there(package: str, tmp_path: Path) -> None:
    schema = load(package, tmp_path)
    own = {"vercel": vercel, "github": github}[package].TRAITS
    types = {resource.name: resource for resource in schema.resources.values()}
    assert own.keys() <= types.keys(), own.keys() - types.keys()
    for name, traits in own.items():
        resource = types[name]
        paths = _paths(resource.outputs) | _paths(resource.inputs) | {"id"}
        named = {
            *traits.defaults,
            *traits.settled,
            *traits.secrets,
            *traits.sets,
            *traits.replaces,
            *traits.computed,
            *traits.volatile,
            *traits.steady,
            *traits.zeroed,
            *traits.write_only,
            *traits.transient,
            *traits.required,
        }
        assert named <= paths, f"{name}: {sorted(named - paths)}"


def _in_order(schema: PackageSchema) -> list[ResourceType]:
    """Return the types with parents before what lives below them."""
    by_name = {resource.name: resource for resource in schema.resources.values()}
    ordered: dict[str, ResourceType] = {}

    def place(resource: ResourceType) -> None:
        for parent in resource.traits.parents:
            if parent.property in resource.inputs and parent.type != resource.name:
                place(by_name[parent.type])
        ordered[resource.name] = resource

    for name in [*_FIRST[schema.package], *by_name]:
        place(by_name[name])
    return list(ordered.values())


def _smallest(resource: ResourceType, schema: PackageSchema, ids: dict[str, str]) -> dict[str, Any]:
    inputs = {
        name: _value(field.type, name)
        for name, field in resource.inputs.items()
        if field.required or name in resource.traits.required
    }
    for parent in resource.traits.parents:
        if parent.property in inputs:
            inputs[parent.property] = ids[parent.type]
    if "name" in resource.inputs and "name" not in inputs and resource.inputs["name"].type.kind == "string":
        inputs["name"] = f"{schema.package}-{resource.name}"
    return inputs


def _value(kind: PropertyType, name: str) -> Any:
    if kind.kind == "object":
        return {key: _value(field.type, key) for key, field in (kind.fields or {}).items() if field.required}
    if kind.kind in ("array", "map"):
        item = _value(kind.item or kind, name)
        return [item] if kind.kind == "array" else {"key": item}
    return {"string": name, "boolean": True, "integer": 1.0, "number": 0.5, "any": name}[kind.kind]


def _paths(fields: Any, prefix: str = "", depth: int = 0) -> set[str]:
    found: set[str] = set()
    field: Property
    for name, field in fields.items():
        found.add(prefix + name)
        kind: PropertyType | None = field.type
        while kind is not None and kind.kind in ("array", "map"):
            kind = kind.item
        if kind is not None and kind.fields and depth < 6:
            found |= _paths(kind.fields, f"{prefix}{name}.", depth + 1)
    return found
