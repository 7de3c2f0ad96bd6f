"""`soc2 waivers`: the pack's own word on its configuration, and the exit code for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from soc2_guardrails.command.exits import Exit

from .soc2 import soc2

TODAY = datetime.now(UTC).date()
WALLS = "*::vercel:index/firewallConfig:FirewallConfig::partner-*"


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A workspace whose configuration has one waiver that holds ten days more."""
    (tmp_path / "soc2.yaml").write_text("policyPack: {configuration: policy.json}\n")
    write(tmp_path, 10)
    return tmp_path


def write(folder: Path, days: int, rule: str = "firewall-enabled") -> None:
    waiver = {
        "reason": "the partner migrates",
        "approver": "Ada Lovelace",
        "ticket": "SEC-1",
        "opened": (TODAY - timedelta(30)).isoformat(),
        "expires": (TODAY + timedelta(days)).isoformat(),
        "matches": [{"policies": [rule], "urns": [WALLS]}],
    }
    (folder / "policy.json").write_text(json.dumps({"pack": {"waivers": [waiver]}}))


def test_list_says_who_until_when_and_what(configured: Path) -> None:
    shown = soc2("waivers", "list", cwd=configured)
    assert shown.returncode == Exit.FINE
    for part in ("SEC-1", "Ada Lovelace", "10 days left", f"firewall-enabled on {WALLS}", "the partner migrates"):
        assert part in shown.stdout
    [told] = json.loads(soc2("waivers", "list", "--json", cwd=configured).stdout)
    assert told["days_left"] == 10
    assert told["faults"] == []


def test_check_of_a_sound_one(configured: Path) -> None:
    checked = soc2("waivers", "check", cwd=configured)
    assert checked.returncode == Exit.FINE
    assert "sound: 1 waiver" in checked.stdout


def test_an_expired_one_is_refused(configured: Path) -> None:
    write(configured, -1)
    checked = soc2("waivers", "check", cwd=configured)
    assert checked.returncode == Exit.REFUSED
    assert checked.stdout.startswith(f"{configured / 'policy.json'}: 1 fault\n")
    assert "waives nothing any more" in checked.stdout
    assert "mend:" in checked.stdout
    told = json.loads(soc2("waivers", "check", "--json", cwd=configured).stdout)
    assert (told["sound"], told["file"]) == (False, str(configured / "policy.json"))
    assert "waives nothing" in soc2("waivers", "list", cwd=configured).stdout


def test_one_that_the_pack_cannot_read(configured: Path) -> None:
    write(configured, 10, rule="firewal-enabled")
    checked = soc2("waivers", "check", cwd=configured)
    assert checked.returncode == Exit.COULD_NOT_RUN
    first, fault = checked.stdout.splitlines()
    assert first == f"{configured / 'policy.json'}: the pack cannot read it: 1 fault"
    assert fault.endswith("did you mean firewall-enabled?")
    assert fault.startswith("  pack.waivers[0].matches[0].policies[0]: ")


def test_a_file_in_place_of_the_stated_one(configured: Path, tmp_path: Path) -> None:
    empty = tmp_path / "other.json"
    empty.write_text("{}")
    shown = soc2("waivers", "list", "--policy-pack-config", str(empty), cwd=configured)
    assert shown.stdout == "There are no waivers.\n"


def test_without_a_configuration(tmp_path: Path) -> None:
    checked = soc2("waivers", "check", cwd=tmp_path)
    assert checked.returncode == Exit.FINE
    assert "names no policyPack.configuration" in checked.stdout
    assert json.loads(soc2("waivers", "list", "--json", cwd=tmp_path).stdout) == []
