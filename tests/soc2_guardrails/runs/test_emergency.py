"""The configuration of an emergency."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from soc2_guardrails.packs import ConfigurationError
from soc2_guardrails.packs.waivers import examine
from soc2_guardrails.runs.emergency import write_emergency_configuration

PACK = Path(__file__).resolve().parents[3] / "policies"


def test_every_rule_is_advisory_and_the_rest_is_kept(tmp_path: Path) -> None:
    given, file = tmp_path / "given.json", tmp_path / "emergency.json"
    stated = {
        "all": "mandatory",
        "a-rule": {"enforcementLevel": "mandatory", "onUnknown": "fail"},
        "b-rule": "remediate",
        "c-rule": {"enforcementLevel": "disabled"},
        "d-rule": "disabled",
        "pack": {"profile": "ecommerce", "mandatory": ["a-rule"], "waivers": []},
    }
    given.write_text(json.dumps(stated))
    write_emergency_configuration(given, file)
    assert json.loads(file.read_text()) == {
        "all": "advisory",
        "a-rule": {"enforcementLevel": "advisory", "onUnknown": "fail"},
        "b-rule": "advisory",
        "c-rule": {"enforcementLevel": "disabled"},
        "d-rule": "disabled",
        "pack": {"enforcementLevel": "advisory", "profile": "ecommerce", "waivers": []},
    }
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_pack_takes_it_though_a_rule_was_to_stay_mandatory(tmp_path: Path) -> None:
    given, file = tmp_path / "given.json", tmp_path / "emergency.json"
    given.write_text(json.dumps({"pack": {"profile": "baseline", "mandatory": ["headers-csp-strong"]}}))
    write_emergency_configuration(given, file)
    assert examine(PACK, file).readable


def test_without_a_configuration_there_is_only_the_level(tmp_path: Path) -> None:
    write_emergency_configuration(None, tmp_path / "emergency.json")
    assert json.loads((tmp_path / "emergency.json").read_text()) == {"all": "advisory"}


@pytest.mark.parametrize("content", ["", " \n", "null"])
def test_one_that_states_nothing_leaves_only_the_level_too(tmp_path: Path, content: str) -> None:
    (tmp_path / "given.json").write_text(content)
    write_emergency_configuration(tmp_path / "given.json", tmp_path / "emergency.json")
    assert json.loads((tmp_path / "emergency.json").read_text()) == {"all": "advisory"}


@pytest.mark.parametrize("content", ["[]", "{", '{"all": "advisory", "all": "mandatory"}'])
def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "given.json").write_text(content)
    with pytest.raises(ConfigurationError, match=r"given\.json"):
        write_emergency_configuration(tmp_path / "given.json", tmp_path / "emergency.json")
