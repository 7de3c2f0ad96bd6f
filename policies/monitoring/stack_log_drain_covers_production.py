"""Every project has a complete log drain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ..judge.plans import Needs, Vendor
from ..judge.resources import Resource, Stack, resource
from ..judge.rule import Example, Findings, Severity, StackRule, Undecided, Violation
from ..judge.values import UNKNOWN, Malformed, Undetermined
from ..subjects.log_drains import COMPLETENESS, SOURCES
from ..subjects.projects import Reference, production_projects, projects_of
from ..subjects.tokens import LOG_DRAIN, PROJECT


def _check(stack: Stack) -> Findings:
    projects, others = production_projects(stack)
    yield from others
    if not projects:
        return
    drains = _Drains([_Drain.read(stack, drain) for drain in stack.of(LOG_DRAIN)])
    undecided: dict[tuple[str, str], Undecided] = {}
    for project in projects:
        waiting: list[tuple[str, Resource]] = []
        lossy: list[str] = []
        for drain in drains.concerning(project):
            try:
                if not drain.reaches(project):
                    continue
            except Undetermined as unknown:
                waiting.extend(() if drain.lossy else [(unknown.path, drain.source)])
                continue
            if drain.lossy:
                lossy.append(drain.source.name)
            elif drain.unknown:
                waiting.extend((path, drain.source) for path in drain.unknown)
            else:
                break
        else:
            # One unknown value may leave many projects open; it is told once.
            undecided |= {(path, on.urn): Undecided(path, on) for path, on in waiting}
            if drains.may_be_of(project):
                undecided |= {(path, on.urn): Undecided(path, on) for path, on in drains.untold(project)}
            elif not waiting:
                yield _uncovered(project, lossy)
    yield from undecided.values()


def _uncovered(project: Resource, lossy: list[str]) -> Violation:
    if lossy:
        return Violation(
            "",
            f"is drained only by incomplete log drains ({', '.join(sorted(lossy))})",
            mend="give one of them every source, the production environment, samplingRate 1 and format json",
            on=project,
        )
    return Violation(
        "",
        "has no log drain, so what it logs in production is lost",
        mend="add its id to projectIds of a LogDrain of this stack, or declare one",
        on=project,
    )


@dataclass(frozen=True, slots=True)
class _Drain:
    """A log drain of the stack.

    Attributes:
        source: the resource.
        projects: those it names; None where it names none, which means every project of its team.
        lossy: whether it is known to be incomplete.
        unknown: paths of the unknown values that keep open whether it is.
    """

    source: Resource
    projects: Reference | None
    lossy: bool
    unknown: tuple[str, ...]

    @classmethod
    def read(cls, stack: Stack, drain: Resource) -> _Drain:
        # Whether projects were named is asked of what was declared: planned outputs have values nobody set.
        ids = drain.declared["projectIds"]
        of_team = not ids.unknown and not ids.elements()
        lossy, unknown = False, list[str]()
        for clause in COMPLETENESS:
            try:
                lossy = any(clause(drain.declared)) or lossy
            except Malformed:
                lossy = True
            except Undetermined as value:
                unknown.append(value.path)
        return cls(drain, None if of_team else projects_of(stack, drain), lossy, tuple(unknown))

    @property
    def may_be_anyones(self) -> bool:
        """Whether an unknown id may be that of any project, and the drain would do for it."""
        return self.projects is not None and self.projects.anywhere and not self.lossy

    def reaches(self, project: Resource) -> bool:
        """Whether it drains a project.

        Raises:
            Undetermined: that hangs on an id that is not known yet.
        """
        if self.projects is None:
            return _same_team(self.source, project)
        if project.urn in self.projects.possible:
            raise Undetermined(self.projects.path)
        return project.urn in self.projects.certain


class _Drains:
    """The drains of a stack, by the projects that they concern.

    A drain whose unknown ids may be any project's is kept apart, and what it leaves open is told once: to ask every
    such drain about every project takes a time that grows with the square of the stack.
    """

    def __init__(self, drains: Iterable[_Drain]) -> None:
        self._of_team: list[tuple[int, _Drain]] = []
        self._named: defaultdict[str, list[tuple[int, _Drain]]] = defaultdict(list)
        self._open: list[_Drain] = []
        self._untold: list[_Drain] = []
        for place, drain in enumerate(drains):
            if drain.projects is None:
                self._of_team.append((place, drain))
                continue
            if drain.may_be_anyones:
                self._open.append(drain)
            possible = () if drain.projects.anywhere else drain.projects.possible
            for urn in drain.projects.certain.union(possible):
                self._named[urn].append((place, drain))
        self._untold.extend(self._open)

    def concerning(self, project: Resource) -> Iterable[_Drain]:
        """Those that reach a project, or may, in the order of the stack; without those that may be anyone's."""
        placed = sorted((*self._of_team, *self._named.get(project.urn, ())), key=lambda each: each[0])
        return (drain for _, drain in placed)

    def may_be_of(self, project: Resource) -> bool:
        """Whether one of those that may be anyone's may be this project's, and is not known to be."""
        known = sum(drain.may_be_anyones for _, drain in self._named.get(project.urn, ()))
        return known < len(self._open)

    def untold(self, project: Resource) -> list[tuple[str, Resource]]:
        """Path and resource of the unknown ids that `may_be_of` this project, without those told before."""
        known = {drain.source for _, drain in self._named.get(project.urn, ())}
        told = [drain for drain in self._untold if drain.source not in known]
        self._untold = [drain for drain in self._untold if drain.source in known]
        return [("projectIds", drain.source) for drain in told]


def _same_team(one: Resource, other: Resource) -> bool:
    teams = [each["teamId"] for each in (one, other)]
    if any(team.unknown for team in teams) and all(each.declared["teamId"].absent for each in (one, other)):
        return True  # both are left to the provider, which puts them into its own team
    return teams[0].text(default="") == teams[1].text(default="")


_SHOP = resource(
    PROJECT,
    "shop",
    {"name": "shop", "id": UNKNOWN, "teamId": UNKNOWN},
    declared={"name": "shop"},
)

RULE = StackRule(
    id="stack-log-drain-covers-production",
    title="Every production project sends its log to a complete drain",
    criterion="CC7.2",
    also=("CC7.1",),
    frameworks=(
        "HIPAA 164.308(a)(1)(ii)(D)",
        "HIPAA 164.312(b)",
        "ISO 27001 A.8.15",
        "ISO 27001 A.8.16",
        "NIST AU-6",
        "NIST AU-12",
        "NIST SI-4",
        "PCI 10.2",
        "PCI 10.4",
    ),
    severity=Severity.CRITICAL,
    rationale=(
        "Nobody is warned of what is not collected, and Vercel itself keeps logs for hours or days only. A project "
        "that no drain covers can be attacked without leaving anything that an investigation or an auditor could read."
    ),
    remediation=(
        "Declare a LogDrain with every source, `production` and no sampling in the same stack, with the project's id "
        "in `projectIds`, or without `projectIds` for every project of the team."
    ),
    source="Vercel documentation, log drains",
    needs=Needs(Vendor.VERCEL, "pro", "log drains"),
    check=_check,
    failing=Example("a shop whose logs nobody keeps", _SHOP),
    passing=Example(
        "a shop with a complete drain",
        _SHOP,
        resource(
            LOG_DRAIN,
            "siem",
            {
                "deliveryFormat": "json",
                "endpoint": "https://logs.example.com/vercel",
                "environments": ["production"],
                "projectIds": [UNKNOWN],
                "sources": list(SOURCES),
            },
            dependencies={"projectIds": (_SHOP.urn,)},
        ),
    ),
)
