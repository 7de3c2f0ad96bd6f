"""Azure Key Vault: the official clients for secrets and identities, over HTTPS, against a server that challenges."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient

from soc2_guardrails.secrets import Answer, Failure, FailureKind, Fetched, Reference
from soc2_guardrails.secrets.sources import azure
from soc2_guardrails.secrets.sources.azure import AzureSource

from .endpoint import Asked, Endpoint, Said, certificate, serving

CANARY = "canary-5b77e1"
CREATED = datetime(2026, 10, 1, 12, 30, 15, tzinfo=UTC)
OLD, NEW = "0" * 32, "a1" * 16
TOKEN = "token-of-the-tenant"
CLIENT_SECRET = "secret-of-the-client"


@dataclass
class KeyVault:
    """A vault and the token endpoint of its tenant in one server."""

    secrets: dict[str, dict[str, str]]
    refusals: list[Said] = field(default_factory=list)
    signs_in: bool = True
    address: str = ""

    def answer(self, asked: Asked) -> Said:
        url = urlsplit(asked.path)
        if url.path.startswith("/tenant/"):
            return self._token(asked)
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            challenge = f'Bearer authorization="{self.address}/tenant", resource="https://vault.azure.net"'
            return Said(401, {"error": {"code": "Unauthorized"}}, {"WWW-Authenticate": challenge})
        if self.refusals:
            return self.refusals.pop(0)
        _, _, name, *rest = url.path.split("/")
        versions = self.secrets.get(name, {})
        version = rest[0] if rest and rest[0] else next(reversed(versions), "")
        if version not in versions:
            return refusal(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")
        created = int(CREATED.timestamp())
        return Said(
            200,
            {
                "value": versions[version],
                "id": f"{self.address}/secrets/{name}/{version}",
                "attributes": {"enabled": True, "created": created, "updated": created},
            },
        )

    def _token(self, asked: Asked) -> Said:
        if asked.path.endswith("/openid-configuration"):
            at = f"{self.address}/tenant"
            return Said(
                200,
                {
                    "issuer": f"{at}/v2.0",
                    "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{at}/oauth2/v2.0/token",
                },
            )
        given = parse_qs(asked.body)
        if not self.signs_in or given["client_secret"] != [CLIENT_SECRET]:
            told = "AADSTS7000215: Invalid client secret provided."
            return Said(401, {"error": "invalid_client", "error_description": told})
        assert given["scope"] == ["https://vault.azure.net/.default"]
        return Said(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": TOKEN})


def refusal(status: int, code: str, message: str, inner: str | None = None) -> Said:
    error: dict[str, object] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner}
    return Said(status, {"error": error}, {"Retry-After": "0"} if status == 429 else {})


@pytest.fixture
def vault() -> KeyVault:
    return KeyVault(
        {
            "stripe": {OLD: "old", NEW: CANARY},
            "all": {NEW: f'{{"stripe": "{CANARY}", "count": 3}}'},
        }
    )


@pytest.fixture
def fetch(vault: KeyVault, tmp_path: Path) -> Callable[..., list[Answer]]:
    def fetch(*texts: str, **options: Any) -> list[Answer]:
        references = [Reference.parse(text) for text in texts]
        pem = certificate(tmp_path)
        with serving(vault.answer, pem) as endpoint:
            vault.address = endpoint.address
            answers = AzureSource({}, connect=connecting(endpoint, pem, **options)).fetch(references)
            asked.extend(endpoint.asked)
        assert set(answers) == set(references)
        return [answers[reference] for reference in references]

    asked.clear()
    return fetch


asked: list[Asked] = []


def connecting(endpoint: Endpoint, pem: Path, **options: Any) -> Callable[[str], SecretClient]:
    credential = ClientSecretCredential(
        "tenant",
        "client",
        CLIENT_SECRET,
        authority=endpoint.address,
        disable_instance_discovery=True,
        connection_verify=str(pem),
    )

    def connect(name: str) -> SecretClient:
        # Without a name in public DNS the vault cannot be in the domain that its challenge speaks of.
        return SecretClient(
            f"{endpoint.address}/",
            credential,
            verify_challenge_resource=False,
            connection_verify=str(pem),
            **{"retry_total": 2, "retry_backoff_factor": 0.01, "connection_timeout": 2, "read_timeout": 2, **options},
        )

    return connect


def failure(answer: Answer) -> Failure:
    assert isinstance(answer, Failure)
    assert all(secret not in answer.text for secret in (CANARY, TOKEN, CLIENT_SECRET))
    return answer


def test_a_challenge_is_answered_and_a_value_comes_with_its_version_and_date(
    fetch: Callable[..., list[Answer]],
) -> None:
    assert fetch("azure-kv://shop/stripe") == [Fetched(CANARY, NEW, CREATED)]
    paths = [urlsplit(each.path).path for each in asked]
    assert paths[0] == paths[-1] == "/secrets/stripe/"
    assert "Authorization" not in asked[0].headers
    assert any(path.endswith("/token") for path in paths)


def test_a_version_can_be_pinned_and_a_key_be_named(fetch: Callable[..., list[Answer]]) -> None:
    pinned, named = fetch(f"azure-kv://shop/stripe?version={OLD}", "azure-kv://shop/all#stripe")
    assert pinned == Fetched("old", OLD, CREATED)
    assert named == Fetched(CANARY, NEW, CREATED)


def test_each_version_is_read_once_however_many_keys_are_wanted(fetch: Callable[..., list[Answer]]) -> None:
    fetch("azure-kv://shop/all#stripe", "azure-kv://shop/all")
    assert sum("Authorization" in each.headers for each in asked if each.path.startswith("/secrets/all")) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(vault: KeyVault, fetch: Callable[..., list[Answer]], status: int) -> None:
    vault.refusals = [refusal(status, "Later", "not now")] * 2
    assert fetch("azure-kv://shop/stripe") == [Fetched(CANARY, NEW, CREATED)]


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        (refusal(403, "Forbidden", "The user has no secrets get permission"), FailureKind.DENIED, "no secrets get"),
        (
            refusal(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled"),
            FailureKind.DELETED,
            "on a disabled secret",
        ),
        (refusal(400, "BadParameter", "is not a valid version"), FailureKind.REFUSED, "is not a valid version"),
        (refusal(429, "Throttled", "too many"), FailureKind.THROTTLED, "too many"),
        (refusal(503, "Down", "later"), FailureKind.UNREACHABLE, "later"),
        (Said(502, f"<html>{CANARY}</html>"), FailureKind.UNREACHABLE, "Key Vault answers 502"),
    ],
)
def test_a_refusal_says_what_azure_said(
    vault: KeyVault, fetch: Callable[..., list[Answer]], said: Said, kind: FailureKind, text: str
) -> None:
    vault.refusals = [said] * 10
    told = failure(*fetch("azure-kv://shop/stripe"))
    assert told.kind is kind, told.text
    assert text in told.text


def test_an_answer_that_does_not_come_is_a_failure(vault: KeyVault, fetch: Callable[..., list[Answer]]) -> None:
    vault.refusals = [Said(200, {}, after_seconds=30)] * 10
    began = time.monotonic()
    assert failure(*fetch("azure-kv://shop/stripe", read_timeout=0.3)).kind is FailureKind.TIMED_OUT
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("reference", "kind", "text"),
    [
        ("azure-kv://shop/nothing", FailureKind.NOT_FOUND, "was not found in this key vault"),
        (f"azure-kv://shop/stripe?version={'f' * 32}", FailureKind.NOT_FOUND, "was not found in this key vault"),
        ("azure-kv://shop/stripe#key", FailureKind.NOT_JSON, "the secret is not JSON"),
        ("azure-kv://shop/all#paypal", FailureKind.NO_FIELD, "has no key 'paypal'"),
    ],
)
def test_what_cannot_be_used_says_why_and_spares_the_others(
    fetch: Callable[..., list[Answer]], reference: str, kind: FailureKind, text: str
) -> None:
    bad, good = fetch(reference, "azure-kv://shop/stripe")
    assert failure(bad).kind is kind
    assert text in failure(bad).text
    assert good == Fetched(CANARY, NEW, CREATED)


def test_credentials_that_do_not_work_say_how_to_get_others(
    vault: KeyVault, fetch: Callable[..., list[Answer]]
) -> None:
    vault.signs_in = False
    told = failure(*fetch("azure-kv://shop/stripe"))
    assert told.kind is FailureKind.NOT_AUTHENTICATED
    assert "az login" in told.text


def test_nobody_there_is_a_failure(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    reference = Reference.parse("azure-kv://shop/stripe")
    gone = Endpoint("https://127.0.0.1:1")
    told = failure(AzureSource({}, connect=connecting(gone, pem, retry_total=0)).fetch([reference])[reference])
    assert told.kind is FailureKind.UNREACHABLE


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({}, "https://shop.vault.azure.net"),
        ({"AZURE_KEYVAULT_DNS_SUFFIX": "vault.azure.cn"}, "https://shop.vault.azure.cn"),
    ],
)
def test_a_vault_is_found_by_its_name_with_the_default_credentials(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], host: str
) -> None:
    class Credential:
        def get_token(self, *scopes: str, **options: object) -> object:
            raise ClientAuthenticationError("nobody is signed in")

    made: list[str] = []

    class Client(SecretClient):
        def __init__(self, vault_url: str, credential: object, **options: Any) -> None:
            made.append(vault_url)
            assert isinstance(credential, Credential)
            super().__init__(vault_url, credential, **options)  # type: ignore[arg-type]

        def get_secret(self, *args: Any, **options: Any) -> Any:
            raise ClientAuthenticationError("nobody is signed in")

    monkeypatch.setattr(azure, "DefaultAzureCredential", Credential)
    monkeypatch.setattr(azure, "SecretClient", Client)
    reference = Reference.parse("azure-kv://shop/stripe")
    assert failure(AzureSource(environment).fetch([reference])[reference]).kind is FailureKind.NOT_AUTHENTICATED
    assert made == [host]
