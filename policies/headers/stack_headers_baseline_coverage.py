"""Every response of a production project carries the baseline of security headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath

from ..judge.resources import Resource, Stack, resource
from ..judge.rule import (
    Example,
    Findings,
    Severity,
    StackRule,
    Undecided,
    Violation,
    independently,
)
from ..judge.values import UNKNOWN, Malformed, Raw, Undetermined
from ..subjects.branches import default_branch, production_branch
from ..subjects.projects import production_projects
from ..subjects.repositories import connected_repository, referring, refers_to
from ..subjects.response_headers import Header, Route, not_judged, routes
from ..subjects.security_baseline import BASELINE, Accepts, Requirement
from ..subjects.tokens import PROJECT, PROJECT_ROUTE, REPOSITORY_FILE


class _Owners:
    """Which projects the stack's ProjectRoutes belong to, found out once."""

    def __init__(self, stack: Stack) -> None:
        self._routes: dict[Resource, list[Resource]] = {}
        self._of_nobody: list[Resource] = []
        for route in stack.of(PROJECT_ROUTE):
            owners = stack.targets(route, "projectId", PROJECT)
            for project in owners:
                self._routes.setdefault(project, []).append(route)
            if not owners and route["projectId"].unknown:
                self._of_nobody.append(route)

    def routes(self, project: Resource) -> Iterator[tuple[Resource, Undetermined | None]]:
        """The routes of a project, and those that may be, with what keeps that open."""
        for route in self._routes.get(project, ()):
            yield route, None
        for route in self._of_nobody:
            yield route, Undetermined("projectId")


@dataclass(frozen=True, slots=True)
class _Source:
    """A route that sets headers for a project.

    Attributes:
        declaring: the resource it stands in.
        route: the route.
        doubt: the unknown that decides whether it is in force for this project at all.
        everywhere: whether it reaches every response, or the unknown that decides so.
    """

    declaring: Resource
    route: Route
    doubt: Undetermined | None
    everywhere: bool | Undetermined


@dataclass(slots=True)
class _Coverage:
    """What the routes of a project do for one requirement."""

    met: bool = False
    doubts: list[Undecided] = field(default_factory=list)
    faults: list[Violation | Undecided] = field(default_factory=list)


def _check(stack: Stack) -> Findings:
    projects, others = production_projects(stack)
    yield from others
    owners = _Owners(stack)
    for project in projects:
        yield from independently(partial(_check_project, stack, owners, project), on=project)


def _check_project(stack: Stack, owners: _Owners, project: Resource) -> Findings:
    sources, unread = _sources(stack, owners, project)
    missing: list[str] = []
    deferred: list[Undecided] = []
    for requirement in BASELINE:
        coverage = _coverage(requirement, sources)
        yield from coverage.faults
        doubts = [*coverage.doubts, *unread]
        if coverage.met or coverage.faults:
            continue
        if doubts:
            deferred.extend(doubts)
        else:
            missing.append(requirement.title)
    if missing:
        yield Violation(
            "",
            f"does not send {', '.join(missing)} on every path",
            mend=(
                "set them on an unconditional ProjectRoute of the project with src `^/.*$` and srcSyntax `regex` (the "
                "SecurityHeaders component does), or for the source /(.*) in the vercel.json of its repository"
            ),
            on=project,
        )
    yield from dict.fromkeys(deferred)


def _coverage(requirement: Requirement, sources: list[_Source]) -> _Coverage:
    coverage = _Coverage()
    for source in sources:
        for name, accepts in requirement.headers:
            headers = source.route.headers(name)
            for each in headers.unreadable:
                if isinstance(each, Undetermined):  # the rule on the header itself reports odd shapes
                    coverage.doubts.append(Undecided(each.path, source.declaring))
            for header in headers.stated:
                try:
                    _weigh(coverage, requirement, source, header, accepts)
                except Undetermined as unknown:
                    coverage.doubts.append(Undecided(unknown.path, source.declaring))
                except Malformed:
                    continue
    return coverage


def _weigh(coverage: _Coverage, requirement: Requirement, source: _Source, header: Header, accepts: Accepts) -> None:
    on = source.declaring
    if not header.reaches_production():
        return
    if header.operation == "delete":
        if requirement.header is None:
            return  # the other header may be the one that is meant to stay
        if source.doubt:
            coverage.faults.append(Undecided(source.doubt.path, on))
        else:
            what = f"deletes {requirement.title} from responses"
            coverage.faults.append(Violation(header.name.path, what, "leave the header in place", on))
        return
    if source.everywhere is False or header.operation != "set":
        return  # what is appended depends on what was there before
    doubt = source.doubt or (source.everywhere if isinstance(source.everywhere, Undetermined) else None)
    if doubt:
        coverage.doubts.append(Undecided(doubt.path, on))
    elif accepts(header.values()):
        coverage.met = True
    elif requirement.header is not None:
        what = f"sets {requirement.title} to something else than {requirement.wants}"
        coverage.faults.append(Violation(header.argument.path, what, f"set it to {requirement.wants}", on))


