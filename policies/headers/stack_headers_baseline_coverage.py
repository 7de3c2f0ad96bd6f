"""Every response of a production project carries the baseline of security headers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
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
    unjudgeable,
)
from ..judge.values import UNKNOWN, Malformed, Raw, Undetermined
from ..subjects.branches import default_branch, production_branch
from ..subjects.projects import production_projects, project_of
from ..subjects.repositories import connected_repository, referring, refers_to, undecided
from ..subjects.response_headers import Header, Route, not_judged, routes
from ..subjects.security_baseline import BASELINE, Accepts, Requirement
from ..subjects.tokens import PROJECT, PROJECT_ROUTE, REPOSITORY_FILE


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
    """What the routes of a project do for one requirement.

    Attributes:
        met: whether one meets it on every path.
        doubts: the unknowns that decide whether one does.
        faults: where one undoes it, be it on some path only.
        risks: the unknowns that decide whether one does.
    """

    met: bool = False
    doubts: list[Undecided] = field(default_factory=list)
    faults: list[Violation] = field(default_factory=list)
    risks: list[Undecided] = field(default_factory=list)


class _Group:
    """Routes that are weighed together, and what they do for each requirement, found out once.

    Where one unknown id leaves open which project a route belongs to, it may be every project's. All of them share one
    group, which says once what it has to say: to weigh every such route for every project takes a time that grows
    with the square of the stack.
    """

    def __init__(self, declaring: Iterable[tuple[Resource, Undetermined | None]]) -> None:
        self._sources: list[_Source] = []
        self._unread: list[Undecided] = []
        self._odd: list[Violation] = []
        for each, doubt in declaring:
            try:
                read = routes(each)
            except Undetermined as unknown:
                self._unread.append(Undecided(unknown.path, each))
                continue
            except Malformed:
                continue  # a vercel.json that cannot be read sets nothing, and the rules on headers say so
            for route in read:
                try:
                    self._sources.extend(_placed(each, route, doubt))
                except Malformed as shape:
                    self._odd.append(unjudgeable(shape, each))
        self._coverage: dict[Requirement, _Coverage] = {}
        self._told: set[tuple[Requirement, str]] = set()

    def coverage(self, requirement: Requirement) -> _Coverage:
        """What the routes do for a requirement."""
        if requirement not in self._coverage:
            coverage = _coverage(requirement, self._sources)
            coverage.doubts.extend(self._unread)
            coverage.risks.extend(self._unread)
            coverage.faults.extend(self._odd)
            self._coverage[requirement] = coverage
        return self._coverage[requirement]

    def faults(self, requirement: Requirement) -> Sequence[Violation | Undecided]:
        """What undoes a requirement, or may, unless that was told before."""
        coverage = self.coverage(requirement)
        return (*coverage.faults, *coverage.risks) if self._first(requirement, "faults") else ()

    def doubts(self, requirement: Requirement) -> Sequence[Undecided]:
        """What is not known yet, unless that was told before."""
        return self.coverage(requirement).doubts if self._first(requirement, "doubts") else ()

    def _first(self, requirement: Requirement, what: str) -> bool:
        first = (requirement, what) not in self._told
        self._told.add((requirement, what))
        return first


class _Routes:
    """Which projects the stack's ProjectRoutes belong to, found out once.

    Attributes:
        of_nobody: those whose unknown `projectId` may be any project's.
        unreadable: what is said of those whose `projectId` is no id at all.
    """

    def __init__(self, stack: Stack) -> None:
        self.unreadable: list[Violation] = []
        self._routes: dict[str, list[tuple[Resource, Undetermined | None]]] = {}
        of_nobody: list[tuple[Resource, Undetermined]] = []
        for route in stack.of(PROJECT_ROUTE):
            try:
                project = project_of(stack, route)
            except Malformed as shape:
                self.unreadable.append(unjudgeable(shape, route))
                continue
            unknown = Undetermined(project.path)
            for urn in project.certain:
                self._routes.setdefault(urn, []).append((route, None))
            if project.anywhere:
                of_nobody.append((route, unknown))
                continue
            for urn in project.possible:
                self._routes.setdefault(urn, []).append((route, unknown))
        self.of_nobody = _Group(of_nobody)

    def of(self, project: Resource) -> Sequence[tuple[Resource, Undetermined | None]]:
        """The routes that are known to be a project's, and those that an unknown id may make its own."""
        return self._routes.get(project.urn, ())


