"""Vault, as a real server answers, and servers that do not answer as Vault does."""

import json
import os
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hvac
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from soc2_guardrails.secrets import (
    Answer,
    Failure,
    FailureKind,
    Fetched,
    Reference,
    fetch_all,
    write_only_version,
)
from tests.misbehaving_server import MisbehavingServer, Reply, Request
from tests.vault_server.server import VaultServer

CANARY = "canary-5d1e77"


def fetch(environment: Mapping[str, str], *texts: str) -> list[Answer]:
    references = [Reference.parse(text) for text in texts]
    answers = fetch_all(references, environment)
    return [answers[reference] for reference in references]


def fetched(environment: Mapping[str, str], text: str) -> Fetched:
    (answer,) = fetch(environment, text)
    assert isinstance(answer, Fetched), answer
    return answer


def refused(environment: Mapping[str, str], text: str) -> Failure:
    (answer,) = fetch(environment, text)
    assert isinstance(answer, Failure)
    assert CANARY not in repr(answer)
    return answer


@pytest.fixture
def kv(vault: VaultServer) -> str:
    return vault.key_values()


def test_a_field_with_its_version_and_date(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop/prod", key="old", other="x")
    vault.write(kv, "shop/prod", key="new", other="y")
    answer = fetched(vault.environment(), f"vault://{kv}/shop/prod#key")
    assert (answer.value, answer.version) == ("new", "2")
    assert answer.rotated is not None
    assert abs(answer.rotated - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_pinned_version(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="old")
    vault.write(kv, "shop", key="new")
    answer = fetched(vault.environment(), f"vault://{kv}/shop?version=1#key")
    assert (answer.value, answer.version) == ("old", "1")


def test_all_fields_of_a_secret_take_one_read(vault: VaultServer, kv: str, tmp_path: Path) -> None:
    vault.write(kv, "shop", **{f"field-{number}": str(number) for number in range(5)})
    log = tmp_path / "audit.log"
    device = f"file-{uuid.uuid4().hex[:8]}"
    vault.root.sys.enable_audit_device("file", path=device, options={"file_path": str(log)})
    try:
        answers = fetch(vault.environment(), *(f"vault://{kv}/shop#field-{number}" for number in range(5)))
    finally:
        vault.root.sys.disable_audit_device(device)
    assert [answer.value for answer in answers if isinstance(answer, Fetched)] == list("01234")
    paths = [json.loads(line)["request"]["path"] for line in log.read_text().splitlines()]
    assert paths.count(f"{kv}/data/shop") == 2  # of one read the request and the response


def test_an_engine_is_asked_for_once() -> None:
    with MisbehavingServer(_vault_like) as server:
        fetch(pointed_at(server.address), *(f"vault://kv/app/{number}#key" for number in range(20)))
    asked = [request.path for request in server.requests]
    assert sum("/internal/ui/mounts/" in path for path in asked) == 1
    assert len(asked) == 21


def test_a_manager_that_is_down_is_not_asked_again_for_every_secret() -> None:
    with MisbehavingServer(lambda _: Reply(503, '{"errors": ["down"]}', {"Retry-After": "0"})) as server:
        environment = pointed_at(server.address, VAULT_MAX_RETRIES="1")
        answers = fetch(environment, *(f"vault://kv/app/{number}#key" for number in range(20)))
    assert {answer.kind for answer in answers if isinstance(answer, Failure)} == {FailureKind.UNREACHABLE}
    assert sum("/internal/ui/mounts/" in request.path for request in server.requests) == 2


def test_many_secrets(vault: VaultServer, kv: str) -> None:
    for number in range(40):
        vault.write(kv, f"app/{number}", key=str(number))
    answers = fetch(vault.environment(), *(f"vault://{kv}/app/{number}#key" for number in range(40)))
    assert [answer.value for answer in answers if isinstance(answer, Fetched)] == [str(n) for n in range(40)]


def test_names_that_have_to_be_encoded(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "the shop/ü?#%", **{"a key": "value"})
    text = str(Reference("vault", f"{kv}/the shop/ü?#%", "a key"))
    assert fetched(vault.environment(), text).value == "value"


def test_an_engine_below_a_longer_path(vault: VaultServer) -> None:
    mount = vault.key_values(path=f"team/{uuid.uuid4().hex[:8]}/kv")
    vault.write(mount, "shop", key="value")
    assert fetched(vault.environment(), f"vault://{mount}/shop#key").value == "value"


def test_version_1_of_the_engine_has_no_versions(vault: VaultServer) -> None:
    mount = vault.key_values(version=1)
    vault.root.secrets.kv.v1.create_or_update_secret("shop", {"key": "value"}, mount_point=mount)
    assert fetched(vault.environment(), f"vault://{mount}/shop#key") == Fetched("value", version=None, rotated=None)
    pinned = refused(vault.environment(), f"vault://{mount}/shop?version=1#key")
    assert (pinned.kind, "keeps no versions" in pinned.text) == (FailureKind.NOT_FOUND, True)
    assert refused(vault.environment(), f"vault://{mount}/none#key").kind is FailureKind.NOT_FOUND


def test_a_rotation_changes_the_number_and_so_does_a_secret_made_anew(vault: VaultServer, kv: str) -> None:
    reference = Reference.parse(f"vault://{kv}/shop#key")

    def number() -> int | None:
        return write_only_version(reference, fetched(vault.environment(), str(reference)))

    vault.write(kv, "shop", key="one")
    first = number()
    assert number() == first
    vault.write(kv, "shop", key="two")
    second = number()
    vault.root.secrets.kv.v2.delete_metadata_and_all_versions("shop", mount_point=kv)
    vault.write(kv, "shop", key="three")
    assert len({first, second, number(), None}) == 4


def test_what_is_not_there(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key=CANARY)
    environment = vault.environment()
    assert refused(environment, f"vault://{kv}/none#key") == Failure(FailureKind.NOT_FOUND, "Vault has no such secret")
    assert refused(environment, f"vault://{kv}/shop#none") == Failure(
        FailureKind.NO_FIELD, "the secret has no field 'none'"
    )
    assert refused(environment, f"vault://{kv}/shop?version=9#key") == Failure(
        FailureKind.NOT_FOUND, "Vault has no such secret, or no version 9 of it"
    )
    unmounted = refused(environment, "vault://none/shop#key")
    assert unmounted.kind is FailureKind.DENIED
    assert unmounted.text.endswith("check the token and its policies, and whether there is such a mount")


def test_an_engine_that_is_no_key_value_engine(vault: VaultServer) -> None:
    failure = refused(vault.environment(), "vault://sys/policy#default")
    assert failure.kind is FailureKind.NOT_FOUND
    assert "not kv" in failure.text


@pytest.mark.parametrize("pin", ["", "?version=1"])
def test_a_version_that_is_gone(vault: VaultServer, kv: str, pin: str) -> None:
    vault.write(kv, "shop", key=CANARY)
    vault.root.secrets.kv.v2.delete_latest_version_of_secret("shop", mount_point=kv)
    deleted = refused(vault.environment(), f"vault://{kv}/shop{pin}#key")
    assert deleted.kind is FailureKind.DELETED
    assert "version 1 of the secret was deleted at 20" in deleted.text
    vault.root.secrets.kv.v2.destroy_secret_versions("shop", [1], mount_point=kv)
    destroyed = refused(vault.environment(), f"vault://{kv}/shop{pin}#key")
    assert destroyed == Failure(FailureKind.DELETED, "version 1 of the secret was destroyed")


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        ("", FailureKind.EMPTY, "the value is empty"),
        (4, FailureKind.NOT_TEXT, "is a number; store it as a text"),
        (None, FailureKind.NOT_TEXT, "is null"),
        (True, FailureKind.NOT_TEXT, "is true or false"),
        ({"a": CANARY}, FailureKind.NOT_TEXT, "is an object"),
        ([CANARY], FailureKind.NOT_TEXT, "is a list"),
    ],
)
def test_a_value_that_cannot_be_used(vault: VaultServer, kv: str, value: object, kind: FailureKind, told: str) -> None:
    vault.write(kv, "shop", key=value)
    failure = refused(vault.environment(), f"vault://{kv}/shop#key")
    assert failure.kind is kind
    assert told in failure.text


