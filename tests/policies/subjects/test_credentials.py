from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.subjects import credentials
from policies.subjects.credentials import (
    announces_secret,
    credential_format,
    is_called_secret,
    is_publishable,
    looks_random,
    names_public_identifier,
)

RANDOM = "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"
GOOGLE = "AIza" + "SyD4x-9Qw_7ErT2yU5iOp8AsDf3GhJk1LzX"


def token(claims: object, *, padded: bool = False) -> str:
    encoded = [urlsafe_b64encode(json.dumps(part).encode()).decode() for part in ({"alg": "HS256"}, claims)]
    return ".".join((*(part if padded else part.rstrip("=") for part in encoded), RANDOM))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ghp_" + "a1B2" * 9, "a GitHub token"),
        ("glpat-" + RANDOM, "a GitLab token"),
        ("AKIA" + "ABCDEFGH23456723", "an AWS access key id"),
        ("whsec_" + RANDOM, "a webhook signing secret"),
        ("sk-ant-" + RANDOM, "an Anthropic key"),
        ("https://hooks.slack.com/services/" + RANDOM, "a Slack webhook"),
        ("mysql://root:" + RANDOM + "@db.example.com", "a URL with a password in it"),
        ("postgres://shop:pa:ss@db.example.com/shop", "a URL with a password in it"),
        ("postgres://shop:p@ss@db.example.com/shop", "a URL with a password in it"),
        ("-----BEGIN EC PRIVATE KEY-----\n" + RANDOM, "a private key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n" + RANDOM, "a private key"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + RANDOM, None),
        ("https://edge-config.vercel.com/ecfg_1?token=" + RANDOM, "an Edge Config connection string"),
        (token({"role": "service_role"}), "a JSON web token"),
        (token({"sub": "anon"}), "a JSON web token"),
        (token({"role": "anon"}), None),
        (token({"role": "anon"}) + "\n", None),
        (token({"role": "anon"}) + " sk_live_" + RANDOM, "a Stripe secret key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJ!!!." + RANDOM, None),
        ("https://www.example.com:8080/path@here", None),
        ("pk_live_" + RANDOM, None),
        ("The Shop", None),
        ("", None),
    ],
)
def test_credential_formats(value: str, found: str | None) -> None:
    assert credential_format(value) == found


@pytest.mark.parametrize(
    ("value", "publishable"),
    [
        (token({"role": "anon", "iss": "supabase"}), True),
        (token({"role": "anon", "iss": "supabase"}) + "\n", True),
        (token({"role": "service_role", "iss": "supabase"}), False),
        (token(["anon"]), False),
        ("eyJhbGciOiJIUzI1NiJ9.eyJub3QganNvbg." + RANDOM, False),
        (token({"role": "anon"}) + "," + token({"role": "service_role"}), False),
        ("pk_live_" + RANDOM, True),
        (f'"pk_live_{RANDOM}"', True),
        ("pk_test_Y2xlcmsuZXhhbXBsZS5jb20k", True),
        ("pk_test_", False),
        (f"pk_live_{RANDOM},{RANDOM}", False),
        ("sb_publishable_" + RANDOM, True),
        ("phc_" + RANDOM, True),
        ("G-ABCDEF1234", True),
        ("G-ABCDEF1", False),
        (GOOGLE, False),
        ("", False),
    ],
)
def test_what_is_publishable_under_any_name_but_one_that_says_otherwise(value: str, publishable: bool) -> None:
    assert is_publishable(value, "ANALYTICS_TOKEN") is publishable
    assert not is_publishable(value, "DB_PASSWORD")


@pytest.mark.parametrize(
    ("name", "publishable"),
    [
        ("NEXT_PUBLIC_FIREBASE_API_KEY", True),
        ("VITE_GOOGLE_MAPS_KEY", True),
        ("NEXT_PUBLIC_GOOGLE_PLACES_API_KEY", True),
        ("NEXT_PUBLIC_GEMINI_API_KEY", False),
        ("NEXT_PUBLIC_GOOGLE_API_KEY", False),
        ("NEXT_PUBLIC_MAPS_SECRET", False),
        ("GOOGLE_MAPS_API_KEY", False),
        ("GEMINI_API_KEY", False),
    ],
)
def test_a_google_key_is_for_browsers_where_the_name_says_so(name: str, publishable: bool) -> None:
    assert is_publishable(GOOGLE, name) is publishable
    assert not is_publishable(GOOGLE + "x", name)


def test_claims_nested_too_deep_to_read_make_no_token_publishable() -> None:
    claims = urlsafe_b64encode(b'{"a":' + b"[" * 60_000).decode().rstrip("=")
    assert not is_publishable(f"eyJhbGciOiJIUzI1NiJ9.{claims}.{RANDOM}", "SUPABASE_ANON_KEY")


