"""Every kind of wrong setting is refused with its own message, and no message shows a secret."""

from typing import Any

import pytest

from soc2_guardrails.settings import SettingsError, load, load_secrets

FILE = "stacks/Pulumi.shop.yaml"
ROOT = "config.soc2-guardrails:settings"
PROJECT_KEYS = (
    "repository, name, team, productionBranch, rootDirectory, nodeVersion, domains, redirects, protection, password,"
    " firewall, retention, secrets, variables, headers"
)
CANARY = "canary-b0c5d1"


def web(**settings: Any) -> dict[str, Any]:
    return {"projects": {"web": {"repository": "acme/shop", **settings}}}


def drain(**settings: Any) -> dict[str, Any]:
    allowed = {"projects": ["web"], "endpoint": "https://logs.acme.example/in", "signingSecret": "env://SIGNING"}
    return {**web(), "logDrains": {"audit": {**allowed, **settings}}}


def refusal(raw: object, environment: dict[str, str] | None = None, owner: str | None = None) -> SettingsError:
    given = {"SIGNING": "s" * 32} if environment is None else environment
    with pytest.raises(SettingsError) as caught:
        load_secrets(load(raw, file=FILE, github_owner=owner), file=FILE, environment=given)
    return caught.value


ONE_PROBLEM = [
    pytest.param(None, ": is missing; it needs a mapping with the key projects", id="no settings"),
    pytest.param([], ": given a list; allowed: a mapping with the keys projects, repositories, logDrains", id="list"),
    pytest.param({}, ".projects: is missing; needed: a mapping of at least one", id="no projects"),
    pytest.param(
        {"projects": {"web": None}},
        f".projects.web: given nothing; allowed: a mapping with the keys {PROJECT_KEYS}",
        id="empty project",
    ),
    pytest.param(
        {**web(), "logdrain": {}},
        ".logdrain: there is no such key; did you mean logDrains? Allowed: projects, repositories, logDrains",
        id="wrong key",
    ),
    pytest.param(
        web(zzz=1), f".projects.web.zzz: there is no such key; allowed: {PROJECT_KEYS}", id="wrong key like no other"
    ),
    pytest.param(
        web(headers={"hsts": {"maxAge": 63072000}}),
        ".projects.web.headers.hsts.maxAge: there is no such key; did you mean maxAgeSeconds? Allowed: maxAgeSeconds,"
        " includeSubdomains, preload",
        id="wrong key deep down",
    ),
    pytest.param(
        web(domains="shop.acme.example"),
        '.projects.web.domains: given "shop.acme.example"; allowed: a list of: a domain name such as shop.example.com',
        id="text for a list",
    ),
    pytest.param(
        web(nodeVersion=22),
        ".projects.web.nodeVersion: given 22; allowed: one of 20.x, 22.x, 24.x",
        id="number for a text",
    ),
    pytest.param(
        web(firewall={"rateLimits": [{"name": "a", "path": "/a", "limit": "5"}]}),
        '.projects.web.firewall.rateLimits[0].limit: given "5"; allowed: a whole number of at least 1',
        id="text for a number",
    ),
    pytest.param(
        web(headers={"hsts": {"preload": "yes"}}),
        '.projects.web.headers.hsts.preload: given "yes"; allowed: true or false',
        id="text for a truth value",
    ),
    pytest.param(
        web(protection="none"),
        '.projects.web.protection: given "none"; allowed: one of standard_protection_new, standard_protection,'
        " all_deployments",
        id="protection that protects nothing",
    ),
    pytest.param(
        web(domains=["shop.acme.example", "https://shop.acme.example/"]),
        '.projects.web.domains[1]: given "https://shop.acme.example/"; allowed: a domain name in lower case such as'
        " shop.example.com, without scheme, path or port",
        id="no domain",
    ),
    pytest.param(
        web(domains=["shop.acme.example", "shop.acme.example"]),
        ".projects.web.domains[1]: 'shop.acme.example' is a domain of projects.web already",
        id="domain twice",
    ),
    pytest.param(
        web(domains=["shop.acme.example"], redirects={"shop.acme.example": "shop.acme.example"}),
        ".projects.web.redirects.shop.acme.example: 'shop.acme.example' is a domain of projects.web already",
        id="domain redirected to itself",
    ),
    pytest.param(
        drain(projects=["web", "web"]),
        ".logDrains.audit.projects[1]: 'web' is given twice",
        id="project twice in a drain",
    ),
    pytest.param(
        {"projects": {"a": {"repository": "a/b", "name": "shop"}, "shop": {"repository": "a/b"}}},
        ".projects.shop.name: 'shop' is the name of projects.a too",
        id="project name twice",
    ),
    pytest.param(
        web(firewall={"rateLimits": [{"name": "a", "path": "/a", "limit": 1}] * 2}),
        ".projects.web.firewall.rateLimits[1].name: 'a' is given twice",
        id="rate limit twice",
    ),
    pytest.param(
        web(secrets={"KEY": {"production": "env://SIGNING"}}, variables={"KEY": {"production": "x"}}),
        ".projects.web.secrets.KEY: it stands in variables too; give it in one of them",
        id="variable twice",
    ),
    pytest.param(
        {"projects": {"web": {"repository": "shop"}}},
        '.projects.web.repository: given "shop"; allowed: a GitHub repository in the form owner/name',
        id="no repository",
    ),
    pytest.param(
        {**web(), "repositories": {"https://github.com/acme/shop": {"requiredChecks": ["build"]}}},
        '.repositories: the key "https://github.com/acme/shop" is not allowed; allowed: a GitHub repository in the form'
        " owner/name",
        id="no repository as a key",
    ),
    pytest.param(
        {**web(), "repositories": {"acme/shop": {"requiredChecks": ["build"], "approvals": 0}}},
        ".repositories.acme/shop.approvals: given 0; allowed: a whole number from 1 to 6",
        id="no review",
    ),
    pytest.param(
        web(headers={"extraHeaders": {"X-Shop": "a\nSet-Cookie: b"}}),
        '.projects.web.headers.extraHeaders.X-Shop: given "a\\nSet-Cookie: b"; allowed: one line without control'
        " characters; there is a line feed at position 2",
        id="header with a newline",
    ),
    pytest.param(
        web(headers={"contentSecurityPolicy": {"scriptSrc": ["'nonce-abcdefgh'"]}}),
        ".projects.web.headers.contentSecurityPolicy.scriptSrc[0]: given \"'nonce-abcdefgh'\"; allowed: hashes,"
        " hosts and keywords; a nonce that stands in a file is the same in every response",
        id="nonce in a file",
    ),
    pytest.param(
        web(headers={"extraHeaders": {"referrer-policy": "unsafe-url"}}),
        ".projects.web.headers.extraHeaders.referrer-policy: this header is always sent or has a key of its own under"
        " headers",
        id="header with a key of its own",
    ),
    pytest.param(
        web(headers={"hsts": {"includeSubdomains": False}}),
        ".projects.web.headers.hsts.includeSubdomains: given false; preload needs true",
        id="preload without subdomains",
    ),
    pytest.param(
        web(headers={"contentSecurityPolicy": {"reportTo": "csp"}}),
        ".projects.web.headers.contentSecurityPolicy.reportTo: given 'csp'; allowed: a key of reportingEndpoints",
        id="report to nowhere",
    ),
    pytest.param(
        web(redirects={"www.acme.example": "acme.example"}),
        ".projects.web.redirects.www.acme.example: given 'acme.example'; allowed: one of domains",
        id="redirect to nowhere",
    ),
    pytest.param(
        web(secrets={"NEXT_PUBLIC_KEY": {"production": "env://SIGNING"}}),
        ".projects.web.secrets.NEXT_PUBLIC_KEY: a secret cannot be a NEXT_PUBLIC_ variable, which Next.js puts into the"
        " browser bundle; rename it, or move it to variables if anybody may know it",
        id="secret in the browser",
    ),
    pytest.param(
        web(secrets={"KEY": {"development": "env://SIGNING"}}),
        ".projects.web.secrets.KEY.development: there is no such key; allowed: production, preview, version, comment,"
        " sharedReason",
        id="secret on laptops",
    ),
    pytest.param(
        web(secrets={"KEY": {}}),
        ".projects.web.secrets.KEY: it has no value; give a reference for production or preview",
        id="secret without a value",
    ),
    pytest.param(
        web(variables={"KEY": {"preview": "env://SIGNING"}}),
        ".projects.web.variables.KEY.preview: a reference to a secret; move the variable to secrets",
        id="secret among variables",
    ),
    pytest.param(
        web(variables={"1KEY": {"preview": "x"}}),
        ".projects.web.variables: the key \"1KEY\" is not allowed; allowed: letters, digits and '_', not beginning with"
        " a digit",
        id="no variable name",
    ),
    pytest.param(
        drain(projects=["wep"]),
        ".logDrains.audit.projects[0]: given 'wep', which is no key of projects; did you mean web? Allowed: web",
        id="drain of an unknown project",
    ),
    pytest.param(
        drain(projects=[]),
        ".logDrains.audit.projects: given a list; allowed: a list of at least one: a name in lower case",
        id="drain of nothing",
    ),
    pytest.param(
        drain(endpoint="http://logs.acme.example"),
        ".logDrains.audit.endpoint: given a value that is not shown; allowed: an https address without credentials"
        " in it",
        id="drain without TLS",
    ),
]