def test_a_wrong_token(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="value")
    failure = refused(vault.environment(VAULT_TOKEN=f"hvs.{CANARY}"), f"vault://{kv}/shop#key")
    assert failure.kind is FailureKind.DENIED
    assert "permission denied" in failure.text


def test_a_token_that_was_revoked(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="value")
    token = vault.token_with(f'path "{kv}/data/*" {{ capabilities = ["read"] }}')
    assert fetched(vault.environment(VAULT_TOKEN=token), f"vault://{kv}/shop#key").value == "value"
    vault.root.auth.token.revoke(token)
    assert refused(vault.environment(VAULT_TOKEN=token), f"vault://{kv}/shop#key").kind is FailureKind.DENIED


def test_a_token_for_another_secret(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="value")
    vault.write(kv, "bank", key=CANARY)
    token = vault.token_with(f'path "{kv}/data/shop" {{ capabilities = ["read"] }}')
    shop, bank = fetch(vault.environment(VAULT_TOKEN=token), f"vault://{kv}/shop#key", f"vault://{kv}/bank#key")
    assert isinstance(shop, Fetched)
    assert bank == Failure(FailureKind.DENIED, "Vault denies it (permission denied); check the token and its policies")


def test_the_token_that_the_command_line_left(vault: VaultServer, kv: str, tmp_path: Path) -> None:
    vault.write(kv, "shop", key="value")
    (tmp_path / ".vault-token").write_text(f"{vault.token}\n")
    environment = {"VAULT_ADDR": f"{vault.address}/", "HOME": str(tmp_path)}
    assert fetched(environment, f"vault://{kv}/shop#key").value == "value"


