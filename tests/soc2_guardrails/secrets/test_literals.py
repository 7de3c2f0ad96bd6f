"""The formats by which literals are refused at load are those by which the policy pack judges."""

import pytest

from policies.subjects import credentials
from soc2_guardrails.secrets.literals import FORMATS, credential_format


def test_the_pack_has_the_same_formats() -> None:
    assert FORMATS == credentials._FORMATS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "a Stripe secret key"),
        ("postgres://shop:example@db.example.com/shop", "a URL with a password in it"),
        ("https://shop.example.com", None),
        ("pk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", None),
    ],
)
def test_what_is_a_secret(text: str, found: str | None) -> None:
    assert credential_format(text) == found
