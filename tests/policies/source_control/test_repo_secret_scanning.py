from __future__ import annotations

import pytest

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import REPOSITORY

from ..pack_process import PackProcess

RULE = "repo-secret-scanning"
CANARY = "canary-" + "h4Kq8Zt2Wm7Xc5Vb9Ln3Rf6D"
ON: dict[str, Raw] = {"status": "enabled"}


def repository(**properties: Raw) -> Resource:
    return resource(REPOSITORY, "shop", {"name": "shop", **properties})


def scanning(scanning: Raw, protection: Raw) -> Resource:
    return repository(securityAndAnalysis={"secretScanning": scanning, "secretScanningPushProtection": protection})


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (scanning(ON, ON), "pass"),
        (scanning({"status": "disabled"}, ON), "fail"),
        (scanning(ON, {"status": "disabled"}), "fail"),
        (scanning(ON, None), "fail"),
        (scanning(ON, {"status": "Enabled"}), "fail"),
        (scanning(ON, {"status": True}), "fail"),
        (scanning(ON, "enabled"), "fail"),
        (scanning(ON, {"status": UNKNOWN}), "unknown"),
        (scanning({"status": UNKNOWN}, {"status": "disabled"}), "fail"),
        (scanning({"status": Secret("enabled")}, ON), "pass"),
        (repository(), "fail"),
        (repository(securityAndAnalysis=UNKNOWN), "unknown"),
        (repository(securityAndAnalysis=[]), "fail"),
        (repository(archived=True), "not applicable"),
        (repository(archived=UNKNOWN), "fail"),
    ],
)
def test_repository(preview: PackProcess, given: Resource, verdict: str) -> None:
    assert preview.judge(given).of(RULE).verdict == verdict


def test_message(preview: PackProcess) -> None:
    assert preview.judge(repository()).of(RULE).messages == [
        "securityAndAnalysis.secretScanning.status is not set, so that credentials in the history stay unnoticed\n"
        "mend: set secretScanning.status to enabled",
        "securityAndAnalysis.secretScanningPushProtection.status is not set, so that a credential is published before "
        "anybody is warned\nmend: set secretScanningPushProtection.status to enabled",
    ]


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(repository(securityAndAnalysis=UNKNOWN)).of(RULE).verdict == "fail"


def test_secret_is_never_shown(preview: PackProcess) -> None:
    answer = preview.judge(scanning({"status": Secret(CANARY)}, ON)).of(RULE)
    assert answer.verdict == "fail"
    assert CANARY not in answer.text
