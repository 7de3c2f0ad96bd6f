"""Settings become components: nothing that can be set is lost on the way, and nothing is invented."""

import inspect
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import components
from soc2_guardrails.secrets import Fetched, Reference
from soc2_guardrails.secrets.values import SecretValues
from soc2_guardrails.settings import Settings, load_secrets, load_stack_file, models, required_environment
from stacks.composition import Composition
from tests.components.recorder import Declared, declared_by, named, of_type

STACKS = Path(__file__).resolve().parents[2] / "stacks"
PROJECT = "vercel:index/project:Project"
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
DRAIN = "vercel:index/logDrain:LogDrain"
DOMAIN = "vercel:index/projectDomain:ProjectDomain"


def values(stack: str) -> dict[str, str]:
    return {name: f"canary-{name.lower()}-{'x' * 32}"[:72] for name in required_environment(STACKS, stack)}


def declared(stack: str) -> list[Declared]:
    environment = values(stack)
    settings = load_stack_file(STACKS, stack, environment)
    assert settings is not None
    secrets = SecretValues(load_secrets(settings, file=stack, environment=environment))
    return declared_by(Composition(settings, secrets).declare)


@pytest.mark.parametrize(
    ("model", "arguments", "apart"),
    [
        (models.ContentSecurityPolicy, components.ContentSecurityPolicyArgs, set()),
        (models.Hsts, components.HstsArgs, set()),
        (models.Cors, components.CorsArgs, set()),
        (models.RateLimit, components.RateLimitArgs, set()),
        (models.Retention, components.RetentionArgs, set()),
        (models.Firewall, components.FirewallArgs, set()),
        (
            models.PlainVariable,
            components.EnvironmentVariableArgs,
            {"key", "secret", "version", "production_source", "preview_source"},
        ),
        (models.Repository, components.ProtectedRepositoryArgs, {"name"}),
        (models.Headers, components.SecurityHeadersArgs, {"project_id", "team_id"}),
    ],
)
def test_settings_have_the_names_of_the_arguments(
    model: type[models.Settings], arguments: type, apart: set[str]
) -> None:
    """The composition hands dumps of these models over as arguments, which no type checker compares."""
    secrets = {"actions_secrets", "dependabot_secrets"}  # which are arguments of a component of their own
    assert set(model.model_fields) - secrets == set(inspect.get_annotations(arguments)) - apart


def test_storefront_is_declared_as_its_settings_say() -> None:
    resources = declared("storefront")
    project = named(resources, PROJECT, "storefront").inputs
    assert project["gitRepository"]["repo"] == "northwind-goods/storefront"
    assert project["nodeVersion"] == "22.x"
    assert {item.inputs["domain"] for item in of_type(resources, DOMAIN)} == {
        "shop.northwind-goods.example",
        "www.shop.northwind-goods.example",
    }
    (drain,) = of_type(resources, DRAIN)
    assert drain.inputs["projectIds"] == ["storefront-id"]
    secret = {item.name for item in of_type(resources, VARIABLE) if item.inputs["sensitive"]}
    assert secret == {
        "storefront-STRIPE_SECRET_KEY-production",
        "storefront-STRIPE_SECRET_KEY-preview",
        "storefront-STRIPE_WEBHOOK_SECRET-production",
        "storefront-AUTH_SECRET-production",
        "storefront-AUTH_SECRET-preview",
        "storefront-DATABASE_URL-production",
        "storefront-DATABASE_URL-preview",
    }


def test_clinic_is_declared_as_its_settings_say() -> None:
    resources = declared("clinic")
    portal, staff = named(resources, PROJECT, "portal").inputs, named(resources, PROJECT, "staff").inputs
    assert portal["name"] == "harbour-portal"
    assert portal["vercelAuthentication"] == {"deploymentType": "standard_protection_new"}
    assert staff["vercelAuthentication"] == {"deploymentType": "all_deployments"}
    assert [drain.inputs["projectIds"] for drain in of_type(resources, DRAIN)] == [["portal-id", "staff-id"]] * 2


@pytest.mark.parametrize("stack", ["storefront", "clinic"])
def test_every_secret_is_marked_wherever_it_is_declared(stack: str) -> None:
    canaries = set(values(stack).values())
    found: set[str] = set()
    for resource in declared(stack):
        for path, text in _texts(resource.inputs, ""):
            for canary in canaries:
                if canary in text:
                    found.add(canary)
                    assert any(path.startswith(marked) for marked in resource.secret), f"{resource.name}: {path}"
    assert found == canaries


