"""What a pack says of itself and of its rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEVERITIES = {
    pb.POLICY_SEVERITY_LOW: "low",
    pb.POLICY_SEVERITY_MEDIUM: "medium",
    pb.POLICY_SEVERITY_HIGH: "high",
    pb.POLICY_SEVERITY_CRITICAL: "critical",
}
_SCOPES = {pb.POLICY_TYPE_RESOURCE: "resource", pb.POLICY_TYPE_STACK: "stack"}
_CRITERION = re.compile(r"(?:CC|A|C|PI|P)\d+(?:\.\d+)+")
SOC2 = "SOC 2"


@dataclass(frozen=True, order=True)
class Control:
    """A control of a framework that a rule serves, such as `CC6.6` of `SOC 2`."""

    framework: str
    identifier: str

    @classmethod
    def of_tag(cls, tag: str) -> Control:
        """The control that a policy's tag names: a criterion alone is SOC 2's, others begin with their framework."""
        if _CRITERION.fullmatch(tag):
            return cls(SOC2, tag)
        framework, _, identifier = tag.rpartition(" ")
        # `HIPAA 164.312(a)(2)(iv)` and `ISO 27001 A.8.24`: the identifier is the last word.
        return cls(framework, identifier) if framework else cls(tag, "")


@dataclass(frozen=True)
class PublishedRule:
    """A rule, as its pack publishes it.

    Attributes:
        id: the policy's name.
        title: what should hold.
        rationale: why.
        severity: low, medium, high, critical, or empty.
        criterion: the criterion it serves first, empty if it states none.
        controls: every control it serves, `criterion` among them.
        remediation: how to mend a violation.
        url: its page, empty if it states none.
        scope: `resource` or `stack`.
        level: the enforcement level that holds without configuration.
        settings: JSON Schemas of what can be configured, by key.
    """

    id: str
    title: str
    rationale: str
    severity: str
    criterion: str
    controls: tuple[Control, ...]
    remediation: str
    url: str
    scope: str
    level: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class PublishedPack:
    """A pack, as it describes itself.

    Attributes:
        name: its name.
        version: its version.
        description: one line, or empty.
        rules: in the pack's order.
    """

    name: str
    version: str
    description: str
    rules: tuple[PublishedRule, ...]


def published(info: pb.AnalyzerInfo) -> PublishedPack:
    """Read the protocol's description of a pack."""
    return PublishedPack(info.name, info.version, info.description, tuple(map(_rule, info.policies)))


def _rule(policy: pb.PolicyInfo) -> PublishedRule:
    tags = [Control.of_tag(tag) for tag in policy.tags]
    stated = [Control(policy.framework.name, policy.framework.reference)] if policy.framework.reference else []
    controls = tuple(dict.fromkeys([*stated, *tags]))
    return PublishedRule(
        id=policy.name,
        title=policy.message or policy.displayName,
        rationale=policy.description,
        severity=_SEVERITIES.get(policy.severity, ""),
        criterion=next((each.identifier for each in controls if each.framework == SOC2), ""),
        controls=controls,
        remediation=policy.remediation_steps,
        url=policy.url,
        scope=_SCOPES.get(policy.policy_type, ""),
        level=pb.EnforcementLevel.Name(policy.enforcementLevel).lower(),
        settings=MessageToDict(policy.configSchema.properties),
    )
