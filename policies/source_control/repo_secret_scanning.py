"""GitHub looks for credentials in the repository, and refuses pushes that hold one."""

from __future__ import annotations

from typing import Final

from ..judge.plans import Needs, Vendor
from ..judge.remedy import setting
from ..judge.resources import Resource, resource
from ..judge.rule import Example, Finding, Findings, NotApplicable, ResourceRule, Severity, Violation, each
from ..judge.values import Raw, Undetermined
from ..subjects.tokens import REPOSITORY

_SETTINGS: Final = {
    "secretScanning": "so that credentials in the history stay unnoticed",
    "secretScanningPushProtection": "so that a credential is published before anybody is warned",
}


def _check(repository: Resource) -> Findings:
    if _is_archived(repository):
        yield NotApplicable("the repository is archived; nothing can be pushed to it")
        return

    def check(setting: str) -> list[Finding]:
        status = repository["securityAndAnalysis"][setting]["status"]
        if status.text(default="") == "enabled":
            return []
        what = "is not set" if status.absent else "is not `enabled`"
        return [Violation(status.path, f"{what}, {_SETTINGS[setting]}", mend=f"set {setting}.status to enabled")]

    yield from each(_SETTINGS, check)


def _is_archived(repository: Resource) -> bool:
    try:
        return repository["archived"].flag(default=False)
    except Undetermined:
        return False  # judged like one that is in use


def _remediate(repository: Resource) -> dict[str, Raw]:
    return setting(repository, {f"securityAndAnalysis.{each}.status": "enabled" for each in _SETTINGS})


def _is_private(repository: Resource) -> bool:
    visibility = repository["visibility"]
    return visibility.text() != "public" if visibility.present else repository["private"].flag(default=False)


def _repository(**settings: str) -> Resource:
    analysis: Raw = {setting: {"status": status} for setting, status in settings.items()}
    return resource(REPOSITORY, "shop", {"name": "shop", "visibility": "private", "securityAndAnalysis": analysis})


RULE = ResourceRule(
    id="repo-secret-scanning",
    title="Repositories have secret scanning and push protection",
    criterion="CC6.8",
    also=("CC6.6",),
    frameworks=("CIS GitHub 1.5.1", "NIST IA-5(7)", "NIST RA-5", "NIST SSDF PS.1", "PCI 8.6.2"),
    severity=Severity.HIGH,
    rationale=(
        "A credential that was committed stays in the history for everybody who can read the repository, now and "
        "later. Scanning finds it, and push protection stops it while it can still be taken back."
    ),
    remediation=(
        "Set `securityAndAnalysis.secretScanning.status` and `secretScanningPushProtection.status` to `enabled`."
    ),
    source="GitHub documentation, secret scanning",
    needs=Needs(Vendor.GITHUB, "team", "secret scanning of private repositories (Secret Protection)", of=_is_private),
    types=(REPOSITORY,),
    check=_check,
    remediate=_remediate,
    failing=Example("scanning without push protection", _repository(secretScanning="enabled")),
    passing=Example(
        "scanning and push protection",
        _repository(secretScanning="enabled", secretScanningPushProtection="enabled"),
    ),
)
