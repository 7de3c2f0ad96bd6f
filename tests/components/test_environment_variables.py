"""Variables are sensitive, split at the boundary, and never reach browsers or laptops as secrets."""

import pytest

from components import EnvironmentVariableArgs, EnvironmentVariables
from tests.components.recorder import Declared, declared_by, named, of_type

VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"


def declare(*variables: EnvironmentVariableArgs) -> list[Declared]:
    return declared_by(lambda: EnvironmentVariables("shop", {"project_id": "prj_1", "variables": list(variables)}))


def test_a_secret_has_a_resource_for_each_side_of_the_boundary() -> None:
    declared = declare({"key": "KEY", "production": "p", "preview": "v"})
    production = named(declared, VARIABLE, "shop-KEY-production")
    preview = named(declared, VARIABLE, "shop-KEY-preview")
    assert len(of_type(declared, VARIABLE)) == 2
    shared = {"projectId": "prj_1", "key": "KEY", "sensitive": True}
    assert production.inputs == {**shared, "value": "p", "targets": ["production"]}
    assert preview.inputs == {**shared, "value": "v", "targets": ["preview"]}
    assert production.secret == preview.secret == {"value"}


def test_a_version_makes_the_value_write_only() -> None:
    (variable,) = of_type(declare({"key": "KEY", "production": "p", "version": 3}), VARIABLE)
    assert variable.inputs["valueWo"] == "p"
    assert variable.inputs["valueWoVersion"] == 3
    assert "value" not in variable.inputs
    assert variable.secret == {"valueWo"}


def test_each_environment_says_where_its_value_comes_from() -> None:
    declared = declare(
        {
            "key": "KEY",
            "production": "p",
            "production_source": {"comment": "secret-ref=vault://kv/live#key version=7", "version": 7_000},
            "preview": "v",
            "preview_source": {"comment": "secret-ref=env://KEY version=none"},
            "comment": "for both",
        }
    )
    production = named(declared, VARIABLE, "shop-KEY-production").inputs
    preview = named(declared, VARIABLE, "shop-KEY-preview").inputs
    assert (production["valueWo"], production["valueWoVersion"]) == ("p", 7_000)
    assert "value" not in production
    assert production["comment"] == "secret-ref=vault://kv/live#key version=7"
    assert preview["value"] == "v", "without a version only the value tells that it is another one"
    assert not {"valueWo", "valueWoVersion"} & preview.keys()
    assert preview["comment"] == "secret-ref=env://KEY version=none"


def test_a_version_by_hand_stands_in_for_the_one_that_a_source_does_not_have() -> None:
    source = {"comment": "secret-ref=env://KEY version=none"}
    declared = declare(
        {
            "key": "KEY",
            "production": "p",
            "production_source": {"comment": "secret-ref=vault://kv/live#key version=7", "version": 7_000},
            "preview": "v",
            "preview_source": {"comment": source["comment"]},
            "version": 3,
        }
    )
    assert named(declared, VARIABLE, "shop-KEY-production").inputs["valueWoVersion"] == 7_000
    assert named(declared, VARIABLE, "shop-KEY-preview").inputs["valueWoVersion"] == 3


def test_what_anybody_may_know_is_not_sensitive() -> None:
    declared = declare({"key": "NEXT_PUBLIC_URL", "secret": False, "production": "u", "development": "d"})
    assert [item.inputs["sensitive"] for item in of_type(declared, VARIABLE)] == [False, False]
    assert named(declared, VARIABLE, "shop-NEXT_PUBLIC_URL-development").inputs["targets"] == ["development"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            [{"key": "NEXT_PUBLIC_KEY", "production": "canary"}],
            "shop: NEXT_PUBLIC_KEY is a secret, but Next.js puts every NEXT_PUBLIC_ variable into the browser bundle;"
            " rename it and read it on the server, or set secret to False if anybody may know it",
        ),
        (
            [{"key": "KEY", "development": "canary"}],
            "shop: KEY is a secret and has a value for development; leave it out, a developer uses own credentials",
        ),
        ([{"key": "KEY"}], "shop: KEY has no value; give one for production, preview or development"),
        (
            [{"key": "KEY", "production": "canary"}, {"key": "KEY", "preview": "canary"}],
            "shop: KEY is given twice; give one variable its value for each environment",
        ),
    ],
)
def test_unsafe_variables_are_refused(variables: list[EnvironmentVariableArgs], message: str) -> None:
    with pytest.raises(ValueError, match="shop: ") as caught:
        declare(*variables)
    assert str(caught.value) == message
