"""Auto-remediation: what a rule would tighten is written into the engine's own form of the resource, and judged again.

A remediation changes values that the program stated; it decides nothing that only the update will know, and what was
marked as secret stays marked. Whatever it does not change stays as the engine sent it, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TypeAlias

from google.protobuf.struct_pb2 import Struct
from google.protobuf.struct_pb2 import Value as WireValue
from pulumi.runtime.proto import analyzer_pb2 as pb

from . import message
from .journal import Remediation
from .manifest import Manifest
from .resources import Resource
from .rule import ResourceRule, Violation
from .values import UNKNOWN, Malformed, Opaque, Raw, Secret, Undetermined, Value
from .verdict import Limit, Outcome, Verdict, judge_resource
from .wire import decode, encode, within_marks

Held: TypeAlias = Callable[[Verdict], bool]
"""Whether something that a rule found is held against the resource: `Enforcement.holds` of a configuration."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A remediation that may be carried out: its result passes the rule.

    Attributes:
        properties: all properties of the resource, in the engine's form.
        changed: the paths of those that were changed.
    """

    properties: Struct
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """The rule's remediation is not offered, and why; what the rule found stands."""

    reason: str


def setting(resource: Resource, values: Mapping[str, Raw]) -> dict[str, Raw]:
    """The properties of a resource with some set to other values; for rules to state their remediation.

    Args:
        resource: the resource.
        values: new values by path, e.g. `vercelAuthentication.deploymentType`. Objects that are not there are made.

    Raises:
        Undetermined: a path leads through something unknown.
        Malformed: a path leads through something that is no object.
    """
    tree: Raw = resource.declared.raw()
    for path, value in values.items():
        tree = _put(tree, path.split("."), value)
    return Value(tree).raw()


def without_configuration(verdict: Verdict) -> bool:
    """What is `Held` where nobody configures anything: every violation but advice."""
    return any(isinstance(finding, Violation) and finding.held for finding in verdict.findings)


def attempt(
    rule: ResourceRule,
    resource: Resource,
    sent: Struct,
    limit: Limit = nullcontext,
    *,
    stored: bool = False,
    held: Held = without_configuration,
) -> Remedy | Withheld | None:
    """Tries a rule's remediation on a resource that breaks the rule.

    Args:
        rule: the rule.
        resource: the resource as decoded from `sent`.
        sent: its properties as the engine sent them, bookkeeping of the provider included.
        limit: what rule code runs inside of.
        stored: whether it was decoded as stored state.
        held: whether what the rule finds is held against the resource. What is waived, what the stated plan lacks and
            what is advice only is left as the program states it.

    Returns:
        None where there is nothing to change: nothing is held against the resource, or the rule has no remediation
        for it.
    """
    if rule.remediate is None or not held(judge_resource(rule, resource, limit)):
        return None
    properties = Struct()
    properties.CopyFrom(sent)
    try:
        with limit(rule.id):
            wanted = rule.remediate(resource)
            if wanted is None:
                return None
            changed = tuple(sorted(_amend_fields(properties, resource.declared.raw(), wanted, "")))
    except Undetermined as unknown:
        return Withheld(f"{unknown.path} is redacted" if stored else f"{unknown.path} is not known yet")
    except Malformed as shape:
        return Withheld(f"{shape.path} is not {shape.expected}")
    except _Marked as marked:
        return Withheld(f"{marked.path} would be replaced, and holds a value that must not be lost")
    except BaseException as crash:
        return Withheld(f"the rule's remediation itself failed ({type(crash).__name__})")
    after = Value(decode(properties, stored=stored))
    verdict = judge_resource(rule, replace(resource, properties=after, declared=after), limit)
    if verdict.outcome is not Outcome.PASS:
        return Withheld("the resource would still not be shown to keep the rule")
    return Remedy(properties, changed) if changed else None


