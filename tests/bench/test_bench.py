"""The benchmark runs end to end and reports both ratios; how they come out is for `make bench`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.providers import ECHO, SANDBOX, Measurements

_ROOT = Path(__file__).parents[2]


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", *args],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.engine
@pytest.mark.slow
def test_it_times_both_and_reports_the_ratios(tmp_path: Path) -> None:
    report = tmp_path / "bench.json"
    completed = run("sandbox", "--resources", "30", "--repetitions", "1", "--json", str(report))
    # 1 is a missed ratio, which says nothing at this size; 2 is a run that failed.
    assert completed.returncode in (0, 1), completed.stderr
    measured = json.loads(report.read_text("utf-8"))
    assert measured["ratios"].keys() == {"preview", "deploy"}
    for operation, ratio in measured["ratios"].items():
        [echo], [sandbox] = (measured["seconds"][operation][subject] for subject in (ECHO, SANDBOX))
        assert ratio == pytest.approx(sandbox / echo)
        assert f"{ratio:.2f}" in completed.stdout
    assert (completed.returncode == 1) == any(
        ratio > measured["limits"][operation] for operation, ratio in measured["ratios"].items()
    )


def test_an_odd_number_of_resources_is_refused() -> None:
    refused = run("sandbox", "--resources", "35")
    assert refused.returncode == 2
    assert "no multiple of 10" in refused.stderr


def test_the_ratio_is_of_medians_and_held_against_its_limit() -> None:
    measured = Measurements(10)
    measured.seconds["preview"] = {ECHO: [1.0, 2.0, 9.0], SANDBOX: [3.0, 2.5, 99.0]}
    measured.seconds["deploy"] = {ECHO: [1.0], SANDBOX: [3.1]}
    assert measured.ratio("preview") == 1.5
    assert measured.missed() == ["deploy"]
