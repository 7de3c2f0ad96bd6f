"""`aws-sm://<name>[#<json key>]`: AWS Secrets Manager.

Credentials are what every AWS tool finds: variables, web identity (GitHub Actions), profiles, the role of the machine.
A secret of another region is named by its ARN.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol, cast

import boto3
from botocore import exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from ..json_key import at_key
from ..reference import Reference
from ..source import OF_THE_WHOLE_MANAGER, Answer, Failure, FailureKind, Fetched

_ATTEMPTS: Final = 4
_SECONDS_TO_CONNECT: Final = 5
_SECONDS_TO_READ: Final = 10
_WORKERS: Final = 8
_MOST_OF_A_BATCH: Final = 20
_REGION_OF_AN_ARN: Final = 3

# What the library does with an answer that is not JSON, or JSON but no object.
_NOT_UNDERSTOOD: Final = (ResponseParserError, AttributeError)

_KINDS: Final = {
    "AccessDeniedException": FailureKind.DENIED,
    "AccessDenied": FailureKind.DENIED,
    "DecryptionFailure": FailureKind.DENIED,
    "ResourceNotFoundException": FailureKind.NOT_FOUND,
    "ThrottlingException": FailureKind.THROTTLED,
    "TooManyRequestsException": FailureKind.THROTTLED,
    "RequestLimitExceeded": FailureKind.THROTTLED,
    "InternalServiceError": FailureKind.UNREACHABLE,
    "InternalFailure": FailureKind.UNREACHABLE,
    "ServiceUnavailable": FailureKind.UNREACHABLE,
    "UnrecognizedClientException": FailureKind.NOT_AUTHENTICATED,
    "InvalidClientTokenId": FailureKind.NOT_AUTHENTICATED,
    "InvalidSignatureException": FailureKind.NOT_AUTHENTICATED,
    "SignatureDoesNotMatch": FailureKind.NOT_AUTHENTICATED,
    "IncompleteSignature": FailureKind.NOT_AUTHENTICATED,
    "AuthFailure": FailureKind.NOT_AUTHENTICATED,
    "ExpiredToken": FailureKind.NOT_AUTHENTICATED,
    "ExpiredTokenException": FailureKind.NOT_AUTHENTICATED,
    "InvalidIdentityToken": FailureKind.NOT_AUTHENTICATED,
    "IDPRejectedClaim": FailureKind.NOT_AUTHENTICATED,
}


class _Client(Protocol):
    """What is used of the AWS library's client, which makes its methods when it runs."""

    @property
    def meta(self) -> Any: ...  # noqa: ANN401 - as the library has it

    def get_secret_value(self, **wanted: str) -> Mapping[str, Any]: ...

    def batch_get_secret_value(self, **wanted: Sequence[str]) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class _Secret:
    """What was read of one version of a secret."""

    text: str | None = field(repr=False)
    """None for a binary secret."""
    version: str
    created: datetime


