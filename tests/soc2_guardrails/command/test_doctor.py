"""`soc2 doctor` as a user types it; in the environment of a sandbox, so that no API is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from soc2_guardrails.engine import Engine

from .soc2 import soc2


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.production.yaml").write_text("encryptionsalt: v1:abc\nconfig: {}\n")
    (tmp_path / ".soc2").mkdir()
    (tmp_path / ".soc2" / "engine").symlink_to(engine.path.parent)
    (tmp_path / "home" / "plugins" / "language-python-v3").mkdir(parents=True)
    host = tmp_path / "home" / "plugins" / "language-python-v3" / "pulumi-language-python"
    host.touch()
    return tmp_path


def look(project: Path, *arguments: str) -> tuple[int, str, str]:
    done = soc2(
        "doctor",
        *arguments,
        cwd=project,
        SOC2_SANDBOX=str(project),
        PULUMI_HOME=str(project / "home"),
        PULUMI_BACKEND_URL=(project / "state").as_uri(),
        PULUMI_ACCESS_TOKEN="canary-4711",
        SOC2_SIGNING_KEY_PASSPHRASE="canary-4712",
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.engine
def test_warnings_alone_are_fine(project: Path) -> None:
    (project / "state").mkdir()
    code, out, _ = look(project)
    assert code == 0, out
    for part in ("Pulumi CLI", "sandbox", "change-secrets-provider --stack production", "records are not signed"):
        assert part in out
    assert "problem" not in out


@pytest.mark.engine
def test_a_problem_is_told_with_its_mend_and_by_the_exit_code(project: Path) -> None:
    (project / "state").mkdir()
    (project / "soc2.yaml").write_text("evidence: {signing: {how: key, key: nowhere.pem}}\n")
    code, out, _ = look(project, "--json")
    assert code == 1
    told = json.loads(out)
    assert told["sound"] is False
    problems = [each for each in told["findings"] if each["level"] == "problem"]
    assert [each["area"] for each in problems] == ["signing"]
    assert all(each["mend"] for each in told["findings"] if each["level"] != "ok")


@pytest.mark.engine
def test_a_refused_soc2_yaml_is_one_finding_among_others(project: Path) -> None:
    (project / "state").mkdir()
    (project / "soc2.yaml").write_text("evidense: {}\n")
    code, out, errors = look(project)
    assert code == 1
    assert "did you mean evidence?" in out
    assert "Pulumi CLI" in out
    assert "Traceback" not in errors


@pytest.mark.engine
def test_no_secret_of_the_environment_is_shown(project: Path) -> None:
    _, out, errors = look(project)
    assert "canary" not in out + errors
