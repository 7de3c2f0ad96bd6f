from __future__ import annotations

import pytest

from policies.authoring.trees import steps
from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Opaque, Raw, Secret
from policies.judge.wire import REDACTED
from policies.subjects import tokens
from policies.subjects.plain_sinks import SINKS

from ..pack_process import PackProcess

RULE = "secret-in-plain-sink"
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"
EVERY_SINK = [(token, path) for token, paths in SINKS.items() for path in paths]


def with_sink(token: str, path: str, value: Raw) -> Resource:
    """A resource of the type with the value at the sink, in whatever lists and objects the path leads through."""
    concrete = path.replace(".**", ".inside").replace(".*", ".key").replace("[]", "[0]")
    built: Raw = value
    for step in reversed(steps(concrete)):
        built = [built] if isinstance(step, int) else {step: built}
    assert isinstance(built, dict)
    return resource(token, "subject", built)


@pytest.mark.parametrize(("token", "path"), EVERY_SINK)
@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (Secret(CANARY), "fail"),
        (Secret(UNKNOWN), "fail"),
        (Secret(Secret(CANARY)), "fail"),
        (REDACTED, "pass"),
        (CANARY, "pass"),
        (None, "pass"),
        (UNKNOWN, "unknown"),
        (Opaque("an asset"), "fail"),
    ],
    ids=["secret", "unknown secret", "twice secret", "the words of a program", "plain", "absent", "unknown", "opaque"],
)
def test_every_sink(preview: PackProcess, token: str, path: str, value: Raw, verdict: str) -> None:
    answer = preview.judge(with_sink(token, path, value)).of(RULE)
    assert answer.verdict == verdict, answer.text
    assert CANARY not in answer.text


@pytest.mark.parametrize(("token", "path"), EVERY_SINK)
@pytest.mark.parametrize(
    ("value", "verdict"),
    [(Secret(REDACTED), "fail"), (REDACTED, "pass"), (Secret(CANARY), "fail"), (CANARY, "pass"), (UNKNOWN, "fail")],
    ids=["secret", "the words of a program", "decrypted", "plain", "unknown"],
)
def test_every_sink_of_stored_state(stored_state: PackProcess, token: str, path: str, value: Raw, verdict: str) -> None:
    """That a secret is there is known by its mark; what it is, nobody has to see."""
    assert stored_state.judge(with_sink(token, path, value)).of(RULE).verdict == verdict


def test_words_that_repeat_a_secret_beside_them_are_a_secret(preview: PackProcess) -> None:
    def declared(comment: str) -> Resource:
        variable: Raw = {"key": "A", "value": Secret(CANARY), "comment": comment}
        return resource(tokens.ENVIRONMENT_VARIABLES, "subject", {"variables": Secret([variable])})

    assert preview.judge(declared("charges cards")).of(RULE).verdict == "pass"
    answer = preview.judge(declared(f"the token {CANARY}")).of(RULE)
    assert answer.verdict == "fail"
    assert answer.messages[0].startswith("variables[0].comment holds a secret")
    assert CANARY not in answer.text


def test_a_mark_around_an_object_may_be_there_for_another_value_of_it(
    preview: PackProcess, stored_state: PackProcess
) -> None:
    def declared(variables: Raw) -> Resource:
        return resource(tokens.ENVIRONMENT_VARIABLES, "subject", {"variables": variables})

    assert preview.judge(declared(Secret(UNKNOWN))).of(RULE).verdict == "unknown"
    assert stored_state.judge(declared(Secret(REDACTED))).of(RULE).verdict == "redacted"


