"""AWS Secrets Manager, as moto serves it over HTTP, and servers that do not answer as AWS does."""

import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from soc2_guardrails.secrets import (
    Answer,
    Failure,
    FailureKind,
    Fetched,
    Reference,
    fetch_all,
    write_only_version,
)
from soc2_guardrails.secrets.sources.aws import AwsSource
from tests.aws_server import REGION, AwsServer
from tests.misbehaving_server import MisbehavingServer, Reply, Request

CANARY = "canary-c40f8e"
_NAMES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)


class Process:
    """The environment of this process, where the AWS library looks for all its settings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        self._monkeypatch = monkeypatch
        for name in _NAMES:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        self.environment: dict[str, str] = {}

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)
        self.environment |= variables

    def unset(self, *names: str) -> None:
        for name in names:
            self._monkeypatch.delenv(name, raising=False)
            self.environment.pop(name, None)

    def fetch(self, *texts: str) -> list[Answer]:
        references = [Reference.parse(text) for text in texts]
        answers = fetch_all(references, self.environment)
        return [answers[reference] for reference in references]

    def fetched(self, text: str) -> Fetched:
        (answer,) = self.fetch(text)
        assert isinstance(answer, Fetched), answer
        return answer

    def refused(self, text: str) -> Failure:
        (answer,) = self.fetch(text)
        assert isinstance(answer, Failure)
        assert CANARY not in repr(answer)
        return answer


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Process:
    return Process(monkeypatch, tmp_path)


@pytest.fixture
def at_aws(process: Process, aws: AwsServer) -> Process:
    process.set(**aws.environment())
    return process


def store(aws: AwsServer, value: str | bytes | dict[str, object], region: str = REGION) -> str:
    """Store a new secret; its name."""
    name = f"shop/{uuid.uuid4().hex[:8]}"
    content = (
        {"SecretBinary": value}
        if isinstance(value, bytes)
        else {"SecretString": value if isinstance(value, str) else json.dumps(value)}
    )
    aws.client("secretsmanager", region).create_secret(Name=name, **content)
    return name


def rotate(aws: AwsServer, name: str, value: str) -> str:
    """Store another value; the id of its version."""
    return str(aws.client("secretsmanager").put_secret_value(SecretId=name, SecretString=value)["VersionId"])


def test_a_secret_with_its_version_and_date(aws: AwsServer, at_aws: Process) -> None:
    name = store(aws, "old")
    version = rotate(aws, name, "new")
    answer = at_aws.fetched(f"aws-sm://{name}")
    assert (answer.value, answer.version) == ("new", version)
    assert answer.rotated is not None
    assert abs(answer.rotated - datetime.now(UTC)) < timedelta(minutes=5)


def test_keys_of_a_secret_that_is_json(aws: AwsServer, at_aws: Process) -> None:
    name = store(aws, {"user": "shop", "API key": "value"})
    user, key = at_aws.fetch(f"aws-sm://{name}#user", f"aws-sm://{name}#API%20key")
    assert isinstance(user, Fetched)
    assert isinstance(key, Fetched)
    assert (user.value, key.value, user.version) == ("shop", "value", key.version)


def test_versions_and_stages(aws: AwsServer, at_aws: Process) -> None:
    name = store(aws, "one")
    first = at_aws.fetched(f"aws-sm://{name}").version
    second = rotate(aws, name, "two")
    assert at_aws.fetched(f"aws-sm://{name}?version={first}").value == "one"
    assert at_aws.fetched(f"aws-sm://{name}?version={second}").value == "two"
    assert at_aws.fetched(f"aws-sm://{name}?stage=AWSPREVIOUS").value == "one"
    assert at_aws.fetched(f"aws-sm://{name}?stage=AWSCURRENT").value == "two"


def test_arns_name_other_regions_too(aws: AwsServer, at_aws: Process) -> None:
    name = store(aws, "there", region="us-west-2")
    arn = aws.client("secretsmanager", "us-west-2").describe_secret(SecretId=name)["ARN"]
    assert at_aws.fetched(f"aws-sm://{arn}").value == "there"
    failure = at_aws.refused(f"aws-sm://{name}")
    assert failure.kind is FailureKind.NOT_FOUND
    assert failure.text.startswith(f"AWS Secrets Manager in {REGION} answers ResourceNotFoundException: ")


def test_many_secrets_are_read_in_batches(aws: AwsServer, at_aws: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [store(aws, f"value-{number}") for number in range(25)]
    arn = aws.client("secretsmanager").describe_secret(SecretId=names[0])["ARN"]
    alone = [at_aws.fetched(f"aws-sm://{name}") for name in names]
    sizes: list[int] = []
    made = AwsSource._client

    def counted(source: AwsSource, region: str | None) -> object:
        client = made(source, region)
        client.meta.events.register(
            "provide-client-params.secrets-manager.BatchGetSecretValue",
            lambda params, **_: sizes.append(len(params["SecretIdList"])),
        )
        return client

    monkeypatch.setattr(AwsSource, "_client", counted)
    together = at_aws.fetch(f"aws-sm://{arn}", *(f"aws-sm://{name}" for name in names[1:]))
    assert together == alone
    assert sizes == [20, 5]


def test_one_missing_secret_does_not_hide_the_others(aws: AwsServer, at_aws: Process) -> None:
    names = [store(aws, "one"), store(aws, "two")]
    one, missing, two = at_aws.fetch(f"aws-sm://{names[0]}", "aws-sm://shop/none", f"aws-sm://{names[1]}")
    assert isinstance(one, Fetched)
    assert isinstance(two, Fetched)
    assert (one.value, two.value) == ("one", "two")
    assert isinstance(missing, Failure)
    assert missing.kind is FailureKind.NOT_FOUND


def test_a_rotation_changes_the_number(aws: AwsServer, at_aws: Process) -> None:
    name = store(aws, "one")
    reference = Reference.parse(f"aws-sm://{name}")
    before = write_only_version(reference, at_aws.fetched(str(reference)))
    assert write_only_version(reference, at_aws.fetched(str(reference))) == before
    rotate(aws, name, "two")
    assert write_only_version(reference, at_aws.fetched(str(reference))) not in (before, None)


@pytest.mark.parametrize(
    ("value", "key", "kind", "told"),
    [
        ({"user": CANARY}, "#key", FailureKind.NO_FIELD, "the secret has no key 'key'"),
        (CANARY, "#key", FailureKind.NOT_JSON, "the secret is not JSON, so it has no key 'key'; store a JSON object"),
        (f'["{CANARY}"]', "#key", FailureKind.NOT_JSON, "the secret is JSON but no object"),
        ({"key": 5}, "#key", FailureKind.NOT_TEXT, "the key 'key' is a number; store it as a text"),
        ({"key": {"a": CANARY}}, "#key", FailureKind.NOT_TEXT, "the key 'key' is an object"),
        ({"key": ""}, "#key", FailureKind.EMPTY, "the value is empty"),
        (CANARY.encode(), "", FailureKind.NOT_TEXT, "the secret is binary; store it as a text"),
    ],
)
def test_a_value_that_cannot_be_used(
    aws: AwsServer,
    at_aws: Process,
    value: str | bytes | dict[str, object],
    key: str,
    kind: FailureKind,
    told: str,
) -> None:
    failure = at_aws.refused(f"aws-sm://{store(aws, value)}{key}")
    assert failure.kind is kind
    assert told in failure.text


def test_a_secret_that_is_scheduled_for_deletion(aws: AwsServer, at_aws: Process) -> None:
    name = store(aws, CANARY)
    other = store(aws, "value")
    aws.client("secretsmanager").delete_secret(SecretId=name, RecoveryWindowInDays=7)
    for failure in (at_aws.refused(f"aws-sm://{name}"), at_aws.fetch(f"aws-sm://{name}", f"aws-sm://{other}")[0]):
        assert isinstance(failure, Failure)
        assert failure.kind is FailureKind.DELETED
        assert "marked" in failure.text
    aws.client("secretsmanager").restore_secret(SecretId=name)
    assert at_aws.fetched(f"aws-sm://{name}").value == CANARY


@pytest.mark.parametrize("pin", [f"?version={'0' * 32}", "?stage=NONE"])
def test_a_version_that_is_not_there(aws: AwsServer, at_aws: Process, pin: str) -> None:
    assert at_aws.refused(f"aws-sm://{store(aws, CANARY)}{pin}").kind is FailureKind.NOT_FOUND


@pytest.fixture
def checked(aws: AwsServer) -> Iterator[AwsServer]:
    """Keys and policies are checked, as AWS does."""
    yield aws
    aws.demand_credentials(demand=False)


def _key(aws: AwsServer, *actions: str) -> dict[str, str]:
    """The key of a user who may do these actions."""
    iam = aws.client("iam")
    user = f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def test_wrong_credentials(checked: AwsServer, at_aws: Process) -> None:
    """AWS answers in JSON what moto answers in XML here, so its words are tested below."""
    name = store(checked, CANARY)
    key = _key(checked, "secretsmanager:GetSecretValue")
    checked.demand_credentials(demand=True)
    for wrong in ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, {"AWS_SECRET_ACCESS_KEY": "wrong-0123456789"}):
        at_aws.set(**{**key, **wrong})
        assert at_aws.refused(f"aws-sm://{name}") == Failure(
            FailureKind.DENIED, f"AWS Secrets Manager in {REGION} answers with HTTP status 403"
        )
    at_aws.set(**key)
    assert at_aws.fetched(f"aws-sm://{name}").value == CANARY


def test_a_policy_that_allows_single_reads_only(checked: AwsServer, at_aws: Process) -> None:
    names = [store(checked, "one"), store(checked, "two")]
    at_aws.set(**_key(checked, "secretsmanager:GetSecretValue"))
    checked.demand_credentials(demand=True)
    answers = at_aws.fetch(*(f"aws-sm://{name}" for name in names))
    assert [answer.value for answer in answers if isinstance(answer, Fetched)] == ["one", "two"]


def test_a_policy_that_allows_something_else(checked: AwsServer, at_aws: Process) -> None:
    names = [store(checked, CANARY), store(checked, CANARY)]
    at_aws.set(**_key(checked, "s3:GetObject"))
    checked.demand_credentials(demand=True)
    for answer in at_aws.fetch(*(f"aws-sm://{name}" for name in names)):
        assert isinstance(answer, Failure)
        assert answer.kind is FailureKind.DENIED


def test_a_web_identity(aws: AwsServer, at_aws: Process, tmp_path: Path) -> None:
    name = store(aws, "value")
    trust = {"Version": "2012-10-17", "Statement": []}
    role = aws.client("iam").create_role(
        RoleName=f"role-{uuid.uuid4().hex[:8]}", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
    token = tmp_path / "token"
    token.write_text("token-of-the-job")
    at_aws.unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    at_aws.set(AWS_ROLE_ARN=role, AWS_WEB_IDENTITY_TOKEN_FILE=str(token))
    assert at_aws.fetched(f"aws-sm://{name}").value == "value"


def test_a_profile(aws: AwsServer, at_aws: Process, tmp_path: Path) -> None:
    name = store(aws, "value")
    at_aws.unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
    (tmp_path / "credentials").write_text("[deploy]\naws_access_key_id = a\naws_secret_access_key = b\n")
    (tmp_path / "config").write_text(f"[profile deploy]\nregion = {REGION}\n")
    at_aws.set(AWS_PROFILE="deploy")
    assert at_aws.fetched(f"aws-sm://{name}").value == "value"


def test_no_region(process: Process) -> None:
    process.set(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
    assert process.refused("aws-sm://shop") == Failure(
        FailureKind.NOT_CONFIGURED, "there is no AWS region; set AWS_REGION"
    )


@pytest.mark.parametrize("variables", [{}, {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}])
def test_no_credentials(process: Process, variables: dict[str, str]) -> None:
    process.set(AWS_REGION=REGION, **variables)
    failure = process.refused("aws-sm://shop")
    assert failure.kind is FailureKind.NOT_AUTHENTICATED
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" in failure.text


def test_a_profile_that_is_not_there(process: Process) -> None:
    process.set(AWS_REGION=REGION, AWS_PROFILE="none")
    failure = process.refused("aws-sm://shop")
    assert failure == Failure(FailureKind.NOT_CONFIGURED, "the AWS library cannot use its settings: ProfileNotFound")


def _error(status: int, code: str, message: str = "words") -> Reply:
    return Reply(status, json.dumps({"__type": code, "message": message}))


def _secret() -> Reply:
    content = {
        "ARN": "arn",
        "Name": "shop",
        "VersionId": "0" * 32,
        "SecretString": "value",
        "CreatedDate": 1793961000.5,
    }
    return Reply(body=json.dumps(content))


def pointed_at(process: Process, server: MisbehavingServer, **variables: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "0123456789"}
    process.set(AWS_REGION=REGION, AWS_ENDPOINT_URL=server.address, **keys, **variables)


@pytest.mark.parametrize(("status", "code"), [(400, "ThrottlingException"), (500, "InternalServiceError"), (503, "")])
def test_an_error_that_passes_is_waited_for(process: Process, status: int, code: str) -> None:
    left = [_error(status, code), _error(status, code)]
    with MisbehavingServer(lambda _: left.pop() if left else _secret()) as server:
        pointed_at(process, server)
        assert process.fetched("aws-sm://shop").rotated == datetime(2026, 11, 6, 10, 30, tzinfo=UTC)
    assert not left


@pytest.mark.parametrize(
    ("reply", "kind", "told"),
    [
        (_error(400, "ThrottlingException"), FailureKind.THROTTLED, "answers ThrottlingException: words"),
        (_error(429, "Anything"), FailureKind.THROTTLED, "answers Anything: words"),
        (_error(500, "InternalServiceError"), FailureKind.UNREACHABLE, "answers InternalServiceError: words"),
        (Reply(503, f"<html>{CANARY}</html>"), FailureKind.UNREACHABLE, "answers with HTTP status 503"),
        (Reply(403, f"<html>{CANARY}</html>"), FailureKind.DENIED, "answers with HTTP status 403"),
        (_error(400, "AccessDeniedException", "User is not authorized"), FailureKind.DENIED, "User is not authorized"),
        (_error(400, "UnrecognizedClientException"), FailureKind.NOT_AUTHENTICATED, "answers UnrecognizedClient"),
        (_error(400, "InvalidSignatureException"), FailureKind.NOT_AUTHENTICATED, "answers InvalidSignature"),
        (_error(400, "ExpiredTokenException"), FailureKind.NOT_AUTHENTICATED, "answers ExpiredTokenException"),
        (_error(400, "DecryptionFailure"), FailureKind.DENIED, "answers DecryptionFailure: words"),
        (_error(400, "InvalidParameterException"), FailureKind.REFUSED, "answers InvalidParameterException"),
    ],
)
def test_an_error_that_does_not_pass(process: Process, reply: Reply, kind: FailureKind, told: str) -> None:
    with MisbehavingServer(lambda _: reply) as server:
        pointed_at(process, server, AWS_MAX_ATTEMPTS="2")
        failure = process.refused("aws-sm://shop")
    assert failure.kind is kind
    assert told in failure.text


def test_a_refusal_that_repeats_the_request_is_told_without_it(process: Process) -> None:
    words = f"The signature does not match.\n\nThe canonical string was\nx-amz-security-token:{CANARY}\n"
    with MisbehavingServer(lambda _: _error(400, "InvalidSignatureException", words)) as server:
        pointed_at(process, server)
        failure = process.refused("aws-sm://shop")
    assert failure.text.endswith("answers InvalidSignatureException: The signature does not match.")


def test_a_server_that_hangs(process: Process) -> None:
    with MisbehavingServer(lambda _: Reply(hang=True)) as server:
        pointed_at(process, server, AWS_MAX_ATTEMPTS="2")
        reference = Reference.parse("aws-sm://shop")
        begun = time.monotonic()
        answer = AwsSource(process.environment, seconds_to_read=1).fetch([reference])[reference]
    assert answer == Failure(FailureKind.TIMED_OUT, f"AWS Secrets Manager in {REGION} did not answer in time")
    assert time.monotonic() - begun < 30


def test_a_manager_that_is_down_is_not_asked_again_for_every_secret(process: Process) -> None:
    with MisbehavingServer(lambda _: _error(400, "ThrottlingException")) as server:
        pointed_at(process, server, AWS_MAX_ATTEMPTS="2")
        answers = process.fetch(*(f"aws-sm://shop/{number}" for number in range(30)))
    assert {answer.kind for answer in answers if isinstance(answer, Failure)} == {FailureKind.THROTTLED}
    assert len(server.requests) == 2


def test_nobody_is_there(process: Process) -> None:
    with MisbehavingServer(lambda _: Reply()) as server:
        pointed_at(process, server, AWS_MAX_ATTEMPTS="1")
    failure = process.refused("aws-sm://shop")
    assert failure.kind is FailureKind.UNREACHABLE
    assert "EndpointConnectionError" in failure.text


@pytest.mark.parametrize("body", ["", f"<html>{CANARY}</html>", "{}", f'["{CANARY}"]', "null"])
def test_an_answer_that_is_not_aws_s(process: Process, body: str) -> None:
    with MisbehavingServer(lambda _: Reply(body=body)) as server:
        pointed_at(process, server, AWS_MAX_ATTEMPTS="1")
        one = process.refused("aws-sm://shop")
        many = process.fetch("aws-sm://shop", "aws-sm://bank")
    for failure in (one, *many):
        assert isinstance(failure, Failure)
        assert failure.kind is FailureKind.NOT_JSON
        assert CANARY not in repr(failure)


def test_all_that_is_asked_is_signed_for_the_region(process: Process) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Reply:
        asked.append(request)
        return _secret()

    with MisbehavingServer(answer) as server:
        pointed_at(process, server)
        process.unset("AWS_REGION")
        process.set(AWS_DEFAULT_REGION="ap-south-1")
        process.fetched("aws-sm://shop")
    assert "/ap-south-1/secretsmanager/aws4_request" in asked[0].headers["authorization"]
    assert json.loads(asked[0].body) == {"SecretId": "shop"}
