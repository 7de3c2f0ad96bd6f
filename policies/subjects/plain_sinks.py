"""Properties that Vercel and GitHub store or show in plain, so that whoever may look sees what is in them.

Left out on purpose: what the providers' schemas mark as secret themselves (the value of a variable, the headers of a
drain); identifiers that others have to read (ids, names by which something is called, domains, branches, paths, people)
and patterns of them; what takes only words of a fixed list or times; public keys; a key that has no other place to go;
what Vercel or GitHub decides itself; and what the provider keeps in the state, where its mark protects it, and sends
nowhere. The outputs of a stack are not among them either: no policy is sent them. The tests hold the whole list against
the providers' schemas.
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

# in GitHub

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
_BOARD: Final = Sink("everybody who can see the project board can read", "take it out")
_LINK: Final = Sink(
    "everybody who is shown the link can read",
    "take it out of the address, and let whoever follows the link sign in there",
)
_RULESET: Final = Sink(
    "everybody who can see a repository under the ruleset can read",
    "take it out; rules are for those who have to keep them",
)

# in Vercel

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
_FLAG: Final = Sink(
    "every deployment that evaluates the flag and everybody who can see the flag can read",
    "store it as a sensitive environment variable, and let the flag say which one to use",
)
_ALERT: Final = Sink("everybody who is shown the alert can read", "take it out")
_DNS: Final = Sink("anybody on the internet can look up", "publish only what is meant for everybody")

# in either

_NOTE: Final = Sink(
    "everybody who can see the settings can read", "take it out; a note may say where the secret is kept"
)
_NAME: Final = Sink("everybody who can see the settings can read", "take it out; a name is for people to tell it by")
_CRITERION: Final = Sink("everybody who can see the settings can read", "match on something that is no secret")

_VARIABLE_NOTES: Final[Paths] = {"comment": _NOTE}
_TEXTS_OF_RULESET: Final[Paths] = {
    "name": _RULESET,
    "rules.branchNamePattern.name": _RULESET,
    "rules.tagNamePattern.name": _RULESET,
    "rules.commitAuthorEmailPattern.name": _RULESET,
    "rules.committerEmailPattern.name": _RULESET,
    "rules.commitMessagePattern.name": _RULESET,
    "rules.commitMessagePattern.pattern": _RULESET,
}
_ROUTE_CONDITIONS: Final[Paths] = {
    f"route.{list_}[].{key}": _ROUTE for list_ in ("has", "missings") for key in ("key", "value")
}

_GITHUB: Final[dict[str, Paths]] = {
    # what workflows and programs read
    tokens.ACTIONS_VARIABLE: {"value": _VARIABLE},
    tokens.ACTIONS_ENVIRONMENT_VARIABLE: {"value": _VARIABLE},
    tokens.ACTIONS_ORGANIZATION_VARIABLE: {"value": _VARIABLE},
    tokens.REPOSITORY_FILE: {"content": _FILE, "commitMessage": _FILE, "file": _FILE},
    # what a repository says of itself
    tokens.REPOSITORY: {
        "description": _REPOSITORY_PAGE,
        "homepageUrl": _REPOSITORY_PAGE,
        "topics[]": _REPOSITORY_PAGE,
    },
    tokens.REPOSITORY_TOPICS: {"topics[]": _REPOSITORY_PAGE},
    tokens.REPOSITORY_CUSTOM_PROPERTY: {"propertyValues[]": _REPOSITORY_PAGE},
    tokens.REPOSITORY_AUTOLINK_REFERENCE: {"targetUrlTemplate": _LINK},
    tokens.REPOSITORY_DEPLOY_KEY: {"title": _NAME},
    tokens.REPOSITORY_RULESET: _TEXTS_OF_RULESET,
    tokens.RELEASE: {"name": _REPOSITORY_PAGE, "body": _REPOSITORY_PAGE},
    # what people plan and discuss
    tokens.REPOSITORY_PULL_REQUEST: {"title": _REPOSITORY_PAGE, "body": _REPOSITORY_PAGE},
    tokens.ISSUE: {"title": _REPOSITORY_PAGE, "body": _REPOSITORY_PAGE},
    tokens.ISSUE_LABEL: {"description": _REPOSITORY_PAGE},
    tokens.ISSUE_LABELS: {"labels[].description": _REPOSITORY_PAGE},
    tokens.REPOSITORY_MILESTONE: {"title": _REPOSITORY_PAGE, "description": _REPOSITORY_PAGE},
    tokens.REPOSITORY_PROJECT: {"name": _BOARD, "body": _BOARD},
    tokens.ORGANIZATION_PROJECT: {"name": _BOARD, "body": _BOARD},
    tokens.PROJECT_COLUMN: {"name": _BOARD},
    tokens.PROJECT_CARD: {"note": _BOARD},
    # what an organization, an enterprise or a person says of itself
    tokens.TEAM: {"description": _ORGANIZATION_PAGE},
    tokens.TEAM_SYNC_GROUP_MAPPING: {"groups[].groupDescription": _ORGANIZATION_PAGE},
    tokens.ORGANIZATION_SETTINGS: {
        "name": _ORGANIZATION_PAGE,
        "description": _ORGANIZATION_PAGE,
        "blog": _ORGANIZATION_PAGE,
        "company": _ORGANIZATION_PAGE,
        "location": _ORGANIZATION_PAGE,
    },
    tokens.ORGANIZATION_CUSTOM_PROPERTIES: {
        "description": _ORGANIZATION_PAGE,
        "defaultValue": _ORGANIZATION_PAGE,
        "allowedValues[]": _ORGANIZATION_PAGE,
    },
    tokens.ORGANIZATION_ROLE: {"description": _ORGANIZATION_PAGE},
    tokens.ORGANIZATION_CUSTOM_ROLE: {"description": _ORGANIZATION_PAGE},
    tokens.ORGANIZATION_REPOSITORY_ROLE: {"description": _ORGANIZATION_PAGE},
    tokens.ORGANIZATION_RULESET: _TEXTS_OF_RULESET,
    tokens.ENTERPRISE_ORGANIZATION: {"displayName": _ORGANIZATION_PAGE, "description": _ORGANIZATION_PAGE},
    tokens.ENTERPRISE_IP_ALLOW_LIST_ENTRY: {"name": _NOTE},
    tokens.ENTERPRISE_SECURITY_ANALYSIS_SETTINGS: {"secretScanningPushProtectionCustomLink": _LINK},
    tokens.USER_SSH_KEY: {"title": _NAME},
}

_VERCEL: Final[dict[str, Paths]] = {
    # how a project is built, deployed and configured
    tokens.PROJECT: {
        "buildCommand": _COMMAND,
        "installCommand": _COMMAND,
        "devCommand": _COMMAND,
        "ignoreCommand": _COMMAND,
        "outputDirectory": _COMMAND,
        "environments[].comment": _NOTE,
        "gitRepository.deployHooks[].name": _NAME,
        "trustedIps.addresses[].note": _NOTE,
        "trustedSources.externalSources[].label": _NOTE,
        "trustedSources.externalSources[].claims.*[]": _CRITERION,
        "trustedSources.projects[].label": _NOTE,
    },
    tokens.PROJECT_DEPLOYMENT_CHECK: {"name": _NAME},
    tokens.PROJECT_PROTECTION_BYPASS: {"note": _NOTE},
    tokens.CUSTOM_ENVIRONMENT: {"description": _NOTE},
    tokens.DEPLOYMENT: {
        "meta.*": _META,
        "projectSettings.buildCommand": _COMMAND,
        "projectSettings.installCommand": _COMMAND,
        "projectSettings.outputDirectory": _COMMAND,
    },
    tokens.ENVIRONMENT_VARIABLE: _VARIABLE_NOTES,
    tokens.SHARED_ENVIRONMENT_VARIABLE: _VARIABLE_NOTES,
    tokens.ENVIRONMENT_VARIABLES: {f"variables[].{path}": sink for path, sink in _VARIABLE_NOTES.items()},
    # how requests reach it
    tokens.PROJECT_ROUTE: {
        "route.src": _ROUTE,
        "route.dest": _ROUTE,
        "route.headers.*": _ROUTE,
        "route.transforms[].target": _ROUTE,
        "route.transforms[].args": _ROUTE,
        **_ROUTE_CONDITIONS,
        "name": _NAME,
        "description": _NOTE,
    },
    tokens.BULK_REDIRECTS: {"redirects[].source": _ROUTE, "redirects[].destination": _ROUTE},
    tokens.PROJECT_DOMAIN: {"redirect": _ROUTE},
    tokens.DNS_RECORD: {"value": _DNS, "comment": _NOTE, "https.params": _DNS},
    tokens.MICROFRONTEND_GROUP: {"name": _NAME},
    tokens.NETWORK: {"name": _NAME},
    tokens.FIREWALL_CONFIG: {
        "ipRules.rules[].notes": _NOTE,
        "rules.rules[].name": _NAME,
        "rules.rules[].description": _NOTE,
        "rules.rules[].conditionGroups[].conditions[].key": _FIREWALL,
        "rules.rules[].conditionGroups[].conditions[].value": _FIREWALL,
        "rules.rules[].conditionGroups[].conditions[].values[]": _FIREWALL,
        "rules.rules[].action.redirect.location": _FIREWALL,
    },
    tokens.FIREWALL_BYPASS: {"note": _NOTE},
    # what watches it
    tokens.LOG_DRAIN: {"endpoint": _ENDPOINT, "name": _NAME},
    tokens.TRACE_DRAIN: {"endpoint": _ENDPOINT, "name": _NAME},
    tokens.AUDIT_LOG_DRAIN: {"http.endpoint": _ENDPOINT, "s3.endpoint": _ENDPOINT, "name": _NAME},
    tokens.WEBHOOK: {"endpoint": _WEBHOOK},
    tokens.ALERT_RULE: {"name": _ALERT, "tags[]": _ALERT, "triggers[].filter": _ALERT},
    tokens.CUSTOM_ALERT_RULE: {
        "name": _ALERT,
        "tags[]": _ALERT,
        "investigationPrompt": _ALERT,
        "evaluation.query.filter": _ALERT,
        "evaluation.query.metrics.*.filter": _ALERT,
    },
    # what it reads while it runs
    tokens.BLOB_STORE: {"name": _NAME},
    tokens.EDGE_CONFIG_ITEM: {"key": _EDGE_CONFIG, "value": _EDGE_CONFIG, "valueJson.**": _EDGE_CONFIG},
    tokens.EDGE_CONFIG_SCHEMA: {"definition": _EDGE_CONFIG},
    tokens.EDGE_CONFIG_TOKEN: {"label": _NAME},
    tokens.FEATURE_FLAG_DEFINITION: {
        "description": _NOTE,
        "variants[].label": _NAME,
        "variants[].description": _NOTE,
        "variants[].valueString": _FLAG,
    },
    tokens.FEATURE_FLAG_SEGMENT: {
        "name": _NAME,
        "description": _NOTE,
        "hint": _NOTE,
        "includes[].values[]": _CRITERION,
        "excludes[].values[]": _CRITERION,
    },
    tokens.FEATURE_FLAG_SDK_KEY: {"label": _NAME},
    # who may do what
    tokens.TEAM_CONFIG: {"name": _NAME, "description": _NOTE},
    tokens.ACCESS_GROUP: {"name": _NAME},
    tokens.AI_GATEWAY_API_KEY: {"name": _NAME},
    tokens.USER_TOKEN: {"name": _NAME},
    tokens.OAUTH_APP: {
        "name": _NAME,
        "description": _NOTE,
        "homePageUri": _NOTE,
        "codeOfConductUrl": _NOTE,
        "privacyPolicyUrl": _NOTE,
        "termsOfServiceUrl": _NOTE,
        "redirectUris[]": _ENDPOINT,
    },
    tokens.OIDC_FEDERATION_POLICY: {"name": _NAME, "claims[].values[].value": _CRITERION},
    tokens.KMS_ISSUER: {"name": _NAME},
    tokens.KMS_PROJECT_GRANT: {"tokenClaims": _NOTE},
}

SINKS: Final[Mapping[str, Paths]] = _GITHUB | _VERCEL
"""The sinks of each resource type."""
