"""Problems that no single value has: duplicates, names that lead nowhere, secrets in the wrong place."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from .misplaced_secrets import literal_secrets, shared_with_production
from .models import Headers, Project, Settings
from .problems import Location, Problem, nearest
from .workflow_secrets import shared_with_workflows

_HEADERS_WITH_KEYS: Final = frozenset(
    {
        "content-security-policy",
        "strict-transport-security",
        "referrer-policy",
        "permissions-policy",
        "x-content-type-options",
        "x-frame-options",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "cross-origin-embedder-policy",
        "reporting-endpoints",
    }
)


def inconsistencies(settings: Settings, github_owner: str | None) -> Iterator[Problem]:
    """Yield every problem of settings whose single values are allowed.

    Args:
        settings: What to look at.
        github_owner: The account that the GitHub provider works on, where it is configured.
    """
    yield from _duplicates_across_projects(settings)
    for key, project in settings.projects.items():
        yield from _project(("projects", key), project)
    for key, drain in settings.log_drains.items():
        for index, name in enumerate(drain.projects):
            if name not in settings.projects:
                yield Problem(
                    ("logDrains", key, "projects", index),
                    f"given {name!r}, which is no key of projects{nearest(name, settings.projects)}",
                )
        for index, name in _repeated(drain.projects):
            yield Problem(("logDrains", key, "projects", index), f"{name!r} is given twice")
    for repository in settings.repositories:
        owner = repository.split("/")[0]
        if github_owner is not None and owner.casefold() != github_owner.casefold():
            yield Problem(
                ("repositories", repository),
                f"the owner is {owner}, but github:owner is {github_owner}; the GitHub provider works on one owner",
            )
    yield from literal_secrets(settings)
    yield from shared_with_production(settings)
    yield from shared_with_workflows(settings)


def _duplicates_across_projects(settings: Settings) -> Iterator[Problem]:
    names: dict[str, str] = {}
    domains: dict[str, str] = {}
    for key, project in settings.projects.items():
        name = project.name or key
        if name in names:
            yield Problem(("projects", key, "name"), f"{name!r} is the name of projects.{names[name]} too")
        names.setdefault(name, key)
        listed: list[tuple[Location, str]] = [
            *((("domains", index), domain) for index, domain in enumerate(project.domains)),
            *((("redirects", domain), domain) for domain in project.redirects),
        ]
        for where, domain in listed:
            if domain in domains:
                yield Problem(
                    ("projects", key, *where), f"{domain!r} is a domain of projects.{domains[domain]} already"
                )
            domains.setdefault(domain, key)


def _project(location: Location, project: Project) -> Iterator[Problem]:
    for source, target in project.redirects.items():
        if target not in project.domains:
            yield Problem((*location, "redirects", source), f"given {target!r}; allowed: one of domains")
    for index, name in _repeated([limit.name for limit in project.firewall.rate_limits]):
        yield Problem((*location, "firewall", "rateLimits", index, "name"), f"{name!r} is given twice")
    yield from _variables(location, project)
    yield from _headers((*location, "headers"), project.headers)


def _variables(location: Location, project: Project) -> Iterator[Problem]:
    for key, secret in project.secrets.items():
        where = (*location, "secrets", key)
        if key.startswith("NEXT_PUBLIC_"):
            yield Problem(
                where,
                "a secret cannot be a NEXT_PUBLIC_ variable, which Next.js puts into the browser bundle;"
                " rename it, or move it to variables if anybody may know it",
            )
        if key in project.variables:
            yield Problem(where, "it stands in variables too; give it in one of them")
        if secret.production is None and secret.preview is None:
            yield Problem(where, "it has no value; give a reference for production or preview")
    for key, plain in project.variables.items():
        where = (*location, "variables", key)
        if plain.production is None and plain.preview is None and plain.development is None:
            yield Problem(where, "it has no value; give one for production, preview or development")


def _headers(location: Location, headers: Headers) -> Iterator[Problem]:
    hsts = headers.hsts
    if hsts.include_subdomains is False and hsts.preload is not False:
        yield Problem((*location, "hsts", "includeSubdomains"), "given false; preload needs true")
    report_to = headers.content_security_policy.report_to
    if report_to is not None and report_to not in headers.reporting_endpoints:
        yield Problem(
            (*location, "contentSecurityPolicy", "reportTo"),
            f"given {report_to!r}; allowed: a key of reportingEndpoints",
        )
    for name in headers.extra_headers:
        if name.casefold() in _HEADERS_WITH_KEYS:
            yield Problem(
                (*location, "extraHeaders", name), "this header is always sent or has a key of its own under headers"
            )


def _repeated(names: list[str]) -> Iterator[tuple[int, str]]:
    seen: Counter[str] = Counter()
    for index, name in enumerate(names):
        if seen[name]:
            yield index, name
        seen[name] += 1