class AwsSource:
    """Reads each version of each secret once, many current ones with one request."""

    def __init__(self, environment: Mapping[str, str], *, seconds_to_read: int = _SECONDS_TO_READ) -> None:
        """Take where the region is named; the AWS library finds credentials in the process's own environment."""
        self._region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
        self._attempts = int(environment.get("AWS_MAX_ATTEMPTS") or _ATTEMPTS)
        self._seconds_to_read = seconds_to_read

    def lacking(self, references: Sequence[Reference]) -> Failure | None:
        """The credentials that the AWS library does not find, or the region of what no ARN names."""
        try:
            session = boto3.session.Session(region_name=self._region)
            if session.get_credentials() is None:
                raise exceptions.NoCredentialsError
            if session.region_name is None and not all(_region_of(reference.path) for reference in references):
                raise exceptions.NoRegionError
        except exceptions.BotoCoreError as error:
            return _failure(error, self._region)
        return None

    def fetch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Answer references whose path is the name or the ARN of a secret."""
        by_region: dict[str | None, list[Reference]] = {}
        for whole in sorted({reference.whole for reference in references}, key=str):
            by_region.setdefault(_region_of(whole.path) or self._region, []).append(whole)
        read: dict[Reference, _Secret | Failure] = {}
        for region, wholes in by_region.items():
            read |= self._in_region(region, wholes)
        return {reference: _answer(read[reference.whole], reference) for reference in references}

    def _in_region(self, region: str | None, wholes: Sequence[Reference]) -> Mapping[Reference, _Secret | Failure]:
        try:
            client = self._client(region)
        except exceptions.BotoCoreError as error:
            return dict.fromkeys(wholes, _failure(error, region))
        current = [whole for whole in wholes if whole.version is None and whole.stage is None]
        read = _read_batches(client, current) if len(current) > 1 else {}
        single = [whole for whole in wholes if whole not in read]
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="aws-sm") as pool:
            read |= zip(single, pool.map(lambda whole: _read(client, whole), single), strict=True)
        return read

    def _client(self, region: str | None) -> _Client:
        config = Config(
            connect_timeout=_SECONDS_TO_CONNECT,
            read_timeout=self._seconds_to_read,
            max_pool_connections=_WORKERS,
            retries={"mode": "standard", "total_max_attempts": self._attempts},
        )
        session = boto3.session.Session(region_name=region)
        return cast("_Client", session.client("secretsmanager", config=config))


def _read_batches(client: _Client, wholes: Sequence[Reference]) -> dict[Reference, _Secret | Failure]:
    """What can be read many at a time. What is left out of it is to be read alone, which tells why."""
    read: dict[Reference, _Secret | Failure] = {}
    for start in range(0, len(wholes), _MOST_OF_A_BATCH):
        batch = wholes[start : start + _MOST_OF_A_BATCH]
        try:
            answer = client.batch_get_secret_value(SecretIdList=[whole.path for whole in batch])
        except (exceptions.ClientError, exceptions.BotoCoreError) as error:
            failure = _failure(error, client.meta.region_name)
            # Otherwise a policy may allow single reads only.
            return {**dict.fromkeys(wholes, failure), **read} if failure.kind in OF_THE_WHOLE_MANAGER else read
        except _NOT_UNDERSTOOD:
            return read
        for entry in answer.get("SecretValues", ()):
            for whole in batch:
                if _is_named(whole.path, entry["Name"], entry["ARN"]):
                    read[whole] = _secret(entry)
    return read


def _read(client: _Client, whole: Reference) -> _Secret | Failure:
    wanted = {"SecretId": whole.path}
    if whole.version is not None:
        wanted["VersionId"] = whole.version
    if whole.stage is not None:
        wanted["VersionStage"] = whole.stage
    try:
        return _secret(client.get_secret_value(**wanted))
    except (exceptions.ClientError, exceptions.BotoCoreError) as error:
        return _failure(error, client.meta.region_name)
    except _NOT_UNDERSTOOD:
        return _not_aws()


def _secret(entry: Mapping[str, Any]) -> _Secret | Failure:
    if "VersionId" not in entry or "CreatedDate" not in entry:
        return _not_aws()
    # Whole seconds, since single and batched reads may not be equally exact.
    created = cast("datetime", entry["CreatedDate"]).astimezone(UTC).replace(microsecond=0)
    return _Secret(entry.get("SecretString"), entry["VersionId"], created)


def _not_aws() -> Failure:
    return Failure(
        FailureKind.NOT_JSON, "the answer is not JSON of AWS's; AWS_ENDPOINT_URL may name a proxy or another server"
    )


def _answer(secret: _Secret | Failure, reference: Reference) -> Answer:
    if isinstance(secret, Failure):
        return secret
    if secret.text is None:
        return Failure(FailureKind.NOT_TEXT, "the secret is binary; store it as a text")
    value = at_key(secret.text, reference)
    return value if isinstance(value, Failure) else Fetched(value, secret.version, secret.created)


def _failure(error: exceptions.ClientError | exceptions.BotoCoreError, region: str | None) -> Failure:
    match error:
        case exceptions.ClientError():
            return _refused(error, region)
        case exceptions.NoRegionError():
            return Failure(FailureKind.NOT_CONFIGURED, "there is no AWS region; set AWS_REGION")
        case exceptions.NoCredentialsError() | exceptions.PartialCredentialsError():
            return Failure(
                FailureKind.NOT_AUTHENTICATED,
                "there are no credentials for AWS, or not all of them; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,"
                " AWS_PROFILE, or AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE",
            )
        case exceptions.ReadTimeoutError() | exceptions.ConnectTimeoutError():
            return Failure(FailureKind.TIMED_OUT, f"AWS Secrets Manager in {region} did not answer in time")
        case exceptions.HTTPClientError() | exceptions.ConnectionError():
            return Failure(
                FailureKind.UNREACHABLE,
                f"there is no connection to AWS Secrets Manager in {region}: {type(error).__name__}",
            )
    # Texts of the others are made of settings such as the name of a profile, but nothing promises that.
    return Failure(FailureKind.NOT_CONFIGURED, f"the AWS library cannot use its settings: {type(error).__name__}")


def _refused(error: exceptions.ClientError, region: str | None) -> Failure:
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code.isdigit() or not code:
        # The library puts the status there for a body that is not AWS's, which may be a proxy's page.
        return Failure(_kind(status), f"AWS Secrets Manager in {region} answers with HTTP status {status}")
    # After the first line some refusals repeat the request, with its session token.
    words = (str(told.get("Message") or "").splitlines() or [""])[0]
    kind = _KINDS.get(code) or _kind(status)
    if code == "InvalidRequestException" and "delet" in words:
        kind = FailureKind.DELETED
    return Failure(kind, f"AWS Secrets Manager in {region} answers {code}: {words}")


def _kind(status: int) -> FailureKind:
    if status in (401, 403):
        return FailureKind.DENIED
    if status == 429:
        return FailureKind.THROTTLED
    return FailureKind.UNREACHABLE if status >= 500 else FailureKind.REFUSED


def _region_of(path: str) -> str | None:
    parts = path.split(":")
    return parts[_REGION_OF_AN_ARN] or None if parts[0] == "arn" and len(parts) > _REGION_OF_AN_ARN else None


def _is_named(path: str, name: str, arn: str) -> bool:
    # An ARN may be given without the six random characters that AWS ends it with.
    return path in (name, arn, arn.rsplit("-", 1)[0])
