"""Vercel projects: which serve production, and which another resource belongs to before ids exist."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..judge.resources import Resource, Stack
from ..judge.rule import NotApplicable
from ..judge.values import Malformed, Value
from .tokens import PROJECT

_SETTING: Final = "pack.projects.production"
_ELSEWHERE: Final = f"the policy configuration does not name it under {_SETTING}"


def production_projects(stack: Stack) -> tuple[list[Resource], list[NotApplicable]]:
    """The projects that serve production, and for a rule on those the reasons why it does not speak of others.

    A project whose name cannot be read, or is secret, counts as one that does.
    """
    found, others = list[Resource](), list[NotApplicable]()
    for project in stack.of(PROJECT):
        if _serves_production(stack, project):
            found.append(project)
        else:
            others.append(NotApplicable(_ELSEWHERE, project, _SETTING))
    if not found and others:
        others.append(NotApplicable("no Vercel project of the stack serves production", setting=_SETTING))
    elif not found:
        others.append(NotApplicable("the stack has no Vercel project"))
    return found, others


def _serves_production(stack: Stack, project: Resource) -> bool:
    name = project["name"]
    if name.unknown or name.absent or name.secret:
        return True
    try:
        return stack.production.serves(name.text())
    except Malformed:
        return True


@dataclass(frozen=True, slots=True)
class Reference:
    """The projects that a resource refers to.

    Attributes:
        source: the resource that refers to them.
        path: the property it does so with.
        certain: URNs of the projects it is known to refer to.
        possible: URNs of those it may refer to as well; an unknown id leaves it open.
        outside: ids it names that belong to no project of the stack.
        anywhere: whether an unknown id may as well belong to a project outside of the stack.
    """

    source: Resource
    path: str
    certain: frozenset[str]
    possible: frozenset[str]
    outside: frozenset[str]
    anywhere: bool


def project_of(stack: Stack, source: Resource) -> Reference:
    """The project that `projectId` refers to.

    Raises:
        Malformed: `projectId` is absent or not a string.
    """
    return _referred(stack, source, source["projectId"], [source["projectId"]])


def projects_of(stack: Stack, source: Resource) -> Reference:
    """The projects that `projectIds` refers to.

    Raises:
        Malformed: `projectIds` is not a list of strings.
    """
    ids = source["projectIds"]
    return _referred(stack, source, ids, [ids] if ids.unknown else ids.elements())


def _referred(stack: Stack, source: Resource, property_: Value, listed: list[Value]) -> Reference:
    named = {element.text() for element in listed if not element.unknown}
    ids = {project.urn: _id(project) for project in stack.targets(source, property_.path, PROJECT)}
    certain = {urn for urn, id_ in ids.items() if id_ in named}
    unknown = sum(element.unknown for element in listed)
    possible = frozenset[str]()
    anywhere = False
    # Ids that are known decide: what was computed from two projects may have come out as the id of one. For unknown
    # ids the engine tells which projects they were computed from, all together. `[a.id, b.id]` comes as a list of two
    # unknown ids; a list that is unknown as a whole may have any length.
    if unknown:
        computed_from = set(ids) - certain
        if len(computed_from) > unknown:
            possible = frozenset(computed_from)
        else:
            certain |= computed_from
            anywhere = len(computed_from) < unknown
            if anywhere:
                # Not taken apart where nothing has to be left out: a stack may hold as many such ids as projects.
                possible = _every_project(stack) - certain if certain else _every_project(stack)
    return Reference(
        source=source,
        path=property_.path,
        certain=frozenset(certain),
        possible=possible,
        outside=frozenset(named - {id_ for id_ in ids.values() if id_}),
        anywhere=anywhere,
    )


@lru_cache(maxsize=1)
def _every_project(stack: Stack) -> frozenset[str]:
    return frozenset(project.urn for project in stack.of(PROJECT))


def _id(project: Resource) -> str | None:
    id_ = project["id"]
    return None if id_.unknown or id_.absent else id_.text()
