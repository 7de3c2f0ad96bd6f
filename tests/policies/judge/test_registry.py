"""A rule that is not of the form that the judge relies on stops the pack, with the file and the mend."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

import pytest

from policies.boundary.firewall_enabled import RULE
from policies.boundary.stack_firewall_per_exposed_project import RULE as STACK_RULE
from policies.judge.registry import rules
from policies.judge.rule import Example
from policies.judge.well_formed import faults
from policies.subjects.tokens import PROJECT

from ..pack_process import PACK

TYPES = "it must be a tuple of different type tokens, one at least, such as ('vercel:index/project:Project',)"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"types": PROJECT}, f"types is 'vercel:index/project:Project'; {TYPES}"),
        ({"types": ()}, f"types is (); {TYPES}"),
        ({"types": (PROJECT, PROJECT)}, "types is ('vercel:index/project:Project', 'vercel:index/project:Project'); "),
        ({"types": {PROJECT}}, "types is {'vercel:index/project:Project'}; "),
        ({"types": ("vercel:Project",)}, "types is ('vercel:Project',); "),
        ({"types": ("*",)}, "types is ('*',); "),
        ({"types": (None,)}, "types is (None,); "),
        ({"types": ([],)}, "types is ([],); "),
        ({"id": None}, "id is None; it must be text"),
        ({"title": " "}, "title is ' '; it must be text"),
        ({"criterion": "6.6"}, "criterion is '6.6'; it must be the identifier of a criterion, such as 'CC6.6'"),
        ({"also": "CC6.1"}, "also is 'CC6.1'; it must be a tuple of different criteria, such as ('CC6.1',)"),
        ({"frameworks": "NIST SC-7"}, "frameworks is 'NIST SC-7'; it must be a tuple of different controls, such as "),
        ({"severity": "high"}, "severity is 'high'; it must be a Severity, such as Severity.HIGH"),
        ({"waivable": "no"}, "waivable is 'no'; it must be True or False"),
        ({"failing": Example("nothing")}, "it must be an Example with a resource at least"),
        ({"passing": None}, "passing is None; it must be an Example with a resource at least"),
        ({"check": None}, "check is None; it must be the function that yields findings"),
        ({"remediate": True}, "remediate is True; it must be a function, or left out"),
    ],
)
def test_each_fault_is_told_on_a_line_with_the_mend(changes: dict[str, Any], told: str) -> None:
    [fault] = faults(replace(RULE, **changes))
    assert told in fault
    assert fault.startswith(f"{next(iter(changes))} is ")
    assert "\n" not in fault


def test_rules_of_either_kind_are_of_that_form_and_so_is_one_of_another_pack() -> None:
    assert [fault for rule in rules() for fault in faults(rule)] == []
    assert not list(faults(replace(RULE, types=["acme:index:Bucket", "kubernetes:rbac.authorization.k8s.io/v1:Role"])))
    assert [*faults(replace(STACK_RULE, severity=1))] == ["severity is 1; it must be a Severity, such as Severity.HIGH"]  # type: ignore[arg-type]


def test_a_string_for_types_does_not_become_a_rule_that_is_never_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = tmp_path / "pack_of_strings"
    shutil.copytree(PACK, pack, ignore=shutil.ignore_patterns("__pycache__"))
    file = pack / "boundary/firewall_enabled.py"
    wrong = file.read_text("utf-8").replace("types=(FIREWALL_CONFIG,)", "types=FIREWALL_CONFIG")
    file.write_text(wrong.replace("Severity.CRITICAL", '"critical"'), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    invalidate_caches()
    registry = import_module("pack_of_strings.judge.registry")
    try:
        with pytest.raises(registry.PackError) as told:
            registry.rules()
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == pack.name]:
            del sys.modules[name]
    assert str(told.value).splitlines() == [
        "boundary/firewall_enabled.py: severity is 'critical'; it must be a Severity, such as Severity.HIGH",
        f"boundary/firewall_enabled.py: types is 'vercel:index/firewallConfig:FirewallConfig'; {TYPES}",
    ]
