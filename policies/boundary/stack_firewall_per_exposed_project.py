"""Every project that answers on a domain has a firewall."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ..judge.resources import Resource, Stack, resource
from ..judge.rule import Example, Findings, NotApplicable, Severity, StackRule, Undecided, Violation
from ..judge.values import UNKNOWN
from ..subjects.projects import Reference, project_of
from ..subjects.tokens import FIREWALL_CONFIG, PROJECT, PROJECT_DOMAIN


def _check(stack: Stack) -> Findings:
    domains = [project_of(stack, domain) for domain in stack.of(PROJECT_DOMAIN) if not _redirects(domain)]
    if not domains:
        yield NotApplicable("no ProjectDomain of the stack serves a project")
        return
    firewalls = [project_of(stack, firewall) for firewall in stack.of(FIREWALL_CONFIG)]
    guarded = {project for firewall in firewalls for project in firewall.certain | firewall.outside}
    doubtful = [firewall for firewall in firewalls if firewall.possible or firewall.anywhere]
    undecided: dict[tuple[str, str], Undecided] = {}
    open_domains: defaultdict[str, list[str]] = defaultdict(list)
    for domain in domains:
        if not domain.anywhere and domain.certain | domain.possible | domain.outside <= guarded:
            continue
        if waiting := _undecided(domain, doubtful):
            # One unknown id may leave many projects open; it is told once.
            undecided[waiting.path, waiting.on.urn if waiting.on else ""] = waiting
        elif domain.outside:
            yield Violation(
                domain.path,
                "is the id of no project of this stack, and no FirewallConfig here names it either",
                mend="declare the domain in the stack of its project and firewall, or the FirewallConfig here",
                on=domain.source,
            )
        for urn in () if waiting else domain.certain:
            open_domains[urn].append(domain.source.name)
    for urn, names in open_domains.items():
        yield Violation(
            "",
            f"answers on a domain ({', '.join(sorted(names))}) but has no firewall",
            mend="declare a FirewallConfig with its id as projectId and the managed OWASP rulesets on deny",
            on=stack.get(urn),
        )
    yield from undecided.values()


def _undecided(domain: Reference, doubtful: Sequence[Reference]) -> Undecided | None:
    """What keeps a domain that no firewall is known to guard from being judged yet."""
    if domain.possible or domain.anywhere:
        return Undecided(domain.path, domain.source)
    for firewall in doubtful:
        if domain.certain & firewall.possible or (domain.outside and firewall.anywhere):
            return Undecided(firewall.path, firewall.source)
    if domain.source.declared["redirect"].unknown:
        return Undecided("redirect", domain.source)
    return None


def _redirects(domain: Resource) -> bool:
    redirect = domain.declared["redirect"]
    return not redirect.unknown and redirect.text(default="") != ""


_SHOP = resource(
    PROJECT,
    "shop",
    {"name": "shop", "id": UNKNOWN},
    declared={"name": "shop"},
)
_DOMAIN = resource(
    PROJECT_DOMAIN,
    "www",
    {"domain": "www.example.com", "projectId": UNKNOWN},
    dependencies={"projectId": (_SHOP.urn,)},
)

RULE = StackRule(
    id="stack-firewall-per-exposed-project",
    title="Every project that answers on a domain has a firewall",
    criterion="CC6.6",
    frameworks=("ISO 27001 A.8.20", "NIST SC-7", "PCI 6.4.2"),
    severity=Severity.HIGH,
    rationale=(
        "A project that answers on a domain is found and probed within hours. Without a firewall configuration of its "
        "own only the platform's default protection stands in front of it, and nobody has decided what to refuse."
    ),
    remediation=(
        "Declare a FirewallConfig for the project in the same stack, enabled, with the managed OWASP rulesets on deny."
    ),
    source="Vercel documentation, firewall",
    check=_check,
    failing=Example("a shop on its domain, with nothing in front", _SHOP, _DOMAIN),
    passing=Example(
        "the same shop behind a firewall",
        _SHOP,
        _DOMAIN,
        resource(
            FIREWALL_CONFIG,
            "shop",
            {"projectId": UNKNOWN, "enabled": True},
            dependencies={"projectId": (_SHOP.urn,)},
        ),
    ),
)
