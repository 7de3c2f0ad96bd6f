"""What stack files say of secrets: literals, references that reach too far, and secrets that cannot be read."""

from pathlib import Path
from typing import Any

import pytest

from soc2_guardrails.settings import SettingsError, load, load_secrets, load_stack_file, read_document
from tests.vault_server.server import VaultServer

FILE = "stacks/Pulumi.shop.yaml"
ROOT = "config.soc2-guardrails:settings"
CANARY = "canary-e3b9d2"
STRIPE = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


def web(**settings: Any) -> dict[str, Any]:
    return {"projects": {"web": {"repository": "acme/shop", **settings}}}


def refusal(raw: object) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(raw, file=FILE)
    return caught.value


def given(vault: str) -> dict[str, dict[str, str]]:
    return {"OTHER": {"production": vault, "preview": vault.replace("prod", "preview")}}


@pytest.mark.parametrize(
    ("others", "target", "mend"),
    [
        ({}, "production", "vault://<mount>/web/production#STRIPE_KEY or env://WEB_STRIPE_KEY"),
        ({}, "preview", "vault://<mount>/web/preview#STRIPE_KEY or env://WEB_PREVIEW_STRIPE_KEY"),
        (given("vault://kv/shop/prod?version=3#x"), "production", "vault://kv/shop/prod#STRIPE_KEY"),
        (given("vault://kv/shop/prod#x"), "preview", "vault://kv/shop/preview#STRIPE_KEY"),
        (given("aws-sm://shop-prod"), "production", "aws-sm://shop-prod-stripe_key"),
        (given("env://PROD_OTHER"), "production", "env://WEB_STRIPE_KEY"),
    ],
)
def test_a_literal_is_refused_with_the_reference_that_mends_it(others: Any, target: str, mend: str) -> None:
    error = str(refusal(web(secrets={**others, "STRIPE_KEY": {target: STRIPE}})))
    assert error.startswith(
        f"{FILE}: {ROOT}.projects.web.secrets.STRIPE_KEY.{target}: given a value that is not shown;"
    )
    assert error.endswith(f"; here for example {mend}")
    assert STRIPE not in error


MENDED = "replace it, store the new one in a secret manager and write in its place secrets: "


@pytest.mark.parametrize(
    ("raw", "where", "mend"),
    [
        (
            web(variables={"BILLING": {"preview": STRIPE}}),
            "projects.web.variables.BILLING.preview",
            f"{MENDED}BILLING: preview: vault://<mount>/web/preview#BILLING or env://WEB_PREVIEW_BILLING",
        ),
        (
            web(variables={"BILLING": {"development": STRIPE}}, secrets={"A": {"production": "vault://kv/shop#A"}}),
            "projects.web.variables.BILLING.development",
            f"{MENDED}BILLING: production: vault://kv/shop#BILLING",
        ),
        (
            web(secrets={"KEY": {"production": "env://KEY", "comment": f"was {STRIPE}"}}),
            "projects.web.secrets.KEY.comment",
            f"{MENDED}KEY: production: env://WEB_KEY",
        ),
        (
            web(headers={"extraHeaders": {"X-Key": STRIPE}}),
            "projects.web.headers.extraHeaders.X-Key",
            "replace it, and take it out",
        ),
        (
            {**web(), "repositories": {"acme/shop": {"requiredChecks": ["a"], "description": STRIPE}}},
            "repositories.acme/shop.description",
            "replace it, and take it out",
        ),
    ],
)
def test_a_secret_among_what_anybody_may_read(raw: object, where: str, mend: str) -> None:
    assert str(refusal(raw)) == (
        f"{FILE}: {ROOT}.{where}: it is a Stripe secret key, which everybody who reads this file has now; {mend}"
    )


@pytest.mark.parametrize("reference", ["env://KEY", "vault://kv/shop#key", "aws-sm://shop"])
def test_a_reference_among_plain_variables(reference: str) -> None:
    error = refusal(web(variables={"KEY": {"preview": reference}}))
    assert str(error) == (
        f"{FILE}: {ROOT}.projects.web.variables.KEY.preview: a reference to a secret; move the variable to secrets"
    )


SHARED = [
    pytest.param("vault://kv/shop#key", "vault://kv/shop#key", id="the same"),
    pytest.param("vault://kv/shop#key", "vault://kv/shop?version=3#key", id="another version"),
    pytest.param("aws-sm://shop#key", "aws-sm://shop", id="all of what holds it"),
    pytest.param("aws-sm://shop?stage=AWSCURRENT", "aws-sm://shop?stage=AWSPREVIOUS", id="another stage"),
]


@pytest.mark.parametrize(("production", "preview"), SHARED)
def test_production_and_previews_share_no_secret(production: str, preview: str) -> None:
    error = refusal(web(secrets={"KEY": {"production": production, "preview": preview}}))
    assert str(error) == (
        f"{FILE}: {ROOT}.projects.web.secrets.KEY.preview: projects.web.secrets.KEY.production has the same secret;"
        " give previews one of their own, or say under sharedReason why they need this one"
    )


