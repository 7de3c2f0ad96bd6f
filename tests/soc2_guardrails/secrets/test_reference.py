"""One syntax for all references: what it takes, how it is written, and that no refusal repeats what it was given."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soc2_guardrails.secrets import MalformedReferenceError, Reference
from soc2_guardrails.secrets.forms import FORMS
from soc2_guardrails.secrets.reference import MOST_CHARACTERS, PATTERN

UUID = "a1b2c3d4-5678-90ab-cdef-1234567890ab"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env://STRIPE_KEY", Reference("env", "STRIPE_KEY")),
        ("vault://kv/shop#key", Reference("vault", "kv/shop", "key")),
        ("vault://team/kv/shop/prod?version=7#key", Reference("vault", "team/kv/shop/prod", "key", version="7")),
        ("aws-sm://shop", Reference("aws-sm", "shop")),
        ("aws-sm://shop/prod#api key".replace(" ", "%20"), Reference("aws-sm", "shop/prod", "api key")),
        ("aws-sm://shop?stage=AWSPREVIOUS#k", Reference("aws-sm", "shop", "k", stage="AWSPREVIOUS")),
        (f"aws-sm://shop?version={UUID}", Reference("aws-sm", "shop", version=UUID)),
        (
            "aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf#k",
            Reference("aws-sm", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf", "k"),
        ),
        ("gcp-sm://shop-prod/stripe?version=3", Reference("gcp-sm", "shop-prod/stripe", version="3")),
        (f"azure-kv://shop/stripe?version={'0a' * 16}", Reference("azure-kv", "shop/stripe", version="0a" * 16)),
        ("esc://shop/prod?version=12#app.keys[0]", Reference("esc", "shop/prod", "app.keys[0]", version="12")),
        ("op://vault/item?version=1#field", Reference("op", "vault/item", "field", version="1")),
    ],
)
def test_what_a_reference_says(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected
    assert str(expected) == text
    assert re.fullmatch(PATTERN, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a reference to the secret and not the secret itself"),
        ("hunter2", "a reference to the secret and not the secret itself"),
        ("Vault://kv/shop#key", "a reference to the secret and not the secret itself"),
        ("env://", "env://NAME"),
        ("env://A-B", "env://NAME; what stands after :// has another form"),
        ("env://A#B", "env://NAME, without a fragment"),
        ("env://A?version=1", "there is no ?version="),
        ("vault://kv/shop", "the fragment, which names the field, is missing"),
        ("vault://kv#key", "what stands after :// has another form"),
        ("vault://kv//shop#key", "what stands after :// has another form"),
        ("vault:///kv/shop#key", "what stands after :// has another form"),
        ("vault://kv/shop/#key", "what stands after :// has another form"),
        ("vault://kv/../sys/x#key", "what stands after :// has another form"),
        ("vault://kv/%2e%2e/x#key", "what stands after :// has another form"),
        ("vault://kv/shop#key?version=7", "the query stands before the fragment: ?version=…#…"),
        ("vault://kv/shop?version=0#key", "?version= has another form"),
        ("vault://kv/shop?version=x#key", "?version= has another form"),
        ("vault://kv/shop?stage=AWSCURRENT#key", "there is no ?stage="),
        ("vault://kv/shop?v=1#key", "vault://<mount>/<path>[?version=<number>]#<field>"),
        ("vault://kv/shop?version=1&version=2#key", "vault://<mount>/<path>[?version=<number>]#<field>"),
        ("vault://kv/the shop#key", "a space is written %20"),
        ("vault://kv/shop#key\n", "a space is written %20"),
        ("vault://kv/shop%0a#key", "without control characters"),
        ("vault://kv/shop%ff#key", "without control characters"),
        ("aws-sm://shop?version=7", "?version= has another form"),
        ("aws-sm://sh%20op", "what stands after :// has another form"),
        ("gcp-sm://secret", "what stands after :// has another form"),
        ("gcp-sm://a/b/c", "what stands after :// has another form"),
        ("azure-kv://v/secret", "what stands after :// has another form"),
        ("esc://a/b", "the fragment, which names the field, is missing"),
        (f"vault://kv/{'x' * MOST_CHARACTERS}#key", f"of at most {MOST_CHARACTERS} characters"),
    ],
)
def test_what_is_no_reference(text: str, told: str) -> None:
    with pytest.raises(MalformedReferenceError) as refused:
        Reference.parse(text)
    assert told in str(refused.value)


@given(st.text(min_size=6, alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x24F)), st.data())
def test_a_refusal_repeats_nothing(secret: str, data: st.DataObject) -> None:
    place = data.draw(
        st.sampled_from(["{}", "vault://{}", "vault://kv/shop?version={}#x", "aws-sm://{}#a b", "{}://x#"])
    )
    forms = " ".join(form.text for form in FORMS.values())
    told = refusal(place.replace("{}", secret))
    assert secret in forms or secret not in told


def refusal(text: str) -> str:
    """What is said of a text, nothing where it is a reference."""
    try:
        Reference.parse(text)
    except MalformedReferenceError as refused:
        return str(refused)
    return ""


_PART = st.text(min_size=1, max_size=20, alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")))


@given(_PART.filter(lambda part: part not in (".", "..") and "/" not in part), _PART, st.integers(1, 9999) | st.none())
def test_what_is_written_is_read_again(path: str, field: str, version: int | None) -> None:
    if "\ufffd" in path + field:
        return
    reference = Reference("vault", f"kv/{path}", field, version=str(version) if version else None)
    if len(str(reference)) > MOST_CHARACTERS:
        return
    assert Reference.parse(str(reference)) == reference
    assert re.fullmatch(PATTERN, str(reference))


def test_references_that_differ_in_spelling_only_are_one() -> None:
    assert Reference.parse("vault://kv/%73hop#k%65y") == Reference.parse("vault://kv/shop#key")


def test_parts_of_a_reference() -> None:
    reference = Reference.parse("vault://kv/shop?version=7#key")
    assert reference.whole == replace(reference, field=None)
    assert str(reference.unpinned) == "vault://kv/shop#key"
