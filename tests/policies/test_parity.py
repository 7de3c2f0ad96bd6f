"""The same rules say the same, whether this pack serves them or the stock Python SDK does.

Both run as processes of their own and are sent the same requests. Where they differ, `DIFFERENCES` says why: a
difference that none of them explains fails the test, and so does an explanation that nothing needs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import grpc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2 as pb

from policies.authoring import reads
from policies.authoring.harness import UNKNOWN, Opaque, Raw, Secret
from policies.authoring.trees import Steps
from policies.judge.registry import rules
from policies.judge.resources import Resource
from policies.judge.rule import ResourceRule, Rule
from policies.judge.values import Value

from .pack_process import PackProcess, analyze_request, analyze_stack_request

STOCK = Path(__file__).parent / "stock_pack"
BOUNDED = settings(deadline=None, database=None, derandomize=True, max_examples=600)
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"

RULES = {rule.id: rule for rule in rules()}
Said = frozenset[tuple[str, str]]
"""What a rule holds against whom: URN and message."""


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
class Answers:
    """What a server said: by rule what is mandatory, and the rules it could not run; or that the call failed."""

    mandatory: dict[str, Said] = field(default_factory=dict)
    not_run: frozenset[str] = frozenset()
    failed: bool = False

    def of(self, rule: str) -> Said:
        return self.mandatory.get(rule, frozenset())


def ask(server: PackProcess, case: Case) -> Answers:
    try:
        if case.as_stack:
            response = server.stub.AnalyzeStack(analyze_stack_request(case.resources))
        else:
            response = server.stub.Analyze(analyze_request(case.resources[0]))
    except grpc.RpcError:
        return Answers(failed=True)
    found: dict[str, set[tuple[str, str]]] = {}
    for each in response.diagnostics:
        if each.enforcementLevel == pb.MANDATORY:
            # The SDK puts the description before the message, and reports on no URN what is about the resource itself.
            text = each.message.removeprefix(f"{each.description}\n")
            found.setdefault(each.policyName, set()).add((each.urn, text))
    not_run = frozenset(each.policyName for each in response.diagnostics if "can't run policy" in each.message)
    return Answers({rule: frozenset(said) for rule, said in found.items()}, not_run)


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
        ours, stock = (sorted(answers.of(self.rule.id)) for answers in (self.ours, self.stock))
        subjects = [(each.name, each.properties.raw()) for each in self.case.resources]
        there = "nothing, as the call failed," if self.stock.failed else stock
        return f"{self.rule.id} says {ours} here and {there} on the stock SDK, of {subjects}"

    def agrees_on(self, other: Case) -> bool:
        """Whether this pack says of another case what the stock server said of this one."""
        return self.ask_ours(other).of(self.rule.id) == self.stock.of(self.rule.id)


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
        "afterwards is lost. This pack defers that clause alone and goes on, so it finds what the stock server found, "
        "and more.",
        lambda seen: (
            seen.rule.id in seen.stock.not_run
            and seen.case.holds(is_unknown)
            and seen.stock.of(seen.rule.id) < seen.ours.of(seen.rule.id)
        ),
    ),
    Difference(
        "secret markers are stripped",
        "The SDK hands a policy the plain value, so it cannot tell that it was secret, and quotes it. This pack says "
        "of the same values without markers what the stock server says with them.",
        lambda seen: seen.case.holds(is_secret) and seen.agrees_on(seen.case.without(unmarked)),
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
    if isinstance(rule, ResourceRule):
        # This pack remembers what was declared under a URN for the stack's rules, and the SDK's policies have no such
        # memory; with names of their own for the resources that are judged alone, neither has anything to remember.
        resources = [replace(each, urn=f"{each.urn}-alone") for each in resources[:1]]
    case = Case(tuple(resources), not isinstance(rule, ResourceRule))
    return case if unknowns else case.without(lambda raw: "known" if raw is UNKNOWN else unmarked(raw))


# --- the two beside each other


@dataclass(eq=False)
class Servers:
    ours: PackProcess
    stock: PackProcess
    needed: Counter[str] = field(default_factory=Counter, repr=False)
    compared: Counter[str] = field(default_factory=Counter, repr=False)

    def compare(self, case: Case) -> list[Disagreement]:
        ours, stock = ask(self.ours, case), ask(self.stock, case)
        assert not ours.failed, "this pack answers every call"
        spoken = [
            rule
            for rule in RULES.values()
            if isinstance(rule, ResourceRule) != case.as_stack
            and (not isinstance(rule, ResourceRule) or case.resources[0].type in rule.types)
        ]
        for rule in spoken:
            self.compared[rule.id] += 1
        return [
            Disagreement(rule, case, ours, stock, lambda other: ask(self.ours, other))
            for rule in spoken
            if stock.failed or ours.of(rule.id) != stock.of(rule.id)
        ]

    def explain(self, seen: Disagreement) -> None:
        found = next((each for each in DIFFERENCES if each.explains(seen)), None)
        assert found, f"nothing explains that {seen}"
        self.needed[found.name] += 1


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    ours, stock = PackProcess(), PackProcess(folder=STOCK)
    yield Servers(ours, stock)
    ours.stop()
    stock.stop()


@BOUNDED
@given(case=cases(PLAIN, unknowns=False))
def test_they_agree_on_what_both_can_see(servers: Servers, case: Case) -> None:
    assert [str(seen) for seen in servers.compare(case)] == []


def holding(value: Raw) -> Case:
    """A resource that breaks a rule and holds a value besides. Rare values are not left to what is generated."""
    rule = next(each for each in RULES.values() if isinstance(each, ResourceRule))
    subject = replace(rule.failing.resources[0], urn=f"{rule.failing.resources[0].urn}-alone")
    return Case((mapped(subject, lambda raw: {**raw, "besides": value} if isinstance(raw, dict) else raw),), False)


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
