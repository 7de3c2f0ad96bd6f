"""The GitHub repositories that Vercel projects deploy from, found within a stack."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ..judge.resources import Resource, Stack
from ..judge.values import Malformed, Undetermined, Value
from .tokens import (
    BRANCH_DEFAULT,
    BRANCH_PROTECTION,
    BRANCH_PROTECTION_V3,
    REPOSITORY,
    REPOSITORY_FILE,
    REPOSITORY_RULESET,
)

_HOSTS: Final = ("github", "gitlab", "bitbucket")
"""The kinds of host that Vercel deploys from, as it writes them."""

_REPOSITORY_KEYS: Final = {
    BRANCH_DEFAULT: "repository",
    BRANCH_PROTECTION: "repositoryId",
    BRANCH_PROTECTION_V3: "repository",
    REPOSITORY_FILE: "repository",
    REPOSITORY_RULESET: "repository",
}
"""The property that says which repository a resource belongs to; a type that is not here may belong to any."""


@dataclass(frozen=True, slots=True)
class ConnectedRepository:
    """The repository that a project deploys from.

    Attributes:
        owner: the account it belongs to; empty while the full name is unknown.
        name: its name without the owner. GitHub does not tell upper from lower case in either.
        declared: the stack's own resource for it, None where the stack has none.
    """

    owner: str
    name: str
    declared: Resource | None

    def is_called(self, text: str) -> bool:
        """Whether a name, or a name with its owner, means this repository."""
        owner, slash, name = text.rpartition("/")
        if name.casefold() != self.name.casefold():
            return False
        return not slash or not self.owner or owner.casefold() == self.owner.casefold()


def connected_repository(stack: Stack, project: Resource) -> ConnectedRepository | None:
    """The GitHub repository of a project, None where it has none or another kind of host.

    Raises:
        Undetermined: the repository is unknown, and no dependency tells which resource of the stack it is.
        Malformed: it is not given as owner and name, or its host is none that Vercel knows.
    """
    connection = project.declared["gitRepository"]
    if connection.absent:
        return None
    host = connection["type"].text()
    if host not in _HOSTS:
        raise Malformed(connection["type"].path, f"one of {', '.join(_HOSTS)}")
    if host != "github":
        return None
    full_name = connection["repo"]
    if full_name.unknown:
        sources = computed_from(stack, project, "gitRepository")
        if len(sources) != 1:
            raise Undetermined(full_name.path)
        return ConnectedRepository("", sources[0].declared["name"].text(), sources[0])
    owner, _, name = full_name.text().rpartition("/")
    if not owner or not name:
        raise Malformed(full_name.path, "in the form owner/name")
    repository = ConnectedRepository(owner, name, None)
    called = stack.sharing(_names, [name.casefold()], REPOSITORY)
    declared = next((each for each in called if _is(repository, each)), None)
    return ConnectedRepository(owner, name, declared)


def refers_to(stack: Stack, source: Resource, key: str, repository: ConnectedRepository) -> bool:
    """Whether a property (name, full name or node id) of a resource means this repository.

    Raises:
        Undetermined: it is unknown, and it was computed from none or several of the stack's repositories, this one
            among them.
        Malformed: it is no string, or a name that repositories of several owners have.
    """
    value = _referring_value(source, key)
    if not value.unknown:
        if value.text() in _identities(repository.declared):
            return True
        if not repository.is_called(value.text()):
            return False
        return "/" in value.text() or _is_meant_by_name(stack, source, key, repository)
    sources = computed_from(stack, source, key)
    if not sources or (len(sources) > 1 and repository.declared in sources):
        raise Undetermined(value.path)
    return repository.declared in sources


def referring(
    stack: Stack,
    repository: ConnectedRepository,
    *types: str,
    undecided: bool = True,
) -> list[Resource]:
    """The resources of the given types that mean this repository, or may mean it, in the order of the stack.

    It leaves out what certainly means another repository, and nothing else: `refers_to` decides. Without `undecided`
    it leaves out what may mean any repository too.
    """
    handles = {repository.name.casefold(), *_identities(repository.declared)}
    if repository.declared is not None:
        handles.add(repository.declared.urn)
    return stack.sharing(_repositories_meant, handles, *types, undecided=undecided)


def undecided(stack: Stack, *types: str) -> list[Resource]:
    """The resources of the given types that may mean any repository, in the order of the stack."""
    return stack.sharing(_repositories_meant, (), *types)


def computed_from(stack: Stack, source: Resource, key: str) -> list[Resource]:
    """The repositories of the stack that a property was computed from, whatever came of it."""
    found = (stack.get(urn) for urn in source.dependencies.get(key, ()))
    return [each for each in found if each is not None and each.type == REPOSITORY]


def is_known(value: Value) -> bool:
    """Whether a value that the provider sets after creation is there."""
    return value.present and not value.unknown


def _is_meant_by_name(stack: Stack, source: Resource, key: str, repository: ConnectedRepository) -> bool:
    # Whose repository a name without an owner means is up to the provider, which no rule sees.
    called = stack.sharing(_names, [repository.name.casefold()], REPOSITORY, undecided=False)
    anothers = [each for each in called if is_known(each["fullName"]) and not _is(repository, each)]
    if not anothers or repository.declared is None:
        return not anothers
    meant = [each for each in computed_from(stack, source, key) if each in (*anothers, repository.declared)]
    if len(meant) != 1:
        raise Malformed(source[key].path, "taken from one Repository, of several owners' that have this name")
    return meant == [repository.declared]


def _repositories_meant(stack: Stack, source: Resource) -> Collection[str] | None:
    key = _REPOSITORY_KEYS.get(source.type)
    if key is None:
        return None
    value = _referring_value(source, key)
    if value.unknown:
        return {each.urn for each in computed_from(stack, source, key)} or None
    try:
        return {value.text(), _last_name(value.text())}
    except Malformed:
        return None


def _names(_: Stack, declared: Resource) -> Collection[str] | None:
    try:
        names = (declared["fullName"], declared.declared["name"])
        return {_last_name(value.text()) for value in names if is_known(value)}
    except Malformed:
        return None


def _last_name(text: str) -> str:
    return text.rpartition("/")[2].casefold()


def _referring_value(source: Resource, key: str) -> Value:
    value = source.declared[key]
    return source[key] if value.unknown and not source[key].unknown else value


def _is(repository: ConnectedRepository, declared: Resource) -> bool:
    full_name = declared["fullName"]
    if is_known(full_name):
        return repository.is_called(full_name.text())
    name = declared.declared["name"]
    return is_known(name) and repository.is_called(name.text())


def _identities(declared: Resource | None) -> set[str]:
    if declared is None:
        return set()
    return {value.text() for key in ("nodeId", "id") if is_known(value := declared[key])}
