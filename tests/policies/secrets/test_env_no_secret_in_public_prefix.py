from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import (
    DEPLOYMENT,
    ENVIRONMENT_VARIABLE,
    ENVIRONMENT_VARIABLES,
    PROJECT,
    SHARED_ENVIRONMENT_VARIABLE,
)

from ..pack_process import PackProcess

RULE = "env-no-secret-in-public-prefix"
RANDOM = "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"
CANARY = "sk_live_" + RANDOM
PUBLISHABLE = "pk_live_" + RANDOM
GOOGLE = "AIza" + "SyD4x-9Qw_7ErT2yU5iOp8AsDf3GhJk1LzX"


def token(role: str) -> str:
    """A JSON web token as Supabase issues them."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iss": "supabase", "role": role})
    encoded = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join((*encoded, RANDOM))


def variable(**properties: Raw) -> Resource:
    stated: dict[str, Raw] = {
        "key": "NEXT_PUBLIC_SITE",
        "value": Secret("The Shop"),
        "sensitive": False,
        "targets": ["production"],
        "projectId": UNKNOWN,
        **properties,
    }
    return resource(ENVIRONMENT_VARIABLE, "site", {key: value for key, value in stated.items() if value is not None})


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "pass"),
        ({"key": "NEXT_PUBLIC_STRIPE_SECRET_KEY"}, "fail"),
        ({"key": "NEXT_PUBLIC_STRIPE_SECRET_KEY", "value": Secret(UNKNOWN)}, "fail"),
        ({"key": "NEXT_PUBLIC_SUPABASE_SERVICE_ROLE"}, "fail"),
        ({"key": "NEXT_PUBLIC_DB_PWD"}, "fail"),
        ({"key": "NEXT_PUBLIC_SESSION_KEY"}, "fail"),
        ({"key": "STRIPE_SECRET_KEY", "value": Secret(CANARY)}, "pass"),
        ({"key": "next_public_site", "value": Secret(CANARY)}, "pass"),
        ({"value": Secret(CANARY)}, "fail"),
        ({"value": None, "valueWo": Secret(CANARY), "valueWoVersion": 1}, "fail"),
        ({"valueWo": Secret("The Shop"), "value": Secret(CANARY)}, "fail"),
        ({"value": Secret(UNKNOWN), "valueWo": Secret(CANARY)}, "fail"),
        ({"value": Secret(f'{{"payments": "{CANARY}"}}')}, "fail"),
        ({"value": Secret(f"{PUBLISHABLE},{CANARY}")}, "fail"),
        ({"value": Secret(RANDOM)}, "fail"),
        ({"key": "NEXT_PUBLIC_RECAPTCHA_SITE_KEY", "value": Secret(RANDOM)}, "pass"),
        ({"key": "NEXT_PUBLIC_RECAPTCHA_SITE_KEY", "value": Secret(CANARY)}, "fail"),
        ({"key": "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY", "value": Secret(PUBLISHABLE)}, "pass"),
        ({"key": "NEXT_PUBLIC_STRIPE_TOKEN", "value": Secret(PUBLISHABLE)}, "pass"),
        ({"key": "NEXT_PUBLIC_STRIPE_SECRET_KEY", "value": Secret(PUBLISHABLE)}, "fail"),
        ({"key": "NEXT_PUBLIC_FIREBASE_API_KEY", "value": Secret(GOOGLE)}, "pass"),
        ({"key": "NEXT_PUBLIC_GEMINI_API_KEY", "value": Secret(GOOGLE)}, "fail"),
        ({"key": "NEXT_PUBLIC_GEMINI_API_KEY", "value": Secret(UNKNOWN)}, "unknown"),
        ({"key": "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY", "value": Secret(PUBLISHABLE), "sensitive": True}, "pass"),
        ({"key": "NEXT_PUBLIC_SENTRY_DSN", "value": Secret("https://key@o1.ingest.example.com/2")}, "pass"),
        ({"key": "NEXT_PUBLIC_SUPABASE_ANON_KEY", "value": Secret(token("anon"))}, "pass"),
        ({"key": "NEXT_PUBLIC_SUPABASE_ANON_KEY", "value": Secret(token("service_role"))}, "fail"),
        ({"sensitive": True}, "fail"),
        ({"sensitive": True, "value": Secret(UNKNOWN)}, "fail"),
        ({"sensitive": UNKNOWN}, "unknown"),
        ({"sensitive": UNKNOWN, "value": Secret(CANARY)}, "fail"),
        ({"sensitive": "yes"}, "fail"),
        ({"value": Secret(UNKNOWN)}, "unknown"),
        ({"value": None}, "pass"),
        ({"value": 1.0}, "fail"),
        ({"key": UNKNOWN}, "unknown"),
        ({"key": None}, "fail"),
    ],
)
def test_single_variable(preview: PackProcess, given: dict[str, Raw], verdict: str) -> None:
    answer = preview.judge(variable(**given)).of(RULE)
    assert answer.verdict == verdict
    assert RANDOM not in answer.text


@pytest.mark.parametrize(
    "prefix",
    ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "NUXT_PUBLIC_", "PUBLIC_", "GATSBY_", "EXPO_PUBLIC_", "STORYBOOK_"],
)
def test_every_prefix_publishes(preview: PackProcess, prefix: str) -> None:
    assert preview.judge(variable(key=f"{prefix}DB_PASSWORD")).of(RULE).verdict == "fail"


def test_message_names_variable_reason_and_mend(preview: PackProcess) -> None:
    [message] = preview.judge(variable(value=Secret(CANARY))).of(RULE).messages
    assert message == (
        "key puts a secret into the browser bundle (NEXT_PUBLIC_SITE): NEXT_PUBLIC_ publishes it, and its value is a "
        "Stripe secret key\n"
        "mend: replace the secret, which visitors may have; put the new one in a sensitive variable without "
        "NEXT_PUBLIC_"
    )


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(variable(value=Secret(UNKNOWN))).of(RULE).verdict == "fail"


def test_environment_of_a_deployment(preview: PackProcess) -> None:
    def judged(environment: Raw) -> tuple[str, str]:
        answer = preview.judge(resource(DEPLOYMENT, "web", {"projectId": UNKNOWN, "environment": environment}))
        return answer.of(RULE).verdict, answer.of(RULE).text

    verdict, text = judged(Secret({"SITE": UNKNOWN, "NEXT_PUBLIC_SITE": CANARY, "STRIPE_SECRET_KEY": CANARY}))
    assert verdict == "fail"
    assert "environment.NEXT_PUBLIC_SITE puts a secret" in text
    assert "environment.STRIPE_SECRET_KEY" not in text
    assert RANDOM not in text
    assert judged({"NEXT_PUBLIC_SITE": "The Shop"})[0] == "pass"
    assert judged({"NEXT_PUBLIC_SITE": Secret(UNKNOWN)})[0] == "unknown"
    assert judged({"NEXT_PUBLIC_API_TOKEN": Secret(UNKNOWN), "NEXT_PUBLIC_SITE": UNKNOWN})[0] == "fail"
    assert judged(Secret(UNKNOWN))[0] == "unknown"
    assert judged(["NEXT_PUBLIC_SITE"])[0] == "fail"
    assert judged(None)[0] == "pass"


def test_lists_shared_variables_and_projects(preview: PackProcess) -> None:
    bad: dict[str, Raw] = {"key": "VITE_SITE", "value": Secret(CANARY), "sensitive": False, "targets": ["production"]}
    unknown: dict[str, Raw] = {**bad, "key": UNKNOWN}
    many = preview.judge(resource(ENVIRONMENT_VARIABLES, "many", {"variables": [unknown, bad]})).of(RULE)
    assert many.verdict == "fail"
    assert many.messages[1].startswith("variables[1].key")
    assert RANDOM not in many.text
    assert preview.judge(resource(SHARED_ENVIRONMENT_VARIABLE, "one", bad)).of(RULE).verdict == "fail"
    assert preview.judge(resource(PROJECT, "web", {"name": "web", "environments": [bad]})).of(RULE).verdict == "fail"
