"""What a record says. Each is the predicate of an in-toto statement; none holds a secret or a property's value.

A run leaves two records in its chain: the intent, stored before the engine starts, and the outcome. A review closes
an emergency. Beside the records a chain has a head, which says which of them is the newest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

INTENT: Final = "urn:soc2-guardrails:evidence:intent:v1"
OUTCOME: Final = "urn:soc2-guardrails:evidence:outcome:v1"
REVIEW: Final = "urn:soc2-guardrails:evidence:review:v1"
HEAD: Final = "urn:soc2-guardrails:evidence:head:v1"

Digest: TypeAlias = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0):
        raise ValueError("the time is not in UTC")
    return moment


Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A time in UTC."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Operation(StrEnum):
    """What the run was to do."""

    PREVIEW = "preview"
    UPDATE = "update"


class Result(StrEnum):
    """How the run ended."""

    SUCCEEDED = "succeeded"  # a preview that was allowed, an update that was carried out
    REFUSED = "refused"  # by a mandatory rule
    FAILED = "failed"  # for any other reason
    DECLINED = "declined"  # by whoever was asked to confirm the update
    INTERRUPTED = "interrupted"  # by a signal, or killed


class Link(_Said):
    """A record's place in its chain.

    Attributes:
        chain: the chain's name, e.g. `shop/production/updates`.
        sequence: counts from 1.
        previous: the digest of the stored bytes of the record before it; None for the first.
    """

    chain: str
    sequence: int = Field(ge=1)
    previous: Digest | None = None


class Commit(_Said):
    """The commit of the checkout that the run was made from.

    Attributes:
        sha: of the commit.
        dirty: whether the work tree held anything else.
        repository: the remote's address without credentials, empty where there is none.
        ref: the branch or tag checked out, empty for a detached head.
    """

    sha: str
    dirty: bool
    repository: str = ""
    ref: str = ""


class Actors(_Said):
    """Who ran it.

    Attributes:
        claimed: as git is configured, `Name <address>`; nobody vouches for it.
        attested: claims of the CI's OIDC token, whose signature was checked against its issuer; empty without one.
    """

    claimed: str = ""
    attested: Mapping[str, str] = Field(default_factory=dict)


class Approval(_Said):
    """A review of a pull request: who, in what state, of which commit, when."""

    by: str
    state: str
    commit: str = ""
    at: Moment | None = None


class PullRequest(_Said):
    """The pull request that the run belongs to.

    Attributes:
        number: its number.
        url: its page.
        head: SHA of its head.
        base: the branch it goes to.
        approvals: its reviews; None where the token did not allow to read them.
    """

    number: int
    url: str = ""
    head: str = ""
    base: str = ""
    approvals: tuple[Approval, ...] | None = None


class Pack(_Said):
    """A policy pack by name, version and the digest of its content."""

    name: str
    version: str
    digest: Digest


class Emergency(_Said):
    """Why the rules were not to stop this run, and where that was decided."""

    reason: str
    ticket: str


class Runner(_Said):
    """Where the run is, so that a later one can tell whether it still goes on.

    Attributes:
        host: a digest that is the same for all runs of one machine.
        lock: the name of the lock that the run holds on that machine while it lives.
        until: when a run elsewhere may take it for dead.
        url: the CI run's page, empty elsewhere.
    """

    host: str
    lock: str
    until: Moment
    url: str = ""


class Earlier(_Said):
    """A record before this one in the same chain: its place, and the run that it is of."""

    sequence: int = Field(ge=1)
    run: str


class Intent(_Said):
    """What is about to happen; stored before the engine starts.

    It carries on what is open in its chain, so that nobody has to read the whole chain to know.

    Attributes:
        configuration: digest of the file that configures the pack, None without one.
        unfinished: intents whose outcome is missing.
        unreviewed: outcomes of emergencies that nobody has reviewed.
    """

    link: Link
    run: str
    at: Moment
    project: str
    stack: str
    operation: Operation
    sandbox: bool
    commit: Commit | None
    actors: Actors
    pull_request: PullRequest | None = None
    emergency: Emergency | None = None
    packs: tuple[Pack, ...]
    configuration: Digest | None = None
    versions: Mapping[str, str]
    runner: Runner
    unfinished: tuple[Earlier, ...] = ()
    unreviewed: tuple[Earlier, ...] = ()


class Decision(_Said):
    """One rule's verdict on one resource, from the pack's own journal."""

    rule: str
    urn: str
    scope: str
    verdict: str
    level: str
    messages: tuple[str, ...] = ()
    reason: str = ""
    waiver: Mapping[str, str] | None = None


class Remediation(_Said):
    """What one rule changed in a resource before it was judged, or why it did not, from the pack's own journal.

    Attributes:
        rule: the rule's id.
        urn: the resource.
        message: what the engine was told of it.
        severity: the rule's.
        changed: the paths of the properties that were changed.
        withheld: why nothing was changed; empty where something was.
    """

    rule: str
    urn: str
    message: str = ""
    severity: str = ""
    changed: tuple[str, ...] = ()
    withheld: str = ""


class Change(_Said):
    """What happens to one resource: the engine's word for it, and the names of the properties that differ."""

    operation: str
    urn: str
    properties: tuple[str, ...] = ()


