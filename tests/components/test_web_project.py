"""A web project is protected by its defaults."""

import pulumi
import pytest

from components import DeploymentProtection, WebProject, WebProjectArgs
from tests.components.recorder import declared_by, named, of_type

PROJECT = "vercel:index/project:Project"
FIREWALL = "vercel:index/firewallConfig:FirewallConfig"
DOMAIN = "vercel:index/projectDomain:ProjectDomain"
RETENTION = "vercel:index/projectDeploymentRetention:ProjectDeploymentRetention"


def test_the_defaults_protect() -> None:
    declared = declared_by(lambda: WebProject("shop", {"repository": "acme/shop"}))
    project = named(declared, PROJECT, "shop").inputs
    assert project["name"] == "shop"
    assert project["framework"] == "nextjs"
    assert project["gitRepository"] == {"type": "github", "repo": "acme/shop", "productionBranch": "main"}
    assert project["vercelAuthentication"] == {"deploymentType": "standard_protection_new"}
    assert project["gitForkProtection"] is True
    assert project["protectedSourcemaps"] is True
    assert project["directoryListing"] is False
    assert "passwordProtection" not in project
    firewall = named(declared, FIREWALL, "shop-firewall").inputs
    assert firewall["enabled"] is True
    assert firewall["projectId"] == "shop-id"
    rulesets = firewall["managedRulesets"]
    assert set(rulesets["owasp"]) == {"sqli", "xss", "rce", "lfi", "rfi", "sd", "ma", "gen"}
    assert all(ruleset == {"action": "deny", "active": True} for ruleset in rulesets["owasp"].values())
    assert rulesets["botProtection"] == {"action": "challenge", "active": True}
    assert "rules" not in firewall
    assert named(declared, RETENTION, "shop-retention").inputs == {
        "projectId": "shop-id",
        "expirationProduction": "1y",
        "expirationPreview": "3m",
        "expirationCanceled": "1m",
        "expirationErrored": "3m",
    }


def test_a_password_is_secret_where_it_is_nested() -> None:
    declared = declared_by(
        lambda: WebProject(
            "staff",
            {"repository": "acme/staff", "protection": DeploymentProtection.ALL_DEPLOYMENTS, "password": "open-sesame"},
        )
    )
    project = named(declared, PROJECT, "staff")
    assert project.inputs["passwordProtection"] == {"deploymentType": "all_deployments", "password": "open-sesame"}
    # Pulumi marks the whole block, since a part of it is secret.
    assert any(path.startswith("passwordProtection") for path in project.secret)
    assert project.secret_outputs == {"passwordProtection"}


def test_domains_are_served_or_redirected() -> None:
    args: WebProjectArgs = {
        "repository": "acme/shop",
        "domains": [{"domain": "www.acme.example", "redirect": "acme.example"}, {"domain": "acme.example"}],
    }
    declared = declared_by(lambda: WebProject("shop", args))
    assert named(declared, DOMAIN, "shop-acme.example").inputs == {"projectId": "shop-id", "domain": "acme.example"}
    assert named(declared, DOMAIN, "shop-www.acme.example").inputs == {
        "projectId": "shop-id",
        "domain": "www.acme.example",
        "redirect": "acme.example",
        "redirectStatusCode": 308,
    }


def test_rate_limits_become_rules_by_address() -> None:
    args: WebProjectArgs = {
        "repository": "acme/shop",
        "firewall": {"rate_limits": [{"name": "checkout", "path": "/api/checkout", "limit": 30}]},
    }
    (firewall,) = of_type(declared_by(lambda: WebProject("shop", args)), FIREWALL)
    (rule,) = firewall.inputs["rules"]["rules"]
    assert rule["conditionGroups"] == [{"conditions": [{"type": "path", "op": "pre", "value": "/api/checkout"}]}]
    assert rule["action"] == {
        "action": "rate_limit",
        "rateLimit": {"action": "deny", "algo": "fixed_window", "keys": ["ip"], "limit": 30, "window": 60},
    }


def test_an_existing_firewall_can_be_imported() -> None:
    args: WebProjectArgs = {"repository": "acme/shop", "firewall": {"import_id": "prj_1"}}
    (firewall,) = of_type(declared_by(lambda: WebProject("shop", args)), FIREWALL)
    assert firewall.import_id == "prj_1"


def test_the_team_is_told_to_every_resource() -> None:
    args: WebProjectArgs = {
        "repository": "acme/shop",
        "team_id": pulumi.Output.from_input("team_1"),
        "domains": [{"domain": "acme.example"}],
    }
    declared = declared_by(lambda: WebProject("shop", args))
    on_vercel = [resource for resource in declared if resource.type.startswith("vercel:")]
    assert len(on_vercel) == 4
    assert {resource.inputs["teamId"] for resource in on_vercel} == {"team_1"}


@pytest.mark.parametrize("repository", ["shop", "acme/", "/shop", "https://github.com/acme/shop"])
def test_a_repository_without_an_owner_is_refused(repository: str) -> None:
    with pytest.raises(ValueError, match="owner/name"):
        declared_by(lambda: WebProject("shop", {"repository": repository}))
