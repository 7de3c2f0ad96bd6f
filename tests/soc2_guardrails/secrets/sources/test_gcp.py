"""Google Secret Manager: the official client, over gRPC, against a server with Google's own messages."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.cloud.secretmanager_v1 import SecretManagerServiceClient
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport
from google.cloud.secretmanager_v1.types import resources, service

from soc2_guardrails.secrets import Answer, Failure, FailureKind, Fetched, Reference
from soc2_guardrails.secrets.sources.gcp import GcpSource

CANARY = "canary-8e1f02"
CREATED = datetime(2026, 10, 1, 12, 30, 15, tzinfo=UTC)
SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"


class SecretManager:
    """A server with versions by name; what it is told to refuse, it refuses."""

    def __init__(self, versions: dict[str, bytes]) -> None:
        self.versions = versions
        self.refusals: list[tuple[grpc.StatusCode, str]] = []
        self.refusals_of_dates: list[tuple[grpc.StatusCode, str]] = []
        self.hang_seconds = 0.0
        self.asked: list[str] = []

    def access(
        self, request: service.AccessSecretVersionRequest, context: grpc.ServicerContext
    ) -> service.AccessSecretVersionResponse:
        self.asked.append(request.name)
        time.sleep(self.hang_seconds)
        if self.refusals:
            context.abort(*self.refusals.pop(0))
        secret, _, version = request.name.partition("/versions/")
        known = [name for name in self.versions if name.startswith(f"{secret}/versions/")]
        name = known[-1] if known and version == "latest" else request.name
        if name not in self.versions:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret [{secret}] not found or has no versions.")
        return service.AccessSecretVersionResponse(
            # Google answers with the number of the project, whatever it was asked by.
            name=name.replace("projects/shop/", "projects/1234567890/"),
            payload=resources.SecretPayload(data=self.versions[name]),
        )

    def get(self, request: service.GetSecretVersionRequest, context: grpc.ServicerContext) -> resources.SecretVersion:
        self.asked.append(f"date of {request.name}")
        if self.refusals_of_dates:
            context.abort(*self.refusals_of_dates.pop(0))
        return resources.SecretVersion(name=request.name, create_time=CREATED)

    @contextmanager
    def serving(self) -> Iterator[Callable[[], SecretManagerServiceClient]]:
        def method(behaviour: Callable[..., Any], request: Any, response: Any) -> "grpc.RpcMethodHandler[Any, Any]":
            return grpc.unary_unary_rpc_method_handler(
                behaviour, request_deserializer=request.deserialize, response_serializer=response.serialize
            )

        server = grpc.server(ThreadPoolExecutor(8))
        handlers = {
            "AccessSecretVersion": method(
                self.access, service.AccessSecretVersionRequest, service.AccessSecretVersionResponse
            ),
            "GetSecretVersion": method(self.get, service.GetSecretVersionRequest, resources.SecretVersion),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()

        def connect() -> SecretManagerServiceClient:
            channel = grpc.insecure_channel(f"127.0.0.1:{port}")
            return SecretManagerServiceClient(transport=SecretManagerServiceGrpcTransport(channel=channel))

        yield connect
        server.stop(grace=0).wait()


@pytest.fixture
def manager() -> SecretManager:
    return SecretManager(
        {
            "projects/shop/secrets/stripe/versions/1": b"old",
            "projects/shop/secrets/stripe/versions/7": CANARY.encode(),
            "projects/shop/secrets/all/versions/2": f'{{"stripe": "{CANARY}", "count": 3}}'.encode(),
            "projects/shop/secrets/text/versions/1": CANARY.encode(),
            "projects/shop/secrets/binary/versions/1": b"\xff\xfe" + CANARY.encode(),
        }
    )


def fetch(manager: SecretManager, *texts: str, seconds: float = 10) -> list[Answer]:
    references = [Reference.parse(text) for text in texts]
    with manager.serving() as connect:
        answers = GcpSource({}, connect=connect, seconds=seconds).fetch(references)
    assert set(answers) == set(references)
    return [answers[reference] for reference in references]


def failure(answer: Answer) -> Failure:
    assert isinstance(answer, Failure)
    assert CANARY not in answer.text
    return answer


def test_a_value_comes_with_its_version_and_its_date(manager: SecretManager) -> None:
    assert fetch(manager, "gcp-sm://shop/stripe") == [Fetched(CANARY, "7", CREATED)]
    assert manager.asked == [
        "projects/shop/secrets/stripe/versions/latest",
        "date of projects/1234567890/secrets/stripe/versions/7",
    ]


def test_a_version_can_be_pinned_and_a_key_be_named(manager: SecretManager) -> None:
    pinned, field = fetch(manager, "gcp-sm://shop/stripe?version=1", "gcp-sm://shop/all#stripe")
    assert pinned == Fetched("old", "1", CREATED)
    assert field == Fetched(CANARY, "2", CREATED)


def test_each_version_is_read_once_however_many_keys_are_wanted(manager: SecretManager) -> None:
    fetch(manager, "gcp-sm://shop/all#stripe", "gcp-sm://shop/all", "gcp-sm://shop/all#count")
    assert manager.asked.count("projects/shop/secrets/all/versions/latest") == 1


@pytest.mark.parametrize("code", [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND])
def test_who_may_only_read_values_gets_no_date(manager: SecretManager, code: grpc.StatusCode) -> None:
    manager.refusals_of_dates = [(code, "secretmanager.versions.get denied")]
    assert fetch(manager, "gcp-sm://shop/stripe") == [Fetched(CANARY, "7", None)]


@pytest.mark.parametrize("of_dates", [False, True])
@pytest.mark.parametrize(
    "code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL]
)
def test_what_may_pass_is_tried_again(manager: SecretManager, code: grpc.StatusCode, of_dates: bool) -> None:
    refusals = [(code, "not now"), (code, "not now")]
    if of_dates:
        manager.refusals_of_dates = refusals
    else:
        manager.refusals = refusals
    assert fetch(manager, "gcp-sm://shop/stripe") == [Fetched(CANARY, "7", CREATED)]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, FailureKind.DENIED),
        (grpc.StatusCode.UNAUTHENTICATED, FailureKind.NOT_AUTHENTICATED),
        (grpc.StatusCode.FAILED_PRECONDITION, FailureKind.DELETED),
        (grpc.StatusCode.INVALID_ARGUMENT, FailureKind.REFUSED),
    ],
)
def test_a_refusal_says_what_google_said(manager: SecretManager, code: grpc.StatusCode, kind: FailureKind) -> None:
    manager.refusals = [(code, "Secret Version is in DESTROYED state")]
    told = failure(*fetch(manager, "gcp-sm://shop/stripe"))
    assert told.kind is kind
    assert "Secret Version is in DESTROYED state" in told.text


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.RESOURCE_EXHAUSTED, FailureKind.THROTTLED),
        (grpc.StatusCode.UNAVAILABLE, FailureKind.UNREACHABLE),
    ],
)
def test_what_does_not_pass_in_time_is_a_failure(
    manager: SecretManager, code: grpc.StatusCode, kind: FailureKind
) -> None:
    manager.refusals = [(code, "not now")] * 100
    told = failure(*fetch(manager, "gcp-sm://shop/stripe", seconds=1))
    assert told.kind is kind
    assert "not now" in told.text


def test_a_date_that_is_missing_for_the_moment_is_a_failure(manager: SecretManager) -> None:
    manager.refusals_of_dates = [(grpc.StatusCode.UNAVAILABLE, "not now")] * 100
    assert failure(*fetch(manager, "gcp-sm://shop/stripe", seconds=1)).kind is FailureKind.UNREACHABLE


def test_an_answer_that_does_not_come_is_a_failure(manager: SecretManager) -> None:
    manager.hang_seconds = 2
    assert failure(*fetch(manager, "gcp-sm://shop/stripe", seconds=0.5)).kind is FailureKind.TIMED_OUT


def test_nobody_there_is_a_failure() -> None:
    def connect() -> SecretManagerServiceClient:
        channel = grpc.insecure_channel("127.0.0.1:1")
        return SecretManagerServiceClient(transport=SecretManagerServiceGrpcTransport(channel=channel))

    reference = Reference.parse("gcp-sm://shop/stripe")
    told = failure(GcpSource({}, connect=connect, seconds=1).fetch([reference])[reference])
    assert told.kind is FailureKind.UNREACHABLE


@pytest.mark.parametrize(
    ("reference", "kind", "text"),
    [
        ("gcp-sm://shop/nothing", FailureKind.NOT_FOUND, "not found or has no versions"),
        ("gcp-sm://shop/stripe?version=99", FailureKind.NOT_FOUND, "not found or has no versions"),
        ("gcp-sm://shop/binary", FailureKind.NOT_TEXT, "the secret is binary"),
        ("gcp-sm://shop/text#stripe", FailureKind.NOT_JSON, "the secret is not JSON"),
        ("gcp-sm://shop/all#paypal", FailureKind.NO_FIELD, "has no key 'paypal'"),
        ("gcp-sm://shop/all#count", FailureKind.NOT_TEXT, "is a number"),
    ],
)
def test_what_cannot_be_used_says_why_and_spares_the_others(
    manager: SecretManager, reference: str, kind: FailureKind, text: str
) -> None:
    bad, good = fetch(manager, reference, "gcp-sm://shop/stripe")
    assert failure(bad).kind is kind
    assert text in failure(bad).text
    assert good == Fetched(CANARY, "7", CREATED)


def test_without_credentials_it_says_how_to_get_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    reference = Reference.parse("gcp-sm://shop/stripe")
    told = failure(GcpSource({}).fetch([reference])[reference])
    assert told.kind is FailureKind.NOT_AUTHENTICATED
    assert "gcloud auth application-default login" in told.text
