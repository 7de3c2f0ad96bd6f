"""The strict reader of a pack's journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies.judge.journal import Decision, Journal, Remediation
from soc2_guardrails.runs.journal import UnreadableJournal, read_journal
from tests.soc2_guardrails.runs.journals import RUN, decision, end, failure, remediation, write


def test_what_the_pack_itself_writes_is_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin({name: value for name, value in RUN.items() if name not in {"record", "format", "time"}})
    journal.record([Decision("a-rule", "urn", "resource", "not applicable", "mandatory", reason="no such header")])
    journal.record_remediations([Remediation("a-rule", "urn", "CC6.6: changed it", "high", changed=["it"])])
    journal.end(stack_judged=True)
    read = read_journal(journal.path)
    assert read.run.pack.name == "guardrails"
    assert [(each.rule, each.verdict, each.reason) for each in read.decisions] == [
        ("a-rule", "not applicable", "no such header")
    ]
    [remediation] = read.remediations
    assert (remediation.message, remediation.severity, remediation.changed) == ("CC6.6: changed it", "high", ["it"])
    assert read.end is not None
    assert read.end.stack_judged
    assert read.end.remediations == 1
    assert read.disabled == ("off-rule",)


def test_a_killed_pack_leaves_a_journal_without_end(tmp_path: Path) -> None:
    read = read_journal(write(tmp_path / "a.jsonl", RUN, decision(), rest='{"record":"decision","ru'))
    assert len(read.decisions) == 1
    assert read.end is None


def test_a_key_that_is_not_known_is_passed_over(tmp_path: Path) -> None:
    assert read_journal(write(tmp_path / "a.jsonl", {**RUN, "later": 1}, decision(later=2), end(1))).end


def test_an_older_pack_told_less_of_remediations(tmp_path: Path) -> None:
    newer = {"message", "severity", "remediations"}
    older = [{key: value for key, value in each.items() if key not in newer} for each in (remediation(), end(0))]
    assert read_journal(write(tmp_path / "a.jsonl", RUN, *older)).remediations[0].message == ""


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], "does not begin with its run"),
        ([decision(), end(1)], "does not begin with its run"),
        ([{**RUN, "format": 2}], r"line 1 .*format"),
        ([{**RUN, "pack": {"name": "guardrails", "version": "0.1.0", "digest": "none"}}], r"line 1 .*digest"),
        ([RUN, {"record": "remark"}], "line 2 .* no known form"),
        ([RUN, decision(verdict="probably")], r"line 2 .*verdict"),
        ([RUN, decision(level="disabled")], r"line 2 .*level"),
        ([RUN, decision(messages="text")], r"line 2 .*messages"),
        ([RUN, RUN], "line 2 .* out of place"),
        ([RUN, end(0), decision()], "line 3 .* out of place"),
        ([RUN, end(0), end(0)], "line 3 .* out of place"),
        ([RUN, failure(), end(2)], "holds 1 decisions and says that it has 2"),
        ([RUN, remediation(), end(0)], "holds 1 remediations and says that it has 0"),
        ([RUN, remediation(changed="text"), end(0, remediations=1)], r"line 2 .*changed"),
    ],
)
def test_anything_else_is_unreadable(tmp_path: Path, entries: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(UnreadableJournal, match=said):
        read_journal(write(tmp_path / "a.jsonl", *entries))


@pytest.mark.parametrize("content", [b"", b"half a li", b"\xff\xfe\n", b"no json\n", json.dumps([1]).encode() + b"\n"])
def test_what_is_no_journal_is_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(UnreadableJournal):
        read_journal(tmp_path / "a.jsonl")


def test_an_error_quotes_nothing_of_the_journal(tmp_path: Path) -> None:
    with pytest.raises(UnreadableJournal) as error:
        read_journal(write(tmp_path / "a.jsonl", RUN, decision(level="c4nary")))
    assert "c4nary" not in str(error.value)
