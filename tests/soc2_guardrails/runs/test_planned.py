"""A planned state is read as data of a stranger, and made without a secret."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from soc2_guardrails.runs.planned import MASK, SIGNATURE, UnreadablePlan, assemble, read_planned

from .plans import PROJECT, STACK, VARIABLE, planned, resource, urn_of, written

CIPHER = {SIGNATURE: MASK[SIGNATURE], "ciphertext": "v1:c4nary", "plaintext": '"c4nary"'}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    state = planned(
        resource(VARIABLE, "token", inputs={"value": MASK, "targets": ["production"]}, properties=["value"])
    )
    assert read_planned(written(tmp_path, state)) == state
    assert read_planned(written(tmp_path, state)).digest == state.digest


def document(**changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(planned(resource(PROJECT, "web")).model_dump_json(by_alias=True))
    return {**told, **changed}


def spoilt(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    told = document()
    change(told["resources"][1])
    return told


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no JSON, or it is cut off"),
        (json.dumps(document())[:-40], "no JSON, or it is cut off"),
        ("[" * 100_000, "no JSON, or it is cut off"),
        ("[]", "this is no planned state"),
        (document(format="other"), "format"),
        (document(more=1), "more"),
        (document(stack=7), "stack"),
        (document(resources=[]), "the stack's own resource is missing"),
        (document(stack="other"), "is no URN of the stack shop/other"),
        (spoilt(lambda each: each.update(urn="web")), "is no URN"),
        (spoilt(lambda each: each.update(type=VARIABLE)), "is not the type that the URN names"),
        (spoilt(lambda each: each.update(inputs=deep(100))), "resources[1].inputs: nested too deeply"),
        (spoilt(lambda each: each.pop("operation")), "resources.1.operation"),
        (json.dumps(document()).replace('"create"', "NaN", 1), "operation"),
        (spoilt(lambda each: each.update(outputs={"a": float("inf")})), "a number that JSON does not have"),
    ],
)
def test_what_is_malformed_is_refused(tmp_path: Path, content: Any, told: str) -> None:
    with pytest.raises(UnreadablePlan) as refused:
        read_planned(written(tmp_path, content))
    assert told in str(refused.value)


def test_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    file = written(tmp_path, "")
    os.truncate(file, 300 * 1024 * 1024)
    with pytest.raises(UnreadablePlan, match="more than 256 MB"):
        read_planned(file)


def test_a_message_shows_a_name_as_text(tmp_path: Path) -> None:
    file = written(tmp_path, spoilt(lambda each: each.update(urn="\x1b[2J\n::error::done")))
    with pytest.raises(UnreadablePlan) as refused:
        read_planned(file)
    assert "\\x1b[2J\\n::error::done" in str(refused.value)


def test_no_secret_of_an_event_log_is_kept(tmp_path: Path) -> None:
    state = assemble(_log(tmp_path, inputs={"value": CIPHER, "deep": [{"x": CIPHER}]}), _steps(), **NAMES)
    written(tmp_path, state)
    assert "c4nary" not in (tmp_path / "planned.json").read_text()
    [_, token] = state.resources
    assert token.inputs == {"value": MASK, "deep": [{"x": MASK}]}
    assert token.dependencies == {"projectId": [urn_of(PROJECT, "web")]}


def test_a_preview_that_ended_early_has_no_plan(tmp_path: Path) -> None:
    log = _log(tmp_path, inputs={})
    log.write_text("".join(line for line in log.read_text().splitlines(keepends=True) if "summaryEvent" not in line))
    with pytest.raises(UnreadablePlan, match="ended before"):
        assemble(log, _steps(), **NAMES)


def test_of_a_replacement_the_new_one_is_kept_and_the_old_one_shown_as_deleted(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    with log.open("w") as file:
        for operation, value in (("create-replacement", "new"), ("replace", "new"), ("delete-replaced", "old")):
            side = (
                {"new": _state({"key": value})} if operation != "delete-replaced" else {"old": _state({"key": value})}
            )
            file.write(json.dumps({"resOutputsEvent": {"metadata": _metadata(operation, **side)}}) + "\n")
        file.write(json.dumps({"summaryEvent": {}}) + "\n")
    state = assemble(log, _steps(), **NAMES)
    assert [(each.operation, dict(each.inputs), each.stays) for each in state.resources] == [
        ("create-replacement", {"key": "new"}, True),
        ("delete-replaced", {}, False),
    ]
    assert [each.operation for each in state.changes()] == ["create-replacement", "delete-replaced"]


NAMES: dict[str, Any] = {"project": "shop", "stack": "production", "sandbox": False}


def _state(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"urn": urn_of(VARIABLE, "token"), "type": VARIABLE, "parent": "", "inputs": inputs, "outputs": inputs}


def _metadata(operation: str, **states: Any) -> dict[str, Any]:
    return {"op": operation, "urn": urn_of(VARIABLE, "token"), "type": VARIABLE, "diffs": ["key"], **states}


def _log(folder: Path, inputs: dict[str, Any]) -> Path:
    root = {
        "op": "create",
        "urn": urn_of(STACK, "shop-production"),
        "type": STACK,
        "new": {"inputs": {}, "outputs": {}},
    }
    events = [
        {"preludeEvent": {"config": {"shop:token": "c4nary"}}},
        {"resourcePreEvent": {"metadata": root}},
        {"resourcePreEvent": {"metadata": _metadata("create", new=_state(inputs))}},
        {"resOutputsEvent": {"metadata": _metadata("create", new=_state(inputs))}},
        {"summaryEvent": {}},
    ]
    log = folder / "events.jsonl"
    log.write_text("".join(json.dumps(each) + "\n" for each in events))
    return log


def _steps() -> str:
    dependencies = {"key": [], "projectId": [urn_of(PROJECT, "web")]}
    step = {"urn": urn_of(VARIABLE, "token"), "newState": {"propertyDependencies": dependencies}}
    return json.dumps({"steps": [step, {"urn": urn_of(PROJECT, "gone"), "oldState": {}}]})
