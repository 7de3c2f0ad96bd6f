"""Rules on production speak of the projects that the configuration names, and tell of each that it leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies.judge.production import Production
from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Opaque, Raw, Secret
from policies.subjects.tokens import PROJECT, PROJECT_DOMAIN

from .pack_process import Answer, PackProcess

ON_PRODUCTION = [
    "stack-headers-baseline-coverage",
    "stack-log-drain-covers-production",
    "stack-production-branch-protected",
]
CONNECTED: dict[str, Raw] = {"gitRepository": {"type": "github", "repo": "acme/shop", "productionBranch": "main"}}


def project(name: str, properties: dict[str, Raw] | None = None) -> Resource:
    return resource(PROJECT, name, {"name": name, **CONNECTED, **(properties or {})})


def judged(*projects: Resource, production: list[str], journal: Path | None = None) -> Answer:
    environment = {"SOC2_JOURNAL": str(journal)} if journal else {}
    pack = PackProcess(config={"pack": {"projects": {"production": production}}}, environment=environment)
    try:
        return pack.judge_stack(*projects)
    finally:
        pack.stop()


def names(answer: Answer) -> set[str]:
    return {each.urn.rpartition("::")[2] for each in answer.diagnostics}


@pytest.mark.parametrize("rule", ON_PRODUCTION)
def test_a_project_that_is_not_named_is_not_applicable_and_the_others_are_judged(rule: str, tmp_path: Path) -> None:
    shop, preview = project("shop"), project("shop-preview")
    assert names(judged(shop, preview, production=["*"]).of(rule)) == {"shop", "shop-preview"}
    answer = judged(shop, preview, production=["shop"], journal=tmp_path).of(rule)
    assert names(answer) == {"shop"}
    [left_out] = answer.not_applicable
    assert left_out.reason == "shop-preview: the policy configuration does not name it under pack.projects.production"
    decided = [entry for entry in entries(tmp_path) if entry.get("rule") == rule]
    assert {(entry["urn"], entry["verdict"], entry["reason"], entry["setting"]) for entry in decided} == {
        (shop.urn, "fail", "", ""),
        (preview.urn, "not applicable", left_out.reason, "pack.projects.production"),
    }


@pytest.mark.parametrize("rule", ON_PRODUCTION)
def test_a_stack_without_production_is_not_applicable_as_a_whole(rule: str, tmp_path: Path) -> None:
    answer = judged(project("shop-preview"), production=["shop"], journal=tmp_path).of(rule)
    assert answer.verdict == "not applicable"
    assert [each.reason for each in answer.not_applicable][1:] == ["no Vercel project of the stack serves production"]
    decided = [(entry["verdict"], entry["setting"]) for entry in entries(tmp_path) if entry.get("rule") == rule]
    assert decided == [("not applicable", "pack.projects.production")] * 2


@pytest.mark.parametrize("name", [UNKNOWN, Secret("docs"), Secret(UNKNOWN), None, 1.0, Opaque("an asset")], ids=repr)
def test_a_name_that_nobody_can_read_counts_as_production(name: Raw) -> None:
    answer = judged(project("docs", {"name": name}), production=["shop"]).of("stack-log-drain-covers-production")
    assert answer.verdict == "fail"
    assert not answer.not_applicable


def test_what_answers_on_a_domain_has_a_firewall_whatever_it_is_for() -> None:
    docs = project("docs", {"id": "prj_1"})
    domain = resource(PROJECT_DOMAIN, "docs", {"domain": "docs.example.com", "projectId": "prj_1"})
    answer = judged(docs, domain, production=["shop"]).of("stack-firewall-per-exposed-project")
    assert names(answer) == {"docs"}


@pytest.mark.parametrize(
    ("production", "projects", "told"),
    [
        (["shop", "docs-*"], ["shop"], ["pack.projects.production[1]"]),
        (["shop", "shop"], ["shop"], []),
        (["*"], ["shop"], []),
        (["Shop"], ["shop"], ["pack.projects.production[0]"]),
        (["docs"], [], []),
    ],
)
def test_a_glob_that_matches_nothing_is_told(production: list[str], projects: list[str], told: list[str]) -> None:
    answer = judged(*map(project, projects), production=production).of("pack")
    assert [message.partition(" ")[0] for message in answer.messages] == told
    assert answer.verdict == ("advice" if told else "pass")


@pytest.mark.parametrize(
    ("glob", "name", "serves"),
    [
        ("shop", "shop", True),
        ("shop", "shop-preview", False),
        ("shop", "the-shop", False),
        ("*-prod", "shop-prod", True),
        ("*-prod", "shop-prod\n-x", False),
        ("s*p", "s\np", True),
        ("s.op", "shop", False),
        ("s[h]op", "shop", False),
        ("s?op", "shop", False),
        ("*", "", True),
    ],
)
def test_only_the_star_is_special(glob: str, name: str, serves: bool) -> None:
    assert Production([glob]).serves(name) is serves


def entries(folder: Path) -> list[dict[str, Any]]:
    [file] = folder.glob("*.jsonl")
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
