"""Declares what `declarations.json` beside it lists, with the classes of both SDKs; run by `test_canary.py`."""

import inspect
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_github
import pulumiverse_vercel

# Another value in each turn, so that an update has an old one and a new.
TURN = os.environ["CANARY_TURN"]


def resource_classes() -> Iterator[tuple[str, Any]]:
    for sdk in (pulumiverse_vercel, pulumi_github):
        for value in vars(sdk).values():
            if inspect.isclass(value) and issubclass(value, pulumi.CustomResource):
                yield getattr(value, "pulumi_type", ""), value


def argument_names(resource: Any) -> dict[str, str]:
    """The Python name of each camelCase property."""
    parameters = inspect.signature(resource._internal_init).parameters
    return {re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name): name for name in parameters}


def value_of(given: Any, made: dict[str, Any]) -> Any:
    if isinstance(given, dict):
        return made[given["$idOf"]].id if "$idOf" in given else {key: value_of(given[key], made) for key in given}
    if isinstance(given, list):
        return [value_of(part, made) for part in given]
    return f"{given}-{TURN}" if isinstance(given, str) and given.startswith("c4nary") else given


classes = dict(resource_classes())
declared_so_far: dict[str, Any] = {}
for declared in json.loads((Path(__file__).parent / "declarations.json").read_text()):
    resource = classes[declared["token"]]
    names = argument_names(resource)
    arguments = {names[name]: value_of(given, declared_so_far) for name, given in declared["inputs"].items()}
    declared_so_far[declared["name"]] = resource(declared["name"], **arguments)

# The providers' own credentials, and a value that only the program knows to be secret.
vercel = pulumiverse_vercel.Provider("vercel", api_token=f"c4nary-provider-apiToken-{TURN}")
github = pulumi_github.Provider(
    "github",
    owner="acme",
    token=f"c4nary-provider-token-{TURN}",
    app_auth={"id": "1", "installation_id": "1", "pem_file": f"c4nary-provider-pemFile-{TURN}"},
)
hidden = pulumi.Output.secret(f"c4nary-program-{TURN}")
pulumiverse_vercel.Project("own", name="own", build_command=hidden, opts=pulumi.ResourceOptions(provider=vercel))
pulumi_github.Repository("own", name="own", description=hidden, opts=pulumi.ResourceOptions(provider=github))
pulumi.export("hidden", hidden)
