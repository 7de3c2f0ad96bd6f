"""The environment of sandbox processes: the host's, without what opens a real account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Names that hold credentials by every convention in use. Too many is harmless here: nothing in a sandbox
# needs one. `ACCESS_KEY` covers AWS, `_PAT` GitHub and Azure, `_DSN` and `DATABASE_URL` connection strings.
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWO?R?D|PASSPHRASE|CREDENTIAL|PRIVATE_?KEY|ACCESS_?KEY|API_?KEY|AUTH_?KEY|SIGNING_?KEY"
    r"|ENCRYPTION_?KEY|WEBHOOK_URL|DATABASE_URL|CONNECTION_STRING|_(PAT|DSN|KEY|AUTH)$|^(AWS|VAULT)_(?!CA_?|(DEFAULT_)?REGION$|PAGER$)",
    re.IGNORECASE,
)
_URL_WITH_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/@\s]*:[^/@\s]+@", re.IGNORECASE)


def credential_names(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The names in `environment` that hold, or by their name may hold, a credential; sorted."""
    return tuple(
        sorted(
            name for name, value in environment.items() if _SECRET_NAME.search(name) or _URL_WITH_PASSWORD.match(value)
        )
    )


def without_host_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without credentials and without the user's Pulumi settings (`PULUMI_*`)."""
    removed = set(credential_names(environment))
    return {
        name: value for name, value in environment.items() if name not in removed and not name.startswith("PULUMI_")
    }
