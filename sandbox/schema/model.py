"""Resource types as the providers use them: what introspection read, joined with the reviewed traits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .traits import Traits

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["string", "number", "integer", "boolean", "any", "asset", "array", "map", "object"]


@dataclass(frozen=True)
class PropertyType:
    """A property's type.

    Attributes:
        kind: what it is.
        item: the type of the elements of an array or map.
        fields: the properties of an object, shared by all that refer to it.
    """

    kind: Kind
    item: PropertyType | None = None
    fields: Mapping[str, Property] | None = None


@dataclass(frozen=True)
class Property:
    """One property.

    Attributes:
        type: its type.
        required: an input that must be given; an output that is always present.
    """

    type: PropertyType
    required: bool


@dataclass(frozen=True)
class ResourceType:
    """One resource type.

    Attributes:
        token: Pulumi type token.
        name: last part of the token.
        inputs: input properties by camelCase name.
        outputs: output properties by camelCase name, without `id`.
        secrets: outputs that are secret as a whole.
        traits: what introspection cannot tell.
    """

    token: str
    name: str
    inputs: Mapping[str, Property]
    outputs: Mapping[str, Property]
    secrets: frozenset[str]
    traits: Traits


@dataclass(frozen=True)
class PackageSchema:
    """The resource types of one provider.

    Attributes:
        package: ``vercel`` or ``github``.
        version: version of the SDK, which is the plugin's too.
        provider: the provider's own configuration.
        resources: resource types by token.
    """

    package: str
    version: str
    provider: Mapping[str, Property]
    resources: Mapping[str, ResourceType]

    @property
    def explicit_nulls(self) -> bool:
        """Whether the provider is an SDKv2 one, whose outputs say null for what is not given."""
        return self.package == "github"


def package_schema(
    package: str, version: str, described: Mapping[str, Any], traits: Mapping[str, Traits], common: Traits
) -> PackageSchema:
    """Build the schema of a package from what `introspection.introspect` returned.

    Args:
        package: ``vercel`` or ``github``.
        version: version of the SDK.
        described: the introspected JSON.
        traits: reviewed traits by type name.
        common: traits of every type that has no entry, and what an entry leaves out.
    """
    inputs = _Types(described["inputTypes"])
    outputs = _Types(described["outputTypes"])
    resources = {}
    for token, resource in described["resources"].items():
        name = token.rpartition(":")[2]
        resources[token] = ResourceType(
            token,
            name,
            inputs.properties(resource["inputs"]),
            outputs.properties(resource["outputs"]),
            frozenset(resource["secrets"]),
            common.overlaid(traits[name]) if name in traits else common,
        )
    return PackageSchema(package, version, inputs.properties(described["provider"]), resources)


class _Types:
    def __init__(self, described: Mapping[str, Any]) -> None:
        self._described = described
        self._objects: dict[str, dict[str, Property]] = {}

    def properties(self, described: Mapping[str, Any]) -> dict[str, Property]:
        return {name: Property(self._type(kind), required) for name, (kind, required) in described.items()}

    def _type(self, described: Any) -> PropertyType:  # noqa: ANN401 - recursive JSON
        if isinstance(described, str):
            return PropertyType(described)  # type: ignore[arg-type]
        ((kind, item),) = described.items()
        if kind == "object":
            return PropertyType("object", fields=self._object(item))
        return PropertyType(kind, item=self._type(item))

    def _object(self, name: str) -> Mapping[str, Property]:
        if name not in self._objects:
            fields = self._objects[name] = {}  # registered first: types may refer to themselves
            fields.update(self.properties(self._described[name]))
        return self._objects[name]