class AppRole:
    """An AppRole that may read one engine."""

    def __init__(self, vault: VaultServer, kv: str) -> None:
        self._vault = vault
        self.path = f"approle-{uuid.uuid4().hex[:8]}"
        vault.root.sys.enable_auth_method("approle", path=self.path)
        policy = vault.policy(f'path "{kv}/data/*" {{ capabilities = ["read"] }}')
        vault.root.auth.approle.create_or_update_approle(
            "ci", token_policies=[policy], secret_id_num_uses=1, mount_point=self.path
        )

    def environment(self) -> dict[str, str]:
        approle = self._vault.root.auth.approle
        return {
            "VAULT_ADDR": self._vault.address,
            "VAULT_ROLE_ID": approle.read_role_id("ci", mount_point=self.path)["data"]["role_id"],
            "VAULT_SECRET_ID": approle.generate_secret_id("ci", mount_point=self.path)["data"]["secret_id"],
            "VAULT_AUTH_PATH": self.path,
        }


def test_an_approle_whose_secret_id_is_for_one_use(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="value")
    environment = AppRole(vault, kv).environment()
    assert fetched(environment, f"vault://{kv}/shop#key").value == "value"
    again = refused(environment, f"vault://{kv}/shop#key")
    assert again.kind is FailureKind.NOT_AUTHENTICATED
    assert "invalid role or secret ID" in again.text or "invalid secret id" in again.text
    assert environment["VAULT_SECRET_ID"] not in again.text


def test_a_token_that_was_logged_in_for_is_revoked(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="value")
    before = set(vault.root.list("auth/token/accessors")["data"]["keys"])
    fetched(AppRole(vault, kv).environment(), f"vault://{kv}/shop#key")
    assert set(vault.root.list("auth/token/accessors")["data"]["keys"]) == before


