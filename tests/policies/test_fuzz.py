"""Whatever a program declares, no rule crashes, quotes a secret, or passes what it cannot read.

Rules are fed what they read: their own examples tell which properties those are, and each is replaced by arbitrary
trees of secrets, unknowns, opaque values and odd shapes. The harness raises if a rule crashes or quotes a secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import configuration, given, settings
from hypothesis import strategies as st

from policies.authoring import reads
from policies.authoring.harness import REDACTED, UNKNOWN, Judgement, Opaque, Raw, Secret, judge, resource
from policies.authoring.trees import Steps, path, put
from policies.judge.registry import rules
from policies.judge.resources import Resource
from policies.judge.rule import Example, ResourceRule, Rule
from policies.judge.values import Value

from .naughty_strings import CORPUS, OWN, PLACE, corpus

configuration.set_hypothesis_home_dir(Path(__file__).resolve().parents[2] / ".soc2" / "hypothesis")
BOUNDED = settings(deadline=None, database=None, derandomize=True, max_examples=40)

RULES = list(rules())
STACK_RULES = [rule for rule in RULES if not isinstance(rule, ResourceRule)]
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"
OPAQUE = [Opaque("an asset"), Opaque("an archive"), Opaque("a resource reference")]
FOREIGN_TYPES = ["aws:s3/bucket:Bucket", "pulumi:providers:vercel", "soc2:index:WebProject", "x"]

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@cache
def sites(rule: Rule, *, passing: bool) -> list[tuple[int, Steps]]:
    return reads.properties(rule, rule.passing if passing else rule.failing)


def strings_of(raw: Raw) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Secret):
        yield from strings_of(raw.value)
    elif isinstance(raw, list | dict):
        for each in raw.values() if isinstance(raw, dict) else raw:
            yield from strings_of(each)


EXAMPLES = [each for rule in RULES for example in (rule.failing, rule.passing) for each in example.resources]
KEYS = sorted({step for rule in RULES for _, way in sites(rule, passing=True) for step in way if isinstance(step, str)})
WORDS = sorted({text for each in EXAMPLES for text in strings_of(each.declared.raw())})
"""Words that rules know, so that what is fed gets past their first question."""


def sound(judgement: Judgement) -> Judgement:
    for message in judgement.messages:
        lines = message.split("\n")
        assert len(lines) in {1, 2, 3}
        assert all(line.isprintable() for line in lines)
        assert CANARY not in message
    return judgement


# --- arbitrary trees

texts = st.sampled_from([*WORDS, *(text for text in OWN if len(text) < 300)]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=20
)
leaves = (
    st.none()
    | st.booleans()
    | st.floats()
    | texts
    | st.just(UNKNOWN)
    | st.sampled_from(OPAQUE)
    | st.just(Secret(CANARY))
    | st.just(Secret(UNKNOWN))
    | st.just(Secret(REDACTED))
)
operations = st.sampled_from([{}, {"update": True}, {"stored": True}])
keys = st.sampled_from(KEYS) | st.sampled_from(["", "__defaults", "a.b", "[0]", "\n", "$ref"])


def secret_around(raw: Raw) -> Raw:
    return Secret([*raw, CANARY]) if isinstance(raw, list) else Secret(raw)


raws: st.SearchStrategy[Raw] = st.recursive(
    leaves,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(keys, inside, max_size=4) | inside.map(secret_around),
    max_leaves=12,
)


def among(example: Example, at: int, instead: Resource) -> list[Resource]:
    return [instead if place == at else each for place, each in enumerate(example.resources)]


@each_rule
@BOUNDED
@given(data=st.data())
def test_any_property_that_a_rule_reads_may_be_anything(rule: Rule, data: st.DataObject) -> None:
    passing = not sites(rule, passing=False) or data.draw(st.booleans())
    resources = list((rule.passing if passing else rule.failing).resources)
    for _ in range(data.draw(st.integers(1, 3))):
        at, way = data.draw(st.sampled_from(sites(rule, passing=passing)))
        resources[at] = reads.with_value(resources[at], way, data.draw(raws))
        if data.draw(st.booleans()):
            resources[at] = replace(resources[at], dependencies={})
    sound(judge(rule, *resources, **data.draw(operations)))


@st.composite
def any_resource(draw: st.DrawFn, token: str) -> Resource:
    declared = draw(st.dictionaries(keys, raws, max_size=8))
    planned = declared | draw(st.dictionaries(keys, raws, max_size=3))
    urns = draw(st.lists(st.sampled_from([each.urn for each in EXAMPLES]), max_size=2))
    return resource(
        token,
        draw(texts),
        planned,
        declared=declared,
        dependencies=dict.fromkeys(draw(st.lists(keys, max_size=2)), tuple(urns)),
    )


@each_rule
@BOUNDED
@given(data=st.data())
def test_any_resource_of_a_type_that_a_rule_speaks_of(rule: Rule, data: st.DataObject) -> None:
    if isinstance(rule, ResourceRule):
        sound(judge(rule, data.draw(any_resource(data.draw(st.sampled_from(rule.types))))))
        return
    tokens = data.draw(st.lists(st.sampled_from([*reads.types(rule), *FOREIGN_TYPES]), max_size=4))
    known = data.draw(st.lists(st.sampled_from(rule.passing.resources), unique=True))
    sound(judge(rule, *known, *(data.draw(any_resource(token)) for token in tokens)))


# --- strings


def with_every_string(raw: Raw, text: str) -> Raw:
    if isinstance(raw, str):
        return text
    if isinstance(raw, Secret):
        return Secret(
            with_every_string(raw.value, CANARY + text)
        )  # or a key would be the secret that it must not quote
    if isinstance(raw, list):
        return [with_every_string(each, text) for each in raw]
    if isinstance(raw, dict):
        return {key: with_every_string(each, text) for key, each in raw.items()}
    return raw


def judge_with_every_string(rule: Rule, text: str) -> None:
    for example in (rule.failing, rule.passing):
        resources = []
        for each in example.resources:
            properties = with_every_string(each.declared.raw(), text)
            assert isinstance(properties, dict)
            resources.append(resource(each.type, text, properties, urn=each.urn, dependencies=each.dependencies))
        sound(judge(rule, *resources))


@each_rule
def test_naughty_strings_in_every_string_at_once(rule: Rule) -> None:
    for text in OWN:
        judge_with_every_string(rule, text)


@pytest.mark.skipif(not CORPUS.is_file(), reason=f"the Big List of Naughty Strings is not at {PLACE}")
@each_rule
def test_those_of_the_big_list_in_every_string_at_once(rule: Rule) -> None:
    for text in corpus():
        judge_with_every_string(rule, text)


def within_json(text: str) -> list[str]:
    return [json.dumps(text), json.dumps({"key": text, text: [text]})]


@each_rule
@pytest.mark.parametrize("passing", [True, False], ids=["passing", "failing"])
def test_a_naughty_string_in_one_string(rule: Rule, passing: bool) -> None:
    example = rule.passing if passing else rule.failing
    for at, way in sites(rule, passing=passing):
        model = example.resources[at]
        given = stated(model, way)
        if not isinstance(given, str):
            continue
        for text in OWN:
            for spelled in (text, *(within_json(text) if given[:1] in {'"', "{"} else ())):
                sound(judge(rule, *among(example, at, reads.with_value(model, way, spelled))))


@each_rule
@pytest.mark.parametrize("passing", [True, False], ids=["passing", "failing"])
def test_no_property_is_quoted_where_it_is_secret(rule: Rule, passing: bool) -> None:
    example = rule.passing if passing else rule.failing
    canaries = [CANARY, f"NEXT_PUBLIC_SECRET_{CANARY}", *within_json(CANARY), f"https://user:{CANARY}@example.com"]
    for at, way in sites(rule, passing=passing):
        for canary in (*canaries, [CANARY], {"key": CANARY, "action": CANARY}):
            instead = reads.with_value(example.resources[at], way, Secret(canary))  # type: ignore[arg-type]
            sound(judge(rule, *among(example, at, instead)))


# --- no pass on garbage


def stated(model: Resource, way: Steps) -> Raw:
    raw: Raw = model.declared.raw()
    for step in way:
        while isinstance(raw, Secret):
            raw = raw.value
        if isinstance(raw, dict) and isinstance(step, str):
            raw = raw.get(step)
        elif isinstance(raw, list) and isinstance(step, int):
            raw = raw[step]
        else:
            return None
    return raw.value if isinstance(raw, Secret) else raw


GARBAGE: list[Raw] = [
    1.5,
    float("nan"),
    True,
    False,
    "garbage",
    "",
    [],
    ["garbage"],
    [[]],
    {},
    {"garbage": True},
    *OPAQUE,
    Secret(Opaque("an asset")),
]


def garbage_for(value: Raw) -> list[Raw]:
    """Values of another type. What a property that is not stated takes is not known: only what no property takes."""
    if value is None:
        return [*OPAQUE]
    kind = {bool: bool, float: float, int: float, str: str, list: list, dict: dict}[type(value)]
    return [each for each in GARBAGE if not isinstance(each, kind)]


@each_rule
def test_what_a_pass_depends_on_cannot_be_garbage(rule: Rule) -> None:
    depends = 0
    for at, way in sites(rule, passing=True):
        model = rule.passing.resources[at]

        def judged(value: Raw, at: int = at, way: Steps = way, model: Resource = model) -> str:
            others = {key: urns for key, urns in model.dependencies.items() if key != way[0]}
            changed = replace(reads.with_value(model, way, value), dependencies=others)
            return judge(rule, *among(rule.passing, at, changed)).verdict

        if judged(UNKNOWN) == "pass":
            continue  # the rule looked, but something else had decided already
        depends += 1
        value = stated(model, way)
        for garbage in garbage_for(None if value is UNKNOWN else value):
            assert judged(garbage) == "fail", f"{model.type} {path(way)} = {garbage!r}"
    assert depends


@each_rule
def test_what_a_preview_defers_is_redacted_where_stored_state_does_not_show_it(rule: Rule) -> None:
    for at, way in sites(rule, passing=True):
        # Only what is marked as secret is hidden there, and a rule may judge the mark.
        resources = among(rule.passing, at, reads.with_value(rule.passing.resources[at], way, Secret(UNKNOWN)))
        at_preview = judge(rule, *resources).verdict
        stored = judge(rule, *map(undecrypted, resources), stored=True).verdict
        assert stored == {"unknown": "redacted"}.get(at_preview, at_preview), path(way)


def undecrypted(subject: Resource) -> Resource:
    """The resource with what only an update will know in the place of secrets that nobody can decrypt."""

    def tree(raw: Raw) -> Raw:
        if isinstance(raw, Secret):
            return Secret(tree(raw.value))
        if isinstance(raw, list):
            return [tree(each) for each in raw]
        if isinstance(raw, dict):
            return {key: tree(each) for key, each in raw.items()}
        return Secret(REDACTED) if raw is UNKNOWN else raw

    return replace(
        subject, properties=Value(tree(subject.properties.raw())), declared=Value(tree(subject.declared.raw()))
    )


def test_the_fuzz_reaches_inside() -> None:
    assert {"targets", "managedRulesets", "transforms", "enforceAdmins", "sources"} <= set(KEYS)
    assert put({"a": [1.0]}, ("a", 0), "x") == {"a": ["x"]}
