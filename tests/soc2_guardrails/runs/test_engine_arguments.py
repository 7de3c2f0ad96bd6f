"""What goes to `pulumi` and what does not."""

from __future__ import annotations

import pytest

from soc2_guardrails.runs.engine_arguments import ArgumentRefused, checked, is_partial


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--refresh"],
        ["--refresh=true", "--target", "urn:pulumi:dev::shop::a:b:C::name", "-p", "4"],
        ["--target=urn", "--message", "--yes"],  # the value of --message, whatever it looks like
    ],
)
def test_what_leaves_the_judging_alone_is_passed_on(arguments: list[str]) -> None:
    assert checked(arguments) == tuple(arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--policy-pack", "weaker"], "--policy-pack on to pulumi: give it to soc2"),
        (["--policy-pack-config=weaker.json"], "--policy-pack-config on to pulumi"),
        (["--event-log", "x"], "--event-log"),
        (["--plan=other.json"], "--plan on to pulumi: soc2 makes its own"),
        (["--save-plan", "x"], "--save-plan"),
        (["--show-secrets"], "in plain text"),
        (["--show-secrets=true"], "in plain text"),
        (["-sother"], "-sother"),
        (["-rs", "other"], "-rs on to pulumi: it is none of those"),
        (["--stack", "other"], "--stack"),
        (["-C", ".."], "before the subcommand"),
        (["--json"], "--json"),
        (["--remote"], "none of those"),
        (["--of-a-later-cli"], "none of those"),
        (["https://example.com/template"], "takes no argument"),
        (["dev"], "--stack dev"),
        (["--"], "-- on to pulumi"),
        (["--target"], "takes a value"),
    ],
)
def test_everything_else_is_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(ArgumentRefused, match=said.replace("(", r"\(")):
        checked(arguments)


def test_a_run_on_a_part_of_the_stack_is_known() -> None:
    assert is_partial(["--refresh", "--target=urn"])
    assert is_partial(["-t", "urn"])
    assert not is_partial(["--refresh"])
