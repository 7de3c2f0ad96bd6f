"""The risky shop makes every mistake it is there to make, without a credential that a scanner would find."""

import re
from pathlib import Path

from stacks import storefront_risky
from tests.components.recorder import declared_by, of_type
from tests.stacks.expected_violations import STOREFRONT_RISKY

SOURCE = Path(storefront_risky.__file__)


def test_every_resource_of_the_table_is_declared() -> None:
    names = {resource.name for resource in declared_by(storefront_risky.declare)}
    assert frozenset().union(*STOREFRONT_RISKY.values()) <= names


def test_every_resource_but_domains_breaks_a_rule() -> None:
    """What breaks nothing would only make the lesson longer."""
    resources = declared_by(storefront_risky.declare)
    blameless = {resource.name for resource in resources} - frozenset().union(*STOREFRONT_RISKY.values())
    assert blameless == {"shop-domain", "back-office-domain"}


def test_every_route_has_a_position() -> None:
    routes = of_type(declared_by(storefront_risky.declare), "vercel:index/projectRoute:ProjectRoute")
    assert routes
    assert all("position" in route.inputs for route in routes)


def test_its_credentials_have_the_real_format_but_do_not_stand_in_the_source() -> None:
    secret_key = re.compile(r"sk_(live|test)_[A-Za-z0-9]{20,}")
    with_password = re.compile(r"postgres://[^\s{}]+:[^\s{}]+@")
    values = [
        str(variable.inputs["value"])
        for variable in of_type(
            declared_by(storefront_risky.declare),
            "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable",
        )
    ]
    assert sum(bool(secret_key.fullmatch(value)) for value in values) == 2
    assert sum(bool(with_password.match(value)) for value in values) == 1
    source = SOURCE.read_text(encoding="utf-8")
    assert not secret_key.search(source)
    assert not with_password.search(source)