@pytest.mark.parametrize(("raw", "expected"), ONE_PROBLEM)
def test_message(raw: object, expected: str) -> None:
    assert str(refusal(raw)) == f"{FILE}: {ROOT}{expected}"


def test_a_repository_of_another_owner_than_the_provider_works_on() -> None:
    raw = {**web(), "repositories": {"other/shop": {"requiredChecks": ["build"]}}}
    assert str(refusal(raw, owner="acme")) == (
        f"{FILE}: {ROOT}.repositories.other/shop: the owner is other, but github:owner is acme; the GitHub provider"
        " works on one owner"
    )


def test_every_problem_is_told_at_once() -> None:
    error = refusal({**web(domains=["shop"], nodeVersion="19.x"), "drains": {}})
    assert str(error) == "\n".join(
        [
            f"{FILE}: 3 problems",
            f'  {ROOT}.projects.web.nodeVersion: given "19.x"; allowed: one of 20.x, 22.x, 24.x',
            f'  {ROOT}.projects.web.domains[0]: given "shop"; allowed: a domain name in lower case such as'
            " shop.example.com, without scheme, path or port",
            f"  {ROOT}.drains: there is no such key; did you mean logDrains? Allowed: projects, repositories,"
            " logDrains",
        ]
    )


@pytest.mark.parametrize(
    "raw",
    [
        web(secrets=CANARY),
        web(secrets={"KEY": CANARY}),
        web(secrets={"KEY": {"production": CANARY}}),
        web(secrets={"KEY": {"production": f"sk://{CANARY}"}}),
        web(secrets={"KEY": {"production": [CANARY]}}),
        web(secrets={"KEY": {"production": f"env://{CANARY}"}}),
        web(variables={"KEY": CANARY}),
        web(variables={"KEY": [CANARY]}),
        web(password=CANARY),
        web(headers=CANARY),
        drain(signingSecret=CANARY),
        drain(headers={"Authorization": CANARY}),
        drain(headers=CANARY),
        drain(endpoint=f"https://user:{CANARY}@logs.acme.example/"),
        {"projects": {"web": CANARY}},
        CANARY,
    ],
)
def test_a_literal_in_place_of_a_reference_is_not_shown(raw: object) -> None:
    error = refusal(raw)
    chain = [error, error.__cause__]
    assert all(CANARY not in f"{link!s} {link!r}" for link in chain)
    assert error.__suppress_context__


