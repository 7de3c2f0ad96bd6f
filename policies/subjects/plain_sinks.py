"""Properties that Vercel and GitHub store or show in plain, so that whoever may look sees what is in them.

Left out on purpose: what the providers' schemas mark as secret themselves (the value of a variable, the headers of a
drain), identifiers that others have to read (ids, domains, branches), what takes only words of a fixed list, and what
the provider keeps in the state and sends nowhere: there its mark protects it. The outputs of a stack are not among them
either: no policy is sent them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from . import tokens


@dataclass(frozen=True, slots=True)
class Sink:
    """What happens to a text there.

    Attributes:
        readers: who can read it, to follow `which`.
        instead: where a secret belongs, imperative.
    """

    readers: str
    instead: str


Paths: TypeAlias = Mapping[str, Sink]
"""Sinks by path: `[]` stands for every element of a list, `*` for every value of an object, `**` for everything
inside, whatever its shape."""

_VARIABLE: Final = Sink(
    "workflows print without masking and everybody who may write to the repository can read",
    "store it as the secret of that scope, for example an ActionsSecret, and read it as secrets.NAME",
)
_FILE: Final = Sink(
    "stays in the history of the repository for everybody who can read it",
    "take it out of the file and let the program read it from its environment",
)
_REPOSITORY_PAGE: Final = Sink(
    "everybody who can see the repository can read", "take it out; descriptions are for readers"
)
_ORGANIZATION_PAGE: Final = Sink("everybody who can see the organization can read", "take it out")
_COMMAND: Final = Sink(
    "is stored with the settings of the project and printed in build logs",
    "store it as a sensitive environment variable and let the command read it from there",
)
_META: Final = Sink(
    "everybody who can see the deployment can read",
    "take it out; give the deployment its secrets as environment variables",
)
_ROUTE: Final = Sink(
    "is stored with the routing rules in plain, and a response header is sent to every visitor",
    "let the application send it, from a sensitive environment variable",
)
_NOTE: Final = Sink(
    "everybody who can see the settings can read", "take it out; a note may say where the secret is kept"
)
_ENDPOINT: Final = Sink(
    "is shown with the settings and ends up in the logs of whatever passes it on",
    "send it where the receiver can check it and nobody reads it: as a header or as the signing secret",
)
_WEBHOOK: Final = Sink(
    "is shown with the settings and ends up in the logs of whatever passes it on",
    "take it out of the address and verify the signature that Vercel sends",
)
_FIREWALL: Final = Sink(
    "everybody who can see the firewall can read",
    "match on something that is no secret, or check it in the application",
)
_EDGE_CONFIG: Final = Sink(
    "every deployment that is connected to the store and every member of the team can read",
    "store it as a sensitive environment variable",
)
_ALERT: Final = Sink("everybody who is shown the alert can read", "take it out")
_DNS: Final = Sink("anybody on the internet can look up", "publish only what is meant for everybody")

_VARIABLE_NOTES: Final[Paths] = {"comment": _NOTE}
_ROUTE_CONDITIONS: Final[Paths] = {
    f"route.{list_}[].{key}": _ROUTE for list_ in ("has", "missings") for key in ("key", "value")
}

SINKS: Final[Mapping[str, Paths]] = {
    tokens.ACTIONS_VARIABLE: {"value": _VARIABLE},
    tokens.ACTIONS_ENVIRONMENT_VARIABLE: {"value": _VARIABLE},
    tokens.ACTIONS_ORGANIZATION_VARIABLE: {"value": _VARIABLE},
    tokens.REPOSITORY_FILE: {"content": _FILE, "commitMessage": _FILE, "file": _FILE},
    tokens.REPOSITORY: {
        "description": _REPOSITORY_PAGE,
        "homepageUrl": _REPOSITORY_PAGE,
        "topics[]": _REPOSITORY_PAGE,
    },
    tokens.REPOSITORY_TOPICS: {"topics[]": _REPOSITORY_PAGE},
    tokens.REPOSITORY_PULL_REQUEST: {"title": _REPOSITORY_PAGE, "body": _REPOSITORY_PAGE},
    tokens.REPOSITORY_CUSTOM_PROPERTY: {"propertyValues[]": _REPOSITORY_PAGE},
    tokens.RELEASE: {"name": _REPOSITORY_PAGE, "body": _REPOSITORY_PAGE},
    tokens.TEAM: {"description": _ORGANIZATION_PAGE},
    tokens.ORGANIZATION_SETTINGS: {
        "description": _ORGANIZATION_PAGE,
        "blog": _ORGANIZATION_PAGE,
        "company": _ORGANIZATION_PAGE,
        "location": _ORGANIZATION_PAGE,
    },
    tokens.ORGANIZATION_CUSTOM_PROPERTIES: {"description": _ORGANIZATION_PAGE, "defaultValue": _ORGANIZATION_PAGE},
    tokens.PROJECT: {
        "buildCommand": _COMMAND,
        "installCommand": _COMMAND,
        "devCommand": _COMMAND,
        "ignoreCommand": _COMMAND,
        "outputDirectory": _COMMAND,
        "environments[].comment": _NOTE,
        "trustedIps.addresses[].note": _NOTE,
    },
    tokens.DEPLOYMENT: {
        "meta.*": _META,
        "projectSettings.buildCommand": _COMMAND,
        "projectSettings.installCommand": _COMMAND,
        "projectSettings.outputDirectory": _COMMAND,
    },
    tokens.ENVIRONMENT_VARIABLE: _VARIABLE_NOTES,
    tokens.SHARED_ENVIRONMENT_VARIABLE: _VARIABLE_NOTES,
    tokens.ENVIRONMENT_VARIABLES: {f"variables[].{path}": sink for path, sink in _VARIABLE_NOTES.items()},
    tokens.PROJECT_ROUTE: {
        "route.src": _ROUTE,
        "route.dest": _ROUTE,
        "route.headers.*": _ROUTE,
        "route.transforms[].target": _ROUTE,
        "route.transforms[].args": _ROUTE,
        **_ROUTE_CONDITIONS,
        "description": _NOTE,
        "name": _NOTE,
    },
    tokens.BULK_REDIRECTS: {"redirects[].source": _ROUTE, "redirects[].destination": _ROUTE},
    tokens.PROJECT_DOMAIN: {"redirect": _ROUTE},
    tokens.FIREWALL_CONFIG: {
        "ipRules.rules[].notes": _NOTE,
        "rules.rules[].name": _NOTE,
        "rules.rules[].description": _NOTE,
        "rules.rules[].conditionGroups[].conditions[].key": _FIREWALL,
        "rules.rules[].conditionGroups[].conditions[].value": _FIREWALL,
        "rules.rules[].conditionGroups[].conditions[].values[]": _FIREWALL,
        "rules.rules[].action.redirect.location": _FIREWALL,
    },
    tokens.FIREWALL_BYPASS: {"note": _NOTE},
    tokens.PROJECT_PROTECTION_BYPASS: {"note": _NOTE},
    tokens.LOG_DRAIN: {"endpoint": _ENDPOINT, "name": _NOTE},
    tokens.TRACE_DRAIN: {"endpoint": _ENDPOINT, "name": _NOTE},
    tokens.AUDIT_LOG_DRAIN: {"http.endpoint": _ENDPOINT, "s3.endpoint": _ENDPOINT, "name": _NOTE},
    tokens.WEBHOOK: {"endpoint": _WEBHOOK},
    tokens.EDGE_CONFIG_ITEM: {"key": _EDGE_CONFIG, "value": _EDGE_CONFIG, "valueJson.**": _EDGE_CONFIG},
    tokens.EDGE_CONFIG_SCHEMA: {"definition": _EDGE_CONFIG},
    tokens.EDGE_CONFIG_TOKEN: {"label": _NOTE},
    tokens.FEATURE_FLAG_SDK_KEY: {"label": _NOTE},
    tokens.CUSTOM_ENVIRONMENT: {"description": _NOTE},
    tokens.TEAM_CONFIG: {"description": _NOTE},
    tokens.ALERT_RULE: {"name": _ALERT, "tags[]": _ALERT, "triggers[].filter": _ALERT},
    tokens.CUSTOM_ALERT_RULE: {"name": _ALERT, "tags[]": _ALERT, "investigationPrompt": _ALERT},
    tokens.OAUTH_APP: {
        "description": _NOTE,
        "homePageUri": _NOTE,
        "codeOfConductUrl": _NOTE,
        "privacyPolicyUrl": _NOTE,
        "termsOfServiceUrl": _NOTE,
        "redirectUris[]": _ENDPOINT,
    },
    tokens.KMS_PROJECT_GRANT: {"tokenClaims": _NOTE},
    tokens.DNS_RECORD: {"value": _DNS, "comment": _NOTE, "https.params": _DNS},
}
"""The sinks of each resource type."""
