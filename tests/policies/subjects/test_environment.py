from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from policies.authoring.harness import UNKNOWN, Raw, Secret, resource
from policies.judge.pack import Pack
from policies.judge.registry import rules
from policies.judge.resources import Resource
from policies.judge.rule import ResourceRule
from policies.judge.values import Undetermined
from policies.subjects import credentials
from policies.subjects.environment import EnvironmentVariable, variables
from policies.subjects.tokens import ENVIRONMENT_VARIABLE, ENVIRONMENT_VARIABLES

SCANS = ("credential_format", "is_publishable", "looks_random")


def declared(*values: str) -> Resource:
    each: list[Raw] = [
        {"key": f"NEXT_PUBLIC_{number}", "value": Secret(value), "sensitive": False, "targets": ["production"]}
        for number, value in enumerate(values)
    ]
    return resource(ENVIRONMENT_VARIABLES, "many", {"variables": each})


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """How often each scan was made of each value."""
    counted: Counter[tuple[str, str]] = Counter()

    def counting(name: str, scan: Callable[..., object]) -> Callable[..., object]:
        def scan_of(value: str, *others: str) -> object:
            counted[name, value] += 1
            return scan(value, *others)

        return scan_of

    for name in SCANS:
        monkeypatch.setattr(credentials, name, counting(name, getattr(credentials, name)))
    return counted


def test_all_rules_together_scan_each_value_once(scanned: Counter[tuple[str, str]]) -> None:
    values = ("The Shop", "https://shop.example.com", "x" * 64_000)
    pack = Pack(tuple(rule for rule in rules() if isinstance(rule, ResourceRule)))
    assert len(pack.judge(declared(*values))) > 1
    assert scanned == {(name, value): 1 for name in SCANS for value in values}


def test_another_resource_is_scanned_anew(scanned: Counter[tuple[str, str]]) -> None:
    for subject in (declared("The Shop"), declared("The Shop")):
        [variable] = variables(subject)
        assert variable.credential is None
        assert variable.credential is None
    assert scanned == {("credential_format", "The Shop"): 2}


@pytest.mark.parametrize("scan", ["credential", "looks_random"])
def test_an_unknown_value_is_undetermined_each_time(scan: str) -> None:
    unknown = resource(ENVIRONMENT_VARIABLE, "one", {"key": "SITE", "value": Secret(UNKNOWN)})
    [variable] = variables(unknown)
    for _ in range(2):
        with pytest.raises(Undetermined, match="value"):
            getattr(variable, scan)


def test_a_variable_shows_no_value() -> None:
    [variable] = variables(declared("hunter2"))
    assert isinstance(variable, EnvironmentVariable)
    assert "hunter2" not in repr(variable)
