from __future__ import annotations

import pytest

from policies.judge.resources import resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import (
    ENVIRONMENT_VARIABLES,
    PROJECT,
    SHARED_ENVIRONMENT_VARIABLE,
)

from ..pack_process import PackProcess
from .variables import CANARY, variable

RANDOM = CANARY.removeprefix("canary-")
GOOGLE = "AIza" + "SyD4x-9Qw_7ErT2yU5iOp8AsDf3GhJk1LzX"
RULE = "env-secret-must-be-sensitive"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "pass"),
        ({"sensitive": False}, "fail"),
        ({"sensitive": False, "targets": ["development"]}, "pass"),
        ({"sensitive": False, "targets": ["preview"]}, "fail"),
        ({"sensitive": False, "targets": [], "customEnvironmentIds": [UNKNOWN]}, "fail"),
        ({"sensitive": False, "targets": UNKNOWN}, "fail"),
        ({"sensitive": False, "targets": ["development", UNKNOWN]}, "fail"),
        ({"sensitive": False, "targets": []}, "fail"),
        ({"sensitive": False, "targets": None}, "fail"),
        ({"sensitive": True, "targets": None}, "pass"),
        ({"sensitive": UNKNOWN, "targets": None}, "unknown"),
        ({"sensitive": False, "targets": None, "key": "SITE_NAME", "value": Secret("The Shop")}, "pass"),
        ({"sensitive": False, "targets": ["Production"]}, "fail"),
        ({"sensitive": False, "targets": ["development", "prod"]}, "fail"),
        ({"sensitive": False, "targets": ["Production"], "customEnvironmentIds": UNKNOWN}, "fail"),
        ({"sensitive": False, "targets": ["development"], "customEnvironmentIds": ["env_1"]}, "fail"),
        ({"sensitive": False, "targets": ["development"], "customEnvironmentIds": UNKNOWN}, "fail"),
        ({"sensitive": UNKNOWN}, "unknown"),
        ({"sensitive": "yes"}, "fail"),
        ({"sensitive": False, "value": None, "valueWo": Secret(CANARY), "valueWoVersion": 1}, "fail"),
        ({"sensitive": False, "key": "SITE_NAME", "value": Secret("The Shop")}, "pass"),
        ({"sensitive": False, "key": "SITE_NAME", "value": Secret(UNKNOWN)}, "unknown"),
        ({"sensitive": False, "key": "STRIPE_SECRET_KEY", "value": Secret(UNKNOWN)}, "fail"),
        ({"sensitive": False, "key": "BLOB", "value": Secret(RANDOM)}, "fail"),
        ({"sensitive": False, "key": "SITE_NAME", "value": Secret("Shop"), "visibility": "secret"}, "fail"),
        ({"sensitive": False, "key": "STRIPE_PUBLISHABLE_KEY", "value": Secret("pk_live_" + "a1B2" * 8)}, "pass"),
        ({"sensitive": False, "key": "DB_PASSWORD", "value": Secret("pk_test_")}, "fail"),
        ({"sensitive": False, "key": "DB_PASSWORD", "value": Secret("G-ABCDEF1")}, "fail"),
        ({"sensitive": False, "key": "DB_PWD", "value": Secret("x")}, "fail"),
        ({"sensitive": False, "key": "BLOB", "value": Secret(RANDOM + "\n")}, "fail"),
        ({"sensitive": False, "key": "GEMINI_API_KEY", "value": Secret(GOOGLE)}, "fail"),
        ({"sensitive": False, "key": "GEMINI", "value": Secret(GOOGLE)}, "fail"),
        ({"sensitive": False, "key": "NEXT_PUBLIC_FIREBASE_API_KEY", "value": Secret(GOOGLE)}, "pass"),
        ({"sensitive": False, "key": "SESSION_KEY", "value": Secret("0123456789abcdef" * 4)}, "fail"),
        ({"sensitive": False, "key": "BACKEND", "value": Secret("0123456789abcdef" * 4)}, "fail"),
        ({"sensitive": False, "key": "GIT_SHA", "value": Secret("0123456789abcdef" * 2 + "01234567")}, "pass"),
        ({"sensitive": False, "key": "NEXT_PUBLIC_RECAPTCHA_SITE_KEY", "value": Secret(RANDOM)}, "pass"),
        ({"sensitive": False, "key": "AUTH0_CLIENT_ID", "value": Secret(RANDOM)}, "pass"),
        ({"sensitive": False, "key": "NEXT_PUBLIC_KEY", "value": Secret(RANDOM)}, "fail"),
        ({"sensitive": False, "key": UNKNOWN}, "unknown"),
    ],
)
def test_single_variable(preview: PackProcess, given: dict[str, Raw], verdict: str) -> None:
    answer = preview.judge(variable(**given)).of(RULE)
    assert answer.verdict == verdict
    assert CANARY not in answer.text


def test_message_names_property_reason_and_mend(preview: PackProcess) -> None:
    [message] = preview.judge(variable(sensitive=False)).of(RULE).messages
    assert message == (
        "sensitive is not true for a deployed variable (STRIPE_SECRET_KEY), although its name announces a secret\n"
        "mend: set sensitive to true, and give `development` a variable of its own"
    )


def test_a_target_that_vercel_does_not_have_is_named_and_not_quoted(preview: PackProcess) -> None:
    [message] = preview.judge(variable(targets=["preview", CANARY])).of(RULE).messages
    assert message.startswith("targets[1] is not production, preview or development")


@pytest.mark.parametrize(("everywhere", "verdict"), [(True, "fail"), (False, "pass"), (UNKNOWN, "fail")])
def test_a_shared_variable_for_laptops_may_be_in_all_custom_environments(
    preview: PackProcess, everywhere: Raw, verdict: str
) -> None:
    shared: dict[str, Raw] = {
        "key": "DB_PASSWORD",
        "value": Secret(CANARY),
        "sensitive": False,
        "targets": ["development"],
        "applyToAllCustomEnvironments": everywhere,
    }
    assert preview.judge(resource(SHARED_ENVIRONMENT_VARIABLE, "db", shared)).of(RULE).verdict == verdict


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(variable(sensitive=UNKNOWN)).of(RULE).verdict == "fail"


def test_each_variable_of_a_list_is_judged_by_itself(preview: PackProcess) -> None:
    one: dict[str, Raw] = {"key": UNKNOWN, "value": Secret("x"), "sensitive": False, "targets": ["production"]}
    two: dict[str, Raw] = {**one, "key": "DB_PASSWORD", "value": Secret(CANARY)}
    answer = preview.judge(resource(ENVIRONMENT_VARIABLES, "many", {"variables": [one, two]})).of(RULE)
    assert answer.verdict == "fail"
    assert any(message.startswith("variables[1].sensitive") for message in answer.messages)
    assert CANARY not in answer.text


def test_shared_variables_and_inline_project_variables(preview: PackProcess) -> None:
    weak: dict[str, Raw] = {
        "key": "DB_PASSWORD",
        "value": Secret(CANARY),
        "sensitive": False,
        "targets": ["production"],
    }
    assert preview.judge(resource(SHARED_ENVIRONMENT_VARIABLE, "db", weak)).of(RULE).verdict == "fail"
    assert preview.judge(resource(PROJECT, "web", {"name": "web", "environments": [weak]})).of(RULE).verdict == "fail"
    assert preview.judge(resource(PROJECT, "web", {"name": "web"})).of(RULE).verdict == "pass"
