"""What GitHub enforces on the branch that a Vercel project deploys to production.

Rulesets add up: each one that applies is enforced. Of the classic protection rules GitHub applies one to a branch: the
one that names it, else the oldest whose pattern matches. Which one is oldest a stack does not tell, so that of several
patterns only what all of them ask for is taken as enforced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import lru_cache, partial
from typing import Final

from ..judge.clauses import all_hold, any_holds
from ..judge.resources import Resource, Stack
from ..judge.values import Malformed, Undetermined, Value
from .repositories import ConnectedRepository, computed_from, is_known, referring, refers_to, undecided
from .tokens import (
    BRANCH_DEFAULT,
    BRANCH_PROTECTION,
    BRANCH_PROTECTION_V3,
    ORGANIZATION_RULESET,
    REPOSITORY_RULESET,
)

_USUAL_DEFAULT: Final = "main"
"""GitHub's default branch for new repositories, for a stack that does not say."""

_OF_A_REPOSITORY: Final = (BRANCH_PROTECTION, BRANCH_PROTECTION_V3, REPOSITORY_RULESET)
"""What protects branches of one repository."""

_WILDCARD: Final = re.compile(r"[*?\[\]]")


class Element(Enum):
    """What makes up the protection of a branch."""

    REVIEW = "a required review"
    CHECKS = "strict status checks"
    SIGNATURES = "signed commits"
    NO_FORCE_PUSH = "a ban on force pushes"
    NO_DELETION = "a ban on deletion"


class Strength(IntEnum):
    """How far an element is enforced; a higher one makes up for a lower one elsewhere."""

    ABSENT = 0
    BYPASSABLE = 1
    UNKNOWN = 2
    ENFORCED = 3


@dataclass(frozen=True, slots=True)
class Enforcement:
    """How far one resource enforces one element.

    Attributes:
        strength: how far.
        by: the resource, None where nothing does.
        path: the property that lets some past, or that is unknown.
    """

    strength: Strength
    by: Resource | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Protection:
    """What is enforced on a branch, all resources that apply to it together.

    Attributes:
        elements: how far each element is enforced.
        applied: the resources that apply, or may apply while something about them is unknown. Of those that may apply
            to any repository, the first of each kind stands for all.
        odd: resources that could not be read, with the shape they have.
    """

    elements: Mapping[Element, Enforcement]
    applied: tuple[Resource, ...]
    odd: tuple[tuple[Resource, Malformed], ...]


def default_branch(stack: Stack, repository: ConnectedRepository) -> str:
    """The default branch of a repository; `main` where the stack does not say.

    Raises:
        Undetermined: the stack says it by a value that is unknown.
    """
    for each in referring(stack, repository, BRANCH_DEFAULT):
        if refers_to(stack, each, "repository", repository):
            return each.declared["branch"].text()
    if repository.declared is None:
        return _USUAL_DEFAULT
    stated = repository.declared.declared["defaultBranch"]
    if stated.present:
        return stated.text()
    observed = repository.declared["defaultBranch"]
    return _USUAL_DEFAULT if observed.unknown else observed.text(default=_USUAL_DEFAULT)


def production_branch(stack: Stack, project: Resource, repository: ConnectedRepository) -> str:
    """The branch that a project deploys to production; where nobody says, the repository's default branch.

    Raises:
        Undetermined: it is stated, but unknown.
    """
    stated = project.declared["gitRepository"]["productionBranch"]
    if stated.present:
        return stated.text()
    planned = project["gitRepository"]
    observed = planned if planned.unknown else planned["productionBranch"]
    return default_branch(stack, repository) if observed.unknown or observed.absent else observed.text()


