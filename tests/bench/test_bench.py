"""The benchmarks run end to end and report their ratios; how they come out is for `make bench`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.bench import cold_start, judging
from tests.bench.__main__ import app
from tests.bench.figures import Figure, ratio
from tests.bench.providers import ECHO, SANDBOX, BenchError, Measurements
from tests.bench.workload import workload

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
    for operation, times in measured["ratios"].items():
        [echo], [sandbox] = (measured["seconds"][operation][subject] for subject in (ECHO, SANDBOX))
        assert times == pytest.approx(sandbox / echo)
        assert f"{times:.2f}" in completed.stdout
    assert (completed.returncode == 1) == any(
        times > measured["limits"][operation] for operation, times in measured["ratios"].items()
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


@pytest.mark.engine
@pytest.mark.slow
def test_packs_are_measured_side_by_side(tmp_path: Path) -> None:
    report = tmp_path / "bench.json"
    sizes = ("--small", "40", "--large", "80", "--previewed", "10")
    completed = run("pack", *sizes, "--repetitions", "1", "--json", str(report))
    assert completed.returncode in (0, 1), completed.stderr  # 1 is a missed target, which says nothing at this size
    measured = json.loads(report.read_text("utf-8"))
    assert measured["sizes"] == {"small": 40, "large": 80, "previewed": 10, "repetitions": 1}
    with_target = {figure["name"].partition(":")[0] for figure in measured["figures"] if figure["target"]}
    assert with_target == {
        "cold start",
        "judging a resource in process",
        "Analyze",
        "AnalyzeStack",
        "memory at 80 resources",
        "preview of 10",
    }
    for figure in measured["figures"]:
        assert figure["value"] > 0
        assert f"{figure['value']:.2f} {figure['unit']}" in completed.stdout
    assert (completed.returncode == 1) == any(not figure["met"] for figure in measured["figures"])
    parts = {part: share for part, share in measured["cold_start"].items() if part not in cold_start.AMONG}
    assert parts.keys() == {cold_start.SDK, cold_start.JUDGE, cold_start.RULES, cold_start.ANSWERS}
    assert sum(parts.values()) == pytest.approx(1, abs=0.1)  # each is a median of its own
    own = parts[cold_start.JUDGE] + parts[cold_start.RULES]
    assert 0 < sum(measured["cold_start"][part] for part in cold_start.AMONG) < own


def test_a_missed_target_fails_the_run_unless_it_is_only_to_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(*_: object) -> list[Figure]:
        return [Figure("too slow", 1.6, 1.5)]

    monkeypatch.setattr(judging, "measure", measure)
    monkeypatch.setattr(judging, "cold_start_profile", lambda _: {})
    asked = ["pack", "--previewed", "0"]
    assert CliRunner().invoke(app, asked).exit_code == 1
    shown = CliRunner().invoke(app, [*asked, "--advisory"])
    assert shown.exit_code == 0
    assert "Missed: too slow." in shown.stderr


def test_a_run_that_failed_is_never_only_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(*_: object) -> list[Figure]:
        raise BenchError("the pack gave no port")

    monkeypatch.setattr(judging, "measure", measure)
    assert CliRunner().invoke(app, ["pack", "--previewed", "0", "--advisory"]).exit_code == 2


def test_chains_are_verified_and_compared(tmp_path: Path) -> None:
    report = tmp_path / "bench.json"
    completed = run("evidence", "--small", "4", "--large", "40", "--repetitions", "1", "--json", str(report))
    assert completed.returncode in (0, 1), completed.stderr  # 1 is a missed target, which says nothing at this size
    measured = json.loads(report.read_text("utf-8"))
    assert measured["sizes"] == {"small": 4, "large": 40, "repetitions": 1}
    assert [figure["target"] for figure in measured["figures"]] == [12.0, 1.5]
    for figure in measured["figures"]:
        assert figure["value"] > 0
        assert f"{figure['value']:.2f} {figure['unit']}" in completed.stdout
    assert (completed.returncode == 1) == any(not figure["met"] for figure in measured["figures"])
    assert run("evidence", "--small", "5").returncode == 2


def test_a_figure_is_held_against_its_bound_from_either_side() -> None:
    assert Figure("fast enough", 1.5, 1.5).met
    assert not Figure("too slow", 1.6, 1.5).met
    assert Figure("cheap enough", 40.0, 40.0, at_least=True).met
    assert not Figure("too dear", 39.0, 40.0, at_least=True).met
    assert Figure("only told", 1e9).met
    assert ratio([2.0, 9.0, 3.0], [1.0, 1.0, 50.0]) == 3.0


def test_a_workload_is_one_stack_of_distinct_resources_that_refer_to_their_own() -> None:
    work = workload(300)
    urns = [each.urn for each in work.stack.resources]
    assert len(set(urns)) == len(urns) == len(work.resources) == 300
    assert {each.urn for each in work.resources} == set(urns)
    assert sum(each.type == "pulumi:pulumi:Stack" for each in work.stack.resources) == 1
    for each in work.stack.resources:
        for depended_on in each.propertyDependencies.values():
            copy = each.urn.rpartition("-")[2]
            assert all(urn.rpartition("-")[2] == copy for urn in depended_on.urns)
