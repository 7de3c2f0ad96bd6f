"""The same rules say the same, whether this pack serves them or the stock Python SDK does.

Both run as processes of their own and are sent the same requests. What is mandatory, what is advised and what is not
applicable, with its reason, is compared. Where they differ, `DIFFERENCES` says why: a difference that none of them
explains fails the test, and so does an explanation that nothing needs. What this pack says there must be what the rule
itself finds, word for word.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path

import grpc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2 as pb

from policies.authoring import reads
from policies.authoring.harness import UNKNOWN, Opaque, Raw, Secret, changed
from policies.authoring.trees import Steps
from policies.judge import message
from policies.judge.registry import rules
from policies.judge.resources import Resource, Stack
from policies.judge.rule import NotApplicable, ResourceRule, Rule, StackRule, Undecided, Violation
from policies.judge.values import Value
from policies.judge.verdict import judge_resource, judge_stack
from policies.secrets import env_provenance_from_secret_manager
from policies.source_control import repo_secret_scanning

from .pack_process import ROOT, PackProcess, analyze_request, analyze_stack_request
from .stock_sdk import ADVICE, ADVICE_VARIABLE, BETWEEN_REASONS

STOCK = Path(__file__).parent / "stock_pack"
BOUNDED = settings(deadline=None, database=None, derandomize=True, max_examples=600)
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"

RULES = {rule.id: rule for rule in rules()}
Messages = frozenset[tuple[str, str]]
"""What is said of whom: URN and message."""


# --- what both are asked, and what they say


@dataclass(frozen=True)
class Case:
    """Resources to judge: one by itself, or all of them as a stack."""

    resources: tuple[Resource, ...]
    as_stack: bool

    def holds(self, kind: Callable[[Raw], bool]) -> bool:
        """Whether a value of some kind is anywhere in it."""
        return any(kind(value) for each in self.resources for value in values(each.properties.raw()))

    def without(self, kind: Callable[[Raw], Raw]) -> Case:
        return replace(self, resources=tuple(mapped(each, kind) for each in self.resources))


@dataclass(frozen=True)
class Said:
    """What one rule said: messages by level, and why it does not apply."""

    mandatory: Messages = frozenset()
    advisory: Messages = frozenset()
    not_applicable: str = ""

    def __le__(self, other: Said) -> bool:
        return (
            self.mandatory <= other.mandatory
            and self.advisory <= other.advisory
            and self.not_applicable in {"", other.not_applicable}
        )

    @property
    def kinds(self) -> list[str]:
        """The kinds of what it said."""
        return [each.name for each in fields(self) if getattr(self, each.name)]


@dataclass(frozen=True)
class Answers:
    """What a server said: by rule, and the rules it could not run; or that the call failed."""

    said: dict[str, Said] = field(default_factory=dict)
    not_run: frozenset[str] = frozenset()
    failed: bool = False

    def of(self, rule: str) -> Said:
        return self.said.get(rule, Said())


def ask(server: PackProcess, case: Case) -> Answers:
    try:
        if case.as_stack:
            response = server.stub.AnalyzeStack(analyze_stack_request(case.resources))
        else:
            response = server.stub.Analyze(analyze_request(case.resources[0]))
    except grpc.RpcError:
        return Answers(failed=True)
    found: dict[tuple[str, pb.EnforcementLevel.ValueType], set[tuple[str, str]]] = {}
    not_run = set()
    for each in response.diagnostics:
        rule = each.policyName.removesuffix(ADVICE)
        if each.message.startswith("can't run policy "):
            not_run.add(rule)
        else:
            # The SDK puts the description before the message.
            text = each.message.removeprefix(f"{each.description}\n")
            found.setdefault((rule, each.enforcementLevel), set()).add((each.urn, text))
    reasons: dict[str, list[str]] = {}
    for unspoken in response.not_applicable:
        reasons.setdefault(unspoken.policy_name, []).append(unspoken.reason)
    said = {
        rule: Said(
            frozenset(found.get((rule, pb.MANDATORY), ())),
            frozenset(found.get((rule, pb.ADVISORY), ())),
            BETWEEN_REASONS.join(reasons.get(rule, ())),
        )
        for rule in RULES
    }
    return Answers(said, frozenset(not_run))


def finds(rule: Rule, case: Case) -> Said:
    """What a rule finds by itself, in the words of this pack."""
    subjects = [replace(each, declared=each.properties) for each in case.resources]
    if isinstance(rule, ResourceRule):
        verdict = judge_resource(rule, subjects[0])
    else:
        assert isinstance(rule, StackRule)
        verdict = judge_stack(rule, Stack([ROOT, *subjects]))
    secrets = message.secrets_in(each.properties.raw() for each in subjects)
    mandatory: set[tuple[str, str]] = set()
    advisory: set[tuple[str, str]] = set()
    reasons = []
    for finding in verdict.findings:
        subject = finding.on or verdict.subject
        urn = subject.urn if subject else ""
        if isinstance(finding, NotApplicable):
            reasons.append(message.not_applicable(finding, secrets))
        elif isinstance(finding, Violation):
            told = advisory if finding.advice else mandatory
            told.add((urn, message.violation(rule, finding, secrets)))
        else:
            assert isinstance(finding, Undecided)
            advisory.add((urn, message.deferred(rule, finding, secrets)))
    return Said(frozenset(mandatory), frozenset(advisory), BETWEEN_REASONS.join(reasons))


# --- the differences


@dataclass(frozen=True)
class Difference:
    """A class of differences between this pack and the stock SDK.

    Attributes:
        name: what makes the two differ.
        reason: why, and why this pack does as it does.
        explains: whether it is what makes one rule say something else of one case.
    """

    name: str
    reason: str
    explains: Callable[[Disagreement], bool]


@dataclass(frozen=True)
class Disagreement:
    """One rule of which the two servers say different things."""

    rule: Rule
    case: Case
    ours: Answers
    stock: Answers
    ask_ours: Callable[[Case], Answers]

    def __str__(self) -> str:
        subjects = [(each.name, each.properties.raw()) for each in self.case.resources]
        there = "nothing, as the call failed," if self.stock.failed else self.stock.of(self.rule.id)
        more = ", ended by an unknown value," if self.rule.id in self.stock.not_run else ""
        ours = self.ours.of(self.rule.id)
        return f"{self.rule.id} says {ours} here and {there}{more} on the stock SDK, of {subjects}"

    @property
    def is_none(self) -> bool:
        """Whether they say the same after all."""
        ended = self.stock.failed or self.rule.id in self.stock.not_run
        return not ended and self.ours.of(self.rule.id) == self.stock.of(self.rule.id)

    @property
    def ended_by_unknown(self) -> bool:
        """Whether the stock server stopped at an unknown value, and this pack says all that it said before that."""
        stopped = self.rule.id in self.stock.not_run and self.case.holds(is_unknown)
        return stopped and self.stock.of(self.rule.id) <= self.ours.of(self.rule.id)

    def without_marks(self) -> Disagreement:
        """What this pack says of the same values without the marks of secrets, beside the same of the stock server."""
        case = self.case.without(unmarked)
        return replace(self, case=case, ours=self.ask_ours(case))


def values(raw: Raw) -> Iterator[Raw]:
    yield raw
    inside = raw.value if isinstance(raw, Secret) else raw
    if isinstance(inside, list | dict):
        for each in inside.values() if isinstance(inside, dict) else inside:
            yield from values(each)
    elif isinstance(raw, Secret):
        yield from values(inside)


def mapped(subject: Resource, change: Callable[[Raw], Raw]) -> Resource:
    def tree(raw: Raw) -> Raw:
        raw = change(raw)
        if isinstance(raw, Secret):
            return Secret(tree(raw.value))
        if isinstance(raw, list):
            return [tree(each) for each in raw]
        return {key: tree(each) for key, each in raw.items()} if isinstance(raw, dict) else raw

    properties = tree(subject.properties.raw())
    assert isinstance(properties, dict)
    return replace(subject, properties=Value(properties), declared=Value(properties))


def is_secret(raw: Raw) -> bool:
    return isinstance(raw, Secret)


def unmarked(raw: Raw) -> Raw:
    while isinstance(raw, Secret):
        raw = raw.value
    return raw


def is_unknown(raw: Raw) -> bool:
    return raw is UNKNOWN


def is_undecodable(raw: Raw) -> bool:
    """What the SDK cannot decode: a resource reference, and an asset or archive that the engine sends by its hash."""
    return isinstance(raw, Opaque)


def is_no_number(raw: Raw) -> bool:
    return isinstance(raw, float) and not math.isfinite(raw)


DIFFERENCES = (
    Difference(
        "a value the SDK cannot decode",
        "The stock server answers the call with an error, also where no policy asks for the value. This pack takes it "
        "for a value that cannot be looked into, and a rule that needs it is violated.",
        lambda seen: seen.stock.failed and seen.case.holds(is_undecodable),
    ),
    Difference(
        "a number that is none",
        "JSON, by way of which the SDK decodes, has no infinity and no NaN: the stock server answers with an error. "
        "This pack reads the number as it was sent.",
        lambda seen: seen.stock.failed and seen.case.holds(is_no_number),
    ),
    Difference(
        "an unknown value ends the policy",
        "Where a policy touches an unknown value the SDK ends it with an advisory, and what it would have found "
        "afterwards is lost. This pack defers that clause alone, says so, and goes on: it finds what the stock server "
        "found, and more. Where the rule does not depend on the value, nothing is deferred.",
        lambda seen: seen.ended_by_unknown,
    ),
    Difference(
        "secret markers are stripped",
        "The SDK hands a policy the plain value, so it cannot tell that it was secret, and quotes it. This pack says "
        "of the same values without markers what the stock server says with them.",
        lambda seen: seen.case.holds(is_secret) and ((bare := seen.without_marks()).is_none or bare.ended_by_unknown),
    ),
)


# --- what is generated


@cache
def sites(rule: Rule, *, passing: bool) -> list[tuple[int, Steps]]:
    return reads.properties(rule, rule.passing if passing else rule.failing)


EXAMPLES = [each for rule in RULES.values() for example in (rule.failing, rule.passing) for each in example.resources]
WORDS = sorted(
    {
        text
        for each in EXAMPLES
        for value in values(each.declared.raw())
        if isinstance(text := unmarked(value), str) and len(text) < 200
    }
)
KEYS = sorted(
    {
        step
        for rule in RULES.values()
        for passing in (True, False)
        for _, way in sites(rule, passing=passing)
        for step in way
        if isinstance(step, str)
    }
)

plain: st.SearchStrategy[Raw] = (
    st.none()
    | st.booleans()
    | st.integers(-2, 4).map(float)
    | st.sampled_from(WORDS)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
)
marked: st.SearchStrategy[Raw] = st.sampled_from(
    [
        UNKNOWN,
        Secret(CANARY),
        Secret(UNKNOWN),
        Secret("AUTH_SECRET"),
        Opaque("a resource reference"),
        math.nan,
        math.inf,
    ]
)


def trees(leaves: st.SearchStrategy[Raw], *, secrets: bool) -> st.SearchStrategy[Raw]:
    def around(inside: st.SearchStrategy[Raw]) -> st.SearchStrategy[Raw]:
        objects = st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inside, max_size=3)
        return objects | inside.map(Secret) if secrets else objects

    return st.recursive(leaves, around, max_leaves=6)


PLAIN = trees(plain, secrets=False)
MARKED = trees(plain | plain | marked, secrets=True)


def stated(raw: Raw, way: Steps) -> Raw:
    for step in way:
        raw = unmarked(raw)
        if isinstance(raw, dict) and isinstance(step, str):
            raw = raw.get(step)
        elif isinstance(raw, list) and isinstance(step, int) and step < len(raw):
            raw = raw[step]
        else:
            return None
    return raw


def alone(subject: Resource) -> Case:
    return Case((subject,), as_stack=False)


@st.composite
def cases(draw: st.DrawFn, replacements: st.SearchStrategy[Raw], *, unknowns: bool) -> Case:
    """The example of a rule, with some of what the rule reads replaced; examples are where rules have much to say."""
    rule = draw(st.sampled_from(list(RULES.values())))
    passing = draw(st.booleans()) or not sites(rule, passing=False)
    resources = list((rule.passing if passing else rule.failing).resources)
    for _ in range(draw(st.integers(0, 2))):
        at, way = draw(st.sampled_from(sites(rule, passing=passing)))
        # Rules have more to say of a sound value that is secret than of an odd one.
        marking = unknowns and draw(st.booleans())
        value = Secret(stated(resources[at].declared.raw(), way)) if marking else draw(replacements)
        resources[at] = reads.with_value(resources[at], way, value)
    if draw(st.booleans()):
        resources = [replace(each, dependencies={}) for each in resources]
    case = alone(resources[0]) if isinstance(rule, ResourceRule) else Case(tuple(resources), as_stack=True)
    return case if unknowns else case.without(lambda raw: "known" if raw is UNKNOWN else unmarked(raw))


# --- the two beside each other


@dataclass(eq=False)
class Servers:
    ours_of_one: PackProcess
    ours_of_stacks: PackProcess
    stock: PackProcess
    needed: Counter[str] = field(default_factory=Counter, repr=False)
    compared: Counter[str] = field(default_factory=Counter, repr=False)
    agreed: dict[str, set[str]] = field(default_factory=dict, repr=False)
    """By kind of what is said, the rules of which both servers said the same of that kind, and not nothing."""

    def ask_ours(self, case: Case) -> Answers:
        # This pack remembers what each resource declared, and what of that is secret, until it judges the stack. The
        # SDK's policies have no such memory, so here the pack that judges stacks has seen no resource by itself.
        return ask(self.ours_of_stacks if case.as_stack else self.ours_of_one, case)

    def compare(self, case: Case) -> list[Disagreement]:
        ours, stock = self.ask_ours(case), ask(self.stock, case)
        assert not ours.failed, "this pack answers every call"
        spoken = [
            rule
            for rule in RULES.values()
            if isinstance(rule, ResourceRule) != case.as_stack
            and (not isinstance(rule, ResourceRule) or case.resources[0].type in rule.types)
        ]
        found = []
        for rule in spoken:
            self.compared[rule.id] += 1
            seen = Disagreement(rule, case, ours, stock, self.ask_ours)
            if not seen.is_none:
                found.append(seen)
                continue
            for kind in ours.of(rule.id).kinds:
                self.agreed.setdefault(kind, set()).add(rule.id)
        return found

    def explain(self, seen: Disagreement) -> None:
        found = next((each for each in DIFFERENCES if each.explains(seen)), None)
        assert found, f"nothing explains that {seen}"
        assert seen.ours.of(seen.rule.id) == finds(seen.rule, seen.case), f"{found.name}: {seen}"
        self.needed[found.name] += 1


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    stock = PackProcess(folder=STOCK, environment={ADVICE_VARIABLE: "1"})
    started = Servers(PackProcess(), PackProcess(), stock)
    yield started
    for each in (started.ours_of_one, started.ours_of_stacks, started.stock):
        each.stop()


# Rare cases are not left to what is generated.

ARCHIVED = alone(changed(repo_secret_scanning.RULE.failing, {"archived": True}))
FROM_ENVIRONMENT = alone(
    changed(
        env_provenance_from_secret_manager.RULE.passing,
        {"comment": "secret-ref=env://STRIPE_SECRET_KEY version=none rotated=unknown"},
    )
).without(unmarked)
EMPTY = Case((), as_stack=True)


def holding(value: Raw) -> Case:
    """A resource that breaks a rule and holds a value besides."""
    rule = next(each for each in RULES.values() if isinstance(each, ResourceRule))
    return alone(
        mapped(rule.failing.resources[0], lambda raw: {**raw, "besides": value} if isinstance(raw, dict) else raw)
    )


@BOUNDED
@example(case=ARCHIVED)
@example(case=FROM_ENVIRONMENT)
@example(case=EMPTY)
@given(case=cases(PLAIN, unknowns=False))
def test_they_agree_on_what_both_can_see(servers: Servers, case: Case) -> None:
    assert [str(seen) for seen in servers.compare(case)] == []


@BOUNDED
@example(case=holding(Opaque("a resource reference")))
@example(case=holding(math.nan))
@given(case=cases(MARKED, unknowns=True))
def test_where_they_differ_it_is_explained(servers: Servers, case: Case) -> None:
    for seen in servers.compare(case):
        servers.explain(seen)


def test_no_explanation_is_idle_and_no_rule_was_left_out(servers: Servers) -> None:
    """Runs after the comparisons, on what they found."""
    assert {each.name for each in DIFFERENCES} == set(servers.needed)
    assert set(RULES) == set(servers.compared)


def test_every_kind_of_answer_was_compared(servers: Servers) -> None:
    """Runs after the comparisons: servers that say nothing of a kind would agree on it as well."""
    assert servers.agreed == {
        "mandatory": set(RULES),
        "advisory": {"env-provenance-from-secret-manager", "env-rotation-age"},
        "not_applicable": {
            "headers-cors-safe",
            "headers-csp-strong",
            "headers-hsts-preload-grade",
            "repo-secret-scanning",
            "stack-firewall-per-exposed-project",
            "stack-headers-baseline-coverage",
            "stack-log-drain-covers-production",
            "stack-production-branch-protected",
        },
    }
