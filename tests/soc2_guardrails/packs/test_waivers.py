"""Waivers as the configuration states them, judged by the pack."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from soc2_guardrails.packs import ConfigurationError
from soc2_guardrails.packs.waivers import Examined, examine

PACK = Path(__file__).resolve().parents[3] / "policies"
TODAY = datetime.now(UTC).date()
WALLS = "*::vercel:index/firewallConfig:FirewallConfig::partner-*"


def waiver(opened: int = -3, expires: int = 10, **changes: Any) -> dict[str, Any]:
    return {
        "reason": "the partner migrates in May",
        "approver": "Ada Lovelace",
        "ticket": "SEC-1",
        "opened": (TODAY + timedelta(opened)).isoformat(),
        "expires": (TODAY + timedelta(expires)).isoformat(),
        "matches": [{"policies": ["firewall-enabled"], "urns": [WALLS]}],
        **changes,
    }


def examined(folder: Path, *waivers: dict[str, Any], **others: Any) -> Examined:
    file = folder / "policy.json"
    file.write_text(json.dumps({"pack": {"waivers": waivers, **others}}))
    return examine(PACK, file)


def test_a_sound_one_has_its_days_left(tmp_path: Path) -> None:
    found = examined(tmp_path, waiver())
    assert found.sound
    [one] = found.waivers
    assert (one.ticket, one.approver, one.days_left) == ("SEC-1", "Ada Lovelace", 10)
    assert one.rules == ("firewall-enabled",)
    assert one.urns == (WALLS,)


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        (waiver(-30, -1), "waives nothing any more"),
        (waiver(1, 5), "a day to come"),
        (waiver(0, 200), "200 days after it was opened and maxWaiverDays is 90"),
        (waiver(matches=[{"policies": ["env-no-plaintext-credential"], "urns": [WALLS]}]), "cannot be waived"),
        (waiver(matches=[{"policies": ["firewall-enabled"], "urns": ["*"]}]), "does not say by type and name"),
    ],
)
def test_the_pack_finds_the_fault_of_the_one_that_has_it(tmp_path: Path, faulty: dict[str, Any], told: str) -> None:
    found = examined(tmp_path, waiver(), faulty)
    assert found.readable
    assert not found.sound
    sound, bad = found.waivers
    assert not sound.faults
    assert told in bad.faults[0]


def test_an_unknown_rule_ends_a_run_before_it_begins(tmp_path: Path) -> None:
    bad = waiver(matches=[{"policies": ["firewal-enabled"], "urns": [WALLS]}])
    found = examined(tmp_path, waiver(), bad)
    assert not found.readable
    assert "did you mean firewall-enabled?" in found.waivers[1].faults[0]


def test_a_fault_elsewhere_belongs_to_no_waiver(tmp_path: Path) -> None:
    found = examined(tmp_path, waiver(), profil="baseline")
    assert found.faults == ("pack.profil: there is no such key; did you mean profile?",)


@pytest.mark.parametrize("level", ["advisory", "disabled"])
def test_faults_are_found_though_the_configuration_would_silence_them(tmp_path: Path, level: str) -> None:
    found = examined(tmp_path, waiver(-30, -1), enforcementLevel=level)
    assert found.waivers[0].faults
    assert found.silenced


@pytest.mark.parametrize(
    ("stated", "silenced"),
    [
        ({"all": "advisory"}, True),
        ({"all": {"enforcementLevel": "disabled"}}, True),
        ({"all": "remediate"}, False),
        ({"all": "advisory", "pack": {"enforcementLevel": "mandatory"}}, False),
        ({"pack": "remediate"}, False),
        ({"pack": "advisory"}, True),
        ({}, False),
    ],
)
def test_what_silences_them_is_the_level_that_the_engine_gives_the_pack(
    tmp_path: Path, stated: dict[str, Any], silenced: bool
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(stated))
    assert examine(PACK, file).silenced is silenced


def test_a_date_that_is_none_has_no_days_left(tmp_path: Path) -> None:
    found = examined(tmp_path, waiver(expires=0) | {"expires": "soon"})
    assert found.waivers[0].days_left is None
    assert found.waivers[0].faults


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"pack": {}, "pack": {}}', "pack: the key stands twice"),
        ('{"pack": {"waivers": [{}, {"opened": 1, "opened": 2}]}}', r"pack.waivers\[1\].opened: the key stands twice"),
        ("pack: {profile: baseline}", r"no JSON \(.*\)\nmend: write it as JSON"),
        ("[]", "no object"),
        (
            '{"all": "disable"}',
            'all: "disable" is no enforcement level; did you mean disabled[?]\nmend: the levels are adv',
        ),
        (
            '{"firewall-enabled": {"enforcementLevel": 1}}',
            "firewall-enabled.enforcementLevel: 1 is no enforcement level",
        ),
        ('{"firewall-enabled": ["advisory"]}', "firewall-enabled: is a list, neither a level nor an object"),
        ('{"firewal-enabled": {"onUnknown": "fail"}}', "no policy of that name; did you mean firewall-enabled"),
        ('{"environments": ["acme/policies"]}', "environments: configuration from Pulumi ESC is not read"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "policy.json").write_text(text)
    with pytest.raises(ConfigurationError, match=told) as error:
        examine(PACK, tmp_path / "policy.json")
    assert str(error.value).startswith(f"{tmp_path / 'policy.json'}: ")


@pytest.mark.parametrize("text", ["", " \n", "null", "{}"])
def test_a_file_that_states_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(text)
    assert examine(PACK, file) == Examined(file, (), (), readable=True, silenced=False)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        examine(PACK, tmp_path / "policy.json")
