"""Nothing reaches production that was not reviewed, checked and signed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from ..judge.resources import Resource, Stack, resource
from ..judge.rule import (
    Example,
    Findings,
    NotApplicable,
    Severity,
    StackRule,
    Undecided,
    Violation,
    independently,
    unjudgeable,
)
from ..judge.values import UNKNOWN, Raw
from ..subjects.branches import Element, Enforcement, Protection, Protections, Strength, production_branch
from ..subjects.projects import production_projects
from ..subjects.repositories import ConnectedRepository, connected_repository
from ..subjects.tokens import BRANCH_PROTECTION, PROJECT, REPOSITORY


@dataclass(frozen=True, slots=True)
class _Text:
    lack: str
    branch_protection: str
    ruleset: str


# One approval is the least that puts a second person behind every change; more is a choice of the team.
_TEXTS: Final = {
    Element.REVIEW: _Text(
        "takes changes that nobody else approved",
        "requiredPullRequestReviews with requiredApprovingReviewCount 2 (at least 1)",
        "rules.pullRequest.requiredApprovingReviewCount 2 (at least 1)",
    ),
    Element.CHECKS: _Text(
        "takes changes without passing status checks on an up-to-date branch",
        "requiredStatusChecks with strict true and at least one of contexts",
        "rules.requiredStatusChecks with at least one of requiredChecks and strictRequiredStatusChecksPolicy true",
    ),
    Element.SIGNATURES: _Text(
        "takes commits that are not signed", "requireSignedCommits true", "rules.requiredSignatures true"
    ),
    Element.NO_FORCE_PUSH: _Text(
        "can be rewritten by a force push", "allowsForcePushes false", "rules.nonFastForward true"
    ),
    Element.NO_DELETION: _Text("can be deleted", "allowsDeletions false", "rules.deletion true"),
}


def _check(stack: Stack) -> Findings:
    projects, others = production_projects(stack)
    yield from others
    protections = Protections(stack)
    unconnected: list[NotApplicable] = []
    for project in projects:
        for finding in independently(partial(_check_project, stack, protections, project), on=project):
            if isinstance(finding, NotApplicable):
                unconnected.append(finding)
            else:
                yield finding
    if len(unconnected) == len(projects):  # else the rule did apply to some, and they passed or failed
        yield from unconnected


def _check_project(stack: Stack, protections: Protections, project: Resource) -> Findings:
    repository = connected_repository(stack, project)
    if repository is None:
        yield NotApplicable(f"{project.name} is not connected to a GitHub repository")
        return
    branch = production_branch(stack, project, repository)
    found = protections.of(repository, branch)
    for on, shape in found.odd:
        yield unjudgeable(shape, on)
    if not found.applied:
        yield _unprotected(project, repository)
        return
    enforcements = found.elements.values()
    unknown = [Undecided(each.path, each.by) for each in enforcements if each.strength is Strength.UNKNOWN]
    yield from dict.fromkeys(unknown)
    for element, enforcement in found.elements.items():
        if enforcement.strength is Strength.ABSENT:
            text = _TEXTS[element]
            yield Violation(
                "gitRepository",
                f"deploys a branch to production that {text.lack}",
                mend=f"in its BranchProtection: {text.branch_protection}; or in a RepositoryRuleset: {text.ruleset}",
                on=project,
            )
    yield from _bypasses(found)


def _unprotected(project: Resource, repository: ConnectedRepository) -> Violation:
    asked = ", ".join(element.value for element in Element)
    what = "deploys a branch to production that no BranchProtection and no active ruleset of this stack applies to"
    mend = f"protect the branch (the ProtectedRepository component does) with {asked}, for administrators too"
    if repository.declared is None:
        what = (
            "deploys from a repository that this stack neither declares nor protects, so the protection of its "
            "production branch cannot be shown"
        )
        mend = (
            "declare or import its BranchProtection or RepositoryRuleset in this stack, with the repository by name; "
            f"it takes {asked}, for administrators too"
        )
    return Violation("gitRepository", what, mend=mend, on=project)


def _bypasses(found: Protection) -> Findings:
    """One finding for each property that lets somebody past, with everything that it lets them past."""
    weak: dict[tuple[str, str], tuple[Enforcement, list[str]]] = {}
    for element, enforcement in found.elements.items():
        if enforcement.strength is Strength.BYPASSABLE and enforcement.by is not None:
            _, elements = weak.setdefault((enforcement.by.urn, enforcement.path), (enforcement, []))
            elements.append(element.value)
    for enforcement, elements in weak.values():
        admins = enforcement.path == "enforceAdmins"
        who = "is not true, which lets administrators" if admins else "lets those it names"
        yield Violation(
            enforcement.path,
            f"{who} past: {', '.join(elements)}",
            mend=(
                "set enforceAdmins to true, or ask for the same in an active ruleset without bypassActors"
                if admins
                else "name nobody there, or ask for the same in another protection that nobody can bypass"
            ),
            on=enforcement.by,
        )


def _shop(**protected: Raw) -> tuple[Resource, ...]:
    repository = resource(REPOSITORY, "shop", {"name": "shop"})
    project = resource(
        PROJECT,
        "shop",
        {"name": "shop", "gitRepository": {"type": "github", "repo": "acme/shop", "productionBranch": "main"}},
    )
    asked: dict[str, Raw] = {
        "repositoryId": UNKNOWN,
        "pattern": "main",
        "requiredPullRequestReviews": [{"requiredApprovingReviewCount": 2.0}],
        "requiredStatusChecks": [{"strict": True, "contexts": ["test", "policy"]}],
        "requireSignedCommits": True,
        "enforceAdmins": True,
        **protected,
    }
    rule = resource(BRANCH_PROTECTION, "main", asked, dependencies={"repositoryId": (repository.urn,)})
    return repository, project, rule


RULE = StackRule(
    id="stack-production-branch-protected",
    title="Production branches take only reviewed, checked and signed changes, from administrators too",
    criterion="CC6.8",
    also=("CC7.2", "CC8.1"),
    frameworks=("CIS GitHub 1.1", "ISO 27001 A.8.32", "NIST CM-3", "NIST CM-5", "PCI 6.5.1", "SLSA Source"),
    severity=Severity.CRITICAL,
    rationale=(
        "Vercel deploys whatever reaches the production branch within minutes. If one person, or one stolen token, can "
        "push there, they can change what runs in production, and a force push removes the trace of it."
    ),
    remediation=(
        "Protect the branch by a BranchProtection or an active RepositoryRuleset that asks for a review, strict status "
        "checks and signed commits, forbids force pushes and deletion, and binds administrators."
    ),
    source="GitHub documentation, protected branches and rulesets",
    check=_check,
    failing=Example("administrators push what they like", *_shop(enforceAdmins=False)),
    passing=Example("every change reviewed, checked and signed, whoever makes it", *_shop()),
)
