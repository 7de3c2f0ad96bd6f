from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from policies.authoring.harness import resource
from policies.authoring.scaffold import begin
from policies.judge.registry import AREAS
from policies.subjects.tokens import PROJECT

from ..pack_process import PACK, PackProcess


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own, with a copy of the pack."""
    shutil.copytree(PACK, tmp_path / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "README.md").write_text("<!-- rules -->\n<!-- /rules -->\n", "utf-8")
    return tmp_path


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=project, capture_output=True, text=True, timeout=120, check=False
    )


def new(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(project, "policies.authoring", "new", *arguments)


@pytest.mark.parametrize("rule", ["project-region-pinned", "stack-region-pinned"])
def test_what_is_begun_cannot_be_taken_for_finished(project: Path, rule: str) -> None:
    name = rule.replace("-", "_")
    begun = new(project, "access", rule)
    assert begun.returncode == 0, begun.stderr
    assert begun.stdout.startswith(f"begun   policies/access/{name}.py\n        tests/policies/access/test_{name}.py\n")
    assert "python -m policies.authoring pages" in begun.stdout
    assert "add the id to MEMBERS in tests/policies/test_examples.py" in begun.stdout

    pack = PackProcess(folder=project / "policies")
    try:
        shop = resource(PROJECT, "shop", {"name": "shop"})
        answer = (pack.judge(shop) if rule.startswith("project-") else pack.judge_stack(shop)).of(rule)
    finally:
        pack.stop()
    assert answer.verdict == "fail"
    assert "the rule itself failed (NotImplementedError in _check" in answer.text

    tested = run(project, "pytest", "-q", "--import-mode=importlib", f"tests/policies/access/test_{name}.py")
    assert tested.returncode == 1, tested.stdout + tested.stderr
    assert f"the check of {rule} is not written yet" in tested.stdout
    assert "8 failed" in tested.stdout

    paged = run(project, "policies.authoring", "pages")
    assert paged.returncode == 1
    assert paged.stderr.startswith(f"error: policies/access/{name}.py: {rule} serves 'CC0.0', which is none of ")


def test_a_rule_that_is_filled_in_passes_its_test(project: Path) -> None:
    new(project, "access", "project-code-hidden")
    file = project / "policies/access/project_code_hidden.py"
    check = (
        '    if not project["FILL IN"].flag(default=False):\n'
        '        yield Violation("FILL IN", "is false", mend="set it to true")'
    )
    text = file.read_text("utf-8").replace("    raise NotImplementedError", check)
    file.write_text(text.replace("Severity\n", "Severity, Violation\n"), "utf-8")
    test = project / "tests/policies/access/test_project_code_hidden.py"
    cases = test.read_text("utf-8")
    for blank, filled in {
        '"what breaks the rule"': "False",
        '"what the rule says where it is left out"': '"fail"',
        '"what the rule says of a secret there"': '"fail"',
        '"FILL IN: what is wrong, the mend, the page, a line each"': (
            '(\n    "CC0.0: FILL IN is false\\nmend: set it to true\\n"\n'
            '    "see: docs/rules/project-code-hidden.md"\n)'
        ),
    }.items():
        assert blank in cases
        cases = cases.replace(blank, filled)
    test.write_text(cases, "utf-8")
    tested = run(project, "pytest", "-q", "--import-mode=importlib", str(test))
    assert tested.returncode == 0, tested.stdout


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("rule", ["project-region-pinned", "stack-region-pinned"])
def test_what_is_begun_keeps_the_style(tmp_path: Path, area: str, rule: str) -> None:
    shutil.copy(PACK.parent / "pyproject.toml", tmp_path)
    shutil.copytree(PACK / "authoring", tmp_path / "policies/authoring", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "policies" / area).mkdir()
    begun = begin(tmp_path / "policies", tmp_path, "policies", area, rule)
    for command in (["check"], ["format", "--check"]):
        styled = run(tmp_path, "ruff", *command, "--no-cache", str(begun.rule), str(begun.test))
        assert styled.returncode == 0, styled.stdout + styled.stderr


@pytest.mark.parametrize(
    ("area", "rule", "told"),
    [
        ("secret", "a-rule", "error: 'secret' is no control area; did you mean secrets? There are secrets, boundary,"),
        ("../etc", "a-rule", "error: '../etc' is no control area. There are secrets, boundary,"),
        ("access", "firewall-enabled", "error: 'firewall-enabled' is taken: policies/boundary/firewall_enabled.py is"),
        ("access", "One-Rule", "error: 'One-Rule' is no id of a rule: two or more words of lower-case letters"),
        ("access", "rule", "error: 'rule' is no id of a rule"),
        ("access", "a_rule", "error: 'a_rule' is no id of a rule"),
        ("access", "a--rule", "error: 'a--rule' is no id of a rule"),
        ("access", "../a-rule", "error: '../a-rule' is no id of a rule"),
        ("access", "a-rule\n", "error: 'a-rule\\n' is no id of a rule"),
        ("access", "a-" + "b" * 60, "is no id of a rule"),
    ],
)
def test_what_cannot_be_begun_is_refused_and_nothing_written(project: Path, area: str, rule: str, told: str) -> None:
    before = sorted(project.rglob("*.py"))
    refused = new(project, area, rule)
    assert refused.returncode == 1
    assert told in refused.stderr
    assert refused.stdout == ""
    assert sorted(project.rglob("*.py")) == before


def test_nothing_is_overwritten(project: Path) -> None:
    assert new(project, "access", "a-rule").returncode == 0
    (project / "policies/access/a_rule.py").unlink()
    refused = new(project, "access", "a-rule")
    assert refused.returncode == 1
    assert "'a-rule' is taken: tests/policies/access/test_a_rule.py is there already" in refused.stderr


def test_help_teaches() -> None:
    told = run(PACK.parent, "policies.authoring", "--help").stdout + new(PACK.parent, "--help").stdout
    assert "python -m policies.authoring new boundary project-directory-listing-off" in told
    assert "source_control  Source control and supply chain" in told
