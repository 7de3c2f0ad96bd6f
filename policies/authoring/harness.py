"""Judges plain Python resources in the form the engine sends, so that a rule's test is three lines.

    from policies.authoring.harness import UNKNOWN, Secret, changed, judge
    from policies.secrets.env_secret_must_be_sensitive import RULE

    def test_it_is_deferred_while_unknown():
        variable = changed(RULE.passing, {"sensitive": UNKNOWN})
        assert judge(RULE, variable).verdict == "unknown"

Resources are stated with `resource`, or taken from a rule's example and `changed`. `Secret(...)` marks what the engine
would mark as secret, `UNKNOWN` what only the update will know, and over stored state (`stored=True`) `REDACTED` what
could not be decrypted. They are encoded as the engine sends them and decoded
as the pack does, then judged in this process; no port is opened. A rule need not belong to a pack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..judge import message
from ..judge.configured import Configuration
from ..judge.enforcement import Enforcement
from ..judge.operation import Operation
from ..judge.pack import Pack
from ..judge.remedy import Remedy, attempt
from ..judge.resources import STACK_TYPE, Resource, Stack, resource
from ..judge.rule import (
    Example,
    Finding,
    Findings,
    NotApplicable,
    Redacted,
    ResourceRule,
    Rule,
    StackRule,
    Undecided,
    Violation,
)
from ..judge.values import UNKNOWN, Malformed, Opaque, Raw, Secret, Undetermined, Value
from ..judge.waivers import utc_today
from ..judge.wire import REDACTED, decode, encode
from .trees import put, steps

__all__ = [
    "REDACTED",
    "UNKNOWN",
    "Judgement",
    "Opaque",
    "Raw",
    "RuleCrashed",
    "Secret",
    "SecretQuoted",
    "changed",
    "judge",
    "remediated",
    "resource",
]


class RuleCrashed(AssertionError):
    """The rule itself failed. The pack counts that as a violation; a test that expects one must not take it for it."""


class SecretQuoted(AssertionError):
    """The rule put a secret into a message. The pack strikes it out; the rule should not have quoted it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule said.

    Attributes:
        verdict: `pass`, `fail`, `unknown` (deferred), `redacted` or `not applicable`.
        messages: as the engine prints them: criterion, property and what is wrong; the mend; the rule's page.
        paths: the property of each message, e.g. `targets[0]`; empty where the resource as a whole is meant.
        resources: the resource that each message is reported on.
        advisory: of each message, whether it only advises where the rule is mandatory.
    """

    verdict: str
    messages: tuple[str, ...]
    paths: tuple[str, ...]
    resources: tuple[Resource, ...]
    advisory: tuple[bool, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The logical names of the resources that the messages are reported on."""
        return tuple(each.name for each in self.resources)

    @property
    def text(self) -> str:
        """All messages, for an assertion to show."""
        return "\n".join(self.messages)


def judge(rule: Rule, *subjects: Resource | Example, update: bool = False, stored: bool = False) -> Judgement:
    """Judges one resource by a resource rule, or all given resources as a stack by a stack rule.

    Args:
        rule: the rule.
        subjects: the resources. An example stands for its resources.
        update: whether this is an update, where an unknown value is held against the resource, not a preview.
        stored: whether this is stored state, where `REDACTED` cannot be read and nothing is known later.

    Raises:
        ValueError: a resource rule was given none or several resources, or one of a type that it does not speak of.
        RuleCrashed: the check raised something of its own; the cause is chained.
        SecretQuoted: a message contains a secret. Only those of 8 characters or more with a digit among them are looked
            for; shorter ones, and words, may be in a message of themselves.
    """
    resources = [each for subject in subjects for each in _resources(subject)]
    crashes: list[Exception] = []
    if isinstance(rule, ResourceRule):
        subject = _single(rule, resources)
        raws = [_raw(subject.properties, stored=stored)]
        pack = Pack((replace(rule, check=_watched(rule.check, crashes)),))
        [verdict] = pack.judge(replace(subject, properties=Value(raws[0]), declared=Value(raws[0])))
    elif isinstance(rule, StackRule):
        stack = Stack([_ROOT, *(_received(each, stored=stored) for each in resources)])
        raws = [seen.raw() for each in stack.resources for seen in (each.properties, each.declared)]
        [verdict] = Pack((replace(rule, check=_watched(rule.check, crashes)),)).judge_stack(stack)
    else:
        raise TypeError(f"{rule!r} is neither a ResourceRule nor a StackRule")
    if crashes:
        raise RuleCrashed(_crash(rule, crashes[0])) from crashes[0]
    operation = Operation.STORED_STATE if stored else Operation.UPDATE if update else Operation.PREVIEW
    [verdict] = Enforcement(Configuration(), {rule.id: rule}, utc_today()).settle([verdict], operation)
    secrets = message.secrets_in(raws)
    messages = tuple(_told(rule, finding, secrets) for finding in verdict.findings)
    plain = "\n".join(_told(rule, finding, ()) for finding in verdict.findings)
    if any(message.clean(secret, ()) in plain for secret in secrets if _TELLTALE.fullmatch(secret)):
        raise SecretQuoted(f"{rule.id} quotes a secret; without it the messages are:\n" + "\n".join(messages))
    return Judgement(
        verdict=verdict.outcome.value,
        messages=messages,
        paths=tuple("" if isinstance(finding, NotApplicable) else finding.path for finding in verdict.findings),
        resources=tuple(_on(finding, verdict.subject or _ROOT) for finding in verdict.findings),
        advisory=tuple(not isinstance(each, Violation) or each.advice for each in verdict.findings),
    )


