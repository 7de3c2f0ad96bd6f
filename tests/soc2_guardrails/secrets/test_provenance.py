"""What a comment says of a value's origin: readable, within what Vercel takes, and read back the same."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soc2_guardrails.secrets import Fetched, Provenance, Reference
from soc2_guardrails.secrets.provenance import MOST_CHARACTERS
from soc2_guardrails.secrets.reference import MOST_CHARACTERS as LONGEST_REFERENCE

KEY = Reference.parse("vault://kv/shop?version=7#key")
MADE = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


def test_what_a_comment_says() -> None:
    provenance = Provenance.of(KEY, Fetched("value", "7", MADE))
    assert str(provenance) == "secret-ref=vault://kv/shop?version=7#key version=7 rotated=2026-11-02"
    assert provenance.comment("Charges cards") == f"Charges cards | {provenance}"
    assert provenance.comment() == str(provenance)


def test_what_cannot_be_dated_says_so() -> None:
    provenance = Provenance.of(Reference.parse("env://KEY"), Fetched("value", None, None))
    assert str(provenance) == "secret-ref=env://KEY version=none rotated=unknown"
    assert Provenance.parse(str(provenance)) == provenance


def test_the_day_is_that_of_utc() -> None:
    late = datetime(2026, 11, 2, 1, tzinfo=timezone(timedelta(hours=3)))
    assert Provenance.of(KEY, Fetched("value", "7", late)).rotated == date(2026, 11, 1)


def test_a_comment_never_has_more_than_vercel_takes() -> None:
    longest = Reference("vault", f"kv/{'x' * (LONGEST_REFERENCE - len('vault://kv/#key'))}", "key")
    assert len(str(longest)) == LONGEST_REFERENCE
    provenance = Provenance.of(longest, Fetched("value", "v" * 64, MADE))
    assert len(str(provenance)) <= MOST_CHARACTERS
    for text in (None, "short", "a text of many words " * 100):
        comment = provenance.comment(text)
        assert len(comment) <= MOST_CHARACTERS
        assert Provenance.parse(comment) == provenance


@given(st.text())
def test_a_text_of_the_team_s_own_cannot_forge_it(text: str) -> None:
    provenance = Provenance.of(KEY, Fetched("value", "7", MADE))
    forged = "secret-ref=vault://kv/other#key version=9 rotated=2030-01-01"
    for comment in (provenance.comment(text), provenance.comment(f"{text} | {forged}"), provenance.comment(forged)):
        assert Provenance.parse(comment) == provenance
        assert "\n" not in comment


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "Charges cards",
        "secret-ref=hunter2 version=7 rotated=2026-11-02",
        "secret-ref=vault://kv/shop#key version=7",
        "secret-ref=vault://kv/shop#key version=7 rotated=2026-13-02",
        "secret-ref=vault://kv/shop#key version=7 rotated=yesterday",
        "secret-ref=vault://kv/shop#key version=7 rotated=2026-11-02 and more",
        "Charges cards secret-ref=vault://kv/shop#key version=7 rotated=2026-11-02",
    ],
)
def test_what_is_no_provenance(comment: str) -> None:
    assert Provenance.parse(comment) is None