@pytest.mark.parametrize(("name", "literals", "pattern"), credentials._FORMATS, ids=lambda part: str(part)[:20])
def test_every_text_of_a_format_has_a_literal_that_it_is_looked_for_by(
    name: str, literals: tuple[str, ...], pattern: str
) -> None:
    @settings(database=None, derandomize=True, deadline=None, max_examples=50)
    @given(st.from_regex(pattern))
    def holds(text: str) -> None:
        assert any(literal in text for literal in literals)
        assert credential_format(text) is not None

    holds()


@pytest.mark.parametrize(
    "part", ["a", "eyJ", "https://edge-config.vercel.com/", "a://", "a://:b:", "a:b@", "sk-", "SG.", "-----BEGIN A "]
)
def test_a_long_value_is_searched_in_linear_time(part: str) -> None:
    every_literal = " ".join(literal for _, literals, _ in credentials._FORMATS for literal in literals)

    def seconds(length: int) -> float:
        value = (part * length)[:length] + " " + every_literal
        began = time.perf_counter()
        credential_format(value)
        return time.perf_counter() - began

    # Vercel takes values of 64 KB. A search that is quadratic takes seconds for one; the best of three is asked, since
    # the machine may be busy with something else.
    assert min(seconds(64_000) for _ in range(3)) < 0.5


@pytest.mark.parametrize(
    ("value", "random"),
    [
        (RANDOM, True),
        (RANDOM + "\n", True),
        (f' "{RANDOM}" ', True),
        (GOOGLE, True),
        ("0123456789abcdef" * 2 + "\r\n", True),
        ("0123456789abcdef" * 2, True),
        ("0123456789abcdef" * 4, True),
        ("0123456789abcdef" * 2 + "01234567", True),
        ("a" * 40, False),
        ("0f" * 20, False),
        ("123e4567-e89b-42d3-a456-426614174000", False),
        ("https://www.example.com/" + RANDOM, False),
        ("the-quick-brown-fox", False),
        ("${{ secrets.THE_DATABASE_OF_THE_SHOP }}", False),
        ("sha256:" + "0123456789abcdef" * 4, False),
    ],
)
def test_generated_values(value: str, random: bool) -> None:
    assert looks_random(value, "BACKEND") is random


@pytest.mark.parametrize(
    ("name", "random"),
    [
        ("GIT_SHA", False),
        ("VERCEL_GIT_COMMIT_SHA", False),
        ("SENTRY_RELEASE", False),
        ("COMMIT_ID", False),
        ("IMAGE_DIGEST", False),
        ("ASSET_SHA256", False),
        ("SESSION_KEY", True),
        ("SHARED", True),
        ("HASH_KEY", True),
        ("PREVERSION", True),
    ],
)
def test_digests_are_told_by_the_name(name: str, random: bool) -> None:
    assert looks_random("0123456789abcdef" * 4, name) is random
    assert looks_random("0123456789abcdef01234567" + "0123456789abcdef", name) is random
    assert looks_random(RANDOM, name)


@pytest.mark.parametrize(
    ("name", "secret", "called_secret"),
    [
        ("STRIPE_SECRET_KEY", True, True),
        ("DB_PASSPHRASE", True, True),
        ("DB_PWD", True, True),
        ("PWD_OF_DB", True, True),
        ("SMTP_PASS", True, True),
        ("dbPassword", True, True),
        ("SESSION_KEY", True, False),
        ("JWT_KEY", True, False),
        ("ENCRYPTIONKEY", True, False),
        ("BASIC_AUTH", True, False),
        ("GEMINI_API_KEY", True, False),
        ("POSTGRES_URL", True, False),
        ("POSTGRES_URL_NON_POOLING", True, False),
        ("POSTGRES_PRISMA_URL", True, False),
        ("MONGODB_URI", True, False),
        ("REDIS_URL", True, False),
        ("REDIS_HOST", False, False),
        ("SITE_URL", False, False),
        ("SITE_NAME", False, False),
        ("BYPASS_CACHE", False, False),
        ("SEASON_PASS_PRICE", False, False),
        ("MONKEY_COUNT", False, False),
    ],
)
def test_names(name: str, secret: bool, called_secret: bool) -> None:
    assert announces_secret(name) is secret
    assert is_called_secret(name) is called_secret


def test_names_of_public_identifiers() -> None:
    assert names_public_identifier("RECAPTCHA_SITE_KEY")
    assert names_public_identifier("NEXT_PUBLIC_RECAPTCHA_SITE_KEY")
    assert names_public_identifier("NEXT_PUBLIC_ALGOLIA_SEARCH_KEY")
    assert names_public_identifier("JWT_PUBLIC_KEY")
    assert not names_public_identifier("AZURE_SEARCH_KEY")
    assert not names_public_identifier("NEXT_PUBLIC_KEY")
    assert not names_public_identifier("SITE_KEY_SECRET")
