"""Secrets for workflows and for Dependabot are apart, and marked as secret."""

import pytest

from components import RepositorySecrets, RepositorySecretsArgs
from tests.components.recorder import Declared, declared_by, named, of_type

ACTIONS = "github:index/actionsSecret:ActionsSecret"
DEPENDABOT = "github:index/dependabotSecret:DependabotSecret"


def declare(args: RepositorySecretsArgs) -> list[Declared]:
    return declared_by(lambda: RepositorySecrets("shop", args))


def test_each_secret_is_declared_where_it_is_read() -> None:
    declared = declare({"repository": "shop", "actions": {"TOKEN": "a"}, "dependabot": {"TOKEN": "d", "NPM": "n"}})
    workflow = named(declared, ACTIONS, "shop-actions-TOKEN")
    assert workflow.inputs == {"repository": "shop", "secretName": "TOKEN", "value": "a"}
    assert workflow.secret == {"value"}
    assert [item.inputs["secretName"] for item in of_type(declared, ACTIONS)] == ["TOKEN"]
    assert {item.inputs["secretName"]: item.inputs["value"] for item in of_type(declared, DEPENDABOT)} == {
        "TOKEN": "d",
        "NPM": "n",
    }
    assert all(item.secret == {"value"} for item in of_type(declared, DEPENDABOT))


@pytest.mark.parametrize("secret", ["token", "1TOKEN", "GITHUB_TOKEN", "A-B", "", "Ä"])
@pytest.mark.parametrize("where", ["actions", "dependabot"])
def test_names_that_github_refuses_are_refused(secret: str, where: str) -> None:
    args: RepositorySecretsArgs = {"repository": "shop"}
    if where == "actions":
        args["actions"] = {secret: "canary"}
    else:
        args["dependabot"] = {secret: "canary"}
    with pytest.raises(ValueError, match="is no name of a secret") as caught:
        declare(args)
    assert "canary" not in str(caught.value)
