"""The pack stands alone and so has a reader of its own for what the program writes; here the two are held together."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.subjects.provenance import MANAGERS, NotProvenance, provenance
from soc2_guardrails.secrets import Fetched, Provenance, Reference
from soc2_guardrails.secrets.registry import _BUILT_IN

REFERENCES = [
    "vault://kv/shop/stripe#key",
    "vault://kv/shop?version=7#key",
    "aws-sm://shop/prod?stage=AWSCURRENT#stripe",
    "gcp-sm://shop/stripe",
    "azure-kv://shop/stripe",
    "esc://shop/production#stripe.key",
    "env://STRIPE_SECRET_KEY",
    "our-keeper://shop/stripe",
    "vault://kv/a%20b#c%7Cd",
]
WRITTEN = st.builds(
    lambda reference, version, rotated, text: Provenance.of(
        Reference.parse(reference), Fetched("x", version, rotated)
    ).comment(text),
    st.sampled_from(REFERENCES),
    st.none() | st.from_regex(r"[!-~]{1,64}", fullmatch=True),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | st.text(),
)
ODD = st.from_regex(
    r"(.{0,9} \| )?(secret-ref=)?(vault|env|VAULT)://[a-z/#| ]{1,9} version=([0-9 ]|none) "
    r"rotated=(unknown|20[0-9]{2}-[01][0-9]-[0-3][0-9]).{0,2}"
)


@given(WRITTEN)
def test_the_pack_reads_what_the_program_writes(comment: str) -> None:
    ours, theirs = provenance(comment), Provenance.parse(comment)
    assert theirs is not None
    assert (ours.reference, ours.rotated) == (str(theirs.reference), theirs.rotated)
    assert ours.version == theirs.version
    assert ours.scheme == theirs.reference.scheme
    assert ours.from_manager == (ours.scheme not in {"env", "our-keeper"})
    assert ours.from_environment == (ours.scheme == "env")


@given(WRITTEN | ODD | st.text())
def test_the_program_reads_nothing_that_the_pack_does_not(comment: str) -> None:
    try:
        provenance(comment)
    except NotProvenance:
        assert Provenance.parse(comment) is None


def test_the_pack_knows_the_managers_that_the_program_comes_with() -> None:
    assert {*MANAGERS, "env"} == set(_BUILT_IN)


def test_a_whole_comment() -> None:
    rotated = datetime(2026, 10, 1, 23, 30, tzinfo=UTC)
    comment = Provenance.of(Reference.parse("vault://kv/shop#stripe"), Fetched("x", "7", rotated)).comment("Cards")
    assert comment == "Cards | secret-ref=vault://kv/shop#stripe version=7 rotated=2026-10-01"
    told = provenance(comment)
    assert (told.reference, told.version, told.rotated) == ("vault://kv/shop#stripe", "7", date(2026, 10, 1))


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("Charges cards", "has no secret-ref"),
        ("secret-ref=vault://kv/shop#stripe version=7", "does not end with secret-ref=<ref"),
        ("secret-ref=vault://kv/shop#stripe version=7 rotated=2026-02-30", "has a rotated that is no day"),
        ("x" * 100_000 + " | " * 10_000, "has no secret-ref"),
        ("secret-ref=" * 10_000, "does not end with"),
    ],
)
def test_what_is_wrong_is_said_without_the_comment(comment: str, told: str) -> None:
    with pytest.raises(NotProvenance) as caught:
        provenance(comment)
    assert str(caught.value).startswith(told)
    assert len(str(caught.value)) < 100
