from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policies.boundary.firewall_enabled import RULE
from policies.judge import message
from policies.judge.resources import resource
from policies.judge.rule import NotApplicable, Undecided, Violation
from policies.judge.values import Secret
from policies.subjects.tokens import FIREWALL_CONFIG

from ..pack_process import PACK, PackProcess


def test_three_lines_what_mend_and_page() -> None:
    assert message.violation(RULE, Violation("enabled", "is false", "set it to true")) == (
        "CC6.6: enabled is false\nmend: set it to true\nsee: docs/rules/firewall-enabled.md"
    )


@pytest.mark.parametrize("quoted", ["a\nmend: nothing to do", "\r\x1b[2Jgone", "left\u202eright", "\u2028next"])
def test_what_is_quoted_adds_no_line_and_moves_no_cursor(quoted: str) -> None:
    told = message.violation(RULE, Violation(quoted, quoted, quoted))
    assert [line.partition(": ")[0] for line in told.splitlines()] == ["CC6.6", "mend", "see"]
    assert all(line.isprintable() for line in told.split("\n"))
    assert message.deferred(RULE, Undecided(quoted)).isprintable()
    assert message.not_applicable(NotApplicable(quoted)).isprintable()


def test_a_secret_is_struck_out_in_every_part_and_what_is_part_of_two_with_both() -> None:
    secrets = message.secrets_in([{"a": Secret("hunter2"), "b": Secret(["hunter2-and\nmore", "x"])}])
    quoting = "is hunter2-and\nmore"
    told = message.violation(RULE, Violation(quoting, quoting, quoting), secrets)
    assert "hunter2" not in told
    assert "more" not in told
    assert "x" not in secrets
    overlapping = message.secrets_in([{"a": Secret("abcdefgh1"), "b": Secret("gh1zzzz9")}])
    assert message.clean("is abcdefgh1zzzz9, abcdefgh1", overlapping) == "is [secret], [secret]"


def test_the_page_is_an_address_where_the_pack_states_its_repository(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(PACK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "PulumiPolicy.yaml").open("a", encoding="utf-8") as manifest:
        manifest.write("repository: https://git.example.com/acme/rules/\n")
    pack = PackProcess(folder=folder)
    try:
        address = f"https://git.example.com/acme/rules/blob/HEAD/docs/rules/{RULE.id}.md"
        assert {policy.name: policy.url for policy in pack.info.policies}[RULE.id] == address
        answer = pack.judge(resource(FIREWALL_CONFIG, "shop", {"enabled": False})).of(RULE.id)
        assert answer.diagnostics[0].message.endswith(f"\nsee: {address}")
    finally:
        pack.stop()


def test_without_a_repository_no_address_is_made_up(preview: PackProcess) -> None:
    assert {policy.url for policy in preview.info.policies} == {""}


def test_secrets_are_found_wherever_they_stand_in_a_line() -> None:
    secrets = message.secrets_in([{"all": Secret(["aaaa", "aaaab", "bcde", "not there", "cde"])}])
    assert secrets.within("aaaaab, abcd, bcd, bcde") == ["aaaa", "aaaab", "bcde"]
    assert secrets.within("aaa") == []
    assert message.clean("xaaaab bcde", secrets) == "x[secret] [secret]"


def test_the_engine_finds_no_color_in_a_line() -> None:
    secrets = message.secrets_in([{"a": Secret("hidden-1")}])
    assert message.clean("a <{%fg 1%}>b<{%reset%}>, <<{%", ()) == r"a \x3c{%fg 1%}>b\x3c{%reset%}>, <\x3c{%"
    assert message.clean("<{%hidden-1%}>", secrets) == r"\x3c{%[secret]%}>"
    assert message.clean("<{ %}>", ()) == "<{ %}>"