def remediated(rule: Rule, subject: Resource | Example) -> Resource | None:
    """A resource as a rule's auto-remediation leaves it, or None where the rule offers none for it.

    Args:
        rule: the rule.
        subject: the resource, or an example, which stands for its first resource.
    """
    given = _resources(subject)[0]
    if not isinstance(rule, ResourceRule):
        return None
    sent = encode(given.properties.raw())
    found = attempt(rule, replace(given, properties=Value(decode(sent)), declared=Value(decode(sent))), sent)
    if not isinstance(found, Remedy):
        return None
    after = Value(_ordered(decode(found.properties), given.properties.raw()))
    return replace(given, properties=after, declared=after)


def changed(subject: Resource | Example, properties: Mapping[str, Raw]) -> Resource:
    """A resource like another, with some properties changed.

    Args:
        subject: the resource, or an example, which stands for its first resource.
        properties: new values by path as messages write it, e.g. `variables[0].value`; None takes a property away.
            Objects on the way that are not there yet are made.

    Raises:
        KeyError: a path leads through something that has no such element.
    """
    model = subject.resources[0] if isinstance(subject, Example) else subject

    def after(tree: Value) -> Value:
        raw: Raw = tree.raw()
        for path, value in properties.items():
            try:
                raw = put(raw, steps(path), value)
            except KeyError as nowhere:
                raise KeyError(f"{path}: {nowhere.args[0]}") from None
        return Value(raw)

    return replace(model, properties=after(model.properties), declared=after(model.declared))


_TELLTALE = re.compile(r"(?=.*\d).{8,}", re.DOTALL)
"""Secrets that stand in a message only if they were quoted; a word such as `production` may be there of itself."""

_ROOT = resource(STACK_TYPE, "stack", {}, urn=f"urn:pulumi:stack::project::{STACK_TYPE}::stack")


def _resources(subject: Resource | Example) -> Sequence[Resource]:
    return subject.resources if isinstance(subject, Example) else (subject,)


def _single(rule: ResourceRule, resources: list[Resource]) -> Resource:
    if len(resources) != 1:
        raise ValueError(f"{rule.id} judges one resource at a time; {len(resources)} were given")
    if resources[0].type not in rule.types:
        raise ValueError(f"{rule.id} does not speak of {resources[0].type}, only of {', '.join(rule.types)}")
    return resources[0]


def _raw(tree: Value, *, stored: bool) -> dict[str, Raw]:
    return decode(encode(tree.raw()), stored=stored)


def _received(sent: Resource, *, stored: bool) -> Resource:
    properties, declared = (Value(_raw(tree, stored=stored)) for tree in (sent.properties, sent.declared))
    return replace(sent, properties=properties, declared=declared)


def _ordered(raw: Raw, like: Raw) -> Raw:
    """The same tree with the keys of objects in the order of another; on the wire they have none."""
    if isinstance(raw, Secret):
        return Secret(_ordered(raw.value, like.value if isinstance(like, Secret) else like))
    if not isinstance(raw, dict):
        return raw
    model = like if isinstance(like, dict) else {}
    keys = [*(key for key in model if key in raw), *sorted(raw.keys() - model.keys())]
    return {key: _ordered(raw[key], model.get(key)) for key in keys}


def _watched(check: Callable[[Any], Findings], crashes: list[Exception]) -> Callable[[Any], Iterator[Finding]]:
    """The check, with what it raises of its own kept: a verdict only tells that it crashed."""

    def watching(subject: object) -> Iterator[Finding]:
        try:
            for finding in check(subject):
                yield _checked(finding)
        except (Undetermined, Malformed):
            raise
        except Exception as crash:
            crashes.append(crash)
            raise

    return watching


def _checked(finding: object) -> Finding:
    if not isinstance(finding, Violation | Undecided | NotApplicable):
        raise TypeError(f"a check yields findings, not {type(finding).__name__}")
    return finding


def _crash(rule: Rule, crash: Exception) -> str:
    if isinstance(crash, NotImplementedError):
        return f"the check of {rule.id} is not written yet"
    return f"{rule.id} itself failed: {type(crash).__name__}: {crash}"


def _told(rule: Rule, finding: Finding, secrets: Sequence[str]) -> str:
    if isinstance(finding, NotApplicable):
        return message.not_applicable(finding, secrets)
    if isinstance(finding, Violation):
        return message.violation(rule, finding, secrets)
    if isinstance(finding, Redacted):
        return message.redacted(rule, finding, secrets)
    return message.deferred(rule, finding, secrets)


def _on(finding: Finding, judged: Resource) -> Resource:
    return finding.on or judged