def _sources(stack: Stack, owners: _Owners, project: Resource) -> tuple[list[_Source], list[Undecided]]:
    """The routes that are in force for a project, or may be, and what may hold more that is not known yet."""
    sources: list[_Source] = []
    unread: list[Undecided] = []
    for declaring, doubt in (*owners.routes(project), *_files(stack, project)):
        try:
            for route in routes(declaring):
                sources.extend(_placed(declaring, route, doubt))
        except Undetermined as unknown:
            unread.append(Undecided(unknown.path, declaring))
        except Malformed:
            continue  # a vercel.json that cannot be read sets nothing, and the rules on headers say so
    return sources, unread


def _placed(declaring: Resource, route: Route, doubt: Undetermined | None) -> Iterator[_Source]:
    try:
        if not route.enabled.flag(default=True):
            return
    except Undetermined as unknown:
        doubt = doubt or unknown
    everywhere: bool | Undetermined = True
    for condition in (route.matches_every_path, route.unconditional):
        try:
            everywhere = everywhere if condition() else False
        except Undetermined as unknown:
            everywhere = unknown if everywhere else False
        except Malformed:
            everywhere = False
    yield _Source(declaring, route, doubt, everywhere)


def _files(stack: Stack, project: Resource) -> Iterator[tuple[Resource, Undetermined | None]]:
    """The files of a project's repository that Vercel reads headers from, and those that may be."""
    candidates = stack.of(REPOSITORY_FILE)
    if not candidates:
        return
    try:
        repository = connected_repository(stack, project)
    except (Undetermined, Malformed):
        pass  # any may be the project's, and asking for each tells why
    else:
        candidates = referring(stack, repository, REPOSITORY_FILE) if repository else []
    for file in candidates:
        try:
            if _belongs(stack, project, file):
                yield file, None
        except Undetermined as unknown:
            yield file, unknown
        except Malformed:
            continue


def _belongs(stack: Stack, project: Resource, declaring: Resource) -> bool:
    """Whether a file is the `vercel.json` of this project.

    Raises:
        Undetermined: that depends on an unknown value.
        Malformed: that depends on a value of another shape.
    """
    if not_judged(declaring) is not None:
        return False
    file = declaring.declared["file"].text()
    root = project.declared["rootDirectory"].text(default="")
    if _parts(file) != (*_parts(root), "vercel.json"):
        return False
    repository = connected_repository(stack, project)
    if repository is None or not refers_to(stack, declaring, "repository", repository):
        return False
    branch = declaring.declared["branch"].text(default="") or default_branch(stack, repository)
    return branch == production_branch(stack, project, repository)


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in PurePosixPath(path).parts if part != "/")


_SENT = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _project_sending(src: str) -> tuple[Resource, ...]:
    project = resource(PROJECT, "shop", {"name": "shop"})
    transforms: list[Raw] = [
        {"type": "response.headers", "op": "set", "target": json.dumps({"key": name}), "args": json.dumps(value)}
        for name, value in _SENT.items()
    ]
    route = resource(
        PROJECT_ROUTE,
        "headers",
        {"projectId": UNKNOWN, "srcSyntax": "regex", "route": {"src": src, "transforms": transforms}},
        dependencies={"projectId": (project.urn,)},
    )
    return project, route


RULE = StackRule(
    id="stack-headers-baseline-coverage",
    title="Every response of a production project carries the baseline of security headers",
    criterion="CC6.8",
    frameworks=("ISO 27001 A.8.9", "NIST CM-6", "PCI 6.4.3"),
    severity=Severity.HIGH,
    rationale=(
        "A browser protects a page only by the headers that come with it. Headers that are set for some paths, or "
        "under some condition, leave the other pages of the same site as a way in."
    ),
    remediation=(
        "Set the headers on an unconditional route for every path, with the SecurityHeaders component or vercel.json."
    ),
    source="OWASP Secure Headers Project",
    check=_check,
    failing=Example("all headers, but only for the checkout", *_project_sending("^/checkout/.*$")),
    passing=Example("all headers on every path", *_project_sending("^/.*$")),
)