def test_a_version_makes_a_value_write_only_and_the_comment_says_where_it_comes_from() -> None:
    settings = Settings.model_validate_json(
        """{"projects": {"web": {"repository": "acme/shop", "secrets": {
            "KEY": {"production": "vault://kv/live#KEY", "preview": "env://PREVIEW_KEY", "comment": "Charges cards"},
            "OLD": {"production": "vault://old/live#OLD"},
            "CI": {"production": "env://CI", "version": 3}
        }}}}"""
    )
    fetched = {
        Reference.parse("vault://kv/live#KEY"): Fetched("k", "7", datetime(2026, 10, 1, 23, tzinfo=UTC)),
        Reference.parse("env://PREVIEW_KEY"): Fetched("p", None, None),
        Reference.parse("vault://old/live#OLD"): Fetched("o", None, None),
        Reference.parse("env://CI"): Fetched("c", None, None),
    }
    secrets = SecretValues(fetched)
    resources = declared_by(Composition(settings, secrets).declare)
    production = named(resources, VARIABLE, "web-KEY-production")
    assert production.inputs["valueWo"] == "k"
    assert production.inputs["valueWoVersion"] == secrets.version(Reference.parse("vault://kv/live#KEY"))
    assert production.secret == {"valueWo"}
    assert production.inputs["comment"] == "Charges cards | secret-ref=vault://kv/live#KEY version=7 rotated=2026-10-01"
    preview = named(resources, VARIABLE, "web-KEY-preview").inputs
    assert (preview["value"], "valueWo" in preview) == ("p", False)
    assert preview["comment"] == "Charges cards | secret-ref=env://PREVIEW_KEY version=none rotated=unknown"
    old = named(resources, VARIABLE, "web-OLD-production").inputs
    assert (old["value"], old["comment"]) == ("o", "secret-ref=vault://old/live#OLD version=none rotated=unknown")
    by_hand = named(resources, VARIABLE, "web-CI-production").inputs
    assert (by_hand["valueWo"], by_hand["valueWoVersion"]) == ("c", 3)


def test_a_rotation_changes_the_variables_that_use_it_and_no_other() -> None:
    settings = Settings.model_validate_json(
        """{"projects": {"web": {"repository": "acme/shop", "secrets": {
            "A": {"production": "vault://kv/live#A"}, "B": {"production": "vault://kv/other#B"}
        }}}}"""
    )
    a, b = Reference.parse("vault://kv/live#A"), Reference.parse("vault://kv/other#B")
    made = datetime(2026, 10, 1, tzinfo=UTC)

    def inputs(version: str, when: datetime) -> dict[str, object]:
        values = SecretValues({a: Fetched("a", version, when), b: Fetched("b", "1", made)})
        return {
            item.name: item.inputs for item in of_type(declared_by(Composition(settings, values).declare), VARIABLE)
        }

    before = inputs("1", made)
    assert inputs("1", made) == before
    for after in (inputs("2", made), inputs("1", made + timedelta(hours=1))):
        assert {name for name in before if before[name] != after[name]} == {"web-A-production"}


def test_secrets_of_a_repository_are_declared_where_they_are_read() -> None:
    settings = Settings.model_validate_json(
        """{"projects": {"web": {"repository": "acme/shop"}}, "repositories": {"acme/shop": {
            "requiredChecks": ["build"],
            "actionsSecrets": {"VERCEL_TOKEN": {"reference": "env://CI_VERCEL_TOKEN"}},
            "dependabotSecrets": {"NPM_TOKEN": {"reference": "env://CI_NPM_TOKEN"}}
        }}}"""
    )
    environment = {"CI_VERCEL_TOKEN": "canary-vercel", "CI_NPM_TOKEN": "canary-npm"}
    secrets = SecretValues(load_secrets(settings, file="x", environment=environment))
    resources = declared_by(Composition(settings, secrets).declare)
    actions = named(resources, "github:index/actionsSecret:ActionsSecret", "shop-actions-VERCEL_TOKEN")
    dependabot = named(resources, "github:index/dependabotSecret:DependabotSecret", "shop-dependabot-NPM_TOKEN")
    assert (actions.inputs["repository"], actions.inputs["value"]) == ("shop", "canary-vercel")
    assert dependabot.inputs["value"] == "canary-npm"
    assert actions.secret == dependabot.secret == {"value"}


def test_a_team_and_an_import_reach_the_resources() -> None:
    settings = Settings.model_validate_json(
        """{"projects": {"web": {
            "repository": "acme/shop", "team": "team_1", "rootDirectory": "apps/web", "firewall": {"importId": "prj_1"},
            "variables": {"NEXT_PUBLIC_A": {"preview": "a", "comment": "why"}}
        }}}"""
    )
    resources = declared_by(Composition(settings, SecretValues({})).declare)
    on_vercel = [resource for resource in resources if resource.type.startswith("vercel:")]
    assert {resource.inputs["teamId"] for resource in on_vercel} == {"team_1"}
    assert named(resources, PROJECT, "web").inputs["rootDirectory"] == "apps/web"
    (variable,) = of_type(resources, VARIABLE)
    assert variable.inputs["comment"] == "why"
    (firewall,) = of_type(resources, "vercel:index/firewallConfig:FirewallConfig")
    assert firewall.import_id == "prj_1"


def _texts(value: object, path: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _texts(item, f"{path}.{key}".lstrip("."))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _texts(item, f"{path}[{index}]")]
    return [(path, value)] if isinstance(value, str) else []