class Issuer:
    """Signs tokens as GitHub does for its jobs, and a role of Vault that trusts it for one repository."""

    def __init__(self, vault: VaultServer, kv: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.path = f"jwt-{uuid.uuid4().hex[:8]}"
        vault.root.sys.enable_auth_method("jwt", path=self.path)
        vault.root.auth.jwt.configure(
            jwt_validation_pubkeys=[public], bound_issuer="https://ci.example", path=self.path
        )
        vault.root.auth.jwt.create_role(
            "deploy",
            role_type="jwt",
            user_claim="sub",
            allowed_redirect_uris=[],
            bound_audiences=["https://github.com/acme"],
            bound_claims={"repository": "acme/shop", "ref": "refs/heads/main"},
            token_policies=[vault.policy(f'path "{kv}/data/*" {{ capabilities = ["read"] }}')],
            path=self.path,
        )
        self._address = vault.address

    def token(self, **claims: str) -> str:
        now = int(time.time())
        content = {
            "iss": "https://ci.example",
            "aud": "https://github.com/acme",
            "sub": "repo:acme/shop:ref:refs/heads/main",
            "repository": "acme/shop",
            "ref": "refs/heads/main",
            "iat": now,
            "nbf": now - 5,
            "exp": now + 300,
            **claims,
        }
        return jwt.encode(content, self._key, "ES256")

    def environment(self, **changes: str) -> dict[str, str]:
        return {"VAULT_ADDR": self._address, "VAULT_ROLE": "deploy", "VAULT_AUTH_PATH": self.path, **changes}


def test_a_json_web_token_with_the_bound_claims(vault: VaultServer, kv: str, tmp_path: Path) -> None:
    vault.write(kv, "shop", key="value")
    issuer = Issuer(vault, kv)
    assert fetched(issuer.environment(VAULT_JWT=issuer.token()), f"vault://{kv}/shop#key").value == "value"
    file = tmp_path / "token"
    file.write_text(f"{issuer.token()}\n")
    assert fetched(issuer.environment(VAULT_JWT_FILE=str(file)), f"vault://{kv}/shop#key").value == "value"


@pytest.mark.parametrize(
    "claims",
    [
        {"repository": "acme/other"},
        {"ref": "refs/heads/feature"},
        {"aud": "https://github.com/other"},
        {"iss": "https://other.example"},
    ],
)
def test_a_json_web_token_of_somebody_else(vault: VaultServer, kv: str, claims: dict[str, str]) -> None:
    vault.write(kv, "shop", key=CANARY)
    issuer = Issuer(vault, kv)
    token = issuer.token(**claims)
    failure = refused(issuer.environment(VAULT_JWT=token), f"vault://{kv}/shop#key")
    assert failure.kind is FailureKind.NOT_AUTHENTICATED
    assert failure.text.startswith("the login failed: Vault ")
    assert token not in failure.text


def test_a_job_of_github_actions(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="value")
    issuer = Issuer(vault, kv)

    def answer(request: Request) -> Reply:
        authorized = request.headers.get("authorization") == f"bearer {CANARY}"
        asked = request.path == "/token?version=2&audience=https%3A%2F%2Fgithub.com%2Facme"
        return Reply(body=json.dumps({"value": issuer.token()})) if authorized and asked else Reply(401)

    with MisbehavingServer(answer) as github:
        environment = issuer.environment(
            ACTIONS_ID_TOKEN_REQUEST_URL=f"{github.address}/token?version=2",
            ACTIONS_ID_TOKEN_REQUEST_TOKEN=CANARY,
            VAULT_JWT_AUDIENCE="https://github.com/acme",
        )
        assert fetched(environment, f"vault://{kv}/shop#key").value == "value"
        without = {name: value for name, value in environment.items() if name != "VAULT_JWT_AUDIENCE"}
        failure = refused(without, f"vault://{kv}/shop#key")
    assert failure == Failure(FailureKind.NOT_AUTHENTICATED, "GitHub Actions gave no identity token: HTTPError")


def test_a_sealed_vault(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="value")
    vault.seal()
    try:
        failure = refused(vault.environment(VAULT_MAX_RETRIES="0"), f"vault://{kv}/shop#key")
    finally:
        vault.unseal()
    assert failure == Failure(FailureKind.SEALED, "Vault is sealed (Vault is sealed); unseal it")


def test_a_quota_of_a_real_server(vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="value")
    name = f"quota-{uuid.uuid4().hex[:8]}"
    vault.root.write_data(f"sys/quotas/rate-limit/{name}", data={"path": f"{kv}/", "rate": 0.001})
    try:
        fetch(vault.environment(VAULT_MAX_RETRIES="0"), f"vault://{kv}/shop#key")  # takes what the quota has
        failure = refused(vault.environment(VAULT_MAX_RETRIES="0"), f"vault://{kv}/shop#key")
    finally:
        vault.root.delete(f"sys/quotas/rate-limit/{name}")
    assert failure.kind is FailureKind.THROTTLED


MOUNT = json.dumps({"data": {"path": "kv/", "type": "kv", "options": {"version": "2"}}})
SECRET = json.dumps(
    {"data": {"data": {"key": "value"}, "metadata": {"version": 3, "created_time": "2026-11-02T10:30:00.5Z"}}}
)


def _vault_like(request: Request) -> Reply:
    return Reply(body=MOUNT if "/internal/ui/mounts/" in request.path else SECRET)


def pointed_at(address: str, **changes: str) -> dict[str, str]:
    return {"VAULT_ADDR": address, "VAULT_TOKEN": "token", **changes}


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_error_that_passes_is_waited_for(status: int) -> None:
    left = [status, status]

    def answer(request: Request) -> Reply:
        if "/data/" in request.path and left:
            return Reply(left.pop(), '{"errors": ["busy"]}', {"Retry-After": "0"})
        return _vault_like(request)

    with MisbehavingServer(answer) as server:
        assert fetched(pointed_at(server.address), "vault://kv/shop#key") == Fetched(
            "value", "3", datetime(2026, 11, 2, 10, 30, 0, 500_000, tzinfo=UTC)
        )
    assert not left


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (429, FailureKind.THROTTLED, "too many requests (busy), at several attempts"),
        (500, FailureKind.UNREACHABLE, "not available (busy)"),
        (503, FailureKind.UNREACHABLE, "not available (busy)"),
        (400, FailureKind.REFUSED, "refuses the request (busy)"),
        (418, FailureKind.REFUSED, "refuses the request (busy)"),
    ],
)
def test_an_error_that_does_not_pass(status: int, kind: FailureKind, told: str) -> None:
    body = '{"errors": ["busy"]}'
    with MisbehavingServer(lambda _: Reply(status, body, {"Retry-After": "0"})) as server:
        failure = refused(pointed_at(server.address), "vault://kv/shop#key")
    assert failure.kind is kind
    assert told in failure.text


