"""Pulumi infers a schema from the components, so that programs in other languages can use them."""

import json
from typing import Any

import pytest
from pulumi import ComponentResource
from pulumi.provider.experimental.component import ComponentProvider

import components
from tests.components.recorder import declared_by, named

COMPONENTS = [
    components.WebProject,
    components.EnvironmentVariables,
    components.SecurityHeaders,
    components.ProtectedRepository,
    components.LogDrain,
    components.RepositorySecrets,
]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    provider = ComponentProvider(COMPONENTS, "soc2", version="0.1.0")
    inferred: dict[str, Any] = json.loads(provider.schema or "{}")
    return inferred


def test_every_component_of_the_package_is_tried() -> None:
    exported = [getattr(components, name) for name in components.__all__]
    assert {item for item in exported if issubclass(item, ComponentResource)} == set(COMPONENTS)


EXPECTED = {
    "soc2:index:WebProject": (
        {"repository"},
        {"repository", "name", "productionBranch", "teamId", "rootDirectory", "nodeVersion", "domains", "protection"}
        | {"password", "firewall", "retention"},
        {"projectId", "projectName"},
    ),
    "soc2:index:EnvironmentVariables": (
        {"projectId", "variables"},
        {"projectId", "variables", "teamId"},
        {"keys"},
    ),
    "soc2:index:SecurityHeaders": (
        {"projectId"},
        {"projectId", "teamId", "contentSecurityPolicy", "hsts", "referrerPolicy", "frameOptions", "permissions"}
        | {"crossOriginOpenerPolicy", "crossOriginResourcePolicy", "crossOriginEmbedderPolicy", "reportingEndpoints"}
        | {"extraHeaders", "cors", "noStorePaths"},
        {"headers"},
    ),
    "soc2:index:ProtectedRepository": (
        {"requiredChecks"},
        {"requiredChecks", "name", "description", "productionBranch", "approvals", "topics"},
        {"repositoryName", "nodeId"},
    ),
    "soc2:index:LogDrain": (
        {"endpoint", "projectIds", "signingSecret"},
        {"endpoint", "projectIds", "signingSecret", "headers", "name", "teamId"},
        {"drainId"},
    ),
    "soc2:index:RepositorySecrets": (
        {"repository"},
        {"repository", "actions", "dependabot"},
        {"names"},
    ),
}


def test_tokens_and_arguments(schema: dict[str, Any]) -> None:
    found = {
        token: (set(item["requiredInputs"]), set(item["inputProperties"]), set(item["properties"]))
        for token, item in schema["resources"].items()
    }
    assert found == EXPECTED
    assert all(item["isComponent"] and item["description"] for item in schema["resources"].values())


def test_choices_are_enumerations(schema: dict[str, Any]) -> None:
    protection = schema["types"]["soc2:index:DeploymentProtection"]
    assert [item["value"] for item in protection["enum"]] == [
        "standard_protection_new",
        "standard_protection",
        "all_deployments",
    ]


def test_secrets_and_ids_may_be_outputs(schema: dict[str, Any]) -> None:
    """A plain argument could not take what another resource puts out."""
    properties = {token: item["inputProperties"] for token, item in schema["resources"].items()}
    assert "plain" not in properties["soc2:index:WebProject"]["password"]
    assert "plain" not in properties["soc2:index:LogDrain"]["signingSecret"]
    assert "plain" not in properties["soc2:index:LogDrain"]["headers"]["additionalProperties"]
    assert "plain" not in properties["soc2:index:LogDrain"]["projectIds"]["items"]
    secrets = properties["soc2:index:RepositorySecrets"]
    assert all("plain" not in secrets[kind]["additionalProperties"] for kind in ("actions", "dependabot"))
    variable = schema["types"]["soc2:index:EnvironmentVariableArgs"]["properties"]
    assert all("plain" not in variable[target] for target in ("production", "preview", "development"))


def test_a_component_is_made_from_what_another_language_sends() -> None:
    provider = ComponentProvider(COMPONENTS, "soc2", version="0.1.0")
    inputs = {
        "repository": "acme/shop",
        "productionBranch": "release",
        "protection": "all_deployments",
        "firewall": {"rateLimits": [{"name": "sign-in", "path": "/api/auth", "limit": 5, "windowSeconds": 30}]},
    }
    declared = declared_by(lambda: provider.construct("shop", "soc2:index:WebProject", inputs))
    project = named(declared, "vercel:index/project:Project", "shop").inputs
    assert project["gitRepository"]["productionBranch"] == "release"
    assert project["vercelAuthentication"] == {"deploymentType": "all_deployments"}
    firewall = named(declared, "vercel:index/firewallConfig:FirewallConfig", "shop-firewall").inputs
    assert firewall["rules"]["rules"][0]["action"]["rateLimit"]["window"] == 30
