from __future__ import annotations

import pytest

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import (
    ENVIRONMENT_VARIABLE,
    ENVIRONMENT_VARIABLES,
    PROJECT,
    SHARED_ENVIRONMENT_VARIABLE,
)

from ..pack_process import PackProcess

RULE = "env-no-plaintext-credential"
RANDOM = "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"
CANARY = "sk_live_" + RANDOM


def variable(**properties: Raw) -> Resource:
    stated: dict[str, Raw] = {
        "key": "BACKEND",
        "value": Secret(CANARY),
        "sensitive": False,
        "targets": ["production"],
        "projectId": UNKNOWN,
        **properties,
    }
    return resource(ENVIRONMENT_VARIABLE, "backend", {key: value for key, value in stated.items() if value is not None})


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "fail"),
        ({"sensitive": True}, "pass"),
        ({"sensitive": True, "value": Secret(UNKNOWN)}, "pass"),
        ({"sensitive": None}, "fail"),
        ({"sensitive": UNKNOWN}, "unknown"),
        ({"sensitive": UNKNOWN, "value": Secret("shop")}, "pass"),
        ({"sensitive": "no"}, "fail"),
        ({"targets": ["development"]}, "fail"),
        ({"targets": UNKNOWN}, "fail"),
        ({"key": UNKNOWN}, "fail"),
        ({"value": CANARY}, "fail"),
        ({"value": None, "valueWo": Secret(CANARY), "valueWoVersion": 1}, "fail"),
        ({"value": Secret(UNKNOWN), "valueWo": Secret(CANARY)}, "fail"),
        ({"value": None}, "pass"),
        ({"value": Secret(UNKNOWN)}, "unknown"),
        ({"value": 1.0}, "fail"),
        ({"value": Secret(f"postgres://shop:{RANDOM}@db.example.com/shop")}, "fail"),
        ({"value": Secret("postgres://db.example.com/shop")}, "pass"),
        ({"value": Secret(f'{{"key": "{CANARY}"}}')}, "fail"),
        ({"value": Secret(f"-----BEGIN PRIVATE KEY-----\n{RANDOM}\n-----END PRIVATE KEY-----")}, "fail"),
        ({"value": Secret(RANDOM)}, "pass"),
        ({"value": Secret("pk_live_" + RANDOM)}, "pass"),
    ],
)
def test_single_variable(preview: PackProcess, given: dict[str, Raw], verdict: str) -> None:
    answer = preview.judge(variable(**given)).of(RULE)
    assert answer.verdict == verdict
    assert RANDOM not in answer.text


def test_message_names_property_format_and_mend(preview: PackProcess) -> None:
    [message] = preview.judge(variable(value=None, valueWo=Secret(CANARY))).of(RULE).messages
    assert message == (
        "valueWo is a Stripe secret key that can be read back (BACKEND), since sensitive is not true\n"
        "mend: replace the credential, and store the new one with sensitive true, never for `development`"
    )


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(variable(value=Secret(UNKNOWN))).of(RULE).verdict == "fail"


def test_lists_shared_variables_and_projects(preview: PackProcess) -> None:
    bad: dict[str, Raw] = {"key": "BACKEND", "value": Secret(CANARY), "sensitive": False, "targets": ["development"]}
    unknown: dict[str, Raw] = {**bad, "value": Secret(UNKNOWN)}
    many = preview.judge(resource(ENVIRONMENT_VARIABLES, "many", {"variables": [unknown, bad]})).of(RULE)
    assert many.verdict == "fail"
    assert many.messages[1].startswith("variables[1].value")
    assert RANDOM not in many.text
    assert preview.judge(resource(SHARED_ENVIRONMENT_VARIABLE, "one", bad)).of(RULE).verdict == "fail"
    assert preview.judge(resource(PROJECT, "web", {"name": "web", "environments": [bad]})).of(RULE).verdict == "fail"
