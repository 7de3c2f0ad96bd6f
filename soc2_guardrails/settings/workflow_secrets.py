"""Secrets of repositories that are production's as well."""

from collections.abc import Iterator

from .misplaced_secrets import overlap
from .models import Settings
from .problems import Problem
from .secret_reading import secret_references

_PRODUCTION = "production"


def shared_with_workflows(settings: Settings) -> Iterator[Problem]:
    """Yield every secret of a repository that production has too, unless a reason is given.

    Whoever can push a branch can have a workflow read the secrets of the repository, before anybody approves.
    """
    of_production = [
        (location, reference.reference)
        for location, reference in secret_references(settings)
        if location[0] == "projects" and location[-1] == _PRODUCTION
    ]
    for name, repository in settings.repositories.items():
        kinds = {"actionsSecrets": repository.actions_secrets, "dependabotSecrets": repository.dependabot_secrets}
        for kind, secrets in kinds.items():
            for key, secret in secrets.items():
                where = ("repositories", name, kind, key)
                mine = secret.reference.reference
                same = next((at for at, other in of_production if overlap(mine, other)), None)
                if same is not None and secret.shared_reason is None:
                    yield Problem(
                        (*where, "reference"),
                        f"{'.'.join(map(str, same))} has the same secret, and every branch's workflows can read this"
                        " one; give workflows one of their own, or say under sharedReason why they need it",
                    )
                if same is None and secret.shared_reason is not None:
                    yield Problem((*where, "sharedReason"), "nothing is shared; take it out")
