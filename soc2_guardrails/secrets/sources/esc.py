"""`esc://<project>/<environment>#<path>`: Pulumi ESC.

The token is PULUMI_ACCESS_TOKEN, the organization PULUMI_ORG. The server is that of PULUMI_BACKEND_URL where this is
one of Pulumi Cloud, which a backend in a bucket or a folder is not.
"""

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, cast

import urllib3
from pulumi_esc_sdk import Configuration, EscClient
from pulumi_esc_sdk.exceptions import ApiException
from pulumi_esc_sdk.models.environment import Environment
from pulumi_esc_sdk.models.environment_revision import EnvironmentRevision
from pulumi_esc_sdk.models.expr import Expr

from ..json_key import as_text
from ..reference import Reference
from ..source import Answer, Failure, FailureKind, Fetched

_SERVER: Final = "https://api.pulumi.com"
_HTTP: Final = re.compile(r"http://")
_LOOPBACK: Final = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?(?:/|$)")
_RETRIES: Final = urllib3.Retry(
    total=3,
    backoff_factor=0.25,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,  # opening an environment is a POST, and changes nothing
    raise_on_status=False,
)
_SECONDS: Final = (5.0, 20.0)
"""To connect, and to read; an environment may open other managers in turn."""
_WORKERS: Final = 4

_KINDS: Final = {
    401: FailureKind.NOT_AUTHENTICATED,
    403: FailureKind.DENIED,
    404: FailureKind.NOT_FOUND,
    429: FailureKind.THROTTLED,
}
_STEP: Final = re.compile(r'(?:^|\.)([A-Za-z0-9_$-]+)|\["((?:[^"\\]|\\.)+)"\]|\[([0-9]{1,6})\]')

_Step: TypeAlias = "str | int"


@dataclass(frozen=True, slots=True)
class _Opened:
    """One revision of an environment, opened."""

    environment: Environment = field(repr=False)
    revision: EnvironmentRevision