@pytest.mark.parametrize(("production", "preview"), SHARED)
def test_they_share_one_with_a_reason(production: str, preview: str) -> None:
    shared = {"production": production, "preview": preview, "sharedReason": "one account of the supplier"}
    assert load(web(secrets={"KEY": shared}), file=FILE).projects["web"].secrets["KEY"].shared_reason


def test_secrets_of_other_variables_projects_and_drains_count() -> None:
    raw: dict[str, Any] = {
        "projects": {
            "web": {
                "repository": "acme/shop",
                "password": "env://PASSWORD",
                "secrets": {
                    "A": {"production": "env://PRODUCTION"},
                    "B": {"preview": "env://PRODUCTION"},
                    "C": {"preview": "env://PASSWORD"},
                    "D": {"preview": "env://SIGNING"},
                },
            },
            "admin": {"repository": "acme/admin", "secrets": {"A": {"preview": "env://PRODUCTION"}}},
        },
        "logDrains": {
            "audit": {"projects": ["web"], "endpoint": "https://a.example", "signingSecret": "env://SIGNING"}
        },
    }
    lines = refusal(raw).lines
    assert [line.removeprefix(f"{ROOT}.").partition(" has ")[0] for line in lines] == [
        "projects.web.secrets.B.preview: projects.web.secrets.A.production",
        "projects.web.secrets.C.preview: projects.web.password",
        "projects.web.secrets.D.preview: logDrains.audit.signingSecret",
        "projects.admin.secrets.A.preview: projects.web.secrets.A.production",
    ]


@pytest.mark.parametrize("preview", [None, "vault://kv/shop#preview", "vault://kv/shop-preview#key"])
def test_a_reason_without_anything_shared(preview: str | None) -> None:
    secret = {"production": "vault://kv/shop#key", "sharedReason": "why not"} | (
        {"preview": preview} if preview else {}
    )
    error = refusal(web(secrets={"KEY": secret}))
    assert str(error) == (f"{FILE}: {ROOT}.projects.web.secrets.KEY.sharedReason: nothing is shared; take it out")


STACK_FILE = """\
config:
  soc2-guardrails:settings:
    projects:
      web:
        repository: acme/shop
        secrets:
          GOOD:
            production: vault://{kv}/shop#key
          ABSENT:
            production: vault://{kv}/none#key
            preview: vault://{kv}/shop#none
          UNSET:
            production: env://UNSET
          EMPTY:
            production: vault://{kv}/shop#empty
"""


def test_every_secret_that_cannot_be_read_is_told_with_its_line(vault: VaultServer, tmp_path: Path) -> None:
    kv = vault.key_values()
    vault.write(kv, "shop", key=CANARY, empty="")
    folder = tmp_path / "stacks"
    folder.mkdir()
    (folder / "Pulumi.shop.yaml").write_text(STACK_FILE.format(kv=kv))
    with pytest.raises(SettingsError) as caught:
        load_stack_file(folder, "shop", vault.environment())
    at = f"{ROOT}.projects.web.secrets"
    assert str(caught.value).splitlines() == [
        f"{FILE}: 4 problems",
        f"  line 10: {at}.ABSENT.production: vault://{kv}/none#key: Vault has no such secret",
        f"  line 11: {at}.ABSENT.preview: vault://{kv}/shop#none: the secret has no field 'none'",
        f"  line 13: {at}.UNSET.production: env://UNSET: the environment variable UNSET is not set or empty; set it to"
        " the secret's value",
        f"  line 15: {at}.EMPTY.production: vault://{kv}/shop#empty: the value is empty; store the secret's value",
    ]
    assert caught.value.__suppress_context__


def test_secrets_are_read_once_and_given_by_reference(vault: VaultServer) -> None:
    kv = vault.key_values()
    vault.write(kv, "shop", key=CANARY)
    raw = web(secrets={name: {"production": f"vault://{kv}/shop#key"} for name in ("A", "B")})
    secrets = load_secrets(load(raw, file=FILE), file=FILE, environment=vault.environment())
    assert {str(reference): (found.value, found.version) for reference, found in secrets.items()} == {
        f"vault://{kv}/shop#key": (CANARY, "1")
    }
    assert CANARY not in repr(secrets)


def test_a_refused_stack_file_reads_no_secret(tmp_path: Path) -> None:
    folder = tmp_path / "stacks"
    folder.mkdir()
    (folder / "Pulumi.shop.yaml").write_text(
        STACK_FILE.format(kv="kv").replace("repository: acme/shop", "repository: shop")
    )
    with pytest.raises(SettingsError) as caught:
        load_stack_file(folder, "shop", {})
    assert "line 5: " in str(caught.value)
    assert "VAULT_ADDR" not in str(caught.value)


def test_lines_are_those_of_the_nearest_key(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.shop.yaml"
    path.write_text("config:\n  soc2-guardrails:settings:\n    projects:\n      web: {}\n")
    with pytest.raises(SettingsError) as caught:
        load({"projects": {"web": {}}}, file=FILE, document=read_document(path, FILE))
    assert (
        str(caught.value)
        == f"{FILE}: line 4: {ROOT}.projects.web.repository: is missing; needed: a GitHub repository as owner/name"
    )
