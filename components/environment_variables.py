"""Environment variables of a Vercel project, one resource for each variable and each environment.

Production and the environments before it never share a resource, so that a value of production cannot reach a
preview deployment by a list of targets that grew.
"""

from typing import Final, NotRequired, TypedDict

import pulumi
import pulumiverse_vercel as vercel

_PUBLIC_PREFIX: Final = "NEXT_PUBLIC_"


class ValueSourceArgs(TypedDict):
    """Where a value was read, as the secret manager says."""

    comment: str
    """What the variable's comment says in that environment, in place of the one for all: rules and auditors read in it
    `secret-ref=<reference> version=<version> rotated=<YYYY-MM-DD>`."""
    version: NotRequired[int]
    """A number that changes whenever the manager's version does. It makes the value write-only."""


class EnvironmentVariableArgs(TypedDict):
    """A variable and its value in each environment that has it.

    Where a version is given, the value is write-only: it is kept out of the outputs and of refresh, and sent when the
    version changes. A value without a version is compared itself, as nothing else would tell that it is another one.
    """

    key: str
    production: NotRequired[pulumi.Input[str]]
    preview: NotRequired[pulumi.Input[str]]
    development: NotRequired[pulumi.Input[str]]
    """Value for `vercel dev`. A secret has none: developers' machines are outside of the boundary."""
    secret: NotRequired[bool]
    """Whether the value is a secret, which nobody can read back from Vercel. True unless given."""
    production_source: NotRequired[ValueSourceArgs]
    preview_source: NotRequired[ValueSourceArgs]
    version: NotRequired[int]
    """The version of a value whose source has none, raised by hand."""
    comment: NotRequired[str]


class EnvironmentVariablesArgs(TypedDict):
    """The variables of one project."""

    project_id: pulumi.Input[str]
    variables: list[EnvironmentVariableArgs]
    team_id: NotRequired[pulumi.Input[str]]


class EnvironmentVariables(pulumi.ComponentResource):
    """The environment variables of a Vercel project, with secrets sensitive and split at the boundary."""

    keys: pulumi.Output[list[str]]
    """The names of the variables, in the order given."""

    def __init__(self, name: str, args: EnvironmentVariablesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the variables.

        Raises:
            ValueError: When a secret would reach browsers or developers' machines, when a variable has no value,
                or when two have the same key.
        """
        _refuse_unsafe(name, args["variables"])
        super().__init__("soc2:index:EnvironmentVariables", name, {}, opts)
        for variable in args["variables"]:
            for target, value in _values(variable):
                self._declare(f"{name}-{variable['key']}-{target}", variable, target, value, args)
        self.keys = pulumi.Output.from_input([variable["key"] for variable in args["variables"]])
        self.register_outputs({"keys": self.keys})

    def _declare(
        self,
        resource_name: str,
        variable: EnvironmentVariableArgs,
        target: str,
        value: pulumi.Input[str],
        args: EnvironmentVariablesArgs,
    ) -> None:
        secret = variable.get("secret", True)
        source = _source(variable, target)
        version = source.get("version", variable.get("version")) if source else variable.get("version")
        held = pulumi.Output.secret(value) if secret else value
        vercel.ProjectEnvironmentVariable(
            resource_name,
            project_id=args["project_id"],
            team_id=args.get("team_id"),
            key=variable["key"],
            value=held if version is None else None,
            value_wo=held if version is not None else None,
            value_wo_version=version,
            sensitive=secret,
            targets=[target],
            comment=source["comment"] if source else variable.get("comment"),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _values(variable: EnvironmentVariableArgs) -> list[tuple[str, pulumi.Input[str]]]:
    values: list[tuple[str, pulumi.Input[str]]] = []
    if "production" in variable:
        values.append(("production", variable["production"]))
    if "preview" in variable:
        values.append(("preview", variable["preview"]))
    if "development" in variable:
        values.append(("development", variable["development"]))
    return values


def _source(variable: EnvironmentVariableArgs, target: str) -> ValueSourceArgs | None:
    if target == "production":
        return variable.get("production_source")
    return variable.get("preview_source") if target == "preview" else None


def _refuse_unsafe(name: str, variables: list[EnvironmentVariableArgs]) -> None:
    seen: set[str] = set()
    for variable in variables:
        key = variable["key"]
        secret = variable.get("secret", True)
        if key in seen:
            raise ValueError(f"{name}: {key} is given twice; give one variable its value for each environment")
        seen.add(key)
        if secret and key.startswith(_PUBLIC_PREFIX):
            raise ValueError(
                f"{name}: {key} is a secret, but Next.js puts every {_PUBLIC_PREFIX} variable into the browser"
                " bundle; rename it and read it on the server, or set secret to False if anybody may know it"
            )
        if secret and "development" in variable:
            raise ValueError(
                f"{name}: {key} is a secret and has a value for development; leave it out, a developer uses own"
                " credentials"
            )
        if not _values(variable):
            raise ValueError(f"{name}: {key} has no value; give one for production, preview or development")