class EscSource:
    """Opens each revision of each environment once, however many of its values are wanted."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take where the organization, the token and the server are named."""
        self._organization = environment.get("PULUMI_ORG", "")
        self._token = environment.get("PULUMI_ACCESS_TOKEN", "")
        backend = environment.get("PULUMI_BACKEND_URL", "")
        self._server = backend if backend.startswith(("https://", "http://")) else _SERVER
        self._travels_readable = bool(_HTTP.match(self._server)) and not _LOOPBACK.match(self._server)

    def fetch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Answer references whose path is that of a project and of an environment in it."""
        if lacking := self.lacking(references):
            return dict.fromkeys(references, lacking)
        client = self._client()
        wholes = sorted({reference.whole for reference in references}, key=str)
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="esc") as pool:
            opened = dict(zip(wholes, pool.map(lambda whole: self._open(client, whole), wholes), strict=True))
        return {reference: _answer(opened[reference.whole], reference) for reference in references}

    def lacking(self, references: Sequence[Reference]) -> Failure | None:
        """The organization or the token that the environment does not name."""
        del references  # one organization has all
        if not self._token:
            return Failure(FailureKind.NOT_AUTHENTICATED, "there is no token for Pulumi Cloud; set PULUMI_ACCESS_TOKEN")
        if not self._organization:
            return Failure(
                FailureKind.NOT_CONFIGURED, "the organization of the environments is not known; set PULUMI_ORG"
            )
        if self._travels_readable:
            return Failure(
                FailureKind.NOT_CONFIGURED,
                "PULUMI_BACKEND_URL begins with http://, so that token and values would travel readable; use https://",
            )
        return None

    def _client(self) -> EscClient:
        configuration = Configuration(host=self._server, access_token=self._token)
        configuration.retries = cast("None", _RETRIES)  # the library types what it starts with
        return EscClient(configuration)

    def _open(self, client: EscClient, whole: Reference) -> _Opened | Failure:
        project, _, name = whole.path.partition("/")
        try:
            return _open(client, (self._organization, project, name), whole.version)
        except ApiException as error:
            return _refused(error)
        except urllib3.exceptions.HTTPError as error:
            return _unreachable(error)
        except Exception as error:
            # What the library raises of an answer that it does not expect is any kind, and may quote the answer.
            return Failure(FailureKind.REFUSED, f"the answer is none of Pulumi ESC's: {type(error).__name__}")


def _open(client: EscClient, place: tuple[str, str, str], pinned: str | None) -> _Opened | Failure:
    # The revision first, so that it is the one of the values even if somebody saves another meanwhile.
    before: int | None = None
    if pinned is not None:
        number = int(pinned) if pinned.isdecimal() else _tagged(client, place, pinned)
        before = number + 1
    found = client.esc_api.list_environment_revisions(*place, before=before, count=1, _request_timeout=_SECONDS)
    if not found or (before is not None and found[0].number != before - 1):
        return Failure(FailureKind.NOT_FOUND, "the environment has no such revision")
    revision = found[0]
    session = client.esc_api.open_environment_at_version(*place, str(revision.number), _request_timeout=_SECONDS)
    if not session.id:
        return Failure(FailureKind.REFUSED, "the environment cannot be opened; `esc open` tells why")
    return _Opened(client.esc_api.read_open_environment(*place, session.id, _request_timeout=_SECONDS), revision)


def _tagged(client: EscClient, place: tuple[str, str, str], tag: str) -> int:
    return int(client.esc_api.get_environment_revision_tag(*place, tag, _request_timeout=_SECONDS).revision)


def _answer(opened: _Opened | Failure, reference: Reference) -> Answer:
    if isinstance(opened, Failure):
        return opened
    path = reference.field or ""
    steps = _steps(path)
    if not steps:
        return Failure(FailureKind.NO_FIELD, f"{path!r} is no path of a value, such as payments.stripe or keys[0]")
    found = _at(opened.environment, steps)
    if isinstance(found, Failure):
        return found
    value = as_text(found, f"the value at {path!r}")
    if isinstance(value, Failure):
        return value
    if not _is_written_here(opened.environment, steps):
        # An import, a provider or a rotator may change the value, and the revision stays the same.
        return Fetched(value, version=None, rotated=None)
    return Fetched(value, str(opened.revision.number), _time(opened.revision.created))


def _steps(path: str) -> list[_Step]:
    steps: list[_Step] = []
    end = 0
    for match in _STEP.finditer(path):
        if match.start() != end:
            return []
        name, quoted, index = match.groups()
        steps.append(name if name else json.loads(f'"{quoted}"') if quoted else int(index))
        end = match.end()
    return steps if end == len(path) else []


def _at(environment: Environment, steps: Sequence[_Step]) -> object | Failure:
    node: Any = {key: value.to_dict() for key, value in (environment.properties or {}).items()}
    told = ""
    for step in steps:
        inside = isinstance(step, int) and isinstance(node, list) and step < len(node)
        if not inside and not (isinstance(node, dict) and step in node):
            return Failure(
                FailureKind.NO_FIELD, f"the environment has no {told or 'value'} {step!r}".replace("  ", " ")
            )
        told = f"{step!r} with"
        value = node[step]
        if not isinstance(value, dict) or "trace" not in value:
            return Failure(FailureKind.REFUSED, "the answer is none of Pulumi ESC's")
        if value.get("unknown"):
            return Failure(FailureKind.REFUSED, f"{step!r} is not known to Pulumi ESC; `esc open` tells why")
        node = value.get("value")
    return cast("object", node)


def _is_written_here(environment: Environment, steps: Sequence[_Step]) -> bool:
    """Whether the value stands in the environment's own definition, so that only a new revision can change it."""
    expression: Expr | None = (environment.exprs or {}).get(str(steps[0]))
    for step in steps[1:]:
        if expression is None:
            return False
        if isinstance(step, int):
            expression = expression.list[step] if expression.list and step < len(expression.list) else None
        else:
            expression = (expression.object or {}).get(step)
    if expression is None:
        return False
    return expression.literal is not None or (
        expression.builtin is not None and expression.builtin.name == "fn::secret"
    )


def _refused(error: ApiException) -> Failure:
    status = int(error.status or 0)
    kind = _KINDS.get(status) or (FailureKind.UNREACHABLE if status >= 500 else FailureKind.REFUSED)
    try:
        told = json.loads(error.body or "")
        words = str(told["message"])
    except (ValueError, KeyError, TypeError):
        words = str(error.reason or "")
    return Failure(kind, f"Pulumi Cloud answers {status}: {words}")


def _unreachable(error: urllib3.exceptions.HTTPError) -> Failure:
    reason = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    refused = isinstance(reason, urllib3.exceptions.NewConnectionError)  # which calls itself a timeout, too
    if isinstance(reason, urllib3.exceptions.TimeoutError) and not refused:
        return Failure(FailureKind.TIMED_OUT, "Pulumi Cloud did not answer in time")
    return Failure(FailureKind.UNREACHABLE, f"there is no connection to Pulumi Cloud: {type(reason).__name__}")


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except ValueError:
        return None
