"""The number for write-only values follows the manager's version, and nothing else."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from soc2_guardrails.secrets import Fetched, Reference, write_only_version

MADE = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)
KEY = Reference.parse("vault://kv/shop#key")


def number(
    reference: Reference = KEY, version: str | None = "7", made: datetime | None = MADE, value: str = "v"
) -> int:
    found = write_only_version(reference, Fetched(value, version, made))
    assert found is not None
    return found


def test_it_changes_with_the_version() -> None:
    assert number(version="8") != number(version="7")


def test_it_changes_when_a_secret_is_made_anew_with_the_same_number() -> None:
    assert number(made=MADE + timedelta(microseconds=1)) != number()
    assert number(made=None) != number()


def test_it_changes_with_the_place() -> None:
    assert number(Reference.parse("vault://kv/shop#other")) != number()
    assert number(Reference.parse("vault://kv/other#key")) != number()


def test_it_has_nothing_of_the_value() -> None:
    assert number(value="one") == number(value="another")


def test_a_pin_to_the_version_that_is_there_changes_nothing() -> None:
    assert number(Reference.parse("vault://kv/shop?version=7#key")) == number()


def test_the_time_zone_of_a_machine_changes_nothing() -> None:
    assert number(made=MADE.astimezone(timezone(timedelta(hours=5)))) == number()


def test_it_is_the_same_in_every_run_and_release() -> None:
    assert number() == 4073992561790412


def test_without_versions_there_is_none() -> None:
    assert write_only_version(Reference.parse("env://A"), Fetched("v", None, None)) is None


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64))
def test_it_is_a_whole_number_that_json_keeps(version: str) -> None:
    found = number(version=version)
    assert 1 <= found <= 2**52
    assert int(float(found)) == found
