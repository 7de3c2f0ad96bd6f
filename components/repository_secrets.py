"""Secrets of a GitHub repository: those that its workflows read, and those that Dependabot signs in with.

GitHub keeps the two apart: a workflow that Dependabot starts sees only Dependabot's.
"""

import re
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_github as github

_NAME: Final = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*")


class RepositorySecretsArgs(TypedDict):
    """The secrets of one repository, values by name."""

    repository: pulumi.Input[str]
    """The repository's name, without its owner."""
    actions: NotRequired[dict[str, pulumi.Input[str]]]
    """What workflows read as `secrets.NAME`."""
    dependabot: NotRequired[dict[str, pulumi.Input[str]]]
    """What `dependabot.yml` reads for private registries."""


class RepositorySecrets(pulumi.ComponentResource):
    """Secrets for GitHub Actions and Dependabot, which nobody can read back from GitHub."""

    names: pulumi.Output[list[str]]
    """The names of all secrets, those of Actions first."""

    def __init__(self, name: str, args: RepositorySecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the secrets.

        Raises:
            ValueError: When GitHub would refuse a name. It takes lower case, but shows capitals ever after, so that
                one secret could be given twice.
        """
        actions, dependabot = args.get("actions", {}), args.get("dependabot", {})
        for secret in (*actions, *dependabot):
            if not _NAME.fullmatch(secret):
                raise ValueError(
                    f"{name}: {secret} is no name of a secret; it has capital letters, digits and '_', does not begin"
                    " with a digit, and GITHUB_ is GitHub's own"
                )
        super().__init__("soc2:index:RepositorySecrets", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        for secret, value in actions.items():
            github.ActionsSecret(
                f"{name}-actions-{secret}",
                repository=args["repository"],
                secret_name=secret,
                value=pulumi.Output.secret(value),
                opts=child,
            )
        for secret, value in dependabot.items():
            github.DependabotSecret(
                f"{name}-dependabot-{secret}",
                repository=args["repository"],
                secret_name=secret,
                value=pulumi.Output.secret(value),
                opts=child,
            )
        self.names = pulumi.Output.from_input([*actions, *dependabot])
        self.register_outputs({"names": self.names})
