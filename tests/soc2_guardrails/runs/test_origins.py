"""From a resource back to the line of the stack file."""

from __future__ import annotations

from pathlib import Path

import pytest

from soc2_guardrails.runs.observed import Observed
from soc2_guardrails.runs.origins import Origin, Origins

_URN = "urn:pulumi:dev::shop::"
_ROOT = f"{_URN}pulumi:pulumi:Stack::shop-dev"
_FILE = """\
config:
  soc2-guardrails:settings:
    projects:
      shop:
        repository: acme/shop
        firewall:
          rateLimits: []
        secrets:
          TOKEN:
            production: env://TOKEN
      shop-admin:
        repository: acme/shop-admin
    repositories:
      acme/shop: {}
      other/twice: {}
      acme/twice: {}
    logDrains:
      logs:
        projects: [shop]
"""

_VARIABLES = "soc2:index:EnvironmentVariables"
_VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
_FIREWALL = "vercel:index/firewallConfig:FirewallConfig"
_REPOSITORY = "soc2:index:ProtectedRepository"


def declared(observed: Observed, kind: str, name: str, parent: str) -> str:
    """A resource that the engine tells of."""
    kinds = kind if parent == _ROOT else f"{parent.split('::')[2]}${kind}"
    urn = f"{_URN}{kinds}::{name}"
    state = {"parent": parent, "inputs": {}}
    observed.take({"resourcePreEvent": {"metadata": {"op": "create", "urn": urn, "type": kind, "new": state}}})
    return urn


def component(observed: Observed, kind: str, name: str) -> str:
    return declared(observed, kind, name, _ROOT)


@pytest.fixture
def observed() -> Observed:
    return Observed()


@pytest.fixture
def origins(tmp_path: Path, observed: Observed) -> Origins:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(_FILE)
    return Origins.of(tmp_path / "stacks", tmp_path, "dev", observed)


def test_a_resource_comes_from_what_its_component_was_declared_by(origins: Origins, observed: Observed) -> None:
    web = component(observed, "soc2:index:WebProject", "shop-admin")
    project = declared(observed, "vercel:index/project:Project", "shop-admin", web)
    file = "stacks/Pulumi.dev.yaml"
    assert origins.origin(project) == Origin(file, 11, "projects.shop-admin")
    assert origins.origin(web) == Origin(file, 11, "projects.shop-admin")
    drain = component(observed, "soc2:index:LogDrain", "logs")
    assert origins.origin(declared(observed, "vercel:index/logDrain:LogDrain", "logs", drain)) == Origin(
        file, 18, "logDrains.logs"
    )
    assert origins.origin(component(observed, _REPOSITORY, "shop")) == Origin(file, 14, "repositories.acme/shop")


def test_a_part_of_a_component_comes_from_its_key_where_the_file_has_it(origins: Origins, observed: Observed) -> None:
    file = "stacks/Pulumi.dev.yaml"
    shop = component(observed, "soc2:index:WebProject", "shop")
    admin = component(observed, "soc2:index:WebProject", "shop-admin")
    firewall = declared(observed, _FIREWALL, "shop-firewall", shop)
    assert origins.origin(firewall) == Origin(file, 6, "projects.shop.firewall")
    by_default = declared(observed, _FIREWALL, "shop-admin-firewall", admin)
    assert origins.origin(by_default) == Origin(file, 11, "projects.shop-admin")
    variables = component(observed, _VARIABLES, "shop")
    stated = declared(observed, _VARIABLE, "shop-TOKEN-production", variables)
    assert origins.origin(stated) == Origin(file, 10, "projects.shop.secrets.TOKEN.production")


def test_what_is_not_certain_is_not_told(origins: Origins, observed: Observed, tmp_path: Path) -> None:
    assert origins.origin(component(observed, _REPOSITORY, "twice")) is None, "two entries have that name"
    assert origins.origin(component(observed, "soc2:index:WebProject", "other")) is None
    assert origins.origin(component(observed, "vercel:index/project:Project", "shop")) is None, "no component"
    assert origins.origin(f"{_URN}{_FIREWALL}::shop-firewall") is None, "the run did not tell its parent"
    nowhere = Origins.of(tmp_path, tmp_path, "dev", observed)
    assert nowhere.origin(component(observed, "soc2:index:WebProject", "shop")) is None
