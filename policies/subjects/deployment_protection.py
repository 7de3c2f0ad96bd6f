"""Which deployments of a Vercel project ask visitors who they are, by whichever of the four methods.

A method covers some of the deployments; together they must cover the preview deployments and the generated URLs of
production deployments. The production domains are meant for the public and need no protection.
"""

from __future__ import annotations

from typing import Final

from ..judge.resources import Resource
from ..judge.values import Value
from .addresses import everybody

PREVIEWS: Final = "preview deployments"
PRODUCTION_URLS: Final = "generated production URLs"

_COVERED: Final = {
    "standard_protection_new": frozenset({PREVIEWS, PRODUCTION_URLS}),
    "standard_protection": frozenset({PREVIEWS, PRODUCTION_URLS}),
    "all_deployments": frozenset({PREVIEWS, PRODUCTION_URLS}),
    "only_preview_deployments": frozenset({PREVIEWS}),
    "only_production_deployments": frozenset({PRODUCTION_URLS}),
}
_COVERED_BY_PASSPORT: Final = {
    "all": frozenset({PREVIEWS, PRODUCTION_URLS}),
    "prod_deployment_urls_and_all_previews": frozenset({PREVIEWS, PRODUCTION_URLS}),
    "all_except_custom_domains": frozenset({PREVIEWS, PRODUCTION_URLS}),
    "preview": frozenset({PREVIEWS}),
}
_NOTHING: Final[frozenset[str]] = frozenset()


def by_vercel_authentication(project: Resource) -> frozenset[str]:
    """What a login at Vercel covers. Left out, it is the team's default, which a project cannot know: nothing.

    Raises:
        Undetermined, Malformed: as reading any value does; so do the other methods.
    """
    return _covered(project["vercelAuthentication"])


def by_password(project: Resource) -> frozenset[str]:
    """What a password covers: nothing, where there is none."""
    protection = project["passwordProtection"]
    covered = _covered(protection)
    return covered if covered and protection["password"].text(default="") else _NOTHING


def by_trusted_ips(project: Resource) -> frozenset[str]:
    """What a list of addresses covers: nothing, where they are only spared another method or are the whole internet."""
    trusted = project["trustedIps"]
    if trusted["protectionMode"].text(default="trusted_ip_required") != "trusted_ip_required":
        return _NOTHING
    covered = _covered(trusted)
    addresses = [address["value"] for address in trusted["addresses"].elements()]
    if not covered or not addresses or everybody(addresses):
        return _NOTHING
    return covered


def by_passport(project: Resource) -> frozenset[str]:
    """What a login at the team's own identity provider covers."""
    passport = project["passport"]
    if passport.absent or not passport["enabled"].flag(default=True):
        return _NOTHING
    covered = _COVERED_BY_PASSPORT.get(passport["deploymentType"].text(default="all"), _NOTHING)
    return covered if covered and passport["connectorId"].text(default="") else _NOTHING


METHODS: Final = (by_vercel_authentication, by_password, by_trusted_ips, by_passport)
"""Every method; a project is protected by all of its methods together."""


def _covered(method: Value) -> frozenset[str]:
    return _COVERED.get(method["deploymentType"].text(default=""), _NOTHING)
