"""The policy named `pack`: it takes what concerns the pack as a whole, and reports what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf.json_format import ParseDict
from pulumi.runtime.proto import analyzer_pb2 as pb

from . import message, published
from .configured import PACK
from .enforcement import Remark
from .manifest import Manifest
from .pack import Level

_CRITERION: Final = "CC8.1"
_TITLE: Final = "Exceptions from the rules are approved, narrow and for a time"
_PAGE: Final = "docs/configuration.md"


def info(profiles: Iterable[str], repository: str) -> pb.PolicyInfo:
    """The policy, as `pulumi policy` and Pulumi Cloud show it; `profiles` are the names of those there are."""
    return pb.PolicyInfo(
        name=PACK,
        displayName="Configuration of the pack",
        description="Profile, plans, production projects and waivers; faults of waivers are its violations.",
        message=_TITLE,
        enforcementLevel=pb.MANDATORY,
        policy_type=pb.POLICY_TYPE_STACK,
        severity=pb.POLICY_SEVERITY_HIGH,
        framework=pb.PolicyComplianceFramework(
            name="SOC 2", version="2017", reference=_CRITERION, specification=_TITLE
        ),
        tags=[_CRITERION],
        configSchema=config_schema(published.pack_schema(profiles)),
        remediation_steps="Correct the policy configuration.",
        url=message.document(_PAGE, repository) if repository else "",
    )


def config_schema(schema: Mapping[str, Any]) -> pb.PolicyConfigSchema:
    """A JSON Schema of an object in the protocol's form."""
    stated = {"properties": schema.get("properties", {}), "required": schema.get("required", [])}
    return ParseDict(stated, pb.PolicyConfigSchema())


def diagnostic(remark: Remark, manifest: Manifest, urn: str) -> pb.AnalyzeDiagnostic:
    """A finding about the configuration, reported on the stack."""
    finding = remark.finding
    return pb.AnalyzeDiagnostic(
        policyName=PACK,
        policyPackName=manifest.name,
        policyPackVersion=manifest.version,
        description=f"{_CRITERION}: {_TITLE}",
        message="\n".join(
            (
                f"{_CRITERION}: {message.clean(f'{finding.path} {finding.what}', ())}",
                f"mend: {message.clean(finding.mend, ())}",
                f"see: {message.document(_PAGE, manifest.repository)}",
            )
        ),
        enforcementLevel=pb.MANDATORY if remark.level is Level.MANDATORY else pb.ADVISORY,
        urn=urn,
        severity=pb.POLICY_SEVERITY_HIGH,
    )