def remediate(
    rules: Iterable[ResourceRule],
    request: pb.AnalyzeRequest,
    manifest: Manifest,
    held: Held,
    limit: Limit = nullcontext,
    *,
    stored: bool = False,
) -> tuple[pb.RemediateResponse, list[Remediation]]:
    """The engine's answer, and its record: each rule's remediation, tried on the result of the one before."""
    response, sent = pb.RemediateResponse(), request.properties
    record: list[Remediation] = []
    for rule in rules:
        raw = decode(sent, stored=stored)
        tree = Value(raw)
        resource = Resource(request.type, request.urn, request.name, tree, tree, parent=request.options.parent)
        found = attempt(rule, resource, sent, limit, stored=stored, held=held)
        if isinstance(found, Remedy):
            sent = found.properties
            response.remediations.append(_entry(rule, manifest, properties=sent))
        if found is not None:
            # To the engine a remediation either changes properties or says something, so this is an entry of its own.
            secrets = message.secrets_in([raw])
            told = _told(rule, found, secrets, manifest.repository)
            response.remediations.append(_entry(rule, manifest, diagnostic=told))
            record.append(_recorded(rule, request.urn, found, told, secrets))
    return response, record


class _Marked(Exception):
    """A remediation would take away a value that is unknown, secret or opaque."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def _amend_fields(wire: Struct, before: dict[str, Raw], after: dict[str, Raw], path: str) -> Iterator[str]:
    for key in before.keys() - after.keys():
        within = _join(path, key)
        if _holds_marks(before[key]):
            raise _Marked(within)
        del wire.fields[key]
        yield within
    for key, value in after.items():
        within = _join(path, key)
        if key in before:
            yield from _amend(wire.fields[key], before[key], value, within)
        else:
            wire.fields[key].CopyFrom(_encoded(value))
            yield within


def _amend(wire: WireValue, before: Raw, after: Raw, path: str) -> Iterator[str]:
    """Changes a value in place where it differs, and gives the paths of what was changed."""
    if before is UNKNOWN:
        if after is not UNKNOWN:
            raise Undetermined(path)
        return
    if isinstance(before, Secret):
        inside = after.value if isinstance(after, Secret) else after  # the mark stays, whether the rule kept it or not
        yield from _amend(within_marks(wire), _bare(before), _bare(inside), path)
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _amend_fields(within_marks(wire).struct_value, before, after, path)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        elements = within_marks(wire).list_value.values
        for index, (each, old, new) in enumerate(zip(elements, before, after, strict=True)):
            yield from _amend(each, old, new, f"{path}[{index}]")
    elif type(before) is not type(after) or before != after:
        if _holds_marks(before):
            raise _Marked(path)
        within_marks(wire).CopyFrom(_encoded(after))
        yield path


def _bare(raw: Raw) -> Raw:
    while isinstance(raw, Secret):
        raw = raw.value
    return raw


def _holds_marks(raw: Raw) -> bool:
    if raw is UNKNOWN or isinstance(raw, Secret | Opaque):
        return True
    inside = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    return any(map(_holds_marks, inside))


def _encoded(raw: Raw) -> WireValue:
    return encode({"value": raw}).fields["value"]


def _put(raw: Raw, keys: Sequence[str], value: Raw, path: str = "") -> Raw:
    if not keys:
        return value
    if isinstance(raw, Secret):
        return Secret(_put(raw.value, keys, value, path))
    if raw is UNKNOWN:
        raise Undetermined(path)
    if raw is not None and not isinstance(raw, dict):
        raise Malformed(path, "an object")
    stated = raw or {}
    return {**stated, keys[0]: _put(stated.get(keys[0]), keys[1:], value, _join(path, keys[0]))}


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _told(rule: ResourceRule, found: Remedy | Withheld, secrets: Sequence[str], repository: str) -> str:
    if isinstance(found, Withheld):
        return message.not_remediated(rule, found.reason, secrets, repository=repository)
    return message.remediated(rule, found.changed, secrets, repository=repository)


def _recorded(rule: ResourceRule, urn: str, found: Remedy | Withheld, told: str, secrets: Sequence[str]) -> Remediation:
    severity = rule.severity.value
    if isinstance(found, Withheld):
        return Remediation(rule.id, urn, told, severity, withheld=message.clean(found.reason, secrets))
    return Remediation(rule.id, urn, told, severity, changed=[message.clean(path, secrets) for path in found.changed])


def _entry(
    rule: ResourceRule, manifest: Manifest, *, properties: Struct | None = None, diagnostic: str = ""
) -> pb.Remediation:
    return pb.Remediation(
        policyName=rule.id,
        policyPackName=manifest.name,
        policyPackVersion=manifest.version,
        description=message.description(rule),
        properties=properties,
        diagnostic=diagnostic,
    )