def test_a_server_cannot_make_a_run_wait_for_hours() -> None:
    begun = time.monotonic()
    with MisbehavingServer(lambda _: Reply(429, '{"errors": []}', {"Retry-After": "36000"})) as server:
        failure = refused(pointed_at(server.address, VAULT_MAX_RETRIES="1"), "vault://kv/shop#key")
    assert failure.kind is FailureKind.THROTTLED
    assert time.monotonic() - begun < 60


def test_a_login_is_not_repeated_where_it_may_have_been_done() -> None:
    with MisbehavingServer(lambda _: Reply(500, '{"errors": ["lost"]}')) as server:
        environment = {"VAULT_ADDR": server.address, "VAULT_ROLE_ID": "role", "VAULT_SECRET_ID": CANARY}
        failure = refused(environment, "vault://kv/shop#key")
    assert failure.kind is FailureKind.UNREACHABLE
    assert [request.path for request in server.requests] == ["/v1/auth/approle/login"]


def test_a_server_that_hangs() -> None:
    with MisbehavingServer(lambda _: Reply(hang=True)) as server:
        environment = pointed_at(server.address, VAULT_CLIENT_TIMEOUT="1s", VAULT_MAX_RETRIES="1")
        failure = refused(environment, "vault://kv/shop#key")
    assert failure == Failure(FailureKind.TIMED_OUT, f"{server.address} did not answer in time, at several attempts")


def test_nobody_is_there() -> None:
    with MisbehavingServer(_vault_like) as server:
        address = server.address
    failure = refused(pointed_at(address, VAULT_MAX_RETRIES="0"), "vault://kv/shop#key")
    assert failure.kind is FailureKind.UNREACHABLE
    assert f"there is no connection to {address}" in failure.text


@pytest.mark.parametrize("place", ["/internal/ui/mounts/", "/data/"])
@pytest.mark.parametrize("body", [f"<html>{CANARY}</html>", f'"{CANARY}"', "[]", '{"data": null}', '{"data": {}}'])
def test_an_answer_that_is_not_vault_s(body: str, place: str) -> None:
    def answer(request: Request) -> Reply:
        return Reply(body=body) if place in request.path else _vault_like(request)

    with MisbehavingServer(answer) as server:
        failure = refused(pointed_at(server.address), "vault://kv/shop#key")
    assert failure.kind is FailureKind.NOT_JSON
    assert "the answer is not JSON of Vault's" in failure.text


def test_a_page_of_a_proxy_is_not_repeated() -> None:
    with MisbehavingServer(lambda _: Reply(403, f"<html>{CANARY}</html>", {"Content-Type": "text/html"})) as server:
        failure = refused(pointed_at(server.address), "vault://kv/shop#key")
    assert failure.kind is FailureKind.DENIED


