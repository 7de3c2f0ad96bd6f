from __future__ import annotations

import pytest

from policies.judge.resources import resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import ENVIRONMENT_VARIABLES, PROJECT, SHARED_ENVIRONMENT_VARIABLE

from ..pack_process import PackProcess
from .variables import CANARY, variable

RULE = "env-provenance-from-secret-manager"
VAULT = "secret-ref=vault://kv/shop#stripe version=7 rotated=2026-10-01"
ENVIRONMENT = "secret-ref=env://STRIPE version=none rotated=unknown"
ELSEWHERE = "secret-ref=file:///etc/passwd version=none rotated=2026-11-01"
MENTIONED = "secret-ref=<reference> version=<version> rotated=<YYYY-MM-DD>"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"comment": VAULT}, "pass"),
        ({"comment": f"Charges cards | {VAULT}"}, "pass"),
        ({"comment": VAULT, "value": None, "valueWo": Secret(CANARY), "valueWoVersion": 7.0}, "pass"),
        ({"comment": VAULT, "sensitive": UNKNOWN, "key": UNKNOWN, "value": Secret(UNKNOWN)}, "pass"),
        ({"comment": Secret(VAULT)}, "pass"),
        ({}, "fail"),
        ({"value": None, "valueWo": Secret(CANARY), "valueWoVersion": 7.0}, "fail"),
        ({"comment": ""}, "fail"),
        ({"comment": "from Vault, I promise"}, "fail"),
        ({"comment": f"{VAULT} or so"}, "fail"),
        ({"comment": VAULT.partition(" rotated")[0]}, "fail"),
        ({"comment": VAULT.replace("vault:", "esc:")}, "pass"),
        ({"comment": VAULT.replace("vault:", "VAULT:")}, "fail"),
        ({"comment": VAULT.replace("vault://", "")}, "fail"),
        ({"comment": VAULT.replace("2026-10-01", "2026-13-01")}, "fail"),
        ({"comment": 7.0}, "fail"),
        ({"comment": Secret(CANARY)}, "fail"),
        ({"comment": UNKNOWN}, "unknown"),
        ({"targets": ["development"], "sensitive": False}, "fail"),
        ({"sensitive": UNKNOWN}, "fail"),
        ({"sensitive": UNKNOWN, "key": "SITE_NAME", "value": Secret("The Shop")}, "unknown"),
        ({"sensitive": False, "key": "SITE_NAME", "value": "The Shop"}, "pass"),
        ({"sensitive": False, "key": "SITE_NAME", "value": "The Shop", "comment": UNKNOWN}, "pass"),
        ({"sensitive": False, "key": "SITE_NAME", "value": Secret(UNKNOWN)}, "unknown"),
        ({"sensitive": False, "key": "DB_PASSWORD", "value": Secret(UNKNOWN)}, "fail"),
        ({"comment": ENVIRONMENT, "targets": ["preview"]}, "pass"),
        ({"comment": ENVIRONMENT, "targets": ["Preview"]}, "fail"),
        ({"comment": ELSEWHERE, "targets": ["preview"]}, "pass"),
        ({"comment": ELSEWHERE, "sensitive": False, "key": "SITE_NAME", "value": "The Shop"}, "pass"),
        ({"comment": ELSEWHERE, "sensitive": False, "key": "SITE_NAME", "value": Secret(UNKNOWN)}, "unknown"),
        ({"comment": ENVIRONMENT, "sensitive": False, "key": "SITE_NAME", "value": "The Shop"}, "pass"),
    ],
)
def test_single_variable(preview: PackProcess, given: dict[str, Raw], verdict: str) -> None:
    answer = preview.judge(variable(**given)).of(RULE)
    assert answer.verdict == verdict, answer.text
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"targets": UNKNOWN},
        {"targets": ["preview"], "customEnvironmentIds": [UNKNOWN]},
        {"targets": [UNKNOWN]},
        {"targets": None},
        {"targets": []},
    ],
)
def test_the_environment_of_the_run_is_advised_against_where_it_may_reach_production(
    preview: PackProcess, given: dict[str, Raw]
) -> None:
    answer = preview.judge(variable(comment=ENVIRONMENT, **given)).of(RULE)
    assert answer.advisory == (True,)
    assert answer.messages[0].startswith("comment says that a secret variable (STRIPE_SECRET_KEY) comes from the env")


@pytest.mark.parametrize("scheme", ["file", "plain", "environment", "env+x", "our-keeper", "vaults"])
def test_a_place_that_is_not_known_as_a_secret_manager_is_advised_against(preview: PackProcess, scheme: str) -> None:
    answer = preview.judge(variable(comment=VAULT.replace("vault:", f"{scheme}:"))).of(RULE)
    assert answer.advisory == (True,)
    assert answer.messages == [
        "comment says that a secret variable (STRIPE_SECRET_KEY) comes from a place that is not known here as a secret "
        "manager, so nothing shows who may read it\n"
        "mend: keep it in a secret manager, and refer to it there (vault://, aws-sm://, gcp-sm://, azure-kv://, esc://)"
    ]


@pytest.mark.parametrize(
    "pack", [{"profile": "ecommerce"}, {"profile": "telehealth"}, {"profile": "baseline", "mandatory": [RULE]}]
)
def test_the_environment_of_the_run_is_refused_where_the_configuration_is_strict(pack: dict[str, Raw]) -> None:
    strict = PackProcess(config={"pack": pack})
    try:
        assert strict.judge(variable(comment=ENVIRONMENT)).of(RULE).verdict == "fail"
        assert strict.judge(variable(comment=ELSEWHERE)).of(RULE).verdict == "fail"
        assert strict.judge(variable(comment=ENVIRONMENT, targets=["preview"])).of(RULE).verdict == "pass"
        assert strict.judge(variable(comment=VAULT)).of(RULE).verdict == "pass"
    finally:
        strict.stop()


def test_message_names_property_and_mend_and_no_comment(preview: PackProcess) -> None:
    [message] = preview.judge(variable(comment=f"it is {CANARY}")).of(RULE).messages
    assert message == (
        "comment has no secret-ref, so nothing shows which secret manager a secret variable (STRIPE_SECRET_KEY) comes "
        "from\n"
        f"mend: give the value by reference to a secret manager, and let the comment say {MENTIONED}"
    )


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(variable(comment=UNKNOWN)).of(RULE).verdict == "fail"


def test_each_variable_of_a_list_and_of_a_project_is_judged(preview: PackProcess) -> None:
    bad: dict[str, Raw] = {"key": "DB_PASSWORD", "value": Secret(CANARY), "sensitive": True, "targets": ["production"]}
    good: dict[str, Raw] = {**bad, "comment": VAULT}
    many = preview.judge(resource(ENVIRONMENT_VARIABLES, "many", {"variables": [good, bad]})).of(RULE)
    assert [message.partition(" ")[0] for message in many.messages] == ["variables[1].comment"]
    assert preview.judge(resource(SHARED_ENVIRONMENT_VARIABLE, "db", bad)).of(RULE).verdict == "fail"
    assert preview.judge(resource(SHARED_ENVIRONMENT_VARIABLE, "db", good)).of(RULE).verdict == "pass"
    assert preview.judge(resource(PROJECT, "web", {"name": "web", "environments": [bad]})).of(RULE).verdict == "fail"
    assert preview.judge(resource(PROJECT, "web", {"name": "web"})).of(RULE).verdict == "pass"
