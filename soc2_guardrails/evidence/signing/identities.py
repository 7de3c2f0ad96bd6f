"""Whether this process may ask for an OIDC identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PERMITTED: Final[Mapping[str, str]] = {
    "GITHUB_ACTIONS": "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "GITLAB_CI": "SIGSTORE_ID_TOKEN",
}
"""By the variable that tells the CI, the one that is there if the job may have an identity."""


def has_identity(environment: Mapping[str, str]) -> bool:
    """Whether this is a CI job that may have one. A developer's own machine is not asked, whatever it runs on."""
    return any(environment.get(ci) and environment.get(token) for ci, token in _PERMITTED.items())