@pytest.mark.parametrize(
    ("reference", "allowed"),
    [
        (
            "hunter2",
            "a reference to the secret and not the secret itself, such as vault://<mount>/<path>#<field> or env://NAME",
        ),
        (
            "vault://kv/shop",
            "vault://<mount>/<path>[?version=<number>]#<field>; the fragment, which names the field, is missing",
        ),
        (
            "sops://shop",
            "a reference that begins with one of env://, vault://, aws-sm://, gcp-sm://, azure-kv://, esc://; another"
            " one needs the package of its source to be installed",
        ),
        ("env://", "env://NAME"),
        ("env://a-b", "env://NAME; what stands after :// has another form"),
    ],
)
def test_what_is_no_reference(reference: str, allowed: str) -> None:
    assert str(refusal(web(secrets={"KEY": {"production": reference}}))) == (
        f"{FILE}: {ROOT}.projects.web.secrets.KEY.production: given a value that is not shown; allowed: {allowed};"
        " here for example vault://<mount>/web/production#KEY or env://WEB_KEY"
    )


@pytest.mark.parametrize("environment", [{}, {"STRIPE": ""}])
def test_a_reference_that_leads_nowhere(environment: dict[str, str]) -> None:
    error = refusal(web(secrets={"KEY": {"production": "env://STRIPE"}}), environment)
    assert str(error) == (
        f"{FILE}: {ROOT}.projects.web.secrets.KEY.production: env://STRIPE: the environment variable STRIPE"
        " is not set or empty; set it to the secret's value"
    )


