"""The event log is read as the engine wrote it, whatever the resources in it are called."""

import json
from pathlib import Path

import pytest

from soc2_guardrails.engine.events import EventLogError, read_event_log

VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"


def line(name: str, urn: str = "") -> str:
    event = {
        "policyName": "a-rule",
        "resourceUrn": urn or f"urn:pulumi:dev::shop::soc2:index:Web${VARIABLE}::{name}",
        "enforcementLevel": "mandatory",
        "message": "CC6.6: wrong\n",
    }
    # As Go writes it: only what JSON demands is escaped.
    return json.dumps({"policyEvent": event}, ensure_ascii=False)


@pytest.mark.parametrize(
    "name", ["weak", "a::b", "urn:pulumi:dev::shop::x:y:Z::other", "a\x85b", "a\u2028b\u2029c", "a\x1cb", "$a:b"]
)
def test_a_name_neither_hides_a_violation_nor_gives_it_to_another_resource(tmp_path: Path, name: str) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text(f"{line('before')}\n{line(name)}\n{line('after')}\n", "utf-8")
    reports = read_event_log(log).violations
    assert [each.resource_name for each in reports] == ["before", name, "after"]
    assert {each.resource_type for each in reports} == {"ProjectEnvironmentVariable"}


def test_what_is_no_urn_is_its_own_name(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text(line("", urn="odd"), "utf-8")
    [report] = read_event_log(log).violations
    assert (report.resource_type, report.resource_name) == ("", "odd")


def test_a_half_written_last_line_is_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text(f"{line('whole')}\n{line('half')[:40]}", "utf-8")
    assert [each.resource_name for each in read_event_log(log).violations] == ["whole"]


def test_a_last_line_without_its_line_break_counts_if_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text(f"{line('one')}\n{line('two')}", "utf-8")
    assert [each.resource_name for each in read_event_log(log).violations] == ["one", "two"]


@pytest.mark.parametrize(
    "odd", [line("half")[:40], "", "[]", "1", '{"policyEvent": {}}', '{"policyEvent": "told"}', '{"summaryEvent": [1]}']
)
@pytest.mark.parametrize("after", [f"{line('after')}\n", ""])
def test_any_other_line_that_is_no_event_is_named(tmp_path: Path, odd: str, after: str) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text(f"{line('before')}\n{odd}\n{after}", "utf-8")
    with pytest.raises(EventLogError, match=r"events\.jsonl, line 2: .* run the operation again"):
        read_event_log(log)
