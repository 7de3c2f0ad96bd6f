from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest

from policies.authoring.harness import judge
from policies.judge.resources import resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.judge.waivers import utc_today
from policies.secrets.env_rotation_age import RULE as THE_RULE
from policies.secrets.env_rotation_age import check
from policies.subjects.tokens import ENVIRONMENT_VARIABLES

from ..pack_process import PackProcess
from .variables import CANARY, variable

RULE = "env-rotation-age"
TODAY = date(2026, 11, 22)
AS_OF_TODAY = replace(THE_RULE, check=partial(check, today=lambda: TODAY))


def rotated(days_ago: int, today: date = TODAY) -> str:
    return f"secret-ref=vault://kv/shop#stripe version=7 rotated={today - timedelta(days=days_ago)}"


@pytest.mark.parametrize(
    ("days_ago", "verdict", "advisory"),
    [
        (0, "pass", ()),
        (90, "pass", ()),
        (91, "fail", (True,)),
        (180, "fail", (True,)),
        (181, "fail", (False,)),
        (-1, "fail", (False,)),
    ],
)
def test_ages(days_ago: int, verdict: str, advisory: tuple[bool, ...]) -> None:
    told = judge(AS_OF_TODAY, variable(comment=rotated(days_ago)))
    assert (told.verdict, told.advisory) == (verdict, advisory)


@pytest.mark.parametrize("scheme", ["file", "our-keeper", "env"])
@pytest.mark.parametrize(
    ("days_ago", "advisory", "said"),
    [
        (0, True, "nobody answers for the day"),
        (91, True, "more than 90 days ago"),
        (181, False, "more than 180 days ago"),
        (-1, False, "a day to come"),
    ],
)
def test_a_date_that_no_known_manager_gave_passes_for_none(
    scheme: str, days_ago: int, advisory: bool, said: str
) -> None:
    told = judge(AS_OF_TODAY, variable(comment=rotated(days_ago).replace("vault:", f"{scheme}:")))
    assert told.advisory == (advisory,)
    assert said in told.text


def test_the_running_pack_counts_to_today(preview: PackProcess) -> None:
    today = utc_today()
    assert preview.judge(variable(comment=rotated(5, today))).of(RULE).verdict == "pass"
    assert preview.judge(variable(comment=rotated(100, today))).of(RULE).advisory == (True,)
    assert preview.judge(variable(comment=rotated(200, today))).of(RULE).verdict == "fail"
    assert preview.judge(variable(comment=rotated(-2, today))).of(RULE).verdict == "fail"


@pytest.mark.parametrize(
    ("given", "advisory"),
    [
        ({}, (True,)),
        ({"comment": "Charges cards"}, (True,)),
        ({"comment": "secret-ref=env://STRIPE version=none rotated=unknown"}, (True,)),
        ({"comment": "secret-ref=esc://shop/prod#stripe version=4 rotated=unknown"}, (True,)),
        ({"sensitive": False, "targets": ["development"]}, (True,)),
        ({"sensitive": False, "key": "SITE_NAME", "value": "The Shop"}, ()),
    ],
)
def test_what_cannot_be_dated_says_so(given: dict[str, Raw], advisory: tuple[bool, ...]) -> None:
    told = judge(AS_OF_TODAY, variable(**given))
    assert told.advisory == advisory
    assert all("so its age cannot be shown" in each for each in told.messages)


@pytest.mark.parametrize("comment", [rotated(91), "secret-ref=env://STRIPE version=none rotated=unknown", None])
def test_advice_is_refused_where_the_configuration_is_strict(comment: str | None) -> None:
    strict = PackProcess(config={"pack": {"profile": "telehealth"}})
    try:
        assert strict.judge(variable(comment=comment)).of(RULE).verdict == "fail"
    finally:
        strict.stop()


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"comment": UNKNOWN}, "unknown"),
        ({"comment": UNKNOWN, "sensitive": False, "key": "SITE_NAME", "value": "The Shop"}, "pass"),
        ({"sensitive": UNKNOWN, "key": "SITE_NAME", "value": "The Shop"}, "unknown"),
        ({"comment": ["secret-ref"]}, "fail"),
    ],
)
def test_unknown_and_odd(given: dict[str, Raw], verdict: str) -> None:
    assert judge(AS_OF_TODAY, variable(**given)).verdict == verdict
    if verdict == "unknown":
        assert judge(AS_OF_TODAY, variable(**given), update=True).verdict == "fail"


def test_messages_say_the_day_and_never_a_value(preview: PackProcess) -> None:
    answer = preview.judge(variable(comment=rotated(400), value=Secret(CANARY))).of(RULE)
    assert answer.messages == [
        f"comment says that a secret variable (STRIPE_SECRET_KEY) was last rotated on {TODAY - timedelta(days=400)},"
        " more than 180 days ago\nmend: rotate it in the secret manager and deploy again"
    ]
    assert CANARY not in answer.text


def test_each_variable_of_a_list_is_judged() -> None:
    one: dict[str, Raw] = {"key": "A_SECRET", "value": Secret(CANARY), "sensitive": True, "comment": rotated(1)}
    two: dict[str, Raw] = {**one, "key": "B_SECRET", "comment": rotated(1000)}
    told = judge(AS_OF_TODAY, resource(ENVIRONMENT_VARIABLES, "many", {"variables": [one, two]}))
    assert told.paths == ("variables[1].comment",)