def test_words_of_vault_that_quote_a_value_are_told_without_it() -> None:
    def answer(request: Request) -> Reply:
        if "/data/other" in request.path:
            return Reply(400, json.dumps({"errors": [f"cannot use {CANARY} with token hvs.0123456789"]}))
        return _vault_like(request) if "/mounts/" in request.path else Reply(body=SECRET.replace("value", CANARY))

    with MisbehavingServer(answer) as server:
        environment = pointed_at(server.address, VAULT_TOKEN="hvs.0123456789")
        good, bad = fetch(environment, "vault://kv/shop#key", "vault://kv/other#key")
    assert isinstance(good, Fetched)
    assert bad == Failure(FailureKind.REFUSED, "Vault refuses the request (cannot use [secret] with token [secret])")


def test_a_namespace_goes_with_every_request() -> None:
    """The server that tests run has no namespaces, which are of Vault Enterprise, so only what is asked is seen."""

    def answer(request: Request) -> Reply:
        if request.path.startswith("/v1/auth/"):
            return Reply(body=json.dumps({"auth": {"client_token": "token"}}))
        return _vault_like(request)

    with MisbehavingServer(answer) as server:
        environment = {
            "VAULT_ADDR": server.address,
            "VAULT_NAMESPACE": "team/shop",
            "VAULT_ROLE_ID": "role",
            "VAULT_SECRET_ID": "secret",
        }
        assert fetched(environment, "vault://kv/shop#key").value == "value"
    assert [request.path for request in server.requests] == [
        "/v1/auth/approle/login",
        "/v1/sys/internal/ui/mounts/kv/shop",
        "/v1/kv/data/shop",
        "/v1/auth/token/revoke-self",
    ]
    assert {request.headers.get("x-vault-namespace") for request in server.requests} == {"team/shop"}


@pytest.mark.parametrize(
    ("environment", "kind", "told"),
    [
        ({}, FailureKind.NOT_CONFIGURED, "VAULT_ADDR is not set"),
        ({"VAULT_ADDR": "vault.example.com"}, FailureKind.NOT_CONFIGURED, "VAULT_ADDR is no address"),
        ({"VAULT_ADDR": "https://[x"}, FailureKind.NOT_CONFIGURED, "VAULT_ADDR is no address"),
        ({"VAULT_ADDR": "http://vault.example.com"}, FailureKind.NOT_CONFIGURED, "use https://"),
        ({"VAULT_ADDR": f"https://me:{CANARY}@vault.example.com"}, FailureKind.NOT_CONFIGURED, "leave them out"),
        (
            {"VAULT_ADDR": "https://vault.example.com", "VAULT_CLIENT_TIMEOUT": "soon"},
            FailureKind.NOT_CONFIGURED,
            "VAULT_CLIENT_TIMEOUT takes seconds",
        ),
        ({"VAULT_ADDR": "https://vault.example.com"}, FailureKind.NOT_AUTHENTICATED, "set VAULT_TOKEN, or"),
        (
            {"VAULT_ADDR": "https://vault.example.com", "VAULT_ROLE": "ci"},
            FailureKind.NOT_AUTHENTICATED,
            "there is no JSON web token",
        ),
        (
            {"VAULT_ADDR": "https://vault.example.com", "VAULT_ROLE": "ci", "VAULT_JWT_FILE": "/none"},
            FailureKind.NOT_AUTHENTICATED,
            "VAULT_JWT_FILE /none cannot be read: FileNotFoundError",
        ),
    ],
)
def test_settings_that_do_not_do(environment: dict[str, str], kind: FailureKind, told: str) -> None:
    failure = refused(environment, "vault://kv/shop#key")
    assert failure.kind is kind
    assert told in failure.text


def test_only_the_given_environment_counts(monkeypatch: pytest.MonkeyPatch, vault: VaultServer, kv: str) -> None:
    vault.write(kv, "shop", key="value")
    for name, value in vault.environment().items():
        monkeypatch.setenv(name, value)
    assert fetched(os.environ, f"vault://{kv}/shop#key").value == "value"
    assert refused({}, f"vault://{kv}/shop#key").kind is FailureKind.NOT_CONFIGURED
    assert refused({"VAULT_ADDR": vault.address}, f"vault://{kv}/shop#key").kind is FailureKind.NOT_AUTHENTICATED
    assert hvac.Client().token == vault.token  # which is what the library itself would have taken
