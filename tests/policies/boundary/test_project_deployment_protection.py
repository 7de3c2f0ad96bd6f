from __future__ import annotations

import pytest

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import PROJECT

from ..pack_process import PackProcess

RULE = "project-deployment-protection"
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"


def project(**properties: Raw) -> Resource:
    return resource(PROJECT, "shop", {"name": "shop", **properties})


def authentication(type_: Raw) -> dict[str, Raw]:
    return {"vercelAuthentication": {"deploymentType": type_}}


PASSWORD = Secret(CANARY)


def password(type_: Raw, given: Raw = PASSWORD) -> dict[str, Raw]:
    return {"passwordProtection": {"deploymentType": type_, "password": given}}


def trusted_ips(type_: Raw, *addresses: Raw, **mode: Raw) -> dict[str, Raw]:
    listed: list[Raw] = [{"value": address} for address in addresses]
    return {"trustedIps": {"deploymentType": type_, "addresses": listed, **mode}}


def passport(**given: Raw) -> dict[str, Raw]:
    return {"passport": {"connectorId": "scl_1", **given}}


OFFICE = Secret("203.0.113.0/24")


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "fail"),
        (authentication("standard_protection_new"), "pass"),
        (authentication("standard_protection"), "pass"),
        (authentication("all_deployments"), "pass"),
        (authentication("only_preview_deployments"), "fail"),
        (authentication("none"), "fail"),
        (authentication("something_new"), "fail"),
        (authentication(None), "fail"),
        (authentication(True), "fail"),
        (authentication(UNKNOWN), "unknown"),
        ({"vercelAuthentication": UNKNOWN}, "unknown"),
        ({"vercelAuthentication": "all_deployments"}, "fail"),
        (password("standard_protection_new"), "pass"),
        (password("only_preview_deployments"), "fail"),
        (password("all_deployments", Secret("")), "fail"),
        (password("all_deployments", None), "fail"),
        (password("all_deployments", 7.0), "fail"),
        (password("all_deployments", Secret(UNKNOWN)), "unknown"),
        ({"passwordProtection": Secret({"deploymentType": "all_deployments", "password": CANARY})}, "pass"),
        ({**authentication("none"), **password("all_deployments")}, "pass"),
        ({**authentication("none"), "passwordProtection": UNKNOWN}, "unknown"),
        ({**authentication("all_deployments"), "passwordProtection": UNKNOWN}, "pass"),
        ({**authentication("all_deployments"), "passwordProtection": CANARY}, "fail"),
        (trusted_ips("standard_protection_new", OFFICE), "pass"),
        (trusted_ips("standard_protection_new", OFFICE, protectionMode="trusted_ip_required"), "pass"),
        (trusted_ips("standard_protection_new", OFFICE, protectionMode="trusted_ip_optional"), "fail"),
        (trusted_ips("standard_protection_new"), "fail"),
        (trusted_ips("standard_protection_new", OFFICE, "0.0.0.0/0"), "fail"),
        (trusted_ips("standard_protection_new", "0.0.0.0/1", "128.0.0.0/1", "2001:db8::/32"), "fail"),
        (trusted_ips("standard_protection_new", Secret(UNKNOWN)), "unknown"),
        (trusted_ips("standard_protection_new", CANARY), "fail"),
        (trusted_ips("only_production_deployments", OFFICE), "fail"),
        ({**authentication("only_preview_deployments"), **trusted_ips("only_production_deployments", OFFICE)}, "pass"),
        (passport(), "pass"),
        (passport(deploymentType="all_except_custom_domains"), "pass"),
        (passport(deploymentType="preview"), "fail"),
        (passport(enabled=False), "fail"),
        (passport(enabled=UNKNOWN), "unknown"),
        (passport(connectorId=None), "fail"),
        (passport(connectorId=""), "fail"),
        (passport(connectorId=UNKNOWN), "unknown"),
        (passport(connectorId=UNKNOWN, enabled=False), "fail"),
        ({**authentication("none"), **passport(enabled=True)}, "pass"),
    ],
)
def test_methods_alone_and_together(preview: PackProcess, given: dict[str, Raw], verdict: str) -> None:
    answer = preview.judge(project(**given)).of(RULE)
    assert answer.verdict == verdict
    assert CANARY not in answer.text
    assert "203.0.113" not in answer.text


def test_message_where_nothing_is_set(preview: PackProcess) -> None:
    [message] = preview.judge(project()).of(RULE).messages
    assert message == (
        "vercelAuthentication is not set, so it is left to the team's default whether strangers can open preview "
        "deployments and generated production URLs\n"
        "mend: set vercelAuthentication.deploymentType to standard_protection_new"
    )


def test_message_names_what_stays_open(preview: PackProcess) -> None:
    [message] = preview.judge(project(**authentication("only_preview_deployments"))).of(RULE).messages
    assert message == (
        "vercelAuthentication.deploymentType lets strangers open generated production URLs\n"
        "mend: set it to standard_protection_new"
    )


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(project(**authentication(UNKNOWN))).of(RULE).verdict == "fail"