@pytest.mark.parametrize(
    ("token", "given", "paths"),
    [
        (tokens.REPOSITORY, {"topics": ["shop", Secret(CANARY)]}, ["topics[1]"]),
        (tokens.REPOSITORY, {"topics": Secret(["shop", CANARY])}, ["topics[0]", "topics[1]"]),
        (tokens.REPOSITORY, {"topics": Secret(UNKNOWN)}, ["topics"]),
        (tokens.REPOSITORY, {"topics": Secret([])}, []),
        (tokens.DEPLOYMENT, {"meta": {"commit": "abc", "token": Secret(CANARY)}}, ["meta.token"]),
        (tokens.DEPLOYMENT, {"meta": Secret({CANARY: "x"})}, ["meta"]),
        (tokens.DEPLOYMENT, {"projectSettings": Secret({"buildCommand": "x"})}, ["projectSettings.buildCommand"]),
        (tokens.EDGE_CONFIG_ITEM, {"valueJson": {"a": [1.0, {"b": Secret(CANARY)}]}}, ["valueJson.a[1].b"]),
        (tokens.EDGE_CONFIG_ITEM, {"valueJson": Secret({"a": "x"})}, ["valueJson"]),
        (
            tokens.PROJECT_ROUTE,
            {"route": {"transforms": [{"type": "response.headers", "args": Secret(CANARY), "target": "x"}]}},
            ["route.transforms[0].args"],
        ),
        # The schema marks the value: a list that is marked for its sake does not make a secret of the comment.
        (
            tokens.ENVIRONMENT_VARIABLES,
            {"variables": Secret([{"key": "A", "value": Secret(CANARY), "comment": "rotated in May"}])},
            [],
        ),
        (
            tokens.ENVIRONMENT_VARIABLES,
            {"variables": [{"key": "A", "value": Secret(CANARY), "comment": Secret(CANARY)}]},
            ["variables[0].comment"],
        ),
    ],
)
def test_where_it_points(preview: PackProcess, token: str, given: dict[str, Raw], paths: list[str]) -> None:
    answer = preview.judge(resource(token, "subject", given)).of(RULE)
    assert [message.partition(" ")[0] for message in answer.messages] == paths
    assert CANARY not in answer.text


def test_what_the_schema_keeps_secret_is_no_sink(preview: PackProcess) -> None:
    kept = [
        resource(tokens.ENVIRONMENT_VARIABLE, "v", {"key": "A", "value": Secret(CANARY), "valueWo": Secret(CANARY)}),
        resource(tokens.LOG_DRAIN, "d", {"headers": Secret({"Authorization": CANARY}), "secret": Secret(CANARY)}),
        resource(tokens.PROJECT, "p", {"passwordProtection": {"password": Secret(CANARY)}}),
        resource(tokens.DEPLOYMENT, "p", {"environment": Secret({"TOKEN": CANARY})}),
    ]
    for each in kept:
        assert preview.judge(each).of(RULE).verdict == "pass"


def test_an_unknown_value_does_not_silence_the_next(preview: PackProcess) -> None:
    answer = preview.judge(
        resource(tokens.PROJECT, "p", {"buildCommand": UNKNOWN, "installCommand": Secret(CANARY)})
    ).of(RULE)
    assert answer.verdict == "fail"
    assert len(answer.diagnostics) == 2


@pytest.mark.parametrize("odd", [1.0, True, ["x"], {"a": "x"}])
def test_another_shape_is_a_violation(preview: PackProcess, odd: Raw) -> None:
    assert preview.judge(resource(tokens.ACTIONS_VARIABLE, "v", {"value": odd})).of(RULE).verdict == "fail"


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(resource(tokens.ACTIONS_VARIABLE, "v", {"value": UNKNOWN})).of(RULE).verdict == "fail"


def test_message(preview: PackProcess) -> None:
    [message] = preview.judge(resource(tokens.LOG_DRAIN, "d", {"endpoint": Secret(CANARY)})).of(RULE).messages
    assert message == (
        "endpoint holds a secret, which is shown with the settings and ends up in the logs of whatever passes it on\n"
        "mend: send it where the receiver can check it and nobody reads it: as a header or as the signing secret"
    )