@pytest.mark.parametrize(
    ("raw", "environment", "expected"),
    [
        (
            drain(),
            {"SIGNING": "s" * 31},
            ".logDrains.audit.signingSecret: env://SIGNING: the value has 31 characters; at least 32 are needed",
        ),
        (
            web(password="env://PASSWORD"),
            {"PASSWORD": "p" * 73},
            ".projects.web.password: env://PASSWORD: the value has 73 characters; 72 are allowed",
        ),
        (
            drain(headers={"Authorization": "env://TOKEN"}),
            {"SIGNING": "s" * 32, "TOKEN": "Bearer a\nb"},
            ".logDrains.audit.headers.Authorization: env://TOKEN: the value has a newline or another control character;"
            " a header value is one line",
        ),
    ],
)
def test_a_secret_that_cannot_be_used(raw: object, environment: dict[str, str], expected: str) -> None:
    assert str(refusal(raw, environment)) == f"{FILE}: {ROOT}{expected}"


def test_allowed_settings_are_taken() -> None:
    settings = load(drain(headers={"Authorization": "env://TOKEN"}), file=FILE, github_owner="acme")
    secrets = load_secrets(settings, file=FILE, environment={"SIGNING": "s" * 32, "TOKEN": "Bearer x"})
    assert {str(reference): secret.value for reference, secret in secrets.items()} == {
        "env://SIGNING": "s" * 32,
        "env://TOKEN": "Bearer x",
    }
    project = settings.projects["web"]
    assert project.repository == "acme/shop"
    assert project.production_branch == "main"
    assert project.protection == "standard_protection_new"
    assert settings.log_drains["audit"].signing_secret.root == "env://SIGNING"


@pytest.mark.parametrize(
    "domain", ["shop.acme.example", "*.acme.example", "xn--bcher-kva.example", "a.b.c.d.example", "1.acme.io"]
)
def test_domains_that_are_taken(domain: str) -> None:
    assert load(web(domains=[domain]), file=FILE).projects["web"].domains == [domain]


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "localhost",
        "192.0.2.1",
        "-a.example",
        "a-.example",
        "a..example",
        ".example",
        "a.example.",
        "A.example",
        "bücher.example",
        "a.example:443",
        "a.example/x",
        "a_b.example",
        "a.*.example",
        "a b.example",
        "a.example\n",
        f"{'a' * 64}.example",
        ".".join(["abcdefgh"] * 30) + ".example",
    ],
)
def test_domains_that_are_none(domain: str) -> None:
    assert "allowed: a domain name" in str(refusal(web(domains=[domain])))