class Phase(_Said):
    """One run of the engine: an `update` has two, its preview and itself.

    Attributes:
        operation: of the engine.
        evaluated: whether the decisions are whole and agree with the engine's event log.
        why_not: what is wrong if they are not; the decisions are then left out.
        not_judged: what was not judged although the run was evaluated: deferred values, stack rules.
        pack: the pack that judged, as its journal names it.
        configuration: digest of the pack's configuration, as its journal names it.
        decisions: all of them.
        disabled: rules that the configuration switched off.
        remediated: what the pack tightened, and what it was asked to tighten and did not.
        changes: how many resources, by the engine's word for the operation.
        planned: the changes one by one; what the engine planned at a preview, what it did at an update.
        exit_code: the engine's.
        plan: digest of the planned state, where one that another machine made was judged and no engine ran.
    """

    operation: Operation
    evaluated: bool
    why_not: str = ""
    not_judged: tuple[str, ...] = ()
    pack: Pack | None = None
    configuration: Digest | None = None
    decisions: tuple[Decision, ...] = ()
    disabled: tuple[str, ...] = ()
    remediated: tuple[Remediation, ...] = ()
    changes: Mapping[str, int] = Field(default_factory=dict)
    planned: tuple[Change, ...] = ()
    exit_code: int | None = None
    plan: Digest | None = None


class Outcome(_Said):
    """How it ended. `intent` is the digest of the intent's stored bytes."""

    link: Link
    run: str
    intent: Digest
    at: Moment
    project: str
    stack: str
    operation: Operation
    sandbox: bool
    result: Result
    phases: tuple[Phase, ...] = ()
    emergency: bool = False
    plugins: Mapping[str, str] = Field(default_factory=dict)
    closed_by: str = ""  # the run that closed it, where it could not do so itself
    why: str = ""


class Review(_Said):
    """Somebody has looked at an emergency, and says what came of it."""

    link: Link
    at: Moment
    run: str  # of the emergency
    outcome: Digest
    sandbox: bool
    actors: Actors
    conclusion: str


class Head(_Said):
    """Which record is the newest of a chain; the only thing in it that is replaced.

    Attributes:
        chain: the chain's name.
        sequence: of the newest record.
        digest: of its stored bytes.
        at: when it was moved here.
    """

    chain: str
    sequence: int = Field(ge=1)
    digest: Digest
    at: Moment


Predicate: TypeAlias = Intent | Outcome | Review
"""What a record of a chain says."""

Said: TypeAlias = Predicate | Head

TYPE_OF: Final[Mapping[type[Said], str]] = {
    Intent: INTENT,
    Outcome: OUTCOME,
    Review: REVIEW,
    Head: HEAD,
}
"""The predicate type of a statement that says it."""
