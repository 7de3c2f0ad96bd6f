"""`gcp-sm://<project>/<secret>[#<json key>]`: Google Cloud Secret Manager.

Credentials are Google's application default credentials: `gcloud auth application-default login`, a workload identity
federation (GitHub Actions) or a key named by GOOGLE_APPLICATION_CREDENTIALS, the account of the machine.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, cast

with warnings.catch_warnings():
    # Google announces years ahead which versions of Python it will no longer support, to everybody who runs a program.
    warnings.simplefilter("ignore", FutureWarning)
    from google.api_core import exceptions
    from google.api_core.retry import Retry, if_exception_type
    from google.auth import default
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

from ..json_key import at_key
from ..reference import Reference
from ..source import Answer, Failure, FailureKind, Fetched

_SECONDS: Final = 20.0
"""For one answer, with everything that is tried again."""
_WORKERS: Final = 8
_LATEST: Final = "latest"

_KINDS: Final = {
    exceptions.NotFound: FailureKind.NOT_FOUND,
    exceptions.Unauthenticated: FailureKind.NOT_AUTHENTICATED,
    exceptions.PermissionDenied: FailureKind.DENIED,
    exceptions.FailedPrecondition: FailureKind.DELETED,
    exceptions.ResourceExhausted: FailureKind.THROTTLED,
    exceptions.DeadlineExceeded: FailureKind.TIMED_OUT,
    exceptions.ServiceUnavailable: FailureKind.UNREACHABLE,
}


@dataclass(frozen=True, slots=True)
class _Secret:
    """What was read of one version of a secret."""

    payload: bytes = field(repr=False)
    version: str
    created: datetime | None


class GcpSource:
    """Reads each version of each secret once."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        connect: Callable[[], SecretManagerServiceClient] = SecretManagerServiceClient,
        seconds: float = _SECONDS,
    ) -> None:
        """Take how to connect and how long to try; the library finds credentials in the process's own environment."""
        self._connect = connect
        self._retry = Retry(
            if_exception_type(
                exceptions.ResourceExhausted, exceptions.ServiceUnavailable, exceptions.InternalServerError
            ),
            initial=0.25,
            maximum=8,
            multiplier=2,
            timeout=seconds,
        )
        self._seconds = seconds

    def lacking(self, references: Sequence[Reference]) -> Failure | None:
        """The credentials that Google's library does not find."""
        del references  # one account reads all
        try:
            default()
        except GoogleAuthError as error:
            return _failure(error)
        return None

    def fetch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Answer references whose path is that of a project and of a secret in it."""
        wholes = sorted({reference.whole for reference in references}, key=str)
        try:
            client = self._connect()
        except GoogleAuthError as error:
            failure = _failure(error)
            return dict.fromkeys(references, failure)
        with client, ThreadPoolExecutor(_WORKERS, thread_name_prefix="gcp-sm") as pool:
            read = dict(zip(wholes, pool.map(lambda whole: self._read(client, whole), wholes), strict=True))
        return {reference: _answer(read[reference.whole], reference) for reference in references}

    def _read(self, client: SecretManagerServiceClient, whole: Reference) -> _Secret | Failure:
        project, _, secret = whole.path.partition("/")
        name = client.secret_version_path(project, secret, whole.version or _LATEST)
        try:
            answer = client.access_secret_version(name=name, retry=self._retry, timeout=self._seconds)
            version = answer.name.rpartition("/")[2]
            if not version.isdecimal():
                return Failure(
                    FailureKind.REFUSED, "the answer names no version of a secret; it is no Secret Manager's"
                )
            # A date that is missing for the moment is a failure: without it the value would look like another one.
            return _Secret(bytes(answer.payload.data), version, self._created(client, answer.name))
        except (exceptions.GoogleAPIError, GoogleAuthError) as error:
            return _failure(error)

    def _created(self, client: SecretManagerServiceClient, name: str) -> datetime | None:
        """When a version was made. The role that reads secrets does not include it: without it there is no date."""
        try:
            version = client.get_secret_version(name=name, retry=self._retry, timeout=self._seconds)
        except (exceptions.PermissionDenied, exceptions.NotFound):
            return None
        created = cast("datetime | None", version.create_time)  # of a class that knows nanoseconds
        return datetime.fromtimestamp(int(created.timestamp()), UTC) if created else None


def _answer(secret: _Secret | Failure, reference: Reference) -> Answer:
    if isinstance(secret, Failure):
        return secret
    try:
        text = secret.payload.decode()
    except UnicodeDecodeError:
        return Failure(FailureKind.NOT_TEXT, "the secret is binary; store it as a text in UTF-8")
    value = at_key(text, reference)
    return value if isinstance(value, Failure) else Fetched(value, secret.version, secret.created)


def _failure(error: exceptions.GoogleAPIError | GoogleAuthError) -> Failure:
    match error:
        case GoogleAuthError():
            # Its text may hold the answer of a token endpoint.
            return Failure(
                FailureKind.NOT_AUTHENTICATED,
                f"there are no credentials for Google Cloud that work ({type(error).__name__}); run `gcloud auth"
                " application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS",
            )
        case exceptions.RetryError() if isinstance(error.cause, exceptions.GoogleAPICallError):
            return _failure(error.cause)
        case exceptions.GoogleAPICallError():
            kind = next((kind for cls, kind in _KINDS.items() if isinstance(error, cls)), FailureKind.REFUSED)
            return Failure(kind, f"Secret Manager answers {type(error).__name__}: {error.message}")
    return Failure(FailureKind.REFUSED, f"the request to Secret Manager failed with {type(error).__name__}")