class _Files:
    """Which projects the files of repositories belong to, as far as that can be told."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._all = _Named(stack.of(REPOSITORY_FILE))
        self._of_nobody = _Named(undecided(stack, REPOSITORY_FILE))
        self._groups: dict[tuple[object, ...], _Group] = {}

    def of(self, project: Resource) -> Iterator[tuple[Resource, Undetermined | None]]:
        """The files that a project reads headers from, and those of its repository that it may."""
        try:
            repository = connected_repository(self._stack, project)
        except (Undetermined, Malformed):
            return
        for file in referring(self._stack, repository, REPOSITORY_FILE, undecided=False) if repository else ():
            try:
                if _belongs(self._stack, project, file):
                    yield file, None
            except Undetermined as unknown:
                yield file, unknown
            except Malformed:
                continue

    def perhaps_of(self, project: Resource) -> Iterator[_Group]:
        """The files of which an unknown value leaves open whose they are, in groups that projects share.

        Files of unknown path make up one. The others are open to all projects that read the same path, while the same
        is known of their repository.
        """
        files, repository = self._of_nobody, ""
        try:
            if connected_repository(self._stack, project) is None:
                return
        except (Undetermined, Malformed) as open_:
            files, repository = self._all, f"{type(open_).__name__} {open_}"  # any may be the project's
        try:
            path: object = (read := _read_by(project))
            named = files.called(read)
        except (Undetermined, Malformed) as open_:
            path, named = f"{type(open_).__name__} {open_}", files.named
        yield self._group(("unnamed", repository), project, files.unnamed)
        yield self._group((path, repository), project, named)

    def _group(self, key: tuple[object, ...], project: Resource, files: Iterable[Resource]) -> _Group:
        if key not in self._groups:
            self._groups[key] = _Group(self._open(project, files))
        return self._groups[key]

    def _open(self, project: Resource, files: Iterable[Resource]) -> Iterator[tuple[Resource, Undetermined]]:
        for file in files:
            try:
                _belongs(self._stack, project, file)
            except Undetermined as unknown:
                yield file, unknown
            except Malformed:
                continue


class _Named:
    """Files by their path."""

    def __init__(self, files: Iterable[Resource]) -> None:
        self.named: list[Resource] = []
        self.unnamed: list[Resource] = []
        self._called: dict[tuple[str, ...], list[Resource]] = {}
        for file in files:
            try:
                path = _parts(file.declared["file"].text())
            except Undetermined:
                self.unnamed.append(file)
            except Malformed:
                continue
            else:
                self.named.append(file)
                self._called.setdefault(path, []).append(file)

    def called(self, path: tuple[str, ...]) -> Sequence[Resource]:
        return self._called.get(path, ())


def _check(stack: Stack) -> Findings:
    projects, others = production_projects(stack)
    yield from others
    own, files = _Routes(stack), _Files(stack)
    yield from own.unreadable if projects else ()
    for project in projects:
        yield from independently(partial(_check_project, own, files, project), on=project)


def _check_project(own: _Routes, files: _Files, project: Resource) -> Findings:
    groups = (_Group((*own.of(project), *files.of(project))), own.of_nobody, *files.perhaps_of(project))
    missing: list[str] = []
    told: list[Violation | Undecided] = []
    for requirement in BASELINE:
        coverages = [group.coverage(requirement) for group in groups]
        for group in groups:
            told.extend(group.faults(requirement))
        if any(each.met or each.faults for each in coverages):
            continue
        if any(each.doubts for each in coverages):
            for group in groups:
                told.extend(group.doubts(requirement))
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
    yield from dict.fromkeys(told)  # one unknown may leave several headers open


def _coverage(requirement: Requirement, sources: list[_Source]) -> _Coverage:
    coverage = _Coverage()
    for source in sources:
        for name, accepts in requirement.headers:
            headers = source.route.headers(name)
            for each in headers.unreadable:
                if isinstance(each, Malformed):
                    _undo(coverage, requirement, source, unjudgeable(each, source.declaring))
                    continue
                unknown = Undecided(each.path, source.declaring)
                coverage.doubts.append(unknown)
                coverage.risks.append(unknown)
            for header in headers.stated:
                try:
                    _weigh(coverage, requirement, source, header, accepts)
                except Undetermined as unreadable:
                    unknown = Undecided(unreadable.path, source.declaring)
                    coverage.doubts.extend((unknown,) if _counts(source, header) else ())
                    coverage.risks.extend((unknown,) if requirement.header else ())
                except Malformed as shape:
                    _undo(coverage, requirement, source, unjudgeable(shape, source.declaring))
    return coverage


def _weigh(coverage: _Coverage, requirement: Requirement, source: _Source, header: Header, accepts: Accepts) -> None:
    on = source.declaring
    if not header.reaches_production():
        return
    if header.operation == "delete":
        what = f"deletes {requirement.title} from responses"
        _undo(coverage, requirement, source, Violation(header.name.path, what, "leave the header in place", on))
    elif not accepts(header.values()):
        what = f"sets {requirement.title} to something else than {requirement.wants}"
        fault = Violation(header.argument.path, what, f"set it to {requirement.wants}", on)
        _undo(coverage, requirement, source, fault)
    elif _counts(source, header):
        doubt = source.doubt or (source.everywhere if isinstance(source.everywhere, Undetermined) else None)
        if doubt:
            coverage.doubts.append(Undecided(doubt.path, on))
        else:
            coverage.met = True


def _undo(coverage: _Coverage, requirement: Requirement, source: _Source, fault: Violation) -> None:
    if requirement.header is None:
        return  # the other header may be the one that is meant to stay
    if source.doubt:
        coverage.risks.append(Undecided(source.doubt.path, source.declaring))
    else:
        coverage.faults.append(fault)


def _counts(source: _Source, header: Header) -> bool:
    """Whether a header may meet a requirement.

    What is appended depends on what was there before, and so may what is set by a condition on names.
    """
    return header.operation == "set" and not header.name.is_object and source.everywhere is not False


def _placed(declaring: Resource, route: Route, doubt: Undetermined | None) -> Iterator[_Source]:
    """The route as one that is weighed, if it is in force; raises Malformed where that cannot be told."""
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


def _belongs(stack: Stack, project: Resource, declaring: Resource) -> bool:
    """Whether a file is the `vercel.json` of this project.

    Raises:
        Undetermined: that depends on an unknown value.
        Malformed: that depends on a value of another shape.
    """
    if not_judged(declaring) is not None:
        return False
    file = declaring.declared["file"].text()
    if _parts(file) != _read_by(project):
        return False
    repository = connected_repository(stack, project)
    if repository is None or not refers_to(stack, declaring, "repository", repository):
        return False
    branch = declaring.declared["branch"].text(default="") or default_branch(stack, repository)
    return branch == production_branch(stack, project, repository)


def _read_by(project: Resource) -> tuple[str, ...]:
    """The path of the file that Vercel reads for a project; raises as reading any value does."""
    return (*_parts(project.declared["rootDirectory"].text(default="")), "vercel.json")


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