class Protections:
    """What is enforced on the branches of a stack.

    A resource whose repository is unknown may protect any, so that it would have to be asked about every project's
    branch. What it leaves open is the same for branches of one name: it is found out once.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._undecided = undecided(stack, *_OF_A_REPOSITORY)
        self._open: dict[tuple[str, str], _Found] = {}

    def of(self, repository: ConnectedRepository, branch: str) -> Protection:
        """What is enforced on a branch of a repository.

        Raises:
            Undetermined: the default branch of the repository is stated, but unknown.
        """
        stack = self._stack
        target = _Target(stack, repository, branch, default_branch(stack, repository))
        found = _Found()
        found.look_at(target, referring(stack, repository, *_OF_A_REPOSITORY, undecided=False))
        found.look_at(target, stack.of(ORGANIZATION_RULESET))
        open_ = self._left_open(target)
        rulesets = self._in_order([*found.rulesets, *open_.rulesets[:1]])
        patterns = self._in_order([*found.patterns, *open_.patterns[:1]])
        elements = {
            element: max(
                [
                    Enforcement(Strength.ABSENT),
                    *_classic(element, found.named, patterns),
                    *(each[element] for each in rulesets),
                ],
                key=lambda enforcement: enforcement.strength,
            )
            for element in Element
        }
        applied = tuple(each.by for each in (*found.named, *patterns, *rulesets))
        return Protection(elements, applied, (*found.odd, *open_.odd))

    def _left_open(self, target: _Target) -> _Found:
        """What may apply to a branch of this name, whosever it is; as far as is known one is like the other."""
        key = target.branch, target.default
        if key not in self._open:
            self._open[key] = _Found()
            self._open[key].look_at(target, self._undecided)
        return self._open[key]

    def _in_order(self, applied: list[_Applied]) -> list[_Applied]:
        by = {each.by: each for each in applied}
        return [by[each] for each in self._stack.in_order(by)]


def matches(pattern: str, name: str) -> bool:
    """Whether a name matches a pattern as GitHub reads it: `*` and `?` stop at a slash, `**/` spans folders."""
    return _match(pattern, name) is True


def _match(pattern: str, name: str) -> bool | None:
    """As `matches`; None where it is not known how GitHub reads the pattern."""
    found = _translated(pattern)
    return None if found is None else found.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class _Target:
    stack: Stack
    repository: ConnectedRepository
    branch: str
    default: str


@dataclass(frozen=True, slots=True)
class _Applied:
    by: Resource
    elements: Mapping[Element, Enforcement]
    by_name: bool = False
    odd: list[Malformed] = field(default_factory=list)

    def __getitem__(self, element: Element) -> Enforcement:
        return self.elements[element]


def _classic(element: Element, named: list[_Applied], patterns: list[_Applied]) -> Iterator[Enforcement]:
    competing = [each[element] for each in named or patterns]
    if competing:
        yield min(competing, key=lambda enforcement: enforcement.strength)


def _apply(target: _Target, by: Resource) -> _Applied | None:
    """What a resource enforces on the branch, None where it does not apply to it.

    Raises:
        Malformed: whether it applies cannot be read.
    """
    stated = by.declared
    by_name = False
    try:
        if by.type == BRANCH_PROTECTION:
            pattern = stated["pattern"]
            applies = all_hold(
                (
                    lambda: matches(pattern.text(), target.branch),
                    lambda: refers_to(target.stack, by, "repositoryId", target.repository),
                )
            )
            by_name = applies and not _WILDCARD.search(pattern.text())
        elif by.type == BRANCH_PROTECTION_V3:
            by_name = applies = all_hold(
                (
                    lambda: stated["branch"].text() == target.branch,
                    lambda: refers_to(target.stack, by, "repository", target.repository),
                )
            )
        else:
            applies = _ruleset_applies(target, by)
    except Undetermined as unknown:
        # Which of the classic rules it would compete with is unknown too; it is counted among the patterns.
        doubt = Enforcement(Strength.UNKNOWN, by, unknown.path)
        return _Applied(by, dict.fromkeys(Element, doubt))
    if not applies:
        return None
    applied = _Applied(by, {}, by_name)
    elements = {element: _read(by, read, applied.odd) for element, read in _READERS[by.type](stated).items()}
    absent = Enforcement(Strength.ABSENT, by)
    return _Applied(by, {element: elements.get(element, absent) for element in Element}, by_name, applied.odd)


@dataclass(frozen=True, slots=True)
class _Found:
    """What applies to a branch, by the way it does, and what could not be read."""

    rulesets: list[_Applied] = field(default_factory=list)
    named: list[_Applied] = field(default_factory=list)
    patterns: list[_Applied] = field(default_factory=list)
    odd: list[tuple[Resource, Malformed]] = field(default_factory=list)

    def look_at(self, target: _Target, candidates: Iterable[Resource]) -> None:
        """Adds those of the candidates that apply."""
        for each in candidates:
            try:
                applied = _apply(target, each)
            except Malformed as shape:
                self.odd.append((each, shape))
                continue
            if applied is None:
                continue
            self.odd.extend((each, shape) for shape in applied.odd)
            is_ruleset = each.type in {REPOSITORY_RULESET, ORGANIZATION_RULESET}
            (self.rulesets if is_ruleset else self.named if applied.by_name else self.patterns).append(applied)


_Reader = Callable[[], str | None]
"""Answers with the path of what lets some past, or an empty text for nothing; None if the element is not asked for."""


def _read(by: Resource, read: _Reader, odd: list[Malformed]) -> Enforcement:
    try:
        bypass = read()
    except Undetermined as unknown:
        return Enforcement(Strength.UNKNOWN, by, unknown.path)
    except Malformed as shape:
        odd.append(shape)
        return Enforcement(Strength.ABSENT, by)
    if bypass is None:
        return Enforcement(Strength.ABSENT, by)
    return Enforcement(Strength.BYPASSABLE if bypass else Strength.ENFORCED, by, bypass)


def _first_filled(*lists: Value) -> str:
    return next((each.path for each in lists if each.elements()), "")


def _unless_admins_are_free(stated: Value, *bypassers: Value) -> str:
    if not stated["enforceAdmins"].flag(default=False):
        return stated["enforceAdmins"].path
    return _first_filled(*bypassers)


def _branch_protection(stated: Value) -> dict[Element, _Reader]:
    def review() -> str | None:
        for block in stated["requiredPullRequestReviews"].elements():
            # The provider asks for nothing where the block is null; an empty one has its defaults.
            if block.present and block["requiredApprovingReviewCount"].number(default=1) >= 1:
                return _unless_admins_are_free(stated, block["pullRequestBypassers"])
        return None

    def checks() -> str | None:
        for block in stated["requiredStatusChecks"].elements():
            if _asked_strictly(block["contexts"].elements(), block["strict"]):
                return _unless_admins_are_free(stated)
        return None

    return {
        Element.REVIEW: review,
        Element.CHECKS: checks,
        Element.SIGNATURES: partial(_signed, stated),
        Element.NO_FORCE_PUSH: partial(_forbidden, stated, "allowsForcePushes", stated["forcePushBypassers"]),
        Element.NO_DELETION: partial(_forbidden, stated, "allowsDeletions"),
    }


def _branch_protection_v3(stated: Value) -> dict[Element, _Reader]:
    # It has no properties for force pushes and deletions, so nothing shows that these are forbidden.
    def review() -> str | None:
        block = stated["requiredPullRequestReviews"]
        if block.absent or block["requiredApprovingReviewCount"].number(default=1) < 1:
            return None
        allowances = block["bypassPullRequestAllowances"]
        return _unless_admins_are_free(stated, *(allowances[kind] for kind in ("users", "teams", "apps")))

    def checks() -> str | None:
        block = stated["requiredStatusChecks"]
        named = [*block["checks"].elements(), *block["contexts"].elements()]
        return _unless_admins_are_free(stated) if _asked_strictly(named, block["strict"]) else None

    return {Element.REVIEW: review, Element.CHECKS: checks, Element.SIGNATURES: partial(_signed, stated)}


def _asked_strictly(checks: list[Value], strict: Value) -> bool:
    named = (partial(_is_filled, name) for name in checks)
    return all_hold((lambda: any_holds(named), lambda: strict.flag(default=False)))


def _is_filled(name: Value) -> bool:
    return name.text(default="") != ""


def _signed(stated: Value) -> str | None:
    return _unless_admins_are_free(stated) if stated["requireSignedCommits"].flag(default=False) else None


def _forbidden(stated: Value, key: str, *bypassers: Value) -> str | None:
    return None if stated[key].flag(default=False) else _unless_admins_are_free(stated, *bypassers)


def _ruleset(stated: Value) -> dict[Element, _Reader]:
    rules = stated["rules"]

    def review() -> str | None:
        asked = rules["pullRequest"]["requiredApprovingReviewCount"].number(default=0) >= 1
        return _bypassed(stated) if asked else None

    def checks() -> str | None:
        block = rules["requiredStatusChecks"]
        named = [check["context"] for check in block["requiredChecks"].elements()]
        return _bypassed(stated) if _asked_strictly(named, block["strictRequiredStatusChecksPolicy"]) else None

    def rule(key: str, *, by_pull_request: bool) -> str | None:
        return _bypassed(stated, by_pull_request=by_pull_request) if rules[key].flag(default=False) else None

    return {
        Element.REVIEW: review,
        Element.CHECKS: checks,
        Element.SIGNATURES: partial(rule, "requiredSignatures", by_pull_request=True),
        Element.NO_FORCE_PUSH: partial(rule, "nonFastForward", by_pull_request=False),
        Element.NO_DELETION: partial(rule, "deletion", by_pull_request=False),
    }


def _bypassed(stated: Value, *, by_pull_request: bool = True) -> str:
    """The first actor that may pass the ruleset; one limited to pull requests cannot push or delete directly."""
    for actor in stated["bypassActors"].elements():
        if by_pull_request or actor["bypassMode"].text(default="always") != "pull_request":
            return actor.path
    return ""


_READERS: Final = {
    BRANCH_PROTECTION: _branch_protection,
    BRANCH_PROTECTION_V3: _branch_protection_v3,
    REPOSITORY_RULESET: _ruleset,
    ORGANIZATION_RULESET: _ruleset,
}


def _ruleset_applies(target: _Target, by: Resource) -> bool:
    stated = by.declared
    if by.type == REPOSITORY_RULESET:
        repository = partial(refers_to, target.stack, by, "repository", target.repository)
    else:
        repository = partial(_repository_is_meant, target, by)
    return all_hold(
        (
            lambda: stated["target"].text() == "branch",
            lambda: stated["enforcement"].text() == "active",
            repository,
            lambda: _ref_is_meant(target, stated["conditions"]["refName"]),
        )
    )


def _ref_is_meant(target: _Target, condition: Value) -> bool:
    ref = f"refs/heads/{target.branch}"

    def meets(pattern: str) -> bool | None:
        if pattern == "~DEFAULT_BRANCH":
            return target.branch == target.default
        return pattern == "~ALL" or _match(pattern, ref)

    return _included(condition, meets)


def _repository_is_meant(target: _Target, by: Resource) -> bool:
    conditions = by.declared["conditions"]
    if conditions["repositoryName"].present:
        name = target.repository.name.casefold()
        return _included(
            conditions["repositoryName"], lambda pattern: pattern == "~ALL" or _match(pattern.casefold(), name)
        )
    if conditions["repositoryIds"].present and target.repository.declared is not None:
        return _id_is_listed(target, by, target.repository.declared, conditions["repositoryIds"])
    return False  # custom properties of repositories are not part of a stack


def _id_is_listed(target: _Target, by: Resource, repository: Resource, ids: Value) -> bool:
    listed = [ids] if ids.unknown else ids.elements()
    known = {each.number() for each in listed if not each.unknown}
    if _id_among(repository, known):
        return True
    unknown = sum(each.unknown for each in listed)
    if unknown:
        # The engine tells which repositories all conditions were computed from, not which one an id is of.
        behind = [each for each in computed_from(target.stack, by, "conditions") if not _id_among(each, known)]
        if len(behind) == unknown == 1:
            return behind == [repository]
    elif not listed or is_known(repository["repoId"]):
        return False
    raise Undetermined(ids.path)


def _id_among(repository: Resource, known: set[float]) -> bool:
    return is_known(repository["repoId"]) and repository["repoId"].number() in known


def _included(condition: Value, meets: Callable[[str], bool | None]) -> bool:
    def includes(pattern: Value) -> bool:
        return meets(pattern.text()) is True

    def excludes(pattern: Value) -> bool:
        met = meets(pattern.text())
        if met is None:
            raise Malformed(
                pattern.path, "a pattern that GitHub reads (it takes neither [!x] and [^x] nor backslashes)"
            )
        return met

    return all_hold(
        (
            lambda: any_holds(partial(includes, each) for each in condition["includes"].elements()),
            lambda: not any_holds(partial(excludes, each) for each in condition["excludes"].elements()),
        )
    )


@lru_cache
def _translated(pattern: str) -> re.Pattern[str] | None:
    # GitHub takes neither backslashes nor complemented sets.
    if "\\" in pattern:
        return None
    expression, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            expression, at = expression + "(?:[^/]+/)*", at + 3
            continue
        character = pattern[at]
        at += 1
        if character == "*":
            expression += "[^/]*"
        elif character == "?":
            expression += "[^/]"
        elif character == "[":
            end = pattern.find("]", at + 1)
            members = pattern[at:end]
            if end < 0 or members[0] in "!^" or "/" in members:
                return None
            escaped = "".join(member if member == "-" else re.escape(member) for member in members)
            escaped = escaped.replace("--", r"-\-")  # a range that ends in a dash, which Python takes for its own
            expression, at = f"{expression}[{escaped}]", end + 1
        else:
            expression += re.escape(character)
    try:
        return re.compile(expression)
    except re.error:
        return None
