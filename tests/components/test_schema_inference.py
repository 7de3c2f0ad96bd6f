"""Pulumi infers a schema from the components, so that programs in other languages can use them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi import ComponentResource

import components

COMPONENTS = [
    components.WebProject,
    components.EnvironmentVariables,
    components.SecurityHeaders,
    components.ProtectedRepository,
    components.LogDrain,
    components.RepositorySecrets,
]


ROOT = Path(__file__).parents[2]
PROVIDER = """
import json

from pulumi.provider.experimental.component import ComponentProvider

from tests.components.recorder import declared_by, named
from tests.components.test_schema_inference import COMPONENTS

provider = ComponentProvider(COMPONENTS, "soc2", version="0.1.0")
"""


def provided(script: str) -> Any:
    """What a component provider prints as JSON, in a process of its own.

    The SDK's provider server brings a `google.rpc.Status`, and Google's clients, which other tests use, another one.
    """
    command = [sys.executable, "-c", PROVIDER + script]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    inferred: dict[str, Any] = provided("print(provider.schema)")
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
    project, firewall = provided(
        """
inputs = {
    "repository": "acme/shop",
    "productionBranch": "release",
    "protection": "all_deployments",
    "firewall": {"rateLimits": [{"name": "sign-in", "path": "/api/auth", "limit": 5, "windowSeconds": 30}]},
}
declared = declared_by(lambda: provider.construct("shop", "soc2:index:WebProject", inputs))
project = named(declared, "vercel:index/project:Project", "shop").inputs
firewall = named(declared, "vercel:index/firewallConfig:FirewallConfig", "shop-firewall").inputs
print(json.dumps([{key: project[key] for key in ("gitRepository", "vercelAuthentication")}, firewall["rules"]]))
"""
    )
    assert project["gitRepository"]["productionBranch"] == "release"
    assert project["vercelAuthentication"] == {"deploymentType": "all_deployments"}
    assert firewall["rules"][0]["action"]["rateLimit"]["window"] == 30
