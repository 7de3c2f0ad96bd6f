"""`soc2 rules`: what the pack tells, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policies.judge.registry import rules

from .soc2 import ROOT, soc2

RULES = {rule.id: rule for rule in rules()}


def test_list_has_every_rule_by_criterion_and_the_worst_first() -> None:
    shown = soc2("rules", "list", cwd=ROOT)
    assert shown.returncode == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines()[1:]]
    listed = [row[1] for row in rows if row[1] in RULES]
    worst = ["critical", "high", "medium", "low"]
    assert listed == sorted(
        RULES, key=lambda each: (RULES[each].criterion, worst.index(RULES[each].severity.value), each)
    )
    for rule in RULES.values():
        assert rule.title in shown.stdout


def test_list_as_json() -> None:
    told = json.loads(soc2("rules", "list", "--json", cwd=ROOT).stdout)
    assert told["pack"] == "soc2-guardrails"
    assert {each["id"]: each["severity"] for each in told["rules"] if each["id"] != "pack"} == {
        each.id: each.severity.value for each in RULES.values()
    }


def test_show_says_why_and_how_to_mend() -> None:
    rule = RULES["firewall-enabled"]
    shown = soc2("rules", "show", rule.id, cwd=ROOT)
    assert shown.returncode == 0
    for part in (rule.title, rule.rationale, rule.remediation, rule.criterion, *rule.frameworks, "onUnknown"):
        assert part in shown.stdout
    assert "docs/rules/firewall-enabled.md" in shown.stdout
    told = json.loads(soc2("rules", "show", rule.id, "--json", cwd=ROOT).stdout)
    assert told["rationale"] == rule.rationale
    assert told["settings"]["onUnknown"]["enum"] == ["defer", "fail"]


def test_show_of_an_unknown_rule_names_the_nearest() -> None:
    refused = soc2("rules", "show", "firewal-enabled", cwd=ROOT)
    assert refused.returncode == 1
    assert "did you mean firewall-enabled?" in refused.stderr
    assert refused.stdout == ""


def test_coverage_leaves_no_control_of_a_rule_out() -> None:
    told = json.loads(soc2("rules", "coverage", "--json", cwd=ROOT).stdout)
    covered = {f"{each['framework']} {each['control']}": set(each["rules"]) for each in told["coverage"]}
    for rule in RULES.values():
        assert rule.id in covered[f"SOC 2 {rule.criterion}"]
        for framework in rule.frameworks:
            assert rule.id in covered[framework]
    shown = soc2("rules", "coverage", cwd=ROOT)
    assert "HIPAA" in shown.stdout
    assert "CC6.6" in shown.stdout


def test_outside_a_repository_the_pack_of_the_package_is_asked(tmp_path: Path) -> None:
    assert "firewall-enabled" in soc2("rules", "list", cwd=tmp_path).stdout


@pytest.mark.parametrize("command", [["list"], ["show", "firewall-enabled"], ["coverage"]])
def test_a_folder_that_is_no_pack(tmp_path: Path, command: list[str]) -> None:
    refused = soc2("rules", *command, "--policy-pack", str(tmp_path), cwd=ROOT)
    assert refused.returncode == 1
    assert "is no policy pack" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_what_a_pack_says_does_nothing_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (tmp_path / "__main__.py").write_text(
        "from pulumi_policy import *\n"
        "rule = ResourceValidationPolicy(name='odd', description='\\x1b[2J[red]text', validate=lambda a, r: None)\n"
        "PolicyPack('odd', policies=[rule])\n"
    )
    shown = soc2("rules", "show", "odd", "--policy-pack", str(tmp_path), cwd=ROOT)
    assert "\\x1b[2J[red]text" in shown.stdout
    assert "\x1b" not in shown.stdout
