"""What workflows of every branch can read is not production's."""

import pytest

from soc2_guardrails.settings import SettingsError, load

SHOP = {"repository": "acme/shop", "secrets": {"KEY": {"production": "vault://kv/live?version=3#KEY"}}}


def settings(kind: str, **secret: str) -> dict[str, object]:
    return {
        "projects": {"web": SHOP},
        "repositories": {"acme/shop": {"requiredChecks": ["build"], kind: {"KEY": secret}}},
    }


def told(content: dict[str, object]) -> str:
    try:
        load(content, file="stacks/Pulumi.dev.yaml", github_owner=None)
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("kind", ["actionsSecrets", "dependabotSecrets"])
def test_a_secret_of_production_is_refused_without_a_reason(kind: str) -> None:
    where = f"repositories.acme/shop.{kind}.KEY"
    refused = told(settings(kind, reference="vault://kv/live#KEY"))
    assert f"{where}.reference: projects.web.secrets.KEY.production has the same secret" in refused
    assert told(settings(kind, reference="vault://kv/live#KEY", sharedReason="the nightly migration")) == ""
    assert told(settings(kind, reference="vault://kv/ci#KEY")) == ""
    idle = told(settings(kind, reference="vault://kv/ci#KEY", sharedReason="why not"))
    assert f"{where}.sharedReason: nothing is shared; take it out" in idle


@pytest.mark.parametrize("name", ["token", "GITHUB_TOKEN", "1KEY"])
def test_a_name_that_github_refuses_is_refused(name: str) -> None:
    content = settings("actionsSecrets", reference="env://CI_KEY")
    content["repositories"] = {
        "acme/shop": {"requiredChecks": ["build"], "actionsSecrets": {name: {"reference": "env://CI_KEY"}}}
    }
    assert "capital letters, digits and '_'" in told(content)


def test_a_literal_is_refused_and_not_repeated() -> None:
    refused = told(settings("actionsSecrets", reference="canary-3f9c"))
    assert "actionsSecrets.KEY.reference" in refused
    assert "canary-3f9c" not in refused
