"""docs/command.md: every subcommand of these is in it, and its example of soc2.yaml is one."""

from __future__ import annotations

import re
from pathlib import Path

from soc2_guardrails.command.exits import Exit
from soc2_guardrails.workspace import Workspace

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "command.md").read_text("utf-8")


def test_the_example_of_soc2_yaml_is_one(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "soc2.yaml").write_text(example, "utf-8")
    found = Workspace.find(tmp_path)
    assert found.pack == tmp_path / "policies"
    assert found.settings.evidence.trust.keys


def test_exit_codes_are_all_explained() -> None:
    explained = re.findall(r"^\| (\d+) \|", DOCUMENT.partition("## `soc2.yaml`")[0], re.MULTILINE)
    assert sorted(map(int, explained)) == sorted(Exit)


def test_every_area_of_doctor_is_explained() -> None:
    looks = (Path(__file__).resolve().parents[3] / "soc2_guardrails" / "command" / "doctor.py").read_text("utf-8")
    areas = set(re.findall(r'Check\("([^"]+)"', looks)) - {"sandbox"} | {"soc2.yaml", "pack settings"}
    assert areas == set(
        re.findall(r"^\| ([^|`]+) \| (?!what it looks)", DOCUMENT.partition("## `soc2 doctor`")[2], re.MULTILINE)
    ) - {"area"}
