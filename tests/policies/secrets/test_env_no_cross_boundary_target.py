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

RULE = "env-no-cross-boundary-target"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "pass"),
        ({"targets": ["production", "preview"]}, "fail"),
        ({"targets": ["development", "production"]}, "fail"),
        ({"targets": ["preview", "development"]}, "pass"),
        ({"targets": ["production", "preview"], "sensitive": False}, "pass"),
        ({"targets": ["production", "preview"], "sensitive": UNKNOWN}, "unknown"),
        ({"sensitive": UNKNOWN}, "pass"),
        ({"sensitive": "yes"}, "fail"),
        ({"targets": ["production", "preview"], "value": Secret(UNKNOWN)}, "fail"),
        ({"targets": ["production", "preview"], "value": None, "valueWo": Secret(CANARY)}, "fail"),
        ({"targets": ["production", "preview"], "key": UNKNOWN}, "fail"),
        ({"targets": UNKNOWN}, "unknown"),
        ({"targets": UNKNOWN, "sensitive": False}, "pass"),
        ({"targets": [UNKNOWN]}, "pass"),
        ({"targets": ["production", UNKNOWN]}, "unknown"),
        ({"targets": ["preview", UNKNOWN]}, "unknown"),
        ({"targets": ["production", "preview", UNKNOWN]}, "fail"),
        ({"targets": "production"}, "fail"),
        ({"targets": ["Production", "preview"]}, "fail"),
        ({"targets": ["Production"], "customEnvironmentIds": ["env_1"]}, "fail"),
        ({"targets": None, "customEnvironmentIds": [UNKNOWN]}, "pass"),
        ({"customEnvironmentIds": []}, "pass"),
        ({"customEnvironmentIds": [UNKNOWN]}, "fail"),
        ({"customEnvironmentIds": UNKNOWN}, "unknown"),
        ({"targets": [UNKNOWN], "customEnvironmentIds": ["env_1"]}, "unknown"),
        ({"targets": ["preview"], "customEnvironmentIds": ["env_1"]}, "pass"),
    ],
)
def test_single_variable(preview: PackProcess, given: dict[str, Raw], verdict: str) -> None:
    answer = preview.judge(variable(**given)).of(RULE)
    assert answer.verdict == verdict
    assert CANARY not in answer.text


def test_message_names_property_environments_and_mend(preview: PackProcess) -> None:
    [message] = preview.judge(variable(targets=["production", "preview", "development"])).of(RULE).messages
    assert message == (
        "targets gives preview and development the value that a sensitive variable (STRIPE_SECRET_KEY) has in "
        "production\n"
        'mend: set targets to ["production"] alone, and declare a variable with another value for the rest'
    )


def test_each_way_across_the_boundary_is_told(preview: PackProcess) -> None:
    answer = preview.judge(variable(targets=["production", "preview"], customEnvironmentIds=["env_1"])).of(RULE)
    assert [message.partition(" ")[0] for message in answer.messages] == ["targets", "customEnvironmentIds"]


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(variable(targets=UNKNOWN)).of(RULE).verdict == "fail"


@pytest.mark.parametrize(("everywhere", "verdict"), [(True, "fail"), (False, "pass"), (UNKNOWN, "unknown")])
def test_shared_variable_for_all_custom_environments(preview: PackProcess, everywhere: Raw, verdict: str) -> None:
    shared: dict[str, Raw] = {
        "key": "DB_PASSWORD",
        "value": Secret(CANARY),
        "sensitive": True,
        "targets": ["production"],
        "applyToAllCustomEnvironments": everywhere,
    }
    assert preview.judge(resource(SHARED_ENVIRONMENT_VARIABLE, "db", shared)).of(RULE).verdict == verdict


def test_lists_and_projects(preview: PackProcess) -> None:
    bad: dict[str, Raw] = {
        "key": "DB_PASSWORD",
        "value": Secret(CANARY),
        "sensitive": True,
        "targets": ["production", "preview"],
    }
    unknown: dict[str, Raw] = {**bad, "targets": UNKNOWN}
    many = preview.judge(resource(ENVIRONMENT_VARIABLES, "many", {"variables": [unknown, bad]})).of(RULE)
    assert many.verdict == "fail"
    assert many.messages[1].startswith("variables[1].targets")
    assert preview.judge(resource(PROJECT, "web", {"name": "web", "environments": [bad]})).of(RULE).verdict == "fail"
