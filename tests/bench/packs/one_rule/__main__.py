"""The least that a policy pack of the stock SDK can be: one rule, which asks for one property."""

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def _private(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == "github:index/repository:Repository" and args.props.get("visibility") != "private":
        report("is not private", args.urn)


PolicyPack(
    name="one-rule",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[ResourceValidationPolicy("repository-private", "Repositories are private", validate=_private)],
)
